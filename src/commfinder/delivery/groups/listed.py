"""Which cases are those of a group whose members are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.find import Cases
from commfinder.people import DeclaredGroups

if TYPE_CHECKING:
    from commfinder.communities import Communities

__all__ = ["CasesOfPeople", "Listed", "listed_groups"]

IntArray = npt.NDArray[np.int64]

_HALF = 0.5


@dataclass(frozen=True)
class Listed:
    """A group whose members are known beforehand.

    Parameters
    ----------
    name : str
        Its name.
    origin : str
        ``"declared"`` or ``"community"``.
    people : tuple of str
        Its members.
    spaces : tuple of str
        Its own spaces, where they are declared.
    """

    name: str
    origin: str
    people: tuple[str, ...]
    spaces: tuple[str, ...] = ()


def listed_groups(groups: DeclaredGroups | None, found: Communities | None, cases: Cases) -> list[Listed]:
    """List declared groups and found communities, with their members in the period of the cases.

    Parameters
    ----------
    groups : DeclaredGroups or None
        Declared groups.
    found : Communities or None
        Found communities.
    cases : Cases
        All cases.

    Returns
    -------
    list of Listed
        Declared groups by name, then communities as they come. A community that has the name of a declared group gets
        a name with its origin.
    """
    listed = []
    for name in groups.names if groups is not None else ():
        people = tuple(groups.members(name, cases.period)) if groups is not None else ()
        listed.append(Listed(name, "declared", people, groups.about(name)["spaces"] if groups is not None else ()))
    taken = {one.name for one in listed}
    if found is not None:
        # One pass over all members, not one for each community.
        people_of = found.members.groupby("community", sort=False)["person"].agg(tuple).to_dict()
        for name in found.summary["community"].tolist():
            label = f"{name} (community)" if name in taken else str(name)
            listed.append(Listed(label, "community", tuple(people_of.get(name, ()))))
    return listed


@dataclass(frozen=True, eq=False)
class CasesOfPeople:
    """Which cases are those of some people; what does not depend on whom is worked out once.

    Parameters
    ----------
    cases : Cases
        All cases.
    everybody : ndarray of int64, one per case
        How many people take part.
    names : pandas.Index
        All people.
    """

    cases: Cases
    everybody: IntArray
    names: pd.Index[Any]

    @classmethod
    def of(cls, cases: Cases) -> CasesOfPeople:
        """Prepare the question for some cases."""
        # Names are asked for as objects: an index of texts would turn into one of objects for every group.
        return cls(cases, np.bincount(cases.persons_of[0], minlength=len(cases)), pd.Index(cases.people, dtype=object))

    def rows(self, members: IntArray, spaces: tuple[str, ...] = ()) -> IntArray:
        """Return the cases on which a group works.

        Parameters
        ----------
        members : ndarray of int64
            Places in ``Cases.people``.
        spaces : tuple of str
            Its own spaces.

        Returns
        -------
        ndarray of int64
            Rows of ``Cases.frame``: cases in which two members take part who are half of all that do, and cases of the
            group's own spaces in which two members take part.
        """
        rows, own = self.cases.with_persons(members)
        rows, own = rows[own >= 2], own[own >= 2]
        fits = own >= _HALF * self.everybody[rows]
        if spaces:
            fits |= self.cases.frame["space"].iloc[rows].isin(spaces).to_numpy(dtype=bool)
        return rows[fits]

    def places(self, people: tuple[str, ...]) -> IntArray:
        """Return where some people stand in ``Cases.people``, sorted; who acts on no case is left out."""
        found = self.names.get_indexer(pd.Index(people, dtype=object))
        return np.sort(found[found >= 0]).astype(np.int64)
