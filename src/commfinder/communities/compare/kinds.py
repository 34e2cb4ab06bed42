"""People in the same communities on both sides are of one kind: each is looked at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse as sp

from commfinder.communities.compare.pair import Pair

__all__ = ["Kinds", "Side", "kinds_of", "kinds_of_one"]

IntArray = npt.NDArray[np.int64]


class Side(NamedTuple):
    """Which kinds are in which communities, both ways, as plain arrays for compiled code.

    Parameters
    ----------
    bounds, communities : ndarray of int64
        ``communities[bounds[i]:bounds[i + 1]]`` are those of kind i, sorted, never none.
    kind_bounds, kinds : ndarray of int64
        ``kinds[kind_bounds[c]:kind_bounds[c + 1]]`` are those of community c, sorted.
    """

    bounds: IntArray
    communities: IntArray
    kind_bounds: IntArray
    kinds: IntArray


class Kinds(NamedTuple):
    """The kinds of people of a pair of covers; make them with `kinds_of`.

    Parameters
    ----------
    kind : ndarray of int64, shape (n,)
        The kind of each person.
    people : ndarray of int64, shape (t,)
        How many people are of each kind.
    first, second : Side
        Communities of the kinds on either side.
    """

    kind: IntArray
    people: IntArray
    first: Side
    second: Side


def kinds_of(pair: Pair) -> Kinds:
    """Find the kinds of people.

    Parameters
    ----------
    pair : Pair
        Both sides.

    Returns
    -------
    Kinds
    """
    left, right = _same_rows(pair.first), _same_rows(pair.second)
    example, kind, people = _kinds(left * (right.max() + 1) + right)
    return Kinds(kind, people, _side(pair.first[example]), _side(pair.second[example]))


def kinds_of_one(membership: sp.csr_array[Any]) -> tuple[IntArray, Side]:
    """Find the kinds of people on one side alone.

    Parameters
    ----------
    membership : scipy.sparse.csr_array of int64
        Nobody has none.

    Returns
    -------
    people : ndarray of int64
        How many people are of each kind.
    side : Side
        Communities of the kinds.
    """
    example, _, people = _kinds(_same_rows(membership))
    return people, _side(membership[example])


def _kinds(number: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return an example of each kind, the kind of each person, and people of each kind."""
    found = np.unique(number, return_index=True, return_inverse=True, return_counts=True)
    example, kind, people = (part.astype(np.int64) for part in found[1:])
    return example, kind, people


def _same_rows(membership: sp.csr_array[Any]) -> IntArray:
    """Number rows so that equal ones have equal numbers, one membership after the other."""
    number = np.zeros(membership.shape[0], dtype=np.int64)
    counts = np.diff(membership.indptr)
    free = 1
    for step in range(int(counts.max())):
        going = np.flatnonzero(counts > step)
        column = membership.indices[membership.indptr[going] + step]
        _, new = np.unique(number[going] * membership.shape[1] + column, return_inverse=True)
        # Numbers never used before: a row that ends here stays apart from those that go on.
        number[going] = free + new
        free += int(new.max()) + 1
    return np.unique(number, return_inverse=True)[1].astype(np.int64)


def _side(rows: sp.csr_array[Any]) -> Side:
    columns = rows.tocsc()
    columns.sort_indices()
    parts = (rows.indptr, rows.indices, columns.indptr, columns.indices)
    return Side(*(np.asarray(part, dtype=np.int64) for part in parts))
