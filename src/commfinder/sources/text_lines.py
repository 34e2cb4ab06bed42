"""Read a text line by line, or block by block where that is faster, in whatever encoding it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from commfinder.sources.streams import Stream
from commfinder.sources.tally import Tally

__all__ = ["LINE", "Lines", "utf16_of"]

LINE = 1 << 24
"""The longest line, in bytes."""

_BLOCK = 1 << 21


def utf16_of(sample: bytes) -> str | None:
    """Name the UTF-16 codec of a sample; files of Windows programs often lack the mark that says so.

    Parameters
    ----------
    sample : bytes
        The first bytes of a file.

    Returns
    -------
    str or None
        None where it is not UTF-16.
    """
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    even, odd = sample[0:2000:2], sample[1:2000:2]
    if len(odd) >= 2 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if len(odd) >= 2 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


class Lines:
    """The lines of a text, decoded by the first encoding that fits, or blocks of many whole lines.

    Parameters
    ----------
    reader : io.BufferedReader
        The bytes.
    sample : bytes
        The first of them.
    file : str
        Name of the file.
    tally : Tally
        Where lines of another encoding are counted.
    """

    def __init__(self, reader: io.BufferedReader[Stream], sample: bytes, file: str, tally: Tally) -> None:
        self.number = 1
        self._reader = reader
        self._file = file
        self._tally = tally
        self._rest = b""
        self._waiting: Iterator[bytes] = iter(())
        codec = utf16_of(sample)
        self._text: io.TextIOWrapper[Any] | None = None
        if codec or (b"\n" not in sample and b"\r" in sample):
            self._text = io.TextIOWrapper(reader, codec or "utf-8-sig", "replace")

    def block(self) -> bytes | None:
        """Give the next whole lines, all at once; None at the end, and where lines must be decoded one by one."""
        if self._text is not None:
            return None
        parts, size = [self._rest], len(self._rest)
        while data := self._reader.read(_BLOCK):
            at = data.rfind(b"\n") + 1
            size += len(data)
            if at or size >= LINE:
                at = at or len(data)
                parts.append(data[:at])
                self._rest = data[at:]
                break
            parts.append(data)
        else:
            self._rest = b""
        block = b"".join(parts)
        if self.number == 1:
            block = block.removeprefix(b"\xef\xbb\xbf")
        return block or None

    def hold(self, block: bytes) -> None:
        """Give the lines of a block one by one."""
        self._waiting = iter(block.splitlines(keepends=True) if b"\r" not in block else _lines_of(block))

    def rest(self) -> bytes:
        """Give what was not taken yet of the lines that are held."""
        rest = b"".join(self._waiting)
        self._waiting = iter(())
        return rest

    def take(self, *, within: bool) -> str | None:
        """Give the next line; beyond the block that is held only within a record."""
        if self._text is not None:
            line = next(self._text, None)
            if line is not None and "\ufffd" in line:
                self._note()
            self.number += line is not None
            return line
        raw = next(self._waiting, None)
        if raw is None and within and (block := self.block()) is not None:
            self.hold(block)
            raw = next(self._waiting, None)
        if raw is None:
            return None
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            self._note()
            text = raw.decode("cp1252", "replace")
        self.number += 1
        return text

    def __iter__(self) -> Iterator[str]:
        while (line := self.take(within=True)) is not None:
            yield line

    def _note(self) -> None:
        """Count a line that is not of the encoding of the others."""
        self._tally.add(
            "line is not UTF-8; taken as Windows-1252",
            unit="lines",
            where=f"{self._file}, line {self.number}",
            advice="Save the file as UTF-8.",
        )


def _lines_of(block: bytes) -> list[bytes]:
    """Cut a block at line feeds alone."""
    lines = [line + b"\n" for line in block.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
