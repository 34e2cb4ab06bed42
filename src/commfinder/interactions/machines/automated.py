"""Which accounts are machines: the numbers of those that are set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np

from commfinder.interactions.machines.decisions import as_decisions
from commfinder.interactions.machines.signs import DECIDED, find_signs, named_like_a_machine

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["automated_accounts", "named_like_a_machine"]


def automated_accounts(inter: Interactions, rows: ir.Table, machines: Any = None) -> list[int]:
    """Return the numbers of the accounts that are machines or lists, not people.

    Prefer `find_machines` to see the reasons.

    Parameters
    ----------
    inter : Interactions
        Names and accounts.
    rows : ibis table
        The rows to judge behaviour by.
    machines : Machines, path, mapping or frame-like, optional
        What `find_machines` returned, whose decisions then hold alone; or decisions of the user, by which those of the
        score are overruled: see `read_decisions`.

    Returns
    -------
    list of int
        Sorted. An account is one of them if a source says that it is a bot, a list or a room; if its name is that of a
        machine (no-reply, mailer-daemon, ``[bot]``); if most of its messages are marked as automatic; or if it behaves
        like one in mail and chat: what counts stands in `commfinder.interactions.machines.signs`.
    """
    decided = as_decisions(machines)
    found: set[int] = set()
    if not decided.alone:
        found = set(np.flatnonzero(find_signs(inter, rows).score >= DECIDED).tolist())
    if not decided.words:
        return sorted(found)
    overruled = {code: decided.words[name] for code, name in enumerate(inter.people) if name in decided.words}
    kept = {code for code, word in overruled.items() if word == "keep"}
    return sorted((found | set(overruled)) - kept)
