"""What else may explain a change: other cases, another way of recording, chance, drift, a season, shared people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.case_times import moments
from commfinder.delivery.impact.change import Measured
from commfinder.delivery.impact.effects import Effect, enough
from commfinder.delivery.impact.regression import estimate
from commfinder.delivery.impact.sides import Side
from commfinder.delivery.impact.weekly_series import YEAR_WEEKS
from commfinder.delivery.impact.words import amount

__all__ = ["cautions", "mix_shift"]

IntArray = npt.NDArray[np.int64]

_SURE = 0.01
_SHIFT = 0.1
_SHARED = 0.2
_RECENT_WEEKS = 8
_ENOUGH_PLACEBOS = 19


def cautions(
    main: Side, others: Sequence[Side], effect: Effect, measures: Sequence[Measured], off: tuple[int, int]
) -> tuple[str, ...]:
    """Say what else may explain a change, and what was left out.

    Parameters
    ----------
    main : Side
        The group that changed.
    others : sequence of Side
        Its controls.
    effect : Effect
        The change of the outcome that was asked for.
    measures : sequence of Measured
        The outcome, of the group and of the controls whose data lie on both sides.
    off : (int, int)
        Weeks before and after the change that count for neither side.

    Returns
    -------
    tuple of str
        Nobody is named.
    """
    told = [*_about_others(main, others, measures), *_about_chance(effect, measures[0]), *_about_mix(main)]
    start, end = moments(main.cases.frame["start"]), moments(main.cases.frame["end"])
    between = int(((start < main.setting.changed) & (end >= main.setting.changed)).sum())
    if between:
        told.append(f"{between:,} cases were under way at the change: they are followed only until then.")
    if measures[0].left_out:
        hours = measures[0].followed
        unit = "handoffs" if effect.outcome == "elapsed" else "cases"
        told.append(
            f"{measures[0].left_out:,} {unit} began too near to the change or the end of the data to be followed for "
            f"{hours:.0f} business hours, as all the others are: left out."
        )
    if any(off):
        told.append(f"{off[0]} weeks before the change and {off[1]} after it count for neither side.")
    return tuple(told)


def _about_others(main: Side, others: Sequence[Side], measures: Sequence[Measured]) -> Iterator[str]:
    """Say which controls were left out, and which share people with the group."""
    if not others:
        yield "Without controls, whatever else changed at that time can not be told from the change."
    mine = _people(main.cases)
    inside = iter(measures[1:])
    for side in others:
        if not side.setting.inside:
            yield f"{side.name} has no data on both sides of the change: left out."
            continue
        why = enough(next(inside))
        if why:
            yield f"{side.name} is left out of the controls, since {why}."
        shared = len(mine & _people(side.cases)) / max(len(mine), 1)
        if shared >= _SHARED:
            yield (
                f"{100 * shared:.0f} % of the people of the group also work on cases of {side.name}: an effect may "
                "spill over to it and look smaller."
            )


def _people(cases: Cases) -> set[str]:
    """Return who acts on cases."""
    return set(cases.people[np.unique(cases.acts.person)].tolist())


def _about_chance(effect: Effect, own: Measured) -> Iterator[str]:
    """Say where a slow time before the change, a drift or a season may explain the effect."""
    if effect.why:
        return
    week, value = own.series.week, own.series.value
    late, early = value[(week < 0) & (week >= -_RECENT_WEEKS)], value[week < -_RECENT_WEEKS]
    if min(len(late), len(early)) >= _RECENT_WEEKS - 2:
        found = stats.ttest_ind(late, early, equal_var=False)
        if found.pvalue < 0.05:
            size = amount(float(late.mean() - early.mean()), logged=effect.logged)
            yield (
                f"The last {_RECENT_WEEKS} weeks before the change were unlike those before them ({size}): if it was "
                "made because of that, part of what followed would have come by itself."
            )
    else:
        yield "If it was made because times were bad just then, part of what followed would have come by itself."
    if len(effect.placebos) < _ENOUGH_PLACEBOS:
        yield (
            f"There are {len(effect.placebos)} other dates and groups to compare with: with fewer than "
            f"{_ENOUGH_PLACEBOS} the rank among them can not reach 5 %."
        )
    before = effect.series.take(effect.series.week < 0)
    if effect.controls and before.m >= 8:
        design = np.stack([np.ones(before.m), before.week / before.m], axis=1)
        drift = estimate(before, design, 1)
        if drift.p < 0.05:
            size = amount(drift.value, logged=effect.logged)
            yield f"The group and its controls drifted apart before the change already ({size} over that time)."
    if effect.method == "series" and np.ptp(week) + 1 < 2 * YEAR_WEEKS:
        yield (
            "A season can not be told from the change in less than two years of data: the interval allows for one of "
            "about a tenth up and down, and no more."
        )


def _about_mix(main: Side) -> Iterator[str]:
    """Say whether the cases before and after are of other kinds, or recorded in another way."""
    frame, acts = main.cases.frame, main.cases.acts
    if not len(frame):
        return
    start = moments(frame["start"])
    side = main.setting.counts(main.setting.week(start))
    after = start >= main.setting.changed
    first = np.searchsorted(acts.case, np.arange(len(frame)))
    kinds = {
        "They begin with other activities": acts.activity[first].astype(np.int64),
        "They come from other units": acts.unit[first].astype(np.int64),
        "They are of other processes": pd.factorize(frame["space"])[0].astype(np.int64),
    }
    for words, kind in kinds.items():
        shift = mix_shift(kind[side], after[side])
        if shift > 0:
            yield (
                f"{words} than before the change: {100 * shift:.0f} % of the cases would have to be of another kind "
                "for both sides to be alike. Part of the effect may be theirs."
            )
    how = mix_shift(pd.factorize(frame["how"])[0][side].astype(np.int64), after[side])
    if how > 0:
        yield "Cases are recorded in another way than before the change: the records may have changed, not the work."


def mix_shift(kind: IntArray, after: npt.NDArray[np.bool_]) -> float:
    """Return how far the kinds of cases differ between two sides.

    Parameters
    ----------
    kind : ndarray of int64, shape (n,)
        The kind of each case.
    after : ndarray of bool, shape (n,)
        Its side.

    Returns
    -------
    float
        Total variation distance, 0 to 1: the share of cases that would have to be of another kind. 0 where it is below
        a tenth, or where chance gives as much (chi-squared test at 0.01).

    Examples
    --------
    >>> kind, after = np.repeat([0, 1, 0, 1], [90, 10, 40, 60]), np.repeat([False, True], 100)
    >>> mix_shift(kind, after), mix_shift(kind, np.tile([False, True], 100))
    (0.5, 0.0)
    """
    _, codes = np.unique(kind, return_inverse=True)
    table = np.stack([np.bincount(codes[after == side], minlength=codes.max(initial=0) + 1) for side in (False, True)])
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 0.0
    shares = table / table.sum(axis=1, keepdims=True)
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    if distance < _SHIFT or stats.chi2_contingency(table).pvalue >= _SURE:
        return 0.0
    return distance
