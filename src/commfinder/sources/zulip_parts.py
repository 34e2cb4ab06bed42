"""What is kept of one Zulip message."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["Message", "is_bot_name", "moment", "parse_message", "quoted", "topic_key"]

_SYSTEM = frozenset(["notification bot", "welcome bot", "email gateway", "zulip feedback bot", "new user bot"])
_LONGEST = 200
_MOST = 200
# A silent mention (in a quotation) notifies nobody, and "*" is everybody.
_MENTION = re.compile(r'<span class="user-mention" data-user-id="\d{1,15}">@?([^<>]{1,200})</span>')
_WRITTEN = re.compile(r"@\*\*([^*|\n]{1,200})(?:\|\d{1,15})?\*\*")
_EVERYBODY = frozenset(["all", "everyone", "channel", "stream", "topic"])
# Zulip writes a quotation as "NAME said:" with a link that ends in the number of the message.
_QUOTED = re.compile(r'<a href="[^"<>]{0,2000}/near/(\d{1,15})">said</a>')
_QUOTED_WRITTEN = re.compile(r"\[said\]\([^()\s]{0,2000}/near/(\d{1,15})\)")


@dataclass(frozen=True, slots=True)
class Message:
    """What is kept of one message.

    Parameters
    ----------
    number : str
        Zulip's own number of it.
    time : int
        Microseconds since 1970 UTC.
    sender : str
        Account.
    mentions : tuple of str
        Accounts of those it mentions.
    answers : tuple of str
        Numbers of the messages that it quotes.
    """

    number: str
    time: int
    sender: str
    mentions: tuple[str, ...]
    answers: tuple[str, ...]


def is_bot_name(name: str) -> bool:
    """Tell whether a name is that of one of Zulip's own bots, or of a machine; people may be called Bot.

    Parameters
    ----------
    name : str
        Display name.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_bot_name(name) for name in ("Notification Bot", "ci-bot", "Jan Bot")]
    [True, True, False]
    """
    return name.casefold() in _SYSTEM or named_like_a_machine(name)


def topic_key(topic: str) -> str:
    """Give the number that stands for a topic: topics are lines that people wrote, as subjects are.

    Parameters
    ----------
    topic : str
        Its name; the mark of resolved topics is no part of it.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    plain = topic.removeprefix("✔").strip().casefold()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]


def moment(value: Any) -> int | None:
    """Read seconds since 1970, as JSON writes them, without passing through a float.

    Parameters
    ----------
    value : object
        From JSON, where numbers are texts.

    Returns
    -------
    int or None
        Microseconds since 1970 UTC; None if it can not be read or lies outside 1990 to 2099.
    """
    found = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,18}))?", value) if isinstance(value, str) else None
    if found is None:
        return None
    time = int(found[1]) * 1_000_000 + int((found[2] or "")[:6].ljust(6, "0"))
    return time if EARLIEST_US <= time < LATEST_US else None


def quoted(content: Any) -> tuple[str, ...]:
    """Find the numbers of the messages that a message quotes."""
    if not isinstance(content, str):
        return ()
    return tuple(dict.fromkeys((_QUOTED.findall(content) or _QUOTED_WRITTEN.findall(content))[:_MOST]))


def parse_message(item: Any, meet: Callable[[str], str]) -> Message | str:
    """Keep of one message who, when, in answer to what, to whom; its text is searched for that and dropped.

    Parameters
    ----------
    item : object
        One item of a topic's file.
    meet : callable
        Notes a name and gives its account.

    Returns
    -------
    Message or str
        A string says why the message is left out.
    """
    if not isinstance(item, dict):
        return "not a message"
    sender = _name(item.get("sender_full_name"))
    if not sender:
        return "no sender"
    time = moment(item.get("timestamp"))
    if time is None:
        return "no time stamp between 1990 and 2099"
    number, content = item.get("id"), item.get("content")
    if not isinstance(number, str) or not re.fullmatch(r"\d{1,15}", number):
        return "no number"
    return Message(
        number=number,
        time=time,
        sender=meet(sender),
        mentions=tuple(meet(name) for name in _mentioned(content)),
        answers=quoted(content),
    )


def _mentioned(content: Any) -> list[str]:
    """Find the names that a message mentions."""
    if not isinstance(content, str):
        return []
    found = [html.unescape(name) for name in _MENTION.findall(content)] or _WRITTEN.findall(content)
    names = dict.fromkeys(clean for name in found[:_MOST] if (clean := _name(name)))
    return [name for name in names if name.casefold() not in _EVERYBODY]


def _name(value: Any) -> str:
    """Give a name without superfluous blanks, "" for anything else."""
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""
