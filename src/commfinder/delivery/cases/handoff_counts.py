"""Handoffs counted where the rows are: for more cases than one would bring to one machine."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from commfinder import _validate
from commfinder.delivery.cases.columns import KEY, usable_rows
from commfinder.delivery.cases.people import find_actors
from commfinder.delivery.cases.value import HOW
from commfinder.errors import InputError
from commfinder.interactions import Interactions

__all__ = ["handoff_counts"]

_WITH_KEY = HOW[:3]
_ACT = ("number", "time", "event", "sender", "activity")


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
    acts = _numbered_acts(inter, rows, _numbered_cases(inter, rows))
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


def _numbered_cases(inter: Interactions, rows: ir.Table) -> ir.Table:
    """Number the cases of some rows, in any order: how, scope, name and number; written down."""
    grouped = rows.select(*KEY).distinct()
    order = ibis.window(order_by=[grouped[name] for name in KEY])
    return inter.store.add(grouped.mutate(number=ibis.row_number().over(order).cast("int64")))


def _numbered_acts(inter: Interactions, rows: ir.Table, table: ir.Table) -> ir.Table:
    """Return the acts of cases that carry an id; starts of work are part of the acts that end it."""
    numbered = rows.join(table.select(*KEY, "number"), list(KEY))
    numbered = numbered.mutate(activity=numbered.activity.coalesce(-1).cast("int32"))
    acts, gone = numbered.select(*_ACT), _told_elsewhere(inter, numbered)
    return acts if gone is None else acts.anti_join(gone, ["number", "event", "sender"])


def _told_elsewhere(inter: Interactions, numbered: ir.Table) -> ir.Table | None:
    """Find the rows that are only the beginning of another: the same person, case and activity.

    What is suspended and resumed has several ends for one beginning; the last of them is the act. Of ends at one moment
    any can be: they say the same.
    """
    worklist = numbered.filter((numbered.how == HOW.index("workflow")) & (numbered.activity >= 0))
    children = worklist.filter(worklist.parent.notnull())
    if not int(children.count().to_pyarrow().as_py()):
        return None
    ends = children.select("number", "event", "sender", "activity", "time", "parent").distinct()
    starts = worklist.select("number", "sender", "activity", parent="event", started="time").distinct()
    same = ends.join(starts, ["number", "sender", "activity", "parent"])
    same = same.filter((same.started <= same.time) & (same.event != same.parent))
    last = ibis.window(group_by=[same.number, same.parent], order_by=[ibis.desc(same.time), ibis.desc(same.event)])
    pairs = inter.store.add(same.mutate(rank=ibis.row_number().over(last)))
    early = pairs.filter(pairs.rank > 0).select("number", "event", "sender")
    gone = pairs.select("number", "sender", event="parent").select("number", "event", "sender").union(early).distinct()
    return inter.store.add(gone)
