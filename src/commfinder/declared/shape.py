"""The shape of a group: its core, whether it hangs together, on whom it depends, and whether it is two groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from commfinder.declared.statistics import poisson_tail, z_score
from commfinder.graph.groups import MIN_CORE, betweenness, divided, peeled

__all__ = [
    "MIN_CORE",
    "Bridge",
    "Broker",
    "Split",
    "best_split",
    "bridge",
    "broker",
    "brokers",
    "component_share",
    "member_scores",
    "peel_core",
    "peel_cores",
    "significant_outsiders",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MANY, _BRIDGED = 400, 4


@dataclass(frozen=True)
class Broker:
    """What is left of a group without the member most paths pass through.

    Parameters
    ----------
    dependence : float
        Share of the largest connected part that is cut off without that member, 0 to 1.
    remaining : float
        Share of the other members in the largest connected part that is left.
    p : float
        Tail probability of the ties among the others.
    """

    dependence: float
    remaining: float
    p: float


@dataclass(frozen=True)
class Bridge:
    """What the member most paths pass through joins, among all who are active; prefer `Broker` for what is left.

    Parameters
    ----------
    cut_off : float
        Share of the largest connected part that is cut off without that member, 0 to 1; whoever has no tie inside
        counts for nothing.
    share : float
        Of each of the two largest parts that are left, the share to whom that member has ties; the smaller one. 0
        where the others hang together. A chance tie between two groups leaves it small, a broker does not.
    lead : float
        Ties of that member over the mean of the others; a half is added to both.
    alone : float
        Share of the members without a tie inside.
    """

    cut_off: float
    share: float
    lead: float
    alone: float


@dataclass(frozen=True)
class Split:
    """The best division of a group into two.

    Parameters
    ----------
    first : ndarray of bool
        Who is in the first half.
    p : float
        The larger of the two halves' tail probabilities.
    cross_lift : float
        Ties between the halves over those expected.
    half_tails : tuple of float
        Tail probability of each half.
    cross_p : float
        Probability of as many ties between the halves, or more.
    p_permutation : float
        How often matched rosters divide into two that stand out as much; nan where it was not asked.
    across, due, even : float
        Ties between the halves; those expected; those there would be were the group's ties spread evenly over its
        pairs.
    busiest : float
        Share of the ties between the halves that one member has, 0 to 1; a half is added to the count, and one to all.
    """

    first: BoolArray
    p: float
    cross_lift: float
    half_tails: tuple[float, float] = (float("nan"), float("nan"))
    cross_p: float = float("nan")
    p_permutation: float = float("nan")
    across: float = float("nan")
    due: float = float("nan")
    even: float = float("nan")
    busiest: float = float("nan")

    @property
    def apart(self) -> float:
        """Log-likelihood of the ties across under what is expected of strangers, less that under an even spread.

        Above 0, two groups account for them better than one. nan where the ties across are not known.
        """
        even = max(self.even, self.due)
        return float((even - self.due) - self.across * np.log((even + 0.5) / (self.due + 0.5)))


def member_scores(ties: BoolArray, expected: FloatArray) -> FloatArray:
    """Return z of each member: ties to the other members against those expected."""
    return z_score(ties.sum(axis=1), expected.sum(axis=1))


def peel_core(ties: BoolArray, expected: FloatArray) -> tuple[BoolArray, float]:
    """Peel off the member who adds least, again and again, and keep the stage at which the rest stands out most.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.
    expected : ndarray of float, shape (s, s)
        λ.

    Returns
    -------
    core : ndarray of bool, shape (s,)
        Nobody where the group has fewer than five.
    z : float
        z of the core; -inf where there is none.

    Notes
    -----
    The stage is chosen by looking at the ties, so its z says nothing by itself: compare it with that of the cores of
    matched rosters, or confirm the core on windows that it was not chosen on.
    """
    core, z = peeled(*_compiled(ties, expected))
    return core, float(z)


def peel_cores(ties: BoolArray, expected: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Peel many groups of one size at once: `peel_core` of each, in plain NumPy.

    Parameters
    ----------
    ties : ndarray of bool, shape (r, s, s)
        Ties of each group.
    expected : ndarray of float, shape (r, s, s)
        λ of each group.

    Returns
    -------
    cores : ndarray of bool, shape (r, s)
    z : ndarray of float, shape (r,)
    """
    groups, size, _ = ties.shape
    rows = np.arange(groups)
    left = np.ones((groups, size), dtype=bool)
    inner, mean = ties.sum(axis=2).astype(np.float64), expected.sum(axis=2)
    best, best_z = np.zeros((groups, size), dtype=bool), np.full(groups, -np.inf)
    for _ in range(size - MIN_CORE + 1):
        z = z_score((inner * left).sum(axis=1) / 2, (mean * left).sum(axis=1) / 2)
        better = z > best_z + 1e-12
        best_z = np.where(better, z, best_z)
        best[better] = left[better]
        # Of those who are equal but for rounding, the first goes.
        scores = np.where(left, z_score(inner, np.maximum(mean, 0.0)), np.inf)
        weakest = (scores <= scores.min(axis=1, keepdims=True) + 1e-9).argmax(axis=1)
        left[rows, weakest] = False
        inner = inner - ties[rows, weakest]
        mean = mean - expected[rows, weakest]
    return best, best_z


