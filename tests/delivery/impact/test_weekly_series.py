"""Weekly series: differences to controls, and blocks of weeks."""

import numpy as np
import pytest

from commfinder.delivery.impact.weekly_series import Weekly, difference, moving_blocks, segmented


def test_a_season_is_one_wave_a_year():
    design = segmented(np.arange(-60, 60), season=True)
    assert design.shape == (120, 6)
    assert design[:, 4] ** 2 + design[:, 5] ** 2 == pytest.approx(1)
    assert np.corrcoef(design[:60, 4], design[52:112, 4])[0, 1] > 0.99


def test_what_all_groups_share_goes_with_the_difference():
    rng = np.random.default_rng(2)
    week = np.arange(-10, 10)
    shared = rng.normal(0, 5, 20)
    group = Weekly(week, 3 + shared + 0.5 * (week >= 0), np.full(20, 9.0), 1.0, 10.0)
    controls = [Weekly(week, level + shared, np.full(20, 4.0), 2.0, 20.0) for level in (-2.0, 0.0, 7.0)]
    found = difference(group, controls)
    assert np.ptp(found.value[week < 0]) == pytest.approx(0, abs=1e-9)
    assert found.value[10] - found.value[9] == pytest.approx(0.5)
    # Three controls of 4 cases are as sure as one of 12.
    assert found.size == pytest.approx(1 / (1 / 9 + 1 / 12))
    assert (found.squares, found.freedom) == (7.0, 70.0)


def test_a_control_without_some_weeks_shifts_nothing():
    week = np.arange(-10, 10)
    group = Weekly(week, np.zeros(20), np.ones(20))
    high, low = Weekly(week[::2], np.full(10, 9.0), np.ones(10)), Weekly(week, np.full(20, 1.0), np.ones(20))
    assert np.ptp(difference(group, [high, low]).value) == pytest.approx(0, abs=1e-6)


def test_weeks_are_drawn_in_blocks_and_equally_often():
    drawn = moving_blocks(10, draws=4_000, length=3, rng=np.random.default_rng(0))
    assert (drawn.sum(axis=1) == 10).all()
    assert drawn.mean(axis=0) == pytest.approx(1, abs=0.08)
    neighbours = np.corrcoef(drawn[:, 4], drawn[:, 5])[0, 1]
    assert neighbours > 0.4 > np.corrcoef(drawn[:, 0], drawn[:, 5])[0, 1]
    assert moving_blocks(2, draws=3, length=9, rng=np.random.default_rng(0)).sum() == 6
