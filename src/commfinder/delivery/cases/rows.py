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
from commfinder.delivery.cases.value import HOW, TEXT
from commfinder.interactions import Interactions, Loss

__all__ = [
    "Found",
    "acts_with_ids",
    "answers_before",
    "gather",
    "ids_of_cases",
    "leave_out",
    "usable_rows",
    "without_case",
]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_WORKLIST = ("workflow", "ticket", "code")
_PAGE = ("wiki", "document")
_TALK = ("email", "chat", "microblog")
_WORK_ON_A_PAGE = ("edit", "assign", "approve", "nominate", "reply", "mention", "to")


@dataclass(frozen=True, eq=False)
class Found:
    """Cases of one or several kinds, and the acts on them, by case, then time, then event.

    Parameters
    ----------
    said : pandas.DataFrame, one row per case
        case, how, certainty, space.
    case, activity : ndarray of int32, shape (n,)
        Row in `said`; number of the activity, -1 where there is none.
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
        With the further columns how (place in `HOW` of the kind of case it can belong to; null: none), scope and name:
        the key of the case.
    """
    rows = _with_keys(inter.rows.filter(inter.rows.time.notnull()))
    nobody = rows.automated | rows.sender.isin(aside) if aside else rows.automated
    return rows.filter(~nobody), rows.filter(nobody)


def _with_keys(rows: ir.Table) -> ir.Table:
    """Tell of each row the kind of case it can belong to, and which."""
    page = rows.medium.isin(_PAGE) & (rows.thread.notnull() | rows.space.notnull()) & rows.role.isin(_WORK_ON_A_PAGE)
    how = ibis.cases(
        (rows.medium.isin(_WORKLIST) & rows.thread.notnull(), HOW.index("workflow")),
        (page, HOW.index("page")),
        (rows.medium.isin(_TALK) & rows.thread.notnull(), HOW.index("thread")),
        else_=ibis.null("int64"),
    )
    # Ids of worklists are unique within a process, ids of chat within a channel; a mail keeps its id everywhere.
    scope = ibis.cases(
        (rows.medium.isin(_WORKLIST), rows.space.coalesce(rows.source)),
        (rows.medium == "email", ""),
        (rows.medium.isin(_PAGE) & rows.thread.isnull(), ""),
        else_=rows.space.coalesce(""),
    )
    return rows.mutate(how=how.cast("int32"), scope=scope, name=rows.thread.coalesce(rows.space))


