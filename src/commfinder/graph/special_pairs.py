"""Pairs of people that the null puts right one by one: of one manager, of a report and a manager, left out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from commfinder.graph.expected import Structure

__all__ = ["distinct", "special_pairs"]

IntArray = npt.NDArray[np.int64]


def distinct(keys: IntArray) -> IntArray:
    """Return the distinct numbers, sorted; sorting many takes a fraction of the time of hashing them.

    Parameters
    ----------
    keys : ndarray of int64
        Numbers.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def special_pairs(
    structure: Structure, left_out: IntArray, n: int
) -> tuple[tuple[IntArray, IntArray], npt.NDArray[np.bool_]]:
    """Return the pairs that share a manager, report to one another, or are left out, each once.

    Parameters
    ----------
    structure : Structure
        Formal structure.
    left_out : ndarray of int64
        People whose pairs are left out, rising.
    n : int
        Number of people.

    Returns
    -------
    pairs : tuple of ndarray of int64, shape (p,)
        Two people, the lower number first; sorted.
    out : ndarray of bool, shape (p,)
        Which of them are left out.
    """
    keys = [np.empty(0, dtype=np.int64)]
    order = np.argsort(structure.manager, kind="stable")
    known = order[structure.manager[order] >= 0]
    if len(known):
        keys.append(_team_keys(known, structure.manager[known], n))
        boss = structure.manager[known]
        here = boss < n
        low, high = np.minimum(known[here], boss[here]), np.maximum(known[here], boss[here])
        keys.append(low * n + high)
    i, j = np.triu_indices(len(left_out), 1)
    out = left_out[i] * n + left_out[j]
    both = distinct(np.concatenate([*keys, out]))
    return (both // n, both % n), np.isin(both, out)


def _team_keys(people: IntArray, boss: IntArray, n: int) -> IntArray:
    """Return one number for each pair of people with one manager; people are sorted by manager, then by number."""
    ends = np.searchsorted(boss, boss, side="right")
    later = ends - np.arange(len(people)) - 1
    one = np.repeat(np.arange(len(people)), later)
    first = np.repeat(np.cumsum(later) - later, later)
    other = one + 1 + np.arange(len(one)) - first
    keys: IntArray = people[one] * n + people[other]
    return keys
