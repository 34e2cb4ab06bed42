"""Which of the groups that were found are one group found twice, and what each is called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from commfinder.delivery.groups.describe import Evidence, Wanted
from commfinder.delivery.kinds.kind import TYPES, Kind

__all__ = ["Judged", "distinct", "named"]

_SAME = 0.5
_DELIVERS = ("process", "mixed")
_RANK = {kind: rank for rank, kind in enumerate((*_DELIVERS, *(one for one in TYPES if one not in _DELIVERS)))}


@dataclass(frozen=True, eq=False)
class Judged:
    """A group whose type is told.

    Parameters
    ----------
    wanted : Wanted
        The group.
    evidence : Evidence
        What is known of it.
    kind : Kind
        Its type.
    """

    wanted: Wanted
    evidence: Evidence
    kind: Kind

    @property
    def found(self) -> bool:
        """Whether it was found, not given."""
        return not self.wanted.name

    @property
    def _sort(self) -> tuple[int, float, int, tuple[str, ...]]:
        """What comes first among groups that may be the same: a whole process, then whatever is surest."""
        sure = -1.0 if np.isnan(self.kind.probability) else self.kind.probability
        said = 0 if self.wanted.origin == "process" else 1
        return said if sure >= 0 else 2, -round(sure, 9), -len(self.wanted.rows), self.wanted.people


def distinct(judged: list[Judged]) -> tuple[list[Judged], int]:
    """Leave out groups that are another found group over again.

    Parameters
    ----------
    judged : list of Judged
        All groups.

    Returns
    -------
    list of Judged
        Given groups all stay. Of found groups of one type half of whose members together are in both (Jaccard 0.5 or
        more), the whole process stays, or else the one whose type is surest; two whole processes both stay, since their
        cases differ. A group of no type goes where any other that is like it stays.
    int
        How many were left out.
    """
    kept: list[Judged] = []
    # Who is in which of the groups kept: groups without a common member are not compared.
    member_of: dict[str, list[int]] = {}
    size: list[int] = []
    for one in sorted((one for one in judged if one.found), key=lambda one: one._sort):
        people = set(one.wanted.people)
        common = Counter(place for name in people for place in member_of.get(name, ()))
        like = (kept[place] for place, n in common.items() if n >= _SAME * (len(people) + size[place] - n))
        if not any(_again(one, other) for other in like):
            for name in people:
                member_of.setdefault(name, []).append(len(kept))
            kept.append(one)
            size.append(len(people))
    stays = {id(one) for one in kept}
    left = [one for one in judged if not one.found or id(one) in stays]
    return left, len(judged) - len(left)


def _again(one: Judged, other: Judged) -> bool:
    """Tell whether a group may be another one with mostly the same people over again."""
    if one.wanted.origin == other.wanted.origin == "process":
        return False
    return one.kind.type in ("abstain", other.kind.type)


def named(judged: list[Judged]) -> list[Judged]:
    """Name the groups that were found D1, D2, …: those that deliver first, then by their number of cases.

    Parameters
    ----------
    judged : list of Judged
        Groups, of which those that are given have a name.

    Returns
    -------
    list of Judged
        Found groups by rank, then the given ones as they come.
    """
    rank = {id(one): (_RANK[one.kind.type], -len(one.wanted.rows), one.wanted.people) for one in judged}
    found = sorted((one for one in judged if one.found), key=lambda one: rank[id(one)])
    taken = {one.wanted.name for one in judged}
    free = (f"D{number}" for number in range(1, len(judged) + len(taken) + 1) if f"D{number}" not in taken)
    called = [replace(one, wanted=replace(one.wanted, name=name)) for one, name in zip(found, free, strict=False)]
    return [*called, *(one for one in judged if not one.found)]
