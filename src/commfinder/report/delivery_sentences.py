"""Plain sentences on who delivers the work, and on what a change did; each number has passed the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commfinder.report.bands import Band
from commfinder.report.content import ReportFacts, require
from commfinder.report.delivery_words import NO_CASES, TYPES, duration
from commfinder.report.disclosed import Disclosed
from commfinder.report.wording import listed, plural

__all__ = ["delivery_sentences", "delivery_summary", "type_sentence", "waits_before"]

_MOST = 0.5


def delivery_summary(delivery: Disclosed | None, facts: ReportFacts | None = None) -> list[str]:
    """Say who delivers the work: the groups that pass it on, how long it takes and where it waits.

    Parameters
    ----------
    delivery : Disclosed or None
        What passed the gate; None means that this question was not asked.
    facts : ReportFacts, optional
        How many cases there are, and how long a working day is.

    Returns
    -------
    list of str
        One sentence where there are no cases; none where there are cases and no group that delivers them, as every
        organisation has cases.
    """
    require(delivery, "delivery")
    if delivery is None:
        return []
    facts = facts if facts is not None else ReportFacts()
    if facts.cases == 0:
        return [NO_CASES]
    deliver = [row for row in delivery.rows if row["type"] == "process"]
    hidden = [row for row in deliver if row["origin"] == "found"]
    known = [row for row in deliver if row["origin"] == "declared"]
    said = [_on_hidden(hidden, facts.working_day)] if hidden else []
    if known:
        one = len(known) == 1
        said.append(f"{plural(len(known), 'declared group')} {TYPES['process'].does[not one]} and {_need(one)}.")
    mixed = sum(row["type"] == "mixed" and row["origin"] == "found" for row in delivery.rows)
    if mixed and said:
        said.append(
            f"{plural(mixed, 'more group')} {'does' if mixed == 1 else 'do'} both: pass work on and share knowledge."
        )
    return said


def type_sentence(delivery: Disclosed) -> str:
    """Say of what type the declared groups are; empty where there are none.

    Parameters
    ----------
    delivery : Disclosed
        What passed the gate.

    Returns
    -------
    str
    """
    require(delivery, "delivery")
    rows = [row for row in delivery.rows if row["origin"] == "declared"]
    if not rows:
        return ""
    counts = {name: sum(row["type"] == name for row in rows) for name in TYPES}
    told = [f"{n:,} {TYPES[name].does[n != 1]}" for name, n in counts.items() if n and name != "abstain"]
    sentence = f"Of {plural(len(rows), 'declared group')}, {listed(told)}" if told else ""
    open_ones = counts["abstain"]
    if not open_ones:
        return f"{sentence}."
    if not told:
        return (
            f"Of what type the {plural(len(rows), 'declared group')} {'is' if len(rows) == 1 else 'are'} "
            "can not be told."
        )
    return f"{sentence}; of {open_ones:,} we cannot tell."


def delivery_sentences(row: Mapping[str, Any], k: int, *, working_day: float = 8.0) -> list[str]:
    """Say of one group how it delivers.

    Parameters
    ----------
    row : mapping
        A row of delivery groups that passed the gate.
    k : int
        The smallest number of people that is shown.
    working_day : float, default 8
        Business hours of a day.

    Returns
    -------
    list of str
    """
    if row["evidence"] == "few":
        return [f"Fewer than {k} people are concerned, so the numbers behind this type are not shown."]
    said = []
    if row["evidence"] == "alike":
        said.append(
            f"Its numbers are not shown: the group differs from another one by fewer than {k} people, about whom the "
            "two together would tell."
        )
    said += [sentence for sentence in (_on_time(row, working_day), _on_waits(row, working_day)) if sentence]
    if row["order"] is not None and row["type"] in ("process", "mixed"):
        said.append(f"Two members come in the order seen before in {_in_ten(row['order'])} new cases.")
    if row["informal_share"] is not None and row["type"] in ("process", "mixed"):
        said.append(f"{row['informal_share']:.0%} of its handoffs run outside reporting lines.")
    if row["gatekept"]:
        where = f"In {listed(row['gatekeepers'])}" if row["gatekeepers"] else "At some steps"
        said.append(f"{where}, most of what passes goes through very few people; they need a substitute.")
    said += [_on_worth(one) for one in row["worth"]]
    return said


def waits_before(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parts of the path before which most of the time passes; empty where no part has most of it.

    Parameters
    ----------
    row : mapping
        A row of delivery groups that passed the gate.

    Returns
    -------
    tuple of str
    """
    stages: Sequence[Mapping[str, Any]] = row["stages"]
    if len(stages) < 2:
        return ()
    longest = max(stages, key=lambda stage: stage["share"] or 0.0)
    before: tuple[str, ...] = longest["before"]
    return before if (longest["share"] or 0.0) >= _MOST else ()


