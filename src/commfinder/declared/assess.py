"""Rule on every declared group of an organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities, find_communities
from commfinder.declared.bench import Bench as _Bench
from commfinder.declared.bench import Judged, correction_for, q_values
from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.matching import match_communities
from commfinder.declared.probability import CLASSES
from commfinder.declared.roster import MOST_TESTED
from commfinder.declared.shape import MIN_CORE
from commfinder.declared.verdict import HELP, VERDICTS, Ruling, rule
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import Structure
from commfinder.interactions import Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people import DeclaredGroups
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Verdicts", "assess_groups"]

_CORRECTIONS = ("auto", "bh", "by")


@dataclass(frozen=True, eq=False, repr=False)
class Verdicts(Result):
    """A verdict on each declared group, with its evidence.

    Make one with `assess_groups`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per group, sorted by name: group, kind, goal, verdict, bigger, probability (missing where nothing is
        claimed), p_community (that a community of any kind is there, which orders groups; missing below five active
        members), size, tested (ties that were counted, yes or no), active, lift, lift_low, lift_high, extra_density,
        p_formal, p_permutation, q, power, core_share, audience_share, persistence, connectedness, broker_dependence,
        outsiders, found, jaccard, reason, help, reciprocity, media (with the share of the ties inside that each
        carries), structure_share (of the ties inside that formal structure explains beyond activity), trend (of z per
        window), trend_p, same_as (a group of the same active people), fact_1, fact_2, fact_3 (what decided) and
        change (what would change the verdict).
    members : pandas.DataFrame
        group, person, score (z of ties to the other members; missing for the absent) and standing: core, active,
        audience or absent.
    losses : pandas.DataFrame
        Members that are not in the graph, and what else was odd.
    provenance : Provenance
        What made this value.
    probabilities : pandas.DataFrame
        One row per group: group, and the probability of each class that has one, before rules take away; they sum to 1.
        Missing for groups of fewer than five active members.
    """

    frame: pd.DataFrame
    members: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    probabilities: pd.DataFrame = field(default_factory=pd.DataFrame)
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
    correction: str = "auto",
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
        Matched rosters for each group, at least 99; fewer are drawn where the answer is clearly no.
    correction : {"auto", "bh", "by"}, default "auto"
        How the false discovery rate is held over groups: by Benjamini and Hochberg, or by Benjamini and Yekutieli,
        which holds whatever the dependence and finds less. "auto" takes the second where rosters overlap heavily: where
        the mean over groups of the largest Jaccard index with another group is above 0.3. Groups of the same people
        with the same ties are one test. `provenance` tells which it was.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed. Each roster draws from a generator of its own, so that other groups do not change its verdict's chance.

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
    correction = _validate.choice(correction, _CORRECTIONS, what="correction")
    if found is None:
        found = find_communities(graph, beyond=False, progress=progress, seed=seed)
    members = {name: groups.members(name, graph.period) for name in groups.names}
    bench = _Bench(graph, settings, seed)
    tasks = [(name, people, groups.about(name)["spaces"]) for name, people in members.items()]
    judged = bench.examine_all(tasks, progress)
    used = correction_for(judged) if correction == "auto" else correction
    q, core_q = q_values(judged, used)
    rulings = [
        rule(one, float(value), float(of_core), settings)
        for (_, one), value, of_core in zip(judged, q, core_q, strict=True)
    ]
    frame = _frame(groups, judged, rulings, q).join(match_communities(members, found))
    columns = [name for name in _COLUMNS if name in frame]
    options = {"alpha": alpha, "target": target, "permutations": permutations, "correction": used}
    inputs = {**graph.provenance.inputs, **groups.provenance.inputs}
    return Verdicts(
        frame=frame[columns],
        members=_members(members, judged, bench),
        losses=losses_frame([*groups.losses, *_notes(members, judged, bench, used)]),
        provenance=record("assess_groups", options, seed=seed, inputs=inputs),
        probabilities=_probabilities(judged, rulings),
    )


_COLUMNS = [
    *("group", "kind", "goal", "verdict", "bigger", "probability", "p_community", "size", "tested", "active"),
    *("lift", "lift_low", "lift_high", "extra_density", "p_formal", "p_permutation", "q", "power"),
    *("core_share", "audience_share", "persistence", "connectedness", "broker_dependence", "outsiders"),
    *("found", "jaccard", "reason", "help", "reciprocity", "media", "structure_share", "trend", "trend_p", "same_as"),
    *("fact_1", "fact_2", "fact_3", "change"),
]
_TEXT = ("group", "kind", "goal", "verdict", "found", "reason", "help", "media", "same_as", *_COLUMNS[-4:])


def _frame(
    groups: DeclaredGroups, judged: list[Judged], rulings: list[Ruling], q: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Write evidence and rulings down as a frame."""
    rows: list[dict[str, Any]] = []
    for (_, e), ruling, value in zip(judged, rulings, q, strict=True):
        about = groups.about(e.group)
        rows.append({"group": e.group, "kind": about["kind"], "goal": about["goal"], **_row(e, ruling, float(value))})
    names = [name for name in _COLUMNS if name not in ("found", "jaccard")]
    return pd.DataFrame(rows, columns=names).astype({name: "string" for name in _TEXT if name in names})


