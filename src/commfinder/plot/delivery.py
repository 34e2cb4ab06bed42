"""The overview of groups that were found and declared: how likely each is of which type."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.palette import shown
from commfinder.plot.rows import open_rows, row_type, width_of
from commfinder.plot.styles import TYPES, by_type

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from commfinder.delivery import DeliveryGroups

__all__ = ["plot_delivery"]

_LETTER, _LONGEST, _SMALLEST, _SCALE = 0.6, 34, 3.0, 30
_NONE = "–"


def plot_delivery(
    deliver: DeliveryGroups, *, ax: Axes | None = None, groups: Iterable[str] | None = None, most: int = 60
) -> Axes:
    """Draw of what type each group is, and how sure that is; `plot_handoffs` draws one of them.

    Parameters
    ----------
    deliver : DeliveryGroups
        The groups.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    groups : iterable of str, optional
        Only these groups.
    most : int, default 60
        Of more groups, the first of the frame are drawn, and the picture says so.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If there is no such group, or an option is out of range.

    Notes
    -----
    Each bar is divided by the probability of the types; the type that is spoken stands beside it, with its probability,
    the members and the cases. Where no type is likely enough, none is spoken. Rows are sorted by type, those that
    deliver a process first.

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
    >>> plot_delivery(deliver, ax=Figure().add_subplot()).get_title(loc="left")
    '1 group: 1 process'
    """
    most = _validate.count(most, what="most")
    whole = _chosen(deliver.to_frame(), groups)
    if whole.empty:
        many = f"{len(deliver.cases):,} case{'' if len(deliver.cases) == 1 else 's'}"
        return sentence(open_rows(ax, rows=3), f"No group was found in {many}.")
    table = whole.head(most)
    order = table.assign(_type=table["type"].map(by_type), _sure=-table["probability"].fillna(0.0).round(9))
    table = order.sort_values(["_type", "_sure", "group"], kind="stable").reset_index(drop=True)
    names = [shown(str(name), _LONGEST) for name in table["group"]]
    said = [_said(row) for row in table.to_dict("records")]
    words, counts = [one[0] for one in said], [one[1] for one in said]
    longest = max(map(len, names))
    ax = open_rows(ax, rows=len(table), inches=6.0 + 0.075 * longest, below=0.9)
    right = max(map(len, words)) + max(map(len, counts)) + 8
    size = max(min(row_type(ax, len(table)), width_of(ax) / (_LETTER * (longest + _SCALE + right))), _SMALLEST)
    room = width_of(ax) / (_LETTER * size)
    left, end = (longest + 1) / room, 1 - right / room
    wide = max(end - left, 0.05)
    ax.set_xlim(-left / wide, (1 - left) / wide)
    ax.set_ylim(len(table) - 0.4, -1.4)
    _scale(ax, min(size, 8.0))
    for number, row in enumerate(table.to_dict("records")):
        _bar(ax, number, row)
        _write(ax, left - 0.01, number, names[number], size, ha="right")
        _write(
            ax, end + 0.015, number, words[number], size, fontweight="bold" if row["type"] == "process" else "normal"
        )
        _write(ax, end + 0.015 + (max(map(len, words)) + 1) / room, number, _percent(row["probability"]), size)
        _write(ax, 0.995, number, counts[number], size, ha="right", color=GREY)
    _heads(ax, whole, table, end, max(size - 1, 2.0))
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


def _said(row: Mapping[Hashable, Any]) -> tuple[str, str]:
    """Return the type in words, and how much it rests on."""
    return TYPES[str(row["type"])].label, f"{row['size']:,} people, {row['cases']:,} cases"


def _percent(value: Any) -> str:
    """Write a probability, never as certain."""
    return _NONE if pd.isna(value) else f"{min(int(100 * value + 1e-9), 99)} %"


def _scale(ax: Axes, size: float) -> None:
    """Draw the scale of probabilities."""
    ticks = [0.0, 0.5, 1.0]
    ax.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks], fontsize=size, color=GREY)
    ax.set_yticks([])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def _bar(ax: Axes, y: int, row: Mapping[Hashable, Any]) -> None:
    """Draw the probabilities of one group beside one another."""
    start = 0.0
    for kind, style in TYPES.items():
        chance = row.get(f"p_{kind.replace('-', '_')}")
        if chance is None or pd.isna(chance) or chance <= 0:
            continue
        spoken = kind == row["type"]
        options: dict[str, Any] = {"color": style.colour, "alpha": 1.0 if spoken else 0.45, "edgecolor": "white"}
        ax.barh(y, float(chance), left=start, height=0.62, linewidth=0.6, zorder=2, **options)
        start += float(chance)
    if start == 0.0:
        _write(ax, 0.01, y, "too little to tell", 7.0, at_data=True, color=GREY, style="italic")


def _heads(ax: Axes, whole: pd.DataFrame, table: pd.DataFrame, end: float, size: float) -> None:
    """Write the title, what the columns are, and which colour is which type."""
    from matplotlib.patches import Patch

    counts = whole["type"].value_counts()
    told = ", ".join(f"{counts[name]} {style.label}" for name, style in TYPES.items() if name in counts)
    title = f"{len(whole)} group{'' if len(whole) == 1 else 's'}: {told}"
    wrapped = "\n".join(textwrap.wrap(title, max(30, int(width_of(ax) / (11 * 0.64)))))
    ax.set_title(wrapped, loc="left", fontsize=11, color=DARK, fontweight="bold", parse_math=False)
    _write(ax, end + 0.015, -1, "type", size, color=GREY, fontweight="bold")
    handles = [
        Patch(facecolor=style.colour, label=style.label)
        for name, style in TYPES.items()
        if f"p_{name.replace('-', '_')}" in table
    ]
    bar: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, -0.35 / max(len(table) * 0.25 + 0.25, 0.5))}
    ax.legend(
        handles=handles, ncols=5, frameon=False, fontsize=8, handlelength=1.0, borderpad=0, columnspacing=1.2, **bar
    )
    said = f"Drawn are the first {len(table)} of {len(whole)} groups." if len(table) < len(whole) else ""
    ax.set_xlabel(said, loc="left", fontsize=8, color=GREY, parse_math=False)


def _write(ax: Axes, x: float, y: float, text: str, size: float, *, at_data: bool = False, **options: Any) -> None:
    """Write text on a row, never as mathematics."""
    given = {"color": DARK, "ha": "left", "va": "center_baseline", "parse_math": False, **options}
    where = ax.transData if at_data else ax.get_yaxis_transform()
    ax.text(x, y, text, fontsize=size, transform=where, zorder=5, **given)
