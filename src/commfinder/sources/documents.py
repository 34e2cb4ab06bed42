"""Open an input that is one document, plain, compressed or alone in a zip archive, as a run of bytes."""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from commfinder.errors import FormatError
from commfinder.sources.archive import Members, open_members
from commfinder.sources.streams import check_ratio, open_stream
from commfinder.sources.tally import Tally

__all__ = ["bytes_of", "head_of", "member_of", "peek_member", "stem_of", "text_codec", "text_of", "utf8_of"]

_HEAD = 1 << 16
_CHUNK = 1 << 20
_PACKED = (".gz", ".bz2", ".zip")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
_DECLARED = re.compile(rb"^[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BYTEWISE = re.compile(r"(?:ascii|iso8859|cp\d|koi8|mac|gb|big5|shift_jis|euc)")
# XML has no way to write these, and one of them makes every XML reader stop.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def stem_of(name: str, suffixes: tuple[str, ...]) -> str:
    """Take what tells only of format and compression off the name of a file.

    Parameters
    ----------
    name : str
        Name of a file.
    suffixes : tuple of str
        Endings of the format, in lower case.

    Returns
    -------
    str

    Examples
    --------
    >>> stem_of("permits.v2.xes.gz", (".xes",))
    'permits.v2'
    """
    for endings in (_PACKED, suffixes):
        for ending in endings:
            if name.lower().endswith(ending) and len(name) > len(ending):
                name = name[: -len(ending)]
                break
    return name


def member_of(members: Members, suffixes: tuple[str, ...]) -> str | None:
    """Find the one member of an archive that is a document of some format.

    Parameters
    ----------
    members : Members
        Of a zip archive.
    suffixes : tuple of str
        Endings of the format, in lower case.

    Returns
    -------
    str or None
        None where there is none.

    Raises
    ------
    FormatError
        If there are several.
    """
    names = sorted(members.openers)
    # macOS packs a shadow of every file.
    real = [name for name in names if not name.startswith("__MACOSX/")]
    named = [name for name in real if name.lower().removesuffix(".gz").endswith(suffixes)]
    if len(named) > 1:
        raise FormatError(
            f"{members.name} holds {len(named)} files that could be meant, such as {named[0]} and {named[1]}.",
            hint="Unpack it, read each file by itself, and join them with Interactions.concat.",
        )
    return named[0] if named else None


def peek_member(members: Members, name: str) -> bytes:
    """Give the first bytes of a member of an archive, looking through a second layer of compression.

    Parameters
    ----------
    members : Members
        Of an archive or folder.
    name : str
        One of them.

    Returns
    -------
    bytes
        Empty where it can not be read.
    """
    try:
        with members.openers[name]() as raw:
            head = raw.read(_HEAD)
        return zlib.decompressobj(31).decompress(head, _HEAD) if head[:2] == b"\x1f\x8b" else head
    except (*_DAMAGE, ValueError):
        return b""


def bytes_of(
    path: Path, suffixes: tuple[str, ...], *, what: str, tally: Tally, advance: Callable[[float], None]
) -> Iterator[bytes]:
    """Yield the bytes of a document; compressed data that breaks off ends quietly and is counted.

    Parameters
    ----------
    path : pathlib.Path
        The document, also ``.gz`` or ``.bz2``, or a zip archive with one such file in it.
    suffixes : tuple of str
        Endings of the format, by which it is found in a zip archive.
    what : str
        What the document holds, for the account of losses.
    tally : Tally
        Where damage is counted.
    advance : callable
        Told of the bytes read, as they lie on disk.

    Yields
    ------
    bytes

    Raises
    ------
    FormatError
        If a zip archive holds none such file, or several.
    UnsafeArchiveError
        If compressed data is a bomb.
    """
    if path.is_dir():
        raise FormatError(f"{path.name} is a folder.", need=f"One file with {what} is needed.", hint="Give the file.")
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        yield from _member_bytes(path, suffixes, what, tally)
        advance(path.stat().st_size)
        return
    with open_stream(path, advance) as (reader, stream):
        while chunk := reader.read(_CHUNK):
            yield chunk
        if stream.broken:
            _note_cut(path.name, what, tally)


def text_of(chunks: Iterator[bytes]) -> Iterator[str]:
    """Turn the bytes of a document into text, whatever its encoding; wrong bytes become U+FFFD.

    Parameters
    ----------
    chunks : iterator of bytes
        The document.

    Yields
    ------
    str
    """
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        if decoder is None:
            decoder = codecs.getincrementaldecoder(text_codec(chunk[:4096]))("replace")
            yield decoder.decode(chunk).removeprefix("\ufeff")
        else:
            yield decoder.decode(chunk)
    if decoder is not None:
        yield decoder.decode(b"", True)


def _member_bytes(path: Path, suffixes: tuple[str, ...], what: str, tally: Tally) -> Iterator[bytes]:
    """Yield the bytes of the one member of a zip archive that is meant."""
    with open_members(path) as members:
        for refused, reason in members.refused:
            tally.add(f"archive member refused: {reason}", unit="files", where=refused)
        if members.broken:
            tally.add(
                "zip archive is damaged or cut off; its whole members are kept",
                unit="files",
                where=path.name,
                advice="Fetch the archive again.",
            )
        name = member_of(members, suffixes)
        if name is None:
            raise FormatError(
                f"{path.name} is a zip archive without {what} in it.",
                need=f"One file is needed that ends in {' or '.join(suffixes)}.",
            )
        total = 0
        try:
            with members.openers[name]() as raw:
                head = raw.read(2)
            with members.openers[name]() as raw:
                # Archives hold .xes.gz as well as .xes.
                stream: Any = gzip.GzipFile(fileobj=raw) if head == b"\x1f\x8b" else raw
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    check_ratio(total, members.size, members.name)
                    yield chunk
        except _DAMAGE:
            _note_cut(name, what, tally)


def _note_cut(name: str, what: str, tally: Tally) -> None:
    """Count compressed data that ended early."""
    tally.add(
        f"compressed file is damaged or cut off; the {what} before the damage are kept",
        unit="files",
        where=name,
        advice="Fetch the file again.",
    )


def head_of(raw: bytes) -> str:
    """Read the first bytes of a document as text, whatever they are.

    Parameters
    ----------
    raw : bytes
        The first bytes.

    Returns
    -------
    str
    """
    return raw.decode(text_codec(raw), "replace").lstrip("\ufeff")


def text_codec(head: bytes) -> str:
    """Name the encoding of a document by its first bytes: its mark, its zeros, or what XML declares.

    Parameters
    ----------
    head : bytes
        The first bytes.

    Returns
    -------
    str
        A codec that Python knows; UTF-8 where nothing tells of another.
    """
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if head[1:2] == head[3:4] == b"\0":
        return "utf-16-le"
    if head[:1] == head[2:3] == b"\0":
        return "utf-16-be"
    declared = _DECLARED.match(head) if head.removeprefix(b"\xef\xbb\xbf").startswith(b"<?xml") else None
    try:
        found = codecs.lookup(declared[1].decode("ascii")).name if declared else ""
    except LookupError:
        found = ""
    # What declares itself wide and has no zeros is not: somebody saved it again.
    return found if _BYTEWISE.match(found) else "utf-8-sig"


def utf8_of(chunks: Iterator[bytes], tally: Tally, name: str) -> Iterator[bytes]:
    """Turn the bytes of an XML document into clean UTF-8, whatever its encoding; wrong bytes are replaced and counted.

    Parameters
    ----------
    chunks : iterator of bytes
        The document.
    tally : Tally
        Where replaced characters are counted.
    name : str
        What to call it.

    Yields
    ------
    bytes
        Each chunk holds whole characters.
    """
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        if decoder is None:
            decoder = codecs.getincrementaldecoder(text_codec(chunk[:_HEAD]))("replace")
        yield _clean(decoder.decode(chunk), tally, name)
    if decoder is not None:
        yield _clean(decoder.decode(b"", True), tally, name)


def _clean(text: str, tally: Tally, name: str) -> bytes:
    """Encode text as UTF-8 without what XML can not hold."""
    if "\ufffd" in text:
        count = text.count("\ufffd")
        tally.add("byte that is not of the encoding of the file; replaced", unit="bytes", where=name, count=count)
    if _UNWRITABLE.search(text):
        text, count = _UNWRITABLE.subn("\ufffd", text)
        tally.add("control character, which XML can not hold; replaced", unit="characters", where=name, count=count)
    return text.encode("utf-8", "replace")
