"""Which resolution suits a graph: the fixed point at which modularity is the likelihood of planted communities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.threads import together
from commfinder.errors import InputError

__all__ = ["Resolution", "fixed_point", "optimal_range", "planted_rates"]

IntArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

_MAX_STEPS, _TOLERANCE, _LAST = 12, 0.02, 4
_DIGITS = 9
_NONE = "no fixed point"


@dataclass(frozen=True)
class Resolution:
    """A resolution and how it was come by.

    Parameters
    ----------
    value : float
        The resolution, above zero.
    how : str
        ``"fixed point"``; ``"cycle"`` (steps go round in a circle, and the likeliest of them is used); ``"no fixed
        point"`` (the graph shows no rate within communities above that between them, and 1 is used);
        ``"held-out ties"`` (it foretells hidden ties best, see `WeightChoice`); or ``"given"``.
    steps : tuple of (float, float, ...)
        The resolutions tried, of the start that won.
    likelihood : float
        Log-likelihood per unit of weight of the planted partition at the value; nan where not reckoned.
    """

    value: float
    how: str
    steps: tuple[float, ...] = ()
    likelihood: float = math.nan


def fixed_point(
    a: IntArray,
    b: IntArray,
    weight: FloatArray,
    *,
    partition: Callable[[float], Labels],
    starts: tuple[float, ...] = (1.0, 5.0),
    threads: int | None = 1,
) -> Resolution:
    """Iterate partition and resolution until they agree, from several starts; keep the likelier.

    It gives one resolution that needs no tuning. Prefer `profile` to see what other resolutions show, and `zoom` for
    coarser and finer communities beside those found at this one.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties.
    weight : ndarray of float, shape (m,)
        Their weights, finite and not below zero. Only proportions matter.
    partition : callable
        Labels at a resolution: from 0 up, one for each person.
    starts : tuple of float, default (1.0, 5.0)
        Resolutions to start from, above zero.
    threads : int or None, default 1
        Starts at a time; None for as many as there are processors. With more than one, what `partition` returns must
        hang on the resolution alone, not on what it was asked before.

    Returns
    -------
    Resolution
        The value has six digits and the likelihood nine, which is more than their worth, so that neither the scale of
        weights nor the order of ties shows in them.

    Raises
    ------
    InputError
        If arrays differ in length, a weight is negative or not finite, or a start is not above zero.

    Notes
    -----
    Maximising modularity at γ is maximising the likelihood of a degree-corrected planted partition whose rates within
    and between communities are w_in and w_out if γ = (w_in - w_out) / (ln w_in - ln w_out) [1]_. So: find communities
    at γ, measure the rates, set γ to that value, and again until it changes by less than 2 %. No label is looked at.
    There is no bound on γ: w_in > 1 > w_out once communities hold more than strengths put there, so γ is between
    1 / ln(1 / w_out) and w_in, and among a million people in teams of ten it is in the thousands.

    References
    ----------
    .. [1] Newman (2016), Equivalence between modularity optimization and maximum likelihood methods for community
       detection. doi:10.1103/PhysRevE.94.052315
    .. [2] Pamfil, Howison, Lambiotte, Porter (2019), Relating modularity maximization and stochastic block models in
       multilayer networks. doi:10.1137/18M1231304

    Examples
    --------
    >>> import numpy as np
    >>> from commfinder.communities.engines import leiden
    >>> a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> found = fixed_point(a, b, np.ones(7), partition=lambda gamma: leiden(a, b, n=6, resolution=gamma))
    >>> found.value, found.how
    (0.797301, 'fixed point')
    """
    starts = tuple(_validate.positive(start, what="A start") for start in starts)
    if not starts:
        raise InputError("There are no starts.", need="At least one resolution to start from is needed.")
    a, b, weight = _clean(a, b, weight)
    if not weight.any():
        return Resolution(1.0, _NONE)
    found = together(lambda start: _iterate(a, b, weight, start, partition), starts, threads=threads)
    good = [one for one in found if one.how != _NONE]
    if not good:
        return Resolution(1.0, _NONE)
    return max(good, key=lambda one: (one.likelihood, -one.value))


def planted_rates(a: IntArray, b: IntArray, weight: FloatArray, labels: IntArray) -> tuple[float, float, float]:
    """Return w_in and w_out of the degree-corrected planted partition, and its log-likelihood per unit of weight.

    The likelihood compares partitions of one graph whatever the resolution they were found at, which `modularity` can
    not. It has no price for many communities, so it is no test of whether there are any.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties.
    weight : ndarray of float, shape (m,)
        Their weights, finite and not below zero. Only proportions matter.
    labels : ndarray of int, shape (n,)
        Community of each person, from 0 up.

    Returns
    -------
    w_in, w_out : float
        Observed over expected weight within and between communities; nan where there is nothing to expect.
    likelihood : float
        In nats, over that of a graph in which strengths are all there is; nan for a graph without ties.

    Raises
    ------
    InputError
        If arrays differ in length, a weight is negative or not finite, or a person has no label.

    References
    ----------
    .. [1] Newman (2016), Equivalence between modularity optimization and maximum likelihood methods for community
       detection. doi:10.1103/PhysRevE.94.052315

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> [round(rate, 3) for rate in planted_rates(a, b, np.ones(7), np.array([0, 0, 0, 1, 1, 1]))]
    [1.714, 0.286, 0.283]
    """
    a, b, weight = _clean(a, b, weight)
    last = max(a.max(initial=-1), b.max(initial=-1))
    if len(labels) <= last:
        raise InputError(f"There are {len(labels)} labels, and a tie of person {last}.", need="One each is needed.")
    return _rates(a, b, weight, labels)


def optimal_range(lines: FloatArray, lowest: float, highest: float) -> tuple[FloatArray, FloatArray]:
    """Return between which resolutions each partition has the highest modularity of all: the upper hull of lines.

    Prefer `profile`, which searches for the partitions as well.

    Parameters
    ----------
    lines : ndarray of float64, shape (k, 2)
        For each partition the share of weight inside communities, and the share that strengths alone would put there:
        modularity is the first less the resolution times the second.
    lowest, highest : float
        The resolutions that are looked at.

    Returns
    -------
    low, high : ndarray of float64, shape (k,)
        nan for a partition that is best nowhere, or in a single point between two others. Of lines that are the same,
        all have the range.

    Raises
    ------
    InputError
        If there are not two numbers for each partition.

    References
    ----------
    .. [1] Weir, Emmons, Gibson, Taylor, Mucha (2017), Post-processing partitions to identify domains of modularity
       optimization. doi:10.3390/a10030093

    Examples
    --------
    >>> import numpy as np
    >>> low, high = optimal_range(np.array([[1.0, 1.0], [0.8, 0.3], [0.6, 0.29]]), 0.1, 1.0)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.1, 0.286, nan], [0.286, 1.0, nan])
    """
    if lines.ndim != 2 or lines.shape[1] != 2:
        raise InputError(f"lines has the shape {lines.shape}.", need="Two numbers for each partition are needed.")
    low, high = np.full(len(lines), math.nan), np.full(len(lines), math.nan)
    for number, line in enumerate(lines):
        inside, expected = (lines - line).T
        if (inside[expected == 0] > 0).any():
            continue
        above, below = expected > 0, expected < 0
        begin = max(lowest, float((inside[above] / expected[above]).max(initial=-math.inf)))
        end = min(highest, float((inside[below] / expected[below]).min(initial=math.inf)))
        if begin < end or begin == end == lowest == highest:
            low[number], high[number] = begin, end
    return low, high


def _clean(a: IntArray, b: IntArray, weight: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Check tie arrays; return them in one width, with weights of which the largest is about 1."""
    a, b, weight = np.asarray(a), np.asarray(b), np.asarray(weight, dtype=np.float64)
    if not a.shape == b.shape == weight.shape or a.ndim != 1:
        raise InputError(f"Ends and weights have the shapes {a.shape}, {b.shape} and {weight.shape}.", need="One each.")
    if not len(weight):
        return np.empty(0, np.int64), np.empty(0, np.int64), weight
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        place = int(bad.argmax())
        raise InputError(f"weight[{place}] is {weight[place]}.", need="Finite weights not below 0 are needed.")
    # By a power of two, which rounds nothing: squares of the largest and the smallest weights would not fit.
    weight = np.ldexp(weight, -int(np.frexp(weight.max())[1]))
    return a.astype(np.int64, copy=False), b.astype(np.int64, copy=False), weight


