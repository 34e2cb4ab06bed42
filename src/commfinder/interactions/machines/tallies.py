"""Who wrote how much, when and to whom: counted by a database far away, or in arrays where rows are near."""

from __future__ import annotations

from typing import Protocol

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = [
    "COUNTED",
    "CROWD",
    "HOUR",
    "HOURS",
    "LOUD",
    "TIMED",
    "FarTally",
    "NearTally",
    "Tally",
    "by_hour",
    "hour_of_week",
    "placed",
    "whole",
]

IntArray = npt.NDArray[np.int64]

CROWD = 20
"""A message to more people than this is to a crowd: it asks nobody in particular."""
LOUD = 50
"""Messages from which on it is looked at whether an account is answered."""
TIMED = 250
"""Messages from which on the hours of an account are looked at: fewer can not fill the 168 hours of a week."""
HOURS = 168

HOUR = 3_600_000_000
COUNTED = ("sent", "wide", "flagged")

_WIDE, _FLAGGED = 1, 2
_HALF = 32
"""A pair is one number: the sender in the upper half, the recipient in the lower."""
_LOW = (1 << _HALF) - 1
_AT_ONCE = 1 << 20
"""Rows counted at a time: what is made of them stays in memory that is used again."""


class Tally(Protocol):
    """What rows of mail and chat say of each account.

    Attributes
    ----------
    first : dict of str to ndarray of int64
        Rows ``sent``, ``wide`` and ``flagged`` of each account; those with a time (``timed``), and in how many hours of
        the week they lie (``hours``), which is told at least of those with `TIMED` of them.
    """

    first: dict[str, IntArray]

    def got(self, without: IntArray) -> tuple[IntArray, IntArray]:
        """Count the rows by which others wrote to each account, and those others, some senders left out."""

    def answers(self) -> tuple[IntArray, IntArray]:
        """Count, for loud accounts, the people whom they wrote to and who write at all, and those who wrote back."""

    def hours_of_the_few(self) -> IntArray:
        """Count the rows in each hour that has any, of all accounts with less than `TIMED` rows together, rising."""


class FarTally:
    """Counts of a database; only sums per account are fetched.

    Parameters
    ----------
    add : callable
        Writes a table down where the rows are.
    talk : ibis table
        Mail and chat to others.
    size : int
        Number of accounts.
    """

    def __init__(self, add: Adds, talk: ir.Table, size: int) -> None:
        self._hours = add(by_hour(talk))
        hours = self._hours
        self._sums = hours.group_by("sender").aggregate(
            **{name: whole(hours[name].sum()) for name in COUNTED},
            timed=whole((hours.hour >= 0).ifelse(hours.sent, 0).sum()),
            hours=whole((hours.hour >= 0).ifelse(1, 0).sum()),
        )
        told = self._sums.to_pyarrow()
        self.first = {name: placed(told[name], told["sender"], size) for name in (*COUNTED, "timed", "hours")}
        narrow = talk.filter(talk.recipient.notnull() & (talk.n_recipients <= CROWD))
        self._pairs = add(narrow.group_by("sender", "recipient").aggregate(times=whole(narrow.count())))
        self._size = size

    def got(self, without: IntArray) -> tuple[IntArray, IntArray]:
        """See `Tally`."""
        pairs = self._pairs.filter(~self._pairs.sender.isin(without.tolist())) if len(without) else self._pairs
        got = pairs.group_by("recipient").aggregate(received=whole(pairs.times.sum()), senders=whole(pairs.count()))
        told = got.to_pyarrow()
        received, senders = (placed(told[name], told["recipient"], self._size) for name in ("received", "senders"))
        return received, senders

    def answers(self) -> tuple[IntArray, IntArray]:
        """See `Tally`."""
        pairs, loud = self._pairs, self._sums.filter(self._sums.sent >= LOUD).select("sender")
        writers = pairs.select(writer="sender").distinct()
        asked = pairs.semi_join(loud, "sender").semi_join(writers, [("recipient", "writer")])
        back = pairs.select(back_to="recipient", back_from="sender")
        joined = asked.left_join(back, [asked.sender == back.back_to, asked.recipient == back.back_from])
        sums = joined.group_by("sender").aggregate(
            asked=whole(joined.count()), answered=whole(joined.back_to.notnull().ifelse(1, 0).sum())
        )
        told = sums.to_pyarrow()
        asks, answers = (placed(told[name], told["sender"], self._size) for name in ("asked", "answered"))
        return asks, answers

    def hours_of_the_few(self) -> IntArray:
        """See `Tally`."""
        few = self._sums.filter(self._sums.timed < TIMED).select("sender")
        others = self._hours.filter(self._hours.hour >= 0).semi_join(few, "sender")
        counts = others.group_by("hour").aggregate(sent=whole(others.sent.sum())).to_pyarrow()
        return np.sort(counts["sent"].to_numpy().astype(np.int64))


