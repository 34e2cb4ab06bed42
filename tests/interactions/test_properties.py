from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commfinder import Interactions, concat
from commfinder.errors import PeriodError
from commfinder.interactions import store

START = pd.Timestamp("2026-07-01T00:00Z")
names = st.sampled_from(["ann", "ben", "cyd", "dan", "ci-bot", "no-reply@x"])
row = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["1", "2", "3"]),
        "sender": names,
        "recipient": names | st.none(),
        "time": st.integers(0, 3).map(lambda day: START + pd.Timedelta(days=day)),
        "role": st.sampled_from(["to", "cc", "reply"]),
        "medium": st.sampled_from(["email", "chat"]),
        "space": st.sampled_from([None, "s"]),
        "parent": st.sampled_from([None, "p", "q"]),
        "n_recipients": st.sampled_from([None, 1, 30]),
        "automated": st.booleans(),
    }
)
tables = st.lists(row, min_size=1, max_size=12)
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def make(rows, source="s"):
    frame = pd.DataFrame(rows).astype(
        {"recipient": "string", "space": "string", "parent": "string", "n_recipients": "Int64"}
    )
    # Counted by the caller, for a part of an event can not count the whole.
    frame["n_recipients"] = frame["n_recipients"].fillna(2)
    return Interactions.from_frame(frame, medium="medium", source=source)


def same(one, other):
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert one.people == other.people


@few
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    mixed = random.sample(rows, len(rows))
    same(make(rows), make(mixed))
    same(make(rows).clean(), make(mixed).clean())
    assert make(rows).to_json() == make(mixed).to_json()


@few
@given(tables, st.integers(0, 12))
def test_split_and_concat_change_nothing(rows, at):
    parts = [make(part) for part in (rows[:at], rows[at:]) if part]
    for order in (parts, parts[::-1]):
        same(concat(order), make(rows))
        same(concat(order).clean(), make(rows).clean())


@few
@given(tables)
def test_the_number_of_threads_changes_nothing(rows):
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for threads in (1, 2):
            setting = f"SET threads = {threads}"
            patch.setattr(store, "_SETTINGS", (setting, *(one for one in store._SETTINGS if "threads" not in one)))
            inter = make(rows)
            assert inter.store.backend.raw_sql("SELECT current_setting('threads')").fetchall() == [(threads,)]
            found.append(inter.clean())
    same(*found)
    pd.testing.assert_frame_equal(found[0].losses, found[1].losses)


@few
@given(tables, st.integers(-3000, 3000))
def test_a_shift_of_time_changes_nothing_but_the_times(rows, days):
    shift = pd.Timedelta(days=days)
    moved = [one | {"time": one["time"] + shift} for one in rows]
    before, after = make(rows).clean().to_frame(), make(moved).clean().to_frame()
    before["time"] += shift
    pd.testing.assert_frame_equal(before, after)


@few
@given(tables, st.booleans(), st.sampled_from([None, "2026-07-01/2026-07-03"]))
def test_the_account_of_cleaning_is_complete_and_cleaning_twice_is_cleaning_once(rows, keep, period):
    inter = make(rows)
    try:
        once = inter.clean(period=period, keep_automated=keep)
    except PeriodError:
        assert inter.to_frame()["time"].min() >= pd.Timestamp("2026-07-03T00:00Z")
        return
    assert len(inter) == len(once) + once.losses.loc[once.losses["stage"] == "clean", "count"].sum()
    frame = once.to_frame()
    assert (frame["sender"] != frame["recipient"]).all()
    assert (frame["n_recipients"] <= 20).all()
    assert not frame.duplicated(["event", "time", "sender", "recipient", "medium"]).any()
    same(once.clean(period=period if len(once) else None, keep_automated=keep), once)