def _rates(a: IntArray, b: IntArray, weight: FloatArray, labels: IntArray) -> tuple[float, float, float]:
    """Return the rates and the likelihood on clean arrays."""
    total = float(weight.sum())
    if not total > 0:
        return math.nan, math.nan, math.nan
    labels = np.asarray(labels).astype(np.int64, copy=False)
    n = len(labels)
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    squares = float((np.bincount(labels, strength) ** 2).sum()) / (2 * total)
    same = labels[a] == labels[b]
    # Each is added up for itself: little weight between communities would be lost in a difference.
    inside, outside = 2 * float(weight[same].sum()), 2 * float(weight[~same].sum())
    rest = 2 * total - squares
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
    # Communities without any tie between them (w_out = 0) would drive the resolution to 0: the limit is 0 only
    # logarithmically, so half a tie's worth stands in for none.
    least = 0.5 * float(weight.mean()) / (2 * float(weight.sum()))
    steps, likelihoods = [start], list[float]()
    for _ in range(_MAX_STEPS):
        w_in, w_out, likelihood = _rates(a, b, weight, partition(steps[-1]))
        if not w_in > w_out:
            # Also where either is not known: nothing inside, or everything.
            return Resolution(1.0, _NONE, tuple(steps))
        new = _matching(w_in, max(w_out, least))
        likelihoods.append(round(likelihood, _DIGITS))
        if abs(math.log(new / steps[-1])) < _TOLERANCE:
            return Resolution(new, "fixed point", (*steps, new), likelihoods[-1])
        if new in steps:
            break
        steps.append(new)
    # Not the middle of the circle: where it is wide, nothing may be found there that was found at any of its steps.
    first = steps.index(new) if new in steps[:-1] else max(len(likelihoods) - _LAST, 0)
    best = max(range(first, len(likelihoods)), key=lambda step: (likelihoods[step], -steps[step]))
    return Resolution(steps[best], "cycle", tuple(steps), likelihoods[best])


def _matching(w_in: float, w_out: float) -> float:
    """Return the resolution that fits the rates: their logarithmic mean, to six digits."""
    apart = math.log(w_in) - math.log(w_out)
    return float(f"{(w_in - w_out) / apart if apart > 0 else w_in:.6g}")
