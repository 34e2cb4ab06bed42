"""The map of communities: what is drawn is what is there, and nobody is named unasked."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Circle, Wedge

from commfinder.errors import ColumnError, CommfinderError, InputError, PrivacyError
from commfinder.plot import NoPictureError, plot_communities
from commfinder.plot.discs import edge_style


def of_kind(ax, kind):
    return [artist for artist in ax.get_children() if type(artist) is kind]


def texts(ax):
    legend = [text for one in of_kind(ax, Legend) for text in [one.get_title(), *one.get_texts()]]
    return [text.get_text() for text in [*ax.texts, *legend, ax.title, ax._left_title] if text.get_text()]


def drawn(ax):
    """Render the picture; a warning would be an error."""
    page = io.BytesIO()
    ax.get_figure().savefig(page, format="svg")
    return page.getvalue().decode()


def edges(ax):
    return [circle for circle in of_kind(ax, Circle) if not circle.get_fill()]


def test_axes_are_returned_and_nothing_is_shown_or_set(found, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("shown"))
    before, backend = dict(mpl.rcParams), mpl.get_backend()
    ax = found.plot()
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == [ax.get_figure().number]
    drawn(ax)
    assert dict(mpl.rcParams) == before
    assert mpl.get_backend() == backend
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", ["community", "person"])
def test_axes_that_are_given_are_used(found, level):
    figure = Figure(figsize=(8, 4))
    left, right = figure.subplots(1, 2)
    assert found.plot(ax=left, level=level) is left
    assert len(left.get_children()) > 20
    assert not right.texts
    assert plt.get_fignums() == []
    drawn(left)


def test_each_community_is_a_disc_of_its_size(found):
    ax = plot_communities(found)
    circles = edges(ax)
    assert sorted(np.pi * circle.radius**2 / np.pi for circle in circles) == pytest.approx([5, 6, 8])
    middle, reach = np.array([circle.center for circle in circles]), np.array([circle.radius for circle in circles])
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    assert (middle - reach[:, None] > low).all()
    assert (middle + reach[:, None] < high).all()
    assert {"C1", "C2", "C3", "8", "6", "5"} <= set(texts(ax))
    assert "3 communities of 19 people" in texts(ax)
    assert any("2 people in no community" in text for text in texts(ax))
    assert not {"C1", "C2", "C3"} & set(texts(plot_communities(found, labels=False)))


def test_wedges_add_up(found):
    ax = plot_communities(found)
    wedges = {}
    for wedge in of_kind(ax, Wedge):
        community, count, _, unit = wedge.get_label().replace(":", "").split(" ", 3)
        wedges.setdefault(community, {})[unit] = (int(count), wedge.theta2 - wedge.theta1, wedge.get_facecolor())
    assert {name: {unit: one[0] for unit, one in units.items()} for name, units in wedges.items()} == {
        "C1": {"Sales": 8},
        "C2": {"Sales": 2, "Data": 4},
        "C3": {"Data": 4, "no unit known": 1},
    }
    for units in wedges.values():
        total = sum(count for count, _, _ in units.values())
        assert sum(angle for _, angle, _ in units.values()) == pytest.approx(360)
        for count, angle, _ in units.values():
            assert angle == pytest.approx(360 * count / total)
    assert wedges["C1"]["Sales"][2] == wedges["C2"]["Sales"][2] != wedges["C2"]["Data"][2]


def test_other_units_share_a_colour_and_each_has_a_wedge(cliques):
    unit = [f"u{number:02d}" for number in range(9) for _ in range(3)] + ["x", "x", "y", "z"]
    ax = plot_communities(cliques(27, 4, unit=unit))
    rest = [wedge for wedge in of_kind(ax, Wedge) if wedge.get_label().endswith("3 other units")]
    assert [wedge.theta2 - wedge.theta1 for wedge in rest] == pytest.approx([180, 90, 90])
    assert len({wedge.get_facecolor() for wedge in rest}) == 1
    assert "3 other units (4)" in texts(ax)


def test_legend_says_what_colours_are_of(found):
    told = texts(plot_communities(found))
    assert {"Members by unit", "A  Sales (10)", "B  Data (9)", "no unit known (2)"} <= set(told)
    assert "Edge of a disc" not in told
    told = texts(plot_communities(found, by="site"))
    assert {"Members by site", "A  Rome (21)"} <= set(told)


def test_without_units_there_is_no_legend_of_them(cliques):
    value = cliques(6, 5, alone=1)
    assert not [text for text in texts(plot_communities(value)) if "unit " in text or "by unit" in text]
    assert not [text for text in texts(plot_communities(value, level="person")) if "unit " in text or "by unit" in text]


def test_edges_tell_confidence_and_what_is_beyond_structure(overlapping):
    ax = plot_communities(overlapping)
    styles = [circle.get_linestyle() for circle in edges(ax)]
    # The one beyond formal structure has two edges.
    assert sorted(styles) == ["dashed", "dotted", "solid", "solid", "solid"]
    told = texts(ax)
    words = (
        "confidence at least 0.5",
        "confidence below 0.5",
        "confidence not known",
        "double: beyond formal structure",
    )
    assert set(words) <= set(told)
    assert [edge_style(value) for value in (0.5, 0.49, float("nan"))] == ["solid", "dashed", "dotted"]


def test_lines_where_there_is_more_contact_than_expected(overlapping, found):
    lines = of_kind(plot_communities(overlapping), LineCollection)
    assert len(lines) == 1
    assert 1 <= len(lines[0].get_segments()) <= 6
    ax = plot_communities(found)
    assert of_kind(ax, LineCollection) == []
    assert any("No two have more contact than expected." in text for text in texts(ax))


def test_a_dot_a_person(found):
    ax = plot_communities(found, level="person")
    dots = of_kind(ax, PathCollection)
    assert sum(len(one.get_offsets()) for one in dots) == 21
    assert {"C1", "C2", "C3", "in none"} <= set(texts(ax))
    sizes = np.concatenate([one.get_sizes() for one in dots])
    assert len(np.unique(sizes.round(6))) >= 2
    assert len({one.get_paths()[0].vertices.tobytes() for one in dots}) == len(dots)
    assert len(of_kind(ax, LineCollection)[0].get_segments()) == int(found.graph.ties["tie"].sum())


def dots_and_rings(ax):
    found = of_kind(ax, PathCollection)
    return [one for one in found if len(one.get_facecolor())], [one for one in found if not len(one.get_facecolor())]


def test_core_people_are_larger(overlapping):
    nobody = replace(overlapping, members=overlapping.members.assign(core=False))
    sizes, plain = (
        np.concatenate([one.get_sizes() for one in dots_and_rings(plot_communities(value, level="person"))[0]])
        for value in (overlapping, nobody)
    )
    core = int(overlapping.members.groupby("person")["core"].any().sum())
    assert 0 < core < 21
    assert int((sizes > 1.5 * plain).sum()) == core


def test_who_is_in_several_communities_has_a_ring(found, overlapping):
    ax = plot_communities(overlapping, level="person")
    dots, rings = dots_and_rings(ax)
    assert sum(len(one.get_offsets()) for one in dots) == 21
    assert [len(one.get_offsets()) for one in rings] == [4]
    assert "in several communities" in texts(ax)
    ax = plot_communities(found, level="person")
    assert dots_and_rings(ax)[1] == []
    assert "in several communities" not in texts(ax)


@pytest.mark.parametrize("level", ["community", "person"])
def test_nobody_is_named_unasked(found, level):
    assert "person0" not in drawn(plot_communities(found, level=level))
    with pytest.raises(PrivacyError, match="names=True"):
        plot_communities(found, level=level, by="manager")
    assert any("person000" in text for text in texts(plot_communities(found, level=level, by="manager", names=True)))


def test_people_are_named_when_asked_for(found):
    told = texts(plot_communities(found, level="person", names=True))
    assert sum(text.startswith("person0") for text in told) == 21


def test_equal_pictures_whatever_the_order_of_rows(overlapping):
    mixed = replace(
        overlapping,
        members=overlapping.members.sample(frac=1, random_state=1),
        summary=overlapping.summary.sample(frac=1, random_state=1),
    )
    for level in ("community", "person"):
        with mpl.rc_context({"svg.hashsalt": "x"}):
            one, other = (
                drawn(plot_communities(value, level=level, ax=Figure().add_subplot())) for value in (overlapping, mixed)
            )
        strip = [line for line in one.splitlines() if "dc:date" not in line]
        assert strip == [line for line in other.splitlines() if "dc:date" not in line]


def test_too_many_people(found):
    with pytest.raises(InputError, match=r"21 people, and max_people is 20.*level=\"community\""):
        plot_communities(found, level="person", max_people=20)
    plot_communities(found, level="person", max_people=21)


def test_only_the_largest_of_very_many(cliques, monkeypatch):
    monkeypatch.setattr("commfinder.plot.community_map._MOST_DISCS", 3)
    ax = plot_communities(cliques(8, 7, 6, 5, 4))
    assert len(edges(ax)) == 3
    assert any("the 3 largest of 5 communities" in text for text in texts(ax))


@pytest.mark.parametrize("level", ["community", "person"])
def test_no_communities(cliques, level):
    ax = plot_communities(cliques(2, alone=3), level=level)
    assert texts(ax) == ["No communities were found among 5 people."]
    drawn(ax)


@pytest.mark.parametrize("level", ["community", "person"])
def test_odd_names_of_units_are_text(cliques, level):
    unit = ["$x_1$", "_hidden", "a\nb\x07c", "<b>&", "u" * 200, "R$D $", "\\frac{1}"]
    value = cliques(8, 6, unit=(unit * 2))
    ax = plot_communities(value, level=level)
    page = drawn(ax)
    told = " ".join(texts(ax))
    for text in ("$x_1$", "_hidden", "a b c", "<b>&", "R$D $", "\\frac{1}"):
        assert text in told
    assert "u" * 30 not in told
    assert "&lt;b&gt;&amp;" in page


def test_one_community_and_one_person_wording(cliques):
    ax = plot_communities(cliques(6, alone=1))
    assert "1 community of 6 people" in texts(ax)
    assert any("1 person in no community" in text for text in texts(ax))


def test_many_communities_do_not_overlap(cliques):
    value = cliques(*range(3, 28))
    ax = plot_communities(value, ax=Figure(figsize=(3, 3)).add_subplot())
    circles = edges(ax)
    assert len(circles) == len(value.summary) > 15
    for number, one in enumerate(circles):
        for other in circles[:number]:
            assert np.hypot(*np.subtract(one.center, other.center)) > one.radius + other.radius
    drawn(ax)


def test_options_are_checked(found):
    with pytest.raises(InputError, match="Did you mean 'person'"):
        plot_communities(found, level="persons")
    with pytest.raises(ColumnError, match="Did you mean 'unit'"):
        plot_communities(found, by="units")
    with pytest.raises(ColumnError):
        plot_communities(found, by="person", names=True)
    with pytest.raises(InputError, match="seed"):
        plot_communities(found, seed=-1)
    with pytest.raises(InputError, match="max_people"):
        plot_communities(found, max_people=0)
    with pytest.raises(InputError, match=r"plt\.subplots"):
        plot_communities(found, ax="axes")


def test_results_without_a_picture_say_so(found):
    for kind in (NoPictureError, CommfinderError, NotImplementedError):
        with pytest.raises(kind, match=r"InteractionGraph has no picture yet.*Communities"):
            found.graph.plot()


def test_matplotlib_is_loaded_when_something_is_drawn():
    code = "import sys, commfinder.plot; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
