"""Ties as adjacency in compressed rows, with weights that add up exactly in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.threads import in_turn, processors, together

__all__ = ["Adjacency", "adjacency", "large", "mixed", "renumbered", "structure_keys"]

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]
UInt64 = npt.NDArray[np.uint64]

LARGE = 1 << 16
"""Above so many people, people are numbered by structure once, and chance mixes numbers that are near."""

_BITS = 51
_BLOCK_BITS = 8
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Neighbours of everybody, row after row.

    Parameters
    ----------
    start : ndarray of int64, shape (n + 1,)
        Where each row begins.
    neighbour : ndarray of int32, shape (2m,)
        Who is at the other end.
    weight : ndarray of float64, shape (2m,)
        Whole numbers from 1 to 2**51: the weight over `unit`.
    unit : float
        Weight that counts as one.
    strength : ndarray of float64, shape (n,)
        Sum of each row.

    Notes
    -----
    Floating-point sums depend on the order in which they are taken. Here weights are whole multiples of a unit small
    enough to lose nothing that matters and large enough that the sum over everything stays below 2**53, where every
    sum of whole numbers is exact. So no result depends on the order of rows or people.
    """

    start: Int64
    neighbour: Int32
    weight: Float64
    unit: float
    strength: Float64


def large(n: int) -> bool:
    """Tell whether so many people, or nodes of a smaller graph, are many: memory is what takes the time then."""
    return n > LARGE


def adjacency(
    a: npt.NDArray[np.integer], b: npt.NDArray[np.integer], weight: Float64, n: int, threads: int = 1
) -> Adjacency:
    """Make the rows from checked ties; takes time in proportion to people and ties.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        The two ends of each tie.
    weight : ndarray of float64, shape (m,)
        Finite weights above zero.
    n : int
        Number of people.
    threads : int, default 1
        Threads to use; they change nothing but time.

    Returns
    -------
    Adjacency
    """
    if not len(weight):
        nothing = np.zeros(n + 1, dtype=np.int64)
        return Adjacency(nothing, np.empty(0, np.int32), np.empty(0), 1.0, np.zeros(n))
    largest = float(weight.max())
    shift = max((n - 1).bit_length() - _BLOCK_BITS, 0)
    parts = in_turn(threads, len(a))
    counted = together(lambda ties: _counted(a[ties], b[ties], weight[ties], largest, shift, n), parts)
    ends = np.array([count for count, _ in counted])
    first = np.concatenate([[0], np.cumsum(ends.sum(axis=0))])
    place = first[:-1] + np.cumsum(ends, axis=0) - ends
    owner, neighbour, whole = np.empty(2 * len(a), np.int32), np.empty(2 * len(a), np.int32), np.empty(2 * len(a))

    def sort(turn: int) -> None:
        ties = parts[turn]
        _sorted(a[ties], b[ties], weight[ties], largest, shift, place[turn], owner, neighbour, whole)

    together(sort, range(len(parts)))
    scale = math.ldexp(1.0, _BITS - math.frexp(sum(total for _, total in counted))[1])
    start, strength = np.zeros(n + 1, np.int64), np.zeros(n)
    cuts = np.searchsorted(first, np.linspace(0, first[-1], len(parts) + 1)).tolist()
    cuts[-1] = len(first) - 1

    def put(turn: int) -> None:
        _placed(owner, first, cuts[turn], cuts[turn + 1], shift, scale, (start, neighbour, whole, strength))

    together(put, range(len(parts)))
    if not large(n):
        start, neighbour, whole = _merged(start, neighbour, whole)
    return Adjacency(start, neighbour, whole, largest / scale, strength)


@numba.njit(cache=True, nogil=True)
def _counted(a, b, weight, largest, shift, n):  # type: ignore[no-untyped-def]
    """Count the ends of ties in each block of people, and add up all weights as shares of the largest."""
    ends, total = np.zeros(((n - 1) >> shift) + 1, np.int64), 0.0
    for tie in range(len(a)):
        ends[a[tie] >> shift] += 1
        ends[b[tie] >> shift] += 1
        total += weight[tie] / largest
    return ends, total


@numba.njit(cache=True, nogil=True)
def _sorted(a, b, weight, largest, shift, place, owner, other, share):  # type: ignore[no-untyped-def]
    """Sort the ends of ties by block of people, weights as shares of the largest: only proportions count.

    Straight into rows would mean a jump through all memory for every end; blocks fit into a cache.
    """
    for tie in range(len(a)):
        i, j, w = a[tie], b[tie], weight[tie] / largest
        k = place[i >> shift]
        place[i >> shift] += 1
        owner[k], other[k], share[k] = i, j, w
        k = place[j >> shift]
        place[j >> shift] += 1
        owner[k], other[k], share[k] = j, i, w


@numba.njit(cache=True, nogil=True)
def _placed(owner, first, begin, end, shift, scale, rows):  # type: ignore[no-untyped-def]
    """Put the ends in blocks `begin` to `end` into rows, in place, with shares as whole numbers; add up each row."""
    start, neighbour, whole, strength = rows
    place = np.empty(1 << shift, np.int64)
    most = 0
    for block in range(begin, end):
        most = max(most, first[block + 1] - first[block])
    other, share = np.empty(most, np.int32), np.empty(most)
    for block in range(begin, end):
        low, high = block << shift, min((block + 1) << shift, len(strength))
        for e in range(first[block], first[block + 1]):
            start[owner[e] + 1] += 1
        used = first[block]
        for v in range(low, high):
            place[v - low] = used
            used += start[v + 1]
            start[v + 1] = used
        begins, many = first[block], first[block + 1] - first[block]
        for e in range(many):
            other[e], share[e] = neighbour[begins + e], whole[begins + e]
        for e in range(many):
            v = owner[begins + e]
            k = place[v - low]
            place[v - low] += 1
            neighbour[k] = other[e]
            whole[k] = max(np.rint(share[e] * scale), 1.0)
            strength[v] += whole[k]


