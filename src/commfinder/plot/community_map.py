"""The map of communities: a disc each, or a dot a person, with the declared units as colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.communities.layout import between, place_communities, place_people
from commfinder.errors import ColumnError, InputError, PrivacyError, nearest
from commfinder.plot.canvas import open_axes, sentence
from commfinder.plot.discs import Picture, draw_discs, drawn_lines
from commfinder.plot.palette import palette
from commfinder.plot.persons import Crowd, draw_persons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_communities"]

_MOST_DISCS, _MOST_TIES = 200, 20_000
_NOT_BY = ("person", "strength", "degree")


def plot_communities(
    found: Communities,
    *,
    ax: Axes | None = None,
    by: str = "unit",
    level: str = "community",
    max_people: int = 2000,
    labels: bool = True,
    names: bool = False,
    seed: int = 0,
) -> Axes:
    """Draw a map of communities; prefer `Communities.to_gexf` for a picture that is arranged by hand.

    Parameters
    ----------
    found : Communities
        The communities.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure of a fitting size. Nothing is shown or saved.
    by : str, default "unit"
        Column of ``found.graph.people`` that gives the colours: unit, site, level or a further attribute.
    level : {"community", "person"}, default "community"
        A disc a community, with a ring of the units of its members; or a dot a person, in the disc of the main
        community, on the side of those the person also works with.
    max_people : int, default 2000
        Most people of a map with a dot a person.
    labels : bool, default True
        Whether communities are named.
    names : bool, default False
        Whether people are named, in a map with a dot a person, or in the legend by manager.
    seed : int, default 0
        Seed of the layout; equal seeds give equal pictures.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If an option is not known, or there are more people than `max_people`.
    ColumnError
        If there is no column `by`.
    PrivacyError
        If `by` would write names of people and `names` is False.

    Notes
    -----
    The area of a disc is the number of its people. A line is drawn where two communities are in more contact than the
    activity of their people explains, of at least three ties; its width is how many times more, and at most three
    lines for two communities are drawn, the largest excess first. The nine most frequent units have colours that people
    with each kind of colour blindness tell apart, and a letter or marker beside it; the others share a grey. Of more
    than 200 communities the largest are drawn, and the caption says so. Discs too small for their name have none.

    The picture is for those who may see the data: small communities and units of single people are drawn as they are.
    What is meant for others goes through `commfinder.report`.

    Examples
    --------
    >>> from commfinder.communities import find_communities
    >>> from commfinder.graph import build_graph
    >>> from commfinder.interactions import Interactions
    >>> from matplotlib.figure import Figure
    >>> chat = {"sender": list("aabdde"), "recipient": list("bcceff")}
    >>> found = find_communities(build_graph(Interactions.from_frame(chat, medium="chat")), confidence=False)
    >>> ax = plot_communities(found, ax=Figure().add_subplot())
    >>> ax.get_title(loc="left")
    '2 communities of 6 people'
    """
    _validate.choice(level, ("community", "person"), what="level")
    max_people = _validate.count(max_people, what="max_people")
    seed = _validate.seed(seed)
    values = _values(found, by, names=names)
    if level == "person" and len(found.graph.people) > max_people:
        raise InputError(
            f"The graph has {len(found.graph.people):,} people, and max_people is {max_people:,}.",
            need="A dot for each of them could not be told from the next.",
            hint='Draw level="community", or raise max_people.',
        )
    if not len(found.summary):
        people = len(found.graph.people)
        ax = open_axes(ax, side=5.0)
        return sentence(ax, f"No communities were found among {people:,} {'person' if people == 1 else 'people'}.")
    if level == "community":
        return draw_discs(
            open_axes(ax, side=_side(min(len(found.summary), _MOST_DISCS), 0.42)),
            _picture(found, values, by, labels, seed),
        )
    ax = open_axes(ax, side=_side(len(found.graph.people), 0.35 if names else 0.11))
    return draw_persons(ax, _crowd(found, values, by, labels, names, seed))


def _side(things: int, each: float) -> float:
    """Return the inches of a map: larger where there is more to see."""
    return float(np.clip(5.2 + each * np.sqrt(things), 6.0, 14.0))


def _values(found: Communities, by: str, *, names: bool) -> pd.Series[Any]:
    """Return what gives the colours, by person."""
    people = found.graph.people.set_index("person")
    known = [str(name) for name in people.columns if name not in _NOT_BY]
    if by not in known:
        raise ColumnError(f"by is {by!r}, no attribute of the people.", hint=nearest(str(by), known))
    if by == "manager" and not names:
        raise PrivacyError(
            "by='manager' would write the names of managers.",
            need="People are named only when asked for.",
            hint="Add names=True if whoever sees the picture may read them.",
        )
    return people[by]


def _people_in(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _picture(found: Communities, values: pd.Series[Any], by: str, labels: bool, seed: int) -> Picture:
    """Work out what a map of discs shows."""
    discs = place_communities(found, most=_MOST_DISCS, seed=seed)
    summary = found.summary.set_index("community").reindex(discs["community"])
    beyond = discs["community"].str.startswith("B").to_numpy(dtype=bool)
    discs = discs.assign(confidence=summary["confidence"].to_numpy(dtype=np.float64, na_value=np.nan), beyond=beyond)
    colours = palette(values, noun=by)
    value = dict(zip(values.index, colours.value.tolist(), strict=True))
    inside = found.members[found.members["community"].isin(discs["community"])]
    shares = np.zeros((len(discs), len(colours.entry_of)), dtype=np.int64)
    row = {name: number for number, name in enumerate(discs["community"])}
    np.add.at(shares, (inside["community"].map(row).to_numpy(), inside["person"].map(value).to_numpy()), 1)
    contacts = between(found)
    shown = contacts["community_a"].isin(discs["community"]) & contacts["community_b"].isin(discs["community"])
    lines = drawn_lines(contacts[shown], len(discs))
    title, outside = _title(found)
    said = [f"Area: people; ring: their {by}." if colours.known else "Area: people."]
    said.append(
        "Lines: more contact than activity explains." if len(lines) else "No two have more contact than expected."
    )
    if len(found.summary) > len(discs):
        said.append(f"Shown are the {len(discs)} largest of {len(found.summary):,} communities.")
    if outside:
        said.append(f"{_people_in(outside)} in no community, not shown.")
    return Picture(discs, shares, lines, colours, by, title, " ".join(said), labels)


def _title(found: Communities) -> tuple[str, int]:
    """Return the title, and how many people are in no community."""
    inside = int(found.members.loc[found.members["community"].notna(), "person"].nunique())
    count = len(found.summary)
    title = f"{count:,} {'community' if count == 1 else 'communities'} of {_people_in(inside)}"
    return title, int(found.members["person"].nunique()) - inside


def _crowd(found: Communities, values: pd.Series[Any], by: str, labels: bool, names: bool, seed: int) -> Crowd:
    """Work out what a map of people shows."""
    placed = place_people(found, seed=seed)
    belongs = found.members.dropna(subset=["community"]).groupby("person")
    people = placed.people.assign(
        core=placed.people["person"].map(belongs["core"].any()).fillna(False).astype(bool),
        several=placed.people["person"].map(belongs.size()).fillna(0).to_numpy(dtype=np.int64) > 1,
    )
    a, b = found.graph.pairs
    real = found.graph.tie_values("tie")
    ties = _strongest(a[real], b[real], found.graph.tie_values("weight")[real])
    title, outside = _title(found)
    said = ["Lines: ties. A dot lies in the main community, on the side of those the person also works with."]
    if outside:
        said.append(f"{_people_in(outside)} in no community.")
    if int(real.sum()) > len(ties[0]):
        said.append(f"Shown are the {len(ties[0]):,} strongest of {int(real.sum()):,} ties.")
    colours = palette(values.reindex(people["person"]), noun=by)
    return Crowd(people, placed.discs, ties, colours, by, title, " ".join(said), labels, names)


def _strongest(
    a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the ends of the strongest ties, as many as are drawn."""
    kept = np.sort(np.argsort(-weight, kind="stable")[:_MOST_TIES])
    return a[kept], b[kept]
