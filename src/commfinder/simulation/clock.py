"""When people write: working days and hours, nights, weekends, a public holiday and a summer dip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from commfinder.errors import InputError
from commfinder.period import Period

__all__ = ["DAY", "HOUR", "OFFSETS", "Clock"]

HOUR = 3_600_000_000
"""Microseconds of an hour."""
DAY = 24 * HOUR
"""Microseconds of a day."""
OFFSETS = (2, 1, -4)
"""Hours that the clocks of the three sites are ahead of UTC."""

_WEEKEND = (1.0, 1.0, 1.0, 1.0, 0.9, 0.06, 0.04)
_HOURS = (1, 1, 1, 1, 1, 2, 6, 25, 75, 100, 100, 90, 50, 80, 95, 90, 75, 45, 18, 10, 8, 6, 3, 2)
_MONTH_END = 3  # days


@dataclass(frozen=True)
class Clock:
    """The simulated span of time and its rhythm.

    Parameters
    ----------
    period : Period
        The span.
    day_shares : numpy.ndarray, shape (days,)
        Share of the traffic that falls on each day.
    """

    period: Period
    day_shares: npt.NDArray[np.float64]

    @classmethod
    def over(cls, start: str, weeks: int) -> Clock:
        """Make the clock of `weeks` weeks from `start`.

        A span that ends within three days of the end of a month goes on to it: two quarters are 183 days,
        which no whole number of weeks meets.

        Parameters
        ----------
        start : str
            ISO date, midnight UTC.
        weeks : int
            Length in weeks.

        Returns
        -------
        Clock

        Raises
        ------
        InputError
            If `start` is no date or `weeks` is fewer than 8.
        """
        if isinstance(weeks, bool) or not isinstance(weeks, int) or not 8 <= weeks <= 520:
            raise InputError(
                f"weeks={weeks!r} can not be simulated.",
                need="A whole number from 8 to 520 is needed.",
                hint="A tie needs two windows of four weeks to show; 26 weeks are two quarters.",
            )
        try:
            first = date.fromisoformat(start)
        except (TypeError, ValueError):
            raise InputError(
                f"start={start!r} is not a date.", need="ISO 8601 is needed, for example '2026-04-01'."
            ) from None
        last = first + timedelta(days=7 * weeks)
        turn = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = turn if (turn - last).days <= _MONTH_END else last
        period = Period(
            datetime(first.year, first.month, first.day, tzinfo=UTC),
            datetime(last.year, last.month, last.day, tzinfo=UTC),
        )
        return cls(period, _shares(first, (last - first).days))

    @property
    def weeks(self) -> float:
        """Length in weeks."""
        return self.period.days / 7

    def draw(self, rng: np.random.Generator, size: int, offset: npt.ArrayLike = 0) -> npt.NDArray[np.int64]:
        """Draw moments of the working rhythm.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of chance.
        size : int
            How many.
        offset : array_like of int, default 0
            Hours that the sender's clock is ahead of UTC.

        Returns
        -------
        numpy.ndarray, shape (size,)
            Microseconds since 1970 UTC, all inside the period.
        """
        days = rng.choice(len(self.day_shares), size=size, p=self.day_shares)
        hours = rng.choice(24, size=size, p=np.asarray(_HOURS) / sum(_HOURS)) - np.asarray(offset)
        moments = self.period.start_us + days * DAY + hours * HOUR + rng.integers(HOUR, size=size)
        return np.asarray(np.clip(moments, self.period.start_us, self.period.end_us - 1), dtype=np.int64)

    def after(self, moment: int, delay_hours: float, offset: int) -> int:
        """Return when an answer comes; at night and on weekends it waits for the next working morning.

        Parameters
        ----------
        moment : int
            When the message came, microseconds since 1970 UTC.
        delay_hours : float
            How long the answer takes.
        offset : int
            Hours that the answering person's clock is ahead of UTC.

        Returns
        -------
        int
            Microseconds since 1970 UTC; it may lie beyond the period.
        """
        local = moment + int(delay_hours * HOUR) + offset * HOUR
        hour = local % DAY // HOUR
        if not 7 <= hour < 20:
            # The fraction of the hour is kept, so that answers do not all come on the stroke of eight.
            local += ((8 - hour) % 24) * HOUR
        weekday = (local // DAY + 3) % 7
        if weekday >= 5:
            local += (7 - weekday) * DAY
        return int(local - offset * HOUR)


def _shares(first: date, days: int) -> npt.NDArray[np.float64]:
    """Weigh the days: weekends, one public holiday, two weeks of holidays at two thirds of the span."""
    weights = np.array([_WEEKEND[(first + timedelta(days=day)).weekday()] for day in range(days)])
    dip = days * 2 // 3
    weights[dip : dip + 14] *= 0.4
    weights[days // 6] *= 0.1
    return np.asarray(weights / weights.sum())
