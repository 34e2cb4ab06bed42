"""Leiden of our own, compiled: the same bytes every time, on any number of threads."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commfinder.communities.adjacency import Adjacency, large, mixed, renumbered, structure_keys
from commfinder.communities.engines import kernel
from commfinder.communities.engines.contract import Task
from commfinder.communities.engines.kernel import Graph
from commfinder.communities.quality import canonical
from commfinder.communities.threads import in_turn, processors, together

__all__ = ["Leiden"]

Labels = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]
UInt64 = npt.NDArray[np.uint64]

_MOST_ITERATIONS, _MOST_PULL = 100, 1e290
_BLOCK = 512


class Leiden:
    """The Leiden algorithm on compressed rows; equal seeds give equal bytes, on any number of threads.

    Chance decides the order in which people are visited, nothing else: refinement takes the best part, not one drawn
    in proportion to its gain.

    Parameters
    ----------
    threads : int, optional
        Threads for refinement and aggregation of large graphs; None for as many as there are processors.
    """

    name = "leiden"
    can = frozenset({"sizes", "start", "fixed", "max_size"})

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads

    def __call__(self, task: Task, seed: int) -> Labels:
        """Find communities; see `Engine`."""
        n, rows = task.ties.n, task.ties.rows
        labels = np.arange(n, dtype=np.int32) if task.start is None else _small_enough(task)
        if not len(rows.weight):
            fixed = False if task.fixed is None else task.fixed
            return canonical(np.where(fixed, labels, n + np.arange(n)))
        order, rows, keys = _numbered(task)
        graph, pull = _graph(task, order, rows, keys)
        labels = labels if order is None else labels[order]
        rooms = _rooms(len(rows.weight), processors() if self._threads is None else self._threads)
        for iteration in range(task.iterations or _MOST_ITERATIONS):
            if not _iterate(graph, labels, pull, task.max_size, seed * _MOST_ITERATIONS + iteration, rooms):
                break
        if order is not None:
            labels[order] = labels.copy()
        return canonical(labels)


def _numbered(task: Task) -> tuple[npt.NDArray[np.int64] | None, Adjacency, UInt64]:
    """Return the old number of each new one if people are numbered anew, the rows, and what tells people apart.

    In large graphs it takes too long to look up keys wherever people are visited: numbers are the keys there, and they
    are given by structure first.
    """
    ties, sizes = task.ties, task.sizes
    if not large(ties.n):
        return None, ties.rows, ties.keys if sizes is None else structure_keys(ties.rows, sizes.view(np.uint64))
    number = np.arange(ties.n, dtype=np.uint64)
    if sizes is None:
        return *ties.numbered, number
    order = np.argsort(structure_keys(ties.rows, sizes.view(np.uint64)), kind="stable").astype(np.int64)
    return order, renumbered(ties.rows, order, processors()), number


def _graph(task: Task, order: npt.NDArray[np.int64] | None, rows: Adjacency, keys: UInt64) -> tuple[Graph, float]:
    """Return what the kernel works on, and the pull of sizes against weight."""
    n = task.ties.n
    fixed = np.zeros(n, np.bool_) if task.fixed is None else task.fixed
    size = np.ones(n) if task.sizes is None else task.sizes
    if order is not None:
        fixed, size = fixed[order], size[order]
    if task.objective == "modularity":
        size, pull = rows.strength, task.resolution / float(rows.strength.sum())
    else:
        pull = min(task.resolution / rows.unit, _MOST_PULL)
    start, stop = rows.start[:-1], rows.start[1:]
    return Graph(start, stop, rows.neighbour, rows.weight, size, np.ones(n, np.int64), keys, fixed), pull


class _Rooms(NamedTuple):
    """Room for the rows of smaller graphs: while one is read, the other is written to.

    As much as there could be ties, and one place to spare for each thread: what is not written to is not there, for the
    operating system. It is asked for once, since getting memory takes as long as working with it.
    """

    threads: int
    neighbour: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]
    weight: tuple[Float64, Float64]


def _rooms(ties: int, threads: int) -> _Rooms:
    """Ask for room."""
    size = ties + threads
    return _Rooms(threads, (np.empty(size, np.int32), np.empty(size, np.int32)), (np.empty(size), np.empty(size)))


def _iterate(graph: Graph, labels: Labels, pull: float, most: int, seed: int, rooms: _Rooms) -> bool:
    """Go once through the three phases, level by level; change `labels` in place and tell whether anything moved."""
    path: list[Labels] = []
    level, here, moved = graph, labels, False
    while True:
        order = _order(level.keys, seed)
        n, turns = len(order), len(in_turn(rooms.threads, int((level.stop - level.start).sum())))
        moved |= bool(kernel.move(level, order, here, pull, most, np.zeros((n, 2)), np.empty(n)))
        alone = np.arange(n, dtype=np.int32)
        part = alone.copy()
        together(partial(_refine, level, order, here, pull, part, turns), range(turns), threads=turns)
        if np.array_equal(part, alone):
            here = _connected(level, here)
            break
        about, here, node, first, member = kernel.aggregate(level, here, part)
        level = Graph(*_contracted(level, node, first, member, turns, rooms, len(path) % 2), *about)
        path.append(node)
    for node in reversed(path):
        here = here[node]
    labels[:] = here
    return moved


def _refine(level: Graph, order: Labels, here: Labels, pull: float, part: Labels, turns: int, turn: int) -> None:
    """Refine one share of the communities."""
    kernel.refine(level, order, here, pull, part, turn, turns)


def _contracted(
    level: Graph, node: Labels, first: npt.NDArray[np.int64], member: Labels, turns: int, rooms: _Rooms, free: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32], Float64]:
    """Return the rows of the smaller graph; threads share its nodes so that each has as many ties to add up."""
    m = len(first) - 1
    work = np.concatenate([[0], np.cumsum((level.stop - level.start)[member])])[first]
    bounds = [0, *np.searchsorted(work, work[-1] * np.arange(1, turns) // turns).tolist(), m]
    rows = np.empty(m, np.int64), np.empty(m, np.int64), rooms.neighbour[free], rooms.weight[free]

    def contract(turn: int) -> None:
        begin, end = bounds[turn], bounds[turn + 1]
        kernel.contract(level, node, first, member, begin, end, int(work[begin]) + turn, rows)

    together(contract, range(turns), threads=turns)
    return rows


def _order(keys: UInt64, seed: int) -> npt.NDArray[np.int32]:
    """Return the order in which to visit: by chance, which hangs on structure and seed and not on numbers.

    Large graphs keep the order of their numbers but for chance among a few hundred neighbours in it, since hopping
    through memory would take twice as long.
    """
    n = len(keys)
    if not large(n):
        return np.argsort(_chance(keys, seed)).astype(np.int32)
    blocks = np.argsort(_chance(np.arange(-(-n // _BLOCK), dtype=np.uint64), seed))
    order = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).reshape(-1)
    return order[order < n].astype(np.int32)


def _chance(keys: UInt64, seed: int) -> UInt64:
    """Return numbers that look drawn at random, from keys and a seed."""
    with np.errstate(over="ignore"):
        return mixed(keys * (mixed(np.array([seed], dtype=np.uint64)) * np.uint64(2) + np.uint64(1)))


def _connected(level: Graph, here: Labels) -> Labels:
    """Take unconnected communities apart, which never costs quality; pieces with fixed people stay what they were.

    Nodes are connected parts, so that the smallest graph tells what hangs together in the largest.
    """
    piece: Labels = kernel.components(level.start, level.stop, level.neighbour, here)
    if not level.fixed.any():
        return piece
    held = np.zeros(len(piece), dtype=bool)
    held[piece[level.fixed]] = True
    apart = np.where(held[piece], here, piece + len(level.size))
    dense: Labels = np.unique(apart, return_inverse=True)[1].astype(np.int32)
    return dense


def _small_enough(task: Task) -> Labels:
    """Return the labels to start from; who is not fixed leaves communities that are too large."""
    labels, n = np.array(task.start, dtype=np.int32), task.ties.n
    if task.max_size:
        large = (np.bincount(labels, minlength=1) > task.max_size)[labels]
        if task.fixed is not None:
            large &= ~task.fixed
        labels = np.where(large, n + np.arange(n), labels)
    dense: Labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    return dense
