"""Who had a part in the same meeting, page or thread: one row per person and unit."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commfinder.interactions.rows import medium_codes, role_codes

__all__ = ["KEYS", "KINDS", "NEVER", "THREAD_MEDIA", "acts", "counted", "presence"]

KINDS = ("meeting", "edit", "thread")
"""What people can share without one writing to the other."""

THREAD_MEDIA = ("email", "chat", "microblog", "wiki", "document", "workflow", "ticket", "code")
"""Media that have threads or cases in which people write."""

KEYS = ("medium", "unit", "part")
"""What names a unit: a meeting and its time, a page and a stretch of time, a thread."""

NEVER = -(1 << 62)
"""Stands for no time where times are compared: engines do not agree on where nothing sorts."""

_EDITED = ("wiki", "document")
_NOT_WRITTEN = ("reaction", "member", "attendee", "nominate")
_UNTIMED = -10


def acts(rows: ir.Table, kind: str, *, thread_media: tuple[str, ...] = THREAD_MEDIA) -> ir.Table:
    """Return one row per person and what the person had a part in, as often as it is told.

    Parameters
    ----------
    rows : ibis table
        Clean rows.
    kind : {"meeting", "edit", "thread"}
        What is shared.
    thread_media : tuple of str
        Media whose threads count.

    Returns
    -------
    ibis table
        medium, unit (event, space or thread), person, moment (`NEVER` for none), told (people that the source counts
        in the meeting, 0 elsewhere), source.

    Notes
    -----
    In a meeting take part who sends, who receives, and who attends without a recipient. A page is the space of an edit,
    in wikis and documents, that names nobody else. In a thread only those count who write: not who is written to, nor
    who reacts.
    """
    moment = ibis.coalesce(rows.time, ibis.literal(NEVER, "int64"))
    nothing = ibis.literal(0, "int32")
    if kind == "edit":
        edits = rows.filter(_edits(rows))
        return edits.select("medium", "source", unit="space", person="sender", moment=moment, told=nothing)
    if kind == "thread":
        written = rows.medium.isin(medium_codes(*thread_media)) & ~rows.role.isin(role_codes(*_NOT_WRITTEN))
        posts = rows.filter(rows.thread.notnull() & written & ~_edits(rows))
        return posts.select("medium", "source", unit="thread", person="sender", moment=moment, told=nothing)
    met = rows.filter(rows.medium.isin(medium_codes("meeting")))
    told = ibis.ifelse(met.recipient.notnull(), met.n_recipients + 1, 0).cast("int32")
    moment = ibis.coalesce(met.time, ibis.literal(NEVER, "int64"))
    ones = {"unit": met.event, "moment": moment, "told": told}
    sent = met.select("medium", "source", person="sender", **ones)
    received = met.filter(met.recipient.notnull()).select("medium", "source", person="recipient", **ones)
    return sent.union(received)


def presence(taken: ir.Table, kind: str, *, end_us: int, length_us: int) -> ir.Table:
    """Put who took part together by unit: each person once.

    Parameters
    ----------
    taken : ibis table
        As `acts` returns.
    kind : {"meeting", "edit", "thread"}
        What is shared.
    end_us : int
        From where stretches are counted back, microseconds since 1970 UTC; later than every time.
    length_us : int
        Length of a stretch of edits.

    Returns
    -------
    ibis table
        medium, unit, part, person, active (whether the person acts in the unit, or only did so shortly before), first
        and last (times; of who is active the first counts, of others the last), told, source.

    Notes
    -----
    The history of a page is cut into stretches. In each are those who edit it then, and those who did in the stretch
    before, if the page is edited again within the length of a stretch: so two edits less than that apart always meet,
    wherever the cut falls between them.
    """
    if kind == "edit":
        # What is left of a division is taken off first: then every engine divides without rounding.
        behind = ibis.literal(end_us - 1, "int64") - taken.moment
        rounds = (behind - behind % length_us) // ibis.literal(length_us, "int64")
        part = ibis.ifelse(taken.moment == NEVER, _UNTIMED, rounds).cast("int64")
    elif kind == "meeting":
        part = taken.moment
    else:
        part = ibis.literal(0, "int64")
    once = taken.mutate(part=part).group_by([*KEYS, "person"])
    active = once.aggregate(
        first=ibis._.moment.min(), last=ibis._.moment.max(), told=ibis._.told.max(), source=ibis._.source.min()
    ).mutate(active=ibis.literal(True))
    columns = [*KEYS, "person", "active", "first", "last", "told", "source"]
    if kind != "edit":
        return active.select(*columns)
    return active.select(*columns).union(_from_before(active, length_us).select(*columns))


def counted(present: ir.Table) -> ir.Table:
    """Say of each unit how many took part, and which source tells of it.

    Parameters
    ----------
    present : ibis table
        As `presence` returns.

    Returns
    -------
    ibis table
        medium, unit, part, n (people, at least as many as the source counts), source (the first of them).
    """
    sums = present.group_by(list(KEYS)).aggregate(
        many=present.count(), most=present.told.max(), source=present.source.min()
    )
    n = ibis.greatest(sums.many, sums.most.cast("int64")).cast("int64")
    return sums.select(*KEYS, "source", n=n)


def _edits(rows: ir.Table) -> ir.BooleanValue:
    """Tell the rows in which somebody edits a page."""
    edited = rows.medium.isin(medium_codes(*_EDITED)) & rows.role.isin(role_codes("edit"))
    return edited & rows.recipient.isnull() & rows.space.notnull()


def _from_before(active: ir.Table, length_us: int) -> ir.Table:
    """Return who edited a page in the stretch before, shortly enough before somebody else does in this one."""
    starts = active.group_by(list(KEYS)).aggregate(start=active["first"].min())
    carried = active.mutate(part=active.part - 1, active=ibis.literal(False))
    near = carried.join(starts, list(KEYS))
    near = near.filter(near.start - near["last"] <= length_us).drop("start")
    here = active.select(*KEYS, "person").view()
    return near.anti_join(here, [*KEYS, "person"])
