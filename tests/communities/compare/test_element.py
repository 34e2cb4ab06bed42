"""Element-centric similarity, against the walk solved among people, and against clusim."""

from __future__ import annotations

import tracemalloc

import igraph
import numpy as np
import pandas as pd
import pytest
from clusim.clusimelement import cL1, element_sim_elscore, numerical_ppr_scores
from clusim.clustering import Clustering
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commfinder.communities.compare import element_centric_similarity, element_similarities
from commfinder.errors import InputError

GROUPS = st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=6)


def placed(first, second):
    """Return people, and both sides with everybody placed."""
    people = set().union(*first, *second)
    sides = [[*side, *({one} for one in sorted(people - set().union(*side)))] for side in (first, second)]
    return sorted(people), sides


def steps(groups, people):
    """Return where one step of the walk leads: to one of one's communities, then to one of its people."""
    member = np.array([[one in group for group in groups] for one in people], dtype=float)
    return (member / member.sum(axis=1, keepdims=True)) @ (member / member.sum(axis=0)).T


def reference(first, second, alpha):
    people, sides = placed(first, second)
    one, other = ((1 - alpha) * np.linalg.inv(np.eye(len(people)) - alpha * steps(side, people)) for side in sides)
    return 1 - np.abs(one - other).sum(axis=1) / (2 * alpha)


@given(GROUPS, GROUPS, st.sampled_from([0.05, 0.5, 0.9, 0.99]))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_equals_the_walk_among_people(first, second, alpha):
    people = sorted(map(str, set().union(*first, *second)))
    alike = element_similarities(first, second, alpha=alpha)
    assert list(alike.index) == people
    if people:
        assert alike.to_numpy() == pytest.approx(reference(first, second, alpha), abs=1e-9)
    assert alike.between(0, 1).all()
    mean = element_centric_similarity(first, second, alpha=alpha)
    assert mean == pytest.approx(alike.mean() if people else 1)
    assert element_centric_similarity(second, first, alpha=alpha) == pytest.approx(mean, abs=1e-12)
    assert element_centric_similarity(first, [*reversed(first)], alpha=alpha) == 1


@given(GROUPS, GROUPS)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_equals_clusim_where_communities_overlap(first, second):
    # The graph is handed to clusim ready made, with rows that add up to 1, as its own do: making it fails there with
    # the SciPy of today.
    people, sides = placed(first, second)
    assume(len(people) > 1)
    ranks = []
    for side in sides:
        graph = igraph.Graph.Weighted_Adjacency(
            steps(side, people).tolist(), mode="directed", attr="weight", loops=True
        )
        memberships = {
            place: [number for number, group in enumerate(side) if one in group] for place, one in enumerate(people)
        }
        ranks.append(numerical_ppr_scores(graph, Clustering(elm2clu_dict=memberships), alpha=0.9))
    assert element_similarities(first, second).to_numpy() == pytest.approx(cL1(*ranks, alpha=0.9), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_equals_clusim_for_partitions(labels):
    sides = zip(*labels, strict=True)
    first, second = (Clustering(elm2clu_dict={place: [one] for place, one in enumerate(side)}) for side in sides)
    expected, _ = element_sim_elscore(first, second, alpha=0.9)
    a, b = np.array(labels).T
    assert element_similarities(a, b).to_numpy() == pytest.approx(expected, abs=1e-9)
    assert element_centric_similarity(a, b, alpha=0.3) == pytest.approx(expected.mean(), abs=1e-9), "alpha is idle"


def test_a_partition_by_hand():
    alike = element_similarities([0, 0, 0, 1], [0, 0, 1, 1])
    assert alike.to_list() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1 / 2])


def test_who_is_in_more_communities_weighs_no_more():
    # bob is at home in two pairs: from ann, one step stays in her pair, and half of the next one leaves it from bob.
    alike = element_similarities({"x": ["ann", "bob"], "y": ["bob", "eve"]}, {"x": ["ann", "bob"], "y": ["eve"]})
    assert alike.to_numpy() == pytest.approx(
        reference([{"ann", "bob"}, {"bob", "eve"}], [{"ann", "bob"}, {"eve"}], 0.9), abs=1e-12
    )
    assert alike["eve"] < alike["ann"] < alike["bob"] + 1


def random_cover(n, k, seed):
    """Draw a cover that hangs together: everybody in one community, a third in another at random."""
    rng = np.random.default_rng(seed)
    more = np.flatnonzero(rng.random(n) < 0.3)
    labels = np.r_[np.arange(n) * k // n, rng.integers(0, k, len(more))]
    return pd.DataFrame({"person": np.r_[np.arange(n), more].astype(str), "community": labels})


def groups_of(frame):
    return [set(people) for _, people in frame.groupby("community")["person"]]


def test_communities_that_hang_together_in_hundreds():
    # Wide enough for the way that large matrices are inverted, and for more walks than fit side by side.
    first, second = random_cover(400, 100, 0), random_cover(400, 100, 1)
    expected = reference(groups_of(first), groups_of(second), 0.9)
    assert element_similarities(first, second).to_numpy() == pytest.approx(expected, abs=1e-9)
    shuffled = second.sample(frac=1, random_state=0)
    shuffled["community"] = "c" + (97 - shuffled["community"]).astype(str)
    assert element_centric_similarity(first, shuffled) == pytest.approx(expected.mean(), abs=1e-12)
    assert element_centric_similarity(second, shuffled) == 1


def test_many_people_take_no_square_of_memory():
    n = 200_000
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4000, n)
    second = np.where(rng.random(n) < 0.3, rng.integers(0, 4000, n), first)
    element_centric_similarity(first[:10], second[:10])
    tracemalloc.start()
    try:
        assert 0.3 < element_centric_similarity(first, second) < 0.6
        assert element_centric_similarity(np.zeros(n), np.arange(n)) == pytest.approx(1 / n)
        assert tracemalloc.get_traced_memory()[1] < 2000 * n, "bytes: dense, it would be 8 n²"
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2], [None, None], [None, 1, 1]])
def test_trivial_covers_agree_with_themselves(labels):
    assert element_centric_similarity(labels, labels) == 1
    assert element_similarities(labels, labels).eq(1).all()


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 1.5, float("nan"), "high", True])
def test_alpha_is_between_0_and_1(alpha):
    with pytest.raises(InputError, match="alpha is"):
        element_centric_similarity([0], [0], alpha=alpha)
