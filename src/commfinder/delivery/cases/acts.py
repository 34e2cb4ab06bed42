"""What people did on cases: arrays of whole numbers, by case, then time, then event."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["HOW", "NO_TIME", "Acts", "distinct", "ranges"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

HOW = ("workflow", "page", "thread", "reference", "chain")
"""How a case can be found, the surest first."""

NO_TIME = int(np.iinfo(np.int64).min)
"""The moment that is not known, in microseconds: what pandas holds for NaT."""


@dataclass(frozen=True, eq=False)
class Acts:
    """What people did on cases, one entry per event and person, by case, then time, then event.

    Parameters
    ----------
    case : ndarray of int32, shape (n,)
        Row in ``Cases.frame``; never falls.
    person : ndarray of int32, shape (n,)
        Place in ``Cases.people``.
    time : ndarray of int64, shape (n,)
        When the act ended, microseconds since 1970 UTC.
    started : ndarray of int64, shape (n,)
        When the work of the act began; `NO_TIME` where that is not known. It may be read-only and share one value.
    activity : ndarray of int32, shape (n,)
        Place in ``Cases.activities``, -1 where there is none.
    unit : ndarray of int32, shape (n,)
        Place in ``Cases.units``, -1 where it is unknown or a placeholder.
    role : ndarray of int32, shape (n,)
        Place in ``Cases.roles`` (unit and title; the unit alone without a title), -1 where it is unknown.

    Examples
    --------
    >>> zero = np.zeros(2, dtype=np.int32)
    >>> acts = Acts(zero, zero, np.array([1, 5]), np.array([NO_TIME, 3]), zero, zero, zero)
    >>> acts.n, acts.take(np.array([False, True])).started.tolist()
    (2, [3])
    """

    case: CodeArray
    person: CodeArray
    time: IntArray
    started: IntArray
    activity: CodeArray
    unit: CodeArray
    role: CodeArray

    @property
    def n(self) -> int:
        """Number of acts."""
        return len(self.case)

    def take(self, which: npt.NDArray[Any]) -> Acts:
        """Keep some acts, in the order of `which`.

        Parameters
        ----------
        which : ndarray of bool, shape (n,), or ndarray of int
            A mask, or places.

        Returns
        -------
        Acts
        """
        return Acts(*(getattr(self, one.name)[which] for one in fields(self)))


def distinct(values: IntArray) -> IntArray:
    """Return whole numbers, each once and rising; for millions of them, where a hash table is slower than a sort.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        Numbers.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def ranges(first: IntArray, which: npt.NDArray[np.integer]) -> IntArray:
    """Return the places from ``first[i]`` up to ``first[i + 1]`` for each i of `which`, one after the other.

    Parameters
    ----------
    first : ndarray of int64, shape (n + 1,)
        Where each of n pieces begins, and where the last ends.
    which : ndarray of int
        Pieces, in any order.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> ranges(np.array([0, 2, 5]), np.array([1, 0])).tolist()
    [2, 3, 4, 0, 1]
    """
    many = first[which + 1] - first[which]
    return np.asarray(np.repeat(first[which] - np.cumsum(many) + many, many) + np.arange(many.sum()), dtype=np.int64)
