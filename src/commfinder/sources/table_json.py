"""Take JSON lines apart batch by batch: at full speed where each line is alike, line by line where not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from commfinder.sources.json_text import JsonError, decode_text, load
from commfinder.sources.streams import open_stream
from commfinder.sources.table_text import Choose, Loaded, Shape, gathered
from commfinder.sources.tally import Tally
from commfinder.sources.text_lines import LINE, Lines

__all__ = ["LIST_MARK", "json_batches", "json_names"]

LIST_MARK = "\x1f"
"""Stands between the items of a list that a JSON or Parquet cell holds."""

_LOOKED_AT = 10_000
_NEWLINE, _OPEN, _CLOSE = 10, ord("{"), ord("}")


def json_names(path: Path) -> list[str]:
    """Find the names that the first objects of a file have.

    Parameters
    ----------
    path : pathlib.Path
        JSON lines, also compressed.

    Returns
    -------
    list of str
    """
    names: dict[str, None] = {}
    with open_stream(path) as (reader, _):
        for raw in itertools.islice(iter(lambda: reader.readline(LINE), b""), _LOOKED_AT):
            try:
                item = load(decode_text(raw)[0])
            except JsonError:
                continue
            names.update(dict.fromkeys(item if isinstance(item, dict) else ()))
    return list(names)


def json_batches(lines: Lines, names: list[str], choose: Choose, shape: Shape, tally: Tally) -> Iterator[Loaded]:
    """Yield the chosen members of JSON lines.

    Parameters
    ----------
    lines : Lines
        The text.
    names : list of str
        All names.
    choose : callable
        Given the names, says which positions are needed.
    shape : Shape
        Names the file, for places.
    tally : Tally
        Where lines that hold no object are counted.

    Yields
    ------
    Loaded
    """
    wanted = choose(names) if names else []
    block = lines.block()
    while True:
        plain = _plain(block, names, wanted) if block and wanted else None
        if plain is None:
            lines.hold(block or b"")
            yield from gathered(_rows(lines, names, wanted, shape.file, tally), wanted, names)
        else:
            n = len(next(iter(plain.values())))
            yield Loaded(names, plain, np.arange(lines.number, lines.number + n))
            lines.number += n
        block = lines.block()
        if block is None:
            return


def _rows(
    lines: Lines, names: list[str], wanted: list[int], file: str, tally: Tally
) -> Iterator[tuple[int, dict[int, str | None]]]:
    """Yield the wanted cells of each JSON object; count the lines that hold none."""
    while (line := lines.take(within=False)) is not None:
        if not line.strip():
            continue
        try:
            item = load(line)
            problem = None if isinstance(item, dict) else "no object"
        except JsonError as error:
            item, problem = None, str(error)
        number = lines.number - 1
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


def _plain(block: bytes, names: list[str], wanted: list[int]) -> dict[int, pa.Array] | None:
    """Take a block apart at once; None where any line of it needs a closer look."""
    codes = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(codes == _NEWLINE)
    ends = ends if block.endswith(b"\n") else np.append(ends, len(block))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (codes[starts] != _OPEN).any() or (codes[ends - 1] != _CLOSE).any():
        return None
    # Halves of characters, and the one that no engine can hold, are mended line by line.
    if b"\0" in block or b"\\u0000" in block or b"\\ud" in block or b"\\uD" in block:
        return None
    try:
        block.decode("utf-8")
        schema = pa.schema(_fields(block[: ends[0]], [names[one] for one in wanted]))
        table = pajson.read_json(
            pa.BufferReader(block),
            read_options=pajson.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pajson.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (ValueError, RecursionError):
        return None
    if table.num_rows != len(ends) or table.num_columns != len(wanted):
        return None
    cells = {one: table[names[one]].combine_chunks() for one in wanted}
    lists = [one for one, column in cells.items() if pa.types.is_list(column.type)]
    if any(cells[one].flatten().null_count for one in lists):
        return None
    return {one: pc.binary_join(column, LIST_MARK) if one in lists else column for one, column in cells.items()}


def _fields(line: bytes, chosen: list[str]) -> list[pa.Field]:
    """Tell by one line of what type each member is; text where it says nothing."""
    item = json.loads(line)
    kinds = {int: pa.int64(), list: pa.list_(pa.string())}
    return [pa.field(name, kinds.get(type(item.get(name)), pa.string())) for name in chosen]
