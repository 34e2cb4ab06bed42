"""The noise-corrected backbone: held against its formulas and against chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.graph.backbone import backbone, noise_corrected


def random_events(rng, n, m, skew=2.0):
    """Draw m events between n people, who are busy to different degrees, by activity alone."""
    activity = rng.pareto(skew, n) + 1
    a, b = np.triu_indices(n, 1)
    share = activity[a] * activity[b]
    return a, b, rng.multinomial(m, share / share.sum())


def test_the_published_example_by_hand():
    found = noise_corrected([0, 1], [1, 2], [3, 1], n=3, self_pairs=True)
    # Strengths 3, 4, 1; n.. = 8.
    assert found.expected.tolist() == [3 * 4 / 8, 4 * 1 / 8]
    assert found.score.tolist() == pytest.approx([(3 - 1.5) / 4.5, 0.5 / 1.5])


def test_the_score_s_deviation_is_that_of_the_delta_method():
    a, b, w = [0, 1, 2, 0, 3], [1, 2, 3, 2, 4], [40.0, 7.0, 3.0, 12.0, 5.0]
    found = noise_corrected(a, b, w, n=5, self_pairs=True)

    def score(extra):
        counts = np.array(w) + np.array([0, extra, 0, 0, 0])
        strength = np.bincount(a, counts, 5) + np.bincount(b, counts, 5)
        kappa = strength.sum() / (strength[1] * strength[2])
        return (kappa * counts[1] - 1) / (kappa * counts[1] + 1)

    slope = (score(1e-5) - score(-1e-5)) / 2e-5
    total, one, other = 2 * 67.0, 47.0, 22.0
    mean = one * other / total**2
    variance = one * other * (total - one) * (total - other) / (total**4 * (total - 1))
    alpha = mean**2 * (1 - mean) / variance - mean
    beta = mean * (1 - mean) ** 2 / variance - (1 - mean)
    share = (alpha + 7) / (alpha + beta + total)
    assert found.sd[1] == pytest.approx(abs(slope) * np.sqrt(total * share * (1 - share)), rel=1e-6)


def test_what_is_expected_adds_up_to_the_strength_of_everybody(rng):
    a, b, w = random_events(rng, 12, 600)
    assert (w > 0).all(), "every pair must be there for the sum to be whole"
    found = noise_corrected(a, b, w, n=12)
    for values in (found.expected, w):
        strength = np.bincount(a, values, 12) + np.bincount(b, values, 12)
        assert strength == pytest.approx(np.bincount(a, w, 12) + np.bincount(b, w, 12), rel=1e-6)
    published = noise_corrected(a, b, w, n=12, self_pairs=True)
    assert published.expected.sum() < 0.95 * w.sum()


def test_directed_expectations_add_up_both_ways(rng):
    a, b = np.nonzero(~np.eye(8, dtype=bool))
    w = 1 + rng.poisson(rng.pareto(2, 8)[a] + rng.pareto(2, 8)[b] + 1)
    found = noise_corrected(a, b, w, n=8, directed=True)
    for ends in (a, b):
        assert np.bincount(ends, found.expected, 8) == pytest.approx(np.bincount(ends, w, 8), rel=1e-6)


def test_chance_alone_is_expected_without_bias_and_rejected_no_more_often_than_said():
    rng = np.random.default_rng(3)
    pairs = observed = expected = 0.0
    rejected = {0.1: 0, 0.05: 0, 0.01: 0}
    discoveries = 0
    for _ in range(60):
        a, b, w = random_events(rng, 20, 3_800)
        found = noise_corrected(a[w > 0], b[w > 0], w[w > 0], n=20)
        pairs, observed = pairs + len(a), observed + w.sum()
        expected += found.expected.sum()
        discoveries += bool((found.q <= 0.05).any())
        for level in rejected:
            rejected[level] += int((found.p <= level).sum())
    assert expected / observed == pytest.approx(1, abs=0.002)
    for level, times in rejected.items():
        assert 0.25 * level < times / pairs <= level
    assert discoveries <= 6, "a family of true nulls gives a false discovery in at most 5 % of networks"


def test_ties_beyond_activity_are_found():
    rng = np.random.default_rng(5)
    a, b, w = random_events(rng, 40, 8_000)
    real = np.zeros(len(a), dtype=bool)
    real[rng.choice(len(a), 30, replace=False)] = True
    w = w + np.where(real, 25, 0)
    found = noise_corrected(a[w > 0], b[w > 0], w[w > 0], n=40)
    flagged = found.q <= 0.05
    assert flagged[real[w > 0]].mean() > 0.8
    assert (~real[w > 0])[flagged].mean() < 0.1


def test_the_published_rule_keeps_single_events_where_little_is_expected_and_q_does_not():
    rng = np.random.default_rng(11)
    a, b, w = random_events(rng, 150, 700, skew=8.0)
    found = noise_corrected(a[w > 0], b[w > 0], w[w > 0], n=150)
    assert found.kept.mean() > 0.9
    assert not (found.q <= 0.05).any()


@pytest.mark.parametrize("leaves", [1, 2, 30])
def test_one_person_in_every_event_leaves_nothing_to_be_surprised_by(leaves):
    found = noise_corrected(np.zeros(leaves, int), np.arange(1, leaves + 1), np.arange(1, leaves + 1), n=leaves + 1)
    assert found.expected.tolist() == list(range(1, leaves + 1))
    assert not found.kept.any()
    assert (found.p > 0.3).all()


@given(st.integers(2, 12), st.integers(1, 300), st.integers(0, 10_000), st.booleans(), st.booleans())
def test_ranges_hold_and_order_and_direction_do_not_matter(n, m, seed, directed, self_pairs):
    rng = np.random.default_rng(seed)
    a, b, w = random_events(rng, n, m)
    a, b, w = a[w > 0], b[w > 0], w[w > 0]
    found = noise_corrected(a, b, w, n=n, directed=directed, self_pairs=self_pairs)
    assert (found.expected > 0).all()
    assert (np.abs(found.score) <= 1).all()
    assert np.isfinite(found.sd).all()
    assert (found.sd >= 0).all()
    assert ((found.p >= 0) & (found.p <= found.q) & (found.q <= 1)).all()
    order = rng.permutation(len(a))
    ends = (a, b) if directed else (b, a)
    again = noise_corrected(ends[0][order], ends[1][order], w[order], n=n, directed=directed, self_pairs=self_pairs)
    for name in ("expected", "score", "sd", "kept", "p", "q"):
        assert getattr(again, name).tobytes() == getattr(found, name)[order].tobytes(), name


def test_more_deviations_keep_fewer(rng):
    a, b, w = random_events(rng, 30, 2_000)
    kept = [noise_corrected(a[w > 0], b[w > 0], w[w > 0], n=30, delta=delta).kept for delta in (1.28, 1.64, 2.32)]
    assert kept[0].sum() > kept[1].sum() > kept[2].sum() > 0
    assert not (kept[2] & ~kept[0]).any()


def test_the_graph_s_counts_are_used_and_not_its_weights(talk):
    rows = [("a", "b", day) for day in range(9)] + [("c", "d", day) for day in range(9)]
    rows += [("a", "c", 3), ("b", "d", 4)]
    graph = build_graph(talk(*rows), half_life=2)
    found = backbone(graph)
    assert found.to_frame()["events"].tolist() == [9, 1, 1, 9]
    assert found.to_frame()["kept"].tolist() == [True, False, False, True]
    assert found.to_frame()["person_a"].tolist() == graph.ties["person_a"].tolist()
    assert repr(found).startswith("<Backbone: 2 of 4 ties kept at delta 1.64")
    assert '"schema": "commfinder/backbone/1"' in found.to_json()


def test_nothing_gives_nothing():
    assert len(noise_corrected([], [], [], n=0).p) == 0


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (([0, 1], [1], [1, 1]), "2 sources, 1 targets"),
        (([0], [0], [1]), "to itself"),
        (([0], [5], [1]), "0 to n - 1 = 2"),
        (([-1], [1], [1]), "0 to n - 1 = 2"),
        (([0.0], [1.0], [1]), "Whole numbers"),
        (([0, 1], [1, 0], [1, 1]), "twice"),
        (([0], [1], [0]), "at least 1"),
        (([0], [1], [1.5]), "not weights"),
        (([0], [1], [np.nan]), "no count"),
        (([0], [1], [np.inf]), "no count"),
    ],
)
def test_what_is_wrong_is_said(ends, said):
    with pytest.raises(InputError, match=said):
        noise_corrected(*ends, n=3)


def test_delta_is_checked():
    with pytest.raises(InputError, match="delta"):
        noise_corrected([0], [1], [1], n=2, delta=0)


def test_the_other_way_is_another_pair_where_directed():
    assert len(noise_corrected([0, 1], [1, 0], [3, 1], n=2, directed=True).p) == 2
