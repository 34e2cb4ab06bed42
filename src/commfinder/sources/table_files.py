"""Load the columns of a table file as text: delimited text, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commfinder.errors import FormatError
from commfinder.sources.json_text import JsonError, decode_text, load
from commfinder.sources.streams import Stream, open_stream
from commfinder.sources.tally import Tally

__all__ = ["LIST_MARK", "WHITESPACE", "Loaded", "load_table"]

LIST_MARK = "\x1f"
"""Stands between the items of a list that a JSON or Parquet cell holds."""

WHITESPACE = " "
"""The delimiter that stands for any run of blanks and tabs."""

Choose = Callable[[list[str]], list[int]]
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_LINE = 1 << 24
_BATCH = 50_000
Row: TypeAlias = "Sequence[str] | dict[int, str | None]"


@dataclass(frozen=True)
class Loaded:
    """The chosen columns of a table.

    Parameters
    ----------
    names : list of str
        All column names of the file.
    cells : dict
        Column of strings by position.
    lines : numpy.ndarray
        Line (or row) of the file that each row stands in.
    """

    names: list[str]
    cells: dict[int, pa.Array]
    lines: npt.NDArray[np.int64]


def load_table(
    path: Path,
    choose: Choose,
    *,
    headerless: bool,
    delimiter: str | None,
    tally: Tally,
    advance: Callable[[float], None],
) -> Loaded:
    """Load some columns of a table file as text.

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

    Returns
    -------
    Loaded

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
        return _parquet(path, choose)
    with open_stream(path, advance) as (reader, stream):
        sample = reader.peek(_SAMPLE)[:_SAMPLE]
        suffixes = {suffix.lower() for suffix in path.suffixes}
        lines = _text_lines(reader, sample, path.name, tally)
        if suffixes & {".jsonl", ".ndjson"}:
            found = _json_lines(path, choose, lines, tally)
        else:
            if b"\0" in sample and not _utf16(sample):
                raise FormatError(
                    f"{path.name} is no text.", need="A table is CSV, JSON lines or Parquet.", hint="Save it as CSV."
                )
            mark = delimiter or _sniff(_decode_sample(sample))
            found = _delimited(lines, choose, mark, headerless, path.name, tally)
        _note_broken(stream, path.name, tally)
    return found


def _note_broken(stream: Stream, name: str, tally: Tally) -> None:
    """Count a compressed file that ended early."""
    if stream.broken:
        tally.add(
            "compressed file is damaged or cut off; the rows before the damage are kept",
            unit="files",
            where=name,
            advice="Fetch the file again.",
        )


def _utf16(sample: bytes) -> str | None:
    """Name the UTF-16 codec of a sample; files of Windows programs often lack the mark that says so."""
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    even, odd = sample[0:2000:2], sample[1:2000:2]
    if len(odd) >= 2 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if len(odd) >= 2 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _decode_sample(sample: bytes) -> str:
    """Decode a sample, whatever it is."""
    return sample.decode(_utf16(sample) or "utf-8-sig", "replace")


def _text_lines(reader: io.BufferedReader[Stream], sample: bytes, name: str, tally: Tally) -> Iterator[str]:
    """Yield the lines of a text with their line ends, decoded by the first encoding that fits."""
    codec = _utf16(sample)
    if codec or (b"\n" not in sample and b"\r" in sample):
        for number, line in enumerate(io.TextIOWrapper(reader, codec or "utf-8-sig", "replace"), 1):
            if "\ufffd" in line:
                _note_foreign(name, number, tally)
            yield line
        return
    for number, raw in enumerate(iter(lambda: reader.readline(_LINE), b""), 1):
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            _note_foreign(name, number, tally)
            yield raw.decode("cp1252", "replace")


def _note_foreign(name: str, number: int, tally: Tally) -> None:
    """Count a line that is not of the encoding of the others."""
    tally.add(
        "line is not UTF-8; taken as Windows-1252",
        unit="lines",
        where=f"{name}, line {number}",
        advice="Save the file as UTF-8.",
    )


