"""Networks of the same degrees: all chance, or with communities planted in part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commfinder.communities.confidence.twins import by_chance, planted

SEEDS = pytest.mark.parametrize("seed", range(5))
GROUPS, SIZE = 12, 15
N = GROUPS * SIZE
LABELS = np.repeat(np.arange(GROUPS), SIZE)


@pytest.fixture(scope="module")
def clustered(traced):
    """Twelve clear communities of people of unequal activity; weights and events tell inside from outside."""
    rng = np.random.default_rng(1)
    active = rng.gamma(3.0, 1 / 3, N)
    a, b = np.triu_indices(N, 1)
    chance = np.minimum(active[a] * active[b] * np.where(LABELS[a] == LABELS[b], 0.5, 0.03), 1.0)
    held = rng.random(len(a)) < chance
    a, b = a[held], b[held]
    inside = LABELS[a] == LABELS[b]
    events = np.where(inside, rng.integers(10, 20, len(a)), rng.integers(1, 5, len(a)))
    return traced(a, b, N, events)


def degrees(traces):
    return np.bincount(traces.a, minlength=traces.n) + np.bincount(traces.b, minlength=traces.n)


def check(traces):
    """Check that a network is one: no loops, no pair twice, ends in order and in range."""
    assert (traces.a < traces.b).all()
    assert len(np.unique(traces.a * traces.n + traces.b)) == len(traces.a)
    assert len(traces.a) == len(traces.b) == len(traces.weight) == len(traces.amount) == len(traces.events)
    assert not len(traces.a) or (traces.a.min() >= 0 and traces.b.max() < traces.n)


@SEEDS
def test_chance_keeps_degrees(clustered, seed):
    drawn = by_chance(clustered, np.random.default_rng(seed))
    check(drawn)
    lost = degrees(clustered) - degrees(drawn)
    assert (lost >= 0).all()
    assert lost.sum() <= 0.01 * degrees(clustered).sum()


@SEEDS
def test_chance_leaves_no_community(clustered, seed):
    drawn = by_chance(clustered, np.random.default_rng(seed))
    total = np.bincount(LABELS, degrees(clustered))
    expected = (total**2).sum() / (2 * total.sum())
    assert (LABELS[clustered.a] == LABELS[clustered.b]).sum() > 4 * expected
    assert abs((LABELS[drawn.a] == LABELS[drawn.b]).sum() - expected) < 5 * np.sqrt(expected)


@SEEDS
def test_chance_gives_weights_and_events_to_any_tie_together(clustered, seed):
    drawn = by_chance(clustered, np.random.default_rng(seed))
    if len(drawn.a) == len(clustered.a):
        assert sorted(drawn.events.tolist()) == sorted(clustered.events.tolist())
    np.testing.assert_array_equal(drawn.weight, np.log1p(drawn.events))
    np.testing.assert_array_equal(drawn.amount, drawn.events)
    assert (drawn.damping, drawn.embedded, drawn.n) == (clustered.damping, clustered.embedded, clustered.n)


@pytest.mark.parametrize("seed", range(3))
def test_chance_copes_where_there_is_hardly_a_choice(traced, cliques, seed):
    rng = np.random.default_rng(seed)
    for a, b, n in ((*cliques(8), 8), (np.zeros(6, int), np.arange(1, 7), 7), ([0], [1], 2), ([], [], 3)):
        traces = traced(a, b, n)
        drawn = by_chance(traces, rng)
        check(drawn)
        assert (degrees(drawn) <= degrees(traces)).all()


def test_equal_seeds_equal_twins(clustered):
    for draw in (by_chance, lambda traces, rng: planted(traces, LABELS, rng).traces):
        one, other, third = (draw(clustered, np.random.default_rng(seed)) for seed in (3, 3, 4))
        for name in ("a", "b", "weight", "events"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
        assert one.a.tobytes() != third.a.tobytes()


@SEEDS
def test_planted_twins_keep_degrees_on_average(clustered, seed):
    twin = planted(clustered, LABELS, np.random.default_rng(seed)).traces
    check(twin)
    before, after = degrees(clustered), degrees(twin)
    assert after.sum() == pytest.approx(before.sum(), rel=0.03)
    assert np.corrcoef(before, after)[0, 1] > 0.9
    # Few and active, many and quiet: no group of people gains or loses much.
    order = np.argsort(before)
    for part in np.array_split(order, 4):
        assert after[part].sum() == pytest.approx(before[part].sum(), rel=0.12)


def test_truth_is_a_part_of_the_communities(clustered):
    shares = []
    for seed in range(40):
        truth = planted(clustered, LABELS, np.random.default_rng(seed)).truth
        chosen = [bool((truth[group * SIZE : (group + 1) * SIZE] == group).all()) for group in range(GROUPS)]
        assert all(one or (truth[group * SIZE : (group + 1) * SIZE] == -1).all() for group, one in enumerate(chosen))
        shares.append(np.mean(chosen))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    assert min(shares) < 0.3
    assert max(shares) > 0.7


def test_pairs_and_loners_are_never_planted(traced, cliques):
    a, b = cliques(2, 2, 2, 6)
    labels = np.repeat([1, 2, 3, 0, 4], [2, 2, 2, 6, 1])
    for seed in range(10):
        truth = planted(traced(a, b, 13), labels, np.random.default_rng(seed)).truth
        assert (truth[np.r_[:6, 12]] == -1).all()
        assert set(truth[6:12]) in ({-1}, {0})


def test_planted_communities_have_ties_inside_and_dissolved_ones_have_not(clustered):
    """Ratios of ties inside to those expected: taken to a power of at least 0.7, or near one."""
    total = np.bincount(LABELS, degrees(clustered))
    expected = total**2 / (2 * total.sum())

    def ratio(traces):
        inside = LABELS[traces.a] == LABELS[traces.b]
        return np.bincount(LABELS[traces.a][inside], minlength=GROUPS) / expected

    before = ratio(clustered)
    assert before.min() > 4
    kept, dissolved = [], []
    for seed in range(12):
        twin = planted(clustered, LABELS, np.random.default_rng(seed))
        after = ratio(twin.traces)
        there = np.isin(np.arange(GROUPS), twin.truth)
        kept += (np.log(after[there]) / np.log(before[there])).tolist()
        dissolved += after[~there].tolist()
    assert 0.7 < np.mean(kept) < 1.05
    assert np.std(kept) > 0.05, "in varied strength"
    assert 0.5 < np.mean(dissolved) < 1.7


@SEEDS
def test_planted_ties_take_their_weights_from_ties_of_their_kind(clustered, seed):
    twin = planted(clustered, LABELS, np.random.default_rng(seed))
    one, other = twin.truth[twin.traces.a], twin.truth[twin.traces.b]
    inside, apart = (one == other) & (one >= 0), (one >= 0) & (other >= 0) & (one != other)
    assert (twin.traces.events[apart] < 5).all(), "as those between communities"
    # Those drawn to be inside are as those inside; a few more land there by chance.
    assert (twin.traces.events[inside] >= 10).mean() > 0.8
    elsewhere = (one < 0) | (other < 0)
    assert 0.05 < (twin.traces.events[elsewhere] >= 10).mean() < 0.95
    np.testing.assert_array_equal(twin.traces.weight, np.log1p(twin.traces.events))


def test_a_twin_of_one_community_or_of_nobody(traced, cliques):
    clique = traced(*cliques(7), 7)
    for seed in range(6):
        check(planted(clique, np.zeros(7, dtype=np.int64), np.random.default_rng(seed)).traces)
    nobody = replace(clique, a=clique.a[:0], b=clique.b[:0], weight=np.empty(0), amount=np.empty(0), n=3)
    nobody = replace(nobody, events=clique.events[:0])
    twin = planted(nobody, np.arange(3), np.random.default_rng(0))
    assert len(twin.traces.a) == 0
    assert twin.truth.tolist() == [-1] * 3
