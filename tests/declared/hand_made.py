"""Evidence made by hand: a living group, and one case of each verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.shape import Bridge, Broker, Split
from commfinder.declared.statistics import lift, z_score

SETTINGS = Settings(alpha=0.05, target=0.2, permutations=999, structure_known=True)


def evidence(ties=30, expected=6.0, active=12, **changes):
    """The evidence of a living group, with changes."""
    core = np.arange(active) < round(0.75 * active)
    base = Evidence(
        group="g", size=active, active=active, ties=ties, own_space_ties=0, p_all=0.001, expected=expected,
        expected_activity=4.0, lift=lift(ties, expected, active * (active - 1) // 2), p_formal=1e-6,
        p_permutation=0.002, p_activity=0.001, power=0.9, scores=np.full(active, 2.0), core=core, core_p=0.005,
        core_held_out=True, persistence=0.83, thirds_p=(1e-5, 1e-5, 1e-5), connectedness=1.0,
        broker=Broker(0.05, 0.95, 1e-5), split=None, outsiders=0, broker_two=Broker(0.1, 0.9, 1e-4),
        core_extra=0.45, structure_share=0.07, trend=0.0, trend_p=0.8,
        z=float(z_score(ties, expected)), z_activity=float(z_score(ties, 4.0)),
    )  # fmt: skip
    return replace(base, **changes)


JOINED = Split(
    np.arange(12) < 6, 0.005, 2.5, half_tails=(0.005, 0.001), cross_p=0.001, across=9.0, due=3.3, even=16.4,
    busiest=0.25,
)  # fmt: skip
HALVES = Split(
    np.arange(12) < 6, 1e-7, 0.2, half_tails=(1e-7, 1e-8), cross_p=1.0, across=0.0, due=2.2, even=12.0, busiest=0.5,
)  # fmt: skip
LOOSE = Split(
    np.arange(12) < 6, 0.2, 0.3, half_tails=(0.2, 0.1), cross_p=0.97, across=0.0, due=1.1, even=1.1, busiest=0.5,
)  # fmt: skip
NOTHING = {
    "p_formal": 0.5, "p_permutation": 0.5, "p_activity": 0.3, "p_all": 0.5, "core_p": 0.6, "core_held_out": False,
    "persistence": 0.0, "thirds_p": (0.5, 0.5, 0.5), "broker": Broker(0.5, 0.4, 0.6), "connectedness": 0.5,
    "broker_two": Broker(0.6, 0.3, 0.7), "core_extra": 0.1, "scores": np.zeros(12), "core": np.arange(12) < 5,
    "bridge": Bridge(0.5, 0.3, 2.0, 0.4),
    "split": LOOSE, "trend_p": 0.5,
}  # fmt: skip
FORMAL = {
    "p_activity": 1e-4, "expected_activity": 2.5, "z_activity": 3.8, "structure_share": 0.7, "connectedness": 0.8,
    "broker": Broker(0.3, 0.6, 0.4), "broker_two": Broker(0.3, 0.6, 0.4), "core_extra": 0.25,
    "bridge": Bridge(0.2, 0.3, 1.6, 0.1),
}  # fmt: skip
CORE = {
    "core": np.arange(12) < 5, "core_extra": 0.7, "scores": np.where(np.arange(12) < 5, 4.0, 0.0),
    "broker": Broker(0.0, 1.0, 1e-4), "broker_two": Broker(0.2, 0.8, 1e-3), "thirds_p": (0.005, 0.004, 0.002),
    "bridge": Bridge(0.0, 0.0, 1.8, 0.4),
}  # fmt: skip
FADING = {"persistence": 0.33, "trend": -0.5, "trend_p": 0.01, "p_formal": 0.02, "p_permutation": 0.04}
RISING = {**FADING, "trend": 0.5}

CASES = {
    "real": (evidence(), 0.01, 0.01),
    "broker-dependent": (
        evidence(
            ties=20, broker=Broker(0.6, 0.4, 1e-3), broker_two=Broker(0.7, 0.3, 0.01), bridge=Bridge(0.6, 0.8, 2.2, 0.0)
        ), 0.01, 0.01
    ),
    "core-only": (evidence(ties=13, expected=5.0, **CORE), 0.01, 0.01),
    "split": (evidence(
            ties=22, expected=4.0, split=HALVES, broker=Broker(0.1, 0.95, 1e-9), broker_two=Broker(0.2, 0.9, 1e-8),
            core=np.ones(12, dtype=bool),
        ), 0.01, 0.01),
    "dormant": (evidence(ties=12, **{**NOTHING, **FADING, "thirds_p": (1e-6, 0.4, 0.6)}), 0.06, 0.6),
    "emerging": (evidence(ties=12, **{**NOTHING, **RISING, "thirds_p": (0.6, 0.4, 1e-6)}), 0.06, 0.6),
    "formal-only": (evidence(ties=9, expected=9.0, **{**NOTHING, **FORMAL}), 0.6, 0.6),
    "paper": (evidence(ties=2, expected=2.0, **NOTHING), 0.6, 0.6),
    "insufficient": (evidence(ties=3, active=4, split=None), np.nan, np.nan),
    "uncertain": (evidence(ties=2, expected=2.0, **{**NOTHING, "power": 0.7}), 0.6, 0.6),
}  # fmt: skip
