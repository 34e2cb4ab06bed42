"""The picture of a change: week by week what was measured, the levels before and after, and the day of the change."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.palette import shown
from commfinder.plot.rows import height_of, open_rows, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from commfinder.delivery import Impact

__all__ = ["plot_impact"]

_BEFORE, _AFTER = "#7F868F", "#332288"
_SCALES = {
    "cycle": "cycle time of a case, business hours",
    "elapsed": "business hours from one person's act to the next one's",
    "throughput": "cases that end, per week",
    "rework": "share of cases in which work comes back",
}
_ROWS, _INCHES, _LEFT, _TITLE = 14, 8.2, 0.09, 9.5


def plot_impact(impact: Impact, *, ax: Axes | None = None, outcome: str | None = None) -> Axes:
    """Draw what was measured before and after a change.

    Parameters
    ----------
    impact : Impact
        The impact.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    outcome : {"cycle", "elapsed", "throughput", "rework"}, optional
        Which outcome; by default the one that the impact was asked for.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If there is no such outcome.

    Notes
    -----
    A dot is a week. The lines are the levels before and after, in bands of their 95 % intervals; the dotted line is the
    change. What follows from them, and how sure that is, stands above: a step that the eye sees need not be one.

    Examples
    --------
    >>> from commfinder.delivery import BusinessHours, Cases, measure_impact
    >>> from matplotlib.figure import Figure
    >>> day = pd.Timestamp("2026-07-01", tz="UTC")
    >>> log = {"case": list("1122"), "person": list("abab"), "time": [day + pd.Timedelta(h, "h") for h in (0, 5, 1, 6)]}
    >>> impact = measure_impact(Cases.of(log), changed_on="2027-01-01", calendar=BusinessHours.always())
    >>> plot_impact(impact, ax=Figure().add_subplot()).get_title(loc="left")
    ''
    """
    names = impact.frame["outcome"].tolist()
    asked = names[0] if outcome is None else _validate.choice(outcome, names, what="outcome")
    row = impact.frame.iloc[names.index(asked)]
    weeks = impact.weeks[(impact.weeks["outcome"] == asked) & impact.weeks["value"].notna()]
    if weeks.empty:
        return sentence(open_rows(ax, rows=5, inches=_INCHES), str(row["told"]) or impact.told[0])
    own = ax is None
    ax = open_rows(ax, rows=_ROWS, inches=_INCHES, below=0.55)
    # A number and its % keep together.
    told = shown(str(row["told"]), 400).replace(" %", "\N{NO-BREAK SPACE}%")
    wrapped = textwrap.wrap(told, max(30, int(width_of(ax) / (_TITLE * 0.58))))
    if own:
        # A scale needs room at the left, which a picture of rows does not, and the words need theirs above.
        box, above = ax.get_position(), 1.3 * _TITLE * (len(wrapped) - 1) / height_of(ax)
        ax.set_position((_LEFT, box.y0, box.x1 - _LEFT, box.height * (1 - above)))
    _weeks(ax, weeks, row, impact.changed_on)
    _dress(ax, weeks, asked)
    ax.set_title("\n".join(wrapped), loc="left", fontsize=_TITLE, color=DARK, fontweight="bold", parse_math=False)
    return ax


def _weeks(ax: Axes, weeks: pd.DataFrame, row: pd.Series[Any], changed: pd.Timestamp) -> None:
    """Draw the weeks, the levels on both sides with their intervals, and the change."""
    moment = _naive(weeks["week"])
    after = weeks["after"].to_numpy(dtype=bool)
    middle = moment + pd.Timedelta(3.5, "D")
    when = _naive(pd.Series([changed])).iloc[0]
    for side, name, colour in ((~after, "before", _BEFORE), (after, "after", _AFTER)):
        if not side.any():
            continue
        ax.plot(middle[side], weeks["value"].to_numpy()[side], "o", color=colour, markersize=4, zorder=3, label=name)
        ends = [moment[side].min(), moment[side].max() + pd.Timedelta(7, "D")]
        level, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
        if pd.notna(level):
            ax.plot(ends, [level, level], color=colour, linewidth=1.8, zorder=2)
            _write(ax, ends[0], level, _number(float(level)), colour)
        if pd.notna(low) and pd.notna(high):
            ax.fill_between(ends, float(low), float(high), color=colour, alpha=0.15, linewidth=0, zorder=1)
    ax.axvline(when, color=DARK, linewidth=1.0, linestyle=(0, (1, 2)), zorder=2)


def _naive(moments: pd.Series[Any]) -> pd.Series[Any]:
    """Return moments without their zone: the picture is in UTC, whatever Matplotlib is set to."""
    return pd.to_datetime(moments, utc=True).dt.tz_localize(None)


def _number(value: float) -> str:
    """Write a level with two or three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _write(ax: Axes, x: Any, y: float, text: str, colour: str) -> None:
    """Write the level over its line."""
    place: dict[str, Any] = {"xytext": (2, 2), "textcoords": "offset points", "ha": "left", "va": "bottom"}
    ax.annotate(text, (x, y), fontsize=8.5, color=colour, fontweight="bold", zorder=5, **place)


def _dress(ax: Axes, weeks: pd.DataFrame, outcome: str) -> None:
    """Draw the scales, and say what is drawn."""
    from matplotlib import dates

    made: Any = dates
    places = made.AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(places)
    ax.xaxis.set_major_formatter(made.ConciseDateFormatter(places))
    top = float(np.nanmax(weeks["value"].to_numpy(dtype=np.float64)))
    ax.set_ylim(0, max(top * 1.12, ax.get_ylim()[1] if ax.get_ylim()[1] < 3 * max(top, 1e-9) else 0.0, 1e-9))
    ax.tick_params(length=0, labelsize=8, labelcolor=GREY)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#D4D4D4")
    ax.grid(axis="y", color="#E6E6E6", linewidth=0.7, zorder=0)
    said = f"A dot a week: {_SCALES.get(outcome, outcome)}. Bands: 95 % intervals. Dotted: the change."
    ax.set_xlabel(said, loc="left", fontsize=8, color=GREY, parse_math=False)
