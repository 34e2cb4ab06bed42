"""Rule on every declared group of an organisation."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities, find_communities
from commfinder.declared.evidence import Evidence, Settings, gather
from commfinder.declared.matching import match_communities
from commfinder.declared.permutation import Matcher
from commfinder.declared.roster import Roster, TieTable, roster_of
from commfinder.declared.statistics import benjamini_hochberg
from commfinder.declared.verdict import HELP, VERDICTS, Ruling, rule
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.interactions import Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people import DeclaredGroups
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Verdicts", "assess_groups"]

IntArray = npt.NDArray[np.int64]

_LARGE, _BLOCK_SHARE = 30, 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Verdicts(Result):
    """A verdict on each declared group, with its evidence.

    Make one with `assess_groups`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per group, sorted by name: group, kind, goal, verdict, bigger, probability (missing: not calibrated
        yet), size, tested (ties that were counted, yes or no), active, lift, lift_low, lift_high, extra_density,
        p_formal, p_permutation, q, power, core_share, audience_share, persistence, connectedness, broker_dependence,
        outsiders, found, jaccard, reason, help.
    members : pandas.DataFrame
        group, person, score (z of ties to the other members; missing for the absent) and standing: core, active,
        audience or absent.
    losses : pandas.DataFrame
        Members that are not in the graph, and what else was odd.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    members: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/verdicts/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group."""
        return self.frame.copy()

    def __repr__(self) -> str:
        counts = self.frame["verdict"].value_counts()
        told = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if word in counts)
        return f"<Verdicts: {len(self.frame)} groups: {told}>"


def assess_groups(
    graph: InteractionGraph,
    groups: DeclaredGroups,
    *,
    found: Communities | None = None,
    alpha: float = 0.05,
    target: float = 0.2,
    permutations: int = 999,
    progress: Progress = SILENT,
    seed: int = 0,
) -> Verdicts:
    """Tell which declared groups are real communities, which exist only on paper, and which can not be judged.

    A group is real if its members have more ties with one another than their activity and the formal structure (unit,
    site, manager) explain: by an analytic test and by a permutation of people alike, both needed, with the false
    discovery rate held over all groups. Where the data can not tell, the verdict says so.

    Parameters
    ----------
    graph : InteractionGraph
        The graph. Ties are binary here: they hold by ``graph.rule``; weights make nobody's group real.
    groups : DeclaredGroups
        The groups. Ties that only a group's own ``space`` makes are set aside, since being on a list makes them.
    found : Communities, optional
        Communities to match groups with; None looks for them, but not beyond formal structure. In a network in which
        chance alone is at work there are none, and no group matches any.
    alpha : float, default 0.05
        Level of the tests and false discovery rate over groups.
    target : float, default 0.2
        Extra density (share of pairs with a tie beyond expectation) that is worth finding: a "no" needs the power to
        see it.
    permutations : int, default 999
        Matched rosters for each group, at least 99.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed. Each group draws from a generator of its own, so that other groups do not change its verdict's chance.

    Returns
    -------
    Verdicts

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    With m ties among the tested members and μ expected, z = (m - μ)/sqrt(μ + ½), lift = (m + ½)/(μ + ½). Expected
    ties and the rules of the verdicts are described with `DyadNull` and in the explanation of verdicts. Members are
    tested if they have ties anywhere, which does not depend on their ties inside.
    """
    settings = Settings(
        alpha=_validate.fraction(alpha, what="alpha"),
        target=_validate.fraction(target, what="target"),
        permutations=_validate.count(permutations, what="permutations", low=99),
        structure_known=Structure.of(graph).known,
    )
    seed = _validate.seed(seed)
    if found is None:
        found = find_communities(graph, beyond=False, progress=progress, seed=seed)
    members = {name: groups.members(name, graph.period) for name in groups.names}
    bench = _Bench(graph, settings, seed)
    evidence = []
    with progress.stage("Assessing declared groups", total=len(members)) as stage:
        for name, people in members.items():
            evidence.append(bench.examine(name, people, groups.about(name)["spaces"]))
            stage.advance()
    q = benjamini_hochberg([one.p if one.active >= 5 else np.nan for _, one in evidence])
    core_q = benjamini_hochberg([one.core_p if one.active >= 5 else np.nan for _, one in evidence])
    rulings = [
        rule(one, float(value), float(of_core), settings)
        for (_, one), value, of_core in zip(evidence, q, core_q, strict=True)
    ]
    frame = _frame(groups, evidence, rulings, q).join(match_communities(members, found))
    columns = [name for name in _COLUMNS if name in frame]
    options = {"alpha": alpha, "target": target, "permutations": permutations}
    inputs = {**graph.provenance.inputs, **groups.provenance.inputs}
    return Verdicts(
        frame=frame[columns],
        members=_members(members, evidence, bench.names),
        losses=losses_frame([*groups.losses, *_unknown(members, bench.position)]),
        provenance=record("assess_groups", options, seed=seed, inputs=inputs),
    )


_COLUMNS = [
    *("group", "kind", "goal", "verdict", "bigger", "probability", "size", "tested", "active"),
    *("lift", "lift_low", "lift_high", "extra_density", "p_formal", "p_permutation", "q", "power"),
    *("core_share", "audience_share", "persistence", "connectedness", "broker_dependence", "outsiders"),
    *("found", "jaccard", "reason", "help"),
]


class _Bench:
    """What all groups of a graph share: nulls, ties, and who could stand in for whom."""

    def __init__(self, graph: InteractionGraph, settings: Settings, seed: int) -> None:
        self.graph, self.settings, self.seed = graph, settings, seed
        self.names = graph.people["person"].to_numpy(dtype=object)
        self.position = {person: number for number, person in enumerate(self.names)}
        self.structure = Structure.of(graph)
        self.table = TieTable.of(graph)
        self.activity = fit_null(graph, self.structure.without())
        self.formal = fit_null(graph, self.structure) if settings.structure_known else self.activity
        self.matcher = Matcher(self.structure, self.table.degree)

    def examine(self, name: str, people: list[str], spaces: tuple[str, ...]) -> tuple[Roster, Evidence]:
        """Gather the evidence on one group."""
        known = np.array([self.position[person] for person in people if person in self.position], dtype=np.int64)
        roster = roster_of(
            self.graph,
            self.table,
            group=name,
            size=len(people),
            known=known,
            spaces=spaces,
            formal=self.formal,
            activity=self.activity,
        )
        evidence = gather(
            roster,
            self.table,
            formal=self.formal,
            without_own=self._without_own(roster),
            matcher=self.matcher,
            settings=self.settings,
            rng=np.random.default_rng([self.seed, zlib.crc32(name.encode())]),
        )
        return roster, evidence

    def _without_own(self, roster: Roster) -> DyadNull:
        """Fit the null without the group's own ties where these would weigh in it."""
        if not self._weighs(roster):
            return self.formal
        structure = self.structure if self.settings.structure_known else self.structure.without()
        return fit_null(self.graph, structure, leave_out=roster.tested, start=self.formal)

    def _weighs(self, roster: Roster) -> bool:
        """Tell whether a group is large, or makes more than one in twenty of the ties of a pair of units."""
        if len(roster.tested) > _LARGE:
            return True
        unit = self.structure.unit
        i, j = np.nonzero(np.triu(roster.ties))
        if not len(i):
            return False
        side = int(unit.max(initial=-1)) + 2
        low, high = self.table.keys // self.table.n, self.table.keys % self.table.n
        block = np.bincount(_block(unit[low], unit[high], side), minlength=side * side)
        one, other = unit[roster.tested[i]], unit[roster.tested[j]]
        own = np.bincount(_block(one, other, side), minlength=side * side)
        return bool((own > _BLOCK_SHARE * np.maximum(block, 1)).any())


