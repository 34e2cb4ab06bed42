"""Ties with the events behind them, so that chance can draw the events again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder.communities.embeddedness import embeddedness
from commfinder.communities.ties import Ties
from commfinder.communities.weights import damped

__all__ = ["Traces"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Traces:
    """Ties, how many events each rests on, and how they are weighed.

    Parameters
    ----------
    n : int
        Number of people.
    a, b : ndarray of int64, shape (m,)
        Ends of the ties, each pair once.
    weight : ndarray of float64, shape (m,)
        Damped weight of each tie, above zero, without embeddedness.
    amount : ndarray of float64, shape (m,)
        Discounted number of events, which damping is a function of.
    events : ndarray of int64, shape (m,)
        Number of events.
    damping : str
        Which damping.
    embedded : bool
        Whether weights are multiplied by embeddedness.
    by_structure : bool, default False
        Whether people have numbers that hang on structure and not on names.
    """

    n: int
    a: IntArray
    b: IntArray
    weight: FloatArray
    amount: FloatArray
    events: IntArray
    damping: str
    embedded: bool
    by_structure: bool = False

    def ties(self) -> Ties:
        """Return the ties as they are weighed."""
        return self._weighed(self.a, self.b, self.weight)

    def redrawn(self, rng: np.random.Generator) -> Ties:
        """Draw every event a Poisson(1) number of times, and weigh what that leaves.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        Ties
            Fewer than there were: a tie none of whose events is drawn is gone.

        Notes
        -----
        The bootstrap over events. A sum of Poisson(1) draws for k events is one Poisson(k) draw for the tie; damping is
        worked out anew, as if media had contributed in proportion.
        """
        drawn = rng.poisson(self.events)
        left = drawn > 0
        share = drawn[left] / self.events[left]
        amount = self.amount[left]
        weight = self.weight[left] * damped(amount * share, self.damping) / damped(amount, self.damping)
        return self._weighed(self.a[left], self.b[left], weight)

    def _weighed(self, a: IntArray, b: IntArray, weight: FloatArray) -> Ties:
        """Multiply by embeddedness where that is wanted."""
        weight = weight * embeddedness(a, b, n=self.n) if self.embedded and len(a) else weight
        return Ties(self.n, a, b, weight, self.by_structure)
