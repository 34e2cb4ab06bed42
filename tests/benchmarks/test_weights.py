"""The benchmark of weights measures what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

_SPEC = importlib.util.spec_from_file_location(
    "benchmarks_weights", Path(__file__).parents[2] / "benchmarks" / "weights.py"
)
weights = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(weights)


def test_chance_has_no_ties_beyond_it(monkeypatch):
    monkeypatch.setattr(weights, "NULLS", ((20, 3_800, np.inf), (300, 450, np.inf)))
    dense, sparse = weights.chance(3)
    assert dense["without self-pairs"] == pytest.approx(1, abs=0.001)
    assert dense["expected of pairs / events, published"] == pytest.approx(0.95, abs=0.005)
    assert dense["pairs with p <= .05"] <= 0.05
    assert sparse["without self-pairs"] is None
    assert sparse["ties kept at 1.28, 1.64, 2.32"] == [1.0, 1.0, 1.0]


def test_more_extra_events_are_found_more_often(monkeypatch):
    monkeypatch.setattr(weights, "MORE", (3, 12))
    found = {(line["people"], line["extra events"]): line["found at q <= .05"] for line in weights.planted(1)}
    assert found[100, 3] < found[100, 12]
    assert found[300, 3] < found[300, 12]


def test_rows_of_one_sender_and_second_are_one_message():
    frame = pd.DataFrame({"sender": ["a", "a", "b"], "recipient": ["b", "c", "c"], "time": ["2026-01-05T09:00Z"] * 3})
    inter = weights._grouped(frame.assign(time=pd.to_datetime(frame["time"])))
    assert inter.to_frame()["n_recipients"].tolist() == [2, 2, 1]
