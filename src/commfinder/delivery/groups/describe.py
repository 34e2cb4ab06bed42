"""From a candidate to a described group: its facts, its type, its path, its times."""

from __future__ import annotations

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
from commfinder.provenance import Provenance

__all__ = ["Evidence", "Wanted", "describe", "evidence_of"]

IntArray = npt.NDArray[np.int64]

_VARIANTS, _FEWEST, _LEVEL = 5, 3, 0.05


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
        Rows of ``Cases.frame``: its cases.
    evidence : ndarray of int
        Rows of all cases on which its members work together: what its type rests on.
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
    own = np.intersect1d(wanted.evidence, touched)
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

    Unlike those of `Cases.select` they do not say when cases begin and end: nothing here asks for it.
    """
    first = everything.first_act
    held = ranges(first, rows)
    acts = everything.acts.take(held)
    acts = replace(acts, case=np.repeat(np.arange(len(rows), dtype=np.int32), first[rows + 1] - first[rows]))
    said = everything.frame[["case", "how", "certainty", "space", "open"]].iloc[rows].reset_index(drop=True)
    return _done_by(replace(everything, frame=said, acts=acts), members)


def _done_by(cases: Cases, members: IntArray) -> Cases:
    """Keep what members did, of cases in each of which one of them acts; what the frame says of cases stays."""
    inside = np.zeros(len(cases.people), dtype=bool)
    inside[members] = True
    return replace(cases, acts=cases.acts.take(inside[cases.acts.person]))


def _has_steps(said: str, facts: Facts) -> bool:
    """Tell whether work passes along a path: where people only talk, every one is alone in a role and keeps no gate."""
    return said in ("process", "mixed") or (said == "abstain" and facts.order_p <= _LEVEL)


def _cases_of(wanted: Wanted, everything: Cases, said: str) -> Cases:
    """Return the cases of a group, each with a member in it.

    Of a group that delivers, exchanges between two members that carry no id are left out: most are talk beside the
    work, and their times would be taken for its own.
    """
    touched, count = everything.with_persons(wanted.members)
    rows, at, _ = np.intersect1d(touched, wanted.rows, return_indices=True)
    if said in ("process", "mixed") and wanted.origin != "process":
        with_id = everything.frame["how"].iloc[rows].isin(WITH_ID).to_numpy(dtype=bool)
        rows = rows[with_id | (count[at] >= _FEWEST)]
    return everything.select(cases=rows)
