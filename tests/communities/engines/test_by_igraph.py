"""igraph as an engine: its chance is its own, it comes to an end, and it says what it can not do."""

from __future__ import annotations

import random
import threading

import igraph
import numpy as np
import pytest

from commfinder.communities.engines.by_igraph import Igraph, among_tied, graph_of, in_proportion, seeded
from commfinder.communities.engines.contract import Task
from commfinder.communities.quality import cpm, modularity
from commfinder.communities.ties import Ties
from commfinder.errors import InputError


@pytest.fixture(scope="module")
def unclear(planted):
    """Ties so unclear that seeds disagree, or else equal seeds would prove nothing."""
    return Ties.of(*planted(10, 20, 0.12, 0.06, seed=5), n=200)


@pytest.mark.parametrize("limit", [{"fixed": np.array([True, False, False])}, {"max_size": 2}])
def test_what_it_can_not_do_it_says(limit):
    with pytest.raises(InputError, match="igraph") as told:
        Igraph()(Task(Ties.of([0], [1], n=3), start=np.zeros(3, dtype=np.int32), **limit), 0)
    assert "'leiden' or 'leidenalg'" in told.value.hint


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, None])
def test_seed_out_of_range(seed):
    with pytest.raises(InputError, match="seed"):
        Igraph()(Task(Ties.of([0], [1], n=2)), seed)


def test_a_thread_that_draws_disturbs_nobody(unclear):
    alone = Igraph()(Task(unclear), 1).tobytes()
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            random.random()
            random.seed(3)

    other = threading.Thread(target=draw)
    other.start()
    try:
        beside = [Igraph()(Task(unclear), 1).tobytes() for _ in range(5)]
    finally:
        stop.set()
        other.join()
    assert set(beside) == {alone}


def drawn():
    return igraph.Graph.Erdos_Renyi(n=30, m=60).get_edgelist()


def test_igraph_gets_the_process_generator_back(unclear):
    random.seed(1)
    wanted = drawn()
    Igraph()(Task(unclear), 4)
    random.seed(1)
    assert drawn() == wanted


def test_seeded_gives_it_back_after_an_error_too():
    random.seed(1)
    wanted = drawn()
    with pytest.raises(ZeroDivisionError), seeded(5):
        raise ZeroDivisionError
    random.seed(1)
    assert drawn() == wanted


def test_seeded_decides_what_is_drawn():
    with seeded(5):
        one = drawn()
    with seeded(5):
        assert drawn() == one
    with seeded(6):
        assert drawn() != one


def test_seeded_lets_one_thread_in_at_a_time():
    order, inside, leave = [], threading.Event(), threading.Event()

    def first():
        with seeded(1):
            inside.set()
            leave.wait(10)
            order.append("first")

    def second():
        with seeded(2):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    threads[1].join(0.2)
    assert order == []
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]


@pytest.mark.parametrize("weight", [0.1, 0.0857, 1 / 3, 0.7])
def test_equal_weights_that_binary_numbers_can_not_hold_come_to_an_end(planted, weight):
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    task = Task(Ties.of(a, b, np.full(len(a), weight), n=64), resolution=5.0, iterations=0)
    for seed in range(20):
        assert len(Igraph()(task, seed)) == 64


@pytest.mark.parametrize("objective", ["modularity", "cpm"])
def test_iterating_until_nothing_improves_is_no_worse(unclear, objective):
    resolution = 1.0 if objective == "modularity" else 0.08
    better = 0
    for seed in range(5):
        once, end = (Igraph()(Task(unclear, objective, resolution, iterations=some), seed) for some in (1, 0))
        measure = modularity if objective == "modularity" else cpm
        first, last = (measure(*unclear.canonical, labels, resolution) for labels in (once, end))
        assert last >= first - 1e-9
        better += last > first + 1e-9
    assert better


def test_the_potts_model_of_huge_resolution_and_tiny_weights_leaves_everybody_alone():
    ties = Ties.of([0, 1], [1, 2], [1e-300, 2e-300], n=4)
    for resolution in (1.0, 1e300):
        assert Igraph()(Task(ties, "cpm", resolution, iterations=0), 0).tolist() == [0, 1, 2, 3]


def test_fractional_sizes_count():
    # Two in a tie are together as long as the product of their sizes times the resolution is below its weight.
    ties = Ties.of([0], [1], n=2)
    together = Igraph()(Task(ties, "cpm", 1.0, sizes=np.array([0.5, 1.9])), 0)
    apart = Igraph()(Task(ties, "cpm", 1.0, sizes=np.array([0.5, 2.1])), 0)
    assert (together.tolist(), apart.tolist()) == ([0, 0], [0, 1])


def test_in_proportion():
    share, largest = in_proportion(np.array([0.1, 0.1, 0.05]))
    assert (share.tolist(), largest) == ([1.0, 1.0, 0.5], 0.1)
    share, largest = in_proportion(np.array([1e-300, 1e300, 5e-324]))
    assert (share > 0).all()
    assert (share.max(), largest) == (1.0, 1e300)
    assert in_proportion(np.array([5e-324]))[0].tolist() == [1.0]


def test_the_graph_has_its_edges_in_canonical_order():
    graph = graph_of(Ties.of([3, 0, 2, 0], [1, 2, 0, 1], n=5))
    assert graph.vcount() == 5
    assert graph.get_edgelist() == [(0, 1), (0, 2), (1, 3)]


def test_only_who_has_ties_or_is_fixed_is_searched():
    seen = []

    def run(task):
        seen.append(task)
        return np.zeros(task.ties.n, dtype=np.int32)

    ties = Ties.of([1, 6], [4, 4], [2.0, 3.0], n=8)
    sizes, fixed = np.arange(8.0), np.arange(8) == 3
    task = Task(ties, "cpm", sizes=sizes, start=np.arange(8, dtype=np.int32)[::-1].copy(), fixed=fixed, max_size=3)
    assert among_tied(task, run).tolist() == [1, 0, 2, 3, 0, 4, 0, 5]
    part = seen[0]
    assert part.ties.n == 4
    assert [array.tolist() for array in part.ties.canonical] == [[0, 2], [2, 3], [2.0, 3.0]]
    assert part.sizes.tolist() == [1.0, 3.0, 4.0, 6.0]
    assert part.start.tolist() == [6, 4, 3, 1]
    assert part.fixed.tolist() == [False, True, False, False]
    assert (part.objective, part.max_size) == ("cpm", 3)


def test_fixed_people_without_ties_stay_together():
    fixed = np.array([True, False, True, False, True])
    start = np.array([4, 4, 4, 4, 1], dtype=np.int32)
    task = Task(Ties.of([], [], n=5), start=start, fixed=fixed)
    assert among_tied(task, lambda _: pytest.fail("there is nothing to search")).tolist() == [0, 1, 0, 2, 3]
