"""leidenalg as an engine, over several layers, and over time."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import igraph
import leidenalg
import numpy as np
import pytest

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import by_leidenalg
from commfinder.communities.engines.by_leidenalg import ABSENT, Leidenalg, multiplex, slices
from commfinder.communities.engines.contract import Task
from commfinder.communities.quality import canonical, connected, modularity
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

TRIANGLES = Ties.of([0, 0, 1, 3, 3, 4], [1, 2, 2, 4, 5, 5], n=6)


def scale(ties, factor):
    return Ties.of(ties.a, ties.b, ties.weight * factor, n=ties.n)


def worth(layers, counts, labels, gamma=1.0):
    """Return what multiplex maximises."""
    total = 0.0
    for ties, count in zip(layers, counts, strict=True):
        if len(ties.weight):
            total += count * ties.weight.sum() * modularity(*ties.canonical, labels, gamma)
    return total


def divisions(n):
    """Every division of n people."""
    found = [[0]]
    for _ in range(n - 1):
        found = [[*one, label] for one in found for label in range(max(one) + 2)]
    return np.array(found)


def few(rng, n, share):
    """Draw ties between few people, at least one."""
    a, b = np.triu_indices(n, 1)
    held = rng.random(len(a)) < share
    held[0] = True
    return Ties.of(a[held], b[held], 4 * rng.random(int(held.sum())) ** 4 + 0.1, n=n)


# The engine.


def test_fractional_sizes_are_refused_and_whole_ones_are_not():
    ties = Ties.of([0], [1], n=2)
    for size in (0.5, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match=r"sizes\[1\]") as told:
            Leidenalg()(Task(ties, "cpm", 1.0, sizes=np.array([1.0, size])), 0)
        assert "'leiden'" in told.value.hint
    together = Leidenalg()(Task(ties, "cpm", 0.3, sizes=np.array([1.0, 3.0])), 0)
    apart = Leidenalg()(Task(ties, "cpm", 0.3, sizes=np.array([1.0, 4.0])), 0)
    assert (together.tolist(), apart.tolist()) == ([0, 0], [0, 1])


def test_sizes_and_a_largest_size_are_refused():
    task = Task(Ties.of([0], [1], n=2), "cpm", 0.3, sizes=np.array([1.0, 2.0]), max_size=1)
    with pytest.raises(InputError, match="largest size"):
        Leidenalg()(task, 0)
    ones = Task(Ties.of([0], [1], n=2), "cpm", 0.3, sizes=np.ones(2), max_size=1)
    assert Leidenalg()(ones, 0).tolist() == [0, 1]


def test_seed_out_of_range():
    with pytest.raises(InputError, match="seed"):
        Leidenalg()(Task(TRIANGLES), 2**32)


def test_the_library_is_only_loaded_when_needed():
    probe = "import sys, commfinder.communities; print('leidenalg' in sys.modules or 'igraph' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_it_reaches_what_leidenalg_reaches(planted):
    a, b = planted(8, 12, 0.3, 0.04, seed=2)
    ties, graph = Ties.of(a, b, n=96), igraph.Graph(n=96, edges=np.column_stack([a, b]).tolist())
    direct = leidenalg.find_partition(graph, leidenalg.ModularityVertexPartition, n_iterations=-1, seed=1)
    labels = Leidenalg()(Task(ties, iterations=0), 1)
    assert modularity(*ties.canonical, labels, 1.0) == pytest.approx(direct.modularity, abs=0.005)


# Layers.


def test_layers_tell_together_what_none_tells_alone():
    # Each layer holds two of the four sides of each of two squares.
    first = Ties.of([0, 2, 4, 6], [1, 3, 5, 7], n=8)
    second = Ties.of([1, 3, 5, 7, 3], [2, 0, 6, 4, 4], n=8)
    assert multiplex([first]).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert multiplex([first, second]).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_one_layer_is_leiden(planted):
    ties = Ties.of(*planted(6, 15, 0.5, 0.03, seed=1), n=90)
    assert multiplex([ties], seed=3).tolist() == Leidenalg()(Task(ties), 3).tolist()
    assert multiplex([ties, ties], seed=3).tolist() == np.repeat(np.arange(6), 15).tolist()


def test_layers_reach_the_best_of_all_divisions():
    rng, every, hits = np.random.default_rng(0), divisions(6), 0
    for _ in range(10):
        layers, counts = [few(rng, 6, 0.4), few(rng, 6, 0.4)], [1.0, float(rng.random() + 0.2)]
        best = max(worth(layers, counts, labels) for labels in every)
        found = [multiplex(layers, layer_weights=counts, seed=seed) for seed in range(5)]
        hits += max(worth(layers, counts, labels) for labels in found) > best - 1e-9
    assert hits >= 8


def test_layers_count_by_their_weights(planted):
    rng = np.random.default_rng(1)
    a, b = planted(4, 12, 0.5, 0.05, seed=1)
    one = Ties.of(a, b, n=48)
    turn = rng.permutation(48)
    other = Ties.of(turn[a], turn[b], n=48)
    truth = np.repeat(np.arange(4), 12)
    first = multiplex([one, other], layer_weights=[1.0, 0.05])
    second = multiplex([one, other], layer_weights=[0.05, 1.0])
    assert adjusted_rand(first, truth) == 1.0
    assert adjusted_rand(second[turn], truth) == 1.0


def test_layers_without_ties_say_nothing_and_who_has_none_is_alone():
    empty = Ties.of([], [], n=8)
    wider = Ties.of(TRIANGLES.a, TRIANGLES.b, n=8)
    assert multiplex([empty, wider, empty], layer_weights=[3.0, 1.0, 1.0]).tolist() == [0, 0, 0, 1, 1, 1, 2, 3]
    labels = multiplex([empty, empty])
    assert (labels.dtype, labels.tolist()) == (np.int32, list(range(8)))
    assert multiplex([Ties.of([], [], n=0)]).shape == (0,)


def test_resolution_of_layers(planted):
    ties = Ties.of(*planted(6, 15, 0.5, 0.03, seed=1), n=90)
    counts = [multiplex([ties, ties], resolution=gamma).max() + 1 for gamma in (0.02, 1.0, 8.0)]
    assert counts[0] == 1
    assert counts[1] == 6
    assert counts[2] > 12


@pytest.mark.parametrize("factor", [1e-300, 1e-12, 1e300])
def test_layers_have_no_scale_in_common(planted, factor):
    layers = [Ties.of(*planted(5, 12, 0.4, 0.05, seed=seed), n=60) for seed in (1, 2)]
    wanted = multiplex(layers, seed=1)
    assert multiplex([scale(ties, factor) for ties in layers], seed=1).tolist() == wanted.tolist()


def test_layers_are_connected_over_all_and_repeat(planted):
    layers = [Ties.of(*planted(10, 20, 0.06, 0.03, seed=seed), n=200) for seed in (1, 2)]
    found = [multiplex(layers, seed=seed) for seed in range(4)]
    assert [multiplex(layers, seed=seed).tobytes() for seed in range(4)] == [labels.tobytes() for labels in found]
    assert len({labels.tobytes() for labels in found}) > 1
    a, b = (np.concatenate([ties.canonical[end] for ties in layers]) for end in (0, 1))
    for labels in found:
        assert labels.dtype == np.int32
        assert canonical(labels).tolist() == labels.tolist()
        assert connected(a, b, labels).all()


@pytest.mark.parametrize(
    ("layers", "options", "told"),
    [
        ([], {}, "no layer"),
        ([TRIANGLES, Ties.of([], [], n=7)], {}, "layers of 6 and of 7 people"),
        ([TRIANGLES], {"layer_weights": [1.0, 2.0]}, "2 layer weights for 1 layers"),
        ([TRIANGLES, TRIANGLES], {"layer_weights": [1.0, 0.0]}, r"layer_weights\[1\] is 0.0"),
        ([TRIANGLES], {"layer_weights": [np.nan]}, r"layer_weights\[0\]"),
        ([TRIANGLES], {"resolution": 0.0}, "resolution"),
        ([TRIANGLES], {"seed": -1}, "seed"),
    ],
)
def test_layers_that_are_refused(layers, options, told):
    with pytest.raises(InputError, match=told):
        multiplex(layers, **options)


def test_too_many_ties_are_refused_before_anything_is_done(monkeypatch):
    ends = np.zeros(500_001, dtype=np.int64)
    monkeypatch.setattr(by_leidenalg, "_leidenalg", lambda: pytest.fail("too late"))
    with pytest.raises(InputError, match="1,000,002 ties") as told:
        multiplex([Ties(2, ends, ends + 1, ends + 1.0)] * 2)
    assert "add them up" in told.value.hint


# Slices of time.


def test_a_community_keeps_its_number_over_time(planted):
    windows = [Ties.of(*planted(4, 15, 0.4, 0.03, seed=seed), n=60) for seed in range(5)]
    found = slices(windows, seed=2)
    assert (found.shape, found.dtype) == ((5, 60), np.int32)
    for row in found:
        here = row != ABSENT
        assert row[here].tolist() == np.repeat(np.arange(4), 15)[here].tolist()


def test_who_changes_sides_changes_number():
    sides = [Ties.of(*zip(*pairs, strict=True), n=9) for pairs in _clique_pairs()]
    found = slices(sides, interslice=0.5)
    assert (found[0, [1, 2, 3]] == found[0, 0]).all()
    assert (found[2, [5, 6, 7]] == found[0, 5]).all()
    # Person 8 goes over from the one to the other.
    assert found[0, 8] == found[0, 0] != found[0, 5]
    assert found[2, 8] == found[2, 5] == found[0, 5]


def _clique_pairs():
    """Two cliques of four in three windows, and one person with the first and later with the second."""
    cliques = [(i, j) for side in (range(4), range(4, 8)) for i in side for j in side if i < j]
    return [[*cliques, *((8, other) for other in side)] for side in (range(4), range(4), range(4, 8))]


def test_absence_is_told_and_does_not_break_the_thread():
    nobody = Ties.of([], [], n=6)
    half = Ties.of([0, 0, 1], [1, 2, 2], n=6)
    found = slices([TRIANGLES, half, nobody, TRIANGLES])
    assert found.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, -1, -1, -1], [-1] * 6, [0, 0, 0, 1, 1, 1]]


def test_windows_without_anybody():
    assert slices([Ties.of([], [], n=3)] * 2).tolist() == [[-1] * 3] * 2
    assert slices([Ties.of([], [], n=0)] * 2).shape == (2, 0)
    assert slices([TRIANGLES]).tolist() == [[0, 0, 0, 1, 1, 1]]


def test_coupling_holds_people_where_they_are():
    rng = np.random.default_rng(0)
    windows = [few(rng, 20, 0.2) for _ in range(4)]
    changes = []
    for omega in (1e-6, 0.3, 100.0):
        found = slices(windows, interslice=omega, seed=1)
        changes.append(sum(int((np.diff(person[person != ABSENT]) != 0).sum()) for person in found.T))
    assert changes[0] > changes[1] > changes[2] == 0


def test_slices_reach_the_best_of_all_divisions():
    rng, hits = np.random.default_rng(3), 0
    for _ in range(8):
        windows, omega = [few(rng, 4, 0.6), few(rng, 4, 0.6)], float(rng.random() * 0.5 + 0.01)
        found = [slices(windows, interslice=omega, seed=seed) for seed in range(3)]
        present = found[0] != ABSENT
        best = -np.inf
        for labels in divisions(int(present.sum())):
            one = np.full((2, 4), ABSENT)
            one[present] = labels
            best = max(best, value(windows, omega, one))
        hits += max(value(windows, omega, one) for one in found) > best - 1e-9
    assert hits >= 7


def value(windows, omega, found):
    """Return what slices maximises."""
    mean = np.concatenate([ties.weight for ties in windows]).mean()
    total = sum(
        ties.weight.sum() / mean * modularity(*ties.canonical, np.where(row == ABSENT, row.max() + 1, row), 1.0)
        for ties, row in zip(windows, found, strict=True)
    )
    threads = [person[person != ABSENT] for person in found.T]
    return total + omega * sum(int(one == other) for thread in threads for one, other in pairwise(thread))


def test_slices_equal_those_of_leidenalg(planted):
    windows, graphs = [], []
    for seed in range(3):
        a, b = planted(4, 12, 0.5, 0.02, seed=seed)
        graph = igraph.Graph(n=48, edges=np.column_stack([a, b]).tolist())
        graph.vs["id"], graph.es["weight"] = range(48), 1.0
        windows.append(Ties.of(a, b, n=48))
        graphs.append(graph)
    assert all(np.unique(np.concatenate([ties.a, ties.b])).size == 48 for ties in windows)
    kind = leidenalg.RBConfigurationVertexPartition
    theirs, _ = leidenalg.find_partition_temporal(graphs, kind, interslice_weight=1, seed=1)
    assert adjusted_rand(np.concatenate(theirs), slices(windows, seed=1).reshape(-1)) == 1.0


def test_slices_have_no_scale_and_repeat(planted):
    windows = [Ties.of(*planted(6, 20, 0.1, 0.03, seed=seed), n=120) for seed in range(3)]
    found = [slices(windows, seed=seed).tobytes() for seed in range(3)]
    assert [slices(windows, seed=seed).tobytes() for seed in range(3)] == found
    assert len(set(found)) > 1
    for factor in (1e-300, 2.0**20, 1e300):
        assert slices([scale(ties, factor) for ties in windows], seed=0).tobytes() == found[0]


def test_slices_are_numbered_by_size_and_connected_through_time(planted):
    windows = [Ties.of(*planted(6, 20, 0.1, 0.03, seed=seed), n=130) for seed in range(3)]
    found = slices(windows)
    present = found != ABSENT
    assert not present[:, 120:].any()
    assert canonical(found[present]).tolist() == found[present].tolist()
    node = np.cumsum(present).reshape(present.shape) - 1
    a = [node[window, ties.a] for window, ties in enumerate(windows)]
    b = [node[window, ties.b] for window, ties in enumerate(windows)]
    for person in range(130):
        at = np.flatnonzero(present[:, person])
        a.append(node[at[:-1], person])
        b.append(node[at[1:], person])
    assert connected(np.concatenate(a), np.concatenate(b), found[present]).all()


@pytest.mark.parametrize(
    ("windows", "options", "told"),
    [
        ([], {}, "no window"),
        ([TRIANGLES, Ties.of([], [], n=7)], {}, "windows of 6 and of 7 people"),
        ([TRIANGLES], {"interslice": 0.0}, "interslice"),
        ([TRIANGLES], {"resolution": np.inf}, "resolution"),
        ([TRIANGLES], {"seed": 0.5}, "seed"),
    ],
)
def test_windows_that_are_refused(windows, options, told):
    with pytest.raises(InputError, match=told):
        slices(windows, **options)


def test_too_many_people_times_windows_are_refused(monkeypatch):
    people = np.arange(0, 40_000, 2)
    monkeypatch.setattr(by_leidenalg, "_leidenalg", lambda: pytest.fail("too late"))
    with pytest.raises(InputError, match="120,000 windows") as told:
        slices([Ties.of(people, people + 1, n=40_000)] * 3)
    assert "window by window" in told.value.hint
