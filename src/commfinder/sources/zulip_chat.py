"""Lay the messages of a Zulip archive aside on disk, and say whom each addresses once all are there."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from commfinder.interactions.schema import ROLES
from commfinder.sources.assemble import Known
from commfinder.sources.tally import Tally
from commfinder.sources.zulip_parts import Message, is_bot_name

__all__ = ["COLUMNS", "Chat"]

COLUMNS = ("event", "time", "sender", "recipient", "role", "space", "thread", "parent", "n_recipients", "automated")
"""What `Chat.rows` yields."""

_Row: TypeAlias = "tuple[Any, ...]"

_RANK = {role: rank for rank, role in enumerate(ROLES)}
_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384", "temp_store = FILE")
_TABLES = (
    "CREATE TABLE post (key INTEGER PRIMARY KEY, stream TEXT, topic TEXT, time INTEGER, sender TEXT, mentions TEXT, "
    "answers TEXT)",
    "CREATE TABLE direct (key INTEGER PRIMARY KEY, time INTEGER, sender TEXT, recipients TEXT)",
)
# The first place of a message counts; there its last version does.
_KEEP = (
    "INSERT INTO post VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET time = excluded.time, "
    "sender = excluded.sender, mentions = excluded.mentions, answers = excluded.answers "
    "WHERE stream = excluded.stream AND topic = excluded.topic"
)
_SORTED = "SELECT * FROM post ORDER BY stream, topic, time, CAST(substr(key, 2) AS INTEGER), key"


class Chat:
    """The messages of an archive, in a database on disk without a name, which goes with the process.

    Parameters
    ----------
    tally : Tally
        Where losses are counted.

    Attributes
    ----------
    known : dict
        What is known of each account.
    messages : int
        How many messages were kept.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.known: dict[str, Known] = {}
        self.messages = 0
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (*(f"PRAGMA {setting}" for setting in _SETTINGS), *_TABLES, "BEGIN"):
            self._database.execute(statement)

    def close(self) -> None:
        """Give the room on disk back."""
        self._database.close()

    def meet(self, name: str) -> str:
        """Note that a name occurs; it is the account."""
        known = self.known.setdefault(name, Known(None, "bot" if is_bot_name(name) else "person"))
        known.names[name] += 1
        return name

    def add(self, stream: str, topic: str, one: Message, where: str) -> None:
        """Keep a message in a stream.

        Parameters
        ----------
        stream, topic : str
            Where it stands.
        one : Message
            The message.
        where : str
            Name of the file.
        """
        named = (json.dumps(one.mentions), json.dumps(one.answers))
        cells = (_key(one.number), stream, topic, one.time, one.sender, *named)
        self.messages += 1
        if not self._database.execute(_KEEP, cells).rowcount:
            self.tally.add("message that stands in another topic as well; moved", unit="messages", where=where)

    def add_direct(self, one: Message, recipients: Iterable[str]) -> None:
        """Keep a direct message.

        Parameters
        ----------
        one : Message
            The message.
        recipients : iterable of str
            Accounts of those it goes to.
        """
        cells = (_key(one.number), one.time, one.sender, json.dumps(tuple(recipients)))
        self.messages += 1
        self._database.execute("INSERT OR REPLACE INTO direct VALUES (?, ?, ?, ?)", cells)

    def rows(self) -> Iterator[_Row]:
        """Yield the rows of all messages; see `commfinder.sources.read_zulip_topics` for whom one addresses.

        Yields
        ------
        tuple
            In the order of `COLUMNS`.
        """
        found = self._database.execute(_SORTED)
        for (stream, topic), posts in itertools.groupby(found, key=lambda row: (row[1], row[2])):
            messages = [
                Message(str(key)[1:], time, sender, tuple(json.loads(mentions)), tuple(json.loads(answers)))
                for key, _, _, time, sender, mentions, answers in posts
            ]
            yield from self._topic(stream, topic, messages)
        for key, time, sender, recipients in self._database.execute("SELECT * FROM direct ORDER BY key"):
            others = json.loads(recipients)
            count = self._humans(account for account in others if account != sender)
            count = max(count, int(any(account != sender for account in others)))
            number = str(key)[1:]
            for account in others:
                yield number, time, sender, account, "to", None, number, None, count, self._is_bot(sender)

    def _topic(self, stream: str, topic: str, messages: list[Message]) -> Iterator[_Row]:
        """Yield the rows of one topic."""
        opener = next((one for one in messages if self.known[one.sender].kind == "person"), None)
        for one in messages:
            authors = self._authors(one.answers)
            roles = _recipients(one, opener, authors)
            answered = next((number for number in authors if number != one.number), None)
            if answered is None and opener is not None and opener.time <= one.time and opener.number != one.number:
                answered = opener.number
            count = max(self._humans(roles), int(bool(roles)))
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
                    count,
                    self._is_bot(one.sender),
                )

    def _authors(self, numbers: tuple[str, ...]) -> dict[str, str]:
        """Give the author of each message that is there, in the order of the numbers."""
        query = "SELECT sender FROM post WHERE key = ?"
        found = ((number, self._database.execute(query, (_key(number),)).fetchone()) for number in numbers)
        return {number: row[0] for number, row in found if row is not None}

    def _humans(self, accounts: Iterable[str]) -> int:
        """Count the people among some accounts."""
        return sum(self.known[account].kind == "person" for account in accounts)

    def _is_bot(self, account: str) -> bool:
        """Tell whether an account is a bot's."""
        return self.known[account].kind == "bot"


def _key(number: str) -> int:
    """Give a number for a message's own, which may begin with zeros."""
    return int(f"1{number}")


def _recipients(one: Message, opener: Message | None, authors: dict[str, str]) -> dict[str, str]:
    """Say whom a message addresses, each once, in the first of its roles."""
    answered = list(authors.values())
    if not answered and opener is not None and opener.time <= one.time:
        answered = [opener.sender]
    found = [(account, "mention") for account in one.mentions] + [(account, "reply") for account in answered]
    roles: dict[str, str] = {}
    for account, role in sorted(found, key=lambda pair: _RANK[pair[1]]):
        roles.setdefault(account, role)
    # To answer in one's own topic addresses nobody.
    roles.pop(one.sender, None)
    return roles
