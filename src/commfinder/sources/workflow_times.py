"""Read the times of event logs, which their programs write in ISO 8601, and tell placeholders from them."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.sources.tally import Tally
from commfinder.sources.time_cells import iso_times, to_utc
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["EARLIEST_LOG_US", "LogTimes", "without_early"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EARLIEST_LOG_US = -14 * 3_600_000_000
"""The first moment accepted in an event log: simulated ones count from the first of January 1970, in any zone."""

_BATCH = 50_000
_MISSING = frozenset(["", "nan", "nat", "none", "null"])


@dataclass
class LogTimes:
    """The times of a log, gathered while it is read."""

    _texts: list[str] = field(default_factory=list)
    _parts: list[tuple[Ints, Flags, Flags, Flags]] = field(default_factory=list)

    def add(self, text: str | None) -> None:
        """Add the time of one event, as the file writes it."""
        self._texts.append((text or "").strip())
        if len(self._texts) == _BATCH:
            self._read()

    def _read(self) -> None:
        """Read what waits."""
        missing = np.array([text.lower() in _MISSING for text in self._texts], dtype=bool)
        times, good, naive = iso_times(pa.array(self._texts, pa.string()))
        self._parts.append((times, good, naive, missing))
        self._texts.clear()

    def settled(self, lines: Ints, *, file: str, zone: zoneinfo.ZoneInfo | None, tally: Tally) -> tuple[Ints, Flags]:
        """Give all times, and count what can not be used.

        Parameters
        ----------
        lines : ndarray of int64
            Where each event stands; zeros where places have no number.
        file : str
            Name of the file.
        zone : zoneinfo.ZoneInfo or None
            Zone of times that name none; None takes UTC, and counts them.
        tally : Tally
            Where losses are counted.

        Returns
        -------
        times : ndarray of int64
            Microseconds since 1970 UTC; 0 where not good.
        good : ndarray of bool
        """
        if self._texts or not self._parts:
            self._read()
        times, good, naive, missing = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        if zone is not None:
            times[naive] = to_utc(times[naive], zone)
        else:
            advice = 'Name the zone they were written in: timezone="Europe/Berlin".'
            _count(naive, "time without a zone; taken as UTC", lines, file, tally, advice)
        inside = (times >= EARLIEST_LOG_US) & (times < LATEST_US)
        _count(missing, "events without a time", lines, file, tally, "Look for the time in another attribute.")
        bad = ~missing & ~(good & inside)
        advice = "ISO 8601 is needed, such as 2026-07-01T09:30:00+02:00."
        _count(bad, "time that can not be read, or outside 1970 to 2099", lines, file, tally, advice)
        good = without_early(times, good & inside, lines, file=file, tally=tally)
        return np.where(good, times, 0), good


def without_early(times: Ints, good: Flags, lines: Ints, *, file: str, tally: Tally) -> Flags:
    """Leave out times before 1990 unless most times of a log are: a simulated log counts from 1970, others do not.

    Parameters
    ----------
    times : ndarray of int64
        Microseconds since 1970 UTC.
    good : ndarray of bool
        Which of them can be used so far.
    lines : ndarray of int64
        Where each event stands.
    file : str
        Name of the file.
    tally : Tally
        Where those left out are counted.

    Returns
    -------
    ndarray of bool
        Which can be used.
    """
    early = good & (times < EARLIEST_US)
    if not early.any() or int(early.sum()) * 2 >= int(good.sum()):
        return good
    advice = "A date such as 1970-01-01 stands where the true one is not known."
    _count(early, "time before 1990 in a log of later ones: a placeholder", lines, file, tally, advice)
    return good & ~early


def _count(rows: Flags, reason: str, lines: Ints, file: str, tally: Tally, advice: str) -> None:
    """Count events by what is wrong with their time."""
    if rows.any():
        line = int(lines[int(np.argmax(rows))])
        where = f"{file}, line {line}" if line else file
        tally.add(reason, unit="events", where=where, advice=advice, count=int(rows.sum()))
