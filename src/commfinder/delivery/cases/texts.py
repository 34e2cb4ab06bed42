"""Ids of events by their texts, where an order must not depend on keys: rows at the same moment, cases of one start."""

from __future__ import annotations

from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.delivery.cases.kernels import numbered_values, place_of_values
from commfinder.interactions import Interactions

__all__ = ["EventKeys", "event_keys", "kept", "settled"]

IntArray = npt.NDArray[np.int64]
Column = npt.NDArray[Any]


class EventKeys:
    """Keys of events as whole numbers, and the texts that they stand for.

    Parameters
    ----------
    inter : Interactions
        The interactions, which know the texts.
    known : pyarrow.Array, optional
        The ids themselves, where the numbers are places among them; None where the numbers are keys.
    """

    def __init__(self, inter: Interactions, known: pa.Array | None) -> None:
        self._inter, self._known = inter, known

    def texts(self, codes: Column) -> pa.Array:
        """Return the text of each number; null for one that no row has.

        Parameters
        ----------
        codes : ndarray of int, shape (n,)
            Numbers.

        Returns
        -------
        pyarrow.Array of large_string, shape (n,)
        """
        if self._known is not None:
            return self._known.take(pa.array(codes)).cast(pa.large_string())
        if self._inter.texts is None:
            return pa.array(codes).cast(pa.large_string())
        place, first = numbered_values(codes)
        wanted = ibis.memtable(pa.table({"wanted": pa.array(codes[first])}))
        found = self._inter.texts.semi_join(wanted, [("key", "wanted")]).to_pyarrow()
        # A text stands there once for every row that has it: any of them will do.
        row = np.full(len(first), -1, dtype=np.int64)
        row[place_of_values(codes[first], found["key"].to_numpy())] = np.arange(found.num_rows)
        row = row[place]
        return found["text"].cast(pa.large_string()).combine_chunks().take(pa.array(row, mask=row < 0))

    def codes(self, column: pa.ChunkedArray) -> IntArray:
        """Turn further ids into numbers; 0 where there is none, -1 for a text that is not known.

        Parameters
        ----------
        column : pyarrow.ChunkedArray
            Keys as rows hold them.

        Returns
        -------
        ndarray of int64
        """
        if self._known is None:
            held: IntArray = column.fill_null(0).to_numpy().astype(np.int64, copy=False)
            return held
        found = pc.index_in(column, value_set=self._known, skip_nulls=True).fill_null(-1).to_numpy()
        return np.where(pc.is_null(column).to_numpy(), 0, found).astype(np.int64)

    def ranks(self, codes: Column) -> IntArray:
        """Return the rank of the text of each number among the texts of all that are given."""
        distinct, place = np.unique(codes, return_inverse=True)
        texts = self.texts(distinct).fill_null("None")
        rank = np.empty(len(distinct), dtype=np.int64)
        # Bytes of UTF-8 sort as code points do, whatever the collation of a database.
        rank[pc.sort_indices(texts).to_numpy()] = np.arange(len(distinct))
        return rank[place.reshape(-1)]


def event_keys(inter: Interactions, *columns: pa.ChunkedArray) -> tuple[EventKeys, list[IntArray]]:
    """Turn columns of ids into whole numbers, equal where the ids are; 0 where there is none.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    *columns : pyarrow.ChunkedArray
        Keys as rows hold them: numbers, or texts in a database of the user's.

    Returns
    -------
    EventKeys
    columns : list of ndarray of int64
        One array for each column.
    """
    kind = columns[0].type
    if pa.types.is_integer(kind):
        keys = EventKeys(inter, None)
        return keys, [keys.codes(column) for column in columns]
    together = pa.chunked_array([chunk for column in columns for chunk in column.chunks], kind).combine_chunks()
    known = pc.unique(together.drop_null())
    # No id has the number 0: it stands for none.
    known = pa.concat_arrays([pa.nulls(1, kind), known])
    keys = EventKeys(inter, known)
    return keys, [keys.codes(column) for column in columns]


def settled(keys: EventKeys, leading: tuple[Column, ...], event: Column, trailing: Column) -> IntArray | None:
    """Return the order of rows in which those that nothing else tells apart come by the text of their event.

    Parameters
    ----------
    keys : EventKeys
        The texts of events.
    leading : tuple of ndarray, shape (n,)
        What the rows are sorted by already.
    event : ndarray, shape (n,)
        Number of the event of each row.
    trailing : ndarray, shape (n,)
        Decides between rows of one event.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        None where nothing has to move.
    """
    same = np.ones(max(len(event) - 1, 0), dtype=bool)
    for column in leading:
        same &= column[1:] == column[:-1]
    mixed = same & (event[1:] != event[:-1])
    if not mixed.any():
        return None
    block = np.concatenate([[0], np.cumsum(~same)])
    several = np.zeros(int(block[-1]) + 1, dtype=bool)
    several[block[1:][mixed]] = True
    rows = np.flatnonzero(several[block])
    order = np.arange(len(event))
    order[rows] = rows[np.lexsort((trailing[rows], keys.ranks(event[rows]), block[rows]))]
    return order


def kept(columns: tuple[Column, ...], which: Column | None) -> tuple[Column, ...]:
    """Take some rows of every column, by a mask or in an order; where all stay as they are there is no copy."""
    if which is None or (which.dtype == bool and which.all()):
        return columns
    return tuple(column[which] for column in columns)
