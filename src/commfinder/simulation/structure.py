"""The formal organisation: sites, units, teams, a tree of managers, and the people in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from commfinder.simulation.clock import DAY, Clock
from commfinder.simulation.names import SITES, people_names, unit_names

__all__ = ["DOMAIN", "Structure", "build_structure", "iso_day"]

DOMAIN = "example.org"
"""Domain of the simulated organisation, reserved for examples."""

_SITES = 3
_UNIT_SIZE = 25
_TEAM_SIZE = 7
_ALIAS_SHARE = 0.12
_SLACK_SHARE = 0.86
_HOME_SHARE = 0.85  # of a unit's people who work at the unit's main site

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Structure:
    """People by index 0 .. n-1, and what the organisation chart says of each.

    Parameters
    ----------
    ids, names : tuple of str
        Person ids and how people are called.
    addresses : tuple of tuple of str
        Mail addresses, the main one first.
    unit, site, manager, level : numpy.ndarray of int, shape (n,)
        Index of the unit and of the site; index of the manager, -1 for the head; 1 head .. 4 staff.
    unit_names, site_names : tuple of str
        What the indices stand for.
    activity : numpy.ndarray of float, shape (n,)
        How much a person communicates, mean 1.
    on_slack, dormant : numpy.ndarray of bool, shape (n,)
        Who has a chat account; who is on leave all through the period.
    since_us, until_us : numpy.ndarray of int, shape (n,)
        Employment, microseconds since 1970 UTC; `until_us` is 0 for those who stay.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    addresses: tuple[tuple[str, ...], ...]
    unit: Ints
    site: Ints
    manager: Ints
    level: Ints
    unit_names: tuple[str, ...]
    site_names: tuple[str, ...]
    activity: Floats
    on_slack: Bools
    dormant: Bools
    since_us: Ints
    until_us: Ints

    @property
    def size(self) -> int:
        """Number of people."""
        return len(self.ids)

    def steady(self, clock: Clock) -> Bools:
        """Say who is there from the first day to the last."""
        return np.asarray(~self.dormant & (self.since_us <= clock.period.start_us) & (self.until_us == 0))

    def present(self, person: int, moment: int) -> bool:
        """Say whether a person is employed at a moment."""
        until = self.until_us[person]
        return bool(self.since_us[person] <= moment and (until == 0 or moment < until))

    def since(self, person: int) -> str:
        """Return the first day of employment as an ISO date."""
        return iso_day(int(self.since_us[person]))

    def until(self, person: int) -> str:
        """Return the day after the last of employment as an ISO date, empty for those who stay."""
        return iso_day(int(self.until_us[person])) if self.until_us[person] else ""


def build_structure(
    rng: np.random.Generator, people: int, clock: Clock, *, sites: int = _SITES, turnover: float | None = None
) -> Structure:
    """Draw an organisation.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    people : int
        How many people.
    clock : Clock
        The simulated span, for those who join late, leave or are away.
    sites : int, default 3
        How many sites, from 1 to 4.
    turnover : float, optional
        Share of the people who join or leave in the period; by default about 3.5 %.

    Returns
    -------
    Structure
    """
    count = max(3, round(people / _UNIT_SIZE))
    unit = rng.permutation(np.repeat(np.arange(count), _unit_sizes(rng, people, count)))
    home = rng.permutation(np.arange(count) % sites)
    away = rng.random(people) > _HOME_SHARE
    site = np.where(away, rng.integers(sites, size=people), home[unit])
    manager, level = _managers(rng, unit, count)
    activity = rng.lognormal(0.0, 0.4, size=people) * np.where(level < 4, 1.25, 1.0)
    since, until, dormant = _employment(rng, level, clock, turnover)
    names = people_names(rng, people)
    return Structure(
        ids=tuple(f"p{index + 1:04d}" for index in range(people)),
        names=tuple(name for name, _ in names),
        addresses=_addresses(rng, [local for _, local in names]),
        unit=unit,
        site=site,
        manager=manager,
        level=level,
        unit_names=tuple(unit_names(count)),
        site_names=SITES[:sites],
        activity=activity / activity.mean(),
        on_slack=(rng.random(people) < _SLACK_SHARE) & ~dormant,
        dormant=dormant,
        since_us=since,
        until_us=until,
    )


