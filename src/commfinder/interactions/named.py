"""Rows and ids in words again, for output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.interactions.rows import canonical
from commfinder.interactions.schema import INTERACTIONS

if TYPE_CHECKING:
    from commfinder.interactions.held import Held

__all__ = ["described", "named_rows", "texts_by_key"]


def named_rows(inter: Held, *, ordered: bool = True, first: int | None = None) -> pa.Table:
    """Return rows with names and words in place of numbers.

    Parameters
    ----------
    inter : Held
        The interactions.
    ordered : bool, default True
        In canonical row order; False leaves out the sorting.
    first : int, optional
        Only so many, the first in canonical order.

    Returns
    -------
    pyarrow.Table
        Rows of the schema ``commfinder.interactions.schema.INTERACTIONS``.
    """
    rows = inter.rows_in_words()
    if first is not None:
        rows = canonical(rows).limit(first)
    elif ordered:
        rows = canonical(rows)
    table = rows.to_pyarrow()
    names = pa.array(inter.names.tolist(), pa.string())
    for column in ("sender", "recipient"):
        table = table.set_column(table.column_names.index(column), column, pc.take(names, table[column]))
    times = table["time"].cast(pa.timestamp("us", tz="UTC"))
    table = table.set_column(table.column_names.index("time"), "time", times)
    return table.select(INTERACTIONS.names).cast(INTERACTIONS)


def texts_by_key(texts: ir.Table | None, keys: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """Return the texts of ids by their keys.

    Parameters
    ----------
    texts : ibis table or None
        Key and text, with repeats; None where keys are the texts.
    keys : ndarray
        Keys.

    Returns
    -------
    ndarray of str, of the same shape
        None for a key that is not there.
    """
    if texts is None:
        return np.asarray(keys, dtype=object)
    wanted = ibis.memtable(pa.table({"wanted": pa.array(np.unique(keys))}))
    near = texts.semi_join(wanted, [("key", "wanted")])
    found = near.group_by("key").aggregate(text=near.text.min()).to_pyarrow()
    known = dict(zip(found["key"].to_pylist(), found["text"].to_pylist(), strict=True))
    return np.array([known.get(key) for key in keys.tolist()], dtype=object)


def described(inter: Held) -> str:
    """Say in one line how many rows, events and people there are, through what, and when."""
    distinct = inter.rows.select("source", "event").distinct()
    events = int(distinct.count().to_pyarrow().as_py())
    low, high = inter.span_us
    when = "no times"
    if low is not None and high is not None:
        first, last = (pd.Timestamp(moment, unit="us").date().isoformat() for moment in (low, high))
        when = f"{first} to {last}"
    media = ", ".join(inter.media) or "no medium"
    return f"<Interactions: {len(inter)} rows, {events} events, {len(inter.names)} people, {media}, {when}>"