def _sniff(sample: str) -> str:
    """Find the delimiter under which most lines have the same number of cells."""
    lines = [line for line in sample.splitlines()[:51] if line.strip()]
    lines = lines[:-1] if len(lines) > 2 else lines
    best, score = ",", 0.0
    for mark in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark))
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        if width > 1 and count / sum(widths.values()) > score:
            best, score = mark, count / sum(widths.values())
    blanks = Counter(len(line.split()) for line in lines)
    if score < 0.6 and blanks and max(blanks, key=lambda width: blanks[width]) > 1:
        return WHITESPACE
    return best


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and cells of each record; None for one that can not be taken apart."""
    if delimiter == WHITESPACE:
        for number, line in enumerate(lines, 1):
            yield number, line.split()
        return
    held: list[str] = []

    def watched() -> Iterator[str]:
        for line in lines:
            held.append(line)
            yield line

    reader = csv.reader(watched(), delimiter=delimiter)
    number = 1
    width = 0
    while True:
        try:
            row: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        width = width or len(row or ())
        if len(held) > 1 and (row is None or len(row) != width):
            # An opening quote without its end swallowed good lines: read each of them by itself, quotes and all.
            for offset, line in enumerate(held):
                yield number + offset, next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
        else:
            yield number, row
        number += len(held)
        held.clear()


def _delimited(
    lines: Iterator[str], choose: Choose, delimiter: str, headerless: bool, name: str, tally: Tally
) -> Loaded:
    """Load delimited text."""
    records = _records(lines, delimiter)
    first = next((record for record in records if record[1] and any(cell.strip() for cell in record[1])), None)
    if first is None or first[1] is None:
        return Loaded([], {}, np.zeros(0, np.int64))
    names = [str(position) for position in range(len(first[1]))] if headerless else [c.strip() for c in first[1]]
    wanted = choose(names)
    rows = itertools.chain([first], records) if headerless else records
    return _gather(_sound(rows, len(names), name, tally), wanted, names)


def _sound(
    records: Iterable[tuple[int, list[str] | None]], width: int, name: str, tally: Tally
) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of the right width; count the others."""
    for number, row in records:
        if row is not None and len(row) == width:
            yield number, row
        elif row is not None and len(row) == width + 1 and not row[-1].strip():
            yield number, row[:-1]
        elif row is None or any(cell.strip() for cell in row):
            tally.add(
                "row with too few or too many cells",
                unit="rows",
                where=f"{name}, line {number}",
                advice="Look for a missing or unbalanced quote.",
            )


def _gather(
    rows: Iterator[tuple[int, Sequence[str] | dict[int, str | None]]], wanted: list[int], names: list[str]
) -> Loaded:
    """Collect the wanted cells column by column, in batches that Arrow holds in little room."""
    chunks: dict[int, list[pa.Array]] = {position: [] for position in wanted}
    numbers: list[npt.NDArray[np.int64]] = []
    while batch := list(itertools.islice(rows, _BATCH)):
        numbers.append(np.array([number for number, _ in batch], np.int64))
        for position in wanted:
            chunks[position].append(pa.array([_utf8(row[position]) for _, row in batch], pa.string()))
    cells = {position: pa.chunked_array(parts, pa.string()).combine_chunks() for position, parts in chunks.items()}
    lines = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
    return Loaded(names, cells, lines)


def _utf8(cell: str | None) -> str | None:
    """Drop NUL characters, which no account has and some engines can not hold."""
    return cell.replace("\0", "") if cell and "\0" in cell else cell


def _json_lines(path: Path, choose: Choose, lines: Iterator[str], tally: Tally) -> Loaded:
    """Load JSON lines."""
    names: dict[str, None] = {}
    with open_stream(path) as (reader, _):
        for raw in itertools.islice(iter(lambda: reader.readline(_LINE), b""), 10_000):
            try:
                item = load(decode_text(raw)[0])
            except JsonError:
                continue
            names.update(dict.fromkeys(item if isinstance(item, dict) else ()))
    known = list(names)
    wanted = choose(known) if known else []
    return _gather(_json_rows(lines, known, wanted, path.name, tally), wanted, known)


def _json_rows(
    lines: Iterator[str], names: list[str], wanted: list[int], file: str, tally: Tally
) -> Iterator[tuple[int, dict[int, str | None]]]:
    """Yield the wanted cells of each JSON object; count the lines that hold none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = load(line)
            problem = None if isinstance(item, dict) else "no object"
        except JsonError as error:
            item, problem = None, str(error)
        if problem:
            tally.add("line is no JSON object", unit="rows", where=f"{file}, line {number}: {problem}")
        else:
            yield number, {position: _cell(item.get(names[position])) for position in wanted}


def _cell(value: Any) -> str | None:
    """Write a JSON value as a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return LIST_MARK.join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else None


def _parquet(path: Path, choose: Choose) -> Loaded:
    """Load a Parquet file."""
    try:
        with pq.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            wanted = choose(names)
            table = file.read(columns=[names[position] for position in wanted])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FormatError(
            f"{path.name} is a damaged Parquet file ({error}).", hint="Write or fetch the file again."
        ) from None
    cells = {position: _strings(table[names[position]], path.name, names[position]) for position in wanted}
    return Loaded(names, cells, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _strings(column: pa.ChunkedArray, file: str, name: str) -> pa.Array:
    """Write a Parquet column as text."""
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), LIST_MARK)
    elif pa.types.is_timestamp(kind):
        moments = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        column = moments.cast(pa.timestamp("us", tz="UTC")) if kind.tz else moments
    try:
        column = column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise FormatError(
            f"Column {name!r} of {file} is of type {kind}, which is no text, number, time or list of texts.",
            hint="Flatten it before writing the file.",
        ) from None
    return column.combine_chunks() if column.num_chunks else pa.array([], pa.string())
