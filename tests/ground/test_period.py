from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commfinder.errors import CommfinderError, PeriodError
from commfinder.period import Period, Windows, parse_period

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026H1", "2026-01-01", "2026-07-01"),
        ("2026h2", "2026-07-01", "2027-01-01"),
        ("2026Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        (" 2026q3 ", "2026-07-01", "2026-10-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-07-01/2026-10-01", "2026-07-01", "2026-10-01"),
    ],
)
def test_every_shape(text, start, end):
    found = Period.parse(text)
    assert (found.start, found.end) == (
        datetime.fromisoformat(start + "T00:00Z"),
        datetime.fromisoformat(end + "T00:00Z"),
    )
    assert parse_period(found) is found
    assert parse_period(text) == found


def test_bounds_turn_to_utc():
    found = Period.parse("2026-07-01T00:00+02:00/2026-07-01T12:00-01:30")
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-06-30T22:00:00+00:00",
        "2026-07-01T13:30:00+00:00",
    )
    assert (found.start_us, found.end_us) == (1782856800_000000, 1782912600_000000)
    assert found.days == pytest.approx(15.5 / 24)


def test_pairs():
    expected = Period.parse("2026-07-01/2026-07-08")
    zone = timezone(timedelta(hours=5))
    assert parse_period((date(2026, 7, 1), "2026-07-08")) == expected
    assert parse_period((datetime(2026, 7, 1, 5, tzinfo=zone), datetime(2026, 7, 8, tzinfo=UTC))) == expected
    assert parse_period(None) is None


@pytest.mark.parametrize(
    ("value", "shown", "taught"),
    [
        ("last quarter", "'last quarter'", "2026Q3"),
        ("2026Q5", "'2026Q5'", "2026Q3"),
        ("2026H3", "'2026H3'", "2026H1"),
        ("2026-13", "'2026-13'", "2026-07"),
        ("2026-00", "'2026-00'", "2026-07"),
        ("", "''", "2026Q3"),
        ("2026-07-01/soon", "'soon'", "ISO 8601"),
        ("2026-07-01T00:00/2026-07-02", "2026-07-01 00:00:00", "no time zone"),
        ("2026-07-02/2026-07-01", "2026-07-02", "after the start"),
        ("2026-07-01/2026-07-01", "2026-07-01", "after the start"),
        ("0001-01-01T00:00+05:00/2026-01-01", "0001-01-01", "years 1 to 9999"),
        ((1, 2), "1", "ISO 8601"),
        (("2026-07-01", None), "None", "ISO 8601"),
        (2026, "2026", "2026Q3"),
        ((datetime(2026, 7, 1), datetime(2026, 8, 1)), "2026-07-01", "tzinfo"),
    ],
)
def test_errors_teach(value, shown, taught):
    with pytest.raises(PeriodError) as caught:
        parse_period(value)
    assert shown in str(caught.value)
    assert taught in str(caught.value)
    assert isinstance(caught.value, CommfinderError | ValueError)


def test_a_bound_must_be_a_moment():
    with pytest.raises(PeriodError, match=r"Period\.parse"):
        Period("2026-07-01", "2026-08-01")


moments = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))


@given(moments, moments)
def test_text_of_a_period_reads_back(one, other):
    if one == other:
        return
    found = Period(min(one, other), max(one, other))
    assert Period.parse(str(found)) == found
    assert found.end_us - found.start_us == round((found.end - found.start) / timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("days", "length", "count"),
    [(92, 28, 3), (84, 28, 3), (83, 7, 11), (21, 7, 3), (20, 1, 20), (3, 1, 3), (2.5, 2.5, 1)],
)
def test_windows_choose_their_length(days, length, count):
    found = Windows.over(0, int(days * DAY))
    assert (found.days, found.count, found.end_us) == (length, count, days * DAY)


def test_windows_count_back_and_leave_the_remainder_at_the_old_end():
    found = Windows.over(0, 92 * DAY)
    assert found.end_us - found.count * found.length_us == 8 * DAY


@pytest.mark.parametrize(("days", "count"), [(7, 13), (30, 3), (50, 1), (200, 1), (0.5, 184)])
def test_windows_of_a_given_length(days, count):
    found = Windows.over(0, 92 * DAY, days=days)
    assert (found.days, found.count) == (days, count)


def test_windows_of_an_empty_span():
    assert Windows.over(5, 5) == Windows(5, 1, 1)


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf")])
def test_windows_of_no_length(days):
    with pytest.raises(PeriodError, match="above 0"):
        Windows.over(0, DAY, days=days)
