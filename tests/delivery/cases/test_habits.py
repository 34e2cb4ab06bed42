"""When everybody acts and what they write to whom, against what pandas counts in the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import threads
from commfinder.delivery.cases.habits import Sent, rows_sent
from commfinder.interactions import Interactions
from commfinder.interactions.concatenate import concat

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
NAMES = ["ada", "ben", "cem", "dia", "eva"]
OFF = np.arange(168) % 24 < 9
SHIFT = np.array([0, 3, -5, 2])


def drawn(seed: int, n: int = 4000) -> pd.DataFrame:
    """Rows of few moments, so that events of one moment, one event of two sources, and copies of rows are there."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sender": rng.choice(NAMES, n), "recipient": rng.choice([*NAMES, None], n)})
    frame["hour"] = 33 * rng.integers(0, 12, n) + rng.integers(0, 2, n)
    frame["time"] = MONDAY + pd.to_timedelta(frame["hour"], "h")
    frame["event"] = [f"m{one}" for one in rng.integers(0, 40, n)]
    frame["source"] = rng.choice(["mail", "chat"], n)
    return frame.assign(n_recipients=rng.integers(1, 30, n))


def sent_of(frame: pd.DataFrame) -> tuple[Interactions, Sent]:
    """Rows as they are counted; the last of the names is nobody's."""
    parts = [
        Interactions.from_frame(part, event="event", source=source, n_recipients="n_recipients")
        for source, part in frame.drop(columns=["source", "hour"]).groupby(frame["source"])
    ]
    inter = concat(parts)
    codes = np.array([NAMES.index(name) if name != "eva" else -1 for name in inter.people], dtype=np.int64)
    return inter, rows_sent(inter, codes, 4)


def rows_of(inter: Interactions) -> pd.DataFrame:
    """The same rows as pandas holds them."""
    rows = inter.to_frame()
    rows = rows[rows["sender"] != "eva"]
    return rows.assign(hour=(rows["time"] - MONDAY) // pd.Timedelta("1h"))


@pytest.mark.parametrize("worth", [1, threads.WORTH_A_THREAD])
def test_an_event_counts_once_in_each_hour(monkeypatch, worth):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", worth)
    inter, sent = sent_of(drawn(1000))
    rows = rows_of(inter).drop_duplicates(["source", "event", "sender", "time"])
    expected = np.zeros((4, 168), dtype=np.int64)
    np.add.at(expected, (rows["sender"].map(NAMES.index).to_numpy(), rows["hour"].to_numpy() % 168), 1)
    assert len(rows) < len(inter) * 0.9
    assert np.array_equal(sent.hours(), expected)


@pytest.mark.parametrize("worth", [1, threads.WORTH_A_THREAD])
def test_messages_are_added_up_by_sender_and_recipient(monkeypatch, worth):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", worth)
    inter, sent = sent_of(drawn(1001))
    rows = rows_of(inter)
    rows = rows[rows["recipient"].isin(NAMES[:4]) & (rows["recipient"] != rows["sender"]) & (rows["n_recipients"] < 21)]
    who, whom = (rows[name].map(NAMES.index).to_numpy() for name in ("sender", "recipient"))
    many = rows["n_recipients"].to_numpy()
    off = OFF[(rows["hour"].to_numpy() - SHIFT[who]) % 168]
    facts = pd.DataFrame({"a": who, "b": whom, "n": 1, "off": off, "private": many == 1, "breadth": many})
    expected = facts.astype(int).groupby(["a", "b"], as_index=False).sum()
    found = sent.dyads(SHIFT, OFF, 20)
    assert [part.tolist() for part in found] == [expected[name].tolist() for name in expected]


def test_rows_that_nobody_sent_give_nothing():
    inter, _ = sent_of(drawn(1002, n=50))
    sent = rows_sent(inter, np.full(len(inter.people), -1), 4)
    assert sent.hours().sum() == 0
    assert [len(part) for part in sent.dyads(SHIFT, OFF, 20)] == [0] * 6
