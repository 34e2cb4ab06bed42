"""How far partitions agree."""

from __future__ import annotations

from itertools import permutations

import igraph
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from commfinder.communities import adjusted_rand
from commfinder.communities.compare import adjusted_mutual_information, normalised_mutual_information
from commfinder.communities.compare.contingency import contingency, expected_information
from commfinder.communities.compare.pair import pair_of
from commfinder.errors import InputError

MEASURES = [adjusted_rand, adjusted_mutual_information, normalised_mutual_information]

PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in range(2)])
)


@pytest.mark.parametrize(
    ("measure", "reference"),
    [
        (adjusted_rand, adjusted_rand_score),
        (adjusted_mutual_information, adjusted_mutual_info_score),
        (normalised_mutual_information, normalized_mutual_info_score),
    ],
)
@given(labels=PAIRS)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_equals_scikit_learn(measure, reference, labels):
    assert measure(*labels) == pytest.approx(reference(*labels), abs=1e-9)


@pytest.mark.parametrize(
    ("measure", "method"), [(adjusted_rand, "adjusted_rand"), (normalised_mutual_information, "nmi")]
)
@given(labels=PAIRS.filter(lambda pair: len(pair[0]) > 1))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_equals_igraph(measure, method, labels):
    first, second = (np.unique(one, return_inverse=True)[1].tolist() for one in labels)
    expected = igraph.compare_communities(first, second, method=method)
    if not (np.isnan(expected) or len(set(first)) == len(set(second)) == len(first)):
        # igraph leaves partitions that are all alone undefined; here equal ones agree.
        assert measure(first, second) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sizes", [(500, 500), (3000, 7), (9999, 1), (1, 10_000)])
def test_large_communities_equal_scikit_learn(sizes):
    rng = np.random.default_rng(3)
    first = rng.integers(0, 4, sum(sizes))
    second = np.repeat([0, 1], sizes)
    assert adjusted_mutual_information(first, second) == pytest.approx(
        adjusted_mutual_info_score(first, second), abs=1e-7
    )


@pytest.mark.parametrize("second", [[0, 0, 1, 1, 2, 3], [0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 1, 1]])
def test_expected_information_is_the_mean_over_all_orders(second):
    first = np.array([0, 0, 0, 1, 1, 2])
    over = [
        contingency(pair_of(first[list(order)], second, "alone"), what="").information
        for order in permutations(range(6))
    ]
    table = contingency(pair_of(first, second, "alone"), what="")
    assert expected_information(table) == pytest.approx(np.mean(over), abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@given(labels=PAIRS, data=st.data())
@settings(max_examples=50, deadline=None, derandomize=True)
def test_symmetric_and_blind_to_names_and_order(measure, labels, data):
    first, second = map(np.array, labels)
    value = measure(first, second)
    least = {adjusted_rand: -0.5, normalised_mutual_information: 0}.get(measure, -1)
    assert least - 1e-9 <= value <= 1
    assert measure(second, first) == pytest.approx(value, abs=1e-12)
    assert measure(first, [f"no. {3 * one + 1}" for one in first]) == 1.0
    order = data.draw(st.permutations(range(len(first))))
    assert measure(first[order], 7 - second[order]) == pytest.approx(value, abs=1e-12)


def test_rand_worse_than_chance_is_negative():
    assert adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)


def test_only_the_adjusted_ones_see_chance():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 50, (2, 300))
    assert abs(adjusted_mutual_information(first, second)) < 0.1
    assert abs(adjusted_rand(first, second)) < 0.1
    assert normalised_mutual_information(first, second) > 0.4


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2], [None, None], [None, 1, 1]])
def test_trivial_partitions_agree_with_themselves(measure, labels):
    assert measure(labels, labels) == 1.0


@pytest.mark.parametrize("measure", MEASURES)
def test_all_in_one_tells_nothing_of_all_alone(measure):
    assert measure([0, 0, 0], [0, 1, 2]) == pytest.approx(0, abs=1e-12)
    assert measure([0, 0, 0, 0], [0, 0, 1, 1]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_different_people_are_refused(measure):
    with pytest.raises(InputError, match=r"\(2,\) and \(3,\)"):
        measure([0, 1], [0, 1, 1])
    with pytest.raises(InputError):
        measure([[0, 1]], [[0, 1]])


@pytest.mark.parametrize("measure", MEASURES)
def test_overlap_is_refused_with_a_name_and_a_way_out(measure):
    overlapping = {"x": ["ann", "bob"], "y": ["bob", "eve"]}
    with pytest.raises(InputError, match=r"second has person 'bob' in 2 communities.*Hint: overlapping_nmi"):
        measure({"x": ["ann", "bob", "eve"]}, overlapping)
    with pytest.raises(InputError, match="first has"):
        measure(overlapping, overlapping)
    assert measure(overlapping, {"x": ["ann", "eve"]}, missing="common") <= 1, "who overlaps is not compared here"


def test_many_people_in_many_communities():
    rng = np.random.default_rng(1)
    first = rng.integers(0, 5000, 100_000)
    second = np.where(rng.random(100_000) < 0.5, rng.permutation(first), first)
    agreed = adjusted_mutual_information(first, second)
    assert 0.3 < agreed < 0.6
    assert normalised_mutual_information(first, second) > agreed
