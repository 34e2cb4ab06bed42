"""Causal chains: who passes on what they were sent, told from moments and participants alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.loose import Loose, cases_of_links
from commfinder.delivery.cases.rows import Found
from commfinder.interactions import Loss

__all__ = ["chain_cases"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_SHARED = 0.5
_LOOKED_AT = 64
_WEEKDAYS = BusinessHours(start="00:00", end="24:00")


def chain_cases(loose: Loose, *, gap_days: float, calendar: BusinessHours | None) -> tuple[Found, BoolArray]:
    """Make cases of events that follow from one another in time and share participants.

    An event of b follows from an event that b received if b wrote it later, within `gap_days` working days, if at
    least half of those who took part in the first also take part in the second (Jaccard similarity once people who come
    in new are left out: work that is passed on always brings somebody new), and if the two are not of different spaces.

    Parameters
    ----------
    loose : Loose
        Events without an id of a case and without references.
    gap_days : float
        Working days within which something is passed on.
    calendar : BusinessHours, optional
        Working days; by default Monday to Friday, all hours, UTC.

    Returns
    -------
    found : Found
        Cases of at least two events. What nothing precedes or follows is in none, and counted unless it has a thread.
    used : ndarray of bool, shape (n,)
        Which events are in these cases.

    Notes
    -----
    Events are taken in order of time (greedily). First each takes what it answers: the latest message from one of its
    recipients that its sender has not taken up yet. What answers nothing takes what its sender was sent and has not
    taken up yet, first come, first served, as worklists are. (Where most of what comes in is never passed on, to take
    the latest first would be right more often.) What is taken up once is not taken again, so that two things that one
    person works on stay two. The result is that of taking event after event, found in rounds: everybody proposes to
    their first choice, the earliest proposal stands, the others go on to their next (Gale & Shapley 1962,
    doi:10.1080/00029890.1962.11989827).

    Where k messages were waiting, a link is right one time in k if nothing else is known; the certainty of a case is
    the mean of 1/k over its links. It is no calibrated probability: it does not know of messages that are not in the
    data.
    """
    clock = calendar or _WEEKDAYS
    link, waiting = _taken_up(loose, clock.position(loose.time), round(gap_days * clock.hours_per_day * 3_600e6))
    source = np.flatnonzero(link >= 0)
    target = link[source]
    joined = sparse.coo_array((np.ones(len(source), dtype=bool), (source, target)), shape=(loose.n, loose.n))
    label = sparse.csgraph.connected_components(joined, directed=False)[1]
    used = np.zeros(loose.n, dtype=bool)
    used[source] = True
    used[target] = True
    found = cases_of_links(loose, label, used, source, 1.0 / np.maximum(waiting[source], 1), how="chain")
    losses = []
    alone = int((~used & (loose.home < 0)).sum())
    if alone:
        reason = "event without id that nothing leads to or follows from: in no case"
        losses.append(Loss("cases", "all", reason, alone, "events", f"of {loose.n} events without id"))
    return replace(found, losses=tuple(losses)), used


@dataclass(frozen=True, eq=False)
class _Inbox:
    """Messages in everybody's hands, by key, then time: an entry is one message to one recipient."""

    key: IntArray
    event: IntArray
    entry: IntArray

    def between(self, key: IntArray, low: IntArray, high: IntArray, width: int) -> tuple[IntArray, IntArray]:
        """Return the range of entries with a key whose events are numbered from `low` to below `high`."""
        held, base = self.key * width + self.event, key * width
        order = np.argsort(base)  # neighbours look where the cache is warm
        base, first, last = base[order], np.empty(len(key), dtype=np.int64), np.empty(len(key), dtype=np.int64)
        first[order] = np.searchsorted(held, base + low[order])
        last[order] = np.searchsorted(held, base + high[order])
        return first, last


def _taken_up(loose: Loose, worked: IntArray, gap: int) -> tuple[IntArray, IntArray]:
    """Return for each event the one that it follows from (-1: none), and how many messages were waiting."""
    n = loose.n
    size = np.diff(loose.first)
    giver = np.repeat(np.arange(n), size)
    low = np.searchsorted(worked, worked - gap)
    high = np.searchsorted(loose.time, loose.time)  # strictly earlier
    free = np.ones(len(loose.recipients), dtype=bool)
    entry_of = np.full(n, -1, dtype=np.int64)
    members = giver * _width(loose) + loose.recipients
    # Answers first: of one pair of people, in both directions.
    pair = loose.recipients.astype(np.int64) * _width(loose) + loose.sender[giver]
    inbox = _inbox(pair, giver)
    back = loose.sender[giver].astype(np.int64) * _width(loose) + loose.recipients
    first, last = inbox.between(back, low[giver], high[giver], n)
    asker, first, last = _latest_per_event(giver, first, last, inbox)
    _match(loose, members, inbox, asker, (last - 1, first - 1), free, entry_of)
    # Then what a person was sent by anybody.
    inbox = _inbox(loose.recipients.astype(np.int64), giver)
    first, last = inbox.between(loose.sender.astype(np.int64), low, high, n)
    rest = np.flatnonzero(entry_of < 0)
    _match(loose, members, inbox, rest, (first[rest], last[rest]), free, entry_of)
    waiting = _waiting(loose, inbox, first, last, entry_of)
    return np.where(entry_of >= 0, giver[entry_of] if len(giver) else -1, -1), waiting


