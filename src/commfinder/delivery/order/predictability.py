"""Whether work has an order: can the order of two actors be told from how it was in other cases?"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.acts import ranges
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.effects import OrderEffect, eta_squared, pair_asymmetry
from commfinder.delivery.order.kernels import put_back, scored_shuffles, stream_of
from commfinder.delivery.order.lines import MOST_ACTORS, MOST_CASES, Lines, line_up, p_of, times_in_order

__all__ = [
    "LEVELS",
    "OrderEffect",
    "OrderEvidence",
    "OrderLevels",
    "eta_squared",
    "order_levels",
    "order_predictability",
    "pair_asymmetry",
    "times_in_order",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

LEVELS = ("person", "role", "activity")
"""What can have an order: who acts, as what, and what is done."""

_DEALS, _FEW_CASES, _DRAWN, _LONG = 4, 2_000, 100_000, 50_000
_SAME = 1e-12
_LEVEL, _BOUND = 0.05, 1.645
_NOBODY = "no two cases have two actors of known order after the first"


@dataclass(frozen=True, eq=False)
class OrderEvidence:
    """How well the order of two actors in a case can be told from other cases.

    Parameters
    ----------
    value : float
        Share of pairs in the order predicted, 0 to 1; 0.5 is chance, nan where there is nothing to predict.
    p : float
        Share of shuffles within cases that do as well, counting the observed order; nan where there is nothing.
    null_mean : float
        Mean of the shuffles.
    error : float
        Standard error of the value, from the differences between cases.
    by_time, by_time_p : float
        The same where the earlier half of the cases predicts the later and the reverse, and its p.
    pairs, cases : int
        Pairs predicted, and the cases that have them.
    sampled : bool
        Whether only some of the cases were used, because there are so many.
    actor : ndarray of int64, shape (a,)
        Codes of the actors, rising.
    position : ndarray of float64, shape (a,)
        Mean relative position of each, 0 first and 1 last, shrunk to the middle.
    taken : ndarray of int64, shape (a,)
        In how many cases each takes part.
    reason : str
        Why there is nothing to predict; empty where there is.
    """

    value: float
    p: float
    null_mean: float
    error: float
    by_time: float
    by_time_p: float
    pairs: int
    cases: int
    sampled: bool
    actor: IntArray = field(repr=False)
    position: FloatArray = field(repr=False)
    taken: IntArray = field(repr=False)
    reason: str = ""

    @cached_property
    def ahead(self) -> pd.DataFrame:
        """The actors in order of position: actor, position and cases."""
        frame = pd.DataFrame({"actor": self.actor, "position": self.position, "cases": self.taken})
        return frame.sort_values(["position", "actor"], kind="stable").reset_index(drop=True)

    @property
    def low(self) -> float:
        """Lower bound of the value at 95 %, one-sided."""
        return self.value - _BOUND * self.error


@dataclass(frozen=True, eq=False)
class OrderLevels:
    """Order among persons, roles and activities, and which of them is best founded.

    Parameters
    ----------
    person, role, activity : OrderEvidence
        The order at each level.
    best : str or None
        Of the levels whose order is beyond chance (p times the number of levels looked at is at most 0.05), the one
        with the highest lower bound; where none is, the one of the smallest p; None where none can be measured.
    p : float
        Its p times the number of levels that could be measured, at most 1; nan where none can.
    """

    person: OrderEvidence
    role: OrderEvidence
    activity: OrderEvidence
    best: str | None
    p: float

    def __getitem__(self, level: str) -> OrderEvidence:
        found: OrderEvidence = getattr(self, _validate.choice(level, LEVELS, what="level"))
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return one row per level: level, value, low, p, by_time, pairs, cases, best, reason."""
        rows = [(name, self[name]) for name in LEVELS]
        return pd.DataFrame(
            {
                "level": [name for name, _ in rows],
                "value": [one.value for _, one in rows],
                "low": [one.low for _, one in rows],
                "p": [one.p for _, one in rows],
                "by_time": [one.by_time for _, one in rows],
                "pairs": [one.pairs for _, one in rows],
                "cases": [one.cases for _, one in rows],
                "best": [name == self.best for name, _ in rows],
                "reason": [one.reason for _, one in rows],
            }
        )


