"""How much two people share by chance: two nulls for who has part in what."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["bicm_shared", "binomial_tail", "hypergeometric_tail"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_NEGLIGIBLE = 1e-17
_STEPS, _CHECKED, _TOLERANCE = 4000, 10, 1e-8
_CHUNK = 100_000


def hypergeometric_tail(common: npt.ArrayLike, total: int, one: npt.ArrayLike, other: npt.ArrayLike) -> FloatArray:
    """Return the probability that draws of `one` and `other` things out of `total` have `common` or more in common.

    Parameters
    ----------
    common, one, other : array-like of int, shape (n,)
        In common, and the sizes of the draws.
    total : int
        What is drawn from.

    Returns
    -------
    ndarray of float64, shape (n,)
        From 0 to 1; small ones are right to some eleven digits.

    Notes
    -----
    Terms are added up from `common` away from the mode, so that the first is the largest: upwards above the mean, and
    downwards below it, where the sum is the complement.

    Examples
    --------
    >>> hypergeometric_tail([2, 0, 1], 4, [2, 2, 2], [2, 2, 2]).round(6).tolist()
    [0.166667, 1.0, 0.833333]
    """
    triples = np.c_[np.asarray(common), np.minimum(one, other), np.maximum(one, other)].astype(np.int64)
    kinds, back = np.unique(triples.reshape(-1, 3), axis=0, return_inverse=True)
    x, a, b = kinds.T.astype(np.float64)
    least = np.maximum(a + b - total, 0)
    upward = x * total > a * b
    x = np.where(upward, x, x - 1)
    possible = (x >= least) & (x <= a)
    at = np.clip(x, least, a)
    log = _log_choose(a, at) + _log_choose(total - a, b - at) - _log_choose(np.full_like(b, float(total)), b)
    term = np.where(possible, np.exp(log), 0.0)
    tail = np.zeros(len(at))
    going = np.flatnonzero(term > 0)
    while len(going):
        tail[going] += term[going]
        i, first, second, up = at[going], a[going], b[going], upward[going]
        more = (first - i) * (second - i) / ((i + 1) * (total - first - second + i + 1))
        less = i * (total - first - second + i) / ((first - i + 1) * (second - i + 1))
        term[going] *= np.where(up, more, less)
        at[going] += np.where(up, 1.0, -1.0)
        going = going[term[going] > _NEGLIGIBLE * tail[going]]
    return np.clip(np.where(upward, tail, 1 - tail), 0.0, 1.0)[back.reshape(-1)]


def bicm_shared(
    degree: npt.ArrayLike, sizes: npt.ArrayLike, counts: npt.ArrayLike, a: IntArray, b: IntArray
) -> FloatArray:
    """Return how much pairs of people are expected to share, if people keep their numbers and things their sizes.

    Parameters
    ----------
    degree : array-like of int, shape (n,)
        Things of each person, at least 1.
    sizes, counts : array-like of int, shape (s,)
        Sizes of things, at least 1, and how many things have each; the people in all of them are the sum of `degree`.
    a, b : ndarray of int64, shape (m,)
        Pairs of people.

    Returns
    -------
    ndarray of float64, shape (m,)

    Notes
    -----
    In the bipartite configuration model [1]_ person i has part in thing c with probability x_i y_c / (1 + x_i y_c), and
    everybody and everything has the number it has on average. The fixed point is iterated by classes of equal numbers
    until each is met to 1e-8, or 4,000 times: who has part in everything would have an infinite x, and comes near.

    By that model a thing of two may by chance be one of four, and pairs share up to twice what they do where sizes are
    given. So the chance p q that two have part in a thing is multiplied by 1 - (1 - p)(1 - q) / d, with d = Σ p (1 - p)
    over everybody: Hájek's approximation for draws of a fixed size [2]_. It is meant for many people; among a handful
    it leaves a little more than there is (in the example 1/3).

    References
    ----------
    .. [1] Saracco, Straka, Di Clemente, Gabrielli, Caldarelli, Squartini (2017), Inferring monopartite projections of
       bipartite networks: an entropy-based approach. doi:10.1088/1367-2630/aa6b38
    .. [2] Hájek (1964), Asymptotic theory of rejective sampling with varying probabilities from a finite population.
       Annals of Mathematical Statistics 35, 1491-1523.

    Examples
    --------
    >>> bicm_shared([1, 1, 1, 1], [2], [2], np.array([0]), np.array([1])).round(6).tolist()
    [0.375]
    """
    k, row, people = np.unique(np.asarray(degree), return_inverse=True, return_counts=True)
    s, many = np.asarray(sizes, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if not len(k) or not len(a):
        return np.zeros(len(a))
    chance = _fitted(k.astype(np.float64), people.astype(np.float64), s, many)
    spread = np.maximum((chance * (1 - chance) * people[:, None]).sum(axis=0), _NEGLIGIBLE)
    expected = np.empty(len(a))
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        one, other = chance[row[a[part]]], chance[row[b[part]]]
        both = one * other * np.maximum(1 - (1 - one) * (1 - other) / spread, 0.0)
        expected[part] = (both * many).sum(axis=1)
    return expected


def binomial_tail(common: npt.ArrayLike, most: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
    """Return the probability of `common` or more out of `most` things, where `expected` are expected.

    Parameters
    ----------
    common, most : array-like of int, shape (n,)
        At least 1, and not below `common`.
    expected : array-like of float, shape (n,)
        Not below 0.

    Returns
    -------
    ndarray of float64, shape (n,)

    Notes
    -----
    Where events differ in their chances, more than one above the mean this is never below the tail of their sum
    (Hoeffding 1956): it errs on the side of caution, and less so than the Poisson distribution.

    Examples
    --------
    >>> binomial_tail([1, 2], [2, 2], [1.0, 1.0]).round(3).tolist()
    [0.75, 0.25]
    """
    x, n = np.asarray(common, dtype=np.float64), np.asarray(most, dtype=np.float64)
    chance = np.minimum(np.asarray(expected, dtype=np.float64) / n, 1.0)
    return np.asarray(special.betainc(x, n - x + 1, chance), dtype=np.float64)


def _fitted(k: FloatArray, people: FloatArray, s: FloatArray, many: FloatArray) -> FloatArray:
    """Return the chance that a person of each class has part in a thing of each class."""
    root = np.sqrt(k @ people)
    x, y = k / root, s / root
    product = np.outer(x, y)
    for step in range(_STEPS):
        x = k / (y / (1 + product) * many).sum(axis=1)
        product = np.outer(x, y)
        y = s / (x[:, None] / (1 + product) * people[:, None]).sum(axis=0)
        product = np.outer(x, y)
        if step % _CHECKED == 0:
            chance = product / (1 + product)
            if float((np.abs((chance * many).sum(axis=1) - k) / k).max()) < _TOLERANCE:
                break
    return np.asarray(product / (1 + product))


def _log_choose(n: FloatArray, k: FloatArray) -> FloatArray:
    """Return ln (n over k) for 0 <= k <= n."""
    value: FloatArray = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return value
