"""Read the times of event logs, which their programs write in ISO 8601, and tell placeholders from them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.sources.tally import Tally
from commfinder.sources.time_cells import iso_times, to_utc
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["EARLIEST_LOG_US", "Early", "log_times"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EARLIEST_LOG_US = -14 * 3_600_000_000
"""The first moment accepted in an event log: simulated ones count from the first of January 1970, in any zone."""

_MISSING = frozenset(["", "nan", "nat", "none", "null"])


def log_times(
    texts: Sequence[str], lines: Ints, *, file: str, zone: zoneinfo.ZoneInfo | None, tally: Tally
) -> tuple[Ints, Flags]:
    """Read some times of a log, and count what can not be used.

    Parameters
    ----------
    texts : sequence of str
        As the file writes them, trimmed.
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
        Of all that was read, `Early` tells what is a placeholder.
    """
    missing = np.array([text.lower() in _MISSING for text in texts], dtype=bool)
    times, good, naive = iso_times(pa.array(texts, pa.string()))
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
    good = good & inside
    return np.where(good, times, 0), good


@dataclass
class Early:
    """Times before 1990: they are left out unless most times of a log are; a simulated log counts from 1970."""

    _early: int = 0
    _good: int = 0
    _first: int = 0

    def see(self, times: Ints, good: Flags, lines: Ints) -> None:
        """Count some times.

        Parameters
        ----------
        times : ndarray of int64
            Microseconds since 1970 UTC.
        good : ndarray of bool
            Which of them can be used at all.
        lines : ndarray of int64
            Where each event stands.
        """
        early = good & (times < EARLIEST_US)
        if early.any() and not self._early:
            self._first = int(lines[int(np.argmax(early))])
        self._good += int(good.sum())
        self._early += int(early.sum())

    @property
    def earliest(self) -> int:
        """The first moment that counts, once all times were seen."""
        return EARLIEST_US if self._early > 0 and self._early * 2 < self._good else EARLIEST_LOG_US

    def tell(self, file: str, tally: Tally) -> None:
        """Count the times that do not, once all times were seen.

        Parameters
        ----------
        file : str
            Name of the file.
        tally : Tally
            Where they are counted.
        """
        if self.earliest == EARLIEST_US:
            tally.add(
                "time before 1990 in a log of later ones: a placeholder",
                unit="events",
                where=f"{file}, line {self._first}" if self._first else file,
                advice="A date such as 1970-01-01 stands where the true one is not known.",
                count=self._early,
            )


def _count(rows: Flags, reason: str, lines: Ints, file: str, tally: Tally, advice: str) -> None:
    """Count events by what is wrong with their time."""
    if rows.any():
        line = int(lines[int(np.argmax(rows))])
        where = f"{file}, line {line}" if line else file
        tally.add(reason, unit="events", where=where, advice=advice, count=int(rows.sum()))
