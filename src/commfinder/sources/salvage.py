"""Find the whole members of a zip archive that lost its directory, as a download that was cut off does."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Salvaged", "salvage"]

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_SIGNATURE = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_STORED, _DEFLATED = 0, 8
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Salvaged:
    """One whole member.

    Parameters
    ----------
    name : str
        Its name as the archive gives it.
    content : bytes
        Its bytes, still compressed as they were found.
    method : int
        0 stored, 8 deflated.
    encrypted : bool
        Whether it can not be read without a password.
    """

    name: str
    content: bytes
    method: int
    encrypted: bool

    def open(self) -> IO[bytes]:
        """Open the member's content.

        Returns
        -------
        binary stream
        """
        return io.BytesIO(self.content if self.method == _STORED else zlib.decompress(self.content, -15))


def salvage(path: Path, budget: int) -> Iterator[Salvaged]:
    """Walk the local headers of a damaged zip archive and yield the members that are whole.

    Parameters
    ----------
    path : pathlib.Path
        The archive.
    budget : int
        How many decompressed bytes to look at before giving up.

    Yields
    ------
    Salvaged
        In the order of the file. The walk ends at the first member that is not whole.
    """
    with path.open("rb") as file:
        while len(head := file.read(_LOCAL.size)) == _LOCAL.size:
            signature, _, flags, method, _, _, crc, packed, size, name_length, extra = _LOCAL.unpack(head)
            if signature != _SIGNATURE:
                return
            raw = file.read(name_length)
            file.seek(extra, io.SEEK_CUR)
            if flags & 8 and method != _DEFLATED:
                return
            content, used = _content(file, method, packed, bool(flags & 8), budget)
            if content is None:
                return
            budget -= used
            if flags & 8:
                crc = _descriptor(file)
            elif used != size and method == _DEFLATED:
                return
            found = Salvaged(_name(raw), content, method, bool(flags & 1))
            if found.encrypted or method not in (_STORED, _DEFLATED) or _sound(found, crc):
                yield found


def _content(file: IO[bytes], method: int, packed: int, streamed: bool, budget: int) -> tuple[bytes | None, int]:
    """Read a member's packed bytes; None where the file ends within them."""
    if method != _DEFLATED or not streamed:
        content = file.read(packed)
        if len(content) < packed:
            return None, 0
        if method != _DEFLATED:
            return content, packed
    else:
        content = b""
    start = file.tell()
    inflate = zlib.decompressobj(-15)
    parts: list[bytes] = []
    used = 0
    chunk = content or file.read(_CHUNK)
    while chunk:
        try:
            while chunk:
                used += len(inflate.decompress(chunk, _CHUNK))
                if used > budget:
                    return None, used
                if inflate.eof:
                    break
                parts_taken = len(chunk) - len(inflate.unconsumed_tail)
                parts.append(chunk[:parts_taken])
                chunk = inflate.unconsumed_tail
        except zlib.error:
            return None, used
        if inflate.eof:
            parts.append(chunk[: len(chunk) - len(inflate.unused_data)])
            packed_bytes = b"".join(parts)
            if streamed:
                file.seek(start + len(packed_bytes))
            return packed_bytes, used
        chunk = file.read(_CHUNK) if streamed else b""
    return None, used


def _descriptor(file: IO[bytes]) -> int:
    """Read the checksum that follows a streamed member, and step over the sizes after it."""
    start = file.tell()
    data = file.read(24)
    lead = 4 if data[:4] == _DESCRIPTOR else 0
    # Sizes take 4 bytes each, or 8 in archives beyond 4 GB: the next header tells which.
    wide = data[lead + 12 : lead + 16] != _SIGNATURE and data[lead + 20 : lead + 24] == _SIGNATURE
    file.seek(start + lead + (20 if wide else 12))
    return int.from_bytes(data[lead : lead + 4], "little")


def _sound(member: Salvaged, crc: int) -> bool:
    """Say whether a member's bytes have the checksum they should have."""
    with member.open() as stream:
        return zlib.crc32(stream.read()) == crc


def _name(raw: bytes) -> str:
    """Read a member's name as UTF-8, or as the old code page of zip."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
