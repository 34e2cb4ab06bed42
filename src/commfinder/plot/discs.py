"""Draw communities as discs: area by size, a ring of units, lines where there is more contact than expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.plot.canvas import DARK, GREY, Canvas, Section
from commfinder.plot.palette import Palette, ink_on, shown

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Picture", "draw_discs", "drawn_lines", "edge_style"]

FloatArray = npt.NDArray[np.float64]
Style = Literal["solid", "dashed", "dotted"]

# Width of the ring, in radii; thinner where the name would not fit else.
_RING, _THIN_RING = 0.40, 0.26
_SMALLEST_TYPE, _LARGEST_TYPE, _LETTER = 4.5, 13.0, 6.0
_LINES_EACH, _FEWEST_TIES = 1.5, 3
_SAMPLES = (1.5, 3.0, 6.0)
_LINE = "#9A9FA6"


@dataclass(frozen=True, eq=False)
class Picture:
    """All that the map of communities shows.

    Parameters
    ----------
    discs : pandas.DataFrame
        community, size, x, y, radius, confidence, beyond (whether it was found beyond formal structure).
    shares : ndarray of int64, shape (communities, values)
        Members of each community with each value of the palette.
    lines : pandas.DataFrame
        The contacts that are drawn: community_a, community_b, ratio.
    colours : Palette
        The palette.
    noun : str
        What the colours are of: ``"unit"``.
    title, caption : str
        What is written.
    labels : bool
        Whether communities are named.
    """

    discs: pd.DataFrame
    shares: npt.NDArray[np.int64]
    lines: pd.DataFrame
    colours: Palette
    noun: str
    title: str
    caption: str
    labels: bool


def edge_style(confidence: float) -> Style:
    """Return the style of an edge: solid where more likely real than not, dashed where not, dotted where not known."""
    if np.isnan(confidence):
        return "dotted"
    return "solid" if confidence >= 0.5 else "dashed"


def draw_discs(ax: Axes, picture: Picture) -> Axes:
    """Draw the picture on axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    picture : Picture
        What is drawn.

    Returns
    -------
    matplotlib.axes.Axes
    """
    xy = picture.discs[["x", "y"]].to_numpy(dtype=np.float64)
    radius = picture.discs["radius"].to_numpy(dtype=np.float64)
    sections = _legend(picture)
    margin = 0.03 * float(np.ptp(xy, axis=0).max() + 2 * radius.max())
    low, high = (xy - radius[:, None]).min(axis=0) - margin, (xy + radius[:, None]).max(axis=0) + margin
    canvas = Canvas(ax, low, high, sections, picture.caption)
    canvas.title(picture.title)
    _draw_lines(canvas, picture.discs, picture.lines)
    told = bool(picture.discs["confidence"].notna().any())
    for number, row in enumerate(picture.discs.to_dict("records")):
        disc = _Disc(xy[number], float(radius[number]), shown(str(row["community"]), 12), int(row["size"]))
        ring = _ring(canvas, disc)
        _draw_ring(canvas, disc, ring, picture.shares[number], picture.colours)
        _draw_edge(canvas, disc, edge_style(float(row["confidence"])) if told else "solid", double=bool(row["beyond"]))
        if picture.labels:
            _draw_label(canvas, disc, ring)
    canvas.legend(sections)
    return ax


@dataclass(frozen=True, eq=False)
class _Disc:
    """One disc: its middle and radius in the map, its name and how many people it has."""

    centre: FloatArray
    radius: float
    name: str
    people: int


def drawn_lines(contacts: pd.DataFrame, discs: int) -> pd.DataFrame:
    """Choose the contacts to draw: more than expected, of some ties, and not more than can be followed by eye.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Of `commfinder.communities.layout.between`.
    discs : int
        How many communities are drawn; there are at most one and a half times as many lines.

    Returns
    -------
    pandas.DataFrame
        The rows of the largest excess of weight over expected, largest first.
    """
    worth = contacts[(contacts["ratio"] > 1) & (contacts["ties"] >= _FEWEST_TIES)]
    excess = worth["weight"] - worth["expected"]
    ordered = worth.assign(_excess=excess).sort_values("_excess", ascending=False, kind="stable")
    return ordered.drop(columns="_excess").head(round(_LINES_EACH * discs))


def _width(ratio: float) -> float:
    """Return the width of a line in points."""
    return float(0.4 + 1.2 * np.log2(min(max(ratio, 1.0), 16.0)))


def _draw_lines(canvas: Canvas, discs: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Draw the lines below everything else, the widest lowest."""
    from matplotlib.collections import LineCollection

    if not len(lines):
        return
    place = {name: (x, y) for name, x, y in zip(discs["community"], discs["x"], discs["y"], strict=True)}
    ordered = lines.sort_values("ratio", ascending=False, kind="stable")
    segments = [
        [place[one], place[other]] for one, other in zip(ordered["community_a"], ordered["community_b"], strict=True)
    ]
    widths = [_width(ratio) for ratio in ordered["ratio"]]
    drawn = LineCollection(segments, linewidths=widths, colors=_LINE, alpha=0.55, zorder=1, capstyle="round")
    canvas.ax.add_collection(drawn, autolim=False)


