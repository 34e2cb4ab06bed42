"""What is lost on the way into the data: accounts that are not exported, and conversations that are not kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np

from commfinder.simulation.messages import Message

__all__ = ["as_recorded"]


def as_recorded(
    rng: np.random.Generator, messages: Sequence[Message], lost: Collection[str], recorded: float
) -> tuple[Message, ...]:
    """Return what the data hold of some messages.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    messages : sequence of Message
        Everything sent.
    lost : collection of str
        Accounts of which nothing is in the data.
    recorded : float
        Share of the conversations that are kept.

    Returns
    -------
    tuple of Message
        Without messages from lost accounts or to nobody but them, and without what answers such messages.
    """
    if not lost and recorded >= 1:
        return tuple(messages)
    roots = sorted({message.thread for message in messages})
    kept_roots = {root for root, draw in zip(roots, rng.random(len(roots)), strict=True) if draw < recorded}
    kept: list[Message] = []
    gone: set[str] = set()
    for message in messages:
        recipients = tuple(pair for pair in message.recipients if pair[0] not in lost)
        emptied = bool(message.recipients) and not recipients
        orphan = message.thread in gone or message.parent in gone
        if message.thread not in kept_roots or message.sender in lost or emptied or orphan:
            gone.add(message.event)
            continue
        reactions = tuple(account for account in message.reactions if account not in lost)
        kept.append(dataclasses.replace(message, recipients=recipients, reactions=reactions))
    return tuple(kept)
