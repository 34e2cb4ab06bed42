"""What all groups of a graph share in their tests: nulls, ties, stand-ins, and which tests are one."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from commfinder.communities.threads import together
from commfinder.declared.evidence import Evidence, Settings, gather
from commfinder.declared.permutation import Matcher
from commfinder.declared.roster import Roster, TieTable, roster_of
from commfinder.declared.shape import MIN_CORE
from commfinder.declared.statistics import benjamini_hochberg, benjamini_yekutieli
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null
from commfinder.graph.leaving_out import expected_without_own
from commfinder.progress import Progress

__all__ = ["Bench", "Judged", "correction_for", "q_values"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Judged = tuple[Roster, Evidence]

_LARGE, _BLOCK_SHARE = 30, 0.05
_FITTED_ANEW, _SMALL_SHARE = 5000, 0.05
_HEAVY = 0.3
_AT_ONCE = 64


class Bench:
    """What all groups of a graph share.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    settings : Settings
        What the tests are run with.
    seed : int
        Seed of all chance.
    """

    def __init__(self, graph: InteractionGraph, settings: Settings, seed: int) -> None:
        self.graph, self.settings, self.seed = graph, settings, seed
        self.names = graph.people["person"].to_numpy(dtype=object)
        self.position = {person: number for number, person in enumerate(self.names)}
        a, b = (ends[graph.tie_values("tie")] for ends in graph.pairs)
        self.listed = Structure.of(graph)
        known = self.listed.placed(a, b)
        self.structure = known if settings.structure_known else known.without()
        self.table = TieTable.of(graph)
        self.activity = fit_null(graph, known.without())
        self.formal = fit_null(graph, known) if settings.structure_known else self.activity
        self.matcher = Matcher(known, self.table.degree)
        side = self.formal.blocks.side
        self._mass = np.bincount(self.structure.unit % side, self.formal.activity, side).astype(np.float64)

    def examine_all(self, groups: Sequence[tuple[str, list[str], tuple[str, ...]]], progress: Progress) -> list[Judged]:
        """Gather the evidence on groups, given as name, people and own spaces, in their order."""
        found: list[Judged] = []
        with progress.stage("Assessing declared groups", total=len(groups)) as stage:
            for first in range(0, len(groups), _AT_ONCE):
                part = groups[first : first + _AT_ONCE]
                rosters = [self._roster(*one) for one in part]
                found += zip(rosters, together(self._evidence, rosters), strict=True)
                stage.advance(len(part))
        return _same(found)

    def examine(self, name: str, people: list[str], spaces: tuple[str, ...]) -> Judged:
        """Gather the evidence on one group."""
        roster = self._roster(name, people, spaces)
        return roster, self._evidence(roster)

    def _roster(self, name: str, people: list[str], spaces: tuple[str, ...]) -> Roster:
        """Put one group into numbers."""
        known = np.array([self.position[person] for person in people if person in self.position], dtype=np.int64)
        return roster_of(
            self.graph,
            self.table,
            group=name,
            size=len(people),
            known=np.sort(known),
            spaces=spaces,
            formal=self.formal,
            activity=self.activity,
        )

    def _evidence(self, roster: Roster) -> Evidence:
        """Gather the evidence on one group.

        Chance depends on who is tested and on the seed alone: not on other groups, nor on the name.
        """
        return gather(
            roster,
            self.table,
            formal=self.formal,
            lam=self._without_own(roster),
            matcher=self.matcher,
            settings=self.settings,
            rng=np.random.default_rng([self.seed, zlib.crc32(roster.tested.tobytes())]),
        )

    def _without_own(self, roster: Roster) -> FloatArray:
        """Return what is expected inside, from a null without the group's own ties where these would weigh in it."""
        if not self._weighs(roster):
            return roster.expected
        n = len(self.names)
        if n > _FITTED_ANEW and len(roster.tested) <= _SMALL_SHARE * n:
            lam = expected_without_own(
                self.formal, roster.tested, roster.all_ties, degree=self.table.degree, mass=self._mass
            )
        else:
            null = fit_null(self.graph, self.structure, leave_out=roster.tested, start=self.formal)
            lam = null.matrix(roster.tested)
        # A null that has not seen the group's own ties extrapolates to them, and may expect more than a pair can have.
        return np.minimum(lam, 1.0)

    def _weighs(self, roster: Roster) -> bool:
        """Tell whether a group is large, or makes more than one in twenty of the ties of a pair of units."""
        if len(roster.tested) > _LARGE:
            return True
        i, j = np.nonzero(np.triu(roster.ties))
        unit, blocks = self.structure.unit, self.formal.blocks
        place, own = np.unique(blocks.places(unit[roster.tested[i]], unit[roster.tested[j]]), return_counts=True)
        return bool((own > _BLOCK_SHARE * np.maximum(blocks.seen[place], 1)).any())


