"""Find the communities of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.beyond import MOST_PEOPLE, SEARCHES, Hidden, find_beyond
from commfinder.communities.compare import adjusted_rand, best_jaccard
from commfinder.communities.describe import Partition, tables
from commfinder.communities.engine import graph_of, modularity, run, seeded
from commfinder.communities.resolution import Resolution, fixed_point
from commfinder.communities.weights import detection_weights
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Communities", "find_communities"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Communities(Result):
    """Which communities a graph holds, and who is in them.

    Make one with `find_communities`.

    Parameters
    ----------
    members : pandas.DataFrame
        person, community (missing for who is in none), strength (share of the weight of a person's ties that stays
        inside, 0 to 1), confidence (missing: not calibrated yet), core (whether the person has significantly more
        ties inside than expected from activity). Everybody of the graph is listed, sorted by person; who is in
        several communities has several rows.
    summary : pandas.DataFrame
        community, size, confidence, stability (mean Jaccard index of the most alike community of every other seeded
        run, 0 to 1), observed_over_expected (weight inside over that expected from activity), units, main_unit,
        main_unit_share (of members whose unit is known). Largest first.
    resolution : Resolution
        The resolution used and how it was come by.
    quality : float
        Modularity at that resolution, on the damped weights.
    agreement : float
        Mean adjusted Rand index between all pairs of seeded runs, over people who have ties.
    runs : int
        Number of seeded runs.
    searched_beyond : bool
        Whether communities beyond formal structure were looked for: it takes units, sites or managers, and at most
        2,000 people.
    graph : InteractionGraph
        The graph they were found in.
    provenance : Provenance
        What made this value.
    """

    members: pd.DataFrame
    summary: pd.DataFrame
    resolution: Resolution
    quality: float
    agreement: float
    runs: int
    searched_beyond: bool
    graph: InteractionGraph
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/communities/1"

    def people(self, community: str) -> list[str]:
        """Return who is in a community, sorted."""
        return self.members.loc[self.members["community"] == community, "person"].tolist()

    def to_frame(self) -> pd.DataFrame:
        """Return the summary; who is in which community is in `members`."""
        return self.summary.copy()

    def __repr__(self) -> str:
        inside = self.members.loc[self.members["community"].notna(), "person"].nunique()
        outside = self.members["person"].nunique() - inside
        found = f"{len(self.summary)} of {inside} people, {outside} in none"
        how = f"resolution {self.resolution.value:.2f} ({self.resolution.how})"
        return f"<Communities: {found}, {how}, agreement of {self.runs} runs {self.agreement:.2f}>"


def find_communities(
    graph: InteractionGraph,
    *,
    resolution: float | None = None,
    damping: str = "log1p",
    runs: int = 10,
    min_size: int = 3,
    beyond: bool = True,
    progress: Progress = SILENT,
    seed: int = 0,
) -> Communities:
    """Find the communities of a graph by Leiden at the resolution that suits it.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    resolution : float, optional
        Resolution of modularity; None finds the fixed point (see `Resolution`), which needs no tuning.
    damping : {"log1p", "sqrt", "none", "binary"}, default "log1p"
        What is done to counts of events before communities are found; ``graph.ties`` keeps the raw weights.
    runs : int, default 10
        Seeded runs, at least 2. The one of the highest quality is the result; how far all agree is told.
    min_size : int, default 3
        Smaller groups are no communities: their people are in none.
    beyond : bool, default True
        Also look for communities beyond formal structure, where units, sites or managers are known: groups across
        units, which a partition can not show because everybody is in a unit first. They overlap with the others and
        are called B1, B2, …
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    Communities

    Raises
    ------
    InputError
        If an option is out of range.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
    .. [2] Newman (2016). doi:10.1103/PhysRevE.94.052315
    """
    runs = _validate.count(runs, what="runs", low=2)
    min_size = _validate.count(min_size, what="min_size", low=2)
    seed = _validate.seed(seed)
    given = None if resolution is None else _validate.positive(resolution, what="resolution")
    a, b = graph.pairs
    weight = detection_weights(graph, damping)
    a, b, weight = a[weight > 0], b[weight > 0], weight[weight > 0]
    used, labels, agreement, stability = _ensemble(graph, a, b, weight, given, runs, seed, progress)
    parameters = {"resolution": given, "damping": damping, "runs": runs, "min_size": min_size, "beyond": beyond}
    null, hidden = _beyond(graph, beyond, seed, progress)
    members, summary = tables(graph, Partition(a, b, weight, labels, stability), hidden, null, min_size)
    return Communities(
        members=members,
        summary=summary,
        resolution=used,
        quality=modularity(a, b, weight, labels, used.value),
        agreement=agreement,
        runs=runs,
        searched_beyond=hidden is not None,
        graph=graph,
        provenance=record("find_communities", parameters, seed=seed, inputs=graph.provenance.inputs),
    )


def _beyond(
    graph: InteractionGraph, wanted: bool, seed: int, progress: Progress
) -> tuple[DyadNull | None, Hidden | None]:
    """Look for communities beyond formal structure, if there is any and the graph is not too large."""
    structure = Structure.of(graph)
    if not structure.known or not graph.ties["tie"].any():
        return None, None
    null = fit_null(graph, structure)
    if not wanted or len(graph.people) > MOST_PEOPLE:
        return null, None
    with progress.stage("Looking beyond formal structure", total=SEARCHES) as stage:
        return null, find_beyond(graph, null, rng=np.random.default_rng([seed, 1]), stage=stage)


def _ensemble(
    graph: InteractionGraph,
    a: IntArray,
    b: IntArray,
    weight: FloatArray,
    given: float | None,
    runs: int,
    seed: int,
    progress: Progress,
) -> tuple[Resolution, Labels, float, FloatArray]:
    """Find the resolution and run from several seeds: the best labels, their agreement, and stability per community."""
    n = len(graph.people)
    whole = graph_of(a, b, n)
    seeds = [int(one) for one in np.random.SeedSequence(seed).generate_state(runs + 1)]

    def partition(gamma: float, run_seed: int = seeds[runs]) -> Labels:
        with seeded(run_seed):
            return run(whole, weight, gamma)

    with progress.stage("Finding communities", total=runs + 1) as stage:
        if given is not None or not len(a):
            used = Resolution(given or 1.0, "given" if given is not None else "no fixed point")
        else:
            used = fixed_point(a, b, weight, partition=partition)
        stage.advance()
        found = []
        for one in seeds[:runs]:
            found.append(partition(used.value, one))
            stage.advance()
    quality = [modularity(a, b, weight, labels, used.value) for labels in found]
    # Equal partitions differ in the last digit of their quality; rounding makes the first of them win on every machine.
    best = int(np.argmax(np.round(quality, 10)))
    tied = np.zeros(n, dtype=bool)
    tied[a] = tied[b] = True
    pairs = [adjusted_rand(one[tied], other[tied]) for one, other in combinations(found, 2)]
    others = [best_jaccard(found[best], labels)[0] for number, labels in enumerate(found) if number != best]
    return used, found[best], float(np.mean(pairs)), np.mean(others, axis=0)
