"""Compiled: which message each event takes up. Nobody but its recipient can take one up, so people go one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.threads import in_turn, together

__all__ = ["taken_up"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_LOOKED_AT = 64


def taken_up(
    sender: CodeArray, first: IntArray, recipients: CodeArray, space: CodeArray, low: IntArray, high: IntArray
) -> tuple[IntArray, IntArray]:
    """Return for each event the one that it follows from, and how many messages were waiting.

    Parameters
    ----------
    sender, space : ndarray of int32, shape (n,)
        Of the events, in order of time; a space of -1 is none.
    first : ndarray of int64, shape (n + 1,)
        Where the recipients of each event begin.
    recipients : ndarray of int32
        Rising within an event, without its sender.
    low, high : ndarray of int64, shape (n,)
        From which event to below which one an event can follow; neither ever falls.

    Returns
    -------
    link, waiting : ndarray of int64, shape (n,)
        The event that each follows from (-1: none), and the messages that its sender had received in that time and
        taken up by none of the events before it.

    Examples
    --------
    >>> first, none = np.array([0, 1, 2]), np.array([-1, -1], dtype=np.int32)
    >>> who, whom = np.array([0, 1], dtype=np.int32), np.array([1, 2], dtype=np.int32)
    >>> [one.tolist() for one in taken_up(who, first, whom, none, np.array([0, 0]), np.array([0, 1]))]
    [[-1, 0], [0, 1]]
    """
    outbox, received, by_sender = _arranged(sender, first, recipients)
    n, box = len(sender), received[0]
    taker, link, waiting = np.full(len(recipients), -1), np.full(n, -1), np.zeros(n, dtype=np.int64)
    told = (outbox, received, by_sender, (first, recipients, sender, space), (low, high), (taker, link, waiting))
    # Nobody touches what somebody else received or sent: people can be gone through side by side.
    stops = [int(np.searchsorted(box, one.stop)) for one in in_turn(2, len(recipients))]
    ends = [0, *stops[:-1], len(box) - 1]
    together(lambda part: _taken_up(part, *told), list(pairwise(ends)))
    return link, waiting


@numba.njit(cache=True, nogil=True)
def _arranged(sender: Any, first: Any, recipients: Any) -> Any:
    """Put events in order of sender, and what is received in order of recipient, and of recipient and sender."""
    n, width = len(sender), 0
    for i in range(n):
        width = max(width, sender[i] + 1)
    for i in range(len(recipients)):
        width = max(width, recipients[i] + 1)
    giver = np.empty(len(recipients), np.int32)
    for i in range(n):
        giver[first[i] : first[i + 1]] = i
    own, sent = _in_turn(sender, np.arange(n), width)
    box, came = _in_turn(recipients, np.arange(len(recipients)), width)
    # The same by recipient, then sender, then time.
    pairs = _in_turn(recipients, _in_turn(sender[giver], np.arange(len(recipients)), width)[1], width)[1]
    origin = giver[pairs]
    return (own, sent), (box, came, giver[came]), (pairs, origin, sender[origin])


@numba.njit(cache=True, nogil=True)
def _taken_up(people: Any, outbox: Any, received: Any, by_sender: Any, events: Any, reach: Any, made: Any) -> None:
    """Go through some people, and through the events of each in order of time."""
    (own, sent), (box, came, at), (pairs, origin, writer) = outbox, received, by_sender
    taker, link, waiting = made
    for person in range(people[0], people[1]):
        mine = sent[own[person] : own[person + 1]]
        begin, end = box[person], box[person + 1]
        if len(mine) and begin < end:
            by_pair = pairs[begin:end], origin[begin:end], writer[begin:end]
            _answer(mine, by_pair, events, reach, (taker, link))
            inbox = came[begin:end], at[begin:end]
            _pass_on(mine, inbox, events, reach, (taker, link))
            _count(mine, inbox, reach, taker, waiting)


@numba.njit(cache=True, nogil=True)
def _in_turn(key: Any, order: Any, width: Any) -> Any:
    """Sort by counting, what is equal as it came; return also where each key begins."""
    begins = np.zeros(width + 1, np.int64)
    for i in range(len(key)):
        begins[key[i] + 1] += 1
    begins = np.cumsum(begins)
    place, found = begins.copy(), np.empty(len(key), np.int64)
    for i in order:
        found[place[key[i]]] = i
        place[key[i]] += 1
    return begins, found


@numba.njit(cache=True, nogil=True)
def _answer(mine: Any, by_pair: Any, events: Any, reach: Any, made: Any) -> None:
    """Let each event take up the latest message from the one of its recipients who wrote last."""
    pairs, origin, writer = by_pair
    first, recipients, (low, high), (taker, link) = events[0], events[1], reach, made
    for event in mine:
        begin, end, latest = 0, 0, -1
        for k in range(first[event], first[event + 1]):
            t = _before(origin, writer, recipients[k], high[event])
            if t and writer[t - 1] == recipients[k] and origin[t - 1] >= max(low[event], latest + 1):
                end, latest = t, origin[t - 1]
                begin = _before(origin, writer, recipients[k], low[event])
        for p in range(end - 1, max(begin, end - _LOOKED_AT) - 1, -1):
            if taker[pairs[p]] < 0 and _may_follow(origin[p], event, events):
                taker[pairs[p]], link[event] = event, origin[p]
                break


@numba.njit(cache=True, nogil=True)
def _before(origin: Any, writer: Any, who: Any, event: Any) -> Any:
    """Count the messages that come before one of `who` at an event, in order of sender, then time."""
    low, high = 0, len(origin)
    while low < high:
        middle = (low + high) >> 1
        if writer[middle] < who or (writer[middle] == who and origin[middle] < event):
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True, nogil=True)
def _pass_on(mine: Any, inbox: Any, events: Any, reach: Any, made: Any) -> None:
    """Let each event that answers nothing take up what has waited longest."""
    (came, at), (low, high), (taker, link) = inbox, reach, made
    begin, end = 0, 0
    for event in mine:
        while begin < len(at) and at[begin] < low[event]:
            begin += 1
        while end < len(at) and at[end] < high[event]:
            end += 1
        if link[event] >= 0:
            continue
        for p in range(begin, min(end, begin + _LOOKED_AT)):
            if taker[came[p]] < 0 and _may_follow(at[p], event, events):
                taker[came[p]], link[event] = event, at[p]
                break


@numba.njit(cache=True, nogil=True)
def _may_follow(before: Any, after: Any, events: Any) -> Any:
    """Tell whether at least half of those who took part before take part after, in a space that is not another one."""
    first, recipients, sender, space = events
    if space[before] != space[after] and space[before] >= 0 and space[after] >= 0:
        return False
    size = first[before + 1] - first[before]
    # Of one sender and one recipient, the recipient takes part: that is half.
    if size <= 1:
        return True
    common = 1
    k, last = first[after], first[after + 1]
    for p in range(first[before], first[before + 1]):
        while k < last and recipients[k] < recipients[p]:
            k += 1
        common += k < last and recipients[k] == recipients[p]
    for p in range(first[after], last):
        common += recipients[p] == sender[before]
    return 2 * common >= size + 1


@numba.njit(cache=True, nogil=True)
def _count(mine: Any, inbox: Any, reach: Any, taker: Any, waiting: Any) -> None:
    """Count the messages in reach of each event, without those that events before it took up."""
    (came, at), (low, high) = inbox, reach
    taken_by = taker[came]
    order = np.sort(taken_by[taken_by >= 0])
    begin, end, gone, k = 0, 0, 0, 0
    for event in mine:
        while begin < len(at) and at[begin] < low[event]:
            # What was taken up is out of reach for good: it is neither waiting nor gone.
            gone -= 0 <= taken_by[begin] < event
            begin += 1
        while end < len(at) and at[end] < high[event]:
            end += 1
        waiting[event] = end - begin - gone
        if k < len(order) and order[k] == event:
            gone += 1
            k += 1
