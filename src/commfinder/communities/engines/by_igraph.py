"""Leiden on igraph: seeded safely, and sure to come to an end."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.engines.contract import Task
from commfinder.communities.quality import canonical, cpm, modularity, split_unconnected
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

if TYPE_CHECKING:
    import igraph

__all__ = ["Igraph", "among_tied", "graph_of", "in_proportion", "seeded"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# igraph draws from one generator for the whole process: two threads, or a caller who draws at the same time, would
# change each other's results. The lock and the hand-back keep a run to itself.
_LOCK = threading.Lock()

_MAX_ROUNDS, _LEAST_GAIN = 50, 1e-10
_LEAST_WEIGHT, _MOST_RESOLUTION = 1e-300, 1e200


class Igraph:
    """The Leiden algorithm as igraph has it.

    Prefer our own where people are fixed or communities limited in size, and for speed: runs of igraph in one process
    wait for one another. Weights may be any finite numbers above zero; only proportions reach igraph, so that neither
    tiny nor huge ones fall over.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z

    Examples
    --------
    >>> from commfinder.communities.engines.contract import Task
    >>> from commfinder.communities.ties import Ties
    >>> two = Ties.of([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3], n=7)
    >>> Igraph()(Task(two), seed=0).tolist()
    [0, 0, 0, 1, 1, 1, 2]
    """

    name = "igraph"
    can = frozenset({"sizes", "start"})

    def __call__(self, task: Task, seed: int) -> Labels:
        """Find communities; see `Engine`.

        Parameters
        ----------
        task : Task
            What to search for.
        seed : int
            From 0 to 4294967295; equal seeds give equal labels.

        Returns
        -------
        ndarray of int32, shape (n,)
            Canonical labels.

        Raises
        ------
        InputError
            If the task has fixed people or a largest size, which igraph can not take, or the seed is out of range.
        """
        seed = _validate.seed(seed)
        for asked, what in ((task.fixed is not None, "fixed people"), (task.max_size > 0, "a largest size")):
            if asked:
                raise InputError(
                    f"The task has {what}, and the engine 'igraph' can not take that.",
                    need="Only sizes of people and labels to start from can be given to it.",
                    hint="Use the engine 'leiden' or 'leidenalg'.",
                )
        return among_tied(task, lambda part: _seeded_run(part, seed))


def among_tied(task: Task, run: Callable[[Task], Labels]) -> Labels:
    """Run an engine on those who have ties; everybody else, who would only take time, is alone.

    Parameters
    ----------
    task : Task
        The whole task.
    run : callable
        What finds labels in a task with ties; they need be neither canonical nor connected.

    Returns
    -------
    ndarray of int32, shape (n,)
        Canonical labels of connected communities. Fixed people stay together with or without ties.
    """
    n = task.ties.n
    a, b, weight = task.ties.canonical
    labels = np.arange(n, dtype=np.int32) if task.start is None else canonical(task.start)
    tied = np.zeros(n, dtype=np.bool_)
    tied[a] = tied[b] = True
    if task.fixed is not None:
        tied |= task.fixed
    if len(weight):
        part = task if tied.all() else _only(task, tied)
        # Others get labels of their own when communities are split.
        labels[tied] = run(part)
    return split_unconnected(a, b, labels, task.fixed)


def _only(task: Task, who: BoolArray) -> Task:
    """Return the task for some of the people, among whom are all who have ties."""
    number = np.cumsum(who) - 1
    a, b, weight = task.ties.canonical
    return replace(
        task,
        ties=Ties(int(who.sum()), number[a], number[b], weight),
        sizes=None if task.sizes is None else task.sizes[who],
        start=None if task.start is None else task.start[who],
        fixed=None if task.fixed is None else task.fixed[who],
    )


def _seeded_run(task: Task, seed: int) -> Labels:
    """Run Leiden with a seed."""
    with seeded(seed):
        return _run(task)


def _run(task: Task) -> Labels:
    """Run Leiden inside `seeded`, the number of iterations asked for or until nothing improves."""
    graph = graph_of(task.ties)
    share, scale = in_proportion(task.ties.canonical[2])
    options: dict[str, Any] = {"weights": share.tolist()}
    if task.objective == "modularity":
        options |= {"objective_function": "modularity", "resolution": task.resolution}
    else:
        resolution = min(task.resolution / scale, _MOST_RESOLUTION)
        options |= {"objective_function": "CPM", "resolution": resolution}
        options["node_weights"] = None if task.sizes is None else np.asarray(task.sizes, dtype=np.float64).tolist()
    labels = np.arange(task.ties.n, dtype=np.int32) if task.start is None else canonical(task.start)

    def improve(iterations: int) -> Labels:
        found = graph.community_leiden(n_iterations=iterations, initial_membership=labels.tolist(), **options)
        return np.asarray(found.membership, dtype=np.int32)

    if task.iterations:
        return improve(task.iterations)
    # Asked to iterate until nothing improves, igraph may never end: rounding can make it go round in circles. So the
    # caller looks whether anything improves.
    quality = -np.inf
    for _ in range(_MAX_ROUNDS):
        again = improve(2)
        better = _quality(task, share, options["resolution"], again)
        if better <= quality + _LEAST_GAIN:
            break
        labels, quality = again, better
    return labels


def _quality(task: Task, share: FloatArray, resolution: float, labels: Labels) -> float:
    """Return what the task maximises, per unit of weight."""
    a, b, _ = task.ties.canonical
    if task.objective == "modularity":
        return modularity(a, b, share, labels, resolution)
    return cpm(a, b, share, labels, resolution, task.sizes) / float(share.sum())


def graph_of(ties: Ties) -> igraph.Graph:
    """Make the igraph graph of ties; edges in canonical order, since chance meets them in their order.

    Parameters
    ----------
    ties : Ties
        The ties.

    Returns
    -------
    igraph.Graph
        Undirected, without attributes.
    """
    import igraph

    a, b, _ = ties.canonical
    return igraph.Graph(n=ties.n, edges=np.column_stack([a, b]), directed=False)


def in_proportion(weight: FloatArray) -> tuple[FloatArray, float]:
    """Divide weights by the largest, so that sums and products of them fit and equal ones are exactly one.

    Parameters
    ----------
    weight : ndarray of float64, shape (m,)
        Weights above zero.

    Returns
    -------
    share : ndarray of float64, shape (m,)
        Above zero, at most 1. What is smaller than the largest by more than 300 powers of ten counts as that small.
    largest : float
    """
    largest = float(weight.max())
    return np.maximum(weight / largest, _LEAST_WEIGHT), largest


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Give igraph a generator of its own for a while, and the process its generator back.

    Parameters
    ----------
    seed : int
        Seed of the generator.
    """
    import igraph

    with _LOCK:
        igraph.set_random_number_generator(random.Random(seed))
        try:
            yield
        finally:
            igraph.set_random_number_generator(random)
