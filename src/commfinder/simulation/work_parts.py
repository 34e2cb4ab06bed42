"""The planted work of an organisation, put together: groups, cases, messages and events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from commfinder.errors import InputError
from commfinder.simulation.spaces import Channel
from commfinder.simulation.structure import Bools
from commfinder.simulation.traffic import Writer
from commfinder.simulation.work_groups import Crew, WorkGroup
from commfinder.simulation.work_handoffs import write_handoffs
from commfinder.simulation.work_log import acts_of
from commfinder.simulation.work_plan import Work
from commfinder.simulation.work_process import Pace, Run, run_process
from commfinder.simulation.work_rosters import draw_groups
from commfinder.simulation.work_talk import hang_out, hold_team_talk, hold_threads
from commfinder.simulation.work_voice import Voice

__all__ = ["WorkParts", "own_chance", "write_work"]


@dataclass(frozen=True)
class WorkParts:
    """What the planted work is made of.

    Parameters
    ----------
    work : Work
        What was wanted.
    groups : tuple of WorkGroup
        The groups.
    runs : tuple of Run
        The cases of each process.
    titles : tuple of str
        Everybody's title.
    acts : pandas.DataFrame
        What the workflow system holds.
    channels : tuple of Channel
        The channels of the groups.
    chats : tuple of tuple of int
        Members of direct conversations of several people.
    trend : float
        Logarithm of how many times longer waits are at the end of the period than at its beginning.
    """

    work: Work
    groups: tuple[WorkGroup, ...]
    runs: tuple[Run, ...]
    titles: tuple[str, ...]
    acts: pd.DataFrame
    channels: tuple[Channel, ...]
    chats: tuple[tuple[int, ...], ...]
    trend: float


def own_chance(seed: int) -> np.random.Generator:
    """Return a source of chance for work beside an organisation without a plan: all else stays as it is without it.

    Parameters
    ----------
    seed : int
        Seed of the organisation.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([seed, 7])


def write_work(writer: Writer, work: Work, seen: Bools) -> WorkParts:
    """Draw the groups, let them work, and write what they say.

    Parameters
    ----------
    writer : Writer
        Where messages go.
    work : Work
        What is wanted.
    seen : numpy.ndarray of bool, shape (n,)
        Whose traffic is in the data.

    Returns
    -------
    WorkParts

    Raises
    ------
    InputError
        If the waits change outside the period.
    """
    rng, clock, structure = writer.rng, writer.clock, writer.structure
    changed_on = _changes(work, clock.period.start_us, clock.period.end_us)
    pace = Pace.draw(rng, clock, float(rng.uniform(*work.pair("trend"))), changed_on, work.factor)
    crew = Crew(rng, structure, clock, work.overlap)
    groups = draw_groups(crew, work)
    outsiders = np.flatnonzero(crew.eligible & (crew.load == 0))
    outsiders = outsiders if len(outsiders) else np.flatnonzero(crew.eligible)
    runs: list[Run] = []
    chats: set[tuple[int, ...]] = set()
    for group in groups:
        voice = Voice(writer, group.medium, group.space)
        if group.steps:
            run = run_process(rng, clock, group, pace)
            write_handoffs(voice, run, outsiders)
            runs.append(run)
        if group.of("answerer"):
            hold_threads(voice, group)
        if group.type == "social":
            hang_out(voice, group)
        if group.type == "formal-only":
            hold_team_talk(voice, group)
        chats |= voice.chats
    acts = acts_of(rng, runs, seen, clock.period.end_us)
    channels = tuple(_channel(writer, group) for group in groups if group.medium == "channel")
    return WorkParts(work, groups, tuple(runs), tuple(crew.titles), acts, channels, tuple(sorted(chats)), pace.trend)


def _channel(writer: Writer, group: WorkGroup) -> Channel:
    """Make the channel of a group."""
    members = tuple(person for person in group.people if writer.structure.on_slack[person])
    return Channel(group.space, members, members, "work")


def _changes(work: Work, start: int, end: int) -> int:
    """Return when waits change; never, if they do not."""
    if work.changed_on is None:
        return end
    moment = int(datetime.fromisoformat(work.changed_on).replace(tzinfo=UTC).timestamp()) * 1_000_000
    if not start < moment < end:
        raise InputError(
            f"Work.changed_on is {work.changed_on}.",
            need="A day inside the simulated span is needed, with cases before it and after it.",
            hint="The span begins on `start` and is `weeks` weeks long.",
        )
    return moment
