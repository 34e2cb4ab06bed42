"""Sums of pairs in compiled code: those of the database, in any number of passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from commfinder.graph import ties_of
from commfinder.graph.aggregate import _dyads, _summed_there
from commfinder.graph.decay import fixed_weight
from commfinder.graph.summing import sum_pairs
from commfinder.interactions import Interactions, Store


def drawn(rows: int, people: int, seed: int = 3) -> Interactions:
    rng = np.random.default_rng(seed)
    sender = rng.integers(0, people, rows)
    recipient = (sender + rng.integers(1, people, rows)) % people
    frame = pd.DataFrame({"sender": sender, "recipient": recipient}).map(lambda one: f"p{one:03}")
    frame["n_recipients"] = rng.integers(1, 7, rows)
    return Interactions.from_frame(frame)


@pytest.mark.parametrize("at_once", [None, 5000, 700, 1])
def test_passes_change_nothing(at_once):
    inter = drawn(5000, 60)
    rows = _dyads(inter)
    slim = rows.select(sender=rows.sender, recipient=rows.recipient, fixed=fixed_weight(rows))
    ours, theirs = sum_pairs(slim, len(inter.names), at_once=at_once), _summed_there(slim)
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert ours[3].sum() == 5000


def test_no_rows_give_no_ties():
    ties = ties_of(drawn(40, 5).select(people=["nobody"]))
    assert len(ties.a) == len(ties.weight) == ties.n == 0


def test_numbered_files_are_read_where_they_are(tmp_path):
    inter = drawn(400, 20)
    table = inter.rows.to_pyarrow()
    for place, part in enumerate((table.slice(0, 150), table.slice(150))):
        pa.parquet.write_table(part, tmp_path / f"{place}.parquet")
    store = Store(memory_limit=0.5, threads=1, inputs=[tmp_path])
    rows = store.open(sorted(tmp_path.glob("*.parquet")))
    again = Interactions.from_numbered(rows, names=inter.names, words=inter.words, store=store)
    one, other = ties_of(inter, half_life=30), ties_of(again, half_life=30)
    assert one.weight.tobytes() == other.weight.tobytes()
    with pytest.raises(Exception, match=r"(?i)permission|disabled|not allowed"):
        Store(inputs=[tmp_path / "elsewhere"]).open(sorted(tmp_path.glob("*.parquet"))).count().to_pyarrow()
