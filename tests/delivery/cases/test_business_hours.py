"""Business hours: weekends, holidays, zones, and the days on which the clock is put forward or back."""

import datetime

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.errors import InputError


def us(text, zone="UTC"):
    return pd.Timestamp(text, tz=zone).value // 1000


def hours(calendar, start, end, zone="UTC"):
    return calendar.hours([us(start, zone)], [us(end, zone)])[0]


def by_minutes(calendar, start, end):
    """The plain way: look at every minute."""
    minutes = pd.date_range(start, end, freq="min", inclusive="left", tz="UTC").tz_convert(calendar.timezone)
    opens, closes = calendar._opens, calendar._closes
    count = 0
    for moment in minutes:
        today, minute = moment.date(), moment.hour * 60 + moment.minute
        for day, shown in ((today, minute), (today - datetime.timedelta(days=1), minute + 1440)):
            works = day.weekday() in calendar.days and day not in calendar.holidays
            count += works and opens <= shown < closes
    return count / 60


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-07-03 16:00", "2026-07-06 10:00", 2),  # Friday to Monday
        ("2026-07-04 08:00", "2026-07-05 20:00", 0),  # a weekend
        ("2026-07-06 07:00", "2026-07-06 08:00", 0),  # before work
        ("2026-07-06 10:00", "2026-07-06 10:00", 0),
        ("2026-07-06 00:00", "2026-07-13 00:00", 40),
        ("2026-07-06 10:00", "2026-07-03 16:00", -2),  # an answer before what it answers
    ],
)
def test_hours_of_a_week(start, end, expected):
    assert hours(BusinessHours(), start, end) == expected


def test_holidays_are_no_working_days_whatever_they_are_given_as():
    for holiday in ("2026-07-06", datetime.date(2026, 7, 6), datetime.datetime(2026, 7, 6)):
        assert hours(BusinessHours(holidays=(holiday,)), "2026-07-03 16:00", "2026-07-07 10:00") == 2


def test_a_zone_moves_the_working_day_with_the_seasons():
    calendar = BusinessHours(timezone="Europe/Berlin")
    assert hours(calendar, "2026-01-05 08:00", "2026-01-05 16:00") == 8
    assert hours(calendar, "2026-07-06 07:00", "2026-07-06 15:00") == 8
    assert hours(calendar, "2026-07-06 06:00", "2026-07-06 07:00") == 0


def test_the_day_on_which_the_clock_is_put_forward_is_an_hour_shorter():
    whole = BusinessHours(
        days=tuple(range(7)), start="00:00", end="24:00", timezone="Europe/Berlin", holidays=["2026-12-24"]
    )
    assert hours(whole, "2026-03-29", "2026-03-30", "Europe/Berlin") == 23
    assert hours(whole, "2026-10-25", "2026-10-26", "Europe/Berlin") == 25
    night = BusinessHours(days=(6,), start="02:30", end="06:00", timezone="Europe/Berlin")
    # 02:30 does not exist on that day: work begins at 03:00.
    assert hours(night, "2026-03-29", "2026-03-30", "Europe/Berlin") == 3


@pytest.mark.parametrize(
    "calendar",
    [
        BusinessHours(),
        BusinessHours(days=(5, 6), start="08:30", end="12:15", timezone="America/New_York"),
        BusinessHours(days=(0, 2, 4), start="22:00", end="06:00", timezone="Europe/Berlin"),
        BusinessHours(start="00:00", end="24:00", timezone="Asia/Kolkata", holidays=("2026-03-25",)),
    ],
)
def test_every_calendar_agrees_with_counting_minutes(calendar):
    rng = np.random.default_rng(1000)
    first = us("2026-03-20")
    moments = first + rng.integers(0, 14 * 24 * 60, (8, 2)) * 60_000_000
    low, high = moments.min(axis=1), moments.max(axis=1)
    plain = [
        by_minutes(calendar, *(pd.Timestamp(int(one), unit="us") for one in pair))
        for pair in zip(low, high, strict=True)
    ]
    assert calendar.hours(low, high).tolist() == pytest.approx(plain)


def test_always_counts_every_hour_and_no_zone_matters():
    assert hours(BusinessHours.always(), "2026-07-03 16:00", "2026-07-06 10:00") == 66
    assert BusinessHours.always().is_always
    assert not BusinessHours(start="00:00", end="24:00").is_always
    assert BusinessHours(start="22:00", end="06:00").hours_per_week == 40


def test_a_moment_that_is_not_known_gives_nan():
    found = BusinessHours().hours([NO_TIME, us("2026-07-06 09:00")], [us("2026-07-06 10:00")] * 2)
    assert np.isnan(found[0])
    assert found[1] == 1
    assert np.isnan(BusinessHours().hours([NO_TIME], [NO_TIME])).all()
    assert BusinessHours().hours([], []).shape == (0,)


def test_position_runs_in_business_time_only():
    moments = np.array([us("2026-07-03 16:00"), us("2026-07-04 12:00"), us("2026-07-06 10:00")])
    assert np.diff(BusinessHours().position(moments)).tolist() == [3_600_000_000, 3_600_000_000]


def test_a_span_without_any_working_day():
    calendar = BusinessHours(days=(2,), holidays=("2026-07-01", "2026-07-08"))
    assert hours(calendar, "2026-07-02", "2026-07-03") == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"days": ()}, "days"),
        ({"days": (7,)}, "days"),
        ({"days": None}, "days"),
        ({"start": "9"}, "start"),
        ({"end": "25:00"}, "end"),
        ({"start": "09:00", "end": "09:00"}, "time between"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"holidays": ("someday",)}, "holidays"),
    ],
)
def test_what_is_no_calendar_is_said(options, said):
    with pytest.raises(InputError, match=said):
        BusinessHours(**options)
