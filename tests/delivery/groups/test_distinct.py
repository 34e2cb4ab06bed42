"""A group that is found twice is told once, and the names of groups do not depend on chance."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.delivery.groups.describe import Wanted
from commfinder.delivery.groups.distinct import Judged, distinct, named
from commfinder.delivery.kinds.kind import KINDS, Kind

NAN = float("nan")


def judged(
    people: str, kind: str, *, p: float = 0.9, origin: str = "handover", name: str = "", cases: int = 20
) -> Judged:
    wanted = Wanted(name, origin, tuple(people), np.arange(len(people)), np.arange(cases), np.arange(cases))
    told = Kind(kind, NAN if kind == "abstain" else p, (NAN,) * len(KINDS), "", ("", "", ""), "")
    return Judged(wanted, None, told)  # type: ignore[arg-type]


def left(groups: list[Judged]) -> list[tuple[str, str]]:
    return [("".join(one.wanted.people), one.kind.type) for one in distinct(groups)[0]]


def test_the_surer_of_two_that_are_alike_stays():
    groups = [judged("abcd", "process", p=0.7), judged("abcde", "process", p=0.9), judged("xyz", "process")]
    assert left(groups) == [("abcde", "process"), ("xyz", "process")]
    assert distinct(groups)[1] == 1


def test_a_whole_process_stays_before_a_community():
    groups = [judged("abcde", "process", p=0.95), judged("abcd", "process", p=0.7, origin="process")]
    assert left(groups) == [("abcd", "process")]


def test_two_whole_processes_of_the_same_people_both_stay():
    groups = [judged("abcd", "process", origin="process"), judged("abcd", "process", origin="process", cases=30)]
    assert len(left(groups)) == 2


def test_types_differ_or_members_differ_and_both_stay():
    assert len(left([judged("abcd", "process"), judged("abcd", "knowledge")])) == 2
    assert len(left([judged("abcd", "process"), judged("cdefgh", "process")])) == 2


def test_what_has_no_type_goes_where_something_like_it_has_one():
    groups = [judged("abcd", "abstain", origin="process"), judged("abcd", "process", p=0.7), judged("xyz", "abstain")]
    assert left(groups) == [("abcd", "process"), ("xyz", "abstain")]


def test_given_groups_always_stay():
    groups = [judged("abcd", "process"), judged("abcd", "process", name="team", origin="declared")]
    assert len(left(groups)) == 2


def test_names_follow_the_rank_and_leave_out_those_taken():
    groups = [
        judged("xyz", "knowledge", cases=90),
        judged("abc", "process", cases=20),
        judged("def", "process", cases=40),
        judged("ghi", "mixed", cases=99),
        judged("jkl", "social", name="D2", origin="declared"),
    ]
    found = [(one.wanted.name, "".join(one.wanted.people)) for one in named(groups)]
    assert found == [("D1", "def"), ("D3", "abc"), ("D4", "ghi"), ("D5", "xyz"), ("D2", "jkl")]
    assert [(one.wanted.name, "".join(one.wanted.people)) for one in named(groups[::-1])] == found


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_groups_that_share_nobody_need_no_comparison(seed):
    rng = np.random.default_rng(seed)
    types, origins = np.array(["process", "knowledge", "abstain"]), np.array(["process", "handover"])
    groups = []
    for number in range(60):
        people = "".join(sorted(rng.choice(list("abcdefghijkl"), int(rng.integers(3, 7)), replace=False)))
        kind, origin = str(rng.choice(types)), str(rng.choice(origins))
        groups.append(judged(people, kind, p=round(float(rng.random()), 2), origin=origin, cases=number))
    kept = []
    for one in sorted(groups, key=lambda one: one._sort):
        mine = set(one.wanted.people)
        for other in kept:
            theirs = set(other.wanted.people)
            both_whole = one.wanted.origin == other.wanted.origin == "process"
            fits = one.kind.type in ("abstain", other.kind.type)
            if not both_whole and fits and 2 * len(mine & theirs) >= len(mine | theirs):
                break
        else:
            kept.append(one)
    found, again = distinct(groups)
    assert {id(one) for one in found} == {id(one) for one in kept}
    assert again == 60 - len(kept) > 0
