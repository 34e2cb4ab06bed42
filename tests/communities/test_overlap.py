"""Further memberships: found where they are planted, rarely where chance is all there is, and nobody lost."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from commfinder.communities import overlap
from commfinder.communities.compare import overlapping_f1, overlapping_nmi
from commfinder.communities.engines import leiden
from commfinder.communities.overlap import Memberships, extend
from commfinder.communities.overlap_kernel import log_tail, tails
from commfinder.communities.resolution import fixed_point
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

_SPEC = importlib.util.spec_from_file_location(
    "benchmarks_planted", Path(__file__).parents[2] / "benchmarks" / "planted.py"
)
benchmark = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(benchmark)

COLUMNS = ("person", "community", "strength", "surprise", "p", "home")


def pairs_of(groups, extra=()):
    pairs = {pair for group in groups for pair in combinations(sorted(group), 2)} | set(extra)
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T


def ties_of(groups, n, extra=()):
    return Ties.of(*pairs_of(groups, extra), n=n)


def found_for(memberships, person):
    return memberships.community[memberships.person == person].tolist()


def partition(a, b, n):
    weight = np.ones(len(a))

    def at(resolution):
        return leiden(a, b, weight, n=n, resolution=resolution, seed=0)

    return at(fixed_point(a, b, weight, partition=at).value)


def same(first, second):
    assert np.array_equal(first.periphery, second.periphery)
    for name in COLUMNS:
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


@pytest.fixture(scope="module")
def drawn():
    graph = benchmark.planted_cover(400, mu=0.25, overlapping=0.2, seed=500)
    return graph, partition(graph.a, graph.b, graph.n)


# Tails of the binomial distribution.


def test_tails_agree_with_scipy():
    rng = np.random.default_rng(0)
    k = np.r_[rng.integers(1, 80, 5000), rng.integers(80, 5000, 3000)]
    rate = 10 ** rng.uniform(-6, -0.01, len(k))
    x = np.clip((k * rate * rng.uniform(0.2, 5, len(k))).astype(np.int64) + rng.integers(0, 5, len(k)), 1, k)
    expected = stats.binom.sf(x - 1, k, rate)
    # Below that, scipy itself loses digits.
    here = expected > 1e-150
    assert here.sum() > 6000
    np.testing.assert_allclose(np.exp(tails(x, k, rate))[here], expected[here], rtol=1e-12)


@pytest.mark.parametrize(("x", "k", "rate"), [(1, 1, 0.5), (3, 7, 0.125), (12, 30, 0.25), (30, 30, 0.75), (2, 90, 0.5)])
def test_tails_agree_with_whole_numbers(x, k, rate):
    p = Fraction(rate)
    exact = sum(comb(k, i) * p**i * (1 - p) ** (k - i) for i in range(x, k + 1))
    assert np.exp(log_tail(x, k, rate)) == pytest.approx(float(exact), rel=1e-13)


def test_tails_at_the_ends():
    assert log_tail(0, 5, 0.2) == 0.0
    assert log_tail(6, 5, 0.2) == -np.inf
    assert log_tail(1, 5, 0.0) == -np.inf
    assert log_tail(5, 5, 1.0) == 0.0
    # Far beyond what a probability can hold, order is kept.
    assert log_tail(2000, 2000, 1e-4) < log_tail(1999, 2000, 1e-4) < -1e4


# What is planted is found.


@pytest.mark.parametrize("size", [4, 6, 10])
@pytest.mark.parametrize("many", [2, 3, 5, 12])
def test_a_person_in_two_cliques_joins_both(size, many):
    # Person 0 is in the first two; a ring of single ties holds all cliques together.
    cliques = [list(range(1 + size * c, 1 + size * (c + 1))) for c in range(many)]
    ring = [(cliques[c - 1][0], cliques[c][0]) for c in range(1, many)]
    groups = [[0, *cliques[0]], [0, *cliques[1]], *cliques[2:]]
    labels = np.r_[0, np.repeat(np.arange(many), size)]
    found = extend(ties_of(groups, 1 + size * many, ring), labels)
    assert sorted(found_for(found, 0)) == [0, 1]
    assert all(found_for(found, person) == [labels[person]] for person in range(1, 1 + size * many))
    assert size < 6 or not found.periphery.any()


def test_everybody_in_three():
    # People on the points of a cube, 12 a side; every line of 12 is a clique, so that everybody is in three. Each
    # starts out in one of them alone.
    side = 12
    x, y, z = np.unravel_index(np.arange(side**3), (side, side, side))
    lines = np.stack([y * side + z, side**2 + x * side + z, 2 * side**2 + x * side + y])
    members = [np.flatnonzero(row == line) for row in lines for line in np.unique(row)]
    labels = np.choose(np.random.default_rng(0).integers(0, 3, side**3), lines)
    found = extend(ties_of([group.tolist() for group in members], side**3), labels)
    truth = set(zip(np.tile(np.arange(side**3), 3).tolist(), lines.ravel().tolist(), strict=True))
    held = set(zip(found.person.tolist(), found.community.tolist(), strict=True))
    assert held <= truth
    assert len(held) > 0.8 * len(truth)


def test_planted_covers_are_found_better_than_by_the_partition(drawn):
    graph, labels = drawn
    found = extend(Ties.of(graph.a, graph.b, n=graph.n), labels).cover
    alone = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    assert overlapping_nmi(found, graph.cover) > overlapping_nmi(alone, graph.cover) + 0.05
    assert overlapping_f1(found, graph.cover) > 0.6


def test_whoever_sits_in_the_wrong_place_moves(cliques):
    a, b = cliques(6, 6, 6)
    labels = np.repeat([0, 1, 2], 6)
    labels[5] = 2
    found = extend(Ties.of(a, b, n=18), labels)
    assert found_for(found, 5) == [0]
    assert found.home[found.person == 5].all()


# What is not planted is not.


@pytest.mark.parametrize("shared", [2, 4])
def test_a_colleague_in_two_communities_pulls_nobody_along(shared):
    # Up to half of the first community is in the second as well; the others have ties to them as colleagues only.
    first, second = range(8), [*range(8 - shared, 14)]
    others = [range(start, start + 8) for start in range(14, 254, 8)]
    labels = np.r_[np.zeros(8), np.ones(6), np.repeat(np.arange(2, 32), 8)].astype(int)
    found = extend(ties_of([first, second, *others], 254), labels)
    assert all(sorted(found_for(found, person)) == [0, 1] for person in range(8 - shared, 8))
    assert len(found.person) == 254 + shared


def test_an_inclination_of_all_at_home_is_no_membership():
    # Everybody of one team has three ties to its sister team; one person of a third has three ties to a fourth.
    teams = [list(range(start, start + 8)) for start in range(0, 320, 8)]
    sisters = [(teams[0][i], teams[1][(i + step) % 8]) for i in range(8) for step in range(3)]
    single = [(teams[2][0], teams[3][i]) for i in range(3)]
    found = extend(ties_of(teams, 320, sisters + single), np.arange(320) // 8)
    assert found_for(found, teams[2][0]) == [2, 3]
    assert len(found.person) == 321


@pytest.mark.parametrize(("ties", "joins"), [(9, False), (14, True)])
def test_stray_ties_of_busy_people_are_no_membership(ties, joins):
    # Ten rings of 40 people with 20 ties each. Person 0 has 20 at home and 40 elsewhere, where nobody else has any.
    pairs = [(40 * r + i, 40 * r + (i + step) % 40) for r in range(10) for i in range(40) for step in range(1, 11)]
    stray = [(0, 40 * r + i) for r in range(2, 10) for i in range(5)][: 40 - ties]
    a, b = np.array(pairs + stray + [(0, 40 + i) for i in range(ties)]).T
    found = extend(Ties.of(a, b, n=400), np.arange(400) // 40)
    assert found_for(found, 0) == ([0, 1] if joins else [0])
    assert len(found.person) == 400 + joins


@pytest.mark.parametrize(("n", "degree"), [(500, 6), (1000, 12)])
def test_few_join_a_second_community_where_chance_is_all_there_is(n, degree):
    shares = []
    for seed in range(510, 514):
        graph = benchmark.planted_cover(n, mu=1, chimera=1, mean_degree=degree, max_degree=degree + 1, seed=seed)
        found = extend(Ties.of(graph.a, graph.b, n=n), partition(graph.a, graph.b, n))
        shares.append(len(found.person) / n - 1)
    assert np.mean(shares) < 0.04
    strict = extend(Ties.of(graph.a, graph.b, n=n), partition(graph.a, graph.b, n), alpha=0.01)
    assert len(strict.person) < 1.002 * n


def test_a_stricter_level_joins_fewer(drawn):
    graph, labels = drawn
    ties = Ties.of(graph.a, graph.b, n=graph.n)
    many = [len(extend(ties, labels, alpha=alpha).person) for alpha in (1e-9, 0.01, 0.3)]
    assert many[0] < many[1] < many[2]
    assert many[0] < 1.01 * graph.n
    assert len(extend(ties, labels, min_ties=4).person) < many[2]


# Nobody is lost, whatever the graph.


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(1, 25))
def test_everybody_keeps_exactly_one_home(data, n):
    people = st.integers(0, n - 1)
    drawn_pairs = data.draw(st.lists(st.tuples(people, people).filter(lambda pair: pair[0] != pair[1]), max_size=80))
    labels = np.array(data.draw(st.lists(st.integers(-2, 5), min_size=n, max_size=n)))
    a, b = np.array(drawn_pairs, dtype=np.int64).reshape(-1, 2).T
    found = extend(Ties.of(a, b, n=n), labels)
    assert found.person[found.home].tolist() == list(range(n))
    assert set(found.community.tolist()) <= set(labels.tolist())
    keys = list(zip(found.person.tolist(), found.community.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    assert (found.strength >= 0).all()
    assert (found.strength <= 1).all()
    assert ((found.p > 0) & (found.p <= 1)).all()
    assert np.isfinite(found.surprise).all()
    # On the edge is who is nowhere else, and at home for want of better.
    edge = np.flatnonzero(found.periphery)
    assert all(found_for(found, person) == [labels[person]] for person in edge)


def test_whoever_has_no_ties_stays_alone(cliques):
    a, b = cliques(5, 5)
    found = extend(Ties.of(a, b, n=12), np.r_[np.repeat([0, 1], 5), 2, 3])
    assert [group.tolist() for group in found.cover] == [list(range(5)), list(range(5, 10)), [10], [11]]
    assert found.strength[-2:].tolist() == [0, 0]
    assert found.surprise[-2:].tolist() == [0, 0]
    assert not found.periphery.any()


def test_people_on_the_edge_are_flagged(cliques):
    a, b = cliques(6, 6, 6)
    found = extend(Ties.of(np.r_[a, 0], np.r_[b, 18], n=19), np.r_[np.repeat([0, 1, 2], 6), 0])
    assert np.flatnonzero(found.periphery).tolist() == [18]
    assert found_for(found, 18) == [0]


# Nothing hangs on order, names or threads.


def test_order_of_ties_and_ends_and_weights_do_not_matter(drawn):
    graph, labels = drawn
    rng = np.random.default_rng(1)
    base = extend(Ties.of(graph.a, graph.b, n=graph.n), labels)
    order, turned = rng.permutation(len(graph.a)), rng.random(len(graph.a)) < 0.5
    a, b = np.where(turned, graph.b, graph.a)[order], np.where(turned, graph.a, graph.b)[order]
    same(extend(Ties.of(a, b, n=graph.n), labels), base)
    heavy = extend(Ties.of(graph.a, graph.b, rng.gamma(1, 1, len(a)) + 0.01, n=graph.n), labels)
    for name in ("person", "community", "surprise", "p", "home"):
        assert np.array_equal(getattr(heavy, name), getattr(base, name))
    assert not np.array_equal(heavy.strength, base.strength)


def test_numbers_of_people_and_communities_do_not_matter(drawn):
    graph, labels = drawn
    rng = np.random.default_rng(2)
    base = extend(Ties.of(graph.a, graph.b, n=graph.n), labels)
    people, names = rng.permutation(graph.n), rng.permutation(int(labels.max()) + 1) * 7 - 50
    moved = np.empty(graph.n, dtype=np.int64)
    moved[people] = names[labels]
    again = extend(Ties.of(people[graph.a], people[graph.b], n=graph.n), moved)
    assert np.array_equal(again.periphery[people], base.periphery)
    expected = zip(people[base.person], names[base.community], base.strength, base.p, base.home, strict=True)
    assert set(zip(again.person, again.community, again.strength, again.p, again.home, strict=True)) == set(expected)


@pytest.mark.parametrize("n", [60, 70_000])
def test_a_tie_given_in_parts_is_one_tie(cliques, n):
    a, b = cliques(*[6] * 10)
    labels = np.r_[np.repeat(np.arange(10), 6), np.arange(60, n)]
    whole = extend(Ties.of(np.r_[a, 0], np.r_[b, 6], np.r_[np.full(len(a), 3.0), 2.0], n=n), labels)
    parts = Ties.of(np.r_[a, b, 0, 0], np.r_[b, a, 6, 6], np.r_[np.full(len(a), 1.0), np.full(len(a), 2.0), 1, 1], n=n)
    found = extend(parts, labels)
    for name in ("person", "community", "surprise", "p", "home", "periphery"):
        assert np.array_equal(getattr(found, name), getattr(whole, name)), name
    np.testing.assert_allclose(found.strength, whole.strength, rtol=1e-12)
    assert len(whole.person) == n


def test_threads_change_nothing(drawn, monkeypatch):
    graph, labels = drawn
    base = extend(Ties.of(graph.a, graph.b, n=graph.n), labels)
    monkeypatch.setattr(overlap, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(overlap, "processors", lambda: 7)
    same(extend(Ties.of(graph.a, graph.b, n=graph.n), labels), base)


# What is said about memberships.


def test_strength_and_surprise_by_hand():
    # Two triangles and a tie between them of weight 3.
    ties = Ties.of([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3], [1, 1, 1, 1, 1, 1, 3], n=6)
    found = Memberships.of(ties, [4, 4, 4, 9, 9, 9])
    assert found.community.tolist() == [4, 4, 4, 9, 9, 9]
    assert found.strength.tolist() == pytest.approx([1, 1, 0.4, 0.4, 1, 1], rel=1e-14)
    # Person 2 has three ties, two of them inside, where the others have degree 4 of 14 altogether.
    assert found.surprise[2] == pytest.approx(np.log(2.5 / (3 * 4 / 14 + 0.5)))
    assert found.p[2] == pytest.approx(stats.binom.sf(1, 3, 4 / 14))
    assert found.home.all()


def test_a_partition_as_memberships_keeps_everybody(drawn):
    graph, labels = drawn
    found = Memberships.of(Ties.of(graph.a, graph.b, n=graph.n), labels)
    assert found.person.tolist() == list(range(graph.n))
    assert np.array_equal(found.community, labels)
    assert [group.tolist() for group in found.cover] == [
        np.flatnonzero(labels == c).tolist() for c in np.unique(labels)
    ]
    assert 0 < found.periphery.sum() < 0.2 * graph.n


def test_home_comes_first_and_stays_where_it_was(drawn):
    graph, labels = drawn
    found = extend(Ties.of(graph.a, graph.b, n=graph.n), labels)
    assert np.array_equal(found.home, np.r_[True, np.diff(found.person) > 0])
    assert (np.diff(found.person) >= 0).all()
    assert len(found.person) > 1.1 * graph.n
    # Who is still in the community of their label is at home there, whatever else they are in; but for the odd one who
    # has moved and come back.
    kept = found.community == labels[found.person]
    assert kept.sum() > 0.9 * graph.n
    assert found.home[kept].mean() > 0.99


def test_those_who_have_joined_do_not_draw_in_their_own_circles():
    # A chain of circles: each holds three people of the one before. Pass by pass, people of the first community could
    # reach the end of the chain over those who have joined.
    teams = [list(range(start, start + 12)) for start in range(0, 600, 12)]
    bridges = [(teams[t][i], teams[t + 1][j]) for t in range(10) for i in range(3) for j in range(5)]
    ties = ties_of(teams, 600, bridges)
    lengths = [len(extend(ties, np.arange(600) // 12, passes=passes).person) for passes in (2, 4, 12)]
    assert lengths[0] > 620
    assert lengths[1] == lengths[2]
    found = extend(ties, np.arange(600) // 12, passes=12)
    assert np.abs(found.community - found.person // 12).max() == 1


# Awkward input.


@pytest.mark.parametrize("n", [0, 1, 4])
def test_no_ties(n):
    found = extend(Ties.of([], [], n=n), np.arange(n))
    assert found.person.tolist() == list(range(n))
    assert found.p.tolist() == [1.0] * n
    assert len(found.cover) == n
    same(Memberships.of(Ties.of([], [], n=n), np.arange(n)), found)


def test_a_star():
    ties = Ties.of([0] * 9, range(1, 10), n=10)
    one = extend(ties, np.zeros(10, dtype=int))
    assert [group.tolist() for group in one.cover] == [list(range(10))]
    assert not one.periphery.any()
    two = extend(ties, np.repeat([0, 1], 5))
    assert two.person[two.home].tolist() == list(range(10))
    alone = extend(ties, np.arange(10))
    assert alone.community.tolist() == list(range(10))
    assert not alone.periphery.any()


def test_one_community_and_one_clique(cliques):
    a, b = cliques(7)
    found = extend(Ties.of(a, b, n=7), [3] * 7)
    assert found.community.tolist() == [3] * 7
    assert found.strength.tolist() == [1] * 7
    assert not found.periphery.any()


@pytest.mark.parametrize(
    ("labels", "options", "word"),
    [
        ([0, 0], {}, "labels"),
        ([[0, 0, 0]], {}, "labels"),
        ([0.0, 0.0, 1.0], {}, "float64"),
        ([0, 0, 0], {"alpha": 0}, "alpha"),
        ([0, 0, 0], {"alpha": float("nan")}, "alpha"),
        ([0, 0, 0], {"min_ties": 1}, "min_ties"),
        ([0, 0, 0], {"passes": 0}, "passes"),
    ],
)
def test_what_can_not_be_worked_with_is_refused(labels, options, word):
    with pytest.raises(InputError, match=word):
        extend(Ties.of([0, 1], [1, 2], n=3), labels, **options)
