"""People without ties: they are nowhere, and change nothing for anybody else, wherever they are in the order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import adjacency, find_communities, leiden
from commfinder.communities.quality import canonical
from commfinder.communities.tied import Tied
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

SEEDS = pytest.mark.parametrize("seed", range(3))


def test_numbers_there_and_back():
    among = Tied.of(np.array([1, 3]), np.array([3, 4]), 6)
    assert among.people.tolist() == [1, 3, 4]
    assert among.place.tolist() == [-1, 0, -1, 1, 2, -1]
    assert not among.everybody
    assert among.with_others(np.array([0, 1, 0], dtype=np.int32)).tolist() == [1, 0, 2, 3, 0, 4]


def test_where_everybody_has_ties_nothing_is_done():
    among = Tied.of(np.array([0, 1]), np.array([1, 2]), 3)
    labels = np.zeros(3, dtype=np.int32)
    assert among.everybody
    assert among.with_others(labels) is labels


@pytest.mark.parametrize("n", [0, 4])
def test_where_nobody_has_ties_everybody_is_alone(n):
    none = np.empty(0, dtype=np.int64)
    among = Tied.of(none, none, n)
    assert len(among.people) == 0
    assert among.with_others(np.empty(0, dtype=np.int32)).tolist() == list(range(n))


@SEEDS
@pytest.mark.parametrize("options", [{}, {"objective": "cpm", "resolution": 0.2}])
def test_one_run_is_the_same_with_people_without_ties(seed, options):
    # Ties of one weight among few people: many are told apart by nothing, and keys take several rounds.
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 40, 90), rng.integers(0, 40, 90)
    kept = a != b
    a, b = np.unique(np.concatenate([a[kept], b[kept]]), return_inverse=True)[1].reshape(2, -1)
    n = int(max(a.max(), b.max())) + 1
    place = np.sort(rng.choice(n + 7, n, replace=False))
    more = leiden(place[a], place[b], n=n + 7, seed=seed, **options)
    assert np.array_equal(canonical(more[place]), leiden(a, b, n=n, seed=seed, **options))


def graph_of(a: np.ndarray, b: np.ndarray, times: np.ndarray, bystanders: list[str]) -> InteractionGraph:
    """Make a graph in which some people of the directory have no tie."""
    names = [f"p{number:03d}" for number in range(int(max(a.max(), b.max())) + 1)]
    rows = {"sender": np.repeat([names[i] for i in a], times), "recipient": np.repeat([names[j] for j in b], times)}
    everybody = [*names, *bystanders]
    unit = [f"u{int(name[1:4]) % 4}" if name in names else None for name in everybody]
    directory = Directory.from_frame({"person": everybody, "unit": unit})
    return build_graph(Interactions.from_frame(rows, medium="contact"), directory)


@pytest.mark.parametrize(("seed", "options"), [(0, {}), (1, {"resolution": 1.5}), (2, {"resolution": 1.5})])
def test_people_without_ties_change_nothing_for_the_others(planted, seed, options):
    # Communities that are hard to see, in which any other turn of chance would show.
    a, b = planted(3, 10, 0.5, 0.1, seed=seed)
    times = np.random.default_rng(seed).integers(1, 5, len(a))
    alone = graph_of(a, b, times, [])
    rng = np.random.default_rng([seed, 1])
    between = [f"p{number:03d}x" for number in rng.integers(0, 30, 5)]
    among = graph_of(a, b, times, ["a", *dict.fromkeys(between), "z1", "z2"])
    assert len(among.people) > len(alone.people)
    first, second = (find_communities(one, runs=8, seed=seed, **options) for one in (alone, among))
    there = among.people["person"].isin(alone.people["person"]).to_numpy()
    assert np.array_equal(canonical(second.labels[there]), first.labels)
    assert np.bincount(second.labels)[second.labels[~there]].tolist() == [1] * int((~there).sum())
    members = second.members[second.members["person"].isin(alone.people["person"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(members, first.members, check_exact=True)
    pd.testing.assert_frame_equal(second.summary, first.summary, check_exact=False, rtol=1e-9)
    exact = ["community", "size", "confidence", "stability"]
    pd.testing.assert_frame_equal(second.summary[exact], first.summary[exact], check_exact=True)
    pd.testing.assert_frame_equal(second.weights.candidates, first.weights.candidates, check_exact=True)
    for name in ("quality", "agreement", "runs", "p_chance", "searched_beyond"):
        assert getattr(second, name) == getattr(first, name), name


@pytest.mark.parametrize("limit", [1 << 16, 20])
@pytest.mark.parametrize("seed", range(2))
def test_names_and_rows_in_any_order_change_nothing(monkeypatch, planted, limit, seed):
    monkeypatch.setattr(adjacency, "LARGE", limit)
    a, b = planted(3, 10, 0.5, 0.1, seed=seed)
    # So many events that nobody is like anybody else to the last digit.
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 60, len(a))
    name, order = rng.permutation(30), rng.permutation(len(a))
    graphs = graph_of(a, b, times, []), graph_of(name[b][order], name[a][order], times[order], [])
    first, second = found = [
        find_communities(graph, resolution=1.5, runs=8, beyond=False, seed=seed) for graph in graphs
    ]
    assert np.array_equal(canonical(second.labels[name]), canonical(first.labels))
    assert second.p_chance == pytest.approx(first.p_chance, rel=1e-6)
    new = {f"p{old:03d}": f"p{number:03d}" for old, number in enumerate(name)}
    said = [
        {
            frozenset(new.get(person, person) if one is first else person for person in one.people(line.community)): (
                round(line.confidence, 9),
                round(line.stability, 9),
            )
            for line in one.summary.itertuples()
        }
        for one in found
    ]
    assert said[0] == said[1]
