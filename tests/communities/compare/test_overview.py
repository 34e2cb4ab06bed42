"""All measures at one glance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.communities import compare
from commfinder.communities.compare import compare_communities

PARTITIONS_ONLY = ["adjusted_mutual_information", "adjusted_rand", "normalised_mutual_information"]
MEASURES = [
    *PARTITIONS_ONLY,
    "overlapping_nmi",
    "omega_index",
    "element_centric_similarity",
    "best_match_f1",
    "overlapping_f1",
]
GROUPS = st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=5)


def one_by_one(first, second, missing):
    values = {name: getattr(compare, name)(first, second, missing=missing) for name in MEASURES}
    return {**values, "best_match_f1": values["best_match_f1"].mean}


@pytest.mark.parametrize("missing", ["alone", "common"])
def test_is_every_measure_called_by_itself(missing):
    first = pd.Series([0, 0, 1, 1, None, 2], index=list("abcdef"))
    second = pd.Series([0, 0, 0, 1, 1], index=list("abcdx"))
    told = compare_communities(first, second, missing=missing)
    assert told.index.tolist() == ["people", *MEASURES]
    assert told["people"] == {"alone": 7, "common": 4}[missing]
    assert told.drop("people").to_dict() == one_by_one(first, second, missing)


def test_what_partitions_alone_have_is_missing_where_communities_overlap():
    told = compare_communities([{1, 2, 3}, {3, 4}], [{1, 2, 3}, {4}])
    assert told[PARTITIONS_ONLY].isna().all()
    assert told.drop(PARTITIONS_ONLY).notna().all()
    apart = compare_communities([{1, 2, 3}, {3, 4}], [{1, 2}, {4}], missing="common")
    assert apart.notna().all(), "nobody who is compared overlaps"


@given(GROUPS, GROUPS, st.sampled_from(["alone", "common"]), st.data())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blind_to_names_and_order(first, second, missing, data):
    told = compare_communities(first, second, missing=missing)
    names = data.draw(st.permutations([f"p{one}" for one in range(10)]))
    renamed = [
        {f"c{place}": [names[one] for one in group] for place, group in enumerate(data.draw(st.permutations(side)))}
        for side in (first, second)
    ]
    pd.testing.assert_series_equal(compare_communities(*renamed, missing=missing), told, rtol=0, atol=1e-9)
    back = compare_communities(second, first, missing=missing)
    pd.testing.assert_series_equal(back, told, rtol=0, atol=1e-9)
    assert (told.drop("people").dropna() <= 1).all()
    same = compare_communities(first, first, missing=missing).drop("people").dropna()
    assert same.eq(1).all()


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0, 0], [0, 1, 2, 3], [None, None, None], [0, 0, 1, None]])
def test_equal_sides_agree(labels):
    told = compare_communities(labels, labels)
    assert told["people"] == len(labels)
    assert told.drop("people").eq(1).all()


def test_nobody_left_is_no_answer():
    told = compare_communities({"x": ["a", "b"]}, {"y": ["c", "d"]}, missing="common")
    assert told["people"] == 0
    assert told.drop("people").isna().all()
    alone = compare_communities({"x": ["a", "b"]}, {"y": ["c", "d"]})
    assert alone["people"] == 4
    assert alone["best_match_f1"] == 0
    assert alone["adjusted_rand"] < 0


def test_found_communities_meet_declared_ones(planted, static):
    from commfinder.communities import find_communities

    a, b = planted(4, 15, 0.7, 0.01)
    found = find_communities(static(a, b, 60), runs=2, beyond=False)
    units = {f"unit {number}": [f"p{number * 15 + place:03d}" for place in range(15)] for number in range(4)}
    told = compare_communities(found, units)
    assert told.drop("people").min() > 0.9
    assert np.isclose(told["people"], 60)
