"""Read cells as moments: ISO 8601, numbers, or a format that the user names."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError

__all__ = ["flags", "formatted_times", "iso_times", "numbers", "origin", "scaled", "to_utc"]

_ZONED = r":\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$"
_DATE, _MINUTES, _MICROS = 10, 16, 32
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ISO = (
    r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<zone>Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_WHOLE = r"^[+-]?(?:\d{1,18}|[1-8]\d{18})$"
_NUMBER = r"^[+-]?(?:\d{1,18}|[1-8]\d{18})(?:\.\d*)?(?:[eE][+-]?\d{1,2})?$"


def numbers(cells: pa.Array, missing: Flags) -> tuple[Ints, npt.NDArray[np.float64], Flags, Flags]:
    """Read numbers.

    Parameters
    ----------
    cells : pyarrow.Array of strings or whole numbers
        The cells.
    missing : numpy.ndarray of bool
        Which are empty.

    Returns
    -------
    whole : numpy.ndarray of int64
        Those without a fraction.
    parts : numpy.ndarray of float64
        Those with one.
    is_whole, good : numpy.ndarray of bool
        Which are whole, and which are numbers at all.
    """
    nothing = np.zeros(len(cells))
    whole: pa.Array | None = None
    if pa.types.is_integer(cells.type):
        whole = pc.fill_null(cells, 0)
    elif pc.all(pc.ascii_is_decimal(cells)).as_py() and pc.max(pc.binary_length(cells)).as_py() < 19:
        whole = cells
    if whole is not None:
        return np.array(pc.cast(whole, pa.int64())), nothing, np.ones(len(cells), bool), ~missing
    good = flags(pc.match_substring_regex(cells, _NUMBER)) & ~missing
    if not good.any():
        return nothing.astype(np.int64), nothing, good, good
    is_whole = flags(pc.match_substring_regex(cells, _WHOLE)) & good
    texts = pc.replace_substring_regex(pc.if_else(pa.array(is_whole), cells, "0"), r"^\+", "")
    fractions = pc.if_else(pa.array(good & ~is_whole), cells, "0")
    return np.asarray(pc.cast(texts, pa.int64())), np.asarray(pc.cast(fractions, pa.float64())), is_whole, good


def scaled(read: tuple[Ints, npt.NDArray[np.float64], Flags, Flags], scale: tuple[int, int]) -> tuple[Ints, Flags]:
    """Turn numbers into microseconds: whole ones exactly.

    Parameters
    ----------
    read : tuple
        What `numbers` gives.
    scale : (int, int)
        Microseconds in a unit, and units in a microsecond; one of the two is 1.

    Returns
    -------
    times : numpy.ndarray of int64
    good : numpy.ndarray of bool
        Which are numbers that fit.
    """
    whole, parts, is_whole, good = read
    factor, divisor = scale
    # The smallest whole number has no absolute value.
    fits = np.abs(np.maximum(whole, -(2**63 - 1))) < 2**62 // factor
    times = np.where(fits, whole, 0) * factor // divisor
    if not is_whole.all():
        moved = parts * (factor / divisor)
        fit = np.abs(moved) < 2.0**62
        times = np.where(is_whole, times, np.rint(np.where(fit, moved, 0)).astype(np.int64))
        fits = np.where(is_whole, fits, fit)
    return times, good & fits


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
    if (fast := _usual(cells)) is not None:
        return fast
    parts = pc.extract_regex(cells, _ISO)
    good = flags(pc.is_valid(parts))

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


def _usual(cells: pa.Array) -> tuple[Ints, Flags, Flags] | None:
    """Read moments that are all written in one of the usual ways; None where some are not."""
    n = len(cells)
    sizes = np.asarray(pc.binary_length(cells))
    # Arrow also takes hours without minutes, and compact forms, for moments.
    if not n or ((sizes != _DATE) & (sizes < _MINUTES)).any() or sizes.max() > _MICROS:
        return None
    for kind in (pa.timestamp("us", tz="UTC"), pa.timestamp("us")):
        try:
            moments = pc.cast(cells, kind)
        except pa.ArrowInvalid:
            continue
        if kind.tz is None or pc.all(pc.match_substring_regex(cells, _ZONED)).as_py():
            times = np.array(moments.cast(pa.int64()))
            return times, np.ones(n, bool), np.full(n, kind.tz is None)
    return None


def _offset(zone: str) -> int:
    """Minutes that a zone is ahead of UTC."""
    if zone in ("", "Z", "z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes


def formatted_times(cells: pa.Array, time_format: str) -> tuple[Ints, Flags, Flags]:
    """Read times of a format that the user named.

    Parameters
    ----------
    cells : pyarrow.Array of strings
        Without nulls.
    time_format : str
        Codes of `datetime.strptime`.

    Returns
    -------
    times, good, naive : numpy.ndarray
        As `iso_times` gives them.

    Raises
    ------
    InputError
        If it is no format.
    """
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


def origin(text: str, zone: zoneinfo.ZoneInfo | None) -> int:
    """Read the moment that numbers count from; without a zone it is UTC, for only differences matter there.

    Parameters
    ----------
    text : str
        ISO 8601.
    zone : zoneinfo.ZoneInfo or None
        Where it names none.

    Returns
    -------
    int
        Microseconds since 1970 UTC.

    Raises
    ------
    InputError
        If it is no moment.
    """
    times, good, naive = iso_times(pa.array([text.strip()]))
    if not good[0]:
        raise InputError(
            f"{text!r} in time_format is no moment.", hint="For example time_format='seconds since 2003-10-01'."
        )
    return int(to_utc(times, zone)[0]) if zone is not None and naive[0] else int(times[0])


def flags(values: Any) -> Flags:
    """Turn an Arrow column of booleans without nulls into numpy."""
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)
