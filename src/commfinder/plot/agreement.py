"""The picture of a survey: how many nominations the traces show, per unit and group, beside what chance would give."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from commfinder import _validate
from commfinder.declared.survey import SurveyAgreement
from commfinder.plot.canvas import DARK, GREY
from commfinder.plot.palette import shown
from commfinder.plot.rows import open_rows, row_type, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_agreement"]

_EVERYBODY, _ANSWERED = "everybody", "answered"
_SHARE, _CHANCE = "#332288", "#999933"
_LETTER, _LONGEST, _SMALLEST, _SCALE = 0.6, 30, 3.0, 34


def plot_agreement(found: SurveyAgreement, *, ax: Axes | None = None, most: int = 60) -> Axes:
    """Draw how many nominations of each unit and declared group have a tie in the traces.

    Parameters
    ----------
    found : SurveyAgreement
        The agreement.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    most : int, default 60
        Of more units and groups, those with most respondents are drawn, and the picture says so.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    The disc is the share of nominations that have a tie, the line its 95 % interval, the hollow diamond the share that
    activity and formal structure would give. At the right stands how many answered; where too few did, nothing else.

    Examples
    --------
    >>> from commfinder.declared.answers import read_survey
    >>> from commfinder.declared.survey import compare_survey
    >>> from commfinder.graph import build_graph
    >>> from commfinder.interactions import Interactions
    >>> from matplotlib.figure import Figure
    >>> met = {"sender": list("abc"), "recipient": list("bca")}
    >>> graph = build_graph(Interactions.from_frame(met, medium="meeting"))
    >>> answers = read_survey({"respondent": ["a"], "nominee": ["b"]})
    >>> plot_agreement(compare_survey(graph, answers), ax=Figure().add_subplot()).get_title(loc="left")
    'Answers and traces: 1 of 3 people answered'
    """
    most = _validate.count(most, what="most")
    whole = found.to_frame()
    parts = whole.iloc[1:]
    kept = parts.sort_values(["respondents", "name"], ascending=[False, True], kind="stable").head(most)
    table = pd.concat([whole.head(1), parts[parts.index.isin(kept.index)]])
    names = [_EVERYBODY, *(shown(str(name), _LONGEST) for name in table["name"].iloc[1:])]
    longest = max(map(len, [*names, _scopes(table), f"{_EVERYBODY}.."]))
    ax = open_rows(ax, rows=len(table), inches=5.5 + 0.075 * longest)
    told = [f"{row['respondents']:,} of {row['people']:,}" for row in table.to_dict("records")]
    words = max(map(len, [*told, _ANSWERED]))
    letters = longest + _SCALE + words + 3
    size = max(min(row_type(ax, len(table)), width_of(ax) / (_LETTER * letters)), _SMALLEST)
    room = width_of(ax) / (_LETTER * size)
    left, right = (longest + 1) / room, 1 - (words + 2) / room
    _ground(ax, len(table), left, right, size)
    for number, (row, name, text) in enumerate(zip(table.to_dict("records"), names, told, strict=True)):
        _row(ax, number, row, size, left)
        _write(ax, left - 0.015, number, name, size, ha="right", fontweight="normal" if number else "bold")
        _write(ax, 0.995, number, text, size, ha="right")
    for x, text, side in ((left - 0.015, _scopes(table), "right"), (0.995, _ANSWERED, "right")):
        _write(ax, x, -1, text, max(size - 1, 2.0), ha=side, color=GREY)
    first = whole.iloc[0]
    title = f"Answers and traces: {first['respondents']:,} of {first['people']:,} people answered"
    ax.set_title(title, loc="left", fontsize=11, color=DARK, fontweight="bold", parse_math=False)
    said = "Nominations that have a tie in the traces, with 95 % interval; hollow: by chance."
    if len(kept) < len(parts):
        said += f"\nDrawn are the {len(kept)} with most respondents of {len(parts)}."
    ax.set_xlabel(said, loc="left", fontsize=8, color=GREY, parse_math=False)
    return ax


def _scopes(table: pd.DataFrame) -> str:
    """Return what the rows are of."""
    return ", ".join(dict.fromkeys(str(scope) for scope in table["scope"].iloc[1:]))


def _ground(ax: Axes, rows: int, left: float, right: float, size: float) -> None:
    """Make the scale of shares between the columns of words."""
    wide = max(right - left, 0.05)
    ax.set_xlim(-left / wide, (1 - left) / wide)
    ax.set_ylim(rows - 0.4, -1.4)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks], fontsize=min(size, 8), color=GREY)
    ax.set_yticks([])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    for number in range(0, rows, 2):
        ax.axhspan(number - 0.5, number + 0.5, facecolor="#F3F3F0", edgecolor="none", zorder=0)
    for tick in ticks:
        ax.plot([tick, tick], [rows - 0.5, -0.5], color="#D4D4D4", linewidth=0.7, zorder=1)


def _row(ax: Axes, y: int, row: Mapping[Hashable, Any], size: float, left: float) -> None:
    """Draw the share, its interval and chance, or say that too few answered."""
    if pd.isna(row["confirmed_share"]):
        _write(ax, left + 0.015, y, "too few answers to tell", 0.92 * size, color=GREY, style="italic")
        return
    ax.plot([row["share_low"], row["share_high"]], [y, y], color=_SHARE, linewidth=max(0.22 * size, 0.8), zorder=3)
    chance: dict[str, Any] = {"marker": "D", "markersize": 0.65 * size, "markerfacecolor": "white", "zorder": 4}
    ax.plot([row["expected_share"]], [y], markeredgecolor=_CHANCE, markeredgewidth=1.3, linestyle="none", **chance)
    share: dict[str, Any] = {"marker": "o", "markersize": 0.8 * size, "color": _SHARE, "zorder": 5}
    ax.plot([row["confirmed_share"]], [y], linestyle="none", label=str(row["name"]), **share)


def _write(ax: Axes, x: float, y: float, text: str, size: float, **options: Any) -> None:
    """Write text on a row, never as mathematics."""
    given = {"color": DARK, "va": "center_baseline", "parse_math": False, **options}
    ax.text(x, y, text, fontsize=size, transform=ax.get_yaxis_transform(), zorder=5, **given)
