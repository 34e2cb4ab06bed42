"""Sum many interactions into ties in compiled code: the embedded database hands rows out faster than it groups them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Sums", "sum_pairs"]

AT_ONCE, MOST = 16_000_000, 64_000_000
"""Rows held at a time, at 44 bytes each; more are taken in passes over the rows, by ranges of people: in about eight,
until as many as `MOST` are held."""

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
        Rows held at a time; what one person has with those of higher numbers is never divided. By default it grows with
        the number of rows, from 16 to 64 million.

    Returns
    -------
    a, b : ndarray of int32, shape (m,)
        Pairs, a < b, in order.
    weight, events : ndarray of int64, shape (m,)
        Sums of `fixed`, and numbers of rows. Sums of whole numbers: neither the order of rows nor `at_once` matters.
    """
    found: list[tuple[Any, ...]] = []
    for low, high in _ranges(rows, n, at_once):
        part = rows if (low, high) == (0, n) else _within(rows, low, high)
        table = part.select(s=part.sender, r=part.recipient, f=part.fixed.cast("int32")).to_pyarrow()
        sender, recipient, fixed = (
            np.require(table[name].to_numpy(), np.int32, ["C", "W"]) for name in ("s", "r", "f")
        )
        del table
        found.append(_summed(sender, recipient, fixed, n))
    return _joined(found, 0), _joined(found, 1), _joined(found, 2), _joined(found, 3)


def _joined(found: list[tuple[Any, ...]], place: int) -> Any:
    """Put one array of all passes together."""
    return found[0][place] if len(found) == 1 else np.concatenate([one[place] for one in found])


def _within(rows: ir.Table, low: int, high: int) -> ir.Table:
    """Keep the rows whose lower person is in a range."""
    lower = ibis.least(rows.sender, rows.recipient)
    return rows.filter((lower >= low) & (lower < high))


def _ranges(rows: ir.Table, n: int, at_once: int | None) -> list[tuple[int, int]]:
    """Divide people so that each range is the lower end of about so many rows."""
    total = int(rows.count().to_pyarrow().as_py())
    at_once = at_once if at_once is not None else min(max(total // 8, AT_ONCE), MOST)
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
def _summed(sender: Any, recipient: Any, fixed: Any, n: int) -> Any:
    """Sort by the higher and then by the lower person, by counting, and add up what lies side by side."""
    lower, higher = np.minimum(sender, recipient), np.maximum(sender, recipient)
    higher, lower, fixed = _sorted(higher, lower, fixed, n)
    lower, higher, fixed = _sorted(lower, higher, fixed, n)
    m, ties = len(lower), 0
    for i in range(m):
        ties += i == 0 or lower[i] != lower[i - 1] or higher[i] != higher[i - 1]
    a, b = np.empty(ties, np.int32), np.empty(ties, np.int32)
    sums, events = np.zeros(ties, np.int64), np.zeros(ties, np.int64)
    t = -1
    for i in range(m):
        if i == 0 or lower[i] != lower[i - 1] or higher[i] != higher[i - 1]:
            t += 1
            a[t], b[t] = lower[i], higher[i]
        sums[t] += fixed[i]
        events[t] += 1
    return a, b, sums, events


@numba.njit(cache=True, nogil=True)
def _sorted(key: Any, other: Any, fixed: Any, n: int) -> Any:
    """Sort rows by a key below `n`, by counting; rows of one key stay in their order."""
    m = len(key)
    first = np.zeros(n + 1, np.int64)
    for i in range(m):
        first[key[i] + 1] += 1
    for k in range(n):
        first[k + 1] += first[k]
    place = first.copy()
    keys, others, sizes = np.empty(m, np.int32), np.empty(m, np.int32), np.empty(m, np.int32)
    for i in range(m):
        p = place[key[i]]
        place[key[i]] = p + 1
        keys[p], others[p], sizes[p] = key[i], other[i], fixed[i]
    return keys, others, sizes
