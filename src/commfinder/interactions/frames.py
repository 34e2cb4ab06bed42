"""How a caller's own frame becomes rows of the interaction table."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES, Loss

__all__ = ["table_from_frame", "times_to_us"]

_OPTIONAL = ("event", "role", "space", "thread", "parent", "activity", "n_recipients", "automated")
_EARLIEST, _LATEST = (
    pd.Timestamp("1990-01-01", tz="UTC").value // 1000,
    pd.Timestamp("2100-01-01", tz="UTC").value // 1000 - 1,
)
_WITH_ZONE = r"[T ]\d{2}:?\d{2}.*(?:[zZ]|UTC|[+-]\d{2}(?::?\d{2})?)$"
_NUMBER = r"\d{9,19}(?:\.\d+)?"
_SCALES = ((1e11, 1_000_000, 1), (1e14, 1_000, 1), (1e17, 1, 1), (float("inf"), 1, 1_000))
_NO_TIME = -(2**63)
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def table_from_frame(
    data: Any,
    *,
    sender: str,
    recipient: str,
    time: str | None,
    medium: str | None,
    source: str,
    timezone: str | None,
    columns: Mapping[str, str],
) -> tuple[pa.Table, list[Loss]]:
    """Turn a frame into rows of the interaction table and the account of rows that could not be used.

    Parameters are those of `Interactions.from_frame`.
    """
    frame = _validate.as_frame(data, what="The frame")
    for name in columns:
        if name not in _OPTIONAL:
            raise InputError(f"{name!r} is no column of the interaction table.", hint=nearest(name, _OPTIONAL))
    named = {name: name for name in _OPTIONAL if name in frame.columns} | dict(columns)
    if time is None and "time" in frame.columns:
        time = "time"
    needed = [sender, recipient, *columns.values(), *([time] if time else [])]
    _validate.columns(frame, needed, what="The frame", hint="Say which column it is, for example sender='from'.")
    frame = frame.reset_index(drop=True)
    people = _names(frame, sender)
    times, losses = _times(frame, time, timezone, people.notna(), source)
    losses += _loss(people.isna(), source, "no sender")
    rows = pd.DataFrame({"sender": people, "recipient": _names(frame, recipient), "time": times})
    rows["medium"] = _medium(frame, medium)
    for name in ("space", "thread", "parent", "activity", "event"):
        rows[name] = (
            _names(frame, named[name]) if name in named else pd.Series(pd.NA, index=frame.index, dtype="string")
        )
    rows["role"] = _roles(frame[named["role"]]) if "role" in named else "to"
    rows["automated"] = _flags(frame[named["automated"]]) if "automated" in named else False
    rows["n_recipients"] = _counts(frame[named["n_recipients"]]) if "n_recipients" in named else pd.NA
    good = people.notna() if time is None else people.notna() & times.notna()
    rows = _events(rows[good].copy())
    rows["source"] = str(source)
    arrays = {}
    for name in INTERACTIONS.names:
        kind = pa.int64() if name == "time" else INTERACTIONS.field(name).type
        arrays[name] = pa.array(rows[name], kind, from_pandas=True)
    arrays["time"] = arrays["time"].cast(pa.timestamp("us", tz="UTC"))
    return pa.table(arrays).cast(INTERACTIONS), losses


def times_to_us(values: pd.Series[Any], *, timezone: str | None, column: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Turn times into microseconds since 1970 UTC; what can not be read becomes missing.

    Parameters
    ----------
    values : pandas.Series
        Date-times, dates, ISO 8601 strings, or numbers of seconds, milliseconds, microseconds or nanoseconds since
        1970, also as text.
    timezone : str, optional
        IANA zone of times that carry none; those that carry one keep it. The hour that comes twice in autumn is summer
        time, the hour that does not come in spring is stepped over.
    column : str
        Name for the messages.

    Returns
    -------
    times : pandas.Series of Int64
        Missing where there is no time between 1990 and 2099; whole numbers that plainly count seconds from a start of
        their own are kept.
    zoneless : pandas.Series of bool
        Which of the missing ones could be read, but no zone is known for them.

    Raises
    ------
    InputError
        If half of the times or more have no zone and none is given, or can not be read.
    """
    zone = _zone(timezone)
    given = values.notna()
    naive = pd.Series(False, index=values.index)
    times = _number_times(values, column)
    if times is None and pd.api.types.is_datetime64_any_dtype(values.dtype):
        naive |= given & (values.dt.tz is None)
        times = _utc(values, zone)
    elif times is None:
        text = values.astype("string").str.strip()
        given = text.notna() & (text.str.len() > 0)
        aware = text.str.contains(_WITH_ZONE, na=False)
        naive |= given & ~aware
        parsed = pd.to_datetime(text.where(aware), errors="coerce", utc=True, format="ISO8601")
        bare = pd.to_datetime(text.where(naive), errors="coerce", format="ISO8601")
        times = _utc(parsed, zone).fillna(_utc(bare, zone))
    zoneless = naive & times.notna() if zone is None else naive & False
    if zoneless.sum() * 2 >= max(given.sum(), 1):
        raise InputError(
            f"The time {str(values[zoneless].iloc[0])!r} in column {column!r} has no time zone.",
            need="Times must say from which zone they are.",
            hint="Pass timezone='Europe/Berlin', or whichever zone the export was written in ('UTC' if it says so).",
        )
    if _own_clock(values):
        return times, zoneless
    times = times.where(times.between(_EARLIEST, _LATEST).fillna(False).astype(bool) & ~zoneless)
    unread = given & times.isna() & ~zoneless
    if unread.sum() * 2 > given.sum():
        raise InputError(
            f"The time {str(values[unread].iloc[0])!r} in column {column!r}, row {_first(unread)}, can not be read.",
            need="ISO 8601 (2026-07-01T09:00:00+02:00) or seconds since 1970 are needed, from 1990 to 2099.",
            hint="Convert the column with pandas.to_datetime(..., format=...) first.",
        )
    return times, zoneless


