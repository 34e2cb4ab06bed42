"""How cells of people and roster files become clean values."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from commfinder.errors import FormatError, InputError
from commfinder.interactions import Loss

__all__ = ["dates", "read_delimited", "texts"]


def read_delimited(path: Path) -> tuple[pd.DataFrame, list[Loss]]:
    """Read a small delimited file as text; rows with too many cells are skipped and counted.

    Parameters
    ----------
    path : Path
        CSV with comma, semicolon or tab; UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows-1252.

    Returns
    -------
    frame : pandas.DataFrame
        Every column as string, empty cells missing.
    losses : list of Loss
        What was skipped or replaced.

    Raises
    ------
    FormatError
        If the file is a folder or empty.
    """
    if path.is_dir():
        raise FormatError(f"{path.name} is a folder.", need="A CSV file is needed.")
    text, losses = _decoded(path)
    lines = text.splitlines()
    if not lines:
        raise FormatError(f"{path.name} is empty.", need="A CSV file with a line of column names is needed.")
    delimiter = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    header = [name.strip() for name in rows[0]]
    good, ragged = [], 0
    first = ""
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            ragged += 1
            first = first or f"line {number}"
            continue
        good.append((row + [""] * len(header))[: len(header)])
    if ragged:
        losses.append(Loss("read", path.name, "row with too many cells: not used", ragged, "rows", first, "Quote it."))
    frame = pd.DataFrame(good, columns=header, dtype="string")
    return frame.replace("", pd.NA), losses


def _decoded(path: Path) -> tuple[str, list[Loss]]:
    """Decode a file, and count what had to be replaced."""
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), []
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        loss = Loss(
            "read", path.name, "not UTF-8: read as Windows-1252", 1, "files", f"line {line}", "Save the file as UTF-8."
        )
        return raw.decode("cp1252", errors="replace"), [loss]


def texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Turn cells into stripped strings; empty ones are missing; whole numbers gain no '.0'."""
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("string").str.strip()
    return text.where(text.str.len() > 0)


def dates(values: pd.Series[Any], *, column: str) -> pd.Series[Any]:
    """Turn cells into moments in UTC; a date without a zone is midnight UTC.

    Raises
    ------
    InputError
        Naming the value and its line, where one is not an ISO 8601 date.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        text = texts(values)
        parsed = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")
        bad = text.notna() & parsed.isna()
        if bad.any():
            line = int(bad.to_numpy().argmax()) + 2
            raise InputError(
                f"{text[bad].iloc[0]!r} in column {column!r}, line {line}, is not a date.",
                need="ISO 8601 is needed, for example 2026-07-01.",
                hint="Export the dates as year-month-day.",
            )
        values = parsed
    values = values.dt.tz_localize("UTC") if values.dt.tz is None else values.dt.tz_convert("UTC")
    moments: pd.Series[Any] = values.dt.as_unit("us")
    return moments
