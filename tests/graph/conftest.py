"""Interactions small enough to reckon by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from commfinder.interactions import Interactions

START = pd.Timestamp("2026-01-01T12:00", tz="UTC")


@pytest.fixture(scope="session")
def talk() -> Callable[..., Interactions]:
    """Make interactions of rows (sender, "recipient recipient ...", day, medium, space); each row is one event."""

    def make(*rows: tuple) -> Interactions:
        lines = []
        for number, row in enumerate(rows):
            sender, recipients, day, medium, space = (*row, *(None, "email", None)[len(row) - 2 :])
            when = None if day is None else START + pd.Timedelta(days=day)
            lines += [(f"e{number:04d}", sender, one, when, medium, space) for one in recipients.split()]
        frame = pd.DataFrame(lines, columns=["event", "sender", "recipient", "time", "medium", "space"])
        if frame["time"].isna().all():
            frame = frame.drop(columns="time")
        return Interactions.from_frame(frame, medium="medium", event="event")

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
