"""When everybody acts, and what they write to whom: counted person by person, from rows that are brought once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.threads import in_turn, together
from commfinder.delivery.cases.kernels import rows_by_number
from commfinder.delivery.cases.texts import event_keys
from commfinder.interactions import Interactions

__all__ = ["Sent", "rows_sent"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]

_HOUR, _WEEK = 3_600_000_000, 168
_THURSDAY = 72  # hours from Monday, midnight, to the beginning of 1970


@dataclass(frozen=True, eq=False)
class Sent:
    """Rows with a time that no machine sent, by sender.

    Parameters
    ----------
    people : int
        Number of people.
    first : ndarray of int64, shape (people + 1,)
        Where the rows of each sender begin in `order`, and where the last ends.
    order : ndarray of int64, shape (r,)
        Rows, sender after sender.
    hour : ndarray of int32, shape (n,)
        Hours from a Monday, midnight UTC.
    time, event : ndarray of int64, shape (n,)
        Moments, and keys of events.
    source, recipient : ndarray of int32, shape (n,)
        Number of the source; place of the recipient, -1 for none or somebody else.
    many : ndarray of int32, shape (n,)
        Recipients of the event; -1 where that is not known.
    """

    people: int
    first: IntArray
    order: IntArray
    hour: CodeArray
    time: IntArray
    event: IntArray
    source: CodeArray
    recipient: CodeArray
    many: CodeArray

    def hours(self) -> IntArray:
        """Count what each person does in each hour of the week, UTC; an event counts once.

        Returns
        -------
        ndarray of int64, shape (people, 168)
        """
        counts = np.zeros((self.people, _WEEK), dtype=np.int64)
        columns = (self.time, self.event, self.source, self.hour)
        together(lambda part: _hours(self.first, self.order, columns, part.start, part.stop, counts), self._parts())
        return counts

    def dyads(self, shift: IntArray, off: BoolArray, most: int) -> tuple[IntArray, ...]:
        """Add up what everybody writes to everybody else.

        Parameters
        ----------
        shift : ndarray of int64, shape (people,)
            Hours by which the day of each sender begins later.
        off : ndarray of bool, shape (168,)
            Which hours of such a week are no working hours.
        most : int
            Events with more recipients are left out.

        Returns
        -------
        tuple of ndarray of int64
            sender, recipient, messages, and sums over them: outside working hours, to one recipient alone, recipients;
            one entry per pair, by sender, then recipient.
        """
        rows = (self.first, self.order, self.recipient, self.many)
        size = np.zeros(self.people + 1, dtype=np.int64)
        together(lambda part: _count(rows, most, part.start, part.stop, size), self._parts())
        begins = np.cumsum(size)
        found = tuple(np.empty(int(begins[-1]), dtype=np.int64) for _ in range(6))
        told = (self.hour, shift, off)
        together(lambda part: _add(rows, told, most, (part.start, part.stop), begins, found), self._parts())
        return found

    def _parts(self) -> list[slice]:
        """Cut the people into parts of about equally many rows."""
        cuts = [np.searchsorted(self.first, (one.start, one.stop)) for one in in_turn(2, len(self.order))]
        ends = [0, *(int(stop) for _, stop in cuts[:-1]), self.people]
        return [slice(low, high) for low, high in pairwise(ends)]


def rows_sent(inter: Interactions, codes: IntArray, people: int) -> Sent:
    """Bring the rows with a time that no machine sent.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    codes : ndarray of int64, one per account
        The place of each account among the people, -1 for none.
    people : int
        How many people there are.

    Returns
    -------
    Sent
        About 50 bytes a row.
    """
    rows = inter.rows
    rows = rows.filter(rows.time.notnull() & ~rows.automated)
    numbers = {name: rows[name].coalesce(-1).cast("int32") for name in ("recipient", "n_recipients")}
    table = rows.select("time", "event", sender=rows.sender.cast("int32"), source=rows.source.cast("int32"), **numbers)
    held = table.to_pyarrow()
    # Who is nobody gets the last place, which is none.
    place = np.append(codes, -1).astype(np.int32)
    first, order = rows_by_number(place[held["sender"].to_numpy()], people)
    time = held["time"].to_numpy().astype(np.int64, copy=False)
    event = event_keys(inter, held["event"])[1][0]
    hour = _hours_of(time)
    recipient = place[held["recipient"].to_numpy()]
    many, source = held["n_recipients"].to_numpy(), held["source"].to_numpy()
    return Sent(people, first, order, hour, time, event, source, recipient, many)


@numba.njit(cache=True, nogil=True)
def _hours_of(time: Any) -> Any:
    """Return the hour of each moment, from a Monday."""
    hour = np.empty(len(time), np.int32)
    for i in range(len(time)):
        hour[i] = time[i] // _HOUR + _THURSDAY
    return hour


@numba.njit(cache=True, nogil=True)
def _hours(first: Any, order: Any, columns: Any, low: Any, high: Any, counts: Any) -> None:
    """Count the events of some people by hour of the week, each event once."""
    time, event, source, hour = columns
    for person in range(low, high):
        rows = order[first[person] : first[person + 1]]
        rows = rows[np.argsort(time[rows])]
        begin = 0
        while begin < len(rows):
            end = begin + 1
            while end < len(rows) and time[rows[end]] == time[rows[begin]]:
                end += 1
            events = 1 if end - begin == 1 else _distinct(rows[begin:end], event, source)
            counts[person, hour[rows[begin]] % _WEEK] += events
            begin = end


@numba.njit(cache=True, nogil=True)
def _distinct(rows: Any, event: Any, source: Any) -> Any:
    """Count the distinct events and sources of some rows."""
    rows = rows[np.argsort(event[rows])]
    found, begin = 0, 0
    for i in range(len(rows)):
        if event[rows[i]] != event[rows[begin]]:
            begin = i
        fresh = True
        # Of one event most rows are of one source: the row before says so at once.
        for j in range(i - 1, begin - 1, -1):
            if source[rows[j]] == source[rows[i]]:
                fresh = False
                break
        found += fresh
    return found


@numba.njit(cache=True, nogil=True, inline="always")
def _counts(person: Any, recipient: Any, many: Any, most: Any) -> Any:
    """Tell whether a row is a message to somebody else, and not to very many."""
    return recipient >= 0 and recipient != person and 0 <= many <= most


@numba.njit(cache=True, nogil=True)
def _count(rows: Any, most: Any, low: Any, high: Any, size: Any) -> None:
    """Count to how many people each of some people writes."""
    first, order, recipient, many = rows
    last = np.full(len(first), -1, np.int32)
    for person in range(low, high):
        for p in range(first[person], first[person + 1]):
            row = order[p]
            other = recipient[row]
            if _counts(person, other, many[row], most) and last[other] != person:
                last[other] = person
                size[person + 1] += 1


@numba.njit(cache=True, nogil=True)
def _add(rows: Any, told: Any, most: Any, whom: Any, begins: Any, found: Any) -> None:
    """Add up what some people write to each other person."""
    (first, order, recipient, many), (hour, shift, off) = rows, told
    sender, receiver, messages, outside, private, breadth = found
    place = np.full(len(first), -1, np.int64)
    for person in range(whom[0], whom[1]):
        begin, end = begins[person], begins[person]
        for p in range(first[person], first[person + 1]):
            row = order[p]
            other = recipient[row]
            if _counts(person, other, many[row], most) and place[other] < begin:
                place[other] = begin
                receiver[end] = other
                end += 1
        receiver[begin:end] = np.sort(receiver[begin:end])
        for at in range(begin, end):
            place[receiver[at]] = at
            sender[at], messages[at], outside[at], private[at], breadth[at] = person, 0, 0, 0, 0
        for p in range(first[person], first[person + 1]):
            row = order[p]
            other = recipient[row]
            if _counts(person, other, many[row], most):
                at = place[other]
                messages[at] += 1
                outside[at] += off[(hour[row] - shift[person]) % _WEEK]
                private[at] += many[row] <= 1
                breadth[at] += max(many[row], 1)
