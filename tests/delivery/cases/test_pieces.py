"""Pieces of work: a start that a later row ends is no act of its own, and the last end of several is the act."""

import numpy as np
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.columns import columns_of, with_keys
from commfinder.delivery.cases.keys import ids_of_cases
from commfinder.delivery.cases.pieces import pieces_of_work
from commfinder.interactions import Interactions

START = 1_700_000_000


def pieces(rows):
    """Rows as event, sender, activity, seconds, parent; returned by event: when it began, and whether it is gone."""
    frame = pd.DataFrame(rows, columns=["event", "sender", "activity", "time", "parent"])
    frame["time"] += START
    frame = frame.assign(thread="c1", recipient=None, role="edit")
    named = {name: name for name in ("event", "activity", "parent", "thread", "role")}
    inter = Interactions.from_frame(frame, medium="workflow", **named)
    columns = columns_of(inter, with_keys(inter))
    number = ids_of_cases(inter, columns, ("workflow",)).number
    started, gone, folded = pieces_of_work(columns, number)
    if started is None:
        return None, folded
    names = inter.text_of(columns.event).tolist()
    begun = [None if one == NO_TIME else one // 1_000_000 - START for one in started.tolist()]
    told = [name for name, is_gone in zip(names, gone.tolist(), strict=True) if is_gone]
    return {name: at for name, at in zip(names, begun, strict=True) if at is not None}, sorted(told), folded


def test_a_start_is_part_of_the_act_that_ends_it():
    rows = [("s", "a", "check", 1, None), ("e", "a", "check", 5, "s"), ("x", "a", "file", 9, None)]
    assert pieces(rows) == ({"e": 1}, ["s"], 1)


def test_of_several_ends_the_last_is_the_act():
    rows = [("s", "a", "check", 1, None), ("e1", "a", "check", 5, "s"), ("e2", "a", "check", 8, "s")]
    assert pieces(rows) == ({"e2": 1}, ["e1", "s"], 2)


def test_another_person_or_activity_or_an_earlier_end_is_an_act_of_its_own():
    start = ("s", "a", "check", 4, None)
    for end in (("e", "b", "check", 5, "s"), ("e", "a", "file", 5, "s"), ("e", "a", "check", 3, "s")):
        assert pieces([start, end]) == ({}, [], 0)


def test_without_answers_there_is_nothing_to_look_for():
    assert pieces([("s", "a", "check", 1, None), ("e", "a", "check", 5, None)]) == (None, 0)


def test_only_rows_of_a_case_count():
    rows = [("s", "a", "check", 1, None), ("e", "a", "check", 5, "s")]
    frame = pd.DataFrame(rows, columns=["event", "sender", "activity", "time", "parent"]).assign(recipient=None)
    frame["time"] += START
    inter = Interactions.from_frame(frame, medium="workflow", event="event", activity="activity", parent="parent")
    columns = columns_of(inter, with_keys(inter))
    assert pieces_of_work(columns, np.full(2, -1, dtype=np.int32)) == (None, None, 0)
