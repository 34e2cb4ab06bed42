"""Open files that may be compressed, cut off, or not files at all, without trusting their names."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from commfinder.errors import MissingFileError, UnsafeArchiveError

__all__ = ["FREE_BYTES", "MAX_RATIO", "Stream", "check_ratio", "digest", "existing", "open_stream", "walk"]

FREE_BYTES = 100_000_000
MAX_RATIO = 200
_CHUNK = 1 << 20
Advance: TypeAlias = Callable[[float], None]


def existing(path: str | os.PathLike[str]) -> Path:
    """Give the path of a file or folder that is there.

    Parameters
    ----------
    path : str or path
        File or folder.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    """
    found = Path(path)
    if not found.exists():
        raise MissingFileError(
            f"There is no file or folder {str(path)!r}.",
            hint=f"Check the spelling; relative paths are looked up from {Path.cwd().name!r}, the working folder.",
        )
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Parameters
    ----------
    path : pathlib.Path
        A regular file.

    Returns
    -------
    str
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def walk(folder: Path) -> tuple[list[tuple[str, Path]], list[str]]:
    """List the regular files below a folder; links, pipes and devices are never followed or opened.

    Parameters
    ----------
    folder : pathlib.Path
        Where to start.

    Returns
    -------
    files : list of (str, pathlib.Path)
        Name relative to the folder, with slashes, and path; sorted by name.
    refused : list of str
        Names of what is neither a regular file nor a folder.
    """
    files: list[tuple[str, Path]] = []
    refused: list[str] = []
    waiting = [("", folder)]
    while waiting:
        prefix, here = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{name}/", Path(entry.path)))
                elif entry.is_file(follow_symlinks=False):
                    files.append((name, Path(entry.path)))
                else:
                    refused.append(name)
    return sorted(files), sorted(refused)


class Stream(io.RawIOBase):
    """The bytes of a plain, gzip or bzip2 file; it ends quietly where compressed data breaks off.

    Parameters
    ----------
    path : pathlib.Path
        A regular file. The kind of compression is told by the first bytes, not by the name.
    advance : callable, optional
        Told how many bytes of the file, as it lies on disk, were read.

    Attributes
    ----------
    broken : str or None
        Why the data ended early, once it has.
    """

    def __init__(self, path: Path, advance: Advance | None = None) -> None:
        self._advance = advance
        self._position = 0
        self.broken: str | None = None
        self._path = path
        self._size = max(path.stat().st_size, 1)
        self._total = 0
        self._file = path.open("rb")
        head = self._file.peek(3)[:3]
        self._packed = head[:2] == b"\x1f\x8b" or head == b"BZh"
        self._inner: Any = self._file
        if head[:2] == b"\x1f\x8b":
            self._inner = gzip.GzipFile(fileobj=self._file, mode="rb")
        elif head == b"BZh":
            self._inner = bz2.BZ2File(self._file)

    def readable(self) -> bool:
        """Say that bytes can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read once into a buffer; 0 at the end or where compressed data is broken."""
        if self.broken:
            return 0
        try:
            data = self._inner.read1(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            if not self._packed:
                raise
            self.broken = str(error) or "it ends early"
            return 0
        self._total += len(data)
        self._report()
        if self._packed:
            check_ratio(self._total, self._size, self._path.name)
        buffer[: len(data)] = data
        return len(data)

    def _report(self) -> None:
        """Tell how far the reading of the file is."""
        if self._advance is not None:
            position = self._file.tell()
            self._advance(position - self._position)
            self._position = position

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            if self._inner is not self._file:
                self._inner.close()
            self._file.close()
        super().close()


@contextlib.contextmanager
def open_stream(
    path: Path, advance: Callable[[float], None] | None = None
) -> Iterator[tuple[io.BufferedReader[Stream], Stream]]:
    """Open a plain, gzip or bzip2 file for reading.

    Parameters
    ----------
    path : pathlib.Path
        A regular file.
    advance : callable, optional
        Told how many bytes of the file, as it lies on disk, were read.

    Yields
    ------
    reader : io.BufferedReader
        The decompressed bytes.
    stream : Stream
        Tells, afterwards, whether the data was broken.
    """
    stream = Stream(path, advance)
    with io.BufferedReader(stream, _CHUNK) as reader:
        yield reader, stream


def check_ratio(total: int, packed: int, name: str) -> None:
    """Refuse an archive whose content is out of all proportion to its size.

    Parameters
    ----------
    total : int
        Bytes that really came out so far.
    packed : int
        Size of the archive in bytes.
    name : str
        What to call it.

    Raises
    ------
    UnsafeArchiveError
        Above 100 MB at a ratio above 200: text never compresses so well, bombs do.
    """
    if total > FREE_BYTES and total > MAX_RATIO * packed:
        raise UnsafeArchiveError(
            f"{name} swells to more than {MAX_RATIO} times its size ({total:,} bytes so far): an archive bomb.",
            need="Exports of messages compress to a hundredth at best.",
            hint="Do not unpack it; ask for the export again from where it came from.",
        )
