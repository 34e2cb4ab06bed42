"""How good a division into communities is, and the one way of numbering communities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import csgraph

__all__ = ["canonical", "connected", "cpm", "modularity", "picked", "split_unconnected"]

Labels = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def canonical(labels: npt.NDArray[np.integer]) -> Labels:
    """Number communities by size, largest first; of equal size, the one with the smallest member first.

    Two divisions are the same exactly if their canonical labels are.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Any labels; people with the same one are together.

    Returns
    -------
    ndarray of int32, shape (n,)
        From 0 up without gaps.

    Examples
    --------
    >>> import numpy as np
    >>> canonical(np.array([7, 3, 3, 9, 7, 3])).tolist()
    [1, 0, 0, 2, 1, 0]
    """
    _, first, inverse, size = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -size))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[inverse]


def modularity(a: IntArray, b: IntArray, weight: FloatArray, labels: IntArray, resolution: float) -> float:
    """Return the modularity of labels: how much more weight lies inside than strengths alone would put there.

    The null model has everybody's strength, so this suits networks in which some are far more active than others. `cpm`
    compares with one fixed density instead: prefer it where people have sizes, or where the number of people is what a
    community costs.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1.
    weight : ndarray of float64, shape (m,)
        Their weights, above zero. Only proportions matter: times ten changes nothing.
    labels : ndarray of int, shape (n,)
        Community of each person, from 0 up.
    resolution : float
        γ, above zero.

    Returns
    -------
    float
        At most 1; 0 for a graph without ties.

    Notes
    -----
    Q = Σ_c [w_c / m - γ (K_c / 2m)²], with w_c the weight inside community c, K_c the sum of the strengths of its
    members, and m the weight of all ties.

    References
    ----------
    .. [1] Newman, Girvan (2004), Finding and evaluating community structure in networks.
       doi:10.1103/PhysRevE.69.026113
    .. [2] Reichardt, Bornholdt (2006), Statistical mechanics of community detection. doi:10.1103/PhysRevE.74.016110

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> round(modularity(a, b, np.ones(7), np.array([0, 0, 0, 1, 1, 1]), 1.0), 4)
    0.3571
    """
    if not len(weight) or not weight.max() > 0:
        return 0.0
    # By a power of two, which rounds nothing: squares of the largest and the smallest weights would not fit.
    weight = np.ldexp(weight, -int(np.frexp(weight.max())[1]))
    total = float(weight.sum())
    n = len(labels)
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    inside = float(weight[labels[a] == labels[b]].sum())
    of_community = np.bincount(labels, strength)
    return inside / total - resolution * float((of_community**2).sum()) / (4 * total**2)


def cpm(
    a: IntArray,
    b: IntArray,
    weight: FloatArray,
    labels: IntArray,
    resolution: float,
    sizes: FloatArray | None = None,
) -> float:
    """Return the quality of labels in the constant Potts model: weight inside minus what the pairs inside cost.

    A community is worth having if its density of weight is above γ, whoever its members are. It has no resolution
    limit, but γ has the unit of weight and must be chosen, and it is poor where activity is heavy-tailed; there
    prefer `modularity`.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1.
    weight : ndarray of float64, shape (m,)
        Their weights, above zero.
    labels : ndarray of int, shape (n,)
        Community of each person, from 0 up.
    resolution : float
        γ, above zero, in the unit of weight.
    sizes : ndarray of float64, shape (n,), optional
        Sizes of people, not below zero; None for 1 each. Who has size zero costs nothing anywhere.

    Returns
    -------
    float
        In the unit of weight; 0 where everybody is alone.

    Notes
    -----
    Q = Σ_c [w_c - γ Σ_{i<j in c} s_i s_j], and Σ_{i<j in c} s_i s_j = (S_c² - Σ_{i in c} s_i²) / 2 with S_c the sum of
    the sizes: S_c (S_c - 1) / 2 for sizes of one.

    References
    ----------
    .. [1] Traag, Van Dooren, Nesterov (2011), Narrow scope for resolution-limit-free community detection.
       doi:10.1103/PhysRevE.84.016114

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3])
    >>> cpm(a, b, np.ones(4), np.array([0, 0, 0, 1]), 0.5)
    1.5
    """
    one = np.ones(len(labels)) if sizes is None else np.asarray(sizes, dtype=np.float64)
    inside = float(weight[labels[a] == labels[b]].sum()) if len(weight) else 0.0
    pairs = (float((np.bincount(labels, one) ** 2).sum()) - float((one**2).sum())) / 2 if len(labels) else 0.0
    return inside - resolution * pairs


def connected(a: IntArray, b: IntArray, labels: IntArray) -> BoolArray:
    """Tell of each community whether it is in one piece: everybody reached from everybody over ties within it.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1.
    labels : ndarray of int, shape (n,)
        Community of each person, from 0 up.

    Returns
    -------
    ndarray of bool, shape (largest label + 1,)
        Whoever is alone is in one piece; a label that nobody has is not.

    Examples
    --------
    >>> import numpy as np
    >>> connected(np.array([0, 1]), np.array([1, 2]), np.array([0, 1, 0, 2])).tolist()
    [False, True, True]
    """
    if not len(labels):
        return np.empty(0, dtype=np.bool_)
    piece = _pieces(a, b, labels)
    first = np.unique(piece, return_index=True)[1]
    one: BoolArray = np.bincount(labels[first], minlength=int(labels.max()) + 1) == 1
    return one


def split_unconnected(a: IntArray, b: IntArray, labels: IntArray, fixed: BoolArray | None = None) -> Labels:
    """Take communities that are not in one piece apart.

    That never costs quality, neither modularity nor the constant Potts model: no weight is lost, and fewer pairs are
    together. So a division that is to be best has only connected communities.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1.
    labels : ndarray of int, shape (n,)
        Community of each person, from 0 up.
    fixed : ndarray of bool, shape (n,), optional
        Who is to stay: pieces with somebody fixed in them stay together.

    Returns
    -------
    ndarray of int32, shape (n,)
        Canonical labels.

    Examples
    --------
    >>> import numpy as np
    >>> split_unconnected(np.array([0, 1]), np.array([1, 2]), np.array([0, 0, 0, 0])).tolist()
    [0, 0, 0, 1]
    """
    if not len(labels):
        return np.empty(0, dtype=np.int32)
    piece = _pieces(a, b, labels)
    if fixed is not None and fixed.any():
        held = np.zeros(int(piece.max()) + 1, dtype=np.bool_)
        held[piece[fixed]] = True
        piece = np.where(held[piece], labels, piece + int(labels.max()) + 1)
    return canonical(piece)


def _pieces(a: IntArray, b: IntArray, labels: IntArray) -> npt.NDArray[np.int64]:
    """Number the pieces that ties within communities make; each lies in one community."""
    n = len(labels)
    same = labels[a] == labels[b]
    within = sp.coo_array((np.ones(int(same.sum()), dtype=np.int32), (a[same], b[same])), shape=(n, n))
    _, piece = csgraph.connected_components(within, directed=False)
    return np.asarray(piece, dtype=np.int64)


def picked(matrix: Any, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return single cells of a sparse array, as a dense one."""
    if not len(rows):
        return np.empty(0)
    cells: Any = matrix.tocsr()[rows, columns]
    dense = cells.toarray() if hasattr(cells, "toarray") else cells
    found: FloatArray = np.asarray(dense, dtype=np.float64).reshape(-1)
    return found
