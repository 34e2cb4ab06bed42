"""Columns of a type that can not be meant are refused, and cells that can not be read are told."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commfinder.errors import ColumnError, FormatError
from commfinder.sources import read_table

NINE = datetime.datetime(2026, 7, 1, 9, tzinfo=datetime.UTC)


def read_columns(folder, **columns):
    """Read a Parquet file with some columns more, or others."""
    people = {"sender": ["ann", "bob", "cyd"], "recipient": ["bob", "cyd", "ann"]}
    usual = {**people, "time": [NINE] * 3, "event": ["x", "y", "z"]}
    pq.write_table(pa.table({**usual, **columns}), folder / "t.parquet")
    return read_table(folder / "t.parquet", medium="email")


@pytest.mark.parametrize("column", ["sender", "recipient"])
@pytest.mark.parametrize("cells", [[True, False, True], [NINE] * 3])
def test_flags_and_times_name_nobody(tmp_path, column, cells):
    with pytest.raises(ColumnError, match=rf"'{column}' of t.parquet is of type .*columns=\{{'{column}'"):
        read_columns(tmp_path, **{column: cells})


@pytest.mark.parametrize("cells", [[{"x": 1}] * 3, [[["bob"]]] * 3, [b"\xff"] * 3])
def test_nested_and_binary_columns_are_told(tmp_path, cells):
    with pytest.raises(FormatError, match=r"'recipient' of t.parquet is of type .*Hint"):
        read_columns(tmp_path, recipient=cells)


def test_flags_are_flags(tmp_path):
    assert read_columns(tmp_path, automated=[True, None, False]).interactions["automated"].to_pylist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("cells", "counts", "odd"),
    [
        ([2, None, 3], [2, 1, 3], 0),
        ([2, -1, 3_000_000_000], [2, 1, 1], 2),
        ([2.0, 1.5, None], [2, 1, 1], 1),
        (["2", "many", ""], [2, 1, 1], 1),
        ([True, True, True], [1, 1, 1], 3),
    ],
)
def test_a_count_that_is_none_is_counted_and_told(tmp_path, cells, counts, odd):
    reading = read_columns(tmp_path, n_recipients=pa.array(cells))
    assert reading.interactions["n_recipients"].to_pylist() == counts
    assert [(loss.count, "n_recipients" in (loss.advice or "")) for loss in reading.losses] == [(odd, True)] * (odd > 0)
