"""Two sides are brought to the same people, by id and never by position."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.communities.compare import (
    adjusted_mutual_information,
    adjusted_rand,
    as_cover,
    best_match_f1,
    compare_communities,
    element_centric_similarity,
    normalised_mutual_information,
    omega_index,
    overlapping_f1,
    overlapping_nmi,
)
from commfinder.communities.compare.pair import pair_of
from commfinder.errors import InputError

FOR_PARTITIONS = [adjusted_rand, adjusted_mutual_information, normalised_mutual_information]
FOR_COVERS = [overlapping_nmi, omega_index, element_centric_similarity, overlapping_f1]


def mean_f1(first, second, **options):
    return best_match_f1(first, second, **options).mean


EVERY = [*FOR_PARTITIONS, *FOR_COVERS, mean_f1]

LABELS = st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=12)
PAIRS = st.tuples(
    st.dictionaries(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 3)), max_size=12), LABELS
).map(
    lambda pair: (
        pd.Series(pair[0], dtype="Int64").rename(index=str),
        pd.Series(pair[1], index=[str(3 + i) for i in range(len(pair[1]))], dtype="Int64"),
    )
)
GROUPS = st.lists(st.sets(st.integers(0, 9)), max_size=4)


def alone(labels, people):
    """Write out what "alone" promises: a community of one's own for everybody who has none."""
    return {person: f"c{labels[person]}" if pd.notna(labels.get(person)) else f"only {person}" for person in people}


@pytest.mark.parametrize("measure", [*FOR_PARTITIONS, overlapping_nmi, omega_index, element_centric_similarity])
@given(pair=PAIRS)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_alone_is_a_community_of_ones_own(measure, pair):
    people = sorted(set(pair[0].index) | set(pair[1].index))
    written = [pd.Series(alone(side, people), dtype=object) for side in pair]
    assert measure(*pair, missing="alone") == pytest.approx(measure(*written), abs=1e-12)


@pytest.mark.parametrize("measure", EVERY)
@given(pair=PAIRS)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_common_leaves_out_whom_one_side_does_not_place(measure, pair):
    placed = [side.dropna() for side in pair]
    both = sorted(set(placed[0].index) & set(placed[1].index))
    value = measure(*pair, missing="common")
    if both:
        assert value == pytest.approx(measure(*(side[both] for side in placed)), abs=1e-12)
    else:
        known = bool(len(pair[0]) + len(pair[1]))
        assert math.isnan(value) if known else value == 1


@pytest.mark.parametrize("measure", [*FOR_COVERS, mean_f1])
@given(first=GROUPS, second=GROUPS)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_common_restricts_covers(measure, first, second):
    both = set().union(*first) & set().union(*second)
    value = measure(first, second, missing="common")
    kept = [dict(enumerate(group & both for group in side if group & both)) for side in (first, second)]
    if both:
        assert value == pytest.approx(measure(*kept), abs=1e-12)


def test_people_are_found_by_id():
    first = pd.Series([0, 0, 1, 1], index=["a", "b", "c", "d"])
    second = pd.Series([1, 0, 1, 0], index=["c", "a", "d", "b"])
    for measure in EVERY:
        assert measure(first, second) == 1


def test_numbers_and_text_are_the_same_people():
    assert adjusted_rand(pd.Series([0, 0, 1], index=[1, 2, 3]), {"x": ["1", "2"], "y": ["3"]}) == 1


def test_memberships_survive_the_joining():
    pair = pair_of({"x": ["b", "d"], "y": ["d"]}, {"z": ["a", "c", "d"]}, "alone")
    assert list(pair.people) == ["a", "b", "c", "d"]
    assert pair.first.toarray().tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0]]
    assert pair.second.toarray().tolist() == [[1, 0], [0, 1], [1, 0], [1, 0]]
    assert pair.stated == (2, 1)
    common = pair_of({"x": ["b", "d"], "y": ["d"], "w": ["b"]}, {"z": ["a", "c", "d"]}, "common")
    assert list(common.people) == ["d"]
    assert common.first.toarray().tolist() == [[1, 1]]
    assert common.stated == (2, 1)


@pytest.mark.parametrize("measure", EVERY)
def test_labels_without_people_need_others_of_the_same_length(measure):
    with pytest.raises(InputError, match=r"\(2,\) and \(3,\).*Hint"):
        measure([0, 1], [0, 1, 1])
    for first, second in (([0, 1], {"x": [0, 1]}), (pd.Series([0, 1]), np.array([0, 1]))):
        with pytest.raises(InputError, match="never by position"):
            measure(first, second)


@pytest.mark.parametrize("measure", EVERY)
def test_an_empty_list_meets_anything_with_people(measure):
    assert measure([], {}) == measure([], []) == 1
    assert measure({"x": ["a"], "y": ["b"]}, [], missing="alone") == measure([], {"x": ["a"], "y": ["b"]})
    assert math.isnan(measure({"x": ["a", "b"]}, [], missing="common"))


@pytest.mark.parametrize("measure", [*EVERY, compare_communities])
def test_missing_is_one_of_two_words(measure):
    with pytest.raises(InputError, match=r"missing is 'comon'.*'common'"):
        measure([0], [0], missing="comon")


def test_a_cover_can_be_made_once():
    cover = as_cover({"x": ["a", "b"], "y": ["c"]})
    assert adjusted_rand(cover, cover) == 1
