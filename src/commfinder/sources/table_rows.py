"""Make interactions of the cells of a table, batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.schema import LANDED, MEDIA, ROLES
from commfinder.sources.column_times import Place, TimeReader
from commfinder.sources.table_columns import account_cells, filled_cells, joined_cells, text_cells
from commfinder.sources.table_json import LIST_MARK
from commfinder.sources.table_text import Loaded
from commfinder.sources.tally import Tally

__all__ = ["Rows", "time_cells"]

_TEXTS = ("space", "thread", "parent", "activity")
_TRUE = ("true", "t", "1", "yes", "y")
_FALSE = ("false", "f", "0", "no", "n", "")


def time_cells(loaded: Loaded, positions: list[int]) -> pa.Array:
    """Give the cells of times: as the file has them where it is one column.

    Parameters
    ----------
    loaded : Loaded
        A batch of a file.
    positions : list of int
        Of the columns that hold the time.

    Returns
    -------
    pyarrow.Array
    """
    if len(positions) == 1 and not pa.types.is_boolean(loaded.cells[positions[0]].type):
        return loaded.cells[positions[0]]
    return joined_cells([text_cells(loaded.cells[one]) for one in positions])


@dataclass
class Rows:
    """Makes rows of the batches of one file.

    Parameters
    ----------
    fixed : dict
        Our columns that are the same in all rows.
    file, source : str
        Names of the file and of the source.
    separator : str or None
        Between several recipients in one cell.
    tally : Tally
        Where rows that can not be used are counted.
    times : TimeReader
        Reads the times.
    named : bool
        Whether every event gets an id; otherwise only those that need one to hold their rows together.

    Attributes
    ----------
    read : int
        How many rows of the file were read.
    """

    fixed: dict[str, str]
    file: str
    source: str
    separator: str | None
    tally: Tally
    times: TimeReader
    named: bool
    read: int = 0
    _seen: dict[bytes, int] = field(default_factory=dict)

    def table(self, loaded: Loaded, chosen: dict[str, list[int]]) -> pa.Table:
        """Make the rows of a batch that can be used.

        Parameters
        ----------
        loaded : Loaded
            The batch.
        chosen : dict
            Positions of our columns.

        Returns
        -------
        pyarrow.Table
            Of the schema `LANDED`.
        """
        batch = _Batch(loaded, chosen, self.fixed, self.file)
        self.read += len(batch.lines)
        senders = account_cells(batch.cells["sender"])
        stamps, good = self._stamps(batch, senders)
        rows = np.flatnonzero(good)
        if len(rows) < len(good):
            batch.cells = {ours: values.filter(pa.array(good)) for ours, values in batch.cells.items()}
            batch.lines, stamps, senders = (
                batch.lines[rows],
                stamps.filter(pa.array(good)),
                senders.filter(pa.array(good)),
            )
        cells = batch.cells
        recipients, parents = _split(cells.get("recipient"), len(rows), self.separator)
        events = self._events(cells, stamps, parents)
        counts = self._counts(cells, batch.lines)
        at: pa.Array | None = None if len(parents) == len(rows) and _in_place(parents) else pa.array(parents)
        arrays = {
            "event": events,
            "time": stamps,
            "sender": senders,
            "role": batch.word("role", ROLES, "to"),
            "medium": batch.word("medium", MEDIA, None),
            **{ours: filled_cells(cells[ours]) for ours in _TEXTS if ours in cells},
            "automated": batch.flag(),
            "n_recipients": counts,
        }
        arrays = arrays if at is None else {ours: values.take(at) for ours, values in arrays.items()}
        other = pc.fill_null(pc.not_equal(arrays["sender"], recipients), False)
        alone = pc.if_else(pc.is_null(arrays["event"]), pc.cast(other, pa.int32()), pa.scalar(None, pa.int32()))
        arrays["n_recipients"] = pc.coalesce(arrays["n_recipients"], alone)
        arrays["recipient"] = recipients
        arrays["source"] = pa.repeat(pa.scalar(self.source), len(parents))
        return pa.Table.from_arrays(
            [
                arrays[column.name].cast(column.type) if column.name in arrays else pa.nulls(len(parents), column.type)
                for column in LANDED
            ],
            schema=LANDED,
        )

    def _counts(self, cells: dict[str, pa.Array], lines: npt.NDArray[np.int64]) -> pa.Array:
        """Read how many recipients the file says that an event has; what is no such number is counted."""
        counts = _given_counts(cells, len(lines))
        if "n_recipients" in cells:
            held = cells["n_recipients"]
            given = pc.is_valid(held if pa.types.is_integer(held.type) else filled_cells(held))
            odd = np.asarray(pc.and_(given, pc.is_null(counts)).to_numpy(zero_copy_only=False), dtype=bool)
            if odd.any():
                self.tally.add(
                    "n_recipients is no whole number; the recipients are counted instead",
                    unit="rows",
                    where=f"{self.file}, line {lines[int(np.argmax(odd))]}",
                    advice="Leave the column out: columns={'n_recipients': None}.",
                    count=int(odd.sum()),
                )
        return counts

    def _stamps(self, batch: _Batch, senders: pa.Array) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Read the times, null if there is no such column; and say which rows can be used."""
        named = np.array(pc.is_valid(senders).to_numpy(zero_copy_only=False), dtype=bool)
        if not named.all():
            self.tally.add("no sender", unit="rows", where=batch.place(np.argmin(named)), count=int((~named).sum()))
        if "time" not in batch.cells:
            return pa.nulls(len(named), pa.int64()), named
        place = Place(self.file, batch.headings["time"], batch.lines)
        times, good = self.times.read(batch.cells.pop("time"), place)
        return pa.array(times), good & named

    def _events(self, cells: dict[str, pa.Array], stamps: pa.Array, parents: npt.NDArray[np.int64]) -> pa.Array:
        """Give each row its event; one without is named by its content, and counted among its like.

        Rows that come from one row of the file must be named here, for they are one event.
        """
        given = filled_cells(cells["event"]) if "event" in cells else pa.nulls(len(stamps), pa.string())
        nameless = np.asarray(pc.is_null(given))
        if not self.named:
            nameless = nameless & (np.bincount(parents, minlength=len(stamps)) > 1)
        if not nameless.any():
            return given
        rows = pa.array(np.flatnonzero(nameless))
        parts = [text_cells(cells[ours].take(rows)).to_pylist() for ours in sorted(cells) if ours != "event"]
        events = np.array(given.to_pylist(), dtype=object)
        contents = zip(stamps.take(rows).to_pylist(), *parts, strict=True)
        for place, row in zip(rows.to_pylist(), contents, strict=True):
            key = hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=12).digest()
            count = self._seen[key] = self._seen.get(key, -1) + 1
            events[place] = f"row:{key.hex()}:{count}"
        return pa.array(events, pa.string())


