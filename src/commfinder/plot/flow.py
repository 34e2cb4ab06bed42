"""Declared groups beside found communities: bands as wide as the people they share."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.declared import Verdicts, undeclared
from commfinder.errors import InputError, nearest
from commfinder.people import DeclaredGroups
from commfinder.period import Period
from commfinder.plot.canvas import DARK, GREY, sentence
from commfinder.plot.palette import shown
from commfinder.plot.rows import height_of, open_rows, width_of
from commfinder.plot.shares import NONE, Shares, read_shares
from commfinder.plot.styles import STYLES, by_verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_flow"]

FloatArray = npt.NDArray[np.float64]

# Places across the axes: the two columns of blocks and the words beside them.
_LEFT, _RIGHT, _BLOCK, _GAP = 0.32, 0.68, 0.014, 0.008
_LETTER, _LEADING, _LARGEST, _SMALLEST = 0.56, 1.35, 9.0, 2.0
_NEUTRAL, _FOUND, _HIDDEN = "#7F868F", ("#6B6B6B", "#D4D4D4"), ("#332288", "#A79FDC")
# A band that is this share of one of its ends is seen at once; the others stand back.
_LARGE, _STRONG, _FAINT = 0.2, 0.6, 0.18
_INCHES = 9.5


def plot_flow(
    declared: Verdicts | DeclaredGroups,
    found: Communities,
    *,
    ax: Axes | None = None,
    groups: Iterable[str] | None = None,
    most: int = 40,
) -> Axes:
    """Draw where the people of declared groups are found; prefer `plot_verdicts` for the evidence on each group.

    Parameters
    ----------
    declared : Verdicts or DeclaredGroups
        The groups at the left, sorted and coloured by verdict if verdicts are given.
    found : Communities
        The communities at the right.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    groups : iterable of str, optional
        Only these groups; communities that nobody declared are told by all of them.
    most : int, default 40
        Of more groups those with most members are drawn; of more communities the smaller share one block.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If there is no such group, or an option is out of range.

    Notes
    -----
    A band is as wide as the number of people that a group and a community share; who is in several communities is in
    several bands. The light part of a community is people of no declared group: one that is all light has no left
    side. Those that `undeclared` lists are violet and stand below the others; last come people who are in no
    community, or not in the graph at all. Bands that hold a fifth of a group or of a community stand out. Blocks
    are put in an order in which few bands cross: each at the mean place of those it is joined to,
    again and again, and the best order seen is kept.

    References
    ----------
    .. [1] Sugiyama, Tagawa, Toda (1981), Methods for visual understanding of hierarchical system structures.
       doi:10.1109/TSMC.1981.4308636

    Examples
    --------
    >>> from itertools import combinations
    >>> from commfinder import Interactions, build_graph, find_communities
    >>> from matplotlib.figure import Figure
    >>> pairs = [*combinations("abcde", 2), *combinations("vwxyz", 2)]
    >>> rows = {"sender": [one for one, _ in pairs], "recipient": [other for _, other in pairs]}
    >>> found = find_communities(build_graph(Interactions.from_frame(rows, medium="meeting")))
    >>> groups = DeclaredGroups.from_frame({"group": "Readers", "person": list("abcd")})
    >>> ax = plot_flow(groups, found, ax=Figure().add_subplot())
    >>> ax.get_title(loc="left")
    '1 declared group and 2 found communities'
    """
    most = _validate.count(most, what="most")
    rosters, verdict = _declared(declared, found.graph.period)
    if rosters.empty:
        return sentence(open_rows(ax, rows=3), "No declared group has a member.")
    hidden = set(undeclared(found, DeclaredGroups.from_frame(rosters)).to_frame()["community"])
    if groups is not None:
        rosters = rosters[rosters["group"].isin(_wanted(groups, rosters))]
    shares = read_shares(rosters, found, hidden=hidden, verdict=verdict, most=most)
    shares = shares.untangled()
    ax = open_rows(ax, rows=max(len(shares.left), len(shares.right)), inches=_INCHES)
    _draw(ax, shares)
    _words(ax, shares, len(found.summary))
    return ax


def _declared(declared: Verdicts | DeclaredGroups, period: Period | None) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return who is declared in which group, and the verdict on each group, if there is one."""
    if isinstance(declared, Verdicts):
        frame = declared.to_frame()
        verdict = dict(zip(frame["group"].tolist(), frame["verdict"].tolist(), strict=True))
        return declared.members[["group", "person"]], verdict
    if isinstance(declared, DeclaredGroups):
        rows = [(name, person) for name in declared.names for person in declared.members(name, period)]
        return pd.DataFrame(rows, columns=["group", "person"]).astype("string"), {}
    raise InputError(
        f"declared is a {type(declared).__name__}.",
        need="Verdicts or DeclaredGroups are needed.",
        hint="plot_flow(assess_groups(graph, groups), found).",
    )


