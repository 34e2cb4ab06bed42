"""What work costs and what an hour saved is worth: ranges from the user's rates."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.cost import Rates, hourly_value, measure_cost, saved_value
from commfinder.delivery.impact.regression import Estimate
from commfinder.delivery.impact.sides import Setting
from commfinder.errors import InputError

MONDAY = pd.Timestamp("2026-01-05 09:00", tz="UTC")
WEEKS = 365.25 / 7


def weekly(weeks=20, hours=4, *, started=True):
    """One case a week, of two acts and one handoff, some hours apart; the second takes an hour."""
    rows = [(str(week), who, week * 168 + hours * place) for week in range(weeks) for place, who in enumerate("ab")]
    frame = pd.DataFrame(rows, columns=["case", "person", "hour"])
    frame["time"] = MONDAY + pd.to_timedelta(frame["hour"], "h")
    if started:
        frame["started"] = (frame["time"] - pd.Timedelta(1, "h")).where(frame["person"] == "b")
    return Cases.of(frame)


@pytest.mark.parametrize(
    "rates",
    [
        {},
        {"hourly": (80, 40)},
        {"hourly": (-1, 3)},
        {"delay_per_day": "many"},
        {"hourly": (1, 2, 3)},
        {"hourly": float("nan")},
        {"hourly": True},
    ],
)
def test_rates_that_are_no_range_are_told(rates):
    with pytest.raises(InputError):
        Rates(**rates)


def test_cost_is_the_amount_of_a_year_times_the_rates():
    cost = measure_cost(weekly(), Rates(hourly=(40, 80), delay_per_day=(10, 20)))
    found = cost.frame.set_index(["what", "per"])
    # One hour of work and half a working day (4 of 8 hours) a week; the same in every week.
    assert found.loc[("work", "year"), ["low", "high"]].tolist() == pytest.approx([WEEKS * 40, WEEKS * 80], rel=0.07)
    assert found.loc[("delay", "year"), ["low", "high"]].tolist() == pytest.approx([WEEKS * 5, WEEKS * 10], rel=0.07)
    assert found.loc[("work", "quarter"), "high"] == pytest.approx(found.loc[("work", "year"), "high"] / 4)
    assert cost.told[0].startswith("Work: ")
    assert "EUR a year" in repr(cost)


def test_without_starts_the_work_is_not_guessed():
    cost = measure_cost(weekly(started=False), Rates(hourly=(40, 80)))
    assert len(cost.frame) == 0
    assert "Starts of work are not known" in cost.told[0]


def test_an_hour_saved_is_work_or_waiting():
    worth = hourly_value(weekly(), Rates(hourly=50, delay_per_day=(16, 32)), hours=2).frame
    worth = worth[worth["per"] == "year"].set_index("what")
    assert worth.loc["work saved", ["low", "high"]].tolist() == pytest.approx([WEEKS * 100, WEEKS * 100], rel=0.07)
    assert worth.loc["waiting saved", ["low", "high"]].tolist() == pytest.approx([WEEKS * 4, WEEKS * 8], rel=0.07)


def test_uneven_weeks_widen_the_range():
    rows = [
        (f"{week}-{k}", who, week * 168 + k + 2 * (who == "b"))
        for week in range(20)
        for k in range(1 + 9 * (week % 4 == 0))
        for who in "ab"
    ]
    frame = pd.DataFrame(rows, columns=["case", "person", "hour"])
    frame["time"] = MONDAY + pd.to_timedelta(frame["hour"], "h")
    worth = hourly_value(Cases.of(frame), Rates(hourly=50)).frame
    assert worth["high"].iloc[0] > 1.3 * worth["low"].iloc[0]


def test_nothing_to_hand_on_is_nothing_to_save():
    frame = {"case": ["1"], "person": ["a"], "time": [MONDAY]}
    worth = hourly_value(Cases.of(frame), Rates(hourly=50))
    assert len(worth.frame) == 0
    assert "no handoffs" in worth.told[0]
    with pytest.raises(InputError, match="hours"):
        hourly_value(Cases.of(frame), Rates(hourly=50), hours=0)


def test_the_worth_of_an_effect_may_be_below_zero():
    cases, change = weekly(), Estimate(-0.1, -0.3, 0.1, 0.4)
    moment = (MONDAY + pd.Timedelta(70, "D")).value // 1000
    rates = Rates(delay_per_day=(10, 20))
    frame = saved_value(cases, change, rates, BusinessHours(), Setting.of(cases, moment), 0).frame
    low, high = frame.loc[frame["per"] == "year", ["low", "high"]].iloc[0]
    # Cases took half a day: a loss counts at the high rate, and so does a gain.
    assert low == pytest.approx(WEEKS * 0.5 * (1 - np.exp(0.1)) * 20, rel=0.15)
    assert high == pytest.approx(WEEKS * 0.5 * (1 - np.exp(-0.3)) * 20, rel=0.15)
    told = saved_value(cases, change, Rates(hourly=3), BusinessHours(), Setting.of(cases, moment), 0)
    assert "delay_per_day" in told.told[0]
