"""A simulated organisation: what it is made of, its tables and its files."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from commfinder.errors import InputError
from commfinder.provenance import Provenance, record
from commfinder.simulation.clock import Clock
from commfinder.simulation.everyday import write_everyday
from commfinder.simulation.folders import fill_folder
from commfinder.simulation.frames import clean_rows, in_order, interaction_rows, person_interactions
from commfinder.simulation.mbox_writer import write_mail
from commfinder.simulation.messages import Ledger, Message, finish
from commfinder.simulation.plan import Plan
from commfinder.simulation.planned import Parts, put_together
from commfinder.simulation.planned_truth import tell_planned_truth
from commfinder.simulation.ranges import as_whole
from commfinder.simulation.rosters import Planted, plant
from commfinder.simulation.slack_writer import write_slack
from commfinder.simulation.spaces import Channel
from commfinder.simulation.structure import Structure, build_structure
from commfinder.simulation.tables_writer import study_text, write_table, write_truth
from commfinder.simulation.talk_rows import account_rows, person_rows, talk_messages
from commfinder.simulation.ties import draw_ties
from commfinder.simulation.traffic import Writer, mpim_id
from commfinder.simulation.truth import Truth, tell_truth
from commfinder.simulation.work_log import LOG_FILE, event_rows, write_log
from commfinder.simulation.work_parts import WorkParts, own_chance, write_work
from commfinder.simulation.work_plan import Work
from commfinder.simulation.work_rosters import ROBOTS
from commfinder.simulation.work_truth import work_tables

__all__ = ["Organisation", "simulate"]

_FEWEST, _MOST = 60, 20_000


@dataclass(frozen=True, repr=False, eq=False)
class Organisation:
    """An organisation with planted truth; made by `simulate`.

    Parameters
    ----------
    seed : int
        The seed.
    clock : Clock
        The simulated span and its rhythm.
    structure : Structure
        People and the organisation chart.
    planted : Planted
        Declared groups and undeclared communities.
    channels : tuple of Channel
        Chat channels.
    group_chats : mapping of str to tuple of int
        Direct conversations of several people.
    written : tuple of Message
        Everything sent, in order of time; with a plan, all that is not in the columns of `parts`.
    provenance : Provenance
        The call that made it.
    plan : Plan, optional
        What was wanted.
    parts : Parts, optional
        What it was put together from, with a plan.
    workflow : WorkParts, optional
        The planted work, if there is some without a plan.
    """

    seed: int
    clock: Clock
    structure: Structure
    planted: Planted
    channels: tuple[Channel, ...]
    group_chats: Mapping[str, tuple[int, ...]]
    written: tuple[Message, ...]
    provenance: Provenance
    plan: Plan | None = None
    parts: Parts | None = None
    workflow: WorkParts | None = None

    @functools.cached_property
    def messages(self) -> tuple[Message, ...]:
        """Everything sent, in order of time."""
        if self.parts is None:
            return self.written
        talk = talk_messages(self.parts.talk, self.structure, self.planted.groups, self.seed)
        return tuple(sorted([*self.written, *talk], key=lambda message: (message.time, message.event)))

    @functools.cached_property
    def truth(self) -> Truth:
        """What was planted, as tables."""
        if self.parts is not None:
            return tell_planned_truth(self.parts)
        told = tell_truth(self.structure, self.planted, self.messages)
        if self.workflow is None:
            return told
        return replace(told, **work_tables(self.workflow, self.structure, self.clock, self.written))

    @functools.cached_property
    def people(self) -> pd.DataFrame:
        """Person, unit, site, manager, level, addresses, since, until: what a personnel system exports.

        With a plan of work there is a column ``title`` as well, last.
        """
        structure = self.structure
        everyone = range(structure.size)
        bosses = structure.manager.tolist()
        frame = pd.DataFrame(
            {
                "person": structure.ids,
                "unit": [structure.unit_names[unit] for unit in structure.unit.tolist()],
                "site": [structure.site_names[site] for site in structure.site.tolist()],
                "manager": [structure.ids[boss] if boss >= 0 else "" for boss in bosses],
                "level": structure.level,
                "addresses": [";".join(known) for known in structure.addresses],
                "since": [structure.since(person) for person in everyone],
                "until": [structure.until(person) for person in everyone],
            }
        )
        return frame if self._work is None else frame.assign(title=list(self._work.titles))

    @functools.cached_property
    def groups(self) -> pd.DataFrame:
        """Group, person, kind, goal, since, until, space: one row per declared group and member."""
        structure = self.structure
        rows = [
            (group.name, structure.ids[member], group.kind, group.goal, group.since, "", group.space)
            for group in self.planted.groups
            for member in group.members
        ]
        if self.plan is not None:
            # Those who join late are members from then on, and those who leave are members until then.
            people = [member for group in self.planted.groups for member in group.members]
            rows = [
                (*row[:4], max(row[4], structure.since(member)), structure.until(member), row[6])
                for row, member in zip(rows, people, strict=True)
            ]
        return pd.DataFrame(rows, columns=["group", "person", "kind", "goal", "since", "until", "space"])

    def to_frame(self) -> pd.DataFrame:
        """Return the interaction table of everything in the exports, noise and duplicates included.

        Returns
        -------
        pandas.DataFrame
            One row per (event, sender, recipient) and export; senders and recipients are accounts
            (addresses).
        """
        written = interaction_rows(self.written)
        main = [known[0] for known in self.structure.addresses]
        if self.parts is None:
            return in_order(written, *self._work_rows(main)) if self.workflow is not None else written
        talk = account_rows(self.parts.talk, self.structure, self.planted.groups, self.seed)
        return in_order(written, talk, *self._work_rows(main))

    def clean_frame(self) -> pd.DataFrame:
        """Return only what people said to one another, accounts resolved to person ids.

        Returns
        -------
        pandas.DataFrame
            The columns of `to_frame`; no machines, mass mail, partners outside, notes to oneself or
            duplicates.

        See Also
        --------
        interactions : With machines and mass mail.
        """
        written = clean_rows(self.written, self._owners)
        if self._nothing_else:
            return written
        done = [rows.loc[rows["sender"].isin(self.structure.ids)] for rows in self._work_rows(self.structure.ids)]
        return in_order(written, self._talk_rows(), *done)

    def interactions(self) -> pd.DataFrame:
        """Return everything in the exports, accounts resolved to person ids, each event once.

        It is the quick way to many validations: nothing is written and read. Prefer `clean_frame` to leave out
        what an analysis has to find out by itself, `to_frame` for accounts as the exports have them.

        Returns
        -------
        pandas.DataFrame
            The columns of `to_frame`. Machines and partners outside keep their addresses; ``automated`` says what
            headers and flags say; posts that address nobody have no recipient.

        Examples
        --------
        >>> organisation = simulate(people=60, weeks=8)
        >>> len(organisation.interactions()) > len(organisation.clean_frame())
        True
        """
        written = person_interactions(self.written, self._owners)
        if self._nothing_else:
            return written
        return in_order(written, self._talk_rows(), *self._work_rows(self.structure.ids))

    @property
    def _nothing_else(self) -> bool:
        return self.parts is None and self.workflow is None

    @property
    def _work(self) -> WorkParts | None:
        """The planted work, if there is any."""
        return self.workflow if self.parts is None else self.parts.work

    def _work_rows(self, names: Sequence[str]) -> list[pd.DataFrame]:
        """Return the events of the workflow system, with people called by the given names."""
        return [] if self._work is None else [event_rows(self._work.acts, names, ROBOTS[0])]

    @functools.cached_property
    def _owners(self) -> dict[str, str]:
        """Person ids by account."""
        structure = self.structure
        return {account: structure.ids[p] for p, known in enumerate(structure.addresses) for account in known}

    def _talk_rows(self) -> pd.DataFrame:
        """Return the conversations that are held as columns."""
        if self.parts is None:
            return clean_rows((), {})
        return person_rows(self.parts.talk, self.structure, self.planted.groups, self.seed)

    def write(self, directory: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the exports, tables, study file and truth.

        Everything is written beside its place first and moved when complete.

        Parameters
        ----------
        directory : path-like
            Where: ``exports/mail/*.mbox``, ``exports/slack.zip``, ``hr.csv``, ``communities.csv``,
            ``study.toml`` and ``truth/*.csv`` are made in it; with a plan of work ``exports/workflow.csv`` as
            well, if any case carries its id.
        overwrite : bool, default False
            Whether files of these names may be replaced; others in the directory are left alone.

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        OutputError
            If the directory is not empty and may not be overwritten, or can not be written to.
        """
        target = Path(directory)
        fill_folder(target, self._write_files, overwrite=overwrite)
        return target

    def _write_files(self, folder: Path) -> None:
        """Write all files into an empty folder."""
        mail, truth = folder / "exports" / "mail", folder / "truth"
        mail.mkdir(parents=True)
        truth.mkdir()
        structure = self.structure
        names = {account: structure.names[p] for p, known in enumerate(structure.addresses) for account in known}
        zones = {account: int(structure.site[p]) for p, known in enumerate(structure.addresses) for account in known}
        write_mail(mail, self.messages, names, zones)
        write_slack(folder / "exports" / "slack.zip", self.messages, structure, self.channels, self.group_chats)
        logged = self._work is not None and len(self._work.acts) > 0
        if self._work is not None and logged:
            write_log(folder / "exports" / LOG_FILE, self._work.acts, structure)
        write_table(folder / "hr.csv", self.people)
        write_table(folder / "communities.csv", self.groups)
        write_truth(truth, self.truth.tables())
        (folder / "study.toml").write_text(
            study_text(self.clock.period, self.seed, logged=logged), encoding="utf-8", newline="\n"
        )

    def __repr__(self) -> str:
        units, groups = len(self.structure.unit_names), len(self.planted.groups)
        work = f"groups of work={len(self._work.groups)}, " if self._work is not None else ""
        messages = len(self.written) + (self.parts.talk.size if self.parts is not None else 0)
        return (
            f"Organisation(people={self.structure.size}, units={units}, declared groups={groups}, "
            f"undeclared communities={len(self.planted.undeclared)}, {work}messages={messages}, "
            f"period={self.clock.period}, seed={self.seed})"
        )


