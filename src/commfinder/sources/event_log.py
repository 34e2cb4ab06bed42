"""Read event logs that come as a table: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import LANDED, MEDIA
from commfinder.progress import SILENT, Progress
from commfinder.sources.column_times import TimeReader, TimeRule, surveyed
from commfinder.sources.documents import stem_of
from commfinder.sources.event_log_cells import LogCells, are_missing, dated, log_cells
from commfinder.sources.event_log_columns import OURS, usual_columns
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.streams import digest, existing
from commfinder.sources.table_columns import (
    ColumnMap,
    column_mapping,
    position_of,
)
from commfinder.sources.table_files import Loaded, table_batches
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Gathering
from commfinder.sources.workflow_times import EARLIEST_LOG_US

__all__ = ["event_log_parts", "read_event_log"]

_NEEDED = ("case", "resource", "time")
_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".jsonl", ".ndjson", ".parquet")


def read_event_log(
    path: str | os.PathLike[str],
    *,
    columns: ColumnMap | None = None,
    medium: str = "workflow",
    timezone: str | None = None,
    time_format: str | None = None,
    delimiter: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Reading:
    r"""Read a table with one event of a case per row, as workflow and ticket systems export them.

    Prefer `commfinder.sources.read_table` for tables of who wrote to whom, and `commfinder.sources.read_xes` where the
    log is there as XES: it says the zone of its times.

    Parameters
    ----------
    path : str or path
        Delimited text (UTF-8, UTF-16 or Windows-1252) or JSON lines, also ``.gz`` and ``.bz2``, or Parquet.
    columns : mapping, optional
        What a column holds to its name in the file: ``case``, ``activity``, ``resource`` (who acted), ``time`` (when
        the act was done), ``start`` (when work on it began), ``group``, ``role``, ``lifecycle``, ``instance``,
        ``space`` (the process), such as ``{"case": "SR Number", "resource": "Owner"}``. Several names are joined by a
        slash; positions, counted from 0, are for files without a header line; None says that there is none. The usual
        headings need no mapping: those of XES (``case:concept:name``), and ``Case ID``, ``activity``, ``Resource``,
        ``end_timestamp`` and their like in any spelling. A case, a resource and a time are needed.
    medium : str, default "workflow"
        One of `MEDIA`; ``"ticket"`` for trackers.
    timezone : str, optional
        Zone of times that name none, for example ``"Europe/Berlin"``.
    time_format : str, optional
        Format of times that are neither ISO 8601 nor numbers since 1970; see `commfinder.sources.read_table`.
    delimiter : str, optional
        Of the cells; found out by default.
    name : str, optional
        Name of the source; the file's own by default.
    progress : Progress, optional
        Told of the bytes read.

    Returns
    -------
    Reading
        The resource is the sender and the case the thread; there is no recipient. Events are numbered within their
        case by time; equal times keep the order of the file, which is otherwise of no account. A row with a start is
        two events, the second with the first as its parent; so are rows that a life cycle links.

    Raises
    ------
    MissingFileError, FormatError
        If there is no such file, or it is no table.
    ColumnError
        If a column is missing.
    InputError
        If half of the times or more can not be read, or their zone is not known.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "permits.csv")
    ...     _ = file.write_text("Case ID;Activity;Resource;Timestamp\n7;check;ann;2026-07-01T09:30:00Z\n")
    ...     reading = read_event_log(file)
    >>> reading.interactions.select(["event", "sender", "activity", "space"]).to_pylist()
    [{'event': '7#000000', 'sender': 'ann', 'activity': 'check', 'space': 'permits'}]
    """
    return whole(
        event_log_parts(
            path,
            columns=columns,
            medium=medium,
            timezone=timezone,
            time_format=time_format,
            delimiter=delimiter,
            name=name,
            progress=progress,
        )
    )


def event_log_parts(
    path: str | os.PathLike[str],
    *,
    columns: ColumnMap | None = None,
    medium: str = "workflow",
    timezone: str | None = None,
    time_format: str | None = None,
    delimiter: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Iterator[Part]:
    """Read an event log that comes as a table and yield its rows piece by piece.

    The place of an event in its case, and which event ends which work, is known at the end of the log. Until then what
    was read lies on disk, in files without a name; memory grows with the people and the longest case. The file is
    read twice: first its times alone, to tell their unit.

    Parameters
    ----------
    path, columns, medium, timezone, time_format, delimiter, name, progress
        As for `read_event_log`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, ColumnError, InputError
        As `read_event_log`.
    """
    if medium not in MEDIA:
        raise InputError(f"{medium!r} is no medium.", hint=nearest(str(medium), MEDIA))
    where, mapping, zone = existing(path), column_mapping(columns, OURS), zone_of(timezone)
    return _parts(_File(where, mapping, zone, time_format, delimiter), medium, name or where.resolve().name, progress)


@dataclass(frozen=True)
class _File:
    """A file, and what the user says of it."""

    path: Path
    mapping: dict[str, tuple[str | int, ...] | None]
    zone: zoneinfo.ZoneInfo | None
    time_format: str | None
    delimiter: str | None
    chosen: dict[str, list[int]] = field(default_factory=dict)

    def batches(self, only: str | None, tally: Tally, advance: Callable[[float], None]) -> Iterator[Loaded]:
        """Read the columns that are wanted, or one of them."""

        def choose(names: list[str]) -> list[int]:
            self.chosen.update(_positions(self.mapping, names, self.path.name))
            wanted = [self.chosen.get(only, [])] if only else self.chosen.values()
            return sorted({position for positions in wanted for position in positions})

        headerless = any(isinstance(one, int) for given in self.mapping.values() for one in given or ())
        return table_batches(
            self.path, choose, headerless=headerless, delimiter=self.delimiter, tally=tally, advance=advance
        )

    def rule(self, ours: str) -> TimeRule:
        """Find out how a column of times is written."""

        def cells() -> Iterator[pa.Array]:
            for loaded in self.batches(ours, Tally(""), lambda _: None):
                if ours not in self.chosen:
                    return
                values = log_cells(loaded, self.chosen[ours])
                yield dated(values.filter(pc.invert(are_missing(values))), self.time_format)

        return surveyed(cells(), zone=self.zone, time_format=self.time_format, earliest=EARLIEST_LOG_US)


def _parts(file: _File, medium: str, source: str, progress: Progress) -> Iterator[Part]:
    """Lay the cells aside, then make rows of them: some of it only the whole log can tell."""
    tally = Tally(source)
    rules = {ours: file.rule(ours) for ours in ("time", "start")}
    name = file.path.name
    cells = LogCells(name, {ours: TimeReader(rule, tally) for ours, rule in rules.items()}, tally)
    with progress.stage(f"Reading {source}", file.path.stat().st_size) as stage:
        for loaded in file.batches(None, tally, stage.advance):
            cells.add(loaded, file.chosen)
    digests = {name: digest(file.path)}
    if not cells.rows:
        tally.add("no row was found", unit="files", where=name)
        yield Part(LANDED.empty_table(), losses=tally.losses(), digests=digests)
        return
    gathering = Gathering(source=source, file=name, tally=tally, medium=medium)
    for trail in cells.trails(stem_of(source, _SUFFIXES)):
        gathering.add(trail)
    yield from gathering.rows()
    yield gathering.last(digests)


def _positions(mapping: dict[str, tuple[str | int, ...] | None], names: list[str], file: str) -> dict[str, list[int]]:
    """Find each column: as the mapping says, else by its heading."""
    listed = f"{file} has the columns: {', '.join(names)}."
    by_position = any(isinstance(one, int) for given in mapping.values() for one in given or ())
    usual = {} if by_position else usual_columns(names)
    found = {ours: [position] for ours, position in usual.items() if ours not in mapping}
    for ours, given in mapping.items():
        if given is not None:
            found[ours] = [position_of(one, ours, names, listed) for one in given]
    if found.get("start") == found.get("time"):
        found.pop("start", None)
    for ours in _NEEDED:
        if ours not in found:
            raise ColumnError(
                f"No column for {ours!r} is known. {listed}",
                need="An event log says who (resource) did something on what (case), and when (time).",
                hint=f"{nearest(ours, names)} Say which it is: columns={{{ours!r}: …}}.",
            )
    return found
