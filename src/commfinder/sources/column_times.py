"""Read a whole column of times at once, and refuse to guess what only its writer knows."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError
from commfinder.sources.tally import Tally
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["Place", "column_times", "iso_times", "to_utc"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ISO = (
    r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<zone>Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_WHOLE = r"^[+-]?(?:\d{1,18}|[1-8]\d{18})$"
_NUMBER = r"^[+-]?(?:\d{1,18}|[1-8]\d{18})(?:\.\d*)?(?:[eE][+-]?\d{1,2})?$"
_MISSING = pa.array(["", "nan", "NaN", "NaT", "null", "NULL", "None", "NA", "N/A"])
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\b")
_SINCE = re.compile(r"(microseconds|milliseconds|seconds|minutes|hours|days) since (.+)")
_UNITS = {
    "microseconds": 1,
    "milliseconds": 1_000,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
}


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


def column_times(
    values: pa.Array,
    place: Place,
    *,
    zone: zoneinfo.ZoneInfo | None,
    time_format: str | None,
    tally: Tally,
    earliest: int = EARLIEST_US,
) -> tuple[Ints, Flags]:
    """Read a column of times.

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
    if len(values) == 0:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    cells = pc.fill_null(pc.utf8_trim_whitespace(values), "")
    missing = _flags(pc.is_in(cells, value_set=_MISSING))
    present = int((~missing).sum())
    since = _SINCE.fullmatch(time_format) if time_format else None
    naive = np.zeros(len(cells), bool)
    if since:
        times, good = _numbers(cells, missing, _UNITS[since[1]])
        times = times + _origin(since[2], zone)
    elif time_format:
        times, good, naive = _formatted(cells, time_format)
    elif int(_flags(pc.match_substring_regex(cells, _NUMBER)).sum()) * 2 > present:
        times, good = _numbers(cells, missing, None)
    else:
        times, good, naive = iso_times(cells)
    readable = good.copy()
    naive &= good
    if zone is not None:
        times[naive] = to_utc(times[naive], zone)
    elif naive.any():
        _check_zones(cells, naive, present, place, tally)
        good &= ~naive
    inside = (times >= earliest) & (times < LATEST_US)
    span = f"{1990 if earliest == EARLIEST_US else 1970} to 2099"
    bad = ~missing & (~readable | (good & ~inside))
    good &= inside
    if int(bad.sum() + missing.sum()) * 2 >= len(cells):
        _refuse(cells, bad, missing, readable, place, time_format, span)
    _count(bad, f"time that can not be read, or outside {span}", place, tally)
    _count(missing, "no time", place, tally)
    return np.where(good, times, 0), good


def _numbers(cells: pa.Array, missing: Flags, unit: int | None) -> tuple[Ints, Flags]:
    """Read numbers, whole or not, as times in a unit of so many microseconds."""
    good = _flags(pc.match_substring_regex(cells, _NUMBER)) & ~missing
    if not good.any():
        return np.zeros(len(cells), np.int64), good
    filled = pc.if_else(pa.array(good), cells, "0")
    if _flags(pc.match_substring_regex(filled, _WHOLE)).all():
        whole = np.asarray(pc.cast(pc.replace_substring_regex(filled, r"^\+", ""), pa.int64()))
        factor, divisor = (unit, 1) if unit else _unit(np.abs(whole[good]))
        fits = np.abs(whole) < 2**62 // factor
        return np.where(fits, whole, 0) * factor // divisor, good & fits
    parts = np.asarray(pc.cast(filled, pa.float64()))
    factor, divisor = (unit, 1) if unit else _unit(np.abs(parts[good]))
    scaled = parts * (factor / divisor)
    fits = np.abs(scaled) < 2.0**62
    return np.rint(np.where(fits, scaled, 0)).astype(np.int64), good & fits


