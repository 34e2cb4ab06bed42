"""The graph of who works with whom: people, weighted ties, and binary ties for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.aggregate import pair_windows
from commfinder.graph.copresence import CopresenceRule, add_windows, direct, find_copresence
from commfinder.graph.pair_windows import PairWindows, binary_ties, windows_and_ties
from commfinder.graph.rule import TieRule
from commfinder.graph.tables import LayerTable, PairTable, added_up, medium_places
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


@dataclass(frozen=True, eq=False, repr=False, init=False)
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
    held_ties, held_layers : PairTable, LayerTable or pandas.DataFrame
        What `ties` and `layers` are made of when they are first asked for: arrays, or the frames that were given.
    """

    people: pd.DataFrame
    pair_windows: PairWindows
    rule: TieRule
    windows: Windows | None
    period: Period | None
    factors: Mapping[str, float]
    interactions: Interactions
    provenance: Provenance
    copresence: CopresenceRule | None
    held_ties: PairTable | pd.DataFrame
    held_layers: LayerTable | pd.DataFrame
    _schema: ClassVar[str] = "commfinder/ties/1"

    def __init__(
        self,
        people: pd.DataFrame,
        ties: pd.DataFrame | None = None,
        layers: pd.DataFrame | None = None,
        pair_windows: PairWindows | None = None,
        rule: TieRule | None = None,
        windows: Windows | None = None,
        period: Period | None = None,
        factors: Mapping[str, float] | None = None,
        interactions: Interactions | None = None,
        provenance: Provenance | None = None,
        copresence: CopresenceRule | None = None,
        *,
        held_ties: PairTable | pd.DataFrame | None = None,
        held_layers: LayerTable | pd.DataFrame | None = None,
    ) -> None:
        held_ties, held_layers = held_ties if ties is None else ties, held_layers if layers is None else layers
        parts = {name: value for name, value in locals().items() if name not in ("self", "ties", "layers")}
        # A dataclass that is frozen is filled through its dictionary.
        self.__dict__.update(parts)

    @classmethod
    def assemble(
        cls,
        *,
        attributes: pd.DataFrame,
        layer: LayerTable | pd.DataFrame,
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
        table = layer if isinstance(layer, LayerTable) else LayerTable.of(layer)
        sums, pairs = added_up(table, factors), events.pairs
        # Both come from the same rows, sorted by the same key; the check costs nothing and the join by position is
        # safe.
        if not (np.array_equal(sums["a"], pairs[0]) and np.array_equal(sums["b"], pairs[1])):
            raise AssertionError("weights and events name different pairs")
        windows_held, real = windows_and_ties(events, rule)
        n, a, b, weight = len(attributes), sums["a"], sums["b"], sums["weight"]
        attributes = attributes.assign(
            strength=np.bincount(a, weight, n) + np.bincount(b, weight, n),
            degree=np.bincount(a[real], minlength=n) + np.bincount(b[real], minlength=n),
        )
        return cls(
            attributes,
            pair_windows=events,
            rule=rule,
            windows=windows,
            period=period,
            factors=factors,
            interactions=interactions,
            provenance=provenance,
            copresence=copresence,
            held_ties=PairTable(**sums, windows=windows_held, tie=real),
            held_layers=table,
        )

    @cached_property
    def ties(self) -> pd.DataFrame:
        """The ties as a frame, made when it is first asked for; `tie_values` gives single columns without one."""
        held = self.held_ties
        return held if isinstance(held, pd.DataFrame) else held.frame(self.people["person"].to_numpy(dtype=object))

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The layers as a frame, made when it is first asked for; `layer_values` gives single columns without one."""
        held = self.held_layers
        return held if isinstance(held, pd.DataFrame) else held.frame()

    @cached_property
    def pairs(self) -> tuple[IntArray, IntArray]:
        """Numbers of the two people of each tie, in the order of `ties`."""
        held = self.held_ties
        if isinstance(held, PairTable):
            return held.a.astype(np.int64), held.b.astype(np.int64)
        place = pd.Index(self.people["person"])
        a, b = (place.get_indexer(held[name]).astype(np.int64) for name in ("person_a", "person_b"))
        return a, b

    def tie_values(self, name: str) -> npt.NDArray[Any]:
        """Return a column of `ties` as an array; prefer it to the frame where there are millions of ties.

        Parameters
        ----------
        name : {"weight", "weight_ab", "weight_ba", "events", "windows", "tie"}
            The column.

        Returns
        -------
        ndarray, shape (m,)
            Not to be written to.
        """
        held = self.held_ties
        values: npt.NDArray[Any] = getattr(held, name) if isinstance(held, PairTable) else held[name].to_numpy()
        return values

    def layer_values(self, name: str) -> npt.NDArray[Any]:
        """Return a column of `layers` as an array; prefer it to the frame where there are millions of ties.

        Parameters
        ----------
        name : {"a", "b", "medium", "ab", "ba", "events", "weight"}
            The column; a medium is its place in ``commfinder.interactions.schema.MEDIA``.

        Returns
        -------
        ndarray, shape (r,)
            Not to be written to. People are numbers of 32 bits: widen them before you multiply.
        """
        held = self.held_layers
        values: npt.NDArray[Any]
        if isinstance(held, LayerTable):
            values = getattr(held, name)
        else:
            values = medium_places(held["medium"]) if name == "medium" else held[name].to_numpy()
        return values

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
        real = self.tie_values("tie")
        matrix: sp.csr_array[Any] = _symmetric(a[real], b[real], np.ones(int(real.sum())), len(self.people), sp)
        return matrix

    def to_scipy(self) -> sp.csr_array[Any]:
        """Return the weights as a symmetric sparse matrix, rows and columns in the order of `people`."""
        import scipy.sparse as sp

        a, b = self.pairs
        matrix: sp.csr_array[Any] = _symmetric(a, b, self.tie_values("weight"), len(self.people), sp)
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
        real = int(self.tie_values("tie").sum())
        alone = int((self.people["strength"] == 0).sum())
        when = f", {self.period}" if self.period else ""
        sizes = f"{len(self.people)} people ({alone} isolated), {len(self.tie_values('tie'))} pairs, {real} ties"
        return f"<InteractionGraph: {sizes}{when}>"


def _symmetric(a: IntArray, b: IntArray, weight: FloatArray, n: int, sp: Any) -> Any:
    """Make a symmetric sparse matrix of pairs."""
    data = np.concatenate([weight, weight])
    matrix = sp.coo_array((data, (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)).tocsr()
    matrix.sort_indices()
    return matrix
