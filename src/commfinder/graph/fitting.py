"""Fit the formal null to the ties of a graph: scale each factor to its observed sum in turn, until nothing moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.interaction_graph import InteractionGraph

__all__ = ["fit_null"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_STEPS, _ROUNDING = 200, 1e-9
_MOVED, _FACTOR_MOVED = 0.02, 1e-3
"""Enough is a fiftieth of a tie for everybody: a test does not see less, and the last digits take most of the steps."""


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
    return _solve(_Pairs.of(structure, np.flatnonzero(inside), n), _observed(a, b, structure, n), start)


@dataclass(frozen=True)
class _Sums:
    """Ties, observed or expected, by what the factors stand for.

    Within one unit and across units are told apart for managers and reports.
    """

    person: FloatArray
    blocks: FloatArray
    site: float
    manager: FloatArray
    report: FloatArray


@dataclass(frozen=True)
class _Pairs:
    """All pairs of people, by cells of unit and site, and one by one where a pair is special.

    Within a cell everybody has the same factors, so that sums over all pairs go by cells. Pairs that share a manager,
    report to one another or are left out are special: they are put right one by one.
    """

    structure: Structure
    n: int
    side: int
    cell: IntArray
    cells: int
    cell_block: IntArray
    same_site: BoolArray
    i: IntArray
    j: IntArray
    left_out: BoolArray
    block: IntArray
    turned: IntArray
    at_site: BoolArray
    manager: IntArray
    report: IntArray

    @classmethod
    def of(cls, structure: Structure, left_out: IntArray, n: int) -> _Pairs:
        """Work out once what every step needs."""
        side = int(structure.unit.max(initial=-1)) + 2
        kinds, cell = np.unique(np.column_stack([structure.unit, structure.site]), axis=0, return_inverse=True)
        unit, site = kinds[:, 0] % side, kinds[:, 1]
        differ = unit[:, None] != unit[None, :]
        (i, j), out = _special_pairs(structure, left_out, n)
        gi, gj = structure.unit[i] % side, structure.unit[j] % side
        across = (gi != gj).astype(np.int64) + 1
        return cls(
            structure=structure,
            n=n,
            side=side,
            cell=cell.reshape(-1).astype(np.int64),
            cells=len(kinds),
            cell_block=(unit[:, None] * side + unit[None, :]).reshape(-1),
            same_site=(site[:, None] == site[None, :]) & (site[:, None] >= 0) & differ,
            i=i,
            j=j,
            left_out=out,
            block=gi * side + gj,
            turned=gj * side + gi,
            at_site=(structure.site[i] == structure.site[j]) & (structure.site[i] >= 0) & (gi != gj),
            manager=np.where(structure.same_manager(i, j), across, 0),
            report=np.where(structure.reports(i, j), across, 0),
        )

    def factor(self, null: DyadNull) -> FloatArray:
        """Return the factor of each pair of cells."""
        blocks = null.blocks.reshape(-1)[self.cell_block].reshape(self.cells, self.cells)
        return blocks * np.where(self.same_site, null.site, 1.0)

    def special(self, null: DyadNull, factor: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what special pairs are expected to have, and by how much that differs from their cells' others."""
        plain = null.activity[self.i] * null.activity[self.j] * factor[self.cell[self.i], self.cell[self.j]]
        of_manager, of_report = np.array([1.0, *null.manager]), np.array([1.0, *null.report])
        full = np.where(self.left_out, 0.0, plain * of_manager[self.manager] * of_report[self.report])
        return full, full - plain

    def person_sums(self, null: DyadNull, factor: FloatArray, change: FloatArray) -> FloatArray:
        """Return everybody's expected number of ties."""
        mass = np.bincount(self.cell, null.activity, self.cells)
        sums = null.activity * (factor @ mass)[self.cell] - null.activity**2 * np.diag(factor)[self.cell]
        sums += np.bincount(self.i, change, self.n) + np.bincount(self.j, change, self.n)
        return np.maximum(sums.astype(np.float64), 0.0)

    def sums(self, null: DyadNull) -> _Sums:
        """Return all expected sums."""
        factor = self.factor(null)
        full, change = self.special(null, factor)
        mass = np.bincount(self.cell, null.activity, self.cells)
        own = np.bincount(self.cell, null.activity**2, self.cells)
        pair_sum = factor * (np.outer(mass, mass) - np.diag(own))
        size = self.side * self.side
        flat = np.bincount(self.cell_block, pair_sum.reshape(-1), size)
        flat += np.bincount(self.block, change, size) + np.bincount(self.turned, change, size)
        blocks = flat.astype(np.float64).reshape(self.side, self.side)
        blocks[np.diag_indices(self.side)] /= 2
        # What is left of a block of which every pair is left out is rounding, of either sign.
        blocks = np.where(blocks > _ROUNDING, blocks, 0.0)
        site = float(pair_sum[self.same_site].sum()) / 2 + float(change[self.at_site].sum())
        manager, report = (np.bincount(kind, full, 3)[1:].astype(np.float64) for kind in (self.manager, self.report))
        return _Sums(self.person_sums(null, factor, change), blocks, site, manager, report)


