"""Declared groups beside found communities: bands as wide as what is shared, in an order that can be read."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

from commfinder.declared import Verdicts, undeclared
from commfinder.errors import InputError
from commfinder.people import DeclaredGroups
from commfinder.plot import plot_flow
from commfinder.plot.shares import NONE, OTHERS, Shares, crossings, read_shares
from commfinder.plot.styles import STYLES
from commfinder.provenance import record


def person(*numbers: int) -> list[str]:
    return [f"person{number:03d}" for number in numbers]


def groups_of(rosters: dict[str, list[str]]) -> DeclaredGroups:
    rows = [(name, one) for name, people in rosters.items() for one in people]
    return DeclaredGroups.from_frame(pd.DataFrame(rows, columns=["group", "person"]))


def shares_of(found, rosters, hidden=(), verdict=None, most=40):
    frame = groups_of(rosters).to_frame()[["group", "person"]]
    return read_shares(frame, found, hidden=set(hidden), verdict=verdict or {}, most=most)


def drawn(ax):
    page = io.BytesIO()
    ax.get_figure().savefig(page, format="svg", metadata={"Date": None})
    return page.getvalue().decode()


def bands(ax):
    return [patch for patch in ax.patches if type(patch) is PathPatch]


def blocks(ax):
    return [patch for patch in ax.patches if type(patch) is Rectangle]


@pytest.fixture(scope="module")
def rosters():
    """Most of the eight, some of the six and the eight and one in none, and a stranger alone."""
    return {"Eight": person(0, 1, 2, 3, 4, 5), "Mixed": person(6, 7, 8, 9, 19), "Gone": ["stranger"]}


def named(found, one):
    """Return the community that somebody is in."""
    return next(name for name in found.summary["community"] if person(one)[0] in found.people(name))


def test_people_shared_are_counted(found, rosters):
    value = shares_of(found, rosters)
    table = pd.DataFrame(value.bands, index=value.left["group"], columns=value.right["community"])
    eight, six, five = named(found, 0), named(found, 8), named(found, 14)
    assert table.loc["Eight", eight] == 6
    assert table.loc["Mixed", [eight, six, "in no community"]].tolist() == [2, 2, 1]
    assert table.loc["Gone", "not in the graph"] == 1
    assert table.to_numpy().sum() == 12
    right = value.right.set_index("community")
    assert right.loc[[eight, six, five], "free"].tolist() == [0, 4, 5]
    assert right.loc[[eight, six, five], "height"].tolist() == [8, 6, 5]
    assert value.left.set_index("group").loc[["Eight", "Mixed", "Gone"], "size"].tolist() == [6, 5, 1]


def test_bands_and_blocks_are_as_high_as_they_say(found, rosters):
    ax = plot_flow(groups_of(rosters), found, ax=Figure(figsize=(8, 5)).add_subplot())
    value = shares_of(found, rosters)
    made = bands(ax)
    assert len(made) == int((value.bands > 0).sum())
    wide = sorted(float(np.diff(patch.get_path().vertices[3:5, 1])[0]) for patch in made)
    scale = wide[-1] / 6
    assert wide == pytest.approx(sorted(scale * value.bands[value.bands > 0]))
    right = sum(block.get_height() for block in blocks(ax) if block.get_x() > 0.5)
    assert right == pytest.approx(scale * value.right["height"].sum())
    left = [block for block in blocks(ax) if block.get_x() < 0.5]
    assert sum(block.get_height() for block in left) == pytest.approx(scale * value.bands.sum())
    # At both ends the bands fill their blocks without a gap.
    for side, corner in ((left, (0, 7)), ([block for block in blocks(ax) if block.get_x() > 0.5], (3, 4))):
        ends = sorted(tuple(patch.get_path().vertices[list(corner), 1]) for patch in made)
        for block in side:
            low, high = block.get_y(), block.get_y() + block.get_height()
            here = [end for end in ends if low - 1e-6 <= end[0] < high - 1e-6]
            if here:
                assert here[0][0] == pytest.approx(low)
                for one, other in itertools.pairwise(here):
                    assert other[0] == pytest.approx(one[1])
        assert sum(end[1] - end[0] for end in ends) == pytest.approx(scale * value.bands.sum())


def test_a_community_nobody_declared_has_no_left_side(found, rosters):
    groups = groups_of(rosters)
    found = replace(found, summary=found.summary.assign(beyond_structure=True))
    five = named(found, 14)
    assert five in undeclared(found, groups).to_frame()["community"].tolist()
    ax = plot_flow(groups, found, ax=Figure(figsize=(8, 5)).add_subplot())
    label = next(text for text in ax.texts if text.get_text().startswith(f"{five} "))
    assert label.get_text() == f"{five} Data (5), undeclared"
    assert label.get_fontweight() == "bold"
    y = label.get_position()[1]
    light = [one for one in blocks(ax) if to_hex(one.get_facecolor()) == "#a79fdc"]
    block = next(one for one in light if one.get_y() < y < one.get_y() + one.get_height())
    ends = [patch.get_path().vertices[3, 1] for patch in bands(ax)]
    assert not any(block.get_y() <= end < block.get_y() + block.get_height() for end in ends)
    order = [text.get_text() for text in sorted(ax.texts, key=lambda text: text.get_position()[1])]
    assert order.index(label.get_text()) > order.index(f"{named(found, 0)} Sales (8)")


def test_groups_stand_by_verdict_and_have_its_colour(found):
    rosters = {"Aged": person(0, 1, 2), "Best": person(14, 15, 16), "Calm": person(8, 9, 10)}
    rows = [(name, one) for name, people in rosters.items() for one in people]
    members = pd.DataFrame(rows, columns=["group", "person"]).astype("string")
    frame = pd.DataFrame({"group": ["Aged", "Best", "Calm"], "verdict": ["paper", "real", "split"]}).astype("string")
    value = Verdicts(frame, members, pd.DataFrame(), record("assess_groups"))
    ax = value.plot(kind="flow", found=found, ax=Figure(figsize=(8, 5)).add_subplot())
    place = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert place["Best (3)"] < place["Calm (3)"] < place["Aged (3)"]
    colours = [
        to_hex(block.get_facecolor()) for block in sorted(blocks(ax), key=lambda b: b.get_y()) if block.get_x() < 0.5
    ]
    assert [colour.upper() for colour in colours] == [STYLES[word].colour for word in ("real", "split", "paper")]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["real", "split", "paper"]
    only = value.plot(kind="flow", found=found, groups="Calm", ax=Figure(figsize=(8, 5)).add_subplot())
    assert only.get_title(loc="left") == "1 declared group and 3 found communities"


def brute(matrix):
    return sum(
        int(matrix[i, j] * matrix[k, m])
        for i, k in itertools.combinations(range(matrix.shape[0]), 2)
        for j in range(matrix.shape[1])
        for m in range(j)
    )


def test_crossings_are_counted_as_by_hand():
    rng = np.random.default_rng(0)
    for _ in range(5):
        matrix = rng.integers(0, 4, (5, 6))
        assert crossings(matrix) == brute(matrix)


def tangle(matrix, left=0, right=0):
    rows, columns = matrix.shape
    one = pd.DataFrame({"group": [f"g{k:02d}" for k in range(rows)], "block": left})
    other = pd.DataFrame({"community": [f"c{k:02d}" for k in range(columns)], "block": right})
    return Shares(one, other, matrix, rows)


def test_the_order_has_few_crossings():
    rng = np.random.default_rng(1)
    straight = np.diag(np.arange(3, 15))
    rows, columns = rng.permutation(12), rng.permutation(12)
    mixed = tangle(straight[np.ix_(rows, columns)])
    assert crossings(mixed.bands) > 0
    done = mixed.untangled()
    assert crossings(done.bands) == 0
    names = {int(name[1:]): k for k, name in enumerate(done.left["group"])}
    for group, community in zip(done.left["group"], done.right["community"], strict=True):
        assert rows[int(group[1:])] == columns[int(community[1:])]
    assert len(names) == 12
    noisy = tangle(straight[np.ix_(rows, columns)] + rng.integers(0, 2, (12, 12)))
    assert crossings(noisy.untangled().bands) < 0.5 * crossings(noisy.bands)


def test_blocks_of_one_kind_keep_together():
    rng = np.random.default_rng(2)
    matrix = rng.integers(0, 5, (8, 9))
    done = tangle(matrix, left=[0, 1, 2, 0, 1, 2, 0, 1], right=[0, 3, 2, 0, 0, 2, 0, 0, 0]).untangled()
    assert done.left["block"].is_monotonic_increasing
    assert done.right["block"].is_monotonic_increasing
    for group, row in zip(done.left["group"], done.bands, strict=True):
        for community, people in zip(done.right["community"], row, strict=True):
            assert people == matrix[int(group[1:]), int(community[1:])]


def test_twenty_five_by_twenty_five_does_not_overlap(cliques):
    value = cliques(*[8 + k % 5 for k in range(25)])
    assert len(value.summary) == 25
    people = value.graph.people["person"].tolist()
    rng = np.random.default_rng(3)
    rosters = {
        f"Community of practice {k}": sorted({*value.people(f"C{k + 1}")[:3], *rng.choice(people, 4)})
        for k in range(25)
    }
    for figure in (None, Figure(figsize=(6, 4))):
        ax = plot_flow(groups_of(rosters), value, ax=figure.add_subplot() if figure else None)
        drawn(ax)
        words = [
            text
            for text in ax.texts
            if text.get_text().endswith((")", "undeclared")) and "(members" not in text.get_text()
        ]
        boxes = [text.get_window_extent() for text in words if not text.get_text().startswith("found")]
        assert len(boxes) >= 50
        room = ax.get_window_extent()
        for box in boxes:
            assert box.x0 >= room.x0 - 1
            assert box.x1 <= room.x1 + 1
        for one, other in itertools.combinations(boxes, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert not (across > 1 and down > 1)


def test_many_are_drawn_together(cliques):
    value = cliques(*range(3, 15))
    rosters = {f"G{k}": value.people("C1")[: k + 2] for k in range(6)}
    small = shares_of(value, rosters, most=5)
    assert len(small.left) == 5
    assert small.groups == 6
    assert OTHERS in small.right["community"].tolist()
    assert small.right["size"].sum() == value.summary["size"].sum()
    assert small.bands.sum() == sum(k + 2 for k in range(1, 6))
    ax = plot_flow(groups_of(rosters), value, most=5, ax=Figure(figsize=(8, 5)).add_subplot())
    assert any("Drawn are the 5 largest groups" in text.get_text() for text in ax.texts)


def test_somebody_in_several_is_in_several_bands(overlapping):
    value = shares_of(overlapping, {"Four": person(0, 1, 9, 15)})
    table = dict(zip(value.right["community"], value.bands[0].tolist(), strict=True))
    assert table["B1"] == 4
    assert value.bands.sum() == 8
    assert value.left["size"].tolist() == [4]


def test_nobody_declared_and_nothing_found(found, cliques):
    empty = Verdicts(
        pd.DataFrame({"group": ["None"], "verdict": ["insufficient"]}, dtype="string"),
        pd.DataFrame({"group": [], "person": []}, dtype="string"),
        pd.DataFrame(),
        record("assess_groups"),
    )
    ax = plot_flow(empty, found, ax=Figure().add_subplot())
    assert ax.texts[0].get_text() == "No declared group has a member."
    nothing = cliques(1, alone=3)
    ax = plot_flow(groups_of({"Two": person(0, 1)}), nothing, ax=Figure().add_subplot())
    assert any(text.get_text().startswith(NONE[0]) for text in ax.texts)
    drawn(ax)


def test_equal_input_gives_equal_pictures(found, rosters):
    with mpl.rc_context({"svg.hashsalt": "0"}):
        once = drawn(plot_flow(groups_of(rosters), found, ax=Figure().add_subplot()))
        again = drawn(plot_flow(groups_of(dict(reversed(rosters.items()))), found, ax=Figure().add_subplot()))
    assert once == again


def test_options_are_checked(found, rosters):
    groups = groups_of(rosters)
    with pytest.raises(InputError, match="Did you mean 'Mixed'"):
        plot_flow(groups, found, groups=["Mixd"])
    with pytest.raises(InputError, match="most"):
        plot_flow(groups, found, most=0)
    with pytest.raises(InputError, match="assess_groups"):
        plot_flow("groups", found)
