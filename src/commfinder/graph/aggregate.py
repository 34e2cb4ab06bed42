"""Sums over interactions, made by the database: exact, and the same whatever the order of rows or number of threads."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.graph.rule import ANSWERABLE
from commfinder.interactions import Interactions
from commfinder.period import Windows

__all__ = ["SCALE", "PairWindows", "layers", "pair_windows"]

IntArray = npt.NDArray[np.int64]

SCALE = 1 << 24
"""Weights are summed as whole numbers of 1 / SCALE: sums of floating-point numbers depend on their order."""


@dataclass(frozen=True)
class PairWindows:
    """How often each pair interacted in each window, in canonical order.

    Parameters
    ----------
    a, b : ndarray of int64, shape (r,)
        Numbers of the two people, a < b.
    window : ndarray of int64, shape (r,)
        Number of the window, 0 the oldest; -1 for relations without a time.
    forth, back : ndarray of int64, shape (r,)
        Events from a to b and from b to a; acts in which both take part count both ways.
    events : ndarray of int64, shape (r,)
        Events between the two.
    """

    a: IntArray
    b: IntArray
    window: IntArray
    forth: IntArray
    back: IntArray
    events: IntArray


def layers(inter: Interactions, *, end_us: int | None, half_life: float | None) -> pa.Table:
    """Sum weights and events per ordered pair and medium.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    end_us : int, optional
        The moment weights are told for; None where nothing has a time.
    half_life : float, optional
        Days after which an event weighs half; None for no decay.

    Returns
    -------
    pyarrow.Table
        sender, recipient, medium, weight (whole numbers of 1 / `SCALE`), events; sorted.

    Notes
    -----
    An event to k recipients gives each 1/k of its weight (Newman 2001, doi:10.1073/pnas.98.2.404, counts participants
    n = k + 1), so that every event spends one unit; with a half-life h it spends 2 ** (-(end - time) / h).
    """
    rows = _dyads(inter)
    share = ibis.literal(1.0) / ibis.greatest(rows.n_recipients, 1).cast("float64")
    if half_life is not None and end_us is not None:
        age_days = (ibis.literal(end_us) - rows.time).cast("float64") / ibis.literal(86_400e6)
        share = share * ibis.coalesce(ibis.literal(2.0) ** (-age_days / half_life), 1.0)
    fixed = (share * SCALE).round().cast("int64")
    sums = rows.mutate(fixed=fixed).group_by(["sender", "recipient", "medium"])
    totals = sums.aggregate(weight=ibis._.fixed.sum().cast("int64"), events=ibis._.count().cast("int64"))
    return totals.order_by(["sender", "recipient", "medium"]).to_pyarrow()


def pair_windows(inter: Interactions, windows: Windows | None, *, spaces: tuple[str, ...] = ()) -> PairWindows:
    """Count events per pair and window.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    windows : Windows, optional
        The windows; None where nothing has a time.
    spaces : tuple of str, default ()
        Only what passed through these spaces; empty for everything.

    Returns
    -------
    PairWindows
    """
    rows = _dyads(inter)
    if spaces:
        rows = rows.filter(rows.space.isin(list(spaces)))
    window: ir.Value = ibis.literal(-1)
    if windows is not None:
        behind = (ibis.literal(windows.end_us - 1) - rows.time) // ibis.literal(windows.length_us)
        # A greatest of nothing and 0 is 0 in DuckDB, so relations without a time are told apart first.
        window = ibis.ifelse(rows.time.isnull(), -1, ibis.greatest(windows.count - 1 - behind, 0))
    mutual = ~rows.medium.isin(ANSWERABLE)
    upward = rows.sender < rows.recipient
    marked = rows.select(
        a=ibis.least(rows.sender, rows.recipient),
        b=ibis.greatest(rows.sender, rows.recipient),
        window=window.cast("int32"),
        forth=(mutual | upward).cast("int64"),
        back=(mutual | ~upward).cast("int64"),
    )
    sums = marked.group_by(["a", "b", "window"]).aggregate(
        forth=marked.forth.sum().cast("int64"),
        back=marked.back.sum().cast("int64"),
        events=marked.count().cast("int64"),
    )
    table = sums.order_by(["a", "b", "window"]).to_pyarrow()
    names = ("a", "b", "window", "forth", "back", "events")
    return PairWindows(*(table[name].to_numpy().astype(np.int64) for name in names))


def _dyads(inter: Interactions) -> ir.Table:
    """Return the rows that join two people."""
    return inter.rows.filter(inter.rows.recipient.notnull() & (inter.rows.sender != inter.rows.recipient))
