"""Communities as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.communities.layers import medium_support
from commfinder.communities.resolution import Resolution
from commfinder.communities.search.choice import WeightChoice
from commfinder.communities.ties import Ties
from commfinder.communities.zoom import Zoom, profile, zoom
from commfinder.graph import InteractionGraph
from commfinder.provenance import Provenance
from commfinder.result import Result

__all__ = ["Communities"]


@dataclass(frozen=True, eq=False, repr=False)
class Communities(Result):
    """Which communities a graph holds, who is in them, and how likely each is real.

    Make one with `find_communities`.

    Parameters
    ----------
    members : pandas.DataFrame
        person, community (missing for who is in none), strength (share of the weight of a person's ties that stays
        inside, 0 to 1), confidence (probability that the community is real and the person in it), core (whether the
        person has significantly more ties inside than expected from activity) and periphery (whether they are core
        nowhere, and `extend` finds them significantly in no community either: they are on the edge of the one they are
        in). Everybody of the graph is listed, sorted by
        person; who is in several communities has several rows.
    summary : pandas.DataFrame
        community, size, confidence (probability that some real community is like it, with a Jaccard index of at least
        0.5; missing where it was not asked for), stability (mean Jaccard index of
        the most alike community when all events are drawn again, 0 to 1), observed_over_expected (weight inside over
        that expected from activity), units, main_unit, main_unit_share (of members whose unit is known),
        structure_lift, beyond_structure. Largest first.
    resolution : Resolution
        The resolution used and how it was come by.
    weights : WeightChoice
        The weights used, and how every candidate did.
    quality : float
        Modularity at that resolution, on those weights.
    agreement : float
        Mean adjusted Rand index between the result and the runs it is made of, over people who have ties.
    runs : int
        Number of seeded runs.
    p_chance : float
        How likely a network of the same degrees in which chance alone is at work looks as clustered as this one. Above
        0.002 there are no communities; missing where it was not asked for.
    searched_beyond : bool
        Whether communities beyond formal structure were looked for: it takes units, sites or managers, and at most
        500,000 ties.
    labels : ndarray of int32, shape (n,)
        The partition behind the communities, before small ones and those of chance are left out.
    ties : Ties
        The ties and weights they were found by.
    graph : InteractionGraph
        The graph they were found in.
    provenance : Provenance
        What made this value.
    """

    members: pd.DataFrame
    summary: pd.DataFrame
    resolution: Resolution
    weights: WeightChoice
    quality: float
    agreement: float
    runs: int
    p_chance: float
    searched_beyond: bool
    labels: npt.NDArray[np.int32]
    ties: Ties
    graph: InteractionGraph
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/communities/2"

    def people(self, community: str) -> list[str]:
        """Return who is in a community, sorted."""
        return self.members.loc[self.members["community"] == community, "person"].tolist()

    def to_frame(self) -> pd.DataFrame:
        """Return the summary; who is in which community is in `members`."""
        return self.summary.copy()

    def zoom(self, *, tolerance: float = 1e-3, seed: int = 0) -> Zoom:
        """Return coarser and finer communities, at a third and at three times the resolution, and where they nest.

        Parameters
        ----------
        tolerance : float, default 1e-3
            Modularity that a level may lose by nesting; 1 makes every level nest, and ``cost`` tells what it costs.
        seed : int, default 0
            Seed.

        Returns
        -------
        Zoom
            ``to_frame(people)`` names who is where.
        """
        return zoom(self.ties, self.labels, self.resolution.value, tolerance=tolerance, seed=seed)

    def profile(self, *, runs: int = 5, seed: int = 0) -> pd.DataFrame:
        """Return what communities there would be at 21 resolutions from a tenth to ten times this one.

        Parameters
        ----------
        runs : int, default 5
            Seeded runs at each resolution; their agreement is told.
        seed : int, default 0
            Seed.

        Returns
        -------
        pandas.DataFrame
            resolution, communities, quality, largest, agreement, likelihood, admissible, optimal_from, optimal_to.
        """
        resolutions = self.resolution.value * 10.0 ** np.linspace(-1, 1, 21)
        return profile(self.ties, resolutions=resolutions, runs=runs, seed=seed)

    def media(self) -> pd.DataFrame:
        """Return which medium holds each community up; see `medium_support`.

        Returns
        -------
        pandas.DataFrame
            One row per community and medium.
        """
        position = {person: number for number, person in enumerate(self.graph.people["person"])}
        inside = self.members.dropna(subset=["community"]).groupby("community")["person"]
        groups = {str(name): np.array([position[one] for one in people]) for name, people in inside}
        return medium_support(self.graph, {name: groups[name] for name in self.summary["community"]})

    def to_graphml(self, path: str | Path) -> Path:
        """Write people, ties and communities as GraphML; see `to_gexf` for Gephi and `to_parquet` for large graphs."""
        from commfinder.communities.export import to_graphml

        return to_graphml(self, path)

    def to_gexf(self, path: str | Path) -> Path:
        """Write people, ties and communities as GEXF."""
        from commfinder.communities.export import to_gexf

        return to_gexf(self, path)

    def to_parquet(self, folder: str | Path) -> list[Path]:
        """Write people, ties, members and summary as Parquet tables."""
        from commfinder.communities.export import to_parquet

        return to_parquet(self, folder)

    def __repr__(self) -> str:
        inside = self.members.loc[self.members["community"].notna(), "person"].nunique()
        outside = len(self.graph.people) - inside
        if not len(self.summary):
            return f"<Communities: none; {outside} people>"
        found = f"{len(self.summary)} of {inside} people, {outside} in none"
        how = f"resolution {self.resolution.value:.2f} ({self.resolution.how})"
        sure = int((self.summary["confidence"] > 0.5).sum())
        likely = f", {sure} more likely real than not" if self.summary["confidence"].notna().any() else ""
        return f"<Communities: {found}{likely}, {how}, agreement of {self.runs} runs {self.agreement:.2f}>"
