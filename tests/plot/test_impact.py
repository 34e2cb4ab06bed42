"""The picture of a change: a dot a week, levels before and after, and the day."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.impact.measure import measure_impact
from commfinder.errors import InputError
from commfinder.plot import plot_impact

CHANGED = "2026-05-18"


def impact_of(cases=300, faster=0.7, changed=CHANGED):
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2026-01-05 09:00", tz="UTC") + pd.to_timedelta(np.arange(cases) * 22, "h")
    took = pd.to_timedelta(np.exp(rng.normal(3, 0.5, cases) - faster * (start >= CHANGED)), "h")
    case = np.repeat(np.arange(cases), 2).astype(str)
    log = {"case": case, "person": ["a", "b"] * cases, "time": np.stack([start, start + took], 1).ravel()}
    return measure_impact(Cases.of(log), changed_on=changed, calendar=BusinessHours.always())


@pytest.fixture(scope="module")
def changed():
    return impact_of()


def test_weeks_levels_and_the_change(changed):
    ax = changed.plot()
    weeks = changed.weeks[changed.weeks["outcome"] == "cycle"]
    dots = {line.get_label(): line for line in ax.lines if line.get_marker() == "o"}
    assert set(dots) == {"before", "after"}
    assert len(dots["after"].get_xdata()) == int(weeks["after"].sum())
    assert max(dots["before"].get_xdata()) < np.datetime64(CHANGED) < min(dots["after"].get_xdata())
    row = changed.frame.iloc[0]
    levels = [line.get_ydata()[0] for line in ax.lines if len(line.get_ydata()) == 2 and line.get_linewidth() > 1.5]
    assert levels == pytest.approx([row["before"], row["after"]])
    days = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() not in ("-", "None")]
    assert date2num(days[0]) == date2num(np.datetime64(CHANGED))
    assert ax.get_ylim()[0] == 0
    assert ax.get_title(loc="left").replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ") == row["told"]
    ax.get_figure().savefig(io.BytesIO(), format="png")


def test_another_outcome(changed):
    ax = plot_impact(changed, outcome="throughput")
    assert "cases that end, per week" in ax.get_xlabel()
    with pytest.raises(InputError, match="Did you mean 'rework'"):
        changed.plot(outcome="reworks")


def test_a_change_outside_of_the_data_has_a_sentence():
    ax = impact_of(cases=40, changed="2027-06-01").plot()
    assert not ax.lines
    assert "2027-06-01" in " ".join(text.get_text() for text in ax.texts)
