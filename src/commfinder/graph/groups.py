"""The compiled part of the shape of a group: its core, its best division, and who stands between others."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["MIN_CORE", "betweenness", "divided", "peeled", "weaker_half"]

MIN_CORE = 5
"""Fewer people are no core, and no half."""
_TURNS = 40
_GONE = 1e30  # more ties than anybody has: whoever is gone adds least no more


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan"})
def peeled(rate, tied):  # type: ignore[no-untyped-def]
    """Peel off who adds least, again and again; return who is left at the best stage, and its z.

    Who adds least is told by d|d| / (μ + ½), d = observed - μ: the order of z without its root. Rows are gone through
    whole, those that are gone too, so that a processor takes several people at a time.
    """
    size = len(rate)
    inner, mean, score = np.zeros(size), np.zeros(size), np.empty(size)
    stage = np.zeros(size, np.int64)
    observed = expected = 0.0
    # Row after row is added to all sums at once: as the matrices are symmetric, and so that additions do not wait.
    for j in range(size):
        line, with_one = rate[j], tied[j]
        for k in range(size):
            mean[k] += line[k]
            inner[k] += with_one[k]
    for k in range(size):
        observed += inner[k] / 2
        expected += mean[k] / 2
    best, kept = -np.inf, size + 1
    for count in range(size, MIN_CORE - 1, -1):
        z = (observed - expected) / np.sqrt(max(expected, 0.0) + 0.5)
        if z > best + 1e-12:
            best, kept = z, count
        for k in range(size):
            mu = mean[k] if mean[k] > 0.0 else 0.0
            above = inner[k] - mu
            score[k] = above * abs(above) / (mu + 0.5)
        least = score[0]
        for k in range(1, size):
            least = score[k] if score[k] < least else least
        # Of those who are equal but for rounding, the first goes.
        gone = 0
        while score[gone] > least + 1e-9:
            gone += 1
        stage[gone] = count
        observed -= inner[gone]
        expected -= mean[gone]
        line, with_gone = rate[gone], tied[gone]
        for k in range(size):
            inner[k] -= with_gone[k]
            mean[k] -= line[k]
        inner[gone] = _GONE
    core = np.zeros(size, np.bool_)
    for k in range(size):
        core[k] = kept <= size and (stage[k] == 0 or stage[k] <= kept)
    return core, best


@njit(cache=True, nogil=True)
def divided(rate, tied):  # type: ignore[no-untyped-def]
    """Divide a group in two so that ties exceed expectation most within the halves; return a side, 1 or -1, for each.

    From the signs of the leading vector of the residual; then whoever gains most changes sides, as long as somebody
    gains.
    """
    residual = tied - rate
    size, vector = len(rate), _leading(residual)
    side, pulls = np.where(vector >= 0, 1.0, -1.0), np.zeros(size)
    whole = np.zeros(size)
    for j in range(size):
        line, sign = residual[j], side[j]
        for k in range(size):
            pulls[k] += line[k] * sign
            whole[k] += line[k]
    for _ in range(2 * size):
        mover, most = -1, 1e-9
        for k in range(size):
            if -side[k] * pulls[k] > most:
                mover, most = k, -side[k] * pulls[k]
        if mover < 0:
            break
        line, sign = residual[mover], 2 * side[mover]
        for k in range(size):
            pulls[k] -= sign * line[k]
        side[mover] = -side[mover]
    # Undivided may be better than what was found.
    return side if (pulls * side).sum() > whole.sum() else np.ones(size)


@njit(cache=True, nogil=True)
def _leading(residual):  # type: ignore[no-untyped-def]
    """Return the leading vector with mean 0 of a symmetric matrix, by power iteration from a fixed start.

    The vector in which all are alike divides nobody, and would hide the next one.
    """
    size = len(residual)
    vector, following = np.empty(size), np.zeros(size)
    for j in range(size):
        vector[j] = np.cos(2.4 * j)
        line = residual[j]
        for k in range(size):
            following[k] += abs(line[k])
    bound = following.max()
    for _ in range(_TURNS):
        # A shift by half of the bound lets the largest value win over the smallest.
        for k in range(size):
            following[k] = 0.5 * bound * vector[k]
        for j in range(size):
            line, one = residual[j], vector[j]
            for k in range(size):
                following[k] += line[k] * one
        length = 0.0
        for k in range(size):
            length += following[k] * following[k]
        if length == 0.0:
            break
        vector = following / np.sqrt(length)
        vector -= vector.mean()
    return vector


@njit(cache=True, nogil=True)
def weaker_half(rate, tied, side):  # type: ignore[no-untyped-def]
    """Return the smaller z of two halves; -inf if one has too few people."""
    size = len(side)
    count, observed, expected = np.zeros(2, np.int64), np.zeros(2), np.zeros(2)
    inner, mean = np.zeros((2, size)), np.zeros((2, size))
    for j in range(size):
        half = 0 if side[j] > 0 else 1
        count[half] += 1
        line, with_one, inner_here, mean_here = rate[j], tied[j], inner[half], mean[half]
        for k in range(size):
            inner_here[k] += with_one[k]
            mean_here[k] += line[k]
    for k in range(size):
        half = 0 if side[k] > 0 else 1
        observed[half] += inner[half, k] / 2
        expected[half] += mean[half, k] / 2
    if min(count[0], count[1]) < MIN_CORE:
        return -np.inf
    z = (observed - expected) / np.sqrt(expected + 0.5)
    return min(z[0], z[1])


@njit(cache=True, nogil=True)
def betweenness(tied):  # type: ignore[no-untyped-def]
    """Return how many shortest paths between two others lead through each (Brandes 2001), each pair once."""
    size = len(tied)
    starts, count = np.zeros(size + 1, np.int64), 0
    neighbour = np.empty(tied.sum(), np.int64)
    for k in range(size):
        for j in range(size):
            if tied[k, j]:
                neighbour[count] = j
                count += 1
        starts[k + 1] = count
    score, paths, share = np.zeros(size), np.zeros(size), np.zeros(size)
    distance, order = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for source in range(size):
        distance[:], paths[:], share[:] = -1, 0.0, 0.0
        distance[source], paths[source], order[0] = 0, 1.0, source
        first, last = 0, 1
        while first < last:
            v = order[first]
            first += 1
            for e in range(starts[v], starts[v + 1]):
                w = neighbour[e]
                if distance[w] < 0:
                    distance[w] = distance[v] + 1
                    order[last] = w
                    last += 1
                if distance[w] == distance[v] + 1:
                    paths[w] += paths[v]
        for turn in range(last - 1, 0, -1):
            w = order[turn]
            for e in range(starts[w], starts[w + 1]):
                v = neighbour[e]
                if distance[v] == distance[w] - 1:
                    share[v] += paths[v] / paths[w] * (1 + share[w])
            score[w] += share[w] / 2
    return score
