"""Counts in arrays are those of the database."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder import Interactions
from commfinder.interactions.machines.counts import _talk
from commfinder.interactions.machines.tallies import TIMED, FarTally, NearTally


@pytest.mark.parametrize("rows", [6000, 3])
def test_arrays_count_as_the_database_does(rows):
    rng = np.random.default_rng(6)
    loud = rng.random(rows) < 0.5
    frame = pd.DataFrame({"sender": np.where(loud, rng.integers(0, 4, rows), rng.integers(0, 60, rows))}).astype(str)
    frame["recipient"] = pd.Series(rng.integers(0, 60, rows)).astype(str).mask(rng.random(rows) < 0.1)
    moments = pd.Series(rng.integers(7 * 10**14, 17 * 10**14, rows)).mask(rng.random(rows) < 0.2)
    frame["time"] = pd.to_datetime(moments.astype("Int64"), unit="us", utc=True)
    frame["n_recipients"] = rng.choice([1, 3, 20, 21, 400], rows)
    frame["automated"] = rng.random(rows) < 0.1
    frame["medium"] = rng.choice(["email", "chat", "code"], rows)
    options = {"medium": "medium", "n_recipients": "n_recipients", "automated": "automated"}
    inter = Interactions.from_frame(frame, **options)
    talk, size = _talk(inter.rows), len(inter.names)
    near, far = NearTally(talk, size), FarTally(inter.store.add, talk, size)
    for name in ("sent", "wide", "flagged", "timed"):
        assert near.first[name].tolist() == far.first[name].tolist()
    often = far.first["timed"] >= TIMED
    assert near.first["hours"][often].tolist() == far.first["hours"][often].tolist()
    assert rows < 10 or 0 < often.sum() < size / 2
    assert near.hours_of_the_few().tolist() == far.hours_of_the_few().tolist()
    for one, other in zip(near.answers(), far.answers(), strict=True):
        assert one.tolist() == other.tolist()
    for without in (np.empty(0, dtype=np.int64), np.array([0, 1])):
        for one, other in zip(near.got(without), far.got(without), strict=True):
            assert one.tolist() == other.tolist()


def test_nobody_writes():
    inter = Interactions.from_frame({"sender": ["a"], "recipient": ["a"]})
    near = NearTally(_talk(inter.rows), 1)
    assert near.first["sent"].tolist() == [0]
    assert [one.tolist() for one in (*near.answers(), *near.got(np.array([0])))] == [[0]] * 4
