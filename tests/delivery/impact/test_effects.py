"""The change of one outcome, with placebo dates and groups."""

import numpy as np
import pytest

from commfinder.delivery.impact.change import Measured, Units
from commfinder.delivery.impact.effects import Effect, Placebo, claims, effect_of, enough
from commfinder.delivery.impact.regression import Estimate
from commfinder.delivery.impact.weekly_series import Weekly

NOTHING = Estimate(float("nan"), float("nan"), float("nan"), float("nan"))


def group(before=20, after=20, effect=0.0, seed=0, *, level=3.0, shared=None, per_week=10, outcome="cycle"):
    """A group of weekly means, with the cases behind them."""
    rng = np.random.default_rng(seed)
    week = np.arange(-before, after)
    units = np.repeat(week, per_week)
    value = level + effect * (units >= 0) + rng.normal(0, 0.5, len(units))
    value += 0.0 if shared is None else shared[units]
    mean = value.reshape(-1, per_week).mean(axis=1)
    squares = float(((value.reshape(-1, per_week) - mean[:, None]) ** 2).sum())
    series = Weekly(week, mean, np.full(len(week), float(per_week)), squares, float(len(units) - len(week)))
    cases = Units(units, np.arange(len(units)), np.exp(value), np.ones(len(units), bool), np.full(len(units), 99.0))
    return Measured(outcome, series, cases)


def test_too_few_weeks_or_cases_stay_descriptive_and_say_so():
    assert "8 on each side are needed" in enough(group(before=7))
    assert "7 weeks before and 20 after" in enough(group(before=7))
    assert "24 cases before" in enough(group(before=8, per_week=3))
    assert not enough(group(before=8, after=8, per_week=4))
    effect = effect_of(group(before=7), [])
    assert (effect.method, effect.placebos) == ("descriptive", ())
    assert np.isnan(effect.change.value)
    assert np.isnan(effect.placebo_rank)


def test_without_controls_a_group_is_held_against_its_own_trend():
    effect = effect_of(group(effect=-0.5), [])
    assert effect.method == "series"
    assert effect.change.low < -0.5 < effect.change.high < 0
    assert effect.trend.low < 0 < effect.trend.high
    (claimed,), q = claims([effect])
    assert claimed
    assert q[0] == pytest.approx(effect.change.p)


def test_controls_take_away_what_they_share():
    shared = np.random.default_rng(5).normal(0, 0.6, 40)
    controls = [group(level=level, seed=place + 1, shared=shared) for place, level in enumerate((1.0, 4.0))]
    treated = group(effect=-0.3, shared=shared)
    alone, beside = effect_of(treated, []), effect_of(treated, controls)
    assert (beside.method, beside.controls) == ("controlled", (0, 1))
    assert beside.change.low < -0.3 < beside.change.high < 0
    assert beside.change.high - beside.change.low < 0.5 * (alone.change.high - alone.change.low)


def test_controls_without_enough_are_left_out():
    effect = effect_of(group(), [group(before=3, seed=1), group(seed=2)])
    assert effect.controls == (1,)
    assert effect_of(group(), [group(before=3, seed=1)]).method == "series"
    apart = group(seed=3)
    elsewhere = Measured("cycle", Weekly(apart.series.week * 50, *_parts(apart.series)), apart.units)
    assert effect_of(group(), [elsewhere]).method == "series"


def _parts(series):
    return series.value, series.size, series.squares, series.freedom


def test_placebo_dates_do_not_see_the_effect():
    effect = effect_of(group(effect=-2.0), [])
    dates = [one for one in effect.placebos if one.kind == "date"]
    # Four weeks at least on each side, within the twenty before and the twenty after.
    assert [one.week for one in dates] == [*range(-16, -3), *range(4, 17)]
    assert min(one.p for one in dates) > effect.change.p
    assert np.mean([one.p < 0.05 for one in dates]) < 0.3
    assert effect.placebo_rank == pytest.approx(1 / (1 + len(dates)))


def test_placebo_groups_are_held_against_the_other_controls():
    controls = [group(seed=1, effect=-1.0), group(seed=2), group(seed=3)]
    effect = effect_of(group(seed=4), controls)
    groups = {one.group: one.p for one in effect.placebos if one.kind == "group"}
    assert sorted(groups) == [0, 1, 2]
    assert groups[0] == min(groups.values()) < 0.01
    assert not [one for one in effect_of(group(seed=4), controls[:1]).placebos if one.kind == "group"]


def test_long_series_have_no_more_than_forty_dates_a_side():
    assert len(effect_of(group(before=80, after=10), []).placebos) == 40 + 3


def made(p, placebos):
    return Effect("cycle", "series", Estimate(-1, -2, -0.1, p), NOTHING, group().series, placebos, (), "")


def test_a_change_must_outrank_placebos():
    weak = tuple(Placebo("date", week, -1, 0.5) for week in range(30))
    strong = (*weak[:-2], Placebo("date", 90, -1, 0.001), Placebo("date", 91, -1, 0.001))
    assert claims([made(0.01, weak)])[0] == (True,)
    assert made(0.01, strong).placebo_rank == pytest.approx(3 / 31)
    assert claims([made(0.01, strong)])[0] == (False,)
    # With three placebos it has to outrank all of them.
    assert claims([made(0.01, weak[:3])])[0] == (True,)
    assert claims([made(0.01, strong[-3:])])[0] == (False,)
    assert claims([made(0.01, ())])[0] == (True,)


def test_the_false_discovery_rate_is_held_over_outcomes():
    weak = (Placebo("date", 1, -1, 0.9),)
    effects = [made(0.02, weak), made(0.5, weak), made(0.9, weak), made(float("nan"), ())]
    claimed, q = claims(effects)
    assert claimed == (False, False, False, False)
    assert q[:3] == pytest.approx([0.06, 0.75, 0.9])
    assert np.isnan(q[3])
    assert claims(effects[:1])[0] == (True,)