def _block(one: IntArray, other: IntArray, side: int) -> IntArray:
    """Return one number for each pair of units."""
    block: IntArray = np.minimum(one, other) % side * side + np.maximum(one, other) % side
    return block


def _frame(
    groups: DeclaredGroups, evidence: list[tuple[Roster, Evidence]], rulings: list[Ruling], q: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Write evidence and rulings down as a frame."""
    rows: list[dict[str, Any]] = []
    for (_, e), ruling, value in zip(evidence, rulings, q, strict=True):
        about = groups.about(e.group)
        rows.append(
            {
                "group": e.group,
                "kind": about["kind"],
                "goal": about["goal"],
                "verdict": ruling.verdict,
                "bigger": ruling.bigger,
                "probability": np.nan,
                "size": e.size,
                "tested": e.active >= 5,
                "active": e.active,
                "lift": e.lift.value,
                "lift_low": e.lift.low,
                "lift_high": e.lift.high,
                "extra_density": e.lift.extra_density,
                "p_formal": e.p_formal,
                "p_permutation": e.p_permutation,
                "q": value,
                "power": e.power,
                "core_share": e.core_share,
                "audience_share": float(e.audience.mean()) if e.active else 0.0,
                "persistence": e.persistence,
                "connectedness": e.connectedness,
                "broker_dependence": e.broker.dependence,
                "outsiders": e.outsiders,
                "reason": ruling.reason,
                "help": HELP[ruling.verdict],
            }
        )
    text = dict.fromkeys(("group", "kind", "goal", "verdict", "reason", "help"), "string")
    return pd.DataFrame(rows).astype(text)


def _members(
    members: dict[str, list[str]], evidence: list[tuple[Roster, Evidence]], names: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Say how each member stands to the group."""
    rows = []
    for (name, people), (roster, e) in zip(members.items(), evidence, strict=True):
        audience = e.audience
        standing = {
            names[number]: (float(e.scores[k]), "core" if e.core[k] else "audience" if audience[k] else "active")
            for k, number in enumerate(roster.tested)
        }
        rows += [(name, person, *standing.get(person, (np.nan, "absent"))) for person in people]
    frame = pd.DataFrame(rows, columns=["group", "person", "score", "standing"])
    return frame.astype({"group": "string", "person": "string", "standing": "string"})


def _unknown(members: dict[str, list[str]], position: dict[str, int]) -> list[Loss]:
    """Count members who are nobody in the graph."""
    losses = []
    for name, people in members.items():
        missing = sum(person not in position for person in people)
        if missing:
            advice = "Check the ids, or add them to the directory."
            losses.append(
                Loss("groups", "groups", "member not in the graph", missing, "members", f"group {name!r}", advice)
            )
    return losses
