"""Threads of events that only say what they answer, in whatever database they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from commfinder.interactions.losses import losses_frame
from commfinder.interactions.schema import Loss
from commfinder.provenance import record

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["link_threads"]


def link_threads(inter: Interactions) -> Interactions:
    """Give events without a thread the root of the chain of what they answer.

    Readers of mail, chat and wikis link what they read themselves; this is for tables that only have a column of
    parents, above all in a database of yours (`Interactions.from_backend`). It runs where the rows are, and nothing is
    fetched but counts.

    Parameters
    ----------
    inter : Interactions
        Rows, of which some say what they answer (``parent``) and not what they belong to (``thread``).

    Returns
    -------
    Interactions
        The same rows. An event that has a thread keeps it. Another gets the thread of the first event up its chain
        that has one, else the id of the last one up the chain, be it among the events or not; an event that answers
        nothing and that others answer is the root of its own thread. Events of a chain that runs in a circle, and
        events that answer several others, stay as they are and are counted in ``losses``.

    Notes
    -----
    Every pass doubles the stretch of a chain that is known (pointer jumping), so that the number of passes grows as
    the logarithm of the longest chain [1]_.

    References
    ----------
    .. [1] J. C. Wyllie, The Complexity of Parallel Computations, Cornell University, 1979.

    Examples
    --------
    >>> import pandas as pd
    >>> from commfinder.interactions import Interactions, link_threads
    >>> mail = pd.DataFrame({"sender": ["a", "b", "a"], "recipient": ["b", "a", "b"], "event": ["1", "2", "3"]})
    >>> mail["parent"] = [None, "1", "2"]
    >>> link_threads(Interactions.from_frame(mail, event="event", parent="parent")).to_frame()["thread"].tolist()
    ['1', '1', '1']
    """
    rows = inter.rows
    answers = rows.filter(rows.thread.isnull() & rows.parent.notnull() & (rows.parent != rows.event))
    per_event = answers.group_by("event").aggregate(up=answers.parent.min(), last=answers.parent.max())
    counted = inter.store.add(per_event)
    several = int(counted.filter(counted.up != counted["last"]).count().to_pyarrow().as_py())
    chains = inter.store.add(counted.filter(counted.up == counted["last"]).select(id="event", up="up"))
    n_chains = int(chains.count().to_pyarrow().as_py())
    told = rows.filter(rows.thread.notnull()).group_by(id="event").aggregate(root=rows.thread.min())
    known = inter.store.add(told.semi_join(chains, told.id == chains.up))
    roots, circular = _roots(inter.store, chains, known, n_chains)
    linked = _linked(rows, inter.store.add(roots))
    lost = [
        Loss("read", "threads", reason, number, "events", None, "They stay without a thread.")
        for reason, number in (("answers that run in a circle", circular), ("answers to several events", several))
        if number
    ]
    losses = pd.concat([inter.losses, losses_frame(lost)], ignore_index=True) if lost else None
    return inter.with_rows(linked, record("link_threads", {"linked": n_chains - circular}), losses=losses)


def _roots(store: Any, chains: ir.Table, known: ir.Table, longest: int) -> tuple[ir.Table, int]:
    """Follow every chain to its end; return the root of each event, and how many never come to one."""
    # A chain ends where its next event has a thread, or answers nothing that is known.
    steps = store.add(chains.anti_join(known, chains.id == known.id))
    for _ in range(math.ceil(math.log2(longest + 1)) + 1):
        further = steps.view()
        joined = steps.left_join(further, steps.up == further.id)
        moved = joined.select(id=steps.id, up=ibis.coalesce(further.up, steps.up), moved=further.id.notnull())
        after = store.add(moved)
        steps = after.select("id", "up")
        if not int(after.moved.cast("int32").sum().to_pyarrow().as_py() or 0):
            break
    ends = steps.view()
    last = steps.left_join(ends, steps.up == ends.id)
    # Whatever still leads on is in a circle, or leads into one.
    whole = store.add(last.select(id=steps.id, up=steps.up, on=ends.id.notnull()))
    circular = int(whole.on.cast("int32").sum().to_pyarrow().as_py() or 0)
    ended = whole.filter(~whole.on)
    found = ended.left_join(known, ended.up == known.id)
    return found.select(id=ended.id, root=ibis.coalesce(known.root, ended.up)), circular


def _linked(rows: ir.Table, roots: ir.Table) -> ir.Table:
    """Put roots where threads are missing; a root that is an event is in its own thread."""
    answered = roots.select(id=roots.root).distinct()
    own = rows.left_join(roots, rows.event == roots.id)
    named = own.select(*rows.columns, found=own.root)
    first = named.left_join(answered, named.event == answered.id)
    thread = ibis.coalesce(first.thread, first.found, first.id)
    return first.select(**{name: thread if name == "thread" else first[name] for name in rows.columns})