def _width(loose: Loose) -> int:
    """Return one more than the largest number of a person."""
    return int(max(loose.sender.max(initial=0), loose.recipients.max(initial=0))) + 1


def _inbox(key: IntArray, giver: IntArray) -> _Inbox:
    """Sort messages by key, then time."""
    order = np.argsort(key, kind="stable")
    return _Inbox(key[order], giver[order], order)


def _latest_per_event(
    asker: IntArray, first: IntArray, last: IntArray, inbox: _Inbox
) -> tuple[IntArray, IntArray, IntArray]:
    """Keep, of the recipients an event may answer, the one whose message is the latest."""
    some = np.flatnonzero(last > first)
    order = some[np.lexsort((-inbox.event[last[some] - 1], asker[some]))]
    _, best = np.unique(asker[order], return_index=True)
    kept = order[best]
    return asker[kept], first[kept], last[kept]


def _match(
    loose: Loose,
    members: IntArray,
    inbox: _Inbox,
    asker: IntArray,
    span: tuple[IntArray, IntArray],
    free: BoolArray,
    entry_of: IntArray,
) -> None:
    """Let events take up messages, the earliest event first; `free` and `entry_of` are filled in.

    Each looks at the entries from the one end of its span to before the other, forwards or backwards.
    """
    nobody = loose.n
    holder = np.full(len(inbox.event), nobody, dtype=np.int64)
    holder[~free[inbox.entry]] = -1  # taken up before: earlier than anybody
    at, stop = span[0].copy(), span[1]
    step = np.sign(stop - at)
    left = np.minimum(np.abs(stop - at), _LOOKED_AT)
    slot = np.full(loose.n, -1, dtype=np.int64)
    slot[asker] = np.arange(len(asker))
    active = np.flatnonzero(left > 0)
    while len(active):
        wanted = at[active]
        fits = (holder[wanted] > asker[active]) & _may_follow(loose, members, inbox.event[wanted], asker[active])
        bidders, wanted = active[fits], wanted[fits]
        before = holder[wanted]
        np.minimum.at(holder, wanted, asker[bidders])
        displaced = before[(before < nobody) & (before != holder[wanted])]
        lost = np.concatenate([active[~fits], bidders[holder[wanted] != asker[bidders]], slot[np.unique(displaced)]])
        at[lost] += step[lost]
        left[lost] -= 1
        active = lost[left[lost] > 0]
    taken = np.flatnonzero((holder >= 0) & (holder < nobody))
    entry_of[holder[taken]] = inbox.entry[taken]
    free[inbox.entry[taken]] = False


def _may_follow(loose: Loose, members: IntArray, before: IntArray, after: IntArray) -> BoolArray:
    """Tell whether enough of those who took part before take part after, in a space that is not another one."""
    space = (loose.space[before] == loose.space[after]) | (loose.space[before] < 0) | (loose.space[after] < 0)
    size = loose.first[before + 1] - loose.first[before]
    # Of one sender and one recipient, the recipient takes part: that is half.
    enough = size <= 1
    open_pairs = np.flatnonzero(~enough & space)
    if len(open_pairs):
        early, late = before[open_pairs], after[open_pairs]
        common = 1 + _is_member(loose, members, late, loose.sender[early]).astype(np.int64)
        count = size[open_pairs]
        pair = np.repeat(np.arange(len(open_pairs)), count)
        offset = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        someone = loose.recipients[loose.first[early][pair] + offset]
        common += np.bincount(pair[_is_member(loose, members, late[pair], someone)], minlength=len(open_pairs))
        enough[open_pairs] = common >= _SHARED * (count + 1)
    fits: BoolArray = enough & space
    return fits


def _is_member(loose: Loose, members: IntArray, event: IntArray, person: npt.NDArray[np.int32]) -> BoolArray:
    """Tell whether people are among the recipients of events."""
    wanted = event * _width(loose) + person
    at = np.minimum(np.searchsorted(members, wanted), max(len(members) - 1, 0))
    return members[at] == wanted if len(members) else np.zeros(len(wanted), dtype=bool)


def _waiting(loose: Loose, inbox: _Inbox, first: IntArray, last: IntArray, entry_of: IntArray) -> IntArray:
    """Count the messages that waited for each sender when they wrote: received in time and not taken up before."""
    place = np.empty(len(inbox.entry), dtype=np.int64)
    place[inbox.entry] = np.arange(len(inbox.entry))
    order = np.lexsort((np.arange(loose.n), loose.sender))
    took = entry_of[order] >= 0
    at = place[entry_of[order][took]]
    # A message taken up no longer waits; it leaves the range of its recipient at the first event that begins after it.
    floor = first[order]
    leaves = np.searchsorted(np.maximum.accumulate(floor), at, side="right")
    gone = np.cumsum(took) - took - np.cumsum(np.bincount(leaves, minlength=loose.n + 1)[: loose.n])
    waiting = np.empty(loose.n, dtype=np.int64)
    waiting[order] = (last - first)[order] - np.maximum(gone, 0)
    return waiting
