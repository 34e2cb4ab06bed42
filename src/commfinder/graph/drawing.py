"""Graphs drawn from what activity and formal structure make expect: each pair has a tie or has none, by itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from commfinder.graph.expected import Blocks, DyadNull
from commfinder.graph.special_pairs import distinct, special_pairs

__all__ = ["drawn_graphs"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Pairs = tuple[IntArray, IntArray]

_EVERY_PAIR = 2000
"""Up to so many people every pair is asked; above, only those near one another in formal structure."""

_NEAR = 200
"""In larger units pairs are too many to ask, and ties too rare to need it."""

_MOST_UNITS = 2000
"""Of so many units all pairs are listed; of more, those that share ties, and the others are drawn together."""

_PROPOSALS, _SUREST = 2.0, 0.999


def drawn_graphs(
    null: DyadNull, people: IntArray, times: int, rng: np.random.Generator, *, every_pair: int = _EVERY_PAIR
) -> Iterator[Pairs]:
    """Draw graphs in which a pair has a tie with probability min(λ, 1), each pair by itself.

    Parameters
    ----------
    null : DyadNull
        Expected ties λ.
    people : ndarray of int64, shape (k,)
        The people among whom ties are drawn.
    times : int
        How many graphs.
    rng : numpy.random.Generator
        Source of chance.
    every_pair : int, default 2000
        Up to so many people every pair is asked.

    Yields
    ------
    i, j : ndarray of int64, shape (m,)
        Places in `people` of the ends of ties, i < j, each pair once, sorted.

    Notes
    -----
    Above `every_pair` people, pairs of one unit of up to 200 people, of one manager, and of a report and a manager
    are asked one by one. To all others ties are proposed at twice their rate, by units and activity, and taken with
    the probability that leaves 1 - exp(-r) = λ. For pairs of λ above .8, which are two very active people, the
    probability of a tie is 1 - exp(-2λ) there, .8 to .9 and not up to 1.
    """
    if len(people) <= every_pair:
        upper = np.triu_indices(len(people), 1)
        chance = null.matrix(people)[upper]
        for _ in range(times):
            drawn = rng.random(len(chance)) < chance
            yield upper[0][drawn], upper[1][drawn]
        return
    near = _near(null, people)
    here = null.expected(people[near // len(people)], people[near % len(people)])
    far = _Far(null, people, near)
    for _ in range(times):
        keys = np.sort(np.concatenate([near[rng.random(len(near)) < here], far.drawn(rng)]))
        yield keys // len(people), keys % len(people)


def _near(null: DyadNull, people: IntArray) -> IntArray:
    """Return a number i k + j for each pair that is near in formal structure, sorted."""
    k, structure = len(people), null.structure
    order = np.argsort(structure.unit[people], kind="stable")
    unit = structure.unit[people][order]
    ends = np.searchsorted(unit, unit, side="right")
    small = (ends - np.searchsorted(unit, unit, side="left") <= _NEAR) & (unit >= 0)
    later = np.where(small, ends - np.arange(k) - 1, 0)
    one = np.repeat(np.arange(k), later)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(later) - later, later)
    i, j = order[one], order[other]
    place = np.full(len(structure.unit), -1, np.int64)
    place[people] = np.arange(k)
    (boss, led), _ = special_pairs(structure, np.empty(0, np.int64), len(structure.unit))
    boss, led = place[boss], place[led]
    both = (boss >= 0) & (led >= 0)
    i, j = np.concatenate([i, boss[both]]), np.concatenate([j, led[both]])
    return distinct(np.minimum(i, j) * k + np.maximum(i, j))


def _pairs_of_units(blocks: Blocks) -> tuple[IntArray, IntArray, FloatArray]:
    """Return pairs of units and their factors: all pairs, or those that are stored if all are too many."""
    if blocks.side > _MOST_UNITS:
        return blocks.keys // blocks.side, blocks.keys % blocks.side, blocks.values
    g, h = np.triu_indices(blocks.side)
    return g, h, blocks.of(g, h)


class _Far:
    """Ties between people who are not near in formal structure."""

    def __init__(self, null: DyadNull, people: IntArray, near: IntArray) -> None:
        self._null, self._people, self._near = null, people, near
        blocks = null.blocks
        unit = null.structure.unit[people] % blocks.side
        activity = null.activity[people]
        self._order = np.argsort(unit, kind="stable")
        self._before = np.concatenate([[0.0], np.cumsum(activity[self._order])])
        self._first = np.searchsorted(unit[self._order], np.arange(blocks.side + 1))
        mass = np.diff(self._before[self._first])
        g, h, value = _pairs_of_units(blocks)
        self._most = max(1.0, *null.site)
        scale = _PROPOSALS * self._most
        alone = np.where(g == h, 0.5, 1.0)
        small = (g == h) & (np.diff(self._first)[g] <= _NEAR) & (g < blocks.side - 1)
        self._rate = np.where(small, 0.0, scale * alone * value * mass[g] * mass[h])
        asked = self._rate > 0
        self._g, self._h, self._rate = g[asked], h[asked], self._rate[asked]
        self._rest = scale * blocks.rest * self._before[-1] ** 2 / 2 if blocks.side > _MOST_UNITS else 0.0

    def drawn(self, rng: np.random.Generator) -> IntArray:
        """Return a number i k + j for each pair that has a tie, sorted."""
        times = rng.poisson(self._rate)
        g, h = np.repeat(self._g, times), np.repeat(self._h, times)
        i = self._one_of(self._before[self._first[g]], self._before[self._first[g + 1]], rng)
        j = self._one_of(self._before[self._first[h]], self._before[self._first[h + 1]], rng)
        many = int(rng.poisson(self._rest))
        nothing, everything = np.zeros(many), np.full(many, self._before[-1])
        x, y = self._one_of(nothing, everything, rng), self._one_of(nothing, everything, rng)
        # What is drawn from everybody is for pairs of units that are not stored.
        unit = self._null.structure.unit[self._people]
        strange = self._null.blocks.places(unit[x], unit[y]) < 0
        i, j = np.concatenate([i, x[strange]]), np.concatenate([j, y[strange]])
        low, high = np.minimum(i, j), np.maximum(i, j)
        keys = low * len(self._people) + high
        keys, low, high = keys[low < high], low[low < high], high[low < high]
        expected = self._null.expected(self._people[low], self._people[high])
        plain = self._null.activity[self._people[low]] * self._null.activity[self._people[high]]
        plain *= self._null.blocks.of(unit[low], unit[high])
        wanted = -np.log1p(-np.minimum(expected, _SUREST))
        taken = distinct(keys[rng.random(len(keys)) * (_PROPOSALS * self._most * plain) < wanted])
        return np.setdiff1d(taken, self._near, assume_unique=True)

    def _one_of(self, low: FloatArray, high: FloatArray, rng: np.random.Generator) -> IntArray:
        """Draw one person of each stretch of activity, by activity."""
        at = np.searchsorted(self._before, low + rng.random(len(low)) * (high - low), side="right") - 1
        result: IntArray = self._order[np.minimum(at, len(self._order) - 1)]
        return result
