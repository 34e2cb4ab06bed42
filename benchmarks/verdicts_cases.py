"""Organisations that the model of verdicts is fitted on, and the evidence on their groups; see `verdicts.py`.

Their ranges were chosen so that the lifts met with in practice are among those planted, whatever verdict they get: a
small department that talks to itself, in a large organisation or one of which little else is recorded, has a hundred
times the ties expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from commfinder.declared import assess
from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.probability import CLASSES
from commfinder.declared.thresholds import MIN_COVERAGE
from commfinder.declared.verdict import Ruling
from commfinder.graph import TieRule, build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory
from commfinder.simulation import Plan, simulate

__all__ = ["PERMUTATIONS", "RANGES", "TIED", "Case", "cases_of", "plan_of"]

TIED, PERMUTATIONS = CLASSES[:6], 199
_FEWEST_TIES, _LARGEST = 2.5, 120

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
    "open": False,
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
OPEN: dict[str, Any] = {
    "people": (800, 2500),
    "sizes": [(6, 20), (6, 40), (20, 80)],
    "strength": [(0.05, 0.2), (0.1, 0.4), (0.1, 0.4)],
    "turnover": (0.0, 0.3),
    "everyday": (0.05, 0.6),
    "chart": False,
    "open": True,
    "hubs": (0.01, 0.06),
    "inside": (0.3, 0.95),
    "reach": (15, 120),
    "lean": (1.0, 8.0),
}
KINDS = [TRAINING] * 6 + [TRAINING | SPARSE] * 2 + [TRAINING | UNCHARTED, TRAINING | SPARSE | UNCHARTED]
"""Six in ten organisations are of the first ranges. Two are large, with small and tight groups. Two have no chart:
nobody knows units, nothing is planted that follows them, and of the contacts of everyday only a share is in the data.
Organisations with seeds of `OPEN_SEEDS` are beside these: large open projects without a chart, teams of very different
sizes and often loose, a few people who deal with a great many, teams inside teams, and rosters of those few that stand
for permissions. Half of them have no time: nothing comes or goes there.
"""
OPEN_SEEDS = range(1400, 1700), range(1900, 2000)
RANGES = {"ordinary": TRAINING, "sparse": SPARSE, "uncharted": UNCHARTED, "open": OPEN}


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
    if any(seed in part for part in OPEN_SEEDS):
        ranges = TRAINING | OPEN
    low, high = np.log(ranges["people"])
    people = int(np.exp(rng.uniform(low, high)))
    pick = {name: ranges[name][rng.integers(len(ranges[name]))] for name in ("strength", "media", "weeks")}
    sizes = [one for one in ranges["sizes"] if one[1] <= people / 4]
    size = sizes[rng.integers(len(sizes))]
    room = int(0.95 * people / (sum(size) / 2)) - 1
    each = int(np.clip(room // len(TIED), 1, 3))
    timeless = bool(ranges["open"] and rng.random() < 0.5)
    lasting = [name for name in TIED if not timeless or name not in ("dormant", "emerging")]
    tied = [str(name) for name in rng.permutation(lasting)[: max(room, 2)]]
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
    about = {"people": people, "weeks": pick["weeks"], "chart": ranges["chart"], "timeless": timeless}
    about |= {"everyday": float(rng.uniform(*ranges["everyday"])), "open": {}}
    if ranges["open"]:
        about["open"] = {name: float(rng.uniform(*ranges[name])) for name in ("hubs", "reach", "lean", "inside")}
    return about, plan


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
    truth = organisation.truth.groups.set_index("group")["verdict"].to_dict()
    rosters = organisation.groups
    derived: dict[str, tuple[str, float]] = {}
    if about["open"]:
        rows, more, derived = opened(organisation, rows, about, np.random.default_rng([47, seed]))
        truth |= {name: of for name, (of, _) in derived.items()}
        rosters = pd.concat([rosters, more], ignore_index=True)
    inter = Interactions.from_frame(rows)
    people = organisation.people
    directory = Directory.from_frame(people if about["chart"] else people[["person"]])
    if about["timeless"]:
        whole = TieRule(min_events=2, min_windows=1, window_days=7 * about["weeks"] + 2)
        graph = build_graph(inter, directory, rule=whole)
    else:
        graph = build_graph(inter, directory, period=organisation.clock.period)
    taken: list[tuple[Evidence, float, float, Settings]] = []

    def record(evidence: Evidence, q: float, core_q: float, settings: Settings) -> Ruling:
        taken.append((evidence, q, core_q, settings))
        return Ruling("uncertain", False, "")

    nothing = SimpleNamespace(members=pd.DataFrame({"person": [], "community": []}))
    groups = DeclaredGroups.from_frame(rosters)
    with patch.object(assess, "rule", record):
        assess.assess_groups(graph, groups, found=nothing, permutations=PERMUTATIONS, seed=seed)
    cases = [Case(seed, str(truth[one[0].group]), *one) for one in taken]
    # Where nobody knows of the chart, a group that follows it is neither paper nor a community of its own.
    kept = [one for one in cases if about["chart"] or one.truth != "formal-only"]
    return [one for one in kept if _holds(one.evidence, derived.get(one.evidence.group))]


def _holds(e: Evidence, derived: tuple[str, float] | None) -> bool:
    """Tell whether what was put together is what it is called: most of it is seen, and paper has no ties of its own.

    As the simulator does, ties are expected once from what is planted, and once from nothing but how many ties the
    members have; paper is what does not exceed the second by what chance alone would in one of twenty rosters.
    """
    if derived is None:
        return True
    of, planted = derived
    most = e.expected_activity + 1.645 * np.sqrt(e.expected_activity + 0.5)
    return bool(e.coverage >= MIN_COVERAGE and (of != "paper" or planted <= most))


def opened(
    organisation: Any, rows: pd.DataFrame, about: dict[str, Any], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple[str, float]]]:
    """Add to an organisation what open projects have: people who deal with a great many, and rosters put together.

    Returns
    -------
    tuple of pandas.DataFrame, pandas.DataFrame and dict
        All rows, the further rosters, and the class of each with the ties that are planted among those who deal with
        many.
    """
    names = organisation.people["person"].to_numpy(dtype=object)
    members = organisation.truth.members
    core = members[members["planted"].isin(["core", "outsider"])]
    hubs, chance, more = _hub_rows(organisation, core, about, rng)
    place = {str(name): number for number, name in enumerate(names[hubs])}
    teams: dict[str, tuple[str, list[str]]] = {}
    planted: dict[str, float] = {}
    for number in range(4):
        roster = _permission(core, list(names[hubs]), rng)
        teams[f"permission {number}"] = ("paper", roster)
        of = [place[person] for person in roster]
        planted[f"permission {number}"] = float(chance[np.ix_(of, of)].sum() / 2)
    strength = organisation.truth.groups.set_index("group")["strength"]
    real = organisation.truth.groups.query("verdict == 'real'")["group"]
    tied = {group: core.loc[(core["group"] == group) & core["listed"], "person"].tolist() for group in real}
    others = names[~np.isin(names, core["person"].to_numpy(dtype=object))].astype(str)
    for number, (group, inside) in enumerate(tied.items()):
        part = [str(one) for one in rng.permutation(inside)[: round(float(rng.uniform(0.5, 0.8)) * len(inside))]]
        if len(part) >= 6 and strength[group] * (len(part) - 1) >= _FEWEST_TIES:
            teams[f"inner {number}"] = ("real", part)
        more_of = min(round(len(inside) / float(rng.uniform(0.25, 0.5))), _LARGEST) - len(inside)
        fits = len(inside) >= 6 and len(inside) <= more_of <= len(others)
        if fits and strength[group] * (len(inside) - 1) >= _FEWEST_TIES:
            teams[f"outer {number}"] = ("core-only", inside + [str(one) for one in rng.permutation(others)[:more_of]])
    for (one, first), (other, second) in combinations(tied.items(), 2):
        both = min(strength[one], strength[other]) * (min(len(first), len(second)) - 1)
        alike = max(len(first), len(second)) <= 1.5 * min(len(first), len(second))
        if alike and both >= _FEWEST_TIES and not set(first) & set(second):
            teams[f"both {one} {other}"] = ("split", first + second)
    listed = [(name, person) for name, (_, people) in teams.items() for person in people]
    frame = pd.DataFrame(listed, columns=["group", "person"])
    derived = {name: (of, planted.get(name, 0.0)) for name, (of, _) in teams.items()}
    return pd.concat([rows, more], ignore_index=True), frame, derived


def _apart(core: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the pairs of different parts of one group, among whom nothing is to be added."""
    pairs = set()
    for _, group in core[core["part"] != ""].groupby("group"):
        pairs |= {(a, b) for a in group["person"] for b in group["person"]}
    return pairs


