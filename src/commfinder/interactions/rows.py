"""What is done to rows as a whole: number names, put in order, check words."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError, nearest
from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES

__all__ = ["canonical", "check_vocabulary", "encode", "renumbered"]

_FIRST = ("time", "event", "sender", "recipient", "role", "medium", "source", "space", "thread", "n_recipients")
_ORDER = (*_FIRST, *sorted(set(INTERACTIONS.names) - set(_FIRST)))


def encode(*columns: pa.ChunkedArray) -> tuple[npt.NDArray[np.object_], list[pa.ChunkedArray]]:
    """Number the distinct names of several columns in sorted order."""
    distinct = pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))
    names = np.array(sorted(name for name in distinct.to_pylist() if name is not None), dtype=object)
    lookup = pa.array(names.tolist(), pa.string())
    return names, [pc.index_in(column, value_set=lookup).cast(pa.int32()) for column in columns]


def renumbered(rows: ir.Table, mapping: npt.NDArray[np.int64]) -> ir.Table:
    """Put new numbers in the place of old ones, in senders and recipients."""
    codes = ibis.memtable(
        pa.table({"old": pa.array(np.arange(len(mapping)), pa.int32()), "new": pa.array(mapping, pa.int32())})
    )
    for column in ("sender", "recipient"):
        joined = rows.left_join(codes, rows[column] == codes.old).drop("old")
        rows = joined.drop(column).rename({column: "new"})
    return rows.select(*INTERACTIONS.names)


def canonical(rows: ir.Table) -> ir.Table:
    """Sort rows by everything that can tell them apart."""
    return rows.order_by([ibis.asc(name, nulls_first=True) for name in _ORDER])


def check_vocabulary(table: pa.Table) -> None:
    """Check that roles and media are known words."""
    for column, known in (("role", ROLES), ("medium", MEDIA)):
        for value in pc.unique(table[column]).to_pylist():
            if value not in known:
                near = nearest(str(value), known)
                raise InputError(
                    f"The column {column!r} holds {value!r}.",
                    need=f"Known are: {', '.join(known)}.",
                    hint=near if near.startswith("Did") else "",
                )
