"""Find cases in interactions: by id where there is one, by references, or by who passes on what they were sent."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.acts import Acts, distinct
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.chains import chain_cases
from commfinder.delivery.cases.columns import Columns, columns_of, usable_rows
from commfinder.delivery.cases.keys import ids_of_cases
from commfinder.delivery.cases.loose import loose_events, reference_cases
from commfinder.delivery.cases.people import Actors, Posts, find_actors, posts_of
from commfinder.delivery.cases.rows import Found, acts_with_ids, answers_before, gather, leave_out, without_case
from commfinder.delivery.cases.value import HOW, Cases, facts_of_cases
from commfinder.errors import InputError
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.rows import medium_codes
from commfinder.people import Directory
from commfinder.provenance import continued, record

__all__ = ["HOW", "Cases", "find_cases", "may_be_open"]

BoolArray = npt.NDArray[np.bool_]

_CLOSING, _SEEN = 0.8, 3
_USUAL = 0.95
_MOST = 2.0**62


def find_cases(
    inter: Interactions,
    people: Directory | None = None,
    *,
    how: Sequence[str] | None = None,
    gap_days: float = 2.0,
    calendar: BusinessHours | None = None,
    min_people: int = 1,
) -> Cases:
    """Find cases: what is worked on by one person after another, from what the data tell of it.

    In this order, and every event is in one case at most: the id of a worklist or ticket; a page or document that is
    worked on; a thread of mail or chat; a chain of references (what answers what); and, without any of these, chains of
    causes: somebody passes on, within `gap_days`, what they were sent. A message alone in its thread can be part of a
    chain; if it is of none, the thread stays a case. Prefer `Cases.of` for an event log of your own.

    Parameters
    ----------
    inter : Interactions
        Best after `Interactions.clean`, which also finds machines that write mail.
    people : Directory, optional
        Units, titles and managers; by default what the sources say of accounts. A column ``title`` makes roles of
        units.
    how : sequence of str, optional
        Only these ways, of ``"workflow"``, ``"page"``, ``"thread"``, ``"reference"`` and ``"chain"``; all by default.
    gap_days : float, default 2.0
        Working days within which something is passed on in a chain.
    calendar : BusinessHours, optional
        Working days of chains; by default Monday to Friday, all hours, UTC.
    min_people : int, default 1
        Leave out cases in which fewer people act.

    Returns
    -------
    Cases
        `losses` counts what was set aside (machines, placeholders for a person, events without a time or in no case)
        and what was used but is odd (placeholders for a unit, circles, answers dated before what they answer, equal
        times). Of somebody with an automatic account only the account is left out: the case stays.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    **Certainty.** A case found by an id has certainty 1. That of a reference chain is the share of its references that
    hold; that of a chain the mean, over its links, of one over the number of messages that could have led to it. They
    say how much of a case is guessed; they are no calibrated probabilities.

    **Machines.** Besides accounts that a source or their name says are machines: accounts that act in at least 160 of
    the 168 hours of the week and more than twice as often as the busiest account that keeps other hours.

    **Open cases.** See `may_be_open`.

    **Equal times.** Acts of one case at the same moment are in the order of their event ids; how often that decides who
    handed on to whom is counted.

    References
    ----------
    van der Aalst & Song 2004, doi:10.1007/978-3-540-25970-1_16 (people and cases in event logs).

    Examples
    --------
    >>> mail = pd.DataFrame({"sender": ["ada", "ben"], "recipient": ["ben", "cem"]})
    >>> mail["time"] = ["2026-07-01T09:00Z", "2026-07-01T10:00Z"]
    >>> find_cases(Interactions.from_frame(mail)).frame[["how", "certainty", "events"]].to_dict("records")
    [{'how': 'chain', 'certainty': 1.0, 'events': 2}]
    """
    ways = _ways(how)
    gap_days = _validate.positive(gap_days, what="gap_days")
    _validate.count(min_people, what="min_people")
    actors = find_actors(inter)
    rows, others = usable_rows(inter, actors.aside)
    columns = columns_of(inter, rows)
    activities = _activities(inter, columns)
    losses = [*_set_aside(inter, actors), *answers_before(inter, columns)]
    found = _found(inter, columns, others, ways, gap_days, calendar)
    del columns
    losses += found.losses
    found, few = _with_people(found, min_people)
    losses += few
    acting = np.zeros(len(inter.names), dtype=bool)
    acting[found.person] = True
    names = inter.names[acting]
    person = (np.cumsum(acting, dtype=np.int32) - np.int32(1))[found.person]
    posts = posts_of(inter, people if people is not None else Directory.from_accounts(inter), names)
    acts = _acts(found, person, activities, posts, losses)
    low, high = inter.span_us
    is_open = may_be_open(acts, found.said, end=high if high is not None else 0)
    losses += _equal_times(acts)
    options = {"how": ways, "gap_days": gap_days, "calendar": calendar, "min_people": min_people}
    return Cases(
        facts_of_cases(found.said, acts, is_open),
        acts,
        names,
        inter.words.activity[activities],
        posts.units,
        posts.roles,
        posts.unit_of,
        posts.manager_of,
        losses_frame(losses),
        continued(inter.provenance, record("find_cases", options)),
        inter.period if low is not None else None,
    )


def _ways(how: Sequence[str] | None) -> tuple[str, ...]:
    """Check the ways of finding cases."""
    if how is None:
        return HOW
    chosen = [how] if isinstance(how, str) else list(how)
    if not chosen:
        raise InputError("how is empty.", need=f"At least one of {', '.join(HOW)} is needed.")
    for way in chosen:
        _validate.choice(way, HOW, what="how")
    return tuple(way for way in HOW if way in chosen)


def _found(
    inter: Interactions,
    columns: Columns,
    others: ir.Table,
    ways: tuple[str, ...],
    gap_days: float,
    calendar: BusinessHours | None,
) -> Found:
    """Find cases in every way asked for."""
    kinds = tuple(way for way in ways if way in HOW[:3])
    # Threads come last: without them the numbers of the others are the same.
    keys = ids_of_cases(inter, columns, tuple(dict.fromkeys((*kinds, "thread"))))
    named = acts_with_ids(columns, others, keys, kinds)
    if "reference" not in ways and "chain" not in ways:
        return named
    loose = loose_events(inter, columns, *without_case(columns, keys))
    linked, used = reference_cases(loose)
    parts = [named, linked] if "reference" in ways else [named]
    if "chain" in ways:
        rest = loose.take(~used)
        chained, taken = chain_cases(rest, gap_days=gap_days, calendar=calendar)
        homes = rest.home[taken & (rest.home >= 0)]
        parts = [leave_out(named, homes) if "thread" in ways and len(homes) else named, *parts[1:], chained]
    return gather(parts)


def _activities(inter: Interactions, columns: Columns) -> npt.NDArray[np.int64]:
    """Return the places of the activities of some rows, rising."""
    seen = np.zeros(len(inter.words.activity) + 1, dtype=bool)
    seen[columns.activity] = True
    return np.flatnonzero(seen[:-1])


def _with_people(found: Found, least: int) -> tuple[Found, list[Loss]]:
    """Leave out cases in which fewer people act, and count them."""
    if least == 1 or not len(found.said):
        return found, []
    width = int(found.person.max()) + 1
    pairs = distinct(found.case.astype(np.int64) * width + found.person)
    kept = np.bincount(pairs // width, minlength=len(found.said)) >= least
    acts = kept[found.case]
    number = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    columns = (found.person[acts], found.time[acts], found.started[acts], found.activity[acts])
    loss = Loss("cases", "all", f"case with fewer than {least} people: left out, as asked", int((~kept).sum()), "cases")
    slim = Found(found.said[kept].reset_index(drop=True), number[found.case[acts]], *columns)
    return slim, [loss] if loss.count else []


def _acts(
    found: Found,
    person: npt.NDArray[np.int32],
    activities: npt.NDArray[np.int64],
    posts: Posts,
    losses: list[Loss],
) -> Acts:
    """Complete acts by the unit and role of the person at the time; number activities; count placeholders."""
    row = posts.rows_at(person, found.time)
    unit, role = (np.append(values, np.int32(-1))[row] for values in (posts.unit, posts.role))
    empty = np.append(posts.placeholder, False)[row]
    if empty.any():
        where = f"of {len(np.unique(person[empty]))} people"
        advice = "Name the unit, or leave the cell empty."
        reason = "unit is a placeholder: act kept, unit unknown"
        losses.append(Loss("cases", "all", reason, int(empty.sum()), "events", where, advice))
    number = np.full(int(activities.max(initial=-1)) + 2, -1, dtype=np.int32)
    number[activities] = np.arange(len(activities), dtype=np.int32)
    return Acts(found.case, person, found.time, found.started, number[found.activity], unit, role)


def may_be_open(acts: Acts, said: pd.DataFrame, *, end: int) -> BoolArray:
    """Tell which cases may not have ended where the data end.

    Parameters
    ----------
    acts : Acts
        By case, then time.
    said : pandas.DataFrame, one row per case
        With the columns how and space.
    end : int
        The last moment of the data, microseconds since 1970 UTC.

    Returns
    -------
    ndarray of bool, one per case
        A case may be open if its last act is nearer to the end of the data than the usual gap between two acts of a
        case (the 95 % quantile, over the cases of the same way and space), unless that act closes cases: in the cases
        that have certainly ended the activity occurs at least 3 times, and at least 8 times in 10 as the last one.
    """
    n = len(said)
    if not n:
        return np.zeros(0, dtype=bool)
    first = np.searchsorted(acts.case, np.arange(n))
    last = np.append(first, acts.n)[1:] - 1
    kind, kinds = pd.factorize(said["how"] + "\n" + said["space"].fillna(""))
    inside = acts.case[1:] == acts.case[:-1]
    gap = np.diff(acts.time)[inside]
    usual = _upper(gap, kind[acts.case[1:][inside]], len(kinds))
    near: BoolArray = end - acts.time[last] < usual[kind]
    ended = ~near
    known = acts.activity >= 0
    if known.any():
        width = int(acts.activity.max()) + 1
        key = kind[acts.case].astype(np.int64) * width + np.maximum(acts.activity, 0)
        counted = ended[acts.case] & known
        final = np.zeros(acts.n, dtype=bool)
        final[last] = True
        size = len(kinds) * width
        seen = np.bincount(key[counted], minlength=size)
        at_end = np.bincount(key[counted & final], minlength=size)
        closing = (seen >= _SEEN) & (at_end >= _CLOSING * seen)
        near &= ~(closing[key[last]] & known[last])
    return near


def _upper(values: npt.NDArray[np.int64], group: npt.NDArray[np.int64], n_groups: int) -> npt.NDArray[np.int64]:
    """Return the upper quantile of each group, the observed value at or above it; 0 for a group without values."""
    size = np.bincount(group, minlength=n_groups)
    heads = np.cumsum(size) - size
    some = size > 0
    place = (heads + np.maximum(np.ceil(_USUAL * size).astype(np.int64) - 1, 0))[some]
    result = np.zeros(n_groups, dtype=np.int64)
    width = int(values.max(initial=0)) + 1
    if values.min(initial=0) >= 0 and n_groups * float(width) < _MOST:
        # One sort of one number is many times faster than a sort by two.
        result[some] = np.sort(group * width + values)[place] % width
    else:
        result[some] = values[np.lexsort((values, group))][place]
    return result


def _equal_times(acts: Acts) -> list[Loss]:
    """Count where only the event id decides who handed on to whom."""
    passed = (acts.case[1:] == acts.case[:-1]) & (acts.person[1:] != acts.person[:-1])
    equal = passed & (acts.time[1:] == acts.time[:-1])
    if not equal.any():
        return []
    where = f"{equal.sum() / passed.sum():.1%} of {int(passed.sum())} times that work passed to somebody else"
    advice = "Export times with more digits, if the source has them."
    reason = "equal times in a case: the event id decides the order"
    return [Loss("cases", "all", reason, int(equal.sum()), "handoffs", where, advice)]


def _set_aside(inter: Interactions, actors: Actors) -> list[Loss]:
    """Count, per source, what can be no act of a person on a case; one scan."""
    rows = inter.rows
    timeless = rows.time.isnull()
    reasons = {
        "no time: in no case": timeless,
        "automated, as the source says: set aside": ~timeless & rows.automated,
    }
    left = ~timeless & ~rows.automated
    for accounts, reason in (
        (actors.nobody, "placeholder for a person: set aside"),
        (tuple(set(actors.named) - set(actors.nobody)), "machine, list or room by kind or name: set aside"),
        (actors.tireless, "machine by its habits (all hours of the week, far more than anybody): set aside"),
    ):
        if accounts:
            reasons[reason] = left & rows.sender.isin(accounts)
    idle = rows.medium.isin(medium_codes("meeting", "survey", "contact"))
    reasons["meeting, survey, contact or static relation: no act on a case"] = left & idle
    sums = {f"n{place}": which.ifelse(1, 0).sum().cast("int64") for place, which in enumerate(reasons.values())}
    table = rows.group_by("source").aggregate(**sums).order_by("source").to_pyarrow().to_pylist()
    advice = {"machine by": "If people share the account, give each one their own."}
    return [
        Loss(
            "cases",
            str(inter.words.source[line["source"]]),
            reason,
            int(line[f"n{place}"]),
            "rows",
            None,
            advice.get(reason[:10]),
        )
        for place, reason in enumerate(reasons)
        for line in table
        if line[f"n{place}"]
    ]
