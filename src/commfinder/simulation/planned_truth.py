"""What was planted by a plan, as tables: the key to the simulated organisation, with the parameters of each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from commfinder.simulation.mbox_writer import count_marks
from commfinder.simulation.planned import Parts
from commfinder.simulation.planting import PlannedGroup
from commfinder.simulation.talk import CHANNEL, CHAT, LIST, MAIL
from commfinder.simulation.truth import Truth, aliases_table, noise_table, undeclared_table
from commfinder.simulation.work_truth import work_tables

__all__ = ["tell_planned_truth"]

_MACHINES = ("newsletter", "ticket mail", "build mail", "bot message")
_MASS = ("mass mail", "newsletter")
_KINDS = {MAIL: "talk", CHAT: "talk", LIST: "list", CHANNEL: "space"}


def tell_planned_truth(parts: Parts) -> Truth:
    """Write down what was planted, without unfolding the conversations into messages.

    Parameters
    ----------
    parts : Parts
        The organisation.

    Returns
    -------
    Truth
    """
    drawn = [*parts.drawn.items(), *([("trend", parts.work.trend)] if parts.work is not None else [])]
    return Truth(
        groups=_groups(parts),
        members=_members(parts),
        undeclared=undeclared_table(parts.planted.undeclared, parts.structure.ids),
        people=_people(parts),
        noise=_noise(parts),
        aliases=aliases_table(parts.structure),
        plan=pd.DataFrame(drawn, columns=["what", "drawn"]),
        machines=_machines(parts),
        broadcasts=_broadcasts(parts),
        **(work_tables(parts.work, parts.structure, parts.clock, parts.written) if parts.work is not None else {}),
    )


def _groups(parts: Parts) -> pd.DataFrame:
    """Write one row per declared group."""
    owned = np.bincount(parts.contacts.group[parts.contacts.group >= 0], minlength=len(parts.groups))
    ties = {group.name: int(count) for group, count in zip(parts.groups, owned, strict=False)}
    listed = Counter(member for group in parts.groups if not group.same_as for member in group.members)
    rows = []
    for group in parts.groups:
        members = list(group.members)
        units = np.bincount(parts.structure.unit[members])
        rows.append(
            {
                "group": group.name,
                "verdict": group.verdict,
                "members": len(members),
                "core": len(group.of("core")),
                "planted": group.planted,
                "bigger": bool(group.outsiders),
                "outsiders": len(group.outsiders),
                "strength": round(group.strength, 4),
                "planted_ties": ties[group.same_as or group.name],
                "other_ties": _foreign(parts, group),
                "by_chart": round(group.by_chart, 2),
                "by_activity": round(group.by_activity, 2),
                "mix": group.mix,
                "units": int((units > 0).sum()),
                "largest_unit": round(float(units.max() / len(members)), 4),
                "shape": group.shape,
                "medium": group.medium,
                "space": group.space,
                "begin": round(group.begin, 4),
                "end": round(group.end, 4),
                "coverage": round(_coverage(parts, group), 4),
                "shared": sum(listed[member] > 1 for member in members),
                "same_as": group.same_as,
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    *("group", "verdict", "members", "core", "planted", "bigger", "outsiders", "strength", "planted_ties"),
    *("other_ties", "by_chart", "by_activity", "mix", "units", "largest_unit", "shape", "medium", "space"),
    *("begin", "end", "coverage", "shared", "same_as"),
]


def _foreign(parts: Parts, group: PlannedGroup) -> int:
    """Count the planted ties inside a roster that other groups brought about."""
    contacts, number = parts.contacts, parts.groups.index(group)
    if group.same_as:
        number = next(place for place, other in enumerate(parts.groups) if other.name == group.same_as)
    inside = np.isin(contacts.a, group.members) & np.isin(contacts.b, group.members)
    return int((inside & (contacts.group >= 0) & (contacts.group != number)).sum())


def _coverage(parts: Parts, group: PlannedGroup) -> float:
    """Return the share of a roster that the data can show anything of."""
    members = list(group.members)
    return float((parts.seen & ~parts.structure.dormant)[members].mean())


def _members(parts: Parts) -> pd.DataFrame:
    """Write one row per group and member, and per outsider who belongs to it."""
    ids = parts.structure.ids
    rows = [
        (group.name, ids[member], standing, True, part, bool(parts.seen[member]))
        for group in parts.groups
        for member, standing, part in zip(group.members, group.standing, group.parts, strict=True)
    ]
    rows += [
        (group.name, ids[member], "outsider", False, "", bool(parts.seen[member]))
        for group in parts.groups
        for member in group.outsiders
    ]
    return pd.DataFrame(rows, columns=["group", "person", "planted", "listed", "part", "seen"])


def _people(parts: Parts) -> pd.DataFrame:
    """Write one row per person."""
    structure = parts.structure
    belongs: dict[int, list[str]] = {}
    for community in parts.planted.tied:
        for member in community.members:
            belongs.setdefault(member, []).append(community.name)
    return pd.DataFrame(
        {
            "person": structure.ids,
            "name": structure.names,
            "activity": structure.activity.round(4),
            "on_chat": structure.on_slack,
            "absent": structure.dormant,
            "community": [";".join(belongs.get(person, [])) for person in range(structure.size)],
            "seen": parts.seen,
        }
    )


def _noise(parts: Parts) -> pd.DataFrame:
    """Count the messages of each kind."""
    talk = parts.talk
    kinds: Counter[str] = Counter(message.kind for message in parts.written)
    mail = talk.carrier == MAIL
    kinds["oneoff"] += int(talk.one_off.sum())
    for carrier, kind in _KINDS.items():
        kinds[kind] += int(((talk.carrier == carrier) & ~talk.one_off).sum())
    carried: Mapping[str, int] = {
        "duplicate": int((mail & (talk.archive == 2)).sum()) + sum(len(m.files) - 1 for m in parts.written),
        "mail": int((mail | (talk.carrier == LIST)).sum()) + sum(m.medium == "email" for m in parts.written),
        "chat": int((~mail & (talk.carrier != LIST)).sum()) + sum(m.medium == "chat" for m in parts.written),
    }
    once = int((mail & ~talk.one_off & (talk.archive != 2)).sum())
    once += sum(m.medium == "email" and m.kind == "talk" and len(m.files) == 1 for m in parts.written)
    return noise_table(kinds, count_marks(once), carried)


def _machines(parts: Parts) -> pd.DataFrame:
    """Write one row per account of a machine."""
    counts = Counter((m.sender, m.kind, m.automated, m.medium) for m in parts.written if m.kind in _MACHINES)
    rows = [(account, kind, flagged, medium, n) for (account, kind, flagged, medium), n in sorted(counts.items())]
    return pd.DataFrame(rows, columns=["account", "kind", "flagged", "medium", "messages"])


def _broadcasts(parts: Parts) -> pd.DataFrame:
    """Write one row per mail to a very large audience."""
    structure = parts.structure
    owner = {account: structure.ids[p] for p, known in enumerate(structure.addresses) for account in known}
    rows = [
        (m.event, m.time, m.sender, owner.get(m.sender, ""), len(m.recipients))
        for m in parts.written
        if m.kind in _MASS
    ]
    frame = pd.DataFrame(rows, columns=["event", "time", "account", "person", "recipients"])
    frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True)
    return frame
