"""From a candidate to a described group: its facts, its type, its path, its times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.cases.value import WITH_ID
from commfinder.delivery.groups.group import DeliveryGroup, member_frame, sort_of_step, step_frame, steps_of
from commfinder.delivery.impact.times import measure_times
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.features import gather
from commfinder.delivery.kinds.kind import Kind
from commfinder.delivery.order.nulls import NullTest, StandIns, null_frame, time_null
from commfinder.delivery.order.paths import usual_path, variants
from commfinder.delivery.order.patterns import role_patterns
from commfinder.delivery.order.predictability import OrderLevels, order_levels
from commfinder.provenance import Provenance

__all__ = ["Evidence", "Wanted", "describe", "evidence_of"]

IntArray = npt.NDArray[np.int64]

_VARIANTS, _DRAWS, _SHUFFLES, _FEWEST, _LEVEL = 5, 199, 99, 3, 0.05


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
    nulls : tuple of NullTest
        What it has beyond others of the same units and like activity.
    """

    order: OrderLevels
    facts: Facts
    nulls: tuple[NullTest, ...]


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
    touched = np.unique(everything.acts.case[np.isin(everything.acts.person, wanted.members)])
    own = everything.select(cases=np.intersect1d(wanted.evidence, touched))
    work = own.select(persons=wanted.members)
    handoffs = hand_offs(work, calendar=calendar)
    order = order_levels(work, shuffles=shuffles, seed=seed)
    beyond = stand_ins.test(wanted.members, draws=shuffles, seed=seed)
    facts = gather(
        size=len(wanted.people),
        members=wanted.members,
        own=own,
        work=work,
        handoffs=handoffs,
        order=order,
        everything=everything,
        background=background,
        beyond=beyond[0],
    )
    return Evidence(order, facts, beyond)


def describe(
    wanted: Wanted,
    evidence: Evidence,
    kind: Kind,
    everything: Cases,
    calendar: BusinessHours | None,
    *,
    excess: pd.DataFrame,
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
    excess : pandas.DataFrame
        person_a, person_b: pairs who are on the same cases more often than chance puts them there.
    provenance : Provenance
        What makes the value.
    seed : int
        Of the intervals of times.

    Returns
    -------
    DeliveryGroup
    """
    own = _cases_of(wanted, everything, kind.type)
    work = own.select(persons=wanted.members)
    handoffs = hand_offs(work, calendar=calendar)
    sort = sort_of_step(work) if _has_steps(kind.type, evidence.facts) else ""
    steps = steps_of(usual_path(work, by=sort)) if sort else ()
    staffed = step_frame(work, handoffs, steps, sort)
    gates, single = staffed[staffed["gatekeeper"] | staffed["single"]], staffed[staffed["single"]]
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
        patterns=role_patterns(work, by=sort) if sort else (),
        gatekeepers=gates[["step", "person", "share", "handoffs"]].dropna(subset=["person"]).reset_index(drop=True),
        single_points=single[["step", "person", "cases"]].reset_index(drop=True),
        order=evidence.order,
        excess_pairs=_share_of_pairs(wanted.people, excess),
        nulls=null_frame((*evidence.nulls, *time_null(work, shuffles=_SHUFFLES, seed=seed))),
        times=measure_times(own, handoffs, calendar, draws=_DRAWS, seed=seed),
        calendar=calendar,
        provenance=provenance,
    )


def _share_of_pairs(people: tuple[str, ...], excess: pd.DataFrame) -> float:
    """Return the share of the pairs of some people that are among the pairs given; nan for one person."""
    pairs = len(people) * (len(people) - 1) / 2
    inside = excess["person_a"].isin(people) & excess["person_b"].isin(people)
    return float(inside.sum() / pairs) if pairs else float("nan")


def _has_steps(said: str, facts: Facts) -> bool:
    """Tell whether work passes along a path: where people only talk, every one is alone in a role and keeps no gate."""
    return said in ("process", "mixed") or (said == "abstain" and facts.order_p <= _LEVEL)


def _cases_of(wanted: Wanted, everything: Cases, said: str) -> Cases:
    """Return the cases of a group, each with a member in it.

    Of a group that delivers, exchanges between two members that carry no id are left out: most are talk beside the
    work, and their times would be taken for its own.
    """
    inside = np.zeros(len(everything.people), dtype=bool)
    inside[wanted.members] = True
    case, person = everything.persons_of
    count = np.bincount(case[inside[person]], minlength=len(everything))
    keep = np.zeros(len(everything), dtype=bool)
    keep[wanted.rows] = True
    keep &= count >= 1
    if said in ("process", "mixed") and wanted.origin != "process":
        with_id = everything.frame["how"].isin(WITH_ID).to_numpy(dtype=bool)
        keep &= with_id | (count >= _FEWEST)
    return everything.select(cases=keep)
