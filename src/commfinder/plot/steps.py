"""What passes between roles, units or people of a delivery group, and in which order they usually come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate

if TYPE_CHECKING:
    from commfinder.delivery import Acts, DeliveryGroup

__all__ = ["LEVELS", "Comings", "Steps", "acts_of_members", "first_comings", "hours_words", "level_of", "read_steps"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

LEVELS = ("role", "unit", "activity", "person")
"""What the parts of a picture can be, in the order in which they are tried."""

_KNOWN = 0.5


@dataclass(frozen=True, eq=False)
class Comings:
    """Who comes into each case, in the order of their first acts, each once.

    Parameters
    ----------
    case, actor : ndarray of int64, shape (n,)
        By case, then by first act.
    rank, length : ndarray of int64, shape (n,)
        Place in the case, 0 for the first, and how many come into the case.
    """

    case: IntArray
    actor: IntArray
    rank: IntArray
    length: IntArray

    def positions(self) -> pd.Series[Any]:
        """Return the relative position of each coming, 0 for the first and 1 for the last, by actor.

        Cases into which one alone comes tell nothing and are left out.
        """
        told = self.length > 1
        at = self.rank[told] / (self.length[told] - 1)
        return pd.Series(at, index=pd.Index(self.actor[told], name="actor"), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Steps:
    """What passes between the parts of a group.

    Parameters
    ----------
    nodes : pandas.DataFrame
        code, label, people, within (handoffs inside it), position (mean, 0 to 1), gate (whether a gatekeeper stands
        there) and gates (their names); in the usual order.
    arrows : pandas.DataFrame
        source and target (rows of `nodes`), handoffs, hours (median), most handoffs first.
    by : str
        What the parts are: one of `LEVELS`.
    waiting : bool
        Whether hours are those in which nobody worked on the case, and not all between two acts.
    handoffs : int
        How many there are in all, drawn or not.
    """

    nodes: pd.DataFrame
    arrows: pd.DataFrame
    by: str
    waiting: bool
    handoffs: int


def level_of(group: DeliveryGroup, by: str | None, *, among: tuple[str, ...] = LEVELS) -> str:
    """Return what the parts of a picture are: what was asked for, or the first that is known of most acts.

    Parameters
    ----------
    group : DeliveryGroup
        The group.
    by : str, optional
        What was asked for.
    among : tuple of str
        What there is to choose from.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it is something else.
    """
    if by is not None:
        return _validate.choice(by, among, what="by")
    acts = acts_of_members(group)
    for name in among:
        known = getattr(acts, name) >= 0
        if acts.n and known.mean() >= _KNOWN and len(np.unique(getattr(acts, name)[known])) > 1:
            return name
    return among[-1]


def first_comings(case: npt.NDArray[Any], actor: npt.NDArray[Any]) -> Comings:
    """Return who comes into each case, in the order of their first acts.

    Parameters
    ----------
    case, actor : ndarray of int, shape (n,)
        Acts, by case and in order of time; actors below 0 are not known and left out.

    Returns
    -------
    Comings

    Examples
    --------
    >>> found = first_comings(np.array([0, 0, 0, 1]), np.array([7, 5, 7, 5]))
    >>> found.actor.tolist(), found.rank.tolist(), found.length.tolist()
    ([7, 5, 5], [0, 1, 0], [2, 2, 1])
    """
    known = actor >= 0
    cases, actors = case[known].astype(np.int64), actor[known].astype(np.int64)
    key = cases * (int(actors.max(initial=0)) + 1) + actors
    place = np.sort(np.unique(key, return_index=True)[1])
    cases, actors = cases[place], actors[place]
    starts = np.flatnonzero(np.r_[True, cases[1:] != cases[:-1]]) if len(cases) else np.zeros(0, dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(cases)])
    rank = np.arange(len(cases)) - np.repeat(starts, lengths)
    return Comings(cases, actors, rank, np.repeat(lengths, lengths))


def acts_of_members(group: DeliveryGroup) -> Acts:
    """Return what members did on the cases of a group, without what others did on them.

    Parameters
    ----------
    group : DeliveryGroup
        The group.

    Returns
    -------
    Acts
    """
    inside = np.isin(group.cases.people.astype(str), group.members["person"].astype(str).tolist())
    return group.cases.acts.take(inside[group.cases.acts.person])


def hours_words(hours: float) -> str:
    """Write hours as short as a picture needs.

    Examples
    --------
    >>> hours_words(0.0), hours_words(0.25), hours_words(4.46), hours_words(26.4), hours_words(float("nan"))
    ('< 1 min', '15 min', '4.5 h', '26 h', '–')
    """
    if np.isnan(hours):
        return "–"
    if hours < 0.995:
        return f"{round(60 * hours)} min" if hours >= 0.5 / 60 else "< 1 min"
    return f"{hours:.1f} h" if hours < 9.95 else f"{hours:,.0f} h"


def read_steps(group: DeliveryGroup, *, by: str | None = None, names: bool = False, most: int = 12) -> Steps:
    """Count what passes between the parts of a group, and put them in the usual order.

    Parameters
    ----------
    group : DeliveryGroup
        The group.
    by : {"role", "unit", "person"}, optional
        What the parts are; by default roles, or units, or people, whichever is known first.
    names : bool, default False
        Whether people are named.
    most : int, default 12
        Of more parts, those with most handoffs are kept.

    Returns
    -------
    Steps

    Raises
    ------
    InputError
        If an option is out of range.
    """
    level = level_of(group, by, among=("role", "unit", "person"))
    cases, made, acts = group.cases, group.handoffs, acts_of_members(group)
    unit = np.asarray(cases.unit_of, dtype=np.int64)
    sides: dict[str, tuple[Any, Any, Any, Any]] = {
        "role": (cases.roles, made.role_from, made.role_to, acts.role),
        "unit": (cases.units, unit[made.giver], unit[made.taker], unit[acts.person]),
        "person": (cases.people, made.giver, made.taker, acts.person),
    }
    labels, source, target, acting = sides[level]
    waiting = np.asarray(made.waiting, dtype=np.float64)
    told = bool(len(waiting)) and bool((~np.isnan(waiting)).mean() >= _KNOWN)
    flows = pd.DataFrame({"source": source, "target": target, "hours": waiting if told else made.elapsed})
    flows = flows[(flows["source"] >= 0) & (flows["target"] >= 0)].astype({"source": "int64", "target": "int64"})
    nodes = _nodes(acting.astype(np.int64), acts, flows, most)
    nodes = _named(nodes, labels, group, level, names=names)
    place = pd.Series(np.arange(len(nodes)), index=nodes["code"])
    known = flows[["source", "target"]].isin(set(place.index)).all(axis=1)
    across = flows[known & (flows["source"] != flows["target"])]
    arrows = across.groupby(["source", "target"])["hours"].agg(handoffs="size", hours="median").reset_index()
    arrows = arrows.assign(source=arrows["source"].map(place), target=arrows["target"].map(place))
    arrows = arrows.sort_values(["handoffs", "source", "target"], ascending=[False, True, True], ignore_index=True)
    return Steps(nodes, arrows, level, told, len(flows))


def _nodes(acting: IntArray, acts: Acts, flows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the parts with most handoffs in the order in which they usually come in."""
    ends = pd.concat([flows["source"], flows["target"]]).value_counts()
    chosen = ends.rename_axis("code").reset_index(name="n").sort_values(["n", "code"], ascending=[False, True])
    codes = chosen["code"].head(most).to_numpy(dtype=np.int64)
    position = first_comings(acts.case, acting).positions().groupby("actor").mean()
    within = flows.loc[flows["source"] == flows["target"], "source"].value_counts()
    held = pd.DataFrame({"code": acting, "person": acts.person}).drop_duplicates()["code"].value_counts()
    frame = pd.DataFrame({"code": codes})
    frame["people"] = frame["code"].map(held).fillna(0).astype(np.int64)
    frame["within"] = frame["code"].map(within).fillna(0).astype(np.int64)
    frame["position"] = frame["code"].map(position).fillna(0.5).round(9)
    return frame.sort_values(["position", "code"], ignore_index=True)


def _named(
    nodes: pd.DataFrame, labels: npt.NDArray[Any], group: DeliveryGroup, level: str, *, names: bool
) -> pd.DataFrame:
    """Put labels on parts, and gatekeepers where they stand; a person who may not be named has a number."""
    parts = [str(labels[code]) for code in nodes["code"]]
    told = [f"person {number + 1}" for number in range(len(parts))] if level == "person" and not names else parts
    keep = group.gatekeepers
    persons = keep["person"].astype(str).tolist()
    if level == "role":
        stands = keep["step"].astype(str).tolist()
    elif level == "unit":
        place = {str(name): number for number, name in enumerate(group.cases.people)}
        code = [int(group.cases.unit_of[place[one]]) if one in place else -1 for one in persons]
        stands = [str(labels[one]) if one >= 0 else "" for one in code]
    else:
        stands = persons
    at = [tuple(sorted({one for one, where in zip(persons, stands, strict=True) if where == part})) for part in parts]
    named = pd.Series([one if names else () for one in at], index=nodes.index, dtype=object)
    return nodes.assign(label=told, gate=[bool(one) for one in at], gates=named)
