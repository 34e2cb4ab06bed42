"""One check for each contract; each returns the clean value or raises an error that teaches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from commfinder.errors import ColumnError, InputError, MissingFileError, nearest

__all__ = ["as_frame", "choice", "columns", "count", "existing", "fraction", "positive", "seed", "texts"]

_WHOLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
_EXACT = 2**53
_SHOWN = 20


def as_frame(data: Any, *, what: str) -> pd.DataFrame:
    """Turn a pandas, Polars or PyArrow table, or a mapping of columns, into a pandas frame.

    Whole numbers stay exact where some are missing: an id of eighteen digits does not fit into a floating-point number.

    Parameters
    ----------
    data : frame-like
        What a caller gave.
    what : str
        What it is, for the message.

    Returns
    -------
    pandas.DataFrame
        A shallow copy with plain string column names.

    Raises
    ------
    InputError
        If it is nothing of these.
    """
    if isinstance(data, pd.DataFrame):
        frame = data.copy(deep=False)
    elif isinstance(data, Mapping):
        try:
            frame = pd.DataFrame(data)
        except ValueError as error:
            raise InputError(
                f"{what} can not be made of this mapping: {error}.", need="Columns of equal length are needed."
            ) from None
    elif hasattr(data, "__arrow_c_stream__"):
        frame = pa.table(data).to_pandas(types_mapper=_WHOLE.get)
    elif hasattr(data, "collect"):
        return as_frame(data.collect(), what=what)
    elif hasattr(data, "to_pandas"):
        frame = pd.DataFrame(data.to_pandas())
    else:
        raise InputError(
            f"{what} is a {type(data).__name__}.",
            need="A pandas, Polars or PyArrow table, or a mapping of column names to values, is needed.",
        )
    frame.columns = pd.Index([str(name) for name in frame.columns])
    repeated = sorted(frame.columns[frame.columns.duplicated()])
    if repeated:
        raise ColumnError(f"{what} has the column {repeated[0]!r} more than once.", hint="Rename one of them.")
    return frame


def columns(frame: pd.DataFrame, needed: Iterable[str], *, what: str, hint: str = "") -> pd.DataFrame:
    """Check that a frame has the columns that are needed.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame.
    needed : iterable of str
        Names that must be there.
    what : str
        What the frame is, for the message.
    hint : str, default ""
        The next action; by default the nearest present column is named.

    Returns
    -------
    pandas.DataFrame
        The same frame.

    Raises
    ------
    ColumnError
        Naming the missing column, those present, and the next action.
    """
    for name in needed:
        if name not in frame.columns:
            present = ", ".join(map(str, frame.columns[:_SHOWN])) or "none"
            more = f" and {len(frame.columns) - _SHOWN} more" if len(frame.columns) > _SHOWN else ""
            near = nearest(name, frame.columns)
            raise ColumnError(
                f"{what} has no column {name!r}.",
                need=f"Its columns are: {present}{more}.",
                hint=" ".join(part for part in (near if near.startswith("Did") else "", hint) if part),
            )
    return frame


def texts(values: pd.Series[Any], *, what: str) -> pd.Series[Any]:
    """Turn cells into stripped strings; empty ones are missing; whole numbers lose no digit and gain no '.0'.

    Parameters
    ----------
    values : pandas.Series
        Ids, names or words.
    what : str
        What they are, for the message.

    Returns
    -------
    pandas.Series of string

    Raises
    ------
    InputError
        If a cell holds a list, or ids have lost digits by having been turned into floating-point numbers.
    """
    if pd.api.types.is_object_dtype(values.dtype):
        odd = values.map(lambda cell: isinstance(cell, list | tuple | set | dict | np.ndarray)).astype(bool)
        if odd.any():
            raise InputError(
                f"{what} holds {values[odd].iloc[0]!r}.",
                need="One value in each row is needed.",
                hint="Give every value a row of its own, for example with DataFrame.explode.",
            )
        values = pd.Series([_plain(cell) for cell in values], index=values.index, dtype=object)
    if pd.api.types.is_float_dtype(values.dtype):
        present = values.dropna()
        if bool((present.abs() > _EXACT).any()):
            raise InputError(
                f"{what} holds {present[present.abs() > _EXACT].iloc[0]!r}, a floating-point number.",
                need="Ids of more than 15 digits lose some of them that way, and two people may become one.",
                hint="Read the column as text, or as 'Int64'.",
            )
        if bool((present % 1 == 0).all()):
            values = values.astype("Int64")
    text: pd.Series[Any] = values.astype("string").str.strip()
    return text.where(text.str.len() > 0)


def _plain(cell: Any) -> Any:
    """Turn a floating-point number that is whole into an integer, and half of a surrogate pair into a question mark."""
    if isinstance(cell, str):
        return cell if cell.isascii() else cell.encode(errors="replace").decode()
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _EXACT else cell


def choice(value: str, known: Iterable[str], *, what: str) -> str:
    """Check that a word is one of those known."""
    words = tuple(known)
    if value not in words:
        raise InputError(f"{what} is {value!r}.", hint=nearest(str(value), words))
    return value


def seed(value: Any) -> int:
    """Check a seed: a whole number from 0 to 2**32 - 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < 2**32:
        raise InputError(f"seed is {value!r}.", need="A whole number from 0 to 4294967295 is needed.")
    return int(value)


def count(value: Any, *, what: str, low: int = 1, high: int | None = None) -> int:
    """Check a whole number within bounds, both inside."""
    good = not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= low
    if not good or (high is not None and int(value) > high):
        bounds = f"at least {low}" if high is None else f"from {low} to {high}"
        raise InputError(f"{what} is {value!r}.", need=f"A whole number {bounds} is needed.")
    return int(value)


def positive(value: Any, *, what: str) -> float:
    """Check a finite number above zero."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or value <= 0:
        raise InputError(f"{what} is {value!r}.", need="A finite number above 0 is needed.")
    return float(value)


def fraction(value: Any, *, what: str) -> float:
    """Check a number from 0 to 1, both inside."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise InputError(f"{what} is {value!r}.", need="A number from 0 to 1 is needed.")
    return float(value)


def existing(path: str | Path, *, what: str) -> Path:
    """Check that a file or folder is there."""
    found = Path(path)
    if not found.exists():
        beside = [item.name for item in found.parent.iterdir()] if found.parent.is_dir() else []
        near = nearest(found.name, beside) if beside else ""
        hint = near if near.startswith("Did") else f"Looked in {found.parent}."
        raise MissingFileError(f"{what} {str(path)!r} does not exist.", hint=hint)
    return found
