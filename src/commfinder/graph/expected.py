"""How many ties two people would have anyway: expected from their activity, and from formal structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.interaction_graph import InteractionGraph

__all__ = ["Blocks", "DyadNull", "Structure"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MOST_REPORTS = 1000
"""Nobody leads more people than this in person: a manager of more is a place in a chart, and pairs would explode."""


@dataclass(frozen=True)
class Structure:
    """The formal structure as numbers, one per person in the order of the graph; -1 where it is not known.

    What is the same for everybody tells nobody apart and counts as not known.

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
        nobody = people["manager"].isna().all()
        manager = np.full(len(people), -1, dtype=np.int64) if nobody else _managers(people)
        return cls(_codes(people["unit"]), _codes(people["site"]), manager)

    @cached_property
    def key(self) -> tuple[bytes, ...]:
        """What is equal for equal structures, and for no others."""
        return tuple(
            np.ascontiguousarray(one, dtype=np.int64).tobytes() for one in (self.unit, self.site, self.manager)
        )

    def placed(self, i: IntArray, j: IntArray) -> Structure:
        """Put whoever has no unit into the one that most of their ties lead to; of equals, the first.

        Parameters
        ----------
        i, j : ndarray of int64, shape (m,)
            Ends of the ties.

        Returns
        -------
        Structure
            People without a tie to anybody of a known unit stay without one.

        Notes
        -----
        A unit that the null does not know makes ties that look like a community's. A wrong guess errs on the safe side:
        it explains ties by a unit that are not.
        """
        known = self.unit >= 0
        if known.all() or not known.any():
            return self
        who, where = np.concatenate([i, j]), np.concatenate([self.unit[j], self.unit[i]])
        asked = ~known[who] & (where >= 0)
        side = int(self.unit.max()) + 1
        pair, count = np.unique(who[asked] * side + where[asked], return_counts=True)
        order = np.lexsort((pair, -count, pair // side))
        person, first = np.unique((pair // side)[order], return_index=True)
        unit = self.unit.copy()
        unit[person] = (pair % side)[order][first]
        return replace(self, unit=unit)

    def together(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell whether pairs of people are in one unit; two people whose unit is not known are not."""
        same: BoolArray = (self.unit[i] == self.unit[j]) & (self.unit[i] >= 0)
        return same

    def same_site(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell whether pairs of people are at one site."""
        same: BoolArray = (self.site[i] == self.site[j]) & (self.site[i] >= 0)
        return same

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
class Blocks:
    """Factor of each pair of units.

    Parameters
    ----------
    side : int
        Number of units and one: the last is for people whose unit is not known.
    keys : ndarray of int64, shape (p,)
        One number g * side + h for each stored pair of units g <= h, sorted.
    values : ndarray of float, shape (p,)
        Their factors.
    rest : float
        Factor of all other pairs of units: those without any tie, in organisations of very many units.
    seen, base : ndarray of float, shape (p,)
        Ties of each stored pair, and what activity and the other factors alone would give it.
    prior : tuple of (float, float, float)
        For pairs within one unit and between two: factor where a pair is as expected, expected over base, and how
        much pairs of units differ (variance of their rates).
    """

    side: int
    keys: IntArray
    values: FloatArray
    rest: float
    seen: FloatArray
    base: FloatArray
    prior: tuple[tuple[float, float, float], tuple[float, float, float]] = ((1.0, 1.0, 0.0), (1.0, 1.0, 0.0))

    @cached_property
    def rows(self) -> tuple[IntArray, IntArray]:
        """Where each unit's stored pairs begin, and the other unit of each."""
        return np.searchsorted(self.keys, np.arange(self.side + 1) * self.side).astype(np.int64), self.keys % self.side

    def places(self, g: IntArray, h: IntArray) -> IntArray:
        """Return the number of each stored pair of units; -1 for pairs that are not stored."""
        g, h = g % self.side, h % self.side
        key = np.minimum(g, h) * self.side + np.maximum(g, h)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, place, -1)

    def of(self, g: IntArray, h: IntArray) -> FloatArray:
        """Return the factors of pairs of units; -1 is the unit that is not known."""
        if self.side == 1:
            return np.full(np.broadcast(g, h).shape, self.values[0])
        place = self.places(g, h)
        return np.where(place >= 0, self.values[place], self.rest)

    def among(self, units: IntArray) -> FloatArray:
        """Return the factors between some units, given sorted and from 0 up, shape (k, k)."""
        from commfinder.graph.dyads import local_blocks

        table: FloatArray = local_blocks(units, *self.rows, self.values, self.rest)
        return table


@dataclass(frozen=True)
class DyadNull:
    """Expected number of ties between any two people, if only activity and formal structure made them.

    Parameters
    ----------
    activity : ndarray of float, shape (n,)
        How active each person is.
    blocks : Blocks
        Factor of each pair of units.
    site, manager, report : tuple of float
        Factors of the same site, the same manager, and of a person and their manager: within one unit, and in
        different units. The heads of units report to one person and meet often; the reports of a team leader share a
        unit anyway. Two people whose units are not known are in different ones.
    structure : Structure
        The formal structure.

    Notes
    -----
    λ_ij = u_i u_j B[unit_i, unit_j] · S[same site] · M[same manager] · R[one reports to the other], with S, M and R
    apart for pairs within one unit and across units. The factors are fitted so that everybody's expected number of
    ties is the observed one, and likewise the ties within units, at one site, among the reports of one manager, and
    between reports and managers. What is not known of somebody has no factor. The factor of each pair of units is drawn
    towards that of its kind (within one unit, between two) by as much as pairs of units are alike (empirical Bayes),
    since most pairs of units share too few ties to tell. Without any structure this is the activity null k_i k_j /
    2m, exactly solved.

    References
    ----------
    .. [1] Karrer, Newman (2011), Stochastic blockmodels and community structure in networks.
    doi:10.1103/PhysRevE.83.016107
    """

    activity: FloatArray
    blocks: Blocks
    site: tuple[float, float]
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
        return self._with(self.blocks.of(self.structure.unit[i], self.structure.unit[j]), i, j)

    def matrix(self, members: IntArray) -> FloatArray:
        """Return λ between all pairs of some people, shape (s, s)."""
        units, place = np.unique(self.structure.unit[members] % self.blocks.side, return_inverse=True)
        i, j = np.meshgrid(members, members, indexing="ij")
        return self._with(self.blocks.among(units)[np.ix_(place, place)], i, j)

    def _with(self, block: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
        """Multiply the factors of pairs of people."""
        s = self.structure
        rate = self.activity[i] * self.activity[j] * block
        across = (~s.together(i, j)).astype(np.int64)
        for factors, holds in ((self.site, s.same_site), (self.manager, s.same_manager), (self.report, s.reports)):
            if factors != (1.0, 1.0):
                rate = np.where(holds(i, j), rate * np.array(factors)[across], rate)
        return np.where(i == j, 0.0, rate)


def _codes(values: pd.Series[str]) -> IntArray:
    """Number the distinct values in sorted order; -1 for missing, and for all where everybody has the same."""
    codes, kinds = pd.factorize(values, sort=True)
    if len(kinds) == 1 and (codes >= 0).all():
        return np.full(len(codes), -1, dtype=np.int64)
    return codes.astype(np.int64)


def _managers(people: pd.DataFrame) -> IntArray:
    """Return the number of everybody's manager; -1 where there is none or where they have too many reports."""
    boss = people["manager"].to_numpy(dtype=object)
    manager: IntArray = pd.Index(people["person"].to_numpy(dtype=object)).get_indexer(boss).astype(np.int64)
    # Who is not in the graph can still be the manager of two who are.
    outside = np.flatnonzero(people["manager"].notna().to_numpy() & (manager < 0))
    manager[outside] = len(people) + np.unique(boss[outside].astype(str), return_inverse=True)[1].reshape(-1)
    known = np.flatnonzero(manager >= 0)
    many = np.bincount(manager[known], minlength=1)[manager[known]] > _MOST_REPORTS
    manager[known[many]] = -1
    return manager
