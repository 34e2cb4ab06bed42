"""Events that carry no id of a case: what they say of sender, recipients, moment, and of what they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.columns import Columns
from commfinder.delivery.cases.kernels import in_order
from commfinder.delivery.cases.rows import Found
from commfinder.delivery.cases.texts import settled
from commfinder.delivery.cases.value import TEXT, names_of
from commfinder.interactions import Interactions, Loss

__all__ = ["Loose", "cases_of_links", "loose_events", "reference_cases"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Loose:
    """Events without an id of a case, by time, then event, then sender.

    Parameters
    ----------
    time : ndarray of int64, shape (n,)
        Microseconds since 1970 UTC.
    sender, activity, space : ndarray of int32, shape (n,)
        Numbers; activity and space are -1 where there is none.
    event, parent : ndarray of int64, shape (n,)
        Keys of the id and of the id that is answered; a parent of 0 is none.
    first : ndarray of int64, shape (n + 1,)
        Where the recipients of each event begin in `recipients`.
    recipients : ndarray of int32
        Numbers of the recipients, rising within an event, without the sender.
    spaces : ndarray of str
        Names of spaces.
    home : ndarray of int32, shape (n,)
        Number of the thread that has only this one message; -1 for none.
    """

    time: IntArray
    sender: CodeArray
    activity: CodeArray
    space: CodeArray
    event: IntArray
    parent: IntArray
    first: IntArray
    recipients: CodeArray
    spaces: npt.NDArray[np.object_]
    home: CodeArray

    @property
    def n(self) -> int:
        """Number of events."""
        return len(self.time)

    def arranged(self, order: IntArray) -> Loose:
        """Put the events in another order."""
        size = np.diff(self.first)[order]
        heads = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        entries = np.arange(heads[-1]) + np.repeat(self.first[order] - heads[:-1], size)
        names = ("time", "sender", "activity", "space", "event", "parent", "home")
        moved = {name: getattr(self, name)[order] for name in names}
        return replace(self, **moved, first=heads, recipients=self.recipients[entries])

    def take(self, which: npt.NDArray[np.bool_]) -> Loose:
        """Keep some events."""
        size = np.diff(self.first)
        heads = np.concatenate([[0], np.cumsum(size[which])]).astype(np.int64)
        names = ("time", "sender", "activity", "space", "event", "parent", "home")
        kept = {name: getattr(self, name)[which] for name in names}
        return replace(self, **kept, first=heads, recipients=self.recipients[np.repeat(which, size)])


def loose_events(inter: Interactions, columns: Columns, rows: IntArray, home: CodeArray) -> Loose:
    """Gather the events that carry no id.

    Parameters
    ----------
    inter : Interactions
        The interactions, for the names of spaces.
    columns : Columns
        The rows that people sent.
    rows : ndarray of int64, shape (r,)
        Which of them are in no case of several messages.
    home : ndarray of int32, shape (r,)
        The thread of one message that each is, -1 for none.

    Returns
    -------
    Loose
    """
    order = _by_time(columns, rows)
    home, rows = home[order], rows[order]
    time, event, sender, recipient = (getattr(columns, name)[rows] for name in ("time", "event", "sender", "recipient"))
    fresh = np.ones(len(time), dtype=bool)
    fresh[1:] = (time[1:] != time[:-1]) | (event[1:] != event[:-1]) | (sender[1:] != sender[:-1])
    # Somebody who is named twice, or writes to themselves, is one more or none.
    told = (recipient >= 0) & (recipient != sender)
    told[1:] &= fresh[1:] | (recipient[1:] != recipient[:-1])
    once = np.flatnonzero(fresh)
    before = np.concatenate([[0], np.cumsum(told)])
    heads = np.append(before[once], before[-1]).astype(np.int64)
    rows, home = rows[once], home[once]
    loose = Loose(
        time[once],
        sender[once],
        columns.activity[rows],
        columns.space[rows],
        event[once],
        # What answers an event of its own medium is in its thread: a message alone in its thread is no answer.
        np.where(home >= 0, 0, columns.parent[rows]),
        heads,
        recipient[told],
        inter.words.space,
        home,
    )
    moved = settled(columns.ids, (loose.time,), loose.event, loose.sender)
    return loose if moved is None else loose.arranged(moved)


def _by_time(columns: Columns, rows: IntArray) -> IntArray:
    """Return the order of some rows by time, event, sender, recipient, activity and space."""
    time = columns.time[rows]
    order = np.argsort(time, kind="stable")
    moments = np.flatnonzero(np.append(True, time[order[1:]] != time[order[:-1]])) if len(rows) else order
    event, sender, recipient = (getattr(columns, name)[rows] for name in ("event", "sender", "recipient"))
    activity, space = columns.activity[rows].astype(np.int64), columns.space[rows].astype(np.int64)
    # Activity and space tell apart only what is twice in the data.
    return in_order(np.append(moments, len(rows)), order, event, sender, recipient, (activity << 32) + space)


def reference_cases(loose: Loose) -> tuple[Found, npt.NDArray[np.bool_]]:
    """Make cases of events that answer one another.

    Parameters
    ----------
    loose : Loose
        Events without an id of a case.

    Returns
    -------
    found : Found
        One case for everything that hangs together by references, also through an event that is not in the data. The
        certainty of a case is the share of its references that lead to an event in the data, dated no later, and close
        no circle.
    used : ndarray of bool, shape (n,)
        Which events they are.
    """
    source, target, events = _links(loose)
    n_nodes = int(max(source.max(initial=-1), target.max(initial=-1), loose.n - 1)) + 1
    joined = sparse.coo_array((np.ones(len(source), dtype=bool), (source, target)), shape=(n_nodes, n_nodes))
    label = sparse.csgraph.connected_components(joined, directed=False)[1][: loose.n]
    used = np.zeros(loose.n, dtype=bool)
    used[source] = True
    used[target[target < loose.n]] = True
    circular = _on_circles(source, target, n_nodes)
    present = target < loose.n
    late = np.zeros(len(source), dtype=bool)
    late[present] = loose.time[target[present]] > loose.time[source[present]]
    sure = present & ~late & ~circular[source]
    found = cases_of_links(loose, label, used, source, sure.astype(np.float64), how="reference")
    losses = []
    if circular.any():
        where = f"{int(circular.sum())} events on circles"
        circles = len(np.unique(label[np.flatnonzero(circular[: loose.n])]))
        reason = "references in a circle: kept as one case, its certainty is lower"
        losses.append(Loss("cases", "all", reason, circles, "cases", where))
    if len(present) and not present.all():
        reason = "answer to an event that is not in the data: kept, its certainty is lower"
        losses.append(Loss("cases", "all", reason, int((~present).sum()), "events", f"of {events} answers"))
    return Found(found.said, found.case, found.person, found.time, found.started, found.activity, tuple(losses)), used


def _links(loose: Loose) -> tuple[IntArray, IntArray, int]:
    """Return which event answers which; one that is not in the data gets a number after all others."""
    answers = np.flatnonzero(loose.parent != 0)
    order = np.argsort(loose.event, kind="stable")
    ids = loose.event[order]
    asked, place = np.unique(loose.parent[answers], return_inverse=True)
    at = np.minimum(np.searchsorted(ids, asked), max(len(ids) - 1, 0))
    there = ids[at] == asked if len(ids) else np.zeros(len(asked), dtype=bool)
    node = np.where(there, order[at] if len(ids) else 0, loose.n + np.arange(len(asked)))
    return answers.astype(np.int64), node[place].astype(np.int64), len(answers)


def _on_circles(source: IntArray, target: IntArray, n_nodes: int) -> npt.NDArray[np.bool_]:
    """Tell which nodes lie on circles; every node has at most one link out."""
    links = sparse.coo_array((np.ones(len(source), dtype=bool), (source, target)), shape=(n_nodes, n_nodes))
    strong = sparse.csgraph.connected_components(links, directed=True, connection="strong")[1]
    circular: npt.NDArray[np.bool_] = np.bincount(strong, minlength=n_nodes)[strong] > 1
    circular[source[source == target]] = True
    return circular


def cases_of_links(
    loose: Loose,
    label: npt.NDArray[Any],
    used: npt.NDArray[np.bool_],
    source: IntArray,
    sure: npt.NDArray[np.float64],
    *,
    how: str,
) -> Found:
    """Make one case of every set of linked events.

    Parameters
    ----------
    loose : Loose
        The events.
    label : ndarray of int, shape (n,)
        To which set each belongs.
    used : ndarray of bool, shape (n,)
        Which events belong to a case at all.
    source : ndarray of int64, shape (l,)
        The event that each link comes from.
    sure : ndarray of float, shape (l,)
        How sure each link is; a case is as sure as its links are on average.
    how : {"reference", "chain"}
        How they were found.

    Returns
    -------
    Found
        Cases by first act; their ids are the way they were found and a number.
    """
    place = np.flatnonzero(used)
    # Events come by time: the first event of a set is its earliest, and numbers rise with the earliest.
    labels, first, number = np.unique(label[place], return_index=True, return_inverse=True)
    rank = np.empty(len(labels), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(labels))
    case = rank[number]
    order = np.argsort(case, kind="stable")
    case_of = np.full(loose.n, -1, dtype=np.int64)
    case_of[place] = case
    n = len(labels)
    total = np.bincount(case_of[source], weights=sure, minlength=n)
    certainty = total / np.maximum(np.bincount(case_of[source], minlength=n), 1)
    place = place[order]
    said = pd.DataFrame(
        {
            "case": pd.array([f"{how}-{one}" for one in range(1, n + 1)], dtype=TEXT),
            "how": pd.array([how] * n, dtype=TEXT),
            "certainty": np.minimum(certainty, 1.0),
            "space": _space_of(loose, case[order], place, n),
        }
    )
    started = np.broadcast_to(np.int64(NO_TIME), len(place))
    person, activity = loose.sender[place], loose.activity[place]
    return Found(said, case[order].astype(np.int32), person, loose.time[place], started, activity)


def _space_of(loose: Loose, case: IntArray, place: IntArray, n: int) -> pd.api.extensions.ExtensionArray:
    """Return the space of each case: that of its first event that has one."""
    space = loose.space[place]
    known = np.flatnonzero(space >= 0)
    holder, first = np.unique(case[known], return_index=True)
    code = np.full(n, -1, dtype=np.int64)
    code[holder] = space[known][first]
    return pd.array(names_of(loose.spaces, code), dtype=TEXT)
