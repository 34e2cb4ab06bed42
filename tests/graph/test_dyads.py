"""Who stands in for whom, and how they are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.graph.dyads import _drawn_activity, drawn_rosters, in_circles, lean_of, shared_out


def _drawn(pools, weights, count, turns=None):
    pools = np.array(pools)
    lengths = (pools >= 0).sum(axis=1)
    activity = np.log(np.array(weights, dtype=np.float64))
    shares = shared_out(pools, lengths, activity, 1.0)
    turns = np.arange(len(pools)) if turns is None else np.array(turns)
    return drawn_rosters(pools, lengths, shares, turns, len(weights), np.uint64(5), 0, count)


def test_people_are_drawn_by_their_shares():
    drawn = _drawn([[0, 1, 2, 3]], [1, 2, 3, 4], 20_000)
    np.testing.assert_allclose(np.bincount(drawn[:, 0]) / 20_000, [0.1, 0.2, 0.3, 0.4], atol=0.015)


def test_where_hardly_anybody_is_left_the_shares_still_hold():
    # Five of six are drawn, most of them after quick tries have failed. Exact probabilities by going through all.
    weights = np.array([1, 1, 2, 4, 8, 16], dtype=np.float64)
    drawn = _drawn([list(range(6))] * 5, weights, 20_000)
    assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all(), "nobody twice"
    missing = np.bincount(15 - drawn.sum(axis=1), minlength=6) / len(drawn)

    def left_out(left, chance):
        if len(left) == 1:
            return {left[0]: chance}
        found: dict[int, float] = {}
        for one in left:
            rest = [other for other in left if other != one]
            for who, p in left_out(rest, chance * weights[one] / weights[left].sum()).items():
                found[who] = found.get(who, 0.0) + p
        return found

    exact = left_out(list(range(6)), 1.0)
    np.testing.assert_allclose(missing, [exact[k] for k in range(6)], atol=0.015)


def test_a_full_circle_is_always_drawn_and_an_odd_one_last():
    # Three of three, and somebody who may be any of them: only in the last turn is that never in the way.
    drawn = _drawn([[0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2, -1], [0, 1, 2, -1]], [1, 1, 1, 1e-6], 200, [1, 2, 3, 0])
    assert (drawn[:, 0] == 3).all()
    assert (np.sort(drawn[:, 1:], axis=1) == [0, 1, 2]).all()


def test_what_can_not_be_drawn_is_marked():
    assert (_drawn([[0], [0]], [1], 4)[:, 0] == -1).all()


def test_circles_are_looked_up():
    circle, starts, people = np.array([1, 0, -1, 1, 0]), np.array([0, 2, 4]), np.array([1, 4, 0, 3])
    pools, lengths = in_circles(np.array([0, 2, 4]), circle, starts, people, 3)
    assert pools.tolist() == [[0, 3, -1], [-1, -1, -1], [1, 4, -1]]
    assert lengths.tolist() == [2, 0, 2]


@pytest.mark.parametrize(("given", "lean"), [(3, 1.0), (9, 1.0), (6, -0.7), (1, 2.0)])
def test_activity_expected_is_that_of_rosters_drawn(given, lean):
    activity = np.log(np.array([1, 2, 3, 5, 6, 8, 9, 12, 15, 22, 40], dtype=np.float64))
    pools, lengths = np.tile(np.arange(11), (given, 1)), np.full(given, 11)
    shares = shared_out(pools, lengths, activity, lean)
    drawn = drawn_rosters(pools, lengths, shares, np.arange(given), 11, np.uint64(3), 0, 4000)
    mean, slope = _drawn_activity(activity, given, lean)
    assert abs(activity[drawn].sum(axis=1).mean() - mean) < 0.08 * np.sqrt(given)
    near = (_drawn_activity(activity, given, lean + 1e-4)[0] - _drawn_activity(activity, given, lean - 1e-4)[0]) / 2e-4
    assert slope == pytest.approx(near, rel=1e-3)


def test_whoever_is_drawn_by_ties_leans_by_one():
    rng = np.random.default_rng(7201)
    degree = np.sort(np.ceil(np.exp(rng.normal(2, 0.8, 130)))).reshape(13, 10)
    degree = rng.permuted(degree.T, axis=1)
    pools = np.arange(130).reshape(10, 13)
    activity, lengths, given = np.log(degree.reshape(-1)), np.full(10, 13), np.full(10, 5)
    leans = {"even": [], "by ties": []}
    for _ in range(60):
        for kind, by in (("even", None), ("by ties", degree)):
            rows = [
                pools[k][rng.choice(13, 5, replace=False, p=None if by is None else by[k] / by[k].sum())]
                for k in range(10)
            ]
            leans[kind].append(lean_of(pools, lengths, given, activity, activity[np.concatenate(rows)].sum()))
    assert abs(np.mean(leans["even"])) < 0.1
    assert abs(np.mean(leans["by ties"]) - 1) < 0.15


def test_a_few_of_the_most_active_lean_less_than_many():
    activity = np.log(np.tile(np.arange(1, 14, dtype=np.float64), 40))
    pools = np.arange(520).reshape(40, 13)
    found = [
        lean_of(pools[:many], np.full(many, 13), np.ones(many, dtype=np.int64), activity, many * activity[12])
        for many in (1, 5, 40)
    ]
    assert 0.3 < found[0] < found[1] < found[2] <= 4
    everybody = lean_of(pools[:3], np.full(3, 13), np.full(3, 13), activity, activity[:39].sum())
    assert abs(everybody) < 1e-9, "where all are drawn there is nothing to lean to"
