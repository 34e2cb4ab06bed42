"""Times of which some have not ended: curves, quantiles and means."""

import numpy as np
import pytest

from commfinder.delivery.impact.survival import imputed, kaplan_meier, quantile_intervals
from commfinder.errors import InputError


def test_without_open_cases_the_curve_is_the_share_that_takes_longer():
    curve = kaplan_meier([3.0, 1.0, 2.0, 2.0], [True] * 4)
    assert curve.time.tolist() == [1.0, 2.0, 3.0]
    assert curve.longer == pytest.approx([0.75, 0.25, 0.0])
    assert [curve.quantile(share) for share in (0.25, 0.5, 0.85)] == [1.0, 2.0, 3.0]
    assert curve.reached() == 1.0


def test_open_cases_count_as_having_taken_at_least_so_long():
    time, ended = np.array([1.0, 2.0, 2.0, 5.0]), np.array([True, False, True, True])
    curve = kaplan_meier(time, ended)
    # One of four ends at 1, one of three at 2 (the open one is still at risk there), the last at 5.
    assert curve.longer == pytest.approx([0.75, 0.5, 0.0])
    assert curve.quantile(0.85) == 5.0
    assert curve.ended_by(np.array([0.5, 1.0, 4.9, 9.0])) == pytest.approx([0, 0.25, 0.5, 1])


def test_a_quantile_beyond_what_has_ended_is_not_known():
    curve = kaplan_meier([1.0, 2.0, 3.0, 4.0], [True, False, False, False])
    assert np.isnan(curve.quantile(0.5))
    assert curve.reached() == pytest.approx(0.25)
    none = kaplan_meier([1.0], [False])
    assert np.isnan(none.quantile(0.5))
    assert none.reached() == 0.0
    assert none.ended_by(np.array([9.0])).tolist() == [0.0]


def test_bad_times_are_told():
    with pytest.raises(InputError, match="flag"):
        kaplan_meier([1.0, 2.0], [True])
    with pytest.raises(InputError, match="not a number"):
        kaplan_meier([np.nan], [True])


@pytest.mark.parametrize("n", [60, 3_000])
def test_each_draw_is_a_curve_of_its_own(n):
    rng = np.random.default_rng(1)
    time, ended = rng.exponential(5, n).round(1 if n < 100 else 6), rng.random(n) < 0.7
    block = rng.integers(0, 9, n)
    one = np.array([[2, 0, 1, 1, 0, 3, 1, 1, 0]])
    low, high = quantile_intervals(time, ended, one, block, (0.5,))[0]
    again = np.repeat(np.arange(n), one[0][block])
    expected = kaplan_meier(time[again], ended[again]).quantile(0.5)
    # With more than 2,000 times they are binned: to a thousandth.
    assert low == high == pytest.approx(expected, rel=1e-12 if n < 100 else 5e-3)


def test_intervals_leave_open_what_the_data_leave_open():
    time, ended = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False])
    drawn = np.random.default_rng(0).multinomial(4, np.full(4, 0.25), size=199)
    low, high = quantile_intervals(time, ended, drawn, np.arange(4), (0.5,))[0]
    assert low <= 2.0
    assert np.isnan(high)
    assert np.isnan(quantile_intervals(time, ~np.ones(4, bool), drawn, np.arange(4), (0.5, 0.9))).all()


def test_means_are_right_where_long_values_are_cut_off():
    rng = np.random.default_rng(4)
    after = np.repeat([0.0, 1.0], 4_000)
    truth = 2 - 0.5 * after + rng.normal(0, 0.8, 8_000)
    limit = rng.uniform(1.5, 4, 8_000)
    value, ended = np.minimum(truth, limit), truth <= limit
    design = np.stack([np.ones(8_000), after], axis=1)
    full = imputed(value, ended, design)
    means = [full[after == side].mean() for side in (0, 1)]
    cut = [value[after == side].mean() for side in (0, 1)]
    assert means == pytest.approx([2, 1.5], abs=0.04)
    assert cut[0] < 1.9
    assert (full[ended] == value[ended]).all()
    assert (full >= value).all()


def test_nothing_is_replaced_where_all_or_none_have_ended():
    value = np.array([1.0, 2.0])
    for ended in (np.ones(2, bool), np.zeros(2, bool)):
        assert imputed(value, ended, np.ones((2, 1))).tolist() == [1.0, 2.0]
