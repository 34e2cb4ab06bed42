"""Read event logs that come as a table: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import INTERACTIONS, MEDIA
from commfinder.progress import SILENT, Progress
from commfinder.sources.coded import Coded
from commfinder.sources.column_times import Place, column_times
from commfinder.sources.documents import stem_of
from commfinder.sources.event_log_columns import OURS, usual_columns
from commfinder.sources.reading import Reading
from commfinder.sources.streams import digest, existing
from commfinder.sources.table_columns import ColumnMap, column_mapping, filled_cells, joined_cells, position_of
from commfinder.sources.table_files import Loaded, load_table
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Trail, ranks, workflow_reading
from commfinder.sources.workflow_times import EARLIEST_LOG_US, without_early

__all__ = ["read_event_log"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

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
    where = existing(path)
    source = name or where.resolve().name
    zone = zone_of(timezone)
    if medium not in MEDIA:
        raise InputError(f"{medium!r} is no medium.", hint=nearest(str(medium), MEDIA))
    mapping = column_mapping(columns, OURS)
    tally = Tally(source)
    chosen: dict[str, list[int]] = {}

    def choose(names: list[str]) -> list[int]:
        chosen.update(_positions(mapping, names, where.name))
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
    digests = {where.name: digest(where)}
    if len(loaded.lines) == 0:
        tally.add("no row was found", unit="files", where=where.name)
        return Reading(INTERACTIONS.empty_table(), losses=tally.losses(), digests=digests)
    log = _Log(loaded, chosen, where, tally)
    trail = log.trail(zone, time_format, stem_of(source, _SUFFIXES))
    return workflow_reading(trail, source=source, file=where.name, tally=tally, digests=digests, medium=medium)


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


class _Log:
    """The chosen columns of one file."""

    def __init__(self, loaded: Loaded, chosen: dict[str, list[int]], path: Path, tally: Tally) -> None:
        self.lines = loaded.lines
        self.file = path.name
        self.tally = tally
        self.headings = {ours: "/".join(loaded.names[one] for one in at) for ours, at in chosen.items()}
        self.cells = {
            ours: filled_cells(joined_cells([loaded.cells[one] for one in at])) for ours, at in chosen.items()
        }

    def trail(self, zone: Any, time_format: str | None, process: str) -> Trail:
        """Say what was done on cases."""
        times, good = self._times("time", zone, time_format)
        good = without_early(times, good, self.lines, file=self.file, tally=self.tally)
        starts, started = np.zeros(len(times), np.int64), np.zeros(len(times), bool)
        if "start" in self.cells:
            starts, started = self._times("start", zone, time_format)
            # A row without an end is an event all the same.
            begun, started = started & ~good, started & good
            late = started & (starts > times)
            self._count(late, "start after the end; the start is left out")
            self._count(~good & ~begun, "events without a time")
            started &= ~late
            times, good = np.where(begun, starts, times), good | begun
        rows = np.flatnonzero(good)
        coded = {ours: self._coded(ours).take(rows) for ours in OURS if ours not in ("time", "start")}
        if "space" not in self.cells:
            coded["space"] = Coded.same(process, len(rows))
        trail = Trail(
            title=coded.pop("role"),
            transitions=coded.pop("lifecycle"),
            role=Coded.nothing(len(rows)),
            position=np.zeros(len(rows), np.int64),
            time=times[rows],
            line=self.lines[rows],
            **coded,
        )
        if started.any():
            trail = _with_starts(trail, starts[rows], started[rows])
        return _numbered(trail)

    def _coded(self, ours: str) -> Coded:
        """Number the words of a column."""
        if ours not in self.cells:
            return Coded.nothing(len(self.lines))
        coded = Coded.of(self.cells[ours])
        # pandas writes whole numbers as 112.0 where one of them is missing.
        if coded.words and all(word.endswith(".0") and word[:-2].isdigit() for word in coded.words if word != "nan"):
            coded = coded.settled(lambda word: None if word == "nan" else word[:-2])
        return coded

    def _times(self, ours: str, zone: Any, time_format: str | None) -> tuple[Ints, Flags]:
        """Read a column of times; rows without one are not good."""
        cells = pc.fill_null(self.cells[ours], "")
        missing = np.array(pc.is_in(cells, value_set=_MISSING).to_numpy(zero_copy_only=False), dtype=bool)
        if ours == "time" and "start" not in self.cells:
            self._count(missing, "events without a time")
        rows = np.flatnonzero(~missing)
        times, good = np.zeros(len(cells), np.int64), ~missing
        if len(rows):
            # Years before months leave nothing to guess: 2026/07/01 is as good as 2026-07-01.
            here = cells.take(pa.array(rows))
            if time_format is None:
                here = pc.replace_substring_regex(here, r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3")
            times[rows], good[rows] = column_times(
                here,
                Place(self.file, self.headings[ours], self.lines[rows]),
                zone=zone,
                time_format=time_format,
                tally=self.tally,
                earliest=EARLIEST_LOG_US,
            )
        return times, good

    def _count(self, rows: Flags, reason: str) -> None:
        """Count rows by what is odd about them."""
        if rows.any():
            where = f"{self.file}, line {self.lines[int(np.argmax(rows))]}"
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
