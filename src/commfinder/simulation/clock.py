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
OFFSETS = (2, 1, -4, 9)
"""Hours that the clocks of the sites are ahead of UTC."""

_WEEKEND = (1.0, 1.0, 1.0, 1.0, 0.9, 0.06, 0.04)
_HOURS = (1, 1, 1, 1, 1, 2, 6, 25, 75, 100, 100, 90, 50, 80, 95, 90, 75, 45, 18, 10, 8, 6, 3, 2)
_MONTH_END = 3  # days
_DIP = 0.6
_PEAK = 30  # day of the year


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
    def over(cls, start: str, weeks: int, *, dip: float = _DIP, wave: float = 0.0) -> Clock:
        """Make the clock of `weeks` weeks from `start`.

        A span that ends within three days of the end of a month goes on to it: two quarters are 183 days,
        which no whole number of weeks meets.

        Parameters
        ----------
        start : str
            ISO date, midnight UTC.
        weeks : int
            Length in weeks.
        dip : float, default 0.6
            How much less is written in the two weeks of holidays, from 0 to 1.
        wave : float, default 0
            Amplitude of a yearly wave that is highest at the end of January, from 0 to below 1.

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
        return cls(period, _shares(first, (last - first).days, dip, wave))

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

    def draw_between(
        self,
        rng: np.random.Generator,
        begin: npt.NDArray[np.float64],
        end: npt.NDArray[np.float64],
        offset: npt.ArrayLike = 0,
    ) -> npt.NDArray[np.int64]:
        """Draw one moment of the working rhythm in each of several parts of the span.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of chance.
        begin, end : numpy.ndarray, shape (size,)
            Where each part begins and ends, as shares of the span.
        offset : array_like of int, default 0
            Hours that the sender's clock is ahead of UTC.

        Returns
        -------
        numpy.ndarray, shape (size,)
            Microseconds since 1970 UTC, each inside its part.
        """
        cumulated = np.concatenate([[0.0], np.cumsum(self.day_shares)])
        low, high = self.mass(begin), self.mass(end)
        places = np.searchsorted(cumulated, low + rng.random(len(low)) * (high - low), side="right") - 1
        days = np.minimum(places, len(self.day_shares) - 1)
        hours = np.searchsorted(np.cumsum(_HOURS), rng.random(len(low)) * sum(_HOURS), side="right")
        moments = self.period.start_us + days * DAY + (hours - np.asarray(offset)) * HOUR
        moments = moments + rng.integers(HOUR, size=len(low))
        return np.asarray(np.clip(moments, self.moment(begin), self.moment(end) - 1), dtype=np.int64)

    def mass(self, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what share of the traffic falls before a share of the span."""
        cumulated = np.concatenate([[0.0], np.cumsum(self.day_shares)])
        return np.asarray(np.interp(share * len(self.day_shares), np.arange(len(cumulated)), cumulated))

    def moment(self, share: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Return the moment at a share of the span, microseconds since 1970 UTC."""
        length = self.period.end_us - self.period.start_us
        return np.asarray(self.period.start_us + np.round(share * length), dtype=np.int64)

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

    def after_all(
        self, moments: npt.NDArray[np.int64], delay_hours: npt.NDArray[np.float64], offset: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Return when answers come, for many messages at once; the rules are those of `after`."""
        local = moments + (delay_hours * HOUR).astype(np.int64) + offset * HOUR
        hour = local % DAY // HOUR
        local = local + np.where((hour >= 7) & (hour < 20), 0, (8 - hour) % 24) * HOUR
        weekday = (local // DAY + 3) % 7
        local = local + np.where(weekday >= 5, 7 - weekday, 0) * DAY
        return np.asarray(local - offset * HOUR, dtype=np.int64)


def _shares(first: date, days: int, quiet: float, wave: float) -> npt.NDArray[np.float64]:
    """Weigh the days: weekends, one public holiday, two weeks of holidays at two thirds of the span, seasons."""
    weights = np.array([_WEEKEND[(first + timedelta(days=day)).weekday()] for day in range(days)])
    dip = days * 2 // 3
    weights[dip : dip + 14] *= 1 - quiet
    weights[days // 6] *= 0.1
    if wave:
        year = np.array([(first + timedelta(days=day)).timetuple().tm_yday for day in range(days)])
        weights *= 1 + wave * np.cos((year - _PEAK) / 365.25 * 2 * np.pi)
    return np.asarray(weights / weights.sum())
