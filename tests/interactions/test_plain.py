"""The short way of cleaning, by looking for odd events first, gives what sorting all rows gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder import Interactions, concat
from commfinder.interactions import plain


def drawn(rows, seed, source):
    rng = np.random.default_rng(seed)
    event = rng.integers(0, rows // 2, rows)
    frame = pd.DataFrame({"event": [f"e{one}" for one in event], "sender": [f"p{one % 9}" for one in event]})
    frame["recipient"] = pd.Series([f"p{one}" for one in rng.integers(0, 90, rows)]).mask(rng.random(rows) < 0.05)
    frame["time"] = pd.to_datetime(1_780_000_000 + event * 60, unit="s", utc=True)
    frame["medium"] = np.where(event % 5 == 0, "chat", "email")
    frame["n_recipients"] = np.where(event % 3 == 0, frame.groupby("event")["event"].transform("size"), 1 + event % 4)
    frame["automated"] = rng.random(rows) < 0.02
    frame["space"] = np.where(rng.random(rows) < 0.3, "s", None)
    options = {name: name for name in ("event", "n_recipients", "automated", "space")}
    return Interactions.from_frame(frame, medium="medium", source=source, **options)


@pytest.fixture(scope="module")
def inter():
    one = drawn(1500, 1, "mail")
    return concat([one, drawn(400, 2, "copy"), drawn(900, 3, "chat")])


@pytest.mark.parametrize(
    "options", [{}, {"max_recipients": 2}, {"keep_automated": True, "period": "2026-05-28/2026-06-03"}]
)
def test_both_ways_give_the_same(inter, monkeypatch, options):
    sorted_all = inter.clean(**options)
    monkeypatch.setattr(plain, "FEW", 0)
    monkeypatch.setattr(plain, "_ODD_SHARE", 0)
    looked = inter.clean(**options)
    assert looked.to_frame().equals(sorted_all.to_frame())
    assert looked.losses.equals(sorted_all.losses)
    assert set(looked.losses["reason"]) >= {"duplicate", "to oneself"}
    assert looked.people == sorted_all.people


def test_which_events_are_odd(monkeypatch):
    monkeypatch.setattr(plain, "FEW", 0)
    monkeypatch.setattr(plain, "_ODD_SHARE", 0)
    at, later = "2026-07-01T09:00Z", "2026-07-01T09:01Z"
    rows = [
        ("whole", "a", "b", at, 2),
        ("whole", "a", "c", at, 2),
        ("short", "a", "b", at, 3),
        ("twice", "a", "b", at, 2),
        ("twice", "a", "b", at, 2),
        ("self", "a", "b", at, 2),
        ("self", "a", "a", at, 2),
        ("times", "a", "b", at, 2),
        ("times", "a", "c", later, 2),
        ("senders", "a", "b", at, 2),
        ("senders", "d", "c", at, 2),
        ("nobody", "a", None, at, 1),
        ("alone", "a", "b", at, 1),
    ]
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "time", "n_recipients"])
    inter = Interactions.from_frame(frame, event="event", n_recipients="n_recipients")
    odd = plain.odd_events(inter, inter.rows, inter.rows.sender != inter.rows.recipient)
    keys = odd.to_pyarrow()["event"].to_numpy()
    found = set(inter.text_of(keys).tolist())
    assert found == {row[0] for row in rows} - {"whole", "alone"}
    monkeypatch.setattr(plain, "_ODD_SHARE", 4)
    assert plain.odd_events(inter, inter.rows, inter.rows.sender != inter.rows.recipient) is None
