"""Read what the headers of a message say of people, threads, lists and machines. Never the subject, never the body."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Mapping
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

__all__ = [
    "ADDRESSED",
    "Fields",
    "addresses",
    "capped",
    "fields",
    "is_automated",
    "is_robot",
    "list_of",
    "message_ids",
]

Fields = Mapping[str, list[str]]
"""The values of the headers that are read, by lower-case name."""

ADDRESSED = (("to", "to"), ("cc", "cc"), ("bcc", "bcc"))
"""Header and role of those whom a message addresses."""

_READ = frozenset(
    {
        *("from", "sender", "to", "cc", "bcc", "date", "message-id", "in-reply-to", "references"),
        *("list-id", "list-post", "list-unsubscribe", "auto-submitted", "precedence", "return-path"),
        *("content-type", "x-auto-response-suppress", "x-autoreply"),
    }
)
_ID_LENGTH = 500
_ADDRESS_LENGTH = 320
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;\"\\]+")
_PIPERMAIL = re.compile(r"\s*([^\s@<>(),;]+) at ([^\s@<>(),;]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_AT = re.compile(r"(?<![^\s,;<])([^\s@<>(),;]+)(?: at |\s*[(\[]\s*at\s*[)\]]\s*)(?=[^\s@<>(),;]+\s*(?:[,;>(]|$))")
_ID = re.compile(r"<([^<>\s]+)>")
_BARE_ID = re.compile(r"\s*([^\s<>@]+@[^\s<>@]+)\s*")
_POST = re.compile(r"<mailto:([^>?\s]+)", re.IGNORECASE)
_ROBOT = re.compile(r"(?:mailer-daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply)(?:[+-][^@]*)?@")
_PARSER = BytesHeaderParser(policy=compat32)
_HAS_STRICT = "strict" in inspect.signature(getaddresses).parameters


def fields(block: bytes) -> tuple[dict[str, list[str]], int]:
    """Parse a header block and keep only the headers that are read.

    Parameters
    ----------
    block : bytes
        Header lines.

    Returns
    -------
    fields : dict
        Values by lower-case name, in order, unfolded.
    foreign : int
        How many of them were not UTF-8; they are taken as Latin-1.
    """
    kept: dict[str, list[str]] = {}
    foreign = 0
    for name, value in _PARSER.parsebytes(block).raw_items():
        key = name.lower()
        if key in _READ:
            text, replaced = _text(str(value))
            foreign += replaced
            kept.setdefault(key, []).append(re.sub(r"[\r\n]+[ \t]*", " ", text).strip())
    return kept, foreign


def addresses(values: Iterable[str]) -> tuple[list[tuple[str, str]], int]:
    """Read the addresses of some headers.

    Parameters
    ----------
    values : iterable of str
        Header values. Groups are expanded; ``a at b`` and ``a(at)b`` are understood.

    Returns
    -------
    found : list of (str, str)
        Display name ("" if none) and address in lower case.
    unread : int
        How many entries held no address that can be read; empty ones and empty groups are not counted.
    """
    found: list[tuple[str, str]] = []
    unread = 0
    for value in values:
        if match := _PIPERMAIL.fullmatch(value):
            here, bad = [(match[3] or "", f"{match[1]}@{match[2]}")], 0
        else:
            here, bad = _parsed(value)
            if not here and "=?" in value:
                # Some programs encode the whole header, address and all.
                here, bad = _parsed(_decoded(value))
        found.extend((_name(name, address), address.strip(" '\"").lower()) for name, address in here)
        unread += bad
    return found, unread


def message_ids(values: Iterable[str]) -> list[str]:
    """Read the message ids of some headers.

    Parameters
    ----------
    values : iterable of str
        Values of Message-ID, In-Reply-To or References.

    Returns
    -------
    list of str
        Without angle brackets, in order; ids beyond 500 characters stand as a digest.
    """
    ids: list[str] = []
    for value in values:
        found = _ID.findall(value)
        if not found and (match := _BARE_ID.fullmatch(value)):
            found = [match[1]]
        ids.extend(capped(one) for one in found)
    return ids


def capped(identifier: str) -> str:
    """Put a digest in the place of an id that is absurdly long.

    Parameters
    ----------
    identifier : str
        Any id.

    Returns
    -------
    str
        At most 500 characters.
    """
    if len(identifier) <= _ID_LENGTH:
        return identifier
    return f"sha256:{hashlib.sha256(identifier.encode('utf-8', 'replace')).hexdigest()}"


def list_of(found: Fields) -> tuple[str | None, str | None]:
    """Read which mailing list sent a message.

    Parameters
    ----------
    found : Fields
        The headers.

    Returns
    -------
    identifier : str or None
        From List-Id, in lower case.
    address : str or None
        From List-Post, in lower case.
    """
    identifier = address = None
    for value in found.get("list-id", ()):
        ids = _ID.findall(value)
        bare = value.strip("<> ")
        text = ids[-1] if ids else (bare if bare and " " not in bare else "")
        identifier = capped(text.lower()) or identifier
    for value in found.get("list-post", ()):
        if (match := _POST.search(value)) and _ADDRESS.fullmatch(match[1]):
            address = match[1].lower()
    return identifier, address


def is_robot(address: str) -> bool:
    """Say whether an address is one that machines send from.

    Parameters
    ----------
    address : str
        In lower case.

    Returns
    -------
    bool
    """
    return _ROBOT.match(address) is not None


def is_automated(found: Fields, sender: str) -> bool:
    """Say whether a machine wrote a message.

    Parameters
    ----------
    found : Fields
        The headers.
    sender : str
        Address of the sender.

    Returns
    -------
    bool

    Notes
    -----
    What a mailing list passes on is written by people: ``Precedence: list`` says nothing, and List-Unsubscribe counts
    only where no List-Post or List-Id shows a list that people write to. An invitation to meet is sent by a person.
    """
    if is_robot(sender):
        return True
    content = " ".join(found.get("content-type", ())).lower()
    if content.startswith("multipart/report"):
        return True
    if content.startswith("text/calendar"):
        return False
    submitted = [value.partition(";")[0].strip().lower() for value in found.get("auto-submitted", ())]
    if any(value not in ("", "no") for value in submitted):
        return True
    if any(value.strip().lower() in ("bulk", "junk") for value in found.get("precedence", ())):
        return True
    if any(value.replace(" ", "") == "<>" for value in found.get("return-path", ())):
        return True
    if "x-auto-response-suppress" in found or "x-autoreply" in found:
        return True
    return "list-unsubscribe" in found and "list-post" not in found and "list-id" not in found


def _text(value: str) -> tuple[str, int]:
    """Decode the raw bytes of a value as UTF-8, else Latin-1; say whether the latter."""
    try:
        raw = value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8"), 1
    try:
        return raw.decode("utf-8").replace("\0", ""), 0
    except UnicodeDecodeError:
        return raw.decode("latin-1").replace("\0", ""), 1


def _parsed(value: str) -> tuple[list[tuple[str, str]], int]:
    """Take one header value apart; keep what has the shape of an address."""
    text = _AT.sub(r"\1@", value)
    try:
        # The strict mode of newer Pythons drops the whole header for one bad entry, and older ones lack it: the
        # lenient mode everywhere, with a check of each address, gives the same result on all of them.
        pairs = getaddresses([text], strict=False) if _HAS_STRICT else getaddresses([text])
    except (MessageError, ValueError, IndexError, RecursionError):
        return [], 1
    good = []
    unread = 0
    for name, address in pairs:
        clean = address.strip(" '\"<>")
        if len(clean) <= _ADDRESS_LENGTH and _ADDRESS.fullmatch(clean):
            good.append((name, clean))
        elif clean and not clean.lower().replace(" ", "").startswith(("undisclosed", "unlisted")):
            unread += 1
    return good, unread


def _name(name: str, address: str) -> str:
    """Clean a display name; one that only repeats the address says nothing."""
    clean = " ".join(_decoded(name).split()).strip("'\" ")[:200]
    return "" if clean.lower() == address.lower() or "@" in clean else clean


def _decoded(value: str) -> str:
    """Decode the encoded words of RFC 2047; what can not be decoded stays as it is."""
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        texts = [part if isinstance(part, str) else part.decode(_codec(charset), "replace") for part, charset in parts]
    except (HeaderParseError, ValueError, LookupError, TypeError):
        return value
    return "".join(texts).replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _codec(charset: str | None) -> str:
    """Give a text codec for a declared charset; unknown ones are read as Latin-1."""
    try:
        "".encode(charset or "ascii")
    except (LookupError, ValueError):
        return "latin-1"
    return charset or "ascii"
