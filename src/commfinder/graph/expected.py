"""How many ties two people would have anyway: expected from their activity, and from formal structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.interaction_graph import InteractionGraph

__all__ = ["DyadNull", "Structure"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Structure:
    """The formal structure as numbers, one per person in the order of the graph; -1 where it is not known.

    Parameters
    ----------
    unit, site, manager : ndarray of int64, shape (n,)
        Codes of unit and site, and the number of the manager in the graph (or a code above n for one outside it).
    """

    unit: IntArray
    site: IntArray
    manager: IntArray

    @classmethod
    def of(cls, graph: InteractionGraph) -> Structure:
        """Read the structure from the people of a graph."""
        people = graph.people
        position = {person: number for number, person in enumerate(people["person"])}
        n = len(people)
        outside = {
            name: n + number for number, name in enumerate(sorted(set(people["manager"].dropna()) - set(position)))
        }
        manager = [
            position.get(name, outside.get(name, -1)) if isinstance(name, str) else -1 for name in people["manager"]
        ]
        return cls(_codes(people["unit"]), _codes(people["site"]), np.array(manager, dtype=np.int64))

    def same_manager(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell whether pairs of people have the same manager."""
        same: BoolArray = (self.manager[i] == self.manager[j]) & (self.manager[i] >= 0)
        return same

    def reports(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell whether one of a pair reports to the other."""
        line: BoolArray = (self.manager[i] == j) | (self.manager[j] == i)
        return line

    def without(self) -> Structure:
        """Forget the structure: what remains is activity alone."""
        nothing = np.full(len(self.unit), -1, dtype=np.int64)
        return Structure(nothing, nothing, nothing)

    @property
    def known(self) -> bool:
        """Whether at least two units, sites or managers tell people apart."""
        return any(len(np.unique(codes)) > 1 for codes in (self.unit, self.site, self.manager))


@dataclass(frozen=True)
class DyadNull:
    """Expected number of ties between any two people, if only activity and formal structure made them.

    Parameters
    ----------
    activity : ndarray of float, shape (n,)
        How active each person is.
    blocks : ndarray of float, shape (units + 1, units + 1)
        Factor of each pair of units; the last row is for people whose unit is not known.
    site : float
        Factor of the same site, in different units.
    manager, report : tuple of float
        Factors of the same manager, and of a person and their manager: within one unit, and in different units. The
        heads of units report to one person and meet often; the reports of a team leader share a unit anyway.
    structure : Structure
        The formal structure.

    Notes
    -----
    λ_ij = u_i u_j B[unit_i, unit_j] · S[same site] · M[same manager] · R[one reports to the other], with M and R
    apart for pairs within one unit and across units. The factors are fitted so
    that everybody's expected number of ties is the observed one, and likewise the ties within units, between sites,
    among the reports of one manager, and between reports and managers. The factor of each pair of units is drawn
    towards that of its kind (within one unit, between two) by as much as pairs of units are alike (empirical Bayes),
    since most pairs of units share too few ties to tell. Without any structure this is the activity null k_i k_j /
    2m, exactly solved.

    References
    ----------
    .. [1] Karrer, Newman (2011), Stochastic blockmodels and community structure in networks.
    doi:10.1103/PhysRevE.83.016107
    """

    activity: FloatArray
    blocks: FloatArray
    site: float
    manager: tuple[float, float]
    report: tuple[float, float]
    structure: Structure

    def expected(self, i: IntArray, j: IntArray) -> FloatArray:
        """Return λ for pairs of people; 0 for a person with itself.

        Parameters
        ----------
        i, j : ndarray of int64, any equal shape
            Numbers of the two people.

        Returns
        -------
        ndarray of float
        """
        s = self.structure
        g, h = s.unit[i], s.unit[j]
        rate = self.activity[i] * self.activity[j] * self.blocks[g, h]
        if self.site != 1.0:
            rate = np.where((s.site[i] == s.site[j]) & (s.site[i] >= 0) & (g != h), rate * self.site, rate)
        across = (g != h).astype(np.int64)
        if self.manager != (1.0, 1.0):
            rate = np.where(s.same_manager(i, j), rate * np.array(self.manager)[across], rate)
        if self.report != (1.0, 1.0):
            rate = np.where(s.reports(i, j), rate * np.array(self.report)[across], rate)
        return np.where(i == j, 0.0, rate)

    def matrix(self, members: IntArray) -> FloatArray:
        """Return λ between all pairs of some people, shape (s, s)."""
        i, j = np.meshgrid(members, members, indexing="ij")
        return self.expected(i, j)


def _codes(values: pd.Series[str]) -> IntArray:
    """Number the distinct values in sorted order; -1 for missing."""
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int64)
