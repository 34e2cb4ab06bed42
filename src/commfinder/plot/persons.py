"""Draw people as dots in the disc of their main community."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.plot.canvas import DARK, GREY, Canvas, Section
from commfinder.plot.palette import Palette, shown

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Crowd", "draw_persons"]

IntArray = npt.NDArray[np.int64]

# Seats lie about 1.65 apart; a dot of somebody in the core nearly fills its seat.
_CORE, _OTHERS, _NAMED = 1.3, 0.85, 0.65
_TIE = "#7F868F"


@dataclass(frozen=True, eq=False)
class Crowd:
    """All that the map of people shows.

    Parameters
    ----------
    people : pandas.DataFrame
        person, x, y, core (in any community), several (communities), in the order of the graph.
    discs : pandas.DataFrame
        community (missing for the disc of those in none), size, x, y, radius.
    ties : tuple of two ndarray of int64
        Ends of the ties that are drawn.
    colours : Palette
        The palette, of the people in the same order.
    noun : str
        What the colours are of.
    title, caption : str
        What is written.
    labels, names : bool
        Whether communities, and people, are named.
    """

    people: pd.DataFrame
    discs: pd.DataFrame
    ties: tuple[IntArray, IntArray]
    colours: Palette
    noun: str
    title: str
    caption: str
    labels: bool
    names: bool


def draw_persons(ax: Axes, crowd: Crowd) -> Axes:
    """Draw the crowd on axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    crowd : Crowd
        What is drawn.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.0, foreground="white")]
    centre = crowd.discs[["x", "y"]].to_numpy(dtype=np.float64)
    radius = crowd.discs["radius"].to_numpy(dtype=np.float64)
    sections = _legend(crowd)
    margin = 0.03 * float(np.ptp(centre, axis=0).max() + 2 * radius.max()) + 1.0
    low, high = (centre - radius[:, None]).min(axis=0) - margin, (centre + radius[:, None]).max(axis=0) + margin
    canvas = Canvas(ax, low, high, sections, crowd.caption)
    canvas.title(crowd.title)
    xy = crowd.people[["x", "y"]].to_numpy(dtype=np.float64)
    a, b = crowd.ties
    alpha = float(np.clip(250 / max(len(a), 1), 0.05, 0.5))
    drawn = LineCollection(list(np.stack([xy[a], xy[b]], axis=1)), linewidths=0.5, colors=_TIE, alpha=alpha, zorder=2)
    ax.add_collection(drawn, autolim=False)
    size = float(np.clip(0.5 * np.median(radius) * canvas.points, 5.5, 9.0))
    for name, x, y, reach in crowd.discs[["community", "x", "y", "radius"]].itertuples(index=False):
        none = pd.isna(name)
        edge = Circle((x, y), reach + 0.35, facecolor="#F4F4F2", edgecolor=GREY, linewidth=0.8, zorder=1)
        edge.set_linestyle("dotted" if none else "solid")
        ax.add_artist(edge)
        if crowd.labels:
            text = "in none" if none else shown(str(name), 12)
            above = y + reach + 0.35 + 1.5 / canvas.points
            canvas.write(x, above, text, size, va="bottom", fontweight="bold", path_effects=halo)
    _draw_dots(canvas, crowd, xy)
    canvas.legend(sections)
    return ax


def _draw_dots(canvas: Canvas, crowd: Crowd, xy: npt.NDArray[np.float64]) -> None:
    """Draw the dots, each unit with its colour and marker; who is in several communities has a ring."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=1.5, foreground="white")]
    core = crowd.people["core"].to_numpy(dtype=bool)
    several = crowd.people["several"].to_numpy(dtype=bool)
    # Names take the room of a part of each dot.
    across = np.where(core, _CORE, _OTHERS) * canvas.points * (_NAMED if crowd.names else 1.0)
    for number, entry in enumerate(crowd.colours.entries):
        here = crowd.colours.of == number
        canvas.ax.scatter(
            xy[here, 0],
            xy[here, 1],
            s=across[here] ** 2 * (1.6 if entry.marker == "." else 1.0),
            c=entry.colour,
            marker=entry.marker,
            edgecolors=GREY if entry.marker == "." else "white",
            linewidths=0.4,
            zorder=3,
        )
    if several.any():
        # A ring around the dot is seen on every colour.
        sizes = (1.25 * across[several] + 1.5) ** 2
        canvas.ax.scatter(
            xy[several, 0], xy[several, 1], s=sizes, facecolors="none", edgecolors=DARK, linewidths=0.9, zorder=4
        )
    if crowd.names:
        for (x, y), person in zip(xy.tolist(), crowd.people["person"], strict=True):
            canvas.write(x, y - 0.5 * _CORE * _NAMED, shown(str(person)), 5.0, va="top", path_effects=halo)


def _legend(crowd: Crowd) -> list[Section]:
    """Return the sections of the legend."""
    made = []
    if crowd.colours.known:
        lines = [(_dot(entry.colour, entry.marker, 7.5), entry.plain_key) for entry in crowd.colours.entries]
        made.append(Section(f"A dot a person, by {crowd.noun}", tuple(lines)))
    standing = [(_dot(GREY, "o", 8.0), "core"), (_dot(GREY, "o", 5.2), "not core")]
    if crowd.people["several"].any():
        standing.append((_dot("none", "o", 8.0, DARK), "in several communities"))
    return [*made, Section("Standing", tuple(standing))]


def _dot(colour: str, marker: str, size: float, edge: str = "white") -> Artist:
    """Return a sample of a dot."""
    from matplotlib.lines import Line2D

    made = Line2D([], [], linestyle="none", marker=marker, color=colour, markersize=size)
    made.set(markeredgecolor=GREY if marker == "." else edge, markeredgewidth=1.1 if edge == DARK else 0.4)
    return made