def _unit(sizes: npt.NDArray[Any]) -> tuple[int, int]:
    """Tell seconds, milli-, micro- and nanoseconds since 1970 apart by the middle value of a file."""
    middle = float(np.median(sizes))
    if middle < 1e11:
        return 1_000_000, 1
    if middle < 1e14:
        return 1_000, 1
    return (1, 1) if middle < 1e17 else (1, 1_000)


def iso_times(cells: pa.Array) -> tuple[Ints, Flags, Flags]:
    """Read a column of ISO 8601 moments.

    Parameters
    ----------
    cells : pyarrow.Array of strings
        Without nulls.

    Returns
    -------
    times : numpy.ndarray of int64
        Microseconds since 1970; of what names no zone, as if it were UTC.
    good : numpy.ndarray of bool
        Which cells could be read.
    naive : numpy.ndarray of bool
        Which of them name no zone.
    """
    parts = pc.extract_regex(cells, _ISO)
    good = _flags(pc.is_valid(parts))

    def number(name: str, default: str = "0") -> Ints:
        text = pc.fill_null(pc.struct_field(parts, name), default)
        return np.asarray(pc.cast(pc.if_else(pc.equal(text, ""), default, text), pa.int64()))

    month, hour, minute, second = number("month", "01"), number("hour"), number("minute"), number("second")
    months = (number("year", "1970") - 1970) * 12 + np.clip(month, 1, 12) - 1
    start = months.astype("datetime64[M]")
    date = start.astype("datetime64[D]") + (number("day", "01") - 1)
    good &= (date.astype("datetime64[M]") == start) & (month >= 1) & (month <= 12)
    good &= (hour < 24) & (minute < 60) & (second <= 60)
    fraction = pc.fill_null(pc.struct_field(parts, "fraction"), "")
    micros = np.asarray(pc.cast(pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, 6, "0"), 0, 6), pa.int64()))
    zones = pc.dictionary_encode(pc.fill_null(pc.struct_field(parts, "zone"), ""))
    offsets = np.array([_offset(text) for text in zones.dictionary.to_pylist()], np.int64)
    named = np.array([text != "" for text in zones.dictionary.to_pylist()], bool)
    index = np.asarray(zones.indices)
    seconds = date.astype("datetime64[s]").astype(np.int64) + hour * 3600 + minute * 60 + second
    return (seconds - offsets[index] * 60) * 1_000_000 + micros, good, good & ~named[index]


