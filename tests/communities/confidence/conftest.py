"""Ties with events behind them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from commfinder.communities.confidence import Traces
from commfinder.communities.weights import damped


@pytest.fixture(scope="session")
def traced() -> Callable[..., Traces]:
    """Make traces of ties with so many events each, one unless told otherwise."""

    def make(a, b, n, events=None, damping="log1p", embedded=False) -> Traces:
        a, b = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
        events = np.ones(len(a), dtype=np.int64) if events is None else np.asarray(events, dtype=np.int64)
        amount = events.astype(np.float64)
        return Traces(n, a, b, damped(amount, damping), amount, events, damping, embedded)

    return make
