"""Count what each account does in mail and chat: how much, to how many, at which hours, and who writes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.interactions.machines.tallies import (
    COUNTED,
    CROWD,
    HOUR,
    HOURS,
    LOUD,
    TIMED,
    FarTally,
    NearTally,
    Tally,
    by_hour,
    whole,
)
from commfinder.interactions.rows import medium_codes
from commfinder.interactions.store import Store

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["CROWD", "HOURS", "LOUD", "TIMED", "Counts", "count_accounts", "gaps_between", "received_by"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_TALK = ("email", "chat")
# Wider than the limits of the signs: whoever can show one is among those whose messages are counted.
_ONE_WAY, _REACH_SHARE = 5, 10
# Of a message that is no mass mail there are at most twenty rows, in each of a few sources.
_ROWS = 100
# With fewer hours of the week the entropy of 250 messages or more is not above .95 of the largest.
_MANY_HOURS = 100
_SECOND = 1_000_000
# With longer gaps cut to a year, the sum of squared seconds fits 64 bits whatever the dates are.
_YEAR = 366 * 24 * HOUR


@dataclass(frozen=True)
class Counts:
    """What each account does in mail and chat; every array has one place per account.

    Parameters
    ----------
    sent : ndarray of int64
        Messages sent to others or to a space. For accounts that can show no sign, rows instead of messages: telling
        them apart takes time.
    wide : ndarray of int64
        Of these, messages to a crowd: to more than `CROWD` people.
    flagged : ndarray of int64
        Of these, messages that a header or flag calls automatic.
    received : ndarray of int64
        Rows by which others wrote to it, crowds left out.
    senders : ndarray of int64
        How many others did.
    asked : ndarray of int64
        People to whom it wrote, crowds left out, and who write at all; 0 for accounts of fewer than `LOUD` rows.
    answered : ndarray of int64
        Of these, people who ever wrote to it.
    evenness : ndarray of float64
        Entropy of the hours of the week over its largest value, corrected for few messages (Miller-Madow), 0 to 1; nan
        for accounts of fewer than `TIMED` messages with a time, or whose hours are too few to be even.
    timed : int
        How many accounts have `TIMED` rows with a time.
    usual : float
        The evenness of the rows of all other accounts together: how evenly people write here. nan if they are few.
    tally : Tally
        Who wrote to whom.
    """

    sent: IntArray
    wide: IntArray
    flagged: IntArray
    received: IntArray
    senders: IntArray
    asked: IntArray
    answered: IntArray
    evenness: FloatArray
    timed: int
    usual: float
    tally: Tally


def count_accounts(inter: Interactions, rows: ir.Table, *, everyone: bool = False) -> Counts:
    """Count what each account does.

    Parameters
    ----------
    inter : Interactions
        Names and store.
    rows : ibis table
        The rows to count.
    everyone : bool, default False
        Whether messages are counted also for accounts that can show no sign.

    Returns
    -------
    Counts
        The same on every engine: engines count, and logarithms are taken here.
    """
    size = len(inter.names)
    talk = _talk(rows)
    near = isinstance(inter.store, Store)
    tally: Tally = NearTally(talk, size) if near else FarTally(inter.store.add, talk, size)
    asked, answered = tally.answers()
    received, senders = tally.got(np.empty(0, dtype=np.int64))
    possible = np.ones(size, dtype=bool) if everyone else _possible(tally.first, received, asked, answered)
    sent, wide, flagged, evenness = _exact(inter, talk, np.flatnonzero(possible), tally.first)
    return Counts(
        sent=sent,
        wide=wide,
        flagged=flagged,
        received=received,
        senders=senders,
        asked=asked,
        answered=answered,
        evenness=evenness,
        timed=int((tally.first["timed"] >= TIMED).sum()),
        usual=_usual(tally.hours_of_the_few()),
        tally=tally,
    )


def received_by(counts: Counts, without: IntArray) -> tuple[IntArray, IntArray]:
    """Count the rows by which others wrote to each account, and those others, some senders left out.

    Parameters
    ----------
    counts : Counts
        What each account does.
    without : ndarray of int64
        Numbers of the senders that do not count.

    Returns
    -------
    received, senders : ndarray of int64
        One place per account.
    """
    if not len(without):
        return counts.received, counts.senders
    return counts.tally.got(without)


def gaps_between(inter: Interactions, rows: ir.Table, codes: IntArray) -> FloatArray:
    """Return the burstiness of some accounts: (s - m) / (s + m), m and s mean and spread of the time between messages.

    Parameters
    ----------
    inter : Interactions
        Names and store.
    rows : ibis table
        The rows to count.
    codes : ndarray of int64
        Numbers of the accounts, sorted.

    Returns
    -------
    ndarray of float64, shape (len(codes),)
        -1 for a clock, about 0 for chance, towards 1 for bursts; nan for accounts of fewer than `LOUD` messages with a
        time, or all of whose messages are of one second.

    References
    ----------
    .. [1] Goh, Barabási (2008), Burstiness and memory in complex systems. doi:10.1209/0295-5075/81/48002
    """
    found = np.full(len(codes), np.nan)
    if not len(codes):
        return found
    chosen = inter.store.add(pa.table({"code": pa.array(codes, pa.int32())}))
    timed = _messages(_talk(rows.filter(rows.time.notnull()).semi_join(chosen, [("sender", "code")])))
    window = ibis.window(group_by=timed.sender, order_by=timed.time)
    steps = timed.mutate(step=timed.time - timed.time.lag(1).over(window))
    cut = (steps.step > _YEAR).ifelse(_YEAR, steps.step)
    seconds = steps.filter(steps.step.notnull()).mutate(gap=whole(cut // _SECOND))
    sums = seconds.group_by("sender").aggregate(
        gaps=whole(seconds.count()),
        total=whole(seconds.gap.sum()),
        square=whole((seconds.gap * seconds.gap).sum()),
    )
    told = sums.to_pyarrow()
    columns = (told[name].to_pylist() for name in ("sender", "gaps", "total", "square"))
    for code, gaps, total, square in zip(*columns, strict=True):
        if gaps + 1 >= LOUD and total:
            # Python's whole numbers do not overflow and do not round.
            spread = float(gaps * square - total * total) ** 0.5
            found[np.searchsorted(codes, code)] = (spread - total) / (spread + total)
    return found


def _talk(rows: ir.Table) -> ir.Table:
    """Keep mail and chat to others, or to a space."""
    to_self = (rows.sender == rows.recipient).fill_null(False)
    return rows.filter(rows.medium.isin(medium_codes(*_TALK)) & ~to_self)


def _messages(talk: ir.Table) -> ir.Table:
    """Make one row of each message, however many recipients it has and sources it stands in."""
    return talk.group_by("sender", "event", "time", "medium").aggregate(
        n_recipients=talk.n_recipients.max(), flag=talk.automated.ifelse(1, 0).max()
    )


def _possible(
    first: dict[str, IntArray], received: IntArray, asked: IntArray, answered: IntArray
) -> npt.NDArray[np.bool_]:
    """Tell which accounts can show a sign at all, by rows: of a message there may be many."""
    loud = first["sent"] >= LOUD
    narrow = first["sent"] - first["wide"]
    return (
        ((first["flagged"] > 0) & (first["flagged"] * _ROWS >= first["sent"]))
        | ((first["wide"] > 0) & (first["wide"] * _ROWS >= narrow))
        | (loud & (asked > 0) & (first["sent"] > _ONE_WAY * received))
        | ((asked >= LOUD) & (asked * _REACH_SHARE >= int((first["sent"] > 0).sum())) & (first["sent"] > received))
        | (loud & (asked > 0) & (answered * 10 <= asked))
        | ((first["timed"] >= TIMED) & (first["hours"] >= _MANY_HOURS))
    )


def _exact(
    inter: Interactions, talk: ir.Table, codes: IntArray, first: dict[str, IntArray]
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Count the messages of some accounts, and leave the rows of the others as they are."""
    sent, wide, flagged = (first[name].copy() for name in COUNTED)
    if not len(codes):
        return sent, wide, flagged, np.full(len(sent), np.nan)
    chosen = inter.store.add(pa.table({"code": pa.array(codes, pa.int32())}))
    hours = inter.store.add(by_hour(_messages(talk.semi_join(chosen, [("sender", "code")]))))
    sums = hours.group_by("sender").aggregate(
        **{name: whole(hours[name].sum()) for name in COUNTED},
        timed=whole((hours.hour >= 0).ifelse(hours.sent, 0).sum()),
    )
    told = sums.to_pyarrow()
    place = told["sender"].to_numpy()
    for values, name in zip((sent, wide, flagged), COUNTED, strict=True):
        values[place] = told[name].to_numpy()
    enough = sums.filter(sums.timed >= TIMED).select("sender")
    return sent, wide, flagged, _evenness(hours.filter(hours.hour >= 0).semi_join(enough, "sender"), len(sent))


