"""The handoff map: roles in their usual order, and arrows for the work that passes between them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.palette import shown
from commfinder.plot.rows import height_of, open_rows, width_of
from commfinder.plot.steps import Steps, hours_words, read_steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from commfinder.delivery import DeliveryGroup

__all__ = ["plot_handoffs"]

_LETTER, _BOLD, _LARGEST, _SMALLEST, _LONGEST = 0.56, 0.66, 9.5, 4.0, 30
_CAPTION, _TITLE = 8.0, 11.0
_BOX, _EDGE, _GATE = "#F3F3F0", "#9A9FA6", "#332288"
# From a short wait to a long one: dark enough to be seen on white at both ends.
_SHORT, _LONG = np.array([0x7F, 0x92, 0xA6]), np.array([0xA6, 0x36, 0x03])
_NOUNS = {"role": "role", "unit": "unit", "person": "person"}


@dataclass(frozen=True)
class _Sheet:
    """Where things stand, in points: boxes, the height of a row, the size of type; and the longest arrow in rows."""

    middle: float
    wide: float
    row: float
    size: float
    left: float
    right: float
    span: int

    def y(self, place: float) -> float:
        """Return the height of the middle of a box."""
        return (place + 0.5) * self.row

    @property
    def tall(self) -> float:
        """Half of the height of a box."""
        return min(1.45 * self.size, 0.32 * self.row)


def plot_handoffs(
    group: DeliveryGroup,
    *,
    ax: Axes | None = None,
    by: str | None = None,
    names: bool = False,
    most: int = 12,
    arrows: int = 16,
) -> Axes:
    """Draw who passes work on to whom; prefer `plot_sequence` for the order in which roles come in.

    Parameters
    ----------
    group : DeliveryGroup
        The group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    by : {"role", "unit", "person"}, optional
        What the boxes are; by default roles where they are known, else units, else people.
    names : bool, default False
        Whether people are named: gatekeepers, and the boxes of a map of people, which are numbered otherwise.
    most : int, default 12
        Of more boxes, those with most handoffs are drawn.
    arrows : int, default 16
        Of more arrows, those with most handoffs are drawn, and the picture says how much of all they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Boxes stand from top to bottom in the order in which they usually come into a case. Arrows at the right lead on,
    dashed ones at the left back. Beside an arrow stands the number of handoffs and the median time that they take, in
    business hours: waiting, where it is known when work began, and otherwise all of the time from the last act of the
    one to the first of the other. The wider an arrow the more handoffs, the browner the longer they take. A
    violet box with a diamond holds a gatekeeper: most of what passes there goes through one person.

    The picture is for those who may see the data. What is meant for others goes through `commfinder.report`.

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
    >>> plot_handoffs(deliver["D1"], ax=Figure().add_subplot()).get_title(loc="left")
    'D1: 120 handoffs among 4 roles'
    """
    most = _validate.count(most, what="most", low=2)
    limit = _validate.count(arrows, what="arrows")
    steps = read_steps(group, by=by, names=names, most=most)
    if not len(steps.arrows):
        noun = _NOUNS[steps.by]
        return sentence(open_rows(ax, rows=3), f"{shown(group.name)}: nothing passes from one {noun} to another.")
    ax = open_rows(ax, rows=round(2.6 * len(steps.nodes)) + 2, inches=8.2, below=0.1)
    drawn = steps.arrows.head(limit)
    lines = _caption(steps, drawn, width_of(ax))
    sheet = _laid(ax, steps, drawn, len(lines))
    from matplotlib.colors import to_hex

    longest = max(float(np.nanmax(drawn["hours"], initial=0.0)), 1.0)
    taken: list[tuple[float, float, float, float]] = []
    labels = []
    for row in drawn.iloc[::-1].to_dict("records"):
        share = float(row["handoffs"]) / float(drawn["handoffs"].iloc[0])
        hours = 0.0 if np.isnan(row["hours"]) else float(row["hours"])
        warm = hours / longest
        colour = to_hex((_SHORT + (_LONG - _SHORT) * warm) / 255)
        labels.append((row, _arrow(ax, sheet, int(row["source"]), int(row["target"]), colour, 0.9 + 3.1 * share**0.5)))
    for row, curve in reversed(labels):
        text = f"{int(row['handoffs']):,} · {hours_words(float(row['hours']))}"
        _label(ax, sheet, text, curve, taken)
    _boxes(ax, sheet, steps)
    _words(ax, group, steps, lines)
    return ax


def _laid(ax: Axes, steps: Steps, drawn: pd.DataFrame, lines: int) -> _Sheet:
    """Choose sizes such that boxes, arrows and their words fit the axes."""
    wide, tall = width_of(ax), height_of(ax)
    below = lines * _CAPTION * 1.4 + 6
    row = (tall - below) / len(steps.nodes)
    letters = max(14, *(len(shown(str(label), _LONGEST)) for label in steps.nodes["label"]))
    size = float(np.clip(min(row / 4.6, 0.36 * wide / (_BOLD * letters)), _SMALLEST, _LARGEST))
    box = _BOLD * size * letters + 2 * size
    back = _leads_back(drawn)
    middle = wide * (0.42 if back else 0.3)
    middle = max(middle, box / 2 + (7 * size if back else 2.0))
    ax.set_xlim(0, wide)
    ax.set_ylim(tall, 0)
    ax.set_axis_off()
    span = int((drawn["target"] - drawn["source"]).abs().max())
    return _Sheet(middle, box, row, size, 2.0, wide - 2.0, span)


def _arrow(ax: Axes, sheet: _Sheet, source: int, target: int, colour: str, width: float) -> Any:
    """Draw an arrow and return the points that it passes, a hundred of them."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    on = target > source
    span = abs(target - source)
    side = 1.0 if on else -1.0
    port = 0.28 * sheet.tall * side
    begin, end = sheet.y(source), sheet.y(target)
    if span == 1:
        x = sheet.middle + (0.0 if on else -0.3 * sheet.wide)
        down = sheet.tall * (1 if on else -1)
        points = np.array([[x, begin + down], [x, end - down]])
        path = Path(points, [Path.MOVETO, Path.LINETO])
        curve = points[0] + np.linspace(0, 1, 101)[:, None] * (points[1] - points[0])
    else:
        edge = sheet.middle + side * sheet.wide / 2
        room = (sheet.right - edge) if on else (edge - sheet.left)
        reach = (
            side * max(room - 5.5 * sheet.size, 2 * sheet.size) * (0.35 + 0.65 * (span - 2) / max(sheet.span - 2, 2))
        )
        # A cubic curve reaches three quarters of the way to its control points.
        out = edge + reach * 4 / 3
        points = np.array([[edge, begin + port], [out, begin + port], [out, end - port], [edge, end - port]])
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        t = np.linspace(0, 1, 101)[:, None]
        curve = (1 - t) ** 3 * points[0] + 3 * (1 - t) ** 2 * t * points[1]
        curve = curve + 3 * (1 - t) * t**2 * points[2] + t**3 * points[3]
    drawn = FancyArrowPatch(
        path=path,
        arrowstyle=f"-|>,head_length={0.35 * sheet.size:.2f},head_width={0.2 * sheet.size:.2f}",
        color=colour,
        linewidth=width * sheet.size / _LARGEST,
        linestyle="-" if on else (0, (4, 2)),
        mutation_scale=1.0,
        shrinkA=0,
        shrinkB=0,
        zorder=2,
    )
    ax.add_patch(drawn)
    return curve


