"""The usual sequence: where in a case each role comes in, and in which variants."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.palette import COLOURS, LETTERS, OTHER, ink_on, shown
from commfinder.plot.rows import height_of, open_rows, width_of
from commfinder.plot.steps import LEVELS, Comings, acts_of_members, first_comings, level_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from commfinder.delivery import DeliveryGroup

__all__ = ["plot_sequence"]

_LETTER, _LARGEST, _SMALLEST, _LONGEST = 0.58, 9.0, 3.5, 34
_CAPTION, _TITLE, _CHIPS = 8.0, 11.0, 9
_PLURAL = {"role": "roles", "unit": "units", "activity": "activities", "person": "people"}
_Z = 1.96


@dataclass(frozen=True, eq=False)
class _Sequence:
    """All that the picture shows: the parts in their usual order, and the variants, most frequent first."""

    parts: pd.DataFrame
    variants: pd.DataFrame
    by: str
    cases: int
    others: int


def plot_sequence(
    group: DeliveryGroup,
    *,
    ax: Axes | None = None,
    by: str | None = None,
    names: bool = False,
    most: int = 8,
) -> Axes:
    """Draw in which order roles usually come in; prefer `plot_handoffs` for who passes work on to whom.

    Parameters
    ----------
    group : DeliveryGroup
        The group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    by : {"role", "unit", "activity", "person"}, optional
        What comes in; by default roles where they are known, else units, activities or people.
    names : bool, default False
        Whether people are named where they are what comes in; they are numbered otherwise.
    most : int, default 8
        Most variants that are drawn.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Above, the place at which a role first comes into a case, from the first (left) to the last (right): the disc is the
    mean over cases with its 95 % interval, the light bar holds the middle half of cases. Below, the orders in which
    roles come in, each with its share of the cases into which at least two of them come. Nine parts have
    a letter of their own; rarer ones share a dot.

    Examples
    --------
    >>> from commfinder.delivery import find_delivery_groups
    >>> from commfinder.interactions import Interactions
    >>> from commfinder.people import Directory
    >>> from matplotlib.figure import Figure
    >>> day, acts = pd.Timestamp("2026-01-05 09:00", tz="UTC"), range(160)
    >>> log = {"sender": list("abcd") * 40, "recipient": None, "thread": [str(act // 4) for act in acts]}
    >>> log["time"] = [day + pd.Timedelta(act // 4 * 60 + act % 4 * 5, "h") for act in acts]
    >>> log = pd.DataFrame({**log, "role": "edit", "space": "permits"})
    >>> inter = Interactions.from_frame(log, medium="workflow", thread="thread", role="role", space="space")
    >>> units = Directory.from_frame({"person": list("abcd"), "unit": ["desk", "law", "bank", "post"]})
    >>> deliver = find_delivery_groups(inter, units, shuffles=99)
    >>> plot_sequence(deliver["D1"], ax=Figure().add_subplot()).get_title(loc="left")
    'D1: the usual sequence of 4 roles'
    """
    most = _validate.count(most, what="most")
    found = _read(group, level_of(group, by, among=LEVELS), most, names=names)
    if found.cases == 0:
        noun = _PLURAL[found.by]
        return sentence(open_rows(ax, rows=3), f"{shown(group.name)}: there is no case into which two {noun} come.")
    rows = len(found.parts) + len(found.variants) + 2
    ax = open_rows(ax, rows=rows + 1, inches=8.2, below=0.1)
    wide, tall = width_of(ax), height_of(ax)
    lines = textwrap.wrap(_caption(found), max(30, int(wide / (_CAPTION * 0.54))))
    row = (tall - len(lines) * _CAPTION * 1.4 - 6) / rows
    longest = max(16, *(len(label) for label in found.parts["label"]))
    size = float(np.clip(min(0.62 * row, 0.4 * wide / (_LETTER * (longest + 5))), _SMALLEST, _LARGEST))
    left = _LETTER * size * (longest + 5)
    ax.set_xlim(0, wide)
    ax.set_ylim(tall, 0)
    ax.set_axis_off()
    _positions(ax, found, row, size, left, wide - _LETTER * size * 9)
    _variants(ax, found, row, size, left)
    title = f"{shown(group.name, 40)}: the usual sequence of {len(found.parts)} {_PLURAL[found.by]}"
    ax.set_title(title, loc="left", fontsize=_TITLE, color=DARK, fontweight="bold", parse_math=False)
    for number, line in enumerate(lines, 1 - len(lines)):
        _write(ax, 2.0, tall - 4 + number * _CAPTION * 1.4, line, _CAPTION, ha="left", va="bottom", color=GREY)
    return ax


def _read(group: DeliveryGroup, by: str, most: int, *, names: bool) -> _Sequence:
    """Work out what the picture shows."""
    cases, acts = group.cases, acts_of_members(group)
    labels = {"role": cases.roles, "unit": cases.units, "activity": cases.activities, "person": cases.people}[by]
    comings = first_comings(acts.case, getattr(acts, by))
    together = comings.length > 1
    whole = len(np.unique(comings.case[together]))
    if whole == 0:
        empty = pd.DataFrame(columns=["label"])
        return _Sequence(empty, empty, by, 0, 0)
    at = comings.positions().groupby("actor")
    stats = pd.DataFrame({"n": at.size(), "mean": at.mean().round(9), "spread": at.std(ddof=1).fillna(0.0)})
    stats["low"], stats["high"] = at.quantile(0.25), at.quantile(0.75)
    stats["half"] = _Z * stats["spread"] / np.sqrt(stats["n"])
    stats = stats.reset_index().sort_values(["n", "actor"], ascending=[False, True])
    own = stats.head(len(LETTERS)).sort_values(["mean", "actor"], ignore_index=True)
    told = [shown(str(labels[code]), _LONGEST) for code in own["actor"]]
    if by == "person" and not names:
        told = [f"person {number + 1}" for number in range(len(own))]
    own = own.assign(label=told, share=own["n"] / whole)
    return _Sequence(own, _orders(comings, own, whole, most), by, whole, len(stats) - len(own))


def _orders(comings: Comings, own: pd.DataFrame, whole: int, most: int) -> pd.DataFrame:
    """Return the orders in which parts come in, in letters (a dot for a rarer part), most frequent first."""
    place = pd.Series(np.arange(len(own)), index=own["actor"])
    sign = np.array([*LETTERS[: len(own)], "·"])
    together = comings.length > 1
    letters = sign[pd.Series(comings.actor[together]).map(place).fillna(-1).to_numpy(dtype=np.int64)]
    words = pd.Series(letters).groupby(comings.case[together]).agg("".join)
    counts = words.value_counts().rename_axis("order").reset_index(name="cases")
    counts = counts.sort_values(["cases", "order"], ascending=[False, True], ignore_index=True)
    return counts.head(most).assign(share=lambda frame: frame["cases"] / whole, kinds=len(counts))


def _positions(ax: Axes, found: _Sequence, row: float, size: float, left: float, right: float) -> None:
    """Draw where parts come in."""
    wide = right - left
    bottom = (len(found.parts) + 0.9) * row
    for tick, text, side in ((0.0, "first", "left"), (0.5, "", "center"), (1.0, "last", "right")):
        ax.plot([left + tick * wide] * 2, [row * 0.8, bottom], color="#D4D4D4", linewidth=0.7, zorder=1)
        _write(ax, left + tick * wide, 0.45 * row, text, max(size - 1, 2.0), ha=side, color=GREY)
    _write(ax, right + _LETTER * size * 9 - 2, 0.45 * row, "in cases", max(size - 1, 2.0), ha="right", color=GREY)
    for number, part in enumerate(found.parts.to_dict("records")):
        y, colour = (number + 1.4) * row, COLOURS[number]
        _chip(ax, 0.8 * size + 2, y, number, size)
        _write(ax, 2.1 * size + 4, y, str(part["label"]), size, ha="left")
        ends = np.clip([part["low"], part["high"]], 0, 1) * wide + left
        ax.plot(ends, [y, y], color=colour, alpha=0.3, linewidth=0.75 * size, solid_capstyle="butt", zorder=2)
        sure = np.clip([part["mean"] - part["half"], part["mean"] + part["half"]], 0, 1) * wide + left
        ax.plot(sure, [y, y], color=DARK, linewidth=max(0.16 * size, 0.8), solid_capstyle="butt", zorder=3)
        at = left + float(part["mean"]) * wide
        disc: dict[str, Any] = {"markersize": 0.75 * size, "markeredgecolor": DARK, "markeredgewidth": 0.6}
        ax.plot([at], [y], marker="o", color=colour, zorder=4, label=str(part["label"]), **disc)
        _write(ax, right + _LETTER * size * 9 - 2, y, _percent(part["share"]), size, ha="right")


def _variants(ax: Axes, found: _Sequence, row: float, size: float, left: float) -> None:
    """Draw the orders in which parts come in."""
    top = (len(found.parts) + 1.4) * row
    _write(ax, 2.0, top, "share of cases", max(size - 1, 2.0), ha="left", color=GREY)
    _write(ax, left, top, "order in which they come in", max(size - 1, 2.0), ha="left", color=GREY)
    longest = float(found.variants["share"].max())
    for number, variant in enumerate(found.variants.to_dict("records")):
        y = top + (number + 1) * row
        share = float(variant["share"])
        ax.barh(y, 0.6 * left * share / longest, left=2.0, height=0.55 * row, color="#C9CED6", zorder=1)
        _write(ax, 4.0, y, f"{_percent(share)}  ({int(variant['cases']):,})", size, ha="left")
        step = 2.0 * size
        for place, letter in enumerate(variant["order"][:_CHIPS]):
            x = left + 0.8 * size + place * step
            _chip(ax, x, y, LETTERS.find(letter), size)
            if place:
                _write(ax, x - step / 2, y, "›", size, color=GREY)
        if len(variant["order"]) > _CHIPS:
            rest = f"› {len(variant['order']) - _CHIPS} more"
            _write(ax, left + _CHIPS * step, y, rest, 0.9 * size, ha="left", color=GREY)


def _chip(ax: Axes, x: float, y: float, number: int, size: float) -> None:
    """Draw the letter of a part on its colour; a grey dot for a rarer one."""
    colour, letter = (COLOURS[number], LETTERS[number]) if number >= 0 else (OTHER, "·")
    ax.plot([x], [y], marker="s", markersize=1.35 * size, color=colour, markeredgecolor="none", zorder=3)
    _write(ax, x, y, letter, 0.85 * size, color=ink_on(colour), fontweight="bold")


def _percent(share: float) -> str:
    """Write a share; one of nearly nothing is not nothing."""
    return f"{100 * share:.0f} %" if share >= 0.005 else "< 1 %"


def _caption(found: _Sequence) -> str:
    """Say what is drawn."""
    noun = _PLURAL[found.by]
    said = (
        f"Disc: mean place of first coming in, with 95 % interval; light bar: the middle half of cases. Of "
        f"{found.cases:,} cases into which at least two {noun} come"
    )
    kinds = int(found.variants["kinds"].iloc[0])
    if kinds > len(found.variants):
        part = _percent(float(found.variants["share"].sum()))
        said += f", {part} follow the {len(found.variants)} orders drawn; there are {kinds:,}"
    said += "."
    return f"{said} A dot: one of {found.others:,} rarer {noun}." if found.others else said


def _write(ax: Axes, x: float, y: float, text: str, size: float, **options: Any) -> None:
    """Write text, never as mathematics."""
    given = {"color": DARK, "ha": "center", "va": "center_baseline", "parse_math": False, "zorder": 5, **options}
    ax.text(x, y, text, fontsize=size, **given)
