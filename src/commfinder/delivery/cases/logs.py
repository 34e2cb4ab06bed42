"""An event log of the caller's own, in the shape in which cases are made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.acts import HOW, Acts
from commfinder.errors import InputError
from commfinder.period import Period

__all__ = ["coded", "most_frequent", "numbered_cases", "period_of", "read_log"]

CodeArray = npt.NDArray[np.int32]
Names = npt.NDArray[np.object_]


def read_log(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a caller's event log into one shape: texts, whole microseconds, and what is said of cases.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per act, with the columns that `Cases.of` names.

    Returns
    -------
    pandas.DataFrame
        case, person, event, activity, unit, role, space, time, started, how, certainty, open.

    Raises
    ------
    InputError
        If a time or a way of finding cases can not be read.
    """
    log = pd.DataFrame(index=frame.index)
    for name in ("case", "person", "event", "activity", "unit", "role", "space"):
        empty = pd.Series(pd.NA, frame.index, dtype="string")
        log[name] = _validate.texts(frame[name], what=f"The column {name!r}") if name in frame else empty
    for name in ("time", "started"):
        log[name] = _microseconds(frame[name], name) if name in frame else pd.Series(pd.NA, frame.index, dtype="Int64")
    if "role" not in frame:
        log["role"] = log["unit"]
    log["how"] = frame["how"].astype("string").fillna(HOW[0]) if "how" in frame else HOW[0]
    for way in log["how"].unique():
        _validate.choice(way, HOW, what="how")
    log["certainty"] = frame["certainty"].astype(np.float64) if "certainty" in frame else 1.0
    log["open"] = frame["open"].fillna(False).astype(bool) if "open" in frame else False
    return log


def _microseconds(values: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Turn times into whole microseconds since 1970 UTC; whole numbers are such already."""
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("Int64")
    try:
        moments = pd.to_datetime(values, utc=True, format=None if values.dtype != object else "ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"The column {name!r} of the event log holds a time that can not be read: {error}.",
            need="Date-times, ISO 8601 texts, or whole microseconds since 1970 UTC are needed.",
        ) from None
    wall = moments.dt.tz_localize(None).to_numpy("M8[us]").view(np.int64)
    whole = pd.Series(wall, index=values.index, dtype="Int64")
    return whole.mask(moments.isna())


def numbered_cases(log: pd.DataFrame) -> tuple[pd.Series[Any], npt.NDArray[np.int64]]:
    """Number cases by how they were found, then by their first act, then by their id.

    Parameters
    ----------
    log : pandas.DataFrame
        Of `read_log`.

    Returns
    -------
    names : pandas.Series of str
        Their ids, in this order.
    number : ndarray of int64, one per row of `log`
    """
    start = log.groupby("case", sort=False).agg(how=("how", "first"), first=("time", "min")).reset_index()
    start["rank"] = start["how"].map({way: place for place, way in enumerate(HOW)}).astype(np.int64)
    start = start.sort_values(["rank", "first", "case"]).reset_index(drop=True)
    number = log["case"].map(pd.Series(np.arange(len(start)), index=start["case"])).to_numpy(np.int64)
    return start["case"], number


def coded(values: pd.Series[Any]) -> tuple[Names, CodeArray]:
    """Number names in sorted order.

    Parameters
    ----------
    values : pandas.Series of str
        With gaps.

    Returns
    -------
    names : ndarray of str
    codes : ndarray of int32
        -1 where there is none.
    """
    codes, names = pd.factorize(values, sort=True)
    return np.array([str(name) for name in names], dtype=object), codes.astype(np.int32)


def most_frequent(person: CodeArray, unit: CodeArray, n_people: int) -> CodeArray:
    """Return everybody's most frequent unit; the first in the alphabet where two are equally frequent.

    Parameters
    ----------
    person, unit : ndarray of int32, shape (n,)
        Who acted, and the unit of each act (-1: unknown).
    n_people : int
        Number of people.

    Returns
    -------
    ndarray of int32, shape (n_people,)
        -1 for who has none.
    """
    found = np.full(n_people, -1, dtype=np.int32)
    known = unit >= 0
    width = int(unit.max(initial=0)) + 1
    pairs, counts = np.unique(person[known].astype(np.int64) * width + unit[known], return_counts=True)
    order = np.lexsort((pairs % width, -counts, pairs // width))
    holder, first = np.unique(pairs[order] // width, return_index=True)
    found[holder] = pairs[order][first] % width
    return found


def period_of(acts: Acts) -> Period | None:
    """Return the period from the first act to just after the last.

    Parameters
    ----------
    acts : Acts
        All acts.

    Returns
    -------
    Period or None
        None without any act.
    """
    if not acts.n:
        return None
    low, high = (pd.Timestamp(moment, unit="us", tz="UTC") for moment in (acts.time.min(), acts.time.max() + 1))
    return Period(low.to_pydatetime(), high.to_pydatetime())
