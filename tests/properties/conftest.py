"""A small organisation's traffic, at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from commfinder.interactions import Interactions
from commfinder.people import Directory

START = pd.Timestamp("2026-01-01", tz="UTC")


@pytest.fixture(scope="session")
def traffic() -> Callable[[int], pd.DataFrame]:
    """Make a frame of events with one to four recipients in three media over 84 days, among 16 people."""

    def make(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        rows = []
        for number in range(130):
            sender = int(rng.integers(16))
            # Neighbours write more, so that the binary rule holds for some pairs and not for others.
            others = {int(sender + step) % 16 for step in rng.choice([1, 2, 3, 15, 14, 8], rng.integers(1, 5))} - {
                sender
            }
            when = START + pd.Timedelta(seconds=int(rng.integers(84 * 86_400)))
            medium = str(rng.choice(["email", "chat", "meeting"], p=[0.6, 0.3, 0.1]))
            rows += [(f"e{number}", f"p{sender:02d}", f"p{one:02d}", when, medium) for one in sorted(others)]
        return pd.DataFrame(rows, columns=["event", "sender", "recipient", "time", "medium"])

    return make


@pytest.fixture(scope="session")
def hold() -> Callable[[pd.DataFrame], Interactions]:
    return lambda frame: Interactions.from_frame(frame, medium="medium", event="event")


@pytest.fixture(scope="session")
def staff() -> Callable[..., Directory]:
    def make(*more: str) -> Directory:
        people = [*(f"p{number:02d}" for number in range(16)), *more]
        units = [f"u{number % 3}" for number in range(len(people))]
        return Directory.from_frame({"person": people, "unit": units})

    return make
