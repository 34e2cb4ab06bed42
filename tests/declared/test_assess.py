"""Verdicts on whole sets of groups."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from commfinder.declared import VERDICTS, assess_groups
from commfinder.errors import InputError
from commfinder.people import DeclaredGroups

COLUMNS = [
    *("group", "kind", "goal", "verdict", "probability", "size", "tested", "active"),
    *("lift", "lift_low", "lift_high", "extra_density", "p_formal", "p_permutation", "q", "power"),
    *("core_share", "audience_share", "persistence", "connectedness", "broker_dependence", "outsiders"),
    *("found", "jaccard", "reason", "help"),
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
    same = ["lift", "p_formal", "power", "core_share", "persistence", "connectedness", "outsiders", "found", "verdict"]
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


def test_json(verdicts):
    document = json.loads(verdicts.to_json())
    assert document["schema"].startswith("commfinder/verdicts/")
    assert len(document["rows"]) == 9
    assert document["provenance"]["parameters"] == {"alpha": 0.05, "target": 0.2, "permutations": 999}
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
    evidence = [name for name in few.columns if name not in ("q", "verdict", "reason", "help", "bigger", "probability")]
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


@pytest.mark.parametrize("options", [{"alpha": 1.5}, {"target": -1}, {"permutations": 10}, {"seed": -1}])
def test_options_out_of_range(world, options):
    groups = DeclaredGroups.from_frame({"group": ["g"], "person": ["p000"]})
    with pytest.raises(InputError):
        assess_groups(world.graph, groups, found=world.found, **options)
