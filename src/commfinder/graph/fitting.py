"""Fit the formal null to the ties of a graph: scale each factor to its observed sum in turn, until nothing moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.graph.dyads import special_sums, unit_sums
from commfinder.graph.expected import Blocks, DyadNull, Structure
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.special_pairs import distinct, special_pairs

__all__ = ["fit_null"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_STEPS, _UNITS_FIRST, _ROUNDING = 200, 2, 1e-9
_MOVED, _MOVED_SHARE, _FACTOR_MOVED = 0.02, 1e-3, 1e-3
"""Enough is a fiftieth of a tie, or a thousandth of the ties, for everybody: a test does not see less, and the last
digits take most of the steps."""
_FEW_PAIRS = 500_000
"""Up to so many pairs of units each has a factor of its own; beyond, those without any tie share one."""


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
        Where to start from: a fit to the same graph and structure.

    Returns
    -------
    DyadNull

    Notes
    -----
    Sums over all pairs of people go by units and sites, and by the stored pairs of units: of 5,000 units most pairs
    have no tie, and those share one factor. Pairs of one manager are visited one by one. So no pair has to be sampled,
    and the fit has no error but that of its last step.

    What is fitted to all ties from nothing is kept with the graph: whoever asks for the same structure again gets the
    same null.
    """
    if leave_out is not None or start is not None:
        return _fitted(graph, structure, leave_out, start)
    # A value derived from the graph, as its cached properties are: the graph itself stays as it is.
    held: dict[tuple[bytes, ...], DyadNull] = vars(graph).setdefault("_nulls", {})
    if structure.key not in held:
        held[structure.key] = _fitted(graph, structure, None, None)
    return held[structure.key]


def _fitted(
    graph: InteractionGraph, structure: Structure, leave_out: IntArray | None, start: DyadNull | None
) -> DyadNull:
    """Fit the null, whether it is known already or not."""
    n = len(graph.people)
    a, b = graph.pairs
    real = graph.tie_values("tie")
    a, b = a[real], b[real]
    inside = np.zeros(n, dtype=bool)
    if leave_out is not None:
        inside[leave_out] = True
    pairs = _Pairs.of(structure, np.flatnonzero(inside), (a, b))
    if leave_out is not None:
        keep = ~(inside[a] & inside[b])
        a, b = a[keep], b[keep]
    return _solve(pairs, _observed(a, b, pairs), start)


