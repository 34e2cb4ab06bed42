"""Coarser and finer communities, and what other resolutions show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import zoom as room
from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import leiden
from commfinder.communities.quality import canonical, connected, modularity
from commfinder.communities.resolution import fixed_point, planted_rates
from commfinder.communities.ties import Ties
from commfinder.communities.zoom import profile, zoom
from commfinder.errors import InputError

PERSON = np.arange(300)
TEAM, DEPARTMENT = PERSON // 10, PERSON // 50


def organisation(*, around, seed=0):
    # Thirty teams of ten in six departments; within teams nearly everybody is tied, across departments hardly anybody.
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(300, 1)
    near = np.where(DEPARTMENT[a] == DEPARTMENT[b], around, 0.012)
    held = rng.random(len(a)) < np.where(TEAM[a] == TEAM[b], 0.9, near)
    return a[held], b[held]


def found_in(ties, resolution=None):
    if resolution is None:
        resolution = fixed_point(ties.a, ties.b, ties.weight, partition=lambda gamma: found_in(ties, gamma)[0]).value
    return leiden(ties.a, ties.b, ties.weight, n=ties.n, resolution=resolution), resolution


def random_ties(seed, n=60, m=180):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, n, m)
    b = (a + 1 + rng.integers(0, n - 1, m)) % n
    return Ties.of(a, b, rng.exponential(1.0, m), n=n + 5)


def check(seen, ties, tolerance=1e-3):
    """Check everything that holds for any zoom; links and nesting are counted again, person by person."""
    rows = []
    for level, (resolution, labels) in enumerate(seen.levels):
        assert labels.dtype == np.int32
        assert (labels == canonical(labels)).all()
        assert connected(ties.a, ties.b, labels).all()
        assert 0 <= seen.cost[level] <= tolerance
        if not level:
            continue
        lower, coarse = seen.levels[level - 1]
        assert lower < resolution
        whole = people = 0
        for community in range(labels.max(initial=-1) + 1):
            parents = coarse[labels == community].tolist()
            if len(parents) < 2:
                continue
            parent = min(set(parents), key=lambda one: (-parents.count(one), one))
            share = parents.count(parent) / len(parents)
            rows.append([level, community, len(parents), parent, share, share == 1])
            people += len(parents)
            whole += len(parents) * (share == 1)
        if people:
            assert seen.nesting[level - 1] == pytest.approx(whole / people)
        else:
            assert math.isnan(seen.nesting[level - 1])
    columns = ["level", "community", "size", "parent", "share", "nested"]
    assert seen.links.columns.tolist() == columns
    assert seen.links.to_numpy().tolist() == rows
    assert seen.nests == all(row[-1] for row in rows)


@pytest.mark.parametrize("seed", range(3))
def test_teams_in_departments(seed):
    a, b = organisation(around=0.11, seed=seed)
    ties = Ties.of(a, b, n=300)
    labels, resolution = found_in(ties)
    seen = zoom(ties, labels, resolution)
    check(seen, ties)
    (low, coarse), (middle, given), (high, fine) = seen.levels
    assert (low, middle, high) == pytest.approx((resolution / 3, resolution, resolution * 3))
    assert given is not labels
    assert (given == labels).all()
    assert adjusted_rand(coarse, DEPARTMENT) == 1
    assert adjusted_rand(given, TEAM) == 1
    assert adjusted_rand(fine, TEAM) > 0.9
    assert (seen.nests, seen.nesting) == (True, (1.0, 1.0))
    # Each team links to its own department.
    links = seen.links[seen.links["level"] == 1].set_index("community")
    assert (links.loc[given, "parent"].to_numpy() == coarse).all()
    assert (links["size"] == 10).all()


@pytest.mark.parametrize("seed", range(3))
def test_departments_of_teams(seed):
    # Here departments are the likelier communities, and teams are found within them.
    a, b = organisation(around=0.18, seed=seed)
    ties = Ties.of(a, b, n=300)
    seen = zoom(ties, *found_in(ties))
    check(seen, ties)
    assert adjusted_rand(seen.levels[1][1], DEPARTMENT) == 1
    assert adjusted_rand(seen.levels[2][1], TEAM) > 0.95
    assert seen.nests


def test_more_levels_than_three():
    a, b = organisation(around=0.11)
    ties = Ties.of(a, b, n=300)
    labels, resolution = found_in(ties)
    seen = zoom(ties, labels, resolution, factors=(3, 1, 1 / 3, 1 / 30))
    check(seen, ties)
    many = [labels.max() + 1 for _, labels in seen.levels]
    assert many[:3] == [1, 6, 30]
    assert many[3] >= 30
    assert len(seen.nesting) == 3
    alone = zoom(ties, labels, resolution, factors=(1.0,))
    check(alone, ties)
    assert (len(alone.levels), len(alone.links), alone.nesting) == (1, 0, ())


@pytest.fixture
def across(cliques):
    """Make two cliques, and communities that have half of each: what is better at any other level lies across."""
    a, b = cliques(12, 12)
    return Ties.of(np.r_[a, 0, 1], np.r_[b, 12, 13], n=24), np.tile([0, 1], 12)


def test_levels_that_do_not_nest_are_told(across):
    ties, halves = across
    seen = zoom(ties, halves, 0.6)
    check(seen, ties)
    for level in (0, 2):
        assert seen.levels[level][1].tolist() == [0] * 12 + [1] * 12
    assert not seen.nests
    assert seen.nesting == (0.0, 0.0)
    assert seen.links["share"].tolist() == [0.5] * 4
    assert seen.links["parent"].tolist() == [0] * 4
    assert "4 of 4 do not lie wholly in a coarser one" in repr(seen)


def test_nesting_at_any_cost(across):
    ties, halves = across
    seen = zoom(ties, halves, 0.6, tolerance=1)
    check(seen, ties, tolerance=1)
    assert seen.nests
    cliques = np.arange(24) // 12
    for level in (0, 2):
        resolution, labels = seen.levels[level]
        quality = [modularity(ties.a, ties.b, ties.weight, one, resolution) for one in (cliques, labels)]
        assert seen.cost[level] == pytest.approx(quality[0] - quality[1])
        assert seen.cost[level] > 0.05
    assert seen.cost[1] == 0


def groupings(n):
    """List all ways of putting n people into groups, as labels."""
    found = [[]]
    for _ in range(n):
        found = [[*labels, label] for labels in found for label in range(max(labels, default=-1) + 2)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_merging_and_no_cutting_is_better(seed):
    # Six communities of five: few enough to try everything there is.
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(30, 1)
    held = rng.random(len(a)) < np.where(a // 5 == b // 5, 0.8, 0.12)
    weight = rng.exponential(1.0, held.sum())
    ties = Ties.of(a[held], b[held], weight, n=30)
    given = np.arange(30) // 5
    seen = zoom(ties, given, 2.0, tolerance=1)

    def quality(labels, gamma):
        return modularity(ties.a, ties.b, weight, labels, gamma)

    merged = max(quality(np.array(labels)[given], 2 / 3) for labels in groupings(6))
    assert quality(seen.levels[0][1], 2 / 3) == pytest.approx(merged)
    gain = 0.0
    for community in range(6):
        cuts = (np.where(given == community, np.tile(labels, 6) + 10, given) for labels in groupings(5))
        gain += max(quality(labels, 6.0) for labels in cuts) - quality(given, 6.0)
    assert quality(seen.levels[2][1], 6.0) == pytest.approx(quality(given, 6.0) + gain)


@pytest.mark.parametrize("seed", range(6))
def test_graphs_without_structure(seed):
    ties = random_ties(seed)
    labels, _ = found_in(ties, 1.5)
    seen = zoom(ties, labels, 1.5, seed=seed)
    check(seen, ties)
    # Never worse than a search that knows of no other level, but for the tolerance.
    for resolution, level in (seen.levels[0], seen.levels[2]):
        free, _ = found_in(ties, resolution)
        quality = [modularity(ties.a, ties.b, ties.weight, one, resolution) for one in (level, free)]
        assert quality[0] >= quality[1] - 0.003
    assert zoom(ties, labels, 1.5, tolerance=1).nests
    assert not zoom(ties, labels, 1.5, tolerance=0).nests


def test_equal_seeds_equal_bytes_and_other_seeds_as_good():
    ties = random_ties(1, n=150, m=600)
    labels, resolution = found_in(ties, 2.0)
    one, two = zoom(ties, labels, resolution, seed=3), zoom(ties, labels, resolution, seed=3)
    for first, second in zip(one.levels, two.levels, strict=True):
        assert first[0] == second[0]
        assert (first[1] == second[1]).all()
    pd.testing.assert_frame_equal(one.links, two.links, check_exact=True)
    assert (one.nesting, one.cost) == (two.nesting, two.cost)
    pd.testing.assert_frame_equal(profile(ties, runs=2, seed=3), profile(ties, runs=2, seed=3), check_exact=True)
    assert not profile(ties, runs=2, seed=4).equals(profile(ties, runs=2, seed=3))


def renamed(ties, seed):
    rng = np.random.default_rng(seed)
    name, order = rng.permutation(ties.n), rng.permutation(len(ties.a))
    a, b = name[ties.a][order], name[ties.b][order]
    turned = rng.random(len(a)) < 0.5
    a, b = np.where(turned, b, a), np.where(turned, a, b)
    return Ties.of(a, b, ties.weight[order], n=ties.n), name


def test_names_and_order_of_rows_change_nothing():
    ties = random_ties(2, n=150, m=600)
    other, name = renamed(ties, 5)
    labels, resolution = found_in(ties, 2.0)
    moved = np.empty_like(labels)
    moved[name] = labels
    one, two = zoom(ties, labels, resolution), zoom(other, moved, resolution)
    for first, second in zip(one.levels, two.levels, strict=True):
        assert (first[1] == canonical(second[1][name])).all()
    assert (one.nesting, one.cost) == (two.nesting, two.cost)
    pd.testing.assert_frame_equal(profile(ties, runs=3), profile(other, runs=3), check_exact=True)


@pytest.mark.parametrize("scale", [2.0**-1000, 0.5, 2.0**900])
def test_the_scale_of_weights_changes_nothing(scale):
    ties = random_ties(3)
    scaled = Ties.of(ties.a, ties.b, ties.weight * scale, n=ties.n)
    labels, resolution = found_in(ties, 1.5)
    one, two = zoom(ties, labels, resolution), zoom(scaled, labels, resolution)
    for first, second in zip(one.levels, two.levels, strict=True):
        assert (first[1] == second[1]).all()
    assert one.cost == two.cost
    pd.testing.assert_frame_equal(profile(ties, runs=2), profile(scaled, runs=2), check_exact=True)


@pytest.mark.parametrize("scale", [1e-300, 1e-5, 7.3, 1e300])
def test_scales_that_round_change_chance_alone(scale):
    a, b = organisation(around=0.11)
    ties, scaled = (Ties.of(a, b, np.full(len(a), one), n=300) for one in (1.0, scale))
    labels, resolution = found_in(ties)
    assert found_in(scaled)[1] == resolution
    assert (zoom(ties, labels, resolution).levels[0][1] == zoom(scaled, labels, resolution).levels[0][1]).all()
    grid = [resolution / 3, resolution]
    # How far runs agree is chance; the best of them is not.
    told = [profile(some, resolutions=grid, runs=4).drop(columns="agreement") for some in (ties, scaled)]
    pd.testing.assert_frame_equal(*told, rtol=1e-9, atol=1e-9)


def test_a_frame_of_who_is_where():
    a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    seen = zoom(Ties.of(a, b, n=7), [0, 0, 0, 1, 1, 1, 2], 0.8)
    frame = seen.to_frame([*"abcdefg"])
    assert (frame.columns.tolist(), len(frame)) == (["person", "level", "resolution", "community"], 21)
    middle = frame[frame["level"] == 1].set_index("person").loc[[*"abcdefg"]]
    assert middle["community"].tolist()[:6] == [0, 0, 0, 1, 1, 1]
    assert middle["community"].isna().tolist() == [False] * 6 + [True]
    assert seen.to_frame()["person"].tolist() == [*range(7)] * 3
    with pytest.raises(InputError, match="2 names of 7 people"):
        seen.to_frame(["a", "b"])


@pytest.mark.parametrize("n", [0, 1, 5])
def test_nobody_is_tied(n):
    ties = Ties.of([], [], n=n)
    seen = zoom(ties, np.arange(n), 1.0)
    check(seen, ties)
    assert [labels.tolist() for _, labels in seen.levels] == [list(range(n))] * 3
    assert seen.nests
    assert all(math.isnan(one) for one in seen.nesting)
    assert seen.to_frame()["community"].isna().all()
    assert repr(seen).startswith("<Zoom: 0, 0, 0 communities")
    told = profile(ties)
    assert len(told) == 21
    assert told["resolution"].iloc[10] == 1.0
    assert (told[["communities", "quality", "largest"]] == 0).all(axis=None)
    assert told["likelihood"].isna().all()
    assert told["admissible"].all()


def test_isolates_are_no_communities(cliques):
    a, b = cliques(6, 6)
    ties = Ties.of(a, b, n=1000)
    labels = np.r_[np.zeros(6, int), np.ones(6, int), np.arange(2, 990)]
    seen = zoom(ties, labels, 0.6)
    check(seen, ties)
    assert (seen.links["community"] < 2).all()
    assert seen.nesting == (1.0, 1.0)
    told = profile(ties, resolutions=[0.5, 1.0])
    assert told["communities"].tolist() == [2, 2]
    assert told["largest"].tolist() == [0.5, 0.5]
    assert told["agreement"].tolist() == [1.0, 1.0]


def test_isolates_change_nothing():
    ties = random_ties(4)
    more = Ties.of(ties.a, ties.b, ties.weight, n=ties.n + 100)
    told = profile(ties, runs=3)
    assert (told["agreement"] < 0.95).any()
    pd.testing.assert_frame_equal(told, profile(more, runs=3), check_exact=True)


def test_what_is_refused(cliques):
    a, b = cliques(3, 3)
    ties, labels = Ties.of(a, b, n=6), [0, 0, 0, 1, 1, 1]
    for wrong in ([0, 0, 0, 1, 1], [0.0] * 6, [-1, 0, 0, 1, 1, 1], [labels]):
        with pytest.raises(InputError, match="labels"):
            zoom(ties, wrong, 1.0)
    for options in ({"factors": (0.5, 2.0)}, {"factors": (0.0, 1.0)}, {"tolerance": -0.1}, {"seed": -1}):
        with pytest.raises(InputError):
            zoom(ties, labels, 1.0, **options)
    for resolution in (0.0, math.nan, math.inf, 1e308):
        with pytest.raises(InputError, match="resolution"):
            zoom(ties, labels, resolution)
    for options in ({"runs": 1}, {"resolutions": []}, {"resolutions": [1.0, 0.0]}, {"resolutions": [math.inf]}):
        with pytest.raises(InputError):
            profile(ties, **options)


def test_the_profile_of_teams_in_departments():
    a, b = organisation(around=0.11)
    ties = Ties.of(a, b, n=300)
    _, resolution = found_in(ties)
    told = profile(ties)
    assert told["resolution"].is_monotonic_increasing
    assert told["resolution"].iloc[10] == pytest.approx(resolution, rel=0.03)
    assert (told["resolution"] / told["resolution"].iloc[10]).iloc[[0, 20]].tolist() == pytest.approx([0.1, 10.0])
    # Teams are best over a wide range around the fixed point, all runs agree on them, and nothing is likelier.
    teams = told[told["communities"] == 30].iloc[0]
    assert teams["optimal_from"] < resolution < teams["optimal_to"]
    assert teams["agreement"] == 1
    assert teams["likelihood"] == told["likelihood"].max()
    assert teams["likelihood"] == pytest.approx(planted_rates(a, b, np.ones(len(a)), TEAM)[2])
    assert teams["largest"] == pytest.approx(1 / 30)
    assert 6 in told["communities"].tolist()
    assert (np.diff(told["quality"]) < 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_admissible_is_best_of_all_that_was_found(seed, monkeypatch):
    ties = random_ties(seed)
    tried = []
    search = room.ensemble

    def remembered(task, seeds):
        tried.append(search(task, seeds))
        return tried[-1]

    monkeypatch.setattr(room, "ensemble", remembered)
    grid = np.geomspace(0.2, 20, 15)
    told = profile(ties, resolutions=grid[::-1], runs=3, seed=seed)
    assert [len(found) for found in tried] == [3] * 15

    def quality(labels, gamma):
        return modularity(ties.a, ties.b, ties.weight, labels, gamma)

    everything = [labels for found in tried for labels in found]
    best = np.array([max(quality(labels, gamma) for labels in everything) for gamma in grid])
    for row, found, gamma in zip(told.itertuples(), tried, grid, strict=True):
        own = max(found, key=lambda labels, gamma=gamma: round(quality(labels, gamma), 10))
        assert row.quality == pytest.approx(quality(own, gamma), abs=1e-12)
        assert row.communities == (np.bincount(own) >= 3).sum()
        lines = np.array([quality(own, one) for one in grid])
        if row.admissible:
            assert row.optimal_from < row.optimal_to
            within = (grid >= row.optimal_from) & (grid <= row.optimal_to)
            assert lines[within] == pytest.approx(best[within], abs=1e-10)
            assert (lines[~within] < best[~within] + 1e-10).all()
        else:
            assert math.isnan(row.optimal_from) and math.isnan(row.optimal_to)
    assert told["admissible"].any()
    assert told["agreement"].between(-0.5, 1).all()


def test_a_row_of_a_profile_hangs_on_its_resolution_alone():
    ties = random_ties(0)
    columns = ["resolution", "communities", "quality", "largest", "agreement", "likelihood"]
    all_at_once = profile(ties, resolutions=[0.5, 1.0, 2.0], runs=2)
    single = profile(ties, resolutions=1.0, runs=2)
    pd.testing.assert_frame_equal(
        all_at_once.loc[[1], columns].reset_index(drop=True), single[columns], check_exact=True
    )
    assert single[["optimal_from", "optimal_to"]].to_numpy().tolist() == [[1.0, 1.0]]
