"""What people write to one another: added up by sender and recipient, and looked up for a group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from commfinder.delivery.cases.acts import ranges

__all__ = ["Dyads", "Talk"]

IntArray = npt.NDArray[np.int64]

_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Talk:
    """What the members of a group write to one another.

    Parameters
    ----------
    messages : int
        Messages, counted once for each recipient.
    reciprocity : float
        Share of them that is matched by one in return, 0 to 1.
    breadth : float
        Mean number of recipients of such a message.
    private : float
        Share of them that went to one recipient.
    off_hours : float
        Share outside the sender's usual working hours.
    """

    messages: int
    reciprocity: float
    breadth: float
    private: float
    off_hours: float


@dataclass(frozen=True, eq=False)
class Dyads:
    """What everybody writes to everybody, one entry per sender and recipient, by sender, then recipient.

    Parameters
    ----------
    people : int
        Number of people.
    sender, recipient : ndarray of int64, shape (m,)
        Places of the two.
    n : ndarray of int64, shape (m,)
        Messages.
    off, private, breadth : ndarray of int64, shape (m,)
        Sums over them: outside the usual hours of the sender, to one recipient alone, and recipients.
    """

    people: int
    sender: IntArray
    recipient: IntArray
    n: IntArray
    off: IntArray
    private: IntArray
    breadth: IntArray

    def __len__(self) -> int:
        return len(self.n)

    @cached_property
    def first(self) -> IntArray:
        """Where the entries of each sender begin, and where the last ends."""
        return np.searchsorted(self.sender, np.arange(self.people + 1))

    def talk(self, members: npt.NDArray[np.integer]) -> Talk:
        """Return what some people write to one another.

        Parameters
        ----------
        members : ndarray of int
            Places in the people.

        Returns
        -------
        Talk
            Shares are nan where they do not write to one another.

        Examples
        --------
        >>> ones = np.ones(3, dtype=np.int64)
        >>> dyads = Dyads(3, np.array([0, 0, 1]), np.array([1, 2, 0]), ones, 0 * ones, ones, ones)
        >>> dyads.talk(np.array([0, 1])).messages, dyads.talk(np.array([0, 1])).reciprocity
        (2, 1.0)
        """
        who = np.unique(np.asarray(members, dtype=np.int64))
        sent = ranges(self.first, who)
        sent = sent[np.isin(self.recipient[sent], who)]
        n = self.n[sent]
        total = int(n.sum())
        if not total:
            return Talk(0, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
        a, b = self.sender[sent], self.recipient[sent]
        key, back = a * self.people + b, b * self.people + a
        place = np.minimum(np.searchsorted(key, back), len(key) - 1)
        matched = float(np.where(key[place] == back, np.minimum(n, n[place]), 0).sum())
        breadth, private, off = (float(part[sent].sum() / total) for part in (self.breadth, self.private, self.off))
        return Talk(total, matched / total, breadth, private, off)
