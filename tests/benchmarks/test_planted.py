"""The planted graphs are what they are said to be."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

_SPEC = importlib.util.spec_from_file_location(
    "benchmarks_planted", Path(__file__).parents[2] / "benchmarks" / "planted.py"
)
planted = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(planted)
draw = planted.planted_cover


def degrees(graph):
    return np.bincount(graph.a, minlength=graph.n) + np.bincount(graph.b, minlength=graph.n)


def belongs(graph):
    inside = np.zeros((graph.n, len(graph.cover)), dtype=bool)
    for number, members in enumerate(graph.cover):
        inside[members, number] = True
    return inside


def together(graph):
    inside = belongs(graph)
    return (inside[graph.a] & inside[graph.b]).any(axis=1)


REGIMES = [(0.2, 0.1, 2), (0.3, 0.3, 2), (0.3, 0.5, 3), (0.45, 0.3, 2)]


@pytest.fixture(scope="module", params=REGIMES, ids=str)
def regime(request):
    mu, overlapping, memberships = request.param
    return draw(mu=mu, overlapping=overlapping, memberships=memberships, seed=7), request.param


def test_each_pair_once_and_no_loops(regime):
    graph, _ = regime
    assert (graph.a < graph.b).all()
    key = graph.a * graph.n + graph.b
    assert (np.diff(key) > 0).all()
    assert graph.b.max() < graph.n
    assert (graph.weight == 1).all()
    assert len(graph.a) == len(graph.b) == len(graph.weight)


def test_people_are_in_as_many_communities_as_asked(regime):
    graph, (_, overlapping, memberships) = regime
    counts = np.bincount(graph.memberships, minlength=memberships + 1)
    assert counts[memberships] == round(overlapping * graph.n)
    assert counts[1] == graph.n - counts[memberships]
    assert all((np.diff(members) > 0).all() for members in graph.cover)


def test_sizes_keep_to_their_bounds(regime):
    sizes = [len(members) for members in regime[0].cover]
    assert min(sizes) >= 10
    assert max(sizes) <= 60
    # A power law of exponent 1 has its median at the geometric mean, well below the middle.
    assert np.median(sizes) < 32


def test_ties_keep_to_the_mixing_asked(regime):
    graph, (mu, _, _) = regime
    assert 1 - together(graph).mean() == pytest.approx(mu, abs=0.015)
    degree = degrees(graph)
    assert degree.mean() == pytest.approx(12, rel=0.05)
    assert degree.max() <= 50


def test_ties_inside_are_spread_over_memberships(regime):
    graph, (_, _, memberships) = regime
    inside = belongs(graph).astype(int)
    count = np.zeros_like(inside)
    np.add.at(count, graph.a, inside[graph.b])
    np.add.at(count, graph.b, inside[graph.a])
    several = np.flatnonzero(graph.memberships == memberships)
    own = [count[person, inside[person] > 0] for person in several]
    # A tie to somebody of both counts for both, so that some differ by more than the odd one.
    assert np.mean([values.max() - values.min() <= 2 for values in own]) > 0.85


@pytest.mark.parametrize(("exponent", "lowest"), [(2.0, 4), (3.0, 6)])
def test_degrees_follow_the_power_law_asked(exponent, lowest):
    degree = degrees(draw(4000, mu=1, exponent=exponent, seed=3))
    assert degree.mean() == pytest.approx(12, rel=0.04)
    # What the mean asks of the lower end of the law; a few people lose a tie that fits nowhere.
    assert np.quantile(degree, 0.01) >= lowest - 1
    at_least = [(degree >= bound).mean() for bound in (12, 24)]
    assert at_least[1] / at_least[0] == pytest.approx(
        (24 ** (1 - exponent) - 50 ** (1 - exponent)) / (12 ** (1 - exponent) - 50 ** (1 - exponent)), rel=0.15
    )


def test_equal_seeds_give_equal_graphs():
    first, second, other = (draw(300, mu=0.3, overlapping=0.2, spread=1.0, seed=seed) for seed in (4, 4, 5))
    for name in ("a", "b", "weight"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert all(map(np.array_equal, first.cover, second.cover))
    assert not np.array_equal(first.a[:200], other.a[:200])


def test_the_unclustered_part_is_in_nothing():
    graph = draw(mu=0.2, chimera=0.4, seed=1)
    assert len(graph.unclustered) == 600
    assert (graph.memberships[graph.unclustered] == 0).all()
    assert (graph.memberships > 0).sum() == 900
    degree = degrees(graph)
    assert degree[graph.unclustered].mean() == pytest.approx(np.delete(degree, graph.unclustered).mean(), rel=0.1)
    assert 1 - together(graph).mean() == pytest.approx(0.6 * 0.2 + 0.4, abs=0.03)


def test_all_at_random():
    graph = draw(500, mu=1, chimera=1, mean_degree=8, max_degree=9, seed=2)
    assert graph.cover == []
    assert len(graph.unclustered) == 500
    assert degrees(graph).mean() == pytest.approx(8, rel=0.03)


def test_weights():
    graph = draw(mu=0.3, spread=0.5, contrast=3.0, seed=6)
    inside = together(graph)
    assert (graph.weight > 0).all()
    assert graph.weight[inside].mean() / graph.weight[~inside].mean() == pytest.approx(3, rel=0.05)
    assert graph.weight[inside].std() / graph.weight[inside].mean() == pytest.approx(0.5, rel=0.05)
    plain = draw(mu=0.3, contrast=3.0, seed=6)
    assert set(plain.weight.tolist()) == {1.0, 3.0}


@pytest.mark.parametrize("n", [12, 25, 70])
@pytest.mark.parametrize("mu", [0.0, 0.5, 1.0])
def test_small_graphs(n, mu):
    graph = draw(n, mu=mu, overlapping=0.3, mean_degree=4, max_degree=8, seed=n)
    assert (graph.a < graph.b).all()
    assert (graph.memberships > 0).all()
    if mu in (0.0, 1.0):
        assert (together(graph) == (mu == 0.0)).all()