def ids_of_cases(inter: Interactions, rows: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Number the cases that carry an id: by kind, then first act, then id.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows : ibis table
        The rows that people sent.
    kinds : tuple of str
        Which of workflow, page and thread.

    Returns
    -------
    ibis table
        One row per case: its key, space, number, and single: a thread of one message.
    """
    rows = rows.filter(rows.how.isin([HOW.index(kind) for kind in kinds]))
    single = (rows.how.min() == HOW.index("thread")) & (rows.event.min() == rows.event.max())
    facts = {"first": rows.time.min(), "space": rows.space.min(), "single": single}
    grouped = rows.group_by(["how", "scope", "name"]).aggregate(**facts)
    order = ibis.window(order_by=[grouped.how, grouped.first, grouped.name, grouped.scope])
    return inter.store.add(grouped.mutate(number=ibis.row_number().over(order).cast("int32")))


def acts_with_ids(
    inter: Interactions, rows: ir.Table, others: ir.Table, keys: ir.Table, kinds: tuple[str, ...], activities: list[str]
) -> Found:
    """Return the acts on cases that carry an id.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows, others : ibis table
        What `usable_rows` returned.
    keys : ibis table
        What `ids_of_cases` returned.
    kinds : tuple of str
        Which of workflow, page and thread.
    activities : list of str
        All activities, sorted: their places are the numbers.

    Returns
    -------
    Found
        Cases in the order of their numbers. Ids are certain: the certainty is 1.
    """
    numbers = [HOW.index(kind) for kind in kinds]
    rows, others = (part.filter(part.how.isin(numbers)) for part in (rows, others))
    numbered = rows.join(keys.select("how", "scope", "name", "number"), ["how", "scope", "name"])
    columns = ["number", "time", "event", "sender", "activity"]
    pieces = _pieces_of_work(inter, numbered)
    folded = 0
    if pieces is None:
        slim = numbered.select(*columns)
    else:
        begun, gone = pieces
        folded = int(gone.count().to_pyarrow().as_py())
        kept = numbered.select(*columns).anti_join(gone, ["number", "event", "sender"])
        slim = kept.left_join(begun, ["number", "event", "sender"]).select(*columns, "started")
    coded = _with_activity_numbers(slim, activities)
    sorted_rows = coded.order_by(["number", "time", "event", "sender", "activity"])
    found = _in_numpy(sorted_rows.mutate(event=sorted_rows.event.hash()).to_pyarrow())
    said = keys.filter(keys.how.isin(numbers)).order_by("number").select("how", "scope", "name", "space").to_pyarrow()
    empty = others.select("how", "scope", "name").distinct().anti_join(keys, ["how", "scope", "name"])
    losses = (
        Loss("cases", "all", "start of work told by the act that ends it", folded, "events"),
        Loss(
            "cases", "all", "case on which no person acts: left out", int(empty.count().to_pyarrow().as_py()), "cases"
        ),
    )
    return Found(_said(said), *found, losses=tuple(loss for loss in losses if loss.count))


def _pieces_of_work(inter: Interactions, numbered: ir.Table) -> tuple[ir.Table, ir.Table] | None:
    """Tell when acts began, and which rows are only the beginning of another: the same person, case and activity.

    What is suspended and resumed has several ends for one beginning; the last of them is the act.
    """
    worklist = numbered.filter(numbered.how == HOW.index("workflow"))
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


def _with_activity_numbers(rows: ir.Table, activities: list[str]) -> ir.Table:
    """Put the numbers of activities in place of their names."""
    if not activities:
        return rows.mutate(activity=ibis.literal(-1, "int32"))
    table = pa.table(
        {"activity": pa.array(activities, pa.string()), "code": pa.array(range(len(activities)), pa.int32())}
    )
    joined = rows.left_join(ibis.memtable(table), "activity")
    names = [name for name in rows.columns if name != "activity"]
    return joined.select(*names, activity=joined.code.coalesce(ibis.literal(-1, "int32")))


def _in_numpy(table: pa.Table) -> tuple[CodeArray, CodeArray, IntArray, IntArray, CodeArray]:
    """Turn sorted rows into arrays, each event and person of a case once."""
    names = table.column_names
    number, event, sender = (table[name].to_numpy() for name in ("number", "event", "sender"))
    fresh = np.ones(len(number), dtype=bool)
    fresh[1:] = (number[1:] != number[:-1]) | (event[1:] != event[:-1]) | (sender[1:] != sender[:-1])
    del event
    # Whoever called keeps no hold of the table: a column goes when it has been read.
    table = table.drop_columns(["number", "event", "sender"])
    number, sender = _kept(number, fresh), _kept(sender, fresh)
    time = _kept(table["time"].to_numpy(), fresh)
    table = table.drop_columns(["time"])
    activity = _kept(table["activity"].to_numpy(), fresh)
    if "started" in names:
        started = _kept(table["started"].fill_null(NO_TIME).to_numpy(), fresh)
    else:
        # Nobody says when work began: one value stands for all.
        started = np.broadcast_to(np.int64(NO_TIME), len(number))
    return (
        number.astype(np.int32, copy=False),
        sender.astype(np.int32, copy=False),
        time.astype(np.int64, copy=False),
        started,
        activity.astype(np.int32, copy=False),
    )


def _kept(values: npt.NDArray[Any], which: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Keep some values; where all stay there is no copy."""
    return values if which.all() else values[which]


def _said(table: pa.Table) -> pd.DataFrame:
    """Tell of each case its id, how it was found, and its space."""
    how = np.array(HOW, dtype=object)[table["how"].to_numpy()]
    name, scope, space = (pd.Series(table[one].to_pandas()).astype(TEXT) for one in ("name", "scope", "space"))
    twice = name.duplicated(keep=False) & (scope != "")
    page_is_space = (how == "page") & (scope == "").to_numpy(dtype=bool) & (space == name).fillna(False).to_numpy(bool)
    return pd.DataFrame(
        {
            "case": name.where(~twice.astype(bool), scope + "/" + name),
            "how": pd.array(how, dtype=TEXT),
            "certainty": 1.0,
            "space": space.mask(page_is_space),
        }
    )


def without_case(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """Return the rows that can belong to a case and are in none by an id, or in one of a single message.

    Parameters
    ----------
    rows : ibis table
        The rows that people sent.
    keys : ibis table
        What `ids_of_cases` returned.

    Returns
    -------
    ibis table
        With the further column home: the number of the thread of one message (null: none). A mail that answers nothing
        and is not answered is a thread of its own, as far as headers tell; it may all the same pass on what came in
        another.
    """
    single = keys.filter(keys.single).select("how", "scope", "name", home="number")
    joined = rows.left_join(single, ["how", "scope", "name"])
    joined = joined.select(*rows.columns, "home")
    return joined.filter(joined.home.notnull() | (joined.how.isnull() & joined.medium.isin((*_WORKLIST, *_TALK))))


def answers_before(rows: ir.Table) -> list[Loss]:
    """Count answers that are dated before what they answer: the clocks of systems differ.

    Parameters
    ----------
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
    child = answers.select(child=answers.event.hash(), key=answers.parent.hash(), at=answers.time, source="source")
    child = child.distinct()
    asked = rows.select(key=rows.event.hash(), asked_at=rows.time, asked_in=rows.source).semi_join(child, "key")
    asked = asked.group_by("key").aggregate(asked_at=asked.asked_at.min(), asked_in=asked.asked_in.min())
    both = child.join(asked, "key")
    early = both.mutate(early=(both.at < both.asked_at).cast("int64"))
    counts = early.group_by(["source", "asked_in"]).aggregate(
        all=early.count(), early=early.early.sum().cast("int64"), most=(early.asked_at - early.at).max()
    )
    table = counts.filter(counts.early > 0).order_by(["source", "asked_in"]).to_pyarrow().to_pylist()
    return [
        Loss(
            "cases",
            line["source"],
            "answer dated before what it answers: kept, its order is not to be trusted",
            line["early"],
            "events",
            f"{line['early']} of {line['all']} answers to {line['asked_in']}, up to {line['most'] / 1e6:.0f} s early",
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
