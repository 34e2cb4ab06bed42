"""Which case a row can belong to: keys in whole numbers, and the cases that carry an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.delivery.cases.value import HOW, TEXT
from commfinder.interactions import Interactions
from commfinder.interactions.rows import medium_codes, role_codes
from commfinder.interactions.words import Words

__all__ = ["KEY", "TALK", "WORKLIST", "CaseKeys", "ids_of_cases", "numbered_cases", "with_keys"]

IntArray = npt.NDArray[np.int64]

KEY = ("how", "scope", "name")
"""What tells cases apart, see `with_keys`."""

WORKLIST = ("workflow", "ticket", "code")
TALK = ("email", "chat", "microblog")
_PAGE = ("wiki", "document")
_WORK_ON_A_PAGE = ("edit", "assign", "approve", "nominate", "reply", "mention", "to")
_NO_SCOPE = -1


@dataclass(frozen=True, eq=False)
class CaseKeys:
    """The cases that carry an id.

    Parameters
    ----------
    table : ibis table
        One row per case: how, scope, name, number and single (a thread of one message). Cases that begin at the same
        moment may be numbered in any order here; `renumbered` puts that right.
    place : ndarray of int64 or None
        The number of each case by that in the table; None where they are the same.
    how : ndarray of int64, shape (c,)
        Place in `HOW`, case after case.
    said : pandas.DataFrame
        case, how, certainty, space; by kind, then first act, then id.
    """

    table: ir.Table
    place: IntArray | None
    how: IntArray
    said: pd.DataFrame

    def renumbered(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the numbers of cases by those of the table; -1 stays."""
        if self.place is None:
            return numbers
        return np.where(numbers >= 0, self.place[numbers], -1)


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
        the id is unique, as a number (see `_scope_words`); name, the key of the thread.
    """
    rows = inter.rows.filter(inter.rows.time.notnull())
    work, pages, talk = (rows.medium.isin(medium_codes(*media)) for media in (WORKLIST, _PAGE, TALK))
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


def _scope_of_source(rows: ir.Table, words: Words) -> ir.Value:
    """Number the source as what comes after all spaces; one of the same name as a space is that space."""
    place = {word: number for number, word in enumerate(words.space.tolist())}
    shared = [
        (rows.source == number, place[word]) for number, word in enumerate(words.source.tolist()) if word in place
    ]
    beyond = rows.source.cast("int64") + len(place)
    return ibis.cases(*shared, else_=beyond) if shared else beyond


def _scope_words(scope: IntArray, words: Words) -> tuple[pa.Array, pa.Array]:
    """Return the word of each scope ("" for none), and the page that is a space of its own (null for others)."""
    known = pa.array(["", *words.space.tolist(), *words.source.tolist()], pa.large_string())
    page = pa.array(np.where(scope < _NO_SCOPE, -2 - scope, 0), mask=scope >= _NO_SCOPE)
    return known.take(pa.array(np.maximum(scope, _NO_SCOPE) + 1)), known[1:].take(page)


def numbered_cases(inter: Interactions, rows: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Number the cases that carry an id by kind, then first act, then whatever tells them apart.

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
        how, scope, name, first, space, single (a thread of one message) and number; written down.
    """
    rows = rows.filter(rows.how.isin([HOW.index(kind) for kind in kinds]))
    single = (rows.how.min() == HOW.index("thread")) & (rows.event.min() == rows.event.max())
    facts = {"first": rows.time.min(), "space": rows.space.min(), "single": single}
    grouped = rows.group_by(list(KEY)).aggregate(**facts)
    order = ibis.window(order_by=[grouped.how, grouped.first, grouped.scope, grouped.name])
    return inter.store.add(grouped.mutate(number=ibis.row_number().over(order).cast("int32")))


def ids_of_cases(inter: Interactions, rows: ir.Table, kinds: tuple[str, ...]) -> CaseKeys:
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
    CaseKeys
    """
    table = numbered_cases(inter, rows, kinds)
    held = _with_texts(inter, table).order_by("number").to_pyarrow()
    how, first, scope = (held[name].to_numpy().astype(np.int64) for name in ("how", "first", "scope"))
    scopes, pages = _scope_words(scope, inter.words)
    texts = pc.coalesce(pages, held["text"].cast(pa.large_string()).combine_chunks(), pa.scalar("", pa.large_string()))
    moved = _by_text(how, first, texts, scopes)
    place = None
    if moved is not None:
        place = np.empty(len(moved), dtype=np.int64)
        place[moved] = np.arange(len(moved))
        how = how[moved]
        scopes, texts, pages = (column.take(pa.array(moved)) for column in (scopes, texts, pages))
        held = held.take(pa.array(moved))
    space = pa.array(inter.words.space.tolist(), pa.large_string()).take(held["space"].combine_chunks())
    return CaseKeys(table, place, how, _said(how, texts, scopes, space, np.asarray(pages.is_valid())))


def _with_texts(inter: Interactions, table: ir.Table) -> ir.Table:
    """Look up the texts of names."""
    if inter.texts is None:
        return table.mutate(text=table.name.cast("string"))
    near = inter.texts.semi_join(table, [("key", "name")])
    once = near.group_by("key").aggregate(text=near.text.arbitrary())
    joined = table.left_join(once, table.name == once.key)
    return joined.select(*table.columns, "text")


def _by_text(how: IntArray, first: IntArray, text: pa.Array, scope: pa.Array) -> IntArray | None:
    """Return the order of cases in which those that begin at one moment come by id; None where it is that already."""
    same = (how[1:] == how[:-1]) & (first[1:] == first[:-1])
    if not same.any():
        return None
    rows = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    part = pa.array(rows)
    tied = pa.table({"how": how[rows], "first": first[rows], "text": text.take(part), "scope": scope.take(part)})
    order = np.arange(len(how))
    order[rows] = rows[pc.sort_indices(tied, sort_keys=[(name, "ascending") for name in tied.column_names]).to_numpy()]
    return order


def _said(
    how: IntArray, name: pa.Array, scope: pa.Array, space: pa.Array, is_page: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Tell of each case its id, how it was found, and its space; a page that is a space is in none."""
    names, scopes, spaces = (pd.Series(pd.array(one, dtype=TEXT)) for one in (name, scope, space))
    twice = names.duplicated(keep=False) & (scopes != "")
    return pd.DataFrame(
        {
            "case": names.where(~twice.astype(bool), scopes + "/" + names),
            "how": pd.array(np.array(HOW, dtype=object)[how], dtype=TEXT),
            "certainty": 1.0,
            "space": spaces.mask(is_page),
        }
    )