def _unit_sizes(rng: np.random.Generator, people: int, count: int) -> Ints:
    """Share the people out to units of lognormal sizes, at least eight in each."""
    floor = 8
    shares = rng.lognormal(0.0, 0.45, size=count)
    exact = shares / shares.sum() * (people - floor * count)
    sizes = np.floor(exact).astype(np.int64)
    rest = int(people - floor * count - sizes.sum())
    sizes[np.argsort(sizes - exact, kind="stable")[:rest]] += 1
    return np.asarray(sizes + floor)


def _managers(rng: np.random.Generator, unit: Ints, count: int) -> tuple[Ints, Ints]:
    """Build the tree: head, unit heads, team managers, staff."""
    manager = np.full(len(unit), -1, dtype=np.int64)
    level = np.full(len(unit), 4, dtype=np.int64)
    heads = []
    for which in range(count):
        members = rng.permutation(np.flatnonzero(unit == which))
        boss, others = int(members[0]), members[1:]
        heads.append(boss)
        level[boss] = 2
        for team in np.array_split(others, max(1, round(len(others) / _TEAM_SIZE))):
            lead = int(team[0])
            level[lead] = 3
            manager[lead] = boss
            manager[team[1:]] = lead
    top = heads[0]
    level[top] = 1
    manager[[boss for boss in heads if boss != top]] = top
    return manager, level


def _employment(
    rng: np.random.Generator, level: Ints, clock: Clock, turnover: float | None
) -> tuple[Ints, Ints, Bools]:
    """Draw who was there before, who joins late, who leaves, who is on leave; managers stay."""
    people = len(level)
    begin, end = clock.period.start_us, clock.period.end_us
    since = begin - rng.integers(30, 3650, size=people) * DAY
    since -= since % DAY
    until = np.zeros(people, dtype=np.int64)
    dormant = np.zeros(people, dtype=np.bool_)
    staff = rng.permutation(np.flatnonzero(level == 4))
    on_leave, late, leaving = max(5, people // 50), max(2, people // 50), max(1, people // 70)
    if turnover is not None:
        # Managers stay, so that the chart stays whole.
        moving = min(round(turnover * people), len(staff) - on_leave)
        late, leaving = round(0.6 * moving), moving - round(0.6 * moving)
    dormant[staff[:on_leave]] = True
    third = (end - begin) // (3 * DAY)
    joining = staff[on_leave : on_leave + late]
    since[joining] = begin + rng.integers(third // 2, 2 * third, size=late) * DAY
    gone = staff[on_leave + late : on_leave + late + leaving]
    until[gone] = begin + rng.integers(third, 5 * third // 2, size=leaving) * DAY
    return since, until, dormant


def _addresses(rng: np.random.Generator, locals_: list[str]) -> tuple[tuple[str, ...], ...]:
    """Give everybody an address, and some a second one of another form."""
    second = rng.random(len(locals_)) < _ALIAS_SHARE
    short = rng.random(len(locals_)) < 0.5
    found: list[tuple[str, ...]] = []
    taken = {f"{local}@{DOMAIN}" for local in locals_}
    for index, local in enumerate(locals_):
        main = f"{local}@{DOMAIN}"
        first, _, last = local.partition(".")
        other = f"{first[0]}.{last}@{DOMAIN}" if short[index] else f"{local}@mail.{DOMAIN}"
        if second[index] and other not in taken:
            taken.add(other)
            found.append((main, other))
        else:
            found.append((main,))
    return tuple(found)


def iso_day(moment: int) -> str:
    """Write microseconds since 1970 as an ISO date."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).date().isoformat()
