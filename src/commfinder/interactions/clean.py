"""Leave out what says nothing about people working together, and keep the account of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from commfinder import _validate
from commfinder.errors import PeriodError
from commfinder.interactions.automated import automated_accounts
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.schema import INTERACTIONS, ROLES, Loss
from commfinder.period import Period, PeriodLike, parse_period
from commfinder.provenance import record

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["clean"]


def clean(
    inter: Interactions, *, period: PeriodLike = None, max_recipients: int = 20, keep_automated: bool = False
) -> Interactions:
    """Apply `Interactions.clean`; see there."""
    _validate.count(max_recipients, what="max_recipients")
    span = parse_period(period)
    losses: list[Loss] = []
    rows = inter.store.add(_unwritten(inter.rows))
    if span is not None:
        inside = rows.time.isnull() | ((rows.time >= span.start_us) & (rows.time < span.end_us))
        kept = rows.filter(inside)
        losses += _count(rows.filter(~inside), "outside the period", f"outside {span}")
        _require_some(inter, kept, span)
        rows = kept
    if not keep_automated:
        machine = _machine(inter, rows)
        losses += _count(rows.filter(machine), "automated", None)
        rows = inter.store.add(rows.filter(~machine))
    to_self = (rows.sender == rows.recipient).fill_null(False)
    losses += _count(rows.filter(to_self), "to oneself", None)
    rows = rows.filter(~to_self)
    numbered = inter.store.add(_number_duplicates(_least_unwritten(rows)))
    losses += _count(numbered.filter(numbered.repeat > 0), "duplicate", None)
    rows = inter.store.add(_recount(numbered.filter(numbered.repeat == 0)))
    losses += _count(rows.filter(rows.n_recipients > max_recipients), f"mass mail (more than {max_recipients})", None)
    rows = rows.filter(rows.n_recipients <= max_recipients)
    account = pd.concat([inter.losses, losses_frame(losses)], ignore_index=True) if losses else inter.losses
    parameters = {"period": span, "max_recipients": max_recipients, "keep_automated": keep_automated}
    return inter.with_rows(rows.select(*INTERACTIONS.names), record("clean", parameters), losses=account)


def _machine(inter: Interactions, rows: ir.Table) -> ir.BooleanValue:
    """Tell the rows that a machine sent or that went to one."""
    codes = automated_accounts(inter, rows)
    if not codes:
        return rows.automated
    return rows.automated | rows.sender.isin(codes) | rows.recipient.isin(codes).fill_null(False)


def _unwritten(rows: ir.Table) -> ir.Table:
    """Count the recipients of every event that its source counted and did not write out.

    A reader writes out the first few of ten thousand addresses and counts them all. The rows of one source tell how
    many are missing, also where two addresses have become one person since, as long as no row has been left out.
    """
    # Most events have one recipient and a row for it: they need no sorting into events.
    whole = rows.recipient.notnull() & (rows.n_recipients <= 1)
    many = rows.filter(~whole)
    window = ibis.window(group_by=[many.event, many.time, many.sender, many.medium, many.source])
    missing = many.n_recipients.cast("int64") - many.recipient.count().over(window)
    told = many.mutate(unwritten=ibis.greatest(missing, 0).cast("int64"))
    return rows.filter(whole).mutate(unwritten=ibis.literal(0, "int64")).union(told)


def _least_unwritten(rows: ir.Table) -> ir.Table:
    """Believe, of several copies of an event, the one that wrote most of it out."""
    window = ibis.window(group_by=[rows.event, rows.time, rows.sender, rows.medium])
    return rows.mutate(unwritten=rows.unwritten.min().over(window))


def _number_duplicates(rows: ir.Table) -> ir.Table:
    """Number the copies of the same event to the same recipient, the strongest role first.

    The same mail sits in the sender's and in the recipient's mailbox, and a person may stand both in To and in Cc; the
    source is therefore no part of the key, but the time is: ids do get used twice.
    """
    rank = ibis.cases(*[(rows.role == role, number) for number, role in enumerate(ROLES)], else_=len(ROLES))
    window = ibis.window(
        group_by=[rows.event, rows.time, rows.sender, rows.recipient, rows.medium],
        order_by=[
            rank,
            rows.source,
            rows.space,
            rows.thread,
            rows.parent,
            rows.activity,
            rows.n_recipients,
            rows.automated,
        ],
    )
    return rows.mutate(repeat=ibis.row_number().over(window))


def _recount(rows: ir.Table) -> ir.Table:
    """Count the recipients of every event again: those that are left, and those that a reader did not write out."""
    window = ibis.window(group_by=[rows.event, rows.time, rows.sender, rows.medium])
    written = rows.recipient.count().over(window)
    return rows.mutate(n_recipients=(written + rows.unwritten).cast("int32")).drop("unwritten")


def _require_some(inter: Interactions, kept: ir.Table, span: Period) -> None:
    """Refuse a period that holds nothing although there is something outside it."""
    if len(inter) and not int(kept.count().to_pyarrow().as_py()):
        present = inter.period
        raise PeriodError(
            f"The period {span} holds none of the {len(inter)} interactions.",
            need=f"They lie from {present.start:%Y-%m-%d} to {present.end:%Y-%m-%d}." if present else "",
            hint="Choose a period inside that, or check the time zone and format of the input.",
        )


def _count(gone: ir.Table, reason: str, where: str | None) -> list[Loss]:
    """Count what one reason removes, per source."""
    table: pa.Table = gone.group_by("source").aggregate(rows=gone.count()).order_by("source").to_pyarrow()
    return [
        Loss("clean", source, reason, int(number), "rows", where)
        for source, number in zip(table["source"].to_pylist(), table["rows"].to_pylist(), strict=True)
    ]
