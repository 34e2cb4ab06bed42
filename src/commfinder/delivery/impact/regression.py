"""Change in a weekly series whose weeks hang together: segmented regression and difference-in-differences.

Both are one linear mixed model. Cases of a week share the luck of that week, and the luck of neighbouring weeks is
alike: y = Xb + a + e, with an autoregressive a of variance τ² and correlation ρ, and cases e of variance σ². How alike
neighbouring weeks are can not be told from twenty of them, and an interval that takes the best guess for the truth is
too narrow. So τ and ρ are not guessed but averaged over, weighted by their restricted likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from commfinder.delivery.impact.weekly_series import Weekly

__all__ = ["Estimate", "estimate", "estimates", "placebo_p"]

FloatArray = npt.NDArray[np.float64]

# Standard deviation of the weeks' luck, in units of that of the mean of a week's cases, and its correlation from week
# to week. Beforehand, luck is half-Cauchy with scale 1, and a correlation the less likely the nearer it is to 1.
_LUCK = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0])
_CORRELATION = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9])
_PRIOR = (np.gradient(_LUCK) / (1 + _LUCK**2))[None, :] * np.sqrt(1 - _CORRELATION)[:, None]
_LEAST_FREEDOM = 3
# Logarithm of the determinant, over that of regressors of which none is like another, below which two can not be told
# apart.
_SINGULAR = -25.0


@dataclass(frozen=True)
class Estimate:
    """A change with its interval.

    Parameters
    ----------
    value : float
        Median of the distribution of the coefficient.
    low, high : float
        Its interval.
    p : float
        Two-sided; nan where nothing can be told.
    """

    value: float
    low: float
    high: float
    p: float


_UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), float("nan"))


def estimate(
    series: Weekly, design: FloatArray, column: int, *, level: float = 0.95, held: FloatArray | None = None
) -> Estimate:
    """Estimate one coefficient of a weekly series, whatever the correlation of its weeks.

    Parameters
    ----------
    series : Weekly
        The series, m weeks.
    design : ndarray of float64, shape (m, k)
        The regressors.
    column : int
        Whose coefficient.
    level : float, default 0.95
        Coverage of the interval.
    held : ndarray of float64, shape (k,), optional
        Standard deviation of each coefficient beforehand, about 0; infinite for those that are free. None: all are.

    Returns
    -------
    Estimate
        nan throughout where weeks are too few for the regressors.

    Notes
    -----
    With weights w(τ, ρ) from the restricted likelihood and a weak prior (τ half-Cauchy, ρ as √(1 - ρ)), the coefficient
    is distributed as Σ w t(b(τ, ρ), s(τ, ρ)), where b and s are those of generalised least squares. The interval holds
    the middle of that mixture; p is twice the share beyond zero. Each ρ alone, with τ large, is the regression of Prais
    and Winsten.

    References
    ----------
    .. [1] Prais, Winsten (1954), Trend estimators and serial correlation. Cowles Commission Discussion Paper 383.
    .. [2] Patterson, Thompson (1971), Recovery of inter-block information when block sizes are unequal.
       doi:10.1093/biomet/58.3.545
    .. [3] Gelman (2006), Prior distributions for variance parameters in hierarchical models. doi:10.1214/06-BA117A
    .. [4] Turner, Forbes, Karahalios, Taljaard, McKenzie (2021), Evaluation of statistical methods used in the analysis
       of interrupted time series studies: a simulation study. doi:10.1186/s12874-021-01364-0

    Examples
    --------
    >>> from commfinder.delivery.impact.weekly_series import step
    >>> week = np.arange(-20, 20)
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 40)
    >>> found = estimate(Weekly(week, 1.0 * (week >= 0) + noise, np.ones(40)), step(week), 1)
    >>> found.low < 1.0 < found.high, found.p < 0.001
    (True, True)
    """
    return estimates(series, design, (column,), level=level, held=held)[0]


def estimates(
    series: Weekly,
    design: FloatArray,
    columns: tuple[int, ...],
    *,
    level: float = 0.95,
    held: FloatArray | None = None,
) -> tuple[Estimate, ...]:
    """Estimate several coefficients of a weekly series at once; see `estimate`.

    Parameters
    ----------
    series : Weekly
        The series, m weeks.
    design : ndarray of float64, shape (m, k)
        The regressors.
    columns : tuple of int
        Whose coefficients.
    level : float, default 0.95
        Coverage of each interval.
    held : ndarray of float64, shape (k,), optional
        As for `estimate`.

    Returns
    -------
    tuple of Estimate
    """
    found = []
    shares = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    for mixture in _mixtures(series, design[None], columns, held):
        low, value, high = mixture.quantiles(shares).tolist()
        found.append(Estimate(value, low, high, float(mixture.p()[0])))
    return tuple(found) if found else (_UNKNOWN,) * len(columns)


def placebo_p(series: Weekly, designs: FloatArray, column: int, *, held: FloatArray | None = None) -> FloatArray:
    """Return the two-sided p of one coefficient for many designs of the same series.

    Parameters
    ----------
    series : Weekly
        The series, m weeks.
    designs : ndarray of float64, shape (d, m, k)
        The designs.
    column : int
        Whose coefficient.
    held : ndarray of float64, shape (k,), optional
        As for `estimate`.

    Returns
    -------
    ndarray of float64, shape (d,)
        nan where nothing can be told.
    """
    if not len(designs):
        return np.empty(0)
    mixtures = _mixtures(series, designs, (column,), held)
    return mixtures[0].p() if mixtures else np.full(len(designs), np.nan)


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Student's distributions of one coefficient for each pair of τ and ρ, with weights; shapes (designs, pairs)."""

    weight: FloatArray
    middle: FloatArray
    scale: FloatArray
    freedom: float

    def p(self) -> FloatArray:
        """Return twice the smaller share beyond zero."""
        below = (self.weight * special.stdtr(self.freedom, -self.middle / self.scale)).sum(axis=1)
        return np.asarray(np.minimum(2 * np.minimum(below, 1 - below), 1.0))

    def quantiles(self, shares: FloatArray) -> FloatArray:
        """Return quantiles of the first mixture, by bisection."""
        matters = self.weight[0] > 1e-12
        if not matters.any():
            return np.full(len(shares), np.nan)
        weight, middle, scale = (part[0, matters] for part in (self.weight, self.middle, self.scale))
        reach = 2 * float(special.stdtrit(self.freedom, max(shares.max(), 1 - shares.min())))
        low = np.full(len(shares), (middle - reach * scale).min())
        high = np.full(len(shares), (middle + reach * scale).max())
        for _ in range(50):
            x = (low + high) / 2
            below = special.stdtr(self.freedom, (x[:, None] - middle) / scale) @ weight < shares
            low, high = np.where(below, x, low), np.where(below, high, x)
        return np.asarray((low + high) / 2)


