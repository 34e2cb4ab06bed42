"""What speaks for a community: coming back, and standing out from chance."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities import leiden
from commfinder.communities.confidence import evidence as module
from commfinder.communities.confidence.evidence import chance, partition, returns, striking
from commfinder.communities.ties import Ties

SEEDS = np.random.SeedSequence


def test_striking_by_hand():
    # Two triangles and a tie between: 3 of 7 ties inside, strengths 2, 2, 3 each.
    ties = Ties.of([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3], n=7)
    expected = (7**2 - (4 + 4 + 9)) / (2 * 14)
    wanted = 3 * np.log(3 / expected) - (3 - expected)
    labels = np.array([0, 0, 0, 1, 1, 1, 2], dtype=np.int32)
    np.testing.assert_allclose(striking(ties, labels), [wanted, wanted, 0.0])


def test_striking_is_zero_where_there_is_no_more_than_expected():
    ties = Ties.of([0, 0, 1, 1], [2, 3, 2, 3], n=4)
    assert striking(ties, np.array([0, 0, 1, 1], dtype=np.int32)).tolist() == [0.0, 0.0]
    assert striking(ties, np.arange(4, dtype=np.int32)).tolist() == [0.0] * 4


@pytest.mark.parametrize("factor", [1e-6, 3.0, 1e9])
def test_striking_has_no_scale(planted, factor):
    a, b = planted(4, 10, 0.5, 0.1)
    weight = np.random.default_rng(0).random(len(a)) + 0.1
    labels = np.repeat(np.arange(4, dtype=np.int32), 10)
    one, other = (striking(Ties.of(a, b, weight * scale, n=40), labels) for scale in (1.0, factor))
    assert (one > 5).all()
    np.testing.assert_allclose(other, one)


def test_a_partition_is_one_plain_run(planted):
    a, b = planted(4, 10, 0.5, 0.1)
    assert partition(Ties.of(a, b, n=40), 1.5, 3).tolist() == leiden(a, b, n=40, resolution=1.5, seed=3).tolist()


def given(monkeypatch, *found):
    """Let draws find what they are told, one after the other."""
    turn = iter(found)
    monkeypatch.setattr(module, "together", lambda work, parts: [work(part) for part in parts])
    monkeypatch.setattr(module, "partition", lambda *_: np.array(next(turn), dtype=np.int32))


def test_returns_by_hand(traced, monkeypatch):
    # One draw as it was; one in which the second community has lost somebody to the first; one of all in one.
    labels = np.array([0, 0, 0, 0, 1, 1, 1], dtype=np.int32)
    given(monkeypatch, [0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1, 1], [0] * 7)
    back = returns(traced([0], [1], 7), labels, 1.0, 3, SEEDS(0))
    np.testing.assert_allclose(back.community, [(1 + 4 / 5 + 4 / 7) / 3, (1 + 2 / 3 + 3 / 7) / 3])
    # What is left of two communities in one is the larger.
    assert back.inside.tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1, 1], [0] * 7]
    np.testing.assert_allclose(back.member, [1, 1, 1, 1, 1 / 3, 2 / 3, 2 / 3])


def test_who_is_in_nothing_like_any_community_is_in_none(traced, monkeypatch):
    labels = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
    given(monkeypatch, [0, 0, 0, 2, 1, 1])
    back = returns(traced([0], [1], 6), labels, 1.0, 1, SEEDS(0))
    assert back.inside.tolist() == [[0, 0, 0, -1, 1, 1]]
    assert back.member.tolist() == [1, 1, 1, 0, 1, 1]


def test_more_events_make_communities_come_back(planted, traced):
    a, b = planted(6, 12, 0.5, 0.03, seed=2)
    labels = np.repeat(np.arange(6, dtype=np.int32), 12)
    few, many = (returns(traced(a, b, 72, np.full(len(a), k)), labels, 1.0, 20, SEEDS(1)) for k in (1, 12))
    assert many.community.min() > 0.9
    assert few.community.mean() < many.community.mean() - 0.1
    assert few.member.mean() < many.member.mean() - 0.05
    assert ((few.inside >= -1) & (few.inside < 6)).all()
    assert few.inside.shape == (20, 72)


def test_equal_seeds_equal_evidence(planted, traced):
    a, b = planted(6, 12, 0.35, 0.05, seed=2)
    traces, labels = traced(a, b, 72), np.repeat(np.arange(6, dtype=np.int32), 12)
    one, other, third = (returns(traces, labels, 1.0, 6, SEEDS(seed)) for seed in (1, 1, 2))
    assert one.inside.tobytes() == other.inside.tobytes()
    assert one.community.tobytes() == other.community.tobytes()
    assert one.inside.tobytes() != third.inside.tobytes()
    one, other, third = (chance(traces, labels, 1.0, 4, SEEDS(seed)) for seed in (1, 1, 2))
    assert (one.level, one.p) == (other.level, other.p)
    assert one.level != third.level


def test_planted_communities_are_beyond_chance_and_chance_is_not(planted, traced):
    a, b = planted(6, 12, 0.5, 0.03, seed=2)
    labels = np.repeat(np.arange(6, dtype=np.int32), 12)
    real = chance(traced(a, b, 72), labels, 1.0, 10, SEEDS(0))
    assert real.p < 1e-4
    assert 0 < real.level < striking(traced(a, b, 72).ties(), labels).min()
    low = 0
    for seed in range(8):
        a, b = planted(1, 72, 0.1, 0.0, seed=seed)
        found = partition(traced(a, b, 72).ties(), 1.0, 0)
        low += chance(traced(a, b, 72), found, 1.0, 10, SEEDS(seed)).p < 0.05
    assert low <= 2


def test_where_chance_makes_no_communities_it_says_nothing(traced):
    pairs = traced([0, 2, 4], [1, 3, 5], 6)
    found = chance(pairs, np.array([0, 0, 1, 1, 2, 2], dtype=np.int32), 1.0, 3, SEEDS(0))
    assert (found.level, found.p) == (0.0, 1.0)
