"""How long people take to answer one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.graph.rule import ANSWERABLE
from commfinder.interactions import Interactions
from commfinder.interactions.rows import medium_codes, role_codes
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["ReplyTimes", "reply_table", "reply_times"]

_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_MONDAY = 3 * _DAY
"""1970 began on a Thursday, three days after a Monday."""

_AWAITING = ("to", "mention", "reply")
"""Roles of people of whom an answer can be expected."""

_WRITTEN = ("to", "cc", "bcc", "mention", "reply")
"""Roles of people whom a message was written to; a reaction is no message."""


@dataclass(frozen=True, eq=False, repr=False)
class ReplyTimes(Result):
    """How long people take to answer one another; make one with `reply_times`.

    Parameters
    ----------
    pairs : pandas.DataFrame
        sender and recipient (or person_a and person_b where both directions were taken together), messages, answered,
        reply_hours and wait_hours; sorted.
    working_days : int
        After how many working days waiting ends.
    provenance : Provenance
        What made this value.
    """

    pairs: pd.DataFrame
    working_days: int
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/reply_times/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each pair of which one has written to the other."""
        return self.pairs.copy()

    def __repr__(self) -> str:
        messages, answered = int(self.pairs["messages"].sum()), int(self.pairs["answered"].sum())
        return (
            f"<ReplyTimes: {len(self.pairs)} pairs, {answered} of {messages} messages answered "
            f"within {self.working_days} working days>"
        )


def reply_times(inter: Interactions, *, working_days: int = 5, ordered: bool = True) -> ReplyTimes:
    """Tell how long people take to answer one another in mail and chat.

    How soon somebody is answered says more about how close two people are than how often they write [1]_. Prefer
    ``graph.ties["events"]`` for who interacts at all: in meetings and the like nothing is answered.

    Parameters
    ----------
    inter : Interactions
        Clean interactions, of which none stands twice: ``graph.interactions``, or ``inter.clean()``.
    working_days : int, default 5
        After how many working days of 24 hours waiting ends. What is answered later counts as not answered.
    ordered : bool, default True
        Whether the answers of either to the other are told apart. Otherwise they are taken together, one row for each
        tie.

    Returns
    -------
    ReplyTimes
        One row for each pair:

        - sender, recipient: who wrote, and who would answer; or person_a and person_b, in the order of names
        - messages: those that were waited for to the end; the last ones before the data end are not
        - answered: those that were answered in time
        - reply_hours: median of the working hours until an answer, over those answered; missing where none was
        - wait_hours: the same over all messages, an unanswered one waiting longer than any; missing where more than
          half of them were not answered in time

    Raises
    ------
    InputError
        If `working_days` is no whole number of at least 1.

    Notes
    -----
    A message is one to, or mentioning, somebody else. It is answered by the first of

    - what the recipient wrote that names it as its parent, and
    - what the recipient wrote to its sender later in the same medium and thread, and that names no parent. Messages
      without a thread are answered by messages without a thread.

    Time runs from Monday 00:00 to Saturday 00:00 UTC; on Saturdays and Sundays it stands still. Medians are lower
    medians, of whole microseconds: of two middle ones the smaller.

    References
    ----------
    .. [1] Wuchty, Uzzi (2011), Human communication dynamics in digital footsteps: a study of the agreement between
       self-reported ties and email networks. doi:10.1371/journal.pone.0026972

    Examples
    --------
    >>> rows = {"sender": ["ann", "bob", "ann", "eve"], "recipient": ["bob", "ann", "bob", "joe"]}
    >>> rows["time"] = ["2026-07-03T22:00Z", "2026-07-06T01:00Z", "2026-07-06T02:00Z", "2026-07-20T02:00Z"]
    >>> reply_times(Interactions.from_frame(rows)).to_frame().values.tolist()
    [['ann', 'bob', 2, 1, 3.0, 3.0], ['bob', 'ann', 1, 1, 1.0, 1.0]]
    """
    working_days = _validate.count(working_days, what="working_days", high=3650)
    table = reply_table(inter, working_days=working_days, ordered=ordered).to_pyarrow()
    one, other = ("sender", "recipient") if ordered else ("person_a", "person_b")
    frame = pd.DataFrame(
        {
            one: inter.names[table["one"].to_numpy()],
            other: inter.names[table["other"].to_numpy()],
            "messages": table["messages"].to_numpy().astype(np.int64),
            "answered": table["answered"].to_numpy().astype(np.int64),
            "reply_hours": _hours(table["reply"].to_numpy(zero_copy_only=False)),
            "wait_hours": _hours(table["wait"].to_numpy(zero_copy_only=False)),
        }
    )
    step = record("reply_times", {"working_days": working_days, "ordered": bool(ordered)})
    return ReplyTimes(frame, working_days, continued(inter.provenance, step))


