"""Every class of a plan shows in the traffic: pairs of people are counted in the frame, without the analysis."""

from __future__ import annotations

import itertools
import json
import mailbox
import time
import zipfile
from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from commfinder.simulation import Organisation, Plan, simulate

CLASSES = {
    "real": 3,
    "broker-dependent": 3,
    "core-only": 2,
    "split": 2,
    "dormant": 2,
    "emerging": 2,
    "formal-only": 2,
    "paper": 4,
    "insufficient": 2,
}
PLAN = Plan(groups=CLASSES, size=(10, 22), bigger=0.5, noise=0.05, undeclared=1, duplicates=2, overlap=0.0)
EVERY = ("email", "chat", "email and chat", "list", "channel")


@pytest.fixture(scope="module", params=[11, 12])
def planned(request) -> Organisation:
    return simulate(600, request.param, plan=PLAN)


@pytest.fixture(scope="module")
def pairs(planned) -> pd.DataFrame:
    return _pairs(planned)


@pytest.fixture(scope="module")
def ties(planned, pairs) -> npt.NDArray[np.bool_]:
    return _ties(planned, pairs)


def _pairs(organisation: Organisation) -> pd.DataFrame:
    """One row per message and pair of people, by their indices."""
    frame = organisation.clean_frame()
    place = {person: index for index, person in enumerate(organisation.structure.ids)}
    sender, recipient = frame["sender"].map(place), frame["recipient"].map(place)
    period = organisation.clock.period
    return frame.assign(
        low=np.minimum(sender, recipient),
        high=np.maximum(sender, recipient),
        up=sender < recipient,
        window=(period.end - frame["time"]) // pd.Timedelta(days=28),
        share=(frame["time"] - period.start) / (period.end - period.start),
    )


def _ties(organisation: Organisation, pairs: pd.DataFrame | None = None) -> npt.NDArray[np.bool_]:
    """Tie people who had two events in each of two windows of four weeks, and one each way."""
    pairs = _pairs(organisation) if pairs is None else pairs
    full = pairs.groupby(["low", "high", "window"])["event"].nunique() >= 2
    lasting = full.groupby(level=["low", "high"]).sum() >= 2
    ways = pairs.groupby(["low", "high"])["up"].nunique() == 2
    found = np.zeros((organisation.structure.size,) * 2, dtype=bool)
    for low, high in lasting[lasting & ways].index:
        found[low, high] = found[high, low] = True
    return found


def _density(ties: npt.NDArray[np.bool_], one, other=None) -> float:
    """Share of the pairs inside a set of people, or between two sets, that are tied."""
    if other is None:
        return float(ties[np.ix_(one, one)].sum() / (len(one) * (len(one) - 1)))
    return float(ties[np.ix_(one, other)].mean())


def _largest(ties: npt.NDArray[np.bool_], people) -> float:
    """Share of some people that the largest part of those connected holds."""
    reach = ties[np.ix_(people, people)].astype(float) + np.eye(len(people))
    for _ in range(len(people).bit_length()):
        reach = (reach @ reach > 0).astype(float)
    return float(reach.sum(axis=1).max() / len(people))


def _of(organisation: Organisation, verdict: str):
    found = [group for group in organisation.planted.groups if group.planted == verdict and not group.same_as]
    assert found
    return found


def _parts(group):
    """Members by part: broker, cliques, halves."""
    return {
        part: [m for m, p in zip(group.members, group.parts, strict=True) if p == part]
        for part in sorted({*group.parts})
    }


def _extra(organisation: Organisation, group) -> set[tuple[int, int]]:
    """Pairs that a group alone brings together."""
    contacts = organisation.parts.contacts
    number = organisation.planted.groups.index(group)
    pairs = list(zip(contacts.a.tolist(), contacts.b.tolist(), strict=True))
    mine = {pair for pair, owner in zip(pairs, contacts.group.tolist(), strict=True) if owner == number}
    others = {pair for pair, owner in zip(pairs, contacts.group.tolist(), strict=True) if owner != number}
    return mine - others


def test_real_groups_are_tied_all_over_and_all_the_time(planned, pairs, ties):
    for group in _of(planned, "real"):
        tied = list(group.of("core"))
        assert len(tied) >= 0.85 * len(group.members)
        assert _density(ties, tied) > group.strength - 0.18
        assert _largest(ties, tied) == 1
        assert all(_largest(ties, [m for m in tied if m != one]) >= 0.7 for one in tied)
        assert len(set(planned.structure.unit[tied])) >= 3
        inside = pairs[pairs["low"].isin(tied) & pairs["high"].isin(tied)]
        assert np.histogram(inside["share"], bins=3, range=(0, 1))[0].min() > 0.2 * len(inside)


