"""Communities beyond formal structure: groups whose ties unit, site, manager and activity do not explain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import gammaln

from commfinder.communities.ties import Ties
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull
from commfinder.progress import Stage

__all__ = ["MOST_PEOPLE", "SEARCHES", "Hidden", "by_structure", "excess", "excess_of", "find_beyond"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_PEOPLE = 2000
"""The search holds a matrix of all pairs, so that it is left out in larger graphs."""

MIN_SIZE = 5
_NULL_GRAPHS, _THINNED, _KEPT = 19, 5, 0.9
SEARCHES = 1 + _NULL_GRAPHS + _THINNED
"""How many searches `find_beyond` tells its stage about."""
_SAME = 0.5
_ACROSS, _PART = 1e-3, 0.25
_GROW, _TOGETHER = 40, 256


@dataclass(frozen=True)
class Hidden:
    """What the search found.

    Parameters
    ----------
    members : list of ndarray of int64
        Each community, the most striking first; they may overlap.
    stability : list of float
        Mean Jaccard index of the most alike community when one tie in ten is left out.
    threshold : float
        Score that a community must pass: the largest in 19 graphs drawn from the null, so that of twenty graphs without
        any hidden community one shows one.
    """

    members: list[IntArray]
    stability: list[float]
    threshold: float


def find_beyond(graph: InteractionGraph, null: DyadNull, *, rng: np.random.Generator, stage: Stage) -> Hidden:
    """Find groups with more ties inside than formal structure and activity explain.

    Parameters
    ----------
    graph : InteractionGraph
        The graph, in which at most `MOST_PEOPLE` people have ties.
    null : DyadNull
        Expected ties.
    rng : numpy.random.Generator
        Source of chance.
    stage : Stage
        Told about each search: 1 + 19 + 5 of them.

    Returns
    -------
    Hidden

    Notes
    -----
    From every person, a group grows one person at a time, goes back to its best size, and is mended by one person at
    a time. Best is what has the highest score m ln(m/μ) - (m - μ) - ln C(n, s): the log-likelihood ratio of its m
    ties against the μ expected, less the logarithm of the number of groups of its size. A partition can not show such
    groups: everybody is in a unit, and units win. The search itself makes chance look striking, so the same search on
    graphs drawn from the null sets the bar (max-statistic, family-wise error 1 in 20). OSLOM scores single
    communities in the same spirit.

    References
    ----------
    .. [1] Lancichinetti, Radicchi, Ramasco, Fortunato (2011), Finding statistically significant communities in
    networks.
       doi:10.1371/journal.pone.0018961
    """
    people = by_structure(graph)
    ties = graph.adjacency()[people][:, people].toarray() > 0
    expected = null.matrix(people)
    found = _search(ties, expected)
    stage.advance()
    threshold = -np.inf
    for _ in range(_NULL_GRAPHS):
        drawn = _symmetric_draw(np.minimum(expected, 1.0), rng)
        threshold = max([threshold, *(score for _, score in _search(drawn, expected))])
        stage.advance()
    real = _joined([members for members, score in found if score > threshold], ties, expected)
    scores = np.zeros((_THINNED, len(real)))
    for run in range(_THINNED):
        thin = ties & _symmetric_draw(np.full(ties.shape, _KEPT), rng)
        again = _joined([members for members, _ in _search(thin, expected * _KEPT)], thin, expected * _KEPT)
        scores[run] = [max((_jaccard(one, other) for other in again), default=0.0) for one in real]
        stage.advance()
    return Hidden([np.sort(people[members]) for members in real], scores.mean(axis=0).tolist(), threshold)


def by_structure(graph: InteractionGraph) -> IntArray:
    """Return everybody who has a tie, in an order that hangs on their ties and not on their names.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.

    Returns
    -------
    ndarray of int64, shape (k,)
        Numbers of people. Who has no tie takes no part: they could be in no group, and would change what chance draws.
    """
    a, b = graph.pairs
    real = graph.tie_values("tie")
    events = np.maximum(graph.tie_values("events")[real], 1).astype(np.float64)
    ties = Ties(len(graph.people), a[real], b[real], events)
    tied = np.flatnonzero(ties.rows.strength > 0)
    order: IntArray = tied[np.argsort(ties.keys[tied], kind="stable")]
    return order


def excess(members: IntArray, graph: InteractionGraph, null: DyadNull) -> tuple[float, float]:
    """Return the lift of one group over the null, and its score.

    Parameters
    ----------
    members : ndarray of int64
        The group.
    graph : InteractionGraph
        The graph.
    null : DyadNull
        Expected ties.

    Returns
    -------
    lift, score : float
        (m + 1/2)/(μ + 1/2), and the score that `Hidden.threshold` is told in.
    """
    a, b = graph.pairs
    real = graph.tie_values("tie")
    inside = np.zeros(len(graph.people), dtype=bool)
    inside[members] = True
    return excess_of(float((inside[a] & inside[b] & real).sum()), members, len(by_structure(graph)), null)


def excess_of(observed: float, members: IntArray, n: int, null: DyadNull) -> tuple[float, float]:
    """Return the same as `excess`, of a group whose ties inside are counted already.

    Parameters
    ----------
    observed : float
        Ties inside.
    members : ndarray of int64
        The group.
    n : int
        Number of people to choose from: those who have ties.
    null : DyadNull
        Expected ties.

    Returns
    -------
    lift, score : float
    """
    i, j = np.triu_indices(len(members), 1)
    mean = float(null.expected(members[i], members[j]).sum())
    gain = float(_gain(np.array([observed]), np.array([mean]))[0])
    return (observed + 0.5) / (mean + 0.5), gain - float(_log_choices(n)[min(len(members), n)])


def _search(ties: BoolArray, expected: FloatArray) -> list[tuple[IntArray, float]]:
    """Grow a group from every person; keep the most striking of those that are alike."""
    surprise = ties * np.clip(1.0 - expected, 0.0, 1.0)
    partner = (surprise * (surprise @ surprise)).argmax(axis=1)
    first = np.flatnonzero(surprise.any(axis=1))
    starts = np.unique(np.sort(np.column_stack([first, partner[first]]), axis=1), axis=0)
    ends: dict[bytes, tuple[IntArray, float]] = {}
    for block in range(0, len(starts), _TOGETHER):
        inside, scores = _climb(starts[block : block + _TOGETHER], ties, expected)
        for row, score in zip(inside, scores, strict=True):
            members = np.flatnonzero(row)
            ends[members.tobytes()] = (members, float(score))
    kept: list[tuple[IntArray, float]] = []
    for members, score in sorted(ends.values(), key=lambda one: (-round(one[1], 9), one[0].tolist())):
        if len(members) >= MIN_SIZE and all(_jaccard(members, other) < _SAME for other, _ in kept):
            kept.append((members, score))
    return kept


def _joined(groups: list[IntArray], ties: BoolArray, expected: FloatArray) -> list[IntArray]:
    """Join groups that have extra ties across much as they have inside: they are parts of one community.

    The score can like a dense part of a community better than the whole, as the null, fitted to the same ties,
    expects some of them.
    """
    groups = list(groups)
    while True:
        pair = _first_parts_of_one(groups, ties, expected)
        if pair is None:
            return groups
        one, other = pair
        groups[one] = np.union1d(groups[one], groups[other])
        del groups[other]


def _first_parts_of_one(groups: list[IntArray], ties: BoolArray, expected: FloatArray) -> tuple[int, int] | None:
    """Return the first two groups that are parts of one community; None where there are none."""
    lifts = [_lift(ties[np.ix_(group, group)], expected[np.ix_(group, group)]) for group in groups]
    for one, other in combinations(range(len(groups)), 2):
        left = np.setdiff1d(groups[one], groups[other], assume_unique=True)
        right = np.setdiff1d(groups[other], groups[one], assume_unique=True)
        if not len(left) or not len(right):
            return one, other
        across = np.ix_(left, right)
        tail = float(stats.poisson.sf(ties[across].sum() - 1, expected[across].sum()))
        if tail < _ACROSS and _lift(ties[across], expected[across]) >= _PART * min(lifts[one], lifts[other]):
            return one, other
    return None


def _lift(ties: BoolArray, expected: FloatArray) -> float:
    """Return observed over expected ties."""
    return (float(ties.sum()) + 0.5) / (float(expected.sum()) + 0.5)


def _climb(starts: IntArray, ties: BoolArray, expected: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Grow groups well past their best size, go back to their best, and mend them by one person at a time.

    Growing can not stop at the first step that does not pay: the number of ways to choose a group grows before its
    ties do.
    """
    n, rows = len(ties), np.arange(len(starts))
    choices = _log_choices(n)
    inside = np.zeros((len(starts), n), dtype=bool)
    inside[rows[:, None], starts] = True
    links = ties[starts].sum(axis=1).astype(np.float64)
    means = expected[starts].sum(axis=1)
    best, best_inside = np.full(len(starts), -np.inf), inside.copy()
    observed, mean = np.take_along_axis(links, starts, 1).sum(1) / 2, np.take_along_axis(means, starts, 1).sum(1) / 2
    growing = np.ones(len(starts), dtype=bool)
    for size in range(3, min(_GROW, n) + 1):
        # Whoever has no tie to a group can not raise its score; most people have none, and logarithms are dear.
        row, person = np.nonzero((links > 0) & ~inside)
        gain = np.full(links.shape, -np.inf)
        gain[row, person] = _gain(observed[row] + links[row, person], mean[row] + means[row, person])
        mover = gain.argmax(axis=1)
        growing &= np.isfinite(gain[rows, mover])
        observed, mean = observed + links[rows, mover], mean + means[rows, mover]
        inside[rows, mover] = True
        links, means = links + ties[mover], means + expected[mover]
        score = gain[rows, mover] - choices[size]
        better = growing & (score > best + 1e-9) & (size >= MIN_SIZE)
        best = np.where(better, score, best)
        best_inside[better] = inside[better]
    return _mend(best_inside, best, ties, expected, choices)


