"""Events without an id: read once, and linked by what they answer."""

import numpy as np
import pandas as pd

from commfinder.delivery.cases.columns import columns_of, with_keys
from commfinder.delivery.cases.loose import loose_events, reference_cases
from commfinder.interactions import Interactions


def events(rows):
    frame = pd.DataFrame(rows, columns=["event", "hour", "sender", "recipient", "parent"])
    frame["time"] = pd.Timestamp("2026-07-06", tz="UTC") + pd.to_timedelta(frame.pop("hour"), unit="h")
    inter = Interactions.from_frame(frame, event="event", parent="parent")
    columns = columns_of(inter, with_keys(inter))
    return loose_events(inter, columns, np.arange(columns.n), np.full(columns.n, -1, dtype=np.int32)), inter


def test_rows_of_one_event_are_one_with_its_recipients_once_and_without_the_sender():
    rows = [("m2", 2, "b", "a", None), *(("m1", 1, "a", who, None) for who in ("d", "b", "b", "a"))]
    found, inter = events(rows)
    assert found.n == 2
    assert found.first.tolist() == [0, 2, 3]
    assert [inter.people[code] for code in found.recipients] == ["b", "d", "a"]
    assert [inter.people[code] for code in found.sender] == ["a", "b"]


def test_take_keeps_recipients_with_their_events():
    found, inter = events([("m1", 1, "a", "b", None), ("m1", 1, "a", "c", None), ("m2", 2, "b", "a", None)])
    kept = found.take(np.array([False, True]))
    assert kept.first.tolist() == [0, 1]
    assert [inter.people[code] for code in kept.recipients] == ["a"]


def test_a_case_is_as_certain_as_its_references():
    found, _ = events(
        [
            ("m1", 1, "a", "b", None),
            ("m2", 2, "b", "a", "m1"),
            ("m3", 3, "c", "a", "m1"),
            ("m4", 0.5, "d", "a", "m1"),  # dated before what it answers
            ("m5", 5, "e", "a", None),
        ]
    )
    cases, used = reference_cases(found)
    assert cases.said["certainty"].tolist() == [2 / 3]
    assert used.sum() == 4
    assert cases.time.tolist() == sorted(cases.time.tolist())


def test_a_missing_event_still_joins_those_who_answer_it():
    found, _ = events([("m1", 1, "a", "b", "x"), ("m2", 2, "b", "a", "x"), ("m3", 2, "b", "a", "m1")])
    cases, _ = reference_cases(found)
    assert len(cases.said) == 1
    assert cases.said["certainty"].tolist() == [1 / 3]


def test_no_events_are_no_cases():
    found, _ = events([("m1", 1, "a", "b", None)])
    cases, used = reference_cases(found)
    assert len(cases.said) == 0
    assert not used.any()
