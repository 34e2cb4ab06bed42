"""Grow and mend groups, in compiled code: one person at a time, whoever raises the score most."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["climbed"]

_LEAST, _ENOUGH = 1e-9, 1e-9
_NOBODY = -1


@njit(cache=True, nogil=True)
def climbed(starts, ties, expected, choices, smallest, largest):  # type: ignore[no-untyped-def]
    """Grow each start well past its best size, go back to its best, and mend it by one person at a time.

    Growing can not stop at the first step that does not pay: the number of ways to choose a group grows before its
    ties do.

    Parameters
    ----------
    starts : ndarray of int64, shape (k, 2)
        Pairs of people to start from.
    ties : ndarray of bool, shape (n, n)
        Who has a tie with whom.
    expected : ndarray of float64, shape (n, n)
        Expected ties.
    choices : ndarray of float64, shape (n + 1,)
        What a group of each size costs.
    smallest, largest : int
        Sizes between which a best one is looked for.

    Returns
    -------
    inside : ndarray of bool, shape (k, n)
        Who is in each group.
    score : ndarray of float64, shape (k,)
        -inf where no group got that large.
    """
    many, n = len(starts), len(ties)
    result, scores = np.zeros((many, n), np.bool_), np.full(many, -np.inf)
    links, means, order = np.empty(n, np.int64), np.empty(n), np.empty(largest + 1, np.int64)
    # Of all who have as many ties to a group, the one of whom fewest are expected raises the score most.
    rival = np.full(n + 1, _NOBODY, np.int64)
    for start in range(many):
        one, other = starts[start]
        inside = result[start]
        inside[one] = inside[other] = True
        order[0], order[1] = one, other
        for person in range(n):
            links[person] = np.int64(ties[one, person]) + np.int64(ties[other, person])
            means[person] = expected[one, person] + expected[other, person]
        observed, mean = np.float64(ties[one, other]), expected[one, other]
        best, best_size, last = -np.inf, 2, 2
        for size in range(3, largest + 1):
            mover, gain = _joining(inside, links, means, observed, mean, rival)
            if mover < 0:
                break
            observed, mean = observed + links[mover], mean + means[mover]
            order[size - 1] = mover
            _turned(inside, links, means, ties, expected, mover)
            if size >= smallest and gain - choices[size] > best + _ENOUGH:
                best, best_size = gain - choices[size], size
            last = size
        for place in range(best_size, last):
            _turned(inside, links, means, ties, expected, order[place])
        scores[start] = _mended(inside, links, means, ties, expected, choices, best, rival)
    return result, scores


@njit(cache=True, nogil=True)
def _gain(observed, mean):  # type: ignore[no-untyped-def]
    """Return the log-likelihood ratio of as many ties against as many as expected; 0 for too few."""
    mean = max(mean, _LEAST)
    return observed * np.log(observed / mean) - (observed - mean) if observed > mean else 0.0


@njit(cache=True, nogil=True)
def _joining(inside, links, means, observed, mean, rival):  # type: ignore[no-untyped-def]
    """Return who of those outside with a tie to the group raises it most, and the log-likelihood ratio with them."""
    most = 0
    for person in range(len(links)):
        tied = links[person]
        if tied > 0 and not inside[person]:
            most = max(most, tied)
            if rival[tied] < 0 or means[person] < means[rival[tied]]:
                rival[tied] = person
    mover, top = _NOBODY, -np.inf
    for tied in range(most, 0, -1):
        person = rival[tied]
        if person >= 0:
            gain = _gain(observed + tied, mean + means[person])
            if gain > top:
                mover, top = person, gain
            rival[tied] = _NOBODY
    return mover, top


@njit(cache=True, nogil=True)
def _turned(inside, links, means, ties, expected, mover):  # type: ignore[no-untyped-def]
    """Let a person join or leave: the others have more or less by that person's row alone."""
    sign = -1 if inside[mover] else 1
    inside[mover] = not inside[mover]
    for person in range(len(links)):
        links[person] += sign * np.int64(ties[mover, person])
        means[person] += sign * expected[mover, person]


@njit(cache=True, nogil=True)
def _mended(inside, links, means, ties, expected, choices, best, rival):  # type: ignore[no-untyped-def]
    """Let the one person join or leave who raises the score of a group most, until nobody does."""
    n = len(links)
    if best == -np.inf:
        return best
    for _ in range(n):
        observed, mean, size = 0.0, 0.0, 0
        for person in range(n):
            if inside[person]:
                observed, mean, size = observed + links[person], mean + means[person], size + 1
        observed, mean = observed / 2, mean / 2
        mover, top = _joining(inside, links, means, observed, mean, rival)
        top -= choices[min(size + 1, n)]
        for person in range(n):
            if inside[person]:
                score = _gain(observed - links[person], mean - means[person]) - choices[size - 1]
                if score > top:
                    mover, top = person, score
        if mover < 0 or top <= best + _ENOUGH:
            break
        best = top
        _turned(inside, links, means, ties, expected, mover)
    return best