@numba.njit(cache=True, nogil=True)
def _merged(start, neighbour, whole):  # type: ignore[no-untyped-def]
    """Add up what a row has of the same neighbour."""
    begin = np.zeros_like(start)
    seen = np.full(len(start), -1, np.int64)
    used = 0
    for v in range(len(start) - 1):
        for e in range(start[v], start[v + 1]):
            u, w = neighbour[e], whole[e]
            if seen[u] >= begin[v]:
                whole[seen[u]] += w
            else:
                seen[u] = used
                neighbour[used], whole[used] = u, w
                used += 1
        begin[v + 1] = used
    if used == len(whole):
        return start, neighbour, whole
    return begin, neighbour[:used].copy(), whole[:used].copy()


def structure_keys(rows: Adjacency, marks: UInt64 | None = None) -> UInt64:
    """Give everybody a key that depends on the structure around them, not on their number.

    Parameters
    ----------
    rows : Adjacency
        The graph.
    marks : ndarray of uint64, shape (n,), optional
        What tells people apart beside structure: sizes, or labels to start from.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Notes
    -----
    Colour refinement (Weisfeiler and Leman): a key is the hash of one's own key and of the multiset of weights and keys
    around, until the number of different keys grows no more, four rounds at most. People who still share a key are
    mostly exchangeable, and their numbers decide. Weights are shares of the whole, in single precision: neither their
    scale nor what rounding does to their last digits is to change a key. Who has no tie has no say in how many rounds
    there are.
    """
    tied = rows.strength > 0
    n = int(tied.sum())
    scale = 2.0**62 / max(float(rows.strength.sum()), 1.0)
    own = (rows.strength * scale).astype(np.float32).astype(np.uint64)
    keys = mixed(own if marks is None else own ^ marks)
    told = _different(keys[tied])
    for _ in range(_ROUNDS):
        if told == n:
            break
        new = np.empty_like(keys)
        parts = in_turn(processors(), len(rows.weight))
        cuts = [0, *np.searchsorted(rows.start, [part.stop for part in parts[:-1]]).tolist(), len(keys)]
        together(partial(_refined, rows.start, rows.neighbour, rows.weight, scale, keys, new), list(pairwise(cuts)))
        keys = new
        now = _different(keys[tied])
        if now == told:
            break
        told = now
    if told == n == len(keys):
        return keys
    apart = _told_apart(keys)
    return apart if told < n else np.where(tied, keys, apart)


def _different(keys: UInt64) -> int:
    """Count different keys; sorting them is quicker than a table of them."""
    return int(np.count_nonzero(np.diff(np.sort(keys)))) + (len(keys) > 0)


def _told_apart(keys: UInt64) -> UInt64:
    """Tell people of the same key apart by who comes first."""
    order = np.argsort(keys, kind="stable")
    new = np.r_[True, np.diff(keys[order]) != 0]
    place = np.arange(len(keys))
    turn = np.empty(len(keys), dtype=np.uint64)
    turn[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    with np.errstate(over="ignore"):
        return mixed(keys + turn)


def mixed(x: UInt64) -> UInt64:
    """Hash 64 bits (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _mix(x):  # type: ignore[no-untyped-def]
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _refined(start, neighbour, weight, scale, keys, new, part):  # type: ignore[no-untyped-def]
    """One round of colour refinement for a part of the people; sums of hashes do not depend on the order."""
    for v in range(part[0], part[1]):
        total = np.uint64(0)
        for e in range(start[v], start[v + 1]):
            share = np.uint64(np.float32(weight[e] * scale))
            total += _mix(keys[neighbour[e]] ^ (share * np.uint64(0x9E3779B97F4A7C15)))
        new[v] = _mix(keys[v] + _mix(total))


def renumbered(rows: Adjacency, order: Int64, threads: int = 1) -> Adjacency:
    """Number people anew.

    Parameters
    ----------
    rows : Adjacency
        The graph.
    order : ndarray of int64, shape (n,)
        The old number of each new one.
    threads : int, default 1
        Threads to use; they change nothing but time.

    Returns
    -------
    Adjacency
        The same graph in the new numbers.
    """
    n = len(order)
    rank = np.empty(n, dtype=np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    start = np.concatenate([[0], np.cumsum(np.diff(rows.start)[order])]).astype(np.int64)
    neighbour, weight = np.empty_like(rows.neighbour), np.empty_like(rows.weight)
    parts = in_turn(threads, len(weight))
    cuts = [0, *np.searchsorted(start, [part.stop for part in parts[:-1]]).tolist(), n]

    def copy(part: tuple[int, int]) -> None:
        _copied(rows.start, rows.neighbour, rows.weight, order, rank, part, (start, neighbour, weight))

    together(copy, list(pairwise(cuts)))
    return Adjacency(start, neighbour, weight, rows.unit, rows.strength[order])


@numba.njit(cache=True, nogil=True)
def _copied(start, neighbour, weight, order, rank, part, rows):  # type: ignore[no-untyped-def]
    """Copy the rows of a part of the new numbers."""
    begin, other, share = rows
    for v in range(part[0], part[1]):
        low, far = start[order[v]], begin[v]
        for e in range(begin[v + 1] - far):
            other[far + e] = rank[neighbour[low + e]]
            share[far + e] = weight[low + e]
