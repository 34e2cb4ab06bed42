"""Who acts: placeholders, and posts over time."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.people import find_actors, is_placeholder, posts_of
from commfinder.interactions import Interactions
from commfinder.people import Directory


@pytest.mark.parametrize(
    "name", ["EMPTY", "empty", "Unknown", "N/A", "n.a.", "none", "-", "--", "?", "", "NULL", "<none>", None]
)
def test_words_that_say_there_is_none(name):
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name", ["Group 1", "0", "112", "Nina", "Nullmeier", "Ana", "Blank & Sons", "Empty Quarter tours"]
)
def test_words_that_name_somebody(name):
    assert not is_placeholder(name)


def posts(frame, names):
    inter = Interactions.from_frame({"sender": ["a"], "recipient": ["b"]})
    return posts_of(inter, Directory.from_frame(frame), np.array(names, dtype=object))


def test_a_post_is_the_latest_before_the_act_or_else_the_first():
    found = posts(
        {
            "person": ["a", "a", "b", "z"],
            "unit": ["u1", "u2", "u3", "u4"],
            "since": ["2026-01-01", "2026-06-01", None, None],
        },
        ["a", "b", "c"],
    )
    day = [
        pd.Timestamp(text, tz="UTC").value // 1000 for text in ("2025-01-01", "2026-02-01", "2026-06-01", "2026-07-01")
    ]
    person = np.array([0, 0, 0, 0, 1, 2], dtype=np.int32)
    row = found.rows_at(person, np.array([*day, day[0], day[0]]))
    units = [found.units[found.unit[one]] if one >= 0 else None for one in row]
    assert units == ["u1", "u1", "u2", "u2", "u3", None]
    assert [found.units[one] if one >= 0 else None for one in found.unit_of] == ["u2", "u3", None]
    assert "u4" not in found.units


def test_a_post_without_a_beginning_comes_first():
    found = posts({"person": ["a", "a"], "unit": ["u1", "u2"], "since": [None, "2026-06-01"]}, ["a"])
    row = found.rows_at(np.zeros(2, dtype=np.int32), np.array([0, 2**51]))
    assert found.units[found.unit[row]].tolist() == ["u1", "u2"]


def test_where_everybody_is_seen_at_all_hours_nobody_is_judged():
    hour = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.arange(600) % 300, unit="h")
    frame = pd.DataFrame({"sender": ["a"] * 300 + ["b"] * 300, "recipient": None, "time": hour, "thread": "1"})
    assert find_actors(Interactions.from_frame(frame, medium="workflow", thread="thread")).aside == ()
