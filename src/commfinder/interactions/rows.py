"""What is done to rows as a whole: number names and words, put in order, check words."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError, nearest
from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES
from commfinder.interactions.words import WORD_COLUMNS, Words, sorted_names

__all__ = [
    "KEY_COLUMNS",
    "canonical",
    "check_vocabulary",
    "completed",
    "distinct_values",
    "in_words",
    "keyed",
    "medium_codes",
    "numbered",
    "recoded",
    "role_codes",
    "texts_of",
]

KEY_COLUMNS = ("event", "thread", "parent")
"""Columns of ids: rows hold a key of each, which is compared and never counted on."""

_FIRST = ("time", "event", "sender", "recipient", "role", "medium", "source", "space", "thread", "n_recipients")
_ORDER = (*_FIRST, *sorted(set(INTERACTIONS.names) - set(_FIRST)))
_VOCABULARY = {"role": ROLES, "medium": MEDIA}


def medium_codes(*names: str) -> list[int]:
    """Return the numbers by which rows refer to some media."""
    return [MEDIA.index(name) for name in names]


def role_codes(*names: str) -> list[int]:
    """Return the numbers by which rows refer to some roles."""
    return [ROLES.index(name) for name in names]


def numbered(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.object_], Words]:
    """Put numbers in the place of names and words; ids stay texts.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of the schema ``commfinder.interactions.schema.INTERACTIONS``.

    Returns
    -------
    table : pyarrow.Table
        The same rows in the same order.
    names : ndarray of str
        Senders and recipients, sorted.
    words : Words
        Spaces, activities and sources.
    """
    columns = {name: table[name] for name in table.column_names}
    names = sorted_names(name for column in ("sender", "recipient") for name in distinct_values(table[column]))
    words = Words.of(*(distinct_values(table[column]) for column in WORD_COLUMNS))
    lists = dict.fromkeys(("sender", "recipient"), names) | {name: words.column(name) for name in WORD_COLUMNS}
    for column, known in lists.items():
        columns[column] = _places(columns[column], known, pa.int32())
    for column, vocabulary in _VOCABULARY.items():
        columns[column] = _places(columns[column], vocabulary, pa.int8())
    columns["time"] = table["time"].cast(pa.int64())
    return pa.table(columns), names, words


def distinct_values(column: pa.ChunkedArray) -> list[str]:
    """Return the distinct texts of a column."""
    return [str(value) for value in pc.unique(column).to_pylist() if value is not None]


def _places(column: pa.ChunkedArray, known: npt.NDArray[np.object_] | tuple[str, ...], kind: pa.DataType) -> pa.Array:
    """Return the place of each text among the known ones."""
    return pc.index_in(column, value_set=pa.array(list(known), pa.string())).cast(kind)


def keyed(rows: ir.Table) -> ir.Table:
    """Put keys in the place of the texts of ids: 64 bits, the same for the same text.

    Parameters
    ----------
    rows : ibis table
        Rows with ids as texts.

    Returns
    -------
    ibis table

    Notes
    -----
    Among n different ids two have the same key with a probability of about n² / 2⁶⁵: one in 180,000 for twenty million,
    and then it matters only if time, sender and medium are equal too.
    """
    return rows.mutate(**{name: ibis.cases((rows[name].notnull(), rows[name].hash())) for name in KEY_COLUMNS})


def texts_of(rows: ir.Table) -> ir.Table:
    """Return key and text of every id in rows whose ids are texts, with repeats."""
    parts = []
    for name in KEY_COLUMNS:
        given = rows.filter(rows[name].notnull())
        parts.append(given.select(key=given[name].hash(), text=given[name]))
    return parts[0].union(*parts[1:])


def in_words(rows: ir.Table, words: Words, texts: ir.Table | None) -> ir.Table:
    """Put words and ids in the place of their numbers and keys; senders and recipients stay numbers.

    Parameters
    ----------
    rows : ibis table
        Rows in numbers.
    words : Words
        Spaces, activities and sources.
    texts : ibis table, optional
        Key and text of ids; None where keys are the texts.

    Returns
    -------
    ibis table
    """
    for column, vocabulary in _VOCABULARY.items():
        rows = rows.mutate(**{column: ibis.cases(*[(rows[column] == n, word) for n, word in enumerate(vocabulary)])})
    for column in WORD_COLUMNS:
        rows = _looked_up(rows, column, words.column(column))
    if texts is not None:
        once = texts.group_by("key").aggregate(text=texts.text.min())
        for column in KEY_COLUMNS:
            found = once.view()
            joined = rows.left_join(found, rows[column] == found.key)
            kept = [name for name in rows.columns if name != column]
            rows = joined.select(*kept, **{column: joined.text})
    return rows.select(*INTERACTIONS.names)


def _looked_up(rows: ir.Table, column: str, known: npt.NDArray[np.object_]) -> ir.Table:
    """Put words in the place of their numbers in one column."""
    if not len(known):
        return rows.mutate(**{column: ibis.null("string")})
    table = ibis.memtable(
        pa.table({"place": pa.array(range(len(known)), pa.int32()), "word": pa.array(known.tolist(), pa.string())})
    )
    joined = rows.left_join(table, rows[column] == table.place)
    return joined.select(*[name for name in rows.columns if name != column], **{column: joined.word})


def recoded(rows: ir.Table, mappings: Mapping[str, npt.NDArray[np.int64]]) -> ir.Table:
    """Put new numbers in the place of old ones.

    Parameters
    ----------
    rows : ibis table
        Rows in numbers.
    mappings : mapping of str to ndarray of int64
        For each column, the new number of every old one; -1 for numbers that do not occur.

    Returns
    -------
    ibis table
    """
    for column, mapping in mappings.items():
        if np.array_equal(mapping, np.arange(len(mapping))):
            continue
        codes = ibis.memtable(
            pa.table({"old": pa.array(np.arange(len(mapping)), pa.int32()), "new": pa.array(mapping, pa.int32())})
        )
        joined = rows.left_join(codes, rows[column] == codes.old)
        rows = joined.select(*[name for name in rows.columns if name != column], **{column: joined.new})
    return rows.select(*INTERACTIONS.names)


def completed(rows: ir.Table) -> ir.Table:
    """Fill the columns of rows in numbers that nobody gave; `Interactions.from_numbered` says with what."""
    filled: dict[str, ir.Value] = {
        "role": ibis.literal(ROLES.index("to"), "int8"),
        "medium": ibis.literal(MEDIA.index("email"), "int8"),
        "n_recipients": ibis.literal(1, "int32"),
        "automated": ibis.literal(False),
        "source": ibis.literal(0, "int32"),
        **dict.fromkeys(("space", "activity"), ibis.null("int32")),
        **dict.fromkeys(("thread", "parent"), ibis.null("int64")),
    }
    lacking = {name: value for name, value in filled.items() if name not in rows.columns}
    return (rows.mutate(**lacking) if lacking else rows).select(*INTERACTIONS.names)


def canonical(rows: ir.Table) -> ir.Table:
    """Sort rows by everything that can tell them apart."""
    return rows.order_by([ibis.asc(name, nulls_first=True) for name in _ORDER])


def check_vocabulary(table: pa.Table) -> None:
    """Check that roles and media are known words."""
    for column, known in _VOCABULARY.items():
        for value in pc.unique(table[column]).to_pylist():
            if value not in known:
                near = nearest(str(value), known)
                raise InputError(
                    f"The column {column!r} holds {value!r}.",
                    need=f"Known are: {', '.join(known)}.",
                    hint=near if near.startswith("Did") else "",
                )
