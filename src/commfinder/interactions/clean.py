"""Leave out what says nothing about people working together, and keep the account of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from commfinder import _validate
from commfinder.errors import PeriodError
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.machines.automated import automated_accounts
from commfinder.interactions.machines.decisions import as_decisions
from commfinder.interactions.plain import odd_events
from commfinder.interactions.schema import INTERACTIONS, Loss
from commfinder.period import Period, PeriodLike, parse_period
from commfinder.provenance import record

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["clean"]

_FEW = 10
"""One row in so many is few."""

_NO_TIME = -(2**63)
"""Stands for no time where times are compared: nothing equals null."""


def clean(
    inter: Interactions,
    *,
    period: PeriodLike = None,
    max_recipients: int = 20,
    keep_automated: bool = False,
    machines: Any = None,
) -> Interactions:
    """Apply `Interactions.clean`; see there."""
    _validate.count(max_recipients, what="max_recipients")
    span = parse_period(period)
    rows = inter.rows
    inside = _inside(rows, span)
    if span is not None:
        _require_some(inter, rows.filter(inside), span)
    machine = ibis.literal(False) if keep_automated else _machine(inter, rows.filter(inside), machines)
    to_self = (rows.sender == rows.recipient).fill_null(False)
    reasons = {"outside the period": ~inside, "automated": inside & machine, "to oneself": inside & ~machine & to_self}
    gone, left = _tally(rows, reasons, inside & ~machine & ~to_self)
    whole = _counted_again(inter, rows, inside & ~machine & ~to_self)
    mass = f"mass mail (more than {max_recipients})"
    heavy, light = _tally(whole, {mass: whole.n_recipients > max_recipients}, whole.n_recipients <= max_recipients)
    after = {source: heavy[mass].get(source, 0) + light.get(source, 0) for source in left}
    gone |= {"duplicate": {source: left[source] - after[source] for source in left}} | heavy
    losses = _lines(inter, gone, span)
    many = sum(heavy[mass].values())
    rows = whole.filter(whole.n_recipients <= max_recipients) if many else whole
    account = pd.concat([inter.losses, losses_frame(losses)], ignore_index=True) if losses else inter.losses
    parameters = {"period": span, "max_recipients": max_recipients, "keep_automated": keep_automated}
    if machines is not None:
        parameters["machines_decided"] = len(as_decisions(machines).words)
    note = record("clean", parameters)
    # To look past a little mass mail costs less than to write all the rest down once more.
    few = many * _FEW <= sum(light.values())
    return inter.with_rows(rows.select(*INTERACTIONS.names), note, losses=account, written=few)


def _counted_again(inter: Interactions, rows: ir.Table, kept: ir.BooleanValue) -> ir.Table:
    """Write down the rows that are kept, each once, with their recipients counted again."""
    odd = odd_events(inter, rows, kept)
    if odd is None:
        return inter.store.add(_each_once(inter, rows.filter(kept), rows))
    marked = rows.mutate(kept=kept)
    # A key that is missing equals none, and an event without one may be any.
    unknown = marked.event.isnull()
    every = inter.store.add(marked.filter(unknown).union(marked.semi_join(odd, "event")))
    plain = marked.filter(marked.kept & ~unknown).anti_join(odd, "event").cast({"n_recipients": "int32"})
    return inter.store.add(plain.select(*INTERACTIONS.names).union(_each_once(inter, every.filter(every.kept), every)))


def _each_once(inter: Interactions, few: ir.Table, rows: ir.Table) -> ir.Table:
    """Leave out duplicates, and count the recipients of every event again."""
    numbered = _number_duplicates(few)
    return _recount(numbered.filter(numbered.repeat == 0), _unwritten(inter, rows))


def _inside(rows: ir.Table, span: Period | None) -> ir.BooleanValue:
    """Tell the rows of a period; relations without a time are in every one."""
    if span is None:
        return ibis.literal(True)
    inside: ir.BooleanValue = rows.time.isnull() | ((rows.time >= span.start_us) & (rows.time < span.end_us))
    return inside.fill_null(True)


def _machine(inter: Interactions, rows: ir.Table, machines: Any) -> ir.BooleanValue:
    """Tell the rows that a machine sent or that went to one."""
    codes = automated_accounts(inter, rows, machines)
    flagged = inter.rows.automated
    if not codes:
        return flagged
    return flagged | inter.rows.sender.isin(codes) | inter.rows.recipient.isin(codes).fill_null(False)


def _tally(
    rows: ir.Table, reasons: dict[str, ir.BooleanValue], kept: ir.BooleanValue
) -> tuple[dict[str, dict[int, int]], dict[int, int]]:
    """Count in one pass, per source, the rows that each reason removes and those that are kept."""
    # PostgreSQL makes 32-bit numbers of booleans, and no others.
    marks = {f"n{place}": mark.cast("int32") for place, mark in enumerate([*reasons.values(), kept])}
    marked = rows.select("source", **marks)
    sums = {name: marked[name].sum().cast("int64") for name in marks}
    table = marked.group_by("source").aggregate(**sums).to_pyarrow()
    sources = table["source"].to_pylist()
    columns = [dict(zip(sources, table[name].to_pylist(), strict=True)) for name in marks]
    return dict(zip(reasons, columns, strict=False)), columns[-1]


def _lines(inter: Interactions, gone: dict[str, dict[int, int]], span: Period | None) -> list[Loss]:
    """Say what was removed, reason by reason and source by source."""
    where = {"outside the period": f"outside {span}"}
    return [
        Loss("clean", str(inter.words.source[source]), reason, number, "rows", where.get(reason))
        for reason, counts in gone.items()
        for source, number in sorted(counts.items())
        if number
    ]


def _event_of(rows: ir.Table) -> list[ir.Value]:
    """Return what tells events apart: ids do get used twice, so the time and the sender are part of it."""
    return [rows.event, rows.time, rows.sender, rows.medium]


def _unwritten(inter: Interactions, rows: ir.Table) -> ir.Table | None:
    """Count the recipients of every event that its source counted and did not write out; None where there are none.

    A reader writes out the first few of ten thousand addresses and counts them all. The rows of one source tell how
    many are missing, also where two addresses have become one person since, as long as no row has been left out. Of
    several copies of an event the one that wrote most of it out is believed.
    """
    # Most events have one recipient and a row for it: they need no sorting into events.
    many = rows.filter(rows.recipient.isnull() | (rows.n_recipients > 1))
    keys = ["event", "time", "sender", "medium"]
    per_source = many.group_by([*keys, "source"]).aggregate(
        missing=many.n_recipients.min().cast("int64") - many.recipient.count()
    )
    short = inter.store.add(per_source.group_by(keys).aggregate(unwritten=per_source.missing.min()))
    short = short.filter(short.unwritten > 0)
    if not int(short.count().to_pyarrow().as_py()):
        return None
    alone = rows.filter(rows.recipient.notnull() & (rows.n_recipients <= 1)).select(*keys)
    timed = short.mutate(time=short.time.fill_null(_NO_TIME))
    return timed.anti_join(alone.mutate(time=alone.time.fill_null(_NO_TIME)), keys)


def _number_duplicates(rows: ir.Table) -> ir.Table:
    """Number the copies of the same event to the same recipient, the strongest role first.

    The same mail sits in the sender's and in the recipient's mailbox, and a person may stand both in To and in Cc; the
    source is therefore no part of the key, but the time is.
    """
    order = ("role", "source", "space", "activity", "n_recipients", "automated", "thread", "parent")
    window = ibis.window(
        group_by=[*_event_of(rows), rows.recipient],
        order_by=[ibis.asc(rows[name], nulls_first=False) for name in order],
    )
    return rows.mutate(repeat=ibis.row_number().over(window))


def _recount(rows: ir.Table, short: ir.Table | None) -> ir.Table:
    """Count the recipients of every event again: those that are left, and those that a reader did not write out."""
    written = rows.recipient.count().over(ibis.window(group_by=_event_of(rows)))
    rows = rows.mutate(n_recipients=written.cast("int32"))
    if short is not None:
        keyed = rows.mutate(moment=rows.time.fill_null(_NO_TIME))
        same = [keyed[name] == short[name] for name in ("event", "sender", "medium")]
        joined = keyed.left_join(short.rename(moment_of="time"), [*same, keyed.moment == short.time])
        total = (joined.n_recipients + joined.unwritten.fill_null(0)).cast("int32")
        rows = joined.select(*[name for name in rows.columns if name != "n_recipients"], n_recipients=total)
    return rows.select(*INTERACTIONS.names)


def _require_some(inter: Interactions, kept: ir.Table, span: Period) -> None:
    """Refuse a period that holds nothing although there is something outside it."""
    if len(inter) and not int(kept.count().to_pyarrow().as_py()):
        present = inter.period
        raise PeriodError(
            f"The period {span} holds none of the {len(inter)} interactions.",
            need=f"They lie from {present.start:%Y-%m-%d} to {present.end:%Y-%m-%d}." if present else "",
            hint="Choose a period inside that, or check the time zone and format of the input.",
        )
