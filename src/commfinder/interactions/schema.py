"""The columns that every interaction, account and membership has."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_KINDS",
    "INTERACTIONS",
    "LANDED",
    "LOSSES",
    "MEDIA",
    "MEMBERSHIPS",
    "ROLES",
    "Loss",
]

ROLES = (
    "to",
    "cc",
    "bcc",
    "mention",
    "reply",
    "reaction",
    "member",
    "attendee",
    "edit",
    "assign",
    "approve",
    "nominate",
)
"""How a recipient, or the sender's act on a space, takes part in an event; earlier ones win among duplicates."""

MEDIA = (
    "email",
    "chat",
    "microblog",
    "wiki",
    "document",
    "meeting",
    "workflow",
    "ticket",
    "code",
    "survey",
    "contact",
)
"""The media an interaction can pass through."""

ACCOUNT_KINDS = ("person", "bot", "list", "room")
"""What an account can be."""

INTERACTIONS = pa.schema(
    [
        pa.field("event", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("sender", pa.string(), nullable=False),
        pa.field("recipient", pa.string()),
        pa.field("role", pa.string(), nullable=False),
        pa.field("medium", pa.string(), nullable=False),
        pa.field("space", pa.string()),
        pa.field("thread", pa.string()),
        pa.field("parent", pa.string()),
        pa.field("activity", pa.string()),
        pa.field("n_recipients", pa.int32(), nullable=False),
        pa.field("automated", pa.bool_(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
    ]
)
"""One row per (event, sender, recipient). There is no column for a subject or a body, and there will be none.

``recipient`` is null for what a person does to a space (a wiki edit, a channel post that addresses nobody); ``time`` is
null only for relations that have none (a survey answer, a static edge list). ``event`` is unique within ``source``.
``n_recipients`` counts the distinct human recipients of the event, also those that a reader did not write out.
"""

_KNOWN_LATER = ("event", "n_recipients")
LANDED = pa.schema([field.with_nullable(True) if field.name in _KNOWN_LATER else field for field in INTERACTIONS])
"""Rows as a reader streams them: once all are there, an event without an id gets one made of its content, and
recipients that nobody counted are counted."""

ACCOUNTS = pa.schema(
    [
        pa.field("account", pa.string(), nullable=False),
        pa.field("address", pa.string()),
        pa.field("name", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("guest", pa.bool_(), nullable=False),
        pa.field("unit", pa.string()),
        pa.field("source", pa.string(), nullable=False),
    ]
)
"""What an export says of an account. ``account`` is the string used as sender or recipient; ``kind`` one of
`ACCOUNT_KINDS`."""

MEMBERSHIPS = pa.schema(
    [
        pa.field("space", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("since", pa.timestamp("us", tz="UTC")),
        pa.field("until", pa.timestamp("us", tz="UTC")),
        pa.field("role", pa.string()),
        pa.field("source", pa.string(), nullable=False),
    ]
)
"""Who belongs to a channel, list or group, as far as the export says."""

LOSSES = pa.schema(
    [
        pa.field("stage", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
        pa.field("where", pa.string()),
        pa.field("advice", pa.string()),
    ]
)
"""The account of what was not used: at which stage, from which source, why, how many of what, where first, what to
do."""


@dataclass(frozen=True)
class Loss:
    """One line of the account of what was not used.

    Parameters
    ----------
    stage : str
        ``"read"``, ``"clean"``, ``"people"``, ``"groups"``, ``"ties"`` or ``"cases"``.
    source : str
        Name of the input.
    reason : str
        Why, in a few words fit for a report; it names no person.
    count : int
        How many.
    unit : str, default "rows"
        Of what: rows, messages, files, members, accounts.
    where : str, optional
        The first place, for example ``"mail.mbox, byte 1204"``; shown to whoever runs the reading, never in a report.
    advice : str, optional
        The next action, if there is one.
    """

    stage: str
    source: str
    reason: str
    count: int
    unit: str = "rows"
    where: str | None = None
    advice: str | None = None
