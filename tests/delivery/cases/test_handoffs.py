"""Handoffs: consecutive acts of different people, with their business hours."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.cases.value import Cases


def log(*acts):
    """Acts as case, person, hour, and optionally the hour of the start; Monday 2026-07-06 is day 0."""
    monday = pd.Timestamp("2026-07-06", tz="UTC")
    rows = [(one[0], one[1], monday + pd.Timedelta(hours=one[2])) for one in acts]
    frame = pd.DataFrame(rows, columns=["case", "person", "time"])
    frame["started"] = pd.to_datetime(
        [monday + pd.Timedelta(hours=one[3]) if len(one) > 3 else pd.NaT for one in acts], utc=True
    )
    return Cases.of(frame)


def test_a_handoff_is_between_different_people_of_one_case():
    cases = log(("1", "a", 9), ("1", "a", 10), ("1", "b", 12), ("1", "b", 13), ("2", "c", 14))
    found = hand_offs(cases)
    assert found.n == 1
    assert (cases.people[found.giver[0]], cases.people[found.taker[0]]) == ("a", "b")
    assert found.elapsed.tolist() == [2.0]
    assert np.isnan(found.waiting).all()


def test_waiting_ends_when_the_taker_begins_and_is_never_negative():
    found = hand_offs(log(("1", "a", 10), ("1", "b", 16, 12), ("1", "c", 17, 11)))
    assert found.elapsed.tolist() == [6.0, 1.0]
    assert found.waiting.tolist() == [2.0, 0.0]


def test_back_is_told_of_the_return_to_whoever_had_it_before():
    found = hand_offs(
        log(("1", "a", 9), ("1", "b", 10), ("1", "b", 11), ("1", "a", 12), ("1", "c", 13), ("1", "a", 14))
    )
    assert found.back.tolist() == [False, True, False, True]
    across = hand_offs(log(("1", "a", 9), ("1", "b", 10), ("2", "b", 9), ("2", "a", 10)))
    assert across.back.tolist() == [False, False]


def test_the_calendar_decides_what_counts():
    cases = log(("1", "a", 16), ("1", "b", 24 + 10))
    assert hand_offs(cases).elapsed.tolist() == [2.0]
    assert hand_offs(cases, calendar=BusinessHours.always()).elapsed.tolist() == [18.0]


def test_one_person_and_nothing_give_no_handoffs():
    assert hand_offs(log(("1", "a", 9), ("1", "a", 10))).n == 0
    empty = Cases.of({"case": [], "person": [], "time": []})
    assert hand_offs(empty).n == 0
    assert hand_offs(empty).to_frame(empty).empty


def test_the_frame_has_names_and_says_where_a_role_is_unknown():
    frame = pd.DataFrame({"case": ["1", "1"], "person": ["a", "b"], "time": [0, 1], "unit": ["sales", None]})
    cases = Cases.of(frame)
    row = hand_offs(cases).to_frame(cases).iloc[0]
    assert (row["giver"], row["role_from"]) == ("a", "sales")
    assert row["role_to"] is pd.NA or pd.isna(row["role_to"])


def test_take_keeps_columns_together():
    found = hand_offs(log(("1", "a", 9), ("1", "b", 10), ("1", "c", 12)))
    assert found.take(np.array([1])).elapsed.tolist() == pytest.approx([2.0])
