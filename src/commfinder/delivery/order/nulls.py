"""What a group shares beyond what people like its members, or other times, would give it: nulls for a group."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.drawn import NullTest, beside_draws, unknown
from commfinder.delivery.order.lines import line_up, times_in_order
from commfinder.delivery.order.stand_ins import Beyond, StandIns

__all__ = ["Beyond", "NullTest", "StandIns", "null_frame", "time_null", "unit_null"]

IntArray = npt.NDArray[np.int64]

_MOST_CASES = 5_000
_SOON = 2 * 86_400_000_000


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
        return unknown("order", said, math.nan, "fewer than two handoffs after the first actors")

    def same(who: IntArray) -> float:
        counts = np.unique(who[giver] * lines.n_actors + who[giver + 1], return_counts=True)[1]
        return float((counts * (counts - 1)).sum() / (len(giver) * (len(giver) - 1)))

    return beside_draws(
        "order", said, same(lines.actor), np.array([same(who) for who in lines.shuffles(shuffles, rng)])
    )


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
        return unknown("times", said, observed, "no handoff within two days")
    return beside_draws(
        "times", said, observed, np.array([soon(when) for when in _exchanged(actor, time, shuffles, rng)])
    )


def _exchanged(actor: IntArray, time: IntArray, times: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Give times again and again, exchanged among the acts of each actor."""
    place = np.argsort(actor, kind="stable")
    held, who = time[place], actor[place]
    for _ in range(times):
        drawn = np.empty_like(time)
        drawn[place] = held[np.lexsort((rng.random(len(held)), who))]
        yield drawn
