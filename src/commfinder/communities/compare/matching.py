"""How well each community is found again: the most alike on the other side, and who overlaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder.communities.compare.pair import Pair, pair_of

__all__ = ["BestMatchF1", "best_jaccard", "best_match_f1", "best_match_of", "overlapping_f1", "overlapping_f1_of"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BestMatchF1:
    """How well communities find their like on the other side.

    Parameters
    ----------
    first : float
        Mean over the communities of the first side of the F1 score of the most alike of the second, 0 to 1.
    second : float
        The same from the second side.
    """

    first: float
    second: float

    @property
    def mean(self) -> float:
        """The mean of both directions."""
        return (self.first + self.second) / 2


def best_match_f1(first: Any, second: Any, *, missing: str = "alone") -> BestMatchF1:
    """Return how well each community is found on the other side, on average, in both directions.

    The F1 score of two communities is twice what they share by the sum of their sizes. Each community counts the same,
    however large; communities may overlap. It tells which direction fails (of true ones, many are not found; of found
    ones, many are not true), which `overlapping_nmi` does not; but it is not corrected for chance, as `omega_index`
    is.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    missing : {"alone", "common"}, default "alone"
        ``"alone"``: communities count all of their people, also those whom the other side does not place. ``"common"``:
        only people whom both sides place count. Who is in no community makes none here: there is nothing to be found.

    Returns
    -------
    BestMatchF1
        0 to 1; ``.mean`` is the mean of both. A side without communities has 0 against one with, and 1 against one
        without. nan if nobody is left.

    Raises
    ------
    InputError
        If labels without people meet labels of another length, or people with ids.

    References
    ----------
    .. [1] Yang, Leskovec (2013), Overlapping community detection at scale. doi:10.1145/2433396.2433471

    Examples
    --------
    >>> best_match_f1({"x": "ab cd ef".split()}, {"y": ["ab", "cd"], "z": ["ef"]})
    BestMatchF1(first=0.8, second=0.65)
    """
    return best_match_of(pair_of(first, second, missing))


def overlapping_f1(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return how far both sides agree on who is in more than one community.

    The F1 score of the two sets of people who overlap, whatever the communities are; `overlapping_nmi` and
    `omega_index` look at these.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    missing : {"alone", "common"}, default "alone"
        ``"alone"``: who is in no community does not overlap there. ``"common"``: only people whom both sides place.

    Returns
    -------
    float
        0 to 1; 1 also if nobody overlaps on either side. nan if nobody is left.

    Raises
    ------
    InputError
        If labels without people meet labels of another length, or people with ids.

    References
    ----------
    .. [1] Xie, Kelley, Szymanski (2013), Overlapping community detection in networks. doi:10.1145/2501654.2501657

    Examples
    --------
    >>> overlapping_f1([{1, 2, 3}, {3, 4}], [{1, 2, 3}, {2, 3, 4}])
    0.6666666666666666
    """
    return overlapping_f1_of(pair_of(first, second, missing))


def best_jaccard(
    first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return, for each community of one partition, the Jaccard index of the most alike of the other, and which it is.

    Parameters
    ----------
    first, second : ndarray of int32, shape (n,)
        Labels from 0 up without gaps.

    Returns
    -------
    jaccard : ndarray of float, shape (communities of `first`,)
        0 to 1.
    match : ndarray of int, shape (communities of `first`,)
        Label in `second`; the first of equals.

    Examples
    --------
    >>> best_jaccard(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
    (array([0.66666667, 0.5       ]), array([0, 1]))
    """
    if not len(first):
        return np.empty(0), np.empty(0, dtype=np.int64)
    sizes_a, sizes_b = np.bincount(first), np.bincount(second)
    cells, shared = np.unique(first.astype(np.int64) * len(sizes_b) + second, return_counts=True)
    one, other = np.divmod(cells, len(sizes_b))
    jaccard = shared / (sizes_a[one] + sizes_b[other] - shared)
    order = np.lexsort((other, -jaccard, one))
    starts = np.flatnonzero(np.r_[True, np.diff(one[order]) != 0])
    return jaccard[order][starts], other[order][starts]


def best_match_of(pair: Pair) -> BestMatchF1:
    """Return the best-match F1 of two aligned sides."""
    if not len(pair.people):
        return BestMatchF1(pair.nothing, pair.nothing)
    (a, b), table = pair.stated, pair.shared.tocoo()
    if not a or not b:
        none = 1.0 if a == b else 0.0
        return BestMatchF1(none, none)
    left = np.bincount(pair.first.indices, minlength=pair.first.shape[1])
    right = np.bincount(pair.second.indices, minlength=pair.second.shape[1])
    i, j = table.coords
    told = (i < a) & (j < b)
    i, j, shared = i[told], j[told], table.data[told]
    score = 2 * shared / (left[i] + right[j])
    return BestMatchF1(_mean_best(i, score, a), _mean_best(j, score, b))


def overlapping_f1_of(pair: Pair) -> float:
    """Return the F1 score of who overlaps in two aligned sides."""
    if not len(pair.people):
        return pair.nothing
    a, b = np.diff(pair.first.indptr) > 1, np.diff(pair.second.indptr) > 1
    either = int(a.sum() + b.sum())
    return 2 * int((a & b).sum()) / either if either else 1.0


def _mean_best(community: npt.NDArray[np.integer], score: FloatArray, many: int) -> float:
    best = np.zeros(many)
    np.maximum.at(best, community, score)
    return math.fsum(best) / many
