"""Delivery groups as a value, where there are none, and how found groups relate to declared ones."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from commfinder.delivery.groups.value import COLUMNS, _by_member, _nearest, frame_of, members_of
from commfinder.delivery.kinds.kind import KINDS


def group(origin: str, people: list[str]) -> SimpleNamespace:
    return SimpleNamespace(origin=origin, members=pd.DataFrame({"person": people}))


def nearest(one, declared):
    return _nearest(one, declared, _by_member(declared))


def test_columns_are_those_promised_and_each_once():
    promised = [
        *("group", "type", "probability", "size", "units", "cases", "windows", "order", "order_p", "path"),
        *(
            "cadence_days",
            "gatekeepers",
            "informal_share",
            "cycle_median_hours",
            "cycle_p85_hours",
            "reason",
            "support",
        ),
    ]
    assert list(COLUMNS[: len(promised)]) == promised
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert [name for name in COLUMNS if name.startswith("p_")] == [f"p_{kind.replace('-', '_')}" for kind in KINDS]


def test_no_groups_make_an_empty_frame_with_types():
    frame = frame_of([])
    assert list(frame.columns) == list(COLUMNS)
    assert frame["probability"].dtype == "float64"
    assert frame["cases"].dtype == "int64"
    assert frame["path"].dtype == "string"
    assert members_of([]).columns.tolist() == ["group", "person", "role", "position", "cases"]


@pytest.mark.parametrize(
    ("origin", "people", "expected"),
    [
        ("handover", ["a", "b", "c"], ("x", 0.75)),
        ("process", ["e", "f"], ("y", 1.0)),
        ("handover", ["z"], (None, None)),
        ("declared", ["a", "b", "c"], (None, None)),
    ],
)
def test_the_nearest_declared_group_is_told(origin, people, expected):
    found = nearest(group(origin, people), {"y": {"e", "f"}, "x": {"a", "b", "c", "d"}})
    assert found["nearest"] == expected[0]
    assert found["jaccard"] == expected[1] if expected[1] else found["jaccard"] != found["jaccard"]


def test_of_declared_groups_equally_near_the_first_by_name_is_told():
    assert nearest(group("handover", ["a"]), {"y": {"a"}, "x": {"a"}})["nearest"] == "x"
