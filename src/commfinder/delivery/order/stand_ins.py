"""Who could stand in for whom in cases, and what groups of stand-ins would share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.drawn import NullTest, beside_draws, unknown
from commfinder.delivery.order.kernels import among, draw_stand_ins, met, put_back, stream_of
from commfinder.errors import InputError

__all__ = ["Beyond", "StandIns"]

IntArray = npt.NDArray[np.int64]
Rows = tuple[IntArray, IntArray, IntArray]

_NEAREST, _SHARED, _LEAST_REPLACED = 12, 3, 0.5
_MEASURES = ("handoffs between members", "cases with three or more members")


@dataclass(frozen=True, eq=False)
class StandIns:
    """Who could stand in for whom in cases, and what groups of stand-ins would share.

    Prefer `unit_null` for one group; this is for many groups of the same cases, worked out once.

    Parameters
    ----------
    cases : Cases
        All cases, not only those of a group: people who are like its members act elsewhere.
    """

    cases: Cases

    def pool(self, person: int) -> IntArray:
        """Return who could stand in for somebody: at most 12 others of the unit, nearest in activity, and the person.

        Who has no known unit can be replaced by others without one.
        """
        found = self.pools(np.array([person], dtype=np.int64))[0]
        held: IntArray = found[found >= 0]
        return held

    def pools(self, members: IntArray) -> IntArray:
        """Return for each of some people who could stand in, rising, with -1 before them where they are few.

        Returns
        -------
        ndarray of int64, shape (len(members), 13)
        """
        n = self._n
        order, rank, unit, level = self._by_activity
        at = rank[members][:, None] + np.arange(-_NEAREST, _NEAREST + 1)
        near = order[np.clip(at, 0, max(n - 1, 0))]
        fit = (at >= 0) & (at < n) & (unit[near] == unit[members][:, None]) & (near != members[:, None])
        far = np.where(fit, np.abs(level[near] - level[members][:, None]).round(9), np.inf)
        first = np.lexsort((near, far), axis=1)[:, :_NEAREST]
        chosen = np.where(np.take_along_axis(fit, first, axis=1), np.take_along_axis(near, first, axis=1), -1)
        return np.sort(np.concatenate([chosen, members[:, None]], axis=1), axis=1)

    def draw(self, members: IntArray, draws: int, rng: np.random.Generator) -> IntArray:
        """Draw groups of stand-ins in which nobody stands in twice; those that can not be drawn are left out.

        Returns
        -------
        ndarray of int64, shape (at most `draws`, len(members))
        """
        pools = self.pools(members)
        length = (pools >= 0).sum(axis=1)
        # Whoever can hardly be replaced is drawn first. Of one length all begin in one column.
        order = np.lexsort((*pools.T[::-1], length))
        pools, length = pools[order], length[order]
        local, place = np.unique(pools[pools >= 0], return_inverse=True)
        stream = stream_of(rng)
        drawn, good = draw_stand_ins(place.reshape(-1).astype(np.int64), length, len(local), draws, stream)
        put_back(rng, stream)
        found: IntArray = local[drawn[good]]
        return found

    def shared(self, groups: IntArray) -> tuple[IntArray, IntArray]:
        """Count, for groups in rows, the handoffs among their people and the cases that three or more are on."""
        return self._handoffs_among(groups), self._cases_met(groups)

    def handed(self, members: npt.ArrayLike, *, draws: int = 199, seed: int = 0) -> NullTest:
        """Test the handoffs between the members of a group; see `unit_null`."""
        who, groups = self._drawn(members, draws, seed)
        return self._told(who, groups, draws, 0)

    def test(self, members: npt.ArrayLike, *, draws: int = 199, seed: int = 0) -> tuple[NullTest, NullTest]:
        """Test a group; see `unit_null`."""
        who, groups = self._drawn(members, draws, seed)
        return self._told(who, groups, draws, 0), self._told(who, groups, draws, 1)

    def _drawn(self, members: npt.ArrayLike, draws: int, seed: int) -> tuple[IntArray, IntArray]:
        """Return the members of a group, and groups of stand-ins; none where too few could be replaced."""
        who = np.unique(np.asarray(members, dtype=np.int64))
        if len(who) and (who[0] < 0 or who[-1] >= self._n):
            raise InputError(f"members holds a value that is none of {self._n}.", need="Places in Cases.people.")
        draws = _validate.count(draws, what="draws")
        rng = np.random.default_rng([_validate.seed(seed), 31])
        inside = np.zeros(self._n + 1, dtype=bool)
        # The last place is that of -1, which is nobody.
        inside[who], inside[-1] = True, True
        replaced = int((~inside[self.pools(who)]).any(axis=1).sum())
        enough = len(who) > 0 and replaced >= _LEAST_REPLACED * len(who)
        return who, self.draw(who, draws, rng) if enough else np.empty((0, 1), np.int64)

    def _told(self, who: IntArray, groups: IntArray, draws: int, which: int) -> NullTest:
        """Set one of the two measures beside its draws."""
        count = (self._handoffs_among, self._cases_met)[which]
        observed = int(count(who[None, :])[0])
        if len(groups) < draws / 2:
            reason = "hardly anybody of the same units could stand in for its members"
            return unknown("people", _MEASURES[which], observed, reason)
        return beside_draws("people", _MEASURES[which], observed, count(groups).astype(np.float64))

    def _handoffs_among(self, groups: IntArray) -> IntArray:
        """Count the handoffs among the people of each group."""
        found: IntArray = among(np.ascontiguousarray(groups), *self._handoffs, self._n)
        return found

    def _cases_met(self, groups: IntArray) -> IntArray:
        """Count the cases that three or more people of each group are on."""
        found: IntArray = met(np.ascontiguousarray(groups), *self._on, len(self.cases), _SHARED)
        return found

    @property
    def _n(self) -> int:
        """Number of people."""
        return len(self.cases.people)

    @cached_property
    def _by_activity(self) -> tuple[IntArray, IntArray, IntArray, npt.NDArray[np.float64]]:
        """People by unit and number of cases, the place of each there, their units, and how active they are."""
        n, unit = self._n, self.cases.unit_of.astype(np.int64)
        activity = np.bincount(self.cases.persons_of[1], minlength=n)
        order = np.lexsort((np.arange(n), activity, unit))
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        return order, rank, unit, np.log1p(activity)

    @cached_property
    def _handoffs(self) -> Rows:
        """Where each giver begins, and the takers and numbers of their handoffs."""
        acts, n = self.cases.acts, max(self._n, 1)
        follows = np.flatnonzero((acts.case[1:] == acts.case[:-1]) & (acts.person[1:] != acts.person[:-1]))
        key = np.sort(acts.person[follows].astype(np.int64) * n + acts.person[follows + 1])
        heads = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else key
        giver, taker = np.divmod(key[heads], n)
        return np.searchsorted(giver, np.arange(self._n + 1)), taker, np.diff(np.append(heads, len(key)))

    @cached_property
    def _on(self) -> tuple[IntArray, IntArray]:
        """Where everybody begins, and their cases; cases of fewer than three people are left out."""
        case, person = self.cases.persons_of
        case, person = (part[np.bincount(case)[case] >= _SHARED] for part in (case, person))
        order = np.argsort(person, kind="stable")
        return np.searchsorted(person[order], np.arange(self._n + 1)), case[order]


@dataclass(frozen=True, eq=False)
class Beyond:
    """What a group has beyond others of the same units and like activity, worked out when it is asked for.

    Parameters
    ----------
    stand_ins : StandIns
        Who could stand in for whom.
    members : ndarray of int64
        Places of the members in ``Cases.people``.
    draws, seed : int
        Of the test.
    """

    stand_ins: StandIns
    members: IntArray
    draws: int
    seed: int

    @cached_property
    def handoffs(self) -> NullTest:
        """The handoffs between members."""
        return self.stand_ins.handed(self.members, draws=self.draws, seed=self.seed)

    @cached_property
    def tests(self) -> tuple[NullTest, NullTest]:
        """The handoffs between members, and the cases that three or more of them are on."""
        return self.stand_ins.test(self.members, draws=self.draws, seed=self.seed)
