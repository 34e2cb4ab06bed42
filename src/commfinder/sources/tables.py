"""Read a table of interactions: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import LANDED, MEDIA, ROLES
from commfinder.progress import SILENT, Progress
from commfinder.sources.column_times import TimeReader, surveyed
from commfinder.sources.reading import PART_ROWS, Part, Reading, whole
from commfinder.sources.streams import digest, existing
from commfinder.sources.table_columns import (
    ColumnMap,
    column_mapping,
    position_of,
)
from commfinder.sources.table_files import Loaded, table_batches
from commfinder.sources.table_rows import Rows, time_cells
from commfinder.sources.table_text import Choose
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of

__all__ = ["ColumnMap", "read_table", "table_parts"]

_OURS = tuple(name for name in LANDED.names if name != "source")


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: ColumnMap | None = None,
    medium: str | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
    recipient_separator: str | None = None,
    constants: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Reading:
    r"""Read a table with one interaction per row.

    Parameters
    ----------
    path : str or path
        Delimited text (UTF-8, UTF-16 or Windows-1252) or JSON lines, also ``.gz`` and ``.bz2``, or Parquet.
    columns : mapping, optional
        Our column name to the file's, such as ``{"sender": "author", "event": ["repo", "pr"]}``; several are joined
        by a slash. Positions, counted from 0, are for files without a header line. None says that there is none.
        Our own names need no mapping. Needed is a sender, and a recipient or a space.
    medium : str, optional
        One of `MEDIA`, the same for all rows; needed unless the file has such a column.
    timezone : str, optional
        Zone of times that name none, for example ``"Europe/Berlin"``.
    time_format : str, optional
        Format of times that are neither ISO 8601 nor seconds, milli- or microseconds since 1970, nor dates such as
        31/01/2026 of which some show whether days or months come first: codes of
        `datetime.strptime`, or ``"seconds since 2003-10-01"``. A table may have no times at all.
    recipient_separator : str, optional
        What stands between several recipients in one cell.
    constants : mapping, optional
        Values of our columns that are the same in all rows, such as ``{"role": "approve"}``.
    delimiter : str, optional
        Of the cells; found out by default. A blank stands for any run of blanks.
    name : str, optional
        Name of the source; the file's own by default.
    progress : Progress, optional
        Told of the bytes read.

    Returns
    -------
    Reading
        Rows with the same event form one event. Without an event column each row is one, with an id made of its
        content, so that the order of rows does not matter. Rows to oneself are kept.

    Raises
    ------
    MissingFileError, FormatError
        If there is no such file, or it is no table.
    ColumnError
        If a column is missing.
    InputError
        If half of the times or more can not be read, or a role, medium or flag is not known.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "reviews.csv")
    ...     _ = file.write_text("author,reviewer,at\nann,bob,2026-07-01T09:30:00Z\n")
    ...     names = {"sender": "author", "recipient": "reviewer", "time": "at"}
    ...     reading = read_table(file, columns=names, medium="code")
    >>> reading.interactions["recipient"].to_pylist()
    ['bob']
    """
    options = _Options(medium, timezone, time_format, recipient_separator, delimiter, name)
    return whole(_parts(existing(path), columns, constants, options, progress, named=True))


def table_parts(
    path: str | os.PathLike[str],
    *,
    columns: ColumnMap | None = None,
    medium: str | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
    recipient_separator: str | None = None,
    constants: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Iterator[Part]:
    r"""Read a table of interactions piece by piece; prefer `read_table` for one that fits in memory.

    Memory does not grow with the file, but for Parquet with its largest row group, and where events have no ids with
    the number of different rows that name several recipients. A file with times is read twice: first its times alone,
    to tell their unit.

    Parameters
    ----------
    path, columns, medium, timezone, time_format, recipient_separator, constants, delimiter, name, progress
        As for `read_table`.

    Yields
    ------
    Part
        Events that have no id and one recipient are null, as are counts of recipients that the file does not give.

    Raises
    ------
    MissingFileError, FormatError, ColumnError
        As `read_table`, with the first part.
    InputError
        As `read_table`; that half of the times can not be read is known when the last row was.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "calls.csv")
    ...     _ = file.write_text("sender recipient\nann bob\nann cem\n")
    ...     [part.interactions["recipient"].to_pylist() for part in table_parts(file, medium="contact")]
    [['bob', 'cem'], []]
    """
    options = _Options(medium, timezone, time_format, recipient_separator, delimiter, name)
    return _parts(existing(path), columns, constants, options, progress, named=False)


@dataclass(frozen=True)
class _Options:
    """What the user says of a file, but for its columns."""

    medium: str | None
    timezone: str | None
    time_format: str | None
    separator: str | None
    delimiter: str | None
    name: str | None


def _parts(
    where: Path,
    columns: ColumnMap | None,
    constants: Mapping[str, str] | None,
    options: _Options,
    progress: Progress,
    *,
    named: bool,
) -> Iterator[Part]:
    """Read a table batch by batch; `named` gives every event an id."""
    source = options.name or where.resolve().name
    zone = zone_of(options.timezone)
    fixed = _fixed(constants, options.medium)
    mapping = column_mapping(columns, _OURS)
    if twice := fixed.keys() & mapping.keys():
        raise InputError(f"{min(twice)!r} is given twice: as a column and as a constant.", hint="Leave one out.")
    tally = Tally(source)
    chosen: dict[str, list[int]] = {}

    def choose(names: list[str]) -> list[int]:
        chosen.update(_positions(mapping, names, fixed, where.name))
        return sorted({position for positions in chosen.values() for position in positions})

    def batches(wanted: Choose, counts: Tally, advance: Callable[[float], None]) -> Iterator[Loaded]:
        headerless = any(isinstance(one, int) for given in mapping.values() for one in given or ())
        return table_batches(
            where, wanted, headerless=headerless, delimiter=options.delimiter, tally=counts, advance=advance
        )

    def times_alone() -> Iterator[pa.Array]:
        seen = batches(lambda names: choose(names) and chosen.get("time", []), Tally(source), lambda _: None)
        for loaded in seen:
            if "time" not in chosen:
                return
            yield time_cells(loaded, chosen["time"])

    if "time" in fixed:
        rule = surveyed([pa.array([fixed["time"]])], zone=zone, time_format=options.time_format)
    else:
        rule = surveyed(times_alone(), zone=zone, time_format=options.time_format)
    reader = Rows(fixed, where.name, source, options.separator, tally, TimeReader(rule, tally), named)
    with progress.stage(f"Reading {source}", where.stat().st_size) as stage:
        for loaded in batches(choose, tally, stage.advance):
            table = reader.table(loaded, chosen)
            for start in range(0, table.num_rows, PART_ROWS):
                yield Part(table.slice(start, PART_ROWS))
    if not reader.read:
        tally.add("no row was found", unit="files", where=where.name)
    reader.times.finish()
    yield Part(LANDED.empty_table(), losses=tally.losses(), digests={where.name: digest(where)})


def _fixed(constants: Mapping[str, str] | None, medium: str | None) -> dict[str, str]:
    """Check the values that are the same in all rows."""
    fixed = dict(constants or {})
    if medium is not None:
        fixed["medium"] = medium
    for ours, value in fixed.items():
        if ours not in _OURS:
            raise ColumnError(f"constants has {ours!r}, which is no column.", hint=nearest(ours, _OURS))
        known = {"medium": MEDIA, "role": ROLES}.get(ours)
        if known and value not in known:
            raise InputError(f"{value!r} is no {ours}.", hint=nearest(str(value), known))
    return fixed


def _positions(
    mapping: dict[str, tuple[str | int, ...] | None], names: list[str], fixed: dict[str, str], file: str
) -> dict[str, list[int]]:
    """Find each of our columns in the file."""
    listed = f"{file} has the columns: {', '.join(names)}."
    found: dict[str, list[int]] = {}
    for ours in _OURS:
        given = mapping.get(ours, (ours,) if ours in names and ours not in fixed else None)
        if given is not None:
            found[ours] = [position_of(one, ours, names, listed) for one in given]
    have = found.keys() | fixed.keys()
    if "sender" not in have or not have & {"recipient", "space"}:
        lack = "sender" if "sender" not in have else "recipient"
        raise ColumnError(
            f"No column for {lack!r} is named. {listed}",
            hint=f"{nearest(lack, names)} Say which it is: columns={{{lack!r}: …}}.",
        )
    if "medium" not in have:
        raise ColumnError(
            f"Nothing says through what medium the people of {file} interact.",
            hint=f'Say it, for example medium="email". Media are: {", ".join(MEDIA)}.',
        )
    return found
