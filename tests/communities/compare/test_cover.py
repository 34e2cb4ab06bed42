"""The door: every usual form of communities becomes the same people and memberships."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder.communities.compare import Cover, as_cover
from commfinder.errors import ColumnError, InputError

GROUPS = {"red": ["ann", "bob"], "blue": ["bob", "eve"]}
ROWS = {"person": ["bob", "eve", "ann", "bob"], "community": ["red", "blue", "red", "blue"]}


def content(cover):
    """Return people, and communities as a set of sets: names and order are nobody's business."""
    people = np.array(cover.people)
    table = cover.membership.toarray()
    assert set(np.unique(table)) <= {0, 1}
    return people.tolist(), {frozenset(people[column == 1].tolist()) for column in table.T}


FORMS = {
    "mapping of lists": GROUPS,
    "mapping of sets": {name: set(group) for name, group in GROUPS.items()},
    "mapping of arrays": {name: np.array(group) for name, group in GROUPS.items()},
    "mapping of generators": {name: iter(group) for name, group in GROUPS.items()},
    "list of sets": [{"ann", "bob"}, {"eve", "bob"}],
    "tuple of frozensets": (frozenset({"ann", "bob"}), frozenset({"eve", "bob"})),
    "set of frozensets": {frozenset({"ann", "bob"}), frozenset({"eve", "bob"})},
    "list of arrays": [np.array(["ann", "bob"]), np.array(["eve", "bob"])],
    "pandas frame": pd.DataFrame(ROWS),
    "pandas frame of categories": pd.DataFrame(ROWS).astype("category"),
    "columns": ROWS,
    "polars frame": pl.DataFrame(ROWS),
    "lazy polars frame": pl.LazyFrame(ROWS),
    "arrow table": pa.table(ROWS),
    "members": SimpleNamespace(members=pd.DataFrame({**ROWS, "core": [True] * 4})),
    "series": pd.Series(ROWS["community"], index=ROWS["person"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_cover(form):
    data = FORMS[form]
    if form == "mapping of generators":
        data = {name: iter(group) for name, group in GROUPS.items()}
    cover = as_cover(data)
    assert content(cover) == (["ann", "bob", "eve"], {frozenset({"ann", "bob"}), frozenset({"bob", "eve"})})
    assert cover.keyed
    assert as_cover(cover) is cover
    assert "3 people, 2 communities, 1 people in more than one" in repr(cover)


@pytest.mark.parametrize(
    "labels", [[5, 5, 7], ["b", "b", "a"], np.array([1.5, 1.5, np.inf]), [-1, -1, 0], [True, True, False]]
)
def test_labels_are_known_by_position(labels):
    cover = as_cover(labels)
    assert not cover.keyed
    assert content(cover) == ([0, 1, 2], {frozenset({0, 1}), frozenset({2})})


@pytest.mark.parametrize(
    "labels",
    [
        [1, None, 1],
        [1, np.nan, 1],
        ["x", None, "x"],
        ["x", " ", "x"],
        pd.array([1, pd.NA, 1], dtype="Int64"),
        pd.Categorical(["x", None, "x"]),
    ],
)
def test_a_missing_label_is_no_community(labels):
    assert content(as_cover(labels)) == ([0, 1, 2], {frozenset({0, 2})})
    keyed = as_cover(pd.Series(labels, index=["c", "b", "a"]))
    assert content(keyed) == (["a", "b", "c"], {frozenset({"a", "c"})})
    frame = as_cover(pd.DataFrame({"person": ["c", "b", "a"], "community": labels}))
    assert content(frame) == content(keyed)


def test_empty_communities_go_and_repeated_people_count_once():
    cover = as_cover({"none": [], "x": ["ann", "ann", " ann "], "y": ["bob"]})
    assert content(cover) == (["ann", "bob"], {frozenset({"ann"}), frozenset({"bob"})})
    assert cover.membership.shape == (2, 2)
    rows = pd.Series(["x", "x", None, "y"], index=["ann", "ann", "ann", "ann"])
    assert content(as_cover(rows)) == (["ann"], {frozenset({"ann"})})
    assert as_cover(rows).membership.sum() == 2


def test_ids_are_text():
    assert content(as_cover([{7, 8}])) == content(as_cover([{"7", "8"}])) == content(as_cover({"x": [7.0, 8.0]}))


@pytest.mark.parametrize(
    "nothing", [[], {}, np.array([]), pd.Series([], dtype=object), pd.DataFrame({"person": [], "community": []})]
)
def test_nothing_is_an_empty_cover(nothing):
    cover = as_cover(nothing)
    assert isinstance(cover, Cover)
    assert cover.membership.shape == (0, 0)
    assert len(cover.people) == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("abc", "str"),
        ({1, 2}, "set"),
        (7, r"shape \(\)"),
        ([[0, 1], [2, 3]], r"shape \(2, 2\).*set of people"),
        ([[0, 1], [2]], "different length.*set"),
        ({"x": "ann"}, "'ann' for the people"),
        ({"x": 3}, "3 for the people"),
        ({"x": ["ann", None]}, "1 rows without a person"),
        (pd.Series([1, 2], index=["ann", None]), "1 rows without a person"),
        (pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 1)])), "One value in each row"),
        ([{("a", 1)}], "One value in each row"),
    ],
)
def test_other_things_are_refused(data, said):
    with pytest.raises(InputError, match=f"(?s)first.*{said}|{said}"):
        as_cover(data, what="first")


def test_a_frame_needs_its_columns():
    with pytest.raises(ColumnError, match=r"community.*Did you mean|Hint"):
        as_cover(pd.DataFrame({"person": ["ann"], "group": ["x"]}))
