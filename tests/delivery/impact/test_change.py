"""Weekly series before and after a change, with the same follow-up on both sides."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.case_times import WEEK_US
from commfinder.delivery.impact.change import Units, measured, weekly
from commfinder.delivery.impact.sides import Side

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
ALWAYS = BusinessHours.always()


def side(rows, change_week, *, off=(0, 0), **options):
    """Rows of case, person, hour, and maybe activity and open."""
    frame = pd.DataFrame(rows)
    frame.columns = ["case", "person", "time", "activity", "open"][: frame.shape[1]]
    frame["time"] = MONDAY + pd.to_timedelta(frame["time"].astype(float), "h")
    when = MONDAY + pd.Timedelta(7 * change_week, "D")
    return Side.of(Cases.of(frame, **options), "the group", ALWAYS).at(when, off)


def steady(weeks=20, hours=24.0, per_week=4):
    """Cases that begin evenly and take `hours`."""
    starts = np.arange(weeks * per_week) * 168 / per_week
    return [
        (f"c{number:03d}", who, start + hours * (who == "b")) for number, start in enumerate(starts) for who in "ab"
    ]


def test_cycle_time_is_measured_by_the_week_in_which_cases_begin():
    found = measured("cycle", side(steady(), 10), weeks=8)
    # The last case before the change began 42 hours before it and is followed long enough. In the last week of all no
    # case begins on its last day: it is not a whole week.
    assert found.series.week.tolist() == list(range(-10, 9))
    assert np.exp(found.series.value) == pytest.approx(24)
    assert found.followed == 24.0
    assert found.arms() == (10, 9, 40, 36)


def test_a_case_is_followed_until_the_change_only():
    rows = [*steady(hours=60.0), ("long", "a", 0), ("long", "b", 168 * 15)]
    found = measured("cycle", side(rows, 10), weeks=8)
    units = found.units
    # "long" ended after the change: before it, it is known to have taken ten weeks at least.
    assert units.value[~units.ended].max() == pytest.approx(1680)
    late = (units.follow < 60).sum()
    assert late == 0
    # One case begins within 60 hours before the change, and its whole week is left out.
    assert found.left_out == 4
    assert -1 not in found.series.week


def test_weeks_that_count_for_neither_side():
    chosen = side(steady(), 10, off=(2, 1))
    found = measured("cycle", chosen, weeks=4)
    assert found.series.week.tolist() == [*range(-10, -2), *range(1, 9)]
    limit = chosen.setting.until(np.array([chosen.setting.changed - 5 * WEEK_US]))
    assert limit[0] == chosen.setting.changed - 2 * WEEK_US


def test_a_quick_week_does_not_count_more_because_more_of_it_was_seen():
    week = np.repeat([-1, 0], 10)
    ended = np.r_[np.ones(10, bool), np.arange(10) < 6]
    value = np.where(ended, 10.0, 20.0)
    found = weekly(Units(week, np.arange(20), value, ended, np.full(20, 20.0)), logged=True)
    assert found.size[0] == pytest.approx(found.size[1])


def test_what_is_cut_off_is_replaced_by_what_it_is_expected_to_become():
    rng = np.random.default_rng(0)
    starts = np.sort(rng.uniform(0, 168 * 40, 1600))
    hours = np.exp(rng.normal(4.5, 0.8, 1600))
    end = 168 * 40
    rows = [(f"{k:04d}", "a", s, None, s + h > end) for k, (s, h) in enumerate(zip(starts, hours, strict=True))]
    rows += [
        (f"{k:04d}", "b", s + h, None, False)
        for k, (s, h) in enumerate(zip(starts, hours, strict=True))
        if s + h <= end
    ]
    found = measured("cycle", side(rows, 20), weeks=8)
    for arm in (found.series.week < 0, found.series.week >= 0):
        assert np.average(found.series.value[arm], weights=found.series.size[arm]) == pytest.approx(4.5, abs=0.08)
    near = found.series.week >= found.series.week.max() - 1
    assert found.series.value[near].mean() == pytest.approx(4.5, abs=0.3)


def test_handoffs_are_measured_by_the_week_in_which_the_giver_left():
    rows = [(f"c{week:02d}", who, week * 168 + 30 * place) for week in range(20) for place, who in enumerate("aba")]
    found = measured("elapsed", side(rows, 10), weeks=8)
    assert np.exp(found.series.value) == pytest.approx(30)
    # Two handoffs of one case in one week count as one.
    assert found.series.size == pytest.approx(1)
    # The first week lacks what began before the data, and the last one is not whole.
    assert found.series.week.tolist() == list(range(-9, 9))
    assert found.units.n == 36
    alone = measured("elapsed", side([(f"c{week}", "a", week * 168) for week in range(20)], 10), weeks=8)
    assert alone.why_not == "there are no handoffs"


def test_an_open_case_may_be_a_handoff_that_nobody_has_taken():
    rows = [(f"c{week:02d}", who, week * 168 + 30 * (who == "b"), None, False) for week in range(20) for who in "ab"]
    rows.append(("waits", "a", 168 * 15, None, True))
    units = measured("elapsed", side(rows, 10), weeks=8).units
    assert (~units.ended).sum() == 1
    assert units.value[~units.ended][0] > 168 * 3


def test_throughput_counts_whole_weeks_and_leaves_out_the_first_ones():
    found = measured("throughput", side(steady(per_week=5, hours=200.0), 10), weeks=8)
    # Cases that began before the data would have ended in the first two weeks: 200 hours are more than one.
    assert found.series.week.min() == -8
    assert found.units.value[:-1] == pytest.approx(5)
    assert found.arms()[2] == 40
    few = measured("throughput", side(steady(per_week=2), 10), weeks=8)
    assert few.why_not == "fewer than 3 cases end in a week"


def test_rework_is_looked_for_in_the_same_time_for_all_cases():
    rows = []
    for week in range(20):
        for k in range(4):
            steps = "xyx" if week >= 10 and k < 2 else "xyz"
            rows += [
                (f"{week:02d}-{k}", "a", week * 168 + k * 40 + 5 * place, step) for place, step in enumerate(steps)
            ]
    found = measured("rework", side(rows, 10), weeks=8)
    assert found.series.value[found.series.week < 0] == pytest.approx(0)
    assert found.series.value[found.series.week >= 0] == pytest.approx(0.5)
    unknown = measured("rework", side(steady(), 10), weeks=8)
    assert unknown.why_not == "activities are not known"


def test_too_few_that_ended_are_told():
    rows = [(f"c{k:02d}", "a", 84 * k, None, True) for k in range(40)]
    found = measured("cycle", side(rows, 10), weeks=8)
    assert "fewer than half" in found.why_not
    assert found.series.m == 0


def test_weeks_of_which_only_some_days_are_seen_are_left_out():
    rng = np.random.default_rng(1)
    rows = []
    for number, start in enumerate(np.arange(20, 168 * 20, 6.0)):
        # What begins on a Friday takes ten times as long; the data begin and the follow-up ends in the midst of a week.
        hours = rng.uniform(20, 28) * (10 if (start // 24) % 7 == 4 else 1)
        rows += [(f"{number:04d}", "a", start), (f"{number:04d}", "b", start + hours)]
    found = measured("cycle", side(rows, 10.4), weeks=8)
    assert np.ptp(found.series.value) < 0.2
    assert min(found.arms()[:2]) >= 8