class _Batch:
    """The chosen columns of a batch under our names."""

    def __init__(self, loaded: Loaded, chosen: dict[str, list[int]], fixed: dict[str, str], file: str) -> None:
        self.lines = loaded.lines
        self.file = file
        for ours in ("sender", "recipient"):
            for one in chosen.get(ours, ()):
                _check_accounts(loaded.cells[one], loaded.names[one], ours, file)
        self.headings = {ours: "/".join(loaded.names[one] for one in at) for ours, at in chosen.items()}
        self.cells = {
            ours: time_cells(loaded, at)
            if ours == "time" or (ours == "n_recipients" and _are_whole(loaded, at))
            else joined_cells([text_cells(loaded.cells[one]) for one in at])
            for ours, at in chosen.items()
        }
        for ours, value in fixed.items():
            self.cells[ours] = pa.repeat(pa.scalar(value, pa.string()), len(self.lines))
            self.headings[ours] = ours

    def place(self, row: Any) -> str:
        """Name the place of a row."""
        return f"{self.file}, line {self.lines[row]}"

    def word(self, ours: str, known: tuple[str, ...], default: str | None) -> pa.Array:
        """Read a column of words of a fixed list."""
        if ours not in self.cells:
            return pa.repeat(pa.scalar(default, pa.string()), len(self.lines))
        if pc.all(pc.is_in(self.cells[ours], value_set=pa.array(known))).as_py():
            return self.cells[ours]
        words = pc.utf8_lower(pc.fill_null(pc.utf8_trim_whitespace(self.cells[ours]), ""))
        if default is not None:
            words = pc.if_else(pc.equal(words, ""), default, words)
        strange = pc.invert(pc.is_in(words, value_set=pa.array(known)))
        if (row := pc.index(strange, True).as_py()) >= 0:
            value = words[row].as_py()
            raise InputError(
                f"{value!r} is no {ours} ({self.place(row)}, column {self.headings[ours]!r}).",
                hint=nearest(value, known),
            )
        return words

    def flag(self) -> pa.Array:
        """Read whether each row is automated; without such a column none is."""
        if "automated" not in self.cells:
            return pa.repeat(pa.scalar(False), len(self.lines))
        words = pc.utf8_lower(pc.fill_null(pc.utf8_trim_whitespace(self.cells["automated"]), ""))
        true = pc.is_in(words, value_set=pa.array(_TRUE))
        strange = pc.invert(pc.or_(true, pc.is_in(words, value_set=pa.array(_FALSE))))
        if (row := pc.index(strange, True).as_py()) >= 0:
            raise InputError(
                f"{words[row].as_py()!r} in column {self.headings['automated']!r} is neither true nor false "
                f"({self.place(row)}).",
                hint="Write true or false.",
            )
        return true


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
    if kept.all() and len(parents) == rows:
        return clean, parents
    empty = np.flatnonzero(np.bincount(parents[kept], minlength=rows) == 0)
    kept_rows = pa.concat_arrays([clean.filter(pa.array(kept)), pa.nulls(len(empty), pa.string())])
    return kept_rows, np.concatenate([parents[kept], empty])


