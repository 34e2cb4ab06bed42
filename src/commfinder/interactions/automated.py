"""Which accounts are machines: what the sources say, what their names say, and how they behave."""

from __future__ import annotations

import re

import ibis.expr.types as ir
import numpy as np

from commfinder.interactions.table import Interactions

__all__ = ["automated_accounts"]

_NAME = re.compile(
    r"(^|[._+-])(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?|notifications?)([._+-]|@|$)|\[bot\]$|[._-]bot(@|$)",
    re.IGNORECASE,
)
_ANSWERABLE = ("email", "chat")
_MIN_SENT, _MIN_RECIPIENTS, _MAX_ANSWERED = 50, 10, 0.01


def automated_accounts(inter: Interactions, rows: ir.Table) -> list[int]:
    """Return the numbers of the accounts that are machines or lists, not people.

    Parameters
    ----------
    inter : Interactions
        Names and accounts.
    rows : ibis table
        The rows to judge behaviour by.

    Returns
    -------
    list of int
        Sorted. An account is one of them if a source says that it is a bot, a list or a room; if its name is that of a
        machine (no-reply, mailer-daemon, ``[bot]``); or if it behaves like one: in mail and chat it wrote at
        least 50 events to at least 10 people of whom at most one in a hundred ever wrote to it.
    """
    said = inter.accounts.loc[inter.accounts["kind"] != "person", "account"]
    people = inter.people
    found = {code for code, name in enumerate(people) if _NAME.search(name)}
    found |= set(np.flatnonzero(np.isin(np.array(people, dtype=str), said.astype(str).to_numpy(dtype=str))).tolist())
    return sorted(found | _broadcasters(rows))


def _broadcasters(rows: ir.Table) -> set[int]:
    """Find accounts that write much to many and are never answered."""
    talk = rows.filter(rows.medium.isin(_ANSWERABLE) & rows.recipient.notnull() & (rows.sender != rows.recipient))
    pairs = talk.group_by(["sender", "recipient"]).aggregate(n=talk.event.nunique())
    back = pairs.select(back_to="sender", back_from="recipient")
    joined = pairs.left_join(back, [pairs.sender == back.back_from, pairs.recipient == back.back_to])
    seen = joined.group_by("sender").aggregate(
        sent=joined.n.sum(), recipients=joined.count(), answered=joined.back_to.notnull().cast("int64").sum()
    )
    loud = seen.filter(
        (seen.sent >= _MIN_SENT)
        & (seen.recipients >= _MIN_RECIPIENTS)
        & (seen.answered.cast("float64") <= _MAX_ANSWERED * seen.recipients.cast("float64"))
    )
    return set(loud.select("sender").to_pyarrow()["sender"].to_pylist())
