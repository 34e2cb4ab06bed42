"""An organisation made to a plan, put together from its parts."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from commfinder.simulation.clock import Clock
from commfinder.simulation.contacts import Contacts, draw_contacts
from commfinder.simulation.coverage import as_recorded
from commfinder.simulation.messages import Ledger, Message, finish
from commfinder.simulation.noise import write_planned_noise
from commfinder.simulation.plan import Plan
from commfinder.simulation.planting import PlannedGroup, plant_plan
from commfinder.simulation.rosters import Planted
from commfinder.simulation.spaces import Channel, open_channels, write_channels, write_lists
from commfinder.simulation.structure import Bools, Structure, build_structure
from commfinder.simulation.talk import Talk, hold_talk
from commfinder.simulation.ties import Chart
from commfinder.simulation.traffic import Writer, write_direct_groups
from commfinder.simulation.work_parts import WorkParts, write_work

__all__ = ["Parts", "put_together"]

_ONE_IN_TWENTY = 1.645
_DRAWN = ("noise", "coverage", "recorded", "turnover", "dip", "wave")


@dataclass(frozen=True)
class Parts:
    """What an organisation of a plan is made of.

    Parameters
    ----------
    clock : Clock
        The span and its rhythm.
    structure : Structure
        The people.
    planted : Planted
        Groups and communities.
    contacts : Contacts
        The ties.
    talk : Talk
        Conversations along ties, and one-off messages.
    written : tuple of Message
        All other traffic: channels, lists, machines, mass mail.
    channels : tuple of Channel
        Chat channels.
    group_chats : list of tuple of int
        Members of direct conversations of several people.
    seen : numpy.ndarray of bool, shape (n,)
        Whose traffic is in the data.
    drawn : mapping of str to float
        What was drawn from the ranges of the plan for the whole organisation.
    work : WorkParts, optional
        The planted work, if any was wanted.
    """

    clock: Clock
    structure: Structure
    planted: Planted
    contacts: Contacts
    talk: Talk
    written: tuple[Message, ...]
    channels: tuple[Channel, ...]
    group_chats: list[tuple[int, ...]]
    seen: Bools
    drawn: Mapping[str, float]
    work: WorkParts | None = None

    @property
    def groups(self) -> tuple[PlannedGroup, ...]:
        """The declared groups, with their parameters."""
        return cast(tuple[PlannedGroup, ...], self.planted.groups)


def put_together(people: int, seed: int, start: str, weeks: int, plan: Plan) -> Parts:
    """Draw everything.

    Parameters
    ----------
    people, seed, start, weeks
        As in `commfinder.simulation.simulate`.
    plan : Plan
        What is wanted.

    Returns
    -------
    Parts

    Raises
    ------
    InputError
        If the plan does not fit the number of people, or the span can not be simulated.
    """
    plan.fits(people)
    if plan.work is not None:
        plan.work.fits(people)
    chance = np.random.default_rng(seed).spawn(7)
    drawn = {name: float(chance[0].uniform(*plan.pair(name))) for name in _DRAWN}
    clock = Clock.over(start, weeks, dip=drawn["dip"], wave=drawn["wave"])
    structure = build_structure(chance[1], people, clock, sites=plan.sites, turnover=drawn["turnover"])
    seen = np.ones(people, dtype=np.bool_)
    seen[chance[0].permutation(people)[: round((1 - drawn["coverage"]) * people)]] = False
    structure = dataclasses.replace(structure, on_slack=structure.on_slack & seen)
    planted = plant_plan(chance[2], structure, clock, plan, seen)
    groups = cast(tuple[PlannedGroup, ...], planted.groups)
    chart = Chart(structure)
    contacts = draw_contacts(chance[3], chart, groups, planted.undeclared)
    groups = tuple(_judged(group, chart, contacts, seen) for group in groups)
    planted = dataclasses.replace(planted, groups=groups)
    lists = np.array(["@" in group.space for group in groups], dtype=np.bool_)
    noise, recorded = drawn["noise"], drawn["recorded"]
    talk = hold_talk(chance[4], clock, structure, contacts, lists=lists, seen=seen, noise=noise, recorded=recorded)
    writer = Writer(chance[5], structure, clock, Ledger(clock))
    channels, chats = _write(writer, groups, contacts, plan)
    work = None
    if plan.work is not None:
        # Work has a source of chance of its own, so that all else stays as it is without it.
        work = write_work(Writer(chance[6], structure, clock, writer.ledger), plan.work, seen)
        channels = tuple(sorted([*channels, *work.channels], key=lambda channel: channel.name))
        chats = sorted({*chats, *work.chats})
    lost = {account for person in np.flatnonzero(~seen).tolist() for account in structure.addresses[person]}
    written = as_recorded(chance[5], finish(writer.ledger, seed), lost, recorded)
    return Parts(clock, structure, planted, contacts, talk, written, channels, chats, seen, drawn, work)


def _judged(group: PlannedGroup, chart: Chart, contacts: Contacts, seen: Bools) -> PlannedGroup:
    """Say of a group without ties of its own whether the chart gives it some, or whether it is on paper only.

    Ties are expected once from the chart, and once from nothing but how many ties its members have. Where the first
    number exceeds the second by what chance alone would in one of twenty rosters, the group is formal only.
    """
    members = [member for member in group.members if seen[member]]
    degree = np.bincount(np.concatenate([contacts.a, contacts.b]), minlength=chart.structure.size)[members]
    by_activity = float((degree.sum() ** 2 - (degree**2).sum()) / (4 * len(contacts.a)))
    by_chart = chart.among(members)
    verdict = group.verdict
    if verdict in {"formal-only", "paper"}:
        formal = by_chart >= by_activity + _ONE_IN_TWENTY * np.sqrt(by_activity + 0.5)
        verdict = "formal-only" if formal else "paper"
    return dataclasses.replace(group, verdict=verdict, by_chart=by_chart, by_activity=by_activity)


def _write(
    writer: Writer, groups: tuple[PlannedGroup, ...], contacts: Contacts, plan: Plan
) -> tuple[tuple[Channel, ...], list[tuple[int, ...]]]:
    """Write what is said in channels, lists and direct conversations of several people, and the noise."""
    people = writer.structure.size
    apart = {
        (min(a, b), max(a, b))
        for group in groups
        for one, other in itertools.combinations(group.apart, 2)
        for a, b in itertools.product(one, other)
    }
    chats = write_direct_groups(writer, people // 25, apart)
    channels = open_channels(writer, groups)
    own = [channel for channel in channels if channel.kind in {"group", "paper"}]
    common = [channel for channel in channels if channel not in own]
    everyone = contacts.neighbours(people)
    # In channels of units a tie that is used for a third of the period would live on all through it.
    write_channels(writer, common, contacts.lasting().neighbours(people))
    write_channels(writer, own, everyone)
    write_lists(writer, groups, everyone)
    write_planned_noise(writer, plan.storms, *plan.bots)
    return channels, chats
