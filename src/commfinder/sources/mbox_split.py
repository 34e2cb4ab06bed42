"""Cut an mbox stream into the header blocks of its messages; bodies are passed over and never held."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Block", "blocks", "looks_like_mail"]

HEADER_BYTES = 256 * 1024
HEADER_LINES = 500
_CHUNK = 4 << 20
_LINE_BYTES = 2048
_MARGIN = HEADER_BYTES + 2 * _LINE_BYTES

_SEPARATOR = re.compile(
    rb"From[ \t]+(?P<who>\S+(?: at \S+)?|\"[^\"\n]*\"@\S+)[ \t]+"
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ \t]+"
    rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ \t]+"
    rb"(?P<day>\d{1,2})[ \t]+(?P<clock>\d{1,2}:\d\d(?::\d\d)?)[ \t]+"
    rb"(?:(?P<zone>[A-Z]{1,5}|[+-]\d{4})[ \t]+)?(?P<year>\d{4})(?:[ \t]+(?P<after>[A-Z]{1,5}|[+-]\d{4}))?"
    rb"[ \t]*\r?\n(?=[!-9;-~]+[ \t]*:|>From )"
)
_EMPTY_LINE = re.compile(rb"\n\r?\n|\A\r?\n")
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN_HEADER = re.compile(
    rb"^(?:From|To|Cc|Date|Message-ID|Received|Return-Path|Sender|Subject|MIME-Version)[ \t]*:", re.I | re.M
)


@dataclass(frozen=True)
class Block:
    """The header block of one message.

    Parameters
    ----------
    offset : int
        Where the message starts, in bytes of the decompressed stream.
    separator : bytes
        Its From_ line, empty for a message that has none.
    sender : str
        The address that the From_ line names, "" if none.
    date : str
        The date of the From_ line in the order of mail headers, "" if none.
    content : bytes
        The header lines, at most 256 KiB and 500 lines.
    cut : bool
        Whether there were more.
    """

    offset: int
    separator: bytes
    sender: str
    date: str
    content: bytes
    cut: bool


def looks_like_mail(head: bytes) -> bool:
    """Say whether the first bytes of a file are those of an mbox or of a single message.

    Parameters
    ----------
    head : bytes
        The first few kilobytes.

    Returns
    -------
    bool
    """
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return bool(_SEPARATOR.match(head)) or _is_message(head)


def blocks(stream: io.BufferedIOBase) -> Iterator[Block]:
    """Yield the header block of each message of an mbox.

    Parameters
    ----------
    stream : binary stream
        The decompressed bytes.

    Yields
    ------
    Block

    Notes
    -----
    A message starts at a line ``From <address> <weekday> <month> <day> <time> [zone] <year>`` that opens the file or
    follows an empty line, and that a header line follows. Any other line that starts with ``From`` is body text. A
    file without such a line that opens with the headers of a message is one message.
    """
    # Two line ends in front let the start of the file pass for "after an empty line".
    buffer, base, position = b"\n\n", -2, 0
    first = True
    while True:
        data = stream.read(_CHUNK)
        buffer += data
        if first:
            buffer = b"\n\n" + buffer[2:].removeprefix(b"\xef\xbb\xbf")
            leading = _leading(buffer)
            if leading is not None:
                yield leading
            first = False
        safe = len(buffer) if not data else max(len(buffer) - _MARGIN, 0)
        while (found := _next_separator(buffer, position, safe)) is not None:
            yield _block(buffer, found, base)
            position = found.end()
        if not data:
            return
        keep = max(max(position, safe) - 4, 0)
        buffer, base, position = buffer[keep:], base + keep, max(position, safe) - keep


def _leading(buffer: bytes) -> Block | None:
    """Give the message that opens a file without a From_ line."""
    head = buffer.lstrip(b"\r\n")
    if _SEPARATOR.match(head) or not _is_message(head[:_MARGIN]):
        return None
    content, cut = _header(buffer, len(buffer) - len(head))
    return Block(0, b"", "", "", content, cut)


def _next_separator(buffer: bytes, position: int, safe: int) -> re.Match[bytes] | None:
    """Find the next From_ line that starts between `position` and `safe`."""
    while (at := buffer.find(b"\nFrom", max(position - 1, 0), safe + 5)) >= 0:
        if at + 1 > safe:
            return None
        if buffer[at - 1 : at] == b"\n" or buffer[at - 2 : at] == b"\n\r":
            match = _SEPARATOR.match(buffer, at + 1, at + 1 + _LINE_BYTES)
            if match is not None:
                return match
        position = at + 2
    return None


def _block(buffer: bytes, match: re.Match[bytes], base: int) -> Block:
    """Cut one message's header block out of the buffer."""
    content, cut = _header(buffer, match.end())
    part = {key: value.decode("utf-8", "replace") for key, value in match.groupdict(b"").items()}
    zone = part["zone"] or part["after"]
    date = f"{part['day']} {part['month']} {part['year']} {part['clock']} {zone}".strip()
    separator = match.group().rstrip()
    return Block(max(base + match.start(), 0), separator, part["who"].replace(" at ", "@"), date, content, cut)


def _header(buffer: bytes, start: int) -> tuple[bytes, bool]:
    """Give the bytes up to the first empty line, within the limits, and whether they were cut."""
    end = _EMPTY_LINE.search(buffer, start, start + HEADER_BYTES)
    cut = end is None and len(buffer) > start + HEADER_BYTES
    content = buffer[start : end.start() + 1] if end else buffer[start : start + HEADER_BYTES]
    lines = content.split(b"\n")
    # Some programs write the From_ line once more, quoted, as the first line of the header.
    while lines and lines[0].startswith((b">From ", b"From ")):
        lines.pop(0)
    starts = [index for index, line in enumerate(lines) if line[:1] not in (b" ", b"\t")]
    if len(starts) > HEADER_LINES + 1:
        return b"\n".join(lines[: starts[HEADER_LINES]]), True
    if cut and len(starts) > 1:
        # The last header may have lost its end; a half address is worse than none.
        lines = lines[: starts[-1]]
    return b"\n".join(lines), cut


def _is_message(head: bytes) -> bool:
    """Say whether bytes open with the headers of a message."""
    if not _HEADER_LINE.match(head):
        return False
    end = _EMPTY_LINE.search(head)
    return bool(_KNOWN_HEADER.search(head[: end.start() + 1] if end else head))
