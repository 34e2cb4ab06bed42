"""Weights per medium and counts per window of each pair, both from one pass over the rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ibis.expr.types as ir
import numba
import numpy as np
import numpy.typing as npt

from commfinder.graph.ordering import BITS, MASK, THREADS, Ordered, fits, in_order
from commfinder.graph.pair_windows import PairWindows
from commfinder.graph.rule import ANSWERABLE
from commfinder.graph.summing import chunks_of
from commfinder.graph.tables import ALPHABETIC
from commfinder.interactions.schema import MEDIA

__all__ = ["digits_of", "grouped"]

_MEDIUM = 4
_LAID = 1 << _MEDIUM
"""Media are told by four binary digits."""
_MOST_WINDOWS = 1 << 24

_BY_NAME = np.argsort(ALPHABETIC)
_MUTUAL = np.array([name not in ANSWERABLE for name in MEDIA])


def digits_of(n: int, windows: int) -> int | None:
    """Return how many binary digits a row takes beside its people; None where they are too many for one number.

    Parameters
    ----------
    n : int
        Number of people.
    windows : int
        Number of windows.

    Returns
    -------
    int or None
    """
    extra = BITS + 1 + _MEDIUM + windows.bit_length()
    return extra if windows < _MOST_WINDOWS and fits(n, extra) else None


def grouped(rows: ir.Table, n: int, extra: int) -> tuple[dict[str, npt.NDArray[Any]], PairWindows]:
    """Sum the weights of each pair per medium and direction, and count its events per window.

    Prefer `commfinder.graph.aggregate.layers` and `pair_windows` where rows are far away: here every row is fetched,
    once, and all are held at 24 bytes each.

    Parameters
    ----------
    rows : ibis table
        Columns sender and recipient (numbers below `n`, different), medium, window (-1 for none) and fixed (whole
        numbers up to 2²⁴).
    n : int
        Number of people.
    extra : int
        What `digits_of` returned.

    Returns
    -------
    layers : dict of str to ndarray
        a and b (int32), medium (int8), ab, ba and events (int64): the columns of `commfinder.graph.aggregate.layers`,
        media in the order of their names.
    events : PairWindows
        In the order of pairs and windows.
    """
    said = (rows.window.cast("int32") + 1) * (2 * _LAID) + rows.medium.cast("int32") * 2
    slim = rows.select(s=rows.sender, r=rows.recipient, f=rows.fixed.cast("int32"), said=said.cast("int32"))
    ordered = in_order(chunks_of(slim), n, extra)
    with ThreadPoolExecutor(THREADS) as pool:
        counts = np.array(list(pool.map(lambda part: _counted(part, extra), ordered.rows)), np.int64).reshape(-1, 3)
        starts = np.cumsum(np.r_[np.zeros((1, 3), np.int64), counts], axis=0)
        pairs, windows, layers = starts[-1].tolist()
        a, b, first = np.empty(pairs, np.int32), np.empty(pairs, np.int32), np.empty(pairs, np.int64)
        wide = tuple(np.empty(windows, np.int32) for _ in range(4))
        held = tuple(np.empty(layers, kind) for kind in (np.int32, np.int32, np.int8, np.int64, np.int64, np.int64))

        def write(part: int) -> None:
            _written(*_laid(ordered, part), starts[part], _BY_NAME, _MUTUAL, a, b, first, wide, held)

        for _ in pool.map(write, range(len(ordered.rows))):
            pass
    if layers == pairs:
        # With one medium for each pair, people are held once.
        held = (a, b, *held[2:])
    table = dict(zip(("a", "b", "medium", "ab", "ba", "events"), held, strict=True))
    columns = dict(zip(("window", "forth", "back", "events"), wide, strict=True))
    return table, PairWindows.of_pairs((a, b), first, **columns)


def _laid(ordered: Ordered, part: int) -> tuple[Any, int, int, int]:
    return ordered.rows[part], ordered.first[part], ordered.person, ordered.extra


@numba.njit(cache=True, nogil=True)
def _counted(rows: Any, extra: int) -> Any:
    """Count the pairs in sorted rows, those in each window, and those in each medium."""
    pairs, windows, layers = 0, 0, 0
    last, last_window, seen = np.int64(-1), np.int64(-1), np.int64(0)
    for row in rows:
        if row >> extra != last:
            last, seen, pairs = row >> extra, np.int64(0), pairs + 1
        window = row >> (BITS + 1 + _MEDIUM)
        if window != last_window:
            last_window, windows = window, windows + 1
        bit = np.int64(1) << ((row >> (BITS + 1)) & (_LAID - 1))
        if not seen & bit:
            seen, layers = seen | bit, layers + 1
    return pairs, windows, layers


@numba.njit(cache=True, nogil=True)
def _written(
    rows: Any,
    base: int,
    person: int,
    extra: int,
    start: Any,
    by_name: Any,
    mutual: Any,
    a: Any,
    b: Any,
    first: Any,
    wide: Any,
    held: Any,
) -> None:
    """Add up what lies side by side, and write it from some places on."""
    window, forth, back, events = wide
    t, w, k = start[0] - 1, start[1] - 1, start[2]
    others, inside = (np.int64(1) << person) - 1, (np.int64(1) << (extra - BITS - 1 - _MEDIUM)) - 1
    last, last_window, seen = np.int64(-1), np.int64(-1), np.int64(0)
    sums = np.zeros((3, _LAID), np.int64)
    for row in rows:
        if row >> extra != last:
            if seen:
                k = _layers_written(seen, sums, by_name, a[t], b[t], k, held)
            last, seen, t = row >> extra, np.int64(0), t + 1
            a[t], b[t], first[t] = base + (last >> person), last & others, w + 1
        here = row >> (BITS + 1 + _MEDIUM)
        if here != last_window:
            last_window, w = here, w + 1
            window[w], forth[w], back[w], events[w] = (here & inside) - 1, 0, 0, 0
        medium, down = (row >> (BITS + 1)) & (_LAID - 1), (row >> BITS) & 1
        events[w] += 1
        forth[w] += mutual[medium] or not down
        back[w] += mutual[medium] or down
        seen |= np.int64(1) << medium
        sums[down, medium] += row & MASK
        sums[2, medium] += 1
    if seen:
        _layers_written(seen, sums, by_name, a[t], b[t], k, held)


@numba.njit(cache=True, nogil=True)
def _layers_written(seen: Any, sums: Any, by_name: Any, one: Any, other: Any, k: Any, held: Any) -> Any:
    """Write the media of one pair, and forget them."""
    a, b, medium, ab, ba, events = held
    for code in by_name:
        if seen >> code & 1:
            a[k], b[k], medium[k] = one, other, code
            ab[k], ba[k], events[k] = sums[0, code], sums[1, code], sums[2, code]
            sums[:, code] = 0
            k += 1
    return k
