"""Communities beyond formal structure: groups whose ties unit, site, manager and activity do not explain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats
from scipy.special import gammaln

from commfinder.communities.beyond_chance import Chance, Lines, lines_of
from commfinder.communities.beyond_kernel import climbed, partners
from commfinder.communities.confidence import Clue, surprise_of_chance
from commfinder.communities.threads import processors, together
from commfinder.communities.ties import Ties
from commfinder.graph import InteractionGraph
from commfinder.graph.drawing import drawn_graphs
from commfinder.graph.expected import DyadNull
from commfinder.progress import Stage

__all__ = ["MOST_TIES", "Hidden", "by_structure", "excess", "excess_of", "find_beyond", "searches"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

Done = TypeVar("Done")

MOST_TIES = 500_000
"""In graphs of more ties the search takes minutes, and is left out."""

_EVERYBODY = 2000
"""In graphs of more people a group grows from those pairs alone that have more than one contact in common."""

MIN_SIZE = 5
_MANY_TIES = 200_000
"""In graphs of more ties fewer graphs are drawn."""

_THINNED, _KEPT = 5, 0.9
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
        Score that a community must pass: the third largest of the best scores in 59 graphs drawn from the null (above
        200,000 ties the largest in 19), so that of twenty graphs without any hidden community one shows one.
    clues : list of Clue
        What speaks for each community and for its members, who are in the same order.
    """

    members: list[IntArray]
    stability: list[float]
    threshold: float
    clues: list[Clue]


def searches(ties: int) -> int:
    """Return how many searches `find_beyond` makes, and tells its stage about.

    Parameters
    ----------
    ties : int
        Number of ties.

    Returns
    -------
    int
    """
    return 1 + _draws(ties)[0] + _THINNED


def _draws(ties: int) -> tuple[int, int]:
    """Return how many graphs of chance are drawn, and the rank of the best score among them that is the bar.

    Chance passes both bars once in twenty times; the first is steadier.
    """
    return (59, 3) if ties <= _MANY_TIES else (19, 1)


