"""What is compared before and after a change: weekly series of each outcome, with the same follow-up on both sides.

A case that began shortly before the change, or shortly before the data end, can not be seen to the end. Cases from
before are followed only until the change, as those from after are only until the data end; cases that were followed for
less than the time in which most cases end are left out on both sides, by whole weeks; and of the rest, those that have
not ended stay in, with what they are expected to become.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.delivery.impact.case_times import WEEK_US, moments, reworked
from commfinder.delivery.impact.sides import Side
from commfinder.delivery.impact.survival import imputed, kaplan_meier
from commfinder.delivery.impact.weekly_series import Weekly, segmented

__all__ = ["LOGGED", "OUTCOMES", "Measured", "Units", "measured", "nothing", "weekly"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

OUTCOMES = ("cycle", "elapsed", "throughput", "rework")
LOGGED = ("cycle", "elapsed", "throughput")
"""Outcomes of which a change is told as a ratio."""

# Share of cases that must be seen to the end within the follow-up; the first that leaves enough weeks is taken.
_FOLLOWED = (0.8, 0.7, 0.6, 0.5)
_LEAST_HOURS = 0.1
_LEAST_A_WEEK = 3.0


@dataclass(frozen=True, eq=False)
class Units:
    """What an outcome is measured on: cases or handoffs.

    Parameters
    ----------
    week : ndarray of int64, shape (n,)
        The week in which each began.
    case : ndarray of int64, shape (n,)
        Its case.
    value : ndarray of float64, shape (n,)
        Hours, or 0 and 1.
    ended : ndarray of bool, shape (n,)
        Whether the value is final.
    follow : ndarray of float64, shape (n,)
        For how many business hours it was followed.
    """

    week: IntArray
    case: IntArray
    value: FloatArray
    ended: BoolArray
    follow: FloatArray

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.week)

    def take(self, which: BoolArray) -> Units:
        """Keep some."""
        return Units(self.week[which], self.case[which], self.value[which], self.ended[which], self.follow[which])


@dataclass(frozen=True, eq=False)
class Measured:
    """One outcome of one group, week by week.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    series : Weekly
        Weekly values: logarithms of hours or of counts, or shares.
    units : Units
        What they are means of; for throughput the weeks themselves, with counts.
    why_not : str, default ""
        Why there are none, in words.
    left_out : int, default 0
        Cases or handoffs that were not followed for long enough.
    followed : float, default nan
        Business hours of follow-up that were needed.
    """

    outcome: str
    series: Weekly
    units: Units
    why_not: str = ""
    left_out: int = 0
    followed: float = float("nan")

    def arms(self) -> tuple[int, int, int, int]:
        """Return weeks before and after, and cases before and after."""
        after, week = self.units.week >= 0, self.series.week
        sums = [int(self.units.value[side].sum()) for side in (~after, after)]
        counts = sums if self.outcome == "throughput" else [len(np.unique(self.units.case[x])) for x in (~after, after)]
        return int((week < 0).sum()), int((week >= 0).sum()), counts[0], counts[1]


def measured(outcome: str, side: Side, *, weeks: int) -> Measured:
    """Measure one outcome of a group week by week.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    side : Side
        The group.
    weeks : int
        Weeks that each side of the change should keep, if a shorter follow-up allows it.

    Returns
    -------
    Measured
        Without weeks, and saying why, where the data do not hold the outcome.
    """
    if outcome == "throughput":
        return _throughput(side)
    timed: Mapping[str, Callable[[Side, int], Measured]] = {"cycle": _cycle, "elapsed": _elapsed, "rework": _rework}
    return timed[outcome](side, weeks)


def weekly(units: Units, *, logged: bool) -> Weekly:
    """Turn units into a weekly series of means, with the spread of cases about them.

    Parameters
    ----------
    units : Units
        What the outcome is measured on.
    logged : bool
        Take logarithms of the values, and replace those that are not final by what they are expected to become.

    Returns
    -------
    Weekly
        Weeks in which any unit began.
    """
    if not units.n:
        return _NO_WEEKS
    value, likely = units.value, np.ones(units.n)
    if logged:
        design = segmented(units.week)
        design[:, [1, 3]] /= max(float(np.abs(units.week).max()), 1.0)
        value = imputed(np.log(np.maximum(value, _LEAST_HOURS)), units.ended, design)
        likely = kaplan_meier(np.maximum(units.value, 0.0), units.ended).ended_by(units.follow)
    # Handoffs of one case in one week are not independent: they count as one.
    weeks, at = np.unique(units.week, return_inverse=True)
    _, first, pair = np.unique(units.case * len(weeks) + at, return_index=True, return_inverse=True)
    mean, known = (np.bincount(pair, part) / np.bincount(pair) for part in (value, likely))
    at = at[first]
    # A unit counts as much as it was likely to be seen to the end. Whether it was would count quick weeks more.
    size = np.bincount(at, known)
    middle = np.bincount(at, mean) / np.bincount(at)
    squares = float(((mean - middle[at]) ** 2).sum())
    return Weekly(weeks, middle, np.maximum(size, 0.5), squares, max(float(size.sum() - len(weeks)), 0.0))


_NO_WEEKS = Weekly(np.empty(0, np.int64), np.empty(0), np.empty(0))
_NO_UNITS = Units(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, bool), np.empty(0))


def nothing(outcome: str, why: str) -> Measured:
    """Return an outcome that the data do not hold.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    why : str
        Why there is nothing.

    Returns
    -------
    Measured
    """
    return Measured(outcome, _NO_WEEKS, _NO_UNITS, why)


def _case_units(side: Side) -> Units:
    """Return the cases that count for a side, each followed until the change or the end of the data."""
    cases, setting, calendar = side.cases, side.setting, side.calendar
    start, end = moments(cases.frame["start"]), moments(cases.frame["end"])
    until = setting.until(start)
    ended = ~cases.frame["open"].to_numpy(dtype=bool) & (end <= until)
    hours = calendar.hours(start, np.where(ended, end, until))
    units = Units(setting.week(start), np.arange(len(cases)), hours, ended, calendar.hours(start, until))
    return units.take(setting.counts(units.week))


def _followed(units: Units, weeks: int) -> tuple[Units, float]:
    """Keep units that were followed for long enough, and return how long that is; nan where it can not be told.

    Only whole weeks stay: what begins on the first days of a week, or on its last, is of another kind than the rest.
    """
    seen = units.take(units.follow > 0)
    curve = kaplan_meier(np.maximum(seen.value, 0.0), seen.ended)
    best: tuple[Units, float] = (units.take(np.zeros(units.n, dtype=bool)), float("nan"))
    for share in _FOLLOWED:
        needed = curve.quantile(share)
        if np.isnan(needed):
            continue
        kept = units.take(~np.isin(units.week, units.week[units.follow < needed]))
        left = np.unique(kept.week)
        if min(int((left < 0).sum()), int((left >= 0).sum())) >= weeks:
            return kept, needed
        if np.isnan(best[1]):
            best = kept, needed
    return best


def _timed(outcome: str, units: Units, weeks: int) -> Measured:
    """Measure an outcome in hours."""
    kept, needed = _followed(units, weeks)
    if np.isnan(needed):
        return nothing(outcome, "fewer than half have ended within the time for which they could be followed")
    return Measured(outcome, weekly(kept, logged=True), kept, left_out=units.n - kept.n, followed=needed)


def _cycle(side: Side, weeks: int) -> Measured:
    """Measure cycle time by the week in which cases begin."""
    units = _case_units(side)
    return _timed("cycle", units, weeks) if units.n else nothing("cycle", "there are no cases near the change")


def _elapsed(side: Side, weeks: int) -> Measured:
    """Measure elapsed time per handoff by the week in which the giver left the case."""
    cases, handoffs, setting, calendar = side.cases, side.handoffs, side.setting, side.calendar
    acts = cases.acts
    if not len(handoffs.case):
        return nothing("elapsed", "there are no handoffs")
    # The last act of a case that is open may be a handoff that nobody has taken yet.
    last = np.flatnonzero(np.append(acts.case[1:] != acts.case[:-1], True))
    last = last[cases.frame["open"].to_numpy(dtype=bool)[acts.case[last]]]
    case = np.concatenate([handoffs.case, acts.case[last]]).astype(np.int64)
    left = np.concatenate([handoffs.left, acts.time[last]])
    until = setting.until(left)
    taken = np.concatenate([handoffs.taken, np.full(len(last), np.iinfo(np.int64).max)])
    ended = taken <= until
    hours = calendar.hours(left, np.where(ended, taken, until))
    units = Units(setting.week(left), case, hours, ended, calendar.hours(left, until))
    units = units.take(setting.counts(units.week) & (units.week >= _first_full(side)))
    return _timed("elapsed", units, weeks) if units.n else nothing("elapsed", "there are no handoffs near the change")


def _first_full(side: Side) -> int:
    """Return the first week in which the cases from before the data have ended: before it, long ones are missing."""
    frame = side.cases.frame[~side.cases.frame["open"].to_numpy(dtype=bool)]
    usual = int(np.quantile(moments(frame["end"]) - moments(frame["start"]), 0.8)) if len(frame) else 0
    return -((side.setting.changed - side.setting.first - usual) // WEEK_US)


def _rework(side: Side, weeks: int) -> Measured:
    """Measure the share of cases with rework by the week in which they begin, within the same time for all of them."""
    cases, acts = side.cases, side.cases.acts
    if not (acts.activity >= 0).any():
        return nothing("rework", "activities are not known")
    every = _case_units(side)
    kept, needed = _followed(every, weeks)
    if np.isnan(needed) or not kept.n:
        return nothing("rework", "too few cases could be followed for long enough")
    start = moments(cases.frame["start"])
    early = acts.take(side.calendar.hours(start[acts.case], acts.time) <= needed)
    again = reworked(early, len(cases))[kept.case].astype(np.float64)
    if np.ptp(again) == 0:
        return nothing("rework", "it is alike in all cases, within the time for which they are followed")
    units = replace(kept, value=again, ended=np.ones(kept.n, dtype=bool))
    return Measured("rework", weekly(units, logged=False), units, left_out=every.n - kept.n, followed=needed)


def _throughput(side: Side) -> Measured:
    """Count the cases that end in each whole week; the first weeks lack what began before the data."""
    cases, setting = side.cases, side.setting
    end, is_open = moments(cases.frame["end"]), cases.frame["open"].to_numpy(dtype=bool)
    if is_open.all():
        return nothing("throughput", "no case has ended")
    low = _first_full(side)
    week = np.arange(low, max((setting.last - setting.changed) // WEEK_US, low))
    week = week[setting.counts(week)]
    count = np.bincount(
        np.searchsorted(week, setting.week(end)[~is_open & np.isin(setting.week(end), week)]), minlength=len(week)
    ).astype(np.float64)
    if not len(week) or count.mean() < _LEAST_A_WEEK:
        return nothing("throughput", f"fewer than {_LEAST_A_WEEK:.0f} cases end in a week")
    series = Weekly(week, np.log(count + 0.5), np.full(len(week), count.mean()))
    whole = np.ones(len(week), dtype=bool)
    return Measured("throughput", series, Units(week, np.arange(len(week)), count, whole, np.full(len(week), np.inf)))
