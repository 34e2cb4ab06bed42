"""Orders that must not depend on keys: rows at one moment come by the text of their event."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commfinder.delivery.cases.texts import EventKeys, event_keys, kept, settled
from commfinder.interactions import Interactions


@pytest.fixture(scope="module")
def inter():
    """Events e0 to e9, and one with a letter beyond ASCII, which sorts last."""
    events = [*(f"e{one}" for one in range(10)), "é"]
    frame = pd.DataFrame(
        {"sender": "a", "recipient": "b", "event": events, "time": range(1_700_000_000, 1_700_000_011)}
    )
    return Interactions.from_frame(frame, event="event")


def keys_of(inter, *texts):
    """The keys that rows hold for some texts."""
    table = inter.rows.select("event").to_pyarrow()["event"].to_numpy()
    place = dict(zip(inter.text_of(table).tolist(), table.tolist(), strict=True))
    return np.array([place[text] for text in texts])


def test_ranks_are_those_of_texts_and_not_of_keys(inter):
    keys, _ = event_keys(inter, pa.chunked_array([pa.array([1])]))
    assert keys.ranks(keys_of(inter, "e9", "é", "e0", "e9")).tolist() == [1, 2, 0, 1]


def test_texts_of_a_users_table_become_numbers_and_none_is_0(inter):
    event, parent = (pa.chunked_array([pa.array(one, pa.string())]) for one in (["x", "y", None], [None, "x", "z"]))
    keys, (first, second) = event_keys(inter, event, parent)
    assert first.tolist() == [1, 2, 0]
    assert second.tolist() == [0, 1, 3]
    assert keys.ranks(np.array([3, 1, 2])).tolist() == [2, 0, 1]
    assert keys.texts(np.array([3, 1, 3])).to_pylist() == ["z", "x", "z"]
    assert keys.codes(pa.chunked_array([["z", None, "new"]])).tolist() == [3, 0, -1]


def test_texts_of_keys_come_from_the_store_and_a_key_that_no_row_has_has_none(inter):
    keys, _ = event_keys(inter, pa.chunked_array([pa.array([1])]))
    wanted = keys_of(inter, "e3", "é", "e3")
    assert keys.texts(wanted).to_pylist() == ["e3", "é", "e3"]
    assert keys.texts(np.append(wanted[:1], wanted[0] + 1)).to_pylist() == ["e3", None]
    assert keys.texts(wanted[:0]).to_pylist() == []


def test_whole_numbers_stay_and_none_is_0(inter):
    _, (event,) = event_keys(inter, pa.chunked_array([pa.array([7, None])]))
    assert event.tolist() == [7, 0]


def test_only_rows_that_nothing_else_tells_apart_move(inter):
    event = keys_of(inter, "e5", "e9", "e2", "e2", "e1", "e0")
    time, sender = np.array([1, 2, 2, 2, 3, 4]), np.array([0, 0, 1, 0, 0, 0])
    order = settled(EventKeys(inter, None), (time,), event, sender)
    assert order.tolist() == [0, 3, 2, 1, 4, 5]
    assert settled(EventKeys(inter, None), (np.arange(6),), event, sender) is None
    assert settled(EventKeys(inter, None), (time[:0],), event[:0], sender[:0]) is None


def test_one_event_of_several_people_needs_no_text(inter):
    event = keys_of(inter, "e5", "e5")
    assert settled(EventKeys(inter, None), (np.array([1, 1]),), event, np.array([0, 1])) is None


def test_nothing_is_copied_where_all_rows_stay():
    column = np.arange(3)
    assert kept((column,), np.ones(3, dtype=bool))[0] is column
    assert kept((column,), None)[0] is column
    assert kept((column,), np.array([2, 0]))[0].tolist() == [2, 0]