def component_share(ties: BoolArray) -> float:
    """Return the share of members in the largest connected part; 0 where there is nobody."""
    if not len(ties):
        return 0.0
    return float(np.bincount(_parts(ties)).max()) / len(ties)


def _parts(ties: BoolArray) -> npt.NDArray[np.int32]:
    """Return the number of the connected part that each member is in."""
    _, labels = sparse.csgraph.connected_components(sparse.coo_array(ties.astype(np.int8)), directed=False)
    return np.asarray(labels)


def broker(ties: BoolArray, expected: FloatArray, *, members: int = 1) -> Broker:
    """Take away the member most shortest paths pass through, and look at what is left.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.
    expected : ndarray of float, shape (s, s)
        λ.
    members : int, default 1
        How many to take away: those with the highest betweenness in the whole group.

    Returns
    -------
    Broker
        A group of which fewer than two others would be left depends on nobody that could be told.
    """
    return brokers(ties, expected, up_to=members)[-1]


def brokers(ties: BoolArray, expected: FloatArray, *, up_to: int = 2) -> list[Broker]:
    """Return what is left without one member, without two, and so on; see `broker`."""
    size = len(ties)
    order = np.argsort(-_betweenness(ties), kind="stable") if size > 2 else np.arange(size)
    before = component_share(ties) * size
    found = []
    for many in range(1, up_to + 1):
        if size < many + 2:
            found.append(Broker(0.0, component_share(ties), 1.0))
            continue
        rest = np.ones(size, dtype=bool)
        rest[order[:many]] = False
        inside, mean = ties[np.ix_(rest, rest)], expected[np.ix_(rest, rest)]
        after = component_share(inside) * (size - many)
        dependence = max(0.0, 1 - after / (before - many)) if before > many else 0.0
        found.append(Broker(dependence, after / (size - many), poisson_tail(inside.sum() / 2, mean.sum() / 2)))
    return found


def bridge(ties: BoolArray) -> Bridge:
    """Look at what the member most shortest paths pass through joins.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.

    Returns
    -------
    Bridge
        Of a group of fewer than four nothing can be told.
    """
    size, degree = len(ties), ties.sum(axis=1)
    alone = float((degree == 0).mean()) if size else 0.0
    if size < _BRIDGED:
        return Bridge(0.0, 0.0, 1.0, alone)
    most = int(np.argsort(-_betweenness(ties), kind="stable")[0])
    rest = np.flatnonzero(np.arange(size) != most)
    lead = float((degree[most] + 0.5) / (degree[rest].mean() + 0.5))
    part = _parts(ties[np.ix_(rest, rest)])
    count = np.bincount(part)
    before = component_share(ties) * size
    cut_off = max(0.0, float(1 - count.max() / (before - 1))) if before > 1 else 0.0
    if len(count) < 2:
        return Bridge(cut_off, 0.0, lead, alone)
    largest = np.argsort(-count, kind="stable")[:2]
    return Bridge(cut_off, min(float(ties[most, rest[part == one]].mean()) for one in largest), lead, alone)