def _zone(name: str | None) -> zoneinfo.ZoneInfo | None:
    """Look a time zone up."""
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        near = nearest(str(name), zoneinfo.available_timezones())
        raise InputError(
            f"timezone is {name!r}.",
            need="An IANA name is needed, for example 'Europe/Berlin' or 'UTC'.",
            hint=near if near.startswith("Did") else "",
        ) from None


def _utc(values: pd.Series[Any], zone: zoneinfo.ZoneInfo | None) -> pd.Series[Any]:
    """Turn date-times into microseconds since 1970 UTC, those without a zone as times of the zone given."""
    if values.dt.tz is None:
        summer = np.ones(len(values), dtype=bool)
        values = values.dt.tz_localize(zone or "UTC", ambiguous=summer, nonexistent="shift_forward")
    exact: pd.Series[Any] = values.dt.tz_convert("UTC").dt.as_unit("us").astype("int64").astype("Int64")
    exact[values.isna()] = pd.NA
    return exact


def _number_times(values: pd.Series[Any], column: str) -> pd.Series[Any] | None:
    """Read numbers by the size of the middle one, or return None where they are no numbers."""
    if pd.api.types.is_bool_dtype(values.dtype):
        raise InputError(f"The column {column!r} of times holds True and False.", need="Times are needed.")
    if not pd.api.types.is_numeric_dtype(values.dtype):
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return None
        text = values.dropna().astype("string").str.strip()
        if not len(text) or not text.str.fullmatch(_NUMBER).all():
            return None
        whole = not text.str.contains(".", regex=False).any()
        values = text.astype("Int64" if whole else "Float64").reindex(values.index)
    numbers = values.astype("Float64")
    sizes = numbers.dropna().abs().to_numpy(dtype=float)
    middle = float(np.median(sizes[np.isfinite(sizes)])) if np.isfinite(sizes).any() else 0.0
    factor, divisor = next((up, down) for top, up, down in _SCALES if middle < top or top == np.inf)
    # What would not fit into 64 bits is no time of any century.
    fits = (numbers.abs() < 2.0**62 / factor).fillna(False).astype(bool)
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.where(fits).astype("Int64") * factor // divisor
    scaled: pd.Series[Any] = (numbers.where(fits) * (factor / divisor)).round().astype("Int64")
    return scaled


def _own_clock(values: pd.Series[Any]) -> bool:
    """Tell whether whole numbers count seconds from a start of their own, as data sets made anonymous do.

    They begin near 0 and end long before seconds since 1970 would. Numbers that all look like days as a spreadsheet
    counts them, from 1954 to 2119, are left to be refused.
    """
    if not pd.api.types.is_integer_dtype(values.dtype) or not values.notna().any():
        return False
    low, high = int(values.min()), int(values.max())
    return low >= 0 and 80_000 < high < _EARLIEST // 1_000_000


