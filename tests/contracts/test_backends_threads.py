"""Threads are linked the same way on DuckDB, Spark and PostgreSQL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.interactions import Interactions, link_threads

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_threads_are_those_of_the_embedded_database(backend, put):
    rng = np.random.default_rng(11)
    n = 45
    event = [f"e{number}" for number in range(n)]
    parent = [f"e{number - 1}" if number % 9 else None for number in range(n)]
    parent[36] = "e40"
    thread = [f"t{number}" if number < 36 and rng.random() < 0.1 else None for number in range(n)]
    mail = pd.DataFrame({"event": event, "parent": parent, "thread": thread})
    mail["sender"] = [f"p{number % 7}" for number in range(n)]
    mail["recipient"] = [f"p{(number + 1) % 7}" for number in range(n)]
    here = link_threads(Interactions.from_frame(mail, source="warehouse", event="event"))
    there = link_threads(Interactions.from_backend(backend, put(mail, "answers")))
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), check_dtype=False)
    assert here.losses.values.tolist() == there.losses.values.tolist()
    assert here.to_frame()["thread"].notna().sum() > 30
    assert here.losses["count"].tolist() == [9]
