"""The handoff map: boxes in their usual order, arrows with counts and hours, gatekeepers without names."""

from __future__ import annotations

import io
import itertools

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from commfinder.errors import InputError
from commfinder.plot import plot_handoffs
from commfinder.plot.steps import first_comings, hours_words, read_steps

USUAL = ["Sales", "Intake", "Finance", "IT"]


def texts(ax):
    return [text.get_text() for text in [*ax.texts, ax._left_title] if text.get_text()]


def at(ax, text):
    return next(one.get_position()[1] for one in ax.texts if one.get_text() == text)


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def drawn(ax):
    page = io.BytesIO()
    ax.get_figure().savefig(page, format="svg", metadata={"Date": None})
    return page.getvalue().decode()


def test_steps_are_counted_by_hand(desk):
    steps = read_steps(desk)
    assert (steps.by, steps.waiting, steps.handoffs) == ("role", False, 20 * 3 + 4 * 5 + 6 * 2)
    assert steps.nodes["label"].tolist() == USUAL
    assert steps.nodes["people"].tolist() == [2, 1, 3, 1]
    names = steps.nodes["label"]
    found = {
        (names[row["source"]], names[row["target"]]): (row["handoffs"], row["hours"])
        for row in steps.arrows.to_dict("records")
    }
    assert {pair: count for pair, (count, _) in found.items()} == {
        ("Finance", "IT"): 30,
        ("Intake", "Finance"): 28,
        ("Sales", "Intake"): 24,
        ("Sales", "Finance"): 6,
        ("Finance", "Intake"): 4,
    }
    assert found["Sales", "Intake"][1] == pytest.approx(2.0)


def test_boxes_stand_in_the_usual_order_with_their_people(desk):
    ax = desk.plot()
    assert isinstance(ax, Axes)
    assert [at(ax, name) for name in USUAL] == sorted(at(ax, name) for name in USUAL)
    assert {"2 people", "3 people", "1 person", "28 · 2.0 h", "4 · 2.0 h"} <= set(texts(ax))
    assert ax.get_title(loc="left") == "D1: 92 handoffs among 4 roles"
    styles = [patch.get_linestyle() for patch in arrows(ax)]
    assert len(styles) == 5
    assert sum(style != "-" for style in styles) == 1, "only one leads back"
    assert "Dashed: back." in " ".join(texts(ax))
    widths = sorted(patch.get_linewidth() for patch in arrows(ax))
    assert widths[0] < widths[-1]


def test_gatekeepers_are_marked_and_only_named_when_asked_for(desk):
    ax = desk.plot()
    marked = [line for line in ax.lines if line.get_marker() == "D"]
    middles = [patch.get_y() + patch.get_height() / 2 for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert [float(line.get_ydata()[0]) for line in marked] == pytest.approx([middles[1], middles[3]])
    people = {*desk.cases.people.tolist()}
    assert not people & set(texts(ax))
    assert {"ina", "ida"} <= set(texts(desk.plot(names=True)))


def test_people_are_numbered_unless_they_may_be_named(desk):
    plain = texts(desk.plot(by="person"))
    assert "person 1" in plain
    assert not set(desk.cases.people) & set(plain)
    assert set(desk.cases.people) <= set(texts(desk.plot(by="person", names=True)))
    units = texts(desk.plot(by="unit"))
    assert {"North", "Centre", "South"} <= set(units)
    assert any("32 handoffs within" in text for text in units), "what stays in a unit is told in its box"


def test_what_the_group_s_guests_do_is_left_out(log, group_of):
    group = group_of(log(*[USUAL] * 12), members=["sara", "sven", "ina"])
    steps = read_steps(group)
    assert steps.nodes.set_index("label")["people"].to_dict() == {"Sales": 2, "Intake": 1, "Finance": 0, "IT": 0}


def test_waiting_is_told_where_starts_are_known(log, group_of):
    frame = log(*[USUAL] * 10)
    group = group_of(frame.assign(started=frame["time"] - pd.Timedelta(30, "min")))
    steps = read_steps(group)
    assert steps.waiting
    assert steps.arrows["hours"].round(6).tolist() == [1.5, 1.5, 1.5]
    assert "(waiting)" in " ".join(texts(group.plot()))


def test_only_some_boxes_and_arrows(desk):
    ax = plot_handoffs(desk, most=2, arrows=1)
    assert {"Finance", "IT"} <= set(texts(ax)) or {"Finance", "Intake"} <= set(texts(ax))
    assert len(arrows(ax)) == 1
    said = " ".join(texts(plot_handoffs(desk, arrows=2)))
    assert "Drawn are 2 of 5 arrows, 63 % of what passes between boxes." in said


@pytest.mark.parametrize("size", [None, (4, 4), (12, 9)])
def test_everything_stays_within_the_axes_and_no_words_overlap(log, group_of, size):
    back = ["Sales", "Intake", "Finance", "Sales", "IT", "Intake", "IT", "Sales", "Finance"]
    group = group_of(log(*[USUAL] * 5, *[back] * 7), gates=[("IT", "ida")])
    ax = plot_handoffs(group, ax=Figure(figsize=size).add_subplot() if size else None, names=True)
    drawn(ax)
    room = ax.get_window_extent()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert all(box.x0 >= room.x0 - 3 and box.x1 <= room.x1 + 3 for box in boxes)
    assert all(box.y0 >= room.y0 - 3 and box.y1 <= room.y1 + 3 for box in boxes)
    for one, other in itertools.combinations(boxes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert not (across > 2 and down > 2)


def test_the_order_of_rows_changes_nothing(log, group_of):
    frame = log(*[USUAL] * 10, ["Sales", "IT", "Sales"])
    with mpl.rc_context({"svg.hashsalt": "0"}):
        once = drawn(plot_handoffs(group_of(frame), ax=Figure().add_subplot()))
        other = frame.sample(frac=1.0, random_state=3)
        assert drawn(plot_handoffs(group_of(other), ax=Figure().add_subplot())) == once


def test_names_are_never_mathematics_and_settings_stay(log, group_of):
    before = dict(mpl.rcParams)
    frame = log(*[USUAL] * 6).replace({"role": {"Sales": "R$D_1$", "Intake": "a\nb"}})
    ax = plot_handoffs(group_of(frame, name="_x$"))
    drawn(ax)
    assert {"R$D_1$", "a b"} <= set(texts(ax))
    assert dict(mpl.rcParams) == before
    assert sum(isinstance(patch, FancyBboxPatch) for patch in ax.patches) == 4


def test_a_group_without_handoffs_has_a_sentence(log, group_of):
    ax = plot_handoffs(group_of(log(["Sales"], ["Sales"])))
    assert texts(ax) == ["D1: nothing passes from one person to another."]


def test_first_comings_and_hours_in_words(log, group_of):
    found = first_comings(group_of(log(USUAL, ["IT"])).cases.acts.case, group_of(log(USUAL, ["IT"])).cases.acts.role)
    assert found.rank.tolist() == [0, 1, 2, 3, 0]
    assert found.positions().tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [hours_words(one) for one in (0.0, 0.9951, 9.96, 1234.0)] == ["< 1 min", "1.0 h", "10 h", "1,234 h"]


def test_options_are_checked(desk):
    with pytest.raises(InputError, match="Did you mean 'handoffs'"):
        desk.plot(kind="handoff")
    with pytest.raises(InputError, match="by is 'roles'"):
        desk.plot(by="roles")
    with pytest.raises(InputError, match="most"):
        desk.plot(most=1)
    with pytest.raises(InputError, match=r"plt\.subplots"):
        desk.plot(ax="axes")
