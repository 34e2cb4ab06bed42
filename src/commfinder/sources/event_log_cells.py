"""Lay the cells of an event log aside on disk, and say what was done once all of them were seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.sources.coded import Coded
from commfinder.sources.column_times import Place, TimeReader
from commfinder.sources.event_log_columns import OURS
from commfinder.sources.spool import Spool
from commfinder.sources.table_columns import filled_cells, joined_cells, text_cells
from commfinder.sources.table_files import Loaded
from commfinder.sources.tally import Tally
from commfinder.sources.times import EARLIEST_US
from commfinder.sources.workflow_times import EARLIEST_LOG_US, Early
from commfinder.sources.workflow_trail import Trail

__all__ = ["LogCells", "are_missing", "dated", "log_cells"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_WORDS = tuple(ours for ours in OURS if ours not in ("time", "start"))
_TIMES = {"time": pa.int64(), "good": pa.bool_(), "start": pa.int64(), "started": pa.bool_(), "line": pa.int64()}
_HELD = pa.schema([*((ours, pa.string()) for ours in _WORDS), *_TIMES.items()])
_MISSING = pa.array(["", "nan", "NaN", "NaT", "null", "NULL", "None", "NA", "N/A", "-"])


def log_cells(loaded: Loaded, positions: list[int]) -> pa.Array:
    """Give one of our columns as text."""
    return filled_cells(joined_cells([text_cells(loaded.cells[one]) for one in positions]))


def are_missing(values: pa.Array) -> pa.Array:
    """Tell which cells say no time."""
    return pc.or_kleene(pc.is_null(values), pc.is_in(values, value_set=_MISSING))


def dated(values: pa.Array, time_format: str | None) -> pa.Array:
    """Write dates with dashes: years before months leave nothing to guess, 2026/07/01 is as good as 2026-07-01."""
    if time_format is not None:
        return values
    return pc.replace_substring_regex(values, r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3")


@dataclass
class LogCells:
    """The cells of a log, laid aside on disk as they were read.

    Parameters
    ----------
    file : str
        Name of the file.
    readers : mapping of str to TimeReader
        Of the columns "time" and "start".
    tally : Tally
        Where losses are counted.
    """

    file: str
    readers: Mapping[str, TimeReader]
    tally: Tally
    _early: Early = field(default_factory=Early)
    _held: Spool = field(default_factory=lambda: Spool(_HELD))
    _columns: frozenset[str] = frozenset()
    _decimal: dict[str, bool] = field(default_factory=dict)
    _started: dict[int, bool] = field(default_factory=lambda: dict.fromkeys((EARLIEST_LOG_US, EARLIEST_US), False))

    def add(self, loaded: Loaded, chosen: Mapping[str, list[int]]) -> None:
        """Lay some rows aside.

        Parameters
        ----------
        loaded : Loaded
            Rows of the file.
        chosen : mapping of str to list of int
            Positions of our columns.
        """
        self._columns = frozenset(chosen)
        n = len(loaded.lines)
        held: dict[str, pa.Array] = {"line": pa.array(loaded.lines)}
        for ours in _WORDS:
            held[ours] = log_cells(loaded, chosen[ours]) if ours in chosen else pa.nulls(n, pa.string())
            if ours in chosen:
                self._see_words(ours, pc.unique(held[ours]))
        times, good = self._read_times("time", loaded, chosen)
        starts, started = self._read_times("start", loaded, chosen)
        self._early.see(times, good, loaded.lines)
        for earliest in self._started:
            self._started[earliest] |= bool((started & good & (times >= earliest) & (starts <= times)).any())
        held |= {name: pa.array(one) for name, one in zip(_TIMES, (times, good, starts, started), strict=False)}
        self._held.add(pa.RecordBatch.from_arrays([held[name] for name in _HELD.names], schema=_HELD))

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self._held.rows

    def trails(self, process: str) -> Iterator[Trail]:
        """Say what was done on cases, piece by piece.

        Parameters
        ----------
        process : str
            Name of the process, where no column has it.

        Yields
        ------
        Trail

        Raises
        ------
        InputError
            If half of the times or more can not be read.
        """
        for ours in ("time", "start"):
            if ours in self._columns:
                self.readers[ours].finish()
        self._early.tell(self.file, self.tally)
        step = 0
        with self._held:
            for batch in self._held.read():
                trail = self._trail(batch, process, step)
                step += len(trail)
                yield trail

    def _see_words(self, ours: str, words: pa.Array) -> None:
        """Note whether all words of a column so far are whole numbers written as decimals."""
        text = words.drop_null()
        text = text.filter(pc.not_equal(text, "nan"))
        decimal = pc.all(pc.match_substring_regex(text, r"^\d+\.0$"), min_count=0).as_py()
        if words.null_count < len(words):
            self._decimal[ours] = self._decimal.get(ours, True) and decimal

    def _read_times(self, ours: str, loaded: Loaded, chosen: Mapping[str, list[int]]) -> tuple[Ints, Flags]:
        """Read some times; rows without one are not good."""
        times, good = np.zeros(len(loaded.lines), np.int64), np.zeros(len(loaded.lines), bool)
        if ours not in chosen:
            return times, good
        values = log_cells(loaded, chosen[ours])
        missing = np.array(are_missing(values).to_numpy(zero_copy_only=False), dtype=bool)
        if ours == "time" and "start" not in chosen:
            self._count(missing, "events without a time", loaded.lines)
        rows = np.flatnonzero(~missing)
        if len(rows):
            here = dated(values.take(pa.array(rows)), self.readers[ours].rule.time_format)
            heading = "/".join(loaded.names[one] for one in chosen[ours])
            times[rows], good[rows] = self.readers[ours].read(here, Place(self.file, heading, loaded.lines[rows]))
        return times, good

    def _trail(self, batch: pa.RecordBatch, process: str, step: int) -> Trail:
        """Say what some rows tell of cases."""
        times, good, starts, started, lines = (batch[name].to_numpy(zero_copy_only=False).copy() for name in _TIMES)
        good &= times >= self._early.earliest
        if "start" in self._columns:
            # A row without an end is an event all the same.
            begun, started = started & ~good, started & good
            late = started & (starts > times)
            self._count(late, "start after the end; the start is left out", lines)
            self._count(~good & ~begun, "events without a time", lines)
            started &= ~late
            times, good = np.where(begun, starts, times), good | begun
        rows = np.flatnonzero(good)
        coded = {ours: self._coded(ours, batch[ours]).take(rows) for ours in _WORDS}
        if "space" not in self._columns:
            coded["space"] = Coded.same(process, len(rows))
        trail = Trail(
            title=coded.pop("role"),
            transitions=coded.pop("lifecycle"),
            role=Coded.nothing(len(rows)),
            step=step + np.arange(len(rows)),
            time=times[rows],
            line=lines[rows],
            usable=np.ones(len(rows), bool),
            **coded,
        )
        if self._started[self._early.earliest]:
            trail = _with_starts(trail, starts[rows], started[rows], step)
        return trail

    def _coded(self, ours: str, values: pa.Array) -> Coded:
        """Give the words of a column by number."""
        coded = Coded.of(values)
        # pandas writes whole numbers as 112.0 where one of them is missing.
        if self._decimal.get(ours):
            coded = coded.settled(lambda word: None if word == "nan" else word[:-2])
        return coded

    def _count(self, rows: Flags, reason: str, lines: Ints) -> None:
        """Count rows by what is odd about them."""
        if rows.any():
            where = f"{self.file}, line {lines[int(np.argmax(rows))]}"
            self.tally.add(reason, unit="events", where=where, count=int(rows.sum()))


def _with_starts(trail: Trail, starts: Ints, started: Flags, step: int) -> Trail:
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
        "instance": Coded(np.where(started[rows], rows, -1).astype(np.int32), [str(step + row) for row in range(n)]),
        "step": step + np.arange(len(rows)),
        "time": np.where(is_start, starts[rows], both.time),
    }
    return Trail(**held)
