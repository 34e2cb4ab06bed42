"""The rules of verdicts, and the sentences that explain them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.shape import Broker, Split
from commfinder.declared.statistics import lift
from commfinder.declared.verdict import HELP, VERDICTS, rule

SETTINGS = Settings(alpha=0.05, target=0.2, permutations=999, structure_known=True)


def evidence(ties=30, expected=6.0, active=12, **changes):
    """The evidence of a living group, with changes."""
    core = np.arange(active) < round(0.75 * active)
    base = Evidence(
        group="g", size=active, active=active, ties=ties, own_space_ties=0, p_all=0.001, expected=expected,
        expected_activity=4.0, lift=lift(ties, expected, active * (active - 1) // 2), p_formal=0.001,
        p_permutation=0.002, p_activity=0.001, power=0.9, scores=np.full(active, 2.0), core=core, core_p=0.005,
        core_held_out=True, persistence=0.83, thirds_p=(0.01, 0.01, 0.01), connectedness=1.0,
        broker=Broker(0.05, 0.95, 0.001), split=None, outsiders=0,
    )  # fmt: skip
    return replace(base, **changes)


NOTHING = {
    "p_formal": 0.5, "p_permutation": 0.5, "p_activity": 0.5, "p_all": 0.5, "core_p": 0.6,
    "core_held_out": False, "persistence": 0.0, "thirds_p": (0.5, 0.5, 0.5),
}  # fmt: skip
SOME_CORE = np.arange(12) < 5
HALVES = Split(np.arange(12) < 6, 0.001, 0.4)

CASES = {
    "real": (evidence(), 0.01, 0.01),
    "broker-dependent": (evidence(broker=Broker(0.6, 0.4, 0.001)), 0.01, 0.01),
    "core-only": (evidence(ties=14, core=SOME_CORE), 0.01, 0.01),
    "split": (evidence(split=HALVES), 0.01, 0.01),
    "dormant": (evidence(**{**NOTHING, "thirds_p": (1e-5, 0.4, 0.6)}), 0.6, 0.6),
    "emerging": (evidence(**{**NOTHING, "thirds_p": (0.6, 0.4, 1e-5)}), 0.6, 0.6),
    "formal-only": (evidence(ties=6, **{**NOTHING, "p_activity": 0.001}), 0.6, 0.6),
    "paper": (evidence(ties=6, **NOTHING), 0.6, 0.6),
    "insufficient": (evidence(ties=3, active=4, **NOTHING), np.nan, np.nan),
    "uncertain": (evidence(ties=6, **{**NOTHING, "power": 0.7}), 0.6, 0.6),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_class(verdict):
    e, q, core_q = CASES[verdict]
    got = rule(e, q, core_q, SETTINGS)
    assert got.verdict == verdict, got.reason
    assert not got.bigger
    if verdict != "insufficient":
        for number in (
            f"{e.ties} tie",
            f"{e.active} active",
            f"{e.expected:.1f} are expected",
            f"lift {e.lift.value:.1f}",
        ):
            assert number in got.reason
    assert got.reason.endswith(".")


def test_every_class_has_help():
    assert set(HELP) == set(VERDICTS) == set(CASES)


def test_sentences_name_their_numbers():
    told = {verdict: rule(*case, SETTINGS).reason for verdict, case in CASES.items()}
    assert "83 % of the windows; 75 % of the active" in told["real"]
    assert "only 40 % of the others" in told["broker-dependent"]
    assert "among 42 % of the active" in told["core-only"]
    assert "two halves" in told["split"]
    assert "last third" in told["emerging"]
    assert "first third" in told["dormant"]
    assert "activity alone would give 4.0" in told["formal-only"]
    assert "probability of 90 %" in told["paper"]
    assert "Only 4 members" in told["insufficient"]
    assert "probability of 70 %" in told["uncertain"]


def test_one_tie_is_singular():
    assert rule(evidence(ties=1, **NOTHING), 0.6, 0.6, SETTINGS).reason.startswith("1 tie among")


@pytest.mark.parametrize(
    ("changes", "q", "verdict"),
    [
        ({"size": 30}, 0.01, "core-only"),
        ({"size": 30, **NOTHING}, 0.6, "insufficient"),
        ({"power": 0.4, **NOTHING}, 0.6, "insufficient"),
        ({"power": 0.4}, 0.01, "real"),
        ({"split": Split(np.arange(12) < 6, 0.02, 0.4)}, 0.01, "real"),
        ({"split": Split(np.arange(12) < 6, 0.001, 1.2)}, 0.01, "real"),
        ({"persistence": 0.5}, 0.01, "uncertain"),
        ({"persistence": float("nan")}, 0.01, "real"),
        ({"connectedness": 0.7}, 0.01, "uncertain"),
        ({"broker": Broker(0.1, 0.9, 0.2)}, 0.01, "broker-dependent"),
        ({"split": HALVES, "broker": Broker(0.6, 0.4, 0.001)}, 0.01, "split"),
    ],
)
def test_order_and_bounds(changes, q, verdict):
    got = rule(evidence(**changes), q, 0.6 if "core_p" in changes else 0.01, SETTINGS)
    assert got.verdict == verdict, got.reason


def test_a_no_needs_power_and_a_bound():
    assert rule(evidence(ties=6, **{**NOTHING, "power": 0.79}), 0.6, 0.6, SETTINGS).verdict == "uncertain"
    wide = lift(16, 6.0, 66)
    assert wide.extra_high >= 0.2
    assert rule(evidence(ties=16, **{**NOTHING, "lift": wide}), 0.6, 0.6, SETTINGS).verdict != "paper"


def test_own_space_is_neither_real_nor_paper():
    e = evidence(ties=6, **{**NOTHING, "p_all": 1e-6, "own_space_ties": 24})
    got = rule(e, 0.6, 0.6, SETTINGS)
    assert got.verdict == "uncertain"
    assert "further 24 exist only in the group's own space" in got.reason


def test_without_structure_the_sentence_says_so():
    unknown = replace(SETTINGS, structure_known=False)
    assert "activity alone (no units are known)" in rule(evidence(), 0.01, 0.01, unknown).reason
    e, q, core_q = CASES["formal-only"]
    assert rule(e, q, core_q, unknown).verdict != "formal-only"


def test_bigger():
    assert rule(evidence(outsiders=3), 0.01, 0.01, SETTINGS).bigger
    assert "More people belong to it" in rule(evidence(outsiders=3), 0.01, 0.01, SETTINGS).reason
    assert not rule(evidence(outsiders=2), 0.01, 0.01, SETTINGS).bigger
    assert not rule(evidence(ties=6, outsiders=9, **NOTHING), 0.6, 0.6, SETTINGS).bigger
