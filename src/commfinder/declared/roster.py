"""One roster before its evidence: who is in it, who is active, which ties join them, and what is expected."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.graph import InteractionGraph
from commfinder.graph.aggregate import PairWindows
from commfinder.graph.expected import DyadNull
from commfinder.graph.interaction_graph import binary_ties

__all__ = ["Roster", "TieTable", "roster_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TieTable:
    """The binary ties of a graph in the shape that tests ask for.

    Parameters
    ----------
    n : int
        Number of people.
    keys : ndarray of int64, shape (m,)
        One number a * n + b for each tie a < b, sorted.
    degree : ndarray of int64, shape (n,)
        Number of ties of each person.
    by_window : ndarray of int64, shape (windows,)
        Number of ties that were active in each window.
    by_third : ndarray of int64, shape (3,)
        Number of pairs that interacted often enough in a window of the first, middle and last third.
    """

    n: int
    keys: IntArray
    degree: IntArray
    by_window: IntArray
    by_third: IntArray

    @classmethod
    def of(cls, graph: InteractionGraph) -> TieTable:
        """Take the ties from a graph."""
        n = len(graph.people)
        a, b = graph.pairs
        real = graph.ties["tie"].to_numpy()
        keys = a[real] * n + b[real]
        degree = np.bincount(a[real], minlength=n) + np.bincount(b[real], minlength=n)
        events = graph.pair_windows
        active = np.isin(events.a * n + events.b, keys) & (events.window >= 0)
        by_window = np.bincount(events.window[active], minlength=graph.n_windows)
        thirds = [len(third_pairs(events, graph.n_windows, part, graph.rule.min_events, n)) for part in range(3)]
        return cls(n, keys, degree, by_window, np.array(thirds))

    def joined(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell whether pairs of people have a tie."""
        key = np.minimum(i, j) * self.n + np.maximum(i, j)
        if not len(self.keys):
            return np.zeros(key.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        found: BoolArray = self.keys[place] == key
        return found


@dataclass(frozen=True)
class Roster:
    """One declared group as numbers.

    Parameters
    ----------
    group : str
        Name.
    size : int
        Members listed in the period.
    known : ndarray of int64
        Members who are in the graph.
    tested : ndarray of int64, shape (s,)
        Members who have ties anywhere: the choice does not look at ties inside the group.
    ties : ndarray of bool, shape (s, s)
        Ties between tested members, those that only the group's own space makes set aside.
    own_space_ties : int
        Ties set aside.
    expected : ndarray of float, shape (s, s)
        λ from formal structure and activity.
    expected_activity : ndarray of float, shape (s, s)
        λ from activity alone.
    windows : ndarray of bool, shape (windows, s, s)
        Which ties were active in which window.
    thirds : ndarray of bool, shape (3, s, s)
        Which pairs interacted often enough in each third of the windows.
    """

    group: str
    size: int
    known: IntArray
    tested: IntArray
    ties: BoolArray
    own_space_ties: int
    expected: FloatArray
    expected_activity: FloatArray
    windows: BoolArray
    thirds: BoolArray

    @property
    def pairs(self) -> int:
        """Number of pairs of tested members."""
        return len(self.tested) * (len(self.tested) - 1) // 2


def roster_of(
    graph: InteractionGraph,
    table: TieTable,
    *,
    group: str,
    size: int,
    known: IntArray,
    spaces: tuple[str, ...],
    formal: DyadNull,
    activity: DyadNull,
) -> Roster:
    """Put together what the tests of one group need.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    table : TieTable
        Its ties.
    group : str
        Name of the group.
    size : int
        Members listed.
    known : ndarray of int64
        Members who are in the graph, sorted.
    spaces : tuple of str
        The group's own list, channel or board: ties that exist only there would be a circle.
    formal, activity : DyadNull
        The nulls.

    Returns
    -------
    Roster
    """
    tested = known[table.degree[known] > 0]
    i, j = np.meshgrid(tested, tested, indexing="ij")
    all_ties = table.joined(i, j) & (i != j)
    inside = np.zeros(table.n, dtype=bool)
    inside[tested] = True
    events = _within(graph.pair_windows, inside)
    events = _subtract(events, _within(graph.space_windows(spaces), inside), table.n) if spaces else events
    place = np.full(table.n, -1, dtype=np.int64)
    place[tested] = np.arange(len(tested))
    a, b, holds = binary_ties(events, graph.rule)
    ties = _matrix(place[a[holds]], place[b[holds]], len(tested)) & all_ties
    active = (events.window >= 0) & (events.events > 0)
    windows = np.zeros((graph.n_windows, len(tested), len(tested)), dtype=bool)
    one, other = place[events.a[active]], place[events.b[active]]
    windows[events.window[active], one, other] = windows[events.window[active], other, one] = True
    thirds = np.zeros((3, len(tested), len(tested)), dtype=bool)
    for part in range(3):
        keys = third_pairs(events, graph.n_windows, part, graph.rule.min_events, table.n)
        thirds[part] = _matrix(place[keys // table.n], place[keys % table.n], len(tested))
    return Roster(
        group=group,
        size=size,
        known=known,
        tested=tested,
        ties=ties,
        own_space_ties=int((all_ties.sum() - ties.sum()) // 2),
        expected=formal.matrix(tested),
        expected_activity=activity.matrix(tested),
        windows=windows & ties,
        thirds=thirds,
    )


def third_pairs(events: PairWindows, n_windows: int, part: int, min_events: int, n: int) -> IntArray:
    """Return the pairs with enough events in some window of a third of the period, one number each, sorted."""
    bounds = np.linspace(0, n_windows, 4).round().astype(int)
    here = (events.window >= bounds[part]) & (events.window < bounds[part + 1]) & (events.events >= min_events)
    return np.unique(events.a[here] * n + events.b[here])


def _within(events: PairWindows, inside: BoolArray) -> PairWindows:
    """Keep the counts of pairs of which both people are inside."""
    keep = inside[events.a] & inside[events.b]
    return _take(events, keep)


def _take(events: PairWindows, keep: BoolArray) -> PairWindows:
    """Keep some rows."""
    columns = (events.a, events.b, events.window, events.forth, events.back, events.events)
    return PairWindows(*(column[keep] for column in columns))


def _subtract(events: PairWindows, own: PairWindows, n: int) -> PairWindows:
    """Take what passed through the group's own space away from the counts."""
    if not len(own.a):
        return events
    width = int(max(events.window.max(initial=0), own.window.max(initial=0))) + 2
    key = (events.a * n + events.b) * width + events.window + 1
    place = np.searchsorted(key, (own.a * n + own.b) * width + own.window + 1)
    changed = {}
    for name in ("forth", "back", "events"):
        values = getattr(events, name).copy()
        values[place] -= getattr(own, name)
        changed[name] = values
    less = replace(events, **changed)
    return _take(less, less.events > 0)


def _matrix(i: IntArray, j: IntArray, size: int) -> BoolArray:
    """Return the symmetric matrix of some pairs."""
    matrix = np.zeros((size, size), dtype=bool)
    matrix[i, j] = matrix[j, i] = True
    return matrix
