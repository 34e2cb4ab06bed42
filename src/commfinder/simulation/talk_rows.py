"""Columns of talk as interaction tables, and as messages to be written into files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from commfinder.simulation.messages import MAIL_HOST, Message, stamp
from commfinder.simulation.rosters import Group
from commfinder.simulation.structure import Ints, Structure
from commfinder.simulation.talk import CHANNEL, CHAT, LIST, MAIL, Talk

__all__ = ["account_rows", "events", "person_rows", "talk_messages"]

_CARRIED = ("email", "chat", "email", "chat")
_FILES = (("sent.mbox",), ("received.mbox",), ("sent.mbox", "received.mbox"))
_ROLES = ("to", "cc", "mention", "reply")
_KINDS = ("talk", "talk", "list", "space")


def events(talk: Talk, groups: Sequence[Group], seed: int) -> list[str]:
    """Return the id of every message: a Message-ID, or a conversation and a time stamp.

    Parameters
    ----------
    talk : Talk
        The messages.
    groups : sequence of Group
        The declared groups.
    seed : int
        Part of the Message-IDs, so that two organisations do not share any.

    Returns
    -------
    list of str
    """
    spaces = _spaces(talk, groups)
    mail = ((talk.carrier == MAIL) | (talk.carrier == LIST)).tolist()
    times = talk.time.tolist()
    return [
        f"t{number:07d}.{seed}@{MAIL_HOST}" if mail[number] else f"{spaces[number]}:{stamp(times[number])}"
        for number in range(talk.size)
    ]


def person_rows(talk: Talk, structure: Structure, groups: Sequence[Group], seed: int) -> pd.DataFrame:
    """Return who talked to whom: one row per message and recipient, people by their ids.

    Parameters
    ----------
    talk : Talk
        The messages.
    structure : Structure
        The people.
    groups : sequence of Group
        The declared groups.
    seed : int
        Part of the Message-IDs.

    Returns
    -------
    pandas.DataFrame
        The columns of the interaction table; posts to nobody in particular are left out.
    """
    rows = np.flatnonzero((talk.carrier != LIST) | (talk.parent >= 0))
    people = pa.array(structure.ids)
    names = _Names(people, people, talk.sender, talk.recipient, talk.copied)
    return _table(talk, groups, seed, names, rows)


def account_rows(talk: Talk, structure: Structure, groups: Sequence[Group], seed: int) -> pd.DataFrame:
    """Return what the exports hold: addresses instead of people, and mails of two archives twice.

    The parameters and columns are those of `person_rows`.
    """
    names = pa.array([account for known in structure.addresses for account in known])
    first = np.cumsum([0, *(len(known) for known in structure.addresses[:-1])])
    sender = first[talk.sender] + talk.second_sender
    recipient = first[talk.recipient] + talk.second_recipient
    held = _Names(names, names, sender, recipient, first[talk.copied])
    rows = np.arange(talk.size)
    once = _table(talk, groups, seed, held, rows)
    twice = once.loc[
        once["event"].isin([e for e, two in zip(events(talk, groups, seed), _twice(talk), strict=True) if two])
    ]
    return pd.concat([once, twice.assign(source="received.mbox")], ignore_index=True)


def talk_messages(talk: Talk, structure: Structure, groups: Sequence[Group], seed: int) -> list[Message]:
    """Return the messages one by one, as the writers of files want them.

    The parameters are those of `person_rows`.
    """
    names = events(talk, groups, seed)
    spaces = _spaces(talk, groups)
    address = structure.addresses
    copies: list[list[tuple[str, str]]] = [[] for _ in range(talk.size)]
    for position, person in zip(talk.copy_of.tolist(), talk.copied.tolist(), strict=True):
        copies[position].append((address[person][0], "cc"))
    turned = _turned(talk).tolist()
    found: list[Message] = []
    columns = (talk.time, talk.sender, talk.recipient, talk.carrier, talk.parent, talk.root)
    for position, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        time, sender, recipient, carrier, parent, root = row
        to = address[recipient][int(talk.second_recipient[position])]
        role = turned[position] if carrier == CHANNEL else 0
        recipients = [(to, _ROLES[role]), *copies[position]]
        if carrier == LIST:
            recipients = [(spaces[position], "to")] if parent < 0 else [(to, "to"), (spaces[position], "cc")]
        files = _FILES[int(talk.archive[position])] if carrier == MAIL else ("lists.mbox",)
        found.append(
            Message(
                event=names[position],
                time=time,
                sender=address[sender][int(talk.second_sender[position])],
                recipients=tuple(recipients),
                medium=_CARRIED[carrier],
                space=spaces[position],
                thread=names[root],
                parent=names[parent] if parent >= 0 else "",
                kind="oneoff" if talk.one_off[position] else _KINDS[carrier],
                automated=False,
                reactions=(),
                files=("slack.zip",) if _CARRIED[carrier] == "chat" else files,
            )
        )
    return found


class _Names:
    """What senders and recipients are called, and which of the names each of them has."""

    def __init__(self, senders: pa.Array, recipients: pa.Array, sender: Ints, recipient: Ints, copied: Ints) -> None:
        self.senders = senders
        self.recipients = recipients
        self.sender = sender
        self.recipient = recipient
        self.copied = copied


def _table(talk: Talk, groups: Sequence[Group], seed: int, names: _Names, rows: Ints) -> pd.DataFrame:
    """Put the columns of some messages, and the copies of all, into the shape of the interaction table."""
    ids = pa.array(events(talk, groups, seed))
    position = np.concatenate([rows, talk.copy_of])
    main = np.arange(len(position)) < len(rows)
    to = np.concatenate([names.recipient[rows], names.copied])
    open_post = main & (talk.carrier[position] == LIST) & (talk.parent[position] < 0)
    order = np.argsort(position, kind="stable")
    position, main, to, open_post = position[order], main[order], to[order], open_post[order]
    carrier, parent = talk.carrier[position], talk.parent[position]
    role = np.where(main, np.where(carrier == CHANNEL, _turned(talk)[position], 0), 1)
    counts = 1 + np.bincount(talk.copy_of, minlength=talk.size)[position] - open_post
    chat = (carrier == CHAT) | (carrier == CHANNEL)
    source = np.where(chat, 3, np.where(carrier == LIST, 2, np.minimum(talk.archive[position] % 2, 1)))
    size = len(position)
    spaces = pa.array([space or None for space in _spaces(talk, groups)], pa.string())
    table = pa.table(
        {
            "event": ids.take(pa.array(position)),
            "time": pa.array(talk.time[position]).cast(pa.timestamp("us", tz="UTC")),
            "sender": names.senders.take(pa.array(names.sender[position])),
            "recipient": names.recipients.take(pa.array(to, mask=open_post)),
            "role": pa.array(_ROLES).take(pa.array(role)),
            "medium": pa.array(["email", "chat"]).take(pa.array(chat.astype(np.int64))),
            "space": spaces.take(pa.array(position)),
            "thread": ids.take(pa.array(talk.root[position])),
            "parent": ids.take(pa.array(parent, mask=parent < 0)),
            "activity": pa.nulls(size),
            "n_recipients": pa.array(counts.astype(np.int32)),
            "automated": pa.array(np.zeros(size, dtype=bool)),
            "source": pa.array(["sent.mbox", "received.mbox", "lists.mbox", "slack.zip"]).take(pa.array(source)),
        }
    )
    return pd.DataFrame(table.to_pandas())


def _twice(talk: Talk) -> list[bool]:
    """Say which mails stand in two archives."""
    return list(((talk.archive == 2) & (talk.carrier == MAIL)).tolist())


def _turned(talk: Talk) -> Ints:
    """Return the role of posts in channels: who opens a thread mentions the other, who answers replies."""
    return np.where((talk.parent >= 0) & (talk.sender != talk.sender[talk.root]), 3, 2)


def _spaces(talk: Talk, groups: Sequence[Group]) -> list[str]:
    """Return the space of every message: a list, a channel, a direct conversation; empty for plain mail."""
    known = [group.space for group in groups]
    low, high = np.minimum(talk.sender, talk.recipient), np.maximum(talk.sender, talk.recipient)
    columns = (talk.carrier, talk.group, low, high)
    return [
        known[group] if group >= 0 else f"D{a:05d}{b:05d}" if carrier == CHAT else ""
        for carrier, group, a, b in zip(*(column.tolist() for column in columns), strict=True)
    ]
