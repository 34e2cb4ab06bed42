"""Core, connectedness, broker and halves of a group."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from commfinder.declared.shape import (
    _betweenness,
    best_split,
    broker,
    component_share,
    member_scores,
    peel_core,
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
