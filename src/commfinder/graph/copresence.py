"""Ties of people who had a part in the same thing: meetings, pages and threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.graph.aggregate import PairWindows
from commfinder.graph.copresence_units import KEYS, KINDS, NEVER, acts, counted, presence
from commfinder.graph.copresence_units import THREAD_MEDIA as ALL_THREAD_MEDIA
from commfinder.graph.decay import fixed_weight
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.rows import medium_codes
from commfinder.period import Windows

__all__ = ["Copresence", "CopresenceRule", "add_layers", "add_windows", "direct", "find_copresence"]

_THREAD_MEDIA = ("chat", "microblog", "wiki", "document", "workflow", "ticket")
_CALLED = {
    "meeting": ("meetings of more than {} people", "meetings", "They make no tie between two people."),
    "edit": ("pages with more than {} editors at a time", "pages", "So many share a page without working together."),
    "thread": ("threads with more than {} writers", "threads", "So many share a thread without talking together."),
}


@dataclass(frozen=True)
class CopresenceRule:
    """Which shared things tie people, and up to how many people.

    Parameters
    ----------
    kinds : sequence of {"meeting", "edit", "thread"}
        What counts: meetings, pages that both edit, threads in which both write. All three by default.
    max_attendees : int, default 8
        Meetings of more people make no tie between two of them; they are counted in `Copresence.losses`.
    max_editors : int, default 30
        Pages with more editors at a time make none either.
    edit_days : float, default 30
        Two edits of a page at most so many days apart are work on the same page.
    max_writers : int, default 30
        Threads with more writers make none.
    thread_media : sequence of str
        Media whose threads count. By default not ``"email"`` and ``"code"``, where messages and reviews say themselves
        whom they are for.

    Raises
    ------
    InputError
        If a kind or medium is unknown, or a number out of range.

    Notes
    -----
    Workplace analytics commonly stops at 8 attendees; 30 bounds the number of pairs. Neither limit is the result of an
    experiment: look at `Copresence.losses`, and try others.
    """

    kinds: Sequence[str] = KINDS
    max_attendees: int = 8
    max_editors: int = 30
    edit_days: float = 30.0
    max_writers: int = 30
    thread_media: Sequence[str] = _THREAD_MEDIA

    def __post_init__(self) -> None:
        for name, known in (("kinds", KINDS), ("thread_media", ALL_THREAD_MEDIA)):
            given: object = getattr(self, name)
            words = (given,) if isinstance(given, str) else tuple(getattr(self, name))
            for word in words:
                if word not in known:
                    raise InputError(f"{name} names {word!r}.", hint=nearest(str(word), known))
            object.__setattr__(self, name, tuple(word for word in known if word in words))
        if not self.kinds:
            raise InputError("kinds is empty.", need=f"At least one of {', '.join(KINDS)} is needed.")
        for name in ("max_attendees", "max_editors", "max_writers"):
            _validate.count(getattr(self, name), what=name, low=2)
        _validate.positive(self.edit_days, what="edit_days")

    @property
    def length_us(self) -> int:
        """`edit_days` in microseconds, at least one."""
        return max(round(self.edit_days * 86_400e6), 1)

    def most(self, kind: str) -> int:
        """Return the most people that something of a kind may have."""
        return {"meeting": self.max_attendees, "edit": self.max_editors, "thread": self.max_writers}[kind]


@dataclass(frozen=True, eq=False)
class Copresence:
    """Who had a part in the same meetings, pages and threads; make one with `find_copresence`.

    Parameters
    ----------
    rule : CopresenceRule
        What counts.
    pairs : ibis table
        One row per pair and thing that they share: a < b (numbers of people), medium, n_recipients (the others in it,
        n - 1) and time (when both have had a part); not computed yet.
    losses : tuple of Loss
        What had too many people, per kind and source.
    """

    rule: CopresenceRule
    pairs: ir.Table
    losses: tuple[Loss, ...] = field(default=())

    def layers(self, *, end_us: int | None = None, half_life: float | None = None) -> pa.Table:
        """Sum weights per pair and medium, in the columns of `commfinder.graph.aggregate.layers`.

        Parameters
        ----------
        end_us : int, optional
            The moment weights are told for, in microseconds since 1970 UTC.
        half_life : float, optional
            Days after which something shared weighs half; None for no decay.

        Returns
        -------
        pyarrow.Table
            a, b (a < b), medium, ab and ba (equal: neither of the two addresses the other; whole numbers of 1 /
            `SCALE`), events (things shared); sorted.

        Notes
        -----
        Something that n people share gives each pair 1 / (n - 1) [1]_, so that everybody spends one unit on it, as in a
        message to n - 1 recipients.

        References
        ----------
        .. [1] Newman (2001), Scientific collaboration networks. II. doi:10.1103/PhysRevE.64.016132
        """
        marked = self.pairs.mutate(fixed=fixed_weight(self.pairs, end_us=end_us, half_life=half_life))
        weight = marked.fixed.sum().cast("int64")
        sums = marked.group_by(["a", "b", "medium"]).aggregate(
            ab=weight, ba=weight, events=marked.count().cast("int64")
        )
        return sums.order_by(["a", "b", "medium"]).to_pyarrow()

    def pair_windows(self, windows: Windows | None) -> PairWindows:
        """Count what each pair shares in each window.

        Parameters
        ----------
        windows : Windows, optional
            The windows; None where nothing has a time.

        Returns
        -------
        PairWindows
            What is shared counts both ways.
        """
        window: ir.Value = ibis.literal(-1)
        if windows is not None:
            behind = ibis.greatest(ibis.literal(windows.end_us - 1, "int64") - self.pairs.time, 0)
            rounds = (behind - behind % windows.length_us) // ibis.literal(windows.length_us, "int64")
            place = ibis.greatest(windows.count - 1 - rounds, 0)
            window = ibis.ifelse(self.pairs.time.isnull(), -1, place)
        marked = self.pairs.select("a", "b", window=window.cast("int32"))
        sums = marked.group_by(["a", "b", "window"]).aggregate(events=marked.count().cast("int64"))
        table = sums.order_by(["a", "b", "window"]).to_pyarrow()
        a, b, place, events = (table[name].to_numpy().astype(np.int64) for name in ("a", "b", "window", "events"))
        return PairWindows(a, b, place, events, events, events)


def find_copresence(
    inter: Interactions,
    rule: CopresenceRule | None = None,
    *,
    end_us: int | None = None,
    spaces: Sequence[str] = (),
) -> Copresence:
    """Find who had a part in the same meetings, pages and threads.

    Prefer `commfinder.graph.aggregate.layers` for messages, which say whom they are for. `validated_pairs` says which
    pairs share more than chance gives them.

    Parameters
    ----------
    inter : Interactions
        Clean interactions: what machines do is out, and so are events with more recipients than `clean` allows.
    rule : CopresenceRule, optional
        What counts.
    end_us : int, optional
        Only what happens before, microseconds since 1970 UTC; stretches of edits are counted back from here. By default
        just after the last event.
    spaces : sequence of str
        Only what passed through these spaces; empty for everything.

    Returns
    -------
    Copresence

    Notes
    -----
    **Meetings** are the events of medium ``"meeting"``: who sends (the organiser), who receives (role ``"attendee"``)
    and who attends without a recipient. Occurrences of a series share an event id and differ in time. There are at
    least as many people in it as the source counts.

    **Edits** are rows of role ``"edit"`` in wikis and documents, without a recipient; the space is the page. Time is
    cut into stretches of `CopresenceRule.edit_days`. In each, two people share a page if one edits it then, and the
    other in the same stretch or at most so many days before; n counts the editors of the stretch and those who still
    reach into it. So a pair that keeps editing a page shares it once in every stretch.

    **Threads** are shared by those who write in them, once, however long they last: from when both have written.

    Examples
    --------
    >>> import pandas as pd
    >>> met = pd.DataFrame({"event": ["e", "e"], "sender": ["a", "a"], "recipient": ["b", "c"]})
    >>> met["time"] = "2026-07-01T09:00Z"
    >>> shared = find_copresence(Interactions.from_frame(met, event="event", medium="meeting").clean())
    >>> shared.layers().select(["a", "b", "ab", "events"]).to_pylist()[-1]
    {'a': 1, 'b': 2, 'ab': 8388608, 'events': 1}
    """
    rule = rule or CopresenceRule()
    last = inter.span_us[1]
    end = end_us if end_us is not None else (0 if last is None else last + 1)
    rows = inter.rows
    if spaces:
        rows = rows.filter(rows.space.isin(inter.words.places("space", spaces) or [-1]))
    if end_us is not None:
        rows = rows.filter(rows.time.isnull() | (rows.time < end_us))
    found: list[ir.Table] = []
    losses: list[Loss] = []
    for kind in rule.kinds:
        taken = acts(rows, kind, thread_media=tuple(rule.thread_media))
        present = inter.store.add(presence(taken, kind, end_us=end, length_us=rule.length_us))
        sizes = inter.store.add(counted(present))
        losses += _lost(inter, sizes, kind, rule.most(kind))
        few = sizes.filter((sizes.n >= 2) & (sizes.n <= rule.most(kind))).drop("source")
        members = inter.store.add(present.drop("told", "source").join(few, list(KEYS)))
        found.append(_pairs(members, rule.length_us))
    pairs = ibis.union(*found) if len(found) > 1 else found[0]
    return Copresence(rule, pairs, tuple(losses))


def direct(inter: Interactions, rule: CopresenceRule) -> Interactions:
    """Leave out what a rule counts as shared, so that it is not counted as sent from one to the other too.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    rule : CopresenceRule
        What counts as shared.

    Returns
    -------
    Interactions
        Without meetings, where the rule counts them: their rows say who invited whom. People keep their numbers. Edits
        name nobody, and a message in a thread is its writer's own, so they stay.
    """
    if "meeting" not in rule.kinds:
        return inter
    rows = inter.rows
    return replace(inter, rows=rows.filter(~rows.medium.isin(medium_codes("meeting"))), _facts={})


def add_layers(sent: pa.Table, shared: pa.Table) -> pa.Table:
    """Add two tables of layers up.

    Parameters
    ----------
    sent, shared : pyarrow.Table
        As `commfinder.graph.aggregate.layers` and `Copresence.layers` return them.

    Returns
    -------
    pyarrow.Table
        The same columns; sorted.
    """
    keys, sums = ["a", "b", "medium"], ["ab", "ba", "events"]
    both = pa.concat_tables([sent, shared.select(sent.column_names).cast(sent.schema)])
    added = both.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in sums])
    added = added.rename_columns([name.removesuffix("_sum") for name in added.column_names])
    return added.select(sent.column_names).cast(sent.schema).sort_by([(name, "ascending") for name in keys])


def add_windows(sent: PairWindows, shared: PairWindows) -> PairWindows:
    """Add two counts per pair and window up.

    Parameters
    ----------
    sent, shared : PairWindows
        Of the same windows.

    Returns
    -------
    PairWindows
    """
    a, b, window, forth, back, events = (
        np.concatenate([getattr(sent, name), getattr(shared, name)])
        for name in ("a", "b", "window", "forth", "back", "events")
    )
    order = np.lexsort((window, b, a))
    a, b, window, forth, back, events = (values[order] for values in (a, b, window, forth, back, events))
    new = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0) | (np.diff(window) != 0)] if len(a) else np.empty(0, bool)
    starts = np.flatnonzero(new)
    if not len(starts):
        return sent
    sums = (np.add.reduceat(values, starts) for values in (forth, back, events))
    return PairWindows(a[starts], b[starts], window[starts], *sums)


def _pairs(members: ir.Table, length_us: int) -> ir.Table:
    """Return one row per pair of people and thing that they share."""
    one, other = members, members.view()
    joined = one.join(other, [*KEYS, one.person < other.person], lname="{name}", rname="{name}_other")
    both = joined.active & joined.active_other
    ahead = joined.active & (joined["first"] - joined.last_other <= length_us)
    behind = joined.active_other & (joined.first_other - joined["last"] <= length_us)
    near = joined.filter(both | ahead | behind)
    later = ibis.greatest(near["first"], near.first_other)
    alone = ibis.ifelse(near.active, near["first"], near.first_other)
    moment = ibis.ifelse(near.active & near.active_other, later, alone)
    return near.select(
        "medium",
        a=near.person,
        b=near.person_other,
        n_recipients=(near.n - 1).cast("int32"),
        time=moment.nullif(ibis.literal(NEVER, "int64")),
    )


def _lost(inter: Interactions, sizes: ir.Table, kind: str, most: int) -> list[Loss]:
    """Count, per source, what has too many people to tie two of them."""
    large = sizes.filter(sizes.n > most)
    table = large.group_by("source").aggregate(many=large.count()).order_by("source").to_pyarrow()
    reason, unit, advice = _CALLED[kind]
    counts: Mapping[int, int] = dict(zip(table["source"].to_pylist(), table["many"].to_pylist(), strict=True))
    return [
        Loss("ties", str(inter.words.source[source]), reason.format(most), number, unit, None, advice)
        for source, number in counts.items()
    ]
