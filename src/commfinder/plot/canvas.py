"""The ground of a picture: axes without scales, room for the legend, text in points, a caption."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from commfinder.errors import InputError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["DARK", "GREY", "Canvas", "Section", "open_axes", "sentence"]

DARK, GREY = "#2B2B2B", "#6B6B6B"
_TITLE, _TEXT, _SMALL, _SMALLEST = 12.0, 9.0, 8.0, 4.5
# Height of a line of the legend, in sizes of the type, and lines that a section takes beside its own.
_LEADING, _BETWEEN = 1.7, 2.2
# Mean width of a letter, in sizes of the type.
_WIDE, _WIDE_BOLD = 0.58, 0.72


@dataclass(frozen=True)
class Section:
    """A part of the legend.

    Parameters
    ----------
    heading : str
        What the part is of.
    lines : tuple of (matplotlib.artist.Artist, str)
        Sample and text of each line.
    """

    heading: str
    lines: tuple[tuple[Artist, str], ...]


class Canvas:
    """Axes that a map is drawn on, with the scale that tells how large a text is in the map.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes; everything stays within them.
    low, high : ndarray, shape (2,)
        Corners of the map.
    sections : sequence of Section
        The legend, which needs room.
    caption : str
        What is said under the map.
    """

    def __init__(
        self, ax: Axes, low: npt.NDArray[Any], high: npt.NDArray[Any], sections: Sequence[Section], caption: str
    ) -> None:
        self.ax = ax
        figure = ax.get_figure(root=True)
        box = ax.get_position()
        size = figure.get_size_inches() * 72 if figure is not None else np.array([460.0, 345.0])
        wide, tall = float(box.width * size[0]), float(box.height * size[1])
        lines = textwrap.wrap(caption, max(30, int(wide / (_SMALL * 0.5))))
        below = len(lines) * _SMALL * 1.5 + 6 if lines else 0.0
        # In small axes the legend is set smaller, so that it fits beside the map and above the caption.
        heads = [section.heading for section in sections]
        longest = max(map(len, [*heads, *(text for section in sections for _, text in section.lines)]), default=0)
        rows = sum(len(section.lines) + _BETWEEN for section in sections)
        self._type = min(_SMALL, 0.4 * wide / (longest * _WIDE + 5), (tall - below) / (max(rows, 1) * _LEADING))
        self._type = max(self._type, _SMALLEST)
        right = self._type * (longest * _WIDE + 5) if sections else 0.0
        span = np.maximum(high - low, 1e-9)
        self.points = float(min((wide - right) / span[0], (tall - below) / span[1]))
        """Points of one unit of the map."""
        self._right, self._tall = right / wide, tall
        spare = np.array([(wide - right) / self.points, (tall - below) / self.points]) - span
        ax.set_aspect("equal", adjustable="box")
        ax.set_xlim(low[0] - spare[0] / 2, high[0] + spare[0] / 2 + right / self.points)
        ax.set_ylim(low[1] - spare[1] / 2 - below / self.points, high[1] + spare[1] / 2)
        ax.set_axis_off()
        for number, line in enumerate(reversed(lines)):
            self.note(0.0, (4 + number * _SMALL * 1.5) / tall, line)

    def note(self, x: float, y: float, text: str) -> None:
        """Write a line of the caption, at a share of the axes."""
        self.ax.text(
            x,
            y,
            text,
            transform=self.ax.transAxes,
            fontsize=_SMALL,
            color=GREY,
            ha="left",
            va="bottom",
            parse_math=False,
        )

    def title(self, text: str) -> None:
        """Write the title."""
        self.ax.set_title(text, loc="left", fontsize=_TITLE, color=DARK, fontweight="bold", parse_math=False)

    def write(self, x: float, y: float, text: str, size: float, **options: Any) -> None:
        """Write text at a place of the map, centred, never as mathematics."""
        given = {"color": DARK, "ha": "center", "va": "center", "zorder": 6, "parse_math": False, **options}
        self.ax.text(x, y, text, fontsize=size, **given)

    def fitting(self, text: str, width: float) -> float:
        """Return the size of type, in points, in which bold text is as wide as a length of the map."""
        return width * self.points / (_WIDE_BOLD * max(len(text), 1))

    def legend(self, sections: Sequence[Section]) -> None:
        """Draw the legend at the right, within the axes, section below section."""
        top = 1.0
        for number, section in enumerate(sections):
            made = self.ax.legend(
                [handle for handle, _ in section.lines],
                [text for _, text in section.lines],
                title=section.heading,
                loc="upper left",
                bbox_to_anchor=(1.0 - self._right, top),
                alignment="left",
                frameon=False,
                fontsize=self._type,
                title_fontproperties={"size": self._type, "weight": "bold"},
                borderpad=0.0,
                borderaxespad=0.0,
                handlelength=1.8,
                labelspacing=0.55,
            )
            for text in [made.get_title(), *made.get_texts()]:
                text.set_parse_math(False)
                text.set_color(DARK)
            top -= (len(section.lines) + _BETWEEN) * _LEADING * self._type / self._tall
            if number < len(sections) - 1:
                # Axes keep the last legend only, unless the others are added as artists.
                self.ax.add_artist(made)


def open_axes(ax: Axes | None, *, side: float) -> Axes:
    """Return the axes given, or those of a new figure with a map of `side` inches; nothing is shown.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The caller's axes.
    side : float
        Inches of the side of the map in a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If `ax` is something else.
    """
    from matplotlib.axes import Axes

    if ax is None:
        # A figure that pyplot knows is shown by a notebook when the cell ends, and by nobody else unasked.
        from matplotlib import pyplot as plt

        figure = plt.figure(figsize=(side + 2.6, side + 0.6))
        return figure.add_axes((0.02, 0.02, 0.96, 0.92))
    if not isinstance(ax, Axes):
        raise InputError(
            f"ax is a {type(ax).__name__}.", need="Matplotlib Axes are needed.", hint="Take them from plt.subplots()."
        )
    return ax


def sentence(ax: Axes, text: str) -> Axes:
    """Write one sentence on otherwise empty axes."""
    ax.set_axis_off()
    ax.text(
        0.5,
        0.5,
        "\n".join(textwrap.wrap(text, 60)),
        transform=ax.transAxes,
        fontsize=_TEXT + 2,
        color=GREY,
        ha="center",
        va="center",
        parse_math=False,
    )
    return ax
