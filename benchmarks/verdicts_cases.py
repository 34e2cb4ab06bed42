"""Organisations that the model of verdicts is fitted on, and the evidence on their groups; see `verdicts.py`.

Their ranges were chosen so that the lifts met with in practice are among those planted, whatever verdict they get: a
small department that talks to itself, in a large organisation or one of which little else is recorded, has a hundred
times the ties expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from commfinder.declared import assess
from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.probability import CLASSES
from commfinder.declared.verdict import Ruling
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory
from commfinder.simulation import Plan, simulate

__all__ = ["PERMUTATIONS", "RANGES", "TIED", "Case", "cases_of", "plan_of"]

TIED, PERMUTATIONS = CLASSES[:6], 199

TRAINING: dict[str, Any] = {
    "people": (200, 800),
    "sizes": [(6, 12), (8, 24), (8, 24), (12, 40), (20, 60)],
    "strength": [(0.1, 0.3), (0.2, 0.6), (0.2, 0.6), (0.3, 0.6)],
    "media": [("email",), ("email", "chat", "email and chat")],
    "noise": (0.02, 0.6),
    "coverage": [1.0, 1.0, (0.75, 1.0), (0.55, 0.85)],
    "recorded": [1.0, (0.6, 1.0)],
    "turnover": (0.0, 0.15),
    "sites": (1, 4),
    "wave": (0.0, 0.4),
    "weeks": [26, 26, 26, 20, 36],
    "everyday": (1.0, 1.0),
    "chart": True,
}
SPARSE: dict[str, Any] = {
    "people": (1300, 3000),
    "sizes": [(6, 12), (8, 24), (8, 24)],
    "strength": [(0.4, 0.7), (0.6, 1.0)],
}
UNCHARTED: dict[str, Any] = {
    "strength": [(0.1, 0.3), (0.2, 0.6), (0.3, 0.6), (0.6, 1.0)],
    "everyday": (0.05, 1.0),
    "chart": False,
}
KINDS = [TRAINING] * 6 + [TRAINING | SPARSE] * 2 + [TRAINING | UNCHARTED, TRAINING | SPARSE | UNCHARTED]
"""Six in ten organisations are of the first ranges. Two are large, with small and tight groups. Two have no chart:
nobody knows units, nothing is planted that follows them, and of the contacts of everyday only a share is in the data.
"""
RANGES = {"ordinary": TRAINING, "sparse": SPARSE, "uncharted": UNCHARTED}


@dataclass(frozen=True)
class Case:
    """One planted group: its organisation, its class, and all that a rule is given."""

    seed: int
    truth: str
    evidence: Evidence
    q: float
    core_q: float
    settings: Settings


def plan_of(seed: int) -> tuple[dict[str, Any], Plan]:
    """Draw how many people and weeks there are, what is known of them, and what to plant."""
    rng = np.random.default_rng([41, seed])
    ranges = KINDS[rng.integers(len(KINDS))]
    low, high = np.log(ranges["people"])
    people = int(np.exp(rng.uniform(low, high)))
    pick = {name: ranges[name][rng.integers(len(ranges[name]))] for name in ("strength", "media", "weeks")}
    sizes = [one for one in ranges["sizes"] if one[1] <= people / 4]
    size = sizes[rng.integers(len(sizes))]
    room = int(0.95 * people / (sum(size) / 2)) - 1
    each = int(np.clip(room // len(TIED), 1, 3))
    tied = [str(name) for name in rng.permutation(TIED)[: max(room, 2)]]
    groups = {**dict.fromkeys(tied, each), "formal-only": each + 1 if ranges["chart"] else 0, "paper": each + 2}
    plan = Plan(
        groups=groups,
        size=size,
        strength=pick["strength"],
        media=pick["media"],
        noise=float(rng.uniform(*ranges["noise"])),
        coverage=ranges["coverage"][rng.integers(len(ranges["coverage"]))],
        recorded=ranges["recorded"][rng.integers(len(ranges["recorded"]))],
        turnover=float(rng.uniform(*ranges["turnover"])),
        sites=int(rng.integers(ranges["sites"][0], ranges["sites"][1] + 1)),
        wave=float(rng.uniform(*ranges["wave"])),
        undeclared=1,
    )
    about = {"people": people, "weeks": pick["weeks"], "chart": ranges["chart"]}
    return about | {"everyday": float(rng.uniform(*ranges["everyday"]))}, plan


def rows_of(organisation: Any, everyday: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return what people said to one another, with a share of the pairs whom no planted group ties."""
    rows = organisation.clean_frame()
    if everyday >= 1:
        return rows
    number = {person: k for k, person in enumerate(organisation.people["person"])}
    a, b = (rows[end].map(number).fillna(-1).to_numpy(dtype=np.int64) for end in ("sender", "recipient"))
    kept = rng.random((len(number),) * 2) < everyday
    truth = organisation.truth
    core = truth.members[truth.members["planted"].isin(["core", "outsider"])]
    for _, group in core.groupby("group"):
        parts = sorted(set(group["part"]) - {"", "broker"}) or [""]
        for part in parts:
            people = group.loc[group["part"].isin([part, "broker", ""]), "person"].map(number).to_numpy()
            kept[np.ix_(people, people)] = True
    for _, group in truth.undeclared.groupby("community"):
        people = group["person"].map(number).to_numpy()
        kept[np.ix_(people, people)] = True
    low, high = np.minimum(a, b), np.maximum(a, b)
    return rows[(low < 0) | kept[low, high]].reset_index(drop=True)


def cases_of(seed: int) -> list[Case]:
    """Simulate one organisation, and take what `assess_groups` gives to the rules."""
    about, plan = plan_of(seed)
    organisation = simulate(people=about["people"], seed=seed, weeks=about["weeks"], plan=plan)
    rows = rows_of(organisation, about["everyday"], np.random.default_rng([43, seed]))
    inter = Interactions.from_frame(rows)
    people = organisation.people
    directory = Directory.from_frame(people if about["chart"] else people[["person"]])
    graph = build_graph(inter, directory, period=organisation.clock.period)
    taken: list[tuple[Evidence, float, float, Settings]] = []

    def record(evidence: Evidence, q: float, core_q: float, settings: Settings) -> Ruling:
        taken.append((evidence, q, core_q, settings))
        return Ruling("uncertain", False, "")

    nothing = SimpleNamespace(members=pd.DataFrame({"person": [], "community": []}))
    groups = DeclaredGroups.from_frame(organisation.groups)
    with patch.object(assess, "rule", record):
        assess.assess_groups(graph, groups, found=nothing, permutations=PERMUTATIONS, seed=seed)
    truth = organisation.truth.groups.set_index("group")["verdict"]
    cases = [Case(seed, str(truth[one[0].group]), *one) for one in taken]
    # Where nobody knows of the chart, a group that follows it is neither paper nor a community of its own.
    return [one for one in cases if about["chart"] or one.truth != "formal-only"]
