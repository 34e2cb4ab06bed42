"""Times of single cases: when the data begin and end, rework, touch time, and hours in words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME, Acts
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases

__all__ = ["DAY_US", "WEEK_US", "bounds", "hours_text", "moments", "reworked", "touch_hours"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US


def moments(column: pd.Series[pd.Timestamp]) -> IntArray:
    """Return date-times as microseconds since 1970 UTC.

    Parameters
    ----------
    column : Series of datetime
        Date-times, none missing.

    Returns
    -------
    ndarray of int64
    """
    return np.asarray(column.dt.as_unit("us").astype("int64"), dtype=np.int64)


def bounds(cases: Cases) -> tuple[int, int]:
    """Return the first moment of the data and the one just after the last, microseconds since 1970 UTC.

    Parameters
    ----------
    cases : Cases
        The cases; their period, if known, covers what they do not.

    Returns
    -------
    tuple of int
        (0, 1) without cases and period.
    """
    if not cases.acts.n and cases.period is None:
        return 0, 1
    starts = [cases.period.start_us] if cases.period is not None else []
    ends = [cases.period.end_us] if cases.period is not None else []
    if cases.acts.n:
        starts.append(int(moments(cases.frame["start"]).min()))
        ends.append(int(moments(cases.frame["end"]).max()) + 1)
    return min(starts), max(ends)


def reworked(acts: Acts, n_cases: int) -> BoolArray:
    """Tell in which cases a (role, activity) comes up again after another one.

    Acts without an activity do not count; an activity that goes on, with the same role, is not rework.

    Parameters
    ----------
    acts : Acts
        Acts by case, then time.
    n_cases : int
        Number of cases.

    Returns
    -------
    ndarray of bool, shape (n_cases,)
    """
    known = acts.activity >= 0
    case, width = acts.case[known].astype(np.int64), int(acts.activity.max(initial=0)) + 1
    what = (acts.role[known].astype(np.int64) + 1) * width + acts.activity[known]
    new = np.ones(len(case), dtype=bool)
    new[1:] = (case[1:] != case[:-1]) | (what[1:] != what[:-1])
    case, what = case[new], what[new]
    order = np.lexsort((what, case))
    again = (case[order][1:] == case[order][:-1]) & (what[order][1:] == what[order][:-1])
    found = np.zeros(n_cases, dtype=bool)
    found[case[order][1:][again]] = True
    return found


def touch_hours(acts: Acts, n_cases: int, calendar: BusinessHours) -> FloatArray:
    """Return the business hours in which each case is worked on; where two work at once, the time counts once.

    Parameters
    ----------
    acts : Acts
        The acts; those whose start is not known do not count.
    n_cases : int
        Number of cases.
    calendar : BusinessHours
        Which hours count.

    Returns
    -------
    ndarray of float64, shape (n_cases,)
        nan for cases without any start.
    """
    acts = acts.take((acts.started != NO_TIME) & (acts.started <= acts.time))
    acts = acts.take(np.lexsort((acts.time, acts.started, acts.case)))
    by_end = np.lexsort((acts.time, acts.case))
    rank = np.empty(acts.n, dtype=np.int64)
    rank[by_end] = np.arange(acts.n)
    # Ranks rise from case to case, so that the largest so far is the latest end within the case, if there is any.
    latest = by_end[np.maximum.accumulate(rank)[:-1]] if acts.n else by_end
    begun = acts.started.copy()
    if acts.n:
        same = acts.case[latest] == acts.case[1:]
        begun[1:] = np.where(same, np.maximum(begun[1:], acts.time[latest]), begun[1:])
    worked = np.maximum(calendar.hours(begun, np.maximum(acts.time, begun)), 0.0)
    total = np.bincount(acts.case, worked, minlength=n_cases)
    return np.where(np.bincount(acts.case, minlength=n_cases) > 0, total, np.nan)


def hours_text(hours: float) -> str:
    """Write business hours in words that fit their size.

    Parameters
    ----------
    hours : float
        Hours; nan where they are not known.

    Returns
    -------
    str

    Examples
    --------
    >>> hours_text(0.25), hours_text(3.14), hours_text(41.7), hours_text(float("nan"))
    ('15 minutes', '3.1 hours', '42 hours', 'an unknown time')
    """
    if np.isnan(hours):
        return "an unknown time"
    if hours < 1:
        return f"{round(60 * hours)} minutes"
    return f"{hours:.1f} hours" if hours < 10 else f"{hours:,.0f} hours"