def _label(ax: Axes, sheet: _Sheet, text: str, curve: Any, taken: list[tuple[float, float, float, float]]) -> None:
    """Write beside an arrow where nothing else is written yet: at its middle, or as near to it as there is room."""
    size = 0.88 * sheet.size
    half, tall = _LETTER * size * len(text) / 2 + 2, 0.62 * size
    straight = bool(np.ptp(curve[:, 0]) < 1e-6)
    aside = (half + 3) * (1.0 if curve[-1, 1] > curve[0, 1] else -1.0)
    best = None
    for step in sorted(range(20, 81, 4), key=lambda at: (abs(at - 50), at)):
        x, y = curve[step]
        x = x + aside if straight else min(max(x, sheet.left + half), sheet.right - half)
        box = (x - half, y - tall, x + half, y + tall)
        clash = sum(_overlap(box, other) for other in taken)
        if best is None or clash < best[0]:
            best = (clash, x, y, box)
        if not clash:
            break
    assert best is not None
    _, x, y, box = best
    taken.append(box)
    ground = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    ax.text(x, y, text, fontsize=size, color=DARK, ha="center", va="center", parse_math=False, zorder=4, bbox=ground)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Return the area that two boxes share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(down, 0.0)


def _boxes(ax: Axes, sheet: _Sheet, steps: Steps) -> None:
    """Draw the boxes with their names, how many people they are, and what passes within them."""
    from matplotlib.patches import FancyBboxPatch

    size = sheet.size
    for place, row in enumerate(steps.nodes.to_dict("records")):
        y, gate = sheet.y(place), bool(row["gate"])
        low = (sheet.middle - sheet.wide / 2, y - sheet.tall)
        edge: dict[str, Any] = {"edgecolor": _GATE if gate else _EDGE, "linewidth": 1.8 if gate else 0.9}
        shape = f"round,pad=0,rounding_size={0.6 * size:.2f}"
        box = FancyBboxPatch(low, sheet.wide, 2 * sheet.tall, boxstyle=shape, facecolor=_BOX, zorder=3, **edge)
        ax.add_patch(box)
        text, under = shown(str(row["label"]), _LONGEST), _under(row, steps.by)
        _write(ax, sheet.middle, y - (0.62 * size if under else 0.0), text, size, fontweight="bold")
        _write(ax, sheet.middle, y + 0.68 * size, under, 0.8 * size, color=GREY)
        if gate:
            corner = sheet.middle - sheet.wide / 2
            ax.plot([corner], [y], marker="D", markersize=0.75 * size, color=_GATE, markeredgecolor="white", zorder=5)
            if row["gates"]:
                told = shown(", ".join(row["gates"]), _LONGEST)
                _write(ax, corner - size, y, told, 0.85 * size, ha="right", color=_GATE)


