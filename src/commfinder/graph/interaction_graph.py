"""The graph of who works with whom: people, weighted ties, and binary ties for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.aggregate import PairWindows, pair_windows
from commfinder.graph.copresence import CopresenceRule, add_windows, direct, find_copresence
from commfinder.graph.rule import TieRule
from commfinder.interactions import Interactions
from commfinder.period import Period, Windows
from commfinder.provenance import Provenance
from commfinder.result import Result

if TYPE_CHECKING:
    import igraph
    import networkx
    import scipy.sparse as sp

__all__ = ["InteractionGraph", "binary_ties"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class InteractionGraph(Result):
    """Who works with whom in a period.

    Make one with `build_graph`. People are in canonical order, sorted by id; who has no tie is there too.

    Parameters
    ----------
    people : pandas.DataFrame
        person, unit, site, manager, level, further attributes, strength (sum of the weights of a person's ties) and
        degree (number of binary ties), sorted by person.
    ties : pandas.DataFrame
        person_a < person_b, weight, weight_ab, weight_ba, events, windows (in which the two interacted), tie (whether
        the binary rule holds) and media, sorted.
    layers : pandas.DataFrame
        The same per medium, with people as numbers: a, b, medium, ab, ba, events, weight (not yet put on one scale).
    pair_windows : PairWindows
        How often each pair interacted in each window.
    rule : TieRule
        When two people have a tie.
    windows : Windows or None
        The windows of the period; None where nothing has a time.
    period : Period or None
        The time the graph is of.
    factors : mapping of str to float
        How much each medium counts.
    interactions : Interactions
        The clean interactions behind the ties.
    provenance : Provenance
        What made this value.
    copresence : CopresenceRule or None
        What people share that counts beside what they send.
    """

    people: pd.DataFrame
    ties: pd.DataFrame
    layers: pd.DataFrame
    pair_windows: PairWindows
    rule: TieRule
    windows: Windows | None
    period: Period | None
    factors: Mapping[str, float]
    interactions: Interactions
    provenance: Provenance
    copresence: CopresenceRule | None = None
    _schema: ClassVar[str] = "commfinder/ties/1"

    @classmethod
    def assemble(
        cls,
        *,
        attributes: pd.DataFrame,
        layer: pd.DataFrame,
        events: PairWindows,
        rule: TieRule,
        windows: Windows | None,
        period: Period | None,
        factors: Mapping[str, float],
        interactions: Interactions,
        provenance: Provenance,
        copresence: CopresenceRule | None = None,
    ) -> InteractionGraph:
        """Put the parts together; `build_graph` makes them."""
        ties = _tie_frame(layer, medium_scales(layer, factors))
        held = _per_pair(events)
        # Both come from the same rows, sorted by the same key; the check costs nothing and the join by position is
        # safe.
        if not (np.array_equal(ties["a"], held["a"]) and np.array_equal(ties["b"], held["b"])):
            raise AssertionError("weights and events name different pairs")
        ties["windows"] = held["windows"]
        ties["tie"] = binary_ties(events, rule)[2]
        names = attributes["person"].to_numpy(dtype=object)
        n = len(names)
        a, b, weight = ties["a"].to_numpy(), ties["b"].to_numpy(), ties["weight"].to_numpy()
        real = ties["tie"].to_numpy()
        attributes = attributes.assign(
            strength=np.bincount(a, weight, n) + np.bincount(b, weight, n),
            degree=np.bincount(a[real], minlength=n) + np.bincount(b[real], minlength=n),
        )
        ties.insert(0, "person_a", names[a])
        ties.insert(1, "person_b", names[b])
        columns = ["person_a", "person_b", "weight", "weight_ab", "weight_ba", "events", "windows", "tie", "media"]
        frozen = ties[columns].reset_index(drop=True)
        return cls(
            attributes,
            frozen,
            layer,
            events,
            rule,
            windows,
            period,
            factors,
            interactions,
            provenance,
            copresence,
        )

    @cached_property
    def pairs(self) -> tuple[IntArray, IntArray]:
        """Numbers of the two people of each tie, in the order of `ties`."""
        place = pd.Index(self.people["person"])
        a, b = (place.get_indexer(self.ties[name]).astype(np.int64) for name in ("person_a", "person_b"))
        return a, b

    @property
    def losses(self) -> pd.DataFrame:
        """The account of what was not used on the way to this graph."""
        return self.interactions.losses

    @property
    def n_windows(self) -> int:
        """Number of windows; 1 where nothing has a time."""
        return self.windows.count if self.windows is not None else 1

    def space_windows(self, spaces: tuple[str, ...]) -> PairWindows:
        """Count what passed through some spaces, per pair and window, with the numbers of this graph's people."""
        if not spaces:
            empty = np.empty(0, dtype=np.int64)
            return PairWindows(*[empty] * 6)
        inter, rule = self.interactions, self.copresence
        events = pair_windows(inter if rule is None else direct(inter, rule), self.windows, spaces=spaces)
        if rule is not None:
            end_us = self.windows.end_us if self.windows is not None else None
            shared = find_copresence(inter, rule, end_us=end_us, spaces=spaces)
            events = add_windows(events, shared.pair_windows(self.windows))
        position = {person: number for number, person in enumerate(self.people["person"])}
        numbers = np.array([position[name] for name in self.interactions.people], dtype=np.int64)
        return PairWindows(
            numbers[events.a], numbers[events.b], events.window, events.forth, events.back, events.events
        )

    def adjacency(self) -> sp.csr_array[Any]:
        """Return the binary ties as a symmetric sparse matrix of 0 and 1, in the order of `people`."""
        import scipy.sparse as sp

        a, b = self.pairs
        real = self.ties["tie"].to_numpy()
        matrix: sp.csr_array[Any] = _symmetric(a[real], b[real], np.ones(int(real.sum())), len(self.people), sp)
        return matrix

    def to_scipy(self) -> sp.csr_array[Any]:
        """Return the weights as a symmetric sparse matrix, rows and columns in the order of `people`."""
        import scipy.sparse as sp

        a, b = self.pairs
        matrix: sp.csr_array[Any] = _symmetric(a, b, self.ties["weight"].to_numpy(), len(self.people), sp)
        return matrix

    def to_igraph(self) -> igraph.Graph:
        """Return an undirected igraph graph with the columns of `people` and `ties` as attributes."""
        import igraph

        a, b = self.pairs
        graph = igraph.Graph(n=len(self.people), edges=np.column_stack([a, b]).tolist(), directed=False)
        graph.vs["name"] = self.people["person"].tolist()
        for column in self.people.columns:
            graph.vs[column] = [None if pd.isna(value) else value for value in self.people[column].tolist()]
        for column in self.ties.columns[2:]:
            graph.es[column] = self.ties[column].tolist()
        return graph

    def to_networkx(self) -> networkx.Graph[str]:
        """Return an undirected NetworkX graph with the columns of `people` and `ties` as attributes."""
        import networkx

        graph: networkx.Graph[str] = networkx.Graph()
        for row in self.people.to_dict("records"):
            graph.add_node(row["person"], **{str(k): (None if pd.isna(v) else v) for k, v in row.items()})
        for row in self.ties.to_dict("records"):
            pair = (row.pop("person_a"), row.pop("person_b"))
            graph.add_edge(*pair, **{str(key): value for key, value in row.items()})
        return graph

    def to_frame(self) -> pd.DataFrame:
        """Return the ties."""
        return self.ties.copy()

    def __repr__(self) -> str:
        real = int(self.ties["tie"].sum())
        alone = int((self.people["strength"] == 0).sum())
        when = f", {self.period}" if self.period else ""
        sizes = f"{len(self.people)} people ({alone} isolated), {len(self.ties)} pairs, {real} ties"
        return f"<InteractionGraph: {sizes}{when}>"


def binary_ties(events: PairWindows, rule: TieRule) -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Apply the binary rule to counts per pair and window.

    Parameters
    ----------
    events : PairWindows
        Counts in canonical order.
    rule : TieRule
        The rule.

    Returns
    -------
    a, b : ndarray of int64
        The pairs, each once, in canonical order.
    tie : ndarray of bool
        Whether the rule holds.
    """
    held = _per_pair(events, rule.min_events)
    enough = held["strong"] >= rule.min_windows
    if rule.both_ways:
        enough &= (held["forth"] > 0) & (held["back"] > 0)
    return held["a"], held["b"], enough | (held["timeless"] > 0)


def medium_scales(layer: pd.DataFrame, factors: Mapping[str, float]) -> dict[str, float]:
    """Return the factor that puts each medium on one scale.

    Each medium is divided by the mean strength in it of the people who use it, and all are multiplied by the mean of
    those means: with one medium the factor is that medium's own weight. A medium in which nothing is answered can
    have no strength at all (reciprocity floor 0); it keeps its raw directed weights and does not count for the mean.
    """
    means = {}
    for medium, part in layer.groupby("medium", sort=True):
        users = np.unique(np.concatenate([part["a"], part["b"]])).size
        means[str(medium)] = 2 * float(part["weight"].sum()) / users
    alive = [mean for mean in means.values() if mean > 0]
    common = sum(alive) / len(alive) if alive else 1.0
    return {medium: factors.get(medium, 1.0) * (common / mean if mean > 0 else 1.0) for medium, mean in means.items()}


def _tie_frame(layer: pd.DataFrame, scales: Mapping[str, float]) -> pd.DataFrame:
    """Add the media up."""
    scale = layer["medium"].map(scales).to_numpy(dtype=np.float64)
    scaled = layer.assign(weight=layer["weight"] * scale, weight_ab=layer["ab"] * scale, weight_ba=layer["ba"] * scale)
    if not len(scaled):
        empty = scaled[["a", "b", "weight", "weight_ab", "weight_ba", "events"]].reset_index(drop=True)
        return empty.assign(media=pd.Series(dtype="string"))
    # The layers of a pair stand side by side, in the order of their names.
    a, b = scaled["a"].to_numpy(), scaled["b"].to_numpy()
    starts = np.flatnonzero(np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)])
    sums = {
        name: np.add.reduceat(scaled[name].to_numpy(), starts)
        for name in ("weight", "weight_ab", "weight_ba", "events")
    }
    return pd.DataFrame({"a": a[starts], "b": b[starts], **sums, "media": _joined_media(scaled["medium"], starts)})


def _joined_media(medium: pd.Series[Any], starts: IntArray) -> npt.NDArray[np.object_]:
    """Name the media of each pair, joined by a plus."""
    code, names = pd.factorize(medium, sort=True)
    bits = np.add.reduceat(np.left_shift(np.int64(1), code.astype(np.int64)), starts)
    sets, which = np.unique(bits, return_inverse=True)
    words = ["+".join(str(name) for place, name in enumerate(names) if int(one) >> place & 1) for one in sets]
    joined: npt.NDArray[np.object_] = np.array(words, dtype=object)[which]
    return joined


def _per_pair(events: PairWindows, min_events: int = 1) -> dict[str, IntArray]:
    """Sum counts over windows, for each pair once."""
    if not len(events.a):
        empty = np.empty(0, dtype=np.int64)
        return dict.fromkeys(("a", "b", "forth", "back", "windows", "strong", "timeless"), empty)
    new = np.r_[True, (np.diff(events.a) != 0) | (np.diff(events.b) != 0)]
    starts = np.flatnonzero(new)
    timed = events.window >= 0
    columns = {
        "forth": events.forth,
        "back": events.back,
        "windows": timed.astype(np.int64),
        "strong": (timed & (events.events >= min_events)).astype(np.int64),
        "timeless": (~timed).astype(np.int64),
    }
    sums = {name: np.add.reduceat(values, starts) for name, values in columns.items()}
    return {"a": events.a[starts], "b": events.b[starts], **sums}


def _symmetric(a: IntArray, b: IntArray, weight: FloatArray, n: int, sp: Any) -> Any:
    """Make a symmetric sparse matrix of pairs."""
    data = np.concatenate([weight, weight])
    matrix = sp.coo_array((data, (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)).tocsr()
    matrix.sort_indices()
    return matrix
