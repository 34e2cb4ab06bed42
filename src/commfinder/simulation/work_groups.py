"""Planted groups that work together: their steps, posts and members, and the people drawn for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import Clock
from commfinder.simulation.structure import Bools, Ints, Structure

__all__ = ["Crew", "Member", "Post", "Step", "WorkGroup"]

_TITLES = (
    "Clerk",
    "Analyst",
    "Engineer",
    "Specialist",
    "Coordinator",
    "Technician",
    "Advisor",
    "Controller",
    "Planner",
    "Inspector",
    "Buyer",
    "Examiner",
    "Scheduler",
    "Registrar",
)
_LEADS = {1: "Director", 2: "Head of unit", 3: "Team lead"}
_USUAL = 4  # titles that the people of a unit have


@dataclass(frozen=True)
class Post:
    """One place at a step, and who holds it one after the other.

    Parameters
    ----------
    people : tuple of int
        The holders in order.
    since : tuple of float
        When each takes over, as shares of the period; the first is 0.
    """

    people: tuple[int, ...]
    since: tuple[float, ...]


@dataclass(frozen=True)
class Step:
    """One step of a process.

    Parameters
    ----------
    activity : str
        What is done.
    unit : int
        Whose work it is.
    title : str
        Title of those who do it.
    posts : tuple of Post
        The pool of interchangeable workers.
    weights : tuple of float
        Share of the cases that each post takes.
    wait, touch : float
        Median working hours before it begins, and until it is done.
    needed : float, default 1
        Share of the cases that need it.
    weekday : int, default -1
        The one day of the week on which it is done, 0 for Monday; -1 for any.
    """

    activity: str
    unit: int
    title: str
    posts: tuple[Post, ...]
    weights: tuple[float, ...]
    wait: float
    touch: float
    needed: float = 1.0
    weekday: int = -1


@dataclass(frozen=True)
class Member:
    """Somebody in a planted group.

    Parameters
    ----------
    person : int
        Who.
    role : str
        worker, answerer, asker, member or manager.
    step : int, default -1
        Position of the step; -1 for those who do none.
    since, until : float, default 0 and 1
        When they belong to it, as shares of the period.
    single : bool, default False
        Whether nobody else does the step.
    """

    person: int
    role: str
    step: int = -1
    since: float = 0.0
    until: float = 1.0
    single: bool = False


@dataclass(frozen=True)
class WorkGroup:
    """A planted group.

    Parameters
    ----------
    name, type, space, medium : str
        W01 and on; its type; its channel or list, if it has one; what carries its messages.
    offset : int
        Hours that the clock of its site is ahead of UTC.
    members : tuple of Member
        Everybody who ever belongs to it.
    steps : tuple of Step
        The steps of its process, in usual order.
    drawn : mapping of str to float
        What was drawn from the ranges.
    process : str, default ""
        What its process is called.
    parallel : int, default -1
        Position of the first of two neighbouring steps that have no order; -1 if all have.
    machine : str, default ""
        The machine that acts in its process.
    lifecycle : bool, default False
        Whether its events say when a step began.
    changed : bool, default False
        Whether the waits of its process change.
    """

    name: str
    type: str
    space: str
    medium: str
    offset: int
    members: tuple[Member, ...]
    steps: tuple[Step, ...]
    drawn: Mapping[str, float]
    process: str = ""
    parallel: int = -1
    machine: str = ""
    lifecycle: bool = False
    changed: bool = False

    @property
    def people(self) -> tuple[int, ...]:
        """Everybody who ever belongs to it, each once, in order."""
        return tuple(sorted({member.person for member in self.members}))

    def of(self, role: str) -> tuple[Member, ...]:
        """Return the members of one role."""
        return tuple(member for member in self.members if member.role == role)


class Crew:
    """Draws people for groups, and gives everybody a title.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The people.
    clock : Clock
        The span; those who are not there all through it are not drawn.
    overlap : float
        Share of those drawn who are in another group already, as long as there are any.
    """

    def __init__(self, rng: np.random.Generator, structure: Structure, clock: Clock, overlap: float) -> None:
        self.rng = rng
        self.overlap = overlap
        self.structure = structure
        self.eligible: Bools = structure.steady(clock) & (structure.level > 1)
        self.load: Ints = np.zeros(structure.size, dtype=np.int64)
        units = len(structure.unit_names)
        usual = [rng.permutation(len(_TITLES))[:_USUAL] for _ in range(units)]
        draws = rng.integers(_USUAL, size=structure.size).tolist()
        self.titles: list[str] = [
            _LEADS.get(level, _TITLES[int(usual[unit][draw])])
            for level, unit, draw in zip(structure.level.tolist(), structure.unit.tolist(), draws, strict=True)
        ]

    def take(self, among: Bools, number: int, chosen: Sequence[int] = ()) -> list[int]:
        """Draw people, most of them in as few groups as possible, besides those chosen already.

        Parameters
        ----------
        among : numpy.ndarray of bool, shape (n,)
            Whom to draw from.
        number : int
            How many; fewer come where there are not as many.
        chosen : sequence of int
            Those who can not be drawn again.

        Returns
        -------
        list of int
        """
        free = among & self.eligible
        free[list(chosen)] = False
        people = np.flatnonzero(free)
        draws = self.rng.random(len(people))
        order = people[np.lexsort((draws, self.load[people]))]
        busy = people[np.lexsort((draws, self.load[people] == 0))]
        again = busy[: min(int(self.rng.binomial(number, self.overlap)), int((self.load[people] > 0).sum()))]
        rest = order[~np.isin(order, again)][: number - len(again)]
        return [int(person) for person in self.rng.permutation(np.concatenate([again, rest]))]

    def note(self, people: Sequence[int]) -> None:
        """Remember that people belong to one group more."""
        self.load[list(people)] += 1

    def units(self, number: int, needed: int) -> list[int]:
        """Draw units, those first that have `needed` people who are in no group yet."""
        spare = self.eligible & (self.load == 0) & (self.structure.level > 2)
        counts = np.bincount(self.structure.unit[spare], minlength=len(self.structure.unit_names))
        order = np.lexsort((self.rng.random(len(counts)), counts < needed))
        return [int(unit) for unit in order[:number]]

    def staff(self, unit: int, number: int, title: str, chosen: Sequence[int]) -> list[int]:
        """Draw people of one unit for one step, and give them its title."""
        people = self.take((self.structure.unit == unit) & (self.structure.level > 2), number, chosen)
        people = people or self.take(self.structure.level > 2, 1, chosen)
        for person in people:
            # Who is in another group already keeps the title of the work there.
            if self.load[person] == 0:
                self.titles[person] = title
        return people

    def title(self, taken: Sequence[str]) -> str:
        """Draw a title that is not taken yet, as long as there is any."""
        free = [title for title in _TITLES if title not in taken] or list(_TITLES)
        return free[int(self.rng.integers(len(free)))]
