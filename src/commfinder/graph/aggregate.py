"""Sums over interactions, made by the database: exact, and the same whatever the order of rows, engine or threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.graph.decay import SCALE, fixed_weight
from commfinder.graph.grouping import digits_of, grouped
from commfinder.graph.pair_windows import PairWindows
from commfinder.graph.rule import ANSWERABLE
from commfinder.graph.summing import Sums, sum_pairs
from commfinder.graph.tables import in_name_order
from commfinder.interactions import Interactions, Store
from commfinder.interactions.rows import medium_codes
from commfinder.period import Windows

__all__ = ["PairWindows", "TieArrays", "layers", "layers_and_windows", "pair_windows", "ties_of"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TieArrays:
    """Weighted ties as arrays, in canonical order.

    Parameters
    ----------
    a, b : ndarray of int32, shape (m,)
        Numbers of the two people in ``Interactions.names``, a < b.
    weight : ndarray of float64, shape (m,)
        Mean of the two directions.
    events : ndarray of int64, shape (m,)
        Interactions between the two.
    n : int
        Number of people.
    """

    a: npt.NDArray[np.int32]
    b: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    events: IntArray
    n: int


def ties_of(inter: Interactions, *, half_life: float | None = None) -> TieArrays:
    """Sum interactions into weighted ties, and nothing else.

    Prefer `build_graph`, which cleans first, keeps windows and media apart and weighs what is answered; this is for
    arrays straight into `commfinder.communities.leiden`, at any size.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    half_life : float, optional
        Days after which an event weighs half, told from the last event.

    Returns
    -------
    TieArrays

    Notes
    -----
    An event to k recipients gives each 1/k of its weight (Newman 2001, doi:10.1073/pnas.98.2.404, counts participants
    n = k + 1). Weights are summed as whole numbers of 1 / 2²⁴.

    Examples
    --------
    >>> import pandas as pd
    >>> mail = pd.DataFrame({"sender": ["a", "b", "a"], "recipient": ["b", "a", "c"]})
    >>> ties = ties_of(Interactions.from_frame(mail))
    >>> ties.a.tolist(), ties.b.tolist(), ties.weight.tolist(), ties.events.tolist()
    ([0, 0], [1, 2], [1.0, 0.5], [2, 1])
    """
    rows = _dyads(inter)
    end_us = None if half_life is None else inter.span_us[1]
    fixed = fixed_weight(rows, end_us=end_us, half_life=half_life)
    slim = rows.select(sender=rows.sender, recipient=rows.recipient, fixed=fixed)
    # A database of the user's own may be far away: there only sums are fetched.
    near = isinstance(inter.store, Store)
    a, b, weight, events = sum_pairs(slim, len(inter.names)) if near else _summed_there(slim)
    return TieArrays(a, b, weight / (2.0 * SCALE), events, len(inter.names))


def _summed_there(rows: ir.Table) -> Sums:
    """Sum weights and events per pair in the database; the sums are those of `sum_pairs`."""
    lower, higher = ibis.least(rows.sender, rows.recipient), ibis.greatest(rows.sender, rows.recipient)
    pairs = rows.select(a=lower, b=higher, fixed=rows.fixed)
    sums = pairs.group_by(["a", "b"]).aggregate(
        weight=pairs.fixed.sum().cast("int64"), events=pairs.count().cast("int64")
    )
    table = sums.order_by(["a", "b"]).to_pyarrow()
    a, b = (table[name].to_numpy().astype(np.int32) for name in ("a", "b"))
    return a, b, *(table[name].to_numpy().astype(np.int64) for name in ("weight", "events"))


def layers(inter: Interactions, *, end_us: int | None, half_life: float | None) -> pa.Table:
    """Sum weights and events per pair, direction and medium.

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
        a, b (a < b), medium (its place in `MEDIA`), ab and ba (weights each way, whole numbers of 1 / `SCALE`), events;
        sorted.

    Notes
    -----
    An event to k recipients gives each 1/k of its weight (Newman 2001, doi:10.1073/pnas.98.2.404, counts participants
    n = k + 1), so that every event spends one unit; with a half-life h it spends 2 ** (-(end - time) / h).
    """
    rows = _dyads(inter)
    fixed = fixed_weight(rows, end_us=end_us, half_life=half_life)
    upward = rows.sender < rows.recipient
    nothing = ibis.literal(0, "int64")
    marked = rows.select(
        a=ibis.least(rows.sender, rows.recipient),
        b=ibis.greatest(rows.sender, rows.recipient),
        medium=rows.medium,
        ab=ibis.ifelse(upward, fixed, nothing),
        ba=ibis.ifelse(upward, nothing, fixed),
    )
    sums = marked.group_by(["a", "b", "medium"]).aggregate(
        ab=marked.ab.sum().cast("int64"), ba=marked.ba.sum().cast("int64"), events=marked.count().cast("int64")
    )
    return sums.order_by(["a", "b", "medium"]).to_pyarrow()


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
        rows = rows.filter(rows.space.isin(inter.words.places("space", spaces) or [-1]))
    mutual = ~rows.medium.isin(medium_codes(*ANSWERABLE))
    upward = rows.sender < rows.recipient
    marked = rows.select(
        a=ibis.least(rows.sender, rows.recipient),
        b=ibis.greatest(rows.sender, rows.recipient),
        window=_window(rows, windows),
        # PostgreSQL makes 32-bit numbers of booleans, and no others.
        forth=(mutual | upward).cast("int32"),
        back=(mutual | ~upward).cast("int32"),
    )
    sums = marked.group_by(["a", "b", "window"]).aggregate(
        forth=marked.forth.sum().cast("int64"),
        back=marked.back.sum().cast("int64"),
        events=marked.count().cast("int64"),
    )
    table = sums.order_by(["a", "b", "window"]).to_pyarrow()
    names = ("a", "b", "window", "forth", "back", "events")
    return PairWindows(*(table[name].to_numpy().astype(np.int64) for name in names))


def layers_and_windows(
    inter: Interactions, windows: Windows | None, *, end_us: int | None, half_life: float | None
) -> tuple[Mapping[str, npt.NDArray[Any]], PairWindows]:
    """Return what `layers` and `pair_windows` do, in one pass over the rows where these are near.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    windows : Windows, optional
        The windows; None where nothing has a time.
    end_us : int, optional
        The moment weights are told for; None where nothing has a time.
    half_life : float, optional
        Days after which an event weighs half; None for no decay.

    Returns
    -------
    layers : dict of str to ndarray
        The columns of `layers`, the media of a pair in the order of their names.
    events : PairWindows
    """
    n = len(inter.names)
    extra = digits_of(n, windows.count if windows is not None else 1)
    # A database of the user's own may be far away: there only sums are fetched.
    if extra is None or not isinstance(inter.store, Store):
        table = layers(inter, end_us=end_us, half_life=half_life)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        return in_name_order(columns), pair_windows(inter, windows)
    rows = _dyads(inter)
    fixed = fixed_weight(rows, end_us=end_us, half_life=half_life)
    return grouped(rows.select("sender", "recipient", "medium", window=_window(rows, windows), fixed=fixed), n, extra)


def _window(rows: ir.Table, windows: Windows | None) -> ir.Value:
    """Tell the number of the window of each row; -1 for those without a time."""
    if windows is None:
        return ibis.literal(-1).cast("int32")
    behind = (ibis.literal(windows.end_us - 1) - rows.time) // ibis.literal(windows.length_us)
    # A greatest of nothing and 0 is 0 in DuckDB, so relations without a time are told apart first.
    return ibis.ifelse(rows.time.isnull(), -1, ibis.greatest(windows.count - 1 - behind, 0)).cast("int32")


def _dyads(inter: Interactions) -> ir.Table:
    """Return the rows that join two people."""
    return inter.rows.filter(inter.rows.recipient.notnull() & (inter.rows.sender != inter.rows.recipient))