def reply_table(inter: Interactions, *, working_days: int = 5, ordered: bool = True) -> ir.Table:
    """Return the expression behind `reply_times`, the same on every engine; it fetches the time of the last event only.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    working_days : int, default 5
        After how many working days waiting ends.
    ordered : bool, default True
        Whether the two directions are told apart.

    Returns
    -------
    ibis table
        one, other (numbers in ``inter.names``), messages, answered, reply and wait (microseconds of working time;
        null where there is none), all int64 and sorted by the pair.
    """
    limit = working_days * _DAY
    waiting = _answers(inter.rows)
    last = inter.span_us[1]
    end = _working_us(last if last is not None else 0)
    begun = _working(waiting.time)
    taken = _working(waiting.answer) - begun
    in_time = (waiting.answer.notnull() & (taken <= limit)).fill_null(False)
    one, other = waiting.sender, waiting.recipient
    if not ordered:
        one, other = ibis.least(one, other), ibis.greatest(one, other)
    told = waiting.filter(begun <= end - limit).select(
        one=one.cast("int64"),
        other=other.cast("int64"),
        answered=ibis.ifelse(in_time, 1, 0).cast("int64"),
        # What is not answered waits longest; all of it equally long.
        delay=ibis.ifelse(in_time, taken, limit + 1).cast("int64"),
    )
    pair = ibis.window(group_by=[told.one, told.other])
    place = ibis.row_number().over(ibis.window(group_by=[told.one, told.other], order_by=told.delay))
    ranked = told.mutate(
        twice=(place * 2 + 2).cast("int64"),
        all_of=told.answered.count().over(pair).cast("int64"),
        some_of=told.answered.sum().over(pair).cast("int64"),
    )
    of_some = _middle(ranked.twice, ranked.some_of)
    of_all = _middle(ranked.twice, ranked.all_of) & (ranked.delay <= limit)
    return (
        ranked.group_by(["one", "other"])
        .aggregate(
            messages=ranked.count().cast("int64"),
            answered=ranked.answered.sum().cast("int64"),
            reply=ibis.ifelse(of_some, ranked.delay, ibis.null("int64")).max(),
            wait=ibis.ifelse(of_all, ranked.delay, ibis.null("int64")).max(),
        )
        .order_by(["one", "other"])
    )


def _answers(rows: ir.Table) -> ir.Table:
    """Return the messages that an answer can be expected to, each with the time of its answer, if there is one."""
    columns = ["event", "time", "sender", "recipient", "role", "medium", "thread", "parent"]
    written = rows.filter(rows.medium.isin(medium_codes(*ANSWERABLE)) & rows.time.notnull()).select(*columns)
    between = written.filter(
        written.recipient.notnull() & (written.sender != written.recipient) & written.role.isin(role_codes(*_WRITTEN))
    )
    key = ["event", "time", "sender", "recipient", "medium"]
    asked = between.filter(between.role.isin(role_codes(*_AWAITING))).select(*key)
    replies = written.filter(written.parent.notnull()).select(to="parent", by="sender", through="medium", at="time")
    met = asked.join(
        replies, [asked.event == replies.to, asked.recipient == replies.by, asked.medium == replies.through]
    )
    first = met.filter(met.at > met.time).group_by(key).aggregate(named=met.at.min())
    first = first.rename({f"{name}_of": name for name in key})
    back = _next_back(between)
    waiting = back.filter(back.role.isin(role_codes(*_AWAITING))).select(*key, "back")
    joined = waiting.left_join(first, [waiting[name] == first[f"{name}_of"] for name in key])
    # The least of a time and nothing is not the same in every engine.
    named_at, back_at = ibis.coalesce(joined.named, joined.back), ibis.coalesce(joined.back, joined.named)
    return joined.select("time", "sender", "recipient", answer=ibis.least(named_at, back_at))


def _next_back(between: ir.Table) -> ir.Table:
    """Add the time of the next message back that names no parent, in the same medium and thread."""
    upward = between.sender < between.recipient
    nothing = ibis.null("int64")
    plain = between.parent.isnull()
    marked = between.mutate(
        low=ibis.least(between.sender, between.recipient),
        high=ibis.greatest(between.sender, between.recipient),
        upward=ibis.ifelse(upward, 1, 0).cast("int32"),
        up_at=ibis.ifelse(upward & plain, between.time, nothing),
        down_at=ibis.ifelse(~upward & plain, between.time, nothing),
    )
    group = [marked.low, marked.high, marked.medium, marked.thread]
    # From the last to the first; of what was written at the same moment, the other direction comes after and is not
    # seen: neither can have answered the other.
    seen_by_up = ibis.window(
        group_by=group, order_by=[marked.time.desc(), marked.upward.desc()], preceding=None, following=0
    )
    seen_by_down = ibis.window(
        group_by=group, order_by=[marked.time.desc(), marked.upward.asc()], preceding=None, following=0
    )
    return marked.mutate(
        back=ibis.ifelse(
            marked.upward == 1, marked.down_at.min().over(seen_by_up), marked.up_at.min().over(seen_by_down)
        )
    )


def _middle(twice: ir.IntegerValue, count: ir.IntegerValue) -> ir.BooleanValue:
    """Tell whether the place of a row, taken twice, is that of the lower median of so many."""
    found: ir.BooleanValue = (twice == count) | (twice == count + 1)
    return found


def _working(time: ir.IntegerValue) -> ir.IntegerValue:
    """Return the microseconds of working days up to a time."""
    since = time + ibis.literal(_MONDAY, "int64")
    rest = since % ibis.literal(_WEEK, "int64")
    # Before 1970 the remainder is negative in all engines.
    rest = ibis.ifelse(rest < 0, rest + _WEEK, rest)
    weeks = ((since - rest) // ibis.literal(_WEEK, "int64")).cast("int64")
    working: ir.IntegerValue = weeks * (5 * _DAY) + ibis.least(rest, ibis.literal(5 * _DAY, "int64"))
    return working


def _working_us(time: int) -> int:
    """Return the same for one number."""
    weeks, rest = divmod(time + _MONDAY, _WEEK)
    return weeks * 5 * _DAY + min(rest, 5 * _DAY)


def _hours(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Turn microseconds into hours."""
    return values.astype(np.float64) / 3.6e9
