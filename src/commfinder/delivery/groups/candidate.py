"""Groups that may be delivering something, as values: those worth looking at, and those that are not, with why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["ORIGINS", "Candidate", "Candidates", "Refused"]

CodeArray = npt.NDArray[np.int32]

ORIGINS = ("declared", "process", "handover", "community")
"""Where a candidate comes from; of near-equal ones the first of these stays."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A group that may be delivering something.

    Parameters
    ----------
    name : str
        Its name, or the name of its space; X1, X2, … for communities of handing over across units, H1, H2,
        … for those of handing over altogether, the largest first.
    origin : str
        One of `ORIGINS`.
    members : ndarray of int32
        Places in ``Cases.people``, sorted.
    cases : ndarray of int32
        Rows of ``Cases.frame``: its own cases, sorted.
    space : str or None
        The space whose cases these are, for a whole process.
    also : tuple of str
        Names of near-equal candidates that it stands for.
    shared : int
        Own cases with at least three members.
    windows : int
        Windows of four weeks in which such a case began.
    units, roles : int
        Distinct units and roles in which members acted on its own cases; 0 where none is known.
    unknown : int
        People of a given group who act on no case at all; they are not members here.
    """

    name: str
    origin: str
    members: CodeArray
    cases: CodeArray
    space: str | None = None
    also: tuple[str, ...] = ()
    shared: int = 0
    windows: int = 0
    units: int = 0
    roles: int = 0
    unknown: int = 0

    def __repr__(self) -> str:
        return f"<Candidate {self.name!r}: {self.origin}, {len(self.members)} members, {len(self.cases)} cases>"


@dataclass(frozen=True, eq=False)
class Refused:
    """A candidate that did not pass a gate, and why.

    Parameters
    ----------
    candidate : Candidate
        The candidate.
    reason : str
        The first gate that it did not pass.
    """

    candidate: Candidate
    reason: str


@dataclass(frozen=True, eq=False)
class Candidates:
    """The groups worth looking at, in order: given ones, processes, communities of handing over, given communities.

    It is a sequence of `Candidate`.

    Parameters
    ----------
    kept : tuple of Candidate
        Those that passed all gates, near-equal ones merged.
    refused : tuple of Refused
        The others; every candidate is in one of the two, or merged.
    merged : pandas.DataFrame
        name, origin, into (the name of the one that stays) and overlap (Jaccard) of every candidate that was merged.
    resolution : float
        Resolution at which communities of handing over altogether were found; nan where there were no ties.
    """

    kept: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    merged: pd.DataFrame
    resolution: float

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, place: int) -> Candidate:
        return self.kept[place]

    def __repr__(self) -> str:
        return f"<Candidates: {len(self.kept)} kept, {len(self.refused)} refused, {len(self.merged)} merged>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per candidate, refused ones too: name, origin, size, cases, shared, …, kept, reason."""
        rows = [(one, True, "") for one in self.kept] + [(one.candidate, False, one.reason) for one in self.refused]
        columns = ("name", "origin", "space", "shared", "windows", "units", "roles", "unknown")
        frame = pd.DataFrame({name: [getattr(one, name) for one, _, _ in rows] for name in columns})
        frame.insert(2, "size", [len(one.members) for one, _, _ in rows])
        frame.insert(3, "cases", [len(one.cases) for one, _, _ in rows])
        return frame.assign(
            also=["; ".join(one.also) for one, _, _ in rows],
            kept=[kept for _, kept, _ in rows],
            reason=[reason for _, _, reason in rows],
        )

    def reasons(self) -> pd.DataFrame:
        """Return how many candidates of each origin were refused, by reason: origin, reason, count."""
        said = pd.DataFrame(
            {
                "origin": [one.candidate.origin for one in self.refused],
                "reason": [one.reason for one in self.refused],
            },
            dtype=object,
        )
        return said.groupby(["origin", "reason"], sort=True).size().rename("count").reset_index()
