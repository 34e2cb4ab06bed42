"""Which rows are of a period, of some media, or between some people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commfinder import _validate
from commfinder.interactions.rows import medium_codes
from commfinder.interactions.schema import MEDIA
from commfinder.period import Period, PeriodLike, parse_period

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["selected"]


def selected(
    inter: Interactions, *, period: PeriodLike, medium: str | Sequence[str] | None, people: Iterable[str] | None
) -> tuple[ir.Table, dict[str, Any]]:
    """Return the rows that `Interactions.select` keeps, and what was asked for.

    Parameters are those of `Interactions.select`. Where all are kept they are the very rows of the interactions, so
    that nobody writes them down once more.
    """
    rows = inter.rows
    span = parse_period(period)
    if span is not None and not _covers(span, inter):
        rows = rows.filter(rows.time.isnull() | ((rows.time >= span.start_us) & (rows.time < span.end_us)))
    if medium is not None:
        wanted = [medium] if isinstance(medium, str) else list(medium)
        for word in wanted:
            _validate.choice(word, MEDIA, what="medium")
        rows = rows.filter(rows.medium.isin(medium_codes(*wanted) or [-1]))
    chosen = {people} if isinstance(people, str) else {str(person) for person in people or ()}
    keep = [code for code, name in enumerate(inter.names.tolist()) if name in chosen] if people is not None else []
    if people is not None and len(keep) < len(inter.names):
        codes = ibis.memtable(pa.table({"code": pa.array(keep, pa.int32())}))
        rows = rows.filter(rows.sender.isin(codes.code))
        alone = rows.filter(rows.recipient.isnull())
        rows = alone.union(rows.filter(rows.recipient.isin(codes.code)))
    return rows, {"period": span, "medium": medium, "people": people is not None}


def _covers(span: Period, inter: Interactions) -> bool:
    """Tell whether all times are in a period; then there is nothing to leave out."""
    low, high = inter.span_us
    return low is None or high is None or (span.start_us <= low and high < span.end_us)
