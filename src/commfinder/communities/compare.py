"""How far two partitions agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from commfinder.errors import InputError

__all__ = ["adjusted_rand", "best_jaccard"]


def adjusted_rand(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the adjusted Rand index of two partitions of the same people.

    Parameters
    ----------
    first, second : array-like of int, shape (n,)
        Labels.

    Returns
    -------
    float
        1 for equal partitions, about 0 for independent ones; negative where they agree less than by chance.

    Raises
    ------
    InputError
        If the partitions are of different length.

    References
    ----------
    .. [1] Hubert, Arabie (1985), Comparing partitions. doi:10.1007/BF01908075

    Examples
    --------
    >>> adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(
            f"The partitions have the shapes {a.shape} and {b.shape}.", need="They must be of the same people."
        )
    n = len(a)
    if n < 2:
        return 1.0
    _, cells = np.unique(np.column_stack([a, b]), axis=0, return_counts=True)
    rows, columns = np.unique(a, return_counts=True)[1], np.unique(b, return_counts=True)[1]
    both, left, right = (float((c * (c - 1) / 2).sum()) for c in (cells, rows, columns))
    expected = left * right / (n * (n - 1) / 2)
    middle = (left + right) / 2
    return 1.0 if middle == expected else (both - expected) / (middle - expected)


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
    match : ndarray of int, shape (communities of `first`,)
    """
    if not len(first):
        return np.empty(0), np.empty(0, dtype=np.int64)
    sizes_a, sizes_b = np.bincount(first), np.bincount(second)
    pairs, shared = np.unique(np.column_stack([first, second]), axis=0, return_counts=True)
    jaccard = shared / (sizes_a[pairs[:, 0]] + sizes_b[pairs[:, 1]] - shared)
    order = np.lexsort((pairs[:, 1], -jaccard, pairs[:, 0]))
    starts = np.flatnonzero(np.r_[True, np.diff(pairs[order, 0]) != 0])
    return jaccard[order][starts], pairs[order][starts, 1]
