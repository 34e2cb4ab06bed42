"""The same awkward inputs through every engine: one contract, whoever does the work."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations

import igraph
import numpy as np
import pytest

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import ENGINES
from commfinder.communities.engines.contract import OBJECTIVES, Task
from commfinder.communities.quality import canonical, connected, cpm, modularity
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

LIMITS = {
    "sizes": {"sizes": np.ones(6), "objective": "cpm"},
    "start": {"start": np.zeros(6, dtype=np.int32)},
    "fixed": {"fixed": np.arange(6) < 2},
    "max_size": {"max_size": 2},
}

every = pytest.mark.parametrize("engine", [ENGINES[name] for name in sorted(ENGINES)], ids=sorted(ENGINES))
every_objective = pytest.mark.parametrize("objective", OBJECTIVES)


def able(*limits):
    """Every engine that can take some limits."""
    names = sorted(name for name, engine in ENGINES.items() if engine.can.issuperset(limits))
    return pytest.mark.parametrize("engine", [ENGINES[name] for name in names], ids=names)


def ties(pairs, n, weight=None):
    a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Ties.of(a, b, weight, n=n)


def planted(groups, size, inside, outside, seed=0, weight=None, extra=0):
    """Draw communities of one size, people numbered by community, and people without ties after them."""
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(groups * size, 1)
    held = rng.random(len(a)) < np.where(a // size == b // size, inside, outside)
    given = None if weight is None else weight(rng, int(held.sum()))
    return Ties.of(a[held], b[held], given, n=groups * size + extra)


def ring(cliques, size):
    """Make cliques, each tied to the next by one tie."""
    pairs = [pair for start in range(0, cliques * size, size) for pair in combinations(range(start, start + size), 2)]
    n = cliques * size
    return ties([*pairs, *((start, (start + size + 1) % n) for start in range(0, n, size))], n)


def unlike(rng, m):
    return rng.random(m) + 0.5


TRIANGLE = [(0, 1), (1, 2), (0, 2)]
CLEAR = planted(6, 15, 0.6, 0.02, seed=1, weight=unlike)
UNCLEAR = planted(10, 20, 0.12, 0.06, seed=5)
AWKWARD = {
    "nobody": ties([], 0),
    "one person": ties([], 1),
    "two people": ties([(0, 1)], 2),
    "two strangers": ties([], 2),
    "no ties": ties([], 5),
    "disconnected": ties([*TRIANGLE, (3, 4), (5, 6), (6, 7), (5, 7)], 8),
    "isolates before, between and after": ties([(2, 4), (4, 6), (2, 6)], 9),
    "100,000 isolates": ties([(50_000, 50_001), (50_001, 99_999), (50_000, 99_999)], 100_003),
    "equal weights of 0.1": planted(5, 12, 0.8, 0.02, seed=1, weight=lambda _, m: np.full(m, 0.1), extra=4),
    "equal weights of 0.0857": planted(5, 12, 0.8, 0.02, seed=1, weight=lambda _, m: np.full(m, 0.0857), extra=4),
    "pairs given again and again": ties([*TRIANGLE, *TRIANGLE, (2, 3), (3, 2), *[(3, 4)] * 300], 5),
    "tiny weights": planted(4, 10, 0.8, 0.05, weight=lambda rng, m: 1e-300 * (rng.random(m) + 0.5)),
    "huge weights": planted(4, 10, 0.8, 0.05, weight=lambda rng, m: 1e300 * (rng.random(m) + 0.5)),
    "one weight above all": ties([*TRIANGLE, (2, 3), (3, 4)], 5, [1.0, 1.0, 1.0, 1.0, 1e15]),
    "tiny and huge together": ties([*TRIANGLE, (2, 3), (3, 4)], 5, [1e-300, 1e-300, 1.0, 1e-300, 1e300]),
    "weights of all sizes": planted(4, 15, 0.5, 0.05, weight=lambda rng, m: 10.0 ** rng.uniform(-12, 12, m)),
    "star": ties([(0, leaf) for leaf in range(1, 40)], 40),
    "path": ties([(one, one + 1) for one in range(39)], 40),
    "clique": ties(list(combinations(range(12), 2)), 12),
    "ring of cliques": ring(8, 5),
    "two sides": ties([(i, 6 + j) for i in range(6) for j in range(5)], 11),
}


def task_of(given, objective, **options):
    """Make a task whose resolution suits the weights."""
    one = float(np.median(given.canonical[2])) if len(given.weight) else 1.0
    return Task(given, objective=objective, resolution=1.0 if objective == "modularity" else 0.3 * one, **options)


def quality(task, labels):
    """Return what a task maximises, per unit of weight."""
    a, b, weight = task.ties.canonical
    if not len(weight):
        return 0.0
    if task.objective == "modularity":
        return modularity(a, b, weight, labels, task.resolution)
    share = weight / weight.max()
    return cpm(a, b, share, labels, task.resolution / weight.max(), task.sizes) / share.sum()


def check(task, labels):
    """Check what holds of any result."""
    n, (a, b, _) = task.ties.n, task.ties.canonical
    assert labels.dtype == np.int32
    assert labels.shape == (n,)
    assert np.array_equal(canonical(labels), labels)
    if task.fixed is None:
        assert connected(a, b, labels).all()
        alone = np.bincount(np.concatenate([a, b]), minlength=n) == 0
        assert (np.bincount(labels)[labels[alone]] == 1).all() if n else not alone.any()


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_names_and_abilities(name):
    assert ENGINES[name].name == name
    assert ENGINES[name].can <= set(LIMITS)


@pytest.mark.parametrize("limit", LIMITS)
def test_somebody_can_take_each_limit_and_who_can_not_says_who(limit):
    task = Task(ring(2, 3), **LIMITS[limit])
    can = {name for name, engine in ENGINES.items() if limit in engine.can}
    assert can
    for name in can:
        assert len(ENGINES[name](task, 0)) == 6
    for name in set(ENGINES) - can:
        with pytest.raises(InputError, match=name) as told:
            ENGINES[name](task, 0)
        assert any(repr(other) in told.value.hint for other in can)


@every
@every_objective
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_input(engine, objective, name):
    given = AWKWARD[name]
    for iterations in (0, 1, 2):
        task = task_of(given, objective, iterations=iterations)
        labels = engine(task, 3)
        check(task, labels)
        assert quality(task, labels) >= quality(task, np.arange(given.n)) - 1e-9
        assert engine(task, 3).tobytes() == labels.tobytes()


@every
def test_small_ones_by_hand(engine):
    assert engine(Task(AWKWARD["two people"]), 0).tolist() == [0, 0]
    assert engine(Task(AWKWARD["clique"]), 0).tolist() == [0] * 12
    assert engine(Task(AWKWARD["star"]), 0).tolist() == [0] * 40
    assert engine(Task(AWKWARD["disconnected"]), 0).tolist() == [0, 0, 0, 2, 2, 1, 1, 1]
    assert engine(Task(AWKWARD["isolates before, between and after"]), 0).tolist() == [1, 2, 0, 3, 0, 4, 0, 5, 6]
    assert engine(Task(AWKWARD["one weight above all"]), 0)[3:].tolist() in ([0, 0], [1, 1])


@every
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("iterations", [0, 2])
def test_planted_communities_are_recovered(engine, seed, iterations):
    given = planted(8, 15, 0.5, 0.02, seed=seed)
    assert engine(Task(given, iterations=iterations), seed).tolist() == np.repeat(np.arange(8), 15).tolist()


@every
@every_objective
def test_planted_communities_are_recovered_whatever_the_unit_of_weight(engine, objective):
    for name in ("tiny weights", "huge weights"):
        labels = engine(task_of(AWKWARD[name], objective), 0)
        assert adjusted_rand(labels, np.repeat(np.arange(4), 10)) == 1.0


@every
def test_the_potts_model_finds_each_of_many_cliques(engine):
    given = ring(30, 5)  # Modularity puts neighbours together: it has a resolution limit.
    assert engine(Task(given, "cpm", 0.5, iterations=0), 1).tolist() == np.repeat(np.arange(30), 5).tolist()
    assert engine(Task(given, "modularity", 1.0, iterations=0), 1).max() < 29


@every
def test_the_best_known_division_of_the_karate_club_is_found(engine):
    edges = igraph.Graph.Famous("Zachary").get_edgelist()
    task = Task(ties(edges, 34), iterations=0)
    best = max(quality(task, engine(task, seed)) for seed in range(10))
    assert best == pytest.approx(0.41979, abs=5e-6)


@pytest.mark.parametrize("iterations", [0, 2])
def test_engines_reach_equal_quality(iterations):
    given = planted(12, 25, 0.25, 0.02, seed=4, weight=unlike)
    task = Task(given, iterations=iterations)
    reached = {name: quality(task, engine(task, 1)) for name, engine in ENGINES.items()}
    assert max(reached.values()) - min(reached.values()) <= 0.005
    assert min(reached.values()) > 0.3


@every
def test_resolution_decides_on_size(engine):
    counts = [engine(Task(CLEAR, resolution=gamma), 0).max() + 1 for gamma in (0.02, 1.0, 8.0)]
    assert counts[:2] == [1, 6]
    assert counts[2] > 12


@every
@every_objective
def test_equal_seeds_equal_labels_and_others_not_always(engine, objective):
    task = replace(task_of(UNCLEAR, objective), resolution=1.0 if objective == "modularity" else 0.08)
    found = [engine(task, seed).tobytes() for seed in (0, 1, 2, 2**32 - 1)]
    assert [engine(task, seed).tobytes() for seed in (0, 1, 2, 2**32 - 1)] == found
    assert len(set(found)) > 1


@every
def test_threads_do_not_disturb_one_another(engine):
    task = Task(UNCLEAR)
    alone = [engine(task, seed).tobytes() for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: engine(task, seed % 4).tobytes(), range(12)))
    assert together == alone * 3


@every
def test_the_callers_chance_and_arrays_are_untouched(engine):
    arrays = [UNCLEAR.a, UNCLEAR.b, UNCLEAR.weight, np.arange(UNCLEAR.n, dtype=np.int32) % 9]
    random.seed(12)
    before = random.getstate(), [array.tobytes() for array in arrays]
    engine(Task(UNCLEAR, start=arrays[3]), 1)
    assert (random.getstate(), [array.tobytes() for array in arrays]) == before


@every
@every_objective
def test_order_and_direction_of_ties_are_nothing(engine, objective):
    rng = np.random.default_rng(2)
    whole = Ties.of(UNCLEAR.a, UNCLEAR.b, rng.random(len(UNCLEAR.a)) + 0.1, n=UNCLEAR.n)
    order, turned = rng.permutation(len(whole.a)), rng.random(len(whole.a)) < 0.5
    a, b = np.where(turned, whole.b, whole.a)[order], np.where(turned, whole.a, whole.b)[order]
    shuffled = Ties.of(a, b, whole.weight[order], n=whole.n)
    task = task_of(whole, objective)
    assert engine(replace(task, ties=shuffled), 4).tobytes() == engine(task, 4).tobytes()


@every
@every_objective
def test_pairs_given_again_add_up(engine, objective):
    task, a, b, half = task_of(UNCLEAR, objective), UNCLEAR.a, UNCLEAR.b, UNCLEAR.weight / 2
    halves = Ties.of(np.r_[a, b], np.r_[b, a], np.r_[half, half], n=UNCLEAR.n)
    assert engine(replace(task, ties=halves), 4).tobytes() == engine(task, 4).tobytes()


@every
@every_objective
@pytest.mark.parametrize("factor", [2.0**-60, 2.0**40, 3.0, 0.1, 1e-299, 1e298])
def test_weights_have_no_scale(engine, objective, factor):
    # Where much hangs on chance, only powers of two, which round nothing, are sure to change nothing.
    for given in (CLEAR, UNCLEAR)[: 1 + (np.frexp(factor)[0] == 0.5)]:
        scaled = Ties.of(given.a, given.b, given.weight * factor, n=given.n)
        assert engine(task_of(scaled, objective), 5).tobytes() == engine(task_of(given, objective), 5).tobytes()


@able("start")
@every_objective
def test_quality_is_never_below_that_of_the_start(engine, objective):
    rng = np.random.default_rng(1)
    for given in (CLEAR, UNCLEAR, AWKWARD["path"], AWKWARD["weights of all sizes"], AWKWARD["disconnected"]):
        starts = [rng.integers(0, most, given.n).astype(np.int32) for most in (1, 3, 1000)]
        starts.append(engine(task_of(given, objective, iterations=0), 9))
        for start in starts:
            for iterations in (0, 1):
                task = task_of(given, objective, start=start, iterations=iterations)
                labels = engine(task, 2)
                check(task, labels)
                assert quality(task, labels) >= quality(task, start) - 1e-9


@able("start")
def test_the_best_division_stays_as_it_is(engine):
    best = np.repeat(np.arange(6, dtype=np.int32), 15)
    assert engine(Task(CLEAR, start=500 - 100 * best), 1).tolist() == best.tolist()


def drawn(rng, objective, can):
    """Draw a task with any limits that an engine can take."""
    n, m = int(rng.integers(2, 60)), int(rng.integers(1, 150))
    a = rng.integers(0, n, m)
    weight = [np.full(m, 0.0857), rng.random(m) + 1e-3, 10.0 ** rng.uniform(-12, 12, m)][rng.integers(3)]
    given = Ties.of(a, (a + rng.integers(1, n, m)) % n, weight, n=n)
    sized = objective == "cpm" and "sizes" in can and rng.random() < 0.5
    started = "start" in can and rng.random() < 0.6
    held = started and "fixed" in can and rng.random() < 0.5
    return replace(
        task_of(given, objective),
        resolution=task_of(given, objective).resolution * 10.0 ** rng.uniform(-1, 0.7),
        sizes=rng.integers(0, 4, n).astype(float) if sized else None,
        start=rng.integers(0, n // 3 + 1, n).astype(np.int32) if started else None,
        fixed=rng.random(n) < 0.3 if held else None,
        max_size=int(rng.integers(1, 9)) if "max_size" in can and not sized and rng.random() < 0.4 else 0,
        iterations=int(rng.integers(0, 3)),
    )


@every
@every_objective
def test_whatever_is_asked_for(engine, objective):
    rng = np.random.default_rng(7)
    for seed in range(60):
        task = drawn(rng, objective, engine.can)
        labels = engine(task, seed)
        check(task, labels)
        start = np.arange(task.ties.n) if task.start is None else task.start
        if task.fixed is not None:
            assert canonical(labels[task.fixed]).tolist() == canonical(start[task.fixed]).tolist()
        if task.max_size:
            held = np.zeros(1) if task.fixed is None else np.bincount(start[task.fixed], minlength=1)
            assert np.bincount(labels).max() <= max(task.max_size, held.max())
        if not task.max_size or np.bincount(start).max() <= task.max_size:
            assert quality(task, labels) >= quality(task, start) - 1e-9


@able("fixed")
@every_objective
def test_who_is_fixed_stays(engine, objective):
    rng = np.random.default_rng(3)
    for given in (CLEAR, UNCLEAR, AWKWARD["path"], AWKWARD["disconnected"], AWKWARD["no ties"]):
        for share in (0.1, 0.5, 1.0):
            start, fixed = rng.integers(0, 4, given.n).astype(np.int32), rng.random(given.n) < share
            labels = engine(task_of(given, objective, start=start, fixed=fixed), 1)
            assert canonical(labels[fixed]).tolist() == canonical(start[fixed]).tolist()


@able("fixed")
def test_others_move_around_who_is_fixed(engine):
    # Two cliques; one person is held in the wrong one, and everybody else is mixed up.
    start = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], dtype=np.int32)
    fixed = np.zeros(10, dtype=bool)
    fixed[[0, 1, 5]] = True
    labels = engine(Task(ring(2, 5), start=start, fixed=fixed, iterations=0), 0)
    assert labels.tolist() == [1, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    free = engine(Task(ring(2, 5), start=start, fixed=np.zeros(10, dtype=bool), iterations=0), 0)
    assert free.tolist() == [0] * 5 + [1] * 5


@able("max_size")
@every_objective
@pytest.mark.parametrize("most", [1, 2, 7, 19])
def test_no_community_is_above_the_largest_size(engine, objective, most):
    for name in ("path", "star", "clique", "ring of cliques", "weights of all sizes", "no ties", "nobody"):
        for start in (None, np.zeros(AWKWARD[name].n, dtype=np.int32)):
            task = task_of(AWKWARD[name], objective, start=start, max_size=most)
            labels = engine(task, 1)
            check(task, labels)
            assert np.bincount(labels, minlength=1).max() <= most


@able("max_size")
def test_a_largest_size_that_nothing_reaches_changes_nothing(engine):
    assert engine(Task(CLEAR, max_size=15), 1).tolist() == engine(Task(CLEAR), 1).tolist()
    assert np.bincount(engine(Task(CLEAR, max_size=14), 1)).max() > 7


@able("fixed", "max_size")
def test_fixed_people_and_a_largest_size_together(engine):
    fixed, start = np.zeros(CLEAR.n, dtype=bool), np.arange(CLEAR.n, dtype=np.int32)
    fixed[[0, 20, 40]], start[[20, 40]] = True, 0
    for seed in range(3):
        labels = engine(Task(CLEAR, start=start, fixed=fixed, max_size=9), seed)
        assert labels[0] == labels[20] == labels[40]
        assert np.bincount(labels).max() <= 9
        # Three are held together and two are the most: nobody else is with them, or in more than a pair.
        labels = engine(Task(CLEAR, start=start, fixed=fixed, max_size=2), seed)
        assert np.flatnonzero(labels == labels[0]).tolist() == [0, 20, 40]
        assert np.sort(np.bincount(labels))[-2] == 2


@able("sizes")
def test_people_of_no_size_cost_nothing(engine):
    for name in ("disconnected", "path", "isolates before, between and after", "100,000 isolates", "no ties"):
        given = AWKWARD[name]
        labels = engine(Task(given, "cpm", 5.0, sizes=np.zeros(given.n), iterations=0), 1)
        components = igraph.Graph(n=given.n, edges=np.column_stack([given.a, given.b])).connected_components()
        assert labels.tolist() == canonical(np.array(components.membership, dtype=np.int64)).tolist()


@able("sizes")
def test_sizes_count_in_products(engine):
    sizes = np.full(CLEAR.n, 2.0)
    one = engine(Task(CLEAR, "cpm", 0.2), 1)
    assert one.tolist() == np.repeat(np.arange(6), 15).tolist()
    assert engine(Task(CLEAR, "cpm", 0.05, sizes=sizes), 1).tolist() == one.tolist()
    # Whoever is that large stays alone; whoever has no size stays with friends.
    sizes[[3, 50]], sizes[7] = 1000.0, 0.0
    labels = engine(Task(CLEAR, "cpm", 0.05, sizes=sizes, iterations=0), 1)
    check(Task(CLEAR), labels)
    assert np.bincount(labels)[labels[[3, 50]]].tolist() == [1, 1]
    assert labels[7] == labels[8]
