"""Business hours between two moments: working days, opening hours, time zone, holidays."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.errors import InputError

__all__ = ["BusinessHours"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_WHOLE_DAY = 24 * 60


@dataclass(frozen=True)
class BusinessHours:
    """When work goes on: the calendar that waiting and cycle times are told in.

    A request that is made on Friday at 16:00 and answered on Monday at 10:00 waited two business hours, not 66. Prefer
    `BusinessHours.always` where work never stops, or where the time zone of the people is not known.

    Parameters
    ----------
    days : tuple of int, default (0, 1, 2, 3, 4)
        Working days, Monday 0 to Sunday 6.
    start, end : str, default "09:00" and "17:00"
        Local opening hours. An end of ``"24:00"`` is midnight; an end before the start is on the next day (a night
        shift belongs to the day on which it begins).
    timezone : str, default "UTC"
        IANA name of the zone of `start` and `end`. A day has the hours that the clock shows: where the clock is put
        forward in working time, that day is an hour shorter.
    holidays : tuple of dates, default ()
        Days without work: dates or ISO texts. Weekends need not be listed.

    Raises
    ------
    InputError
        If a day, hour, zone or date can not be read, or no hour of the week is a working hour.

    Examples
    --------
    >>> friday, monday = (pd.Timestamp(day, tz="UTC").value // 1000 for day in ("2026-07-03 16:00", "2026-07-06 10:00"))
    >>> BusinessHours().hours([friday], [monday]).tolist()
    [2.0]
    >>> BusinessHours.always().hours([friday], [monday]).tolist()
    [66.0]
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: str = "09:00"
    end: str = "17:00"
    timezone: str = "UTC"
    holidays: tuple[Any, ...] = ()
    _opens: int = field(init=False, repr=False, compare=False)
    _closes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = tuple(sorted(set(self.days))) if isinstance(self.days, Iterable) else ()
        if not days or any(isinstance(day, bool) or day not in range(7) for day in days):
            raise InputError(
                f"days is {self.days!r}.", need="At least one whole number from 0 (Monday) to 6 is needed."
            )
        opens, closes = _minutes(self.start, what="start"), _minutes(self.end, what="end")
        if opens in (closes, _WHOLE_DAY):
            raise InputError(
                f"Work starts at {self.start} and ends at {self.end}.",
                need="There must be time between.",
                hint="For every hour of every day use BusinessHours.always().",
            )
        try:
            zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            raise InputError(
                f"timezone is {self.timezone!r}.", need="An IANA name is needed, for example 'Europe/Berlin'."
            ) from None
        object.__setattr__(self, "days", days)
        object.__setattr__(self, "holidays", tuple(sorted({_date(day) for day in self.holidays})))
        object.__setattr__(self, "_opens", opens)
        object.__setattr__(self, "_closes", closes if closes > opens else closes + _WHOLE_DAY)

    @classmethod
    def always(cls) -> BusinessHours:
        """Return the calendar in which every hour counts."""
        return cls(days=tuple(range(7)), start="00:00", end="24:00")

    @property
    def is_always(self) -> bool:
        """Whether every hour of every day counts."""
        full = self._closes - self._opens == _WHOLE_DAY
        return full and len(self.days) == 7 and not self.holidays

    @property
    def hours_per_day(self) -> float:
        """Working hours of a usual working day."""
        return (self._closes - self._opens) / 60

    @property
    def hours_per_week(self) -> float:
        """Working hours of a week without holidays."""
        return self.hours_per_day * len(self.days)

    def hours(self, start_us: npt.ArrayLike, end_us: npt.ArrayLike) -> FloatArray:
        """Count the business hours between pairs of moments.

        Parameters
        ----------
        start_us, end_us : array of int64, shape (n,)
            Microseconds since 1970 UTC; `NO_TIME` where one is not known.

        Returns
        -------
        ndarray of float, shape (n,)
            Hours; negative where the end comes first, nan where a moment is not known.
        """
        start, end = np.broadcast_arrays(np.asarray(start_us, dtype=np.int64), np.asarray(end_us, dtype=np.int64))
        known = (start != NO_TIME) & (end != NO_TIME)
        result = np.full(start.shape, np.nan)
        if known.any():
            first, last = start[known], end[known]
            low, high = int(min(first.min(), last.min())), int(max(first.max(), last.max()))
            clock = self._clock(low, high)
            result[known] = (_worked(clock, last) - _worked(clock, first)) / _HOUR_US
        return result

    def position(self, time_us: npt.ArrayLike) -> IntArray:
        """Place moments on a clock that runs in business hours only.

        Parameters
        ----------
        time_us : array of int64, shape (n,)
            Microseconds since 1970 UTC, all known.

        Returns
        -------
        ndarray of int64, shape (n,)
            Business microseconds since some moment before the first; the same zero for all of them.
        """
        time = np.asarray(time_us, dtype=np.int64)
        if not time.size:
            return time
        return _worked(self._clock(int(time.min()), int(time.max())), time)

    def _clock(self, low: int, high: int) -> tuple[IntArray, IntArray, IntArray] | None:
        """Return the intervals of work that cover a span: when each opens and closes, and the time worked before it."""
        if self.is_always:
            return None
        # A zone is at most a day from UTC, and a night shift began on the day before.
        first, last = low // _DAY_US - 2, high // _DAY_US + 2
        day = np.arange(first, last + 1, dtype=np.int64)
        weekday = (day + 3) % 7  # 1970-01-01 was a Thursday.
        free = np.array([(one - datetime.date(1970, 1, 1)).days for one in self.holidays], dtype=np.int64)
        day = day[np.isin(weekday, self.days) & ~np.isin(day, free)]
        opens, closes = (self._utc(day, minutes) for minutes in (self._opens, self._closes))
        # Two days that touch may overlap by the hour that a clock is put back.
        closes = np.minimum(closes, np.append(opens[1:], np.iinfo(np.int64).max))
        length = np.maximum(closes - opens, 0)
        return opens, opens + length, np.concatenate([[0], np.cumsum(length)[:-1]]) if len(day) else length

    def _utc(self, day: IntArray, minutes: int) -> IntArray:
        """Turn local wall-clock times of days into UTC: of an hour shown twice the first, of a skipped one its end."""
        wall = pd.DatetimeIndex(((day * _WHOLE_DAY + minutes) * 60_000_000).view("M8[us]"))
        first = np.ones(len(day), dtype=bool)
        local = wall.tz_localize(self.timezone, ambiguous=first, nonexistent="shift_forward")
        return local.as_unit("us").asi8


def _worked(clock: tuple[IntArray, IntArray, IntArray] | None, time: IntArray) -> IntArray:
    """Return the business microseconds before each moment."""
    if clock is None:
        return time
    opens, closes, before = clock
    if not len(opens):
        return np.zeros_like(time)
    at = np.searchsorted(opens, time, side="right") - 1
    inside = np.minimum(time, closes[at]) - opens[at]
    return np.where(at < 0, 0, before[at] + inside)


def _minutes(value: Any, *, what: str) -> int:
    """Read a time of day as minutes after midnight."""
    parts = value.split(":") if isinstance(value, str) else []
    if len(parts) == 2 and all(part.isdecimal() and len(part) == 2 for part in parts):
        hours, minutes = map(int, parts)
        if (hours < 24 and minutes < 60) or (hours, minutes) == (24, 0):
            return hours * 60 + minutes
    raise InputError(f"{what} is {value!r}.", need="A time of day is needed, for example '09:00'.")


def _date(value: Any) -> datetime.date:
    """Read a holiday."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"holidays holds {value!r}.", need="Dates or texts such as '2026-12-25' are needed.") from None
