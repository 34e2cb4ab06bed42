"""Verdicts: the rules that guard them, the probabilities that they rest on, and the sentences that explain them."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commfinder.declared.probability import CLASSES, FEATURES, TOPICS
from commfinder.declared.shape import Bridge, Broker
from commfinder.declared.statistics import lift
from commfinder.declared.verdict import HELP, VERDICTS, barred, rule
from commfinder.logistic import Logistic

_SPEC = importlib.util.spec_from_file_location("hand_made", Path(__file__).with_name("hand_made.py"))
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
SETTINGS, CASES, NOTHING, FORMAL, HALVES = made.SETTINGS, made.CASES, made.NOTHING, made.FORMAL, made.HALVES
evidence = made.evidence


def certain(verdict):
    """Return a model that is sure of one class whatever the evidence, so that only rules can object."""
    d = len(FEATURES)
    weight = np.zeros((len(CLASSES), d + 1))
    weight[CLASSES.index(verdict), 0] = 9.0
    return Logistic(CLASSES, FEATURES, TOPICS, np.zeros(d), np.ones(d), np.full(d, -9.0), np.full(d, 9.0), weight)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_class(verdict):
    e, q, core_q = CASES[verdict]
    got = rule(e, q, core_q, SETTINGS)
    assert got.verdict == verdict, (got.reason, dict(zip(VERDICTS, np.round(got.probabilities, 2), strict=True)))
    assert not got.bigger
    if verdict != "insufficient":
        for number in (f"{e.ties} tie", f"{e.active} active", f"{e.expected:.1f} are expected"):
            assert number in got.reason
    assert got.reason.endswith(".")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_probabilities(verdict):
    got = rule(*CASES[verdict], SETTINGS)
    assert len(got.probabilities) == len(VERDICTS)
    if verdict == "insufficient":
        assert np.isnan(got.probabilities).all(), "of fewer than five active nothing is probable"
        assert np.isnan(got.probability)
        return
    assert sum(got.probabilities) == pytest.approx(1.0)
    assert got.probabilities[-2:] == (0.0, 0.0)
    if verdict == "uncertain":
        assert np.isnan(got.probability)
    else:
        assert got.probability == max(got.probabilities) == got.probabilities[VERDICTS.index(verdict)] >= 0.5


def test_what_the_evidence_would_say_is_kept_where_it_is_not_enough():
    got = rule(evidence(size=40), 0.5, 0.5, SETTINGS)
    assert got.verdict == "insufficient"
    assert np.isnan(got.probability)
    assert sum(got.probabilities) == pytest.approx(1.0)


def test_nobody_in_the_period():
    got = rule(evidence(size=0, active=0, ties=0, split=None), np.nan, np.nan, SETTINGS)
    assert (got.verdict, got.reason) == ("insufficient", "Nobody is listed in the period.")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_facts_change_and_help(verdict):
    got = rule(*CASES[verdict], SETTINGS)
    assert len(set(got.facts)) == 3
    for fact in got.facts:
        assert any(sign.isdigit() for sign in fact)
        assert fact.endswith(".")
    assert got.change.endswith(".")
    assert len(got.change) > 30
    assert got.help == HELP[verdict]


def test_every_class_has_help():
    assert set(HELP) == set(VERDICTS) == set(CASES)
    assert VERDICTS[: len(CLASSES)] == CLASSES


def test_reasons_name_their_numbers():
    told = {verdict: rule(*case, SETTINGS).reason for verdict, case in CASES.items()}
    assert "83 % of the windows; 75 % of the active" in told["real"]
    assert "only 40 % of the others" in told["broker-dependent"]
    assert "among 42 % of the active" in told["core-only"]
    assert "two halves" in told["split"]
    assert "last third" in told["emerging"]
    assert "first third" in told["dormant"]
    assert "activity alone would give 2.5" in told["formal-only"]
    assert "probability of 90 %" in told["paper"]
    assert "Only 4 members" in told["insufficient"]
    assert "looks most like paper" in told["uncertain"]
    assert "probability of 70 % only" in told["uncertain"]


def test_one_tie_is_singular():
    assert rule(evidence(ties=1, expected=1.0, **NOTHING), 0.6, 0.6, SETTINGS).reason.startswith("1 tie among")


@pytest.mark.parametrize(
    ("verdict", "changes", "q", "core_q"),
    [
        ("real", {}, 0.06, 0.01),
        ("real", {"lift": lift(9, 6.0, 66)}, 0.01, 0.01),
        ("real", {"core": np.arange(12) < 7, "scores": np.where(np.arange(12) < 7, 4.0, 0.5)}, 0.01, 0.01),
        ("broker-dependent", {}, 0.01, 0.01),
        ("broker-dependent", {"broker": Broker(0.5, 0.5, 0.001)}, 0.06, 0.01),
        ("core-only", {}, 0.01, 0.01),
        ("core-only", {"core": np.arange(12) < 5}, 0.06, 0.06),
        ("core-only", {"core": np.arange(12) < 2}, 0.01, 0.01),
        ("split", {}, 0.01, 0.01),
        ("split", {"split": None}, 0.01, 0.01),
        ("split", {"split": HALVES}, 0.06, 0.01),
        ("split", {"split": replace(HALVES, p=0.06)}, 0.01, 0.01),
        ("split", {"split": replace(HALVES, cross_p=0.01, across=9.0)}, 0.01, 0.01),
        ("split", {"split": replace(HALVES, cross_p=0.01, across=np.nan)}, 0.01, 0.01),
        ("dormant", {}, 0.01, 0.01),
        ("dormant", {"thirds_p": (0.06, 0.5, 0.5)}, 0.6, 0.6),
        ("dormant", {"thirds_p": (1e-5, 0.5, 5e-4)}, 0.6, 0.6),
        ("dormant", {"thirds_p": (0.5, 0.5, 1e-5)}, 0.6, 0.6),
        ("emerging", {"thirds_p": (1e-5, 0.5, 0.5)}, 0.6, 0.6),
    ],
)
def test_rules_take_away(verdict, changes, q, core_q):
    got = rule(evidence(**changes), q, core_q, SETTINGS, certain(verdict))
    assert got.verdict == "uncertain"
    assert f"looks most like {verdict}" in got.reason
    assert ", but " in got.reason


@pytest.mark.parametrize(
    ("verdict", "changes"),
    [
        ("real", {"core": np.arange(12) < 7}),
        ("broker-dependent", {"bridge": Bridge(0.4, 0.7, 2.0, 0.0)}),
        ("core-only", {"core": np.arange(12) < 8}),
        ("split", {"split": replace(HALVES, cross_p=0.01, across=3.0)}),
    ],
)
def test_rules_let_stand(verdict, changes):
    e = evidence(**changes)
    got = rule(e, 0.01, 0.01, SETTINGS, certain(verdict))
    assert got.verdict == verdict, got.reason
    assert rule(evidence(), 0.01, 0.01, SETTINGS, certain(verdict)).verdict == (
        "real" if verdict == "real" else "uncertain"
    )
    if verdict == "real":
        assert "58 % of the active members carry it, and 100 % take part." in got.reason
    if verdict == "broker-dependent":
        assert "40 % of those who hang together are cut off" in got.reason
        assert "rather than 60 %" in got.change


@pytest.mark.parametrize(("verdict", "said"), [("paper", "uncertain"), ("formal-only", "formal-only")])
def test_what_is_not_seen_needs_more_power_than_what_is(verdict, said):
    weak = evidence(ties=2, expected=2.0, **{**NOTHING, **FORMAL, "power": 0.79})
    assert rule(weak, 0.6, 0.6, SETTINGS, certain(verdict)).verdict == said


@pytest.mark.parametrize("verdict", ["paper", "formal-only"])
@pytest.mark.parametrize(
    ("changes", "q"),
    [
        ({"lift": lift(16, 2.0, 66)}, 0.6),
        ({"lift": lift(13, 2.0, 200)}, 0.04),
        ({"p_formal": 0.005, "p_permutation": 0.005}, 0.1),
        ({"core_p": 0.005}, 0.6),
        ({"thirds_p": (0.5, 0.5, 1e-4)}, 0.6),
        ({"own_space_ties": 24, "p_all": 1e-6}, 0.6),
    ],
)
def test_a_no_needs_a_bound_and_no_sign_of_life(verdict, changes, q):
    quiet = {**NOTHING, **FORMAL}
    assert rule(evidence(ties=2, expected=2.0, **quiet), 0.6, 0.6, SETTINGS, certain(verdict)).verdict == verdict
    e = evidence(ties=2, expected=2.0, **{**quiet, **changes})
    assert rule(e, q, 0.6, SETTINGS, certain(verdict)).verdict == "uncertain"


@pytest.mark.parametrize(
    ("changes", "q", "verdict"),
    [
        ({"size": 30}, 0.01, "core-only"),
        ({"size": 30, **NOTHING}, 0.6, "insufficient"),
        ({"power": 0.4, **NOTHING}, 0.6, "insufficient"),
        ({"power": 0.4}, 0.01, "core-only"),
        ({"active": 4, "split": None}, 0.01, "insufficient"),
    ],
)
def test_insufficient_is_a_rule(changes, q, verdict):
    wide = {"core": np.arange(12) < 5} if verdict == "core-only" else {}
    got = rule(evidence(**{**changes, **wide}), q, 0.01, SETTINGS, certain("core-only"))
    assert got.verdict == verdict, got.reason


@pytest.mark.parametrize("verdict", [name for name in CLASSES if name != "core-only"])
def test_of_a_list_that_is_hardly_seen_only_a_core_is_told(verdict):
    changes = {} if verdict in ("real", "broker-dependent", "core-only") else CASES[verdict][0].__dict__
    e = replace(evidence(), **{**changes, "size": 30})
    got = rule(e, 0.01, 0.01, SETTINGS, certain(verdict))
    assert got.verdict == "insufficient"
    assert got.reason.startswith("Only 12 of 30 members are seen in the data (40 %; 60 % are needed to judge). Those")
    assert f"{e.ties} tie" in got.reason
    assert np.isnan(got.probability)
    assert got.community == pytest.approx(sum(got.probabilities[: len(CLASSES)][k] for k in (0, 1, 2, 3, 5)))
    assert rule(replace(e, size=20), 0.01, 0.01, SETTINGS, certain(verdict)).verdict != "insufficient"


def test_what_rules_a_community_out_needs_no_power_beforehand():
    seen = evidence(ties=9, expected=11.0, **{**NOTHING, **FORMAL, "power": 0.3, "expected_activity": 4.0})
    assert seen.lift.extra_high < SETTINGS.target
    assert rule(seen, 0.6, 0.6, SETTINGS, certain("formal-only")).verdict == "formal-only"
    # What rests on what is not seen asks for power all the same.
    assert rule(seen, 0.6, 0.6, SETTINGS, certain("paper")).verdict == "uncertain"
    open_still = replace(seen, ties=18, lift=lift(18, 11.0, 66))
    assert rule(open_still, 0.6, 0.6, SETTINGS, certain("formal-only")).verdict == "insufficient"


def test_the_probability_of_a_community_is_of_all_kinds_of_it():
    for e, q, core_q in CASES.values():
        got = rule(e, q, core_q, SETTINGS)
        of = dict(zip(VERDICTS, got.probabilities, strict=True))
        if e.active < 5:
            assert np.isnan(got.community)
            continue
        alive = sum(of[name] for name in ("real", "broker-dependent", "core-only", "split", "emerging"))
        assert got.community == pytest.approx(alive)
        assert got.community <= 1 - of["paper"] - of["formal-only"] - of["dormant"] + 1e-9
    split, paper = (rule(*CASES[name], SETTINGS) for name in ("split", "paper"))
    assert split.probabilities[0] < 0.5 < 0.9 < split.community, "a split group is not real, and a community is there"
    assert paper.community < 0.1


def test_formal_only_needs_a_structure_and_activity():
    e = evidence(ties=9, expected=9.0, **{**NOTHING, **FORMAL})
    assert barred("formal-only", e, 0.6, 0.6, SETTINGS) == ""
    assert "no formal structure" in barred("formal-only", e, 0.6, 0.6, replace(SETTINGS, structure_known=False))
    assert "activity alone" in barred("formal-only", replace(e, p_activity=0.2), 0.6, 0.6, SETTINGS)
    assert barred("paper", e, 0.6, 0.6, SETTINGS) == ""


def test_a_sure_excess_that_is_small_leaves_formal_structure_the_reason():
    quiet = {**NOTHING, **FORMAL, "p_formal": 0.02, "p_permutation": 0.02}
    small = evidence(ties=13, expected=9.0, **{**quiet, "active": 24, "lift": lift(13, 9.0, 276)})
    assert barred("formal-only", small, 0.04, 0.6, SETTINGS) == ""
    assert barred("paper", small, 0.04, 0.6, SETTINGS) == "it has more ties than chance gives"
    large = replace(small, lift=lift(40, 16.0, 400))
    assert barred("formal-only", large, 0.04, 0.6, SETTINGS) == "it has more ties than chance gives"


@pytest.mark.parametrize("verdict", ["paper", "formal-only"])
def test_a_no_needs_life_to_be_improbable(verdict):
    e = evidence(ties=2, expected=2.0, **{**NOTHING, **FORMAL})
    model = certain(verdict)
    for alive, spoken in ((7.0, verdict), (8.0, "uncertain")):
        model.weight[CLASSES.index("split"), 0] = alive
        assert rule(e, 0.6, 0.6, SETTINGS, model).verdict == spoken
    assert "a community of some kind has a probability of 27 %" in rule(e, 0.6, 0.6, SETTINGS, model).reason


def test_a_class_below_one_half_is_not_spoken_of():
    close = certain("real")
    close.weight[CLASSES.index("real"), 0] = 1.5
    got = rule(evidence(), 0.01, 0.01, SETTINGS, close)
    assert max(got.probabilities) < 0.5
    assert got.verdict == "uncertain"
    assert "likeliest class is real, with a probability of 39 % only" in got.reason


def test_a_live_group_is_not_called_paper_however_quiet():
    for ties in range(3, 40):
        told = lift(ties, 3.0, 66)
        tail = 1e-4 if ties > 9 else 0.3
        e = evidence(ties=ties, expected=3.0, lift=told, p_formal=tail, p_permutation=tail, p_activity=tail)
        assert rule(e, tail, tail, SETTINGS).verdict not in ("paper", "formal-only")


def test_own_space_is_neither_real_nor_paper():
    e = evidence(ties=2, expected=2.0, **{**NOTHING, "p_all": 1e-6, "own_space_ties": 24})
    got = rule(e, 0.6, 0.6, SETTINGS)
    assert got.verdict == "uncertain"
    assert "further 24 exist only in the group's own space" in got.reason


def test_without_structure_the_sentences_say_so():
    unknown = replace(SETTINGS, structure_known=False)
    got = rule(evidence(activity_only=True), 0.01, 0.01, unknown)
    assert "activity alone (no units are known)" in got.reason
    e, q, core_q = CASES["formal-only"]
    assert rule(e, q, core_q, unknown).verdict != "formal-only"


def test_bigger():
    got = rule(evidence(outsiders=3), 0.01, 0.01, SETTINGS)
    assert got.bigger
    assert "More people belong to it" in got.reason
    assert got.help.startswith(HELP["real"])
    assert "beyond the roster" in got.help
    assert not rule(evidence(outsiders=2), 0.01, 0.01, SETTINGS).bigger
    assert not rule(evidence(ties=2, expected=2.0, outsiders=9, **NOTHING), 0.6, 0.6, SETTINGS).bigger
