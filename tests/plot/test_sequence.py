"""The sequence chart: where roles come in, with intervals, and the orders that occur with their shares."""

from __future__ import annotations

import io
import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from commfinder.errors import InputError
from commfinder.plot import plot_sequence

USUAL = ["Sales", "Intake", "Finance", "IT"]


def texts(ax):
    return [text.get_text() for text in [*ax.texts, ax._left_title] if text.get_text()]


def at(ax, text):
    return next(one.get_position()[1] for one in ax.texts if one.get_text() == text)


def discs(ax):
    """Return the mean places, by role."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def drawn(ax):
    page = io.BytesIO()
    ax.get_figure().savefig(page, format="svg", metadata={"Date": None})
    return page.getvalue().decode()


def test_roles_stand_in_order_at_their_mean_places(desk):
    ax = desk.plot(kind="sequence")
    assert [at(ax, name) for name in USUAL] == sorted(at(ax, name) for name in USUAL)
    places = [float(discs(ax)[name].get_xdata()[0]) for name in USUAL]
    first, last = places[0], places[-1]
    share = (np.array(places) - first) / (last - first)
    # Six of thirty cases leave Intake out: Finance is in the middle of these.
    assert share == pytest.approx([0, 1 / 3, (24 * 2 / 3 + 6 / 2) / 30, 1], abs=1e-6)
    assert ax.get_title(loc="left") == "D1: the usual sequence of 4 roles"


def test_orders_have_their_share_of_cases(desk):
    ax = desk.plot(kind="sequence")
    told = texts(ax)
    # Going back to Intake is no other order: each role counts where it first comes in.
    assert {"80 %  (24)", "20 %  (6)", "100 %", "80 %"} <= set(told)
    rows = {round(at(ax, text), 3) for text in ("80 %  (24)", "20 %  (6)")}
    chips = [one for one in ax.texts if round(one.get_position()[1], 3) in rows and one.get_text() in "ABCD"]
    assert [one.get_text() for one in chips] == ["A", "B", "C", "D", "A", "C", "D"]
    assert "Of 30 cases into which at least two roles come." in " ".join(told)


def test_what_comes_in_can_be_chosen_and_people_are_not_named(desk, log, group_of):
    plain = texts(desk.plot(kind="sequence", by="person"))
    assert "person 1" in plain
    assert not set(desk.cases.people) & set(plain)
    assert "sara" in texts(desk.plot(kind="sequence", by="person", names=True))
    work = group_of(
        log(*[USUAL] * 8).assign(activity=lambda frame: "do " + frame["role"]).drop(columns=["role", "unit"])
    )
    assert {"do Sales", "do IT"} <= set(texts(plot_sequence(work))), "where no role is known activities stand in"


def test_rarer_roles_share_a_dot(log, group_of):
    frame = log(*[USUAL] * 6)
    rare = frame.assign(role=[f"{role} {number % 24 // 4}" for number, role in enumerate(frame["role"])])
    ax = plot_sequence(group_of(rare), most=3)
    said = " ".join(texts(ax))
    assert "A dot: one of 15 rarer roles." in said
    assert "follow the 3 orders drawn; there are" in said


@pytest.mark.parametrize("size", [None, (4, 3), (12, 6)])
def test_everything_stays_within_the_axes_and_no_words_overlap(desk, size):
    ax = plot_sequence(desk, ax=Figure(figsize=size).add_subplot() if size else None)
    drawn(ax)
    room = ax.get_window_extent()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert all(box.x0 >= room.x0 - 3 and box.x1 <= room.x1 + 3 for box in boxes)
    assert all(box.y0 >= room.y0 - 3 and box.y1 <= room.y1 + 3 for box in boxes)
    for one, other in itertools.combinations(boxes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert not (across > 1.5 and down > 1.5)


def test_the_order_of_rows_changes_nothing(log, group_of):
    frame = log(*[USUAL] * 10, ["Sales", "IT", "Sales"])
    with mpl.rc_context({"svg.hashsalt": "0"}):
        once = drawn(plot_sequence(group_of(frame), ax=Figure().add_subplot()))
        assert drawn(plot_sequence(group_of(frame.iloc[::-1]), ax=Figure().add_subplot())) == once


def test_one_role_alone_has_a_sentence(log, group_of):
    ax = plot_sequence(group_of(log(["Sales"], ["Sales"])), by="role")
    assert texts(ax) == ["D1: there is no case into which two roles come."]


def test_options_are_checked(desk):
    with pytest.raises(InputError, match="Did you mean 'role'"):
        plot_sequence(desk, by="rule")
    with pytest.raises(InputError, match="most"):
        plot_sequence(desk, most=0)
