"""Times of which some have not ended yet: Kaplan–Meier curves, their quantiles, and means where some times are cut off.

A case that is still open has taken at least so long. Leaving it out makes work look faster than it is, and the more so
the nearer the end of the data; so does counting it as if it had ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from commfinder.errors import InputError

__all__ = ["Curve", "imputed", "kaplan_meier", "quantile_intervals"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_MOST_POINTS = 2_000
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Curve:
    """The share of cases that take longer than a time.

    Parameters
    ----------
    time : ndarray of float64, shape (m,)
        Times at which the share falls, rising.
    longer : ndarray of float64, shape (m,)
        Share of cases that take longer than each; falls.
    """

    time: FloatArray
    longer: FloatArray

    def quantile(self, share: float) -> float:
        """Return the time within which a share of the cases has ended.

        Parameters
        ----------
        share : float
            Between 0 and 1; 0.5 is the median.

        Returns
        -------
        float
            nan where too many are open to tell.
        """
        reached = np.flatnonzero(self.longer <= 1 - share + 1e-12)
        return float(self.time[reached[0]]) if len(reached) else float("nan")

    def ended_by(self, time: FloatArray) -> FloatArray:
        """Return the share of cases that have ended by each of some times.

        Parameters
        ----------
        time : ndarray of float64
            Times.

        Returns
        -------
        ndarray of float64
            From 0 to 1.
        """
        return 1 - np.append(1.0, self.longer)[np.searchsorted(self.time, time, side="right")]

    def reached(self) -> float:
        """Return the largest share of cases of which the data tell when they ended."""
        return float(1 - self.longer[-1]) if len(self.longer) else 0.0


def kaplan_meier(time: npt.ArrayLike, ended: npt.ArrayLike) -> Curve:
    """Estimate how long cases take, where some have not ended.

    Prefer `imputed` for means in a regression, and `quantile_intervals` for the uncertainty of quantiles.

    Parameters
    ----------
    time : array of float, shape (n,)
        How long each took, or has taken so far; not negative.
    ended : array of bool, shape (n,)
        Whether it has ended.

    Returns
    -------
    Curve
        Without a point if none has ended.

    Raises
    ------
    InputError
        If the arrays differ in length or a time is not a number.

    References
    ----------
    .. [1] Kaplan, Meier (1958), Nonparametric estimation from incomplete observations.
       doi:10.1080/01621459.1958.10501452

    Examples
    --------
    >>> curve = kaplan_meier([1.0, 2.0, 3.0, 4.0], [True, True, False, True])
    >>> curve.time.tolist(), curve.longer.tolist(), curve.quantile(0.5)
    ([1.0, 2.0, 4.0], [0.75, 0.5, 0.0], 2.0)
    """
    times, done = _checked(time, ended)
    if not done.any():
        return Curve(np.empty(0), np.empty(0))
    share = stats.ecdf(stats.CensoredData(uncensored=times[done], right=times[~done])).sf
    at = np.asarray(share.quantiles, dtype=np.float64)
    longer = np.asarray(share.probabilities, dtype=np.float64)
    falls = np.append(1.0, longer[:-1]) > longer
    return Curve(at[falls], longer[falls])


def quantile_intervals(
    time: npt.ArrayLike,
    ended: npt.ArrayLike,
    times_drawn: IntArray,
    block: IntArray,
    shares: tuple[float, ...],
    *,
    level: float = 0.95,
) -> FloatArray:
    """Return intervals of Kaplan–Meier quantiles by a bootstrap over blocks of cases.

    Parameters
    ----------
    time, ended : array, shape (n,)
        As for `kaplan_meier`.
    times_drawn : ndarray of int64, shape (draws, blocks)
        How often each block is drawn: see `commfinder.delivery.impact.weekly_series.moving_blocks`.
    block : ndarray of int64, shape (n,)
        The block of each case.
    shares : tuple of float
        Which quantiles.
    level : float, default 0.95
        Coverage.

    Returns
    -------
    ndarray of float64, shape (len(shares), 2)
        nan where an end lies beyond what the data tell. With more than 2,000 distinct times these are binned, so that
        the cost does not grow with cases times draws.

    Examples
    --------
    >>> drawn = np.random.default_rng(0).multinomial(50, np.full(50, 1 / 50), size=99)
    >>> low, high = quantile_intervals(np.arange(50.0), np.ones(50, bool), drawn, np.arange(50), (0.5,))[0]
    >>> bool(low < 24 < high)
    True
    """
    times, done = _checked(time, ended)
    if not done.any():
        return np.full((len(shares), 2), np.nan)
    points = np.unique(times[done])
    if len(points) > _MOST_POINTS:
        points = np.unique(np.quantile(times[done], np.linspace(0, 1, _MOST_POINTS), method="higher"))
    # A time that has not ended leaves the risk set after the last point that it has reached.
    ends = np.searchsorted(points, times[done], side="left")
    leaves = np.searchsorted(points, times[~done], side="right")
    blocks, width = times_drawn.shape[1], len(points) + 1
    died = np.bincount(block[done] * width + ends, minlength=blocks * width).reshape(blocks, width)
    left = np.bincount(block[~done] * width + leaves, minlength=blocks * width).reshape(blocks, width)
    found = [
        _drawn_quantiles(part, died, left, points, shares)
        for part in np.array_split(times_drawn, max(times_drawn.shape[0] * width // _CELLS, 1))
    ]
    tail = (1 - level) / 2
    # A quantile that is not reached in a draw is beyond every time.
    drawn = np.quantile(np.concatenate(found), (tail, 1 - tail), axis=0, method="inverted_cdf").T
    return np.where(np.isfinite(drawn), drawn, np.nan)


def _drawn_quantiles(
    drawn: IntArray, died: IntArray, left: IntArray, points: FloatArray, shares: tuple[float, ...]
) -> FloatArray:
    """Return the quantiles of each draw, infinite where they are not reached; shape (draws, shares)."""
    weight = drawn.astype(np.float64)
    deaths, leavers = weight @ died, weight @ left
    total = (deaths + leavers).sum(axis=1, keepdims=True)
    # Whoever leaves before a point is not at risk there; whoever ends at it is.
    gone = np.cumsum(leavers, axis=1) + np.cumsum(deaths, axis=1) - deaths
    risk = np.maximum(total - gone, 1e-12)
    longer = np.cumprod(np.clip(1 - deaths / risk, 0, 1), axis=1)[:, :-1]
    at = np.stack([(longer > 1 - share + 1e-9).sum(axis=1) for share in shares], axis=1)
    return np.asarray(np.append(points, np.inf)[at])


def imputed(value: FloatArray, ended: BoolArray, design: FloatArray, *, rounds: int = 8) -> FloatArray:
    """Replace values that are cut off by what they are expected to become.

    What is expected of a value that has reached c is the mean of all residuals beyond it, which Kaplan and Meier's
    curve of the residuals gives: no shape of the distribution is assumed.

    Parameters
    ----------
    value : ndarray of float64, shape (n,)
        Values, for example logarithms of cycle times.
    ended : ndarray of bool, shape (n,)
        Whether the value is final; otherwise the final one is at least as large.
    design : ndarray of float64, shape (n, k)
        What the middle of the values depends on.
    rounds : int, default 8
        Rounds of fitting and replacing; the mean of the last two is returned, since the method may swing.

    Returns
    -------
    ndarray of float64, shape (n,)
        Final values as they are. Beyond the longest residual nothing is known: it counts as final.

    References
    ----------
    .. [1] Buckley, James (1979), Linear regression with censored data. doi:10.1093/biomet/66.3.429

    Examples
    --------
    >>> value, ended = np.array([1.0, 2.0, 3.0, 2.0]), np.array([True, True, True, False])
    >>> imputed(value, ended, np.ones((4, 1))).tolist()
    [1.0, 2.0, 3.0, 3.0]
    """
    if ended.all() or not ended.any():
        return value.copy()
    solve = np.linalg.pinv(design)
    full, before = value.copy(), value
    for _ in range(rounds):
        middle = design @ (solve @ full)
        before, full = full, np.where(ended, value, middle + _beyond(value - middle, ended))
    return np.where(ended, value, np.maximum((full + before) / 2, value))


def _beyond(residual: FloatArray, ended: BoolArray) -> FloatArray:
    """Return for each residual the mean of those beyond it, by the curve of Kaplan and Meier."""
    n = len(residual)
    order = np.lexsort((~ended, residual))
    at_risk = n - np.arange(n)
    falls = ended[order] / at_risk
    falls[-1] = 1.0
    longer = np.cumprod(1 - falls)
    mass = np.append(1.0, longer[:-1]) - longer
    sums = np.cumsum((mass * residual[order])[::-1])[::-1]
    further = np.append(sums[1:], 0.0)
    mean = np.divide(further, longer, out=residual[order].copy(), where=longer > 1e-12)
    found = np.empty(n)
    found[order] = mean
    return found


def _checked(time: npt.ArrayLike, ended: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Check times and flags."""
    times, done = np.asarray(time, dtype=np.float64), np.asarray(ended, dtype=bool)
    if times.shape != done.shape or times.ndim != 1:
        raise InputError(
            f"There are {times.size} times and {done.size} flags.", need="One flag for each time is needed."
        )
    if not np.isfinite(times).all():
        raise InputError("A time is not a number.", need="Finite times are needed.")
    return times, done
