"""How good a division is: against igraph, by hand, and whatever the scale of weights."""

from __future__ import annotations

from itertools import combinations

import igraph
import networkx
import numpy as np
import pytest

from commfinder.communities.quality import canonical, connected, cpm, modularity, split_unconnected


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(2)
    a, b = np.triu_indices(50, 1)
    held = rng.random(len(a)) < np.where(a // 10 == b // 10, 0.4, 0.1)
    a, b = a[held], b[held]
    return a, b, rng.random(len(a)) + 0.1, rng.integers(0, 5, 50).astype(np.int32)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], []),
        ([7, 7, 7], [0, 0, 0]),
        ([2, 2, 9, 9, 9], [1, 1, 0, 0, 0]),
        ([5, 3, 5, 3], [0, 1, 0, 1]),
        ([3, 2, 1], [0, 1, 2]),
        ([-1, 4, -1], [0, 1, 0]),
    ],
)
def test_canonical(given, wanted):
    got = canonical(np.array(given, dtype=np.int64))
    assert got.dtype == np.int32
    assert got.tolist() == wanted


def test_canonical_labels_are_those_of_any_other_numbering(drawn):
    labels = drawn[3]
    other = np.array([30, 4, 99, 0, 7])[labels]
    assert canonical(other).tolist() == canonical(labels).tolist()
    assert canonical(canonical(labels)).tolist() == canonical(labels).tolist()


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.5])
def test_modularity_equals_that_of_igraph(drawn, gamma):
    a, b, weight, labels = drawn
    graph = igraph.Graph(n=50, edges=np.column_stack([a, b]).tolist())
    wanted = graph.modularity(labels.tolist(), weights=weight.tolist(), resolution=gamma)
    assert modularity(a, b, weight, labels, gamma) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 3.0, 1e250, 1e300])
def test_modularity_has_no_scale(drawn, scale):
    a, b, weight, labels = drawn
    assert modularity(a, b, weight * scale, labels, 1.3) == pytest.approx(modularity(a, b, weight, labels, 1.3))


def test_modularity_by_hand_with_repeated_pairs_and_isolates():
    a, b = np.array([0, 1, 2, 2]), np.array([1, 0, 3, 3])
    labels = np.array([0, 0, 1, 1, 2])
    assert modularity(a, b, np.ones(4), labels, 1.0) == pytest.approx(0.5)
    assert modularity(a, b, np.array([1.0, 2.0, 0.5, 0.5]), labels, 1.0) == pytest.approx(1 - (6**2 + 2**2) / 64)


def test_modularity_without_ties_is_zero():
    none = np.empty(0, dtype=np.int64)
    for labels in (np.arange(4), np.empty(0, dtype=np.int64)):
        assert modularity(none, none, np.empty(0), labels, 1.0) == 0.0


@pytest.mark.parametrize("sized", [False, True])
def test_cpm_pair_by_pair(drawn, sized):
    a, b, weight, labels = drawn
    sizes = np.random.default_rng(1).integers(0, 4, 50) * 0.5 if sized else None
    one = np.ones(50) if sizes is None else sizes
    cost = sum(one[i] * one[j] for i, j in combinations(range(50), 2) if labels[i] == labels[j])
    wanted = weight[labels[a] == labels[b]].sum() - 0.3 * cost
    assert cpm(a, b, weight, labels, 0.3, sizes) == pytest.approx(wanted)


def test_cpm_of_everybody_alone_is_zero(drawn):
    a, b, weight, _ = drawn
    assert cpm(a, b, weight, np.arange(50), 0.3) == 0.0
    assert cpm(a, b, weight, np.arange(50), 0.3, np.full(50, 2.5)) == pytest.approx(0.0)


def test_cpm_of_sizes_of_zero_is_the_weight_inside(drawn):
    a, b, weight, labels = drawn
    assert cpm(a, b, weight, labels, 9.0, np.zeros(50)) == pytest.approx(weight[labels[a] == labels[b]].sum())


def test_cpm_of_nobody_and_of_no_ties():
    none = np.empty(0, dtype=np.int64)
    assert cpm(none, none, np.empty(0), none, 1.0) == 0.0
    assert cpm(none, none, np.empty(0), np.zeros(3, dtype=np.int32), 2.0) == -6.0


def test_connected_equals_networkx(drawn):
    a, b, _, _ = drawn
    few = np.random.default_rng(3).random(len(a)) < 0.15
    graph = networkx.Graph(zip(a[few].tolist(), b[few].tolist(), strict=True))
    graph.add_nodes_from(range(50))
    labels = np.random.default_rng(4).integers(0, 14, 50)
    wanted = [
        len(group) > 0 and networkx.is_connected(graph.subgraph(group))
        for group in (np.flatnonzero(labels == label).tolist() for label in range(labels.max() + 1))
    ]
    assert 0 < sum(wanted) < len(wanted)
    assert connected(a[few], b[few], labels).tolist() == wanted


def test_connected_of_nobody_of_one_and_of_a_label_that_nobody_has():
    none = np.empty(0, dtype=np.int64)
    assert connected(none, none, none).tolist() == []
    assert connected(none, none, np.array([0])).tolist() == [True]
    assert connected(none, none, np.array([0, 2])).tolist() == [True, False, True]


def test_a_pair_given_many_times_connects():
    # 256 and 65,536 ones are nothing in a small integer.
    for times in (256, 65_536):
        ends = np.zeros(times, dtype=np.int64)
        assert connected(ends, ends + 1, np.array([0, 0])).tolist() == [True]


def test_splitting_makes_pieces_and_never_costs_quality(drawn):
    a, b, weight, labels = drawn
    few = np.random.default_rng(5).random(len(a)) < 0.3
    a, b, weight = a[few], b[few], weight[few]
    assert not connected(a, b, labels).all()
    apart = split_unconnected(a, b, labels)
    assert apart.dtype == np.int32
    assert canonical(apart).tolist() == apart.tolist()
    assert connected(a, b, apart).all()
    assert len(np.unique(np.column_stack([apart, labels]), axis=0)) == apart.max() + 1
    assert modularity(a, b, weight, apart, 1.0) >= modularity(a, b, weight, labels, 1.0)
    assert cpm(a, b, weight, apart, 0.1) > cpm(a, b, weight, labels, 0.1)
    assert split_unconnected(a, b, apart).tolist() == apart.tolist()


def test_splitting_holds_pieces_with_fixed_people_together():
    a, b = np.array([0, 2, 4]), np.array([1, 3, 5])
    fixed = np.array([True, False, True, False, False, False])
    assert split_unconnected(a, b, np.zeros(6, dtype=np.int32), fixed).tolist() == [0, 0, 0, 0, 1, 1]
    assert split_unconnected(a, b, np.zeros(6, dtype=np.int32), ~fixed & fixed).tolist() == [0, 0, 1, 1, 2, 2]


def test_splitting_nobody():
    none = np.empty(0, dtype=np.int64)
    assert split_unconnected(none, none, none).tolist() == []
