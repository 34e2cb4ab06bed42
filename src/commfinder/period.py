"""Periods of time: half-open intervals in UTC, and the windows they are cut into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from commfinder.errors import PeriodError

__all__ = ["Period", "PeriodLike", "Windows", "parse_period"]

_SHAPES = "'2026', '2026H1', '2026Q3', '2026-07', '2026-07-01/2026-10-01'"
_NAMED = re.compile(r"^(?P<year>\d{4})(?:-?(?P<part>[QH])(?P<number>[1-4])|-(?P<month>\d{2}))?$", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Period:
    """A half-open interval of time ``[start, end)`` in UTC.

    Parameters
    ----------
    start, end : datetime
        Bounds with a time zone; they are turned to UTC. `end` itself is outside.

    Raises
    ------
    PeriodError
        If a bound has no time zone or `end` is not after `start`.

    Examples
    --------
    >>> Period.parse("2026Q3").days
    92.0
    >>> str(Period.parse("2026-07-01/2026-07-15"))
    '2026-07-01/2026-07-15'
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if not isinstance(value, datetime):
                raise PeriodError(
                    f"The {name} of a period, {value!r}, is no date-time.",
                    hint=f"Write it as text: Period.parse accepts {_SHAPES}.",
                )
            if value.tzinfo is None:
                raise PeriodError(
                    f"The {name} of a period, {value}, has no time zone.",
                    hint="Give one, for example datetime(2026, 7, 1, tzinfo=timezone.utc) or '2026-07-01T00:00Z'.",
                )
            try:
                object.__setattr__(self, name, value.astimezone(UTC))
            except OverflowError:
                raise PeriodError(
                    f"The {name} of a period, {value}, lies outside the years 1 to 9999 in UTC."
                ) from None
        if self.end <= self.start:
            raise PeriodError(
                f"The period {self.start} to {self.end} is empty.", need="The end must come after the start."
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period from a year, half-year, quarter, month, or two dates with a slash between.

        Parameters
        ----------
        text : str
            For example ``"2026"``, ``"2026H1"``, ``"2026Q3"``, ``"2026-07"`` or ``"2026-07-01/2026-10-01"``.
            Dates are midnight UTC; date-times need a zone. The second bound is outside the period.

        Returns
        -------
        Period

        Raises
        ------
        PeriodError
            If the text has none of these shapes.
        """
        clean = text.strip()
        if "/" in clean:
            first, _, second = clean.partition("/")
            return cls(_bound(first, text), _bound(second, text))
        match = _NAMED.match(clean)
        if match is None:
            raise PeriodError(f"{text!r} is not a period.", need=f"Shapes that are: {_SHAPES}.")
        year = int(match["year"])
        first_month, months = 1, 12
        if match["month"]:
            first_month, months = int(match["month"]), 1
        elif match["part"]:
            months = 3 if match["part"].upper() == "Q" else 6
            first_month = (int(match["number"]) - 1) * months + 1
        if not 1 <= first_month <= 13 - months or not 1 <= year <= 9998:
            raise PeriodError(f"{text!r} is not a period: there is no such part of a year.", need=f"Shapes: {_SHAPES}.")
        last = first_month + months - 1
        end = datetime(year + last // 12, last % 12 + 1, 1, tzinfo=UTC)
        return cls(datetime(year, first_month, 1, tzinfo=UTC), end)

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / timedelta(days=1)

    @property
    def start_us(self) -> int:
        """Start in microseconds since 1970 UTC."""
        return (self.start - _EPOCH) // _MICROSECOND

    @property
    def end_us(self) -> int:
        """End in microseconds since 1970 UTC."""
        return (self.end - _EPOCH) // _MICROSECOND

    def __str__(self) -> str:
        return f"{_short(self.start)}/{_short(self.end)}"


PeriodLike: TypeAlias = "Period | str | tuple[date | datetime | str, date | datetime | str] | None"


def parse_period(value: PeriodLike) -> Period | None:
    """Turn what a caller gave as a period into one.

    Parameters
    ----------
    value : Period, str, (start, end) or None
        A string is read by `Period.parse`; a pair holds dates, date-times with a zone, or ISO strings of them.

    Returns
    -------
    Period or None
        None stays None: all of time.

    Raises
    ------
    PeriodError
        If the value is nothing of these.
    """
    if value is None or isinstance(value, Period):
        return value
    if isinstance(value, str):
        return Period.parse(value)
    if isinstance(value, tuple) and len(value) == 2:
        return Period(_bound(value[0], value), _bound(value[1], value))
    raise PeriodError(f"{value!r} is not a period.", need=f"A Period, a pair of dates, or one of {_SHAPES}.")


@dataclass(frozen=True)
class Windows:
    """Equal windows counted back from the end of a span.

    Counting back keeps the most recent window whole; the remainder at the old end joins the oldest window.

    Parameters
    ----------
    end_us : int
        End of the span, microseconds since 1970 UTC.
    length_us : int
        Length of one window in microseconds.
    count : int
        Number of windows, at least 1.
    """

    end_us: int
    length_us: int
    count: int

    @property
    def days(self) -> float:
        """Length of one window in days."""
        return self.length_us / 86_400e6

    @classmethod
    def over(cls, start_us: int, end_us: int, *, days: float | None = None) -> Windows:
        """Cut a span into windows of `days`, by default the longest of 28, 7 and 1 days that fits three times.

        Parameters
        ----------
        start_us, end_us : int
            The span, microseconds since 1970 UTC, end outside.
        days : float, optional
            Length of a window; None chooses 28, 7 or 1 days.

        Returns
        -------
        Windows
            At least one; a span shorter than three days is a single window, unless `days` is given.

        Raises
        ------
        PeriodError
            If `days` is not a positive number.
        """
        if days is not None and not 0 < days * 86_400e6 < float("inf"):
            raise PeriodError(f"Windows of {days!r} days can not be made.", need="A number above 0 is needed.")
        span = max(end_us - start_us, 1)
        lengths = [days] if days is not None else [28.0, 7.0, 1.0]
        for length in lengths:
            length_us = max(int(length * 86_400e6), 1)
            if span >= 3 * length_us:
                return cls(end_us, length_us, span // length_us)
        if days is not None:
            return cls(end_us, length_us, max(span // length_us, 1))
        return cls(end_us, span, 1)


def _bound(value: object, whole: object) -> datetime:
    """Turn one bound of a period into a date-time with a zone."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str):
        raise PeriodError(
            f"{value!r} in the period {whole!r} is not a date.", need="A date, a date-time or ISO 8601 text is needed."
        )
    text = value.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PeriodError(
            f"{text!r} in the period {whole!r} is not a date.", need="ISO 8601 is needed, for example 2026-07-01."
        ) from None
    if found.tzinfo is None and len(text) <= 10:
        return found.replace(tzinfo=UTC)
    return found


def _short(moment: datetime) -> str:
    """Write a date alone where the time is midnight."""
    if moment.time() == datetime.min.time():
        return moment.date().isoformat()
    return moment.isoformat()
