"""Acts on cases that carry an id: one sorted query over the interaction table, whole numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.keys import KEY, TALK, WORKLIST, CaseKeys, with_keys
from commfinder.delivery.cases.texts import event_keys, kept, settled
from commfinder.delivery.cases.value import HOW
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.rows import medium_codes

__all__ = [
    "Found",
    "acts_with_ids",
    "answers_before",
    "gather",
    "leave_out",
    "numbered_acts",
    "usable_rows",
    "without_case",
]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_ACT = ("number", "time", "event", "sender", "activity")


@dataclass(frozen=True, eq=False)
class Found:
    """Cases of one or several kinds, and the acts on them, by case, then time, then event.

    Parameters
    ----------
    said : pandas.DataFrame, one row per case
        case, how, certainty, space.
    case, activity : ndarray of int32, shape (n,)
        Row in `said`; place of the activity in ``Interactions.words``, -1 where there is none.
    person : ndarray of int32, shape (n,)
        Number of the sender in ``Interactions.names``.
    time : ndarray of int64, shape (n,)
        Microseconds since 1970 UTC.
    started : ndarray of int64, shape (n,)
        When the work began; `NO_TIME` where that is not known.
    losses : tuple of Loss
        What was odd.
    """

    said: pd.DataFrame
    case: CodeArray
    person: CodeArray
    time: IntArray
    started: IntArray
    activity: CodeArray
    losses: tuple[Loss, ...] = ()


def usable_rows(inter: Interactions, aside: tuple[int, ...]) -> tuple[ir.Table, ir.Table]:
    """Split the rows with a time into those that a person sent and others.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    aside : tuple of int
        Accounts that are no people.

    Returns
    -------
    rows, others : ibis table
        With the further columns how, scope and name: the key of the case, see `with_keys`.
    """
    rows = with_keys(inter)
    nobody = rows.automated | rows.sender.isin(aside) if aside else rows.automated
    return rows.filter(~nobody), rows.filter(nobody)


def acts_with_ids(
    inter: Interactions, rows: ir.Table, others: ir.Table, keys: CaseKeys, kinds: tuple[str, ...]
) -> Found:
    """Return the acts on cases that carry an id.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows, others : ibis table
        What `usable_rows` returned.
    keys : CaseKeys
        What `ids_of_cases` returned.
    kinds : tuple of str
        Which of workflow, page and thread.

    Returns
    -------
    Found
        Cases in the order of their numbers; activities by their places in ``Interactions.words``. Ids are certain: the
        certainty is 1.
    """
    numbers = [HOW.index(kind) for kind in kinds]
    rows, others = (part.filter(part.how.isin(numbers)) for part in (rows, others))
    slim, folded = numbered_acts(inter, rows, keys.table)
    # Keys of events only bring the rows of one event together here: their order says nothing.
    acts = _in_numpy(inter, slim.order_by([*_ACT]).to_pyarrow(), keys)
    empty = others.select(*KEY).distinct().anti_join(keys.table, list(KEY))
    losses = (
        Loss("cases", "all", "start of work told by the act that ends it", folded, "events"),
        Loss(
            "cases", "all", "case on which no person acts: left out", int(empty.count().to_pyarrow().as_py()), "cases"
        ),
    )
    said = keys.said[np.isin(keys.how, numbers)].reset_index(drop=True)
    return Found(said, *acts, losses=tuple(loss for loss in losses if loss.count))


def numbered_acts(inter: Interactions, rows: ir.Table, table: ir.Table) -> tuple[ir.Table, int]:
    """Return the acts of cases that carry an id, as an expression; starts of work are part of the acts that end it.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows : ibis table
        Rows that people sent, with their keys.
    table : ibis table
        Cases by key, with their numbers.

    Returns
    -------
    acts : ibis table
        number, time, event, sender, activity (-1: none), and started where work is known to have begun before it ended;
        an event to several people stands there several times.
    folded : int
        Events that are no acts of their own.
    """
    numbered = rows.join(table.select(*KEY, "number"), list(KEY))
    numbered = numbered.mutate(activity=numbered.activity.coalesce(-1).cast("int32"))
    pieces = _pieces_of_work(inter, numbered)
    if pieces is None:
        return numbered.select(*_ACT), 0
    begun, gone = pieces
    left = numbered.select(*_ACT).anti_join(gone, ["number", "event", "sender"])
    acts = left.left_join(begun, ["number", "event", "sender"]).select(*_ACT, "started")
    return acts, int(gone.count().to_pyarrow().as_py())


def _pieces_of_work(inter: Interactions, numbered: ir.Table) -> tuple[ir.Table, ir.Table] | None:
    """Tell when acts began, and which rows are only the beginning of another: the same person, case and activity.

    What is suspended and resumed has several ends for one beginning; the last of them is the act. Of ends at one moment
    any can be: they say the same.
    """
    worklist = numbered.filter((numbered.how == HOW.index("workflow")) & (numbered.activity >= 0))
    children = worklist.filter(worklist.parent.notnull())
    if not int(children.count().to_pyarrow().as_py()):
        return None
    ends = children.select("number", "event", "sender", "activity", "time", "parent").distinct()
    starts = worklist.select("number", "sender", "activity", parent="event", started="time").distinct()
    same = ends.join(starts, ["number", "sender", "activity", "parent"])
    same = same.filter((same.started <= same.time) & (same.event != same.parent))
    last = ibis.window(group_by=[same.number, same.parent], order_by=[ibis.desc(same.time), ibis.desc(same.event)])
    pairs = inter.store.add(same.mutate(rank=ibis.row_number().over(last)))
    early = pairs.filter(pairs.rank > 0).select("number", "event", "sender")
    gone = pairs.select("number", "sender", event="parent").select("number", "event", "sender").union(early).distinct()
    begun = pairs.filter(pairs.rank == 0).group_by(["number", "event", "sender"]).aggregate(started=pairs.started.max())
    return begun, inter.store.add(gone)


def _in_numpy(
    inter: Interactions, table: pa.Table, keys: CaseKeys
) -> tuple[CodeArray, CodeArray, IntArray, IntArray, CodeArray]:
    """Turn sorted rows into arrays by case, time, event and sender; each event and person of a case once."""
    texts, (event,) = event_keys(inter, table["event"])
    number, time, sender, activity = (table[name].to_numpy() for name in ("number", "time", "sender", "activity"))
    # Nobody says when work began: one value stands for all.
    started = np.broadcast_to(np.int64(NO_TIME), len(time))
    if "started" in table.column_names:
        started = table["started"].fill_null(NO_TIME).to_numpy()
    columns = kept((number, time, event, sender, activity, started), _changes(number, time, event, sender))
    # Whoever called keeps no hold of the table: what has been read can go.
    del table, number, time, event, sender, activity, started
    if keys.place is not None:
        columns = (keys.renumbered(columns[0]), *columns[1:])
        columns = kept(columns, np.argsort(columns[0], kind="stable"))
    columns = kept(columns, settled(texts, columns[:2], columns[2], columns[3]))
    number, time, _, sender, activity, started = kept(columns, _changes(columns[0], columns[2], columns[3]))
    return (
        number.astype(np.int32, copy=False),
        sender.astype(np.int32, copy=False),
        time.astype(np.int64, copy=False),
        started,
        activity.astype(np.int32, copy=False),
    )


def _changes(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell the rows that differ from the one before in any column."""
    fresh = np.ones(len(columns[0]), dtype=bool)
    if len(fresh):
        fresh[1:] = False
    for column in columns:
        fresh[1:] |= column[1:] != column[:-1]
    return fresh