def _medium(frame: pd.DataFrame, medium: str | None) -> pd.Series[Any] | str:
    """Take the medium from a column, or use one word for all."""
    if medium is None:
        medium = "medium" if "medium" in frame.columns else "email"
    if medium in MEDIA:
        return medium
    if medium in frame.columns:
        words = frame[medium].astype("string")
        for word in words.dropna().unique():
            _validate.choice(str(word), MEDIA, what="medium")
        if words.isna().any():
            raise InputError(f"The column {medium!r} has rows without a medium.", hint="Fill them first.")
        return words
    raise InputError(
        f"medium is {medium!r}.", need="It is neither a known medium nor a column.", hint=nearest(medium, MEDIA)
    )


def _roles(values: pd.Series[Any]) -> pd.Series[Any]:
    """Check roles; a missing one is 'to'."""
    words = _validate.texts(values, what="The column of roles").fillna("to")
    for word in words.unique():
        _validate.choice(str(word), ROLES, what="role")
    return words


def _flags(values: pd.Series[Any]) -> pd.Series[Any]:
    """Read flags, also those written as words; a missing one is no."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.fillna(False).astype(bool)
    words = _validate.texts(values, what="The column of automated events").str.lower()
    for word in words.dropna().unique():
        _validate.choice(str(word), _FLAGS, what="A flag of automated events")
    return words.map(_FLAGS).astype("boolean").fillna(False).astype(bool)


def _counts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Check counts of recipients; a missing one is counted from the rows."""
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    bad = (values.notna() & numbers.isna()) | ~numbers.fillna(0).between(0, 2**31 - 1) | (numbers.fillna(0) % 1 != 0)
    if bad.any():
        raise InputError(
            f"n_recipients is {str(values[bad].iloc[0])!r} in row {_first(bad)}.",
            need="A whole number of at least 0 is needed.",
        )
    return numbers.astype("Int64")


def _times(
    frame: pd.DataFrame, time: str | None, timezone: str | None, people: pd.Series[Any], source: str
) -> tuple[pd.Series[Any], list[Loss]]:
    """Read the times of a frame, and count the rows that have none."""
    if time is None:
        return pd.Series(pd.array([pd.NA] * len(frame), dtype="Int64"), index=frame.index), []
    times, zoneless = times_to_us(frame[time], timezone=timezone, column=time)
    advice = "Pass timezone= with the zone it was written in."
    losses = _loss(times.isna() & ~zoneless & people, source, "no usable time")
    clock = "time from a start of its own: used, read as seconds since 1970"
    losses += _loss((times < _EARLIEST).fillna(False).astype(bool), source, clock)
    return times, losses + _loss(zoneless & people, source, "time without a zone", advice)


def _events(rows: pd.DataFrame) -> pd.DataFrame:
    """Give every row an event id that does not depend on the order of rows, and count recipients."""
    missing = rows["event"].isna()
    if missing.any():
        key = rows.loc[missing].drop(columns=["event", "n_recipients"])
        digest = pd.util.hash_pandas_object(key.astype("string").fillna("\0"), index=False)
        repeat = digest.groupby(digest).cumcount()
        ids = [f"row:{one:016x}:{nth}" for one, nth in zip(digest.tolist(), repeat.tolist(), strict=True)]
        rows.loc[missing, "event"] = pd.array(ids, dtype="string")
    other = rows["recipient"].where(rows["recipient"] != rows["sender"])
    if missing.all():
        distinct = other.notna().astype("int64")
    else:
        # A series of meetings may have one id: each occurrence has recipients of its own.
        occurrence = [rows["event"], rows["time"].fillna(_NO_TIME)]
        distinct = other.groupby(occurrence).transform("nunique").astype("int64")
    rows["n_recipients"] = rows["n_recipients"].astype("Int64").fillna(distinct).astype("int32")
    return rows


def _names(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Turn a column of ids into stripped strings; empty ones are missing."""
    return _validate.texts(frame[column], what=f"The column {column!r}")


def _first(which: pd.Series[Any]) -> int:
    """Return the number of the first row, counted from one."""
    return int(which.to_numpy(dtype=bool).argmax()) + 1


def _loss(which: pd.Series[Any], source: str, reason: str, advice: str | None = None) -> list[Loss]:
    """Count the rows of a frame that are not used for one reason."""
    number = int(which.sum())
    if not number:
        return []
    return [Loss("read", str(source), reason, number, "rows", f"row {_first(which)}", advice)]
