"""Lasting ties among some people, and how many of them activity and formal structure let one expect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from commfinder.delivery.cases.acts import ranges
from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.graph.leaving_out import expected_without_own

if TYPE_CHECKING:
    from commfinder.graph import InteractionGraph

__all__ = ["Formal", "Nulls"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_LEAST_MEMBERS, _MOST_MEMBERS = 5, 1000
_LARGE = 30
_FITTED_ANEW, _SMALL_SHARE = 5000, 0.05
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Formal:
    """Lasting ties among the members of a group, and how many formal structure explains.

    Parameters
    ----------
    active : int
        Members with ties anywhere.
    pairs, ties : int
        Pairs of them, and pairs with a tie.
    expected, expected_activity : float
        Ties expected of activity and formal structure, and of activity alone.
    """

    active: int
    pairs: int
    ties: int
    expected: float
    expected_activity: float

    @property
    def z(self) -> float:
        """How far the ties exceed what formal structure explains, in standard deviations."""
        return (self.ties - self.expected) / float(np.sqrt(self.expected + 0.5))

    @property
    def z_activity(self) -> float:
        """How far they exceed what activity alone explains."""
        return (self.ties - self.expected_activity) / float(np.sqrt(self.expected_activity + 0.5))

    @property
    def extra(self) -> float:
        """Share of the pairs that have a tie beyond expectation."""
        return (self.ties - self.expected) / self.pairs if self.pairs else _UNKNOWN


@dataclass(frozen=True, eq=False)
class Nulls:
    """The graph of who works with whom, and what is expected in it.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    structure : Structure
        Formal structure.
    formal, activity : DyadNull
        What is expected of both, and of activity alone.
    place : ndarray of int64
        Where everybody of the background stands in the graph, -1 for nowhere.
    degree : ndarray of int64, shape (n,)
        Number of ties of everybody in the graph.
    keys : ndarray of int64
        The ties, each as lower place * n + higher place, rising.
    """

    graph: InteractionGraph
    structure: Structure
    formal: DyadNull
    activity: DyadNull
    place: IntArray
    degree: IntArray
    keys: IntArray

    def among(self, members: npt.NDArray[np.integer]) -> Formal | None:
        """Return the lasting ties among some people and how many are expected.

        Parameters
        ----------
        members : ndarray of int
            Places in the people of the background.

        Returns
        -------
        Formal or None
            None where the group is larger than a thousand or half of the organisation, and below five members with
            ties.

        Notes
        -----
        The own ties of a group of more than thirty are left out of the fit, so that it does not explain itself. As in
        `commfinder.assess_groups`, everything is fitted again for that in organisations of up to 5,000 people and for
        groups of more than a twentieth of all; else the group's own activities and pairs of units alone.
        """
        known = np.unique(self.place[members])
        known = known[known >= 0]
        tested = known[self.degree[known] > 0]
        if not _LEAST_MEMBERS <= len(tested) <= min(_MOST_MEMBERS, self._active / 2):
            return None
        one, other = self._ties(tested)
        pairs = len(tested) * (len(tested) - 1) // 2
        expected = float(np.minimum(self._expected(tested, one, other), 1.0).sum()) / 2
        alone = float(np.minimum(self.activity.matrix(tested), 1.0).sum()) / 2
        return Formal(len(tested), pairs, len(one), expected, alone)

    def _ties(self, tested: IntArray) -> tuple[IntArray, IntArray]:
        """Return the ties among some people, as places among them."""
        ends = self.keys[ranges(self._first, tested)]
        lower, higher = np.divmod(ends, len(self.degree))
        place = np.minimum(np.searchsorted(tested, higher), len(tested) - 1)
        inside = tested[place] == higher
        return np.searchsorted(tested, lower[inside]), place[inside]

    def _expected(self, tested: IntArray, one: IntArray, other: IntArray) -> FloatArray:
        """Return what is expected between all pairs of some people, by a null that has not seen a large group's own."""
        if len(tested) <= _LARGE:
            return self.formal.matrix(tested)
        n = len(self.degree)
        if n <= _FITTED_ANEW or len(tested) > _SMALL_SHARE * n:
            return fit_null(self.graph, self.structure, leave_out=tested, start=self.formal).matrix(tested)
        ties = np.zeros((len(tested), len(tested)), dtype=bool)
        ties[one, other] = ties[other, one] = True
        return expected_without_own(self.formal, tested, ties, degree=self.degree, mass=self._mass)

    @cached_property
    def _active(self) -> int:
        """How many people have ties."""
        return int((self.degree > 0).sum())

    @cached_property
    def _first(self) -> IntArray:
        """Where the ties of everybody to people after them begin, and where the last ends."""
        n = len(self.degree)
        return np.searchsorted(self.keys, np.arange(n + 1) * n)

    @cached_property
    def _mass(self) -> FloatArray:
        """Sum of the activities of each unit; people whose unit is not known come last."""
        side = self.formal.blocks.side
        return np.bincount(self.structure.unit % side, self.formal.activity, side).astype(np.float64)
