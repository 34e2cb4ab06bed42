"""Core, connectedness, broker and halves of a group."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from commfinder.declared.shape import (
    _betweenness,
    best_split,
    bridge,
    broker,
    brokers,
    component_share,
    member_scores,
    peel_core,
    peel_cores,
    significant_outsiders,
)


def matrix(size, pairs):
    ties = np.zeros((size, size), dtype=bool)
    for i, j in pairs:
        ties[i, j] = ties[j, i] = True
    return ties


def clique(people):
    return [(i, j) for i in people for j in people if i < j]


def flat(size, rate):
    return rate * (1 - np.eye(size))


def drawn(size, share, seed):
    upper = np.triu(np.random.default_rng(seed).random((size, size)) < share, 1)
    return upper | upper.T


@pytest.mark.parametrize("seed", range(5))
def test_the_core_is_the_planted_clique(seed):
    ties = drawn(30, 0.05, seed)
    ties[:8, :8] = ~np.eye(8, dtype=bool)
    core, z = peel_core(ties, flat(30, 0.05))
    assert core[:8].all()
    assert core[8:].sum() <= 2
    assert z > 10


def test_few_have_no_core():
    core, z = peel_core(matrix(4, clique(range(4))), flat(4, 0.1))
    assert (core.sum(), z) == (0, -np.inf)
    assert peel_core(np.zeros((0, 0), dtype=bool), np.zeros((0, 0)))[1] == -np.inf


def test_member_scores_by_hand():
    scores = member_scores(matrix(3, [(0, 1), (0, 2)]), flat(3, 0.25))
    np.testing.assert_allclose(scores, [1.5, 0.5, 0.5])


def test_component_share():
    assert component_share(np.zeros((0, 0), dtype=bool)) == 0.0
    assert component_share(np.zeros((4, 4), dtype=bool)) == 0.25
    assert component_share(matrix(5, [(0, 1), (1, 2), (3, 4)])) == 0.6


def test_broker_of_a_star():
    got = broker(matrix(9, [(0, k) for k in range(1, 9)]), flat(9, 0.1))
    assert got.remaining == pytest.approx(1 / 8)
    assert got.dependence == pytest.approx(1 - 1 / 8)
    assert got.p == 1.0


def test_the_bridge_of_a_bow_tie_reaches_both_sides():
    got = bridge(matrix(12, [*clique(range(6)), *clique(range(5, 11))]))
    assert (got.cut_off, got.share) == (0.5, 1.0)
    assert got.lead == pytest.approx(10.5 / (50 / 11 + 0.5))
    assert got.alone == pytest.approx(1 / 12)


def test_a_chance_tie_between_two_groups_is_no_broker():
    got = bridge(matrix(12, [*clique(range(6)), *clique(range(6, 12)), (0, 6)]))
    assert got.cut_off == pytest.approx(1 - 6 / 11)
    assert got.share == pytest.approx(1 / 6)
    assert got.lead < 1.3


def test_the_bridge_of_a_star_a_clique_and_few():
    star = bridge(matrix(9, [(0, k) for k in range(1, 9)]))
    assert (star.cut_off, star.share, star.lead) == (pytest.approx(7 / 8), 1.0, pytest.approx(8.5 / 1.5))
    whole = bridge(matrix(8, clique(range(8))))
    assert (whole.cut_off, whole.share, whole.lead, whole.alone) == (0.0, 0.0, 1.0, 0.0)
    assert bridge(np.zeros((0, 0), dtype=bool)).alone == 0.0
    nothing = bridge(np.zeros((6, 6), dtype=bool))
    assert (nothing.cut_off, nothing.share, nothing.alone) == (0.0, 0.0, 1.0)
    assert bridge(matrix(3, [(0, 1)])).cut_off == 0.0


def test_ties_across_tell_two_groups_from_one():
    ties = matrix(12, [*clique(range(6)), *clique(range(6, 12)), (0, 6)])
    two = best_split(ties, flat(12, 0.02))
    assert (two.across, two.busiest) == (1.0, 0.75)
    assert two.due == pytest.approx(36 * 0.02)
    assert two.even == pytest.approx(31 * 36 / 66)
    assert two.apart == pytest.approx(two.even - two.due - np.log((two.even + 0.5) / (two.due + 0.5)))
    assert two.apart > 0
    ties[:4, 6:10] = ties[6:10, :4] = True
    one = best_split(ties, flat(12, 0.02))
    assert one is None or one.apart < 0


def test_broker_of_a_bow_tie():
    got = broker(matrix(11, [*clique(range(6)), *clique(range(5, 11))]), flat(11, 0.05))
    assert got.remaining == 0.5
    assert got.dependence == 0.5
    assert got.p < 1e-6


def test_a_clique_hangs_on_no_one():
    got = broker(matrix(8, clique(range(8))), flat(8, 0.1))
    assert (got.dependence, got.remaining) == (0.0, 1.0)


def test_best_split_of_two_cliques():
    shuffled = np.random.default_rng(3).permutation(14)
    one, other = shuffled[:8].tolist(), shuffled[8:].tolist()
    ties = matrix(14, [(min(p), max(p)) for half in (one, other) for p in clique(sorted(half))])
    got = best_split(ties, flat(14, 0.1))
    assert {frozenset(np.flatnonzero(got.first)), frozenset(np.flatnonzero(~got.first))} == {
        frozenset(one),
        frozenset(other),
    }
    assert got.p < 1e-4
    assert got.cross_lift == pytest.approx(0.5 / (4.8 + 0.5))


def test_a_group_with_extra_ties_everywhere_falls_in_two_all_the_same():
    rng = np.random.default_rng(0)
    half = np.arange(20) < 10
    rate = np.where(half[:, None] == half, 0.8, 0.25)
    upper = np.triu(rng.random((20, 20)) < rate, 1)
    got = best_split(upper | upper.T, flat(20, 0.05))
    assert got is not None, "every pair has more ties than expected"
    right = (got.first == half).sum()
    assert max(right, 20 - right) >= 18
    assert got.cross_lift > 1


def test_no_split():
    assert best_split(matrix(9, clique(range(9))), flat(9, 0.1)) is None, "halves of fewer than five"
    whole = best_split(matrix(14, clique(range(14))), flat(14, 0.1))
    assert whole is None or whole.cross_lift > 1


@pytest.mark.parametrize("seed", range(4))
def test_betweenness_equals_networkx(seed):
    ties = drawn(25, 0.12, seed)
    wanted = nx.betweenness_centrality(nx.from_numpy_array(ties.astype(int)), normalized=False)
    np.testing.assert_allclose(_betweenness(ties), [wanted[k] for k in range(25)], atol=1e-8)


def test_outsiders():
    observed, expected = np.array([6.0, 2.0, 3.0, 0.0]), np.array([0.2, 0.001, 3.0, 1.0])
    assert significant_outsiders(observed, expected, alpha=0.05).tolist() == [True, False, False, False]
    assert significant_outsiders(np.empty(0), np.empty(0), alpha=0.05).tolist() == []


def test_two_brokers_hold_a_group_that_one_does_not():
    # Two cliques of six, joined by two people.
    cliques = [*clique(range(6)), *clique(range(6, 12))]
    bridges = [(2, 12), (8, 12), (3, 13), (9, 13)]
    one, two = brokers(matrix(14, [*cliques, *bridges]), flat(14, 0.05))
    assert one.remaining == 1.0
    # The two at one end of the bridges go, and four stay behind.
    assert two.remaining == pytest.approx(8 / 12)
    assert two.dependence == pytest.approx(4 / 12)
    assert broker(matrix(14, [*cliques, *bridges]), flat(14, 0.05), members=2) == two


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_brokers_of_hardly_anybody(size):
    one, two = brokers(np.zeros((size, size), dtype=bool), flat(size, 0.1))
    assert (one.dependence, two.dependence, two.p) == (0.0, 0.0, 1.0)


def test_split_tells_both_halves_and_what_is_across():
    ties = matrix(16, [*clique(range(8)), *clique(range(8, 16)), (0, 8), (1, 9)])
    got = best_split(ties, flat(16, 0.05))
    assert max(got.half_tails) == got.p < 1e-6
    # 3.2 are expected across, and 2 seen.
    assert got.cross_p == pytest.approx(1 - np.exp(-3.2) * (1 + 3.2), abs=1e-9)
    assert np.isnan(got.p_permutation)


@pytest.mark.parametrize("seed", range(6))
def test_compiled_peeling_equals_numpy(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(5, 40))
    ties = drawn(size, 0.2, seed)
    rate = rng.random((size, size)) * 0.3
    rate = (rate + rate.T) / 2 * (1 - np.eye(size))
    core, z = peel_core(ties, rate)
    cores, zs = peel_cores(ties[None], rate[None])
    assert (core == cores[0]).all()
    assert z == pytest.approx(zs[0], abs=1e-9)


def test_outsiders_count_those_with_few_ties_as_tests():
    observed, expected = np.array([4.0, 3.0]), np.array([0.3, 0.4])
    assert significant_outsiders(observed, expected, alpha=0.05).all()
    assert not significant_outsiders(observed, expected, alpha=0.05, others=100_000).any()