def test_without_the_broker_the_rest_falls_apart(planned, ties):
    shapes = set()
    for group in _of(planned, "broker-dependent"):
        parts = _parts(group)
        (broker,) = parts.pop("broker")
        rest = [m for m in group.members if m != broker]
        assert _largest(ties, list(group.members)) >= 0.8
        assert _largest(ties, rest) < 0.6
        cliques = [part for part in parts if part]
        for one, other in itertools.combinations(cliques, 2):
            assert not ties[np.ix_(parts[one], parts[other])].any()
        for clique in cliques:
            assert ties[broker, parts[clique]].sum() >= 1
            assert _density(ties, parts[clique]) > 0.4
        shapes.add((group.shape, len(cliques)))
    assert shapes <= {("two cliques", 2), ("three cliques", 3), ("star", 0)}


def test_cores_are_tied_and_the_rest_of_the_roster_is_not(planned, ties):
    for group in _of(planned, "core-only"):
        core, others = list(group.of("core")), list(group.of("audience"))
        assert 0.2 <= len(core) / len(group.members) <= 0.6
        assert _density(ties, core) > 0.4
        assert _density(ties, core) > 3 * _density(ties, core, others)
        assert np.mean(ties[others].sum(axis=1)) > 6  # busy elsewhere


def test_halves_stand_alone(planned, ties):
    for group in _of(planned, "split"):
        halves = _parts(group)
        assert set(halves) == {"half 1", "half 2"}
        one, other = halves.values()
        assert min(len(one), len(other)) >= 6
        assert not any((a in one) != (b in one) for a, b in _extra(planned, group))
        assert min(_density(ties, one), _density(ties, other)) > 3 * _density(ties, one, other)


@pytest.mark.parametrize(("verdict", "begin", "end"), [("dormant", 0, 1 / 3), ("emerging", 2 / 3, 1)])
def test_some_groups_live_for_a_third(planned, pairs, verdict, begin, end):
    code = pairs["low"] * planned.structure.size + pairs["high"]
    for group in _of(planned, verdict):
        extra = _extra(planned, group)
        assert len(extra) > 0.5 * group.strength * len(group.of("core")) * (len(group.of("core")) - 1) / 2
        inside = pairs[code.isin([a * planned.structure.size + b for a, b in extra])]
        assert len(inside) > 4 * len(extra)
        # One-off messages may meet any pair at any time.
        assert inside["share"].between(begin, end).mean() > 0.97


def test_formal_groups_follow_the_chart_and_have_no_tie_of_their_own(planned, ties):
    observed = expected = 0.0
    for group in _of(planned, "formal-only"):
        observed += _density(ties, list(group.members)) * len(group.members) * (len(group.members) - 1) / 2
        expected += group.by_activity
        units = planned.structure.unit[list(group.members)]
        most = {"teams": 2, "three units": 3}.get(group.mix, len(units) - round(0.7 * len(units)) + 1)
        assert len(set(units)) <= most
        # Where a unit has hardly anybody outside planted groups, two of one group may be in it.
        assert _own(planned, group).sum() <= 2
    assert observed > 2 * expected


def test_paper_groups_have_no_tie_of_their_own(planned, ties):
    for group in _of(planned, "paper"):
        assert group.mix in {"uniform", "active"}
        assert not _own(planned, group).any()
        assert _density(ties, list(group.members)) < 0.12
        assert np.mean(ties[list(group.members)].sum(axis=1)) > 6


def _own(organisation: Organisation, group) -> npt.NDArray[np.bool_]:
    """Planted ties of any group inside a roster."""
    contacts = organisation.parts.contacts
    return np.isin(contacts.a, group.members) & np.isin(contacts.b, group.members) & (contacts.group >= 0)


