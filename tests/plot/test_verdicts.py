"""The picture of verdicts: a row a group, with what was found and how sure it is; nothing leaves the axes."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from commfinder.declared import VERDICTS, Verdicts
from commfinder.errors import InputError
from commfinder.plot import plot_verdicts
from commfinder.plot.styles import STYLES
from commfinder.provenance import record


def frame_of(rows: list[dict]) -> pd.DataFrame:
    usual = {"verdict": "real", "bigger": False, "probability": np.nan, "size": 12, "tested": True, "active": 10}
    usual |= {"lift": 2.0, "lift_low": 1.5, "lift_high": 3.0}
    frame = pd.DataFrame([{**usual, **row} for row in rows], columns=["group", *usual])
    return frame.astype({"group": "string", "verdict": "string"})


def verdicts_of(rows: list[dict]) -> Verdicts:
    members = pd.DataFrame({"group": [row["group"] for row in rows], "person": "x"}, dtype="string")
    return Verdicts(frame_of(rows), members, pd.DataFrame(), record("assess_groups"))


@pytest.fixture
def judged() -> Verdicts:
    return verdicts_of(
        [
            {"group": "Guild", "lift": 4.0, "lift_low": 3.0, "lift_high": 6.0, "probability": 0.94, "bigger": True},
            {"group": "Circle", "lift": 6.0, "lift_low": 4.0, "lift_high": 9.0, "probability": 0.8},
            {"group": "Board", "verdict": "paper", "lift": 0.8, "lift_low": 0.5, "lift_high": 1.4},
            {"group": "Duo", "verdict": "insufficient", "tested": False, "size": 6, "active": 2, "lift": np.nan},
            {"group": "Maybe", "verdict": "uncertain", "lift": 1.4, "lift_low": 0.9, "lift_high": 2.2},
        ]
    )


def texts(ax):
    return [text.get_text() for text in [*ax.texts, ax._left_title, ax.xaxis.label] if text.get_text()]


def at(ax, text):
    """Return the row of a text."""
    return next(one.get_position()[1] for one in ax.texts if one.get_text() == text)


def marks(ax):
    """Return the marks of groups, by name."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def drawn(ax):
    page = io.BytesIO()
    ax.get_figure().savefig(page, format="svg", metadata={"Date": None})
    return page.getvalue().decode()


def test_axes_are_returned_and_nothing_is_shown_or_set(judged, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("shown"))
    before = dict(mpl.rcParams)
    ax = judged.plot()
    assert isinstance(ax, Axes)
    drawn(ax)
    assert dict(mpl.rcParams) == before
    assert list(tmp_path.iterdir()) == []


def test_rows_are_sorted_by_verdict_and_lift(judged):
    ax = judged.plot()
    names = ["Circle", "Guild", "Board", "Duo", "Maybe"]
    assert [at(ax, name) for name in names] == [0, 1, 2, 3, 4]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first row is at the top"
    assert (
        ax.get_title(loc="left").replace("\n", " ") == "5 declared groups: 2 real, 1 paper, 1 insufficient, 1 uncertain"
    )


def test_marks_and_intervals_are_where_the_numbers_are(judged):
    ax = judged.plot()
    assert ax.get_xscale() == "log"
    found = marks(ax)
    assert set(found) == {"Guild", "Circle", "Board", "Maybe"}
    assert found["Guild"].get_xdata() == pytest.approx([4.0])
    assert to_hex(found["Guild"].get_markerfacecolor()) == STYLES["real"].colour
    assert found["Maybe"].get_markerfacecolor() == "white"
    spans = {tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2}
    assert {(3.0, 6.0), (4.0, 9.0), (0.5, 1.4), (0.9, 2.2), (1, 1), (1.3, 1.3)} == spans


def test_words_say_verdict_probability_and_what_was_not_tested(judged):
    ax = judged.plot()
    told = texts(ax)
    assert {"real, bigger", "real", "paper", "94 %", "80 %", "not tested: 2 active members of 6"} <= set(told)
    assert at(ax, "94 %") == at(ax, "Guild") == at(ax, "real, bigger")
    assert told.count("–") == 3
    assert any("95 % interval" in text for text in told)