def order_predictability(
    case: npt.ArrayLike,
    actor: npt.ArrayLike,
    when: npt.ArrayLike,
    *,
    without_first: bool = True,
    k: float = 3.0,
    shuffles: int = 199,
    max_actors: int = MOST_ACTORS,
    seed: int = 0,
) -> OrderEvidence:
    """Measure how well the order of two actors in a case can be told from how it was in other cases.

    Prefer `order_levels` for `Cases`, which looks at persons, roles and activities; `eta_squared` and `pair_asymmetry`
    describe an order without predicting any.

    Parameters
    ----------
    case, actor : array-like of int, shape (n,)
        Case and actor of each act, in any order of rows. An actor below 0 is not known, and left out.
    when : array-like of int or float, shape (n,)
        What acts of a case are ordered by: times, or positions. The order of equal values is not known.
    without_first : bool, default True
        Leave out who opens a case. In a help list somebody asks and others answer, which is order of a kind, but says
        nothing of how work is passed on.
    k : float, default 3.0
        How many cases at the middle every actor starts with: whoever was seen once tells little.
    shuffles : int, default 199
        Shuffles within cases; 0 for none, and no p.
    max_actors : int, default 30
        Cases with more distinct actors are left out, as announcements to all would be.
    seed : int, default 0
        Seed of halves and shuffles; equal seeds give equal bytes, whatever the order of rows.

    Returns
    -------
    OrderEvidence

    Raises
    ------
    InputError
        If arrays differ in length or an option is out of range.

    Notes
    -----
    Each actor counts once per case, at the first act; who opens the case is taken out, and those after the first stand
    at places j of L (from 0), at relative positions j / (L - 1). Cases are dealt into two halves; from one half
    everybody's mean position is estimated, with `k` cases in the middle added; of the pairs in the cases of the other
    half, the share in the order of those means is counted, a half for pairs of equal means. Both directions are
    averaged, and below 2,000 cases four deals. Shuffles permute who comes after the first among those places, so that p
    is exact for the hypothesis that they come in any order. At most 20,000 cases are used, drawn by the seed.

    Examples
    --------
    Twenty cases that all run 0, 1, 2, 3; who opens a case is left out, so three pairs of each are predicted:

    >>> found = order_predictability(np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20), np.arange(80))
    >>> found.value, found.p, found.pairs
    (1.0, 0.005, 60)
    """
    k, shuffles = _validate.positive(k, what="k"), _validate.count(shuffles, what="shuffles", low=0)
    rng = np.random.default_rng([_validate.seed(seed), 11])
    lines = line_up(case, actor, when, max_actors=max_actors)
    ahead = _ahead(lines, k)
    lines = lines.later() if without_first else lines
    sampled = lines.n_cases > MOST_CASES
    if sampled:
        lines = lines.some(np.sort(rng.permutation(lines.n_cases)[:MOST_CASES]))
    left, right = lines.pairs()
    with_pairs = np.unique(lines.case[left])
    if len(with_pairs) < 2:
        nan = math.nan
        return OrderEvidence(nan, nan, nan, nan, nan, nan, len(left), len(with_pairs), sampled, *ahead, _NOBODY)
    halves = _halves(lines, rng)
    judge = _Judge(lines, left, right, halves, k)
    observed, error = judge.observed()
    null = judge.shuffled(shuffles, rng)
    split = np.c_[null[:, :-1].mean(axis=1), null[:, -1]] if shuffles else np.empty((0, 2))
    value, by_time = float(observed[:-1].mean()), float(observed[-1])
    return OrderEvidence(
        value=value,
        p=p_of(split[:, 0], value),
        null_mean=float(split[:, 0].mean()) if shuffles else 0.5,
        error=error,
        by_time=by_time,
        by_time_p=p_of(split[:, 1], by_time),
        pairs=len(left),
        cases=len(with_pairs),
        sampled=sampled,
        actor=ahead[0],
        position=ahead[1],
        taken=ahead[2],
    )


