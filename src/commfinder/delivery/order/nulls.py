"""What a group shares beyond what people like its members, or other times, would give it: nulls for a group."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.lines import line_up, p_of, times_in_order
from commfinder.errors import InputError

__all__ = ["NullTest", "StandIns", "null_frame", "time_null", "unit_null"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_NEAREST, _SHARED, _LEAST_REPLACED = 12, 3, 0.5
_MOST_CASES = 5_000
_SOON = 2 * 86_400_000_000


@dataclass(frozen=True)
class NullTest:
    """How far something that a group has exceeds what a null gives it.

    Parameters
    ----------
    null : str
        ``"people"`` (others of the same unit and like activity), ``"order"`` (who comes when within each case) or
        ``"times"`` (when people act, between cases).
    measure : str
        What was measured, in words.
    observed, expected : float
        Its value, and its mean over the null.
    excess : float
        Share of the observed value that the null does not give, 1 - expected / observed; below 0 where it gives more.
    p : float
        Share of draws that reach the observed value, counting the group itself.
    draws : int
        Draws that could be made.
    reason : str
        Why nothing can be said, where p is nan; else empty.
    """

    null: str
    measure: str
    observed: float
    expected: float
    excess: float
    p: float
    draws: int
    reason: str = ""


class StandIns:
    """Who could stand in for whom in cases, and what groups of stand-ins would share.

    Prefer `unit_null` for one group; this is for many groups of the same cases, worked out once.

    Parameters
    ----------
    cases : Cases
        All cases, not only those of a group: people who are like its members act elsewhere.
    """

    def __init__(self, cases: Cases) -> None:
        case, person = cases.persons_of
        self._n = len(cases.people)
        ones = np.ones(len(case), dtype=np.int32)
        self._on = sparse.csr_matrix((ones, (case, person)), shape=(len(cases), self._n))
        acts = cases.acts
        follows = np.flatnonzero((acts.case[1:] == acts.case[:-1]) & (acts.person[1:] != acts.person[:-1]))
        ends = (acts.person[follows], acts.person[follows + 1])
        counted = np.ones(len(follows), dtype=np.int64)
        self._handoffs = sparse.csr_matrix((counted, ends), shape=(self._n, self._n))
        self._activity = np.bincount(person, minlength=self._n)
        self._unit = cases.unit_of.astype(np.int64)
        self._order = np.lexsort((np.arange(self._n), self._activity, self._unit))
        self._rank = np.empty(self._n, dtype=np.int64)
        self._rank[self._order] = np.arange(self._n)

    def pool(self, person: int) -> IntArray:
        """Return who could stand in for somebody: at most 12 others of the unit, nearest in activity, and the person.

        Who has no known unit can be replaced by others without one.
        """
        at = int(self._rank[person])
        low, high = max(at - _NEAREST, 0), min(at + _NEAREST + 1, self._n)
        near = self._order[low:high]
        near = near[(self._unit[near] == self._unit[person]) & (near != person)]
        level = np.log1p(self._activity)
        far = np.abs(level[near] - level[person]).round(9)
        chosen: IntArray = np.sort(np.r_[near[np.lexsort((near, far))][:_NEAREST], person])
        return chosen

    def draw(self, members: IntArray, draws: int, rng: np.random.Generator) -> IntArray:
        """Draw groups of stand-ins in which nobody stands in twice; those that can not be drawn are left out.

        Returns
        -------
        ndarray of int64, shape (at most `draws`, len(members))
        """
        pools = sorted((self.pool(int(one)) for one in members), key=lambda pool: (len(pool), pool.tolist()))
        local, place = np.unique(np.concatenate(pools), return_inverse=True)
        ends = np.cumsum([len(pool) for pool in pools])
        taken = np.zeros((draws, len(local)), dtype=bool)
        drawn = np.zeros((draws, len(pools)), dtype=np.int64)
        good = np.ones(draws, dtype=bool)
        for turn, end in enumerate(ends):
            pool = place[end - len(pools[turn]) : end]
            luck = np.where(taken[:, pool], -1.0, rng.random((draws, len(pool))))
            best = luck.argmax(axis=1)
            good &= luck[np.arange(draws), best] >= 0
            drawn[:, turn] = pool[best]
            taken[np.arange(draws), drawn[:, turn]] = True
        return local[drawn[good]]

    def shared(self, groups: IntArray) -> tuple[IntArray, IntArray]:
        """Count, for groups in rows, the handoffs among their people and the cases that three or more are on."""
        many, size = groups.shape
        who = sparse.csc_matrix(
            (np.ones(groups.size, dtype=np.int64), (groups.ravel(), np.repeat(np.arange(many), size))),
            shape=(self._n, many),
        )
        among = sparse.csc_array(who).multiply(sparse.csc_array(self._handoffs @ who))
        handoffs = np.asarray(among.sum(axis=0)).reshape(-1)
        inside = sparse.coo_array(self._on @ who)
        cases = np.bincount(inside.col[inside.data >= _SHARED], minlength=many)
        return handoffs.astype(np.int64), cases.astype(np.int64)

    def test(self, members: npt.ArrayLike, *, draws: int = 199, seed: int = 0) -> tuple[NullTest, NullTest]:
        """Test a group; see `unit_null`."""
        who = np.unique(np.asarray(members, dtype=np.int64))
        if len(who) and (who[0] < 0 or who[-1] >= self._n):
            raise InputError(f"members holds a value that is none of {self._n}.", need="Places in Cases.people.")
        draws = _validate.count(draws, what="draws")
        rng = np.random.default_rng([_validate.seed(seed), 31])
        names = ("handoffs between members", "cases with three or more members")
        observed = [int(part[0]) for part in self.shared(who[None, :])]
        replaced = sum(bool((~np.isin(self.pool(int(one)), who)).any()) for one in who)
        enough = len(who) > 0 and replaced >= _LEAST_REPLACED * len(who)
        groups = self.draw(who, draws, rng) if enough else np.empty((0, 1), np.int64)
        if len(groups) < draws / 2:
            reason = "hardly anybody of the same units could stand in for its members"
            tests = [_unknown("people", name, value, reason) for name, value in zip(names, observed, strict=True)]
            return tests[0], tests[1]
        first, second = (
            _tested("people", name, value, null.astype(np.float64))
            for name, value, null in zip(names, observed, self.shared(groups), strict=True)
        )
        return first, second


def unit_null(cases: Cases, members: npt.ArrayLike, *, draws: int = 199, seed: int = 0) -> tuple[NullTest, NullTest]:
    """Test whether a group hands over and meets more than people of the same units and like activity would.

    A unit hands over among itself whatever the group; what is beyond that is the group. Prefer `time_null` to ask
    whether it matters when and in which order its members act.

    Parameters
    ----------
    cases : Cases
        All cases.
    members : array-like of int
        Places in ``Cases.people``.
    draws : int, default 199
        Groups of stand-ins.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    tuple of NullTest
        Of the handoffs between members, and of the cases that three or more of them are on.

    Raises
    ------
    InputError
        If a member is nobody, or an option is out of range.

    Notes
    -----
    Each member is replaced by one of the 12 people of the same unit nearest in number of cases, or stays; nobody stands
    in twice. Where fewer than half of the members could be replaced by somebody outside the group, nothing is said: a
    group that is a whole unit can not be told from it.

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(60), 3), "unit": "u", "time": np.arange(180)}
    >>> log["person"] = [f"p{3 * (turn % 2) + one}" for turn in range(60) for one in range(3)]
    >>> [(one.observed, one.p <= 0.25) for one in unit_null(Cases.of(log), [0, 1, 2])]
    [(60.0, True), (30.0, True)]
    """
    return StandIns(cases).test(members, draws=draws, seed=seed)


def time_null(cases: Cases, *, by: str = "person", shuffles: int = 199, seed: int = 0) -> tuple[NullTest, NullTest]:
    """Test whether it matters in which order, and when, the people of a group act on its cases.

    Prefer `unit_null` to ask whether it matters who they are.

    Parameters
    ----------
    cases : Cases
        The own cases of a group: ``cases.select(cases=..., persons=...)``. At most 5,000 are used, drawn by the seed.
    by : {"person", "role"}, default "person"
        Whose order.
    shuffles : int, default 199
        Shuffles of each kind.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    tuple of NullTest
        ``"order"``: the probability that two handoffs are from the same giver to the same taker, against any order of
        those who come after the first within each case. ``"times"``: handoffs within two days, against times that each
        person's acts exchange between cases.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Exchanging times between the cases of a person keeps who works on what, and when everybody works; what is lost is
    that acts on one case follow one another. Cases that were found by acts that follow one another soon (`how` is
    "chain") have more of that by construction.

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(40), 4), "person": list("abcd") * 40}
    >>> log["time"] = [one // 4 * 864_000_000_000 + one % 4 for one in range(160)]
    >>> [(one.null, one.p) for one in time_null(Cases.of(log))]
    [('order', 0.005), ('times', 0.005)]
    """
    by = _validate.choice(by, ("person", "role"), what="by")
    shuffles = _validate.count(shuffles, what="shuffles")
    rng = np.random.default_rng([_validate.seed(seed), 32])
    if len(cases) > _MOST_CASES:
        cases = cases.select(cases=np.sort(rng.permutation(len(cases))[:_MOST_CASES]))
    return _order_test(cases, by, shuffles, rng), _times_test(cases, by, shuffles, rng)


def null_frame(tests: tuple[NullTest, ...]) -> pd.DataFrame:
    """Return tests as a frame, one row each: null, measure, observed, expected, excess, p, draws, reason."""
    names = ("null", "measure", "observed", "expected", "excess", "p", "draws", "reason")
    return pd.DataFrame({name: [getattr(one, name) for one in tests] for name in names})


def _order_test(cases: Cases, by: str, shuffles: int, rng: np.random.Generator) -> NullTest:
    """Test how much handing over is always between the same two, in the same direction."""
    said = "probability that two handoffs are from the same giver to the same taker"
    lines = line_up(cases.acts.case, getattr(cases.acts, by), times_in_order(cases)).later()
    # Rows stand case by case in order, so that the next row is the next place.
    giver = np.flatnonzero((lines.case[1:] == lines.case[:-1]) & (lines.rank[1:] > lines.rank[:-1]))
    if len(giver) < 2:
        return _unknown("order", said, math.nan, "fewer than two handoffs after the first actors")

    def same(who: IntArray) -> float:
        counts = np.unique(who[giver] * lines.n_actors + who[giver + 1], return_counts=True)[1]
        return float((counts * (counts - 1)).sum() / (len(giver) * (len(giver) - 1)))

    return _tested("order", said, same(lines.actor), np.array([same(who) for who in lines.shuffles(shuffles, rng)]))


def _times_test(cases: Cases, by: str, shuffles: int, rng: np.random.Generator) -> NullTest:
    """Test how many handoffs come soon, against times exchanged between the cases of each actor."""
    said = "handoffs within two days"
    known = getattr(cases.acts, by) >= 0
    case, actor = cases.acts.case[known].astype(np.int64), getattr(cases.acts, by)[known].astype(np.int64)
    time = cases.acts.time[known]

    def soon(when: IntArray) -> float:
        order = np.lexsort((when, case))
        one, moment = actor[order], when[order]
        handed = (case[order][1:] == case[order][:-1]) & (one[1:] != one[:-1])
        return float((handed & (np.diff(moment) <= _SOON)).sum())

    observed = soon(time)
    if not observed:
        return _unknown("times", said, observed, "no handoff within two days")
    return _tested("times", said, observed, np.array([soon(when) for when in _exchanged(actor, time, shuffles, rng)]))


def _exchanged(actor: IntArray, time: IntArray, times: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Give times again and again, exchanged among the acts of each actor."""
    place = np.argsort(actor, kind="stable")
    held, who = time[place], actor[place]
    for _ in range(times):
        drawn = np.empty_like(time)
        drawn[place] = held[np.lexsort((rng.random(len(held)), who))]
        yield drawn


def _tested(null: str, measure: str, observed: float, drawn: FloatArray) -> NullTest:
    """Set a measure beside its draws."""
    expected = float(drawn.mean())
    excess = 1 - expected / observed if observed else math.nan
    return NullTest(null, measure, float(observed), expected, excess, p_of(drawn, observed), len(drawn))


def _unknown(null: str, measure: str, observed: float, reason: str) -> NullTest:
    """Say that nothing can be said."""
    return NullTest(null, measure, float(observed), math.nan, math.nan, math.nan, 0, reason)
