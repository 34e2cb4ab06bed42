"""What is to be planted: groups of each class of truth, and the untidiness around them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.simulation.ranges import Range, as_counts, as_range, as_words
from commfinder.simulation.work_plan import Work

__all__ = ["CLASSES", "MEDIA", "MIXES", "TIED", "Plan"]

CLASSES = (
    "real",
    "broker-dependent",
    "core-only",
    "split",
    "dormant",
    "emerging",
    "formal-only",
    "paper",
    "insufficient",
)
"""The classes of truth that can be planted."""

TIED = CLASSES[:6]
"""Those whose members get ties that would not be there without the group."""

MIXES = ("uniform", "active", "three units", "70 % one unit")
"""How a roster can be drawn from the units."""

MEDIA = ("email", "chat", "email and chat", "list", "channel")
"""What can carry the talk of a group."""

_GROUPS = MappingProxyType(
    {
        "real": 4,
        "broker-dependent": 2,
        "core-only": 2,
        "split": 2,
        "dormant": 2,
        "emerging": 2,
        "formal-only": 3,
        "paper": 5,
        "insufficient": 2,
    }
)
_RANGES = {
    "size": (6, 200),
    "strength": (0.02, 1.0),
    "noise": (0.0, 5.0),
    "coverage": (0.3, 1.0),
    "recorded": (0.05, 1.0),
    "turnover": (0.0, 0.5),
    "dip": (0.0, 1.0),
    "wave": (0.0, 0.9),
}
_SHARES = ("bigger", "overlap", "spaces")
_COUNTS = {"sites": (1, 4), "undeclared": (0, 50), "duplicates": (0, 50), "storms": (0, 50)}


@dataclass(frozen=True)
class Plan:
    """What `simulate` is to plant; prefer no plan at all to learn the library on its demonstration.

    Everything is planted in the traffic, as conversations over time, and nothing in labels. A range is a number
    or a pair (low, high); each group draws its own size and strength, each organisation its own noise, coverage,
    recorded share, turnover, dip and wave, evenly from the range. What was drawn stands in the truth.

    Parameters
    ----------
    groups : mapping of str to int
        How many declared groups of each class; classes not named are not planted. What each class is:

        - ``real``: extra ties among all members, the whole period, across units. In a third of the groups an eighth
          of the roster only reads.
        - ``broker-dependent``: two or three cliques, or the points of a star, held together by one member. No
          two of different cliques have a tie of any kind, so that without the broker no part holds 60 % of the
          others.
        - ``core-only``: 25 to 50 % of the roster are tied, at least six people; the others are active elsewhere.
        - ``split``: two halves of at least six, each tied like a real group; no extra tie between them.
        - ``dormant``: as real, but extra ties are used in the first third of the period alone, with 1.6 messages a
          week at least.
        - ``emerging``: as real, in the last third alone.
        - ``formal-only``: rosters that follow the chart, with the ties that it brings about and no other: half of them
          whole teams of one unit or two, half a mix of few units, if the plan has such mixes.
        - ``paper``: rosters drawn from the mixes that do not follow units, if the plan has one, with no extra tie.
        - ``insufficient``: four members, or a longer roster of which fewer than 60 % are to be seen in the data.

        A group of any class whose members are seen by fewer than 60 % or fewer than five is insufficient in
        truth. A roster without extra ties is formal-only in truth where the ties expected of the chart exceed those
        expected of nothing but how many ties its members have by 1.645 standard deviations, and else paper. The
        class a group was planted as is told beside it.
    size : range of int, default (8, 24), 6 to 200
        Members; core-only and split groups have at least 12, broker-dependent ones 8, insufficient ones 4 to 12.
    strength : range, default (0.35, 0.65), 0.02 to 1
        Probability of an extra tie between two members who have none. Cores and cliques, which are small, have
        at least 0.55. Where the strength makes for more than two extra ties on average, each member has at least one.
        Where it makes for more than three, each has at least two, and a few are added if four fifths would not hang
        together without any one. How many there are in the end stands in the truth.
    mixes : tuple of str
        Of which mixes each group draws one: ``"uniform"``, ``"active"`` (in proportion to the square of what a
        person communicates), ``"three units"``, ``"70 % one unit"``.
    media : tuple of str
        Of which each tied group draws what carries its talk: ``"email"``, ``"chat"``, ``"email and chat"``, or its
        own ``"list"`` or ``"channel"``. Talk that a group's own space carries is lost to an analysis that sets
        that space aside.
    bigger : float, default 0.25
        Share of the real groups to which people outside the roster belong as much as its members do: a third as
        many as there are members.
    overlap : float, default 0.1
        Share of the members of a tied group who are drawn from those tied before, where there are any. Two groups
        share one such member at most, as long as there are people enough.
    duplicates : int, default 0
        How many rosters are declared a second time under another name.
    undeclared : int, default 2
        Communities that stand in no roster.
    spaces : float, default 0.4
        Share of the groups with a list or channel of their own, whatever carries their talk.
    noise : range, default 0.1, 0 to 5
        One-off and ad hoc messages per message of lasting ties.
    coverage : range, default 1, 0.3 to 1
        Share of the people whose accounts are in the data; of the others nothing is, neither sent nor received.
    recorded : range, default 1, 0.05 to 1
        Share of the conversations that are in the data, lost evenly.
    turnover : range, default 0.035, 0 to 0.5
        Share of the people who join or leave in the period.
    sites : int, default 3, 1 to 4
        Sites, each with its own time zone.
    dip : range, default 0.6, 0 to 1
        How much less is written in the two weeks of holidays.
    wave : range, default 0, 0 to 0.9
        Amplitude of a yearly wave that is highest at the end of January.
    storms : int, default 1
        People who write to very large audiences, every week or every second.
    bots : (int, int), default (1, 1)
        Machines that headers or flags give away, and machines that nothing gives away but what they do.
    work : Work, optional
        Groups that work together, with the cases that they handle; none by default. All else that is planted stays
        as it is without them.

    Raises
    ------
    InputError
        If a value is none of these.

    See Also
    --------
    commfinder.simulation.simulate : Takes the plan.

    Examples
    --------
    >>> plan = Plan(groups={"real": 2, "paper": 2}, size=12, strength=(0.2, 0.4))
    >>> plan.size, plan.total
    ((12.0, 12.0), 4)
    """

    groups: Mapping[str, int] = field(default_factory=lambda: _GROUPS)
    size: Range = (8, 24)
    strength: Range = (0.35, 0.65)
    mixes: tuple[str, ...] = MIXES
    media: tuple[str, ...] = ("email", "chat", "email and chat")
    bigger: float = 0.25
    overlap: float = 0.1
    duplicates: int = 0
    undeclared: int = 2
    spaces: float = 0.4
    noise: Range = 0.1
    coverage: Range = 1.0
    recorded: Range = 1.0
    turnover: Range = 0.035
    sites: int = 3
    dip: Range = 0.6
    wave: Range = 0.0
    storms: int = 1
    bots: tuple[int, int] = (1, 1)
    work: Work | None = None

    def __post_init__(self) -> None:
        """Check every value, and write ranges as pairs."""
        clean: dict[str, Any] = {"groups": as_counts("Plan.groups", self.groups, CLASSES, "class", "{'real': 5}")}
        clean |= {name: as_range(f"Plan.{name}", getattr(self, name), *bounds) for name, bounds in _RANGES.items()}
        clean |= {name: _validate.fraction(getattr(self, name), what=f"Plan.{name}") for name in _SHARES}
        for name, (low, high) in _COUNTS.items():
            clean[name] = _validate.count(getattr(self, name), what=f"Plan.{name}", low=low, high=high)
        clean["mixes"] = as_words("Plan.mixes", self.mixes, MIXES)
        clean["media"] = as_words("Plan.media", self.media, MEDIA)
        clean["bots"] = _bots(self.bots)
        if self.work is not None and not isinstance(self.work, Work):
            raise InputError(f"Plan.work is a {type(self.work).__name__}.", need="A Work, or None, is needed.")
        for name, value in clean.items():
            object.__setattr__(self, name, value)
        if self.duplicates > self.total:
            raise InputError(
                f"Plan.duplicates is {self.duplicates}, and the plan has {self.total} groups.",
                need="At most as many duplicates as groups are possible.",
            )

    @property
    def total(self) -> int:
        """Number of declared groups, duplicates left out."""
        return sum(self.groups.values())

    def pair(self, name: str) -> tuple[float, float]:
        """Return the low and the high end of a range."""
        value = getattr(self, name)
        return (float(value[0]), float(value[1]))

    def fits(self, people: int) -> None:
        """Check that there are people enough.

        Raises
        ------
        InputError
            If a group may have more than a quarter of the people, or the tied groups have together more members
            than there are people.
        """
        low, high = self.pair("size")
        if high > people / 4 and self.total + self.undeclared > 0:
            raise InputError(
                f"A group of {high:.0f} can not be planted in an organisation of {people} people.",
                need="A group can have a quarter of the people at most.",
                hint=f"Simulate at least {math.ceil(4 * high)} people, or make Plan.size smaller.",
            )
        tied = sum(self.groups.get(name, 0) for name in TIED) + self.undeclared
        if tied * (low + high) / 2 > people:
            raise InputError(
                f"{tied} tied groups of {(low + high) / 2:.0f} members need {tied * (low + high) / 2:.0f} people.",
                need=f"At most {people}, as many as there are, are possible.",
                hint="Plant fewer or smaller groups, or simulate more people.",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "work"}
        told = {
            name: dict(v) if name == "groups" else list(v) if isinstance(v, tuple) else v for name, v in plain.items()
        }
        return told if self.work is None else told | {"work": self.work.to_dict()}


def _bots(value: Any) -> tuple[int, int]:
    """Check the numbers of machines."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InputError(
            f"Plan.bots is {value!r}.", need="A pair is needed: machines that are flagged, and hidden ones."
        )
    flagged, hidden = (_validate.count(number, what="A number of Plan.bots", low=0, high=50) for number in value)
    return (flagged, hidden)
