"""Open archives member by member, without extracting anything and without trusting a header."""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from commfinder.errors import FormatError, UnsafeArchiveError
from commfinder.sources.salvage import salvage
from commfinder.sources.streams import FREE_BYTES, MAX_RATIO, check_ratio, walk

__all__ = ["MemberError", "Members", "open_members"]

MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 1 << 29
_CHUNK = 1 << 20
_DRIVE = re.compile(r"^[A-Za-z]:")


class MemberError(Exception):
    """One member of an archive can not be read; the others can."""


@dataclass
class Members:
    """The members of an archive or folder that may be opened.

    Parameters
    ----------
    openers : dict
        A function that opens each member, by name.
    size : int
        Size of the archive in bytes; 0 for a folder, which can not swell.
    name : str
        What to call the archive.
    refused : list of (str, str)
        Name and reason of every member that must not be opened.
    broken : str or None
        Why the archive as a whole is damaged, if it is.
    """

    openers: dict[str, Callable[[], IO[bytes]]]
    size: int
    name: str
    refused: list[tuple[str, str]] = field(default_factory=list)
    broken: str | None = None
    _total: int = 0

    def read(self, member: str) -> bytes:
        """Read one member into memory, counting the bytes that really come out.

        Parameters
        ----------
        member : str
            One of the names in `openers`.

        Returns
        -------
        bytes

        Raises
        ------
        MemberError
            If this member is damaged or too large.
        UnsafeArchiveError
            If the archive turns out to be a bomb.
        """
        parts: list[bytes] = []
        size = 0
        try:
            with self.openers[member]() as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._total += len(chunk)
                    if self.size:
                        check_ratio(self._total, self.size, self.name)
                    if size > MAX_MEMBER_BYTES:
                        raise MemberError(f"larger than {MAX_MEMBER_BYTES:,} bytes")
                    parts.append(chunk)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise MemberError(f"damaged ({error})") from None
        return b"".join(parts)


@contextlib.contextmanager
def open_members(path: Path) -> Iterator[Members]:
    """Open a zip archive or a folder as a set of named members; nothing is ever extracted.

    Parameters
    ----------
    path : pathlib.Path
        A zip file, whole or truncated, or a folder.

    Yields
    ------
    Members

    Raises
    ------
    FormatError
        If the file is no zip archive, or so damaged that no member is left.
    UnsafeArchiveError
        If it has more members than any export.
    """
    if path.is_dir():
        files, links = walk(path)
        openers: dict[str, Callable[[], IO[bytes]]] = {name: _opener(where) for name, where in files}
        yield Members(openers, 0, path.name, [(name, "not a regular file") for name in links])
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield _salvaged(path, str(error))
        return
    with archive:
        members = Members({}, max(path.stat().st_size, 1), path.name)
        _check_count(len(archive.infolist()), path.name)
        for info in archive.infolist():
            _admit(members, _member_name(info), _why_refused(info), _zip_opener(archive, info))
        yield members


def _salvaged(path: Path, reason: str) -> Members:
    """Collect the whole members of a zip archive that lost its directory."""
    members = Members({}, max(path.stat().st_size, 1), path.name, broken=reason)
    budget = max(FREE_BYTES, MAX_RATIO * members.size)
    for count, found in enumerate(salvage(path, budget)):
        _check_count(count, path.name)
        _admit(members, found.name, "encrypted" if found.encrypted else None, found.open)
    if not members.openers:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                raise FormatError(
                    f"{path.name} is no zip archive: it does not open like one.",
                    hint="Leave kind out, so that it is found out.",
                )
        raise FormatError(
            f"{path.name} is no readable zip archive ({reason}).",
            need="A whole zip file is needed, or an unpacked folder.",
            hint="The download was probably cut off: fetch it again, or unpack it yourself and give the folder.",
        )
    return members


def _admit(members: Members, name: str, reason: str | None, opener: Callable[[], IO[bytes]]) -> None:
    """File a member under its name, or under those refused."""
    if name.endswith("/"):
        return
    reason = reason or _unsafe_name(name) or ("a second member of this name" if name in members.openers else None)
    if reason:
        members.refused.append((name, reason))
    else:
        members.openers[name] = opener


def _check_count(count: int, name: str) -> None:
    """Refuse an archive with absurdly many members."""
    if count > MAX_MEMBERS:
        raise UnsafeArchiveError(
            f"{name} has more than {MAX_MEMBERS:,} members.",
            hint="Split the export by date and read the parts.",
        )


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; archives of macOS hold UTF-8 names without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def _why_refused(info: zipfile.ZipInfo) -> str | None:
    """Say why a member must not be opened, None if it may."""
    if info.flag_bits & 1:
        return "encrypted"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a symbolic link"
    return None


def _unsafe_name(name: str) -> str | None:
    """Say why a member's name is not to be trusted, None if it is."""
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "an absolute path"
    if ".." in re.split(r"[/\\]", name):
        return "a path that leaves the archive"
    return "a NUL or backslash in its name" if "\0" in name or "\\" in name else None


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)
