"""What was planted, as tables: the key to the simulated organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from commfinder.simulation.mbox_writer import mark_bodies
from commfinder.simulation.messages import HUMAN, Message
from commfinder.simulation.rosters import Group, Planted
from commfinder.simulation.structure import Structure

__all__ = ["Truth", "tell_truth"]

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
    """

    groups: pd.DataFrame
    members: pd.DataFrame
    undeclared: pd.DataFrame
    people: pd.DataFrame
    noise: pd.DataFrame
    aliases: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


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
    accounts = [
        (account, ids[person], account == known[0])
        for person, known in enumerate(structure.addresses)
        for account in known
    ]
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
        undeclared=pd.DataFrame(
            [(found.name, ids[member]) for found in planted.undeclared for member in found.members],
            columns=["community", "person"],
        ),
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
        aliases=pd.DataFrame(accounts, columns=["account", "person", "main"]),
    )


def _groups(groups: Sequence[Group]) -> pd.DataFrame:
    """Write one row per declared group."""
    rows = [(group.name, group.verdict, len(group.members), len(group.of("core"))) for group in groups]
    return pd.DataFrame(rows, columns=["group", "verdict", "members", "core"])


def _noise(messages: Sequence[Message]) -> pd.DataFrame:
    """Count what is no plain communication between two people."""
    kinds = Counter(message.kind for message in messages)
    marks = Counter(mark_bodies(messages).values())
    rows = [(kind, kinds[kind], meaning) for kind, meaning in _WHAT.items()]
    rows += [
        (
            "duplicate",
            sum(len(m.files) - 1 for m in messages),
            "second copies of mails that stand in two archives",
        ),
        ("quoted From body", marks["quoted"], "mails with body lines that begin with a quoted From"),
        ("phantom", marks["phantom"], "mails with a bare body line that begins with From"),
        ("mail", sum(m.medium == "email" for m in messages), "all mails, each counted once"),
        ("chat", sum(m.medium == "chat" for m in messages), "all chat posts"),
        ("human", sum(m.kind in HUMAN for m in messages), "messages by which people talk to one another"),
    ]
    return pd.DataFrame(rows, columns=["what", "count", "meaning"])
