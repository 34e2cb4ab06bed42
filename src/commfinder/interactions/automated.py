"""Which accounts are machines: what the sources say, what their names say, and how they behave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis.expr.types as ir

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["automated_accounts", "named_like_a_machine"]

# Judged is the part before the last @ alone: 'ann@bounces.example.org' is Ann. A dot before 'bot' or 'bounce' makes a
# surname of it ('ben.bot'), and a word after 'bounce' a person or a desk ('bounce-coach').
_NAME = re.compile(
    r"(?:^|[._+-])(?:no|do[._-]?not)[._-]?reply(?:$|[._+-])"
    r"|^(?:mailer-?daemon|postmaster)(?:$|[+-])"
    r"|^bounces?(?:$|[+=]|[._-]\d)|[_-]bounces?(?:$|[+=])"
    r"|^notifications?(?:$|\+)|[._-]notifications$"
    r"|(?:^|[_-])(?:ro)?bot$|\[bot\]$",
    re.IGNORECASE,
)
_ANSWERABLE = ("email", "chat")
_MIN_SENT, _MIN_RECIPIENTS, _ANSWERED_PER_CENT = 50, 10, 1


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
        least 50 events, and of the people it wrote to at least 10 write at all, and at most one in a hundred of these
        ever wrote to it. People who never write can not answer anybody: of one person's outbox nothing is learnt.
    """
    said = inter.accounts.loc[inter.accounts["kind"] != "person", "account"]
    known = set(said.tolist())
    found = {code for code, name in enumerate(inter.people) if name in known or named_like_a_machine(name)}
    return sorted(found | _broadcasters(rows))


def named_like_a_machine(account: str) -> bool:
    """Tell whether an address or account name is that of a machine.

    Parameters
    ----------
    account : str
        Address or account name.

    Returns
    -------
    bool

    Examples
    --------
    >>> [named_like_a_machine(name) for name in ("no-reply@x.org", "ci-bot", "talbot@x.org")]
    [True, True, False]
    """
    local, _, _ = account.rpartition("@")
    return _NAME.search(local or account) is not None


def _broadcasters(rows: ir.Table) -> set[int]:
    """Find accounts that write much to many who could answer and never do."""
    talk = rows.filter(rows.medium.isin(_ANSWERABLE) & rows.recipient.notnull() & (rows.sender != rows.recipient))
    sent = talk.group_by("sender").aggregate(sent=talk.event.nunique())
    loud = sent.filter(sent.sent >= _MIN_SENT).select("sender")
    pairs = talk.select("sender", "recipient").distinct()
    writers = pairs.select(writer="sender").distinct()
    asked = pairs.semi_join(loud, "sender").semi_join(writers, [("recipient", "writer")])
    back = pairs.select(back_to="sender", back_from="recipient")
    joined = asked.left_join(back, [asked.sender == back.back_from, asked.recipient == back.back_to])
    seen = joined.group_by("sender").aggregate(
        recipients=joined.count(), answered=joined.back_to.notnull().cast("int64").sum()
    )
    silent = seen.filter(
        (seen.recipients >= _MIN_RECIPIENTS) & (seen.answered * 100 <= _ANSWERED_PER_CENT * seen.recipients)
    )
    return set(silent.select("sender").to_pyarrow()["sender"].to_pylist())
