"""Pair the ends of ties by chance, no pair twice and nobody with themself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from commfinder.communities.engines.prefetch import prefetch

__all__ = ["paired"]

IntArray = npt.NDArray[np.int64]

_ROUNDS, _LOOSE = 30, 3.0
_FREE = -1
_FULL = 0.7
_AHEAD = 16


def paired(stubs: IntArray, taken: IntArray, n: int, rng: np.random.Generator) -> IntArray:
    """Pair stubs at random without loops and repeats; what does not fit is drawn again together with some that does.

    Parameters
    ----------
    stubs : ndarray of int64, shape (s,)
        Whose each end of a tie is; of an odd number one is left over.
    taken : ndarray of int64, shape (t,)
        Pairs that are no longer to be had, as lower number times n plus higher number.
    n : int
        Number of people.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of int64, shape (m,)
        Pairs in the same form, in rising order.
    """
    keys = kept = np.empty(0, np.int64)
    stubs = rng.permutation(stubs)
    table = _room(len(taken) + len(stubs) // 2)
    used = _enter(table, taken)
    for _ in range(_ROUNDS):
        if used + len(stubs) // 2 > _FULL * len(table):
            # Pairs that were let go have left their places behind: only in a dense network are there many.
            table = _room(len(taken) + len(keys) + len(stubs) // 2)
            used = _enter(table, taken) + _enter(table, keys)
        drawn, good, more = _drawn(table, stubs, n)
        used += more
        keys, bad = np.concatenate([keys, drawn[good]]), drawn[~good]
        kept = keys
        if not len(bad):
            break
        again = rng.random(len(keys)) < min(1.0, _LOOSE * len(bad) / max(len(keys), 1))
        _leave(table, keys[again])
        loose = np.concatenate([bad, keys[again]])
        keys = keys[~again]
        stubs = rng.permutation(np.concatenate([loose // n, loose % n]))
    return np.sort(kept)


def _room(pairs: int) -> IntArray:
    """Return an empty table for so many pairs: at most half of it is used."""
    return np.full(1 << (2 * pairs + 16).bit_length(), _FREE, np.int64)


@njit(cache=True, nogil=True)
def _hashed(key):  # type: ignore[no-untyped-def]
    """Hash a pair."""
    return np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32))


@njit(cache=True, nogil=True)
def _place(table, key):  # type: ignore[no-untyped-def]
    """Return where a pair is, was, or would go, in a table of open addresses; who has left is negative."""
    mask = len(table) - 1
    at = _hashed(key) & mask
    while table[at] != key and table[at] != _FREE and table[at] != -key - 2:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def _enter(table, keys):  # type: ignore[no-untyped-def]
    """Take pairs; return how many places they need."""
    used = 0
    for key in keys:
        at = _place(table, key)
        used += table[at] == _FREE
        table[at] = key
    return used


@njit(cache=True, nogil=True)
def _leave(table, keys):  # type: ignore[no-untyped-def]
    """Let pairs go."""
    for key in keys:
        table[_place(table, key)] = -key - 2


@njit(cache=True, nogil=True)
def _drawn(table, stubs, n):  # type: ignore[no-untyped-def]
    """Pair stubs two by two; return the pairs, which of them are good and now taken, and how many places they need."""
    many, used, mask = len(stubs) // 2, 0, len(table) - 1
    drawn, good = np.empty(many, np.int64), np.zeros(many, np.bool_)
    for turn in range(many + _AHEAD):
        if turn < many:
            one, other = stubs[2 * turn], stubs[2 * turn + 1]
            drawn[turn] = min(one, other) * n + max(one, other)
            # The table is far larger than any cache: what is needed some turns from now is asked for ahead.
            prefetch(table, _hashed(drawn[turn]) & mask)
        turn -= _AHEAD
        if turn >= 0 and stubs[2 * turn] != stubs[2 * turn + 1]:
            key = drawn[turn]
            at = _place(table, key)
            if table[at] != key:
                used += table[at] == _FREE
                table[at] = key
                good[turn] = True
    return drawn, good, used
