"""The model of classes: features that can be read, probabilities that are some, and signs that are sensible."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from commfinder.declared import probability
from commfinder.declared.probability import ALIVE, CLASSES, FEATURES, TOPICS, community, features, stored_model
from commfinder.declared.shape import Bridge, Broker
from commfinder.logistic import Logistic

_SPEC = importlib.util.spec_from_file_location("hand_made", Path(__file__).with_name("hand_made.py"))
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
CASES, NOTHING, evidence = made.CASES, made.NOTHING, made.evidence
OF_HALVES = {
    "surprise across halves", "ties across halves", "surprise of so few across", "busiest across", "smaller half",
}  # fmt: skip

NO_CHART = {name for name in FEATURES if name.endswith("without a chart")}


def chances(e):
    return dict(zip(CLASSES, stored_model().probability(features(e)[None])[0], strict=True))


def odds(e, one, other):
    found = chances(e)
    return np.log(found[one] / found[other])


def test_features_are_numbers_within_bounds():
    for e, _, _ in CASES.values():
        row = features(e)
        assert row.shape == (len(FEATURES),)
        unknown = {name for name, value in zip(FEATURES, row, strict=True) if np.isnan(value)}
        assert unknown == NO_CHART | (set() if e.split else OF_HALVES)
    none = (0.0, 0.0, 0.0)
    extreme = evidence(p_formal=0.0, thirds_p=none, broker=Broker(0.0, 1.0, 0.0), core_p=0.0, split=made.JOINED)
    assert np.isfinite(features(extreme)).sum() == len(FEATURES) - len(NO_CHART)
    assert np.isfinite(features(replace(extreme, activity_only=True))).all()


def test_features_of_nobody():
    nobody = evidence(
        ties=0, expected=0.0, active=0, size=4, split=None, persistence=np.nan, trend=np.nan, trend_p=np.nan
    )
    row = features(nobody)
    unknown = {name for name, value in zip(FEATURES, row, strict=True) if np.isnan(value)}
    scores = {"score of the lowest quarter", "score of the lower half"}
    assert unknown == {"persistence", "trend"} | scores | OF_HALVES | NO_CHART
    assert sum(chances(nobody).values()) == pytest.approx(1.0)


def test_probabilities_are_some():
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 5, (200, len(FEATURES)))
    found = stored_model().probability(rows)
    assert found.shape == (200, len(CLASSES))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_what_is_not_known_counts_as_the_mean():
    model = stored_model()
    row = features(evidence())
    place = FEATURES.index("persistence")
    unknown, mean = row.copy(), row.copy()
    unknown[place], mean[place] = np.nan, model.center[place]
    np.testing.assert_allclose(model.probability(unknown[None]), model.probability(mean[None]))


def test_values_beyond_the_fit_count_as_its_ends():
    model = stored_model()
    far, farther = model.high + 1, model.high + 1e6
    np.testing.assert_array_equal(model.probability(far[None]), model.probability(farther[None]))
    np.testing.assert_array_equal(model.probability(far[None]), model.probability(model.high[None]))


@pytest.mark.parametrize("verdict", ["real", "broker-dependent", "core-only", "split", "dormant", "emerging"])
@pytest.mark.parametrize("activity_only", [False, True])
def test_more_z_never_speaks_for_paper(verdict, activity_only):
    told = [odds(evidence(z=z, activity_only=activity_only), verdict, "paper") for z in np.linspace(-2, 12, 15)]
    assert (np.diff(told) >= -1e-9).all()


def test_more_z_does_not_make_real_less_likely():
    told = [odds(evidence(z=z), "real", other) for z in (0.0, 8.0) for other in ("paper", "formal-only")]
    assert told[2] > told[0]
    assert told[3] > told[1]


@pytest.mark.parametrize(
    ("better", "worse", "one", "other"),
    [
        (evidence(), evidence(broker=Broker(0.6, 0.4, 0.3), broker_two=Broker(0.8, 0.2, 0.5)), "real",
         "broker-dependent"),
        (evidence(), evidence(core=np.arange(12) < 4), "real", "core-only"),
        (evidence(), CASES["split"][0], "real", "split"),
        (evidence(bridge=Bridge(0.5, 0.8, 2.2, 0.0)), evidence(bridge=Bridge(0.5, 0.1, 1.1, 0.0)), "broker-dependent",
         "split"),
        (evidence(bridge=Bridge(0.5, 0.8, 2.2, 0.0)), evidence(), "broker-dependent", "real"),
        (evidence(), evidence(scores=np.where(np.arange(12) < 7, 2.0, -0.5)), "real", "core-only"),
        (evidence(), evidence(thirds_p=(1e-6, 0.5, 0.5)), "real", "dormant"),
        (evidence(), evidence(thirds_p=(0.5, 0.5, 1e-6)), "real", "emerging"),
        (evidence(thirds_p=(1e-6, 0.5, 0.5)), evidence(thirds_p=(0.5, 0.5, 1e-6)), "dormant", "emerging"),
        (CASES["paper"][0], CASES["formal-only"][0], "paper", "formal-only"),
    ],
)  # fmt: skip
def test_what_speaks_for_which_class(better, worse, one, other):
    assert odds(better, one, other) > odds(worse, one, other)


def test_contributions_add_up_to_the_odds():
    model = stored_model()
    row = features(evidence())
    parts = model.contributions(row, "real", "paper")
    assert set(parts) == set(TOPICS.values())
    bias = model.weight[CLASSES.index("real"), 0] - model.weight[CLASSES.index("paper"), 0]
    assert bias + sum(parts.values()) == pytest.approx(odds(evidence(), "real", "paper"))


def test_a_quiet_group_is_likely_paper():
    found = chances(evidence(ties=2, expected=2.0, **NOTHING))
    assert max(found, key=found.get) == "paper"


def test_the_stored_model_says_how_it_was_fitted():
    document = json.loads(files("commfinder.declared").joinpath("verdicts.json").read_text(encoding="utf-8"))
    fitted = document["fitted"]
    first, last = fitted["seeds"]
    assert 1000 <= first <= last <= 1999
    assert fitted["groups_judged"] > 500
    assert fitted["folds"]["ece_spoken"] < 0.1
    assert fitted["folds"]["live_called_paper"] < 0.01
    assert fitted["folds"]["ece_community"] < 0.05
    assert (np.array(document["scale"]) > 0).all()
    assert (np.array(document["low"]) <= np.array(document["high"])).all()


def test_the_model_has_seen_strong_lifts():
    document = json.loads(files("commfinder.declared").joinpath("verdicts.json").read_text(encoding="utf-8"))
    model = stored_model()
    assert np.exp(model.high[FEATURES.index("log of the lift's lower bound")]) > 40
    assert set(document["fitted"]["ranges"]) == {"ordinary", "sparse", "uncharted", "open"}
    assert 1.0 <= document["fitted"]["sharpness"] <= 1.6


@pytest.mark.parametrize("ranges", ["order", "order_open"])
def test_a_community_of_any_kind_orders_groups_and_one_class_does_not(ranges):
    document = json.loads(files("commfinder.declared").joinpath("verdicts.json").read_text(encoding="utf-8"))
    told = document["fitted"]["folds"][ranges]
    assert told["a community is there"] > max(told["plain lift"], told["z"])
    assert told["real"] < told["plain lift"]


def test_the_probability_of_a_community_is_a_sum():
    assert set(CLASSES) - set(ALIVE) == {"dormant", "formal-only", "paper"}
    chances = np.arange(8) / 28
    assert community(chances) == pytest.approx((0 + 1 + 2 + 3 + 5) / 28)
    assert community([*chances, 0.0, 0.0]) == community(chances)
    assert np.isnan(community([np.nan] * 8))


def test_without_a_chart_some_features_are_weighed_anew():
    assert len(NO_CHART) == 5
    with_chart, without = features(evidence()), features(evidence(activity_only=True))
    for name in NO_CHART:
        assert without[FEATURES.index(name)] == with_chart[FEATURES.index(name.removesuffix(" without a chart"))]
    assert (with_chart[FEATURES.index("no chart")], without[FEATURES.index("no chart")]) == (0.0, 1.0)


@pytest.mark.parametrize("case", ["real", "broker-dependent", "core-only", "split"])
def test_without_time_nothing_comes_or_goes(case):
    e = replace(CASES[case][0], thirds_p=(np.nan,) * 3, persistence=np.nan, trend=np.nan, trend_p=np.nan)
    assert features(e)[FEATURES.index("too few windows")] == 1.0
    assert features(CASES[case][0])[FEATURES.index("too few windows")] == 0.0
    found = chances(e)
    assert found["dormant"] + found["emerging"] < 0.05
    assert community(list(found.values())) > 0.9


def test_a_model_of_other_features_is_refused(monkeypatch):
    monkeypatch.setattr(probability, "FEATURES", ("z",))
    stored_model.cache_clear()
    with pytest.raises(AssertionError, match="not of these features"):
        stored_model()
    stored_model.cache_clear()


def test_a_model_is_what_it_is_told_to_be():
    d, k = len(FEATURES), len(CLASSES)
    ends = (np.zeros(d), np.ones(d), np.full(d, -9.0), np.full(d, 9.0))
    flat = Logistic(CLASSES, FEATURES, TOPICS, *ends, np.zeros((k, d + 1)))
    np.testing.assert_allclose(flat.probability(features(evidence())[None]), 1 / k)
    sharp = replace(flat, weight=np.eye(k, d + 1))
    assert sharp.probability(np.zeros((1, d)))[0].argmax() == 0
