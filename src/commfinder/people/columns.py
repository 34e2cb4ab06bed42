"""How cells of people and roster files become clean values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from commfinder import _validate
from commfinder.errors import FormatError, InputError, nearest
from commfinder.interactions import Loss

__all__ = ["dates", "named", "place", "read_delimited"]

_LINE = "line"


def read_delimited(path: Path) -> tuple[pd.DataFrame, list[Loss]]:
    """Read a small delimited file as text; rows with too many cells are skipped and counted.

    Parameters
    ----------
    path : Path
        CSV with comma, semicolon or tab; UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows-1252.

    Returns
    -------
    frame : pandas.DataFrame
        Every column as string, empty cells missing; the index holds the lines.
    losses : list of Loss
        What was skipped or replaced.

    Raises
    ------
    FormatError
        If the file is a folder, empty, or no delimited text.
    """
    if path.is_dir():
        raise FormatError(f"{path.name} is a folder.", need="A CSV file is needed.")
    text, losses = _decoded(path)
    delimiter, rows = _rows(text, path.name)
    if not rows:
        raise FormatError(f"{path.name} is empty.", need="A CSV file with a line of column names is needed.")
    header = [name.strip() or f"column {number}" for number, name in enumerate(rows[0][1], start=1)]
    good, lines, ragged = [], [], 0
    first = ""
    for line, row in rows[1:]:
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            ragged += 1
            first = first or f"line {line}"
            continue
        good.append((row + [""] * len(header))[: len(header)])
        lines.append(line)
    if ragged:
        advice = f"Put quotation marks round cells that hold {delimiter!r}."
        losses.append(Loss("read", path.name, "row with too many cells: not used", ragged, "rows", first, advice))
    frame = pd.DataFrame(good, columns=header, index=pd.Index(lines, name=_LINE, dtype="int64"), dtype="string")
    return frame.replace("", pd.NA), losses


def _rows(text: str, name: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """Cut a text into rows that are not blank, each with the line on which it begins."""
    lines = text.splitlines()
    top = next((line for line in lines if line.strip()), "")
    told = top.strip().lower().removeprefix("sep=")
    # Excel may say in a line of its own what stands between the cells.
    says = top.strip().lower().startswith("sep=") and len(told) == 1
    delimiter = told if says else max(",;\t", key=top.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(
            f"{name}, line {begins}, is no row of a CSV file: {error}.", hint="Look for a quotation mark never closed."
        ) from None
    return delimiter, rows[1:] if says else rows


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


def named(data: Any, known: Sequence[str], columns: Mapping[str, str], *, what: str) -> pd.DataFrame:
    """Take a table and give its columns our names.

    Parameters
    ----------
    data : frame-like
        What a caller gave.
    known : sequence of str
        Our names.
    columns : mapping of str to str
        The caller's name of a column by ours.
    what : str
        What the table is, for messages.

    Returns
    -------
    pandas.DataFrame
        With the lines of the file, or the numbers of the rows from one, as index.

    Raises
    ------
    ColumnError
        If a column is not there.
    InputError
        If one of ours is not known.
    """
    frame = _validate.as_frame(data, what=what)
    for ours in columns:
        if ours not in known:
            raise InputError(f"{ours!r} is no column of {what.lower()}.", hint=nearest(ours, known))
    _validate.columns(frame, columns.values(), what=what)
    if frame.index.name != _LINE:
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    # A column that bears our name and is not the one meant would stand there twice.
    meant = set(columns.values())
    frame = frame.drop(columns=[ours for ours in columns if ours in frame.columns and ours not in meant])
    return pd.DataFrame(
        {ours: frame[theirs] for ours, theirs in columns.items()}
        | {name: frame[name] for name in frame.columns if name not in meant},
        index=frame.index,
    )


def place(which: pd.Series[Any]) -> str:
    """Name the first place where something holds: a line of a file, or a row of a frame."""
    return f"{which.index.name} {which.index[int(which.to_numpy(dtype=bool).argmax())]}"


def dates(values: pd.Series[Any], *, column: str) -> pd.Series[Any]:
    """Turn cells into moments in UTC; a date without a zone is midnight UTC.

    Raises
    ------
    InputError
        Naming the value and its line, where one is not an ISO 8601 date.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        text = _validate.texts(values, what=f"The column {column!r}")
        parsed = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")
        bad = text.notna() & parsed.isna()
        if bad.any():
            raise InputError(
                f"{text[bad].iloc[0]!r} in column {column!r}, {place(bad)}, is not a date.",
                need="ISO 8601 is needed, for example 2026-07-01.",
                hint="Export the dates as year-month-day.",
            )
        values = parsed
    values = values.dt.tz_localize("UTC") if values.dt.tz is None else values.dt.tz_convert("UTC")
    moments: pd.Series[Any] = values.dt.as_unit("us")
    return moments
