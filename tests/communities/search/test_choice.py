"""Weights chosen by hidden ties."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import leiden
from commfinder.communities.search.choice import affordable_folds, choose_among, choose_weights
from commfinder.communities.search.foretell import foretold, strength_levels
from commfinder.communities.search.whole import Wanted, search
from commfinder.errors import InputError


def search_on(a, b, n):
    """Give the search for communities on some ties."""
    return lambda weight, resolution, seed: leiden(
        a, b, weight, n=n, resolution=resolution, seed=seed, iterations=None, threads=1
    )


def weighings(counts):
    """Return two weightings: the counts as they are, and none."""
    return {"none": counts.astype(float), "binary": np.ones(len(counts))}


def test_counts_that_only_mislead_are_left_out(planted):
    a, b = planted(5, 20, 0.4, 0.04, seed=1)
    counts = np.ceil(np.random.default_rng(2).pareto(0.6, len(a)) + 1)
    choice = choose_among(a, b, 100, counts, weighings(counts), search_on, effort=0.05)
    assert choice.damping == "binary"
    assert choice.how == "held-out ties"
    of = choice.candidates.groupby("damping")["score"].max()
    assert of["binary"] > of["none"] + 0.1


def test_counts_that_tell_are_used(planted):
    a, b = planted(5, 16, 0.5, 0.3, seed=1)
    inside = a // 16 == b // 16
    counts = np.random.default_rng(2).poisson(np.where(inside, 20, 2)) + 1
    choice = choose_among(a, b, 80, counts, weighings(counts), search_on, effort=0.05)
    assert choice.damping == "none"


def test_shares_and_settings_go_together(planted):
    a, b = planted(4, 15, 0.5, 0.05, seed=3)
    counts = np.ones(len(a))
    choice = choose_among(a, b, 60, counts, weighings(counts), search_on, effort=0.05, seed=4)
    frame = choice.candidates
    # Two weightings that are the same count as one.
    assert set(frame["damping"]) == {"none"}
    assert frame["share"].sum() == pytest.approx(1.0)
    assert [one.share for one in choice.settings] == frame.loc[frame["share"] > 0, "share"].tolist()
    assert (choice.damping, choice.embedded) == (frame.loc[0, "damping"], frame.loc[0, "embedded"])
    assert choice.resolution == frame.loc[0, "resolution"]
    assert all(len(one.weight) == len(a) and (one.weight > 0).all() for one in choice.settings)
    again = choose_among(a, b, 60, counts, weighings(counts), search_on, effort=0.05, seed=4)
    assert again.candidates.equals(frame)


def test_scale_of_weights_does_not_count(planted):
    a, b = planted(4, 12, 0.5, 0.08, seed=5)
    counts = np.random.default_rng(1).integers(1, 9, len(a))
    one = choose_among(a, b, 48, counts, weighings(counts), search_on, effort=0.05)
    large = {name: weight * 1024.0 for name, weight in weighings(counts).items()}
    other = choose_among(a, b, 48, counts, large, search_on, effort=0.05)
    np.testing.assert_allclose(one.candidates["score"], other.candidates["score"])


def test_too_few_ties_to_hide(static):
    few = choose_weights(static([0, 1, 3], [1, 2, 4], 6), search_on)
    assert (few.how, few.damping, few.embedded, len(few.settings)) == ("fixed point", "log1p", False, 1)
    none = choose_weights(static([], [], 3), search_on)
    assert (none.how, none.resolution, len(none.settings[0].weight)) == ("no fixed point", 1.0, 0)


def test_too_many_ties_to_hide_any(planted, monkeypatch):
    a, b = planted(4, 12, 0.5, 0.08, seed=5)
    counts = np.random.default_rng(1).integers(1, 9, len(a))
    monkeypatch.setattr("commfinder.communities.search.choice._MOST", len(a) - 1)
    many = choose_among(a, b, 48, counts, weighings(counts), search_on)
    assert (many.how, many.damping, many.embedded) == ("fixed point", "none", False)
    assert many.resolution == many.fixed_point > 0
    np.testing.assert_array_equal(many.settings[0].weight, counts)
    assert many.candidates["folds"].tolist() == [0]


def test_the_whole_search_on_a_graph(static, cliques):
    a, b = cliques(7, 6, 5, 4)
    graph = static([*a, 0, 7], [*b, 8, 14], 24)
    found = search(graph, Wanted(runs=9), seed=1)
    truth = np.repeat([0, 1, 2, 3, 4, 5], [7, 6, 5, 4, 1, 1])
    assert adjusted_rand(found.labels, truth) == 1.0
    assert found.agreement > 0.95
    assert found.runs == 9
    assert len(found.base) == len(found.raw) == len(found.events) == len(found.ties.weight) == len(graph.ties)
    alone = search(static([], [], 3), Wanted())
    assert (alone.labels.tolist(), alone.agreement) == ([0, 1, 2], 1.0)


def test_bad_effort(static):
    with pytest.raises(InputError, match="effort"):
        choose_weights(static([0], [1], 2), search_on, effort=0)


def test_larger_graphs_have_fewer_hidden_sets():
    found = [affordable_folds(ties, 1.0) for ties in (100, 9_000, 40_000, 10**5, 10**7)]
    assert found == sorted(found, reverse=True)
    assert found[-1] >= 3


def test_true_communities_foretell_better_than_coarse_fine_or_random_ones(planted):
    a, b = planted(8, 15, 0.4, 0.03, seed=2)
    truth = np.repeat(np.arange(8), 15)
    rng = np.random.default_rng(3)
    hidden = rng.random(len(a)) < 0.1
    level = np.zeros(len(a), dtype=np.int64)
    drawn = [truth, truth // 2, np.arange(120) // 3, rng.permutation(truth), np.zeros(120, dtype=int)]
    true, coarse, fine, random, one = (foretold(labels, a, b, level, hidden) for labels in drawn)
    assert true > max(coarse, fine) > 0.1
    assert true > coarse + 0.1
    assert random < 0.05
    assert one == pytest.approx(0.0, abs=1e-9)


def test_strength_counts_where_it_tells(planted):
    a, b = planted(4, 20, 0.3, 0.1, seed=2)
    truth = np.repeat(np.arange(4), 20)
    hidden = np.arange(len(a)) % 10 == 0
    flat = np.zeros(len(a), dtype=np.int64)
    telling = (truth[a] == truth[b]).astype(np.int64)
    assert foretold(truth, a, b, telling, hidden) > foretold(truth, a, b, flat, hidden) + 0.3


def test_strength_levels_hang_on_order_alone():
    raw = np.random.default_rng(1).pareto(1.0, 400) + 1
    found = strength_levels(raw)
    assert np.bincount(found).tolist() == [100] * 4
    np.testing.assert_array_equal(found, strength_levels(np.log(raw)))
    assert strength_levels(np.ones(5)).tolist() == [2] * 5
    assert strength_levels(np.empty(0)).shape == (0,)