def test_what_the_chart_brings_about_decides_between_formal_and_paper():
    plan = Plan(groups={"formal-only": 8, "paper": 12}, size=(8, 24), undeclared=0)
    organisations = [simulate(500, seed, weeks=16, plan=plan) for seed in (31, 32, 33)]
    truth = pd.concat([organisation.truth.groups for organisation in organisations])
    bar = truth["by_activity"] + 1.645 * np.sqrt(truth["by_activity"] + 0.5)
    assert ((truth["by_chart"] > bar) == (truth["verdict"] == "formal-only")).all()
    assert (truth["verdict"] == truth["planted"]).mean() > 0.85
    assert (truth["other_ties"] == 0).all()
    # The expectations hold: what is expected of the chart is what is there, over all groups.
    counted = [
        _density(ties, list(group.members)) * len(group.members) * (len(group.members) - 1) / 2
        for organisation in organisations
        for ties in [_ties(organisation)]
        for group in organisation.planted.groups
    ]
    assert sum(counted) == pytest.approx(truth["by_chart"].sum(), rel=0.12)


def test_too_little_is_seen_of_some(planned):
    for group in _of(planned, "insufficient"):
        seen = ~planned.structure.dormant[list(group.members)]
        assert seen.sum() < 5 or seen.mean() < 0.6
        assert group.verdict == "insufficient"


def test_outsiders_belong_as_much_as_members():
    plan = Plan(groups={"real": 6}, bigger=1, size=(10, 20), mixes=("uniform",))
    organisation = simulate(400, 13, plan=plan)
    ties = _ties(organisation)
    for group in _of(organisation, "real"):
        tied = list(group.of("core"))
        assert len(group.outsiders) >= 0.25 * len(group.members)
        assert not set(group.outsiders) & set(group.members)
        assert _density(ties, group.outsiders, tied) > 0.6 * _density(ties, tied)
    truth = organisation.truth
    assert truth.groups["bigger"].all()
    outsiders = truth.members[truth.members["planted"] == "outsider"]
    assert len(outsiders) == truth.groups["outsiders"].sum()
    assert not outsiders["listed"].any()
    assert not outsiders.merge(organisation.groups, on=["group", "person"]).size


def test_the_stronger_the_denser():
    density = []
    for strength in (0.1, 0.25, 0.45, 0.7, 1.0):
        plan = Plan(groups={"real": 6}, size=14, strength=strength, mixes=("uniform",), bigger=0, undeclared=0)
        organisation = simulate(300, 14, weeks=16, plan=plan)
        ties = _ties(organisation)
        density.append(np.mean([_density(ties, list(group.of("core"))) for group in _of(organisation, "real")]))
    assert density == sorted(density)
    assert np.allclose(np.diff(density), [0.15, 0.2, 0.25, 0.3], atol=0.1)


def test_weak_groups_are_as_weak_as_wanted():
    planted = pairs = 0.0
    for seed in range(40, 44):
        plan = Plan(groups={"real": 10}, size=12, strength=0.1, mixes=("uniform",), bigger=0, undeclared=0)
        organisation = simulate(400, seed, weeks=8, plan=plan)
        for group in _of(organisation, "real"):
            tied = len(group.of("core"))
            pairs += tied * (tied - 1) / 2
        planted += organisation.truth.groups["planted_ties"].sum()
    # Pairs that the chart ties already get no extra tie: some three of a hundred.
    assert planted / pairs == pytest.approx(0.097, abs=0.012)


def test_duplicates_repeat_a_roster(planned):
    groups = {group.name: group for group in planned.planted.groups}
    copies = [group for group in groups.values() if group.same_as]
    assert len(copies) == 2
    rosters = planned.groups.groupby("group")["person"].agg(frozenset)
    truth = planned.truth.groups.set_index("group")
    for copy in copies:
        assert rosters[copy.name] == rosters[copy.same_as]
        for column in ("verdict", "planted", "planted_ties", "coverage"):
            assert truth.loc[copy.name, column] == truth.loc[copy.same_as, column]


def test_people_belong_to_several_groups_if_wanted():
    shares = []
    for overlap in (0.0, 0.4):
        plan = Plan(groups={"real": 10}, size=12, overlap=overlap, undeclared=0, bigger=0, mixes=("uniform",))
        organisation = simulate(400, 15, weeks=8, plan=plan)
        belongs = Counter(m for group in organisation.planted.tied for m in group.members)
        shares.append(np.mean([n > 1 for n in belongs.values()]))
    assert shares[0] == 0
    assert shares[1] > 0.15


