"""One roster before its evidence: who is in it, who is active, which ties join them, and what is expected."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from commfinder.graph import InteractionGraph
from commfinder.graph.aggregate import PairWindows
from commfinder.graph.expected import DyadNull
from commfinder.graph.interaction_graph import binary_ties
from commfinder.graph.rule import ANSWERABLE
from commfinder.interactions.schema import MEDIA

__all__ = ["MOST_TESTED", "Layers", "Roster", "TieTable", "roster_of"]

MOST_TESTED = 1000
"""Of larger groups so many members are tested: pairs grow with the square, and no question needs more."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Layers:
    """Which media carry what passes between two people.

    Parameters
    ----------
    first : ndarray of int64, shape (n + 1,)
        Where the rows of each person begin.
    other : ndarray of int64, shape (r,)
        The other person of each row, of a higher number.
    medium : ndarray of int64, shape (r,)
        Number of the medium.
    forth, back : ndarray of bool, shape (r,)
        Whether anything passed to the other, and from them.
    names : tuple of str
        The media, sorted.
    """

    first: IntArray
    other: IntArray
    medium: IntArray
    forth: BoolArray
    back: BoolArray
    names: tuple[str, ...]

    @classmethod
    def of(cls, graph: InteractionGraph) -> Layers:
        """Take the media from a graph."""
        first = np.searchsorted(graph.layer_values("a"), np.arange(len(graph.people) + 1))
        named = sorted((MEDIA[code], code) for code in np.unique(graph.layer_values("medium")).tolist())
        place = np.zeros(len(MEDIA), dtype=np.int64)
        place[[code for _, code in named]] = np.arange(len(named))
        ways = (graph.layer_values(name) > 0 for name in ("ab", "ba"))
        other = graph.layer_values("b").astype(np.int64)
        medium = place[graph.layer_values("medium")]
        return cls(first, other, medium, next(ways), next(ways), tuple(name for name, _ in named))

    def carried(self, people: IntArray, ties: BoolArray) -> tuple[tuple[tuple[str, float], ...], float]:
        """Return what share of the ties among some people each medium carries, and what share goes both ways.

        Parameters
        ----------
        people : ndarray of int64, shape (s,)
            The people, sorted.
        ties : ndarray of bool, shape (s, s)
            Their ties.

        Returns
        -------
        media : tuple of (str, float)
            Falling; a tie on two media counts for both.
        reciprocity : float
            Of the ties that mail, chat or microblogs carry; nan where there are none.
        """
        at, i = _rows(self.first, people)
        j = np.minimum(np.searchsorted(people, self.other[at]), max(len(people) - 1, 0))
        inside = (people[j] == self.other[at]) & ties[i, j] if len(at) else np.zeros(0, dtype=bool)
        at, pair = at[inside], (i * len(people) + j)[inside]
        total = int(ties.sum()) // 2
        counts = np.bincount(self.medium[at], minlength=len(self.names)) if total else np.zeros(len(self.names))
        shares = [(name, float(count) / total) for name, count in zip(self.names, counts, strict=True) if count]
        directed = np.isin(self.medium[at], [self.names.index(name) for name in ANSWERABLE if name in self.names])
        forth, back = (np.unique(pair[directed & way[at]]) for way in (self.forth, self.back))
        known = len(np.union1d(forth, back))
        both = len(np.intersect1d(forth, back)) / known if known else float("nan")
        return tuple(sorted(shares, key=lambda one: (-one[1], one[0]))), both


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
    starts, neighbours : ndarray of int64
        Whom each person has ties with: the neighbours of i are ``neighbours[starts[i]:starts[i + 1]]``, sorted.
    first_event : ndarray of int64, shape (n + 1,)
        Where the rows of each person begin in the graph's counts per window.
    layers : Layers
        Which media carry the ties.
    """

    n: int
    keys: IntArray
    degree: IntArray
    by_window: IntArray
    by_third: IntArray
    starts: IntArray
    neighbours: IntArray
    first_event: IntArray
    layers: Layers

    @classmethod
    def of(cls, graph: InteractionGraph) -> TieTable:
        """Take the ties from a graph."""
        n = len(graph.people)
        a, b = graph.pairs
        real = graph.tie_values("tie")
        keys = a[real] * n + b[real]
        degree = np.bincount(a[real], minlength=n) + np.bincount(b[real], minlength=n)
        events, windows = graph.pair_windows, graph.n_windows
        by_window, by_third = np.zeros(windows, dtype=np.int64), np.zeros(3, dtype=np.int64)
        if len(events.a):
            # Counts and ties are in one order, so that the number of a pair is the number of its tie.
            pair = np.cumsum(np.r_[False, (np.diff(events.a) != 0) | (np.diff(events.b) != 0)])
            active = real[pair] & (events.window >= 0)
            by_window = np.bincount(events.window[active], minlength=windows)
            by_third = np.array([_count_third(events, pair, windows, part, graph.rule.min_events) for part in range(3)])
        people = np.arange(n + 1)
        starts, neighbours = _both_ways(a[real], b[real], n)
        return cls(
            n=n,
            keys=keys,
            degree=degree,
            by_window=by_window,
            by_third=by_third,
            starts=starts,
            neighbours=neighbours,
            first_event=np.searchsorted(events.a, people),
            layers=Layers.of(graph),
        )

    def among(self, people: IntArray) -> tuple[IntArray, IntArray]:
        """Return the ties among some people, given sorted, numbered in their order: starts and neighbours."""
        at, owner = _rows(self.starts, people)
        other = self.neighbours[at]
        place = np.minimum(np.searchsorted(people, other), len(people) - 1)
        inside = people[place] == other
        starts = np.r_[0, np.cumsum(np.bincount(owner[inside], minlength=len(people)))]
        return starts.astype(np.int64), place[inside]

    def near(self, people: IntArray) -> tuple[IntArray, IntArray]:
        """Return everybody who has ties to some people, sorted, and how many."""
        at, _ = _rows(self.starts, people)
        near, ties = np.unique(self.neighbours[at], return_counts=True)
        return near, ties.astype(np.int64)

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
    active : int
        Members who have ties anywhere.
    tested : ndarray of int64, shape (s,)
        Members who have ties anywhere: the choice does not look at ties inside the group. Of more than a thousand, a
        thousand drawn at random.
    ties : ndarray of bool, shape (s, s)
        Ties between tested members, those that only the group's own space makes set aside.
    all_ties : ndarray of bool, shape (s, s)
        All ties between them.
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
    active: int
    tested: IntArray
    ties: BoolArray
    all_ties: BoolArray
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
    active = known[table.degree[known] > 0]
    tested = active
    if len(active) > MOST_TESTED:
        drawn = np.random.default_rng(zlib.crc32(active.tobytes())).choice(len(active), MOST_TESTED, replace=False)
        tested = active[np.sort(drawn)]
    i, j = np.meshgrid(tested, tested, indexing="ij")
    all_ties = table.joined(i, j) & (i != j)
    inside = np.zeros(table.n, dtype=bool)
    inside[tested] = True
    events = _within(_take(graph.pair_windows, _rows(table.first_event, tested)[0]), inside)
    events = _subtract(events, _within(graph.space_windows(spaces), inside), table.n) if spaces else events
    place = np.full(table.n, -1, dtype=np.int64)
    place[tested] = np.arange(len(tested))
    a, b, holds = binary_ties(events, graph.rule)
    ties = _matrix(place[a[holds]], place[b[holds]], len(tested)) & all_ties
    timed = (events.window >= 0) & (events.events > 0)
    windows = np.zeros((graph.n_windows, len(tested), len(tested)), dtype=bool)
    one, other = place[events.a[timed]], place[events.b[timed]]
    windows[events.window[timed], one, other] = windows[events.window[timed], other, one] = True
    thirds = np.zeros((3, len(tested), len(tested)), dtype=bool)
    for part in range(3):
        keys = third_pairs(events, graph.n_windows, part, graph.rule.min_events, table.n)
        thirds[part] = _matrix(place[keys // table.n], place[keys % table.n], len(tested))
    return Roster(
        group=group,
        size=size,
        known=known,
        active=len(active),
        tested=tested,
        ties=ties,
        all_ties=all_ties,
        own_space_ties=int((all_ties.sum() - ties.sum()) // 2),
        expected=formal.matrix(tested),
        expected_activity=activity.matrix(tested),
        windows=windows & ties,
        thirds=thirds,
    )


def third_pairs(events: PairWindows, n_windows: int, part: int, min_events: int, n: int) -> IntArray:
    """Return the pairs with enough events in some window of a third of the period, one number each, sorted."""
    here = _in_third(events, n_windows, part, min_events)
    return np.unique(events.a[here] * n + events.b[here])


def _in_third(events: PairWindows, n_windows: int, part: int, min_events: int) -> BoolArray:
    """Tell which counts are of a third of the period, and large enough."""
    bounds = np.linspace(0, n_windows, 4).round().astype(int)
    here: BoolArray = (events.window >= bounds[part]) & (events.window < bounds[part + 1])
    return here & (events.events >= min_events)


def _count_third(events: PairWindows, pair: IntArray, n_windows: int, part: int, min_events: int) -> int:
    """Count the pairs with enough events in some window of a third of the period; `pair` numbers them, rising."""
    found = pair[_in_third(events, n_windows, part, min_events)]
    return int((np.diff(found) != 0).sum()) + 1 if len(found) else 0


def _rows(starts: IntArray, people: IntArray) -> tuple[IntArray, IntArray]:
    """Return the numbers of the rows of some people, and for each row the place of its person among them."""
    first, many = starts[people], starts[people + 1] - starts[people]
    owner = np.repeat(np.arange(len(people)), many)
    at = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many) + first[owner]
    return at.astype(np.int64), owner.astype(np.int64)


def _both_ways(a: IntArray, b: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Return the neighbours of everybody, sorted."""
    one = np.ones(len(a), dtype=np.int8)
    upper = sparse.coo_array((one, (a, b)), shape=(n, n)).tocsr()
    both = (upper + upper.T.tocsr()).tocsr()
    both.sort_indices()
    return both.indptr.astype(np.int64), both.indices.astype(np.int64)


def _within(events: PairWindows, inside: BoolArray) -> PairWindows:
    """Keep the counts of pairs of which both people are inside."""
    keep = inside[events.a] & inside[events.b]
    return _take(events, keep)


def _take(events: PairWindows, keep: BoolArray | IntArray) -> PairWindows:
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
