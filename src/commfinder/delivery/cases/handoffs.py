"""Handoffs: work on a case passes from one person to another, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.value import TEXT, Cases, names_of

__all__ = ["Handoffs", "hand_offs"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Handoffs:
    """Consecutive acts of a case by different people: one entry per handoff, by case, then time.

    Parameters
    ----------
    case, giver, taker : ndarray of int32, shape (n,)
        Row in ``Cases.frame``, and places in ``Cases.people``; giver and taker differ.
    left, taken : ndarray of int64, shape (n,)
        Moment of the last act of the giver and of the first act of the taker, microseconds since 1970 UTC.
    elapsed : ndarray of float, shape (n,)
        Business hours from `left` to `taken`: the taker's waiting and first act together, not waiting alone.
    waiting : ndarray of float, shape (n,)
        Business hours from `left` until the taker began; 0 where the taker had begun before; nan where it is not known
        when they began.
    role_from, role_to : ndarray of int32, shape (n,)
        Places in ``Cases.roles``, -1 where unknown.
    back : ndarray of bool, shape (n,)
        Whether the work returns to the one who had it before the giver (a-b-a).
    """

    case: CodeArray
    giver: CodeArray
    taker: CodeArray
    left: IntArray
    taken: IntArray
    elapsed: FloatArray
    waiting: FloatArray
    role_from: CodeArray
    role_to: CodeArray
    back: npt.NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of handoffs."""
        return len(self.case)

    def take(self, which: npt.NDArray[Any]) -> Handoffs:
        """Keep some handoffs: a mask or places."""
        return Handoffs(*(getattr(self, one.name)[which] for one in fields(self)))

    def to_frame(self, cases: Cases) -> pd.DataFrame:
        """Return one row per handoff with names in place of numbers.

        Parameters
        ----------
        cases : Cases
            The cases that the handoffs were found in.

        Returns
        -------
        pandas.DataFrame
            case, giver, taker, role_from, role_to, left, taken, elapsed_hours, waiting_hours, back.
        """
        return pd.DataFrame(
            {
                "case": cases.frame["case"].to_numpy()[self.case],
                "giver": pd.array(cases.people[self.giver], dtype=TEXT),
                "taker": pd.array(cases.people[self.taker], dtype=TEXT),
                "role_from": pd.array(names_of(cases.roles, self.role_from), dtype=TEXT),
                "role_to": pd.array(names_of(cases.roles, self.role_to), dtype=TEXT),
                "left": pd.Series(self.left.view("M8[us]")).dt.tz_localize("UTC"),
                "taken": pd.Series(self.taken.view("M8[us]")).dt.tz_localize("UTC"),
                "elapsed_hours": self.elapsed,
                "waiting_hours": self.waiting,
                "back": self.back,
            }
        )


def hand_offs(cases: Cases, *, calendar: BusinessHours | None = None) -> Handoffs:
    """Find every handoff: an act of one person directly followed, in the same case, by an act of another.

    Prefer `handover_of_work` for sums over pairs of people.

    Parameters
    ----------
    cases : Cases
        Acts by case, then time.
    calendar : BusinessHours, optional
        What counts as working time; by default Monday to Friday, 9 to 17, UTC.

    Returns
    -------
    Handoffs
        A person's own next act is none, so that somebody who saves their work ten times hands nothing on.

    References
    ----------
    van der Aalst, Reijers & Song 2005, doi:10.1007/s10606-005-9005-9.

    Examples
    --------
    >>> log = {"case": ["1"] * 3, "person": ["ada", "ben", "ada"]}
    >>> log["time"] = pd.to_datetime(["2026-07-01T10:00Z", "2026-07-01T12:00Z", "2026-07-02T09:30Z"])
    >>> found = hand_offs(Cases.of(log))
    >>> found.elapsed.tolist(), found.back.tolist()
    ([2.0, 5.5], [False, True])
    """
    acts = cases.acts
    passed = np.flatnonzero((acts.case[1:] == acts.case[:-1]) & (acts.person[1:] != acts.person[:-1]))
    case, giver, taker = acts.case[passed], acts.person[passed], acts.person[passed + 1]
    left, taken, begun = acts.time[passed], acts.time[passed + 1], acts.started[passed + 1]
    back = np.zeros(len(passed), dtype=bool)
    # Between two handoffs of a case there are only acts of the one who has it.
    back[1:] = (case[1:] == case[:-1]) & (giver[:-1] == taker[1:])
    clock = calendar or BusinessHours()
    waiting = np.full(len(passed), np.nan)
    known = begun != NO_TIME
    if known.any():
        waiting[known] = np.maximum(clock.hours(left[known], begun[known]), 0.0)
    role_from, role_to = acts.role[passed], acts.role[passed + 1]
    return Handoffs(case, giver, taker, left, taken, clock.hours(left, taken), waiting, role_from, role_to, back)
