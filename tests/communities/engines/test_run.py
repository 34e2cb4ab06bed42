"""Leiden from tie arrays: what it refuses, what it finds, and that nothing but the seed changes its bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from commfinder.communities import adjacency, adjusted_rand, leiden
from commfinder.communities.adjacency import LARGE
from commfinder.communities.engines import Task, ensemble
from commfinder.communities.engines.run import checked
from commfinder.communities.quality import canonical
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

ELSEWHERE = """
import hashlib
import os
import sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy as np
from commfinder.communities import leiden
for path in sys.argv[1:]:
    given = np.load(path)
    labels = leiden(given["a"], given["b"], given["weight"], n=int(given["n"]), seed=3)
    print(hashlib.sha256(labels.tobytes()).hexdigest())
"""


def small():
    rng = np.random.default_rng(5)
    a, b = np.triu_indices(300, 1)
    held = rng.random(len(a)) < np.where(a // 20 == b // 20, 0.15, 0.03)
    a, b = a[held], b[held]
    return a, b, rng.gamma(0.7, 1.0, len(a)) + 0.01, 300


def large():
    rng = np.random.default_rng(6)
    n = 70_000
    a = rng.integers(0, n, 230_000)
    b = np.where(rng.random(len(a)) < 0.6, a // 10 * 10 + rng.integers(0, 10, len(a)), rng.integers(0, n, len(a)))
    apart = a != b
    return a[apart], b[apart], rng.gamma(0.7, 1.0, int(apart.sum())) + 0.01, n


@pytest.fixture(scope="module")
def graphs():
    """A graph of 300 people, and one so large that threads share the work."""
    made = {"small": small(), "large": large()}
    assert made["small"][3] <= LARGE < made["large"][3]
    assert len(made["large"][0]) > 200_000
    return made


def renamed(graph, seed):
    """Give everybody another number and put ties in another order; return the graph and the new numbers."""
    a, b, weight, n = graph
    rng = np.random.default_rng(seed)
    name, order = rng.permutation(n), rng.permutation(len(a))
    return (name[b][order], name[a][order], weight[order], n), name


@pytest.mark.parametrize("seed", range(2))
def test_numbers_of_people_do_not_matter_in_large_graphs(graphs, found, seed):
    (a, b, weight, n), name = renamed(graphs["large"], seed)
    again = leiden(a, b, weight, n=n, seed=3)
    assert np.array_equal(canonical(again[name]), found["large"])


@pytest.mark.parametrize(
    "options",
    [{}, {"iterations": None}, {"resolution": 4.0, "max_size": 9}, {"objective": "cpm", "resolution": 0.1}],
)
@pytest.mark.parametrize("sized", [False, True])
def test_numbers_do_not_matter_where_people_are_numbered_by_structure(monkeypatch, graphs, options, sized):
    monkeypatch.setattr(adjacency, "LARGE", 40)
    (a, b, weight, n), name = renamed(graphs["small"], 1)
    sizes = np.random.default_rng(2).gamma(2.0, 1.0, n) if sized and options.get("objective") == "cpm" else None
    start = np.arange(n) // 7
    fixed = np.arange(n) % 50 == 0
    first = leiden(*graphs["small"][:3], n=n, sizes=sizes, start=start, fixed=fixed, seed=1, **options)
    given = [None if one is None else one[np.argsort(name)] for one in (sizes, start, fixed)]
    again = leiden(a, b, weight, n=n, sizes=given[0], start=given[1], fixed=given[2], seed=1, **options)
    assert np.array_equal(canonical(again[name]), first)


@pytest.fixture(scope="module")
def found(graphs):
    return {name: leiden(a, b, weight, n=n, seed=3) for name, (a, b, weight, n) in graphs.items()}


SIZES = pytest.mark.parametrize("size", ["small", "large"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([0, 1], [1], None), "2 sources, 1 targets"),
        (([0, 1], [1, 2], [1.0]), "1 weights"),
        (([0], [3], None), "n - 1 = 2"),
        (([-1], [1], None), "source holds -1"),
        (([0.0], [1.0], None), "float64"),
        ((["a"], ["b"], None), "Whole numbers"),
        (([1], [1], None), "Tie 0 joins a person to itself.*Leave self-loops out"),
        (([0, 2], [1, 2], None), "Tie 1 joins"),
        (([0], [1], [0.0]), "weight\\[0\\] is 0.0.*Leave ties of no weight out"),
        (([0], [1], [-1.0]), "above 0.*a negative tie has no meaning"),
        (([0, 0], [1, 2], [1.0, np.nan]), "weight\\[1\\] is nan"),
        (([0], [1], [np.inf]), "inf"),
    ],
)
def test_input_errors(arguments, told):
    source, target, weight = arguments
    with pytest.raises(InputError, match=f"(?s){told}"):
        leiden(source, target, weight, n=3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"resolution": 0}, "resolution"),
        ({"resolution": -1.0}, "resolution"),
        ({"resolution": np.nan}, "resolution"),
        ({"objective": "modularty"}, "objective.*modularity"),
        ({"engine": "louvain"}, "engine.*leiden"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"n": -1}, "n "),
        ({"max_size": 0}, "max_size"),
        ({"iterations": 0}, "iterations"),
        ({"threads": 0}, "threads"),
        ({"start": [0, 1]}, "start has the shape \\(2,\\)"),
        ({"start": [0.0, 1.0, 1.0]}, "start has the type float64"),
        ({"fixed": [True, False, False]}, "there is no start"),
        ({"fixed": [1, 0, 0], "start": [0, 0, 0]}, "fixed has the type"),
        ({"sizes": [1.0, 1.0, 1.0]}, 'use objective="cpm"'),
        ({"sizes": [1.0, -1.0, 1.0], "objective": "cpm"}, "sizes\\[1\\] is -1.0"),
        ({"sizes": [1.0, 1.0, np.nan], "objective": "cpm"}, "sizes\\[2\\] is nan"),
        ({"sizes": [1.0], "objective": "cpm"}, "sizes has the shape \\(1,\\)"),
        ({"engine": "igraph", "max_size": 2}, "igraph"),
    ],
)
def test_options_out_of_range(options, told):
    with pytest.raises(InputError, match=f"(?s){told}"):
        leiden([0], [1], **{"n": 3, **options})


@pytest.mark.parametrize("n", [0, 1, 4])
def test_no_ties(n):
    labels = leiden([], [], n=n)
    assert labels.dtype == np.int32
    assert labels.tolist() == list(range(n))


def test_who_has_no_tie_is_alone():
    assert leiden([1, 1, 2], [2, 3, 3], n=6).tolist() == [1, 0, 0, 0, 2, 3]


@SIZES
def test_labels_are_canonical(found, size):
    assert found[size].dtype == np.int32
    assert np.array_equal(canonical(found[size]), found[size])


def test_weights_matter():
    # A ring of six: three heavy ties make three pairs.
    ring = ([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0])
    assert leiden(*ring, [9, 1, 9, 1, 9, 1], n=6).tolist() == [0, 0, 1, 1, 2, 2]
    assert leiden(*ring, [1, 9, 1, 9, 1, 9], n=6).tolist() == [0, 1, 1, 2, 2, 0]


def test_the_best_division_of_two_cliques_is_found_whatever_the_seed(cliques):
    a, b = cliques(7, 5)
    bridged = np.r_[a, 6], np.r_[b, 7]
    for seed in range(10):
        assert adjusted_rand(leiden(*bridged, n=12, seed=seed), [0] * 7 + [1] * 5) == 1.0


def test_options_reach_the_engine(cliques):
    a, b = cliques(6, 6)
    start = np.array([5, 5, 5, 9, 9, 9] * 2)
    assert np.bincount(leiden(a, b, n=12, max_size=4)).max() <= 4
    held = leiden(a, b, n=12, start=start, fixed=start == 5)
    assert len(set(held[start == 5])) == 1, "who is fixed stays together, in two cliques without a tie between"
    assert leiden(a, b, n=12, objective="cpm", sizes=np.full(12, 9.0), resolution=1.0).tolist() == list(range(12))
    assert leiden(a, b, n=12, engine="igraph").tolist() == leiden(a, b, n=12, iterations=None).tolist()


def test_seeds_matter_here(graphs):
    a, b, weight, n = graphs["small"]
    assert len({leiden(a, b, weight, n=n, seed=seed).tobytes() for seed in range(4)}) > 1


@SIZES
def test_threads_change_nothing(graphs, found, size):
    a, b, weight, n = graphs[size]
    for threads in (1, 2, 3):
        assert leiden(a, b, weight, n=n, seed=3, threads=threads).tobytes() == found[size].tobytes()


@SIZES
def test_order_and_direction_of_ties_change_nothing(graphs, found, size):
    a, b, weight, n = graphs[size]
    rng = np.random.default_rng(2)
    order, turned = rng.permutation(len(a)), rng.random(len(a)) < 0.5
    one, other = np.where(turned, b, a)[order], np.where(turned, a, b)[order]
    assert leiden(one, other, weight[order], n=n, seed=3).tobytes() == found[size].tobytes()


@pytest.mark.parametrize("weighted", [True, False])
def test_renamed_people_are_in_the_same_communities(graphs, weighted):
    a, b, weight, n = graphs["small"]
    weight = weight if weighted else np.ones(len(a))
    for seed in range(3):
        name = np.random.default_rng(seed).permutation(n)
        plain = leiden(a, b, weight, n=n, seed=seed)
        renamed = leiden(name[a], name[b], weight, n=n, seed=seed)
        assert canonical(renamed[name]).tobytes() == plain.tobytes()


def test_another_process_on_one_processor_finds_the_same_bytes(graphs, found, tmp_path):
    paths = [tmp_path / f"{size}.npz" for size in graphs]
    for path, (a, b, weight, n) in zip(paths, graphs.values(), strict=True):
        np.savez(path, a=a, b=b, weight=weight, n=n)
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *map(str, paths)],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [hashlib.sha256(found[size].tobytes()).hexdigest() for size in graphs]


def test_callers_side_by_side_do_not_disturb_one_another(graphs):
    a, b, weight, n = graphs["small"]
    alone = [leiden(a, b, weight, n=n, seed=seed).tobytes() for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: leiden(a, b, weight, n=n, seed=seed % 4).tobytes(), range(16)))
    assert together == alone * 4


@pytest.mark.parametrize("engine", ["leiden", "igraph"])
def test_an_ensemble_is_its_runs_in_the_order_of_their_seeds(graphs, engine):
    a, b, weight, n = graphs["small"]
    task = checked(Task(Ties.of(a, b, weight, n=n)))
    seeds = [7, 2, 7, 11]
    alone = [leiden(a, b, weight, n=n, seed=seed, engine=engine).tobytes() for seed in seeds]
    for threads in (None, 1, 3):
        assert [one.tobytes() for one in ensemble(task, seeds, engine=engine, threads=threads)] == alone
    assert ensemble(task, [], engine=engine) == []


def test_an_ensemble_of_an_unknown_engine_is_refused():
    with pytest.raises(InputError, match="engine"):
        ensemble(Task(Ties.of([0], [1], n=2)), [1], engine="louvain")