def _wanted(groups: Iterable[str], rosters: pd.DataFrame) -> list[str]:
    """Check the names of groups."""
    known = set(rosters["group"])
    wanted = [groups] if isinstance(groups, str) else [str(one) for one in groups]
    for name in wanted:
        if name not in known:
            raise InputError(f"There is no group {name!r}.", hint=nearest(name, known))
    return wanted


def _places(heights: FloatArray, scale: float, line: float) -> tuple[FloatArray, FloatArray]:
    """Return top and height of blocks, in points from the top: each has room for a line of text."""
    tall = heights * scale
    room = np.maximum(tall, line) + 0.35 * line
    start = np.cumsum(room) - room
    return start + (room - tall) / 2, tall


def _scale(sides: list[FloatArray], room: float, line: float) -> float:
    """Return the points of one person for which both columns fit."""
    low, high = 0.0, room / max(*(float(side.sum()) for side in sides), 1.0)
    for _ in range(40):
        middle = (low + high) / 2
        fits = all((np.maximum(side * middle, line) + 0.35 * line).sum() <= room for side in sides)
        low, high = (middle, high) if fits else (low, middle)
    return low


def _draw(ax: Axes, shares: Shares) -> None:
    """Draw blocks, bands and words."""
    tall = height_of(ax)
    left, right = shares.left["height"].to_numpy(dtype=float), shares.right["height"].to_numpy(dtype=float)
    size = float(np.clip(tall / (max(len(left), len(right)) * _LEADING * 1.35 + 1), _SMALLEST, _LARGEST))
    line = size * _LEADING
    scale = _scale([left, right], tall, line)
    ax.set_xlim(0, 1)
    ax.set_ylim(tall, 0)
    ax.set_axis_off()
    starts, heights = zip(*(_places(side, scale, line) for side in (left, right)), strict=True)
    # The shorter column stands in the middle of the longer.
    ends = [float((begin + high).max()) for begin, high in zip(starts, heights, strict=True)]
    starts = tuple(begin + (max(ends) - end) / 2 for begin, end in zip(starts, ends, strict=True))
    colours = [STYLES[word].colour if word in STYLES else _NEUTRAL for word in shares.left["verdict"]]
    _bands(ax, shares, starts, scale, colours)
    room = width_of(ax) / (_LETTER * size)
    for number, row in enumerate(shares.left.to_dict("records")):
        top, high = starts[0][number], heights[0][number]
        _block(ax, _LEFT - _BLOCK, top, high, colours[number])
        label = _fitted(str(row["group"]), f" ({row['size']:,})", room * (_LEFT - _BLOCK - _GAP))
        _write(ax, _LEFT - _BLOCK - _GAP, top + high / 2, label, size, ha="right")
    used = shares.bands.sum(axis=0) * scale
    for number, row in enumerate(shares.right.to_dict("records")):
        top, high, real = starts[1][number], heights[1][number], str(row["community"]) not in NONE
        full, light = _HIDDEN if row["hidden"] else _FOUND if real else _FOUND[1:] * 2
        _block(ax, _RIGHT, top, used[number], full)
        _block(ax, _RIGHT, top + used[number], high - used[number], light)
        words = {"color": full, "fontweight": "bold"} if row["hidden"] else {"color": DARK if real else GREY}
        label = _label(row, room * (1 - _RIGHT - _BLOCK - _GAP))
        _write(ax, _RIGHT + _BLOCK + _GAP, top + high / 2, label, size, ha="left", **words)


def _label(row: Mapping[Hashable, Any], room: float) -> str:
    """Return the words beside a community."""
    unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
    hidden = ", undeclared" if row["hidden"] else ""
    # Bold letters are wider.
    return _fitted(f"{row['community']}{unit}", f" ({row['size']:,}){hidden}", 0.9 * room if hidden else room)


