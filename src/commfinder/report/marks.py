"""Where the marks of the small pictures stand: plain geometry, drawn by the template as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from commfinder.report.bands import Band

__all__ = ["Axis", "Interval", "Segment", "interval", "lift_axis", "people_bar"]

_SMALLEST, _LARGEST = 1 / 16, 256.0
_LEFT, _WIDTH = 6.0, 288.0


class Axis(NamedTuple):
    """A logarithmic axis that all groups share, and the places of its labels."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Return where a value stands, at the edge if it lies beyond."""
        inside = min(max(value, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return round(_LEFT + _WIDTH * share, 1)


class Interval(NamedTuple):
    """An interval and its middle, with the sides on which it goes on beyond the axis."""

    low: float
    middle: float
    high: float
    cut_low: bool
    cut_high: bool


class Segment(NamedTuple):
    """A part of a bar, in per cent."""

    name: str
    start: float
    width: float
    words: str


def lift_axis(rows: Iterable[Mapping[str, Any]]) -> Axis:
    """Choose the axis that holds all the intervals, in steps of doubling.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of verdicts that passed the gate.

    Returns
    -------
    Axis

    Examples
    --------
    >>> [label for _, label in lift_axis([]).ticks]
    ['½', '1', '2', '4']
    """
    values = [row[name] for row in rows for name in ("lift", "lift_low", "lift_high") if row[name]]
    low = math.floor(math.log2(max(min([0.5, *values]), _SMALLEST)))
    high = math.ceil(math.log2(min(max([4.0, *values]), _LARGEST)))
    axis = Axis(2.0**low, 2.0**high, ())
    step = 1 if high - low <= 7 else 2
    powers = [power for power in range(low, high + 1) if power % step == 0]
    return axis._replace(ticks=tuple((axis.place(2.0**power), _power(power)) for power in powers))


def interval(row: Mapping[str, Any], axis: Axis) -> Interval | None:
    """Place the interval of one group; None where there is none.

    Parameters
    ----------
    row : mapping
        A row of verdicts that passed the gate.
    axis : Axis
        The shared axis.

    Returns
    -------
    Interval or None
    """
    lift, low, high = row["lift"], row["lift_low"], row["lift_high"]
    if lift is None:
        return None
    low, high = lift if low is None else low, lift if high is None else high
    return Interval(axis.place(low), axis.place(lift), axis.place(high), low < axis.low, high > axis.high)


def people_bar(row: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Divide the members of a group into core, audience, others who were active, and the rest.

    Only numbers that are said exactly are drawn; a bar could otherwise be measured.

    Parameters
    ----------
    row : mapping
        A row of verdicts that passed the gate.

    Returns
    -------
    tuple of Segment
        Empty where the numbers may not be shown.
    """
    size: Band = row["size"]
    active: Band | None = row["active"]
    if row["evidence"] != "shown" or active is None or active.high == 0 or not size.low:
        return ()
    whole = size.low
    shown = active.low if active.exact else whole
    parts: list[tuple[str, int, str]] = []
    for name in ("core", "audience"):
        band: Band | None = row[name]
        if band is not None and band.exact:
            parts.append((name, band.low, f"{band.low:,}"))
    rest = shown - sum(count for _, count, _ in parts)
    if parts:
        parts.append(("other", rest, "the other active members" if active.exact else "the others"))
    else:
        parts.append(("active", rest, f"{rest:,}" if active.exact else "all or nearly all"))
    if active.exact:
        parts.append(("absent", whole - active.low, f"{whole - active.low:,}"))
    return _segments(parts, whole)


def _segments(parts: Iterable[tuple[str, int, str]], whole: int) -> tuple[Segment, ...]:
    """Lay parts side by side."""
    start, laid = 0.0, []
    for name, count, words in parts:
        if count > 0:
            width = 100.0 * count / whole
            laid.append(Segment(name, round(start, 2), round(width, 2), words))
            start += width
    return tuple(laid)


def _power(power: int) -> str:
    """Write a power of two as a person would."""
    fractions = {-1: "½", -2: "¼", -3: "⅛", -4: "1⁄16"}
    return fractions[power] if power < 0 else str(2**power)
