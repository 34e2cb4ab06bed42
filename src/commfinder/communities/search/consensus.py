"""One result out of many runs: the partition that puts those people together whom most runs put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse as sp
from scipy.sparse import csgraph

from commfinder import _validate
from commfinder.communities.quality import canonical
from commfinder.communities.threads import together
from commfinder.errors import InputError

__all__ = ["Setting", "affordable_runs", "consensus", "run_settings"]

IntArray = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
UInt64 = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
Search = Callable[[FloatArray, float, int], Labels]

_MOST_SWEEPS, _MOST_ROUNDS, _COMPARED = 50, 20, 20
_FEWEST_RUNS, _MOST_RUNS = 8, 200


@dataclass(frozen=True, eq=False)
class Setting:
    """What one run of an ensemble is made with.

    Parameters
    ----------
    weight : ndarray of float64, shape (m,)
        Weights of the ties.
    resolution : float
        Resolution.
    share : float, default 1.0
        How much of the ensemble is run with it, beside the others.
    """

    weight: FloatArray
    resolution: float
    share: float = 1.0


def affordable_runs(ties: int, effort: float = 1.0) -> int:
    """Return how many runs an ensemble of a graph of so many ties has.

    Parameters
    ----------
    ties : int
        Number of ties.
    effort : float, default 1.0
        Share of the usual work that may be done; 1 lets an ensemble visit about two million ties.

    Returns
    -------
    int
        From 8 to 200.

    Examples
    --------
    >>> [affordable_runs(ties) for ties in (1_000, 50_000, 10_000_000)]
    [200, 40, 8]
    """
    ties = _validate.count(ties, what="ties", low=0)
    effort = _validate.positive(effort, what="effort")
    return int(min(max(2e6 * effort / max(ties, 1), _FEWEST_RUNS), _MOST_RUNS))


def run_settings(partition: Search, settings: Sequence[Setting], *, runs: int, seed: int = 0) -> Labels:
    """Run a search again and again, settings in turn.

    Parameters
    ----------
    partition : callable
        Labels of everybody, from weights, a resolution and a seed.
    settings : sequence of Setting
        At least one; each has its share of the runs.
    runs : int
        Number of runs.
    seed : int, default 0
        Seed; equal seeds give equal ensembles.

    Returns
    -------
    ndarray of int32, shape (runs, n)

    Raises
    ------
    InputError
        If there is no setting or no run.

    Examples
    --------
    >>> import numpy as np
    >>> apart = Setting(np.ones(1), 1.0)
    >>> run_settings(lambda weight, resolution, seed: np.arange(3, dtype=np.int32), [apart], runs=2).shape
    (2, 3)
    """
    runs = _validate.count(runs, what="runs", low=1)
    if not len(settings):
        raise InputError("There is no setting to run.", need="At least one is needed.")
    seeds = np.random.SeedSequence(_validate.seed(seed)).generate_state(runs)
    share = np.cumsum([0.0, *(one.share for one in settings)])
    # Runs stand at even distances along the shares: no setting has a run more or less than is due to it.
    at = np.searchsorted(share, (np.arange(runs) + 0.5) / runs * share[-1], side="right") - 1
    turns = [settings[number] for number in at]
    found = together(lambda run: partition(turns[run].weight, turns[run].resolution, int(seeds[run])), range(runs))
    return np.array(found, dtype=np.int32)


def consensus(runs: npt.ArrayLike, a: IntArray, b: IntArray, *, keys: UInt64 | None = None) -> Labels:
    """Find the partition that agrees best with many.

    Parameters
    ----------
    runs : array-like of int, shape (r, n)
        Labels of n people in each of r partitions.
    a, b : ndarray of int, shape (m,)
        Ends of the ties, which say who may join whom.
    keys : ndarray of uint64, shape (n,), optional
        What orders people beside the size of their group: keys that hang on structure make the result independent of
        how people are numbered. None takes their numbers.

    Returns
    -------
    ndarray of int32, shape (n,)
        Canonical labels, 0 the largest. Every community is connected. Whoever most runs put with nobody is alone.

    Raises
    ------
    InputError
        If there is no run, or a tie names somebody who is in none.

    Notes
    -----
    With c_ij the number of runs in which i and j are together, the sum over pairs in one community of (2 c_ij - r) is
    made as large as local moves make it: the median partition in the sense of Mirkin's distance, the number of pairs on
    which two partitions differ. Unlike the run of the highest modularity, it does not hang on which of many nearly
    equal maxima a seed happens to reach. People whom all runs treat alike move as one. Moves start from the run that is
    nearest to all others, go to communities of those one has ties with, and gains are whole numbers, so that no sum
    depends on its order. Time is O((n + m) r) per sweep.

    References
    ----------
    .. [1] Lancichinetti, Fortunato (2012), Consensus clustering in complex networks. doi:10.1038/srep00336

    Examples
    --------
    >>> import numpy as np
    >>> runs = [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 1, 1, 1]]
    >>> consensus(runs, np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4])).tolist()
    [0, 0, 0, 1, 1]
    """
    given = np.asarray(runs)
    if given.ndim != 2 or not len(given):
        raise InputError(f"Runs have the shape {given.shape}.", need="One row of labels for each run is needed.")
    n = given.shape[1]
    if len(a) and (int(min(a.min(), b.min())) < 0 or int(max(a.max(), b.max())) >= n):
        raise InputError(
            "A tie names somebody who is in no run.", need=f"Numbers from 0 to n - 1 = {n - 1} are needed."
        )
    if n == 0:
        return np.empty(0, dtype=np.int32)
    labels = np.array([np.unique(one, return_inverse=True)[1] for one in given], dtype=np.int64)
    groups, of = _alike(labels, keys)
    size = np.bincount(of, minlength=groups.shape[1])
    start, near = _rows(of[a], of[b], len(size))
    place = _nearest_run(labels, groups)
    for _ in range(_MOST_ROUNDS):
        place, moved = _move(groups, size, start, near, place)
        joined = _join(groups, size, start, near, place)
        if not moved and joined is None:
            break
        place = place if joined is None else joined
    return canonical(_pieces(place[of], a, b))


def _alike(labels: IntArray, keys: UInt64 | None) -> tuple[IntArray, IntArray]:
    """Put people whom all runs treat alike into groups, largest first; return labels per group and group per person."""
    n = labels.shape[1]
    # Hashing label by label leaves groups numbered without gaps after every run, so that pairs always fit.
    of = np.zeros(n, dtype=np.int64)
    for one in labels:
        of = np.unique(of * (int(one.max()) + 1) + one, return_inverse=True)[1]
    order = np.arange(n, dtype=np.uint64) if keys is None else keys
    count = int(of.max()) + 1
    least = np.full(count, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, of, order)
    turn = np.lexsort((least, -np.bincount(of)))
    rank = np.empty(count, dtype=np.int64)
    rank[turn] = np.arange(count)
    of = rank[of]
    groups = np.empty((len(labels), count), dtype=np.int64)
    groups[:, of] = labels
    return groups, of


def _rows(a: IntArray, b: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Return the neighbours of each group, row after row, each once and in order."""
    apart = a != b
    a, b = a[apart], b[apart]
    pair = np.unique(np.concatenate([a * n + b, b * n + a]))
    start = np.concatenate([[0], np.cumsum(np.bincount(pair // n, minlength=n))])
    return start.astype(np.int64), pair % n


def _nearest_run(labels: IntArray, groups: IntArray) -> IntArray:
    """Return the run that agrees with the others, or evenly chosen ones of them, on most pairs."""
    others = labels[:: -(-len(labels) // _COMPARED)]
    gain = np.zeros(len(labels), dtype=np.int64)
    for number, one in enumerate(labels):
        gain[number] = -len(others) * _together(one, one) + 2 * sum(_together(one, other) for other in others)
    nearest: IntArray = groups[int(gain.argmax())].copy()
    return nearest


def _together(one: IntArray, other: IntArray) -> int:
    """Return how many pairs are together in both of two runs, each pair counted twice."""
    cells = np.unique(one * (int(other.max()) + 1) + other, return_counts=True)[1]
    return int((cells * (cells - 1)).sum())


def _move(groups: IntArray, size: IntArray, start: IntArray, near: IntArray, place: IntArray) -> tuple[IntArray, bool]:
    """Move groups until none gains; return where each is, and whether any moved."""
    count = len(size)
    place = np.unique(place, return_inverse=True)[1].astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(groups.max(axis=1) + 1)])
    column = groups + offset[:-1, None]
    capacity = 1 << int(4 * groups.size + 1024).bit_length()
    moved = False
    for _ in range(_MOST_SWEEPS):
        # A table that fills up ends the pass early; the next one starts with a fresh table and goes on from there.
        changes = int(_pass(column, int(offset[-1]), size, start, near, place, capacity, count))
        if not changes:
            break
        moved = True
    return place, moved


@njit(cache=True, nogil=True)
def _cell(table, key):  # type: ignore[no-untyped-def]
    """Return where a key is, or where it would go, in a table of open addresses."""
    mask = len(table) - 1
    at = ((key * np.int64(0x1E3779B97F4A7C15)) >> np.int64(20)) & mask
    while table[at] != key and table[at] != -1:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def _add(table, held, column, g, base, amount):  # type: ignore[no-untyped-def]
    """Add people of a group's labels to a community, run by run; return how many cells were taken into use."""
    used = 0
    for r in range(column.shape[0]):
        key = base + column[r, g]
        at = _cell(table, key)
        used += table[at] == -1
        table[at] = key
        held[at] += amount
    return used


@njit(cache=True, nogil=True)
def _alongside(table, held, column, g, base):  # type: ignore[no-untyped-def]
    """Return how many people of a community are together with a group, summed over runs."""
    found = np.int64(0)
    for r in range(column.shape[0]):
        at = _cell(table, base + column[r, g])
        if table[at] != -1:
            found += held[at]
    return found


@njit(cache=True, nogil=True)
def _choose(g, table, held, column, columns, total, s, near, place, seen):  # type: ignore[no-untyped-def]
    """Return the community in which a group gains most, -1 for alone; of equal ones, its own or the first met."""
    runs = column.shape[0]
    best = place[g]
    # The group itself is in its community: it does not count as its own company.
    most = 2 * (_alongside(table, held, column, g, best * columns) - runs * s) - runs * (total[best] - s)
    seen[best] = g
    for other in near:
        c = place[other]
        if seen[c] != g:
            seen[c] = g
            gain = 2 * _alongside(table, held, column, g, c * columns) - runs * total[c]
            if gain > most:
                best, most = c, gain
    return -1 if most < 0 and total[place[g]] > s else best


@njit(cache=True, nogil=True)
def _pass(column, columns, size, start, near, place, capacity, count):  # type: ignore[no-untyped-def]
    """Visit every group once; each goes where it gains most, or alone. `place` is changed; moves are returned."""
    table, held = np.full(capacity, -1, np.int64), np.zeros(capacity, np.int64)
    total = np.zeros(count + 1, np.int64)
    seen = np.full(count + 1, -1, np.int64)
    used, moves = 0, 0
    for g in range(count):
        total[place[g]] += size[g]
        used += _add(table, held, column, g, place[g] * columns, size[g])
    free, n_free = np.empty(count + 1, np.int64), 0
    for c in range(count, -1, -1):
        if total[c] == 0:
            free[n_free] = c
            n_free += 1
    for g in range(count):
        if used > 0.7 * capacity:
            break
        home, s = place[g], size[g]
        best = _choose(g, table, held, column, columns, total, s, near[start[g] : start[g + 1]], place, seen)
        if best == home:
            continue
        if best < 0:
            n_free -= 1
            best = free[n_free]
        _add(table, held, column, g, home * columns, -s)
        used += _add(table, held, column, g, best * columns, s)
        total[home] -= s
        total[best] += s
        if total[home] == 0:
            free[n_free] = home
            n_free += 1
        place[g] = best
        moves += 1
    return moves


def _join(groups: IntArray, size: IntArray, start: IntArray, near: IntArray, place: IntArray) -> IntArray | None:
    """Join communities that gain by it, each with its best partner at most once; None where none does."""
    place = np.unique(place, return_inverse=True)[1].astype(np.int64)
    count, runs = int(place.max()) + 1, len(groups)
    tail = np.repeat(np.arange(len(size)), np.diff(start))
    pair = np.unique(place[tail] * count + place[near])
    one, other = pair // count, pair % count
    one, other = one[one < other], other[one < other]
    if not len(one):
        return None
    total = np.bincount(place, size).astype(np.int64)
    gain = -runs * total[one] * total[other]
    for labels in groups:
        shape = (count, int(labels.max()) + 1)
        table = sp.csr_array((size, (place, labels)), shape=shape)
        gain = gain + 2 * np.asarray(table[one].multiply(table[other]).sum(axis=1)).ravel()
    order = np.lexsort((other, one, -gain))
    target, taken = np.arange(count), np.zeros(count, dtype=bool)
    for at in order[: int((gain > 0).sum())]:
        if not taken[one[at]] and not taken[other[at]]:
            target[other[at]] = one[at]
            taken[one[at]] = taken[other[at]] = True
    return target[place] if taken.any() else None


def _pieces(labels: IntArray, a: IntArray, b: IntArray) -> IntArray:
    """Take communities apart into connected pieces."""
    inside = labels[a] == labels[b]
    n = len(labels)
    graph = sp.coo_array((np.ones(int(inside.sum())), (a[inside], b[inside])), shape=(n, n))
    pieces: IntArray = csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return pieces
