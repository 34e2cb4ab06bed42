"""Read a column of times at once or piece by piece, and refuse to guess what only its writer knows."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.sources.slashed import Slashed
from commfinder.sources.table_columns import text_cells
from commfinder.sources.tally import Tally
from commfinder.sources.time_cells import flags, formatted_times, iso_times, numbers, origin, scaled, to_utc
from commfinder.sources.time_refusals import Hopeless, check_zones, refuse
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["Place", "TimeReader", "TimeRule", "column_times", "surveyed"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MISSING = pa.array(["", "nan", "NaN", "NaT", "null", "NULL", "None", "NA", "N/A"])
_SINCE = re.compile(r"(microseconds|milliseconds|seconds|minutes|hours|days) since (.+)")
_UNITS = {
    "microseconds": 1,
    "milliseconds": 1_000,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
}


_SINCE_1970 = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_SCALES = ((1_000_000, 1), (1_000, 1), (1, 1), (1, 1_000))
_BOUNDS = np.array([1e11, 1e14, 1e17])


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages.

    Parameters
    ----------
    file : str
        Name of the file.
    column : str
        Name of the column in the file.
    lines : numpy.ndarray
        Line of each row.
    """

    file: str
    column: str
    lines: Ints

    def of(self, row: int) -> str:
        """Name the place of one row."""
        return f"{self.file}, line {self.lines[row]}, column {self.column!r}"


@dataclass(frozen=True)
class TimeRule:
    """How the times of one file are written.

    Parameters
    ----------
    zone : zoneinfo.ZoneInfo or None
        Zone of times that name none.
    time_format : str or None
        What the user says; None for ISO 8601 or numbers.
    earliest : int
        The first moment accepted, in microseconds since 1970 UTC.
    unit : int or None
        0 to 3 where times are numbers of seconds, milli-, micro- or nanoseconds since 1970; None where they are not.
    told : str or None
        What the format was concluded from, where nobody named it.
    """

    zone: zoneinfo.ZoneInfo | None = None
    time_format: str | None = None
    earliest: int = EARLIEST_US
    unit: int | None = None
    told: str | None = None

    @property
    def span(self) -> str:
        """The years accepted."""
        return f"{1990 if self.earliest == EARLIEST_US else 1970} to 2099"


@dataclass(frozen=True)
class _Parsed:
    """What the cells say."""

    cells: pa.Array
    missing: Flags
    times: Ints
    good: Flags
    naive: Flags
    odd: Flags


