"""Load the columns of a table file as text: delimited text, JSON lines or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commfinder.errors import FormatError
from commfinder.sources.streams import Stream, open_stream
from commfinder.sources.table_columns import text_cells
from commfinder.sources.table_json import LIST_MARK, json_batches, json_names
from commfinder.sources.table_text import BATCH, Choose, Loaded, Shape, sniffed, text_batches
from commfinder.sources.tally import Tally
from commfinder.sources.text_lines import Lines, utf16_of

__all__ = ["Loaded", "load_table", "table_batches"]

_SAMPLE = 1 << 16


def table_batches(
    path: Path,
    choose: Choose,
    *,
    headerless: bool,
    delimiter: str | None,
    tally: Tally,
    advance: Callable[[float], None],
) -> Iterator[Loaded]:
    """Yield some columns of a table file batch by batch; see `load_table`, which gives them at once.

    Memory does not grow with the file, but for Parquet, where it grows with the largest row group.

    Parameters
    ----------
    path : pathlib.Path
        CSV or other delimited text, JSON lines (both also ``.gz`` and ``.bz2``), or Parquet.
    choose : callable
        Given the file's column names, says which positions are needed.
    headerless : bool
        Whether the first line already is data; columns are then called "0", "1" and so on.
    delimiter : str or None
        None finds it out.
    tally : Tally
        Where bad rows are counted.
    advance : callable
        Told of the bytes read.

    Yields
    ------
    Loaded
        Nothing where the file has no row.

    Raises
    ------
    FormatError
        If the file is no table.
    """
    if path.is_dir():
        raise FormatError(
            f"{path.name} is a folder, not a table.", hint="Give one CSV, JSON lines or Parquet file of it."
        )
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"PAR1":
        yield from _parquet(path, choose)
        return
    with open_stream(path, advance) as (reader, stream):
        sample = reader.peek(_SAMPLE)[:_SAMPLE]
        suffixes = {suffix.lower() for suffix in path.suffixes}
        lines = Lines(reader, sample, path.name, tally)
        if suffixes & {".jsonl", ".ndjson"}:
            yield from json_batches(lines, json_names(path), choose, Shape("", False, path.name), tally)
        else:
            if b"\0" in sample and not utf16_of(sample):
                raise FormatError(
                    f"{path.name} is no text.", need="A table is CSV, JSON lines or Parquet.", hint="Save it as CSV."
                )
            shape = Shape(delimiter or sniffed(sample), headerless, path.name)
            yield from text_batches(lines, choose, shape, tally)
        _note_broken(stream, path.name, tally)


def load_table(
    path: Path,
    choose: Choose,
    *,
    headerless: bool,
    delimiter: str | None,
    tally: Tally,
    advance: Callable[[float], None],
) -> Loaded:
    """Load some columns of a table file as text; prefer `table_batches` for what need not be there at once.

    Parameters
    ----------
    path, choose, headerless, delimiter, tally, advance
        As for `table_batches`.

    Returns
    -------
    Loaded
        All cells are text.

    Raises
    ------
    FormatError
        If the file is no table.
    """
    found = list(table_batches(path, choose, headerless=headerless, delimiter=delimiter, tally=tally, advance=advance))
    if not found:
        return Loaded([], {}, np.zeros(0, np.int64))
    cells = {
        one: pa.chunked_array([text_cells(batch.cells[one]) for batch in found], pa.string()).combine_chunks()
        for one in found[0].cells
    }
    return Loaded(found[0].names, cells, np.concatenate([batch.lines for batch in found]))


def _note_broken(stream: Stream, name: str, tally: Tally) -> None:
    """Count a compressed file that ended early."""
    if stream.broken:
        tally.add(
            "compressed file is damaged or cut off; the rows before the damage are kept",
            unit="files",
            where=name,
            advice="Fetch the file again.",
        )


def _parquet(path: Path, choose: Choose) -> Iterator[Loaded]:
    """Load a Parquet file."""
    count = 1
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            names = list(file.schema_arrow.names)
            wanted = choose(names)
            chosen = [names[position] for position in wanted]
            for batch in file.iter_batches(BATCH, columns=chosen):
                cells = {
                    position: _plain(batch.column(batch.schema.get_field_index(name)), path.name, name)
                    for position, name in zip(wanted, chosen, strict=True)
                }
                yield Loaded(names, cells, np.arange(count, count + batch.num_rows, dtype=np.int64))
                count += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FormatError(
            f"{path.name} is a damaged Parquet file ({error}).", hint="Write or fetch the file again."
        ) from None


def _plain(column: pa.Array, file: str, name: str) -> pa.Array:
    """Keep times, whole numbers and flags of a Parquet column; write anything else as text."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_signed_integer(kind) or pa.types.is_boolean(kind):
        return column
    try:
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            column = pc.binary_join(column.cast(pa.list_(pa.string())), LIST_MARK)
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise FormatError(
            f"Column {name!r} of {file} is of type {kind}, which is no text, number, time or list of texts.",
            hint="Flatten it before writing the file.",
        ) from None
