"""The cases that carry an id: which rows are of one, and what is said of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.delivery.cases.columns import Columns, scope_words
from commfinder.delivery.cases.kernels import facts_of_keys, numbered_keys, place_of_keys
from commfinder.delivery.cases.value import HOW, TEXT
from commfinder.interactions import Interactions

__all__ = ["CaseKeys", "ids_of_cases"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CaseKeys:
    """The cases that carry an id, by kind, then first act, then id.

    Parameters
    ----------
    number : ndarray of int32, shape (n,)
        The case of each row, -1 for none.
    how : ndarray of int8, shape (c,)
        Place in `HOW`, case after case.
    single : ndarray of bool, shape (c,)
        Which are threads of one message.
    said : pandas.DataFrame
        case, how, certainty, space.
    key : tuple of ndarray, shape (c,)
        What tells the cases apart: how, scope and name.
    """

    number: CodeArray
    how: npt.NDArray[np.int8]
    single: npt.NDArray[np.bool_]
    said: pd.DataFrame
    key: tuple[npt.NDArray[np.int8], IntArray, IntArray]

    def absent(self, keys: tuple[npt.NDArray[np.int8], IntArray, IntArray]) -> int:
        """Count the keys that no case has."""
        return int((place_of_keys(self.key, keys) < 0).sum())


def ids_of_cases(inter: Interactions, columns: Columns, kinds: tuple[str, ...]) -> CaseKeys:
    """Number the cases that carry an id: by kind, then first act, then id.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    columns : Columns
        The rows that people sent.
    kinds : tuple of str
        Which of workflow, page and thread.

    Returns
    -------
    CaseKeys
    """
    numbers = [HOW.index(kind) for kind in kinds]
    how = columns.how if len(numbers) == 3 else np.where(np.isin(columns.how, numbers), columns.how, np.int8(-1))
    code, row = numbered_keys(how, columns.scope, columns.name)
    first, space, single = facts_of_keys(code, len(row), columns.time, columns.space, columns.event)
    how, scope, name = columns.how[row], columns.scope[row], columns.name[row]
    scopes, pages = scope_words(scope, inter.words)
    texts = pc.coalesce(pages, columns.names.texts(name), pa.scalar("", pa.large_string()))
    order = _by_start(how, first, texts, scopes, scope, name)
    place = np.empty(len(order) + 1, dtype=np.int32)
    place[order], place[-1] = np.arange(len(order)), -1
    there = pa.array(order)
    scopes, texts, pages = (column.take(there) for column in (scopes, texts, pages))
    spaces = pa.array(inter.words.space.tolist(), pa.large_string())
    spaces = spaces.take(pa.array(space[order], mask=space[order] < 0))
    how = how[order]
    said = _said(how, texts, scopes, spaces, np.asarray(pages.is_valid()))
    single = single[order] & (how == HOW.index("thread"))
    return CaseKeys(place[code], how, single, said, (how, scope[order], name[order]))


def _by_start(how: npt.NDArray[np.int8], first: IntArray, text: pa.Array, scope: pa.Array, *last: IntArray) -> IntArray:
    """Return the order of cases by kind, then first act; those that begin at one moment come by id."""
    order = np.argsort(first, kind="stable")
    order = order[np.argsort(how[order], kind="stable")]
    kind, start = how[order], first[order]
    same = (kind[1:] == kind[:-1]) & (start[1:] == start[:-1])
    if not same.any():
        return order
    rows = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    tied = order[rows]
    part = pa.array(tied)
    columns = {"how": how[tied], "first": first[tied], "text": text.take(part), "scope": scope.take(part)}
    # Only a page that is a space can be called as a page of no space is.
    table = pa.table(columns | {f"last_{number}": one[tied] for number, one in enumerate(last)})
    by = [(name, "ascending") for name in table.column_names]
    order[rows] = tied[pc.sort_indices(table, sort_keys=by).to_numpy()]
    return order


def _said(
    how: npt.NDArray[np.int8], name: pa.Array, scope: pa.Array, space: pa.Array, is_page: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Tell of each case its id, how it was found, and its space; a page that is a space is in none."""
    # What is called like another case gets its scope before its name, if it has one.
    twice = pc.not_equal(scope, "").to_numpy(zero_copy_only=False)
    if twice.any():
        code = name.dictionary_encode().indices.to_numpy()
        twice &= np.bincount(code)[code] > 1
    if twice.any():
        long = pc.binary_join_element_wise(scope, name, pa.scalar("/", pa.large_string()))
        name = pc.if_else(pa.array(twice), long, name)
    words = pa.array(HOW, pa.large_string()).take(pa.array(how.astype(np.int64)))
    return pd.DataFrame(
        {
            "case": pd.array(name, dtype=TEXT),
            "how": pd.array(words, dtype=TEXT),
            "certainty": 1.0,
            "space": pd.array(pc.if_else(pa.array(is_page), pa.scalar(None, pa.large_string()), space), dtype=TEXT),
        }
    )
