"""Sum many interactions into ties in compiled code: the embedded database hands rows out faster than it groups them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Sums", "sum_pairs"]

AT_ONCE, MOST = 32_000_000, 64_000_000
"""Rows held at a time, at 28 bytes each; more are taken in passes over the rows, by ranges of people: in two, until as
many as `MOST` are held."""

_BINS = 4096
_THREADS = 2

BITS = 25
"""Weights of single rows are at most 2 ** 24: a row is one number, the person above the weight."""
MASK = (1 << BITS) - 1

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
        Rows held at a time; what one person has with those of higher numbers is never divided. By default it grows with
        the number of rows, from 32 to 64 million.

    Returns
    -------
    a, b : ndarray of int32, shape (m,)
        Pairs, a < b, in order.
    weight, events : ndarray of int64, shape (m,)
        Sums of `fixed`, and numbers of rows. Sums of whole numbers: neither the order of rows nor `at_once` matters.
    """
    found: list[_Ordered] = []
    for low, high in _ranges(rows, n, at_once):
        part = rows if (low, high) == (0, n) else _within(rows, low, high)
        table = part.select(s=part.sender, r=part.recipient, f=part.fixed.cast("int32")).to_pyarrow()
        sender, recipient, fixed = (np.require(table[name].to_numpy(), np.int32, ["C"]) for name in ("s", "r", "f"))
        del table
        found += _halves(sender, recipient, fixed, n)
    starts = np.cumsum([0, *(one.ties for one in found)])
    a, b = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    weight, events = np.empty(starts[-1], np.int64), np.empty(starts[-1], np.int64)
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(
            lambda one, start: _added(one.rows, one.first, one.low, start, a, b, weight, events), found, starts[:-1]
        ):
            pass
    return a, b, weight, events


class _Ordered(NamedTuple):
    """Rows of some people in order: the higher person and the weight of each row, in one number."""

    rows: IntArray
    first: IntArray
    low: int
    ties: int


def _within(rows: ir.Table, low: int, high: int) -> ir.Table:
    """Keep the rows whose lower person is in a range."""
    lower = ibis.least(rows.sender, rows.recipient)
    return rows.filter((lower >= low) & (lower < high))


def _ranges(rows: ir.Table, n: int, at_once: int | None) -> list[tuple[int, int]]:
    """Divide people so that each range is the lower end of about so many rows."""
    total = int(rows.count().to_pyarrow().as_py())
    at_once = at_once if at_once is not None else min(max(total // 2, AT_ONCE), MOST)
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


def _halves(sender: Any, recipient: Any, fixed: Any, n: int) -> list[_Ordered]:
    """Put rows in order on two threads: each takes the lower people of half of the rows."""
    cut = int(_half(sender, recipient, n))
    halves = [(0, cut), (cut, n)] if 0 < cut < n else [(0, n)]

    def one(half: tuple[int, int]) -> _Ordered:
        ordered, first, ties = _ordered(sender, recipient, fixed, half[0], half[1], n)
        return _Ordered(ordered, first, half[0], int(ties))

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(one, halves))


@numba.njit(cache=True, nogil=True)
def _half(sender: Any, recipient: Any, n: int) -> Any:
    """Return the person below whom half of the rows have their lower person."""
    count = np.zeros(n + 1, np.int64)
    for i in range(len(sender)):
        count[min(sender[i], recipient[i])] += 1
    inside = 0
    for k in range(n):
        inside += count[k]
        if 2 * inside >= len(sender):
            return k + 1
    return n


@numba.njit(cache=True, nogil=True)
def _ordered(sender: Any, recipient: Any, fixed: Any, low: int, high: int, n: int) -> Any:
    """Sort the rows whose lower person is in a range by the higher and then by the lower person, by counting."""
    by_higher, first = np.zeros(n + 1, np.int64), np.zeros(high - low + 1, np.int64)
    for i in range(len(sender)):
        a, b = min(sender[i], recipient[i]), max(sender[i], recipient[i])
        if low <= a < high:
            by_higher[b + 1] += 1
            first[a - low + 1] += 1
    by_higher, first = np.cumsum(by_higher), np.cumsum(first)
    half, place = np.empty(first[-1], np.int64), by_higher.copy()
    for i in range(len(sender)):
        a, b = min(sender[i], recipient[i]), max(sender[i], recipient[i])
        if low <= a < high:
            half[place[b]] = (np.int64(a - low) << BITS) | fixed[i]
            place[b] += 1
    rows, place = np.empty(first[-1], np.int64), first.copy()
    for b in range(n):
        for p in range(by_higher[b], by_higher[b + 1]):
            a = half[p] >> BITS
            rows[place[a]] = (np.int64(b) << BITS) | (half[p] & MASK)
            place[a] += 1
    ties = 0
    for a in range(high - low):
        for p in range(first[a], first[a + 1]):
            ties += p == first[a] or rows[p] >> BITS != rows[p - 1] >> BITS
    return rows, first, ties


@numba.njit(cache=True, nogil=True)
def _added(rows: Any, first: Any, low: int, start: int, a: Any, b: Any, weight: Any, events: Any) -> None:
    """Add up what lies side by side, and write it from a place on."""
    t = start - 1
    for k in range(len(first) - 1):
        for p in range(first[k], first[k + 1]):
            if p == first[k] or rows[p] >> BITS != rows[p - 1] >> BITS:
                t += 1
                a[t], b[t], weight[t], events[t] = low + k, rows[p] >> BITS, 0, 0
            weight[t] += rows[p] & MASK
            events[t] += 1
