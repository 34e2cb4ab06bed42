"""The Omega index, against clusim and against all pairs counted one by one."""

from __future__ import annotations

import numpy as np
import pytest
from clusim.clustering import Clustering
from clusim.sim import omega_index as omega_of_clusim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commfinder.communities.compare import adjusted_rand, omega_index

GROUPS = st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=6)


def everybody_placed(groups, people):
    return [*groups, *({one} for one in sorted(people - set().union(*groups)))]


def reference(first, second):
    people = set().union(*first, *second)
    a, b = (
        np.array([[one in group for group in everybody_placed(side, people)] for one in sorted(people)], dtype=int)
        for side in (first, second)
    )
    upper = np.triu_indices(len(people), 1)
    left, right = (a @ a.T)[upper], (b @ b.T)[upper]
    expected = sum((left == j).mean() * (right == j).mean() for j in range(max(left.max(), right.max()) + 1))
    return 1.0 if expected == 1 else ((left == right).mean() - expected) / (1 - expected)


@given(GROUPS, GROUPS)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_equals_counting_every_pair(first, second):
    value = omega_index(first, second)
    if len(set().union(*first, *second)) > 1:
        assert value == pytest.approx(reference(first, second), abs=1e-9)
    assert value <= 1
    assert omega_index(second, first) == value, "to the last digit"
    assert omega_index(first, [*reversed(first)]) == 1


@given(GROUPS, GROUPS)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_equals_clusim(first, second):
    people = set().union(*first, *second)
    assume(len(people) > 1)
    number = {one: place for place, one in enumerate(sorted(people))}
    sides = [
        Clustering(
            clu2elm_dict={
                place: sorted(number[one] for one in group)
                for place, group in enumerate(everybody_placed(side, people))
            }
        )
        for side in (first, second)
    ]
    with np.errstate(all="ignore"):
        expected = omega_of_clusim(*sides)
    # All pairs alike on both sides is 0/0 there, and agreement here.
    if np.isfinite(expected):
        assert omega_index(first, second) == pytest.approx(expected, abs=1e-9)
    else:
        assert omega_index(first, second) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_is_the_adjusted_rand_index_for_partitions(labels):
    first, second = zip(*labels, strict=True)
    assert omega_index(first, second) == pytest.approx(adjusted_rand(first, second), abs=1e-9)


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2], [None, None], [None, 1, 1]])
def test_trivial_covers_agree_with_themselves(labels):
    assert omega_index(labels, labels) == 1


def test_sharing_more_communities_is_no_agreement():
    once, twice = {"x": ["a", "b", "c"]}, {"x": ["a", "b", "c"], "y": ["a", "b"]}
    assert omega_index(once, twice) < 1
    assert omega_index(once, {**once, "y": ["a"]}) == 1, "a community of one has no pairs"


def test_many_people_in_one_community():
    n = 100_000
    everybody = np.zeros(n, dtype=int)
    assert omega_index(everybody, np.arange(n)) == 0
    most = np.where(np.arange(n) < n - 1, 0, 1)
    assert omega_index(everybody, most) == pytest.approx(0, abs=1e-9)