def _are_whole(loaded: Loaded, positions: list[int]) -> bool:
    """Tell whether what is wanted is one column of whole numbers."""
    return len(positions) == 1 and pa.types.is_integer(loaded.cells[positions[0]].type)


def _check_accounts(cells: pa.Array, heading: str, ours: str, file: str) -> None:
    """Refuse a column that can not name anybody."""
    if pa.types.is_boolean(cells.type) or pa.types.is_timestamp(cells.type):
        raise ColumnError(
            f"Column {heading!r} of {file} is of type {cells.type}, and can not say who the {ours} is.",
            need="Accounts are texts or whole numbers.",
            hint=f"Say which column it is: columns={{{ours!r}: …}}.",
        )


def _in_place(parents: npt.NDArray[np.int64]) -> bool:
    """Tell whether each row stands where it stood."""
    return bool((parents == np.arange(len(parents))).all())


def _given_counts(cells: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """Read how many recipients the file says that an event has; null where it does not."""
    if "n_recipients" not in cells:
        return pa.nulls(rows, pa.int32())
    if pa.types.is_integer(cells["n_recipients"].type):
        numbers = cells["n_recipients"].cast(pa.int64())
        fits = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, 1_000_000_000))
        return pc.if_else(fits, numbers, pa.scalar(None, pa.int64())).cast(pa.int32())
    text = pc.utf8_trim_whitespace(cells["n_recipients"])
    written = pc.if_else(pc.match_substring_regex(text, r"^\d{1,9}(\.0*)?$"), text, pa.scalar(None, pa.string()))
    return pc.cast(pc.replace_substring_regex(written, r"\..*$", ""), pa.int32())