def surveyed(
    columns: Iterable[pa.Array],
    *,
    zone: zoneinfo.ZoneInfo | None,
    time_format: str | None,
    earliest: int = EARLIEST_US,
) -> TimeRule:
    """Find out how the times of a file are written: as numbers and in which unit, or with days or months first.

    Parameters
    ----------
    columns : iterable of pyarrow.Array
        The column, in pieces; not looked at where `time_format` says all.
    zone, time_format, earliest
        Parts of the rule that are known.

    Returns
    -------
    TimeRule
        Most cells decide between numbers and dates, the middle value decides the unit, and days above twelve whether
        they come before months, so neither the order of the rows nor the cuts between pieces matter.
    """
    if time_format is not None:
        return TimeRule(zone, time_format, earliest)
    present = 0
    counts = np.zeros(4, np.int64)
    least, most = np.full(4, np.inf), np.zeros(4)
    slashed = Slashed()
    for values in columns:
        cells, missing = _cells(values)
        present += int((~missing).sum())
        if pa.types.is_timestamp(values.type):
            # All pieces of a column are of one type.
            return TimeRule(zone, None, earliest)
        whole, parts, is_whole, good = numbers(cells, missing)
        if pa.types.is_string(cells.type) and not good.all():
            slashed.look(cells)
        sizes = np.where(is_whole, np.abs(whole).astype(np.float64), np.abs(parts))[good]
        kinds = np.searchsorted(_BOUNDS, sizes, side="right")
        counts += np.bincount(kinds, minlength=4)
        np.minimum.at(least, kinds, sizes)
        np.maximum.at(most, kinds, sizes)
    n = int(counts.sum())
    if n * 2 <= present:
        found = slashed.time_format(present)
        return TimeRule(zone, found, earliest, told=slashed.told if found else None)
    low, high = np.searchsorted(np.cumsum(counts), [(n - 1) // 2, n // 2], side="right")
    middle = most[low] if low == high else (most[low] + least[high]) / 2
    return TimeRule(zone, None, earliest, int(np.searchsorted(_BOUNDS, middle, side="right")))


@dataclass
class TimeReader:
    """Reads the times of a file piece by piece.

    Parameters
    ----------
    rule : TimeRule
        How they are written.
    tally : Tally
        Where skipped rows are counted.
    """

    rule: TimeRule
    tally: Tally
    _rows: int = 0
    _present: int = 0
    _naive: int = 0
    _bad: int = 0
    _missing: int = 0
    _odd: int = 0
    _first: dict[str, Hopeless] = field(default_factory=dict)

    def read(self, values: pa.Array, place: Place) -> tuple[Ints, Flags]:
        """Read some cells.

        Parameters
        ----------
        values : pyarrow.Array of strings, times or whole numbers
            The cells.
        place : Place
            Where they stand.

        Returns
        -------
        times : numpy.ndarray of int64
            Microseconds since 1970 UTC; 0 where not good.
        good : numpy.ndarray of bool
            Which rows have a time; the others are counted.
        """
        rule = self.rule
        found = _parsed(values, rule)
        times, readable = found.times, found.good
        good, naive = readable.copy(), found.naive & readable
        if rule.zone is not None:
            times[naive] = to_utc(times[naive], rule.zone)
        else:
            advice = 'Name the zone: timezone="Europe/Berlin".'
            self._naive += self._count(naive, "time without a zone", place, advice)
            self._keep("naive", naive, found, readable, place)
            good &= ~naive
        inside = (times >= rule.earliest) & (times < LATEST_US)
        bad = ~found.missing & (~readable | (good & ~inside))
        odd = bad & found.odd
        self._rows += len(times)
        self._present += int((~found.missing).sum())
        self._bad += self._count(bad & ~odd, f"time that can not be read, or outside {rule.span}", place)
        self._missing += self._count(found.missing, "no time", place)
        if rule.unit is not None:
            reason = f"time in another unit than most of the file, which counts {_SINCE_1970[rule.unit]} since 1970"
            advice = "Bring all times of the file to one unit, or split it into files of one unit each."
            self._odd += self._count(odd, reason, place, advice)
        for name, rows in (("bad", bad), ("odd", odd), ("missing", found.missing)):
            self._keep(name, rows, found, readable, place)
        good &= inside
        return np.where(good, times, 0), good

    def finish(self) -> None:
        """Refuse a file of which half of the times or more can not be used.

        Raises
        ------
        InputError
            With what is wrong, where first, and what to do.
        """
        if self.rule.told and self._rows:
            advice = f'If they have not, say how they are written: time_format="{self.rule.time_format}" is assumed.'
            self.tally.add(self.rule.told, unit="files", advice=advice)
        if self._naive * 2 >= self._present and self._naive:
            check_zones(self._first["naive"])
        lost = self._bad + self._odd + self._missing
        if self._rows and lost * 2 >= self._rows:
            share = f"{lost} of {self._rows} rows are like that."
            units = _SINCE_1970[self.rule.unit or 0] if self._odd else None
            refuse(self._first, share, self.rule.time_format, self.rule.span, units)

    def _keep(self, name: str, rows: Flags, found: _Parsed, readable: Flags, place: Place) -> None:
        """Remember the first cell of a kind."""
        if name not in self._first and rows.any():
            row = int(np.argmax(rows))
            self._first[name] = Hopeless(str(found.cells[row].as_py()), place.of(row), bool(readable[row]))

    def _count(self, rows: Flags, reason: str, place: Place, advice: str = "Correct these rows in the file.") -> int:
        """Count rows that are skipped."""
        count = int(rows.sum())
        if count:
            where = place.of(int(np.argmax(rows)))
            self.tally.add(reason, unit="rows", where=where, count=count, advice=advice)
        return count


def column_times(
    values: pa.Array,
    place: Place,
    *,
    zone: zoneinfo.ZoneInfo | None,
    time_format: str | None,
    tally: Tally,
    earliest: int = EARLIEST_US,
) -> tuple[Ints, Flags]:
    """Read a column of times that is in memory; prefer `TimeReader` for one that comes in pieces.

    Parameters
    ----------
    values : pyarrow.Array of strings
        The cells.
    place : Place
        Where they stand.
    zone : zoneinfo.ZoneInfo or None
        Zone of times that name none.
    time_format : str or None
        None reads ISO 8601, and numbers as time since 1970 in the unit that their size tells. Otherwise a format of
        `datetime.strptime`, or ``"<unit> since <moment>"`` such as ``"seconds since 2003-10-01"``.
    tally : Tally
        Where skipped rows are counted.
    earliest : int
        The first moment accepted, in microseconds since 1970 UTC.

    Returns
    -------
    times : numpy.ndarray of int64
        Microseconds since 1970 UTC; 0 where not good.
    good : numpy.ndarray of bool
        Which rows have a time; the others are counted.

    Raises
    ------
    InputError
        If half of the values or more can not be read, or their zone is not known.
    """
    rule = surveyed([values], zone=zone, time_format=time_format, earliest=earliest)
    reader = TimeReader(rule, tally)
    times, good = reader.read(values, place)
    reader.finish()
    return times, good


def _cells(values: pa.Array) -> tuple[pa.Array, Flags]:
    """Trim cells, and say which are empty."""
    if not pa.types.is_string(values.type):
        return values, flags(pc.is_null(values))
    cells = pc.fill_null(pc.utf8_trim_whitespace(values), "")
    return cells, flags(pc.is_in(cells, value_set=_MISSING))


def _parsed(values: pa.Array, rule: TimeRule) -> _Parsed:
    """Read cells by a rule."""
    if rule.time_format or (pa.types.is_integer(values.type) and rule.unit is None):
        values = text_cells(values)
    cells, missing = _cells(values)
    no = np.zeros(len(cells), bool)
    since = _SINCE.fullmatch(rule.time_format) if rule.time_format else None
    if pa.types.is_timestamp(cells.type):
        moments = cells.cast(pa.timestamp("us", tz=cells.type.tz), safe=False).cast(pa.int64())
        naive = np.full(len(cells), cells.type.tz is None)
        return _Parsed(cells, missing, np.array(pc.fill_null(moments, 0)), ~missing, naive, no)
    if since:
        times, good = scaled(numbers(cells, missing), (_UNITS[since[1]], 1))
        return _Parsed(cells, missing, times + origin(since[2], rule.zone), good, no, no)
    if rule.time_format:
        return _Parsed(cells, missing, *formatted_times(cells, rule.time_format), no)
    if rule.unit is None:
        rows = np.flatnonzero(~missing)
        held = [np.zeros(len(cells), np.int64), no.copy(), no.copy()]
        for whole, said in zip(held, iso_times(cells.take(pa.array(rows))), strict=True):
            whole[rows] = said
        return _Parsed(cells, missing, held[0], held[1], held[2], no)
    read = numbers(cells, missing)
    odd = no.copy()
    for unit, scale in enumerate(_SCALES):
        if unit != rule.unit:
            times, good = scaled(read, scale)
            odd |= good & (times >= rule.earliest) & (times < LATEST_US)
    return _Parsed(cells, missing, *scaled(read, _SCALES[rule.unit]), no, odd)
