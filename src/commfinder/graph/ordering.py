"""Put many rows in the order of their pairs in compiled code: divided by person until each part fits the cache."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["BITS", "MASK", "THREADS", "Ordered", "fits", "in_order"]

THREADS = 2

BITS = 25
"""Weights of single rows are at most 2 ** 24: they take the lowest binary digits of a row."""
MASK = (1 << BITS) - 1

_DIGITS = 63
"""Binary digits of a whole number that is not negative."""
_ROWS_PER_PART, _GOOD_PARTS, _MOST_PARTS = 1 << 16, 9, 14
"""A part of 512 kB stays in the cache while it is sorted. Memory is slow to write to more than 2 ** 9 parts at once:
there are more only where rows would not fit one number otherwise."""

IntArray = npt.NDArray[np.int64]
Chunk = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Ordered:
    """Rows of some people in the order of their pairs, each in one number.

    Parameters
    ----------
    rows : list of ndarray of int64
        Parts, each sorted: the last digits of the lower person, the higher person, and what the row says.
    first : list of int
        The person that the numbers of a part are counted from.
    person : int
        Binary digits of a person.
    extra : int
        Binary digits of what a row says, weight included.
    """

    rows: list[IntArray]
    first: list[int]
    person: int
    extra: int


def fits(n: int, extra: int) -> bool:
    """Tell whether rows of so many people that say so much go into one number each.

    Parameters
    ----------
    n : int
        Number of people.
    extra : int
        Binary digits of what a row says.

    Returns
    -------
    bool
    """
    person = _digits(n)
    return person + max(person - _MOST_PARTS, 0) + extra <= _DIGITS


def in_order(chunks: Sequence[Chunk], n: int, extra: int) -> Ordered:
    """Sort rows by the lower person, the higher person, and what they say.

    Parameters
    ----------
    chunks : sequence of tuple of ndarray of int32
        Sender, recipient and weight of each row; and, where rows say more, a number whose last digit is left free for
        the direction: 1 from the higher to the lower person.
    n : int
        Number of people; `fits` says whether they can be sorted here.
    extra : int
        Binary digits of what a row says, weight and direction included.

    Returns
    -------
    Ordered
        The same whatever the order of rows and the number of threads.
    """
    person, total = _digits(n), sum(len(chunk[0]) for chunk in chunks)
    wanted = min(max(-(-total // _ROWS_PER_PART) - 1, 0).bit_length(), _GOOD_PARTS, person)
    shift = min(person - wanted, _DIGITS - person - extra)
    parts = ((n - 1) >> shift) + 1 if n else 1
    shares = [list(chunks[k::THREADS]) for k in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        counts = np.stack(list(pool.map(lambda share: _count_all(share, shift, parts), shares)))
        starts = np.r_[0, np.cumsum(counts.sum(axis=0))]
        places = starts[:-1] + np.cumsum(counts, axis=0) - counts
        rows = np.empty(total, dtype=np.int64)

        def put(k: int) -> None:
            for chunk in shares[k]:
                sender, recipient, weight = chunk[:3]
                said = chunk[3] if len(chunk) > 3 else weight[:0]
                _put(sender, recipient, weight, said, shift, person, extra, places[k], rows)

        for _ in pool.map(put, range(THREADS)):
            pass
        held = [rows[low:high] for low, high in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]
        for _ in pool.map(np.ndarray.sort, held):
            pass
    return Ordered(held, [part << shift for part in range(parts)], person, extra)


def _digits(n: int) -> int:
    """Return how many binary digits the number of a person takes."""
    return max(n - 1, 1).bit_length()


def _count_all(chunks: Sequence[Chunk], shift: int, parts: int) -> IntArray:
    """Count the rows of each part."""
    count = np.zeros(parts, dtype=np.int64)
    for chunk in chunks:
        _count(chunk[0], chunk[1], shift, count)
    return count


@numba.njit(cache=True, nogil=True)
def _count(sender: Any, recipient: Any, shift: int, count: Any) -> None:
    for i in range(len(sender)):
        count[min(sender[i], recipient[i]) >> shift] += 1


@numba.njit(cache=True, nogil=True)
def _put(
    sender: Any, recipient: Any, weight: Any, said: Any, shift: int, person: int, extra: int, place: Any, rows: Any
) -> None:
    last = (np.int64(1) << shift) - 1
    for i in range(len(sender)):
        a, b = np.int64(sender[i]), np.int64(recipient[i])
        more = np.int64(weight[i])
        if len(said):
            more |= (np.int64(said[i]) | np.int64(a > b)) << BITS
        if a > b:
            a, b = b, a
        part = a >> shift
        rows[place[part]] = ((((a & last) << person) | b) << extra) | more
        place[part] += 1
