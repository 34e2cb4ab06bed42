"""Conversations of a planned organisation, held as columns so that hundreds of organisations can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import OFFSETS, Clock
from commfinder.simulation.contacts import Contacts
from commfinder.simulation.structure import Bools, Ints, Structure

__all__ = ["CHANNEL", "CHAT", "LIST", "MAIL", "Talk", "hold_talk"]

MAIL, CHAT, LIST, CHANNEL = range(4)
"""What carries a message: plain mail, direct chat, a group's list, a group's channel."""

_ON = 0.45  # chance that a conversation ends after a message
_LONGEST = 6
_COPIED = 0.16
_STAYS = 0.33  # chance that copied people stay copied in an answer
_MOST_COPIED = 3
_TRIES = 6
_ANSWERED = 0.25  # of the one-off messages
_AD_HOC = 0.15  # of the one-off messages go to several people
_MOST_AD_HOC = 7
_ALIAS_USE = 0.3
_TWICE, _SENT = 0.04, 0.6
_SECOND = 1_000_000
_HASTE = np.array([1.0, 0.1, 1.0, 0.3])  # delays by carrier


@dataclass(frozen=True)
class Talk:
    """Messages as columns, in order of time.

    Parameters
    ----------
    time, sender, recipient : numpy.ndarray of int, shape (m,)
        Microseconds since 1970 UTC; people. The recipient of the opening post of a list is who it is meant for.
    carrier, group : numpy.ndarray of int, shape (m,)
        What carries it; the group whose list or channel it is, else -1.
    parent, root : numpy.ndarray of int, shape (m,)
        Positions of the message that it answers, -1 for none, and of the one that opened the conversation.
    one_off : numpy.ndarray of bool, shape (m,)
        Whether no lasting tie is behind it.
    second_sender, second_recipient : numpy.ndarray of bool, shape (m,)
        Whether the second address is used.
    archive : numpy.ndarray of int, shape (m,)
        0 sent, 1 received, 2 both mail archives.
    copy_of, copied : numpy.ndarray of int, shape (c,)
        Positions of messages, and people who get a copy of them.
    """

    time: Ints
    sender: Ints
    recipient: Ints
    carrier: Ints
    group: Ints
    parent: Ints
    root: Ints
    one_off: Bools
    second_sender: Bools
    second_recipient: Bools
    archive: Ints
    copy_of: Ints
    copied: Ints

    @property
    def size(self) -> int:
        """Number of messages."""
        return len(self.time)


@dataclass(frozen=True)
class _Opened:
    """Conversations before their messages: who opens them with whom, when, over what, how long, in whose copy."""

    first: Ints
    second: Ints
    time: Ints
    until: Ints
    length: Ints
    carrier: Ints
    group: Ints
    one_off: Bools

    def where(self, kept: Bools) -> _Opened:
        """Return some of them."""
        return _Opened(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    def and_then(self, other: _Opened) -> _Opened:
        """Return these and others."""
        return _Opened(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__))


def hold_talk(
    rng: np.random.Generator,
    clock: Clock,
    structure: Structure,
    contacts: Contacts,
    *,
    lists: Bools,
    seen: Bools,
    noise: float,
    recorded: float,
) -> Talk:
    """Hold the conversations of all ties, and the one-off messages.

    A tie of rate r opens Poisson(r · weeks / mean length) conversations while it is used; in each the two take
    turns. Copies go to people of lasting ties with both, so that they add no tie that nobody planted.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    clock : Clock
        The rhythm.
    structure : Structure
        The people.
    contacts : Contacts
        The ties.
    lists : numpy.ndarray of bool, shape (groups,)
        Whether the space of a group that carries its talk is a list rather than a channel.
    seen : numpy.ndarray of bool, shape (n,)
        Whose traffic is in the data.
    noise : float
        One-off messages per message of ties.
    recorded : float
        Share of the conversations that are in the data.

    Returns
    -------
    Talk
    """
    offset = np.array(OFFSETS)[structure.site]
    tied = _open(rng, clock, contacts, offset, lists)
    single = _open_single(rng, clock, structure, offset, round(noise * int(tied.length.sum()) / (1 + _ANSWERED)))
    opened = tied.and_then(single)
    opened = opened.where(seen[opened.first] & seen[opened.second])
    copy_of, copied = _copies(rng, structure, contacts, opened)
    columns, conversation, turn = _unfold(rng, clock, structure, opened, offset)
    kept = np.ones(len(conversation), dtype=bool)
    if recorded < 1:
        # Whole conversations are lost, so that no answer is left without what it answers.
        kept = (rng.random(len(opened.first)) < recorded)[conversation]
    return _ordered(rng, structure, seen, opened, (columns, conversation, turn, kept), (copy_of, copied))


def _open(rng: np.random.Generator, clock: Clock, contacts: Contacts, offset: Ints, lists: Bools) -> _Opened:
    """Open the conversations of ties."""
    mass = clock.mass(contacts.end) - clock.mass(contacts.begin)
    counts = rng.poisson(contacts.rate * clock.weeks * mass * _ON)
    which = np.repeat(np.arange(len(counts)), counts)
    by_a = rng.random(len(which)) < contacts.balance[which]
    first = np.where(by_a, contacts.a[which], contacts.b[which])
    second = np.where(by_a, contacts.b[which], contacts.a[which])
    group = contacts.space[which]
    carrier = np.where(rng.random(len(which)) < contacts.chat[which], CHAT, MAIL)
    if len(lists):
        carrier = np.where(group >= 0, np.where(lists[group], LIST, CHANNEL), carrier)
    length = np.minimum(rng.geometric(_ON, size=len(which)), _LONGEST)
    return _Opened(
        first=first,
        second=second,
        time=clock.draw_between(rng, contacts.begin[which], contacts.end[which], offset[first]),
        until=clock.moment(contacts.end[which]),
        # The opening post of a list or channel is for everybody; only an answer shows who talks with whom.
        length=np.where(group >= 0, np.maximum(length, 2), length),
        carrier=carrier,
        group=group,
        one_off=np.zeros(len(which), dtype=bool),
    )


def _open_single(rng: np.random.Generator, clock: Clock, structure: Structure, offset: Ints, number: int) -> _Opened:
    """Open one-off conversations by mail between people of no tie in particular."""
    weight = np.where(structure.dormant, 0.0, structure.activity)
    steps = np.cumsum(weight) / weight.sum()
    people = np.minimum(np.searchsorted(steps, rng.random((number, 2)), side="right"), structure.size - 1)
    people = people[people[:, 0] != people[:, 1]]
    number = len(people)
    ones = np.ones(number)
    return _Opened(
        first=people[:, 0],
        second=people[:, 1],
        time=clock.draw_between(rng, 0 * ones, ones, offset[people[:, 0]]),
        until=clock.moment(ones),
        length=1 + (rng.random(number) < _ANSWERED).astype(np.int64),
        carrier=np.full(number, MAIL),
        group=np.full(number, -1),
        one_off=np.ones(number, dtype=bool),
    )


def _copies(rng: np.random.Generator, structure: Structure, contacts: Contacts, opened: _Opened) -> tuple[Ints, Ints]:
    """Choose who is copied into which conversation: people of both, or anybody into an ad hoc mail."""
    people = structure.size
    lasting = (contacts.begin == 0) & (contacts.end == 1) & (contacts.space < 0)
    low, high = contacts.a[lasting], contacts.b[lasting]
    codes = np.unique(np.concatenate([low * people + high, high * people + low]))
    begins = np.searchsorted(codes, np.arange(people + 1) * people)
    plain = (opened.carrier == MAIL) & ~opened.one_off
    some = np.flatnonzero(plain & (rng.random(len(plain)) < _COPIED))
    degree = np.diff(begins)[opened.first[some]]
    some, degree = some[degree > 0], degree[degree > 0]
    place = begins[opened.first[some]][:, None] + (rng.random((len(some), _TRIES)) * degree[:, None]).astype(np.int64)
    friend = codes[place] % people
    wanted = friend * people + opened.second[some][:, None]
    common = codes[np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)] == wanted
    among = rng.integers(1, _MOST_COPIED + 1, size=len(some))
    chosen = common & (np.cumsum(common, axis=1) <= among[:, None])
    single = np.flatnonzero(opened.one_off & (rng.random(len(plain)) < _AD_HOC))
    sizes = rng.integers(2, _MOST_AD_HOC + 1, size=len(single))
    anybody = np.flatnonzero(~structure.dormant)
    where = np.concatenate([np.repeat(some, chosen.sum(axis=1)), np.repeat(single, sizes)])
    whom = np.concatenate([friend[chosen], anybody[rng.integers(len(anybody), size=int(sizes.sum()))]])
    pairs = np.unique(where * people + whom)
    where, whom = pairs // people, pairs % people
    other = (whom != opened.first[where]) & (whom != opened.second[where])
    return where[other], whom[other]


def _unfold(
    rng: np.random.Generator, clock: Clock, structure: Structure, opened: _Opened, offset: Ints
) -> tuple[tuple[Ints, Ints, Ints], Ints, Ints]:
    """Let the two take turns until the conversation ends; return times and people, conversations and turns."""
    parts: list[tuple[Ints, Ints, Ints, Ints, Ints]] = []
    alive = np.arange(len(opened.first))
    moment, end = opened.time.copy(), clock.period.end_us
    sender, recipient = opened.first.copy(), opened.second.copy()
    for turn in range(_LONGEST):
        if turn:
            delay = rng.lognormal(0.9, 1.1, size=len(alive)) * _HASTE[opened.carrier[alive]]
            moment = clock.after_all(moment, delay, offset[recipient])
            sender, recipient = recipient, sender
        there = (moment < np.minimum(opened.until[alive], end)) & (turn < opened.length[alive])
        there &= _present(structure, sender, moment) & _present(structure, recipient, moment)
        alive, moment, sender, recipient = alive[there], moment[there], sender[there], recipient[there]
        parts.append((moment, sender, recipient, alive, np.full(len(alive), turn)))
    time, senders, recipients, conversation, turns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return (time, senders, recipients), conversation, turns


def _ordered(
    rng: np.random.Generator,
    structure: Structure,
    seen: Bools,
    opened: _Opened,
    unfolded: tuple[tuple[Ints, Ints, Ints], Ints, Ints, Bools],
    copies: tuple[Ints, Ints],
) -> Talk:
    """Put messages in order of time, link answers, and hand out copies."""
    (time, sender, recipient), conversation, turn, kept = unfolded
    carrier = opened.carrier[conversation]
    mail = (carrier == MAIL) | (carrier == LIST)
    time = np.where(mail, time - time % _SECOND, time)
    order = np.flatnonzero(kept)
    order = order[np.lexsort((conversation[order], turn[order], time[order]))]
    time, sender, recipient = time[order], sender[order], recipient[order]
    conversation, turn, carrier, mail = conversation[order], turn[order], carrier[order], mail[order]
    size = len(order)
    # One row per conversation, one column per turn: where its messages stand.
    place = np.full((len(opened.first), _LONGEST), -1)
    place[conversation, turn] = np.arange(size)
    root = np.where(carrier == CHAT, np.arange(size), place[conversation, 0])
    parent = np.where(turn > 0, place[conversation, np.maximum(turn - 1, 0)], -1)
    parent = np.where(carrier == CHANNEL, np.where(turn > 0, root, -1), np.where(carrier == CHAT, -1, parent))
    group = opened.group[conversation]
    has_second = np.array([len(known) > 1 for known in structure.addresses])
    draws = rng.random(size)
    archive = np.where(draws < _TWICE, 2, np.where(draws < _SENT, 0, 1))
    copy_of, copied = _spread(rng, (place, copies[0], copies[1]), size)
    good = seen[copied] & _present(structure, copied, time[copy_of])
    return Talk(
        time=_apart(
            time,
            sender * 0
            + np.where(
                carrier == CHANNEL,
                -1 - group,
                np.minimum(sender, recipient) * structure.size + np.maximum(sender, recipient),
            ),
            ~mail,
        ),
        sender=sender,
        recipient=recipient,
        carrier=carrier,
        group=group,
        parent=parent,
        root=root,
        one_off=opened.one_off[conversation],
        second_sender=mail & has_second[sender] & (rng.random(size) < _ALIAS_USE),
        second_recipient=mail & has_second[recipient] & (rng.random(size) < _ALIAS_USE),
        archive=archive,
        copy_of=copy_of[good],
        copied=copied[good],
    )


def _spread(rng: np.random.Generator, copies: tuple[Ints, Ints, Ints], size: int) -> tuple[Ints, Ints]:
    """Copy people into the opening message, and into some of the answers."""
    place, where, whom = copies
    stays = rng.random(size) < _STAYS
    found_of, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for turn in range(place.shape[1]):
        spot = place[where, turn]
        good = spot >= 0
        if turn:
            good &= stays[spot]
        found_of.append(spot[good])
        found.append(whom[good])
    return np.concatenate(found_of), np.concatenate(found)


def _apart(time: Ints, space: Ints, chat: Bools) -> Ints:
    """Move posts of one space that fall on the same microsecond: in a chat the time is the name of a post."""
    time = time.copy()
    posts = np.flatnonzero(chat)
    while len(posts):
        order = posts[np.lexsort((posts, time[posts], space[posts]))]
        same = (np.diff(time[order]) == 0) & (np.diff(space[order]) == 0)
        if not same.any():
            break
        time[order[1:][same]] += 1
    return time


def _present(structure: Structure, people: Ints, moments: Ints) -> Bools:
    """Say who is employed at a moment of theirs."""
    until = structure.until_us[people]
    return np.asarray((structure.since_us[people] <= moments) & ((until == 0) | (moments < until)))
