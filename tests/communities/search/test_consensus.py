"""One partition out of many."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.search.consensus import Setting, affordable_runs, consensus, run_settings
from commfinder.errors import InputError


def score(labels, runs):
    """Return what a consensus makes large: pairs together, by the runs for it less those against."""
    total = 0
    for i, j in combinations(range(len(labels)), 2):
        if labels[i] == labels[j]:
            total += sum(1 if one[i] == one[j] else -1 for one in runs)
    return total


def noisy(truth, runs, share, seed):
    """Return runs in which a share of the people is in a community drawn by chance."""
    rng = np.random.default_rng(seed)
    astray = rng.random((runs, len(truth))) < share
    return np.where(astray, rng.integers(0, truth.max() + 1, (runs, len(truth))), truth)


def test_equal_runs_are_their_own_consensus(cliques):
    a, b = cliques(5, 4, 3)
    truth = np.repeat([0, 1, 2], [5, 4, 3])
    assert consensus([truth, (truth + 1) % 3], a, b).tolist() == truth.tolist()


def test_the_planted_partition_comes_back_out_of_noise(planted):
    a, b = planted(6, 20, 0.5, 0.05)
    truth = np.repeat(np.arange(6), 20)
    found = consensus(noisy(truth, 40, 0.2, 1), a, b)
    assert adjusted_rand(found, truth) == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_nearer_to_the_runs_than_any_of_them(seed):
    a, b = np.triu_indices(24, 1)
    runs = noisy(np.repeat(np.arange(4), 6), 9, 0.5, seed)
    assert score(consensus(runs, a, b), runs) > max(score(one, runs) for one in runs)


@pytest.mark.parametrize("seed", range(6))
def test_as_good_as_the_best_of_all_partitions_of_six(seed):
    a, b = np.triu_indices(6, 1)
    runs = np.random.default_rng(seed).integers(0, 3, (7, 6))
    every = {tuple(np.unique(code, return_inverse=True)[1]) for code in np.ndindex(*(6,) * 6) if code[0] == 0}
    best = max(score(one, runs) for one in every)
    assert score(consensus(runs, a, b), runs) >= 0.8 * best


def test_two_ensembles_agree_better_than_two_runs(planted):
    a, b = planted(5, 16, 0.4, 0.1, seed=3)
    truth = np.repeat(np.arange(5), 16)
    first, second = noisy(truth, 60, 0.28, 4), noisy(truth, 60, 0.28, 5)
    assert adjusted_rand(first[0], second[0]) < 0.6
    assert adjusted_rand(consensus(first, a, b), consensus(second, a, b)) > 0.95


def test_communities_are_connected():
    # Two pairs that every run puts together though no tie joins them.
    found = consensus([[0, 0, 0, 0, 1]] * 3, np.array([0, 2]), np.array([1, 3]))
    assert found.tolist() == [0, 0, 1, 1, 2]


def test_connected_on_drawn_graphs():
    rng = np.random.default_rng(7)
    a, b = np.triu_indices(40, 1)
    here = rng.random(len(a)) < 0.06
    a, b = a[here], b[here]
    found = consensus(rng.integers(0, 3, (5, 40)), a, b)
    for label in np.unique(found):
        inside = (found[a] == label) & (found[b] == label)
        graph = coo_array((np.ones(inside.sum()), (a[inside], b[inside])), shape=(40, 40))
        pieces = connected_components(graph, directed=False)[1]
        assert len(np.unique(pieces[found == label])) == 1


def test_keys_make_it_independent_of_numbers(planted):
    a, b = planted(5, 12, 0.4, 0.1, seed=1)
    runs = noisy(np.repeat(np.arange(5), 12), 12, 0.6, 2)
    keys = np.random.default_rng(3).permutation(60).astype(np.uint64)
    new = np.random.default_rng(4).permutation(60)
    renamed, renamed_keys = np.empty_like(runs), np.empty_like(keys)
    renamed[:, new], renamed_keys[new] = runs, keys
    one = consensus(runs, a, b, keys=keys)
    other = consensus(renamed, new[a], new[b], keys=renamed_keys)[new]
    assert adjusted_rand(one, other) == 1.0


def test_deterministic_and_isolated_people_are_alone(planted):
    a, b = planted(3, 10, 0.5, 0.1)
    runs = noisy(np.repeat(np.arange(3), 11), 10, 0.5, 1)
    first, again = consensus(runs, a, b), consensus(runs, a, b)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.int32
    tied = np.union1d(a, b)
    assert all((first == first[person]).sum() == 1 for person in range(33) if person not in tied)


def test_nobody_and_no_ties():
    nothing = np.empty(0, dtype=np.int64)
    assert consensus(np.empty((2, 0), dtype=int), nothing, nothing).shape == (0,)
    assert consensus([[0, 0, 0]], nothing, nothing).tolist() == [0, 1, 2]


def test_bad_input():
    nothing = np.empty(0, dtype=np.int64)
    with pytest.raises(InputError, match="shape"):
        consensus([0, 1], nothing, nothing)
    with pytest.raises(InputError, match="in no run"):
        consensus([[0, 1]], np.array([0]), np.array([2]))


def test_settings_have_their_shares_and_seeds_of_their_own():
    asked = []

    def search(weight, resolution, seed):
        asked.append((resolution, seed))
        return np.zeros(2, dtype=np.int32)

    settings = [Setting(np.ones(1), 1.0, 0.6), Setting(np.ones(1), 2.0, 0.3), Setting(np.ones(1), 3.0, 0.1)]
    assert run_settings(search, settings, runs=20, seed=5).shape == (20, 2)
    assert [sum(one == value for one, _ in asked) for value in (1.0, 2.0, 3.0)] == [12, 6, 2]
    assert len({seed for _, seed in asked}) == 20
    with pytest.raises(InputError, match="no setting"):
        run_settings(search, [], runs=3)


def test_large_graphs_have_fewer_runs():
    found = [affordable_runs(ties) for ties in (0, 10**4, 10**5, 10**8)]
    assert found == sorted(found, reverse=True)
    assert found[-1] >= 8
    assert affordable_runs(10**5, 0.1) < affordable_runs(10**5)
