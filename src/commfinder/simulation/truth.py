"""What was planted, as tables: the key to the simulated organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from commfinder.simulation.mbox_writer import mark_bodies
from commfinder.simulation.messages import HUMAN, Message
from commfinder.simulation.rosters import Community, Group, Planted
from commfinder.simulation.structure import Structure

__all__ = ["Truth", "aliases_table", "noise_table", "tell_truth", "undeclared_table"]

_WHAT = {
    "mass mail": "mails by a person to more than 50 recipients (or to nearly everybody)",
    "newsletter": "mails by a no-reply address to very many recipients",
    "ticket mail": "mails by the ticket system, marked as automatic",
    "build mail": "mails by a machine that no header gives away",
    "bot message": "chat posts by a bot",
    "system": "chat notes that somebody joined a channel",
    "self mail": "mails from a person to themself, over one address or two",
    "away reply": "absence notes, marked as automatic",
    "external mail": "mails to or from partners outside",
    "list": "mails through a mailing list",
    "oneoff": "single messages and answers between people of no planted tie",
}


@dataclass(frozen=True)
class Truth:
    """The planted truth.

    Parameters
    ----------
    groups : pandas.DataFrame
        group, verdict, members, core: one row per declared group; how many members, how many of the core.
    members : pandas.DataFrame
        group, person, planted: core, active, audience or absent. In formal-only groups members are active
        through their teams alone.
    undeclared : pandas.DataFrame
        community, person: communities in no roster.
    people : pandas.DataFrame
        person, name, activity, on_chat, absent, community: the planted community a person belongs to, if any.
    noise : pandas.DataFrame
        what, count, meaning: messages of each kind that is no plain communication between two people, mails
        that stand in two archives, body lines that begin with "From ".
    aliases : pandas.DataFrame
        account, person, main: every account and whose it is.
    plan : pandas.DataFrame, optional
        what, drawn: what was drawn from the ranges of the plan for the whole organisation. This table and the
        next two are there with a plan only.
    machines : pandas.DataFrame, optional
        account, kind, flagged, medium, messages: accounts of machines; whether headers or flags say so.
    broadcasts : pandas.DataFrame, optional
        event, time, account, person, recipients: mails to very large audiences.
    work_groups : pandas.DataFrame, optional
        One row per planted group that works together. This table and the next three are there with a plan of work
        only, and are told of in the notes.
    work_members, work_cases, work_events : pandas.DataFrame, optional
        Who does what in these groups, their cases and conversations, and which events belong to which case.

    Notes
    -----
    With a plan, `groups` has further columns: planted (the class it was planted as, where `verdict` is what the
    data can show of it), bigger and outsiders (how many people outside belong to it), strength, planted_ties,
    other_ties (inside the roster, brought about by other groups), by_chart and by_activity (ties expected of the
    chart, and of nothing but how many ties its members have), mix, units, largest_unit (its share of the roster),
    shape, medium, space, begin and end (when it is alive, as shares of the period), coverage (share of the roster
    that the data show), shared (members in another roster as well), same_as (the group whose roster it repeats).
    `members` has the standing outsider, and the columns listed, part (half, clique, broker) and seen; `people` has
    seen, and several communities stand side by side, with semicolons. Everybody with an extra tie is core.

    With a plan of work, `work_groups` has group, type, members and units (how many), process, space, medium, timezone
    (of its working hours), steps, path and roles (its steps in usual order, by activity and by unit and title, with a
    plus between two that have none), gatekeepers (steps of a single person), batch (the step done on one weekday
    alone), machine, lifecycle, changed, factor (what the change made of its waits) and cycle_ratio (what that made of
    the working hours of the cases it fell on, a geometric mean), cases, with_ids (of them), and what was drawn from
    each range. `work_members` has group, person, role (worker, answerer, asker, member, manager), step and position,
    unit, title, since and until (empty for those there all the time), single (whether nobody else does the step).
    `work_cases` has case, group, what (case, question, talk), start and end (of what is in the period), open, with_id,
    stalled, changed, hours (working hours from the first event to the last, were the period long enough) and unchanged
    (the same without the change). `work_events` has event, case, group, what (act or message), person and time: one row
    per event in the data.
    """

    groups: pd.DataFrame
    members: pd.DataFrame
    undeclared: pd.DataFrame
    people: pd.DataFrame
    noise: pd.DataFrame
    aliases: pd.DataFrame
    plan: pd.DataFrame | None = None
    machines: pd.DataFrame | None = None
    broadcasts: pd.DataFrame | None = None
    work_groups: pd.DataFrame | None = None
    work_members: pd.DataFrame | None = None
    work_cases: pd.DataFrame | None = None
    work_events: pd.DataFrame | None = None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        tables = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: table for name, table in tables.items() if table is not None}


def tell_truth(structure: Structure, planted: Planted, messages: Sequence[Message]) -> Truth:
    """Write down what was planted.

    Parameters
    ----------
    structure : Structure
        The formal organisation.
    planted : Planted
        Groups and communities.
    messages : sequence of Message
        All messages.

    Returns
    -------
    Truth
    """
    ids = structure.ids
    community = {person: found.name for found in planted.tied for person in found.members}
    return Truth(
        groups=_groups(planted.groups),
        members=pd.DataFrame(
            [
                (group.name, ids[member], standing)
                for group in planted.groups
                for member, standing in zip(group.members, group.standing, strict=True)
            ],
            columns=["group", "person", "planted"],
        ),
        undeclared=undeclared_table(planted.undeclared, ids),
        people=pd.DataFrame(
            {
                "person": ids,
                "name": structure.names,
                "activity": structure.activity.round(4),
                "on_chat": structure.on_slack,
                "absent": structure.dormant,
                "community": [community.get(person, "") for person in range(structure.size)],
            }
        ),
        noise=_noise(messages),
        aliases=aliases_table(structure),
    )


def undeclared_table(undeclared: Sequence[Community], ids: Sequence[str]) -> pd.DataFrame:
    """Write one row per member of a community in no roster."""
    rows = [(found.name, ids[member]) for found in undeclared for member in found.members]
    return pd.DataFrame(rows, columns=["community", "person"])


def aliases_table(structure: Structure) -> pd.DataFrame:
    """Write one row per account."""
    accounts = [
        (account, structure.ids[person], account == known[0])
        for person, known in enumerate(structure.addresses)
        for account in known
    ]
    return pd.DataFrame(accounts, columns=["account", "person", "main"])


def _groups(groups: Sequence[Group]) -> pd.DataFrame:
    """Write one row per declared group."""
    rows = [(group.name, group.verdict, len(group.members), len(group.of("core"))) for group in groups]
    return pd.DataFrame(rows, columns=["group", "verdict", "members", "core"])


def _noise(messages: Sequence[Message]) -> pd.DataFrame:
    """Count what is no plain communication between two people."""
    kinds = Counter(message.kind for message in messages)
    carried = {
        "duplicate": sum(len(m.files) - 1 for m in messages),
        "mail": sum(m.medium == "email" for m in messages),
        "chat": sum(m.medium == "chat" for m in messages),
    }
    return noise_table(kinds, Counter(mark_bodies(messages).values()), carried)


def noise_table(kinds: Mapping[str, int], marks: Mapping[str, int], carried: Mapping[str, int]) -> pd.DataFrame:
    """Write one row per kind of noise.

    Parameters
    ----------
    kinds : mapping of str to int
        Messages by kind.
    marks : mapping of str to int
        Mails with marked bodies.
    carried : mapping of str to int
        duplicate, mail, chat: messages by what carries them.

    Returns
    -------
    pandas.DataFrame
    """
    rows = [(kind, kinds.get(kind, 0), meaning) for kind, meaning in _WHAT.items()]
    rows += [
        ("duplicate", carried["duplicate"], "second copies of mails that stand in two archives"),
        ("quoted From body", marks.get("quoted", 0), "mails with body lines that begin with a quoted From"),
        ("phantom", marks.get("phantom", 0), "mails with a bare body line that begins with From"),
        ("mail", carried["mail"], "all mails, each counted once"),
        ("chat", carried["chat"], "all chat posts"),
        ("human", sum(kinds.get(kind, 0) for kind in HUMAN), "messages by which people talk to one another"),
    ]
    return pd.DataFrame(rows, columns=["what", "count", "meaning"])
