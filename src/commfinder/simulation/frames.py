"""Messages as tables: as the exports hold them, and as they would be without any noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from commfinder.simulation.messages import HUMAN, Message
from commfinder.simulation.rosters import LIST_DOMAIN

__all__ = ["clean_rows", "in_order", "interaction_rows", "person_interactions"]

_COLUMNS = (
    "event",
    "time",
    "sender",
    "recipient",
    "role",
    "medium",
    "space",
    "thread",
    "parent",
    "activity",
    "n_recipients",
    "automated",
    "source",
)


def interaction_rows(messages: Sequence[Message]) -> pd.DataFrame:
    """Return the interaction table that a careful reader would make of the exports, noise included.

    Parameters
    ----------
    messages : sequence of Message
        All messages.

    Returns
    -------
    pandas.DataFrame
        One row per (event, sender, recipient) and export; accounts are addresses. Posts that address nobody
        have no recipient. People who come into a channel send nothing and are left out. ``automated`` says
        what headers and flags say: a machine that hides is not marked.
    """
    rows = [row for message in messages if message.kind != "system" for row in _rows(message)]
    return _frame(rows)


def clean_rows(messages: Sequence[Message], persons: Mapping[str, str]) -> pd.DataFrame:
    """Return only what people said to one another, with accounts resolved to persons and duplicates left out.

    Parameters
    ----------
    messages : sequence of Message
        All messages.
    persons : mapping of str to str
        Person ids by account.

    Returns
    -------
    pandas.DataFrame
        The same columns; sender and recipient are person ids, different from one another.
    """
    rows: list[tuple[Any, ...]] = []
    for message in messages:
        if message.kind in HUMAN:
            rows.extend(
                (row[0], row[1], persons[row[2]], persons[row[3]], *row[4:])
                for row in _rows(message, every_file=False)
                if row[3] in persons
            )
    frame = _frame(rows)
    kept = frame.loc[frame["sender"] != frame["recipient"]]
    return kept.drop_duplicates(["event", "sender", "recipient"]).reset_index(drop=True)


def person_interactions(messages: Sequence[Message], persons: Mapping[str, str]) -> pd.DataFrame:
    """Return everything, machines and mass mail included, with accounts resolved to persons as far as they have one.

    Parameters
    ----------
    messages : sequence of Message
        All messages.
    persons : mapping of str to str
        Person ids by account; machines and partners outside keep their accounts.

    Returns
    -------
    pandas.DataFrame
        The same columns; each event once, and nothing that people write to themselves.
    """
    rows = [
        (row[0], row[1], persons.get(row[2], row[2]), persons.get(row[3], row[3]) if row[3] else None, *row[4:])
        for message in messages
        if message.kind != "system"
        for row in _rows(message, every_file=False)
    ]
    frame = _frame(rows)
    kept = frame.loc[frame["sender"] != frame["recipient"]]
    return kept.drop_duplicates(["event", "sender", "recipient"]).reset_index(drop=True)


def in_order(*frames: pd.DataFrame) -> pd.DataFrame:
    """Put interaction tables together, in order of time."""
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    return pd.concat(filled, ignore_index=True).sort_values("time", kind="stable", ignore_index=True)


def _rows(message: Message, *, every_file: bool = True) -> Iterator[tuple[Any, ...]]:
    """Unfold one message into rows."""
    # A list is a space, not somebody who receives.
    people = [pair for pair in message.recipients if not pair[0].endswith(f"@{LIST_DOMAIN}")]
    where = (message.medium, message.space or None, message.thread)
    for source in message.files if every_file else message.files[:1]:
        for account, role in people or ((None, "to"),):
            yield (
                message.event,
                message.time,
                message.sender,
                account,
                role,
                *where,
                message.parent or None,
                None,
                sum(account != message.sender for account, _ in people),
                message.automated,
                source,
            )
        for account in message.reactions:
            event = f"{message.event}:{account}"
            start = (event, message.time, account, message.sender, "reaction")
            yield (*start, *where, message.event, None, 1, message.automated, source)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Put rows into a frame with the types of the interaction table."""
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True)
    return frame.astype({"n_recipients": "int32", "automated": "bool"})