@dataclass(frozen=True)
class _Sums:
    """Ties, observed or expected, by what the factors stand for; `rest` are those of pairs of units not stored.

    `at_site` is what pairs of units would expect at one site without the factor of sites.

    Within one unit and across units are told apart for sites, managers and reports.
    """

    person: FloatArray
    blocks: FloatArray
    at_site: FloatArray
    rest: float
    site: FloatArray
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
    cell_unit: IntArray
    cell_site: IntArray
    cell_starts: IntArray
    keys: IntArray
    one: IntArray
    other: IntArray
    itself: IntArray
    whole: bool
    i: IntArray
    j: IntArray
    left_out: BoolArray
    block: IntArray
    site: IntArray
    manager: IntArray
    report: IntArray

    @classmethod
    def of(cls, structure: Structure, left_out: IntArray, ties: tuple[IntArray, IntArray]) -> _Pairs:
        """Work out once what every step needs."""
        n, side = len(structure.unit), int(structure.unit.max(initial=-1)) + 2
        unit, sites = structure.unit % side, int(structure.site.max(initial=-1)) + 2
        kinds, cell = np.unique(unit * sites + structure.site + 1, return_inverse=True)
        (i, j), out = special_pairs(structure, left_out, n)
        whole = side * (side + 1) // 2 <= _FEW_PAIRS
        some = [np.arange(side) * (side + 1), _keys(unit[i], unit[j], side), _keys(unit[ties[0]], unit[ties[1]], side)]
        keys = _upper(side) if whole else distinct(np.concatenate(some))
        one, other = keys // side, keys % side
        apart = ~structure.together(i, j) + 1
        return cls(
            structure=structure,
            n=n,
            side=side,
            cell=cell.reshape(-1).astype(np.int64),
            cell_unit=kinds // sites,
            cell_site=kinds % sites - 1,
            cell_starts=np.searchsorted(kinds // sites, np.arange(side + 1)).astype(np.int64),
            keys=keys,
            one=one,
            other=other,
            itself=np.searchsorted(keys, np.arange(side) * (side + 1)),
            whole=whole,
            i=i,
            j=j,
            left_out=out,
            block=np.searchsorted(keys, some[1]),
            site=np.where(structure.same_site(i, j), apart, 0),
            manager=np.where(structure.same_manager(i, j), apart, 0),
            report=np.where(structure.reports(i, j), apart, 0),
        )

    def special(self, null: DyadNull) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return by how much special pairs change people's and blocks' sums, and their sums by kind."""
        pairs = (self.i, self.j, self.block, self.left_out, self.site, self.manager, self.report)
        factors = np.array([[1.0, *one] for one in (null.site, null.manager, null.report)])
        person, blocks, kinds = special_sums(pairs, null.activity, null.blocks.values, factors, self.n)
        return person, blocks, kinds[:, 1:]

    def person(self, null: DyadNull) -> FloatArray:
        """Return everybody's expected number of ties."""
        by_person = self.special(null)[0]
        mass, unit, _, reached, whole = self._masses(null)
        return np.maximum(self._people(null, mass, unit, reached, whole) + by_person, 0.0)

    def _masses(self, null: DyadNull) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return activity by cell and by unit, and what goes by pairs of units."""
        mass = np.bincount(self.cell, null.activity, len(self.cell_unit)).astype(np.float64)
        unit = np.bincount(self.cell_unit, mass, self.side).astype(np.float64)
        values, rest = null.blocks.values, null.blocks.rest
        common, reached, whole = unit_sums(
            self.one, self.other, self.cell_starts, self.cell_site, mass, unit, values, rest
        )
        return mass, unit, common, reached, whole

    def sums(self, null: DyadNull) -> _Sums:
        """Return all expected sums."""
        values, rest = null.blocks.values, null.blocks.rest
        mass, unit, common, reached, whole = self._masses(null)
        by_person, by_block, kinds = self.special(null)
        person = self._people(null, mass, unit, reached, whole) + by_person
        known = self.cell_site >= 0
        square = np.bincount(self.cell, null.activity**2, len(self.cell_unit))
        own_square = np.bincount(self.cell_unit, square, self.side)
        own_site = np.bincount(self.cell_unit, np.where(known, mass**2 - square, 0.0), self.side)
        pairs_of: FloatArray = unit[self.one] * unit[self.other]
        at_site = common
        pairs_of[self.itself] = (unit**2 - own_square) / 2
        at_site[self.itself] = own_site / 2
        factor = np.full(len(self.keys), null.site[1] - 1.0)
        factor[self.itself[:-1]] = null.site[0] - 1.0
        blocks = values * (pairs_of + factor * at_site) + by_block
        # What is left of a block of which every pair is left out is rounding, of either sign.
        blocks = np.where(blocks > _ROUNDING, blocks, 0.0)
        expected = values * at_site
        within = float(expected[self.itself[:-1]].sum())
        others, others_site = self._rest(mass, unit, pairs_of, at_site) if not self.whole else (0.0, 0.0)
        site = kinds[0] + np.array(null.site) * [within, float(expected.sum()) - within + rest * others_site]
        left = rest * (others + (null.site[1] - 1.0) * others_site)
        return _Sums(np.maximum(person, 0.0), blocks, expected, left, site, kinds[1], kinds[2])

    def _rest(
        self, mass: FloatArray, unit: FloatArray, pairs_of: FloatArray, at_site: FloatArray
    ) -> tuple[float, float]:
        """Return what activity gives the pairs of units that are not stored, in all and at one site."""
        known = self.cell_site >= 0
        of_site = np.bincount(self.cell_site[known], mass[known], 1)
        stored, stored_site = (float(one.sum() - one[self.itself].sum()) for one in (pairs_of, at_site))
        total = (float(unit.sum()) ** 2 - float((unit**2).sum())) / 2 - stored
        total_site = (float((of_site**2).sum()) - float((mass[known] ** 2).sum())) / 2 - stored_site
        return max(total, 0.0), max(total_site, 0.0)

    def _people(
        self,
        null: DyadNull,
        mass: FloatArray,
        unit: FloatArray,
        reached: FloatArray,
        whole: FloatArray,
    ) -> FloatArray:
        """Return everybody's expected number of ties, special pairs as others."""
        by_unit = null.blocks.rest * unit.sum() + whole
        known = self.cell_site >= 0
        itself = null.blocks.values[self.itself][self.cell_unit]
        of_site = np.bincount(self.cell_site[known], mass[known], 1)
        elsewhere = np.zeros(len(mass))
        elsewhere[known] = null.blocks.rest * (of_site[self.cell_site[known]] - mass[known]) + reached[known]
        inside = np.where(self.cell_unit < self.side - 1, null.site[0], null.site[1])
        inside = np.where(known, inside, 1.0)
        rate = by_unit[self.cell_unit] + (null.site[1] - 1.0) * elsewhere + (inside - 1.0) * itself * mass
        sums: FloatArray = null.activity * (rate[self.cell] - null.activity * (itself * inside)[self.cell])
        return sums


def _observed(a: IntArray, b: IntArray, pairs: _Pairs) -> _Sums:
    """Return the observed sums of some ties."""
    s, unit = pairs.structure, pairs.structure.unit
    place = np.searchsorted(pairs.keys, _keys(unit[a] % pairs.side, unit[b] % pairs.side, pairs.side))
    apart = ~s.together(a, b) + 1
    site, manager, report = (
        np.bincount(np.where(which(a, b), apart, 0), minlength=3)[1:].astype(np.float64)
        for which in (s.same_site, s.same_manager, s.reports)
    )
    degree = (np.bincount(a, minlength=pairs.n) + np.bincount(b, minlength=pairs.n)).astype(np.float64)
    blocks = np.bincount(place, minlength=len(pairs.keys)).astype(np.float64)
    return _Sums(degree, blocks, blocks, 0.0, site, manager, report)


def _solve(pairs: _Pairs, observed: _Sums, start: DyadNull | None) -> DyadNull:
    """Scale each factor to its observed sum in turn, until nothing moves."""
    plain = np.ones(len(pairs.keys))
    null = start or DyadNull(
        observed.person / np.sqrt(max(float(observed.person.sum()), 1.0)),
        Blocks(pairs.side, pairs.keys, plain, 1.0, observed.blocks, plain),
        (1.0, 1.0),
        (1.0, 1.0),
        (1.0, 1.0),
        pairs.structure,
    )
    enough = np.maximum(_MOVED, _MOVED_SHARE * observed.person)
    for step in range(_STEPS):
        before = null
        # First activity and units find their size: from nothing, the other factors would take over what is theirs.
        null = _scale_factors(null, observed, pairs, only_units=start is None and step < _UNITS_FIRST)
        person = pairs.person(null)
        ratio = np.divide(observed.person, person, out=np.zeros(pairs.n), where=person > 0)
        null = replace(null, activity=null.activity * np.sqrt(ratio))
        old, new = ((*one.site, *one.manager, *one.report) for one in (before, null))
        steady = max(abs(x - y) / max(x, y, 1.0) for x, y in zip(old, new, strict=True)) < _FACTOR_MOVED
        if steady and step >= _UNITS_FIRST and (np.abs(person - observed.person) < enough).all():
            break
    return null


def _scale_factors(null: DyadNull, observed: _Sums, pairs: _Pairs, *, only_units: bool = False) -> DyadNull:
    """Scale the factors of site, manager and reports, and the blocks."""
    if len(pairs.i) and not only_units:
        # One after the other: most who share a manager share a unit, and two factors would both make up for one lack.
        null = replace(null, manager=_scaled(null.manager, observed.manager, pairs.special(null)[2][1]))
        null = replace(null, report=_scaled(null.report, observed.report, pairs.special(null)[2][2]))
    at_site = (pairs.structure.site >= 0).any() and not only_units
    if pairs.side == 1 and not at_site:
        return null
    expected = pairs.sums(null)
    if at_site:
        site = _scaled(null.site, observed.site, expected.site)
        # Blocks are scaled to what is expected after that; the few special pairs wait for the next step.
        moved = np.full(len(expected.blocks), site[1] - null.site[1])
        moved[pairs.itself[:-1]] = site[0] - null.site[0]
        null = replace(null, site=site)
        expected = replace(expected, blocks=np.maximum(expected.blocks + moved * expected.at_site, 0.0))
    return null if pairs.side == 1 else replace(null, blocks=_shrunk(null, observed, expected, pairs))


def _shrunk(null: DyadNull, observed: _Sums, expected: _Sums, pairs: _Pairs) -> Blocks:
    """Return block factors drawn towards those of their kind: within one unit, and between two."""
    current = null.blocks
    # Expected with the factor taken out: what activity alone, with the other factors, would give.
    base = np.divide(expected.blocks, current.values, out=np.zeros_like(current.values), where=current.values > 0)
    others = expected.rest / current.rest if current.rest > 0 else 0.0
    values, rest, priors = current.values.copy(), current.rest, list(current.prior)
    within = np.zeros(len(pairs.keys), dtype=bool)
    within[pairs.itself[:-1]] = True
    for number, kind in enumerate((within, ~within)):
        left = others if number else 0.0
        total, seen = float(base[kind].sum()) + left, float(observed.blocks[kind].sum())
        if total <= 0:
            continue
        if seen <= 0:
            values[kind] = _ROUNDING
            rest = _ROUNDING if number else rest
            continue
        common = seen / total
        mean = base[kind] * common
        squares = _squares_left(null, pairs) * common**2 if left else 0.0
        spread = _overdispersion(observed.blocks[kind], mean, left * common, squares)
        # Gamma prior with mean 1 and variance `spread`; spread 0 leaves the common factor.
        shape = (observed.blocks[kind] + 1 / spread) / (mean + 1 / spread) if spread > 0 else np.ones_like(mean)
        empty = 1 / (1 + spread * squares / (left * common)) if left else 1.0
        # Drawing factors together must not change the ties of the kind in all: the sums would chase one another.
        level = seen / (float((base[kind] * shape).sum()) + left * empty)
        values[kind] = shape * level
        rest = empty * level if left else rest
        priors[number] = (level, common, spread)
    return replace(current, values=values, rest=rest, seen=observed.blocks, base=base, prior=(priors[0], priors[1]))


def _squares_left(null: DyadNull, pairs: _Pairs) -> float:
    """Return the sum of squares of what activity gives the pairs of units that are not stored, sites left aside."""
    unit = np.bincount(pairs.structure.unit % pairs.side, null.activity, pairs.side)
    stored = float(((unit[pairs.one] * unit[pairs.other]) ** 2).sum() - (unit**4).sum())
    return max((float((unit**2).sum()) ** 2 - float((unit**4).sum())) / 2 - stored, 0.0)


def _keys(g: IntArray, h: IntArray, side: int) -> IntArray:
    """Return one number for each pair of units, whatever their order."""
    keys: IntArray = np.minimum(g, h) * side + np.maximum(g, h)
    return keys


def _upper(side: int) -> IntArray:
    """Return the numbers of all pairs of units."""
    g, h = np.triu_indices(side)
    keys: IntArray = g * side + h
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


def _overdispersion(observed: FloatArray, mean: FloatArray, left: float, squares_left: float) -> float:
    """Estimate the variance of rates around their mean, by moments: Var(e) = μ + μ² · spread."""
    squares = float((mean**2).sum()) + squares_left
    excess = float(((observed - mean) ** 2 - mean).sum()) + squares_left - left
    return max(excess / squares, 0.0) if squares > 0 else 0.0
