"""Take delimited text apart batch by batch: at full speed where it is plain, record by record where it is not."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from commfinder.sources.tally import Tally
from commfinder.sources.text_lines import Lines, utf16_of

__all__ = ["BATCH", "WHITESPACE", "Choose", "Loaded", "Shape", "gathered", "sniffed", "text_batches"]

WHITESPACE = " "
"""The delimiter that stands for any run of blanks and tabs."""

BATCH = 50_000
"""How many rows are held as Python objects at most."""

Choose: TypeAlias = Callable[[list[str]], list[int]]
_DELIMITERS = (",", ";", "\t", "|")
# Above this, the csv module of Python gives a cell up.
_LONGEST_CELL = 131_072
_TO_BLANKS = bytes.maketrans(b"\t\x0b\x0c\x1c\x1d\x1e\x1f", b" " * 7)
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


@dataclass(frozen=True)
class Loaded:
    """The chosen columns of a stretch of a table.

    Parameters
    ----------
    names : list of str
        All column names of the file.
    cells : dict
        Column of strings by position; a time or a whole number of a Parquet file stays what it is.
    lines : numpy.ndarray
        Line (or row) of the file that each row stands in.
    """

    names: list[str]
    cells: dict[int, pa.Array]
    lines: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """How the cells of a text are told apart.

    Parameters
    ----------
    delimiter : str
        Between cells; a blank stands for any run of blanks.
    headerless : bool
        Whether the first line already is data.
    file : str
        Name of the file, for places.
    """

    delimiter: str
    headerless: bool
    file: str


def sniffed(sample: bytes) -> str:
    """Find the delimiter under which most lines have the same number of cells.

    Parameters
    ----------
    sample : bytes
        The first bytes of a file.

    Returns
    -------
    str
    """
    text = sample.decode(utf16_of(sample) or "utf-8-sig", "replace")
    lines = [line for line in text.splitlines()[:51] if line.strip()]
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


def text_batches(lines: Lines, choose: Choose, shape: Shape, tally: Tally) -> Iterator[Loaded]:
    """Yield the chosen columns of delimited text.

    Parameters
    ----------
    lines : Lines
        The text.
    choose : callable
        Given the column names, says which positions are needed.
    shape : Shape
        How cells are told apart.
    tally : Tally
        Where bad rows are counted.

    Yields
    ------
    Loaded
    """
    block = lines.block()
    first = None
    while first is None:
        lines.hold(block or b"")
        records = _records(lines, shape.delimiter, 0)
        first = next((row for _, row in records if row and any(cell.strip() for cell in row)), None)
        if first is None and (block := lines.block()) is None:
            return
    width = len(first)
    names = [str(position) for position in range(width)] if shape.headerless else [cell.strip() for cell in first]
    wanted = choose(names)
    if shape.headerless:
        yield from gathered(iter([(lines.number - 1, first)]), wanted, names)
    block = lines.rest()
    while block is not None:
        plain = _plain(block, shape.delimiter, width, wanted) if block else None
        if plain is None:
            lines.hold(block)
            rows = _sound(_records(lines, shape.delimiter, width), width, shape.file, tally)
            yield from gathered(rows, wanted, names)
        else:
            cells, filled, count = plain
            if len(filled):
                yield Loaded(names, cells, lines.number + filled)
            lines.number += count
        block = lines.block()


def _records(lines: Lines, delimiter: str, width: int) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and cells of each record; None for one that can not be taken apart."""
    if delimiter == WHITESPACE:
        while (line := lines.take(within=False)) is not None:
            yield lines.number - 1, line.split()
        return
    held: list[str] = []

    def watched() -> Iterator[str]:
        while (line := lines.take(within=bool(held))) is not None:
            held.append(line)
            yield line

    reader = csv.reader(watched(), delimiter=delimiter)
    while True:
        try:
            row: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        width = width or len(row or ())
        number = lines.number - len(held)
        if len(held) > 1 and (row is None or len(row) != width):
            # An opening quote without its end swallowed good lines: read each of them by itself, quotes and all.
            for offset, line in enumerate(held):
                yield number + offset, _alone(line, delimiter)
        else:
            yield number, row
        held.clear()