def _offset(zone: str) -> int:
    """Minutes that a zone is ahead of UTC."""
    if zone in ("", "Z", "z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes


def _formatted(cells: pa.Array, time_format: str) -> tuple[Ints, Flags, Flags]:
    """Read times of a format that the user named."""
    zoned = "%z" in time_format
    try:
        found = pd.to_datetime(
            pd.Series(cells.to_pylist(), dtype=object), format=time_format, errors="coerce", utc=True
        )
    except (ValueError, TypeError, re.error) as error:
        raise InputError(
            f"time_format={time_format!r} is no format of times ({error}).",
            hint="Use the codes of datetime.strptime, for example time_format='%d/%m/%Y %H:%M'.",
        ) from None
    good = np.array(found.notna(), dtype=bool)
    stamps = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.where(good, stamps, 0), good, good & (not zoned)


def to_utc(local: Ints, zone: zoneinfo.ZoneInfo) -> Ints:
    """Turn wall-clock times of a zone to UTC; the repeated hour is summer time, the missing one is stepped over.

    Parameters
    ----------
    local : numpy.ndarray of int64
        Microseconds since 1970 on the clock of the zone.
    zone : zoneinfo.ZoneInfo
        The zone.

    Returns
    -------
    numpy.ndarray of int64
        Microseconds since 1970 UTC.
    """
    index = pd.DatetimeIndex(local.view("datetime64[us]"))
    aware = index.tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward")
    return np.asarray(aware.tz_convert("UTC").as_unit("us").asi8, dtype=np.int64)


def _origin(text: str, zone: zoneinfo.ZoneInfo | None) -> int:
    """Read the moment that numbers count from; without a zone it is UTC, for only differences matter there."""
    times, good, naive = iso_times(pa.array([text.strip()]))
    if not good[0]:
        raise InputError(
            f"{text!r} in time_format is no moment.", hint="For example time_format='seconds since 2003-10-01'."
        )
    return int(to_utc(times, zone)[0]) if zone is not None and naive[0] else int(times[0])


def _check_zones(cells: pa.Array, naive: Flags, present: int, place: Place, tally: Tally) -> None:
    """Refuse a file whose times name no zone; count the rows of a file where only some do not."""
    if int(naive.sum()) * 2 >= present:
        row = int(np.argmax(naive))
        raise InputError(
            f"{cells[row].as_py()!r} is a time without a zone ({place.of(row)}).",
            need="Without its zone nobody knows which moment that is.",
            hint='Name the zone it was written in, for example timezone="Europe/Berlin" (or "UTC").',
        )
    _count(naive, "time without a zone", place, tally, 'Name the zone: timezone="Europe/Berlin".')


def _count(
    rows: Flags, reason: str, place: Place, tally: Tally, advice: str = "Correct these rows in the file."
) -> None:
    """Count rows that are skipped."""
    if rows.any():
        tally.add(reason, unit="rows", where=place.of(int(np.argmax(rows))), count=int(rows.sum()), advice=advice)


def _refuse(
    cells: pa.Array, bad: Flags, missing: Flags, readable: Flags, place: Place, time_format: str | None, span: str
) -> NoReturn:
    """Say why a column can not be taken for times."""
    row = int(np.argmax(bad)) if bad.any() else int(np.argmax(missing))
    value, where = cells[row].as_py(), place.of(row)
    share = f"{int(bad.sum() + missing.sum())} of {len(cells)} rows are like that."
    if not bad.any():
        raise InputError(f"No time is given ({where}); {share}", hint='columns={"time": None} reads without times.')
    if time_format:
        raise InputError(
            f"{value!r} is no time of the format {time_format!r} within {span} ({where}); {share}",
            hint="Correct time_format.",
        )
    if match := _SLASHED.match(value):
        day, month = _guess(value, match, "%d", "%m"), _guess(value, match, "%m", "%d")
        raise InputError(
            f"{value!r} is ambiguous ({where}): day or month first? {share}",
            need="commfinder does not guess.",
            hint=f'Say which: time_format="{day}" or "{month}".',
        )
    if readable[row]:
        compact = re.fullmatch(r"(19|20)\d{6}", value)
        raise InputError(
            f"{value!r} lies outside {span} ({where}); {share}",
            need="Numbers count seconds, milliseconds or microseconds since 1970.",
            hint='For dates such as 20260701: time_format="%Y%m%d".'
            if compact
            else 'Numbers that count from another moment: time_format="seconds since 2003-10-01".',
        )
    raise InputError(
        f"{value!r} is no time that can be read ({where}); {share}",
        need="ISO 8601 is needed, such as 2026-07-01T09:30:00+02:00, or a number of seconds since 1970.",
        hint='Name any other format: time_format="%b %d %Y %H:%M".',
    )


def _guess(value: str, match: re.Match[str], first: str, second: str) -> str:
    """Write a format that a slashed date may have."""
    mark = value[match.end(1)]
    year = "%Y" if len(match[3]) == 4 else "%y"
    rest = value[match.end() :]
    clock = " %H:%M:%S" if rest.count(":") == 2 else " %H:%M" if ":" in rest else ""
    half = rest.rstrip()[-2:].upper() in ("AM", "PM")
    return f"{first}{mark}{second}{mark}{year}{clock.replace('%H', '%I') + ' %p' if half else clock}"


def _flags(values: Any) -> Flags:
    """Turn an Arrow column of booleans without nulls into numpy."""
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)
