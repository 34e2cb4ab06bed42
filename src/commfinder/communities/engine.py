"""Leiden on igraph: seeded safely, with canonical labels."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.errors import InputError

if TYPE_CHECKING:
    import igraph

__all__ = ["canonical", "graph_of", "leiden", "modularity", "run", "seeded"]

IntArray = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

# igraph draws from one generator for the whole process: two threads, or a caller who draws at the same time, would
# change each other's results. The lock and the hand-back keep a run to itself.
_LOCK = threading.Lock()

_MAX_ROUNDS, _LEAST_GAIN = 50, 1e-10


def leiden(
    source: npt.ArrayLike,
    target: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    n: int,
    resolution: float = 1.0,
    seed: int = 0,
) -> Labels:
    """Find communities in tie arrays by the Leiden algorithm; prefer `find_communities` for an `InteractionGraph`.

    Parameters
    ----------
    source, target : array-like of int, shape (m,)
        The two ends of each tie, from 0 to n - 1. Pairs given more than once add up; self-loops are refused.
    weight : array-like of float, shape (m,), optional
        Weights above zero; None for 1 each.
    n : int
        Number of people.
    resolution : float, default 1.0
        Resolution of modularity: higher gives more and smaller communities.
    seed : int, default 0
        Seed of the run.

    Returns
    -------
    ndarray of int32, shape (n,)
        Labels, 0 the largest community; of equal size, the one with the smallest member first. Whoever has no tie is
        alone.

    Raises
    ------
    InputError
        If arrays differ in length, an end is out of range, or a weight is not finite and above zero.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z

    Examples
    --------
    >>> leiden([0, 0, 1, 3, 3, 4], [1, 2, 2, 4, 5, 5], n=7).tolist()
    [0, 0, 0, 1, 1, 1, 2]
    """
    n = _validate.count(n, what="n", low=0)
    gamma = _validate.positive(resolution, what="resolution")
    a, b, w = _checked(source, target, weight, n)
    with seeded(_validate.seed(seed)):
        return run(graph_of(a, b, n), w, gamma)


def graph_of(a: IntArray, b: IntArray, n: int) -> igraph.Graph:
    """Make the igraph graph that `run` works on; edges in canonical order, since their order can matter to ties."""
    import igraph

    return igraph.Graph(n=n, edges=np.column_stack([a, b]), directed=False)


def run(graph: igraph.Graph, weight: FloatArray, resolution: float) -> Labels:
    """Run Leiden once, inside `seeded`, until nothing improves; return canonical labels."""
    if graph.ecount() == 0:
        return np.arange(graph.vcount(), dtype=np.int32)
    options = {"objective_function": "modularity", "weights": weight.tolist(), "resolution": resolution}
    found = graph.community_leiden(n_iterations=2, **options)
    quality = _quality(graph, found.membership, weight, resolution)
    # Asked to iterate until nothing improves, igraph may never end: with equal weights, rounding makes it go round in
    # circles. So the caller looks whether anything improves.
    for _ in range(_MAX_ROUNDS):
        again = graph.community_leiden(n_iterations=2, initial_membership=found.membership, **options)
        better = _quality(graph, again.membership, weight, resolution)
        if better <= quality + _LEAST_GAIN:
            break
        found, quality = again, better
    return canonical(np.asarray(found.membership, dtype=np.int64))


def _quality(graph: igraph.Graph, membership: list[int], weight: FloatArray, resolution: float) -> float:
    """Return the modularity of a membership, as igraph reckons it."""
    return float(graph.modularity(membership, weights=weight.tolist(), resolution=resolution))


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Give igraph a generator of its own for a while, and the process its generator back."""
    import igraph

    with _LOCK:
        igraph.set_random_number_generator(random.Random(seed))
        try:
            yield
        finally:
            igraph.set_random_number_generator(random)


def canonical(labels: IntArray) -> Labels:
    """Number communities by size, largest first; of equal size, the one with the smallest member first.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Any labels.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    _, first, inverse, size = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -size))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[inverse]


def modularity(a: IntArray, b: IntArray, weight: FloatArray, labels: Labels, resolution: float) -> float:
    """Return the modularity of labels: sum over communities of (w_in - resolution K² / 4m) / m.

    Parameters
    ----------
    a, b : ndarray of int
        Ends of the ties.
    weight : ndarray of float
        Their weights.
    labels : ndarray of int
        Community of each person.
    resolution : float
        Resolution.

    Returns
    -------
    float
        0 for a graph without ties.
    """
    total = float(weight.sum())
    if total == 0:
        return 0.0
    n = len(labels)
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    inside = float(weight[labels[a] == labels[b]].sum())
    of_community = np.bincount(labels, strength)
    return inside / total - resolution * float((of_community**2).sum()) / (4 * total**2)


def _checked(source: Any, target: Any, weight: Any, n: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Check tie arrays; give each pair once, in canonical order."""
    a, b = np.atleast_1d(np.asarray(source)), np.atleast_1d(np.asarray(target))
    w = np.ones(len(a)) if weight is None else np.atleast_1d(np.asarray(weight, dtype=np.float64))
    if not len(a) == len(b) == len(w):
        raise InputError(
            f"There are {len(a)} sources, {len(b)} targets and {len(w)} weights.", need="They must be as many."
        )
    if not len(a):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    for name, ends in (("source", a), ("target", b)):
        if ends.dtype.kind not in "iu":
            raise InputError(f"{name} has the type {ends.dtype}.", need="Whole numbers from 0 to n - 1 are needed.")
        if int(ends.min()) < 0 or int(ends.max()) >= n:
            worst = int(ends.min()) if int(ends.min()) < 0 else int(ends.max())
            raise InputError(f"{name} holds {worst}.", need=f"Numbers from 0 to n - 1 = {n - 1} are needed.")
    if bool((a == b).any()):
        raise InputError(f"Tie {int((a == b).argmax())} joins a person to itself.", hint="Leave self-loops out.")
    bad = ~(np.isfinite(w) & (w > 0))
    if bad.any():
        place = int(bad.argmax())
        raise InputError(f"weight[{place}] is {w[place]}.", need="Finite weights above 0 are needed.")
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    order = np.lexsort((w, high, low))
    low, high, w = low[order], high[order], w[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)])
    return low[starts], high[starts], np.add.reduceat(w, starts)
