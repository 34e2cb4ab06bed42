"""What is laid aside comes back in order, and rows of one key come together."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.sources.spool import Spool, spread

SCHEMA = pa.schema([("key", pa.int64()), ("row", pa.int64())])


def batches(keys, size=3):
    """Give rows numbered in order, some at a time."""
    for at in range(0, len(keys), size):
        held = keys[at : at + size]
        yield pa.RecordBatch.from_pydict({"key": held, "row": range(at, at + len(held))}, schema=SCHEMA)


def hashed(batch):
    keys = np.asarray(batch["key"]).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return keys ^ keys >> np.uint64(31)


def test_rows_come_back_in_order_as_often_as_needed():
    with Spool(SCHEMA) as held:
        for batch in batches(list(range(10))):
            held.add(batch)
        held.add(pa.RecordBatch.from_pylist([], schema=SCHEMA))
        assert held.rows == 10
        assert [batch.num_rows for batch in held.read()] == [3, 3, 3, 1]
        assert [batch.num_rows for batch in held.read(5)] == [6, 4]
        assert held.all()["row"].to_pylist() == list(range(10))
    with Spool(SCHEMA) as empty:
        assert list(empty.read()) == []
        assert empty.all().num_rows == 0


@pytest.mark.skipif(os.name == "nt", reason="files that are open have names there")
def test_nobody_else_can_open_what_is_laid_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Spool(SCHEMA) as held:
        held.add(next(batches([1, 2, 3])))
        assert list(tmp_path.iterdir()) == []
        assert held.all().num_rows == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 70))
def test_rows_of_one_key_come_together_in_order(keys, at_most):
    found = list(spread(batches(keys), SCHEMA, hashed, at_most=at_most))
    places = {}
    for number, batch in enumerate(found):
        assert len(set(batch["key"].to_pylist())) == 1 or batch.num_rows <= at_most
        for key, row in zip(batch["key"].to_pylist(), batch["row"].to_pylist(), strict=True):
            places.setdefault(key, []).append((number, row))
    assert sorted(row for held in places.values() for _, row in held) == list(range(len(keys)))
    for held in places.values():
        assert len({number for number, _ in held}) == 1
        assert held == sorted(held)
