"""One test against a null, as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder.delivery.order.lines import p_of

__all__ = ["NullTest", "beside_draws", "unknown"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NullTest:
    """How far something that a group has exceeds what a null gives it.

    Parameters
    ----------
    null : str
        ``"people"`` (others of the same unit and like activity), ``"order"`` (who comes when within each case) or
        ``"times"`` (when people act, between cases).
    measure : str
        What was measured, in words.
    observed, expected : float
        Its value, and its mean over the null.
    excess : float
        Share of the observed value that the null does not give, 1 - expected / observed; below 0 where it gives more.
    p : float
        Share of draws that reach the observed value, counting the group itself.
    draws : int
        Draws that could be made.
    reason : str
        Why nothing can be said, where p is nan; else empty.
    """

    null: str
    measure: str
    observed: float
    expected: float
    excess: float
    p: float
    draws: int
    reason: str = ""


def beside_draws(null: str, measure: str, observed: float, drawn: FloatArray) -> NullTest:
    """Set a measure beside its draws.

    Parameters
    ----------
    null, measure : str
        What was drawn, and what was measured.
    observed : float
        Its value.
    drawn : ndarray of float64, shape (draws,)
        Its values over the null.

    Returns
    -------
    NullTest
    """
    expected = float(drawn.mean())
    excess = 1 - expected / observed if observed else math.nan
    return NullTest(null, measure, float(observed), expected, excess, p_of(drawn, observed), len(drawn))


def unknown(null: str, measure: str, observed: float, reason: str) -> NullTest:
    """Say that nothing can be said.

    Parameters
    ----------
    null, measure : str
        What would be drawn, and what is measured.
    observed : float
        Its value.
    reason : str
        Why.

    Returns
    -------
    NullTest
    """
    return NullTest(null, measure, float(observed), math.nan, math.nan, math.nan, 0, reason)
