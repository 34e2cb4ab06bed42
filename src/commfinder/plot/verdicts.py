"""The picture of verdicts: one row per group, its ties over those expected with an interval, and what follows."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.declared import VERDICTS, Verdicts
from commfinder.errors import InputError, nearest
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.flow import plot_flow
from commfinder.plot.palette import shown
from commfinder.plot.rows import open_rows, row_type, width_of
from commfinder.plot.styles import STYLES, Style, by_verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_verdicts"]

# The scale of lift never goes beyond these; an interval that does ends in an arrow.
_LOWEST, _HIGHEST = 0.1, 100.0
# The bar that the lower end of an interval must pass for a group to be called real.
_BAR = 1.3
# Width of a letter in sizes of the type, and letters that the columns of words take.
_LETTER, _CHANCE, _LONGEST_NAME, _SHORTEST_NAME = 0.6, 11, 34, 8
# Letters of the sentence on a group that was not tested, and least share of the width that is left to the scale.
_SENTENCE, _SCALE, _SMALLEST = 40, 0.3, 3.0


def plot_verdicts(
    verdicts: Verdicts,
    *,
    ax: Axes | None = None,
    kind: str = "evidence",
    groups: Iterable[str] | None = None,
    most: int = 60,
    found: Communities | None = None,
) -> Axes:
    """Draw the evidence on each declared group, or with ``kind="flow"`` where its people are found.

    Parameters
    ----------
    verdicts : Verdicts
        The verdicts.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    kind : {"evidence", "flow"}, default "evidence"
        A row a group; or `plot_flow`, which shows declared groups beside found communities.
    groups : iterable of str, optional
        Only these groups.
    most : int, default 60
        Of more groups, those with most members are drawn, and the picture says so.
    found : Communities, optional
        Found communities, for ``kind="flow"``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If an option or a group is not known, or there are no communities for the flow.

    Notes
    -----
    Rows are sorted by verdict, the liveliest first, and then by lift. The mark is the lift (ties among the active
    members over those expected), the line its 95 % interval, on a scale of powers; an interval that leaves the scale
    ends in an arrow. Lines stand at 1, as many ties as expected, and at 1.3, which the whole interval of a real group
    must pass. Colour and shape of the mark both tell the verdict; a hollow mark says that it is not known. Of groups
    that could not be tested there is no mark but a sentence. The probability is that of the verdict; a dash says
    that there is none.

    Examples
    --------
    >>> from commfinder import DeclaredGroups, Interactions, assess_groups, build_graph
    >>> from matplotlib.figure import Figure
    >>> chat = {"sender": list("aabdde"), "recipient": list("bcceff")}
    >>> graph = build_graph(Interactions.from_frame(chat, medium="chat"))
    >>> groups = DeclaredGroups.from_frame({"group": "Readers", "person": list("abc")})
    >>> ax = plot_verdicts(assess_groups(graph, groups), ax=Figure().add_subplot())
    >>> ax.get_title(loc="left")
    '1 declared group: 1 insufficient'
    """
    _validate.choice(kind, ("evidence", "flow"), what="kind")
    most = _validate.count(most, what="most")
    if kind == "flow":
        if found is None:
            raise InputError(
                "kind='flow' needs the communities that were found.",
                hint="verdicts.plot(kind='flow', found=find_communities(graph)).",
            )
        return plot_flow(verdicts, found, ax=ax, groups=groups, most=most)
    whole = _chosen(verdicts.to_frame(), groups)
    table = whole.sort_values(["size", "group"], ascending=[False, True], kind="stable").head(most)
    table = _sorted(table)
    if table.empty:
        return sentence(open_rows(ax, rows=3), "There is no declared group to draw.")
    longest = max(len(shown(str(name), _LONGEST_NAME)) for name in table["group"])
    ax = open_rows(ax, rows=len(table), inches=6.5 + 0.075 * longest)
    _draw(ax, table)
    said = f"Drawn are the {len(table)} with most members of {len(whole)}." if len(table) < len(whole) else ""
    _words(ax, whole, said)
    return ax


def _chosen(frame: pd.DataFrame, groups: Iterable[str] | None) -> pd.DataFrame:
    """Keep the groups that are asked for."""
    if groups is None:
        return frame
    wanted = [groups] if isinstance(groups, str) else [str(one) for one in groups]
    known = set(frame["group"])
    for name in wanted:
        if name not in known:
            raise InputError(f"There is no group {name!r}.", hint=nearest(name, known))
    return frame[frame["group"].isin(wanted)]


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """Sort groups by verdict, and within one by lift; those without a lift last."""
    told = table.assign(_verdict=table["verdict"].map(by_verdict), _lift=-table["lift"].where(table["tested"]))
    told = told.sort_values(["_verdict", "_lift", "group"], kind="stable", na_position="last")
    return told.drop(columns=["_verdict", "_lift"]).reset_index(drop=True)


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the scale: around all intervals, and never beyond what can be told apart."""
    tested = table[table["tested"] & np.isfinite(table["lift"])]
    low = float(min([0.4, *(tested["lift_low"] * 0.85)]))
    high = float(max([4.0, *(tested["lift_high"] * 1.15)]))
    return max(low, _LOWEST), min(high, _HIGHEST)