def _probabilities(judged: list[Judged], rulings: list[Ruling]) -> pd.DataFrame:
    """Write down how probable each class is."""
    chances = pd.DataFrame([one.probabilities[: len(CLASSES)] for one in rulings], columns=CLASSES, dtype="float64")
    chances.insert(0, "group", pd.Series([e.group for _, e in judged], dtype="string"))
    return chances


def _row(e: Evidence, ruling: Ruling, q: float) -> dict[str, Any]:
    """Write one group down."""
    return {
        "verdict": ruling.verdict,
        "bigger": ruling.bigger,
        "probability": ruling.probability,
        "p_community": ruling.community,
        "size": e.size,
        "tested": e.active >= MIN_CORE,
        "active": max(e.active, e.seen),
        "lift": e.lift.value,
        "lift_low": e.lift.low,
        "lift_high": e.lift.high,
        "extra_density": e.lift.extra_density,
        "p_formal": e.p_formal,
        "p_permutation": e.p_permutation,
        "q": q,
        "power": e.power,
        "core_share": e.core_share,
        "audience_share": float(e.audience.mean()) if e.active else 0.0,
        "persistence": e.persistence,
        "connectedness": e.connectedness,
        "broker_dependence": e.broker.dependence,
        "outsiders": e.outsiders,
        "reason": ruling.reason,
        "help": ruling.help or HELP[ruling.verdict],
        "reciprocity": e.reciprocity,
        "media": ", ".join(f"{name} {100 * share:.0f} %" for name, share in e.media) or None,
        "structure_share": e.structure_share,
        "trend": e.trend,
        "trend_p": e.trend_p,
        "same_as": e.same_as or None,
        **{f"fact_{number}": fact or None for number, fact in enumerate(ruling.facts, 1)},
        "change": ruling.change or None,
    }


def _members(members: dict[str, list[str]], judged: list[Judged], bench: _Bench) -> pd.DataFrame:
    """Say how each member stands to the group."""
    rows = []
    for (name, people), (roster, e) in zip(members.items(), judged, strict=True):
        audience = e.audience
        seen = roster.known[bench.table.degree[roster.known] > 0]
        standing = dict.fromkeys(bench.names[seen], (np.nan, "active"))
        standing |= {
            bench.names[number]: (float(e.scores[k]), "core" if e.core[k] else "audience" if audience[k] else "active")
            for k, number in enumerate(roster.tested)
        }
        rows += [(name, person, *standing.get(person, (np.nan, "absent"))) for person in people]
    frame = pd.DataFrame(rows, columns=["group", "person", "score", "standing"])
    return frame.astype({"group": "string", "person": "string", "score": "float64", "standing": "string"})


def _notes(members: dict[str, list[str]], judged: list[Judged], bench: _Bench, used: str) -> list[Loss]:
    """Say what was odd: strangers, groups without members, the same people twice, and what stands in for what."""
    notes = []
    if members and not bench.settings.structure_known:
        advice = "Give the directory units, sites or managers: ties that they make look like a community's."
        fact = "no unit, site or manager tells people apart: judged by activity alone"
        notes.append(Loss("groups", "directory", fact, len(members), "groups", None, advice))
    unit = bench.listed.unit if bench.settings.structure_known else bench.structure.unit
    unplaced = sum(len(roster.tested[unit[roster.tested] < 0]) for roster, _ in judged) if (unit >= 0).any() else 0
    if unplaced:
        advice = "Fill in the units: ties that a unit makes look like a community's where it is not known."
        fact = "unit not known: taken for the unit of most of their ties"
        notes.append(Loss("groups", "directory", fact, unplaced, "members", None, advice))
    if used == "by":
        fact = "rosters overlap heavily: false discovery rate by Benjamini and Yekutieli"
        notes.append(Loss("groups", "groups", fact, len(members), "groups", None, None))
    for (name, people), (_, e) in zip(members.items(), judged, strict=True):
        where = f"group {name!r}"
        missing = sum(person not in bench.position for person in people)
        if missing:
            advice = "Check the ids, or add them to the directory."
            notes.append(Loss("groups", "groups", "member not in the graph", missing, "members", where, advice))
        if not people:
            advice = "Check 'since' and 'until', or the period."
            notes.append(Loss("groups", "groups", "nobody is a member in the period", 1, "groups", where, advice))
        if e.seen > e.active:
            fact = f"large group: judged by {MOST_TESTED} active members drawn at random"
            notes.append(Loss("groups", "groups", fact, e.seen - e.active, "members", where, None))
        if e.same_as:
            fact = f"same active members as {e.same_as!r}"
            notes.append(Loss("groups", "groups", fact, 1, "groups", where, "Merge them, or mend one of the rosters."))
    return notes
