"""Rosters that look like a given one: each member replaced by somebody alike in formal position and activity.

A test against such rosters has its level if the tested one could have been drawn as they are. So whoever can stand in
for a member can be stood in for by that member: everybody is in one circle of people alike, and so many are drawn from
each circle as the group has there. And a group may lean towards the active, or the quiet: so do the rosters drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from commfinder.declared.roster import TieTable
from commfinder.declared.shape import peel_cores
from commfinder.declared.statistics import z_score
from commfinder.graph.dyads import drawn_rosters, in_circles, lean_of, replicated, shared_out, stand_ins
from commfinder.graph.expected import DyadNull, Structure

__all__ = ["Matcher", "Replicates", "StandIns", "matched_permutation", "replicates", "replicates_by_loop"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_NEAREST, _ENOUGH, _CIRCLE = 12, 3, 13
_LOOKS, _STOP_AT, _CLEARLY = (99, 299), 20, 0.1


@dataclass(frozen=True)
class Replicates:
    """What matched permutation found.

    Parameters
    ----------
    p : float
        Share of replicates whose residual is at least as large as that of the group, counting the group itself.
    core_p : float
        The same of the cores: all are chosen the same way, so that the choice is no gain.
    split_p : float
        The same of the weaker half of the best division; nan where it was not asked.
    z : ndarray of float
        Residuals of the replicates.
    """

    p: float
    core_p: float
    split_p: float
    z: FloatArray


class StandIns(NamedTuple):
    """Who can be drawn in the place of each member, and how.

    Parameters
    ----------
    pools : ndarray of int64, shape (s, w)
        People, the member too; the first so many of each row count. w is at most 19.
    lengths : ndarray of int64, shape (s,)
        How many.
    shares : ndarray of float, shape (s, w)
        Probabilities of them, added up along each row.
    turns : ndarray of int64, shape (s,)
        In which order members are replaced: those without a circle last.
    """

    pools: IntArray
    lengths: IntArray
    shares: FloatArray
    turns: IntArray


class Matcher:
    """Who could stand in for whom: circles of people alike in formal position and near in activity.

    Parameters
    ----------
    structure : Structure
        Formal position.
    degree : ndarray of int64, shape (n,)
        Activity: number of ties. Only people who have some can stand in.

    Notes
    -----
    The stratum of a person is the narrowest of unit, site and manager, unit and site, unit, and everybody that holds
    three others. Its people are divided, in order of activity, into circles of about 13 (at most 19). Where fewer than
    four people have the same stratum as their narrowest, such as the head of a unit whose staff have managers of their
    own, there is no circle: the 12 nearest in activity in the whole stratum can stand in for each.
    """

    def __init__(self, structure: Structure, degree: IntArray) -> None:
        nobody = np.zeros(len(degree), dtype=np.int64)
        levels = [
            _strata(structure.unit, structure.site, structure.manager),
            _strata(structure.unit, structure.site),
            _strata(structure.unit),
            nobody,
        ]
        self._activity = np.log(np.maximum(degree, 1).astype(np.float64))
        active = np.flatnonzero(degree > 0)
        active = active[np.argsort(degree[active], kind="stable")]
        self._strata = np.array(levels)
        # Within a stratum people are in order of activity, and those who are alike in order of their numbers.
        self._order = np.array([active[np.argsort(level[active], kind="stable")] for level in levels])
        ends = [np.cumsum(np.bincount(level[active], minlength=len(degree) + 1)) for level in levels]
        self._starts = np.array([np.r_[0, end] for end in ends])
        self._circle = self._in_circles(degree)
        inside = np.flatnonzero(self._circle >= 0)
        self._people = inside[np.argsort(self._circle[inside], kind="stable")]
        sizes = np.bincount(self._circle[inside])
        self._first = np.r_[0, np.cumsum(sizes)].astype(np.int64)
        self._widest = max(int(sizes.max(initial=0)), _NEAREST + 1)

    def _in_circles(self, degree: IntArray) -> IntArray:
        """Number the circles, and say in which one everybody is: -1 for none."""
        circle = np.full(len(degree), -1, dtype=np.int64)
        free, count = degree > 0, 0
        for level, order, starts in zip(self._strata, self._order, self._starts, strict=True):
            here = order[free[order] & (np.diff(starts)[level[order]] > _ENOUGH)]
            free[here] = False
            first, size = np.unique(level[here], return_index=True, return_counts=True)[1:]
            row = np.repeat(np.arange(len(size)), size)
            many = np.maximum((size + _CIRCLE // 2) // _CIRCLE, 1)
            place = (np.arange(len(here)) - first[row]) * many[row] // size[row]
            number = count + np.cumsum(many)[row] - many[row] + place
            circle[here] = np.where(size[row] > _ENOUGH, number, -1)
            count += int(many.sum())
        # Those left have no stratum large enough, not even everybody's; numbers without people are passed over.
        return np.unique(circle, return_inverse=True)[1].reshape(-1) - int((circle < 0).any())

    def stand_ins(self, members: IntArray) -> StandIns:
        """Return who could stand in for each member.

        Parameters
        ----------
        members : ndarray of int64, shape (s,)
            The roster.

        Returns
        -------
        StandIns
            Those of the active are larger, or those of the quiet, so that rosters are as active as the members.
        """
        pools, lengths = in_circles(members, self._circle, self._first, self._people, self._widest)
        odd = self._circle[members] < 0
        if odd.any():
            pools[odd, : _NEAREST + 1], lengths[odd] = stand_ins(
                members[odd], self._strata, self._starts, self._order, self._activity, _NEAREST, _ENOUGH
            )
        rest = np.flatnonzero(~odd)
        _, first, given = np.unique(self._circle[members[rest]], return_index=True, return_counts=True)
        wanted = float(self._activity[members[rest]].sum())
        lean = lean_of(pools[rest[first]], lengths[rest[first]], given, self._activity, wanted)
        shares = shared_out(pools, lengths, self._activity, lean)
        return StandIns(pools, lengths, shares, np.argsort(odd, kind="stable"))

    def pool(self, person: int) -> IntArray:
        """Return who could stand in for a person, the person too: at most 19 people."""
        found = self.stand_ins(np.array([person]))
        alike: IntArray = found.pools[0, : found.lengths[0]]
        return alike

    def draw(self, members: IntArray, size: int, rng: np.random.Generator) -> IntArray:
        """Draw rosters in which nobody stands in twice; those that can not be drawn are left out.

        Parameters
        ----------
        members : ndarray of int64, shape (s,)
            The roster.
        size : int
            How many.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        ndarray of int64, shape (at most `size`, s)
        """
        people, found = _named(members, self)
        drawn = drawn_rosters(*found, len(people), np.uint64(_seed_of(rng)), 0, size)
        rosters: IntArray = people[drawn[drawn[:, 0] >= 0]]
        return rosters


def matched_permutation(
    members: IntArray,
    *,
    table: TieTable,
    null: DyadNull,
    matcher: Matcher,
    permutations: int,
    rng: np.random.Generator,
    halves: bool = False,
    alpha: float = 0.05,
    set_aside: BoolArray | None = None,
) -> Replicates:
    """Test a group against rosters of people alike, on the residual that the null leaves.

    Parameters
    ----------
    members : ndarray of int64, shape (s,)
        Tested members.
    table : TieTable
        The ties.
    null : DyadNull
        The formal null.
    matcher : Matcher
        Who could stand in for whom.
    permutations : int
        At most so many rosters; drawing stops early once the answers are clear (Besag, Clifford 1991).
    rng : numpy.random.Generator
        Source of chance.
    halves : bool, default False
        Whether to test the best division as well.
    alpha : float, default 0.05
        Level at which the answer will be read.
    set_aside : ndarray of bool, shape (s, s), optional
        Ties among the members that do not count for the group.

    Returns
    -------
    Replicates

    Notes
    -----
    Permuting raw counts calls 11 to 73 of 100 rosters of active people real; permuting what the null leaves unexplained
    keeps its level. Everybody may stand in for themselves, so that the group is one of its own replicates.

    Drawing stops after 99 or 299 rosters if at least 20 are as extreme and p is at least 0.1 and twice `alpha`, for
    every question. A group that is stopped has no p up to `alpha`, so that stopping can only take rejections away:
    the level is kept.

    References
    ----------
    .. [1] Besag, Clifford (1991), Sequential Monte Carlo p-values. doi:10.1093/biomet/78.2.301
    """
    seed, cast = _seed_of(rng), _Cast.of(members, table, null, matcher)
    own = (
        cast.without(members, set_aside).judged(np.searchsorted(cast.people, members)[None, :], halves=halves)[0] - 1e-9
    )
    found = np.empty((0, 3))
    clear = max(_CLEARLY, 2 * alpha)
    for last in (*(look for look in _LOOKS if look < permutations), permutations):
        more = cast.judged(cast.drawn(seed, len(found), last), halves=halves)
        found = np.concatenate([found, more])
        drawn = found[~np.isnan(found[:, 0])]
        hits = (drawn >= own).sum(axis=0)
        p = (1 + hits) / (1 + len(drawn))
        asked = slice(0, 3 if halves else 2)
        if ((hits >= _STOP_AT) & (p >= clear))[asked].all():
            break
    return Replicates(float(p[0]), float(p[1]), float(p[2]) if halves else float("nan"), drawn[:, 0])


def replicates(
    members: IntArray,
    table: TieTable,
    null: DyadNull,
    matcher: Matcher,
    *,
    seed: int,
    first: int,
    last: int,
    halves: bool = False,
) -> FloatArray:
    """Draw matched rosters and return z, z of the core and z of the weaker half of each.

    Parameters
    ----------
    members : ndarray of int64, shape (s,)
        Tested members.
    table : TieTable
        The ties.
    null : DyadNull
        The formal null.
    matcher : Matcher
        Who could stand in for whom.
    seed : int
        Seed; each roster has a stream of its own.
    first, last : int
        Numbers of the rosters, from `first` to before `last`.
    halves : bool, default False
        Whether to divide them.

    Returns
    -------
    ndarray of float, shape (last - first, 3)
        nan for rosters that can not be drawn; -inf where there is no core, or no division.
    """
    cast = _Cast.of(members, table, null, matcher)
    return cast.judged(cast.drawn(seed, first, last), halves=halves)


def replicates_by_loop(
    members: IntArray,
    table: TieTable,
    null: DyadNull,
    matcher: Matcher,
    *,
    seed: int,
    first: int,
    last: int,
) -> FloatArray:
    """Do what `replicates` does in a plain loop over the same rosters, without halves: slow, and easy to check.

    Parameters
    ----------
    members, table, null, matcher, seed, first, last
        As in `replicates`.

    Returns
    -------
    ndarray of float, shape (last - first, 3)
    """
    cast = _Cast.of(members, table, null, matcher)
    people, drawn = cast.people, cast.drawn(seed, first, last)
    found = np.full((last - first, 3), -np.inf)
    i, j = np.triu_indices(len(members), 1)
    for number, row in enumerate(drawn):
        if row[0] < 0:
            found[number] = np.nan
            continue
        roster = people[row]
        ties, rate = table.joined(roster[i], roster[j]), null.expected(roster[i], roster[j])
        found[number, 0] = z_score(ties.sum(), rate.sum())
        square = table.joined(roster[:, None], roster[None, :]) & ~np.eye(len(roster), dtype=bool)
        found[number, 1] = peel_cores(square[None], null.matrix(roster)[None])[1][0]
    return found


@dataclass(frozen=True)
class _Cast:
    """Everybody who could be drawn for a roster, with the ties among them, as the compiled code wants it.

    People have numbers of their own here, in the order of `people`.
    """

    people: IntArray
    stand_ins: StandIns
    known: tuple[IntArray, FloatArray, IntArray, IntArray, IntArray]
    ties: tuple[IntArray, IntArray]
    blocks: FloatArray
    factors: FloatArray

    @classmethod
    def of(cls, members: IntArray, table: TieTable, null: DyadNull, matcher: Matcher) -> _Cast:
        """Gather them."""
        people, found = _named(members, matcher)
        structure, side = null.structure, null.blocks.side
        # The unit that is not known comes last, also where everybody's is known.
        units = np.unique(np.append(structure.unit[people] % side, side - 1))
        unit = np.searchsorted(units, structure.unit[people] % side)
        known = (people, null.activity[people], unit, structure.site[people], structure.manager[people])
        factors = np.array([null.site, null.manager, null.report])
        return cls(people, found, known, table.among(people), null.blocks.among(units), factors)

    def without(self, members: IntArray, set_aside: BoolArray | None) -> _Cast:
        """Set ties among members aside."""
        if set_aside is None or not set_aside.any():
            return self
        starts, neighbours = self.ties
        place = np.searchsorted(self.people, members)
        one, other = np.nonzero(set_aside)
        gone = place[one] * len(self.people) + place[other]
        owner = np.repeat(np.arange(len(self.people)), np.diff(starts))
        keep = ~np.isin(owner * len(self.people) + neighbours, gone)
        first = np.r_[0, np.cumsum(np.bincount(owner[keep], minlength=len(self.people)))]
        return replace(self, ties=(first.astype(np.int64), neighbours[keep]))

    def drawn(self, seed: int, first: int, last: int) -> IntArray:
        """Draw the rosters of some numbers."""
        rows: IntArray = drawn_rosters(*self.stand_ins, len(self.people), np.uint64(seed), first, last)
        return rows

    def judged(self, drawn: IntArray, *, halves: bool) -> FloatArray:
        """Say what each roster shows."""
        z: FloatArray = replicated(drawn, self.known, self.ties, self.blocks, self.factors, halves)
        return z


def _named(members: IntArray, matcher: Matcher) -> tuple[IntArray, StandIns]:
    """Return who could be drawn for a roster, sorted, and the stand-ins with numbers in that order."""
    found = matcher.stand_ins(members)
    people = np.unique(found.pools[found.pools >= 0])
    return people, found._replace(pools=np.searchsorted(people, found.pools))


def _seed_of(rng: np.random.Generator) -> int:
    """Draw a seed for the compiled code."""
    return int(rng.integers(0, 2**63))


def _strata(*columns: IntArray) -> IntArray:
    """Number the distinct rows of some columns."""
    number = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        number = np.unique(number * (int(column.max(initial=-1)) + 2) + column + 1, return_inverse=True)[1].reshape(-1)
    return number.astype(np.int64)
