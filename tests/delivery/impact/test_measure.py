"""What changed after a change: on simulated cases, and on everything that can be wrong with them."""

import datetime
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.cost import Rates
from commfinder.delivery.impact.measure import measure_impact
from commfinder.errors import InputError

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
ALWAYS = BusinessHours.always()


def log(weeks=30, change=15, effect=0.0, seed=0, *, per_week=12, first="intake", people=("ada", "ben"), level=3.5):
    """An event log of cases with two acts, of which those from the change on take exp(effect) times as long."""
    rng = np.random.default_rng(seed)
    n = weeks * per_week
    start = np.sort(rng.uniform(0, weeks * 168, n))
    took = np.exp(rng.normal(level, 0.6, n) + effect * (start >= change * 168))
    frame = pd.DataFrame(
        {
            "case": np.tile([f"{number:04d}" for number in range(n)], 2),
            "person": np.repeat(people, n),
            "activity": np.repeat([first, "answer"], n),
            "unit": np.repeat(["sales", "audit"], n),
            "time": MONDAY + pd.to_timedelta(np.concatenate([start, start + took]).round(3), "h"),
        }
    )
    frame["open"] = np.tile(start + took > weeks * 168, 2)
    return frame[frame["time"] < MONDAY + pd.Timedelta(weeks * 7, "D")]


def day(week):
    return MONDAY + pd.Timedelta(7 * week, "D")


@pytest.fixture(scope="module")
def quicker():
    return measure_impact(Cases.of(log(effect=-0.7)), changed_on=day(15), calendar=ALWAYS)


def test_an_effect_is_found_and_only_associated_without_controls(quicker):
    value, low, high = quicker.effect
    assert low < np.exp(-0.7) < high < 1
    assert low < value < high
    assert quicker.verdict == "changed"
    assert "is associated with" in quicker.told[0]
    assert "without controls" in quicker.told[0].lower()
    assert any("can not be told from the change" in line for line in quicker.cautions)
    row = quicker.frame.iloc[0]
    assert (row["outcome"], row["method"], row["scale"]) == ("cycle", "series", "ratio")
    assert row["before_low"] <= row["before"] <= row["before_high"]
    assert row["after"] < row["before"]
    assert row["p"] == pytest.approx(1 / (1 + row["placebos"]))


def test_with_controls_it_is_no_longer_only_associated():
    controls = [Cases.of(log(seed=seed)) for seed in (1, 2)]
    impact = measure_impact(Cases.of(log(effect=-0.7)), changed_on=day(15), controls=controls, calendar=ALWAYS)
    assert impact.verdict == "changed"
    assert "against 2 control groups" in impact.told[0]
    assert "associated" not in impact.told[0]
    assert impact.frame["controls"].iloc[0] == 2
    assert impact.weeks["difference"].notna().any()
    assert set(impact.placebos["group"].dropna()) == {"control 1", "control 2"}
    assert not any("can not be told from the change" in line for line in impact.cautions)


def test_no_effect_is_not_claimed():
    impact = measure_impact(Cases.of(log(seed=3)), changed_on=day(15), controls=Cases.of(log(seed=4)), calendar=ALWAYS)
    assert impact.verdict == "not shown"
    assert not impact.frame["claimed"].any()
    assert "no change is shown" in impact.told[0]
    assert impact.effect[1] < 1 < impact.effect[2]


def test_all_outcomes_are_told_and_the_one_asked_for_comes_first():
    frame = log(effect=-0.7)
    impact = measure_impact(Cases.of(frame), changed_on=day(15), calendar=ALWAYS, outcome="throughput")
    assert impact.frame["outcome"].tolist() == ["throughput", "cycle", "elapsed", "rework"]
    assert impact.outcome == "throughput"
    assert impact.verdict == "not shown"
    rework = impact.frame.iloc[3]
    assert rework["method"] == "descriptive"
    assert "alike in all cases" in rework["told"]
    known = impact.frame["q"].dropna()
    assert (known >= impact.frame.loc[known.index, "p_model"] - 1e-12).all()


def test_too_little_stays_descriptive_and_says_so():
    impact = measure_impact(Cases.of(log(weeks=22)), changed_on=day(15), calendar=ALWAYS)
    assert impact.verdict == "descriptive"
    assert "8 on each side are needed" in impact.told[0]
    assert "before and" in impact.told[0]
    assert all(np.isnan(one) for one in impact.effect)
    assert impact.frame["before"].iloc[0] > 0
    few = measure_impact(Cases.of(log(per_week=2)), changed_on=day(15), calendar=ALWAYS)
    assert few.verdict == "descriptive"
    assert "cases before" in few.told[0]


@pytest.mark.parametrize("date", ["2020-01-01", "2031-01-01"])
def test_a_change_outside_of_the_data_is_told_with_what_they_cover(date):
    impact = measure_impact(Cases.of(log(weeks=10)), changed_on=date, rates=Rates(hourly=50))
    assert impact.verdict == "outside"
    assert "2026-01-05 to 2026-03-1" in impact.told[0]
    assert "check the date" in impact.told[0]
    assert impact.frame["effect"].isna().all()
    assert len(impact.weeks) == len(impact.placebos) == 0
    assert json.loads(impact.to_json())["rows"][0]["method"] == "descriptive"
    assert impact.worth is None


