"""The three phases of Leiden, each on its own: what it promises and what it leaves as it was."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.engines import Task, kernel
from commfinder.communities.engines.compiled import _contracted, _graph, _numbered, _order, _rooms
from commfinder.communities.quality import connected, cpm, modularity
from commfinder.communities.ties import Ties

SEEDS = pytest.mark.parametrize("seed", range(6))


def drawn(seed, objective="modularity", **options):
    """Draw a graph of communities none too clear, with weights that are whole numbers."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 90))
    a, b = np.triu_indices(n, 1)
    held = rng.random(len(a)) < np.where(a // 8 == b // 8, 0.4, 0.06)
    a, b = a[held], b[held]
    given = Ties.of(a, b, rng.integers(1, 9, len(a)).astype(float), n=n)
    return Task(given, objective, 1.0 if objective == "modularity" else 0.5, **options)


def worth(task, labels):
    """Return what the task maximises."""
    ties = task.ties
    if task.objective == "modularity":
        return modularity(ties.a, ties.b, ties.weight, labels, task.resolution)
    return cpm(ties.a, ties.b, ties.weight, labels, task.resolution)


def moved(task, start, seed=0, most=0):
    """Move until every queue is empty; return labels and the number of moves."""
    graph, pull = _graph(task, *_numbered(task))
    n, labels = task.ties.n, start.astype(np.int32)
    moves = kernel.move(graph, _order(graph.keys, seed), labels, pull, most, np.zeros((n, 2)), np.empty(n))
    return labels, moves


def refined(task, labels, seed=0, turns=1):
    graph, pull = _graph(task, *_numbered(task))
    part = np.arange(task.ties.n, dtype=np.int32)
    for turn in range(turns):
        kernel.refine(graph, _order(graph.keys, seed), labels, pull, part, turn, turns)
    return part


@SEEDS
@pytest.mark.parametrize("objective", ["modularity", "cpm"])
def test_moving_never_lowers_quality(seed, objective):
    task = drawn(seed, objective)
    n = task.ties.n
    for start in (np.arange(n), np.zeros(n), np.random.default_rng(seed).integers(0, 6, n)):
        labels, moves = moved(task, start, seed)
        before, after = worth(task, start.astype(int)), worth(task, labels)
        # From all in one it may be that nobody gains by leaving alone; then nothing changes.
        assert after > before + 1e-9 if moves else labels.tolist() == start.tolist()
        assert moves or not start.any()
        assert (labels >= 0).all()
        assert (labels < n).all()


@SEEDS
def test_who_stays_when_nobody_moves_has_no_better_place(seed):
    task = drawn(seed)
    labels, moves = moved(task, np.arange(task.ties.n))
    while moves:
        labels, moves = moved(task, labels)
    best = worth(task, labels)
    for person in range(task.ties.n):
        for community in [*np.unique(labels), task.ties.n]:
            other = labels.copy()
            other[person] = community
            assert worth(task, other) <= best + 1e-9


@SEEDS
def test_moving_leaves_who_is_fixed_and_keeps_to_the_largest_size(seed):
    rng = np.random.default_rng(seed)
    task = drawn(seed)
    fixed = rng.random(task.ties.n) < 0.3
    start = rng.integers(0, 12, task.ties.n)
    labels, _ = moved(Task(task.ties, fixed=fixed), start)
    assert (labels[fixed] == start[fixed]).all()
    assert (labels[~fixed] != start[~fixed]).any()
    labels, moves = moved(task, np.arange(task.ties.n), most=5)
    assert moves > 0
    assert np.bincount(labels).max() == 5


@SEEDS
@pytest.mark.parametrize("objective", ["modularity", "cpm"])
def test_refined_parts_are_connected_and_lie_in_communities(seed, objective):
    task = drawn(seed, objective)
    rng = np.random.default_rng(seed)
    for labels in (moved(task, np.arange(task.ties.n))[0], rng.integers(0, 4, task.ties.n).astype(np.int32)):
        part = refined(task, labels, seed)
        dense = np.unique(part, return_inverse=True)[1]
        assert 1 < dense.max() + 1 < task.ties.n, "some are merged, not all"
        assert connected(task.ties.a, task.ties.b, dense).all()
        assert (labels == labels[part]).all(), "parts are named by one of their members"
        assert worth(task, dense) >= worth(task, np.arange(task.ties.n))


@SEEDS
def test_refinement_in_shares_is_refinement(seed):
    task = drawn(seed)
    labels = np.random.default_rng(seed).integers(0, 5, task.ties.n).astype(np.int32)
    whole = refined(task, labels, seed)
    for turns in (2, 3, 7):
        assert refined(task, labels, seed, turns).tolist() == whole.tolist()


def test_refinement_takes_a_community_apart_that_is_not_well_connected(cliques):
    a, b = cliques(5, 5)
    task = Task(Ties.of(np.r_[a, 0], np.r_[b, 5], n=10))
    part = refined(task, np.zeros(10, dtype=np.int32))
    assert not set(part[:5]) & set(part[5:])
    assert len(set(part)) < 10


def smaller(task, labels, part, turns=1):
    """Aggregate and contract."""
    graph, pull = _graph(task, *_numbered(task))
    about, label_of, node, first, member = kernel.aggregate(graph, labels, part)
    rooms = _rooms(len(graph.neighbour), turns)
    return (
        kernel.Graph(*_contracted(graph, node, first, member, turns, rooms, 0), *about),
        pull,
        label_of,
        node,
        first,
        member,
    )


def dense(graph):
    """Return the weights of a graph as a matrix."""
    n = len(graph.size)
    matrix = np.zeros((n, n))
    for v in range(n):
        for e in range(graph.start[v], graph.stop[v]):
            matrix[v, graph.neighbour[e]] += graph.weight[e]
    return matrix


@SEEDS
@pytest.mark.parametrize("turns", [1, 2, 5])
def test_the_smaller_graph_has_the_weight_between_parts(seed, turns):
    task = drawn(seed)
    labels, _ = moved(task, np.arange(task.ties.n), seed)
    part = refined(task, labels, seed)
    graph, _, label_of, node, first, member = smaller(task, labels, part, turns)
    m = node.max() + 1
    belongs = np.eye(m)[node]
    wanted = belongs.T @ dense(_graph(task, *_numbered(task))[0]) @ belongs
    np.fill_diagonal(wanted, 0.0)
    np.testing.assert_array_equal(dense(graph), wanted)
    np.testing.assert_array_equal(graph.size, belongs.T @ task.ties.rows.strength)
    np.testing.assert_array_equal(graph.people, np.bincount(node))
    assert len(set(zip(node.tolist(), part.tolist(), strict=True))) == m == len(set(part.tolist()))
    assert sorted(member.tolist()) == list(range(task.ties.n))
    assert all((node[member[first[c] : first[c + 1]]] == c).all() for c in range(m))
    # Nodes start from the communities of their members.
    assert len(set(zip(label_of[node].tolist(), labels.tolist(), strict=True))) == len(set(labels.tolist()))


@SEEDS
def test_quality_in_the_smaller_graph_is_quality_in_the_larger(seed):
    task = drawn(seed)
    labels, _ = moved(task, np.arange(task.ties.n), seed)
    graph, pull, _, node, _, _ = smaller(task, labels, refined(task, labels, seed))
    small = dense(graph)
    a, b = np.nonzero(np.triu(small))
    total = task.ties.rows.strength.sum() / 2
    within = total - small[a, b].sum()
    rng = np.random.default_rng(seed)
    for groups in (1, 3, len(small)):
        division = rng.integers(0, groups, len(small))
        inside = small[a, b][division[a] == division[b]].sum() + within
        size = np.bincount(division, graph.size)
        wanted = worth(task, division[node])
        assert (inside - pull * (size**2).sum() / 2) / total == pytest.approx(wanted, abs=1e-12)


def test_what_is_fixed_stays_fixed_in_the_smaller_graph():
    task = drawn(0, fixed=np.arange(drawn(0).ties.n) == 7)
    labels, _ = moved(task, np.arange(task.ties.n))
    graph, _, _, node, _, _ = smaller(task, labels, refined(task, labels))
    assert np.flatnonzero(graph.fixed).tolist() == [node[7]]


@SEEDS
def test_sums_are_exact_whatever_the_order(seed):
    rng = np.random.default_rng(seed)
    task = drawn(seed)
    weight = 10.0 ** rng.uniform(-6, 6, len(task.ties.a))
    one = Ties.of(task.ties.a, task.ties.b, weight, n=task.ties.n)
    order = rng.permutation(len(weight))
    other = Ties.of(task.ties.b[order], task.ties.a[order], weight[order], n=task.ties.n)
    assert one.rows.strength.tobytes() == other.rows.strength.tobytes()
    assert one.keys.tobytes() == other.keys.tobytes()
    labels, _ = moved(Task(one), np.arange(one.n), seed)
    again, _ = moved(Task(other), np.arange(one.n), seed)
    assert again.tolist() == labels.tolist()
    part = refined(Task(one), labels, seed)
    assert refined(Task(other), labels, seed).tolist() == part.tolist()
    first, second = (smaller(Task(given), labels, part)[0] for given in (one, other))
    assert dense(first).tobytes() == dense(second).tobytes()
    for name in ("size", "people", "keys"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@SEEDS
def test_components_are_the_pieces_of_communities(seed):
    task = drawn(seed)
    few = np.random.default_rng(seed).random(len(task.ties.a)) < 0.3
    ties = Ties.of(task.ties.a[few], task.ties.b[few], n=task.ties.n)
    labels = np.random.default_rng(seed).integers(0, 5, ties.n).astype(np.int32)
    assert not connected(ties.a, ties.b, labels).all()
    rows = ties.rows
    piece = kernel.components(rows.start[:-1], rows.start[1:], rows.neighbour, labels)
    assert connected(ties.a, ties.b, piece).all()
    first = np.unique(piece, return_index=True)[1]
    assert first.tolist() == sorted(first.tolist()), "numbered in order of their first member"
    same = labels[ties.a] == labels[ties.b]
    assert (piece[ties.a[same]] == piece[ties.b[same]]).all()
    assert len(set(zip(piece.tolist(), labels.tolist(), strict=True))) == piece.max() + 1
