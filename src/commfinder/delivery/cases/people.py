"""Who acts on cases: which accounts are machines or nobody, and which unit and role a person had at the time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.interactions import Interactions
from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.interactions.rows import medium_codes
from commfinder.people import Directory

__all__ = ["Actors", "Posts", "find_actors", "is_placeholder", "posts_of"]

CodeArray = npt.NDArray[np.int32]
Names = npt.NDArray[np.object_]

_PLACEHOLDER = re.compile(
    r"[\W_]*(?:|empty|unknown|undefined|un-?assigned|nobody|no ?one|missing|blank|null|nil|none|nan|n[./]?a\.?"
    r"|not (?:known|assigned|available|applicable|set)|no (?:group|team|unit|role|resource|value)|tbd|x{3,})[\W_]*",
    re.IGNORECASE,
)
_SHARED = ("workflow", "ticket", "code", "wiki", "document")
_HOUR_US, _WEEK = 3_600_000_000, 168
_AWAKE, _FAR_MORE = 160, 2
_TITLES = ("title", "job_title", "role", "position")


def is_placeholder(name: str | None) -> bool:
    """Tell whether a name of a group or a person says that there is none.

    Examples
    --------
    >>> [is_placeholder(name) for name in ("EMPTY", "n/a", "-", "Group 4", "Nina")]
    [True, True, True, False, False]
    """
    return name is None or _PLACEHOLDER.fullmatch(name) is not None


@dataclass(frozen=True)
class Actors:
    """Accounts that do not act as people do, by number in ``Interactions.names``.

    Parameters
    ----------
    named : tuple of int
        Machines, lists and rooms, by what a source says or by name.
    tireless : tuple of int
        Machines by their habits.
    nobody : tuple of int
        Placeholders for somebody not known.
    """

    named: tuple[int, ...]
    tireless: tuple[int, ...]
    nobody: tuple[int, ...]

    @property
    def aside(self) -> tuple[int, ...]:
        """All of them, sorted."""
        return tuple(sorted({*self.named, *self.tireless, *self.nobody}))


def find_actors(inter: Interactions) -> Actors:
    """Find the accounts that are machines or stand for nobody.

    Parameters
    ----------
    inter : Interactions
        Interactions with times.

    Returns
    -------
    Actors
        An account is a machine by its habits if, on worklists and pages, it acted in at least 160 of the 168 hours of
        the week and more than twice as often as the busiest account that keeps other hours. Somebody on changing
        shifts may be seen in all hours too, but does not do the work of two; where everybody is, nobody is judged.
    """
    said = set(inter.accounts.loc[inter.accounts["kind"] != "person", "account"].tolist())
    people = inter.people
    named = tuple(code for code, name in enumerate(people) if name in said or named_like_a_machine(name))
    nobody = tuple(code for code, name in enumerate(people) if is_placeholder(name))
    return Actors(named, _tireless(inter.rows, {*named, *nobody}), nobody)


def _tireless(rows: ir.Table, known: set[int]) -> tuple[int, ...]:
    """Find accounts that act at all hours of the week and far more than anybody else."""
    shared = rows.filter(rows.medium.isin(medium_codes(*_SHARED)) & rows.time.notnull() & ~rows.automated)
    hourly = shared.mutate(hour=(shared.time // ibis.literal(_HOUR_US)) % ibis.literal(_WEEK))
    counts = hourly.group_by(["sender", "hour"]).aggregate(acts=hourly.count())
    habits = counts.group_by("sender").aggregate(acts=counts.acts.sum().cast("int64"), hours=counts.count())
    table = habits.order_by("sender").to_pyarrow()
    sender, acts, hours = (table[name].to_numpy() for name in ("sender", "acts", "hours"))
    human = ~np.isin(sender, list(known))
    sender, acts, hours = sender[human], acts[human], hours[human]
    asleep = hours < _AWAKE
    if not asleep.any():
        return ()
    return tuple(sender[~asleep & (acts > _FAR_MORE * acts[asleep].max())].tolist())


@dataclass(frozen=True, eq=False)
class Posts:
    """Who is in which unit and has which role, over time.

    Parameters
    ----------
    units, roles : ndarray of str
        Names, sorted.
    unit_of, manager_of : ndarray of int32, one per person
        Latest unit, and the manager's place among the people; -1 where unknown.
    person, unit, role : ndarray of int32, shape (r,)
        One entry per interval of a person, by person, then time.
    since : ndarray of int64, shape (r,)
        When each begins, microseconds since 1970 UTC; the least number where it is not known.
    placeholder : ndarray of bool, shape (r,)
        Where a placeholder stood in the place of the unit.
    """

    units: Names
    roles: Names
    unit_of: CodeArray
    manager_of: CodeArray
    person: CodeArray
    since: npt.NDArray[np.int64]
    unit: CodeArray
    role: CodeArray
    placeholder: npt.NDArray[np.bool_]

    def rows_at(self, person: CodeArray, time: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for each act the entry that is valid at its time: the latest before it, or else the first; -1 if none.

        Parameters
        ----------
        person : ndarray of int32, shape (n,)
            Who.
        time : ndarray of int64, shape (n,)
            When.

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        n_people = len(self.unit_of)
        first = np.searchsorted(self.person, np.arange(n_people + 1))
        size = np.diff(first)
        latest = np.where(size > 0, first[:-1], -1)
        row: npt.NDArray[np.int64] = latest[person]
        moved = np.flatnonzero(size[person] > 1)
        if len(moved):
            moments = np.unique(self.since)
            width = len(moments) + 1
            keys = self.person.astype(np.int64) * width + np.searchsorted(moments, self.since, side="right")
            asked = person[moved].astype(np.int64) * width + np.searchsorted(moments, time[moved], side="right")
            row[moved] = np.maximum(np.searchsorted(keys, asked, side="right") - 1, row[moved])
        return row


def posts_of(inter: Interactions, directory: Directory, names: Names) -> Posts:
    """Look up units, roles and managers of the people who act.

    Parameters
    ----------
    inter : Interactions
        Its memberships say roles where the directory has no title.
    directory : Directory
        People and units; a column ``title`` (or job_title, role, position) makes roles of units.
    names : ndarray of str
        The people, sorted.

    Returns
    -------
    Posts
    """
    place = {name: code for code, name in enumerate(names.tolist())}
    frame = directory.frame
    known = frame[frame["person"].isin(place)]
    known = known.assign(code=known["person"].map(place)).sort_values(
        ["code", "since"], na_position="first", kind="stable"
    )
    unit = known["unit"].astype("string")
    placeholder = _placeholders(unit)
    unit = unit.mask(placeholder)
    role = _roles(unit, _titles(inter, known, unit))
    units, unit_code = _coded(unit)
    roles, role_code = _coded(role)
    code = known["code"].to_numpy(np.int32)
    since = known["since"].dt.tz_localize(None).to_numpy("M8[us]").view(np.int64)
    last = np.append(code[1:] != code[:-1], True) if len(code) else np.zeros(0, dtype=bool)
    unit_of, manager_of = (np.full(len(names), -1, dtype=np.int32) for _ in range(2))
    unit_of[code[last]] = unit_code[last]
    managers = np.array([place.get(name, -1) for name in known["manager"].tolist()], dtype=np.int32)
    manager_of[code[last]] = managers[last]
    # NaT is the least whole number: an interval without a beginning comes first.
    return Posts(units, roles, unit_of, manager_of, code, since, unit_code, role_code, placeholder.to_numpy())


def _titles(inter: Interactions, known: pd.DataFrame, unit: pd.Series[Any]) -> pd.Series[Any]:
    """Return titles: what the directory says, or else the role in the group that is the unit."""
    for name in known.columns:
        if str(name).lower() in _TITLES:
            said: pd.Series[Any] = known[name].astype("string").str.strip()
            return said.where(said.str.len() > 0)
    member = inter.memberships.dropna(subset=["role", "space"])
    member = member.sort_values(["space", "account", "role"]).drop_duplicates(["space", "account"])
    by_post = pd.Series(member["role"].to_numpy(), index=pd.MultiIndex.from_frame(member[["space", "account"]]))
    posts = pd.MultiIndex.from_arrays([unit.astype(object), known["person"].astype(object)])
    return pd.Series(by_post.reindex(posts).to_numpy(), index=known.index, dtype="string")


def _roles(unit: pd.Series[Any], title: pd.Series[Any]) -> pd.Series[Any]:
    """Write roles: unit and title, or the one of the two that is known."""
    title = title.mask(_placeholders(title))
    return (unit + " / " + title).fillna(unit).fillna(title)


def _placeholders(names: pd.Series[Any]) -> pd.Series[bool]:
    """Tell which names say that there is none; what is missing is no placeholder."""
    words = {name for name in names.dropna().unique() if is_placeholder(name)}
    return pd.Series([name in words for name in names.tolist()], index=names.index, dtype=bool)


def _coded(values: pd.Series[Any]) -> tuple[Names, CodeArray]:
    """Number names in sorted order; -1 where there is none."""
    codes, names = pd.factorize(values, sort=True)
    return np.array([str(name) for name in names], dtype=object), codes.astype(np.int32)
