"""Leiden: what it refuses, what it finds, and that chance is its own."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import igraph
import numpy as np
import pytest

from commfinder.communities import adjusted_rand, leiden
from commfinder.communities.quality import canonical, modularity
from commfinder.errors import InputError


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([0, 1], [1], None), "2 sources, 1 targets"),
        (([0, 1], [1, 2], [1.0]), "1 weights"),
        (([0], [3], None), "n - 1 = 2"),
        (([-1], [1], None), "source"),
        (([0.0], [1.0], None), "float64"),
        ((["a"], ["b"], None), "Whole numbers"),
        (([1], [1], None), "Tie 0 joins a person to itself"),
        (([0, 2], [1, 2], None), "Tie 1 joins"),
        (([0], [1], [0.0]), "weight\\[0\\] is 0.0"),
        (([0], [1], [-1.0]), "above 0"),
        (([0, 0], [1, 2], [1.0, np.nan]), "weight\\[1\\] is nan"),
        (([0], [1], [np.inf]), "inf"),
    ],
)
def test_input_errors(arguments, told):
    source, target, weight = arguments
    with pytest.raises(InputError, match=told):
        leiden(source, target, weight, n=3)


def test_a_number_out_of_range_is_told():
    with pytest.raises(InputError, match="source holds -1"):
        leiden([-1, 2], [1, 0], n=3)


@pytest.mark.parametrize(
    "options", [{"resolution": 0}, {"resolution": -1.0}, {"resolution": np.nan}, {"seed": -1}, {"seed": 1.5}, {"n": -1}]
)
def test_options_out_of_range(options):
    with pytest.raises(InputError):
        leiden([0], [1], **{"n": 3, **options})


@pytest.mark.parametrize("n", [0, 1, 4])
def test_no_ties(n):
    labels = leiden([], [], n=n)
    assert labels.dtype == np.int32
    assert labels.tolist() == list(range(n))


def test_who_has_no_tie_is_alone():
    assert leiden([1, 1, 2], [2, 3, 3], n=6).tolist() == [1, 0, 0, 0, 2, 3]


def test_labels_are_canonical(planted):
    a, b = planted(4, 12, 0.6, 0.02, seed=3)
    labels = leiden(a, b, n=50)
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    for size in np.unique(sizes):
        firsts = [int(np.flatnonzero(labels == label)[0]) for label in np.flatnonzero(sizes == size)]
        assert firsts == sorted(firsts)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], []),
        ([7, 7, 7], [0, 0, 0]),
        ([2, 2, 9, 9, 9], [1, 1, 0, 0, 0]),
        ([5, 3, 5, 3], [0, 1, 0, 1]),
        ([3, 2, 1], [0, 1, 2]),
    ],
)
def test_canonical(given, wanted):
    got = canonical(np.array(given, dtype=np.int64))
    assert got.dtype == np.int32
    assert got.tolist() == wanted


@pytest.mark.parametrize("seed", range(5))
def test_planted_partition_is_recovered(planted, seed):
    a, b = planted(8, 15, 0.5, 0.02, seed=seed)
    assert leiden(a, b, n=120, seed=seed).tolist() == np.repeat(np.arange(8), 15).tolist()


def test_weights_matter():
    # A ring of six: three heavy ties make three pairs.
    ring = ([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0])
    assert leiden(*ring, [9, 1, 9, 1, 9, 1], n=6).tolist() == [0, 0, 1, 1, 2, 2]
    assert leiden(*ring, [1, 9, 1, 9, 1, 9], n=6).tolist() == [0, 1, 1, 2, 2, 0]


def test_resolution_decides_on_size(cliques):
    a, b = cliques(6, 6)
    bridged = np.r_[a, 0], np.r_[b, 6]
    counts = [leiden(*bridged, n=12, resolution=gamma).max() + 1 for gamma in (0.05, 1.0, 6.0)]
    assert counts[0] == 1
    assert counts[1] == 2
    assert counts[2] > 2


def test_order_direction_and_repeats_of_ties_are_nothing(planted):
    a, b = planted(6, 20, 0.3, 0.05, seed=1)
    weight = np.random.default_rng(1).integers(1, 9, len(a)).astype(float)
    labels = leiden(a, b, weight, n=120, seed=4)
    order = np.random.default_rng(2).permutation(len(a))
    turned = np.random.default_rng(3).random(len(a)) < 0.5
    one, other = np.where(turned, b, a)[order], np.where(turned, a, b)[order]
    assert leiden(one, other, weight[order], n=120, seed=4).tobytes() == labels.tobytes()
    halves = leiden(np.r_[a, b], np.r_[b, a], np.r_[weight, weight] / 2, n=120, seed=4)
    assert halves.tobytes() == labels.tobytes()


@pytest.fixture(scope="module")
def unclear(planted):
    """A graph so unclear that seeds disagree, or else equal seeds would prove nothing."""
    a, b = planted(10, 20, 0.12, 0.06, seed=5)
    return a, b, 200


def test_seeds_matter_here(unclear):
    a, b, n = unclear
    assert len({leiden(a, b, n=n, seed=seed).tobytes() for seed in range(4)}) > 1


def test_equal_seeds_equal_bytes(unclear):
    a, b, n = unclear
    assert leiden(a, b, n=n, seed=3).tobytes() == leiden(a, b, n=n, seed=3).tobytes()


def test_threads_do_not_disturb_one_another(unclear):
    a, b, n = unclear
    alone = [leiden(a, b, n=n, seed=seed).tobytes() for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: leiden(a, b, n=n, seed=seed % 8).tobytes(), range(24)))
    assert together == alone * 3


def test_a_thread_that_draws_disturbs_nobody(unclear):
    a, b, n = unclear
    alone = leiden(a, b, n=n, seed=1).tobytes()
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            random.random()
            random.seed(3)

    other = threading.Thread(target=draw)
    other.start()
    try:
        beside = [leiden(a, b, n=n, seed=1).tobytes() for _ in range(5)]
    finally:
        stop.set()
        other.join()
    assert set(beside) == {alone}


def test_the_callers_chance_is_untouched(unclear):
    a, b, n = unclear
    random.seed(12)
    state = random.getstate()
    first = leiden(a, b, n=n, seed=1).tobytes()
    assert random.getstate() == state
    random.seed(13)
    assert leiden(a, b, n=n, seed=1).tobytes() == first


def test_igraph_gets_the_process_generator_back(unclear):
    a, b, n = unclear
    random.seed(1)
    one = igraph.Graph.Erdos_Renyi(n=30, m=60).get_edgelist()
    leiden(a, b, n=n)
    with pytest.raises(InputError):
        leiden([0], [0], n=2)
    random.seed(1)
    assert igraph.Graph.Erdos_Renyi(n=30, m=60).get_edgelist() == one


@pytest.mark.parametrize("weight", [0.1, 0.0857, 1 / 3, 0.7])
def test_equal_weights_that_binary_numbers_can_not_hold_come_to_an_end(planted, weight):
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    for seed in range(20):
        labels = leiden(a, b, np.full(len(a), weight), n=64, resolution=5.0, seed=seed)
        assert len(labels) == 64


def test_modularity_equals_that_of_igraph(planted):
    a, b = planted(5, 10, 0.4, 0.1, seed=2)
    rng = np.random.default_rng(0)
    weight, labels = rng.random(len(a)) + 0.1, rng.integers(0, 5, 50).astype(np.int32)
    graph = igraph.Graph(n=50, edges=np.column_stack([a, b]).tolist())
    for gamma in (0.5, 1.0, 2.5):
        wanted = graph.modularity(labels.tolist(), weights=weight.tolist(), resolution=gamma)
        assert modularity(a, b, weight, labels, gamma) == pytest.approx(wanted)
    assert modularity(a[:0], b[:0], weight[:0], labels, 1.0) == 0.0


def test_the_best_division_of_two_cliques_is_found_whatever_the_seed(cliques):
    a, b = cliques(7, 5)
    bridged = np.r_[a, 6], np.r_[b, 7]
    for seed in range(10):
        assert adjusted_rand(leiden(*bridged, n=12, seed=seed), [0] * 7 + [1] * 5) == 1.0
