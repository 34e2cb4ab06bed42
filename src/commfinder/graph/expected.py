"""How many ties two people would have anyway: expected from their activity, and from formal structure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.interaction_graph import InteractionGraph

__all__ = ["DyadNull", "Structure", "fit_null"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_STEPS, _TOLERANCE, _ROUNDING = 200, 1e-4, 1e-9


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


def fit_null(
    graph: InteractionGraph, structure: Structure, *, leave_out: IntArray | None = None, start: DyadNull | None = None
) -> DyadNull:
    """Fit the null to the binary ties of a graph.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    structure : Structure
        What counts as formal structure; ``structure.without()`` for activity alone.
    leave_out : ndarray of int64, optional
        People whose ties with one another are left out of the fit, so that a large group does not explain itself.
    start : DyadNull, optional
        Where to start from.

    Returns
    -------
    DyadNull
    """
    n = len(graph.people)
    a, b = graph.pairs
    real = graph.ties["tie"].to_numpy()
    a, b = a[real], b[real]
    inside = np.zeros(n, dtype=bool)
    if leave_out is not None:
        inside[leave_out] = True
        keep = ~(inside[a] & inside[b])
        a, b = a[keep], b[keep]
    return _Fit(n, a, b, structure, np.flatnonzero(inside)).solve(start)


class _Fit:
    """One fit: observed sums are taken once, expected sums at every step."""

    def __init__(self, n: int, a: IntArray, b: IntArray, structure: Structure, left_out: IntArray) -> None:
        self.n, self.structure = n, structure
        self.units = int(structure.unit.max(initial=-1)) + 1
        self.degree = (np.bincount(a, minlength=n) + np.bincount(b, minlength=n)).astype(np.float64)
        self.ties = float(len(a))
        # Cells of (unit, site) make sums over all pairs cheap: within a cell everybody has the same factors.
        cell = np.column_stack([structure.unit, structure.site])
        self.cells, self.cell = np.unique(cell, axis=0, return_inverse=True)
        self.cell = self.cell.reshape(-1)
        self.special, self.held_out = _special_pairs(structure, left_out, n)
        unit = structure.unit
        low, high = np.minimum(unit[a], unit[b]), np.maximum(unit[a], unit[b])
        side = self.units + 1
        self.observed_blocks = (
            np.bincount((low % side) * side + high % side, minlength=side * side).reshape(side, side).astype(np.float64)
        )
        self.observed_blocks = (
            self.observed_blocks + np.triu(self.observed_blocks, 1).T + np.tril(self.observed_blocks, -1).T
        )
        site = structure.site
        self.observed_site = float(((site[a] == site[b]) & (site[a] >= 0) & (unit[a] != unit[b])).sum())
        self.observed_manager = _by_unit(structure, a, b, structure.same_manager(a, b))
        self.observed_report = _by_unit(structure, a, b, structure.reports(a, b))

    def solve(self, start: DyadNull | None) -> DyadNull:
        """Scale each factor to its observed sum in turn, until nothing moves."""
        side = self.units + 1
        scale = np.sqrt(max(2 * self.ties, 1.0))
        null = start or DyadNull(
            self.degree / scale, np.ones((side, side)), 1.0, (1.0, 1.0), (1.0, 1.0), self.structure
        )
        for _ in range(_STEPS):
            before = null
            null = self._scale_factors(null)
            by_person, *_ = self._sums(null)
            ratio = np.divide(self.degree, by_person, out=np.zeros(self.n), where=by_person > 0)
            null = replace(null, activity=null.activity * np.sqrt(ratio))
            moved = np.abs(by_person - self.degree).max(initial=0.0)
            factors = zip(
                (null.site, *null.manager, *null.report), (before.site, *before.manager, *before.report), strict=True
            )
            factor_moved = max(abs(new - old) for new, old in factors)
            if moved < _TOLERANCE * max(1.0, self.degree.max(initial=1.0)) and factor_moved < 1e-3:
                break
        return null

    def _scale_factors(self, null: DyadNull) -> DyadNull:
        """Scale site, manager and report factors and the blocks."""
        _, blocks, site, manager, report = self._sums(null)
        null = replace(
            null,
            site=null.site * _ratio(self.observed_site, site),
            manager=_scaled(null.manager, self.observed_manager, manager),
            report=_scaled(null.report, self.observed_report, report),
        )
        if not self.units:
            return null
        return replace(null, blocks=self._shrunk(null.blocks, blocks))

    def _shrunk(self, current: FloatArray, expected: FloatArray) -> FloatArray:
        """Return block factors drawn towards those of their kind."""
        side = len(current)
        new = current.copy()
        diagonal = np.eye(side, dtype=bool)
        for kind in (diagonal, ~diagonal):
            upper = kind & np.triu(np.ones((side, side), dtype=bool))
            # Expected with the factor taken out: what activity alone, with the other factors, would give.
            base = np.divide(expected, current, out=np.zeros_like(expected), where=current > 0)
            total = base[upper].sum()
            if total <= 0:
                continue
            common = self.observed_blocks[upper].sum() / total
            if common <= 0:
                new[kind] = 1e-9
                continue
            mean = base * common
            spread = _overdispersion(self.observed_blocks[upper], mean[upper])
            # Gamma prior with mean 1 and variance `spread`; spread 0 leaves the common factor.
            weight = 1.0 / spread if spread > 0 else np.inf
            shape = np.ones_like(mean) if np.isinf(weight) else (self.observed_blocks + weight) / (mean + weight)
            # Drawing factors together must not change the ties of the kind in all: the sums would chase one another.
            whole = float((base * shape)[upper].sum())
            new[kind] = (shape * self.observed_blocks[upper].sum() / whole)[kind]
        # Rounding differs between the two orders of a pair of units, and steps would build on the difference.
        return (new + new.T) / 2

    def _sums(self, null: DyadNull) -> tuple[FloatArray, FloatArray, float, FloatArray, FloatArray]:
        """Return expected sums: per person, per pair of units, same site, same manager, reports."""
        side = self.units + 1
        unit, site = self.cells[:, 0], self.cells[:, 1]
        same_site = (site[:, None] == site[None, :]) & (site[:, None] >= 0) & (unit[:, None] != unit[None, :])
        factor = null.blocks[unit[:, None], unit[None, :]] * np.where(same_site, null.site, 1.0)
        mass = np.bincount(self.cell, null.activity, len(self.cells))
        own = np.bincount(self.cell, null.activity**2, len(self.cells))
        pair_sum = factor * (np.outer(mass, mass) - np.diag(own))
        by_person = null.activity * (factor @ mass)[self.cell]
        by_person -= null.activity**2 * np.diag(factor)[self.cell]
        blocks = np.zeros((side, side))
        np.add.at(blocks, (unit[:, None] % side, unit[None, :] % side), pair_sum)
        site_sum = float(pair_sum[same_site].sum()) / 2
        # Pairs with a factor of their own, and pairs left out, are put right one by one.
        i, j = self.special
        plain = null.activity[i] * null.activity[j] * factor[self.cell[i], self.cell[j]]
        full = np.where(self.held_out, 0.0, null.expected(i, j))
        change = full - plain
        by_person += np.bincount(i, change, self.n) + np.bincount(j, change, self.n)
        gi, gj = self.structure.unit[i] % side, self.structure.unit[j] % side
        np.add.at(blocks, (gi, gj), change)
        np.add.at(blocks, (gj, gi), change)
        blocks[np.diag_indices(side)] /= 2
        s = self.structure
        at_site = (s.site[i] == s.site[j]) & (s.site[i] >= 0) & (s.unit[i] != s.unit[j])
        site_sum += float(change[at_site].sum())
        manager = _by_unit(s, i, j, s.same_manager(i, j), full)
        report = _by_unit(s, i, j, s.reports(i, j), full)
        # What is left of a block of which every pair is left out is rounding, of either sign.
        blocks = np.where(blocks > _ROUNDING, blocks, 0.0)
        return np.maximum(by_person, 0.0), blocks, site_sum, manager, report


def _special_pairs(
    structure: Structure, left_out: IntArray, n: int
) -> tuple[tuple[IntArray, IntArray], npt.NDArray[np.bool_]]:
    """Return the pairs that share a manager, report to one another, or are left out, each once."""
    keys = [np.empty(0, dtype=np.int64)]
    order = np.argsort(structure.manager, kind="stable")
    known = order[structure.manager[order] >= 0]
    if len(known):
        bounds = np.flatnonzero(np.diff(structure.manager[known])) + 1
        keys += [_pair_keys(np.sort(team), n) for team in np.split(known, bounds)]
        boss = structure.manager[known]
        here = boss < n
        low, high = np.minimum(known[here], boss[here]), np.maximum(known[here], boss[here])
        keys.append(low * n + high)
    out = _pair_keys(np.sort(left_out), n)
    both = np.unique(np.concatenate([*keys, out]))
    return (both // n, both % n), np.isin(both, out)


def _pair_keys(people: IntArray, n: int) -> IntArray:
    """Return one number for each pair of sorted people."""
    i, j = np.triu_indices(len(people), 1)
    keys: IntArray = people[i] * n + people[j]
    return keys


def _by_unit(
    structure: Structure, i: IntArray, j: IntArray, which: BoolArray, weight: FloatArray | None = None
) -> FloatArray:
    """Count, or sum, some pairs within one unit and across units."""
    across = (structure.unit[i] != structure.unit[j]).astype(np.int64)
    values = None if weight is None else weight[which]
    return np.bincount(across[which], values, minlength=2).astype(np.float64)


def _scaled(factors: tuple[float, float], observed: FloatArray, expected: FloatArray) -> tuple[float, float]:
    """Scale the factors within and across units."""
    within, across = (
        factor * _ratio(float(seen), float(mean))
        for factor, seen, mean in zip(factors, observed, expected, strict=True)
    )
    return within, across


def _ratio(observed: float, expected: float) -> float:
    """Return the factor that brings an expected sum to the observed one; half a tie stands in for none."""
    return max(observed, 0.5) / expected if expected > 1e-9 else 1.0


def _overdispersion(observed: FloatArray, mean: FloatArray) -> float:
    """Estimate the variance of rates around their mean, by moments: Var(e) = μ + μ² · spread."""
    squares = float((mean**2).sum())
    return max(float(((observed - mean) ** 2 - mean).sum()) / squares, 0.0) if squares > 0 else 0.0


def _codes(values: pd.Series[str]) -> IntArray:
    """Number the distinct values in sorted order; -1 for missing."""
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int64)
