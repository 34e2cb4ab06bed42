"""People who have ties, by themselves: who has none takes no part in any search and changes nothing for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder.communities.quality import canonical

__all__ = ["Tied"]

IntArray = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tied:
    """Who has ties, numbered anew in the order of their old numbers; make one with `Tied.of`.

    Parameters
    ----------
    n : int
        Number of people, with and without ties.
    people : ndarray of int64, shape (k,)
        Old numbers of those with ties, rising.
    place : ndarray of int64, shape (n,)
        Their new numbers, 0 to k - 1; of those without ties -1.
    """

    n: int
    people: IntArray
    place: IntArray

    @classmethod
    def of(cls, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer], n: int) -> Tied:
        """Find who has ties.

        Parameters
        ----------
        a, b : ndarray of int, shape (m,)
            Ends of the ties, from 0 to n - 1.
        n : int
            Number of people.

        Returns
        -------
        Tied

        Examples
        --------
        >>> among = Tied.of(np.array([1, 3]), np.array([3, 4]), 6)
        >>> among.people.tolist(), among.place.tolist()
        ([1, 3, 4], [-1, 0, -1, 1, 2, -1])
        """
        tied = np.zeros(n, dtype=bool)
        tied[a] = tied[b] = True
        place = np.where(tied, np.cumsum(tied) - 1, -1)
        return cls(n, np.flatnonzero(tied), place)

    @property
    def everybody(self) -> bool:
        """Whether everybody has ties."""
        return len(self.people) == self.n

    def with_others(self, labels: Labels) -> Labels:
        """Put those without ties back, each alone.

        Parameters
        ----------
        labels : ndarray of int32, shape (k,)
            Canonical labels of those with ties.

        Returns
        -------
        ndarray of int32, shape (n,)
            Canonical labels of everybody.

        Examples
        --------
        >>> among = Tied.of(np.array([1, 3]), np.array([3, 4]), 6)
        >>> among.with_others(np.zeros(3, dtype=np.int32)).tolist()
        [1, 0, 2, 0, 0, 3]
        """
        if self.everybody:
            return labels
        whole = self.n + np.arange(self.n)
        whole[self.people] = labels
        return canonical(whole)