def test_no_cases_and_lone_cases_are_results():
    some = Cases.of(log(weeks=20))
    none = some.select(cases=np.zeros(len(some), dtype=bool))
    told = measure_impact(none, changed_on=day(10), controls=none)
    assert told.verdict == "descriptive"
    assert "no cases near the change" in told.told[0]
    empty = measure_impact(Cases.of(log(weeks=20).iloc[:0]), changed_on=day(10))
    assert (empty.verdict, empty.told) == ("outside", ("There are no cases: nothing can be compared.",))
    lone = measure_impact(some.select(cases=[3]), changed_on=day(10), controls=some.select(cases=[5]))
    assert lone.verdict == "descriptive"
    assert json.loads(lone.to_json())["rows"][0]["effect"] is None
    at_once = log(weeks=20)
    at_once["time"] = at_once.groupby("case")["time"].transform("min")
    impact = measure_impact(Cases.of(at_once), changed_on=day(10), calendar=ALWAYS)
    assert impact.frame["before"].iloc[0] == 0.0
    assert impact.verdict == "not shown"


@pytest.mark.parametrize("date", ["soon", None, 20260501, float("nan"), "NaT"])
def test_a_date_that_can_not_be_read_is_told(date):
    with pytest.raises(InputError, match="changed_on"):
        measure_impact(Cases.of(log(weeks=4)), changed_on=date)


def test_dates_in_any_form_are_the_same_moment():
    cases = Cases.of(log(weeks=20))
    forms = [day(10), "2026-03-16", datetime.date(2026, 3, 16), "2026-03-16T01:00+01:00", np.datetime64("2026-03-16")]
    found = {measure_impact(cases, changed_on=one, calendar=ALWAYS).to_json() for one in forms}
    assert len(found) == 1


@pytest.mark.parametrize("group", ["D1", None, pd.DataFrame()])
def test_what_is_no_group_is_told(group):
    with pytest.raises(InputError, match="delivery group"):
        measure_impact(group, changed_on="2026-03-16")
    with pytest.raises(InputError, match="Control 1"):
        measure_impact(Cases.of(log(weeks=4)), changed_on="2026-01-20", controls=["D2"])


def test_options_are_checked():
    cases = Cases.of(log(weeks=4))
    for options in ({"outcome": "cylce"}, {"anticipation": -1}, {"settling": 1.5}, {"seed": -1}):
        with pytest.raises(InputError):
            measure_impact(cases, changed_on="2026-01-20", **options)


def test_a_group_gives_its_cases_name_and_calendar(quicker):
    cases = Cases.of(log(effect=-0.7))
    group = SimpleNamespace(name="D1", cases=cases, calendar=ALWAYS)
    impact = measure_impact(group, changed_on=day(15), controls=SimpleNamespace(name="D2", cases=Cases.of(log(seed=8))))
    assert impact.name == "D1"
    assert impact.provenance.parameters["controls"] == ["D2"]
    same = [Cases.of(log(seed=8)), SimpleNamespace(cases=Cases.of(log(seed=8)), calendar=BusinessHours())]
    beside = [measure_impact(group, changed_on=day(15), controls=one) for one in same]
    assert beside[0].effect == beside[1].effect == impact.effect
    alone = measure_impact(group, changed_on=day(15))
    assert alone.effect == quicker.effect


def test_rows_in_another_order_give_the_same_bytes(quicker):
    frame = log(effect=-0.7).sample(frac=1, random_state=2)
    again = measure_impact(Cases.of(frame), changed_on=day(15), calendar=ALWAYS)
    assert again.to_json() == quicker.to_json()


def test_weeks_that_count_for_neither_side():
    impact = measure_impact(Cases.of(log(effect=-0.7)), changed_on=day(15), calendar=ALWAYS, anticipation=2, settling=3)
    assert impact.frame["weeks_after"].iloc[0] <= 12
    gap = impact.weeks["week"][(impact.weeks["outcome"] == "cycle")].diff().max()
    # Two weeks, three weeks, and one that can not be followed whole before people prepared for the change.
    assert gap == pd.Timedelta(7 * 7, "D")
    assert any("2 weeks before the change and 3 after" in line for line in impact.cautions)


def test_cases_under_way_at_the_change_are_told():
    impact = measure_impact(Cases.of(log(level=4.5)), changed_on=day(15), calendar=ALWAYS)
    assert any("under way at the change" in line for line in impact.cautions)
    assert any("left out" in line for line in impact.cautions)


def test_the_worth_is_a_range_from_the_rates(quicker):
    cases = Cases.of(log(effect=-0.7))
    impact = measure_impact(cases, changed_on=day(15), calendar=ALWAYS, rates=Rates(delay_per_day=(10, 30)))
    year = impact.worth.frame.set_index("per").loc["year"]
    assert 0 < year["low"] < year["high"]
    assert quicker.worth is None
    assert impact.effect == quicker.effect


def test_results_name_nobody(quicker):
    text = " ".join([*quicker.told, *quicker.cautions, quicker.to_json()])
    assert "ada" not in text
    assert "ben" not in text
    assert json.loads(quicker.to_json())["schema"] == "commfinder/impact/1"
    assert repr(quicker).startswith("<Impact: changed.")
    assert len(quicker.told) == len(quicker.frame) == 4