def find_beyond(graph: InteractionGraph, null: DyadNull, *, rng: np.random.Generator, stage: Stage) -> Hidden:
    """Find groups with more ties inside than formal structure and activity explain.

    Parameters
    ----------
    graph : InteractionGraph
        The graph, with at most `MOST_TIES` ties.
    null : DyadNull
        Expected ties.
    rng : numpy.random.Generator
        Source of chance.
    stage : Stage
        Told about each search: as many as `searches` says.

    Returns
    -------
    Hidden

    Notes
    -----
    From every person and the one with whom they have most surprising contacts in common, a group grows one person at a
    time, goes back to its best size, and is mended by one person at a time. Among more than 2,000 people only pairs
    with more than one such contact are grown from; in trials this lost no planted group. Best is what has the highest
    score m ln(m/μ) - (m - μ) - ln C(n, s): the log-likelihood ratio of its m ties against the μ expected, less the
    logarithm of the number of groups of its size. A partition can not show such groups: everybody is in a unit, and
    units win. The search itself makes chance look striking, so the same search on graphs drawn from the null sets the
    bar (max-statistic, family-wise error 1 in 20). OSLOM scores single communities in the same spirit.

    References
    ----------
    .. [1] Lancichinetti, Radicchi, Ramasco, Fortunato (2011), Finding statistically significant communities in
    networks.
       doi:10.1371/journal.pone.0018961
    """
    people = by_structure(graph)
    adjacency = graph.adjacency()[people][:, people]
    adjacency.sort_indices()
    lines = Lines(adjacency.indptr.astype(np.int64), adjacency.indices.astype(np.int64))
    expected = Chance.of(null, people)
    found = _search(lines, expected)
    stage.advance()
    draws, rank = _draws(len(lines.others) // 2)
    graphs = (lines_of(i, j, len(people)) for i, j in drawn_graphs(null, people, draws, rng))
    chance = np.array(_each(partial(_best, expected=expected), graphs, stage))
    threshold = float(np.sort(chance)[-rank])
    passed = [(members, score) for members, score in found if score > threshold]
    real = _joined([members for members, _ in passed], lines, expected)
    thin = (_thinned(lines, rng) for _ in range(_THINNED))
    again = _each(partial(_found_again, real, expected=expected.seen(_KEPT)), thin, stage)
    alike = np.zeros((_THINNED, len(real)))
    back = [np.zeros(len(members)) for members in real]
    for run, groups in enumerate(again):
        for number, most in enumerate(groups):
            alike[run, number] = _jaccard(real[number], most)
            back[number] += np.isin(real[number], most)
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


def _each(work: Callable[[Lines], Done], graphs: Iterable[Lines], stage: Stage) -> list[Done]:
    """Search graphs side by side, no more of them at a time than there are processors."""
    done: list[Done] = []
    rest = iter(graphs)
    while some := list(islice(rest, processors())):
        done += together(work, some)
        stage.advance(len(some))
    return done


def _thinned(lines: Lines, rng: np.random.Generator) -> Lines:
    """Leave one tie in ten out."""
    i, j = lines.pairs
    kept = rng.random(len(i)) < _KEPT
    return lines_of(i[kept], j[kept], len(lines.starts) - 1)


def _found_again(real: list[IntArray], lines: Lines, *, expected: Chance) -> list[IntArray]:
    """Search where some ties are left out; return the group most like each real one, nobody where there is none."""
    if not real:
        return []
    again = _joined([members for members, _ in _search(lines, expected)], lines, expected)
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


def _grown(lines: Lines, expected: Chance) -> list[tuple[IntArray, float]]:
    """Grow a group from every person; return those that got large enough, each once, the most striking first."""
    n = len(lines.starts) - 1
    partner = partners(lines, expected.rates, 0.0 if n <= _EVERYBODY else 1.0)
    first = np.flatnonzero(partner >= 0)
    starts = np.unique(np.sort(np.column_stack([first, partner[first]]), axis=1), axis=0)
    members, ends, scores = climbed(starts, lines, expected.rates, _log_choices(n), MIN_SIZE, min(_GROW, n))
    found: dict[bytes, tuple[IntArray, float]] = {}
    for group, score in zip(np.split(members, ends[:-1]) if len(ends) else [], scores, strict=True):
        if len(group) >= MIN_SIZE:
            found[group.tobytes()] = (group, float(score))
    return sorted(found.values(), key=lambda one: (-round(one[1], 9), one[0].tolist()))


def _best(lines: Lines, *, expected: Chance) -> float:
    """Return the score of the most striking group; -inf where there is none."""
    return max((score for _, score in _grown(lines, expected)), default=-np.inf)


def _search(lines: Lines, expected: Chance) -> list[tuple[IntArray, float]]:
    """Grow a group from every person; keep the most striking of those that are alike."""
    kept: list[tuple[IntArray, float]] = []
    where: defaultdict[int, list[int]] = defaultdict(list)
    for group, score in _grown(lines, expected):
        everybody = group.tolist()
        common = Counter(number for person in everybody for number in where[person])
        if all(many < _SAME * (len(group) + len(kept[number][0]) - many) for number, many in common.items()):
            for person in everybody:
                where[person].append(len(kept))
            kept.append((group, score))
    return kept


def _joined(groups: list[IntArray], lines: Lines, expected: Chance) -> list[IntArray]:
    """Join groups that have extra ties across much as they have inside: they are parts of one community.

    The score can like a dense part of a community better than the whole, as the null, fitted to the same ties,
    expects some of them.
    """
    groups, matrix = list(groups), lines.matrix()
    lifts = [_lift(_ties(matrix, group, group), expected.between(group, group)) for group in groups]
    apart: set[tuple[bytes, bytes]] = set()
    while True:
        pair = _first_parts_of_one(groups, lifts, matrix, expected, apart)
        if pair is None:
            return groups
        one, other = pair
        groups[one] = np.union1d(groups[one], groups[other])
        lifts[one] = _lift(_ties(matrix, groups[one], groups[one]), expected.between(groups[one], groups[one]))
        del groups[other], lifts[other]


def _first_parts_of_one(
    groups: list[IntArray],
    lifts: list[float],
    matrix: sparse.csr_array,
    expected: Chance,
    apart: set[tuple[bytes, bytes]],
) -> tuple[int, int] | None:
    """Return the first two groups that are parts of one community; None where there are none.

    Those that were found to be `apart` are not asked again, and those without a person or a tie in common not at all.
    """
    for one, other in _in_touch(groups, matrix):
        key = (groups[one].tobytes(), groups[other].tobytes())
        if key in apart:
            continue
        left = np.setdiff1d(groups[one], groups[other], assume_unique=True)
        right = np.setdiff1d(groups[other], groups[one], assume_unique=True)
        if not len(left) or not len(right):
            return one, other
        ties, mean = _ties(matrix, left, right), expected.between(left, right)
        tail = float(stats.poisson.sf(ties - 1, mean))
        if tail < _ACROSS and _lift(ties, mean) >= _PART * min(lifts[one], lifts[other]):
            return one, other
        apart.add(key)
    return None


def _in_touch(groups: list[IntArray], matrix: sparse.csr_array) -> list[tuple[int, int]]:
    """Return pairs of groups that have people or ties in common, in order."""
    ends = np.cumsum([0, *(len(group) for group in groups)])
    who = np.concatenate([np.empty(0, np.int64), *groups])
    within = sparse.csr_array((np.ones(len(who)), who, ends), shape=(len(groups), matrix.shape[0]))
    touched = sparse.csr_array(within @ matrix @ within.T + within @ within.T)
    one, other = touched.nonzero()
    order = np.lexsort((other, one))
    return [(int(g), int(h)) for g, h in zip(one[order], other[order], strict=True) if g < h]


def _ties(matrix: sparse.csr_array, one: IntArray, other: IntArray) -> float:
    """Return the sum of ties over all pairs of a person of one group and one of the other."""
    return float(matrix[one][:, other].sum())


def _lift(ties: float, expected: float) -> float:
    """Return observed over expected ties."""
    return (ties + 0.5) / (expected + 0.5)


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


def _jaccard(one: IntArray, other: IntArray) -> float:
    """Return the Jaccard index of two groups of sorted people."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
