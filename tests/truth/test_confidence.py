"""Are confidences probabilities? A coarse look at networks whose communities are known, drawn for this alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from commfinder.communities.confidence import Budget, Traces, judge
from commfinder.communities.confidence.evidence import partition
from commfinder.communities.overlap import extend
from commfinder.communities.resolution import fixed_point

# Clear and unclear, small and large communities, with and without a part that is all chance.
NETWORKS = (
    {"n": 500, "mu": 0.4, "mean_degree": 10.0, "sizes": (10, 40), "chimera": 0.4},
    {"n": 700, "mu": 0.5, "mean_degree": 14.0, "sizes": (15, 80), "chimera": 0.0, "overlapping": 0.1},
    {"n": 500, "mu": 0.55, "mean_degree": 10.0, "sizes": (8, 25), "chimera": 0.2, "contrast": 2.0},
    {"n": 900, "mu": 0.5, "mean_degree": 12.0, "sizes": (20, 60), "chimera": 0.5},
    {"n": 600, "mu": 0.65, "mean_degree": 16.0, "sizes": (10, 40), "chimera": 0.0, "contrast": 2.0},
    {"n": 800, "mu": 0.45, "mean_degree": 8.0, "sizes": (8, 30), "chimera": 0.6},
)
SEED, SAME, FEWEST = 7000, 0.5, 3


def generator():
    """Load the generator of planted networks that the benchmarks use."""
    path = Path(__file__).parents[2] / "benchmarks" / "planted.py"
    spec = importlib.util.spec_from_file_location("benchmarks_planted", path)
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.planted_cover


@pytest.fixture(scope="module")
def told():
    """For each community found: how likely it was said to be, and whether a planted one is like it."""
    said, true = [], []
    for number, options in enumerate(NETWORKS):
        made = generator()(**options, max_degree=int(4 * options["mean_degree"]), seed=SEED + number)
        rng = np.random.default_rng(SEED + number)
        events = 1 + rng.poisson(rng.gamma(0.5, 2.0, len(made.a)) * made.weight * (number % 3))
        amount = events.astype(np.float64)
        traces = Traces(made.n, made.a, made.b, np.log1p(amount), amount, events, "log1p", False)
        ties = traces.ties()
        at = fixed_point(made.a, made.b, ties.weight, partition=lambda gamma, t=ties: partition(t, gamma, 0)).value
        labels = partition(ties, at, 0)
        memberships = extend(ties, labels)
        seeds = np.random.SeedSequence(SEED + number)
        found = judge(traces, labels, at, memberships=memberships, budget=Budget.of(len(made.a)), seeds=seeds)
        cover = [set(one.tolist()) for one in made.cover]
        for community in np.unique(memberships.community):
            own = set(memberships.person[memberships.community == community].tolist())
            if len(own) >= FEWEST and found.clustered:
                said.append(found.community[community])
                true.append(max(len(own & other) / len(own | other) for other in cover) >= SAME)
    return np.array(said), np.array(true)


def test_there_is_something_to_tell_apart(told):
    said, true = told
    assert len(said) > 100
    assert 0.15 < true.mean() < 0.85


def test_brier_skill(told):
    said, true = told
    base = true.mean()
    assert 1 - ((said - true) ** 2).mean() / (base * (1 - base)) >= 0.5


def test_calibration_error(told):
    said, true = told
    parts = np.array_split(np.argsort(said, kind="stable"), 10)
    error = sum(len(one) * abs(said[one].mean() - true[one].mean()) for one in parts) / len(said)
    assert error <= 0.12


def test_who_is_called_likely_is_right(told):
    said, true = told
    assert true[said > 0.9].mean() > 0.85
    assert true[said < 0.1].mean() < 0.15
