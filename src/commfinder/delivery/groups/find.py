"""Find groups that work together, and tell what kind of group each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases, find_cases
from commfinder.delivery.groups.candidates import Candidates, candidates
from commfinder.delivery.groups.describe import Wanted, describe, evidence_of_all
from commfinder.delivery.groups.distinct import Judged, distinct, named
from commfinder.delivery.groups.listed import CasesOfPeople, listed_groups
from commfinder.delivery.groups.value import DeliveryGroups, frame_of, members_of
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.kind import type_of
from commfinder.delivery.order.nulls import StandIns
from commfinder.delivery.order.together import Excess
from commfinder.errors import InputError
from commfinder.graph import InteractionGraph
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people import DeclaredGroups, Directory
from commfinder.progress import SILENT, Progress
from commfinder.provenance import record

if TYPE_CHECKING:
    from commfinder.communities import Communities

__all__ = ["find_delivery_groups"]

_WORKING_DAYS = (0, 1, 2, 3, 4)
_FALSE = 0.05


def find_delivery_groups(
    inter: Interactions,
    people: Directory | None = None,
    *,
    groups: DeclaredGroups | None = None,
    found: Communities | None = None,
    calendar: BusinessHours | None = None,
    graph: InteractionGraph | None = None,
    min_cases: int = 10,
    shuffles: int = 199,
    progress: Progress = SILENT,
    seed: int = 0,
) -> DeliveryGroups:
    """Find the people who work together to get something delivered, and tell what kind of group each is.

    A process-delivery group passes cases on from one to another, usually across units, in an order that returns. Groups
    are looked for by who hands work to whom and among everybody who works on the cases of one space or workflow; what
    kind each is - process, knowledge, social, formal-only, mixed - is told with a probability, or not at all. Prefer
    `find_communities` for groups of people who have ties with one another, whatever for, and `assess_groups` to learn
    whether a declared group is a community.

    Parameters
    ----------
    inter : Interactions
        Interactions between people; resolve accounts first (`resolve_people`).
    people : Directory, optional
        The organisation: units, managers, titles. None takes what the sources say.
    groups : DeclaredGroups, optional
        Declared groups whose type is wanted as well.
    found : Communities, optional
        Communities, from `find_communities`, whose type is wanted as well.
    calendar : BusinessHours, optional
        Which hours count for waiting and cycle times; by default Monday to Friday, 9 to 17, UTC.
    graph : InteractionGraph, optional
        The graph of the same interactions and people (`build_graph`), against which lasting ties are held; built with
        default options where it is not given. Types were learnt from such graphs: prefer none to one of other options.
    min_cases : int, default 10
        Fewest cases of a group that is found, at least 2.
    shuffles : int, default 199
        Shuffles of the test of order, at least 99.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed.

    Returns
    -------
    DeliveryGroups
        Without any group where the data show none; `losses` tells what was looked at.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Cases are found by the ids of workflows and tickets, pages, threads, references, and chains of messages in time, in
    this order (`find_cases`). A found group has at least `min_cases` cases with three members or more, in three windows
    of four weeks, and two units or roles. Its type rests on all cases in which two members take part who are half of
    all that do. Order is tested without whoever opens a case, since every help list has an order of who asks and who
    answers (`order_levels`). The probabilities are those of a multinomial logistic model of planted groups; no real
    groups of known type are at hand to check them against.

    Examples
    --------
    >>> import pandas as pd
    >>> day, row = pd.Timestamp("2026-01-05 09:00", tz="UTC"), range(160)
    >>> log = pd.DataFrame({"event": [f"{i // 4}#{i % 4}" for i in row], "thread": [f"{i // 4}" for i in row]})
    >>> log = log.assign(sender=list("abcd") * 40, recipient=None, role="edit", space="permits")
    >>> log["time"] = [day + pd.Timedelta(i // 4 * 60 + i % 4 * 5, "h") for i in row]
    >>> log["activity"] = ["ask", "check", "grant", "file"] * 40
    >>> inter = Interactions.from_frame(log, medium="workflow", event="event", thread="thread", role="role",
    ...                                 space="space", activity="activity")
    >>> units = Directory.from_frame({"person": list("abcd"), "unit": ["desk", "law", "law", "desk"]})
    >>> len(find_delivery_groups(inter, units)) > 0
    True
    """
    min_cases = _validate.count(min_cases, what="min_cases", low=2)
    shuffles = _validate.count(shuffles, what="shuffles", low=99)
    seed = _validate.seed(seed)
    if calendar is not None and not isinstance(calendar, BusinessHours):
        raise InputError(f"calendar is a {type(calendar).__name__}.", need="A BusinessHours is needed.")
    directory = Directory.from_accounts(inter) if people is None else people
    made_by = record(
        "find_delivery_groups",
        {"calendar": calendar, "min_cases": min_cases, "shuffles": shuffles},
        seed=seed,
        inputs=inter.provenance.inputs,
    )
    with progress.stage("Finding cases"):
        cases = find_cases(inter, directory, calendar=calendar)
    with progress.stage("Looking for groups"):
        searched = candidates(cases, min_cases=min_cases, seed=seed)
        wanted = wanted_groups(cases, searched, groups=groups, found=found)
        stand_ins = StandIns(cases)
        background = background_of(inter, directory, cases, wanted, calendar, graph)
    judged = []
    with progress.stage("Telling what kind of group each is", total=len(wanted)) as stage:
        of_all = (wanted, cases, background, stand_ins)
        for group, known in zip(
            wanted, evidence_of_all(*of_all, calendar=calendar, shuffles=shuffles, seed=seed), strict=True
        ):
            judged.append(Judged(group, known, type_of(known.facts)))
            stage.advance()
    kept, again = distinct(judged)
    final = []
    with progress.stage("Describing groups", total=len(kept)) as stage:
        excess = Excess.found(cases, q=_FALSE)
        for one in named(kept):
            told = (one.wanted, one.evidence, one.kind, cases, calendar)
            final.append(describe(*told, excess=excess, provenance=made_by, seed=seed))
            stage.advance()
        frame = frame_of(final)
    notes = losses_frame(_notes(cases, searched, wanted, again, min_cases))
    return DeliveryGroups(
        frame=frame,
        members=members_of(final),
        groups={one.name: one for one in final},
        cases=cases,
        losses=pd.concat([cases.losses, notes], ignore_index=True),
        provenance=made_by,
    )


def wanted_groups(
    cases: Cases,
    searched: Candidates,
    *,
    groups: DeclaredGroups | None = None,
    found: Communities | None = None,
) -> list[Wanted]:
    """List the groups that are to be described: those found in the cases, declared groups and communities.

    Parameters
    ----------
    cases : Cases
        All cases.
    searched : Candidates
        What was found in them.
    groups : DeclaredGroups, optional
        Declared groups.
    found : Communities, optional
        Communities.

    Returns
    -------
    list of Wanted
    """
    work = CasesOfPeople.of(cases)
    wanted = []
    for one in searched:
        members = one.members.astype(np.int64)
        people, rows = tuple(str(name) for name in cases.people[members]), one.cases.astype(np.int64)
        wanted.append(Wanted("", one.origin, people, members, rows, np.union1d(rows, work.rows(members))))
    for known in listed_groups(groups, found, cases):
        members = work.places(known.people)
        rows = work.rows(members, known.spaces)
        wanted.append(Wanted(known.name, known.origin, known.people, members, rows, rows))
    return wanted


def background_of(
    inter: Interactions,
    directory: Directory,
    cases: Cases,
    wanted: list[Wanted],
    calendar: BusinessHours | None,
    graph: InteractionGraph | None = None,
) -> Background:
    """Take the background of everybody who interacts, acts on a case or is a member.

    Parameters
    ----------
    inter : Interactions
        The interactions.
    directory : Directory
        The organisation.
    cases : Cases
        All cases.
    wanted : list of Wanted
        The groups.
    calendar : BusinessHours or None
        Its working days are those of the usual week.
    graph : InteractionGraph, optional
        The graph of the interactions, where it is there already.

    Returns
    -------
    Background
    """
    everybody = {*inter.people, *cases.people.tolist(), *(name for one in wanted for name in one.people)}
    days = calendar.days if calendar is not None else _WORKING_DAYS
    # A calendar in which every day counts tells nothing of when people are off.
    days = tuple(days) if 0 < len(days) < 7 else _WORKING_DAYS
    return Background.of(inter, directory, np.array(sorted(everybody), dtype=object), days=days, graph=graph)


def _notes(cases: Cases, searched: Candidates, wanted: list[Wanted], again: int, min_cases: int) -> list[Loss]:
    """Say plainly what was looked at and not taken for a group, and who of a listed group was not seen."""
    notes = []
    if not len(searched):
        several = int((cases.frame["people"] >= 3).sum())
        fact = f"no group was found: {several} of {len(cases)} cases have three people or more"
        advice = f"A group needs {min_cases} cases with three of its members, in three windows of four weeks."
        notes.append(Loss("delivery", "cases", fact, len(cases), "cases", None, advice))
    for row in searched.reasons().to_dict("records"):
        what = "space" if row["origin"] == "process" else "community of handing over"
        fact = f"{what} is no group to be described: {row['reason']}"
        notes.append(Loss("delivery", "cases", fact, int(row["count"]), "candidates", None, None))
    if again:
        fact = "found twice: mostly the people of another found group of the same type"
        notes.append(Loss("delivery", "cases", fact, again, "candidates", None, None))
    for one in wanted:
        missing = len(one.people) - len(one.members)
        if one.name and missing:
            fact = "listed member acts on no case"
            notes.append(Loss("delivery", one.origin, fact, missing, "members", f"group {one.name!r}", None))
    return notes