def order_levels(
    cases: Cases, *, k: float = 3.0, shuffles: int = 199, max_actors: int = MOST_ACTORS, seed: int = 0
) -> OrderLevels:
    """Measure the order of cases by person, role and activity, and say which level is best founded.

    Workers who stand in for one another on a shared list of work have no order as persons; their roles or what is done
    may have a strict one. Three levels are three chances to find an order, so the p of the one that is told is
    multiplied by the number of levels that could be measured. Activities of a workflow engine are in the order that the
    engine gives them.

    Parameters
    ----------
    cases : Cases
        The cases, of a group or of a whole process.
    k, shuffles, max_actors, seed
        As in `order_predictability`.

    Returns
    -------
    OrderLevels

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Acts at the same time are in the order of the file where cases carry ids of a workflow; elsewhere the order of such
    acts is not known, and their pairs are not counted.

    Examples
    --------
    >>> cases = Cases.of({"case": np.repeat(np.arange(12), 4), "person": ["ada", "ben", "cleo", "dan"] * 12,
    ...                   "time": np.arange(48)})
    >>> found = order_levels(cases)
    >>> found.best, found.person.value, found.p
    ('person', 1.0, 0.005)
    """
    if len(cases) > _DRAWN:
        chance = np.random.default_rng([_validate.seed(seed), 14])
        cases = _drawn(cases, np.sort(chance.permutation(len(cases))[:_DRAWN]))
    when = times_in_order(cases)

    def at(level: str) -> OrderEvidence:
        codes = (cases.acts.case, getattr(cases.acts, level), when)
        return order_predictability(*codes, k=k, shuffles=shuffles, max_actors=max_actors, seed=seed)

    if cases.acts.n < _LONG:
        found = {level: at(level) for level in LEVELS}
    else:
        # Shuffles are compiled and hold no lock. Each level has its own stream, so that threads change nothing.
        with ThreadPoolExecutor(len(LEVELS)) as pool:
            found = dict(zip(LEVELS, pool.map(at, LEVELS), strict=True))
    measured = [level for level in LEVELS if not math.isnan(found[level].value)]
    if not measured or not shuffles:
        return OrderLevels(**found, best=None, p=math.nan)
    corrected = {level: min(found[level].p * len(measured), 1.0) for level in measured}
    beyond = [level for level in measured if corrected[level] <= _LEVEL]
    # Of equals the first stays: persons before roles before activities.
    best = max(beyond, key=lambda one: found[one].low) if beyond else min(measured, key=lambda one: found[one].p)
    return OrderLevels(**found, best=best, p=corrected[best])


def _drawn(cases: Cases, rows: IntArray) -> Cases:
    """Keep some cases, of which only how they were found is asked for."""
    first = cases.first_act
    number = np.repeat(np.arange(len(rows), dtype=np.int32), first[rows + 1] - first[rows])
    acts = replace(cases.acts.take(ranges(first, rows)), case=number)
    return replace(cases, frame=cases.frame[["how"]].iloc[rows].reset_index(drop=True), acts=acts)


