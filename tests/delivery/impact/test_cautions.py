"""What else may explain a change."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.cautions import mix_shift
from commfinder.delivery.impact.measure import measure_impact

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
ALWAYS = BusinessHours.always()


def log(weeks=30, seed=0, *, people=("ada", "ben"), slow=None, drift=0.0):
    """Cases of two acts; weeks in `slow` take e times as long."""
    rng = np.random.default_rng(seed)
    n = weeks * 12
    start = np.sort(rng.uniform(0, weeks * 168, n))
    level = 3.5 + drift * start / 168
    if slow is not None:
        level = level + np.isin(start // 168, list(slow))
    took = np.exp(level + rng.normal(0, 0.5, n))
    return pd.DataFrame(
        {
            "case": np.tile([f"{number:04d}" for number in range(n)], 2),
            "person": np.repeat(people, n),
            "activity": np.repeat(["ask", "answer"], n),
            "unit": np.repeat(["sales", "audit"], n),
            "time": MONDAY + pd.to_timedelta(np.concatenate([start, start + took]).round(3), "h"),
        }
    )


def cautions(frame, controls=None, change=20):
    when = MONDAY + pd.Timedelta(7 * change, "D")
    return " ".join(measure_impact(Cases.of(frame), changed_on=when, controls=controls, calendar=ALWAYS).cautions)


def test_calm_data_have_no_more_cautions_than_they_need():
    told = cautions(log(), [Cases.of(log(seed=1, people=("eve", "ida")))])
    for words in ("unlike those", "spill over", "drifted apart", "other activities", "recorded", "left out of"):
        assert words not in told


def test_a_slow_time_before_the_change_is_told():
    assert "would have come by itself" in cautions(log(slow=range(12, 20)))
    assert "The last 8 weeks before the change were unlike" in cautions(log(slow=range(12, 20)))


def test_other_kinds_of_cases_are_told():
    frame = log()
    late = frame["time"] >= MONDAY + pd.Timedelta(140, "D")
    other = frame.assign(activity=frame["activity"].mask(late & (frame["activity"] == "ask"), "complain"))
    assert "They begin with other activities" in cautions(other)
    moved = frame.assign(unit=frame["unit"].mask(late & (frame["unit"] == "sales"), "shop"))
    assert "They come from other units" in cautions(moved)


def test_another_way_of_recording_is_told():
    frame = log()
    early = frame["case"].isin(frame.loc[frame["time"] < MONDAY + pd.Timedelta(140, "D"), "case"])
    frame["how"] = np.where(early, "thread", "workflow")
    assert "the records may have changed, not the work" in cautions(frame)


def test_controls_that_share_people_or_have_too_little_are_told():
    assert "100 % of the people" in cautions(log(), [Cases.of(log(seed=1))])
    short = Cases.of(log(weeks=22, seed=1, people=("eve", "ida")))
    assert "control 1 is left out of the controls, since" in cautions(log(), [short])
    gone = Cases.of(log(weeks=5, seed=1, people=("eve", "ida")))
    assert "control 1 has no data on both sides" in cautions(log(), [gone])


def test_drifting_apart_before_the_change_is_told():
    controls = [Cases.of(log(seed=1, people=("eve", "ida")))]
    assert "drifted apart" in cautions(log(drift=-0.04), controls)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [([50, 50], [50, 50], 0.0), ([80, 20], [20, 80], 0.6), ([5, 1], [1, 5], 0.0), ([90, 10], [85, 15], 0.0)],
)
def test_a_shift_is_told_where_it_is_large_and_no_chance(before, after, expected):
    kind = np.concatenate([np.repeat([0, 1], before), np.repeat([0, 1], after)])
    side = np.repeat([False, True], [sum(before), sum(after)])
    assert mix_shift(kind, side) == pytest.approx(expected)


def test_one_side_alone_has_no_shift():
    assert mix_shift(np.array([0, 1, 1]), np.ones(3, dtype=bool)) == 0.0
