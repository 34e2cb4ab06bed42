"""Which resolution suits a graph: the fixed point at which modularity is the likelihood of planted communities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Resolution", "fixed_point", "planted_rates"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

_MAX_STEPS, _TOLERANCE, _LOW, _HIGH = 12, 0.02, 1e-2, 1e3
_STARTS = (1.0, 5.0)


@dataclass(frozen=True)
class Resolution:
    """A resolution and how it was come by.

    Parameters
    ----------
    value : float
        The resolution.
    how : str
        ``"fixed point"``, ``"no fixed point"`` (the graph shows no rate within communities above that between them; 1
        is used) or ``"given"``.
    steps : tuple of (float, float, ...)
        The resolutions tried, of the start that won.
    likelihood : float
        Log-likelihood per unit of weight of the planted partition at the value; nan where not reckoned.
    """

    value: float
    how: str
    steps: tuple[float, ...] = ()
    likelihood: float = math.nan


def fixed_point(a: IntArray, b: IntArray, weight: FloatArray, *, partition: Callable[[float], Labels]) -> Resolution:
    """Iterate partition and resolution until they agree, from two starts; keep the likelier.

    Parameters
    ----------
    a, b : ndarray of int
        Ends of the ties.
    weight : ndarray of float
        Their weights.
    partition : callable
        Labels at a resolution.

    Returns
    -------
    Resolution

    Notes
    -----
    Maximising modularity at γ is maximising the likelihood of a degree-corrected planted partition whose rates within
    and between communities are w_in and w_out if γ = (w_in - w_out) / (ln w_in - ln w_out) (Newman 2016). So: find
    communities at γ, measure the rates, set γ to that value, and again until it stays. Starts at 1 and 5; no label is
    looked at.

    References
    ----------
    .. [1] Newman (2016), Equivalence between modularity optimization and maximum likelihood methods for community
       detection. doi:10.1103/PhysRevE.94.052315
    """
    found = [_iterate(a, b, weight, start, partition) for start in _STARTS]
    good = [one for one in found if one.how == "fixed point"]
    if not good:
        return Resolution(1.0, "no fixed point")
    return max(good, key=lambda one: (one.likelihood, -one.value))


def planted_rates(a: IntArray, b: IntArray, weight: FloatArray, labels: Labels) -> tuple[float, float, float]:
    """Return w_in and w_out of the degree-corrected planted partition, and its log-likelihood per unit of weight.

    Parameters
    ----------
    a, b : ndarray of int
        Ends of the ties.
    weight : ndarray of float
        Their weights.
    labels : ndarray of int
        Community of each person.

    Returns
    -------
    w_in, w_out : float
        Observed over expected weight within and between communities; nan where there is nothing to expect.
    likelihood : float
    """
    n = len(labels)
    total = float(weight.sum())
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    squares = float((np.bincount(labels, strength) ** 2).sum()) / (2 * total)
    inside = 2 * float(weight[labels[a] == labels[b]].sum())
    outside, rest = 2 * total - inside, 2 * total - squares
    w_in = inside / squares if squares > 0 else math.nan
    w_out = outside / rest if rest > 1e-9 * total else math.nan
    likelihood = sum(
        part * math.log(rate) for part, rate in ((inside, w_in), (outside, w_out)) if part > 0 and rate > 0
    )
    return w_in, w_out, likelihood / (2 * total)


def _iterate(
    a: IntArray, b: IntArray, weight: FloatArray, start: float, partition: Callable[[float], Labels]
) -> Resolution:
    """Iterate from one start."""
    gamma, steps = start, [start]
    for _ in range(_MAX_STEPS):
        labels = partition(gamma)
        w_in, w_out, likelihood = planted_rates(a, b, weight, labels)
        if not (math.isfinite(w_in) and w_in > 0):
            return Resolution(1.0, "no fixed point", tuple(steps))
        if not math.isfinite(w_out) or (w_out >= w_in):
            return Resolution(1.0, "no fixed point", tuple(steps))
        # Communities without any tie between them (w_out = 0) would drive the resolution to 0: the limit is 0 only
        # logarithmically, so half a tie's worth stands in for none.
        w_out = max(w_out, 0.5 * float(weight.mean()) / (2 * float(weight.sum())))
        new = (w_in - w_out) / (math.log(w_in) - math.log(w_out))
        new = min(max(new, _LOW), _HIGH)
        steps.append(new)
        if abs(math.log(new / gamma)) < _TOLERANCE:
            return Resolution(new, "fixed point", tuple(steps), likelihood)
        gamma = new
    # A cycle of a few resolutions that lie close together: their middle is as good as any of them.
    middle = math.exp(float(np.mean(np.log(steps[-4:]))))
    return Resolution(middle, "fixed point", tuple(steps), planted_rates(a, b, weight, partition(middle))[2])