def _mend(
    inside: BoolArray, best: FloatArray, ties: BoolArray, expected: FloatArray, choices: FloatArray
) -> tuple[BoolArray, FloatArray]:
    """Let the one person join or leave who raises the score of a group most, until nobody does."""
    n = len(ties)
    inside, best = inside.copy(), best.copy()
    number = ties.astype(np.float64)
    links, means = inside @ number, inside @ expected
    unsettled = np.arange(len(inside))
    for _ in range(n):
        here = inside[unsettled]
        observed, mean = (links * here).sum(axis=1) / 2, (means * here).sum(axis=1) / 2
        size = here.sum(axis=1)
        row, person = np.nonzero(here | (links > 0))
        turn = np.where(here[row, person], -1.0, 1.0)
        after = choices[np.clip(size[row] + turn.astype(np.int64), 0, n)]
        score = np.full(here.shape, -np.inf)
        gain = _gain(observed[row] + turn * links[row, person], mean[row] + turn * means[row, person])
        score[row, person] = gain - after
        mover = score.argmax(axis=1)
        top = score[np.arange(len(score)), mover]
        moving = top > best[unsettled] + 1e-9
        unsettled, mover, top = unsettled[moving], mover[moving], top[moving]
        if not len(unsettled):
            break
        best[unsettled] = top
        # Who joins or leaves changes what the others have by their own row alone.
        sign = np.where(inside[unsettled, mover], -1.0, 1.0)[:, None]
        inside[unsettled, mover] ^= True
        links, means = links[moving] + sign * number[mover], means[moving] + sign * expected[mover]
    return inside, best


def _gain(observed: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the log-likelihood ratio of as many ties against as many as expected; 0 for too few."""
    mean = np.maximum(mean, 1e-9)
    ratio = np.maximum(observed, 1e-300) / mean
    return np.where(observed > mean, observed * np.log(np.maximum(ratio, 1e-300)) - (observed - mean), 0.0)


def _log_choices(n: int) -> FloatArray:
    """Return the logarithm of the number of ways to choose s of n people, for s from 0 to n."""
    steps = np.arange(n + 1, dtype=np.float64)
    result: FloatArray = gammaln(n + 1) - gammaln(steps + 1) - gammaln(n - steps + 1)
    return result


def _symmetric_draw(probability: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Draw a graph whose pairs have a tie independently."""
    upper = np.triu(rng.random(probability.shape) < probability, 1)
    return upper | upper.T


def _jaccard(one: IntArray, other: IntArray) -> float:
    """Return the Jaccard index of two groups of sorted people."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
