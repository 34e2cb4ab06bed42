"""What one interaction weighs, in whole numbers that every database engine agrees on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

__all__ = ["SCALE", "fixed_weight"]

SCALE = 1 << 24
"""Weights are summed as whole numbers of 1 / SCALE: sums of floating-point numbers depend on their order."""

_FINE = 12
"""A half-life is cut into 2 ** 12 steps: with 45 days one is 16 minutes, and no weight is off by more than 0.02 %."""

_COARSE = 6
"""Halvings are told up to 2 ** 6: what is older weighs nothing at this scale."""


def fixed_weight(rows: ir.Table, *, end_us: int | None = None, half_life: float | None = None) -> ir.IntegerValue:
    """Return what each row weighs, in whole numbers of 1 / `SCALE`.

    Parameters
    ----------
    rows : ibis table
        Rows of the interaction table.
    end_us : int, optional
        The moment weights are told for, in microseconds since 1970 UTC.
    half_life : float, optional
        Days after which an event weighs half; None for no decay. Relations without a time do not decay.

    Returns
    -------
    ibis column of int64

    Notes
    -----
    An event to k recipients gives each 1/k · 2^(-age / half-life). The power is a product of constants, one for each
    binary digit of the age in steps of half-life / 4096: a product rounds in one way by IEEE 754, whereas engines
    disagree in the last digit of a power.
    """
    share = ibis.literal(float(SCALE)) / ibis.greatest(rows.n_recipients, 1).cast("float64")
    if half_life is not None and end_us is not None:
        step = max(round(half_life * 86_400e6 / (1 << _FINE)), 1)
        steps = ibis.greatest(ibis.literal(end_us, "int64") - rows.time, 0) // ibis.literal(step, "int64")
        most = (1 << (_FINE + _COARSE)) - 1
        steps = ibis.ifelse(rows.time.isnull(), 0, ibis.least(steps, most)).cast("int64")
        for digit in range(_FINE + _COARSE):
            factor = 2.0 ** (-(2.0 ** (digit - _FINE)))
            odd = (steps // ibis.literal(1 << digit, "int64")) % ibis.literal(2, "int64")
            share = share * ibis.ifelse(odd == 1, ibis.literal(factor), ibis.literal(1.0))
    fixed: ir.IntegerValue = (share + 0.5).floor().cast("int64")
    return fixed