def _halves(lines: Lines, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Deal cases into halves by chance, several times where there are few, and at last by time."""
    n = lines.n_cases
    deals = [rng.permutation(n) % 2 for _ in range(_DEALS if n < _FEW_CASES else 1)]
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(lines.start, kind="stable")] = np.arange(n)
    return np.array([*deals, (2 * rank >= n).astype(np.int64)])


class _Judge:
    """Scores an arrangement of actors: what does not change between shuffles is worked out once."""

    def __init__(self, lines: Lines, left: IntArray, right: IntArray, halves: IntArray, k: float) -> None:
        self._lines, self._left, self._right, self._k = lines, left, right, k
        self._half = [half[lines.case] for half in halves]
        width = 2 * lines.n_actors
        # Shuffles within a case change nobody's number of cases.
        self._weight = [np.bincount(2 * lines.actor + half, minlength=width) + k for half in self._half]
        self._of_pair = [half[left].astype(bool) for half in self._half]
        self._counts = [(int((~side).sum()), int(side.sum())) for side in self._of_pair]

    def _scores(self, who: IntArray, number: int) -> FloatArray:
        """Score each pair: 1 in the order predicted, 0 in the other, a half where nothing is predicted."""
        half, twice = self._half[number], 2 * who
        # Positions are about 0 in every case, so the mean of the group that they shrink to is 0.
        total = np.bincount(twice + half, self._lines.x, len(self._weight[number]))
        predicted = (total / self._weight[number])[twice + 1 - half]
        gap = predicted[self._right] - predicted[self._left]
        score: FloatArray = (gap > _SAME) * 0.5 + (gap >= -_SAME) * 0.5
        return score

    def shuffled(self, times: int, rng: np.random.Generator) -> FloatArray:
        """Return the share in the order predicted for each shuffle and deal, both directions averaged."""
        lines, stream = self._lines, stream_of(rng)
        heads = np.flatnonzero(np.r_[True, lines.case[1:] != lines.case[:-1]])
        place = np.empty(lines.n_cases, dtype=np.int64)
        place[lines.case[heads]] = np.arange(lines.n_cases)
        who, case, left, right = (
            part.astype(np.uint32) for part in (lines.actor, place[lines.case], self._left, self._right)
        )
        halves = np.stack([half[heads] for half in self._half])
        weight = np.concatenate([one.reshape(-1, 2) for one in self._weight], axis=1)
        entries = (who, lines.x, case, left, right, lines.blocks, halves, weight)
        found = scored_shuffles(*entries, _SAME, times, stream)
        put_back(rng, stream)
        return self._averaged(found.reshape(times, len(self._half), 2) / 2)

    def _averaged(self, right: FloatArray) -> FloatArray:
        """Average both directions; one that has no pairs does not count."""
        counts = np.array(self._counts)
        shares = np.where(counts > 0, right / np.maximum(counts, 1), 0.0)
        averaged: FloatArray = shares.sum(axis=-1) / (counts > 0).sum(axis=-1)
        return averaged

    def observed(self) -> tuple[FloatArray, float]:
        """Return the shares of the observed order, and the standard error of their mean from case to case."""
        scores = [self._scores(self._lines.actor, number) for number in range(len(self._half))]
        case = self._lines.case[self._left]
        pairs = np.bincount(case, minlength=self._lines.n_cases)
        right = np.bincount(case, np.mean(scores[:-1], axis=0), self._lines.n_cases)
        used = pairs > 0
        gap = right[used] - pairs[used] * (right.sum() / pairs.sum())
        n = int(used.sum())
        error = math.sqrt(float((gap**2).sum()) * n / (n - 1)) / float(pairs.sum())
        second = np.array([score[side].sum() for score, side in zip(scores, self._of_pair, strict=True)])
        first = np.array([score.sum() for score in scores]) - second
        return self._averaged(np.stack([first, second], axis=1)), error


def _ahead(lines: Lines, k: float) -> tuple[IntArray, FloatArray, IntArray]:
    """Return the actors that take part, the mean relative position of each, shrunk to the middle, and their cases."""
    seen = np.bincount(lines.actor, minlength=lines.n_actors)
    position = np.bincount(lines.actor, lines.x, lines.n_actors) / (seen + k) + 0.5
    there = seen > 0
    return lines.codes[there], position[there], seen[there]
