"""Communities beyond formal structure: groups whose ties unit, site, manager and activity do not explain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import gammaln

from commfinder.communities.beyond_kernel import climbed
from commfinder.communities.confidence import Clue, surprise_of_chance
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
_GROW = 40


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
    clues : list of Clue
        What speaks for each community and for its members, who are in the same order.
    """

    members: list[IntArray]
    stability: list[float]
    threshold: float
    clues: list[Clue]


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
    chance = np.full(_NULL_GRAPHS, -np.inf)
    for draw in range(_NULL_GRAPHS):
        drawn = _symmetric_draw(np.minimum(expected, 1.0), rng)
        chance[draw] = max((score for _, score in _search(drawn, expected)), default=-np.inf)
        stage.advance()
    threshold = float(chance.max())
    passed = [(members, score) for members, score in found if score > threshold]
    real = _joined([members for members, _ in passed], ties, expected)
    alike = np.zeros((_THINNED, len(real)))
    back = [np.zeros(len(members)) for members in real]
    for run in range(_THINNED):
        for number, most in enumerate(_thinned(real, ties, expected, rng)):
            alike[run, number] = _jaccard(real[number], most)
            back[number] += np.isin(real[number], most)
        stage.advance()
    stability = alike.mean(axis=0).tolist()
    clues, everybody = [], []
    for number, members in enumerate(real):
        order = np.argsort(people[members])
        # A part can be more striking than what it was joined to.
        best = max(score for part, score in passed if np.isin(part, members).all())
        share = back[number][order] / _THINNED
        clues.append(Clue(surprise_of_chance(best, chance), stability[number], len(people), share))
        everybody.append(people[members][order])
    return Hidden(everybody, stability, threshold, clues)


def _thinned(real: list[IntArray], ties: BoolArray, expected: FloatArray, rng: np.random.Generator) -> list[IntArray]:
    """Search again with one tie in ten left out; return the group most like each, nobody where there is none."""
    if not real:
        return []
    thin = ties & _symmetric_draw(np.full(ties.shape, _KEPT), rng)
    again = _joined([members for members, _ in _search(thin, expected * _KEPT)], thin, expected * _KEPT)
    nobody = np.empty(0, np.int64)
    return [max(again, key=partial(_jaccard, members), default=nobody) for members in real]


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
    found = climbed(starts, ties, expected, _log_choices(len(ties)), MIN_SIZE, min(_GROW, len(ties)))
    for row, score in zip(*found, strict=True):
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
