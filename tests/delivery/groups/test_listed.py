"""Which cases are those of people who are known beforehand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.groups.listed import CasesOfPeople, listed_groups
from commfinder.people import DeclaredGroups

CASES = Cases.of(
    {
        "case": list("11222333345"),
        "person": ["ada", "ben", "ada", "ben", "cem", "ada", "cem", "dan", "eve", "ada", "ben"],
        "time": range(11),
        "space": ["x"] * 5 + ["club"] * 4 + ["x"] * 2,
    }
)


def rows(people: tuple[str, ...], spaces: tuple[str, ...] = ()) -> list[str]:
    work = CasesOfPeople.of(CASES)
    return CASES.frame["case"].to_numpy()[work.rows(work.places(people), spaces)].tolist()


def test_two_members_who_are_half_of_all_make_a_case_theirs():
    assert rows(("ada", "ben")) == ["1", "2"]
    assert rows(("ada", "cem")) == ["2", "3"]
    assert rows(("ada", "nobody")) == []


def test_in_their_own_space_two_members_are_enough():
    big = Cases.of({"case": ["1"] * 6, "person": list("abcdef"), "time": range(6), "space": ["club"] * 6})
    work = CasesOfPeople.of(big)
    assert work.rows(work.places(("a", "b"))).tolist() == []
    assert work.rows(work.places(("a", "b")), ("club",)).tolist() == [0]
    assert work.rows(work.places(("a",)), ("club",)).tolist() == []


def test_strangers_to_all_cases_have_no_place():
    work = CasesOfPeople.of(CASES)
    assert CASES.people[work.places(("zoe", "dan", "ada"))].tolist() == ["ada", "dan"]


def test_declared_groups_come_first_and_no_name_comes_twice():
    groups = DeclaredGroups.from_frame(
        {"group": ["b", "a", "a"], "person": ["ben", "ada", "cem"], "space": ["", "s", "s"]}
    )
    found = SimpleNamespace(
        summary=pd.DataFrame({"community": ["C1", "a"]}),
        members=pd.DataFrame({"person": ["dan", "eve", "ada"], "community": ["C1", "C1", "a"]}),
    )
    listed = listed_groups(groups, found, CASES)
    assert [one.name for one in listed] == ["a", "b", "C1", "a (community)"]
    assert [one.origin for one in listed] == ["declared", "declared", "community", "community"]
    assert listed[0].people == ("ada", "cem")
    assert [one.people for one in listed[2:]] == [("dan", "eve"), ("ada",)]
    assert listed[0].spaces == ("s",)
    assert listed_groups(None, None, CASES) == []


def test_members_are_those_of_the_period_of_the_cases():
    day = pd.Timestamp("2026-03-02", tz="UTC")
    log = {"case": ["1", "1"], "person": ["ada", "ben"], "time": [day, day + pd.Timedelta(days=40)]}
    groups = DeclaredGroups.from_frame(
        {"group": ["a", "a", "a"], "person": ["ada", "ben", "cem"], "until": ["", "", "2026-02-01"]}
    )
    assert listed_groups(groups, None, Cases.of(log))[0].people == ("ada", "ben")


def test_counts_of_members_in_cases():
    work = CasesOfPeople.of(CASES)
    rows, count = CASES.with_persons(work.places(("ada", "cem")))
    assert (rows.tolist(), count.tolist()) == ([0, 1, 2, 3], [1, 2, 2, 1])
    assert [len(one) for one in CASES.with_persons(np.empty(0, dtype=np.int64))] == [0, 0]
