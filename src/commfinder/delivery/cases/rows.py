"""Acts on cases that carry an id, from rows as columns of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.columns import Columns, keys_of_others
from commfinder.delivery.cases.kernels import (
    facts_of_keys,
    in_order,
    numbered_keys,
    numbered_values,
    place_of_values,
    rows_by_number,
)
from commfinder.delivery.cases.keys import CaseKeys
from commfinder.delivery.cases.pieces import pieces_of_work
from commfinder.delivery.cases.texts import kept, settled
from commfinder.delivery.cases.value import HOW
from commfinder.interactions import Interactions, Loss

__all__ = ["Found", "acts_with_ids", "answers_before", "gather", "leave_out", "without_case"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]


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


def acts_with_ids(columns: Columns, others: ir.Table, keys: CaseKeys, kinds: tuple[str, ...]) -> Found:
    """Return the acts on cases that carry an id.

    Parameters
    ----------
    columns : Columns
        The rows that people sent.
    others : ibis table
        Other rows, with their keys.
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
    # Threads have the last numbers: without them the numbers of the others are the same.
    n = int(np.isin(keys.how, numbers).sum())
    number = np.where(keys.number < n, keys.number, np.int32(-1)) if n < len(keys.how) else keys.number
    started, gone, folded = pieces_of_work(columns, number)
    if gone is not None:
        number = np.where(gone, np.int32(-1), number)
    acts = _by_case(columns, number, n, started)
    empty = keys.absent(keys_of_others(others, columns, numbers)) if numbers else 0
    losses = (
        Loss("cases", "all", "start of work told by the act that ends it", folded, "events"),
        Loss("cases", "all", "case on which no person acts: left out", empty, "cases"),
    )
    said = keys.said.iloc[:n].reset_index(drop=True)
    return Found(said, *acts, losses=tuple(loss for loss in losses if loss.count))


def _by_case(
    columns: Columns, number: CodeArray, n: int, started: IntArray | None
) -> tuple[CodeArray, CodeArray, IntArray, IntArray, CodeArray]:
    """Put acts in order of case, time, event and sender; each event and person of a case once."""
    first, order = rows_by_number(number, n)
    # Keys of events only bring the rows of one event together here: their order says nothing.
    order = in_order(first, order, columns.time, columns.event, columns.sender, columns.activity)
    case, time, event, sender = number[order], columns.time[order], columns.event[order], columns.sender[order]
    once = _changes(case, time, event, sender)
    rows: tuple[npt.NDArray[Any], ...] = kept((case, time, event, sender, order), once)
    rows = kept(rows, settled(columns.ids, rows[:2], rows[2], rows[3]))
    case, time, _, sender, order = kept(rows, _changes(rows[0], rows[2], rows[3]))
    # Nobody says when work began: one value stands for all.
    begun = np.broadcast_to(np.int64(NO_TIME), len(time)) if started is None else started[order]
    return case, sender, time, begun, columns.activity[order]


def _changes(*columns: npt.NDArray[Any]) -> BoolArray:
    """Tell the rows that differ from the one before in any column."""
    fresh = np.ones(len(columns[0]), dtype=bool)
    if len(fresh):
        fresh[1:] = False
    for column in columns:
        fresh[1:] |= column[1:] != column[:-1]
    return fresh


def without_case(columns: Columns, keys: CaseKeys) -> tuple[IntArray, CodeArray]:
    """Return the rows that can belong to a case and are in none by an id, or in one of a single message.

    Parameters
    ----------
    columns : Columns
        The rows that people sent.
    keys : CaseKeys
        What `ids_of_cases` returned.

    Returns
    -------
    rows : ndarray of int64, shape (r,)
        Their places.
    home : ndarray of int32, shape (r,)
        The thread of one message (-1: none). A mail that answers nothing and is not answered is a thread of its own, as
        far as headers tell; it may all the same pass on what came in another.
    """
    alone = np.append(keys.single, False)[keys.number] & (columns.how == HOW.index("thread"))
    rows = np.flatnonzero(alone | (columns.near & (columns.how < 0)))
    return rows, np.where(alone[rows], keys.number[rows], np.int32(-1))


def answers_before(inter: Interactions, columns: Columns) -> list[Loss]:
    """Count answers that are dated before what they answer: the clocks of systems differ.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    columns : Columns
        The rows that people sent.

    Returns
    -------
    list of Loss
        One line per pair of sources, or none.
    """
    child = np.flatnonzero(columns.parent)
    if not len(child):
        return []
    key, row = numbered_values(columns.parent[child])
    asked = place_of_values(columns.parent[child[row]], columns.event)
    asked_at, asked_in, _ = facts_of_keys(asked, len(row), columns.time, columns.source, columns.event)
    there = asked_in[key] >= 0
    child, key = child[there], key[there]
    sources = inter.words.source.tolist()
    # Most data have no such answer; only those between sources that have any are counted.
    pair = columns.source[child].astype(np.int64) * len(sources) + asked_in[key]
    odd = np.zeros(len(sources) ** 2, dtype=bool)
    odd[pair[asked_at[key] > columns.time[child]]] = True
    if not odd.any():
        return []
    child, key = child[odd[pair]], key[odd[pair]]
    # An event to several people stands in several rows.
    link = key.astype(np.int64) * len(sources) + columns.source[child]
    one, _ = numbered_keys(np.zeros(len(child), dtype=np.int8), columns.time[child], columns.event[child])
    _, once = numbered_keys(np.zeros(len(child), dtype=np.int8), one.astype(np.int64), link)
    child, key = child[once], key[once]
    lead = asked_at[key] - columns.time[child]
    pair = columns.source[child].astype(np.int64) * len(sources) + asked_in[key]
    most = np.zeros(len(sources) ** 2, dtype=np.int64)
    np.maximum.at(most, pair[lead > 0], lead[lead > 0])
    every, early = (np.bincount(some, minlength=len(most)) for some in (pair, pair[lead > 0]))
    return [
        Loss(
            "cases",
            sources[one // len(sources)],
            "answer dated before what it answers: kept, its order is not to be trusted",
            int(early[one]),
            "events",
            f"{early[one]} of {every[one]} answers to {sources[one % len(sources)]}, "
            f"up to {most[one] / 1e6:.0f} s early",
            "Set the clocks of the sources right, or give the missing time zone.",
        )
        for one in np.flatnonzero(early).tolist()
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