def _ring(canvas: Canvas, disc: _Disc) -> float:
    """Return the width of the ring: thin where the name would not fit into the hole else."""
    fits = canvas.fitting(disc.name, 1.6 * (1 - _RING) * disc.radius) >= _SMALLEST_TYPE + 1.0
    return disc.radius * (_RING if fits else _THIN_RING)


def _draw_ring(canvas: Canvas, disc: _Disc, ring: float, share: npt.NDArray[np.int64], colours: Palette) -> None:
    """Draw a white disc with a ring of wedges, one for each unit, from the top clockwise."""
    from matplotlib.patches import Circle, Wedge

    middle = (float(disc.centre[0]), float(disc.centre[1]))
    canvas.ax.add_artist(Circle(middle, disc.radius, facecolor="white", edgecolor="none", zorder=2))
    total, turned = int(share.sum()), 0
    for value in np.flatnonzero(share).tolist():
        entry, count = colours.entries[int(colours.entry_of[value])], int(share[value])
        end, begin = 90 - 360 * turned / total, 90 - 360 * (turned + count) / total
        turned += count
        wedge = Wedge(middle, disc.radius, begin, end, width=ring, facecolor=entry.colour, zorder=3)
        wedge.set(edgecolor="white" if count < total else "none", linewidth=0.6)
        wedge.set_label(f"{disc.name}: {count} of {entry.label}")
        canvas.ax.add_artist(wedge)
        along = (disc.radius - ring / 2) * np.radians(end - begin)
        size = min(canvas.points * 0.62 * min(ring, 0.9 * along), 9.0)
        if entry.letter and size >= _LETTER:
            angle = np.radians((begin + end) / 2)
            x, y = disc.centre + (disc.radius - ring / 2) * np.array([np.cos(angle), np.sin(angle)])
            canvas.write(float(x), float(y), entry.letter, size, color=ink_on(entry.colour))


def _draw_edge(canvas: Canvas, disc: _Disc, style: Style, *, double: bool) -> None:
    """Draw the edge of a disc, twice for a community beyond formal structure."""
    from matplotlib.patches import Circle

    middle = (float(disc.centre[0]), float(disc.centre[1]))
    for far in (0.0, 2.4)[: 1 + double]:
        edge = Circle(middle, disc.radius + far / canvas.points, fill=False, zorder=4)
        edge.set(edgecolor=DARK, linewidth=0.9 if style == "solid" else 1.3, linestyle=style)
        canvas.ax.add_artist(edge)


def _draw_label(canvas: Canvas, disc: _Disc, ring: float) -> None:
    """Write the name and the size into the hole of the ring, or what of it can be read."""
    hole = 1.85 * (disc.radius - ring)
    x, y = float(disc.centre[0]), float(disc.centre[1])
    size = min(canvas.fitting(disc.name, hole), _LARGEST_TYPE)
    # Two lines lie off the middle, where the hole is narrower.
    both = min(0.86 * canvas.fitting(disc.name, hole), 0.4 * hole * canvas.points, _LARGEST_TYPE)
    if both >= _SMALLEST_TYPE + 1.5:
        step = 0.6 * both / canvas.points
        canvas.write(x, y + 0.8 * step, disc.name, both, fontweight="bold")
        canvas.write(x, y - 1.0 * step, f"{disc.people:,}", 0.85 * both, color=GREY)
    elif size >= _SMALLEST_TYPE:
        canvas.write(x, y, disc.name, size, fontweight="bold")


def _legend(picture: Picture) -> list[Section]:
    """Return the sections of the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    made = []
    if picture.colours.known:
        units = tuple((Patch(facecolor=entry.colour), entry.key) for entry in picture.colours.entries)
        made.append(Section(f"Members by {picture.noun}", units))
    if len(picture.lines):
        widths = [Line2D([], [], color=_LINE, linewidth=_width(ratio), alpha=0.8) for ratio in _SAMPLES]
        samples = tuple((line, f"{ratio:g} times") for line, ratio in zip(widths, _SAMPLES, strict=True))
        made.append(Section("Contact over expected", samples))
    edges: list[tuple[Artist, str]] = []
    if picture.discs["confidence"].notna().any():
        styles = {edge_style(float(value)) for value in picture.discs["confidence"]}
        words: dict[Style, str] = {
            "solid": "confidence at least 0.5",
            "dashed": "confidence below 0.5",
            "dotted": "confidence not known",
        }
        edges += [
            (Line2D([], [], color=DARK, linewidth=1.2, linestyle=style), text)
            for style, text in words.items()
            if style in styles
        ]
    if picture.discs["beyond"].any():
        edges.append(
            (
                Line2D([], [], color=DARK, linestyle="none", marker="o", markersize=8, fillstyle="none"),
                "double: beyond formal structure",
            )
        )
    return made + ([Section("Edge of a disc", tuple(edges))] if edges else [])