def best_split(ties: BoolArray, expected: FloatArray) -> Split | None:
    """Divide a group in two so that ties exceed an even spread most within halves; None if one has fewer than five.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.
    expected : ndarray of float, shape (s, s)
        λ.

    Returns
    -------
    Split or None

    Notes
    -----
    What is expected is raised to as many ties as the group has before it is divided: a group with more ties than
    expected everywhere would stay whole else, however clearly it falls in two. Tails and lift are against what is
    expected as it is.
    """
    size = len(ties)
    if size < 2 * MIN_CORE:
        return None
    mean = float(expected.sum())
    raised = max(float(ties.sum()) / mean, 1.0) if mean > 0 else 1.0
    first: BoolArray = divided(*_compiled(ties, expected * raised)) > 0
    # Which half is the first is free: the first member is in it.
    first = first == first[0]
    if min(first.sum(), size - first.sum()) < MIN_CORE:
        return None
    one, other = (poisson_tail(_half(ties, half), _half(expected, half)) for half in (first, ~first))
    crossing = ties[np.ix_(first, ~first)]
    across, due = float(crossing.sum()), float(expected[np.ix_(first, ~first)].sum())
    busiest = max(int(crossing.sum(axis=0).max()), int(crossing.sum(axis=1).max()))
    return Split(
        first,
        max(one, other),
        (across + 0.5) / (due + 0.5),
        (one, other),
        poisson_tail(across, due),
        across=across,
        due=due,
        even=float(ties.sum()) * crossing.size / (size * (size - 1)),
        busiest=(busiest + 0.5) / (across + 1),
    )


def _half(matrix: npt.NDArray[np.generic], members: BoolArray) -> float:
    """Sum a symmetric matrix over the pairs of some members."""
    return float(matrix[np.ix_(members, members)].sum()) / 2


def _betweenness(ties: BoolArray) -> FloatArray:
    """Return betweenness: the shortest paths through each member.

    In a group of more than 400 it is not worth its cost, and the member with the most ties stands in.
    """
    if len(ties) > _MANY:
        return np.asarray(ties.sum(axis=1), dtype=np.float64)
    score: FloatArray = betweenness(np.ascontiguousarray(ties)).round(9)
    return score


def _compiled(ties: BoolArray, expected: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return λ and ties in the order and layout that compiled code asks for."""
    return np.ascontiguousarray(expected, dtype=np.float64), np.ascontiguousarray(ties, dtype=np.bool_)


def significant_outsiders(
    observed: FloatArray, expected: FloatArray, *, alpha: float, min_ties: int = 3, others: int = 0
) -> BoolArray:
    """Tell who outside has more ties to a group than expected, after Benjamini–Hochberg over everybody outside.

    Parameters
    ----------
    observed, expected : ndarray of float, shape (n,)
        Ties of each to the group.
    alpha : float
        False discovery rate.
    min_ties : int, default 3
        Whoever has fewer does not belong, however unlikely they are.
    others : int, default 0
        People outside who have too few ties to be listed: they count as tests.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    if not len(observed):
        return np.zeros(0, dtype=bool)
    tail = np.where(observed >= min_ties, special.gammainc(np.maximum(observed, 1), np.maximum(expected, 0.0)), 1.0)
    order = np.argsort(tail, kind="stable")
    rank = np.arange(1, len(order) + 1)
    passed = np.flatnonzero(tail[order] * (len(order) + others) <= alpha * rank)
    found = np.zeros(len(observed), dtype=bool)
    found[order[: passed.max(initial=-1) + 1]] = True
    return found & (observed >= min_ties)