def _mixtures(series: Weekly, designs: FloatArray, columns: tuple[int, ...], held: FloatArray | None) -> list[_Mixture]:
    """Fit all designs for all pairs of τ and ρ, one mixture for each column; none where there are too few weeks."""
    d, m, k = designs.shape
    held = np.full(k, np.inf) if held is None else held
    free = int(np.isinf(held).sum())
    freedom = m - free + series.freedom
    if m <= free or freedom < _LEAST_FREEDOM:
        return []
    turn, variance = _rotation(series)
    largest = np.maximum(np.abs(designs).max(axis=1), 1e-12)
    # The values go along as one more regressor. Shapes: r correlations, l sizes of luck, d designs, m weeks.
    y = np.broadcast_to((series.value - series.value.mean())[None, :, None], (d, m, 1))
    x = np.concatenate([designs / largest[:, None, :], y], axis=2).transpose(1, 0, 2).reshape(m, -1)
    x = (turn @ x).reshape(len(turn), m, d, k + 1)
    products = (x[..., :, None] * x[..., None, :]).reshape(len(turn), m, -1)
    sums = ((1 / variance) @ products).reshape(-1, d, k + 1, k + 1)
    within, cross = sums[..., :k, :k] + _penalty(series, largest, held), sums[..., :k, k]
    sign, log_within = np.linalg.slogdet(within)
    alone = np.log(np.maximum(np.diagonal(within, axis1=-2, axis2=-1), 1e-300)).sum(axis=-1)
    good = (sign > 0) & (log_within - alone > _SINGULAR)
    inverse = np.linalg.inv(np.where(good[..., None, None], within, np.eye(k)))
    b = (inverse @ cross[..., None])[..., 0]
    # Weeks without any spread give no likelihood, only a bound of it.
    total = np.maximum(sums[..., k, k] - (b * cross).sum(axis=-1), 1e-12) + series.squares
    likely = -0.5 * (np.log(variance).sum(axis=2).reshape(-1, 1) + log_within + freedom * np.log(total))
    likely = np.where(good, likely + np.log(_PRIOR).reshape(-1, 1), -np.inf).T
    top = likely.max(axis=1, keepdims=True)
    weight = np.exp(likely - np.where(np.isfinite(top), top, np.nan))
    weight /= weight.sum(axis=1, keepdims=True)
    found = []
    for column in columns:
        scale = np.sqrt(np.maximum(inverse[..., column, column], 1e-300) * total / freedom)
        unscale = largest[:, column]
        found.append(_Mixture(weight, (b[..., column] / unscale).T, (scale / unscale).T, freedom))
    return found


def _penalty(series: Weekly, largest: FloatArray, held: FloatArray) -> FloatArray:
    """Return what coefficients that are held add to the information, in units of 1 / σ²; shape (designs, k, k)."""
    if series.freedom > 0:
        variance = series.squares / series.freedom
    else:
        # Neighbouring weeks differ by chance alone, or nearly.
        variance = float(np.mean(np.diff(series.value) ** 2) / 2 * series.size.mean())
    return np.asarray(np.eye(len(held)) * (variance / (held * largest) ** 2)[:, None, :])


def _rotation(series: Weekly) -> tuple[FloatArray, FloatArray]:
    """Return for each correlation the rotation in which weeks are independent whatever τ, and their variances there.

    With R the correlation of luck and S = diag(size): S^½ V S^½ = σ² I + τ² S^½ R S^½, so that one decomposition serves
    all τ. The logarithm of |S| is the same for all pairs and left out.
    """
    apart = np.abs(series.week[:, None] - series.week[None, :])
    root = np.sqrt(series.size)
    typical = float((1 / series.size).mean())
    scaled = root[:, None] * _CORRELATION[:, None, None] ** apart * root
    spread, vectors = np.linalg.eigh(scaled)
    turn = np.swapaxes(vectors, 1, 2) * root
    variance = 1 + typical * (_LUCK**2)[None, :, None] * np.maximum(spread, 0.0)[:, None, :]
    return np.asarray(turn), np.asarray(variance)
