from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from commfinder.provenance import Provenance, file_digest, record, versions
from commfinder.result import Result, records


@dataclass(frozen=True, repr=False)
class Table(Result):
    frame: pd.DataFrame
    provenance: Provenance

    def to_frame(self):
        return self.frame.copy()

    def __repr__(self):
        return "<Table: R&D>"


def table(frame, **parameters):
    return Table(pd.DataFrame(frame), record("table", parameters))


def test_json_has_schema_provenance_and_rows():
    text = table({"b": [1.5, np.nan], "a": ["ü", None]}).to_json()
    found = json.loads(text)
    assert found["schema"] == "commfinder/result/1"
    assert found["provenance"]["call"] == "table"
    assert found["rows"] == [{"a": "ü", "b": 1.5}, {"a": None, "b": None}]
    assert list(found) == sorted(found)
    assert list(found["rows"][0]) == ["a", "b"]
    assert "NaN" not in text
    assert table({"b": [1.5, np.nan], "a": ["ü", None]}).to_json() == text


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (pd.Timestamp("2026-07-01", tz="UTC"), "2026-07-01T00:00:00+00:00"),
        (np.datetime64("2026-07-01T00:00"), "2026-07-01T00:00:00"),
        (np.datetime64("NaT"), None),
        (date(2026, 7, 1), "2026-07-01"),
        (pd.NaT, None),
        (pd.NA, None),
        (np.float32(0.5), 0.5),
        (float("inf"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (("b", "a"), ["b", "a"]),
        ({"b", "a"}, ["a", "b"]),
        (np.array([1.0, np.nan]), [1.0, None]),
        ({"x": np.int64(1)}, {"x": 1}),
        (Decimal("1.5"), "1.5"),
        (pd.Timedelta("1h"), "P0DT1H0M0S"),
    ],
)
def test_cells(value, plain):
    found = records(pd.DataFrame({"x": pd.Series([value], dtype=object)}))
    assert found == [{"x": plain}]
    json.dumps(found, allow_nan=False)


def test_page_escapes_what_it_shows():
    page = table({"<b>": ["<script>alert(1)</script>"] * 30})._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;Table: R&amp;D&gt;" in page
    assert page.count("&lt;script&gt;") == 20


def test_provenance_knows_no_clock_and_equal_runs_are_equal():
    one, other = (record("f", {"b": {2, 1}, "a": (1, None)}, seed=3, inputs={"y": "2", "x": "1"}) for _ in range(2))
    assert one == other
    assert one.to_dict() == {
        "call": "f",
        "parameters": {"b": [1, 2], "a": [1, None]},
        "seed": 3,
        "inputs": {"x": "1", "y": "2"},
        "versions": versions(),
    }
    assert {"commfinder", "python", "duckdb", "numpy"} <= set(versions())


def test_parameters_become_plain():
    odd = {"nan": float("nan"), "numpy": np.int64(2), "path": date(2026, 1, 1), "deep": {"x": [np.float64(0.5)]}}
    assert record("f", odd).parameters == {"nan": "nan", "numpy": 2, "path": "2026-01-01", "deep": {"x": [0.5]}}
    json.dumps(record("f", odd).to_dict(), allow_nan=False)


def test_file_digest(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert file_digest(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
