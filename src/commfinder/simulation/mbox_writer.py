"""Mail archives in the mboxrd format, with the untidiness that real archives have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header
from pathlib import Path
from typing import TypeVar

from commfinder.simulation.clock import OFFSETS
from commfinder.simulation.messages import Message
from commfinder.simulation.noise import NEWS

__all__ = ["MAIL_FILES", "count_marks", "mark_bodies", "write_mail"]

MAIL_FILES = ("lists.mbox", "received.mbox", "sent.mbox")
"""Names of the archives."""

_EVERY = 1500  # one mail in so many has a body line that begins with "From "
_PLAIN = "(body omitted)\n"
_QUOTED = "(body omitted)\n>From our side there is nothing to add.\n>>From an older mail.\n"
_PHANTOM = "(body omitted)\n\nFrom here on the archive was written by a careless tool.\n"
_Key = TypeVar("_Key", str, int)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES = tuple(timezone(timedelta(hours=hours)) for hours in OFFSETS)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def mark_bodies(messages: Sequence[Message]) -> dict[str, str]:
    """Choose the mails whose body holds lines that begin with "From ".

    Parameters
    ----------
    messages : sequence of Message
        All messages in order.

    Returns
    -------
    dict of str to str
        Event to ``"quoted"`` (written as mboxrd wants it) or, for exactly one, ``"phantom"`` (left bare, so
        that careless readers see one message more). A marked mail stands in one archive only.
    """
    return _marks([m.event for m in messages if m.medium == "email" and m.kind == "talk" and len(m.files) == 1])


def count_marks(mails: int) -> dict[str, int]:
    """Count what `mark_bodies` marks, for a number of mails of talk that stand in one archive only."""
    return dict(Counter(_marks(list(range(mails))).values()))


def _marks(once: list[_Key]) -> dict[_Key, str]:
    """Mark some of the mails."""
    marks = dict.fromkeys(once[7::_EVERY], "quoted")
    if once:
        marks[once[len(once) // 2]] = "phantom"
    return marks


def write_mail(folder: Path, messages: Sequence[Message], names: Mapping[str, str], zones: Mapping[str, int]) -> None:
    """Write the archives.

    Parameters
    ----------
    folder : Path
        Existing folder.
    messages : sequence of Message
        All messages in order; those that are no mail are passed over.
    names : mapping of str to str
        Display names by address.
    zones : mapping of str to int
        Index of the sender's time zone by address; 0 for those not in it.
    """
    marks = mark_bodies(messages)
    shown = {address: _display(name, address) for address, name in names.items()}
    texts: dict[str, list[str]] = {name: [] for name in MAIL_FILES}
    chains: dict[str, str] = {}
    for number, message in enumerate(messages):
        if message.medium != "email":
            continue
        zone = _ZONES[zones.get(message.sender, 0)]
        text = _text(message, shown, zone, chains, marks.get(message.event, ""), shout=number % 97 == 0)
        for name in message.files:
            texts[name].append(text)
    for name, parts in texts.items():
        (folder / name).write_text("".join(parts), encoding="ascii", newline="\n")


def _text(
    message: Message,
    shown: Mapping[str, str],
    zone: timezone,
    chains: dict[str, str],
    mark: str,
    *,
    shout: bool,
) -> str:
    """Write one mail; now and then a client writes addresses in capitals."""
    moment = _EPOCH + timedelta(microseconds=message.time)
    sender = message.sender.upper() if shout else shown.get(message.sender, message.sender)
    lines = [
        f"From {message.sender} {_stamp(moment)}",
        f"From: {sender}",
        *_recipients(message, shown),
        f"Date: {_date(moment.astimezone(zone))}",
        f"Message-ID: <{message.event}>",
    ]
    if message.parent:
        chain = f"{chains.get(message.parent, '')} <{message.parent}>".strip()
        chains[message.event] = chain
        lines.append(f"In-Reply-To: <{message.parent}>")
        lines.append("References: " + chain.replace(" ", "\n "))
    lines.extend(_machine_headers(message))
    lines.append("Subject: (subject omitted)")
    body = {"quoted": _QUOTED, "phantom": _PHANTOM}.get(mark, _PLAIN)
    return "\n".join(lines) + "\n\n" + body + "\n"


def _recipients(message: Message, shown: Mapping[str, str]) -> Iterable[str]:
    """Write the To and Cc headers, one address on a line where there are many."""
    for role, header in (("to", "To"), ("cc", "Cc")):
        accounts = [shown.get(account, account) for account, planted in message.recipients if planted == role]
        if accounts:
            yield f"{header}: " + ",\n ".join(accounts)


def _machine_headers(message: Message) -> list[str]:
    """Return the headers by which machines and lists say what they are."""
    if message.kind == "list":
        name = message.space.partition("@")[0]
        host = message.space.partition("@")[2]
        return [f"List-Id: <{name}.{host}>", f"List-Post: <mailto:{message.space}>", "Precedence: list"]
    if message.kind == "newsletter":
        return ["Precedence: bulk", f"List-Unsubscribe: <mailto:{NEWS}?subject=unsubscribe>"]
    if message.kind == "ticket mail":
        return ["Auto-Submitted: auto-generated", "Precedence: bulk", "X-Auto-Response-Suppress: All"]
    if message.kind == "away reply":
        return ["Auto-Submitted: auto-replied"]
    return []


def _display(name: str, address: str) -> str:
    """Write name and address; a name with accents becomes an encoded word."""
    plain = name if name.isascii() else Header(name, "utf-8").encode()
    return f"{plain} <{address}>"


def _stamp(moment: datetime) -> str:
    """Write the date of the separator line, in English whatever the locale."""
    day = f"{_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day:2d}"
    return f"{day} {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} {moment.year}"


def _date(moment: datetime) -> str:
    """Write a Date header, in English whatever the locale."""
    offset = moment.strftime("%z")
    clock = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    day = f"{moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{_DAYS[moment.weekday()]}, {day} {clock} {offset}"
