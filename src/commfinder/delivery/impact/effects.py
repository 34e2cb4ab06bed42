"""How much an outcome changed: against its own trend or against controls, with placebo dates and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from commfinder.delivery.impact.change import LOGGED, Measured
from commfinder.delivery.impact.regression import Estimate, estimate, estimates, placebo_p
from commfinder.delivery.impact.weekly_series import YEAR_WEEKS, Weekly, difference, segmented, step

__all__ = ["MIN_CASES", "MIN_WEEKS", "Effect", "Placebo", "claims", "effect_of", "enough"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_WEEKS, MIN_CASES = 8, 30
"""Weeks and cases on each side, below which nothing is estimated."""

_SIDE_WEEKS, _MOST_DATES = 4, 40
# Half of 5 %: how alike neighbouring weeks are is itself uncertain, and a false claim costs more than a missed one.
_FALSE, _RANK = 0.025, 0.05
_SEASON = 0.1
_NOTHING = Estimate(float("nan"), float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Placebo:
    """A change that never was: at another date, or in a group that did not change.

    Parameters
    ----------
    kind : str
        ``"date"`` or ``"group"``.
    week : int
        Week of the pretended change; 0 for a group.
    group : int
        Place among the controls; -1 for a date.
    p : float
        What the same analysis makes of it.
    """

    kind: str
    week: int
    group: int
    p: float


@dataclass(frozen=True, eq=False)
class Effect:
    """The change of one outcome.

    Parameters
    ----------
    outcome : str
        Which.
    method : str
        ``"controlled"`` (difference-in-differences), ``"series"`` (interrupted time series) or ``"descriptive"``.
    change : Estimate
        The change: of a logarithm, or of a share.
    trend : Estimate
        Change of the trend per week; nan with controls.
    series : Weekly
        What was analysed: the group, or its difference to the controls.
    placebos : tuple of Placebo
        Changes that never were.
    controls : tuple of int
        Controls that had enough weeks and cases.
    why : str
        Why it stays descriptive; empty where it does not.
    """

    outcome: str
    method: str
    change: Estimate
    trend: Estimate
    series: Weekly
    placebos: tuple[Placebo, ...]
    controls: tuple[int, ...]
    why: str

    @property
    def placebo_rank(self) -> float:
        """Share of all changes, this one included, that look at least as strong; nan without placebos."""
        if not self.placebos or np.isnan(self.change.p):
            return float("nan")
        stronger = sum(one.p <= self.change.p for one in self.placebos)
        return (1 + stronger) / (1 + len(self.placebos))

    def outranks(self, alpha: float) -> bool:
        """Tell whether it outranks placebos at a level; with few of them, whether it outranks all."""
        rank = self.placebo_rank
        return np.isnan(rank) or rank <= max(alpha, 1 / (1 + len(self.placebos))) + 1e-12

    @property
    def logged(self) -> bool:
        """Whether the change is one of a logarithm, so that its exponential is a ratio."""
        return self.outcome in LOGGED


def enough(one: Measured) -> str:
    """Say what a group lacks for an estimate.

    Parameters
    ----------
    one : Measured
        An outcome of a group.

    Returns
    -------
    str
        Empty where it lacks nothing.
    """
    if one.why_not:
        return one.why_not
    before, after, cases_before, cases_after = one.arms()
    if min(before, after) < MIN_WEEKS:
        return f"{before} weeks before and {after} after can be compared, and {MIN_WEEKS} on each side are needed"
    if min(cases_before, cases_after) < MIN_CASES:
        return (
            f"{cases_before:,} cases before and {cases_after:,} after can be compared, and {MIN_CASES} on each side "
            "are needed"
        )
    return ""


def effect_of(treated: Measured, controls: Sequence[Measured]) -> Effect:
    """Estimate the change of one outcome.

    Parameters
    ----------
    treated : Measured
        The group that changed.
    controls : sequence of Measured
        Groups that did not. Those with too few weeks or cases are left out; without any, the group is held against its
        own trend.

    Returns
    -------
    Effect
    """
    why = enough(treated)
    if why:
        return Effect(treated.outcome, "descriptive", _NOTHING, _NOTHING, treated.series, (), (), why)
    used = tuple(place for place, one in enumerate(controls) if not enough(one) and _beside(treated.series, one.series))
    if used:
        series = difference(treated.series, [controls[place].series for place in used])
        change = estimate(series, step(series.week), 1)
        placebos = _dates(series, None) + _groups(treated, controls, used)
        return Effect(treated.outcome, "controlled", change, _NOTHING, series, placebos, used, "")
    series = treated.series
    held = _held(series, logged=treated.outcome in LOGGED)
    change, trend = estimates(series, segmented(series.week, season=True), (2, 3), held=held)
    return Effect(treated.outcome, "series", change, trend, series, _dates(series, held), (), "")


def claims(effects: Sequence[Effect]) -> tuple[tuple[bool, ...], FloatArray]:
    """Tell which effects are claimed, with the false discovery rate held over outcomes.

    Parameters
    ----------
    effects : sequence of Effect
        One for each outcome.

    Returns
    -------
    tuple of bool, and ndarray of float64
        Claims, and q-values; nan where nothing is estimated.
    """
    p = np.array([effect.change.p for effect in effects])
    q, known = np.full(len(p), np.nan), np.isfinite(p)
    if known.any():
        q[known] = stats.false_discovery_control(p[known])
    return tuple(bool(value <= _FALSE) and one.outranks(_RANK) for one, value in zip(effects, q, strict=True)), q


def _beside(one: Weekly, other: Weekly) -> bool:
    """Tell whether two series share enough weeks on both sides."""
    both = np.intersect1d(one.week, other.week)
    return min(int((both < 0).sum()), int((both >= 0).sum())) >= MIN_WEEKS


def _held(series: Weekly, *, logged: bool) -> FloatArray:
    """Return how far each coefficient of a segmented regression is held.

    A season is free where the data span two years. In less it looks like a change and a trend: the interval has to
    allow for one, and a tenth up and down is a usual one.
    """
    held = np.full(6, np.inf)
    if np.ptp(series.week) + 1 < 2 * YEAR_WEEKS:
        held[4:] = _SEASON * (1.0 if logged else max(abs(float(series.value.mean())), 0.01))
    return held


def _dates(series: Weekly, held: FloatArray | None) -> tuple[Placebo, ...]:
    """Pretend that the change was at another date, on one side of the real one, where its effect can not be seen."""
    found: list[Placebo] = []
    for side in (series.week < 0, series.week >= 0):
        part = series.take(side)
        dates = part.week[_SIDE_WEEKS : part.m - _SIDE_WEEKS + 1]
        if not len(dates):
            continue
        dates = dates[np.unique(np.linspace(0, len(dates) - 1, min(len(dates), _MOST_DATES)).round().astype(np.int64))]
        if held is None:
            p = placebo_p(part, np.stack([step(part.week, at) for at in dates]), 1)
        else:
            # One side alone may be too short for a free season.
            short = np.minimum(held, np.append(np.full(4, np.inf), np.full(2, _SEASON)))
            designs = np.stack([segmented(part.week, at, season=True) for at in dates])
            p = placebo_p(part, designs, 2, held=short)
        found += [Placebo("date", int(at), -1, float(one)) for at, one in zip(dates, p, strict=True) if one == one]
    return tuple(found)


def _groups(treated: Measured, controls: Sequence[Measured], used: tuple[int, ...]) -> tuple[Placebo, ...]:
    """Pretend that a control changed, and hold it against the other controls."""
    found: list[Placebo] = []
    if len(used) < 2:
        return ()
    for place in used:
        others = [controls[other].series for other in used if other != place]
        series = difference(controls[place].series, others)
        series = series.take(np.isin(series.week, treated.series.week))
        if min(int((series.week < 0).sum()), int((series.week >= 0).sum())) >= _SIDE_WEEKS:
            p = float(placebo_p(series, step(series.week)[None], 1)[0])
            found.append(Placebo("group", 0, place, p))
    return tuple(found)