def test_everything_stays_within_the_axes_and_columns_do_not_meet():
    names = ["A very long name of a declared group, too long to be shown", "B"]
    rows = [{"group": name, "verdict": "broker-dependent", "bigger": True, "probability": 1.0} for name in names]
    rows += [{"group": "C", "verdict": "insufficient", "tested": False, "active": 3}]
    for figure in (Figure(figsize=(4, 2)), Figure(figsize=(12, 3)), None):
        ax = plot_verdicts(verdicts_of(rows), ax=figure.add_subplot() if figure else None)
        drawn(ax)
        renderer = ax.get_figure().canvas.get_renderer() if hasattr(ax.get_figure().canvas, "get_renderer") else None
        room = ax.get_window_extent(renderer)
        boxes = [text.get_window_extent(renderer) for text in ax.texts]
        assert all(box.x0 >= room.x0 - 2 and box.x1 <= room.x1 + 2 for box in boxes)
        for one, other in itertools.combinations(boxes, 2):
            assert not overlaps(one, other)


def overlaps(one, other, spare=1.0):
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > spare and down > spare


def test_sixty_groups_do_not_overlap():
    rng = np.random.default_rng(0)
    rows = [
        {"group": f"Community of practice {k}", "verdict": VERDICTS[k % 10], "lift": 0.2 + k, "size": k + 5}
        for k in rng.permutation(64)
    ]
    ax = plot_verdicts(verdicts_of(rows))
    drawn(ax)
    boxes = [text.get_window_extent() for text in ax.texts if text.get_position()[1] >= 0]
    assert len(boxes) == 180
    for one, other in itertools.combinations(boxes, 2):
        assert not overlaps(one, other)
    assert "Drawn are the 60 with most members of 64." in ax.get_xlabel()
    assert "Community of practice 63" in texts(ax)
    assert "Community of practice 3" not in texts(ax)
    assert ax.get_title(loc="left").startswith("64 declared groups")


def test_some_groups_can_be_chosen(judged):
    ax = judged.plot(groups=["Board", "Guild"])
    assert set(marks(ax)) == {"Board", "Guild"}
    assert judged.plot(groups="Duo").get_title(loc="left") == "1 declared group: 1 insufficient"
    assert set(marks(judged.plot(most=1))) <= {"Board"}
    assert "no declared group" in texts(judged.plot(groups=[]))[0]


def test_intervals_beyond_the_scale_end_in_arrows():
    rows = [{"group": "Wide", "lift": 1.0, "lift_low": 0.001, "lift_high": 900.0}, {"group": "Off", "lift": 500.0}]
    ax = plot_verdicts(verdicts_of(rows))
    arrows = [line for line in ax.lines if line.get_marker() in ("<", ">")]
    assert sorted(float(line.get_xdata()[0]) for line in arrows) == [0.1, 100.0]
    assert marks(ax)["Off"].get_xdata() == pytest.approx([100.0])


def test_the_same_verdicts_give_the_same_picture(judged):
    mpl_id = {"svg.hashsalt": "0"}
    with mpl.rc_context(mpl_id):
        once = drawn(judged.plot(ax=Figure().add_subplot()))
        other = replace(judged, frame=judged.frame.iloc[::-1].reset_index(drop=True))
        assert drawn(other.plot(ax=Figure().add_subplot())) == once


def test_names_are_never_mathematics():
    ax = plot_verdicts(verdicts_of([{"group": "R$D_1$"}, {"group": "a\nb"}, {"group": "_x"}]))
    drawn(ax)
    assert {"R$D_1$", "a b", "_x"} <= set(texts(ax))


def test_every_verdict_has_its_own_colour_and_shape():
    assert list(STYLES) == list(VERDICTS)
    assert len({style.colour for style in STYLES.values()}) == len(VERDICTS)
    assert len({style.marker for style in STYLES.values()}) == len(VERDICTS)
    assert [word for word, style in STYLES.items() if not style.filled] == ["insufficient", "uncertain"]


@pytest.mark.parametrize("kind", ["none", "protan", "deutan", "tritan"])
def test_colours_are_told_apart_by_the_colour_blind(kind):
    # Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB. doi:10.1109/TVCG.2009.113
    seen = {
        "none": np.eye(3),
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
        "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    }[kind]
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

    def lab(colour):
        parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        xyz = to_xyz @ np.clip(np.array(seen) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
        root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])

    for one, other in itertools.combinations(STYLES.values(), 2):
        assert np.linalg.norm(lab(one.colour) - lab(other.colour)) > 10


def test_options_are_checked(judged):
    with pytest.raises(InputError, match="Did you mean 'Guild'"):
        judged.plot(groups=["Gild"])
    with pytest.raises(InputError, match="most"):
        judged.plot(most=0)
    with pytest.raises(InputError, match="Did you mean 'flow'"):
        judged.plot(kind="flows")
    with pytest.raises(InputError, match="find_communities"):
        judged.plot(kind="flow")
    with pytest.raises(InputError, match=r"plt\.subplots"):
        judged.plot(ax="axes")
