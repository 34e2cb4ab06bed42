"""Reply times, reckoned by hand and held against a plain loop over messages."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commfinder.errors import InputError
from commfinder.graph.reply_times import _working, _working_us, reply_table, reply_times
from commfinder.interactions import Interactions

MONDAY = pd.Timestamp("2026-06-01", tz="UTC")
END = ("z", "y", 24.0 * 60, "end")
HOUR = 3_600_000_000


def written(*rows, **columns):
    """Make interactions of rows (sender, recipient, hours after a Monday, event, parent, thread, role, medium)."""
    names = ["sender", "recipient", "hours", "event", "parent", "thread", "role", "medium"]
    frame = pd.DataFrame([(*row, *(None,) * (len(names) - len(row))) for row in rows], columns=names)
    frame["time"] = MONDAY + pd.to_timedelta(frame["hours"].astype(float), unit="h").dt.round("us")
    frame["event"] = [event or f"e{number}" for number, event in enumerate(frame["event"])]
    frame["role"], frame["medium"] = frame["role"].fillna("to"), frame["medium"].fillna("email")
    return Interactions.from_frame(frame.drop(columns="hours"), event="event", role="role", medium="medium", **columns)


def told(*rows, **options):
    frame = reply_times(written(*rows, END), **options).to_frame()
    return {tuple(line[:2]): tuple(line[2:]) for line in frame.values.tolist()}


def test_one_question_one_answer():
    assert told(("a", "b", 9), ("b", "a", 11))["a", "b"] == (1, 1, 2.0, 2.0)


def test_weekends_do_not_count():
    friday = 4 * 24
    assert told(("a", "b", friday + 22), ("b", "a", friday + 74))["a", "b"][2] == 4.0
    assert told(("a", "b", friday + 30), ("b", "a", friday + 60))["a", "b"][2] == 0.0, "within one weekend"


def test_what_is_answered_after_five_working_days_is_not():
    assert told(("a", "b", 9), ("b", "a", 9 + 7 * 24))["a", "b"] == (1, 1, 120.0, 120.0)
    messages, answered, reply, wait = told(("a", "b", 9), ("b", "a", 9.01 + 7 * 24))["a", "b"]
    assert (messages, answered) == (1, 0)
    assert np.isnan([reply, wait]).all()
    assert told(("a", "b", 9), ("b", "a", 35), working_days=1)["a", "b"][1] == 0


def test_messages_whose_time_was_not_yet_over_are_left_out():
    late = 24 * 60 - 24
    assert ("a", "b") not in told(("a", "b", late), ("b", "a", late + 1))


def test_medians_are_the_lower_ones_and_the_unanswered_wait_longest():
    day = [("a", "b", 24 * number) for number in (0, 1, 2, 3)]
    back = [("b", "a", 2), ("b", "a", 24 + 6), ("b", "a", 48 + 1)]
    assert told(*day, *back)["a", "b"] == (4, 3, 2.0, 2.0)
    lonely = [("a", "b", 24 * number) for number in range(14, 20)]
    messages, answered, reply, wait = told(*day, *back, *lonely)["a", "b"]
    assert (messages, answered, reply) == (10, 3, 2.0)
    assert np.isnan(wait)
    assert told(("a", "b", 0), ("b", "a", 1), ("a", "b", 24 * 14))["a", "b"] == (2, 1, 1.0, 1.0)


def test_all_that_waits_is_answered_by_the_next_message_back():
    assert told(("a", "b", 0), ("a", "b", 3), ("b", "a", 4), ("b", "a", 5))["a", "b"] == (2, 2, 1.0, 1.0)


def test_a_message_that_names_its_parent_answers_only_that():
    rows = [("a", "b", 0, "one"), ("a", "b", 3, "two"), ("b", "a", 4, "re", "two")]
    assert told(*rows)["a", "b"][:3] == (2, 1, 1.0)
    assert told(*rows, ("b", "a", 6, "later", "one"))["a", "b"][:3] == (2, 2, 1.0)
    assert told(*rows, ("b", "a", 6))["a", "b"][:3] == (2, 2, 1.0), "one that names none answers what still waits"


def test_an_answer_may_be_addressed_to_others():
    rows = [("a", "b", 0, "one"), ("b", "c", 2, "re", "one"), ("b", None, 5, "re2", "one")]
    assert told(*rows)["a", "b"][:3] == (1, 1, 2.0)
    assert told(rows[0], rows[2])["a", "b"][:3] == (1, 1, 5.0)


def test_only_the_same_thread_and_medium_answer():
    ask = ("a", "b", 0, "one", None, "t1")
    assert told(ask, ("b", "a", 1, "x", None, "t2"))["a", "b"][1] == 0
    assert told(ask, ("b", "a", 1, "x", None, None))["a", "b"][1] == 0
    assert told(ask, ("b", "a", 1, "x", None, "t1"))["a", "b"][1] == 1
    assert told(ask, ("b", "a", 1, "x", None, "t1", "to", "chat"))["a", "b"][1] == 0


def test_copies_and_reactions_are_not_waited_for_and_reactions_answer_nothing():
    assert ("a", "b") not in told(("a", "b", 0, "one", None, None, "cc"), ("b", "a", 1))
    assert told(("a", "b", 0), ("b", "a", 1, "r", None, None, "reaction"))["a", "b"][1] == 0
    assert told(("a", "b", 0), ("b", "a", 1, "c", None, None, "cc"))["a", "b"][1] == 1


def test_meetings_are_not_answered():
    assert told(("a", "b", 0, "m", None, None, "attendee", "meeting")) == {}


def test_what_is_written_at_the_same_moment_answers_nothing():
    rows = [("a", "b", 0), ("b", "a", 0), ("b", "a", 2)]
    assert told(*rows)["a", "b"][:3] == (1, 1, 2.0)
    assert told(*rows)["b", "a"][:2] == (2, 0)


def test_both_directions_together():
    rows = [("a", "b", 0), ("b", "a", 1), ("a", "b", 5), ("b", "a", 24 * 14)]
    apart, together = told(*rows), told(*rows, ordered=False)
    assert list(apart) == [("a", "b"), ("b", "a")]
    assert together == {("a", "b"): (4, 2, 1.0, 4.0)}


def test_no_times_no_replies():
    frame = pd.DataFrame({"sender": ["a", "b"], "recipient": ["b", "a"]})
    found = reply_times(Interactions.from_frame(frame))
    assert found.to_frame().empty
    assert repr(found) == "<ReplyTimes: 0 pairs, 0 of 0 messages answered within 5 working days>"


def test_working_days_are_checked():
    with pytest.raises(InputError, match="working_days"):
        reply_times(written(END), working_days=0)


def test_working_time_of_every_moment():
    rng = np.random.default_rng(0)
    edges = [week * 7 * 24 * HOUR + step for week in (-3000, -1, 0, 1, 2940) for step in (-1, 0, 1)]
    monday = -3 * 24 * HOUR
    times = np.array([*(monday + np.array(edges)), *rng.integers(-(10**15), 4 * 10**15, 500)], dtype=np.int64)
    table = ibis.memtable(pa.table({"time": times}))
    got = table.select("time", working=_working(table.time)).order_by("time").to_pyarrow()
    times = np.sort(times)
    assert got["time"].to_pylist() == times.tolist()
    assert got["working"].to_pylist() == [_working_us(int(time)) for time in times]
    minutes = pd.date_range("2026-05-28", "2026-06-10", freq="30min", tz="UTC")
    by_hand = np.cumsum(minutes.day_of_week < 5) * (HOUR // 2)
    counted = np.array([_working_us(int(moment.value) // 1000) for moment in minutes])
    assert (counted[1:] - counted[0]).tolist() == by_hand[:-1].tolist()


def plain_loop(rows, working_days=5):
    """Say the same with no database: one message after another."""
    limit = working_days * 24 * HOUR
    end = _working_us(max(row["time"] for row in rows))
    found: dict[tuple[str, str], list[int]] = {}
    for ask in rows:
        if ask["recipient"] is None or ask["role"] not in ("to", "mention", "reply"):
            continue
        if _working_us(ask["time"]) > end - limit:
            continue
        times = [
            row["time"]
            for row in rows
            if row["sender"] == ask["recipient"]
            and row["time"] > ask["time"]
            and row["medium"] == ask["medium"]
            and (
                row["parent"] == ask["event"]
                or (
                    row["parent"] is None
                    and row["thread"] == ask["thread"]
                    and row["recipient"] == ask["sender"]
                    and row["role"] != "reaction"
                )
            )
        ]
        delay = _working_us(min(times)) - _working_us(ask["time"]) if times else limit + 1
        found.setdefault((ask["sender"], ask["recipient"]), []).append(min(delay, limit + 1))
    lines = []
    for pair, delays in sorted(found.items()):
        good = sorted(delay for delay in delays if delay <= limit)
        middle = sorted(delays)[(len(delays) + 1) // 2 - 1]
        reply = good[(len(good) + 1) // 2 - 1] if good else None
        lines.append((*pair, len(delays), len(good), reply, middle if middle <= limit else None))
    return lines


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_a_plain_loop_says(seed):
    rng = np.random.default_rng(seed)
    rows, when = [], MONDAY.value // 1000
    for number in range(400):
        when += int(rng.integers(0, 3)) * int(rng.exponential(4) * HOUR)
        sender, recipient = (str(name) for name in rng.choice(list("abcd"), 2, replace=False))
        earlier = rows[-int(rng.integers(1, 20)) :][0] if rows else None
        named = earlier is not None and rng.random() < 0.4
        rows.append(
            {
                "event": f"e{number:03d}",
                "time": when,
                "sender": sender,
                "recipient": recipient if rng.random() < 0.9 else None,
                "role": str(rng.choice(["to", "cc", "mention", "reaction"], p=[0.6, 0.2, 0.1, 0.1])),
                "medium": str(rng.choice(["email", "chat"], p=[0.8, 0.2])),
                "parent": earlier["event"] if named else None,
                "thread": str(rng.choice(["t1", "t2"])) if rng.random() < 0.5 else None,
            }
        )
    frame = pd.DataFrame(rows)
    frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True)
    options = {"event": "event", "role": "role", "parent": "parent", "thread": "thread", "medium": "medium"}
    inter = Interactions.from_frame(frame, **options)
    table = reply_table(inter).to_pyarrow().to_pylist()
    got = [
        (inter.people[line["one"]], inter.people[line["other"]], *(line[name] for name in list(line)[2:]))
        for line in table
    ]
    assert got == plain_loop(rows)
    assert sum(line[3] for line in got) > 20
    shuffled = Interactions.from_frame(frame.sample(frac=1, random_state=seed), **options)
    assert reply_times(shuffled).to_json() == reply_times(inter).to_json()