class NearTally:
    """The same counts in arrays, from one pass over the rows.

    Parameters
    ----------
    talk : ibis table
        Mail and chat to others.
    size : int
        Number of accounts.
    """

    def __init__(self, talk: ir.Table, size: int) -> None:
        wide = (talk.n_recipients > CROWD).ifelse(_WIDE, 0)
        slim = talk.select(
            sender=talk.sender.cast("int32"),
            recipient=talk.recipient.fill_null(-1).cast("int32"),
            hour=(hour_of_week(talk.time) // HOUR).fill_null(-1).cast("int16"),
            marks=(wide + talk.automated.ifelse(_FLAGGED, 0)).cast("int8"),
        )
        self._size = size
        batches = slim.to_pyarrow().to_batches(max_chunksize=_AT_ONCE)
        parts = [tuple(column.to_numpy() for column in batch.columns) for batch in batches]
        self.first = {name: np.zeros(size, dtype=np.int64) for name in (*COUNTED, "timed", "hours")}
        for sender, _, hour, marks in parts:
            self.first["sent"] += self._count(sender)
            self.first["timed"] += self._count(sender[hour >= 0])
            for name, mark in (("wide", _WIDE), ("flagged", _FLAGGED)):
                self.first[name] += self._count(sender[marks & mark > 0])
        many = self.first["timed"] >= TIMED
        place = np.cumsum(many) - 1
        slots = np.zeros((int(many.sum()), HOURS), dtype=bool)
        self._few, keys = np.zeros(HOURS, dtype=np.int64), np.empty(int(self.first["sent"].sum()), dtype=np.int64)
        narrow = 0
        for sender, recipient, hour, marks in parts:
            timed, often = hour >= 0, many[sender]
            regular, others = timed & often, timed & ~often
            slots[place[sender[regular]], hour[regular]] = True
            self._few += np.bincount(hour[others], minlength=HOURS)
            to_some = (recipient >= 0) & (marks & _WIDE == 0)
            found = (sender[to_some].astype(np.int64) << _HALF) | recipient[to_some]
            keys[narrow : narrow + len(found)] = found
            narrow += len(found)
        self.first["hours"][many] = slots.sum(axis=1)
        del parts, batches
        keys = keys[:narrow]
        keys.sort()
        starts = np.flatnonzero(np.r_[True, np.diff(keys) != 0]) if len(keys) else np.empty(0, dtype=np.int64)
        self._pairs = keys[starts]
        self._times = np.diff(np.r_[starts, len(keys)])

    def got(self, without: IntArray) -> tuple[IntArray, IntArray]:
        """See `Tally`."""
        recipient, times = self._pairs & _LOW, self._times
        if len(without):
            counts = np.ones(self._size, dtype=bool)
            counts[without] = False
            kept = counts[self._pairs >> _HALF]
            recipient, times = recipient[kept], times[kept]
        return np.bincount(recipient, times, self._size).astype(np.int64), self._count(recipient)

    def answers(self) -> tuple[IntArray, IntArray]:
        """See `Tally`."""
        sender, recipient = self._pairs >> _HALF, self._pairs & _LOW
        writes = self._count(sender) > 0
        asks = (self.first["sent"] >= LOUD)[sender] & writes[recipient]
        back = (recipient[asks] << _HALF) | sender[asks]
        # Looked up in order, neighbours lie in the same lines of memory.
        back.sort()
        place = np.minimum(np.searchsorted(self._pairs, back), max(len(self._pairs) - 1, 0))
        return self._count(sender[asks]), self._count(back[self._pairs[place] == back] & _LOW)

    def hours_of_the_few(self) -> IntArray:
        """See `Tally`."""
        return np.sort(self._few[self._few > 0])

    def _count(self, codes: npt.NDArray[np.integer]) -> IntArray:
        """Count the rows of each account."""
        return np.bincount(codes, minlength=self._size)


class Adds(Protocol):
    """Writes a table down and returns the expression that reads it."""

    def __call__(self, table: ir.Table, /) -> ir.Table:
        """Write a table down."""


def hour_of_week(time: ir.Value) -> ir.Value:
    """Return the start of the hour of the week of a time, in microseconds; missing where the time is."""
    week = HOURS * HOUR
    # The remainder of a negative number is negative on some engines.
    moment = (time % week + week) % week
    return moment - moment % HOUR


def by_hour(rows: ir.Table) -> ir.Table:
    """Count rows or messages of each account in each hour of the week, UTC; -1 stands for those without a time."""
    flag = rows.flag if "flag" in rows.columns else rows.automated.ifelse(1, 0)
    hour = hour_of_week(rows.time).fill_null(-1).cast("int64")
    told = rows.select("sender", "n_recipients", flag=flag, hour=hour)
    return told.group_by("sender", "hour").aggregate(
        sent=whole(told.count()),
        wide=whole((told.n_recipients > CROWD).ifelse(1, 0).sum()),
        flagged=whole(told.flag.sum()),
    )


def placed(values: pa.ChunkedArray, codes: pa.ChunkedArray, size: int) -> IntArray:
    """Put counts at the places of their accounts."""
    found = np.zeros(size, dtype=np.int64)
    found[codes.to_numpy()] = values.to_numpy()
    return found


def whole(value: ir.Value) -> ir.Value:
    """Make a count the same type on every engine."""
    return value.cast("int64")
