"""The resolution that suits a graph."""

from __future__ import annotations

import math

import numpy as np
import pytest

from commfinder.communities import adjusted_rand, leiden
from commfinder.communities.resolution import fixed_point, planted_rates


def solve(a, b, n, seed=0):
    a, b = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    weight = np.ones(len(a))

    def partition(gamma):
        return leiden(a, b, weight, n=n, resolution=gamma, seed=seed)

    return fixed_point(a, b, weight, partition=partition), partition


@pytest.mark.parametrize(("groups", "size"), [(4, 60), (8, 30), (16, 15), (30, 10)])
def test_planted_partitions_of_any_grain(planted, groups, size):
    # Twelve ties inside and four outside for each person.
    n = groups * size
    a, b = planted(groups, size, min(12 / size, 0.9), 4 / (n - size), seed=groups)
    found, partition = solve(a, b, n)
    assert found.how == "fixed point"
    labels = partition(found.value)
    assert adjusted_rand(labels, np.arange(n) // size) > 0.9
    # It is a fixed point: the rates of the communities found at it give it back.
    w_in, w_out, _ = planted_rates(a, b, np.ones(len(a)), labels)
    assert (w_in - w_out) / math.log(w_in / w_out) == pytest.approx(found.value, rel=0.1)


def test_many_small_communities_beyond_the_limit_of_resolution_1(planted):
    # Forty rings of cliques of five: modularity at 1 merges them.
    groups, size = 40, 5
    a, b = planted(groups, size, 1.0, 0.0)
    ring = np.arange(groups) * size
    a, b = np.r_[a, np.minimum(ring, np.roll(ring, -1))], np.r_[b, np.maximum(ring, np.roll(ring, -1))]
    found, partition = solve(a, b, groups * size)
    assert partition(1.0).max() + 1 < groups
    assert partition(found.value).max() + 1 == groups


def test_disconnected_cliques(cliques):
    a, b = cliques(8, 6, 5)
    found, partition = solve(a, b, 19)
    assert found.how == "fixed point"
    assert 0 < found.value < 10
    assert partition(found.value).tolist() == [0] * 8 + [1] * 6 + [2] * 5


def test_a_single_clique_has_no_fixed_point(cliques):
    a, b = cliques(8)
    found, partition = solve(a, b, 8)
    assert (found.value, found.how) == (1.0, "no fixed point")
    assert math.isnan(found.likelihood)
    assert set(partition(found.value)) == {0}


def test_a_star(cliques):
    found, partition = solve([0] * 9, range(1, 10), 10)
    assert found.how in ("fixed point", "no fixed point")
    assert math.isfinite(found.value)
    assert found.value > 0
    assert len(partition(found.value)) == 10


@pytest.mark.parametrize("seed", range(3))
def test_a_graph_without_communities(planted, seed):
    # Leiden finds communities in any graph; what matters here is that the answer is defined.
    a, b = planted(1, 120, 0.08, 0.0, seed=seed)
    found, _ = solve(a, b, 120)
    assert math.isfinite(found.value)
    assert 1e-2 <= found.value <= 1e3


def test_the_same_again(planted):
    a, b = planted(10, 20, 0.12, 0.04, seed=1)
    assert solve(a, b, 200)[0] == solve(a, b, 200)[0]


def test_rates_by_hand(cliques):
    # Two triangles with one tie between: 6 ties inside, 1 across; strengths 7 and 7 of 14.
    a, b = cliques(3, 3)
    a, b = np.r_[a, 0], np.r_[b, 3]
    w_in, w_out, likelihood = planted_rates(a, b, np.ones(7), np.array([0, 0, 0, 1, 1, 1]))
    assert w_in == pytest.approx(12 / 7)
    assert w_out == pytest.approx(2 / 7)
    assert likelihood == pytest.approx((12 * math.log(12 / 7) + 2 * math.log(2 / 7)) / 14)


def test_rates_of_one_community(cliques):
    a, b = cliques(4)
    w_in, w_out, _ = planted_rates(a, b, np.ones(6), np.zeros(4, dtype=np.int64))
    assert w_in == 1.0
    assert math.isnan(w_out)
