"""What is planted: declared groups of known truth, and communities that nobody declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import DAY, Clock
from commfinder.simulation.names import GOALS, TOPICS, slug
from commfinder.simulation.structure import Bools, Ints, Structure, iso_day

__all__ = ["FORMS", "LIST_DOMAIN", "Community", "Group", "Planted", "plant", "topics"]

LIST_DOMAIN = "lists.example.org"
"""Where the mailing lists live."""

_COUNTS = {
    "real": (6, 2),
    "core-only": (3, 1),
    "formal-only": (3, 1),
    "paper": (5, 2),
    "insufficient": (3, 1),
}
"""Groups per 400 people, and the fewest."""

_KINDS = {
    "real": ("community of practice", "community of practice", "project", "channel"),
    "core-only": ("community of practice", "channel", "project"),
    "formal-only": ("unit", "project", "community of practice"),
    "paper": ("community of practice", "channel", "project", "community of practice"),
    "insufficient": ("project", "community of practice"),
}
FORMS = {
    "community of practice": ("Circle", "Guild", "Community"),
    "project": ("Project", "Initiative", "Programme"),
    "unit": ("Board", "Unit Forum", "Office"),
    "channel": ("Channel", "Corner", "Exchange"),
}
"""What groups of a kind are called."""
_OVERLAP = 2  # members that two rosters may share at most


@dataclass(frozen=True)
class Community:
    """People who are tied to one another beyond the formal structure.

    Parameters
    ----------
    name : str
        Identifier of the truth tables.
    members : tuple of int
        Indices of people.
    core : tuple of int
        Those who carry it; the others take part less.
    density : (float, float, float)
        Probability that a durable tie is planted between two of the core, core and others, two others.
    """

    name: str
    members: tuple[int, ...]
    core: tuple[int, ...]
    density: tuple[float, float, float]


@dataclass(frozen=True)
class Group:
    """A declared group and the truth about it.

    Parameters
    ----------
    name, kind, goal, since, space : str
        What the organisation declares; goal and space may be empty.
    verdict : str
        The truth: real, core-only, formal-only, paper or insufficient.
    members : tuple of int
        The roster, indices of people in ascending order.
    standing : tuple of str
        For each member what was planted: core, active, audience or absent.
    begin, end : float, default 0 and 1
        When the group is alive, as shares of the period.
    """

    name: str
    kind: str
    goal: str
    since: str
    space: str
    verdict: str
    members: tuple[int, ...]
    standing: tuple[str, ...]
    begin: float = 0.0
    end: float = 1.0

    def of(self, *standing: str) -> tuple[int, ...]:
        """Return the members of a standing."""
        return tuple(m for m, planted in zip(self.members, self.standing, strict=True) if planted in standing)


@dataclass(frozen=True)
class Planted:
    """Everything planted.

    Parameters
    ----------
    groups : tuple of Group
        Declared groups.
    undeclared : tuple of Community
        Communities in no roster.
    tied : tuple of Community
        All communities with planted ties: the undeclared, the real groups without their audience, the cores.
    """

    groups: tuple[Group, ...]
    undeclared: tuple[Community, ...]
    tied: tuple[Community, ...]


class _Picker:
    """Draws rosters that share few members and keep planted communities apart."""

    def __init__(self, rng: np.random.Generator, structure: Structure, clock: Clock) -> None:
        self.rng = rng
        self.structure = structure
        self.steady: Bools = structure.steady(clock)
        self.scale = min(1.0, structure.size / 250)
        self.rosters: list[list[int]] = []
        self.tied: list[Community] = []
        self.community: Ints = np.full(structure.size, -1, dtype=np.int64)

    def span(self, low: int, high: int, floor: int) -> int:
        """Draw a size; small organisations have smaller groups."""
        low, high = max(floor, round(low * self.scale)), max(floor, round(high * self.scale))
        return int(self.rng.integers(low, high + 1))

    def free(self, units: int) -> list[int]:
        """Return people of no planted community yet, from a few units that have most of them."""
        pool = np.flatnonzero(self.steady & (self.community < 0) & (self.structure.level > 1))
        counts = np.bincount(self.structure.unit[pool], minlength=len(self.structure.unit_names)).astype(float)
        taken = min(units, int((counts > 0).sum()))
        chosen = self.rng.choice(len(counts), size=taken, replace=False, p=counts / counts.sum())
        return [int(person) for person in pool if self.structure.unit[person] in chosen]

    def spread(self, pool: Sequence[int], size: int, chosen: Sequence[int] = (), *, by_unit: bool = False) -> list[int]:
        """Draw people one at a time, each time among those who clash least with the ones already drawn."""
        picked = list(chosen)
        candidates = np.array([person for person in pool if person not in set(picked)], dtype=np.int64)
        costs = np.zeros(len(candidates), dtype=np.int64)
        for person in picked:
            costs += self._clash(person, candidates, by_unit=by_unit)
        listed = np.zeros((len(self.rosters), self.structure.size), dtype=np.int64)
        for number, roster in enumerate(self.rosters):
            listed[number, roster] = 1
        shared = listed[:, picked].sum(axis=1)
        while len(picked) < size and len(candidates):
            # A roster that shares as many members as it may has none to give any more.
            total = costs + 100 * listed[shared >= _OVERLAP][:, candidates].sum(axis=0)
            lowest = np.flatnonzero(total == total.min())
            hit = int(lowest[int(self.rng.integers(len(lowest)))])
            person = int(candidates[hit])
            picked.append(person)
            shared += listed[:, person]
            candidates, costs = np.delete(candidates, hit), np.delete(costs, hit)
            costs += self._clash(person, candidates, by_unit=by_unit)
        return picked

    def _clash(self, picked: int, candidates: Ints, *, by_unit: bool) -> Ints:
        """Count what ties candidates to somebody already picked: a planted community, the manager, the unit."""
        structure, community = self.structure, self.community
        same_boss = structure.manager[candidates] == structure.manager[picked]
        reports = (structure.manager[candidates] == picked) | (structure.manager[picked] == candidates)
        cost = 10 * ((community[picked] >= 0) & (community[candidates] == community[picked])) + 5 * (
            same_boss | reports
        )
        return np.asarray(cost + (structure.unit[candidates] == structure.unit[picked]) * int(by_unit), dtype=np.int64)

    def tie(self, members: Sequence[int], core: Sequence[int], density: tuple[float, float, float], name: str) -> None:
        """Remember a community whose ties are to be planted."""
        self.community[list(members)] = len(self.tied)
        self.tied.append(Community(name, tuple(sorted(members)), tuple(sorted(core)), density))


def plant(rng: np.random.Generator, structure: Structure, clock: Clock) -> Planted:
    """Draw the declared groups and the undeclared communities.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The formal organisation.
    clock : Clock
        The simulated span.

    Returns
    -------
    Planted
    """
    picker = _Picker(rng, structure, clock)
    counts = {verdict: max(low, round(many * structure.size / 400)) for verdict, (many, low) in _COUNTS.items()}
    builders: dict[str, Callable[[_Picker, str, int], tuple[list[int], dict[int, str]]]] = {
        "real": _real,
        "core-only": _core_only,
        "formal-only": _formal_only,
        "paper": _paper,
        "insufficient": _insufficient,
    }
    subjects = topics(rng, sum(counts.values()))
    undeclared: list[Community] = []
    groups: list[Group] = []
    for verdict, count in counts.items():
        for turn in range(count):
            kind = _KINDS[verdict][turn % len(_KINDS[verdict])]
            form = FORMS[kind][int(rng.integers(len(FORMS[kind])))]
            name = f"{subjects[len(groups)]} {form}"
            members, standing = builders[verdict](picker, name, turn)
            picker.rosters.append(members)
            groups.append(_declare(rng, clock, (name, kind, verdict, turn), members, standing))
        if verdict == "real":
            undeclared = _undeclared(picker, max(1, round(3 * structure.size / 400)))
    return Planted(tuple(sorted(groups, key=lambda group: group.name)), tuple(undeclared), tuple(picker.tied))


def _real(picker: _Picker, name: str, turn: int) -> tuple[list[int], dict[int, str]]:
    """Plant a living group of several units; now and then some of the roster only read."""
    active = picker.span(10, 18, 9)
    pool = picker.free(4 + turn % 3)
    members = picker.spread(pool, active)
    core = members[: round(0.6 * len(members))]
    picker.tie(members, core, (0.5, 0.42, 0.34), name)
    readers = 2 if turn % 3 == 1 else 0
    roster = picker.spread(_steady(picker), len(members) + readers, members, by_unit=True)
    standing = dict.fromkeys(roster, "audience") | dict.fromkeys(members, "active") | dict.fromkeys(core, "core")
    return roster, standing


def _core_only(picker: _Picker, name: str, _turn: int) -> tuple[list[int], dict[int, str]]:
    """Plant a dense core in a long roster whose other members are busy elsewhere."""
    core = picker.spread(picker.free(4), picker.span(7, 10, 6))
    picker.tie(core, core, (0.6, 0.6, 0.6), name)
    size = max(picker.span(22, 30, 15), 3 * len(core) - 2)
    roster = picker.spread(_steady(picker), size, core, by_unit=True)
    return roster, dict.fromkeys(roster, "audience") | dict.fromkeys(core, "core")


def _formal_only(picker: _Picker, _name: str, turn: int) -> tuple[list[int], dict[int, str]]:
    """Declare whole teams of one unit or two: nothing beyond the formal structure."""
    size = picker.span(12, 20, 10)
    best: list[int] = []
    for _ in range(20):
        # Teams already declared elsewhere give short rosters; then other units are tried.
        units = picker.rng.permutation(len(picker.structure.unit_names))[: 1 + turn % 2]
        roster = _teams(picker, units, size)
        best = roster if len(roster) > len(best) else best
        if len(best) >= min(size, 12):
            break
    return best, dict.fromkeys(best, "active")


def _teams(picker: _Picker, units: Ints, size: int) -> list[int]:
    """Take team after team of some units, without those who would make rosters overlap."""
    structure = picker.structure
    people = [int(p) for p in np.flatnonzero(np.isin(structure.unit, units) & picker.steady & (structure.level > 2))]
    bosses = [int(m) for m in picker.rng.permutation(np.unique(structure.manager[people]))]
    roster: list[int] = []
    planted = [set(other) for other in _all_planted(picker)]
    for person in sorted(people, key=lambda p: (bosses.index(int(structure.manager[p])), p)):
        shared = [len(other.intersection(roster)) for other in planted if person in other]
        if len(roster) < size and all(count < _OVERLAP for count in shared):
            roster.append(person)
    return roster


def _paper(picker: _Picker, _name: str, _turn: int) -> tuple[list[int], dict[int, str]]:
    """Declare people of many units who have nothing to do with one another."""
    roster = picker.spread(_steady(picker), picker.span(16, 25, 12), by_unit=True)
    return roster, dict.fromkeys(roster, "audience")


def _insufficient(picker: _Picker, _name: str, turn: int) -> tuple[list[int], dict[int, str]]:
    """Declare a group too small, or too often away, for any answer."""
    if turn % 3 != 2:
        roster = picker.spread(_steady(picker), 4, by_unit=True)
        return roster, dict.fromkeys(roster, "audience")
    away = [int(p) for p in picker.rng.permutation(np.flatnonzero(picker.structure.dormant))[:4]]
    roster = picker.spread(_steady(picker), 6, away, by_unit=True)
    return roster, dict.fromkeys(roster, "audience") | dict.fromkeys(away, "absent")


def _undeclared(picker: _Picker, count: int) -> list[Community]:
    """Plant communities that stand in no roster."""
    first = len(picker.tied)
    for turn in range(count):
        members = picker.spread(picker.free(4), picker.span(10, 16, 9))
        picker.tie(members, members, (0.6, 0.6, 0.6), f"U{turn + 1:02d}")
    return picker.tied[first:]


def _all_planted(picker: _Picker) -> list[list[int]]:
    """Return every roster and every community so far."""
    return [*picker.rosters, *(list(community.members) for community in picker.tied)]


def _steady(picker: _Picker) -> list[int]:
    """Return everybody but the head who is there all the time."""
    return [int(p) for p in np.flatnonzero(picker.steady & (picker.structure.level > 1))]


def topics(rng: np.random.Generator, count: int) -> list[str]:
    """Return different topics in a drawn order; with many groups a number tells them apart."""
    order = [TOPICS[int(index)] for index in rng.permutation(len(TOPICS))]
    rounds = [
        f"{topic}{'' if turn == 0 else f' {turn + 1}'}" for turn in range(count // len(order) + 1) for topic in order
    ]
    return rounds[:count]


def _declare(
    rng: np.random.Generator,
    clock: Clock,
    what: tuple[str, str, str, int],
    members: list[int],
    standing: dict[int, str],
) -> Group:
    """Add what an organisation writes down about a group: a goal, a date, a list or a channel."""
    name, kind, verdict, turn = what
    goal = GOALS[int(rng.integers(len(GOALS)))] if rng.random() < 0.5 else ""
    since = iso_day(clock.period.start_us - int(rng.integers(30, 900)) * DAY)
    space = ""
    if verdict == "real" and turn % 3 == 0:
        space = f"{slug(name)}@{LIST_DOMAIN}"
    elif kind == "channel" or (verdict in {"real", "paper", "formal-only"} and turn % 3 == 1):
        space = slug(name)
    ordered = tuple(sorted(members))
    return Group(name, kind, goal, since, space, verdict, ordered, tuple(standing[m] for m in ordered))
