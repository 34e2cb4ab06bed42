"""How well communities find their like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.communities.compare import BestMatchF1, best_jaccard, best_match_f1, overlapping_f1
from commfinder.communities.quality import canonical

PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in range(2)])
)
GROUPS = st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=5)


def mean_best(groups, others):
    if not groups or not others:
        return float(len(groups) == len(others))
    return np.mean([max(2 * len(one & other) / (len(one) + len(other)) for other in others) for one in groups])


@given(PAIRS)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_best_jaccard_by_brute_force(labels):
    first, second = (canonical(np.array(one)) for one in labels)
    jaccard, match = best_jaccard(first, second)
    assert len(jaccard) == len(match) == first.max() + 1
    for number in range(first.max() + 1):
        mine = set(np.flatnonzero(first == number))
        scores = []
        for other in range(second.max() + 1):
            theirs = set(np.flatnonzero(second == other))
            scores.append(len(mine & theirs) / len(mine | theirs))
        assert jaccard[number] == pytest.approx(max(scores))
        assert match[number] == scores.index(max(scores)), "the first of equals"


def test_best_jaccard_of_nobody():
    jaccard, match = best_jaccard(np.empty(0, np.int32), np.empty(0, np.int32))
    assert len(jaccard) == len(match) == 0


@given(GROUPS, GROUPS)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_best_match_by_brute_force(first, second):
    found = best_match_f1(first, second)
    assert found.first == pytest.approx(mean_best(first, second))
    assert found.second == pytest.approx(mean_best(second, first))
    assert found.mean == pytest.approx((found.first + found.second) / 2)
    assert best_match_f1(second, first) == BestMatchF1(found.second, found.first)
    assert best_match_f1(first, first).mean == 1


def test_people_in_no_community_make_none():
    groups = {"x": ["a", "b"]}
    rows = {"person": ["a", "b", "c", "d"], "community": ["x", "x", None, None]}
    assert best_match_f1(groups, rows) == BestMatchF1(1.0, 1.0)
    assert best_match_f1(rows, {"x": ["a", "b", "c"]}).mean == pytest.approx(0.8), "c is one too many"
    assert best_match_f1(rows, {"x": ["a", "b", "c"]}, missing="common").mean == 1
    assert best_match_f1(groups, {"person": ["a"], "community": [None]}) == BestMatchF1(0.0, 0.0)


@given(GROUPS, GROUPS)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_overlapping_people_by_brute_force(first, second):
    a, b = ({one for one in range(10) if sum(one in group for group in side) > 1} for side in (first, second))
    expected = 2 * len(a & b) / (len(a) + len(b)) if a or b else 1
    assert overlapping_f1(first, second) == overlapping_f1(second, first) == pytest.approx(expected)
    assert overlapping_f1(first, first) == 1
