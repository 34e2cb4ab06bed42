"""Handoffs counted where the rows are: for more cases than one would bring to one machine."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from commfinder import _validate
from commfinder.delivery.cases.keys import numbered_cases
from commfinder.delivery.cases.people import find_actors
from commfinder.delivery.cases.rows import numbered_acts, usable_rows
from commfinder.delivery.cases.value import HOW
from commfinder.errors import InputError
from commfinder.interactions import Interactions

__all__ = ["handoff_counts"]

_WITH_KEY = HOW[:3]


def handoff_counts(inter: Interactions, *, how: Sequence[str] = _WITH_KEY) -> ir.Table:
    """Count handoffs between people in the database, without bringing any act to this machine.

    Prefer `hand_offs` of `find_cases`, which also finds cases without ids and gives every handoff with its roles and
    business hours, wherever the acts fit into memory (about 100 bytes each).

    Parameters
    ----------
    inter : Interactions
        Interactions whose cases carry ids.
    how : sequence of str, default ("workflow", "page", "thread")
        Which cases. References and chains are found in memory: use `find_cases`.

    Returns
    -------
    ibis table
        One row per ordered pair, in no order: giver and taker (places in ``inter.names``), handoffs, elapsed_us (time
        from the last act of the giver to the first of the taker, microseconds by the clock, summed) and tied: how many
        had no time between them.

    Raises
    ------
    InputError
        If a way of finding cases is none of the three.

    Notes
    -----
    Acts of one case at the same moment are taken in the order of their senders' names; `hand_offs` takes that of event
    ids. Where ``tied`` is 0 throughout, both count the same. All numbers are whole, and the same on every database.

    References
    ----------
    van der Aalst, Reijers & Song 2005, doi:10.1007/s10606-005-9005-9.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"thread": ["1"] * 3, "sender": ["ada", "ben", "ada"], "recipient": None})
    >>> log["time"] = ["2026-07-01T09:00Z", "2026-07-01T10:00Z", "2026-07-01T12:00Z"]
    >>> inter = Interactions.from_frame(log, medium="workflow", thread="thread")
    >>> handoff_counts(inter).order_by("giver").to_pyarrow().to_pydict()["handoffs"]
    [1, 1]
    """
    ways = [how] if isinstance(how, str) else list(how)
    if not ways:
        raise InputError("how is empty.", need=f"At least one of {', '.join(_WITH_KEY)} is needed.")
    for way in ways:
        _validate.choice(way, _WITH_KEY, what="how")
    rows, _ = usable_rows(inter, find_actors(inter).aside)
    kinds = tuple(way for way in _WITH_KEY if way in ways)
    rows = rows.filter(rows.how.isin([HOW.index(way) for way in kinds]))
    acts, _ = numbered_acts(inter, rows, numbered_cases(inter, rows, kinds))
    acts = acts.select("number", "time", "event", "sender").distinct()
    in_case = ibis.window(group_by=acts.number, order_by=[acts.time, acts.sender])
    steps = acts.select(
        taker=acts.sender, taken=acts.time, giver=acts.sender.lag().over(in_case), left=acts.time.lag().over(in_case)
    )
    passed = steps.filter(steps.giver.notnull() & (steps.giver != steps.taker))
    marked = passed.select(
        "giver", "taker", elapsed=passed.taken - passed.left, tied=(passed.taken == passed.left).ifelse(1, 0)
    )
    return marked.group_by(["giver", "taker"]).aggregate(
        handoffs=marked.count(),
        elapsed_us=marked.elapsed.sum().cast("int64"),
        tied=marked.tied.sum().cast("int64"),
    )
