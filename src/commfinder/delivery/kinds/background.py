"""What all groups are seen against: everybody's usual hours, who writes to whom, formal structure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from commfinder.errors import InputError, PeriodError
from commfinder.graph import build_graph
from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.interactions import Interactions
from commfinder.people import Directory

if TYPE_CHECKING:
    from commfinder.graph import InteractionGraph

__all__ = ["Background", "Formal", "Talk"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_HOUR = 3_600_000_000
_THURSDAY = 72  # hours from Monday, midnight, to the beginning of 1970
_LONG_DAY, _MORNING = 10, 8
_ENOUGH = 40
_MOST_RECIPIENTS = 20
_MOST_MEMBERS = 1000
_LARGE = 30
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Talk:
    """What the members of a group write to one another.

    Parameters
    ----------
    messages : int
        Messages, counted once for each recipient.
    reciprocity : float
        Share of them that is matched by one in return, 0 to 1.
    breadth : float
        Mean number of recipients of such a message.
    private : float
        Share of them that went to one recipient.
    off_hours : float
        Share outside the sender's usual working hours.
    """

    messages: int
    reciprocity: float
    breadth: float
    private: float
    off_hours: float


@dataclass(frozen=True)
class Formal:
    """Lasting ties among the members of a group, and how many formal structure explains.

    Parameters
    ----------
    active : int
        Members with ties anywhere.
    pairs, ties : int
        Pairs of them, and pairs with a tie.
    expected, expected_activity : float
        Ties expected of activity and formal structure, and of activity alone.
    """

    active: int
    pairs: int
    ties: int
    expected: float
    expected_activity: float

    @property
    def z(self) -> float:
        """How far the ties exceed what formal structure explains, in standard deviations."""
        return (self.ties - self.expected) / float(np.sqrt(self.expected + 0.5))

    @property
    def z_activity(self) -> float:
        """How far they exceed what activity alone explains."""
        return (self.ties - self.expected_activity) / float(np.sqrt(self.expected_activity + 0.5))

    @property
    def extra(self) -> float:
        """Share of the pairs that have a tie beyond expectation."""
        return (self.ties - self.expected) / self.pairs if self.pairs else _UNKNOWN


@dataclass(frozen=True, eq=False)
class _Nulls:
    """The graph of who works with whom, and what is expected in it."""

    graph: InteractionGraph
    structure: Structure
    formal: DyadNull
    activity: DyadNull
    place: IntArray
    degree: IntArray
    keys: IntArray


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
    dyads : pandas.DataFrame
        sender, recipient (places in the people), n, off, private, breadth (sums over messages), sorted.
    nulls : optional
        The graph and its nulls; None where nothing has a recipient.
    """

    people: npt.NDArray[np.object_]
    unit: IntArray
    manager: IntArray
    shift: IntArray
    usual_off: FloatArray
    days: tuple[int, ...]
    dyads: pd.DataFrame
    nulls: _Nulls | None = field(default=None)

    @classmethod
    def of(
        cls,
        inter: Interactions,
        directory: Directory,
        people: npt.NDArray[np.object_],
        *,
        days: tuple[int, ...] = (0, 1, 2, 3, 4),
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

        Returns
        -------
        Background
        """
        number = {str(name): place for place, name in enumerate(people)}
        latest = directory.at(None).set_index("person")[["unit", "site", "manager"]].reindex(list(number))
        codes = np.array([number.get(name, -1) for name in inter.people], dtype=np.int64)
        hours = _hours(inter, codes, len(people))
        shift = _shifts(hours, _codes(latest["site"]))
        dyads = _dyads(inter, codes, shift, days)
        nulls = _nulls(inter, directory, people) if len(dyads) else None
        usual_off = _off_share(hours, shift, days)
        return cls(
            people, _codes(latest["unit"]), _managers(latest["manager"], number), shift, usual_off, days, dyads, nulls
        )

    def places(self, names: Iterable[str]) -> IntArray:
        """Return where some people stand in `people`; who is not there is left out."""
        found = pd.Index(self.people).get_indexer(pd.Index(list(names), dtype=object))
        return found[found >= 0].astype(np.int64)

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
        inside = self.dyads[self.dyads["sender"].isin(members) & self.dyads["recipient"].isin(members)]
        total = int(inside["n"].sum())
        if not total:
            return Talk(0, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
        a, b = inside["sender"].to_numpy(), inside["recipient"].to_numpy()
        side = int(max(a.max(), b.max())) + 1
        key, n = a * side + b, inside["n"].to_numpy()
        back = pd.Series(n, index=key).reindex(b * side + a).fillna(0).to_numpy()
        matched = float(np.minimum(n, back).sum())
        sums = inside[["breadth", "private", "off"]].sum() / total
        return Talk(total, matched / total, float(sums["breadth"]), float(sums["private"]), float(sums["off"]))

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
            and below five members with ties.

        Notes
        -----
        The own ties of a group of more than thirty are left out of the fit, so that it does not explain itself.
        """
        nulls = self.nulls
        if nulls is None:
            return None
        known = np.unique(nulls.place[members])
        known = known[known >= 0]
        tested = known[nulls.degree[known] > 0]
        if not 5 <= len(tested) <= min(_MOST_MEMBERS, int((nulls.degree > 0).sum()) / 2):
            return None
        null = nulls.formal
        if len(tested) > _LARGE:
            null = fit_null(nulls.graph, nulls.structure, leave_out=tested, start=null)
        i, j = np.triu_indices(len(tested), 1)
        n = len(nulls.degree)
        ties = int(np.isin(tested[i] * n + tested[j], nulls.keys, assume_unique=True).sum())
        expected = float(np.minimum(null.matrix(tested), 1.0).sum()) / 2
        alone = float(np.minimum(nulls.activity.matrix(tested), 1.0).sum()) / 2
        return Formal(len(tested), len(i), ties, expected, alone)


def _off(hour: IntArray, days: tuple[int, ...]) -> BoolArray:
    """Tell which hours of a local week lie outside the long working day."""
    clock = hour % 24
    found: BoolArray = ~np.isin(hour // 24, days) | (clock < _MORNING) | (clock >= _MORNING + _LONG_DAY)
    return found


def _hours(inter: Interactions, codes: IntArray, n: int) -> IntArray:
    """Count what each person does in each hour of the week, UTC; an event counts once."""
    rows = inter.rows
    acts = rows.filter(rows.time.notnull() & ~rows.automated).select("source", "event", "sender", "time").distinct()
    acts = acts.mutate(hour=((acts.time // _HOUR + _THURSDAY) % 168).cast("int64"))
    held = acts.group_by("sender", "hour").aggregate(n=acts.count()).to_pyarrow()
    who = codes[held["sender"].to_numpy()]
    known = who >= 0
    counts = np.zeros((n, 168), dtype=np.int64)
    np.add.at(counts, (who[known], held["hour"].to_numpy()[known]), held["n"].to_numpy()[known])
    return counts


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


def _dyads(inter: Interactions, codes: IntArray, shift: IntArray, days: tuple[int, ...]) -> pd.DataFrame:
    """Add up what everybody writes to everybody, in one scan."""
    known = np.flatnonzero(codes >= 0)
    table = pa.table({"sender": pa.array(known, pa.int32()), "shift": pa.array(shift[codes[known]], pa.int64())})
    rows = inter.rows
    sent = rows.filter(
        rows.time.notnull() & ~rows.automated & rows.recipient.notnull() & (rows.sender != rows.recipient)
    )
    sent = sent.filter(sent.n_recipients <= _MOST_RECIPIENTS)
    sent = sent.join(ibis.memtable(table), "sender")
    hour = (sent.time // _HOUR + _THURSDAY - sent["shift"]) % 168
    clock = hour % 24
    off = ~(hour // 24).isin(list(days)) | (clock < _MORNING) | (clock >= _MORNING + _LONG_DAY)
    many = ibis.greatest(sent.n_recipients, 1)
    sent = sent.mutate(off=off.ifelse(1, 0), many=many.cast("int64"), private=(many == 1).ifelse(1, 0))
    grouped = sent.group_by("sender", "recipient").aggregate(
        n=sent.count(), off=sent.off.sum(), private=sent.private.sum(), breadth=sent.many.sum()
    )
    frame: pd.DataFrame = grouped.to_pyarrow().to_pandas().astype("int64")
    frame["sender"], frame["recipient"] = codes[frame["sender"]], codes[frame["recipient"]]
    frame = frame[(frame["sender"] >= 0) & (frame["recipient"] >= 0)]
    return frame.sort_values(["sender", "recipient"]).reset_index(drop=True)


def _nulls(inter: Interactions, directory: Directory, people: npt.NDArray[np.object_]) -> _Nulls | None:
    """Build the graph and fit its nulls; None where there is nothing to build it of."""
    try:
        graph = build_graph(inter, directory)
    except (InputError, PeriodError):
        return None
    tie = graph.ties["tie"].to_numpy(dtype=bool)
    if not tie.any():
        return None
    a, b = (ends[tie] for ends in graph.pairs)
    structure = Structure.of(graph).placed(a, b)
    activity = fit_null(graph, structure.without())
    n = len(graph.people)
    place = pd.Index(graph.people["person"].to_numpy(dtype=object)).get_indexer(pd.Index(people)).astype(np.int64)
    degree = (np.bincount(a, minlength=n) + np.bincount(b, minlength=n)).astype(np.int64)
    formal = fit_null(graph, structure) if structure.known else activity
    return _Nulls(graph, structure, formal, activity, place, degree, np.sort(np.minimum(a, b) * n + np.maximum(a, b)))
