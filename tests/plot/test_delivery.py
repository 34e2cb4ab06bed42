"""The overview of groups: a bar of probabilities each, by type, and nothing leaves the axes."""

from __future__ import annotations

import io
import itertools
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.groups.value import DeliveryGroups
from commfinder.delivery.kinds.kind import TYPES as KINDS
from commfinder.errors import InputError
from commfinder.plot import NoPictureError, plot_delivery
from commfinder.plot.styles import TYPES, by_type

PARTS = ("process", "knowledge", "social", "formal_only", "mixed")


def row(group, kind, *chances, size=12, cases=40):
    best = max(chances, default=np.nan)
    said = {"group": group, "type": kind, "probability": np.nan if kind == "abstain" else best}
    return said | {"size": size, "cases": cases} | {f"p_{name}": one for name, one in zip(PARTS, chances, strict=True)}


def groups_of(*rows):
    frame = pd.DataFrame(list(rows), columns=list(rows[0]) if rows else ["group", "type", "probability"])
    log = {"case": ["1", "1"], "person": ["a", "b"], "time": pd.Timestamp("2026-07-01", tz="UTC")}
    cases = Cases.of(log)
    looked_at = {"frame": frame, "groups": {}, "cases": cases, "provenance": cases.provenance}
    return DeliveryGroups(**{one.name: looked_at.get(one.name) for one in fields(DeliveryGroups)})


@pytest.fixture
def several():
    nothing = [np.nan] * 5
    return groups_of(
        row("Circle", "knowledge", 0.05, 0.8, 0.05, 0.05, 0.05),
        row("D2", "process", 0.7, 0.1, 0.1, 0.05, 0.05, cases=88),
        row("D1", "process", 0.999, 0.0005, 0.0, 0.0, 0.0005, size=14, cases=1200),
        row("Board", "abstain", *nothing, size=5, cases=3),
        row("Maybe", "abstain", 0.4, 0.4, 0.1, 0.05, 0.05),
    )


def texts(ax):
    return [text.get_text() for text in [*ax.texts, ax._left_title] if text.get_text()]


def at(ax, text):
    return next(one.get_position()[1] for one in ax.texts if one.get_text() == text)


def test_those_that_deliver_come_first_then_the_surest(several):
    ax = several.plot()
    assert [at(ax, name) for name in ("D1", "D2", "Circle", "Board", "Maybe")] == [0, 1, 2, 3, 4]
    assert ax.get_title(loc="left").replace("\n", " ") == "5 groups: 2 process, 1 knowledge, 2 can not tell"
    told = texts(ax)
    assert {"99 %", "70 %", "14 people, 1,200 cases", "too little to tell", "–"} <= set(told)
    assert "100 %" not in told


def test_bars_are_the_probabilities(several):
    ax = several.plot()
    second = sorted(
        (bar.get_x(), bar.get_width(), to_hex(bar.get_facecolor()))
        for bar in ax.patches
        if round(bar.get_y(), 2) == 0.69
    )
    assert [round(width, 3) for _, width, _ in second] == [0.7, 0.05, 0.1, 0.1, 0.05]
    assert second[0][2] == TYPES["process"].colour.lower()
    assert sum(width for _, width, _ in second) == pytest.approx(1)


def test_everything_stays_within_the_axes_and_columns_do_not_meet(several):
    for figure in (None, Figure(figsize=(5, 3)), Figure(figsize=(12, 4))):
        ax = plot_delivery(several, ax=figure.add_subplot() if figure else None)
        ax.get_figure().savefig(io.BytesIO(), format="svg")
        room = ax.get_window_extent()
        boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
        assert all(box.x0 >= room.x0 - 2 and box.x1 <= room.x1 + 2 for box in boxes)
        for one, other in itertools.combinations(boxes, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert not (across > 1.5 and down > 1.5)


def test_some_groups_can_be_chosen(several):
    assert plot_delivery(several, groups="D1").get_title(loc="left") == "1 group: 1 process"
    assert "Drawn are the first 2 of 5 groups." in plot_delivery(several, most=2).get_xlabel()
    with pytest.raises(InputError, match="Did you mean 'Circle'"):
        plot_delivery(several, groups=["Circel"])


def test_no_group_has_a_sentence():
    assert texts(groups_of().plot()) == ["No group was found in 1 case."]


def test_every_type_has_its_own_colour():
    assert set(TYPES) == set(KINDS)
    assert len({style.colour for style in TYPES.values()}) == len(TYPES)
    assert sorted(KINDS, key=by_type)[0] == "process"


def test_cases_have_no_picture():
    with pytest.raises(NoPictureError, match="DeliveryGroup"):
        groups_of().cases.plot()
