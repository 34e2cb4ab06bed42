"""Verdicts in words: numbers that are right, and nobody named."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commfinder.declared.explain import change, deciding, facts, percent, reason
from commfinder.declared.shape import Broker
from commfinder.declared.statistics import lift, poisson_tail
from commfinder.declared.verdict import VERDICTS, rule

_SPEC = importlib.util.spec_from_file_location("hand_made", Path(__file__).with_name("hand_made.py"))
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
CASES, NOTHING, SETTINGS, evidence = made.CASES, made.NOTHING, made.SETTINGS, made.evidence

ALL = ("ties", "formal", "core", "time", "piece", "broker", "halves", "seen")


def told(topic, e, settings=SETTINGS):
    return facts(e, settings, (topic, *(one for one in ALL if one != topic)))[0]


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("ties", ["30 ties", "6.0 are expected", "4.7 times", "36 % of the pairs"]),
        ("formal", ["4.0 ties", "6.0", "7 %"]),
        ("core", ["75 % of the active", "45 % of its pairs"]),
        ("time", ["83 %", "below 0.1 %"]),
        ("piece", ["100 %"]),
        ("broker", ["95 % of the others", "90 %"]),
        ("halves", ["2.5 times", "0.5 %", "0.1 %"]),
        ("seen", ["12 of 12", "100 %", "20 %", "90 %"]),
    ],
)
def test_facts_have_their_numbers(topic, words):
    for word in words:
        assert word in told(topic, evidence(split=made.JOINED))


def test_facts_of_what_is_not_known():
    e = evidence(split=None, persistence=float("nan"))
    assert "does not divide" in told("halves", e)
    assert "nothing is known of how long" in told("time", e)
    unknown = replace(SETTINGS, structure_known=False)
    assert "only activity was netted out" in told("ties", e, unknown)
    assert "only activity was netted out" in told("formal", e, unknown)
    assert "only activity" not in told("ties", e)


def test_the_strongest_topic_comes_first():
    parts = {"seen": 0.1, "core": 2.0, "ties": 2.0, "time": 5.0}
    assert deciding("uncertain", parts) == ("time", "core", "ties", "seen")
    assert deciding("paper", parts) == ("ties", "seen", "time", "core")
    assert deciding("core-only", parts) == ("core", "time", "ties", "seen")
    assert facts(evidence(), SETTINGS, ("piece", "ties", "seen", "core"))[0].endswith("hang together.")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_sentences_name_nobody(verdict):
    e, q, core_q = CASES[verdict]
    got = rule(replace(e, group="Guild of p007@example.org"), q, core_q, SETTINGS)
    for sentence in (*got.facts, got.reason, got.change, got.help):
        assert not re.search(r"@|p\d{2,}|Guild|nan|inf\b", sentence), sentence
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".")
        assert "  " not in sentence


def number(sentence):
    return int(re.search(r"\d+", sentence).group())


def test_more_ties_is_the_least_number_that_stands_out():
    e = evidence(ties=3, expected=2.0, **NOTHING)
    more = number(change("paper", e, SETTINGS))

    def stands(m):
        got = lift(m, 2.0, 66)
        return got.low > 1.3 and got.extra_density >= 0.05 and poisson_tail(m, 2.0) <= 0.05

    assert stands(3 + more)
    assert not stands(2 + more)


def test_fewer_ties_is_the_least_loss_that_silences():
    e = evidence()
    fewer = number(change("real", e, SETTINGS))
    assert lift(30 - fewer, 6.0, 66).low <= 1.3 < lift(31 - fewer, 6.0, 66).low


def test_members_that_make_enough_power():
    nobody = {**NOTHING, "core": np.zeros(5, bool), "scores": np.zeros(5), "split": None}
    few = evidence(ties=1, expected=0.5, active=5, power=0.3, **nobody)
    said = change("insufficient", few, SETTINGS)
    assert re.search(r"With \d+ more active members? of the same density", said), said
    assert "3 more of its 10 listed members" in change("insufficient", evidence(active=3, size=10), SETTINGS)
    assert "more than 20" in change("insufficient", replace(few, expected=9.9), SETTINGS)


@pytest.mark.parametrize(
    ("verdict", "changes", "words"),
    [
        (
            "broker-dependent",
            {"broker": Broker(0.6, 0.4, 0.01)},
            ["80 % of the others", "without that member", "rather than 40 %"],
        ),
        ("broker-dependent", {"broker_two": Broker(0.6, 0.3, 0.01)}, ["without those two members", "rather than 30 %"]),
        ("broker-dependent", {"broker": Broker(0.1, 0.8, 0.2)}, ["probability of 20 %"]),
        ("core-only", {"core": np.arange(12) < 5}, ["If 3 more of the 12 active"]),
        ("core-only", {"size": 30}, ["If 6 more of the 30 members listed"]),
        ("split", {"split": made.JOINED}, ["now 2.5 times"]),
        ("dormant", {"thirds_p": (1e-5, 0.2, 0.4)}, ["probability of 40 %"]),
        ("emerging", {"persistence": 0.33}, ["67 %", "now 33 %"]),
        ("emerging", {"persistence": 0.83}, ["next quarter"]),
        ("uncertain", {"power": 0.6}, ["more active member"]),
        ("uncertain", {}, ["Another quarter"]),
        ("uncertain", {"ties": 7, "lift": lift(7, 6.0, 66)}, ["would stand out; another quarter"]),
    ],
)
def test_what_would_change_it(verdict, changes, words):
    said = change(verdict, evidence(**changes), SETTINGS)
    for word in words:
        assert word in said


def test_small_and_large_probabilities_are_readable():
    said = told("time", evidence(thirds_p=(1.0, 0.034, 1e-9)))
    assert "100 %, 3.4 % and below 0.1 %" in said
    assert "explain none" in told("formal", evidence(structure_share=0.0))


def test_reason_of_a_broker():
    for changes, words in (
        ({"broker": Broker(0.5, 0.5, 0.001)}, "without one member only 50 %"),
        ({"broker_two": Broker(0.5, 0.5, 0.001)}, "without two members only 50 %"),
        ({"broker": Broker(0.0, 1.0, 0.3)}, "without one member chance gives the ties of the others"),
    ):
        assert words in reason("broker-dependent", evidence(**changes), SETTINGS)


def test_reason_of_low_coverage():
    assert "40 % of the 30 members listed" in reason("core-only", evidence(size=30), SETTINGS)
    assert ", in " not in reason("real", evidence(persistence=float("nan")), SETTINGS)


def test_percent():
    assert percent(0.004) == percent(-0.004) == "0 %"
    assert percent(float("nan")) == "an unknown share"
