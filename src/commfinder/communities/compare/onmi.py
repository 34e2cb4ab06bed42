"""Mutual information of communities that may overlap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder.communities.compare.pair import Pair, pair_of

__all__ = ["overlapping_nmi", "overlapping_nmi_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def overlapping_nmi(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return the normalised mutual information of two covers, by McDaid, Greene and Hurley, over the larger entropy.

    Each community is a yes or no for each person. What is left to tell about a community, once the most telling of
    the other side is known, is added up over communities. Not corrected for chance: `omega_index` is, and it counts
    pairs, which large communities have most of; `element_centric_similarity` tells where the sides differ. Not the
    same number as `normalised_mutual_information` for partitions, nor as the version of Lancichinetti, Fortunato and
    Kertész, which can overrate how alike very different covers are.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    float
        0 to 1, and 1 for equal covers. nan if nobody is left.

    Raises
    ------
    InputError
        If labels without people meet labels of another length, or people with ids.

    Notes
    -----
    With h(w) = -w/n log w/n, and a, b, c, d people in neither, only the second, only the first, and both,
    H(X_i|Y_j) = h(a) + h(b) + h(c) + h(d) - h(b + d) - h(a + c) if h(a) + h(d) ≥ h(b) + h(c), and H(X_i) otherwise.
    H(X|Y) adds up the least over j of each i. I = (H(X) - H(X|Y) + H(Y) - H(Y|X)) / 2 is divided by the larger of
    H(X) and H(Y).

    References
    ----------
    .. [1] McDaid, Greene, Hurley (2011), Normalized mutual information to evaluate overlapping community finding
       algorithms. doi:10.48550/arXiv.1110.2515

    Examples
    --------
    >>> overlapping_nmi([{1, 2, 3}, {3, 4, 5}], [{3, 4, 5}, {1, 2, 3}])
    1.0
    """
    return overlapping_nmi_of(pair_of(first, second, missing))


def overlapping_nmi_of(pair: Pair) -> float:
    """Return the overlapping NMI of two aligned sides."""
    n = len(pair.people)
    if not n:
        return pair.nothing
    x = np.bincount(pair.first.indices, minlength=pair.first.shape[1])
    y = np.bincount(pair.second.indices, minlength=pair.second.shape[1])
    table = pair.shared.tocoo()
    i, j = (one.astype(np.int64) for one in table.coords)
    gain = _gain(x[i], y[j], table.data, n)
    known_x = _most(i, gain, len(x), *_apart(x, y, i, j, n))
    known_y = _most(j, gain, len(y), *_apart(y, x, j, i, n))
    whole = max(math.fsum(_entropy(x, n)), math.fsum(_entropy(y, n)))
    if whole == 0:
        # Every community of either side is all people.
        return 1.0
    return min(1.0, (known_x + known_y) / 2 / whole)


def _h(people: IntArray, n: int) -> FloatArray:
    share = people / n
    return -share * np.log(np.where(people > 0, share, 1.0))


def _entropy(sizes: IntArray, n: int) -> FloatArray:
    return _h(sizes, n) + _h(n - sizes, n)


def _gain(x: IntArray, y: IntArray, both: IntArray, n: int) -> FloatArray:
    """Return what a community of either side tells of one of the other: H(X_i) - H(X_i|Y_j), 0 where it may not."""
    alike = _h(both, n) + _h(n - x - y + both, n)
    unlike = _h(x - both, n) + _h(y - both, n)
    # In this order equal communities come out at their entropy to the last digit.
    told = _entropy(x, n) + (_entropy(y, n) - alike) - unlike
    return np.where(alike >= unlike, np.maximum(told, 0.0), 0.0)


def _most(community: IntArray, gain: FloatArray, many: int, apart_community: IntArray, apart_gain: FloatArray) -> float:
    """Add up the most that is told of each community."""
    best = np.zeros(many)
    np.maximum.at(best, community, gain)
    np.maximum.at(best, apart_community, apart_gain)
    return math.fsum(best)


def _apart(x: IntArray, y: IntArray, i: IntArray, j: IntArray, n: int) -> tuple[IntArray, FloatArray]:
    """Return what communities are told by those that they share nobody with.

    A community of most people tells of small ones that they lie outside. Only sizes matter, and few pairs of sizes
    tell anything, so that all pairs of communities need not be looked at.
    """
    sizes_x, size_of_x = np.unique(x, return_inverse=True)
    sizes_y, size_of_y, many_y = np.unique(y, return_inverse=True, return_counts=True)
    left, right = sizes_x[:, None], sizes_y[None, :]
    room = left + right <= n
    gain = np.where(room, _gain(left, np.where(room, right, 0), np.zeros_like(room, dtype=np.int64), n), 0.0)
    telling_x, telling_y = np.nonzero(gain > 0)
    # All communities of the first side that have the size of a telling pair.
    order = np.argsort(size_of_x, kind="stable")
    counts = np.bincount(size_of_x, minlength=len(sizes_x))
    starts, lengths = (np.cumsum(counts) - counts)[telling_x], counts[telling_x]
    pair = np.repeat(np.arange(len(telling_x)), lengths)
    offset = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    community = order[starts[pair] + offset]
    # Some community of the other size must lie apart: not all of them may share people with this one.
    met, times = np.unique(i * len(sizes_y) + size_of_y[j], return_counts=True)
    asked = community * len(sizes_y) + telling_y[pair]
    place = np.searchsorted(met, asked)
    found = place < len(met)
    found[found] = met[place[found]] == asked[found]
    sharing = np.zeros(len(asked), dtype=np.int64)
    sharing[found] = times[place[found]]
    free = sharing < many_y[telling_y[pair]]
    return community[free], gain[telling_x, telling_y][pair][free]
