"""Read event logs that come as a table: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import LANDED, MEDIA
from commfinder.progress import SILENT, Progress
from commfinder.sources.coded import Coded, Words
from commfinder.sources.column_times import Place, TimeReader, TimeRule, surveyed
from commfinder.sources.documents import stem_of
from commfinder.sources.event_log_columns import OURS, usual_columns
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.streams import digest, existing
from commfinder.sources.table_columns import (
    ColumnMap,
    column_mapping,
    filled_cells,
    joined_cells,
    position_of,
    text_cells,
)
from commfinder.sources.table_files import Loaded, table_batches
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Trail, ranks, workflow_parts
from commfinder.sources.workflow_times import EARLIEST_LOG_US, without_early

__all__ = ["event_log_parts", "read_event_log"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_WORDS = tuple(ours for ours in OURS if ours not in ("time", "start"))
_NEEDED = ("case", "resource", "time")
_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".jsonl", ".ndjson", ".parquet")
_MISSING = pa.array(["", "nan", "NaN", "NaT", "null", "NULL", "None", "NA", "N/A", "-"])


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

    The place of an event in its case, and which event ends which work, is known at the end of the log. Until then each
    event is held by number, and each case, person and activity by name: about 400 bytes an event at most. The file
    is read twice: first its times alone, to tell their unit.

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
                values = _cells(loaded, self.chosen[ours])
                yield _dated(values.filter(pc.invert(_are_missing(values))), self.time_format)

        return surveyed(cells(), zone=self.zone, time_format=self.time_format, earliest=EARLIEST_LOG_US)


def _parts(file: _File, medium: str, source: str, progress: Progress) -> Iterator[Part]:
    """Read the log by number, then make rows of it."""
    tally = Tally(source)
    rules = {ours: file.rule(ours) for ours in ("time", "start")}
    log = _Log(file, tally, {ours: TimeReader(rule, tally) for ours, rule in rules.items()})
    with progress.stage(f"Reading {source}", file.path.stat().st_size) as stage:
        for loaded in file.batches(None, tally, stage.advance):
            log.add(loaded)
    digests = {file.path.name: digest(file.path)}
    if not log.read:
        tally.add("no row was found", unit="files", where=file.path.name)
        yield Part(LANDED.empty_table(), losses=tally.losses(), digests=digests)
        return
    trail = log.trail(stem_of(source, _SUFFIXES))
    yield from workflow_parts(trail, source=source, file=file.path.name, tally=tally, digests=digests, medium=medium)


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


def _cells(loaded: Loaded, positions: list[int]) -> pa.Array:
    """Give one of our columns as text."""
    return filled_cells(joined_cells([text_cells(loaded.cells[one]) for one in positions]))


def _are_missing(values: pa.Array) -> pa.Array:
    """Tell which cells say no time."""
    return pc.or_kleene(pc.is_null(values), pc.is_in(values, value_set=_MISSING))


def _dated(values: pa.Array, time_format: str | None) -> pa.Array:
    """Write dates with dashes: years before months leave nothing to guess, 2026/07/01 is as good as 2026-07-01."""
    if time_format is not None:
        return values
    return pc.replace_substring_regex(values, r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3")


@dataclass
class _Log:
    """What was read of a log so far, by number."""

    source: _File
    tally: Tally
    readers: dict[str, TimeReader]
    read: int = 0
    _words: dict[str, Words] = field(default_factory=lambda: {ours: Words() for ours in _WORDS})
    _lines: list[Ints] = field(default_factory=list)
    _held: dict[str, list[tuple[Ints, Flags]]] = field(default_factory=lambda: {"time": [], "start": []})

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.source.path.name

    def add(self, loaded: Loaded) -> None:
        """Read some rows."""
        chosen = self.source.chosen
        self.read += len(loaded.lines)
        self._lines.append(loaded.lines)
        for ours, words in self._words.items():
            if ours in chosen:
                words.extend(_cells(loaded, chosen[ours]))
        for ours, held in self._held.items():
            if ours in chosen:
                heading = "/".join(loaded.names[one] for one in chosen[ours])
                held.append(self._read_times(ours, heading, _cells(loaded, chosen[ours]), loaded.lines))

    def _read_times(self, ours: str, heading: str, values: pa.Array, lines: Ints) -> tuple[Ints, Flags]:
        """Read some times; rows without one are not good."""
        missing = np.array(_are_missing(values).to_numpy(zero_copy_only=False), dtype=bool)
        if ours == "time" and "start" not in self.source.chosen:
            self._count(missing, "events without a time", lines)
        rows = np.flatnonzero(~missing)
        times, good = np.zeros(len(values), np.int64), ~missing
        if len(rows):
            here = _dated(values.take(pa.array(rows)), self.source.time_format)
            times[rows], good[rows] = self.readers[ours].read(here, Place(self.file, heading, lines[rows]))
        return times, good

    def _times(self, ours: str) -> tuple[Ints, Flags]:
        """Give all times of a column."""
        self.readers[ours].finish()
        times, good = zip(*self._held[ours], strict=True)
        return np.concatenate(times), np.concatenate(good)

    def trail(self, process: str) -> Trail:
        """Say what was done on cases."""
        lines = np.concatenate(self._lines)
        times, good = self._times("time")
        good = without_early(times, good, lines, file=self.file, tally=self.tally)
        starts, started = np.zeros(len(times), np.int64), np.zeros(len(times), bool)
        if "start" in self.source.chosen:
            starts, started = self._times("start")
            # A row without an end is an event all the same.
            begun, started = started & ~good, started & good
            late = started & (starts > times)
            self._count(late, "start after the end; the start is left out", lines)
            self._count(~good & ~begun, "events without a time", lines)
            started &= ~late
            times, good = np.where(begun, starts, times), good | begun
        rows = np.flatnonzero(good)
        coded = {ours: self._coded(ours).take(rows) for ours in self._words}
        if "space" not in self.source.chosen:
            coded["space"] = Coded.same(process, len(rows))
        trail = Trail(
            title=coded.pop("role"),
            transitions=coded.pop("lifecycle"),
            role=Coded.nothing(len(rows)),
            position=np.zeros(len(rows), np.int64),
            time=times[rows],
            line=lines[rows],
            **coded,
        )
        if started.any():
            trail = _with_starts(trail, starts[rows], started[rows])
        return _numbered(trail)

    def _coded(self, ours: str) -> Coded:
        """Give the words of a column by number."""
        if ours not in self.source.chosen:
            return Coded.nothing(self.read)
        coded = self._words[ours].coded()
        # pandas writes whole numbers as 112.0 where one of them is missing.
        if coded.words and all(word.endswith(".0") and word[:-2].isdigit() for word in coded.words if word != "nan"):
            coded = coded.settled(lambda word: None if word == "nan" else word[:-2])
        return coded

    def _count(self, rows: Flags, reason: str, lines: Ints) -> None:
        """Count rows by what is odd about them."""
        if rows.any():
            where = f"{self.file}, line {lines[int(np.argmax(rows))]}"
            self.tally.add(reason, unit="events", where=where, count=int(rows.sum()))


def _with_starts(trail: Trail, starts: Ints, started: Flags) -> Trail:
    """Make two events of each row that says when its work began; what links them is an instance of their own."""
    n = len(trail)
    begun = np.flatnonzero(started)
    # By row, the start first: equal times keep this order.
    order = np.argsort(np.concatenate([2 * begun, 2 * np.arange(n) + 1]), kind="stable")
    rows = np.concatenate([begun, np.arange(n)])[order]
    is_start = (np.arange(len(rows)) < len(begun))[order]
    both = trail.take(rows)
    own = both.transitions.codes
    codes = np.where(is_start, 0, np.where(started[rows], 1, np.where(own >= 0, own + 2, -1))).astype(np.int32)
    held = {
        **vars(both),
        "transitions": Coded(codes, ["start", "complete", *trail.transitions.words]),
        "instance": Coded(np.where(started[rows], rows, -1).astype(np.int32), [str(row) for row in range(n)]),
        "time": np.where(is_start, starts[rows], both.time),
    }
    return Trail(**held)


def _numbered(trail: Trail) -> Trail:
    """Number the events of each case."""
    return Trail(**{**vars(trail), "position": ranks(trail.case, trail.time)})