def _fitted(name: str, tail: str, room: float) -> str:
    """Return a name, cut to the letters there is room for, and what must not be cut."""
    return f"{shown(name, max(int(room) - len(tail), 4))}{tail}"


def _block(ax: Axes, x: float, top: float, high: float, colour: str) -> None:
    """Draw a block, if there is anybody in it."""
    from matplotlib.patches import Rectangle

    if high > 0:
        ax.add_patch(Rectangle((x, top), _BLOCK, high, facecolor=colour, edgecolor="none", zorder=3))


def _bands(ax: Axes, shares: Shares, starts: tuple[FloatArray, ...], scale: float, colours: list[str]) -> None:
    """Draw the bands, those that lie higher at one end above at the other."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    bands = shares.bands * scale
    # Where the bands of one block begin: below all that lead to blocks above.
    leave = starts[0][:, None] + np.cumsum(bands, axis=1) - bands
    arrive = starts[1][None, :] + np.cumsum(bands, axis=0) - bands
    ends = shares.left["size"].to_numpy(dtype=float)[:, None], shares.right["size"].to_numpy(dtype=float)[None, :]
    share = shares.bands / np.maximum(np.minimum(*ends), 1.0)
    middle = (_LEFT + _RIGHT) / 2
    curve, line, move = Path.CURVE4, Path.LINETO, Path.MOVETO
    for i, j in np.argwhere(bands > 0):
        a, b, wide = leave[i, j], arrive[i, j], bands[i, j]
        corners = [(_LEFT, a), (middle, a), (middle, b), (_RIGHT, b), (_RIGHT, b + wide)]
        corners += [(middle, b + wide), (middle, a + wide), (_LEFT, a + wide), (_LEFT, a)]
        path = Path(corners, [move, curve, curve, curve, line, curve, curve, curve, Path.CLOSEPOLY])
        large = share[i, j] >= _LARGE and str(shares.right["community"].iloc[j]) not in NONE
        alpha, order = (_STRONG, 2.5) if large else (_FAINT, 2.0)
        ax.add_patch(PathPatch(path, facecolor=colours[i], edgecolor="none", alpha=alpha, zorder=order))


def _write(ax: Axes, x: float, y: float, text: str, size: float, **options: Any) -> None:
    """Write beside a block, never as mathematics."""
    given = {"color": DARK, "va": "center", **options}
    ax.text(x, y, text, fontsize=size, parse_math=False, zorder=5, **given)


def _words(ax: Axes, shares: Shares, communities: int) -> None:
    """Write the title, the heads of the columns, what is drawn, and what verdicts the colours are of."""
    from matplotlib.patches import Patch

    count, drawn = shares.groups, len(shares.left)
    many = f"{count:,} declared group{'' if count == 1 else 's'} and {communities:,} found "
    title = f"{many}{'community' if communities == 1 else 'communities'}"
    ax.set_title(title, loc="left", fontsize=11, color=DARK, fontweight="bold", parse_math=False, pad=14)
    for x, text, side in ((_LEFT, "declared (members)", "right"), (_RIGHT, "found (people)", "left")):
        ax.text(x, 1.0, text, transform=ax.transAxes, fontsize=8, color=GREY, ha=side, va="bottom")
    said = ["Bands: people shared. Light part of a community: people of no declared group."]
    if shares.right["hidden"].any():
        said.append("Violet: communities that nobody declared.")
    if drawn < count:
        said.append(f"Drawn are the {drawn} largest groups.")
    wide = width_of(ax)
    lines = textwrap.wrap(" ".join(said), max(30, int(wide / (8 * 0.5))))
    below: dict[str, Any] = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "fontsize": 8,
        "color": GREY,
        "va": "top",
    }
    ax.annotate("\n".join(lines), (0, 0), xytext=(0, -3), **below)
    verdicts = sorted(set(shares.left["verdict"].dropna()), key=by_verdict)
    handles = [Patch(facecolor=STYLES[word].colour, label=word) for word in verdicts if word in STYLES]
    if handles:
        ax.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.0, -(6 + 10 * len(lines)) / height_of(ax)),
            ncols=5,
            frameon=False,
            fontsize=8,
            borderaxespad=0.0,
            borderpad=0.0,
            handlelength=1.0,
            columnspacing=1.2,
        )
