"""What is kept of one Zulip message, and whom it addresses."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.interactions.schema import ROLES
from commfinder.sources.assemble import Known
from commfinder.sources.tally import Tally
from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["COLUMNS", "Chat", "Message", "is_bot_name", "moment", "parse_message", "post_rows", "quoted", "topic_key"]

COLUMNS = ("event", "time", "sender", "recipient", "role", "space", "thread", "parent", "n_recipients", "automated")
"""What `post_rows` yields."""

_RANK = {role: rank for rank, role in enumerate(ROLES)}
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


@dataclass
class Chat:
    """What was read of an archive so far.

    Parameters
    ----------
    tally : Tally
        Where losses are counted.
    known : dict
        What is known of each account.
    topics : dict
        Messages by stream and topic.
    """

    tally: Tally
    known: dict[str, Known] = field(default_factory=dict)
    topics: dict[tuple[str, str], dict[str, Message]] = field(default_factory=dict)

    def meet(self, name: str) -> str:
        """Note that a name occurs; it is the account."""
        known = self.known.setdefault(name, Known(None, "bot" if is_bot_name(name) else "person"))
        known.names[name] += 1
        return name


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


def parse_message(item: Any, chat: Chat) -> Message | str:
    """Keep of one message who, when, in answer to what, to whom; its text is searched for that and dropped.

    Parameters
    ----------
    item : object
        One item of a topic's file.
    chat : Chat
        Where names are noted.

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
        sender=chat.meet(sender),
        mentions=tuple(chat.meet(name) for name in _mentioned(content)),
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


def post_rows(chat: Chat) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of all messages in streams; see `commfinder.sources.read_zulip_topics` for whom one addresses.

    Parameters
    ----------
    chat : Chat
        All messages.

    Yields
    ------
    tuple
        In the order of `COLUMNS`.
    """
    authors = {number: one.sender for held in chat.topics.values() for number, one in held.items()}
    for stream, topic in sorted(chat.topics):
        messages = sorted(chat.topics[stream, topic].values(), key=lambda one: (one.time, int(one.number)))
        opener = next((one for one in messages if chat.known[one.sender].kind == "person"), None)
        for one in messages:
            roles = _recipients(one, opener, authors)
            humans = sum(chat.known[account].kind == "person" for account in roles)
            answered = next((number for number in one.answers if number in authors and number != one.number), None)
            if answered is None and opener is not None and opener.time <= one.time and opener.number != one.number:
                answered = opener.number
            addressed: list[tuple[str | None, str]] = [*sorted(roles.items())] or [(None, "to")]
            for recipient, role in addressed:
                yield (
                    one.number,
                    one.time,
                    one.sender,
                    recipient,
                    role,
                    stream,
                    f"{stream}/{topic}",
                    answered,
                    max(humans, int(bool(roles))),
                    chat.known[one.sender].kind == "bot",
                )


def _recipients(one: Message, opener: Message | None, authors: Mapping[str, str]) -> dict[str, str]:
    """Say whom a message addresses, each once, in the first of its roles."""
    answered: Iterable[str] = [authors[number] for number in one.answers if number in authors]
    if not answered and opener is not None and opener.time <= one.time:
        answered = [opener.sender]
    found = [(account, "mention") for account in one.mentions] + [(account, "reply") for account in answered]
    roles: dict[str, str] = {}
    for account, role in sorted(found, key=lambda pair: _RANK[pair[1]]):
        roles.setdefault(account, role)
    # To answer in one's own topic addresses nobody.
    roles.pop(one.sender, None)
    return roles
