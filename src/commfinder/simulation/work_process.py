"""How cases pass through a planted process: which steps, who, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import DAY, HOUR, Clock
from commfinder.simulation.structure import Bools, Floats, Ints
from commfinder.simulation.work_groups import Step, WorkGroup
from commfinder.simulation.work_hours import OPENS, SHUTS, WORKDAY, OfficeHours

__all__ = ["Pace", "Run", "run_process"]

_MINUTE = HOUR // 60
_SPREAD = 0.7  # standard deviation of the logarithm of waits and of touch times
_KEEPS = 0.5  # correlation of the level of waits from one week to the next
_EVENING = 0.12  # share of the work of a first hour that is done the evening before
_LONGEST = 40


@dataclass(frozen=True)
class Run:
    """Cases of one process and what was done on them, as columns; acts in order of case and position.

    Parameters
    ----------
    group : WorkGroup
        The group whose process it is.
    case, step, person : numpy.ndarray of int, shape (acts,)
        Number of the case, position of the step, who did it.
    started, done : numpy.ndarray of int, shape (acts,)
        Microseconds since 1970 UTC.
    with_id, stalled, open, changed : numpy.ndarray of bool, shape (cases,)
        Whether events carry the id; whether nobody goes on; whether it is not done in the period; whether its waits
        are changed.
    hours, unchanged : numpy.ndarray of float, shape (cases,)
        Working hours from the first event to the last, were the period long enough; the same without the change.
    """

    group: WorkGroup
    case: Ints
    step: Ints
    person: Ints
    started: Ints
    done: Ints
    with_id: Bools
    stalled: Bools
    open: Bools
    changed: Bools
    hours: Floats
    unchanged: Floats

    @property
    def cases(self) -> int:
        """Number of cases."""
        return len(self.with_id)

    def name(self, case: int) -> str:
        """Return the id of a case."""
        return f"{self.group.process}-{case + 1:05d}"


@dataclass(frozen=True)
class Pace:
    """What speeds up or slows down all processes of an organisation.

    Parameters
    ----------
    level : numpy.ndarray of float, shape (weeks,)
        A slow rise and fall, of variance one.
    trend : float
        Logarithm of how many times longer waits are at the end of the period than at its beginning.
    changed_on : int
        When the waits of some processes change, microseconds since 1970 UTC.
    factor : float
        What becomes of them.
    """

    level: Floats
    trend: float
    changed_on: int
    factor: float

    @classmethod
    def draw(cls, rng: np.random.Generator, clock: Clock, trend: float, changed_on: int, factor: float) -> Pace:
        """Draw the rise and fall."""
        return cls(_rise_and_fall(rng, clock), trend, changed_on, factor)


def run_process(rng: np.random.Generator, clock: Clock, group: WorkGroup, pace: Pace) -> Run:
    """Let cases come in and pass from step to step.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    clock : Clock
        The span, and the rhythm in which cases come in.
    group : WorkGroup
        The process.
    pace : Pace
        What it shares with the other processes.

    Returns
    -------
    Run
        Acts after the end of the period are left out.
    """
    steps, drawn = group.steps, group.drawn
    arrived = _arrivals(rng, clock, group)
    number = len(arrived)
    stalled = rng.random(number) < drawn["stalled"]
    path = _paths(rng, group, stalled)
    wait, touch = _durations(rng, steps, path)
    wait = wait * _levels(rng, clock, arrived, drawn["drift"], pace)[:, None]
    office = OfficeHours(group.offset)
    came = office.worked(arrived)
    usual = _worked(came, steps, path, wait, touch)
    first = office.moments((usual[0] if group.lifecycle else usual[1])[:, 0])
    affected = (first >= pace.changed_on) & group.changed
    # The first event stays where it is: before and after it is what tells the cases apart.
    later = (np.arange(path.shape[1]) > 0) & affected[:, None]
    actual = _worked(came, steps, path, np.where(later, wait * pace.factor, wait), touch)
    begun, ended = _moments(rng, office, arrived, actual)
    # Who has a case keeps it, whenever it comes back.
    person = _people(rng, clock, group, path, begun)
    there = path >= 0
    kept = there & (ended < clock.period.end_us)
    case = np.broadcast_to(np.arange(number)[:, None], path.shape)
    unfinished = stalled | (kept.sum(axis=1) < there.sum(axis=1))
    return Run(
        group, case[kept], path[kept], person[kept], begun[kept], ended[kept],
        with_id=rng.random(number) < drawn["case_ids"],
        stalled=stalled,
        open=unfinished,
        changed=affected,
        hours=_cycle(actual, with_first=group.lifecycle),
        unchanged=_cycle(usual, with_first=group.lifecycle),
    )  # fmt: skip


def _arrivals(rng: np.random.Generator, clock: Clock, group: WorkGroup) -> Ints:
    """Draw when cases come in."""
    number = int(rng.poisson(group.drawn["per_week"] * clock.weeks))
    days = np.arange(len(clock.day_shares)) + int(rng.integers(365))
    shares = clock.day_shares * (1 + group.drawn["wave"] * np.cos(days / 365.25 * 2 * np.pi))
    return np.sort(Clock(clock.period, shares / shares.sum()).draw(rng, number, group.offset))


def _paths(rng: np.random.Generator, group: WorkGroup, stalled: Bools) -> Ints:
    """Draw the steps of every case in order, -1 where there are no more."""
    steps, number, most = group.steps, len(stalled), len(group.steps)
    needed = rng.random((number, most)) < np.array([step.needed for step in steps])
    messy = rng.random((number, most)) < group.drawn["order_noise"]
    swaps = rng.random((number, most)) < 0.5
    again = rng.random((number, most)) < group.drawn["rework"]
    turned = (rng.random(number) < 0.5) & (group.parallel >= 0)
    leaves = rng.random(number)
    paths = np.full((number, min(_LONGEST, 3 * most)), -1)
    for case in range(number):
        order = list(range(most))
        if turned[case]:
            order[group.parallel : group.parallel + 2] = order[group.parallel : group.parallel + 2][::-1]
        order = [step for step in order if needed[case, step]]
        _disturb(order, messy[case], swaps[case])
        walked: list[int] = []
        for place, step in enumerate(order):
            walked.append(step)
            if place and again[case, place]:
                walked += [order[place - 1], step]
        if stalled[case]:
            walked = walked[: 1 + int(leaves[case] * (len(walked) - 1))]
        paths[case, : len(walked)] = walked
    return paths


def _disturb(order: list[int], messy: Bools, swaps: Bools) -> None:
    """Let neighbouring steps change places, or leave the second of them out."""
    place = 0
    while place < len(order) - 1:
        if messy[place] and swaps[place]:
            order[place], order[place + 1] = order[place + 1], order[place]
            place += 1
        elif messy[place] and len(order) > 2:
            del order[place + 1]
        place += 1


def _durations(rng: np.random.Generator, steps: tuple[Step, ...], path: Ints) -> tuple[Floats, Floats]:
    """Draw for every act how long the case waits for it and how long it takes, in working hours."""
    waits, touches = (np.array([getattr(step, name) for step in steps]) for name in ("wait", "touch"))
    there = path >= 0
    wait = np.where(there, waits[path] * rng.lognormal(0.0, _SPREAD, size=path.shape), 0.0)
    touch = np.where(there, touches[path] * rng.lognormal(0.0, _SPREAD, size=path.shape), 0.0)
    return wait, touch


def _rise_and_fall(rng: np.random.Generator, clock: Clock) -> Floats:
    """Draw a level of variance one for every week, each half like the one before."""
    shocks = rng.normal(size=int(clock.weeks) + 1)
    level = shocks.copy()
    for week in range(1, len(level)):
        level[week] = _KEEPS * level[week - 1] + np.sqrt(1 - _KEEPS**2) * shocks[week]
    return np.asarray(level)


def _levels(rng: np.random.Generator, clock: Clock, arrived: Ints, drift: float, pace: Pace) -> Floats:
    """Return how much longer than usual cases wait that come in at some moments; half of it is common to all."""
    gone = arrived - clock.period.start_us
    level = np.sqrt(0.5) * (pace.level + _rise_and_fall(rng, clock))
    share = gone / (clock.period.end_us - clock.period.start_us)
    return np.asarray(np.exp(drift * level[gone // (7 * DAY)] + pace.trend * (share - 0.5)))


def _worked(came: Ints, steps: tuple[Step, ...], path: Ints, wait: Floats, touch: Floats) -> tuple[Ints, Ints, Ints]:
    """Return in working time when each act begins and ends, and how many acts each case has.

    A step with a weekday of its own waits for the next morning of that day.
    """
    weekday = np.array([step.weekday for step in steps])
    begins, ends = np.zeros_like(path), np.zeros_like(path)
    now = came
    for place in range(path.shape[1]):
        begin = now + np.round(wait[:, place] * HOUR).astype(np.int64)
        day = begin // WORKDAY
        wanted = weekday[path[:, place]]
        ahead = np.where((path[:, place] >= 0) & (wanted >= 0), wanted - day, 0) % 5
        begin = np.where(ahead > 0, (day + ahead) * WORKDAY + HOUR, begin)
        now = begin + np.round(touch[:, place] * HOUR).astype(np.int64)
        begins[:, place], ends[:, place] = begin, now
    return begins, ends, (path >= 0).sum(axis=1)


def _cycle(worked: tuple[Ints, Ints, Ints], *, with_first: bool) -> Floats:
    """Return the working hours from the first event to the last; the first event is a start only where it is told."""
    begins, ends, acts = worked
    last = ends[np.arange(len(ends)), acts - 1]
    return np.asarray((last - (begins if with_first else ends)[:, 0]) / HOUR)


def _moments(
    rng: np.random.Generator, office: OfficeHours, arrived: Ints, worked: tuple[Ints, Ints, Ints]
) -> tuple[Ints, Ints]:
    """Return when each act began and ended; some of what would wait for the morning is done the evening before."""
    begun, ended = office.moments(worked[0]), office.moments(worked[1])
    local = ended + office.offset * HOUR
    before = ended - local % DAY - (24 - SHUTS) * HOUR + rng.integers(0, 4 * HOUR, size=ended.shape)
    before = np.where((local // DAY + 3) % 7 == 0, before - 2 * DAY, before)
    late = (rng.random(ended.shape) < _EVENING) & (local % DAY < (OPENS + 1) * HOUR)
    previous = np.concatenate([arrived[:, None], ended[:, :-1]], axis=1)
    late &= before > previous + _MINUTE
    ended = np.where(late, before, ended)
    return np.minimum(begun, ended), ended


def _people(rng: np.random.Generator, clock: Clock, group: WorkGroup, path: Ints, begun: Ints) -> Ints:
    """Choose who does each act: a post of the step by turns, or another one that stands in, and who holds it then."""
    period = clock.period
    share = (begun - period.start_us) / (period.end_us - period.start_us)
    posts = [post for step in group.steps for post in step.posts]
    chosen = np.zeros((len(path), len(group.steps)), dtype=np.int64)
    first = 0
    for position, step in enumerate(group.steps):
        chosen[:, position] = first + rng.choice(len(step.posts), size=len(path), p=np.array(step.weights))
        first += len(step.posts)
    standing_in = rng.random(chosen.shape) < group.drawn["stand_ins"]
    chosen = np.where(standing_in, rng.integers(len(posts), size=chosen.shape), chosen)
    at = chosen[np.arange(len(path))[:, None], path]
    person = np.full(path.shape, -1)
    for place, post in enumerate(posts):
        here = (path >= 0) & (at == place)
        holder = np.searchsorted(np.array(post.since), share[here], side="right") - 1
        person[here] = np.array(post.people)[np.maximum(holder, 0)]
    return person