def simulate(
    people: int = 400,
    seed: int = 0,
    *,
    start: str = "2026-04-01",
    weeks: int = 26,
    plan: Plan | None = None,
    work: Work | None = None,
) -> Organisation:
    """Simulate an organisation with planted truth.

    Its mail and chat follow the formal structure; on top some declared groups are real, some live in a core
    only, some are teams under another name and some exist only on paper; and a few communities stand in no
    list. Use it to learn the library, and to see what the library finds of what is known to be there. To test
    a method of your own, compare with `Organisation.truth`.

    Parameters
    ----------
    people : int, default 400
        How many people, from 60 to 20,000.
    seed : int, default 0
        The same seed gives the same organisation, to the byte.
    start : str, default "2026-04-01"
        First day, ISO date, midnight UTC.
    weeks : int, default 26
        How many weeks, at least 8. A span that ends within three days of the end of a month goes on to it.
    plan : Plan, optional
        What to plant, and how untidy the data are to be. Without one it is the organisation of the demonstration:
        about twenty groups of five classes in 400 people. With one, every class can be planted, in any strength.
    work : Work, optional
        Work to plant besides the demonstration's groups; all else stays as it is without. A plan has its own.

    Returns
    -------
    Organisation

    Raises
    ------
    InputError
        If a number is too small or too large, `start` is no date, or the plan does not fit the number of people.

    Notes
    -----
    Two people i and j of activities a have a durable tie with probability min(0.92, c a_i a_j), where c
    depends on whether they share a manager, a unit, a site or nothing (a degree-corrected block model).
    Within a planted community a tie is added with probability 0.34 to 0.6. Each tie opens conversations as a
    Poisson process of 0.6 to 4 messages a week.

    Examples
    --------
    >>> organisation = simulate(people=60, weeks=8)
    >>> len(organisation.people)
    60
    >>> sorted(set(organisation.truth.groups["verdict"]))
    ['core-only', 'formal-only', 'insufficient', 'paper', 'real']
    >>> planned = simulate(people=100, weeks=12, plan=Plan(groups={"real": 1, "split": 1}, size=(10, 14)))
    >>> sorted(planned.truth.groups["verdict"])
    ['real', 'split']
    """
    people = as_whole("people", people, _FEWEST, _MOST, "Groups of several units need some people to choose from.")
    seed = as_whole("seed", seed, 0, 2**63, "")
    if work is not None and (plan is not None or not isinstance(work, Work)):
        raise InputError(
            f"work is a {type(work).__name__}, {'with' if plan is not None else 'without'} a plan.",
            need="A Work is needed, and no plan beside it.",
            hint="With a plan: plan=Plan(..., work=Work(...)).",
        )
    if plan is not None:
        return _planned(people, seed, start, weeks, plan)
    clock = Clock.over(start, weeks)
    chance = np.random.default_rng(seed).spawn(4)
    structure = build_structure(chance[0], people, clock)
    planted = plant(chance[1], structure, clock)
    ties = draw_ties(chance[2], structure, planted)
    writer = Writer(chance[3], structure, clock, Ledger(clock))
    channels, group_chats = write_everyday(writer, planted, ties)
    asked: dict[str, object] = {"people": people, "start": start, "weeks": weeks}
    done = None
    if work is not None:
        work.fits(people)
        done = write_work(Writer(own_chance(seed), structure, clock, writer.ledger), work, np.ones(people, dtype=bool))
        channels = tuple(sorted([*channels, *done.channels], key=lambda channel: channel.name))
        group_chats, asked["work"] = sorted({*group_chats, *done.chats}), work.to_dict()
    messages = finish(writer.ledger, seed)
    chats = {mpim_id(members): members for members in group_chats}
    made_by = record("simulate", asked, seed=seed)
    return Organisation(seed, clock, structure, planted, channels, chats, messages, made_by, workflow=done)


def _planned(people: int, seed: int, start: str, weeks: int, plan: object) -> Organisation:
    """Simulate to a plan."""
    if not isinstance(plan, Plan):
        raise InputError(
            f"plan is a {type(plan).__name__}.",
            need="A Plan is needed.",
            hint="For example plan=Plan(groups={'real': 5, 'paper': 5}).",
        )
    parts = put_together(people, seed, start, weeks, plan)
    made_by = record("simulate", {"people": people, "start": start, "weeks": weeks, "plan": plan.to_dict()}, seed=seed)
    chats = {mpim_id(members): members for members in parts.group_chats}
    return Organisation(
        seed,
        parts.clock,
        parts.structure,
        parts.planted,
        parts.channels,
        chats,
        parts.written,
        made_by,
        plan,
        parts,
    )