def _evenness(judged: ir.Table, size: int) -> FloatArray:
    """Return how evenly the messages of those who write enough are spread over the week."""
    found = np.full(size, np.nan)
    # Entropy needs no hour, only how many hours have how many messages: a few rows per account.
    counts = judged.group_by("sender", "sent").aggregate(slots=whole(judged.count())).to_pyarrow()
    sender, sent, slots = (counts[name].to_numpy().astype(np.int64) for name in ("sender", "sent", "slots"))
    if not len(sender):
        return found
    # Sums of floating-point numbers depend on their order, and engines have none.
    order = np.lexsort((sent, sender))
    sender, sent, slots = sender[order], sent[order], slots[order]
    codes, start = np.unique(sender, return_index=True)
    found[codes] = _entropy(sent, slots, start)
    return found


def _usual(sent: IntArray) -> float:
    """Return how evenly all messages of some accounts together are spread over the week."""
    if sent.sum() < TIMED:
        return float("nan")
    return float(_entropy(sent, np.ones_like(sent), np.array([0]))[0])


def _entropy(sent: IntArray, slots: IntArray, start: IntArray) -> FloatArray:
    """Return the normalised entropy of each run of (messages in an hour, hours with so many), corrected."""
    total = np.add.reduceat(sent * slots, start)
    used = np.add.reduceat(slots, start)
    entropy = np.log(total) - np.add.reduceat(slots * sent * np.log(sent), start) / total
    corrected: FloatArray = np.minimum((entropy + (used - 1) / (2 * total)) / np.log(HOURS), 1.0)
    return corrected
