"""Channels and mailing lists: who is in them, and what is said there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import DAY
from commfinder.simulation.names import slug
from commfinder.simulation.rosters import Group
from commfinder.simulation.traffic import Writer

__all__ = ["BOT", "Channel", "open_channels", "write_channels", "write_lists"]

BOT = "B00000001"
"""The chat bot; it has no user account."""

_GENERAL, _BUILDS = "general", "builds"
_POSTS = {"unit": 3.0, "group": 2.0, "general": 3.0, "paper": 0.25}
"""Posts per week."""


@dataclass(frozen=True)
class Channel:
    """A chat channel.

    Parameters
    ----------
    name : str
        Name without the hash sign.
    members : tuple of int
        Who is in it.
    posters : tuple of int
        Who writes there; the others read.
    kind : str
        unit, group, paper, general or builds.
    begin, end : float, default 0 and 1
        When people write there, as shares of the period.
    """

    name: str
    members: tuple[int, ...]
    posters: tuple[int, ...]
    kind: str
    begin: float = 0.0
    end: float = 1.0


def open_channels(writer: Writer, groups: Sequence[Group]) -> tuple[Channel, ...]:
    """Make the channels: one for everybody, one for a bot, some of units, those of declared groups.

    Parameters
    ----------
    writer : Writer
        Source of chance and of who has a chat account.
    groups : sequence of Group
        Declared groups; those whose space is no address have a channel.

    Returns
    -------
    tuple of Channel
        Ordered by name.
    """
    structure, rng = writer.structure, writer.rng
    on_chat = np.flatnonzero(structure.on_slack)
    everybody = tuple(int(person) for person in on_chat)
    found = [
        Channel(_GENERAL, everybody, everybody, "general"),
        Channel(_BUILDS, everybody[::4], (), "builds"),
    ]
    units = len(structure.unit_names)
    for unit in sorted(rng.choice(units, size=max(1, units // 2), replace=False).tolist()):
        people = tuple(int(person) for person in on_chat if structure.unit[person] == unit)
        found.append(Channel(f"unit-{slug(structure.unit_names[unit])}", people, people, "unit"))
    for group in groups:
        if not group.space or "@" in group.space:
            continue
        members = tuple(member for member in group.members if structure.on_slack[member])
        busy = group.of("core", "active")
        posters = tuple(m for m in busy if structure.on_slack[m]) if busy else members[:1]
        found.append(Channel(group.space, members, posters, "group" if busy else "paper", group.begin, group.end))
    return tuple(sorted(found, key=lambda channel: channel.name))


def write_channels(writer: Writer, channels: Sequence[Channel], neighbours: list[set[int]]) -> None:
    """Write what is said in the channels.

    In channels of units and groups people answer and mention those whom they have ties with anyway, so that
    channels add traffic but no ties that were not planted. In the channel for everybody answers come from
    anybody.

    Parameters
    ----------
    writer : Writer
        Where it goes.
    channels : sequence of Channel
        The channels.
    neighbours : list of set of int
        For each person the people of durable ties.
    """
    for channel in channels:
        _joins(writer, channel)
        if channel.kind == "builds":
            _bot_posts(writer, channel)
            continue
        if not channel.posters:
            continue
        number = max(2, int(writer.rng.poisson(_POSTS[channel.kind] * writer.clock.weeks)))
        posters = writer.rng.choice(channel.posters, size=number)
        for poster, moment in zip(posters.tolist(), writer.clock.draw(writer.rng, number).tolist(), strict=True):
            if _alive(writer, channel, moment):
                _post(writer, channel, poster, moment, neighbours)


def _alive(writer: Writer, space: Channel | Group, moment: int) -> bool:
    """Say whether a moment lies in the part of the period in which a space is alive."""
    begin, end = writer.clock.moment(np.array([space.begin, space.end])).tolist()
    return bool(begin <= moment < end)


def _post(writer: Writer, channel: Channel, poster: int, moment: int, neighbours: list[set[int]]) -> None:
    """Write one post with its mention, reactions and thread of answers."""
    rng = writer.rng
    if not writer.structure.present(poster, moment):
        return
    known = [p for p in channel.posters if p in neighbours[poster]] if channel.kind != "general" else []
    answering = known if channel.kind != "general" else [p for p in channel.members if p != poster]
    answering = [p for p in answering if writer.structure.present(p, moment)]
    mention = [(writer.address(known[int(rng.integers(len(known)))], chat=True), "mention")] if known else []
    mention = mention if rng.random() < 0.4 else []
    mention = [
        (account, role) for account, role in mention if account in {writer.address(p, chat=True) for p in answering}
    ]
    liked = _some(rng, answering, 3)
    account = writer.address(poster, chat=True)
    reactions = [writer.address(p, chat=True) for p in liked]
    ledger = writer.ledger
    root = ledger.add(moment, account, mention, kind="space", medium="chat", space=channel.name, reactions=reactions)
    if root < 0:
        return
    for person in _some(rng, answering, 3):
        moment = writer.clock.after(moment, 0.3 * writer.delay(), int(writer.offset[person]))
        if writer.structure.present(person, moment):
            to = [(account, "reply")]
            sender = writer.address(person, chat=True)
            ledger.add(moment, sender, to, kind="space", medium="chat", space=channel.name, parent=root)


def _some(rng: np.random.Generator, people: list[int], most: int) -> list[int]:
    """Draw fewer than `most` of some people."""
    size = min(int(rng.integers(most)), len(people))
    return [int(person) for person in rng.choice(people, size=size, replace=False)] if size else []


def _joins(writer: Writer, channel: Channel) -> None:
    """Write the system messages that a chat shows when people come in."""
    begin = writer.clock.period.start_us
    for person in channel.members:
        late = int(writer.structure.since_us[person])
        if late <= begin and channel.kind != "paper":
            continue
        moment = max(late, begin) + int(writer.rng.integers(8, 60)) * DAY // 24
        account = writer.address(person, chat=True)
        writer.ledger.add(moment, account, (), kind="system", medium="chat", space=channel.name)


def _bot_posts(writer: Writer, channel: Channel) -> None:
    """Let the bot post at the same hour of every day."""
    period = writer.clock.period
    for moment in range(period.start_us + DAY // 4, period.end_us, DAY):
        writer.ledger.add(moment, BOT, (), kind="bot message", medium="chat", space=channel.name, automated=True)


def write_lists(writer: Writer, groups: Sequence[Group], neighbours: list[set[int]]) -> None:
    """Write the traffic of mailing lists.

    Posts go to the list address, answers to the author with a copy to the list.

    Parameters
    ----------
    writer : Writer
        Where it goes.
    groups : sequence of Group
        Declared groups; those whose space is an address have a list.
    neighbours : list of set of int
        For each person the people of durable ties; they are the ones who answer.
    """
    rng, clock, ledger = writer.rng, writer.clock, writer.ledger
    for group in groups:
        if "@" not in group.space:
            continue
        # Of a group without life a few write to the list, and nobody answers who would not anyway.
        posters = group.of("core", "active") or group.members[:3]
        number = int(rng.poisson(1.5 * clock.weeks))
        moments = clock.draw(rng, number)
        for poster, moment in zip(rng.choice(posters, size=number).tolist(), moments.tolist(), strict=True):
            if not _alive(writer, group, moment):
                continue
            account = writer.address(poster)
            to = [(group.space, "to")]
            root = ledger.add(moment, account, to, kind="list", space=group.space, files=("lists.mbox",))
            answering = [p for p in posters if p in neighbours[poster]]
            for person in _some(rng, answering, 4) if root >= 0 else ():
                moment = clock.after(moment, writer.delay(), int(writer.offset[person]))
                answer = [(account, "to"), (group.space, "cc")]
                sender = writer.address(person)
                ledger.add(moment, sender, answer, kind="list", space=group.space, parent=root, files=("lists.mbox",))