def _hub_rows(
    organisation: Any, core: pd.DataFrame, about: dict[str, Any], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Let a few people deal with many others, the busier the more, all through the period.

    Returns
    -------
    tuple of ndarray, ndarray and pandas.DataFrame
        Who they are, how probable it is that two of them deal with one another by that, and what was said.
    """
    names, alone = organisation.people["person"].to_numpy(dtype=object), _apart(core)
    many = max(12, round(about["open"]["hubs"] * len(names)))
    busy = rng.lognormal(0, 1, len(names))
    inside = np.isin(names, core["person"].to_numpy(dtype=object))
    # Those who belong to teams that are alive are also those who deal with many.
    weight = np.where(inside, about["open"]["inside"] / inside.sum(), (1 - about["open"]["inside"]) / (~inside).sum())
    hubs = rng.choice(len(names), many, replace=False, p=weight)
    busy[hubs] *= about["open"]["lean"]
    pairs, drawn_by = set(), np.zeros(many)
    for turn, hub in enumerate(hubs.tolist()):
        reach = drawn_by[turn] = int(np.clip(about["open"]["reach"] * rng.lognormal(0, 0.6), 5, len(names) / 3))
        drawn = rng.choice(len(names), reach, replace=False, p=busy / busy.sum()).tolist()
        pairs |= {(hub, other) for other in drawn if other != hub and (names[hub], names[other]) not in alone}
    missed = (1 - busy[hubs][None, :] / busy.sum()) ** drawn_by[:, None]
    chance = (1 - missed * missed.T) * (1 - np.eye(many))
    times = pd.to_datetime(organisation.clean_frame()["time"], utc=True)
    turns = rng.integers(2, 14, len(pairs))
    ends = np.repeat(np.array(sorted(pairs)), turns, axis=0)
    ends = np.where(rng.random(len(ends))[:, None] < 0.6, ends, ends[:, ::-1])
    seconds = rng.uniform(0, (times.max() - times.min()).total_seconds(), len(ends))
    event = [f"review {number}" for number in range(len(ends))]
    rows = {"event": event, "thread": event, "time": times.min() + pd.to_timedelta(seconds, unit="s")}
    rows |= {"sender": names[ends[:, 0]], "recipient": names[ends[:, 1]], "role": "to", "medium": "email"}
    return hubs, chance, pd.DataFrame(rows | {"n_recipients": 1, "automated": False, "source": "reviews"})


def _permission(core: pd.DataFrame, pool: list[str], rng: np.random.Generator) -> list[str]:
    """Draw people who deal with many, two of any planted group at most."""
    size = int(rng.integers(6, max(8, min(31, len(pool)))))
    of = core.groupby("person")["group"].agg(set).to_dict()
    roster: list[str] = []
    count: dict[str, int] = {}
    for person in rng.permutation(pool):
        groups = of.get(str(person), set())
        if len(roster) < size and all(count.get(group, 0) < 2 for group in groups):
            roster.append(str(person))
            count |= {group: count.get(group, 0) + 1 for group in groups}
    return roster