def correction_for(judged: Sequence[Judged]) -> str:
    """Say which correction for many tests holds: "by" where rosters overlap heavily, else "bh".

    Parameters
    ----------
    judged : sequence of (Roster, Evidence)
        The groups.

    Returns
    -------
    str

    Notes
    -----
    Heavily means that the largest Jaccard index of a tested group's active members with those of any other is above
    0.3 in the mean over groups. Groups of the same people are one.
    """
    rosters = list({one.tested.tobytes(): one.tested for one, e in judged if e.active >= MIN_CORE}.values())
    if len(rosters) < 2:
        return "bh"
    sizes = np.array([len(one) for one in rosters])
    row, column = np.repeat(np.arange(len(rosters)), sizes), np.concatenate(rosters)
    inside = sparse.csr_array((np.ones(len(row)), (row, column)))
    common = (inside @ inside.T).tocoo()
    apart = common.row != common.col
    i, j, both = common.row[apart], common.col[apart], common.data[apart]
    nearest = np.zeros(len(rosters))
    np.maximum.at(nearest, i, both / (sizes[i] + sizes[j] - both))
    return "by" if nearest.mean() > _HEAVY else "bh"


def q_values(judged: Sequence[Judged], correction: str) -> tuple[FloatArray, FloatArray]:
    """Return the false discovery rates of groups and of their cores; equal rosters count as one test.

    Parameters
    ----------
    judged : sequence of (Roster, Evidence)
        The groups.
    correction : {"bh", "by"}
        Benjamini–Hochberg or Benjamini–Yekutieli.

    Returns
    -------
    q, core_q : ndarray of float
        nan for groups of fewer than five active members.
    """
    if not judged:
        return np.empty(0), np.empty(0)
    adjust = benjamini_yekutieli if correction == "by" else benjamini_hochberg
    first: dict[str, int] = {}
    place = np.array([first.setdefault(_test(one), len(first)) for one in judged])
    p = np.full((len(first), 2), np.nan)
    for number, (_, e) in zip(place, judged, strict=True):
        if e.active >= MIN_CORE:
            p[number] = e.p, e.core_p
    return adjust(p[:, 0])[place], adjust(p[:, 1])[place]


def _test(judged: Judged) -> str:
    """Return a text that two groups share if they have the same people and the same ties."""
    roster, _ = judged
    return f"{roster.tested.tobytes().hex()} {np.packbits(roster.ties).tobytes().hex()}"


def _same(judged: Sequence[Judged]) -> list[Judged]:
    """Name for each group another with the same active members, if there is one."""
    names: dict[bytes, list[str]] = {}
    for roster, _ in judged:
        if len(roster.tested):
            names.setdefault(roster.tested.tobytes(), []).append(roster.group)
    found = []
    for roster, e in judged:
        others = [name for name in names.get(roster.tested.tobytes(), []) if name != roster.group]
        found.append((roster, replace(e, same_as=others[0] if others else "")))
    return found