def _on_hidden(rows: Sequence[Mapping[str, Any]], working_day: float) -> str:
    """Say how many groups that nobody declared deliver work, and how the largest does."""
    one = len(rows) == 1
    first = max(rows, key=lambda row: (row["cycle_median_hours"] is not None, row["size"].low))
    said = f"{plural(len(rows), 'group')} that nobody declared {TYPES['process'].does[not one]}"
    who = (
        "it has"
        if one
        else f"{first['group']}, the largest with its numbers shown, has"
        if first is not _largest(rows)
        else "the largest has"
    )
    said += f"; {who} {_size(first)}"
    hours = first["cycle_median_hours"]
    if hours is not None:
        said += f", and a case takes it a median of {duration(hours, working_day=working_day)}"
    before = waits_before(first)
    if not before or hours is None:
        return f"{said}."
    stage = _stage(first, before)
    return f"{said}, most of {'the waiting' if stage['waiting'] is not None else 'it'} before {listed(before)}."


def _largest(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the row of the largest group."""
    return max(rows, key=lambda row: row["size"].low)


def _need(one: bool) -> str:
    """Say what such groups need."""
    return f"{'needs' if one else 'need'} other support than a community does"


def _on_time(row: Mapping[str, Any], working_day: float) -> str:
    """Say how long a case takes."""
    hours, late = row["cycle_median_hours"], row["cycle_p85_hours"]
    if hours is None:
        return ""
    said = f"Half of its cases take {duration(hours, working_day=working_day)} or less"
    return f"{said}; 15 of 100 take longer than {duration(late, working_day=working_day)}." if late else f"{said}."


def _on_waits(row: Mapping[str, Any], working_day: float) -> str:
    """Say where most of the time passes."""
    before = waits_before(row)
    if not before:
        return ""
    stage = _stage(row, before)
    known = stage["waiting"] is not None
    hours, what = (stage["waiting"], "waiting") if known else (stage["hours"], "time between people")
    took = f": a median of {duration(hours, working_day=working_day)} for each handoff" if hours is not None else ""
    return f"Most of the {what} is before {listed(before)}{took}."


def _stage(row: Mapping[str, Any], before: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a stage by the parts of the path that it holds."""
    found: Mapping[str, Any] = next(one for one in row["stages"] if one["before"] == before)
    return found


def _on_worth(worth: Mapping[str, Any]) -> str:
    """Say what an hour saved at each handoff is worth."""
    what = "if it is somebody's work" if worth["what"] == "work saved" else "if cases end so much sooner"
    amount = f"{worth['low']:,.0f} to {worth['high']:,.0f} {worth['currency']}"
    return f"An hour saved at each handoff would be worth {amount} a year, {what}."


def _in_ten(share: float) -> str:
    """Say a share as so many of ten."""
    return f"about {round(10 * share)} of 10" if share < 0.95 else "nearly all"


def _size(row: Mapping[str, Any]) -> str:
    """Say how many people from how many units."""
    people = plural(row["size"].low, "person", "people")
    units: Band | None = row["units"]
    if units is None:
        return people
    least = "" if units.exact else "at least "
    return f"{people} from {least}{'one unit' if units.low == 1 else plural(units.low, 'unit')}"
