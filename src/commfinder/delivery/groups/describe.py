"""From a candidate to a described group: its facts, its type, its path, its times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import ranges
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.cases.value import WITH_ID
from commfinder.delivery.groups.group import (
    DeliveryGroup,
    Grounds,
    gates_of,
    member_frame,
    sort_of_step,
    step_frame,
    steps_of,
)
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.features import gather, share_alone
from commfinder.delivery.kinds.kind import Kind
from commfinder.delivery.order.paths import usual_path, variants
from commfinder.delivery.order.predictability import OrderLevels, order_levels
from commfinder.delivery.order.stand_ins import Beyond, StandIns
from commfinder.delivery.order.together import Excess
from commfinder.provenance import Provenance, continued, record

__all__ = ["Evidence", "Wanted", "describe", "evidence_of", "evidence_of_all"]

IntArray = npt.NDArray[np.int64]

_VARIANTS, _FEWEST, _LEVEL, _THREADS = 5, 3, 0.05, 2
_SAID = ("how", "space")


@dataclass(frozen=True, eq=False)
class Wanted:
    """A group that is to be described.

    Parameters
    ----------
    name : str
        Its name; empty for groups that are found, which are named by their rank.
    origin : str
        ``"handover"``, ``"process"``, ``"declared"`` or ``"community"``.
    people : tuple of str
        Its members, whether they act or not.
    members : ndarray of int
        Places in ``Cases.people`` of those who act.
    rows : ndarray of int
        Rows of ``Cases.frame``: its cases, rising, each once.
    evidence : ndarray of int
        Rows of all cases on which its members work together, rising, each once: what its type rests on.
    """

    name: str
    origin: str
    people: tuple[str, ...]
    members: IntArray
    rows: IntArray
    evidence: IntArray


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a group before anything is said of it.

    Parameters
    ----------
    order : OrderLevels
        The order of all cases on which its members work together.
    facts : Facts
        All numbers that its type rests on.
    beyond : Beyond
        What it has beyond others of the same units and like activity.
    """

    order: OrderLevels
    facts: Facts
    beyond: Beyond


def evidence_of(
    wanted: Wanted,
    everything: Cases,
    background: Background,
    stand_ins: StandIns,
    *,
    calendar: BusinessHours | None,
    shuffles: int,
    seed: int,
) -> Evidence:
    """Gather what is known of a group.

    Parameters
    ----------
    wanted : Wanted
        The group.
    everything : Cases
        All cases of the organisation.
    background : Background
        What it is seen against.
    stand_ins : StandIns
        Who could stand in for whom.
    calendar : BusinessHours or None
        Which hours count.
    shuffles, seed : int
        Of the test of order.

    Returns
    -------
    Evidence
    """
    touched, _ = everything.with_persons(wanted.members)
    own = wanted.evidence[_among(wanted.evidence, touched)[0]]
    work = _work_of(everything, own, wanted.members)
    order = order_levels(work, shuffles=shuffles, seed=seed)
    beyond = Beyond(stand_ins, wanted.members, shuffles, seed)
    facts = gather(
        size=len(wanted.people),
        members=wanted.members,
        work=work,
        handoffs=hand_offs(work, calendar=calendar),
        order=order,
        alone=share_alone(everything, own, touched, wanted.members),
        background=background,
        beyond=beyond.handoffs,
    )
    return Evidence(order, facts, beyond)


def evidence_of_all(
    wanted: Sequence[Wanted],
    everything: Cases,
    background: Background,
    stand_ins: StandIns,
    *,
    calendar: BusinessHours | None,
    shuffles: int,
    seed: int,
) -> Iterator[Evidence]:
    """Gather what is known of many groups, two at a time; prefer `evidence_of` for one.

    Parameters
    ----------
    wanted : sequence of Wanted
        The groups.
    everything, background, stand_ins, calendar, shuffles, seed
        As in `evidence_of`.

    Yields
    ------
    Evidence
        In the order of the groups. Each group has its own streams, so that threads change nothing.
    """

    def of_one(group: Wanted) -> Evidence:
        known = (everything, background, stand_ins)
        return evidence_of(group, *known, calendar=calendar, shuffles=shuffles, seed=seed)

    # Shuffles are compiled and hold no lock, and sorting holds none either.
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from pool.map(of_one, wanted)


