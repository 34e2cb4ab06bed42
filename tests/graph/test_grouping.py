"""One pass over the rows gives what two queries of the database give, to the last digit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder import Interactions
from commfinder.graph import aggregate
from commfinder.graph.aggregate import layers, layers_and_windows, pair_windows
from commfinder.graph.grouping import digits_of
from commfinder.interactions.schema import MEDIA
from commfinder.period import Windows

DAY = 86_400_000_000
START = 1_767_225_600_000_000
END = START + 91 * DAY
COLUMNS = ("a", "b", "window", "forth", "back", "events")


@pytest.fixture(scope="module")
def inter() -> Interactions:
    rng = np.random.default_rng(8)
    rows = 4000
    frame = pd.DataFrame({"sender": rng.integers(0, 40, rows), "recipient": rng.integers(0, 40, rows)})
    frame = frame.map(lambda one: f"p{one:02}")
    frame["medium"] = rng.choice(["email", "chat", "meeting", "code", "contact"], rows)
    frame["n_recipients"] = rng.integers(1, 7, rows)
    moments = pd.Series(rng.integers(START, END, rows)).mask(rng.random(rows) < 0.1)
    frame["time"] = pd.to_datetime(moments.astype("Int64"), unit="us", utc=True)
    frame.loc[rng.random(rows) < 0.05, "recipient"] = None
    return Interactions.from_frame(frame, medium="medium")


@pytest.mark.parametrize("half_life", [None, 20.0])
@pytest.mark.parametrize("windows", [None, Windows(END, 7 * DAY, 13), Windows(END, DAY // 400, 36_400)])
def test_the_sums_are_those_of_the_database(inter, windows, half_life):
    got, events = layers_and_windows(inter, windows, end_us=END, half_life=half_life)
    table = pd.DataFrame(got)
    expected = layers(inter, end_us=END, half_life=half_life).to_pandas()
    assert len(expected) > 500
    keys = ["a", "b", "medium"]
    pd.testing.assert_frame_equal(
        table[expected.columns].sort_values(keys, ignore_index=True), expected, check_dtype=False
    )
    names = table["medium"].map(dict(enumerate(MEDIA)))
    assert table.assign(name=names).sort_values(["a", "b", "name"]).index.tolist() == list(range(len(table)))
    other = pair_windows(inter, windows)
    for name in COLUMNS:
        assert getattr(events, name).tolist() == getattr(other, name).tolist()
    assert events.starts.tolist() == other.starts.tolist()


def test_what_does_not_fit_is_left_to_the_database(inter, monkeypatch):
    assert digits_of(40, 13) is not None
    assert digits_of(1 << 25, 13) is None
    assert digits_of(40, 1 << 24) is None
    windows = Windows(END, 7 * DAY, 13)
    here, events = layers_and_windows(inter, windows, end_us=END, half_life=None)
    monkeypatch.setattr(aggregate, "digits_of", lambda *_: None)
    there, others = layers_and_windows(inter, windows, end_us=END, half_life=None)
    assert {name: values.tolist() for name, values in here.items()} == {
        name: there[name].tolist() for name in ("a", "b", "medium", "ab", "ba", "events")
    }
    for name in COLUMNS:
        assert getattr(events, name).tolist() == getattr(others, name).tolist()
