"""Rows that people sent, as columns of whole numbers: one query brings them for every way of finding cases."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.delivery.cases.acts import HOW
from commfinder.delivery.cases.texts import EventKeys, event_keys
from commfinder.interactions import Interactions
from commfinder.interactions.rows import medium_codes, role_codes
from commfinder.interactions.words import Words

__all__ = ["KEY", "Columns", "columns_of", "keys_of_others", "scope_words", "usable_rows", "with_keys"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

KEY = ("how", "scope", "name")
"""What tells cases apart, see `with_keys`."""

_WORKLIST = ("workflow", "ticket", "code")
_TALK = ("email", "chat", "microblog")
_PAGE = ("wiki", "document")
_WORK_ON_A_PAGE = ("edit", "assign", "approve", "nominate", "reply", "mention", "to")
_NO_SCOPE = -1
_PLAIN = ("event", "parent", "name", "sender", "source", "scope")


def with_keys(inter: Interactions) -> ir.Table:
    """Tell of each row with a time the kind of case it can belong to, and which.

    Parameters
    ----------
    inter : Interactions
        The interactions.

    Returns
    -------
    ibis table
        The columns of the rows, and: how, place in `HOW` of the kind of case (null: none); scope, the space in which
        the id is unique, as a number (see `scope_words`); name, the key of the thread.
    """
    rows = inter.rows.filter(inter.rows.time.notnull())
    work, pages, talk = (rows.medium.isin(medium_codes(*media)) for media in (_WORKLIST, _PAGE, _TALK))
    page = pages & (rows.thread.notnull() | rows.space.notnull()) & rows.role.isin(role_codes(*_WORK_ON_A_PAGE))
    how = ibis.cases(
        (work & rows.thread.notnull(), HOW.index("workflow")),
        (page, HOW.index("page")),
        (talk & rows.thread.notnull(), HOW.index("thread")),
        else_=ibis.null("int64"),
    )
    # Ids of worklists are unique within a process, ids of chat within a channel; a mail keeps its id everywhere.
    space = rows.space.cast("int64").coalesce(_NO_SCOPE)
    scope = ibis.cases(
        (work & rows.space.isnull(), _scope_of_source(rows, inter.words)),
        (rows.medium.isin(medium_codes("email")), _NO_SCOPE),
        (pages & rows.thread.isnull(), -2 - space),
        else_=space,
    )
    name, none = rows.thread, ibis.literal(0, rows.thread.type())
    if not name.type().is_integer():
        name, none = name.cast("string"), ibis.literal("")
    # A page without a thread is its space; keys are compared, and nothing equals null.
    return rows.mutate(how=how.cast("int32"), scope=scope.cast("int64"), name=name.coalesce(none))


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


def _scope_of_source(rows: ir.Table, words: Words) -> ir.Value:
    """Number the source as what comes after all spaces; one of the same name as a space is that space."""
    place = {word: number for number, word in enumerate(words.space.tolist())}
    shared = [
        (rows.source == number, place[word]) for number, word in enumerate(words.source.tolist()) if word in place
    ]
    beyond = rows.source.cast("int64") + len(place)
    return ibis.cases(*shared, else_=beyond) if shared else beyond


def scope_words(scope: IntArray, words: Words) -> tuple[pa.Array, pa.Array]:
    """Return the words of scopes.

    Parameters
    ----------
    scope : ndarray of int64, shape (c,)
        Scopes as `with_keys` numbers them.
    words : Words
        What spaces and sources are places in.

    Returns
    -------
    scope, page : pyarrow.Array of str, shape (c,)
        The word of each ("" for none), and the page that is a space of its own (null for others).
    """
    known = pa.array(["", *words.space.tolist(), *words.source.tolist()], pa.large_string())
    page = pa.array(np.where(scope < _NO_SCOPE, -2 - scope, 0), mask=scope >= _NO_SCOPE)
    return known.take(pa.array(np.maximum(scope, _NO_SCOPE) + 1)), known[1:].take(page)


@dataclass(frozen=True, eq=False)
class Columns:
    """Rows that people sent, in any order.

    Parameters
    ----------
    time : ndarray of int64, shape (n,)
        Microseconds since 1970 UTC.
    sender, recipient, activity, space, source : ndarray of int32, shape (n,)
        Numbers; recipient, activity and space are -1 where there is none.
    event, parent, name : ndarray of int64, shape (n,)
        Keys of the id, of the id that is answered, and of the thread; 0 where there is none.
    how : ndarray of int8, shape (n,)
        Place in `HOW` of the kind of case that the row can belong to, -1 for none; see `with_keys`.
    scope : ndarray of int64, shape (n,)
        The space in which the name is unique.
    near : ndarray of bool, shape (n,)
        Whether it is work or talk, which can be of a case without an id.
    ids, names : EventKeys
        What the keys of ids and of threads stand for.
    """

    time: IntArray
    sender: CodeArray
    recipient: CodeArray
    activity: CodeArray
    space: CodeArray
    source: CodeArray
    event: IntArray
    parent: IntArray
    name: IntArray
    how: npt.NDArray[np.int8]
    scope: IntArray
    near: npt.NDArray[np.bool_]
    ids: EventKeys
    names: EventKeys

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.time)


def columns_of(inter: Interactions, rows: ir.Table) -> Columns:
    """Bring rows to this machine, in numbers.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    rows : ibis table
        Rows that people sent, with their keys (`with_keys`).

    Returns
    -------
    Columns
        About 60 bytes a row.
    """
    codes = {name: rows[name].coalesce(-1).cast("int32") for name in ("recipient", "activity", "space")}
    kinds = {"how": rows.how.coalesce(-1).cast("int8"), "near": rows.medium.isin(medium_codes(*_WORKLIST, *_TALK))}
    table = rows.select("time", *_PLAIN, **codes, **kinds).to_pyarrow()
    ids, (event, parent) = event_keys(inter, table["event"], table["parent"])
    names, (name,) = event_keys(inter, table["name"])
    near, how = table["near"].to_numpy(), table["how"].to_numpy()
    sender, recipient, activity, space, source = (
        table[name].to_numpy().astype(np.int32, copy=False)
        for name in ("sender", "recipient", "activity", "space", "source")
    )
    time, scope = (table[name].to_numpy().astype(np.int64, copy=False) for name in ("time", "scope"))
    return Columns(
        time, sender, recipient, activity, space, source, event, parent, name, how, scope, near, ids=ids, names=names
    )


def keys_of_others(
    rows: ir.Table, columns: Columns, numbers: list[int]
) -> tuple[npt.NDArray[np.int8], IntArray, IntArray]:
    """Return the keys of the cases that some other rows can belong to, each once.

    Parameters
    ----------
    rows : ibis table
        Rows with their keys, in the database.
    columns : Columns
        What says by which numbers names go.
    numbers : list of int
        Places in `HOW` of the kinds that count.

    Returns
    -------
    how : ndarray of int8
    scope, name : ndarray of int64
        A name that no row of `columns` has is -1 where names are texts.
    """
    table = rows.filter(rows.how.isin(numbers)).select(*KEY).distinct().to_pyarrow()
    name = columns.names.codes(table["name"])
    how, scope = (table[one].to_numpy() for one in KEY[:2])
    return how.astype(np.int8), scope.astype(np.int64), name
