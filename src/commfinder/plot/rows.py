"""The ground of a picture of rows: axes as high as there are rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commfinder.plot.canvas import open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["height_of", "open_rows", "row_type", "width_of"]

_EACH, _ABOVE, _BELOW = 0.25, 0.55, 0.65
_LARGEST, _SMALLEST = 9.0, 2.0


def open_rows(ax: Axes | None, *, rows: int, inches: float = 7.2, below: float = _BELOW) -> Axes:
    """Return the axes given, or those of a new figure that is high enough for some rows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The caller's axes.
    rows : int
        How many rows there are.
    inches : float, default 7.2
        Width of a new figure.
    below : float, default 0.65
        Inches under the rows of a new figure, for what is written below the axes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if ax is not None:
        return open_axes(ax, side=5.0)
    from matplotlib import pyplot as plt

    tall = _ABOVE + below + _EACH * (rows + 1)
    figure = plt.figure(figsize=(inches, tall))
    return figure.add_axes((0.02, below / tall, 0.96, 1 - (_ABOVE + below) / tall))


def height_of(ax: Axes) -> float:
    """Return the height of axes in points."""
    figure = ax.get_figure(root=True)
    inches = float(figure.get_size_inches()[1]) if figure is not None else 4.8
    return float(ax.get_position().height) * inches * 72


def width_of(ax: Axes) -> float:
    """Return the width of axes in points."""
    figure = ax.get_figure(root=True)
    inches = float(figure.get_size_inches()[0]) if figure is not None else 6.4
    return float(ax.get_position().width) * inches * 72


def row_type(ax: Axes, rows: int) -> float:
    """Return the size of type, in points, in which a line fits a row."""
    return float(min(max(0.62 * height_of(ax) / (rows + 1), _SMALLEST), _LARGEST))
