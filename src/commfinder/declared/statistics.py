"""How far the ties inside a group exceed what is expected: tails, intervals, power, and many groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

__all__ = ["Lift", "benjamini_hochberg", "benjamini_yekutieli", "lift", "poisson_tail", "power", "z_score"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lift:
    """Observed over expected ties with a 95 % interval.

    Parameters
    ----------
    value : float
        (m + 0.5) / (μ + 0.5).
    low, high : float
        The same with the exact Poisson bounds of m.
    extra_density : float
        (m - μ) / pairs: share of pairs that have a tie beyond expectation.
    extra_high : float
        Upper bound of it with one side, as a test has it that some target is missed: 5 % of such bounds are too low.
    """

    value: float
    low: float
    high: float
    extra_density: float
    extra_high: float


def z_score(observed: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
    """Return (m - μ) / sqrt(μ + 0.5); the half keeps a group of which nothing is expected finite."""
    mu = np.asarray(expected, dtype=np.float64)
    return np.asarray((np.asarray(observed, dtype=np.float64) - mu) / np.sqrt(mu + 0.5))


def poisson_tail(observed: float, expected: float) -> float:
    """Return the probability of as many ties or more if `expected` are expected."""
    return float(special.gammainc(observed, expected)) if observed > 0 else 1.0


def lift(observed: int, expected: float, pairs: int, *, level: float = 0.95) -> Lift:
    """Return observed over expected ties with its interval.

    Parameters
    ----------
    observed : int
        Ties.
    expected : float
        Ties expected.
    pairs : int
        Pairs that could have one.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Lift

    References
    ----------
    .. [1] Garwood (1936), Fiducial limits for the Poisson distribution. doi:10.1093/biomet/28.3-4.437
    """
    tail = (1 - level) / 2
    low = float(special.gammaincinv(observed, tail)) if observed else 0.0
    high = float(special.gammaincinv(observed + 1, 1 - tail))
    half = expected + 0.5
    extra = (observed - expected) / pairs if pairs else 0.0
    most = float(special.gammaincinv(observed + 1, level))
    extra_high = (most - expected) / pairs if pairs else 0.0
    return Lift((observed + 0.5) / half, (low + 0.5) / half, (high + 0.5) / half, extra, extra_high)


def power(expected: float, pairs: int, *, target: float, alpha: float) -> float:
    """Return the probability of finding a group whose pairs have a tie beyond expectation with probability `target`.

    Parameters
    ----------
    expected : float
        Ties expected without a community.
    pairs : int
        Pairs of members.
    target : float
        Extra density that is worth finding; an absolute one, since a lift of 2 is no tie at all in a small group.
    alpha : float
        Level of the test.

    Returns
    -------
    float
        From 0 to 1.
    """
    critical = max(float(np.ceil(special.pdtrik(1 - alpha, expected))), 0.0) if expected > 0 else 0.0
    # Rounding may have passed the least number whose tail is small enough.
    while critical > 0 and poisson_tail(critical, expected) <= alpha:
        critical -= 1
    while poisson_tail(critical + 1, expected) > alpha:
        critical += 1
    return poisson_tail(critical + 1, expected + target * max(pairs - expected, 0.0))


def benjamini_hochberg(p: npt.ArrayLike) -> FloatArray:
    """Return q-values of the Benjamini–Hochberg procedure; nan stays nan and counts for nothing.

    Prefer `benjamini_yekutieli` where tests depend on one another in any way, as those of rosters that overlap heavily.

    References
    ----------
    .. [1] Benjamini, Hochberg (1995). doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    return _adjusted(p, by=False)


def benjamini_yekutieli(p: npt.ArrayLike) -> FloatArray:
    """Return q-values of the Benjamini–Yekutieli procedure; nan stays nan and counts for nothing.

    It holds whatever the dependence, and has less power: prefer `benjamini_hochberg` for groups that hardly overlap.

    References
    ----------
    .. [1] Benjamini, Yekutieli (2001). doi:10.1214/aos/1013699998

    Examples
    --------
    >>> benjamini_yekutieli([0.01, 0.04, 0.03, 0.5]).round(3).tolist()
    [0.083, 0.111, 0.111, 1.0]
    """
    return _adjusted(p, by=True)


def _adjusted(p: npt.ArrayLike, *, by: bool) -> FloatArray:
    """Return q-values by either procedure."""
    values = np.asarray(p, dtype=np.float64)
    q = np.full(len(values), np.nan)
    known = np.flatnonzero(np.isfinite(values))
    if len(known):
        q[known] = stats.false_discovery_control(values[known], method="by" if by else "bh")
    return q
