"""How a caller's own frame becomes rows of the interaction table."""

from __future__ import annotations

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
    pd.Timestamp("2100-01-01", tz="UTC").value // 1000,
)


def table_from_frame(
    data: Any,
    *,
    sender: str,
    recipient: str,
    time: str | None,
    medium: str,
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
    people = _names(frame[sender])
    losses = []
    good = people.notna()
    if time is None:
        times = pd.Series(pd.array([pd.NA] * len(frame), dtype="Int64"))
    else:
        times = times_to_us(frame[time], timezone=timezone, column=time)
        losses += _loss(times.isna() & good, source, "no usable time")
        good &= times.notna()
    losses += _loss(people.isna(), source, "no sender")
    rows = pd.DataFrame({"sender": people, "recipient": _names(frame[recipient]), "time": times})
    rows["medium"] = _medium(frame, medium)
    for name in ("space", "thread", "parent", "activity"):
        rows[name] = (
            _names(frame[named[name]]) if name in named else pd.Series(pd.NA, index=frame.index, dtype="string")
        )
    rows["role"] = _roles(frame[named["role"]]) if "role" in named else "to"
    rows["automated"] = frame[named["automated"]].fillna(False).astype(bool) if "automated" in named else False
    rows["event"] = _names(frame[named["event"]]) if "event" in named else pd.NA
    given = pd.to_numeric(frame[named["n_recipients"]]) if "n_recipients" in named else None
    rows["n_recipients"] = given
    rows = _events(rows[good].copy(), has_event="event" in named)
    rows["source"] = source
    arrays = {}
    for name in INTERACTIONS.names:
        kind = pa.int64() if name == "time" else INTERACTIONS.field(name).type
        arrays[name] = pa.array(rows[name], kind, from_pandas=True)
    arrays["time"] = arrays["time"].cast(pa.timestamp("us", tz="UTC"))
    return pa.table(arrays).cast(INTERACTIONS), losses


def times_to_us(values: pd.Series[Any], *, timezone: str | None, column: str) -> pd.Series[Any]:
    """Turn times into microseconds since 1970 UTC; what can not be read becomes missing.

    Parameters
    ----------
    values : pandas.Series
        Date-times, ISO 8601 strings, or numbers of seconds, milliseconds or microseconds since 1970.
    timezone : str, optional
        IANA zone of times that carry none.
    column : str
        Name for the messages.

    Returns
    -------
    pandas.Series of Int64

    Raises
    ------
    InputError
        If times have no zone and none is given, or most of them can not be read.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _from_numbers(values)
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = _from_text(values, column)
    naive = values.dt.tz is None
    if naive and timezone is None and values.notna().any():
        first = values[values.notna()].iloc[0]
        raise InputError(
            f"The time {str(first)!r} in column {column!r} has no time zone.",
            need="Times must say from which zone they are.",
            hint="Pass timezone='Europe/Berlin', or whichever zone the export was written in ('UTC' if it says so).",
        )
    if naive:
        values = values.dt.tz_localize(timezone or "UTC", ambiguous="NaT", nonexistent="shift_forward")
    exact = values.dt.tz_convert("UTC").dt.as_unit("us").astype("int64").astype("Int64")
    exact[values.isna()] = pd.NA
    inside: pd.Series[Any] = exact.where(exact.between(_EARLIEST, _LATEST).fillna(False))
    return inside


def _from_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Read numbers as seconds, milliseconds or microseconds, by the size of the middle one."""
    numbers = values.astype("Float64")
    middle = abs(float(numbers.median())) if numbers.notna().any() else 0.0
    factor = 1_000_000 if middle < 1e11 else 1_000 if middle < 1e14 else 1
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("Int64") * factor
    return (numbers * factor).round().astype("Int64")


def _from_text(values: pd.Series[Any], column: str) -> pd.Series[Any]:
    """Read ISO 8601 strings; a minority that can not be read becomes missing."""
    text = values.astype("string").str.strip()
    aware = text.str.contains(r"(?:[zZ]|[+-]\d{2}:?\d{2})$", na=False)
    utc = bool(aware.sum() * 2 >= text.notna().sum())
    parsed = pd.to_datetime(text.where(aware) if utc else text, errors="coerce", utc=utc, format="ISO8601")
    unread = text.notna() & parsed.isna()
    if unread.sum() * 2 > text.notna().sum():
        first = text[unread].iloc[0]
        raise InputError(
            f"The time {first!r} in column {column!r}, row {int(unread.to_numpy().argmax()) + 1}, can not be read.",
            need="ISO 8601 is needed, for example 2026-07-01T09:00:00+02:00.",
            hint="Convert the column with pandas.to_datetime(..., format=...) first.",
        )
    return parsed


def _names(values: pd.Series[Any]) -> pd.Series[Any]:
    """Turn ids into stripped strings; empty ones are missing; whole numbers lose no digit and gain no '.0'."""
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("string").str.strip()
    return text.where(text.str.len() > 0)


def _medium(frame: pd.DataFrame, medium: str) -> pd.Series[Any] | str:
    """Take the medium from a column, or use one word for all."""
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
    words = values.astype("string").fillna("to")
    for word in words.unique():
        _validate.choice(str(word), ROLES, what="role")
    return words


def _events(rows: pd.DataFrame, *, has_event: bool) -> pd.DataFrame:
    """Give every row an event id that does not depend on the order of rows, and count recipients."""
    if not has_event:
        rows["event"] = pd.Series(pd.NA, index=rows.index, dtype="string")
    missing = rows["event"].isna()
    if missing.any():
        key = rows.loc[missing].drop(columns=["event", "n_recipients"])
        digest = pd.util.hash_pandas_object(key.astype("string").fillna("\0"), index=False)
        repeat = digest.groupby(digest).cumcount()
        rows.loc[missing, "event"] = [f"row:{one:016x}:{nth}" for one, nth in zip(digest, repeat, strict=True)]
    other = rows["recipient"].where(rows["recipient"] != rows["sender"])
    distinct = other.groupby(rows["event"]).transform("nunique").astype("int32")
    given = rows["n_recipients"]
    rows["n_recipients"] = np.where(given.isna(), distinct, given.fillna(0)).astype("int32")
    return rows


def _loss(which: pd.Series[Any], source: str, reason: str) -> list[Loss]:
    """Count the rows of a frame that are not used for one reason."""
    number = int(which.sum())
    if not number:
        return []
    return [Loss("read", source, reason, number, "rows", f"row {int(which.to_numpy().argmax()) + 1}")]
