"""Times of single cases: rework, touch time, the span of the data."""

import numpy as np
import pandas as pd

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.case_times import bounds, hours_text, reworked, touch_hours
from commfinder.period import Period

MONDAY = pd.Timestamp("2026-07-06", tz="UTC")


def log(*acts, **options):
    """Acts as case, person, hour after Monday, activity, hour of the start."""
    frame = pd.DataFrame([(*one, *[None] * (5 - len(one))) for one in acts])
    frame.columns = ["case", "person", "time", "activity", "started"]
    for name in ("time", "started"):
        frame[name] = MONDAY + pd.to_timedelta(frame[name].astype(float), "h")
    return Cases.of(frame, **options)


def test_rework_is_a_step_that_comes_again_after_another():
    cases = log(
        *[("again", "a", hour, step) for hour, step in enumerate("xyx")],
        *[("goes on", "a", hour, step) for hour, step in enumerate("xxy")],
        *[("no names", "a", hour, None) for hour in range(3)],
        ("alone", "a", 0, "x"),
    )
    found = dict(zip(cases.frame["case"], reworked(cases.acts, len(cases)), strict=True))
    assert found == {"again": True, "goes on": False, "no names": False, "alone": False}


def test_rework_needs_the_same_role():
    frame = pd.DataFrame({"case": ["1"] * 3, "person": list("aba"), "activity": ["check"] * 3})
    frame["time"] = MONDAY + pd.to_timedelta([1, 2, 3], "h")
    assert not reworked(Cases.of(frame).acts, 1)[0]
    assert reworked(Cases.of(frame.assign(role=["u", "v", "u"])).acts, 1)[0]


def test_time_in_which_two_work_at_once_counts_once():
    cases = log(
        ("1", "a", 12, "x", 9),  # three hours
        ("1", "b", 11, "y", 10),  # within them
        ("1", "c", 14, "z", 11),  # two hours more
        ("1", "d", 16, "w"),  # start not known
        ("2", "a", 10, "x"),
        ("3", "a", 15, "x", 14),
    )
    hours = touch_hours(cases.acts, 3, BusinessHours())
    by_case = dict(zip(cases.frame["case"], hours, strict=True))
    assert (by_case["1"], by_case["3"]) == (5.0, 1.0)
    assert np.isnan(by_case["2"])


def test_touch_time_of_one_case_does_not_shorten_that_of_another():
    cases = log(("1", "a", 12, "x", 9), ("2", "b", 15, "x", 10))
    assert touch_hours(cases.acts, 2, BusinessHours()).tolist() == [3.0, 5.0]


def test_no_acts_no_touch_time():
    cases = log(("1", "a", 1, "x")).select(cases=np.array([False]))
    assert touch_hours(cases.acts, 0, BusinessHours()).shape == (0,)


def test_the_data_reach_as_far_as_their_period():
    cases = log(("1", "a", 0), ("1", "a", 5))
    assert bounds(cases) == (MONDAY.value // 1000, (MONDAY + pd.Timedelta(5, "h")).value // 1000 + 1)
    wide = log(("1", "a", 0), period=Period.parse("2026Q3"))
    assert bounds(wide) == (Period.parse("2026Q3").start_us, Period.parse("2026Q3").end_us)


def test_hours_are_told_in_words_that_fit():
    assert [hours_text(one) for one in (0.5, 9.96, 1234.4)] == ["30 minutes", "10.0 hours", "1,234 hours"]
