"""Measures of order, concentration, direction and rhythm, on arrays whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.delivery.kinds.measures import (
    burstiness,
    firsts,
    in_order,
    one_way,
    order_spread,
    path_information,
    position_entropy,
    same_twice,
    set_keys,
)


def cases_in_order(n: int, actors: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(n), actors), np.tile(np.arange(actors), n)


def shuffled(n: int, actors: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.repeat(np.arange(n), actors), np.concatenate([rng.permutation(actors) for _ in range(n)])


def test_firsts_keep_each_actor_once_in_order_of_first_acts():
    found = firsts([0, 0, 0, 0, 2, 2], [3, 1, 3, -1, 1, 1])
    assert found.case.tolist() == [0, 0, 2]
    assert found.actor.tolist() == [3, 1, 1]
    assert found.rank.tolist() == [0, 1, 0]
    assert found.length.tolist() == [2, 2, 1]
    assert found.opening.tolist() == [True, False, True]
    assert found.closing.tolist() == [False, True, True]


def test_firsts_of_nothing_are_empty():
    assert len(firsts([], []).case) == 0
    assert len(firsts([0, 0], [-1, -1]).case) == 0


def test_cases_in_one_order_are_predicted_and_shuffled_ones_are_not():
    _, right, pairs, later = in_order(firsts(*cases_in_order(20, 4)))
    assert right.sum() == pairs.sum() == 20 * 3
    assert set(later) == {3}
    _, right, pairs, _ = in_order(firsts(*shuffled(400, 4)))
    assert right.sum() / pairs.sum() == pytest.approx(0.5, abs=0.06)


def test_whoever_opens_a_case_is_no_part_of_its_order():
    # The asker always comes first; those who answer come in any order.
    case, actor = shuffled(400, 3, seed=3)
    case = np.concatenate([np.arange(400), case])
    actor = np.concatenate([np.full(400, 9), actor])
    order = np.argsort(case, kind="stable")
    _, right, pairs, _ = in_order(firsts(case[order], actor[order]))
    assert pairs.sum() == 400 * 3
    assert right.sum() / pairs.sum() == pytest.approx(0.5, abs=0.06)


def test_a_mixture_of_ordered_and_unordered_cases_spreads_more_than_chance():
    ordered, loose = cases_in_order(200, 5), shuffled(200, 5, seed=4)
    # The two sorts alternate by pairs, so that both halves see both.
    sort = np.arange(400) // 2 % 2
    actors = np.empty((400, 5), dtype=np.int64)
    actors[sort == 0] = ordered[1].reshape(200, 5)
    actors[sort == 1] = loose[1].reshape(200, 5)
    mixture = firsts(np.repeat(np.arange(400), 5), actors.ravel())
    assert order_spread(*in_order(mixture)[1:]) > 1.3
    assert order_spread(*in_order(firsts(*shuffled(400, 5)))[1:]) == pytest.approx(1.0, abs=0.25)
    assert order_spread(*in_order(firsts(*cases_in_order(40, 5)))[1:]) < 0.2
    assert np.isnan(order_spread(*in_order(firsts(*cases_in_order(40, 3)))[1:]))


def test_same_twice_is_unbiased():
    rng = np.random.default_rng(5)
    found = [same_twice(rng.multinomial(12, [0.5, 0.3, 0.2])) for _ in range(4000)]
    assert np.mean(found) == pytest.approx(0.25 + 0.09 + 0.04, abs=0.01)
    assert np.isnan(same_twice([1]))


def test_path_information_tells_a_chain_from_chance():
    chain = np.tile([0, 1, 2], 50)
    assert path_information(chain, chain + 1) == pytest.approx(1.0, abs=0.05)
    rng = np.random.default_rng(6)
    assert path_information(rng.integers(0, 4, 300), rng.integers(0, 4, 300)) < 0.05
    assert np.isnan(path_information([0] * 10, [1] * 10))
    assert np.isnan(path_information([0] * 50, [1] * 50))


def test_one_way_has_no_bias_in_small_numbers():
    assert one_way([0, 0, 1, 1], [1, 1, 2, 2]) == 1.0
    rng = np.random.default_rng(7)
    giver = rng.integers(0, 12, 3000)
    taker = (giver + rng.integers(1, 12, 3000)) % 12
    assert one_way(giver, taker) == pytest.approx(0.0, abs=0.03)
    assert np.isnan(one_way([0, 1], [1, 2]))
    assert np.isnan(one_way([], []))


def test_places_tell_roles_or_do_not():
    assert position_entropy(firsts(*cases_in_order(30, 3))) == 0.0
    assert position_entropy(firsts(*shuffled(600, 3))) == pytest.approx(1.0, abs=0.02)
    assert np.isnan(position_entropy(firsts([0, 1], [0, 0])))


def test_cases_of_the_same_set_share_a_key_whatever_the_order():
    keys = set_keys(firsts([0, 0, 1, 1, 2, 2, 3], [1, 2, 2, 1, 1, 3, 1]))
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3


def test_burstiness_of_a_clock_of_chance_and_of_bursts():
    assert burstiness(np.arange(20)) == -1.0
    rng = np.random.default_rng(8)
    assert burstiness(np.cumsum(rng.exponential(size=4000))) == pytest.approx(0.0, abs=0.05)
    assert burstiness(np.cumsum(np.where(np.arange(400) % 20 == 0, 1000.0, 1.0))) > 0.5
    assert np.isnan(burstiness([1, 2]))
