"""What every reader yields: rows piece by piece, up to three plain tables, and the account of what it had to skip."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, LANDED, MEMBERSHIPS, Loss
from commfinder.sources.assemble import interaction_table, sort_rows

__all__ = ["PART_ROWS", "Part", "Reading", "batched", "whole"]

PART_ROWS = 50_000
"""How many interactions a part holds at most."""


@dataclass(frozen=True)
class Reading:
    """The plain tables that one reader made of one input.

    Parameters
    ----------
    interactions : pyarrow.Table
        Rows of the schema `commfinder.interactions.schema.INTERACTIONS`.
    accounts : pyarrow.Table
        Rows of the schema `ACCOUNTS`; empty where the input says nothing of them.
    memberships : pyarrow.Table
        Rows of the schema `MEMBERSHIPS`; empty where the input has none.
    losses : sequence of Loss
        What was skipped, and why.
    digests : mapping of str to str
        SHA-256 of each file read, by its name relative to the input.
    """

    interactions: pa.Table
    accounts: pa.Table = field(default_factory=ACCOUNTS.empty_table)
    memberships: pa.Table = field(default_factory=MEMBERSHIPS.empty_table)
    losses: Sequence[Loss] = ()
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, schema in (
            ("interactions", INTERACTIONS),
            ("accounts", ACCOUNTS),
            ("memberships", MEMBERSHIPS),
        ):
            object.__setattr__(self, name, getattr(self, name).cast(schema))


@dataclass(frozen=True)
class Part:
    """A piece of a reading; prefer `Reading` for an input that fits in memory.

    Parameters
    ----------
    interactions : pyarrow.Table
        Rows of the schema `commfinder.interactions.schema.LANDED`, in no order. An event that is null has one row, and
        is named by its content once all rows are there; where ``n_recipients`` is null, the distinct recipients of the
        event other than the sender are counted then.
    accounts, memberships : pyarrow.Table or None
        Rows of the schemas `ACCOUNTS` and `MEMBERSHIPS`. As losses and digests, they come with the last part.
    losses : tuple of Loss
        What was skipped, and why.
    digests : mapping of str to str
        SHA-256 of each file read, by its name relative to the input.
    """

    interactions: pa.Table
    accounts: pa.Table | None = None
    memberships: pa.Table | None = None
    losses: tuple[Loss, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interactions", self.interactions.cast(LANDED))


def batched(rows: Iterable[tuple[Any, ...]], columns: Sequence[str], *, medium: str, source: str) -> Iterator[Part]:
    """Make parts of rows that come one by one.

    Parameters
    ----------
    rows : iterable of tuple
        The cells of each row.
    columns : sequence of str
        Their names; `time` is in microseconds since 1970 UTC.
    medium, source : str
        The same in every row.

    Yields
    ------
    Part
        Of `PART_ROWS` rows, the last one of fewer; nothing where there is no row.
    """
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, PART_ROWS)):
        cells = dict(zip(columns, zip(*batch, strict=True), strict=True))
        yield Part(interaction_table(cells, medium=medium, source=source))


def whole(parts: Iterable[Part]) -> Reading:
    """Put the parts of one input together in memory.

    Parameters
    ----------
    parts : iterable of Part
        All parts that a reader yields.

    Returns
    -------
    Reading
        Sorted rows; it does not depend on how the input was cut into parts.
    """
    tables, accounts, memberships = [LANDED.empty_table()], [ACCOUNTS.empty_table()], [MEMBERSHIPS.empty_table()]
    losses: list[Loss] = []
    digests: dict[str, str] = {}
    for part in parts:
        tables.append(part.interactions)
        accounts.extend([] if part.accounts is None else [part.accounts])
        memberships.extend([] if part.memberships is None else [part.memberships])
        losses.extend(part.losses)
        digests.update(part.digests)
    table = _counted(_named(pa.concat_tables(tables).combine_chunks()))
    return Reading(sort_rows(table), pa.concat_tables(accounts), pa.concat_tables(memberships), tuple(losses), digests)


def _named(table: pa.Table) -> pa.Table:
    """Name each event without an id by its content, and count it among its like."""
    nameless = np.flatnonzero(np.asarray(pc.is_null(table["event"])))
    if not len(nameless):
        return table
    rows = table.take(pa.array(nameless)).drop_columns(["event", "n_recipients"])
    seen: dict[bytes, int] = {}
    names = np.array(table["event"].to_pylist(), dtype=object)
    contents = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    for place, row in zip(nameless.tolist(), contents, strict=True):
        key = hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=12).digest()
        count = seen[key] = seen.get(key, -1) + 1
        names[place] = f"row:{key.hex()}:{count}"
    return table.set_column(0, LANDED.field("event"), pa.array(names, pa.string()))


def _counted(table: pa.Table) -> pa.Table:
    """Count the recipients of the events where nobody did."""
    place = table.schema.get_field_index("n_recipients")
    if not table["n_recipients"].null_count:
        return table
    counted = _recipient_counts(*(table[name].combine_chunks() for name in ("event", "time", "sender", "recipient")))
    return table.set_column(place, LANDED.field(place), pc.coalesce(table["n_recipients"], counted))


def _recipient_counts(events: pa.Array, times: pa.Array, senders: pa.Array, recipients: pa.Array) -> pa.Array:
    """Count the distinct recipients of each event other than its sender.

    Parameters
    ----------
    events, senders, recipients : pyarrow.Array of strings, shape (n,)
        Columns of rows; a recipient may be null.
    times : pyarrow.Array of times, shape (n,)
        A series of meetings may have one id: each time is an event of its own.

    Returns
    -------
    pyarrow.Array of int32, shape (n,)
        The count of each row's event.
    """
    ids, moments = events.dictionary_encode(), times.cast(pa.int64()).dictionary_encode("encode")
    event = np.asarray(ids.indices).astype(np.int64) * len(moments.dictionary) + np.asarray(moments.indices)
    event = pd.factorize(event)[0].astype(np.int64)
    person = recipients.dictionary_encode()
    other: npt.NDArray[np.bool_] = np.asarray(pc.fill_null(pc.not_equal(senders, recipients), False))
    codes = np.asarray(pc.fill_null(person.indices, -1)).astype(np.int64)
    width = max(len(person.dictionary), 1)
    pairs = np.unique(event[other] * width + codes[other])
    per_event = np.bincount(pairs // width, minlength=int(event.max(initial=-1)) + 1)
    return pa.array(per_event[event].astype(np.int32))
