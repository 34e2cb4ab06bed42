"""Tails, intervals, power and many groups at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from commfinder.declared.statistics import benjamini_hochberg, benjamini_yekutieli, lift, poisson_tail, power, z_score


@pytest.mark.parametrize(("truth", "expected"), [(3.0, 3.0), (12.0, 4.0), (40.0, 25.0)])
def test_the_interval_of_the_lift_holds_the_truth_as_often_as_it_says(truth, expected):
    drawn = np.random.default_rng(1).poisson(truth, 1500)
    wanted = (truth + 0.5) / (expected + 0.5)
    inside = [one.low <= wanted <= one.high for one in (lift(int(m), expected, 400) for m in drawn)]
    assert 0.94 <= np.mean(inside) <= 0.995, "exact Poisson intervals hold at least 95 %"


def test_lift_by_hand():
    got = lift(10, 4.5, 45)
    assert got.value == pytest.approx(10.5 / 5)
    assert got.extra_density == pytest.approx(5.5 / 45)
    low, high = stats.chi2.ppf(0.025, 20) / 2, stats.chi2.ppf(0.975, 22) / 2
    assert (got.low, got.high) == pytest.approx(((low + 0.5) / 5, (high + 0.5) / 5))
    assert got.extra_high == pytest.approx((stats.chi2.ppf(0.95, 22) / 2 - 4.5) / 45), "a bound with one side"
    assert lift(10, 4.5, 45, level=0.5).low > got.low


def test_the_upper_bound_is_too_low_as_seldom_as_it_says():
    drawn = np.random.default_rng(2).poisson(12.0, 2000)
    below = np.mean([lift(int(m), 4.0, 66).extra_high < (12.0 - 4.0) / 66 for m in drawn])
    assert 0.02 <= below <= 0.055


def test_lift_of_nothing():
    got = lift(0, 0.0, 0)
    assert (got.value, got.low, got.extra_density, got.extra_high) == (1.0, 1.0, 0.0, 0.0)
    assert got.high > 1


@pytest.mark.parametrize(
    ("expected", "pairs", "target"), [(1.0, 28, 0.2), (4.0, 66, 0.2), (10.0, 190, 0.05), (0.1, 10, 0.3)]
)
def test_power_by_simulation(expected, pairs, target):
    rng = np.random.default_rng(2)
    drawn = rng.poisson(expected + target * (pairs - expected), 20_000)
    found = np.mean(stats.poisson.sf(drawn - 1, expected) <= 0.05)
    assert power(expected, pairs, target=target, alpha=0.05) == pytest.approx(found, abs=0.012)


def test_power_grows_with_the_group_and_the_target():
    sizes = [power(0.01 * s * (s - 1) / 2, s * (s - 1) // 2, target=0.2, alpha=0.05) for s in (5, 8, 12, 20)]
    assert sizes == sorted(sizes)
    assert power(4.0, 66, target=0.3, alpha=0.05) > power(4.0, 66, target=0.1, alpha=0.05)
    assert power(0.0, 0, target=0.2, alpha=0.05) <= 0.05


def test_tail_and_z():
    assert poisson_tail(0, 3.0) == 1.0
    assert poisson_tail(3, 2.0) == pytest.approx(1 - np.exp(-2) * (1 + 2 + 2))
    assert z_score(0, 0) == 0
    assert z_score(5, 3.5) == pytest.approx(0.75)


def brute_force(p):
    p = np.asarray(p)
    order = np.argsort(p)
    n, q, least = len(p), np.empty(len(p)), 1.0
    for rank in range(n, 0, -1):
        least = min(least, p[order[rank - 1]] * n / rank)
        q[order[rank - 1]] = least
    return q


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_benjamini_hochberg(p):
    np.testing.assert_allclose(benjamini_hochberg(p), brute_force(p), atol=1e-12)


def test_benjamini_hochberg_without_some():
    got = benjamini_hochberg([0.01, np.nan, 0.04])
    np.testing.assert_allclose(got[[0, 2]], [0.02, 0.04])
    assert np.isnan(got[1])
    assert benjamini_hochberg([]).shape == (0,)
    assert np.isnan(benjamini_hochberg([np.nan])).all()


def test_benjamini_yekutieli_by_hand():
    q = benjamini_yekutieli([0.01, np.nan, 0.02])
    # Two tests: 1 + 1/2 times the other procedure.
    np.testing.assert_allclose(q[[0, 2]], [0.03, 0.03])
    assert np.isnan(q[1])
    assert (benjamini_yekutieli(np.full(3, np.nan)).shape) == (3,)


@pytest.mark.parametrize("expected", [0.0, 0.01, 0.9, 3.0, 47.3, 900.0])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_power_and_tail_equal_scipy(expected, alpha):
    for observed in (0, 1, 2, 5, 40, 1000):
        assert poisson_tail(observed, expected) == pytest.approx(stats.poisson.sf(observed - 1, expected), abs=1e-12)
    critical = stats.poisson.isf(alpha, expected) + 1 if expected else 1
    wanted = stats.poisson.sf(critical - 1, expected + 0.2 * max(2000 - expected, 0))
    assert power(expected, 2000, target=0.2, alpha=alpha) == pytest.approx(wanted, abs=1e-9)
