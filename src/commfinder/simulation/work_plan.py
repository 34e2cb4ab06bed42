"""What work is to be planted: groups of each type, and the cases that they handle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from types import MappingProxyType
from typing import Any

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.simulation.ranges import Range, as_counts, as_range, as_words

__all__ = ["TYPES", "VOICES", "Work"]

TYPES = ("process", "knowledge", "social", "formal-only", "mixed")
"""The types of groups that can be planted."""

VOICES = ("email", "chat", "email and chat", "channel")
"""What can carry what people who handle cases write to one another."""

_GROUPS = MappingProxyType({"process": 4, "knowledge": 3, "social": 3, "formal-only": 3, "mixed": 1})
_RANGES = {
    "size": (8, 200),
    "circle": (3, 12),
    "units": (1, 8),
    "per_week": (0.2, 500),
    "steps": (2, 8),
    "workers": (1, 4),
    "stand_ins": (0, 1),
    "case_ids": (0, 1),
    "order_noise": (0, 0.4),
    "turnover": (0, 1),
    "waits": (0.1, 400),
    "touch": (0.01, 80),
    "rework": (0, 0.5),
    "stalled": (0, 0.5),
    "wave": (0, 0.9),
    "drift": (0, 1),
    "trend": (-2, 2),
    "one_thread": (0, 1),
    "informed": (0, 1),
    "threads": (0.2, 500),
    "unanswered": (0, 0.95),
    "talks": (0.05, 20),
    "off_hours": (0, 1),
}
_WHOLE = ("size", "circle", "units", "steps", "workers")
_SHARES = ("overlap", "gatekeepers", "branches", "parallel", "batches", "machines", "lifecycle")


@dataclass(frozen=True)
class Work:
    """Which groups that work together `simulate` is to plant; handed to it as ``Plan(work=Work(...))``.

    A range is a number or a pair (low, high); each group draws its own value evenly from it. What was drawn stands in
    the truth. Working hours are 9 to 17, Monday to Friday, on the clock of the group's site.

    Parameters
    ----------
    groups : mapping of str to int
        How many groups of each type; types not named are not planted. What each type is:

        - ``process``: cases pass from step to step. Each step has its unit, title and pool of interchangeable
          workers. Cases that carry their id leave events in the workflow system; of the others nothing is left but
          what people write to one another: a message from giver to taker at each handoff.
        - ``knowledge``: askers spread wide, few who answer, threads in a channel or a list, many without answer;
          no order beyond asker and answerer; people join and leave.
        - ``social``: a small circle of several units that chats, all alike, much of it at noon, in the evening and
          at weekends; no cases.
        - ``formal-only``: a team, or teams of one unit, and their manager: talk along the chart and no other, and
          rounds in which a manager asks all and some answer.
        - ``mixed``: a knowledge community some of whose members run a process, with cases of both sorts.
    size : range of int, default (12, 30), 8 to 200
        Members of knowledge communities, and of mixed groups as far as their process leaves room.
    circle : range of int, default (3, 8), 3 to 12
        Members of social groups.
    units : range of int, default (2, 4), 1 to 8
        Units that a process or a social group spans.
    overlap : float, default 0.15
        Share of the members of a group who are in another group as well, as long as there are any to be had. Somebody
        in two processes has the title of the first.
    per_week : range, default (3, 12), 0.2 to 500
        New cases of a process per week.
    steps : range of int, default (3, 6), 2 to 8
        Steps of a process.
    workers : range of int, default (1, 3), 1 to 4
        Workers of a step who take its cases by turns.
    stand_ins : range, default (0, 0.3), 0 to 1
        Probability that a step of a case is done by anybody of the process; at 1 all take their work off one list.
    case_ids : range, default 0.5, 0 to 1
        Share of the cases that carry their id.
    order_noise : range, default (0, 0.2), 0 to 0.4
        Probability that two neighbouring steps of a case change places, or that the second is left out, half each.
    turnover : range, default (0, 0.3), 0 to 1
        Share of the posts of a process, or of the members of a knowledge community, that change hands in the period:
        successors have the same unit, title and step; members of a community come or go.
    waits : range, default (2, 16), 0.1 to 400
        Median working hours that a case waits before a step.
    touch : range, default (0.2, 2), 0.01 to 80
        Median working hours that a step takes.
    rework : range, default (0, 0.15), 0 to 0.5
        Probability that a case goes back one step and returns.
    stalled : range, default (0, 0.05), 0 to 0.5
        Share of the cases that nobody goes on with; those not done by the end of the period are open besides.
    wave : range, default (0, 0.3), 0 to 0.9
        Amplitude of a yearly wave of new cases.
    drift : range, default (0, 0.1), 0 to 1
        Standard deviation of the slow rise and fall of the logarithm of waits from week to week, half of which all
        processes share.
    trend : range, default (-0.1, 0.1), -2 to 2
        Logarithm of how many times longer waits are at the end of the period than at its beginning; one for all
        processes.
    gatekeepers : float, default 0.5
        Share of the processes with one step that a single person does; all others have two workers at least,
        wherever `workers` allows it.
    branches : float, default 0.4
        Share of the processes one step of which only some of the cases need.
    parallel : float, default 0.2
        Share of the processes of four steps or more two of which, next to one another, have no order.
    batches : float, default 0.15
        Share of the processes one step of which is done on one day of the week alone.
    machines : float, default 0.25
        Share of the processes in which a machine acts as well.
    lifecycle : float, default 0.25
        Share of the processes whose events say when a step began, not only when it was done.
    media : tuple of str
        Of which each process and each social or formal group draws what carries its messages: ``"email"``,
        ``"chat"``, ``"email and chat"`` or its own ``"channel"``. People without a chat account are written to by mail.
    one_thread : range, default (0.2, 0.8), 0 to 1
        Share of the cases without id whose messages are one thread; in the others each handoff is a new message.
    informed : range, default (0, 0.4), 0 to 1
        Share of the handoffs of cases with an id that come with a message as well.
    threads : range, default (2, 10), 0.2 to 500
        Questions of a knowledge community per week.
    unanswered : range, default (0.15, 0.5), 0 to 0.95
        Share of them that nobody answers.
    talks : range, default (0.4, 1.6), 0.05 to 20
        Conversations per member and week of social and formal-only groups.
    off_hours : range, default (0.4, 0.8), 0 to 1
        Share of the talk of social groups outside working hours.
    changed_on : str, optional
        ISO date inside the period. Cases of some processes whose first event is on that day or later wait `factor`
        times as long for every step after it.
    factor : float, default 0.7
        What the change makes of the waits; 1 is a placebo.
    changed : int, default 1
        How many processes change; the others are what they can be compared with.

    Raises
    ------
    InputError
        If a value is none of these.

    See Also
    --------
    commfinder.simulation.Plan : Takes it, and says what is planted besides.

    Examples
    --------
    >>> work = Work(groups={"process": 2, "social": 1}, case_ids=1, order_noise=(0, 0.4))
    >>> work.case_ids, work.total
    ((1.0, 1.0), 3)
    """

    groups: Mapping[str, int] = field(default_factory=lambda: _GROUPS)
    size: Range = (12, 30)
    circle: Range = (3, 8)
    units: Range = (2, 4)
    overlap: float = 0.15
    per_week: Range = (3.0, 12.0)
    steps: Range = (3, 6)
    workers: Range = (1, 3)
    stand_ins: Range = (0.0, 0.3)
    case_ids: Range = 0.5
    order_noise: Range = (0.0, 0.2)
    turnover: Range = (0.0, 0.3)
    waits: Range = (2.0, 16.0)
    touch: Range = (0.2, 2.0)
    rework: Range = (0.0, 0.15)
    stalled: Range = (0.0, 0.05)
    wave: Range = (0.0, 0.3)
    drift: Range = (0.0, 0.1)
    trend: Range = (-0.1, 0.1)
    gatekeepers: float = 0.5
    branches: float = 0.4
    parallel: float = 0.2
    batches: float = 0.15
    machines: float = 0.25
    lifecycle: float = 0.25
    media: tuple[str, ...] = VOICES
    one_thread: Range = (0.2, 0.8)
    informed: Range = (0.0, 0.4)
    threads: Range = (2.0, 10.0)
    unanswered: Range = (0.15, 0.5)
    talks: Range = (0.4, 1.6)
    off_hours: Range = (0.4, 0.8)
    changed_on: str | None = None
    factor: float = 0.7
    changed: int = 1

    def __post_init__(self) -> None:
        """Check every value, and write ranges as pairs."""
        clean: dict[str, Any] = {"groups": as_counts("Work.groups", self.groups, TYPES, "type", "{'process': 3}")}
        clean |= {name: as_range(f"Work.{name}", getattr(self, name), *bounds) for name, bounds in _RANGES.items()}
        clean |= {name: _validate.fraction(getattr(self, name), what=f"Work.{name}") for name in _SHARES}
        clean["media"] = as_words("Work.media", self.media, VOICES)
        clean["changed_on"] = _day(self.changed_on)
        clean["factor"] = _validate.positive(self.factor, what="Work.factor")
        clean["changed"] = _validate.count(self.changed, what="Work.changed", low=0, high=1000)
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    @property
    def total(self) -> int:
        """Number of groups."""
        return sum(self.groups.values())

    def pair(self, name: str) -> tuple[float, float]:
        """Return the low and the high end of a range."""
        value = getattr(self, name)
        return (float(value[0]), float(value[1]))

    def whole(self, name: str) -> bool:
        """Say whether a range is one of whole numbers."""
        return name in _WHOLE

    def ranges(self) -> tuple[str, ...]:
        """Return the names of the ranges, in the order in which a group draws from them."""
        return tuple(_RANGES)

    def fits(self, people: int) -> None:
        """Check that there are people enough.

        Raises
        ------
        InputError
            If the groups have together more members than there are people, or one more than half of them.
        """
        process = math.prod(sum(self.pair(name)) / 2 for name in ("steps", "workers"))
        large, small = sum(self.pair("size")) / 2, sum(self.pair("circle")) / 2
        each = {"process": process, "knowledge": large, "mixed": large, "social": small, "formal-only": 8.0}
        wanted = sum(each[name] * number for name, number in self.groups.items())
        if wanted > 1.2 * people:
            raise InputError(
                f"{self.total} groups of Work need about {wanted:.0f} people.",
                need=f"At most {1.2 * people:.0f} memberships are possible among {people} people.",
                hint="Plant fewer or smaller groups, or simulate more people.",
            )
        if self.pair("size")[1] > people / 2:
            raise InputError(
                f"Work.size is {self.size!r} in an organisation of {people} people.",
                need="A group can have half of the people at most.",
                hint=f"Simulate at least {2 * self.pair('size')[1]:.0f} people, or make Work.size smaller.",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan of the work as plain values for JSON."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: dict(v) if name == "groups" else list(v) if isinstance(v, tuple) else v for name, v in plain.items()
        }


def _day(value: Any) -> str | None:
    """Check a date, given as ISO text."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise InputError(
            f"Work.changed_on is {value!r}.", need="An ISO 8601 date is needed, for example '2026-07-01'."
        ) from None
