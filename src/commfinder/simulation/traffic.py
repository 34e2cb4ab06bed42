"""Conversations along the durable ties, and the one-off messages between people who have none."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np

from commfinder.simulation.clock import OFFSETS, Clock
from commfinder.simulation.messages import Ledger
from commfinder.simulation.structure import Structure
from commfinder.simulation.ties import Ties

__all__ = ["Writer", "mpim_id", "write_direct_groups", "write_one_offs", "write_talk"]

_ON = 0.45  # chance that a conversation ends after a message; its mean length is 1 / _ON
_LONGEST = 6
_COPIED = 0.16  # chance that a mail has further recipients
_ALIAS_USE = 0.3
_TWICE = 0.04  # chance that a mail is in two archives
_ONE_OFFS = 0.1  # one-off messages per message of durable ties


class Writer:
    """Writes messages of people: which address they use, when they answer, where the mail is kept.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The people.
    clock : Clock
        The rhythm.
    ledger : Ledger
        Where messages go.
    """

    def __init__(self, rng: np.random.Generator, structure: Structure, clock: Clock, ledger: Ledger) -> None:
        self.rng = rng
        self.structure = structure
        self.clock = clock
        self.ledger = ledger
        self.offset = np.array(OFFSETS)[structure.site]

    def address(self, person: int, *, chat: bool = False) -> str:
        """Return the account a person uses now: sometimes the second address, never in chat."""
        known = self.structure.addresses[person]
        if chat or len(known) == 1 or self.rng.random() >= _ALIAS_USE:
            return known[0]
        return known[1]

    def archives(self) -> tuple[str, ...]:
        """Return which mail archives hold a mail; a few are in both."""
        draw = self.rng.random()
        if draw < _TWICE:
            return ("sent.mbox", "received.mbox")
        return ("sent.mbox",) if draw < 0.6 else ("received.mbox",)

    def both_present(self, people: tuple[int, ...], moment: int) -> bool:
        """Say whether all of some people are employed at a moment."""
        return all(self.structure.present(person, moment) for person in people)

    def delay(self) -> float:
        """Draw the hours until an answer."""
        return float(self.rng.lognormal(0.9, 1.1))


def write_talk(writer: Writer, ties: Ties) -> None:
    """Write the conversations of all durable ties.

    A tie of rate r opens Poisson(r · weeks / mean length) conversations at working times; in each the two
    take turns.

    Parameters
    ----------
    writer : Writer
        Where they go.
    ties : Ties
        The relationships.
    """
    rng, clock = writer.rng, writer.clock
    neighbours = ties.neighbours(writer.structure.size)
    counts = rng.poisson(ties.rate * clock.weeks * _ON)
    which = np.repeat(np.arange(len(counts)), counts)
    opened_by_a = rng.random(len(which)) < ties.balance[which]
    first = np.where(opened_by_a, ties.a[which], ties.b[which])
    second = np.where(opened_by_a, ties.b[which], ties.a[which])
    moments = clock.draw(rng, len(which), writer.offset[first])
    lengths = np.minimum(rng.geometric(_ON, size=len(which)), _LONGEST)
    chat = rng.random(len(which)) < ties.chat_share[which]
    copied = rng.random(len(which)) < _COPIED
    for row in range(len(which)):
        pair = (int(first[row]), int(second[row]))
        if chat[row]:
            _chat(writer, pair, int(moments[row]), int(lengths[row]))
            continue
        others = _copied(rng, neighbours, pair) if copied[row] else ()
        _mail(writer, pair, int(moments[row]), int(lengths[row]), others)


def _mail(
    writer: Writer,
    pair: tuple[int, int],
    moment: int,
    length: int,
    others: tuple[int, ...],
    kind: str = "talk",
) -> None:
    """Write one conversation by mail; copied people stay copied in a third of the answers."""
    parent = -1
    sender, recipient = pair
    known = {person: writer.address(person) for person in (*pair, *others)}
    for turn in range(length):
        if not writer.both_present((*pair, *others), moment):
            return
        copies = others if turn == 0 or writer.rng.random() < 0.33 else ()
        role = "to" if len(others) > 1 and turn == 0 else "cc"
        to = [(known[recipient], "to"), *((known[person], role) for person in copies)]
        files = writer.archives()
        parent = writer.ledger.add(moment, known[sender], to, kind=kind, parent=parent, files=files)
        if parent < 0:
            return
        sender, recipient = recipient, sender
        moment = writer.clock.after(moment, writer.delay(), int(writer.offset[sender]))


def _chat(writer: Writer, pair: tuple[int, int], moment: int, length: int) -> None:
    """Write one conversation by direct chat, quick and without threads."""
    sender, recipient = pair
    space = f"D{min(pair):05d}{max(pair):05d}"
    for _ in range(length):
        to = [(writer.address(recipient, chat=True), "to")]
        kept = writer.both_present(pair, moment) and (
            writer.ledger.add(moment, writer.address(sender, chat=True), to, kind="talk", medium="chat", space=space)
            >= 0
        )
        if not kept:
            return
        sender, recipient = recipient, sender
        moment = writer.clock.after(moment, 0.1 * writer.delay(), int(writer.offset[sender]))


def _copied(rng: np.random.Generator, neighbours: list[set[int]], pair: tuple[int, int]) -> tuple[int, ...]:
    """Choose who is copied: people whom both know, so that copies add no ties that nobody planted."""
    common = sorted(neighbours[pair[0]] & neighbours[pair[1]])
    if not common:
        return ()
    size = min(int(rng.integers(1, 4)), len(common))
    return tuple(int(person) for person in rng.choice(common, size=size, replace=False))


def write_one_offs(writer: Writer) -> None:
    """Write single messages between people of no durable tie, some with one answer.

    Parameters
    ----------
    writer : Writer
        Where they go; their number follows from what is there already.
    """
    rng, structure = writer.rng, writer.structure
    number = round(_ONE_OFFS * len(writer.ledger.drafts))
    weight = np.where(structure.dormant, 0.0, structure.activity)
    people = rng.choice(structure.size, size=(number, 2), p=weight / weight.sum())
    moments = writer.clock.draw(rng, number, writer.offset[people[:, 0]])
    for (sender, recipient), moment in zip(people.tolist(), moments.tolist(), strict=True):
        if sender != recipient:
            _mail(writer, (sender, recipient), moment, 1 + int(rng.random() < 0.25), (), "oneoff")


def write_direct_groups(writer: Writer, count: int, apart: Collection[tuple[int, int]] = ()) -> list[tuple[int, ...]]:
    """Write small group conversations in chat among people of one team.

    Parameters
    ----------
    writer : Writer
        Where they go.
    count : int
        How many such groups.
    apart : collection of (int, int), default ()
        Pairs of people, the smaller first, who are in no such group together.

    Returns
    -------
    list of tuple of int
        Their members.
    """
    rng, structure = writer.rng, writer.structure
    groups: list[tuple[int, ...]] = []
    usable = structure.on_slack & structure.steady(writer.clock)
    teams = [np.flatnonzero(usable & (structure.manager == boss)) for boss in np.unique(structure.manager)]
    teams = [team for team in teams if len(team) >= 3]
    for team in [teams[int(i)] for i in rng.permutation(len(teams))[:count]]:
        members = tuple(sorted(int(p) for p in rng.choice(team, size=3, replace=False)))
        if any(pair in apart for pair in itertools.combinations(members, 2)):
            continue
        groups.append(members)
        space = mpim_id(members)
        for moment in writer.clock.draw(rng, int(rng.integers(6, 20))).tolist():
            sender = members[int(rng.integers(3))]
            to = [(writer.address(other, chat=True), "to") for other in members if other != sender]
            account = writer.address(sender, chat=True)
            writer.ledger.add(moment, account, to, kind="direct-group", medium="chat", space=space)
    return groups


def mpim_id(members: tuple[int, ...]) -> str:
    """Return the name of a direct conversation of several people."""
    return "mpdm-" + "-".join(f"u{member:05d}" for member in members) + "-1"
