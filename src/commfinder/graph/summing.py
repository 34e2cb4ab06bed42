"""Sum many interactions into ties in compiled code: the embedded database hands rows out faster than it groups them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import numba
import numpy as np
import numpy.typing as npt

from commfinder.graph.ordering import BITS, MASK, THREADS, Chunk, Ordered, in_order

__all__ = ["Sums", "chunks_of", "sum_pairs"]

AT_ONCE = 128_000_000
"""Rows held at a time, at 20 bytes each; more are taken in passes over the rows, by ranges of people."""

_BINS = 4096

IntArray = npt.NDArray[np.int64]
Sums = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], IntArray, IntArray]


def sum_pairs(rows: ir.Table, n: int, *, at_once: int | None = None) -> Sums:
    """Sum weights and count rows for each unordered pair.

    Prefer a query in the database where rows are far away: here every row is fetched, a bounded number at a time.

    Parameters
    ----------
    rows : ibis table
        Columns sender and recipient (numbers below `n`, different, int32) and fixed (whole numbers up to 2²⁴).
    n : int
        Number of people.
    at_once : int, optional
        Rows held at a time; what one person has with those of higher numbers is never divided.

    Returns
    -------
    a, b : ndarray of int32, shape (m,)
        Pairs, a < b, in order.
    weight, events : ndarray of int64, shape (m,)
        Sums of `fixed`, and numbers of rows. Sums of whole numbers: neither the order of rows nor `at_once` matters.
    """
    found: list[Ordered] = []
    for low, high in _ranges(rows, n, at_once):
        part = rows if (low, high) == (0, n) else _within(rows, low, high)
        slim = part.select(s=part.sender, r=part.recipient, f=part.fixed.cast("int32"))
        found.append(in_order(chunks_of(slim), n, BITS))
    held = [(part, first, one.person) for one in found for part, first in zip(one.rows, one.first, strict=True)]
    with ThreadPoolExecutor(THREADS) as pool:
        starts = np.cumsum([0, *pool.map(lambda one: _pairs(one[0]), held)])
        a, b = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
        weight, events = np.empty(starts[-1], np.int64), np.empty(starts[-1], np.int64)

        def write(one: tuple[IntArray, int, int], start: int) -> None:
            part, first, person = one
            _added(part, first, person, start, a, b, weight, events)

        for _ in pool.map(write, held, starts[:-1].tolist()):
            pass
    return a, b, weight, events


def chunks_of(rows: ir.Table) -> list[Chunk]:
    """Fetch columns of int32 as arrays, in the pieces that the database hands out, without copies.

    Parameters
    ----------
    rows : ibis table
        Columns of int32, without missing values.

    Returns
    -------
    list of tuple of ndarray of int32
    """
    batches = rows.to_pyarrow().to_batches()
    return [tuple(np.require(column.to_numpy(), np.int32, ["C"]) for column in batch.columns) for batch in batches]


def _within(rows: ir.Table, low: int, high: int) -> ir.Table:
    """Keep the rows whose lower person is in a range."""
    lower = ibis.least(rows.sender, rows.recipient)
    return rows.filter((lower >= low) & (lower < high))


def _ranges(rows: ir.Table, n: int, at_once: int | None) -> list[tuple[int, int]]:
    """Divide people so that each range is the lower end of about so many rows."""
    total = int(rows.count().to_pyarrow().as_py())
    at_once = at_once if at_once is not None else AT_ONCE
    if total <= at_once:
        return [(0, n)]
    width = -(-n // _BINS)
    binned = rows.select(bin=(ibis.least(rows.sender, rows.recipient) // width).cast("int64"))
    counts = binned.group_by("bin").aggregate(c=binned.count())
    table = counts.to_pyarrow()
    held = np.zeros(-(-n // width), dtype=np.int64)
    held[table["bin"].to_numpy()] = table["c"].to_numpy()
    cuts, inside = [0], 0
    for place, count in enumerate(held.tolist()):
        if inside and inside + count > at_once:
            cuts.append(place * width)
            inside = 0
        inside += count
    return list(pairwise([*cuts, n]))


@numba.njit(cache=True, nogil=True)
def _pairs(rows: Any) -> Any:
    """Count the pairs in sorted rows."""
    found = np.int64(len(rows) > 0)
    for i in range(1, len(rows)):
        found += rows[i] >> BITS != rows[i - 1] >> BITS
    return found


@numba.njit(cache=True, nogil=True)
def _added(rows: Any, first: int, person: int, start: int, a: Any, b: Any, weight: Any, events: Any) -> None:
    """Add up what lies side by side, and write it from a place on."""
    t, last, others = start - 1, np.int64(-1), (np.int64(1) << person) - 1
    for i in range(len(rows)):
        pair = rows[i] >> BITS
        if pair != last:
            t, last = t + 1, pair
            a[t], b[t], weight[t], events[t] = first + (pair >> person), pair & others, 0, 0
        weight[t] += rows[i] & MASK
        events[t] += 1