def without_case(rows: ir.Table, keys: CaseKeys) -> ir.Table:
    """Return the rows that can belong to a case and are in none by an id, or in one of a single message.

    Parameters
    ----------
    rows : ibis table
        The rows that people sent.
    keys : CaseKeys
        What `ids_of_cases` returned.

    Returns
    -------
    ibis table
        With the further column home: the thread of one message, by its number in the table of `keys` (null: none). A
        mail that answers nothing and is not answered is a thread of its own, as far as headers tell; it may all the
        same pass on what came in another.
    """
    single = keys.table.filter(keys.table.single).select(*KEY, home="number")
    near = rows.filter((rows.how == HOW.index("thread")).fill_null(rows.medium.isin(medium_codes(*WORKLIST, *TALK))))
    joined = near.left_join(single, list(KEY))
    joined = joined.select(*rows.columns, "home")
    return joined.filter(joined.home.notnull() | joined.how.isnull())


def answers_before(inter: Interactions, rows: ir.Table) -> list[Loss]:
    """Count answers that are dated before what they answer: the clocks of systems differ.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows : ibis table
        The rows that people sent.

    Returns
    -------
    list of Loss
        One line per pair of sources, or none.
    """
    answers = rows.filter(rows.parent.notnull())
    if not int(answers.count().to_pyarrow().as_py()):
        return []
    child = answers.select(child=answers.event, key=answers.parent, at=answers.time, source="source").distinct()
    asked = rows.select(key=rows.event, asked_at=rows.time, asked_in=rows.source).semi_join(child, "key")
    asked = asked.group_by("key").aggregate(asked_at=asked.asked_at.min(), asked_in=asked.asked_in.min())
    both = child.join(asked, "key")
    early = both.mutate(early=(both.at < both.asked_at).ifelse(1, 0))
    counts = early.group_by(["source", "asked_in"]).aggregate(
        all=early.count(), early=early.early.sum().cast("int64"), most=(early.asked_at - early.at).max()
    )
    table = counts.filter(counts.early > 0).order_by(["source", "asked_in"]).to_pyarrow().to_pylist()
    sources = inter.words.source.tolist()
    return [
        Loss(
            "cases",
            sources[line["source"]],
            "answer dated before what it answers: kept, its order is not to be trusted",
            line["early"],
            "events",
            f"{line['early']} of {line['all']} answers to {sources[line['asked_in']]}, "
            f"up to {line['most'] / 1e6:.0f} s early",
            "Set the clocks of the sources right, or give the missing time zone.",
        )
        for line in table
    ]


def leave_out(found: Found, homes: CodeArray) -> Found:
    """Leave out cases by number, together with their acts."""
    kept = np.ones(len(found.said), dtype=bool)
    kept[homes] = False
    acts = kept[found.case]
    number = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    columns = (found.person[acts], found.time[acts], found.started[acts], found.activity[acts])
    return Found(found.said[kept].reset_index(drop=True), number[found.case[acts]], *columns, found.losses)


def gather(parts: list[Found]) -> Found:
    """Put cases of several kinds one after the other.

    Parameters
    ----------
    parts : list of Found
        In the order of `HOW`; at least one.

    Returns
    -------
    Found
    """
    parts = [part for part in parts if len(part.said)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(part.said) for part in parts)])
    case = np.concatenate([part.case + np.int32(offset) for part, offset in zip(parts, offsets, strict=False)])
    names = ("person", "time", "started", "activity")
    person, time, started, activity = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    said = pd.concat([part.said for part in parts], ignore_index=True)
    return Found(said, case, person, time, started, activity, tuple(loss for part in parts for loss in part.losses))
