"""Which events are as they should be: written out once, whole, by one source. Only the others need sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from commfinder.interactions.store import Store

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["odd_events"]

FEW = 200_000
"""Fewer rows are sorted faster than looked through."""

_ODD_SHARE = 4
"""If more than one event for every four rows is odd, they are sorted with the others."""

_BITS = 63
"""Binary digits of a whole number that is not negative."""


def odd_events(inter: Interactions, rows: ir.Table, kept: ir.BooleanValue) -> ir.Table | None:
    """Return the keys of the events of which something may be removed, counted again, or be there twice.

    Parameters
    ----------
    inter : Interactions
        The store.
    rows : ibis table
        All rows, those that are to be left out too.
    kept : ibis column of bool
        Which rows stay, as far as single rows tell.

    Returns
    -------
    ibis table or None
        ``event``, each once. Of every other event all rows stay, none is there twice, and there are as many as the
        event counts recipients. None where looking does not help: few rows, most events odd, or a database far away.
    """
    if not isinstance(inter.store, Store) or len(inter) < FEW:
        return None
    size = max(len(inter.words.source), 1)
    told = rows.select(
        "event",
        "time",
        whose=(rows.sender.cast("int64") * 64 + rows.medium) * size + rows.source,
        # A row that goes, or has no recipient, is one too few.
        due=ibis.ifelse((kept & rows.recipient.notnull()).fill_null(False), rows.n_recipients, -1),
        bit=ibis.literal(1, "int64") << (rows.recipient % _BITS).cast("int64"),
    )
    sums = told.group_by("event").aggregate(
        rows=told.count(),
        fewest=told.due.min(),
        most=told.due.max(),
        first=told.time.min(),
        last=told.time.max(),
        one=told.whose.min(),
        other=told.whose.max(),
        bits=told.bit.bit_or(),
    )
    plain = (
        (sums.fewest == sums.rows)
        & (sums.most == sums.rows)
        & (sums["first"] == sums["last"])
        & (sums.one == sums.other)
        # As many different bits as rows: then the recipients are different too.
        & (_ones(sums.bits) == sums.rows)
    )
    odd = inter.store.add(sums.filter(~plain.fill_null(False)).select("event"))
    return odd if int(odd.count().to_pyarrow().as_py()) * _ODD_SHARE <= len(inter) else None


def _bit_count(bits: int) -> int:  # type: ignore[empty-body]
    """Count the ones of a whole number; a function of the embedded database."""


_ones: Any = ibis.udf.scalar.builtin(name="bit_count")(_bit_count)
