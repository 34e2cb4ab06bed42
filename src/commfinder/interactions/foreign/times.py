"""Times of a table in somebody else's database, as microseconds since 1970 UTC."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from typing import Any

import ibis
import ibis.expr.types as ir

from commfinder.errors import InputError, nearest

__all__ = ["microseconds"]

_FIRST, _END = dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)
_SECOND = 1_000_000
# Sizes of numbers of seconds, milli-, micro- and nanoseconds, and how many of each make a second.
_SIZES = ((0, 10**11, 1), (10**11, 10**14, 10**3), (10**14, 10**17, 10**6), (10**17, None, 10**9))
_SPREADSHEET_DAYS = 80_000


@ibis.udf.scalar.builtin(signature=(("timestamp",), "int64"))
def epoch_us(moment):  # type: ignore[no-untyped-def]
    """Count microseconds in DuckDB."""


@ibis.udf.scalar.builtin(signature=(("timestamp",), "int64"))
def unix_micros(moment):  # type: ignore[no-untyped-def]
    """Count microseconds in Spark, whose Ibis backend has no other way to get below a second."""


@ibis.udf.scalar.builtin(signature=(("timestamp",), "string"))
def typeof(moment):  # type: ignore[no-untyped-def]
    """Name the type of a value in Spark: Ibis does not tell moments from times without a zone there."""


_COUNTERS = {"duckdb": epoch_us, "pyspark": unix_micros, "databricks": unix_micros}


def microseconds(backend: Any, data: ir.Table, column: str | None, timezone: str | None) -> tuple[ir.Value, bool]:
    """Return the times of a table as an expression.

    Parameters
    ----------
    backend : ibis backend
        Where the table is.
    data : ibis table
        The table.
    column : str, optional
        The column of times; without one nothing has a time.
    timezone : str, optional
        IANA zone of times that carry none; the hour that comes twice in autumn is summer time, the hour that does not
        come in spring is stepped over.

    Returns
    -------
    times : ibis integer value
        Null where there is no time between 1990 and 2099.
    own_clock : bool
        Whether the numbers count seconds from a start of their own.

    Raises
    ------
    InputError
        If the column is no time, or has no zone and none is given.
    """
    if column is None:
        return ibis.null("int64"), False
    values = data[column]
    if values.type().is_integer():
        return _of_numbers(data, values.cast("int64"))
    if values.type().is_date():
        values = values.cast("timestamp")
    elif not values.type().is_timestamp():
        raise InputError(
            f"The column {column!r} of times is of type {values.type()}.",
            need="A timestamp, a date, or whole numbers of seconds, milli-, micro- or nanoseconds since 1970 are "
            "needed.",
            hint="Make a view that casts it, and hand in the view.",
        )
    zoned = _is_moment(backend, data, values)
    edges = (_FIRST - _DAY, _END + _DAY)
    if values.type().timezone is None:
        edges = (edges[0].replace(tzinfo=None), edges[1].replace(tzinfo=None))
    low, high = (ibis.literal(edge, values.type()) for edge in edges)
    # Asked for first: PostgreSQL knows infinity, which has no number.
    counted = ibis.cases(((values >= low) & (values < high), _counted(backend, values)))
    if not zoned:
        if timezone is None:
            raise InputError(
                f"The times in column {column!r} have no time zone.",
                need="Times must say from which zone they are.",
                hint="Pass timezone='Europe/Berlin', or whichever zone the table was written in ('UTC' if it says so).",
            )
        counted = _to_utc(data, counted, timezone)
    return _within(counted, _SECOND, counted), False


def _is_moment(backend: Any, data: ir.Table, values: ir.Value) -> bool:
    """Tell whether times are moments, not what a clock on some wall showed."""
    if values.type().timezone is not None:
        return True
    if backend.name not in ("pyspark", "databricks"):
        return False
    kinds = data.select(kind=typeof(values)).aggregate(kind=ibis._.kind.max()).to_pyarrow()["kind"].to_pylist()
    return bool(kinds[0] != "timestamp_ntz")


def _counted(backend: Any, values: ir.Value) -> ir.Value:
    """Count microseconds, by one function where the database has it, else by parts."""
    if backend.name in _COUNTERS:
        return _COUNTERS[backend.name](values)
    # The second is cut off first: a fraction would be rounded on the way to a whole number.
    whole = values.truncate("s").epoch_seconds().cast("int64")
    return whole * _SECOND + values.microsecond().cast("int64")


def _within(values: ir.Value, per_second: int, then: ir.Value) -> ir.Value:
    """Return what a time is as microseconds, where it lies between 1990 and 2099, else nothing."""
    first, end = (int(edge.timestamp()) * per_second for edge in (_FIRST, _END))
    return ibis.cases(((values >= first) & (values < end), then))


def _of_numbers(data: ir.Table, values: ir.Value) -> tuple[ir.Value, bool]:
    """Read whole numbers by the size of the middle one."""
    sized = data.select(value=values)
    counts = {}
    for place, (above, below, _) in enumerate(_SIZES):
        large = (sized.value >= above) | (sized.value <= -above)
        inside = large if below is None else large & (sized.value < below) & (sized.value > -below)
        counts[f"n{place}"] = inside.cast("int32").sum().cast("int64")
    found = sized.aggregate(low=sized.value.min(), high=sized.value.max(), **counts).to_pyarrow().to_pylist()[0]
    numbers = [int(found[f"n{place}"] or 0) for place in range(len(_SIZES))]
    if not sum(numbers):
        return values, False
    if found["low"] >= 0 and _SPREADSHEET_DAYS < found["high"] < int(_FIRST.timestamp()):
        return values * _SECOND, True
    behind, place = (sum(numbers) + 1) // 2, 0
    while behind > numbers[place]:
        behind -= numbers[place]
        place += 1
    per_second = _SIZES[place][2]
    if per_second <= _SECOND:
        return _within(values, per_second, values * (_SECOND // per_second)), False
    return _within(values, per_second, _thousandth(values)), False


def _thousandth(values: ir.Value) -> ir.Value:
    """Divide by a thousand without a remainder: engines divide floating-point numbers, which are too short for it."""
    near = values // 1000
    left = values - near * 1000
    return near + ibis.cases((left < 0, -1), (left >= 1000, 1), else_=0)


def _to_utc(data: ir.Table, wall: ir.Value, timezone: str) -> ir.Value:
    """Turn what a clock on the wall showed into UTC: databases do not agree on the hours when clocks change."""
    zone = _zone(timezone)
    shown = data.select(value=wall)
    found = shown.aggregate(low=shown.value.min(), high=shown.value.max()).to_pyarrow().to_pylist()[0]
    if found["low"] is None:
        return wall
    changes = _changes(zone, int(found["low"]), int(found["high"]))
    first = wall - changes[0][1]
    # The latest change that a time lies behind decides. In spring the wall skips an hour: what lies in it is the moment
    # of the change.
    later = [
        (wall >= moment + before, ibis.greatest(wall - after, moment))
        for (_, before), (moment, after) in itertools.pairwise(changes)
    ]
    return ibis.cases(*reversed(later), else_=first) if later else first


def _changes(zone: zoneinfo.ZoneInfo, low_us: int, high_us: int) -> list[tuple[int, int]]:
    """Return when a zone changes its distance to UTC and to what, in microseconds, from before a time to after one."""
    day = 86_400
    start, end = low_us // _SECOND - 2 * day, high_us // _SECOND + 2 * day
    changes, held = [(start * _SECOND, _distance(zone, start))], _distance(zone, start)
    for second in range(start, end, day):
        if _distance(zone, second + day) == held:
            continue
        before, after = second, second + day
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if _distance(zone, middle) == held else (before, middle)
        held = _distance(zone, after)
        changes.append((after * _SECOND, held))
    return changes


def _distance(zone: zoneinfo.ZoneInfo, second: int) -> int:
    """Return how far a zone is ahead of UTC at a second since 1970, in microseconds."""
    ahead = dt.datetime.fromtimestamp(second, zone).utcoffset() or dt.timedelta()
    return round(ahead.total_seconds() * _SECOND)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """Look a time zone up."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        near = nearest(str(name), zoneinfo.available_timezones())
        raise InputError(
            f"timezone is {name!r}.",
            need="An IANA name is needed, for example 'Europe/Berlin' or 'UTC'.",
            hint=near if near.startswith("Did") else "",
        ) from None
