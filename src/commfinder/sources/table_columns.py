"""Find the columns of a table that are meant, and clean their cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.sources.cell_bytes import Bytes

__all__ = ["ColumnMap", "account_cells", "column_mapping", "filled_cells", "joined_cells", "position_of", "text_cells"]

_NAN_LENGTH = 3
ColumnMap: TypeAlias = "Mapping[str, str | int | Sequence[str | int] | None]"
"""Our column names to the file's: a name, a position, several to be joined, or None for "there is none"."""


def column_mapping(columns: ColumnMap | None, ours: Iterable[str]) -> dict[str, tuple[str | int, ...] | None]:
    """Check a mapping of columns.

    Parameters
    ----------
    columns : mapping or None
        What the user said.
    ours : iterable of str
        Our column names.

    Returns
    -------
    dict
        Each becomes a tuple of names or positions, or None where there is no such column.

    Raises
    ------
    ColumnError
        If a name is none of ours.
    InputError
        If names and positions are mixed.
    """
    known = tuple(ours)
    mapping: dict[str, tuple[str | int, ...] | None] = {}
    for name, given in (columns or {}).items():
        if name not in known:
            raise ColumnError(f"columns has {name!r}, which is no column of ours.", hint=nearest(name, known))
        mapping[name] = None if given is None else (given,) if isinstance(given, (str, int)) else tuple(given)
    if len({type(one) for given in mapping.values() for one in given or ()}) > 1:
        raise InputError(
            "columns mixes names and positions.",
            need="Positions are for files without a header line, names for files with one.",
            hint="Use one kind.",
        )
    return mapping


def position_of(one: str | int, ours: str, names: list[str], listed: str) -> int:
    """Find one column of a file.

    Parameters
    ----------
    one : str or int
        Its name or position.
    ours : str
        What it holds.
    names : list of str
        Columns of the file.
    listed : str
        A sentence that lists them.

    Returns
    -------
    int

    Raises
    ------
    ColumnError
        If there is none such, or several.
    """
    if isinstance(one, int):
        if 0 <= one < len(names):
            return one
        raise ColumnError(f"There is no column at position {one} for {ours!r}. {listed}", hint="Count from 0.")
    if names.count(one) == 1:
        return names.index(one)
    if one in names:
        raise ColumnError(f"{one!r} is the name of several columns. {listed}", hint="Rename all but one of them.")
    raise ColumnError(f"There is no column {one!r} for {ours!r}. {listed}", hint=nearest(one, names))


def joined_cells(columns: list[pa.Array]) -> pa.Array:
    """Join several columns by a slash."""
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*(pc.fill_null(column, "") for column in columns), "/")


def filled_cells(values: pa.Array) -> pa.Array:
    """Trim cells; empty ones are null."""
    if Bytes.of(values).tidy:
        return values
    clean = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(clean, ""), pa.scalar(None, pa.string()), clean)


def account_cells(values: pa.Array) -> pa.Array:
    """Clean accounts: addresses in lower case; empty cells and NaN are null."""
    seen = Bytes.of(values)
    if seen.tidy and not (seen.lengths == _NAN_LENGTH).any() and (seen.is_lower or not seen.has_at):
        return values
    clean = filled_cells(values)
    clean = pc.if_else(pc.is_in(clean, value_set=pa.array(["NaN", "nan"])), pa.scalar(None, pa.string()), clean)
    return pc.if_else(pc.match_substring(clean, "@"), pc.utf8_lower(clean), clean)


def text_cells(column: pa.Array) -> pa.Array:
    """Write a column of times or whole numbers as text.

    Parameters
    ----------
    column : pyarrow.Array
        Text stays what it is.

    Returns
    -------
    pyarrow.Array of strings
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        moments = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        column = moments.cast(pa.timestamp("us", tz="UTC")) if kind.tz else moments
    return column.cast(pa.string())