def test_media_carry_the_talk():
    organisation = simulate(400, 16, plan=Plan(groups={"real": 10}, media=EVERY, noise=0, bigger=0, spaces=0))
    pairs = _pairs(organisation)
    code = pairs["low"] * organisation.structure.size + pairs["high"]
    seen = set()
    for group in _of(organisation, "real"):
        inside = pairs[code.isin([a * organisation.structure.size + b for a, b in _extra(organisation, group)])]
        own = (inside["space"] == group.space).mean() if group.space else 0.0
        chat = (inside["medium"] == "chat").mean()
        low, high = {"email": (0, 0.1), "chat": (0.6, 1), "email and chat": (0.2, 0.6)}.get(group.medium, (0, 1))
        assert low <= chat <= high, group.medium
        assert (own > 0.9) if group.medium in {"list", "channel"} else (own < 0.1), group.medium
        seen.add(group.medium)
    assert len(seen) >= 4


def test_frames_agree_with_messages():
    organisation = simulate(150, 17, weeks=12, plan=Plan(groups={"real": 4, "paper": 2}, size=(8, 14), media=EVERY))
    raw, clean, everything = organisation.to_frame(), organisation.clean_frame(), organisation.interactions()
    assert list(raw.columns) == list(clean.columns) == list(everything.columns)
    assert raw["time"].is_monotonic_increasing
    assert len({m.event for m in organisation.messages}) == len(organisation.messages)
    told = Counter((m.event, m.sender, account, role) for m in organisation.messages for account, role in m.recipients)
    rows = raw[raw["recipient"].notna() & (raw["role"] != "reaction")]
    once = rows.drop_duplicates(["event", "sender", "recipient"])
    in_frame = set(once[["event", "sender", "recipient", "role"]].itertuples(index=False, name=None))
    assert in_frame == {key for key in told if "@lists." not in key[2]}
    assert not clean.duplicated(["event", "sender", "recipient"]).any()
    assert set(clean["sender"]) | set(clean["recipient"]) <= set(organisation.people["person"])
    keys = ["event", "sender", "recipient"]
    assert len(clean.merge(everything, on=keys)) == len(clean)
    count = organisation.truth.noise.set_index("what")["count"]
    assert count["mail"] == sum(m.medium == "email" for m in organisation.messages)
    assert count["human"] == sum(
        m.kind in {"talk", "oneoff", "space", "list", "direct-group"} for m in organisation.messages
    )
    sizes = raw[raw["role"] != "reaction"].groupby("event")["n_recipients"].max()
    own = {m.event: sum("@lists." not in a and a != m.sender for a, _ in m.recipients) for m in organisation.messages}
    assert (sizes == sizes.index.map(own)).all()


def test_files_hold_what_the_truth_counts(tmp_path):
    plan = Plan(groups={"real": 3, "split": 1}, size=(8, 12), media=EVERY, coverage=0.8, recorded=0.9, sites=4)
    organisation = simulate(120, 18, weeks=12, plan=plan)
    folder = organisation.write(tmp_path / "planned")
    noise = organisation.truth.noise.set_index("what")["count"]
    ids = Counter()
    for path in sorted((folder / "exports" / "mail").iterdir()):
        box = mailbox.mbox(path, create=False)
        ids.update(message["Message-ID"] for message in box if message["Message-ID"])
        box.close()
    assert len(ids) == noise["mail"]
    assert sum(count - 1 for count in ids.values()) == noise["duplicate"]
    with zipfile.ZipFile(folder / "exports" / "slack.zip") as archive:
        users = {user["id"] for user in json.loads(archive.read("users.json"))}
        posts = [post for name in archive.namelist() if "/" in name for post in json.loads(archive.read(name))]
    assert len(posts) == noise["chat"]
    assert {post["user"] for post in posts if "user" in post} <= users
    text = "".join(path.read_text("ascii") for path in (folder / "exports" / "mail").iterdir())
    assert text.count("\n>From our side") == noise["quoted From body"]
    assert text.count("\nFrom here on") == noise["phantom"] == 1
    names = {path.stem for path in (folder / "truth").iterdir()}
    assert names == {
        *("groups", "members", "undeclared", "people", "noise", "aliases"),
        "plan",
        "machines",
        "broadcasts",
    }
    groups = pd.read_csv(folder / "truth" / "groups.csv")
    assert groups["group"].tolist() == organisation.truth.groups["group"].tolist()


@pytest.mark.slow
def test_hundreds_can_be_drawn():
    began = time.perf_counter()
    for seed in (20, 21):
        simulate(400, seed, plan=Plan()).clean_frame()
    # Twice what an idle machine needs at most for two, with room for others who work on it.
    assert time.perf_counter() - began < 6