def _observed(a: IntArray, b: IntArray, structure: Structure, n: int) -> _Sums:
    """Return the observed sums of some ties."""
    side = int(structure.unit.max(initial=-1)) + 2
    one, other = structure.unit[a] % side, structure.unit[b] % side
    flat = np.bincount(np.minimum(one, other) * side + np.maximum(one, other), minlength=side * side)
    blocks = flat.reshape(side, side).astype(np.float64)
    site = (structure.site[a] == structure.site[b]) & (structure.site[a] >= 0) & (one != other)
    across = (one != other).astype(np.int64) + 1
    manager, report = (
        np.bincount(np.where(which, across, 0), minlength=3)[1:].astype(np.float64)
        for which in (structure.same_manager(a, b), structure.reports(a, b))
    )
    degree = (np.bincount(a, minlength=n) + np.bincount(b, minlength=n)).astype(np.float64)
    return _Sums(degree, blocks + np.triu(blocks, 1).T, float(site.sum()), manager, report)


def _solve(pairs: _Pairs, observed: _Sums, start: DyadNull | None) -> DyadNull:
    """Scale each factor to its observed sum in turn, until nothing moves."""
    null = start or DyadNull(
        observed.person / np.sqrt(max(float(observed.person.sum()), 1.0)),
        np.ones((pairs.side, pairs.side)),
        1.0,
        (1.0, 1.0),
        (1.0, 1.0),
        pairs.structure,
    )
    for _ in range(_STEPS):
        before = null
        null = _scale_factors(null, observed, pairs.sums(null))
        factor = pairs.factor(null)
        person = pairs.person_sums(null, factor, pairs.special(null, factor)[1])
        ratio = np.divide(observed.person, person, out=np.zeros(pairs.n), where=person > 0)
        null = replace(null, activity=null.activity * np.sqrt(ratio))
        old, new = ((one.site, *one.manager, *one.report) for one in (before, null))
        steady = max(abs(x - y) / max(x, y, 1.0) for x, y in zip(old, new, strict=True)) < _FACTOR_MOVED
        if steady and np.abs(person - observed.person).max(initial=0.0) < _MOVED:
            break
    return null


def _scale_factors(null: DyadNull, observed: _Sums, expected: _Sums) -> DyadNull:
    """Scale the factors of site, manager and reports, and the blocks."""
    scaled = replace(
        null,
        site=null.site * _ratio(observed.site, expected.site),
        manager=_scaled(null.manager, observed.manager, expected.manager),
        report=_scaled(null.report, observed.report, expected.report),
    )
    if len(null.blocks) == 1:
        return scaled
    return replace(scaled, blocks=_shrunk(null.blocks, observed.blocks, expected.blocks))


def _shrunk(current: FloatArray, observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return block factors drawn towards those of their kind: within one unit, and between two."""
    new = current.copy()
    diagonal = np.eye(len(current), dtype=bool)
    # Expected with the factor taken out: what activity alone, with the other factors, would give.
    base = np.divide(expected, current, out=np.zeros_like(expected), where=current > 0)
    for kind in (diagonal, ~diagonal):
        upper = np.triu(kind)
        total, seen = float(base[upper].sum()), float(observed[upper].sum())
        if total <= 0:
            continue
        if seen <= 0:
            new[kind] = _ROUNDING
            continue
        mean = base * (seen / total)
        spread = _overdispersion(observed[upper], mean[upper])
        # Gamma prior with mean 1 and variance `spread`; spread 0 leaves the common factor.
        shape = (observed + 1 / spread) / (mean + 1 / spread) if spread > 0 else np.ones_like(mean)
        # Drawing factors together must not change the ties of the kind in all: the sums would chase one another.
        new[kind] = (shape * seen / float((base * shape)[upper].sum()))[kind]
    # Rounding differs between the two orders of a pair of units, and steps would build on the difference.
    return (new + new.T) / 2


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
