"""Verdicts on whole sets of groups."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from commfinder.declared import VERDICTS, assess_groups, bench, roster
from commfinder.errors import InputError
from commfinder.graph import TieRule, build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups

_NOT_ITS_OWN = (
    *("q", "verdict", "reason", "help", "bigger", "probability", "same_as"),
    *("fact_1", "fact_2", "fact_3", "change"),
)
COLUMNS = [
    *("group", "kind", "goal", "verdict", "probability", "size", "tested", "active"),
    *("lift", "lift_low", "lift_high", "extra_density", "p_formal", "p_permutation", "q", "power"),
    *("core_share", "audience_share", "persistence", "connectedness", "broker_dependence", "outsiders"),
    *("found", "jaccard", "reason", "help", "reciprocity", "media", "structure_share", "trend", "trend_p", "same_as"),
    *("fact_1", "fact_2", "fact_3", "change"),
]


@pytest.fixture(scope="module")
def rosters(world):
    rng = np.random.default_rng(3)
    return {
        "alive": world.living,
        "chance": sorted(rng.choice(world.names, 20, replace=False).tolist()),
        "half": world.names[::2],
        "one": world.names[:1],
        "own": world.listed,
        "strangers": ["x", "y", "z"],
        "twin": world.living,
        "unit": world.names[:20],
        "with strangers": [*world.living, "x", "y"],
    }


@pytest.fixture(scope="module")
def verdicts(world, rosters, assess):
    return assess(world.graph, rosters, spaces={"own": "own"})


@pytest.fixture(scope="module")
def told(verdicts):
    return verdicts.to_frame().set_index("group")


def test_columns_in_settled_order(verdicts, rosters):
    frame = verdicts.to_frame()
    assert [name for name in frame.columns if name in COLUMNS] == COLUMNS
    assert frame["group"].tolist() == sorted(rosters)
    assert frame["verdict"].isin(VERDICTS).all()
    assert frame["reason"].str.len().gt(10).all()


def test_a_living_group_is_real(told):
    assert told.loc["alive", "verdict"] == "real", told.loc["alive", "reason"]
    assert told.loc["alive", "lift_low"] > 1.3
    assert told.loc["alive", "persistence"] == 1.0
    assert told.loc["alive", "connectedness"] == 1.0


def test_a_second_roster_of_the_same_people_has_the_same_evidence(told):
    same = [
        "lift",
        "p_formal",
        "p_permutation",
        "q",
        "power",
        "core_share",
        "persistence",
        "connectedness",
        "outsiders",
        "found",
        "verdict",
    ]
    assert told.loc["twin", same].equals(told.loc["alive", same].rename("twin"))


def test_people_at_random_are_not_real(told):
    assert told.loc["chance", "verdict"] in ("paper", "uncertain", "insufficient")


def test_a_unit_is_formal(told):
    assert told.loc["unit", "verdict"] in ("formal-only", "uncertain"), told.loc["unit", "reason"]


def test_half_of_everybody_is_not_real(told):
    assert told.loc["half", "size"] == 80
    assert told.loc["half", "verdict"] in ("paper", "uncertain", "formal-only"), told.loc["half", "reason"]


@pytest.mark.parametrize(("group", "size", "active"), [("one", 1, 1), ("strangers", 3, 0)])
def test_too_few_to_tell(told, group, size, active):
    assert told.loc[group, "verdict"] == "insufficient"
    assert (told.loc[group, "size"], told.loc[group, "active"]) == (size, active)
    assert not told.loc[group, "tested"]
    assert np.isnan(told.loc[group, "q"])


def test_own_space_is_set_aside(told, world, assess):
    assert told.loc["own", "verdict"] not in ("real", "paper", "core-only"), told.loc["own", "reason"]
    assert "own space" in told.loc["own", "reason"]
    openly = assess(world.graph, {"own": world.listed}).to_frame()
    assert openly["verdict"].tolist() == ["real"], "were the space not named, its ties would count"


def test_strangers_are_counted(verdicts, told):
    assert told.loc["with strangers", ["size", "active"]].tolist() == [14, 12]
    missing = verdicts.losses[verdicts.losses["reason"] == "member not in the graph"]
    assert dict(zip(missing["where"], missing["count"], strict=True)) == {
        "group 'strangers'": 3,
        "group 'with strangers'": 2,
    }
    lines = verdicts.members[verdicts.members["group"] == "strangers"]
    assert lines["standing"].tolist() == ["absent"] * 3
    assert lines["score"].isna().all()


def test_members(verdicts, rosters):
    members = verdicts.members
    assert members.columns.tolist() == ["group", "person", "score", "standing"]
    assert members.groupby("group")["person"].apply(sorted).to_dict() == {k: sorted(v) for k, v in rosters.items()}
    assert members["standing"].isin(["core", "active", "audience", "absent"]).all()
    alive = members[members["group"] == "alive"]
    assert (alive["standing"] == "core").mean() >= 0.6
    assert alive.loc[alive["standing"] == "core", "score"].min() > 0


def test_probabilities_of_all_classes(verdicts, told):
    chances = verdicts.probabilities.set_index("group")
    assert list(chances.index) == list(verdicts.frame["group"])
    known = chances.dropna()
    assert len(known) and np.allclose(known.sum(axis=1), 1.0)
    spoken = verdicts.frame.dropna(subset="probability")
    assert len(spoken)
    for line in spoken.to_dict("records"):
        assert chances.loc[line["group"], line["verdict"]] == line["probability"] == chances.loc[line["group"]].max()


def test_json(verdicts):
    document = json.loads(verdicts.to_json())
    assert document["schema"].startswith("commfinder/verdicts/")
    assert len(document["rows"]) == 9
    assert document["provenance"]["parameters"] == {
        "alpha": 0.05,
        "target": 0.2,
        "permutations": 999,
        "correction": "bh",
    }
    assert repr(verdicts).startswith("<Verdicts: 9 groups: ")


def test_the_same_again_in_any_order_of_rows(world, rosters, assess, verdicts):
    shuffled = {
        name: list(np.random.default_rng(1).permutation(rosters[name])) for name in sorted(rosters, reverse=True)
    }
    again = assess(world.graph, shuffled, spaces={"own": "own"})
    assert again.to_json() == verdicts.to_json()
    assert again.members.to_json() == verdicts.members.to_json()


def test_other_groups_change_nothing_but_q(world, rosters, assess, told):
    few = (
        assess(world.graph, {name: rosters[name] for name in ("alive", "chance", "unit")}).to_frame().set_index("group")
    )
    evidence = [name for name in few.columns if name not in _NOT_ITS_OWN]
    pd.testing.assert_frame_equal(few[evidence], told.loc[few.index, evidence], check_dtype=False)
    assert not np.allclose(few["q"], told.loc[few.index, "q"])


def test_communities_are_found_if_none_are_given(world, rosters, assess, verdicts):
    own = assess(world.graph, rosters, spaces={"own": "own"}, found=None, permutations=99).to_frame()
    assert own["found"].notna().any()
    assert own["lift"].equals(verdicts.to_frame()["lift"])


def test_without_a_directory(build, assess):
    living = list(range(0, 156, 13))
    graph = build(extra=((living, 0.6, None),), structure=False)
    names = graph.people["person"].tolist()
    got = assess(graph, {"alive": [names[k] for k in living], "unit": names[:20]}).to_frame()
    assert got["reason"].str.contains("no units are known").all()
    assert not (got["verdict"] == "formal-only").any()


def test_random_rosters_are_hardly_ever_real(build, assess):
    graph = build(seed=9)
    names = graph.people["person"].tolist()
    rng = np.random.default_rng(5)
    rosters = {}
    for number in range(120):
        size = (6, 10, 16, 25)[number % 4]
        pool = names if number % 2 else names[: 20 * 3]
        rosters[f"g{number:03d}"] = sorted(rng.choice(pool, size, replace=False).tolist())
    got = assess(graph, rosters, permutations=199).to_frame()
    assert got["verdict"].isin(["real", "core-only", "broker-dependent", "split"]).sum() <= 2


@pytest.mark.parametrize(
    "options", [{"alpha": 1.5}, {"target": -1}, {"permutations": 10}, {"seed": -1}, {"correction": "no"}]
)
def test_options_out_of_range(world, options):
    groups = DeclaredGroups.from_frame({"group": ["g"], "person": ["p000"]})
    with pytest.raises(InputError):
        assess_groups(world.graph, groups, found=world.found, **options)


def test_media_reciprocity_and_the_share_of_structure(told):
    assert told.loc["alive", "media"] == "meeting 100 %"
    assert np.isnan(told.loc["alive", "reciprocity"]), "in a meeting nobody answers"
    assert told.loc["unit", "structure_share"] > 0.5 > told.loc["alive", "structure_share"]
    assert told["structure_share"].between(0, 1).all()


def test_reciprocity_of_mail(assess):
    rows = [(a, b) for a, b in (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("d", "e"))]
    frame = pd.DataFrame(rows, columns=["sender", "recipient"])
    graph = build_graph(Interactions.from_frame(frame, medium="email"), rule=TieRule(1, 1, False))
    got = assess(graph, {"g": ["a", "b", "c"]}).to_frame()
    assert got["reciprocity"].tolist() == [pytest.approx(2 / 3)]
    assert got["media"].tolist() == ["email 100 %"]


def test_a_roster_listed_twice_is_one_test(told, verdicts):
    assert told.loc["twin", "same_as"] == "alive"
    assert told.loc["alive", "same_as"] == "twin" or told.loc["alive", "same_as"] == "with strangers"
    assert told.loc["chance", "same_as"] is pd.NA
    assert told.loc["twin", ["p_permutation", "q"]].tolist() == told.loc["alive", ["p_permutation", "q"]].tolist()
    notes = verdicts.losses[verdicts.losses["reason"].str.startswith("same active members")]
    assert "group 'twin'" in notes["where"].tolist()


def test_copies_of_a_roster_do_not_change_q(world, rosters, assess):
    few = {name: rosters[name] for name in ("alive", "chance", "unit")}
    plain, more = (
        assess(world.graph, one, permutations=99).to_frame().set_index("group")
        for one in (few, {**few, **{f"unit {k}": rosters["unit"] for k in range(8)}})
    )
    assert plain["q"].equals(more.loc[plain.index, "q"])
    assert (more["q"].filter(like="unit") == plain.loc["unit", "q"]).all()


def test_heavy_overlap_asks_for_the_stricter_correction(world, assess):
    rng = np.random.default_rng(2)
    apart = {f"g{k}": world.names[12 * k : 12 * k + 12] for k in range(6)}
    nested = {f"g{k}": sorted(rng.choice(world.names[:30], 20, replace=False).tolist()) for k in range(6)}
    for rosters, used in ((apart, "bh"), (nested, "by")):
        auto = assess(world.graph, rosters, permutations=99)
        assert auto.provenance.parameters["correction"] == used
        fixed = assess(world.graph, rosters, permutations=99, correction=used)
        assert fixed.to_frame()["q"].equals(auto.to_frame()["q"])
        assert auto.losses["reason"].str.contains("Yekutieli").any() == (used == "by")
    other = assess(world.graph, nested, permutations=99, correction="bh")
    assert (other.to_frame()["q"] <= auto.to_frame()["q"]).all()
    assert (other.to_frame()["q"] < auto.to_frame()["q"]).any()


def test_members_outside_the_period_do_not_count(world):
    rows = [("gone", one, None, "2025-06-01") for one in world.living]
    rows += [("part", one, "2026-02-01", None) for one in world.living]
    rows += [("part", one, "2027-01-01", None) for one in world.names[1:9]]
    frame = pd.DataFrame(rows, columns=["group", "person", "since", "until"])
    verdicts = assess_groups(world.graph, DeclaredGroups.from_frame(frame), found=world.found, permutations=99)
    told = verdicts.to_frame().set_index("group")
    assert told.loc["gone", ["size", "active", "verdict"]].tolist() == [0, 0, "insufficient"]
    assert told.loc["part", "size"] == len(world.living)
    assert told["reason"].str.len().gt(10).all()
    assert "nobody is a member in the period" in verdicts.losses["reason"].tolist()
    assert verdicts.members["group"].unique().tolist() == ["part"]


def test_no_structure_is_said_so(build, assess):
    graph = build(structure=False)
    names = graph.people["person"].tolist()
    got = assess(graph, {"unit": names[:20]}, permutations=99)
    assert got.losses["reason"].str.contains("judged by activity alone").any()
    assert got.to_frame()["structure_share"].tolist() == [0.0]


def test_no_groups(world):
    groups = DeclaredGroups.from_frame({"group": ["g"], "person": ["p000"]})
    none = replace(groups, frame=groups.frame.iloc[:0])
    verdicts = assess_groups(world.graph, none, found=world.found)
    assert len(verdicts.to_frame()) == 0
    assert set(COLUMNS) <= set(verdicts.to_frame().columns)
    assert json.loads(verdicts.to_json())["rows"] == []


def test_very_large_groups_are_judged_by_some(world, rosters, assess, monkeypatch):
    monkeypatch.setattr(roster, "MOST_TESTED", 40)
    got = assess(world.graph, {"half": rosters["half"], "alive": rosters["alive"]}, permutations=99)
    told = got.to_frame().set_index("group")
    assert told.loc["half", ["size", "active"]].tolist() == [80, 80]
    assert got.losses["reason"].str.startswith("large group").sum() == 1
    standing = got.members[got.members["group"] == "half"]
    assert standing["score"].notna().sum() == 40
    assert (standing["standing"] != "absent").all()


def test_threads_change_nothing(world, rosters, assess, verdicts, monkeypatch):
    monkeypatch.setattr(bench, "together", lambda work, parts: [work(part) for part in parts])
    alone = assess(world.graph, rosters, spaces={"own": "own"})
    assert alone.to_json() == verdicts.to_json()


def test_a_group_that_grows_has_a_trend():
    rng = np.random.default_rng(6)
    names = [f"p{k:02d}" for k in range(60)]
    a, b = np.triu_indices(60, 1)
    held = rng.random(len(a)) < np.where((a < 10) & (b < 10), 0.8, 0.08)
    rows = [
        (names[i], names[j], pd.Timestamp("2026-01-03", tz="UTC") + pd.Timedelta(days=28 * window, seconds=turn))
        for i, j in zip(a[held], b[held], strict=True)
        for window in (range(3, 6) if j < 10 else range(6))
        for turn in range(2)
    ]
    frame = pd.DataFrame(rows, columns=["sender", "recipient", "time"])
    graph = build_graph(Interactions.from_frame(frame, medium="meeting"), period="2026-01-01/2026-06-18")
    groups = DeclaredGroups.from_frame({"group": ["new"] * 10 + ["old"] * 12, "person": names[:10] + names[20:32]})
    empty = SimpleNamespace(members=pd.DataFrame({"person": [], "community": []}))
    told = assess_groups(graph, groups, found=empty, permutations=99).to_frame().set_index("group")
    assert told.loc["new", "trend"] > 0.5
    assert told.loc["new", "trend_p"] < 1e-6
    assert told.loc["old", "trend_p"] > 0.05


def test_members_without_a_unit_are_counted(world, assess):
    people = world.graph.people.assign(unit=world.graph.people["unit"].where(np.arange(160) >= 20))
    got = assess(replace(world.graph, people=people), {"unit": world.names[:22]}, permutations=99)
    assert got.losses.set_index("reason").loc["unit not known: taken for the unit of most of their ties", "count"] == 20
