"""Times of a group, checked against cases made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.impact.times import measure_times
from commfinder.errors import InputError
from commfinder.period import Period

MONDAY = pd.Timestamp("2026-07-06", tz="UTC")


def many(weeks=12, per_week=5, *, open_last=0, seed=0):
    """Cases of three acts each, the last few of them open, over some weeks."""
    rng = np.random.default_rng(seed)
    n = weeks * per_week
    start = MONDAY + pd.to_timedelta(np.sort(rng.uniform(0, weeks * 168, n)), "h")
    gaps = rng.exponential(20, (2, n)).cumsum(axis=0)
    time = [start, *(start + pd.to_timedelta(gap, "h") for gap in gaps)]
    frame = pd.DataFrame(
        {
            "case": np.tile(np.arange(n).astype(str), 3),
            "person": np.repeat(["ada", "ben", "eve"], n),
            "role": np.repeat(["intake", "check", "send"], n),
            "unit": np.repeat(["sales", "sales", "mail"], n),
            "activity": np.repeat(["x", "y", "x"], n),
            "time": np.concatenate([one.to_numpy() for one in time]),
        }
    )
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    frame["open"] = frame["case"].astype(int) >= n - open_last
    return frame


def test_times_of_cases_made_by_hand():
    rows = []
    for number, hours in enumerate([1, 2, 3, 4, 7]):
        rows.append((str(number), "ada", 9, "intake", "sales"))
        rows.append((str(number), "ben", 9 + hours, "check", "audit"))
    rows.append(("4", "ada", 16.5, "intake", "sales"))
    frame = pd.DataFrame(rows, columns=["case", "person", "time", "role", "unit"])
    frame["time"] = MONDAY + pd.to_timedelta(frame["time"], "h")
    times = measure_times(Cases.of(frame))
    expected = {
        "cycle_median": 3.0,
        "cycle_p85": 7.5,
        "elapsed_median": 2.0,  # of 0.5, 1, 2, 3, 4, 7: three of six are at most 2
        "handoffs_per_case": 6 / 5,
        "crossings_per_case": 6 / 5,
        "ping_pong": 1 / 6,
        "ping_pong_cases": 1 / 5,
    }
    assert {name: times.value(name) for name in expected} == pytest.approx(expected)
    for unknown in ("waiting_median", "touch_median", "efficiency", "rework", "throughput", "little"):
        assert np.isnan(times.value(unknown))
    assert times.frame.set_index("measure").loc["rework", "note"] == "activities are not known"
    pairs = times.handoffs[["role_from", "role_to", "handoffs", "cases"]].values.tolist()
    assert pairs == [["intake", "check", 5, 5], ["check", "intake", 1, 1]]
    assert times.handoffs["back"].tolist() == [0.0, 1.0]


def test_waiting_and_efficiency_where_starts_are_known():
    frame = pd.DataFrame({"case": ["1", "1"], "person": ["a", "b"], "activity": ["x", "y"]})
    frame["time"] = [MONDAY + pd.Timedelta(hour, "h") for hour in (10, 17)]
    frame["started"] = [MONDAY + pd.Timedelta(hour, "h") for hour in (9, 15)]
    times = measure_times(Cases.of(frame))
    assert times.value("cycle_median") == 8.0
    assert times.value("elapsed_median") == 7.0
    assert times.value("waiting_median") == 5.0
    assert times.value("touch_median") == 3.0
    assert times.value("efficiency") == pytest.approx(3 / 8)
    assert any("waits 5.0 hours" in line for line in times.told)


def test_open_cases_make_times_longer_than_those_that_ended():
    frame = many(weeks=20, per_week=60)
    # Cut off in the middle: what ended until then is what is quick.
    middle = MONDAY + pd.Timedelta(24, "D")
    seen = frame[frame["time"] < middle]
    last = frame.groupby("case")["time"].transform("max")
    seen = seen.assign(open=last[seen.index] >= middle)
    always, period = BusinessHours.always(), Period(MONDAY.to_pydatetime(), middle.to_pydatetime())
    everything = measure_times(Cases.of(frame), calendar=always).value("cycle_p85")
    with_open = measure_times(Cases.of(seen, period=period), calendar=always)
    without = measure_times(Cases.of(seen[~seen["open"]], period=period), calendar=always).value("cycle_p85")
    assert seen["open"].any()
    assert without < with_open.value("cycle_p85")
    assert abs(with_open.value("cycle_p85") - everything) < abs(without - everything)
    assert "open at the end" in with_open.frame["note"].iloc[0]


def test_a_quantile_that_too_few_have_reached_is_not_told():
    frame = many(open_last=50)
    first = frame[(frame["case"].astype(int) < 10) | (frame["role"] == "intake")]
    times = measure_times(Cases.of(first))
    assert np.isnan(times.value("cycle_median"))
    assert "too many are open" in times.frame["note"].iloc[0]
    assert "can not be told" in times.told[0]


def test_intervals_hold_the_value_and_need_no_more_than_cases():
    times = measure_times(Cases.of(many()))
    frame = times.frame.dropna(subset=["low", "high"])
    assert len(frame) >= 9
    assert (frame["low"] <= frame["value"] + 1e-9).all()
    assert (frame["value"] <= frame["high"] + 1e-9).all()
    few = measure_times(Cases.of(many(weeks=1, per_week=6)))
    assert few.value("cycle_median") > 0


def test_a_steady_process_is_consistent_and_a_pile_is_told():
    calm = many(weeks=30, per_week=20)
    assert measure_times(Cases.of(calm)).value("little") == pytest.approx(1, abs=0.1)
    first = calm["case"].astype(int) % 2 == 0
    piled = calm.assign(open=first)[~first | (calm["role"] == "intake")]
    times = measure_times(Cases.of(piled))
    assert times.value("little") > 2
    assert any("piles up" in line for line in times.told)


def test_weeks_count_what_starts_ends_and_is_in_progress():
    frame = many(weeks=10, per_week=8)
    times = measure_times(Cases.of(frame))
    weeks = times.weeks
    assert len(weeks) == times.frame.set_index("measure").loc["throughput", "n"]
    assert weeks["ended"].mean() == pytest.approx(times.value("throughput"))
    start, end = (frame.groupby("case")["time"].agg(how) for how in ("min", "max"))
    week = weeks["week"].iloc[3]
    hours = pd.date_range(week, periods=168, freq="h")
    level = np.mean([((start <= hour) & (end > hour)).sum() for hour in hours])
    assert weeks["in_progress"].iloc[3] == pytest.approx(level, abs=0.15)
    assert weeks["started"].iloc[3] == ((start >= week) & (start < week + pd.Timedelta(7, "D"))).sum()


def test_rows_in_another_order_give_the_same_bytes():
    frame = many().assign(event=lambda one: one["case"] + "#" + one["role"])
    shuffled = frame.sample(frac=1, random_state=1)
    assert measure_times(Cases.of(frame)).to_json() == measure_times(Cases.of(shuffled)).to_json()


def test_the_calendar_and_given_handoffs_are_used():
    cases, always = Cases.of(many()), BusinessHours.always()
    wide, narrow = measure_times(cases, calendar=always), measure_times(cases)
    assert wide.value("cycle_median") > 2 * narrow.value("cycle_median")
    given = measure_times(cases, hand_offs(cases, calendar=always), always)
    assert given.frame.equals(wide.frame)


def test_no_cases_are_a_result():
    cases = Cases.of(many()).select(cases=np.zeros(60, dtype=bool))
    times = measure_times(cases)
    assert times.frame["value"].isna().all()
    assert (len(times.handoffs), len(times.weeks)) == (0, 0)
    assert times.told == ("There are no cases, so no times.",)
    lone = Cases.of({"case": ["1"], "person": ["a"], "time": [MONDAY]}, period=Period.parse("2026Q3"))
    assert measure_times(lone).value("cycle_median") == 0.0


def test_results_name_nobody_and_are_json():
    times = measure_times(Cases.of(many()))
    text = " ".join(times.told)
    assert not {"ada", "ben", "eve"} & set(text.split())
    assert json.loads(times.to_json())["schema"] == "commfinder/times/1"
    assert "median" in repr(times)
    with pytest.raises(InputError, match="cycle_medain"):
        times.value("cycle_medain")
    with pytest.raises(InputError, match="draws"):
        measure_times(Cases.of(many()), draws=3)
