"""Times of a table: one unit for a file, whatever the order of its rows and wherever it is cut into pieces."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.errors import ColumnError, FormatError, InputError
from commfinder.sources import read_table, text_lines
from commfinder.sources.column_times import surveyed
from commfinder.sources.tables import table_parts
from commfinder.sources.time_cells import iso_times

SECOND = 1_750_000_000
ODD = "time in another unit than most of the file, which counts seconds since 1970"


def write(folder, times, name="t.csv"):
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["sender", "recipient", "time"], *(["a", "b", time] for time in times)])
    return file


def seconds(reading):
    return sorted(int(time.timestamp()) for time in reading.interactions["time"].to_pylist())


@pytest.mark.parametrize("other", [10**3, 10**6, 10**9])
@pytest.mark.parametrize("block", [8, 1 << 21])
@pytest.mark.parametrize("first", [True, False])
def test_times_of_another_unit_are_set_aside(tmp_path, monkeypatch, other, block, first):
    monkeypatch.setattr(text_lines, "_BLOCK", block)
    usual, odd = [SECOND + k for k in range(5)], [SECOND * other, SECOND * other + other]
    reading = read_table(write(tmp_path, odd + usual if first else usual + odd), medium="email")
    assert seconds(reading) == usual
    (loss,) = reading.losses
    assert (loss.reason, loss.count, loss.where) == (ODD, 2, f"t.csv, line {2 if first else 7}, column 'time'")
    assert loss.advice == "Bring all times of the file to one unit, or split it into files of one unit each."


def test_half_of_each_unit_is_refused(tmp_path):
    file = write(tmp_path, [SECOND, SECOND + 1, SECOND * 1000, SECOND * 1000 + 1])
    with pytest.raises(InputError, match=r"in another unit than most times of the file.*2 of 4 rows") as caught:
        read_table(file, medium="email")
    assert "split the file by unit" in str(caught.value)


def test_a_number_of_no_unit_is_a_time_that_can_not_be_read(tmp_path):
    reading = read_table(write(tmp_path, [SECOND, SECOND + 1, SECOND + 2, 17]), medium="email")
    assert [loss.reason for loss in reading.losses] == ["time that can not be read, or outside 1990 to 2099"]


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.integers(8, 19).flatmap(lambda n: st.integers(10 ** (n - 1), 9 * 10 ** (n - 1) - 1)), min_size=1),
    cut=st.integers(0, 20),
    typed=st.booleans(),
)
def test_the_middle_value_decides_the_unit_wherever_the_file_is_cut(sizes, cut, typed):
    cells = pa.array(sizes, pa.int64()) if typed else pa.array([str(size) for size in sizes])
    rule = surveyed([cells.slice(0, cut), cells.slice(cut)], zone=None, time_format=None)
    assert rule.unit == int(np.searchsorted([1e11, 1e14, 1e17], np.median(np.array(sizes, float)), side="right"))


@pytest.mark.parametrize(
    ("text", "moment", "naive"),
    [
        ("2026-07-01T09:00:00Z", "2026-07-01T09:00:00", False),
        ("2026-07-01T09:00:00.25+02:00", "2026-07-01T07:00:00.25", False),
        ("2026-07-01 09:00:00+0200", "2026-07-01T07:00:00", False),
        ("2026-07-01T09:00+02", "2026-07-01T07:00:00", False),
        ("2026-07-01 09:00", "2026-07-01T09:00:00", True),
        ("2026-07-01", "2026-07-01T00:00:00", True),
        ("2026-07-01T09", None, False),
        ("2026-07-01T09+02:00", None, False),
        ("2026-02-30", None, False),
    ],
)
def test_moments_are_the_same_alone_and_among_others(text, moment, naive):
    for cells in ([text] * 3, [text, "2026-07-01T09:00:00,5Z"], [text, "2026-07-01"], [text, "2026-07-01T00:00:00Z"]):
        times, good, naively = iso_times(pa.array(cells))
        assert (bool(good[0]), bool(naively[0])) == (moment is not None, naive and moment is not None)
        if moment is not None:
            assert times[0] == int(np.datetime64(moment, "us").astype(np.int64))


def parquet(folder, **columns):
    file = folder / "t.parquet"
    count = len(columns["time"]) if "time" in columns else 1
    pq.write_table(pa.table({"sender": ["a"] * count, "recipient": ["b"] * count, **columns}), file, row_group_size=2)
    return file


@pytest.mark.parametrize(
    "times",
    [
        pa.array([SECOND, None, SECOND + 1], pa.int64()),
        pa.array([SECOND * 1000, None, (SECOND + 1) * 1000], pa.timestamp("ms", tz="Europe/Berlin")),
        pa.array([SECOND * 10**9, None, (SECOND + 1) * 10**9], pa.timestamp("ns", tz="UTC")),
        pa.array([str(SECOND), "", str(SECOND + 1)]),
    ],
)
def test_times_of_parquet_keep_their_type(tmp_path, times):
    reading = read_table(parquet(tmp_path, time=times), medium="email")
    assert seconds(reading) == [SECOND, SECOND + 1]
    assert [(loss.reason, loss.count) for loss in reading.losses] == [("no time", 1)]


def test_local_times_of_parquet_need_their_zone(tmp_path):
    file = parquet(tmp_path, time=pa.array([dt.datetime(2026, 7, 1, 9)] * 3))
    with pytest.raises(InputError, match="time without a zone"):
        read_table(file, medium="email")
    reading = read_table(file, medium="email", timezone="Europe/Berlin")
    assert reading.interactions["time"][0].as_py() == dt.datetime(2026, 7, 1, 7, tzinfo=dt.UTC)


def test_a_parquet_file_without_a_column_or_of_another_type(tmp_path):
    with pytest.raises(ColumnError, match="no column 'when'"):
        read_table(parquet(tmp_path), columns={"time": "when"}, medium="email")
    nested = parquet(tmp_path, space=pa.array([{"a": 1}]))
    with pytest.raises(FormatError, match=r"Column 'space' of t\.parquet is of type struct.*Flatten it"):
        read_table(nested, medium="email")
    with pytest.raises(InputError, match="no time that can be read"):
        read_table(parquet(tmp_path, time=pa.array([True, False])), medium="email")


def test_a_parquet_file_that_breaks_off_is_told(tmp_path):
    file = parquet(tmp_path, time=pa.array([SECOND] * 50))
    content = file.read_bytes()
    file.write_bytes(content[:10] + bytes(200) + content[210:])
    with pytest.raises(FormatError, match="damaged Parquet file"):
        list(table_parts(file, medium="email"))


def test_rows_that_name_several_recipients_are_one_event_in_parts(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("sender,recipient\na,b;c\na,b;c\na,d\n")
    (part, last) = table_parts(file, medium="email", recipient_separator=";")
    rows = part.interactions.select(["event", "recipient", "n_recipients"]).to_pylist()
    assert [row["recipient"] for row in rows] == ["b", "c", "b", "c", "d"]
    assert [row["n_recipients"] for row in rows] == [None, None, None, None, 1]
    events = [row["event"] for row in rows]
    assert events[0] == events[1] != events[2] == events[3]
    assert events[4] is None
    assert last.interactions.num_rows == 0
