"""How far partitions agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from commfinder.communities import adjusted_rand
from commfinder.communities.compare import best_jaccard
from commfinder.communities.engine import canonical
from commfinder.errors import InputError

PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in range(2)])
)


@given(PAIRS)
@settings(max_examples=200, deadline=None)
def test_equals_scikit_learn(labels):
    first, second = labels
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_symmetric_and_blind_to_names(labels):
    first, second = labels
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand(second, first), abs=1e-12)
    assert adjusted_rand(first, [3 * one + 1 for one in first]) == 1.0


def test_worse_than_chance_is_negative():
    assert adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2]])
def test_trivial_partitions_agree_with_themselves(labels):
    assert adjusted_rand(labels, labels) == 1.0


def test_different_people_are_refused():
    with pytest.raises(InputError, match=r"\(2,\) and \(3,\)"):
        adjusted_rand([0, 1], [0, 1, 1])
    with pytest.raises(InputError):
        adjusted_rand([[0, 1]], [[0, 1]])


@given(PAIRS)
@settings(max_examples=100, deadline=None)
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
