"""Which groups a plan plants, class by class: who is in them, and which ties they are to have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from commfinder.simulation.clock import DAY, Clock
from commfinder.simulation.drawer import Drawer
from commfinder.simulation.names import GOALS, slug
from commfinder.simulation.plan import CLASSES, TIED, Plan
from commfinder.simulation.rosters import FORMS, LIST_DOMAIN, Community, Group, Planted, topics
from commfinder.simulation.structure import Bools, Structure, iso_day

__all__ = ["Knot", "PlannedGroup", "plant_plan"]

_DENSEST = 0.55  # small parts, cores and cliques, have at least this density
_SMALLEST_PART = 6
_DRAWS = 8
# Groups with an audience come after those without, so that nobody ties the audience afterwards.
_ORDER = tuple(sorted(CLASSES, key=lambda verdict: (verdict not in TIED, verdict == "core-only")))
_SPREAD = ("uniform", "active")
_BIGGER = 1 / 3
_READERS = 0.12
_SPANS = {"dormant": (0.0, 1 / 3), "emerging": (2 / 3, 1.0)}


@dataclass(frozen=True)
class Knot:
    """People among whom extra ties are to be drawn.

    Parameters
    ----------
    members : tuple of int
        The people, without the hub.
    density : float
        Probability of an extra tie between two who have none.
    hub : int, default -1
        If not -1, ties are drawn between it and each member, and none among the members.
    """

    members: tuple[int, ...]
    density: float
    hub: int = -1


@dataclass(frozen=True)
class PlannedGroup(Group):
    """A declared group of a plan, with the parameters it was planted with.

    Parameters
    ----------
    planted : str
        The class it was planted as; `verdict` is what the data can show of it.
    strength : float
        Density of its knots; not a number where nothing is planted.
    mix, shape, medium : str
        How the roster was drawn; what holds it together, for broker-dependent and insufficient groups; what
        carries its talk.
    parts : tuple of str
        For each member the half, clique or broker; empty for others.
    outsiders : tuple of int
        People outside the roster who belong to it.
    knots : tuple of Knot
        The extra ties to be drawn.
    apart : tuple of tuple of int
        Parts between which there is no tie of any kind.
    same_as : str
        The group whose roster this one repeats, if any.
    by_chart, by_activity : float
        How many ties are expected among its members of whom there are data, from the chart, and from nothing but
        how many ties they have.
    """

    planted: str = ""
    strength: float = math.nan
    mix: str = ""
    shape: str = ""
    medium: str = ""
    parts: tuple[str, ...] = ()
    outsiders: tuple[int, ...] = ()
    knots: tuple[Knot, ...] = ()
    apart: tuple[tuple[int, ...], ...] = ()
    same_as: str = ""
    by_chart: float = math.nan
    by_activity: float = math.nan


@dataclass(frozen=True)
class _Made:
    """Who is in a group, before anything is written down about it."""

    roster: tuple[int, ...]
    standing: dict[int, str]
    strength: float = math.nan
    shape: str = ""
    parts: tuple[tuple[str, tuple[int, ...]], ...] = ()
    outsiders: tuple[int, ...] = ()
    knots: tuple[Knot, ...] = ()
    apart: tuple[tuple[int, ...], ...] = ()

    @property
    def tied(self) -> tuple[int, ...]:
        """Everybody with an extra tie."""
        people = {person for knot in self.knots for person in (*knot.members, knot.hub) if person >= 0}
        return tuple(sorted(people))


def plant_plan(rng: np.random.Generator, structure: Structure, clock: Clock, plan: Plan, seen: Bools) -> Planted:
    """Draw the groups of a plan; those with ties first, so that rosters without ties can keep clear of them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The formal organisation.
    clock : Clock
        The simulated span.
    plan : Plan
        What is wanted.
    seen : numpy.ndarray of bool, shape (n,)
        Whose traffic is in the data.

    Returns
    -------
    Planted
        Its groups are `PlannedGroup`.
    """
    maker = _Maker(rng, structure, clock, plan, seen)
    subjects = iter(topics(rng, plan.total + plan.duplicates))
    groups: list[PlannedGroup] = []
    undeclared: list[Community] = []
    for verdict in _ORDER:
        if verdict == "core-only":
            undeclared = [maker.undeclared(number) for number in range(1, plan.undeclared + 1)]
        groups += [maker.group(verdict, next(subjects)) for _ in range(plan.groups.get(verdict, 0))]
    for place in rng.permutation(len(groups))[: plan.duplicates].tolist():
        groups.append(maker.copy(groups[place], next(subjects)))
    tied = [
        Community(group.name, people, people, (group.strength,) * 3)
        for group in groups
        if (people := tuple(sorted({p for knot in group.knots for p in (*knot.members, knot.hub) if p >= 0})))
    ]
    return Planted(tuple(sorted(groups, key=lambda g: g.name)), tuple(undeclared), (*tied, *undeclared))


class _Maker:
    """Makes groups one at a time."""

    def __init__(self, rng: np.random.Generator, structure: Structure, clock: Clock, plan: Plan, seen: Bools) -> None:
        self.rng = rng
        self.structure = structure
        self.clock = clock
        self.plan = plan
        self.seen: Bools = seen & ~structure.dormant
        self.drawer = Drawer(rng, structure, plan.overlap)

    def group(self, verdict: str, topic: str) -> PlannedGroup:
        """Make one declared group of a class."""
        mix = str(self.rng.choice(self._mixes(verdict)))
        makers = {
            "broker-dependent": self._broker,
            "core-only": self._core,
            "split": self._split,
            "formal-only": self._formal,
            "paper": self._paper,
            "insufficient": self._insufficient,
        }
        made = makers.get(verdict, self._real)(mix, verdict)
        if made.knots:
            self.drawer.remember(made.tied)
        medium = str(self.rng.choice(self.plan.media)) if made.knots else ""
        return self._declare(topic, made, verdict, mix, medium)

    def undeclared(self, number: int) -> Community:
        """Make a community that stands in no roster."""
        members = tuple(sorted(self._whole(self._size(), str(self.rng.choice(self.plan.mixes)), tied=True)))
        self.drawer.remember(members)
        return Community(f"U{number:02d}", members, members, (self._strength(),) * 3)

    def copy(self, group: PlannedGroup, topic: str) -> PlannedGroup:
        """Declare a roster again under another name."""
        name = f"{topic} {FORMS[group.kind][0]}"
        return replace(group, name=name, space="", knots=(), apart=(), same_as=group.name)

    def _whole(self, size: int, mix: str, *, tied: bool) -> list[int]:
        """Draw a roster in one go; one without ties again and again, until it has nobody of one planted community."""
        best: list[int] = []
        fewest = math.inf
        for _ in range(1 if tied else _DRAWS):
            roster = self.drawer.draw(size, mix, self.drawer.home(mix, size, tied=tied), tied=tied)
            clashes = self.drawer.clashes(roster)
            if clashes < fewest:
                best, fewest = roster, clashes
            if not clashes:
                break
        return best

    def _size(self, low: int = 0) -> int:
        """Draw a size."""
        first, last = (max(low, round(end)) for end in self.plan.pair("size"))
        return int(self.rng.integers(first, last + 1))

    def _strength(self, floor: float = 0.0) -> float:
        """Draw a strength."""
        return max(floor, float(self.rng.uniform(*self.plan.pair("strength"))))

    def _real(self, mix: str, verdict: str) -> _Made:
        """Tie all members; now and then a few only read, and now and then others belong to it."""
        size, strength = self._size(), self._strength()
        readers = round(_READERS * size) if self.rng.random() < 1 / 3 else 0
        outside = 0
        if verdict == "real" and self.rng.random() < self.plan.bigger:
            outside = max(2, math.ceil(_BIGGER * size))
        # Members and outsiders come from one draw, so that nothing but the roster tells them apart.
        home = self.drawer.home(mix, size + outside, tied=True)
        drawn = self.rng.permutation(self.drawer.draw(size - readers + outside, mix, home, tied=True)).tolist()
        tied, outsiders = drawn[: size - readers], drawn[size - readers :]
        roster = [
            p for p in self.drawer.draw(size + outside, mix, home, tied=False, chosen=drawn) if p not in outsiders
        ]
        standing = dict.fromkeys(roster, "audience") | dict.fromkeys(tied, "core")
        return _Made(
            tuple(roster), standing, strength, outsiders=tuple(outsiders), knots=(Knot(tuple(drawn), strength),)
        )

    def _broker(self, mix: str, _verdict: str) -> _Made:
        """Tie cliques, or the points of a star, to one member and not to one another."""
        size, strength = self._size(8), self._strength(_DENSEST)
        roster = self._whole(size, mix, tied=True)
        steady = self.structure.steady(self.clock) & self.seen
        broker = next((person for person in roster if steady[person]), roster[0])
        others = [person for person in roster if person != broker]
        draw = self.rng.random()
        spread = mix in _SPREAD  # points of a star from one unit would have no tie with one another
        count = len(others) if draw < 0.2 and spread else 3 if draw < 0.55 and size >= 13 else 2
        shape = {2: "two cliques", 3: "three cliques"}.get(count, "star")
        cliques = [tuple(int(p) for p in part) for part in np.array_split(self._by_unit(others), count)]
        spokes = [Knot(part, 1.0 if shape == "star" else strength, broker) for part in cliques]
        parts = [] if shape == "star" else [(f"clique {n}", part) for n, part in enumerate(cliques, 1)]
        knots = (*(Knot(part, strength) for part in cliques if len(part) > 1), *spokes)
        standing = dict.fromkeys(roster, "core")
        named = (("broker", (broker,)), *parts)
        return _Made(tuple(roster), standing, strength, shape, named, knots=knots, apart=tuple(cliques))

    def _core(self, mix: str, _verdict: str) -> _Made:
        """Tie a part of the roster."""
        size = self._size(2 * _SMALLEST_PART)
        strength = self._strength(_DENSEST)
        share = float(self.rng.uniform(0.25, 0.5))
        home = self.drawer.home(mix, size, tied=True)
        core = tuple(self.drawer.draw(max(_SMALLEST_PART, round(share * size)), mix, home, tied=True))
        self.drawer.communities.append(frozenset(core))
        roster = self.drawer.draw(size, mix, home, tied=False, chosen=core)
        self.drawer.communities.pop()
        standing = dict.fromkeys(roster, "audience") | dict.fromkeys(core, "core")
        return _Made(tuple(roster), standing, strength, knots=(Knot(core, strength),))

    def _split(self, mix: str, _verdict: str) -> _Made:
        """Tie two halves."""
        strength = self._strength()
        roster = self.rng.permutation(self._whole(self._size(2 * _SMALLEST_PART), mix, tied=True)).tolist()
        halves = (tuple(roster[: len(roster) // 2]), tuple(roster[len(roster) // 2 :]))
        parts = tuple((f"half {n}", half) for n, half in enumerate(halves, 1))
        knots = tuple(Knot(half, strength) for half in halves)
        return _Made(tuple(roster), dict.fromkeys(roster, "core"), strength, parts=parts, knots=knots)

    def _mixes(self, verdict: str) -> list[str]:
        """Return the mixes of a class: formal-only groups follow the chart, paper groups do not if they need not."""
        mixes = list(self.plan.mixes)
        follow = [mix for mix in mixes if mix not in _SPREAD]
        if verdict == "formal-only":
            return ["teams"] * max(1, len(follow)) + follow
        if verdict == "paper":
            return [mix for mix in mixes if mix in _SPREAD] or mixes
        return mixes

    def _formal(self, mix: str, _verdict: str) -> _Made:
        """Take teams, or people of a few units who have nothing to do with one another beyond the chart."""
        roster = self.drawer.teams(self._size()) if mix == "teams" else self._whole(self._size(), mix, tied=False)
        return _Made(tuple(roster), dict.fromkeys(roster, "active"))

    def _paper(self, mix: str, _verdict: str) -> _Made:
        """Take people who have nothing to do with one another beyond the chart."""
        roster = self._whole(self._size(), mix, tied=False)
        return _Made(tuple(roster), dict.fromkeys(roster, "audience"))

    def _insufficient(self, mix: str, _verdict: str) -> _Made:
        """Take too few people, or too many of whom nothing is seen."""
        size = min(12, self._size())
        away = self.rng.permutation(np.flatnonzero(~self.seen)).tolist()[: math.ceil(0.45 * size)]
        if len(away) < math.ceil(0.45 * size) or self.rng.random() < 0.5:
            roster = self._whole(4, mix, tied=False)
            return _Made(tuple(roster), dict.fromkeys(roster, "audience"), shape="few")
        roster = self.drawer.draw(size, mix, tied=False, chosen=away)
        return _Made(tuple(roster), dict.fromkeys(roster, "audience"), shape="away")

    def _by_unit(self, people: Sequence[int]) -> list[int]:
        """Put people of one unit beside one another, the largest unit first, so that cliques share few units."""
        unit = self.structure.unit
        count = np.bincount(unit[list(people)], minlength=len(self.structure.unit_names))
        return sorted(people, key=lambda person: (-int(count[unit[person]]), int(unit[person]), person))

    def _declare(self, topic: str, made: _Made, verdict: str, mix: str, medium: str) -> PlannedGroup:
        """Write down what an organisation says about a group, and what the data can show of it."""
        rng = self.rng
        members = tuple(sorted(int(person) for person in made.roster))
        spaced = rng.random() < self.plan.spaces
        form = medium if medium in {"list", "channel"} else str(rng.choice(["list", "channel"])) if spaced else ""
        kind = "unit" if verdict == "formal-only" else "channel" if form == "channel" else "community of practice"
        name = f"{topic} {FORMS[kind][int(rng.integers(len(FORMS[kind])))]}"
        space = {"list": f"{slug(name)}@{LIST_DOMAIN}", "channel": slug(name)}.get(form, "")
        goal = GOALS[int(rng.integers(len(GOALS)))] if rng.random() < 0.5 else ""
        since = iso_day(self.clock.period.start_us - int(rng.integers(30, 900)) * DAY)
        present = self.seen[list(members)]
        enough = present.sum() >= 5 and present.mean() >= 0.6
        away = {person for person in members if self.structure.dormant[person]}
        part = {person: label for label, people in made.parts for person in people}
        begin, end = _SPANS.get(verdict, (0.0, 1.0))
        return PlannedGroup(
            name=name,
            kind=kind,
            goal=goal,
            since=since,
            space=space,
            verdict=verdict if enough else "insufficient",
            members=members,
            standing=tuple("absent" if person in away else made.standing[person] for person in members),
            planted=verdict,
            strength=made.strength,
            mix=mix,
            shape=made.shape,
            medium=medium,
            begin=begin,
            end=end,
            parts=tuple(part.get(person, "") for person in members),
            outsiders=tuple(sorted(made.outsiders)),
            knots=made.knots,
            apart=made.apart,
        )