def _alone(line: str, delimiter: str) -> list[str] | None:
    """Take one line apart, quotes and all; None where that can not be done."""
    try:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    except csv.Error:
        return None


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


def gathered(
    rows: Iterator[tuple[int, Sequence[str] | dict[int, str | None]]], wanted: list[int], names: list[str]
) -> Iterator[Loaded]:
    """Collect the wanted cells column by column, in batches.

    Parameters
    ----------
    rows : iterator of (int, cells)
        Line, and cells by position.
    wanted : list of int
        Positions.
    names : list of str
        All column names.

    Yields
    ------
    Loaded
    """
    while batch := list(itertools.islice(rows, BATCH)):
        cells = {one: pa.array([_utf8(row[one]) for _, row in batch], pa.string()) for one in wanted}
        yield Loaded(names, cells, np.array([number for number, _ in batch], np.int64))


def _utf8(cell: str | None) -> str | None:
    """Drop NUL characters, which no account has and some engines can not hold."""
    return cell.replace("\0", "") if cell and "\0" in cell else cell


def _plain(
    block: bytes, delimiter: str, width: int, wanted: list[int]
) -> tuple[dict[int, pa.Array], npt.NDArray[np.int64], int] | None:
    """Take a block apart at once; None where any line of it needs a closer look."""
    blanks = delimiter == WHITESPACE
    if len(delimiter) != 1 or not delimiter.isascii() or b"\0" in block or not _is_text(block, ascii_only=blanks):
        return None
    if blanks:
        block = _single_blanks(block)
    codes = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(codes == _NEWLINE)
    ends = ends if block.endswith(b"\n") else np.append(ends, len(block))
    lengths = np.diff(ends, prepend=-1) - 1
    quoted = not blanks and b'"' in block
    if lengths.max(initial=0) > _LONGEST_CELL or (quoted and not _well_quoted(codes, ends, ord(delimiter))):
        return None
    filled = np.flatnonzero((lengths > 1) | ((lengths == 1) & (codes[ends - 1] != _RETURN)))
    table = _parsed(block, delimiter, width, wanted, quoted=quoted)
    if table is None or table.num_rows != len(filled):
        return None
    return {one: table[str(one)].combine_chunks() for one in wanted}, filled.astype(np.int64), len(ends)


def _single_blanks(block: bytes) -> bytes:
    """Put one blank between cells, and none at the ends of lines."""
    block = block.translate(_TO_BLANKS)
    while b"  " in block:
        block = block.replace(b"  ", b" ")
    for around in (b"\n", b"\r\n"):
        block = block.replace(b" " + around, around)
    return block.replace(b"\n ", b"\n").strip(b" ")


def _parsed(block: bytes, delimiter: str, width: int, wanted: list[int], *, quoted: bool) -> pa.Table | None:
    """Parse a block; None where a row has too few or too many cells."""
    odd: list[str] = []

    def refuse(_: Any) -> str:
        odd.append("row")
        return "skip"

    names = [str(one) for one in range(width)]
    chosen = [str(one) for one in wanted]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(block),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, invalid_row_handler=refuse
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False, include_columns=chosen, column_types=dict.fromkeys(chosen, pa.string())
            ),
        )
    except pa.ArrowInvalid:
        return None
    return None if odd else table


def _is_text(block: bytes, *, ascii_only: bool) -> bool:
    """Tell whether a block is UTF-8, or ASCII, with line feeds at the ends of lines."""
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return False
    if block.isascii():
        return True
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not ascii_only


def _well_quoted(codes: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], delimiter: int) -> bool:
    """Tell whether quotes enclose whole cells, and no line end; a doubled quote within one is a quote."""
    quotes = np.flatnonzero(codes == _QUOTE)
    if len(quotes) % 2 or (np.searchsorted(quotes, ends) % 2).any():
        return False
    padded = np.concatenate([[_NEWLINE], codes, [_NEWLINE]])
    opening, closing = quotes[0::2], quotes[1::2]
    edges = [delimiter, _NEWLINE, _RETURN]
    doubled = closing[:-1] + 1 == opening[1:]
    opens = np.isin(padded[opening], edges)
    closes = np.isin(padded[closing + 2], edges)
    opens[1:] |= doubled
    closes[:-1] |= doubled
    return bool(opens.all() and closes.all())
