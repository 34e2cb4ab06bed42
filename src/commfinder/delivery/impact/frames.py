"""The frames of an impact: effects by outcome, weeks, and changes that never were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.impact.case_times import WEEK_US
from commfinder.delivery.impact.change import Measured
from commfinder.delivery.impact.effects import Effect
from commfinder.delivery.impact.regression import Estimate
from commfinder.delivery.impact.survival import kaplan_meier, quantile_intervals
from commfinder.delivery.impact.weekly_series import moving_blocks

__all__ = ["COLUMNS", "effects_frame", "placebos_frame", "weeks_frame"]

FloatArray = npt.NDArray[np.float64]
Measures = tuple[Effect, tuple[Measured, ...]]

COLUMNS = (
    *("outcome", "scale", "method", "before", "before_low", "before_high", "after", "after_low", "after_high"),
    *("effect", "low", "high", "trend", "trend_low", "trend_high", "p_model", "q", "p", "placebos", "claimed"),
    *("weeks_before", "weeks_after", "cases_before", "cases_after", "controls", "followed_hours", "left_out", "told"),
)
"""Columns of ``Impact.frame``."""

_DRAWS, _BLOCK_WEEKS = 199, 2
_FEWEST_WEEKS = 4
_TREND_WEEKS = 4


def effects_frame(
    effects: Sequence[Measures], claimed: Sequence[bool], q: FloatArray, told: Sequence[str], seed: int
) -> pd.DataFrame:
    """Write effects down, one row per outcome.

    Parameters
    ----------
    effects : sequence of (Effect, tuple of Measured)
        Each with what the group and its controls were measured at.
    claimed : sequence of bool
        Which are claimed.
    q : ndarray of float64
        False discovery rate of each.
    told : sequence of str
        Each in words; one for all where the change is outside of the data.
    seed : int
        Seed of the intervals of levels before and after.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`.
    """
    rows: list[dict[str, Any]] = []
    for place, (effect, measures) in enumerate(effects):
        own = measures[0]
        arms = own.arms()
        rng = np.random.default_rng([41, seed, place])
        rows.append(
            {
                "outcome": effect.outcome,
                "scale": "ratio" if effect.logged else "difference",
                "method": effect.method,
                **_level(own, "before", rng),
                **_level(own, "after", rng),
                **_shown("effect", "low", "high", effect.change, logged=effect.logged, weeks=1),
                **_shown("trend", "trend_low", "trend_high", effect.trend, logged=effect.logged, weeks=_TREND_WEEKS),
                "p_model": effect.change.p,
                "q": q[place],
                "p": effect.placebo_rank,
                "placebos": len(effect.placebos),
                "claimed": claimed[place],
                **dict(zip(("weeks_before", "weeks_after", "cases_before", "cases_after"), arms, strict=True)),
                "controls": len(effect.controls),
                "followed_hours": own.followed,
                "left_out": own.left_out,
                "told": told[min(place, len(told) - 1)],
            }
        )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = dict.fromkeys(("outcome", "scale", "method", "told"), "string")
    whole = ("placebos", "weeks_before", "weeks_after", "cases_before", "cases_after", "controls", "left_out")
    return frame.astype({**texts, **dict.fromkeys(whole, "int64")})


def _shown(name: str, low: str, high: str, value: Estimate, *, logged: bool, weeks: int) -> dict[str, float]:
    """Return an estimate on the scale that it is told on."""
    numbers = np.array([value.value, value.low, value.high]) * weeks
    numbers = np.exp(numbers) if logged else numbers
    return dict(zip((name, low, high), numbers.tolist(), strict=True))


def _level(own: Measured, side: str, rng: np.random.Generator) -> dict[str, float]:
    """Return the level of an outcome on one side, with an interval by blocks of weeks."""
    names = (side, f"{side}_low", f"{side}_high")
    units = own.units.take((own.units.week >= 0) == (side == "after"))
    if not units.n:
        return dict.fromkeys(names, float("nan"))
    weeks, at = np.unique(units.week, return_inverse=True)
    drawn = moving_blocks(len(weeks), draws=_DRAWS, length=_BLOCK_WEEKS, rng=rng)
    if own.outcome in ("cycle", "elapsed"):
        value = kaplan_meier(np.maximum(units.value, 0.0), units.ended).quantile(0.5)
        low, high = quantile_intervals(np.maximum(units.value, 0.0), units.ended, drawn, at, (0.5,))[0].tolist()
    else:
        value = float(units.value.mean())
        sums, counts = (drawn @ np.bincount(at, part) for part in (units.value, None))
        low, high = np.quantile(sums / counts, (0.025, 0.975)).tolist()
    if len(weeks) < _FEWEST_WEEKS:
        low = high = float("nan")
    return dict(zip(names, (value, low, high), strict=True))


def weeks_frame(effects: Sequence[Measures], when: pd.Timestamp) -> pd.DataFrame:
    """Write the weekly values down that effects rest on.

    Parameters
    ----------
    effects : sequence of (Effect, tuple of Measured)
        Effects.
    when : pandas.Timestamp
        The change.

    Returns
    -------
    pandas.DataFrame
        outcome, week, after, value, difference.
    """
    parts = [_EMPTY_WEEKS]
    for effect, measures in effects:
        series = measures[0].series
        value = np.exp(series.value) if effect.logged else series.value
        beside = np.full(series.m, np.nan)
        if effect.controls:
            beside[np.isin(series.week, effect.series.week)] = effect.series.value
        part = {"outcome": effect.outcome, "week": _moment(when, series.week), "after": series.week >= 0}
        parts.append(pd.DataFrame({**part, "value": value, "difference": beside}).astype(_EMPTY_WEEKS.dtypes.to_dict()))
    return pd.concat(parts, ignore_index=True)


_EMPTY_WEEKS = pd.DataFrame(
    {
        "outcome": pd.Series(dtype="string"),
        "week": pd.Series(dtype="datetime64[us, UTC]"),
        "after": pd.Series(dtype=bool),
        "value": pd.Series(dtype="float64"),
        "difference": pd.Series(dtype="float64"),
    }
)


def placebos_frame(effects: Sequence[Measures], when: pd.Timestamp, names: Sequence[str]) -> pd.DataFrame:
    """Write changes down that never were.

    Parameters
    ----------
    effects : sequence of (Effect, tuple of Measured)
        Effects.
    when : pandas.Timestamp
        The change.
    names : sequence of str
        Names of the controls.

    Returns
    -------
    pandas.DataFrame
        outcome, kind, at, group, p, stronger.
    """
    rows = [
        (
            effect.outcome,
            one.kind,
            one.week,
            names[one.group] if one.group >= 0 else None,
            one.p,
            one.p <= effect.change.p,
        )
        for effect, _ in effects
        for one in effect.placebos
    ]
    frame = pd.DataFrame(rows, columns=["outcome", "kind", "at", "group", "p", "stronger"])
    frame["at"] = _moment(when, frame["at"].to_numpy(np.int64))
    return frame.astype({"outcome": "string", "kind": "string", "group": "string", "p": "float64", "stronger": bool})


def _moment(when: pd.Timestamp, week: npt.NDArray[np.int64]) -> pd.Series[pd.Timestamp]:
    """Return the first moments of weeks."""
    moment = when.value // 1000 + week * WEEK_US
    return pd.Series(moment.astype(np.int64).view("M8[us]")).dt.tz_localize("UTC")
