"""Candidates: found by handing over, whole processes, given ones; gates and merging."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.groups.candidates import candidates, handover_ties, own_cases
from commfinder.errors import InputError

DAY = 86_400_000_000


def work(seed=0, *, teams=4, size=5, cases=50, days=150, noise=0.0, spaces=True):
    """Teams whose people hand cases on among themselves; a share of the acts is done by anybody."""
    rng = np.random.default_rng(seed)
    rows = []
    for team in range(teams):
        for number in range(cases):
            who = team * size + rng.choice(size, 4, replace=False)
            who = np.where(rng.random(4) < noise, rng.integers(0, teams * size, 4), who)
            start = int(rng.integers(days)) * DAY
            for step, one in enumerate(who):
                rows.append((f"t{team}-{number}", f"p{one:03}", start + step * DAY // 4, f"u{one % 3}", f"space{team}"))
    frame = pd.DataFrame(rows, columns=["case", "person", "time", "unit", "space"])
    return frame if spaces else frame.drop(columns="space")


def names_of(cases, one):
    return set(cases.people[one.members])


def people(team, size=5):
    return {f"p{one:03}" for one in range(team * size, team * size + size)}


def test_communities_of_handing_over_are_the_teams():
    cases = Cases.of(work(1, noise=0.1, spaces=False))
    found = candidates(cases)
    assert {one.origin for one in found} == {"handover"}
    assert sorted(sorted(names_of(cases, one)) for one in found) == [sorted(people(team)) for team in range(4)]
    for one in found:
        team = min(names_of(cases, one))
        own = cases.frame["case"].to_numpy()[one.cases]
        at_home = np.mean([case.startswith(f"t{int(team[1:]) // 5}-") for case in own])
        assert at_home > 0.95 and len(own) >= 45
        assert one.units == 3 and one.windows >= 3 and one.shared >= 40


def test_a_group_across_units_is_found_behind_the_talk_of_teams():
    rng = np.random.default_rng(10)
    rows = []
    for number in range(700):
        team = int(rng.integers(6))
        across = number < 60
        who = rng.permutation(6)[:4] * 8 if across else team * 8 + rng.permutation(8)[:4]
        start = int(rng.integers(150)) * DAY
        rows += [(number, f"p{one:02}", f"u{one // 8}", start + step) for step, one in enumerate(who)]
    cases = Cases.of(pd.DataFrame(rows, columns=["case", "person", "unit", "time"]))
    found = candidates(cases)
    assert {f"p{one * 8:02}" for one in range(6)} in [names_of(cases, one) for one in found]
    assert [one.name for one in found] == ["X1"]
    assert {one.reason for one in found.refused} == {"one unit and one role"}


def test_who_works_in_two_teams_is_in_both():
    frame = work(2, spaces=False)
    frame.loc[frame["person"].isin(["p000", "p005"]), "person"] = "both"
    cases = Cases.of(frame)
    both = [one for one in candidates(cases) if "both" in names_of(cases, one)]
    assert len(both) == 2


def test_a_process_is_its_space_and_stands_for_its_community():
    cases = Cases.of(work(3))
    found = candidates(cases)
    assert [one.origin for one in found] == ["process"] * 4
    for team, one in enumerate(found):
        assert one.space == one.name == f"space{team}" and names_of(cases, one) == people(team)
        assert len(one.cases) == 50
        assert [name[0] for name in one.also] == ["X", "H"]
    assert found.merged["origin"].tolist() == ["handover"] * 8
    assert (found.merged["overlap"] > 0.8).all()
    assert len(found.to_frame()) == 4


def test_passers_by_are_no_members_of_a_process():
    frame = work(4, teams=1)
    rng = np.random.default_rng(4)
    extra = frame.sample(40, random_state=1).assign(person=[f"guest{one}" for one in rng.integers(0, 30, 40)])
    cases = Cases.of(pd.concat([frame, extra.assign(time=extra["time"] + 1)]))
    (one,) = [one for one in candidates(cases) if one.origin == "process"]
    assert people(0) <= names_of(cases, one) and len(one.members) <= 7


def test_declared_groups_stay_and_take_in_what_is_like_them():
    cases = Cases.of(work(5))
    groups = {"Claims": people(0) | {"nobody"}, "Copy": people(0), "Paper": {"p000", "p007", "p013"}}
    found = candidates(cases, groups=groups, communities={"C1": people(1)})
    assert [one.name for one in found][:2] == ["Claims", "Copy"]
    assert found[0].unknown == 1 and set(found[0].also) >= {"space0"}
    (refused,) = [one for one in found.refused if one.candidate.name == "Paper"]
    assert refused.reason == "fewer than 10 cases with 3 members"
    assert ("C1", "space1") in set(zip(found.merged["name"], found.merged["into"], strict=True))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"days": 20}, "cases in fewer than 3 windows of 4 weeks"),
        ({"cases": 8}, "fewer than 10 cases with 3 members"),
    ],
)
def test_every_gate_says_why(change, reason):
    found = candidates(Cases.of(work(6, **change)))
    assert not len(found)
    assert {one.reason for one in found.refused if one.candidate.origin == "process"} == {reason}
    counted = found.reasons()
    assert counted.loc[counted["origin"] == "process", "count"].tolist() == [4]
    assert not found.to_frame()["kept"].any()


def test_one_unit_is_refused_and_unknown_units_are_not():
    frame = work(7, teams=2)
    one_unit = candidates(Cases.of(frame.assign(unit="u")))
    assert {one.reason for one in one_unit.refused} == {"one unit and one role"}
    unknown = candidates(Cases.of(frame.drop(columns="unit")))
    assert len(unknown) == 2 and all(one.units == one.roles == 0 for one in unknown)
    roles = candidates(Cases.of(frame.assign(unit="u", role="u, " + frame["person"])))
    assert len(roles) == 2


def test_own_cases_need_two_members_and_half_of_the_people():
    log = {"case": list("aaabbbbcc"), "person": ["1", "2", "9", "1", "2", "8", "9", "1", "9"], "time": range(9)}
    cases = Cases.of(log)
    members = np.flatnonzero(np.isin(cases.people, ["1", "2"]))
    assert cases.frame["case"].to_numpy()[own_cases(cases, members)].tolist() == ["a", "b"]
    assert own_cases(cases, []).tolist() == []


def test_ties_need_two_handoffs_and_cases_of_three():
    log = {"case": list("aaaaabbbcc"), "person": list("xyxzzxyzxz"), "time": range(10)}
    a, b, count = handover_ties(Cases.of(log))
    assert (a.tolist(), b.tolist(), count.tolist()) == ([0], [1], [3])


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_find_is_a_result(rows):
    log = pd.DataFrame({"case": ["1"], "person": ["a"], "time": [1], "space": ["s"]}).head(rows)
    found = candidates(Cases.of(log), groups={"g": ["a", "b"]})
    assert len(found) == 0 and np.isnan(found.resolution)
    assert {one.reason for one in found.refused} == {"fewer than 3 members on any case"}
    assert found.merged.empty


def test_rows_in_any_order_give_the_same():
    frame = work(8, noise=0.2, spaces=False).assign(unit="u")
    frame["role"] = frame["person"]
    one, other = (candidates(Cases.of(rows), seed=3) for rows in (frame, frame.sample(frac=1, random_state=2)))
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), check_exact=True)
    for left, right in zip(one, other, strict=True):
        assert left.members.tobytes() == right.members.tobytes() and left.cases.tobytes() == right.cases.tobytes()
    assert one.resolution == other.resolution


def test_bad_options_are_told():
    with pytest.raises(InputError, match="min_cases"):
        candidates(Cases.of(work(9, teams=1, cases=2)), min_cases=0)
