"""How far the two people of a tie share their neighbours: triangles counted once each, on CSR arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from commfinder import _validate
from commfinder.errors import InputError

__all__ = ["common_neighbours", "embeddedness"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def embeddedness(a: IntArray, b: IntArray, *, n: int) -> FloatArray:
    """Return, for each tie, the share of the two people's circles that is common to both.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1; each pair once, no self-loops.
    n : int
        Number of people.

    Returns
    -------
    ndarray of float64, shape (m,)
        Above 0 and at most 1; 1 where the two know exactly the same people.

    Raises
    ------
    InputError
        If an end is out of range or a tie joins a person to itself.

    Notes
    -----
    For a tie of i and j with c common neighbours this is (c + 2) / (k_i + k_j - c): the Jaccard index of the two
    circles, each with its own person inside. It depends on who is tied, never on how strongly; prefer
    `common_neighbours` for the bare count. Every triangle is visited once, from its person of fewest ties, so hubs
    cost little: O(m · arboricity), with no cap on degrees.

    References
    ----------
    .. [1] Chiba, Nishizeki (1985), Arboricity and subgraph listing algorithms. doi:10.1137/0214017

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3])
    >>> embeddedness(a, b, n=4).tolist()
    [1.0, 0.75, 0.75, 0.5]
    """
    common = common_neighbours(a, b, n=n)
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    share: FloatArray = (common + 2) / (degree[a] + degree[b] - common)
    return share


def common_neighbours(a: IntArray, b: IntArray, *, n: int) -> IntArray:
    """Return, for each tie, how many people both of its ends are tied to; prefer `embeddedness` for a share.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, from 0 to n - 1; each pair once, no self-loops.
    n : int
        Number of people.

    Returns
    -------
    ndarray of int64, shape (m,)
        0 to n - 2.

    Raises
    ------
    InputError
        If an end is out of range or a tie joins a person to itself.

    Examples
    --------
    >>> import numpy as np
    >>> common_neighbours(np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), n=4).tolist()
    [1, 1, 1, 0]
    """
    n = _validate.count(n, what="n", low=0)
    if not len(a):
        return np.empty(0, dtype=np.int64)
    low, high = int(min(a.min(), b.min())), int(max(a.max(), b.max()))
    if low < 0 or high >= n:
        raise InputError(
            f"The ties name the people {low} to {high}.", need=f"Numbers from 0 to n - 1 = {n - 1} are needed."
        )
    if bool((a == b).any()):
        raise InputError(f"Tie {int((a == b).argmax())} joins a person to itself.", hint="Leave self-loops out.")
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    # Ties point to whoever has more of them (of equals, the higher number), so no person has many outgoing ties.
    upward = (degree[a] < degree[b]) | ((degree[a] == degree[b]) & (a < b))
    tail, head = np.where(upward, a, b), np.where(upward, b, a)
    order = np.argsort(tail, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
    counted: IntArray = _count(start.astype(np.int64), head[order].astype(np.int64), order.astype(np.int64), n)
    return counted


@njit(cache=True, nogil=True)
def _count(start: IntArray, head: IntArray, tie: IntArray, n: int) -> IntArray:
    """Count triangles on each tie of an acyclic orientation."""
    found = np.zeros(len(head), dtype=np.int64)
    # The place of the tie from the person at hand to each person; -1 where there is none.
    place = np.full(n, -1, dtype=np.int64)
    for person in range(n):
        for first in range(start[person], start[person + 1]):
            place[head[first]] = first
        for first in range(start[person], start[person + 1]):
            middle = head[first]
            for second in range(start[middle], start[middle + 1]):
                third = place[head[second]]
                if third >= 0:
                    found[tie[first]] += 1
                    found[tie[second]] += 1
                    found[tie[third]] += 1
        for first in range(start[person], start[person + 1]):
            place[head[first]] = -1
    return found
