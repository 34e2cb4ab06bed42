"""The sides of a change: which weeks and cases count as before and after, and until when they are followed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs, hand_offs
from commfinder.delivery.impact.case_times import DAY_US, WEEK_US, bounds, moments
from commfinder.errors import InputError

__all__ = ["MOST_WEEKS", "Setting", "Side"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MOST_WEEKS = 104
"""Weeks on each side that are looked at: what is longer ago has other causes."""


@dataclass(frozen=True)
class Setting:
    """When the change was, and what the data of a group cover.

    Parameters
    ----------
    changed : int
        The change, microseconds since 1970 UTC.
    first, last : int
        The first moment of the data, and the one until which it is known which cases have ended.
    intake : int
        The moment in which the last case began.
    anticipation, settling : int
        Weeks before and after the change that count for neither side.
    """

    changed: int
    first: int
    last: int
    intake: int
    anticipation: int = 0
    settling: int = 0

    @classmethod
    def of(cls, cases: Cases, changed: int, anticipation: int = 0, settling: int = 0) -> Setting:
        """Take what the cases cover; where some may be open, without the usual gap between two acts at the end.

        Whoever acted after that moment had not ended then, and whoever did not, had: nothing has to be guessed.
        """
        first, last = bounds(cases)
        inside = cases.acts.case[1:] == cases.acts.case[:-1]
        if cases.frame["open"].any() and inside.any():
            gap = int(np.quantile(np.diff(cases.acts.time)[inside], 0.95))
            last -= min(gap, max(last - changed, 0) // 10)
        intake = int(moments(cases.frame["start"]).max()) if len(cases) else first
        return cls(changed, first, last, intake, anticipation, settling)

    def week(self, moment: IntArray) -> IntArray:
        """Return the week of each moment, 0 for the one that begins with the change."""
        return (moment - self.changed) // WEEK_US

    def counts(self, week: IntArray) -> BoolArray:
        """Tell which weeks count for a side."""
        before = (week < -self.anticipation) & (week >= -self.anticipation - MOST_WEEKS)
        after = (week >= self.settling) & (week < self.settling + MOST_WEEKS)
        # A week that lacks more than a day is of other weekdays than the rest; and after the last case has begun, only
        # the long ones are still worked on.
        begin = self.changed + week * WEEK_US
        whole = (begin >= self.first - DAY_US) & (begin + WEEK_US <= self.intake + DAY_US)
        return (before | after) & whole

    def until(self, moment: IntArray) -> IntArray:
        """Return until when what began at each moment is followed."""
        ahead = self.changed - self.anticipation * WEEK_US
        return np.where(moment < ahead, ahead, self.last)

    @property
    def inside(self) -> bool:
        """Whether the data cover both sides of the change."""
        return self.first < self.changed < self.last


@dataclass(frozen=True, eq=False)
class Side:
    """A group, as far as a change is measured on it.

    Parameters
    ----------
    name : str
        Its name, or what stands for it.
    cases : Cases
        Its cases.
    handoffs : Handoffs
        Their handoffs.
    calendar : BusinessHours
        Which hours count.
    setting : Setting
        When the change was.
    """

    name: str
    cases: Cases
    handoffs: Handoffs
    calendar: BusinessHours
    setting: Setting

    @classmethod
    def of(cls, group: Any, name: str, calendar: BusinessHours | None) -> Side:
        """Take the cases of a group, or cases themselves."""
        cases = group if isinstance(group, Cases) else getattr(group, "cases", None)
        if not isinstance(cases, Cases):
            raise InputError(
                f"{name.capitalize()} is a {type(group).__name__}.",
                need="A delivery group, or cases, are needed.",
                hint="Take one from find_delivery_groups by its name, or make cases with find_cases.",
            )
        calendar = calendar or getattr(group, "calendar", None) or BusinessHours()
        handoffs = getattr(group, "handoffs", None)
        if not isinstance(handoffs, Handoffs):
            handoffs = hand_offs(cases, calendar=calendar)
        return cls(str(getattr(group, "name", name)), cases, handoffs, calendar, Setting(0, 0, 1, 1))

    def at(self, when: pd.Timestamp, off: tuple[int, int]) -> Side:
        """Set the moment of the change, and the weeks before and after it that count for neither side."""
        moment = when.value // 1000
        return replace(self, setting=Setting.of(self.cases, moment, *off))