def _under(row: Any, by: str) -> str:
    """Return what is said of a box under its name."""
    within = f"{int(row['within']):,} handoff{'' if row['within'] == 1 else 's'} within" if row["within"] else ""
    people = "" if by == "person" else "1 person" if row["people"] == 1 else f"{int(row['people']):,} people"
    return ", ".join(part for part in (people, within) if part)


def _leads_back(drawn: pd.DataFrame) -> bool:
    """Say whether an arrow leads back."""
    return bool((drawn["target"] < drawn["source"]).any())


def _caption(steps: Steps, drawn: pd.DataFrame, wide: float) -> list[str]:
    """Say what is drawn, in lines that fit."""
    kind = "waiting" if steps.waiting else "from the last act of the one to the first of the other"
    said = f"Beside an arrow: handoffs, and the median of the business hours they take ({kind}). Browner: longer. "
    said += "Dashed: back. " if _leads_back(drawn) else ""
    said += "Diamond: most of what passes here goes through one person. " if steps.nodes["gate"].any() else ""
    if len(drawn) < len(steps.arrows):
        share = 100 * drawn["handoffs"].sum() / steps.arrows["handoffs"].sum()
        said += f"Drawn are {len(drawn)} of {len(steps.arrows):,} arrows, {share:.0f} % of what passes between boxes. "
    return textwrap.wrap(said, max(30, int(wide / (_CAPTION * 0.54))))


def _words(ax: Axes, group: DeliveryGroup, steps: Steps, lines: list[str]) -> None:
    """Write the title and what is drawn."""
    count, noun = len(steps.nodes), _NOUNS[steps.by]
    many = {"role": "roles", "unit": "units", "person": "people"}[noun]
    title = f"{shown(group.name, 40)}: {steps.handoffs:,} handoffs among {count} {many}"
    ax.set_title(title, loc="left", fontsize=_TITLE, color=DARK, fontweight="bold", parse_math=False)
    high = height_of(ax)
    for number, line in enumerate(lines, 1 - len(lines)):
        _write(ax, 2.0, high - 4 + number * _CAPTION * 1.4, line, _CAPTION, ha="left", va="bottom", color=GREY)


def _write(ax: Axes, x: float, y: float, text: str, size: float, **options: Any) -> None:
    """Write text, never as mathematics."""
    given = {"color": DARK, "ha": "center", "va": "center", "parse_math": False, "zorder": 5, **options}
    ax.text(x, y, text, fontsize=size, **given)