@dataclass(frozen=True)
class _Sheet:
    """Where things stand: columns of words in shares of the width, ends of the scale, and the size of type."""

    names: float
    words: float
    low: float
    high: float
    size: float
    letters: int

    @classmethod
    def of(cls, ax: Axes, table: pd.DataFrame) -> _Sheet:
        """Give words the room they need, and the scale the rest."""
        longest = max(len(shown(str(name), _LONGEST_NAME)) for name in table["group"])
        verdict = max(len(_verdict(row)) for row in table.to_dict("records"))
        letters = longest + verdict + _CHANCE + _SENTENCE
        size = max(min(row_type(ax, len(table)), width_of(ax) / (_LETTER * letters)), _SMALLEST)
        room = width_of(ax) / (_LETTER * size)
        right = (verdict + _CHANCE) / room
        left = min((longest + 1) / room, max(1 - _SCALE - right, _SHORTEST_NAME / room))
        return cls(left, 1 - right, *_limits(table), size, max(int(left * room) - 1, 2))


def _verdict(row: Mapping[Hashable, Any]) -> str:
    """Return the verdict in words."""
    return f"{row['verdict']}{', bigger' if bool(row['bigger']) else ''}"


def _draw(ax: Axes, table: pd.DataFrame) -> None:
    """Draw scale, rows and columns of text, all within the axes."""
    from matplotlib.ticker import NullLocator

    sheet = _Sheet.of(ax, table)
    low, high = sheet.low, sheet.high
    ax.set_xscale("log")
    # The scale takes the middle of the axes; words stand at both sides of it.
    unit = np.log(high / low) / max(sheet.words - 0.02 - sheet.names, 0.05)
    ax.set_xlim(low * np.exp(-unit * sheet.names), high * np.exp(unit * (1.02 - sheet.words)))
    ax.set_ylim(len(table) - 0.4, -1.4)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=min(sheet.size, 8), color=GREY)
    ax.set_yticks([])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    _blocks(ax, table)
    bottom, top = len(table) - 0.4, -0.6
    ax.plot([1, 1], [bottom, top], color=GREY, linewidth=0.9, zorder=1)
    ax.plot([_BAR, _BAR], [bottom, top], color=GREY, linewidth=0.9, linestyle=(0, (3, 3)), zorder=1)
    for number, row in enumerate(table.to_dict("records")):
        _row(ax, number, row, sheet)
    _heads(ax, sheet)


def _blocks(ax: Axes, table: pd.DataFrame) -> None:
    """Shade every other verdict, so that the eye keeps to its rows."""
    verdicts = table["verdict"].tolist()
    starts = [number for number in range(len(verdicts)) if number == 0 or verdicts[number] != verdicts[number - 1]]
    for turn, (start, end) in enumerate(zip(starts, [*starts[1:], len(verdicts)], strict=True)):
        if turn % 2 == 0:
            ax.axhspan(start - 0.5, end - 0.5, facecolor="#F3F3F0", edgecolor="none", zorder=0)