def describe(
    wanted: Wanted,
    evidence: Evidence,
    kind: Kind,
    everything: Cases,
    calendar: BusinessHours | None,
    *,
    excess: pd.DataFrame | Excess,
    provenance: Provenance,
    seed: int,
) -> DeliveryGroup:
    """Describe a group whose type is told: its path, whom it hangs on, and its times.

    Parameters
    ----------
    wanted : Wanted
        The group.
    evidence : Evidence
        What is known of it.
    kind : Kind
        Its type.
    everything : Cases
        All cases of the organisation.
    calendar : BusinessHours or None
        Which hours count.
    excess : Excess or pandas.DataFrame
        Pairs who are on the same cases more often than chance puts them there (a frame has person_a and person_b). For
        many groups an `Excess` is quicker.
    provenance : Provenance
        What makes the value.
    seed : int
        Of what the group is asked for later: shuffles, and the intervals of times.

    Returns
    -------
    DeliveryGroup
    """
    own = _cases_of(wanted, everything, kind.type)
    work = _done_by(own, wanted.members)
    handoffs = hand_offs(work, calendar=calendar)
    sort = sort_of_step(work) if _has_steps(kind.type, evidence.facts) else ""
    steps = steps_of(usual_path(work, by=sort)) if sort else ()
    staffed = step_frame(work, handoffs, steps, sort)
    gates, single = gates_of(staffed)
    return DeliveryGroup(
        name=wanted.name,
        origin=wanted.origin,
        kind=kind,
        facts=evidence.facts,
        cases=own,
        handoffs=handoffs,
        members=member_frame(wanted.name, list(wanted.people), work),
        path=steps,
        steps=staffed,
        variants=variants(work, by=sort, most=_VARIANTS) if sort else (),
        gatekeepers=gates,
        single_points=single,
        order=evidence.order,
        excess_pairs=(excess if isinstance(excess, Excess) else Excess.of(excess)).share(wanted.people),
        calendar=calendar,
        grounds=Grounds(sort, evidence.beyond, seed),
        provenance=provenance,
    )


def _work_of(everything: Cases, rows: IntArray, members: IntArray) -> Cases:
    """Return what members did on some cases, in each of which one of them acts.

    Unlike those of `Cases.select` they say only how cases were found, and in what space: nothing here asks for more.
    """
    first = everything.first_act
    held, case = ranges(first, rows), np.repeat(np.arange(len(rows), dtype=np.int32), first[rows + 1] - first[rows])
    done = _inside(everything, members)[everything.acts.person[held]]
    # Acts of others are left out before anything else of them is fetched.
    acts = replace(everything.acts.take(held[done]), case=case[done])
    return replace(everything, frame=_said_of(everything.frame, rows, _SAID), acts=acts)


def _done_by(cases: Cases, members: IntArray) -> Cases:
    """Keep what members did, of cases in each of which one of them acts; what the frame says of cases stays."""
    return replace(cases, acts=cases.acts.take(_inside(cases, members)[cases.acts.person]))


def _inside(cases: Cases, members: IntArray) -> npt.NDArray[np.bool_]:
    """Tell of everybody whether they are a member."""
    inside = np.zeros(len(cases.people), dtype=bool)
    inside[members] = True
    return inside


def _said_of(frame: pd.DataFrame, rows: IntArray, names: Iterable[str]) -> pd.DataFrame:
    """Take rows of some columns, column by column: pandas copies those of all cases if it is asked for several."""
    return pd.DataFrame({name: frame[name].array.take(rows) for name in names}, copy=False)


def _among(rows: IntArray, places: IntArray) -> tuple[npt.NDArray[np.bool_], IntArray]:
    """Tell which rows are among others that rise, and where they stand there."""
    if not len(places):
        return np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=np.int64)
    at = np.minimum(np.searchsorted(places, rows), len(places) - 1)
    return places[at] == rows, at


def _has_steps(said: str, facts: Facts) -> bool:
    """Tell whether work passes along a path: where people only talk, every one is alone in a role and keeps no gate."""
    return said in ("process", "mixed") or (said == "abstain" and facts.order_p <= _LEVEL)


def _cases_of(wanted: Wanted, everything: Cases, said: str) -> Cases:
    """Return the cases of a group, each with a member in it.

    Of a group that delivers, exchanges between two members that carry no id are left out: most are talk beside the
    work, and their times would be taken for its own.
    """
    touched, count = everything.with_persons(wanted.members)
    there, at = _among(wanted.rows, touched)
    rows, at = wanted.rows[there], at[there]
    if said in ("process", "mixed") and wanted.origin != "process":
        with_id = np.asarray(everything.frame["how"].array.take(rows).isin(WITH_ID), dtype=bool)
        rows = rows[with_id | (count[at] >= _FEWEST)]
    first = everything.first_act
    case = np.repeat(np.arange(len(rows), dtype=np.int32), first[rows + 1] - first[rows])
    acts = replace(everything.acts.take(ranges(first, rows)), case=case)
    # Cases stay whole, so what is said of each stays true.
    frame = _said_of(everything.frame, rows, everything.frame.columns)
    made_by = continued(everything.provenance, record("select", {"cases": True, "persons": False, "space": None}))
    return replace(everything, frame=frame, acts=acts, provenance=made_by)
