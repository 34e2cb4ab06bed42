"""What all groups are seen against: everybody's usual hours, who writes to whom, formal structure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.habits import Sent, rows_sent
from commfinder.delivery.kinds.formal import Formal, Nulls
from commfinder.delivery.kinds.talk import Dyads, Talk
from commfinder.errors import InputError, PeriodError
from commfinder.graph import InteractionGraph, build_graph
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null
from commfinder.interactions import Interactions
from commfinder.people import Directory

__all__ = ["Background", "Formal", "Talk"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_HOUR = 3_600_000_000
_THURSDAY = 72  # hours from Monday, midnight, to the beginning of 1970
_LONG_DAY, _MORNING = 10, 8
_ENOUGH = 40
_MOST_RECIPIENTS = 20


@dataclass(frozen=True, eq=False)
class Background:
    """What all groups of an organisation share; made by `Background.of`.

    Parameters
    ----------
    people : ndarray of str, shape (n,)
        Ids of everybody, sorted; all other arrays are in this order.
    unit, manager : ndarray of int64, shape (n,)
        Codes of everybody's latest unit and manager; -1 where it is not known. Codes of managers are places in `people`
        where the manager is one of them, and above n where not.
    shift : ndarray of int64, shape (n,)
        Hours by which the usual working day of each person begins later than eight o'clock UTC.
    usual_off : ndarray of float64, shape (n,)
        Share of everything each person does that lies outside their usual hours; nan for who does nothing.
    days : tuple of int
        Working days, Monday is 0.
    dyads : Dyads
        What everybody writes to everybody.
    nulls : Nulls, optional
        The graph and its nulls; None where nothing has a recipient.
    """

    people: npt.NDArray[np.object_]
    unit: IntArray
    manager: IntArray
    shift: IntArray
    usual_off: FloatArray
    days: tuple[int, ...]
    dyads: Dyads
    nulls: Nulls | None = field(default=None)

    @classmethod
    def of(
        cls,
        inter: Interactions,
        directory: Directory,
        people: npt.NDArray[np.object_],
        *,
        days: tuple[int, ...] = (0, 1, 2, 3, 4),
        graph: InteractionGraph | None = None,
    ) -> Background:
        """Take the background of an organisation.

        Parameters
        ----------
        inter : Interactions
            Interactions between people.
        directory : Directory
            The organisation.
        people : ndarray of str, shape (n,)
            Who is to have which number: sorted ids.
        days : tuple of int
            Working days.
        graph : InteractionGraph, optional
            The graph of these interactions and this directory with default options, where it is there already.

        Returns
        -------
        Background
        """
        number = {str(name): place for place, name in enumerate(people)}
        latest = directory.at(None).set_index("person")[["unit", "site", "manager"]].reindex(list(number))
        codes = np.array([number.get(name, -1) for name in inter.people], dtype=np.int64)
        sent = rows_sent(inter, codes, len(people))
        hours = sent.hours()
        shift = _shifts(hours, _codes(latest["site"]))
        dyads = _dyads(sent, shift, days)
        del sent
        nulls = _nulls(inter, directory, people, graph) if len(dyads) else None
        usual_off = _off_share(hours, shift, days)
        return cls(
            people, _codes(latest["unit"]), _managers(latest["manager"], number), shift, usual_off, days, dyads, nulls
        )

    def places(self, names: Iterable[str]) -> IntArray:
        """Return where some people stand in `people`; who is not there is left out."""
        known = self._place
        return np.array([known[name] for name in names if name in known], dtype=np.int64)

    @cached_property
    def _place(self) -> dict[str, int]:
        """Where everybody stands: a look-up is quicker than a search among a hundred thousand names."""
        return {name: place for place, name in enumerate(self.people.tolist())}

    def formally_linked(self, a: IntArray, b: IntArray) -> tuple[BoolArray, BoolArray]:
        """Tell which pairs of people are linked by the chart: one unit, one manager, or one reports to the other.

        Parameters
        ----------
        a, b : ndarray of int
            Places in `people`.

        Returns
        -------
        linked, known : ndarray of bool
            Whether they are linked, and whether enough is known of both to tell.
        """
        unit, manager = self.unit, self.manager
        one_unit = (unit[a] == unit[b]) & (unit[a] >= 0)
        one_manager = (manager[a] == manager[b]) & (manager[a] >= 0)
        linked = one_unit | one_manager | (manager[a] == b) | (manager[b] == a)
        known = linked | ((unit[a] >= 0) & (unit[b] >= 0)) | ((manager[a] >= 0) & (manager[b] >= 0))
        return linked, known

    def off_hours(self, person: npt.NDArray[np.integer], time: IntArray) -> BoolArray:
        """Tell which moments lie outside a person's usual working hours."""
        return _off((time // _HOUR + _THURSDAY - self.shift[person]) % 168, self.days)

    def talk(self, members: npt.NDArray[np.integer]) -> Talk:
        """Return what some people write to one another.

        Parameters
        ----------
        members : ndarray of int
            Places in the people.

        Returns
        -------
        Talk
            Shares are nan where they do not write to one another.
        """
        return self.dyads.talk(members)

    def formal(self, members: npt.NDArray[np.integer]) -> Formal | None:
        """Return the lasting ties among some people and how many are expected.

        Parameters
        ----------
        members : ndarray of int
            Places in the people.

        Returns
        -------
        Formal or None
            None where nothing has a recipient, where the group is larger than a thousand or half of the organisation,
            and below five members with ties. See `Nulls.among`.
        """
        return self.nulls.among(members) if self.nulls is not None else None


def _off(hour: IntArray, days: tuple[int, ...]) -> BoolArray:
    """Tell which hours of a local week lie outside the long working day."""
    clock = hour % 24
    found: BoolArray = ~np.isin(hour // 24, days) | (clock < _MORNING) | (clock >= _MORNING + _LONG_DAY)
    return found


def _codes(values: pd.Series[str]) -> IntArray:
    """Number the distinct values in sorted order; -1 where it is not known."""
    return pd.factorize(values, sort=True)[0].astype(np.int64)


def _managers(manager: pd.Series[str], number: dict[str, int]) -> IntArray:
    """Return the place of everybody's manager; a number above all where the manager is not among the people."""
    outside = {name: len(number) + code for code, name in enumerate(sorted(set(manager.dropna()) - set(number)))}
    return np.array([-1 if pd.isna(one) else number.get(one, outside.get(one, -1)) for one in manager], dtype=np.int64)


def _shifts(hours: IntArray, site: IntArray) -> IntArray:
    """Return by how many hours everybody's day begins later than eight o'clock UTC.

    The usual day is the ten hours in which somebody does most; of who does little, those of their site or of all.
    """
    clock: IntArray = hours.reshape(-1, 7, 24).sum(axis=1)
    everybody = _busiest(clock.sum(axis=0)[None])[0]
    found = np.full(len(hours), everybody, dtype=np.int64)
    if site.max(initial=-1) >= 0:
        at_site = np.zeros((int(site.max()) + 1, 24), dtype=np.int64)
        np.add.at(at_site, site[site >= 0], clock[site >= 0])
        local = np.where(at_site.sum(axis=1) >= _ENOUGH, _busiest(at_site), everybody)
        found[site >= 0] = local[site[site >= 0]]
    busy = clock.sum(axis=1) >= _ENOUGH
    found[busy] = _busiest(clock[busy])
    shift: IntArray = (found - _MORNING + 12) % 24 - 12
    return shift


def _busiest(clock: IntArray) -> IntArray:
    """Return the first hour of the ten in which most happens, going round the clock."""
    sums = np.cumsum(np.concatenate([np.zeros((len(clock), 1), dtype=np.int64), clock, clock], axis=1), axis=1)
    window = sums[:, _LONG_DAY : 24 + _LONG_DAY] - sums[:, :24]
    # Where several windows hold as much, the middle one is the day: its edges are as far from work on both sides.
    best = window == window.max(axis=1, keepdims=True)
    places = np.cumsum(best, axis=1)
    middle = (places[:, -1:] + 1) // 2
    first: IntArray = np.argmax(best & (places == middle), axis=1).astype(np.int64)
    return first


def _off_share(hours: IntArray, shift: IntArray, days: tuple[int, ...]) -> FloatArray:
    """Return the share of what everybody does that lies outside their usual hours."""
    off = _off((np.arange(168)[None] - shift[:, None]) % 168, days)
    total = hours.sum(axis=1)
    return np.where(total > 0, (hours * off).sum(axis=1) / np.maximum(total, 1), np.nan)


def _dyads(sent: Sent, shift: IntArray, days: tuple[int, ...]) -> Dyads:
    """Add up what everybody writes to everybody."""
    return Dyads(sent.people, *sent.dyads(shift, _off(np.arange(168), days), _MOST_RECIPIENTS))


def _nulls(
    inter: Interactions, directory: Directory, people: npt.NDArray[np.object_], graph: InteractionGraph | None
) -> Nulls | None:
    """Build the graph, unless it is there, and fit its nulls; None where there is nothing to build it of."""
    try:
        graph = build_graph(inter, directory) if graph is None else graph
    except (InputError, PeriodError):
        return None
    tie = graph.tie_values("tie")
    if not tie.any():
        return None
    a, b = (ends[tie] for ends in graph.pairs)
    structure = Structure.of(graph).placed(a, b)
    activity = fit_null(graph, structure.without())
    n = len(graph.people)
    place = pd.Index(graph.people["person"].to_numpy(dtype=object)).get_indexer(pd.Index(people)).astype(np.int64)
    degree = (np.bincount(a, minlength=n) + np.bincount(b, minlength=n)).astype(np.int64)
    formal = fit_null(graph, structure) if structure.known else activity
    return Nulls(graph, structure, formal, activity, place, degree, np.sort(np.minimum(a, b) * n + np.maximum(a, b)))
