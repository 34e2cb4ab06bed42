"""The shape of a group: its core, whether it hangs together, on whom it depends, and whether it is two groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from commfinder.declared.statistics import poisson_tail, z_score

__all__ = [
    "Broker",
    "Split",
    "best_split",
    "broker",
    "component_share",
    "member_scores",
    "peel_core",
    "significant_outsiders",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_CORE = 5
_MANY = 400


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
    """

    first: BoolArray
    p: float
    cross_lift: float


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
    cores, z = peel_cores(ties[None], expected[None])
    return cores[0], float(z[0])


def peel_cores(ties: BoolArray, expected: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Peel many groups of one size at once: `peel_core` of each.

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
        weakest = np.where(left, z_score(inner, np.maximum(mean, 0.0)), np.inf).argmin(axis=1)
        left[rows, weakest] = False
        inner = inner - ties[rows, weakest]
        mean = mean - expected[rows, weakest]
    return best, best_z


def component_share(ties: BoolArray) -> float:
    """Return the share of members in the largest connected part; 0 where there is nobody."""
    if not len(ties):
        return 0.0
    _, labels = sparse.csgraph.connected_components(sparse.coo_array(ties.astype(np.int8)), directed=False)
    return float(np.bincount(labels).max()) / len(ties)


def broker(ties: BoolArray, expected: FloatArray) -> Broker:
    """Take away the member most shortest paths pass through, and look at what is left.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.
    expected : ndarray of float, shape (s, s)
        λ.

    Returns
    -------
    Broker
    """
    size = len(ties)
    if size < 3:
        return Broker(0.0, component_share(ties), 1.0)
    top = int(_betweenness(ties).argmax())
    rest = np.arange(size) != top
    inside, mean = ties[np.ix_(rest, rest)], expected[np.ix_(rest, rest)]
    before, after = component_share(ties) * size, component_share(inside) * (size - 1)
    dependence = max(0.0, 1 - after / (before - 1)) if before > 1 else 0.0
    return Broker(dependence, after / (size - 1), poisson_tail(inside.sum() / 2, mean.sum() / 2))


def best_split(ties: BoolArray, expected: FloatArray) -> Split | None:
    """Divide a group in two so that ties exceed expectation most within the halves; None if a half has fewer than five.

    Parameters
    ----------
    ties : ndarray of bool, shape (s, s)
        Ties.
    expected : ndarray of float, shape (s, s)
        λ.

    Returns
    -------
    Split or None
    """
    size = len(ties)
    if size < 2 * MIN_CORE:
        return None
    residual = ties.astype(np.float64) - expected
    np.fill_diagonal(residual, 0.0)
    _, vectors = np.linalg.eigh(residual)
    leading = vectors[:, -1]
    # The sign of an eigenvector is free: fix it, so that every machine finds the same halves.
    side = np.where(leading * np.sign(leading[np.abs(leading).argmax()]) >= 0, 1.0, -1.0)
    for _ in range(2 * size):
        gain = -side * (residual @ side)
        mover = int(gain.argmax())
        if gain[mover] <= 1e-9:
            break
        side[mover] = -side[mover]
    first = side > 0
    if min(first.sum(), size - first.sum()) < MIN_CORE:
        return None
    tails = [poisson_tail(_half(ties, half), _half(expected, half)) for half in (first, ~first)]
    across, mean = ties[np.ix_(first, ~first)].sum(), expected[np.ix_(first, ~first)].sum()
    return Split(first, max(tails), float((across + 0.5) / (mean + 0.5)))


def _half(matrix: npt.NDArray[np.generic], members: BoolArray) -> float:
    """Sum a symmetric matrix over the pairs of some members."""
    return float(matrix[np.ix_(members, members)].sum()) / 2


def _betweenness(ties: BoolArray) -> FloatArray:
    """Return betweenness: the shortest paths through each member, by matrices of numbers of paths.

    In a group of more than 400 the cubic cost is not worth it, and the member with the most ties stands in.
    """
    if len(ties) > _MANY:
        return np.asarray(ties.sum(axis=1), dtype=np.float64)
    distance, paths = _shortest_paths(ties)
    score = np.zeros(len(ties))
    for middle in range(len(ties)):
        through = distance[:, middle, None] + distance[None, middle, :] == distance
        share = np.divide(
            np.outer(paths[:, middle], paths[middle]), paths, out=np.zeros_like(paths), where=through & (paths > 0)
        )
        share[middle] = share[:, middle] = 0.0
        np.fill_diagonal(share, 0.0)
        score[middle] = share.sum() / 2
    return score.round(9)


def _shortest_paths(ties: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return lengths and numbers of shortest paths between all members."""
    size = len(ties)
    distance = np.where(np.eye(size, dtype=bool), 0.0, np.inf)
    paths = np.eye(size)
    front = paths.copy()
    for step in range(1, size):
        front = np.where(np.isinf(distance), front @ ties.astype(np.float64), 0.0)
        if not front.any():
            break
        distance[front > 0] = step
        paths += front
    return distance, paths


def significant_outsiders(observed: FloatArray, expected: FloatArray, *, alpha: float, min_ties: int = 3) -> BoolArray:
    """Tell who outside has more ties to a group than expected, after Benjamini–Hochberg over everybody outside."""
    if not len(observed):
        return np.zeros(0, dtype=bool)
    tail = stats.poisson.sf(observed - 1, expected)
    found: BoolArray = (stats.false_discovery_control(np.clip(tail, 0.0, 1.0), method="bh") <= alpha) & (
        observed >= min_ties
    )
    return found