def _row(ax: Axes, y: int, row: Mapping[Hashable, Any], sheet: _Sheet) -> None:
    """Draw one group: its mark and interval, or why there is none, and the words."""
    from matplotlib.patheffects import withStroke

    style = STYLES.get(str(row["verdict"]), Style("#404040", "o", filled=False))
    low, high, size = sheet.low, sheet.high, sheet.size
    if row["tested"] and np.isfinite(row["lift"]):
        start, end = max(float(row["lift_low"]), low), min(float(row["lift_high"]), high)
        ax.plot(
            [start, end], [y, y], color=style.colour, linewidth=max(0.22 * size, 0.8), zorder=3, solid_capstyle="butt"
        )
        for beyond, at, mark in ((row["lift_low"] < low, low, "<"), (row["lift_high"] > high, high, ">")):
            if beyond:
                ax.plot([at], [y], marker=mark, color=style.colour, markersize=0.5 * size, linestyle="none", zorder=3)
        ax.plot(
            [min(max(float(row["lift"]), low), high)],
            [y],
            marker=style.marker,
            markersize=0.85 * size,
            markerfacecolor=style.colour if style.filled else "white",
            markeredgecolor=DARK if style.filled else style.colour,
            markeredgewidth=0.6 if style.filled else 1.2,
            linestyle="none",
            zorder=4,
            label=str(row["group"]),
        )
    else:
        active = int(row["active"])
        why = f"not tested: {active} active member{'' if active == 1 else 's'} of {int(row['size'])}"
        halo = [withStroke(linewidth=2.0, foreground="white")]
        across = ax.get_yaxis_transform()
        _write(ax, sheet.names + 0.01, y, why, size * 0.92, across, color=GREY, style="italic", path_effects=halo)
    across = ax.get_yaxis_transform()
    _write(ax, sheet.names - 0.01, y, shown(str(row["group"]), sheet.letters), size, across, ha="right")
    _write(ax, sheet.words, y, _verdict(row), size, across)
    # Never 100 %: more than 99 is not known.
    chance = row["probability"]
    _write(ax, 0.995, y, "–" if pd.isna(chance) else f"{min(int(100 * chance), 99)} %", size, across, ha="right")


def _write(ax: Axes, x: float, y: float, text: str, size: float, where: Any, **options: Any) -> None:
    """Write text on a row, never as mathematics."""
    given = {"color": DARK, "ha": "left", "va": "center_baseline", "parse_math": False, **options}
    ax.text(x, y, text, fontsize=size, transform=where, zorder=5, **given)


def _heads(ax: Axes, sheet: _Sheet) -> None:
    """Write what columns and lines are."""
    across, small = ax.get_yaxis_transform(), max(sheet.size - 1, 2.0)
    _write(ax, sheet.words, -1, "verdict", small, across, color=GREY, fontweight="bold")
    _write(ax, 0.995, -1, "probability", small, across, ha="right", color=GREY, fontweight="bold")
    _write(ax, 0.97, -1, "as expected", small, ax.transData, ha="right", color=GREY)
    _write(ax, 1.04 * _BAR, -1, f"real: all above {_BAR}", small, ax.transData, color=GREY)


def _words(ax: Axes, whole: pd.DataFrame, said: str) -> None:
    """Write the title, what the scale is, and what is left out."""
    counts = whole["verdict"].value_counts()
    told = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if word in counts)
    title = f"{len(whole)} declared group{'' if len(whole) == 1 else 's'}: {told}"
    wrapped = textwrap.wrap(title, max(30, int(width_of(ax) / (11 * 0.64))))
    ax.set_title("\n".join(wrapped), loc="left", fontsize=11, color=DARK, fontweight="bold", parse_math=False)
    scale = "Ties among active members over those expected, with 95 % interval."
    label = "\n".join(part for part in (scale, said) if part)
    ax.set_xlabel(label, loc="left", fontsize=8, color=GREY, parse_math=False)
