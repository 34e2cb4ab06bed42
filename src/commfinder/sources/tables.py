"""Read a table of interactions: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES
from commfinder.progress import SILENT, Progress
from commfinder.sources.assemble import sort_rows
from commfinder.sources.column_times import Place, column_times
from commfinder.sources.reading import Reading
from commfinder.sources.streams import digest, existing
from commfinder.sources.table_columns import (
    ColumnMap,
    account_cells,
    column_mapping,
    filled_cells,
    joined_cells,
    position_of,
)
from commfinder.sources.table_files import LIST_MARK, Loaded, load_table
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of

__all__ = ["ColumnMap", "read_table"]

_OURS = tuple(name for name in INTERACTIONS.names if name != "source")
_TEXTS = ("space", "thread", "parent", "activity")
_TRUE = ("true", "t", "1", "yes", "y")
_FALSE = ("false", "f", "0", "no", "n", "")


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
        Format of times that are neither ISO 8601 nor seconds, milli- or microseconds since 1970: codes of
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
    where = existing(path)
    source = name or where.resolve().name
    zone = zone_of(timezone)
    fixed = _fixed(constants, medium)
    mapping = column_mapping(columns, _OURS)
    if twice := fixed.keys() & mapping.keys():
        raise InputError(f"{min(twice)!r} is given twice: as a column and as a constant.", hint="Leave one out.")
    tally = Tally(source)
    chosen: dict[str, list[int]] = {}

    def choose(names: list[str]) -> list[int]:
        chosen.update(_positions(mapping, names, fixed, where.name))
        return sorted({position for positions in chosen.values() for position in positions})

    with progress.stage(f"Reading {source}", where.stat().st_size) as stage:
        loaded = load_table(
            where,
            choose,
            headerless=any(isinstance(one, int) for given in mapping.values() for one in given or ()),
            delimiter=delimiter,
            tally=tally,
            advance=stage.advance,
        )
    if len(loaded.lines) == 0:
        tally.add("no row was found", unit="files", where=where.name)
        return Reading(INTERACTIONS.empty_table(), losses=tally.losses(), digests={where.name: digest(where)})
    frame = _Frame(loaded, chosen, fixed, where, tally)
    times, good = frame.times(zone, time_format)
    table = frame.table(times, good, recipient_separator, source)
    return Reading(sort_rows(table), losses=tally.losses(), digests={where.name: digest(where)})


class _Frame:
    """The chosen columns of one file under our names."""

    def __init__(
        self, loaded: Loaded, chosen: dict[str, list[int]], fixed: dict[str, str], path: Path, tally: Tally
    ) -> None:
        self.lines = loaded.lines
        self.file = path.name
        self.tally = tally
        self.headings = {ours: "/".join(loaded.names[one] for one in at) for ours, at in chosen.items()}
        self.cells = {ours: joined_cells([loaded.cells[one] for one in at]) for ours, at in chosen.items()}
        for ours, value in fixed.items():
            self.cells[ours] = pa.repeat(pa.scalar(value, pa.string()), len(self.lines))
            self.headings[ours] = ours

    def times(self, zone: Any, time_format: str | None) -> tuple[npt.NDArray[np.int64] | None, npt.NDArray[np.bool_]]:
        """Read the times, None if there is no such column; and say which rows can be used."""
        sender = pc.fill_null(account_cells(self.cells["sender"]), "")
        named = np.array(pc.not_equal(sender, "").to_numpy(zero_copy_only=False), dtype=bool)
        if not named.all():
            place = f"{self.file}, line {self.lines[int(np.argmin(named))]}"
            self.tally.add("no sender", unit="rows", where=place, count=int((~named).sum()))
        if "time" not in self.cells:
            return None, named
        place_of_times = Place(self.file, self.headings["time"], self.lines)
        times, good = column_times(
            self.cells["time"], place_of_times, zone=zone, time_format=time_format, tally=self.tally
        )
        return times, good & named

    def table(
        self,
        times: npt.NDArray[np.int64] | None,
        good: npt.NDArray[np.bool_],
        separator: str | None,
        source: str,
    ) -> pa.Table:
        """Build the table of the rows that can be used."""
        rows = np.flatnonzero(good)
        cells = {ours: values.take(pa.array(rows)) for ours, values in self.cells.items()}
        stamps = pa.nulls(len(rows), pa.int64()) if times is None else pa.array(times[rows])
        events = _events(cells, stamps)
        recipients, parents = _split(cells.get("recipient"), len(rows), separator)
        at = pa.array(parents)
        senders = account_cells(cells["sender"]).take(at)
        events = events.take(at)
        arrays = {
            "event": events,
            "time": stamps.take(at),
            "sender": senders,
            "recipient": recipients,
            "role": self._word("role", ROLES, cells, rows, "to").take(at),
            "medium": self._word("medium", MEDIA, cells, rows, None).take(at),
            **{ours: filled_cells(cells[ours]).take(at) for ours in _TEXTS if ours in cells},
            "automated": self._flag(cells, rows).take(at),
            "n_recipients": _counts(events, senders, recipients, cells.get("n_recipients"), at),
            "source": pa.repeat(pa.scalar(source), len(parents)),
        }
        return pa.Table.from_arrays(
            [
                arrays[column.name].cast(column.type) if column.name in arrays else pa.nulls(len(parents), column.type)
                for column in INTERACTIONS
            ],
            schema=INTERACTIONS,
        )

    def _word(
        self, ours: str, known: tuple[str, ...], cells: dict[str, Any], rows: Any, default: str | None
    ) -> pa.Array:
        """Read a column of words of a fixed list."""
        if ours not in cells:
            return pa.repeat(pa.scalar(default, pa.string()), len(rows))
        words = pc.utf8_lower(pc.fill_null(pc.utf8_trim_whitespace(cells[ours]), ""))
        if default is not None:
            words = pc.if_else(pc.equal(words, ""), default, words)
        strange = pc.invert(pc.is_in(words, value_set=pa.array(known)))
        if (row := pc.index(strange, True).as_py()) >= 0:
            value = words[row].as_py()
            raise InputError(
                f"{value!r} is no {ours} ({self.file}, line {self.lines[rows[row]]}, column {self.headings[ours]!r}).",
                hint=nearest(value, known),
            )
        return words

    def _flag(self, cells: dict[str, Any], rows: Any) -> pa.Array:
        """Read whether each row is automated; without such a column none is."""
        if "automated" not in cells:
            return pa.repeat(pa.scalar(False), len(rows))
        words = pc.utf8_lower(pc.fill_null(pc.utf8_trim_whitespace(cells["automated"]), ""))
        true = pc.is_in(words, value_set=pa.array(_TRUE))
        strange = pc.invert(pc.or_(true, pc.is_in(words, value_set=pa.array(_FALSE))))
        if (row := pc.index(strange, True).as_py()) >= 0:
            raise InputError(
                f"{words[row].as_py()!r} in column {self.headings['automated']!r} is neither true nor false "
                f"({self.file}, line {self.lines[rows[row]]}).",
                hint="Write true or false.",
            )
        return true


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


def _events(cells: Mapping[str, pa.Array], stamps: pa.Array) -> pa.Array:
    """Give each row its event; one without is named by its content, and counted among its like."""
    given = filled_cells(cells["event"]) if "event" in cells else None
    if given is not None and given.null_count == 0:
        return given
    parts = [cells[ours].to_pylist() for ours in sorted(cells) if ours not in ("event", "time")]
    seen: dict[bytes, int] = {}
    events = []
    for row in zip(stamps.to_pylist(), *parts, strict=True):
        key = hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=12).digest()
        count = seen.get(key, 0)
        seen[key] = count + 1
        events.append(f"row:{key.hex()}:{count}")
    made = pa.array(events, pa.string())
    return made if given is None else pc.coalesce(given, made)


def _split(recipients: pa.Array | None, rows: int, separator: str | None) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Give each recipient a row of its own, with the row it came from."""
    parents = np.arange(rows, dtype=np.int64)
    if recipients is None:
        return pa.nulls(rows, pa.string()), parents
    for mark in (separator, LIST_MARK):
        if mark and pc.any(pc.match_substring(recipients, mark)).as_py():
            lists = pc.split_pattern(pc.fill_null(recipients, ""), mark)
            parents = parents[np.asarray(pc.list_parent_indices(lists))]
            recipients = pc.list_flatten(lists)
    clean = account_cells(recipients)
    kept = np.array(clean.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    empty = np.setdiff1d(np.arange(rows), parents[kept])
    kept_rows = pa.concat_arrays([clean.filter(pa.array(kept)), pa.nulls(len(empty), pa.string())])
    return kept_rows, np.concatenate([parents[kept], empty])


def _counts(
    events: pa.Array, senders: pa.Array, recipients: pa.Array, given: pa.Array | None, at: pa.Array
) -> pa.Array:
    """Count the distinct recipients of each event other than its sender, where the file does not say."""
    event = pd.factorize(np.asarray(events.to_numpy(zero_copy_only=False), dtype=object))[0]
    person = recipients.dictionary_encode()
    other = np.array(pc.fill_null(pc.not_equal(senders, recipients), False).to_numpy(zero_copy_only=False), dtype=bool)
    codes = np.asarray(pc.fill_null(person.indices, -1)).astype(np.int64)
    pairs = np.unique(event[other].astype(np.int64) * max(len(person.dictionary), 1) + codes[other])
    per_event = np.bincount(pairs // max(len(person.dictionary), 1), minlength=int(event.max(initial=-1)) + 1)
    counted = pa.array(per_event[event].astype(np.int32))
    if given is None:
        return counted
    text = pc.utf8_trim_whitespace(given)
    whole = pc.if_else(pc.match_substring_regex(text, r"^\d{1,9}(\.0*)?$"), text, pa.scalar(None, pa.string()))
    numbers = pc.cast(pc.replace_substring_regex(whole, r"\..*$", ""), pa.int32())
    return pc.coalesce(numbers.take(at), counted)
