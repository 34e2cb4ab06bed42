"""Two covers on the same people: aligned by key, with everybody in a community on either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp

from commfinder import _validate
from commfinder.communities.compare.cover import Cover, as_cover, without_empty
from commfinder.errors import InputError

__all__ = ["Pair", "pair_of"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two covers whose rows are the same people; make one with `pair_of`.

    Parameters
    ----------
    people : pandas.Index, shape (n,)
        Those compared.
    first, second : scipy.sparse.csr_array of int64, shape (n, communities)
        Memberships; nobody has none.
    stated : tuple of int
        How many communities of either side were given. Those after them are of one person each, made up for who was
        in none.
    known : bool
        Whether anybody was known to either side before people were left out.
    """

    people: pd.Index[Any]
    first: sp.csr_array[Any]
    second: sp.csr_array[Any]
    stated: tuple[int, int]
    known: bool

    @property
    def nothing(self) -> float:
        """What a measure is if nobody is compared: 1 if nobody was known, nan if nobody was left."""
        return float("nan") if self.known else 1.0

    @property
    def disjoint(self) -> bool:
        """Whether both sides are partitions: nobody is in more than one community."""
        n = len(self.people)
        return self.first.nnz == n == self.second.nnz

    @property
    def shared(self) -> sp.csr_array[Any]:
        """The contingency table: how many people each community shares with each of the other side, where any."""
        return sp.csr_array(self.first.T @ self.second)


def pair_of(first: Any, second: Any, missing: str) -> Pair:
    """Align two covers.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    missing : {"alone", "common"}
        What is done about people in no community of one side, or known to the other alone.

    Returns
    -------
    Pair

    Raises
    ------
    InputError
        If labels without people meet something of another length, or people with ids.
    """
    _validate.choice(missing, ("alone", "common"), what="missing")
    one, other = as_cover(first, what="first"), as_cover(second, what="second")
    people, a, b = _same_people(one, other)
    if missing == "alone":
        return Pair(people, _alone(a), _alone(b), (a.shape[1], b.shape[1]), known=len(people) > 0)
    both = np.flatnonzero((np.diff(a.indptr) > 0) & (np.diff(b.indptr) > 0))
    left, right = without_empty(a[both]), without_empty(b[both])
    return Pair(people[both], left, right, (left.shape[1], right.shape[1]), known=len(people) > 0)


def _same_people(one: Cover, other: Cover) -> tuple[pd.Index[Any], sp.csr_array[Any], sp.csr_array[Any]]:
    """Give both memberships the same rows: everybody whom either knows."""
    if not one.keyed and not other.keyed:
        if len(one.people) != len(other.people):
            raise InputError(
                f"The labels have the shapes ({len(one.people)},) and ({len(other.people)},).",
                need="They must be of the same people.",
                hint="Give each as a pandas.Series indexed by person, and people are found by their id.",
            )
        return one.people, one.membership, other.membership
    for side, against in ((one, other), (other, one)):
        if not side.keyed and len(side.people) and len(against.people):
            raise InputError(
                "One side has labels without people, the other has people.",
                need="People are found by their id, never by position.",
                hint="Give the labels as a pandas.Series indexed by person.",
            )
    known = [side.people for side in (one, other) if len(side.people)] or [one.people]
    people = known[0] if len(known) == 1 or known[0].equals(known[1]) else known[0].union(known[1], sort=True)
    return people, _rows(one, people), _rows(other, people)


def _rows(cover: Cover, people: pd.Index[Any]) -> sp.csr_array[Any]:
    """Spread the rows of a cover over more people; both lists are sorted, so that memberships keep their order."""
    if len(cover.people) == len(people):
        return cover.membership
    counts = np.zeros(len(people), dtype=np.int64)
    if len(cover.people):
        counts[people.get_indexer(cover.people)] = np.diff(cover.membership.indptr)
    bounds = np.r_[0, np.cumsum(counts)]
    shape = (len(people), cover.membership.shape[1])
    return sp.csr_array((cover.membership.data, cover.membership.indices, bounds), shape=shape)


def _alone(membership: sp.csr_array[Any]) -> sp.csr_array[Any]:
    """Put who is in no community into one of one's own, after those that there are."""
    n, k = membership.shape
    counts = np.diff(membership.indptr)
    lone = np.flatnonzero(counts == 0)
    if not len(lone):
        return membership
    bounds = np.r_[0, np.cumsum(np.maximum(counts, 1))]
    indices = np.empty(bounds[-1], dtype=np.int64)
    made = np.zeros(len(indices), dtype=bool)
    made[bounds[lone]] = True
    indices[made] = k + np.arange(len(lone))
    indices[~made] = membership.indices
    return sp.csr_array((np.ones(len(indices), dtype=np.int64), indices, bounds), shape=(n, k + len(lone)))
