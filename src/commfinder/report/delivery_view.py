"""Lay out the groups that deliver work for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commfinder.report.content import ReportContent
from commfinder.report.delivery_sentences import delivery_sentences, type_sentence, waits_before
from commfinder.report.delivery_words import NO_CASES, NO_GROUPS, TYPES, duration
from commfinder.report.sentences import band_words
from commfinder.report.wording import plural

__all__ = ["delivery_view"]

_CARDS = ("process", "mixed")
_SILENT = ("abstain", "formal-only")
_LISTED = {"declared": "declared", "found": "nobody declared it", "community": "found community"}


def delivery_view(content: ReportContent) -> dict[str, Any] | None:
    """Lay out the section on who delivers the work; None where that was not asked.

    Parameters
    ----------
    content : ReportContent
        What the report shows.

    Returns
    -------
    dict or None
        sentence (that there is nothing to show, or None), cases, types (with their groups, as cards or listed), silent
        (found groups that are left out), of_types, unlisted.
    """
    piece, facts = content.delivery, content.facts
    if piece is None:
        return None
    laid = [_group(row, piece.k, facts.working_day) for row in piece.rows]
    # Of what was found and is nothing of its own there may be much; what is declared is always answered.
    spoken = [one for one in laid if one["origin"] == "declared" or one["type"] not in _SILENT]
    types = [_type(name, here) for name in TYPES if (here := [one for one in spoken if one["type"] == name])]
    none = not any(part["cards"] for part in types) and not piece.unlisted
    return {
        "sentence": NO_CASES if facts.cases == 0 else NO_GROUPS if none else None,
        "cases": "the cases in the records" if facts.cases is None else plural(facts.cases, "case"),
        "types": types,
        "silent": len(laid) - len(spoken),
        "of_types": type_sentence(piece),
        "unlisted": piece.unlisted,
    }


def _type(name: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Lay out the groups of one type: those that deliver as cards, the others as a list."""
    cards = [one for one in groups if name in _CARDS and one["origin"] != "community"]
    listed = [one for one in groups if one not in cards]
    return {"type": name, "words": TYPES[name], "cards": cards, "listed": listed, "count": len(groups)}


def _group(row: Mapping[str, Any], k: int, working_day: float) -> dict[str, Any]:
    """Lay out one group."""
    units = row["units"]
    return {
        **row,
        "words": TYPES[row["type"]],
        "listed": _LISTED[row["origin"]],
        "sentences": delivery_sentences(row, k, working_day=working_day),
        "spans": "" if units is None else band_words(units, k) if units.exact else f"at least {units.low:,}",
        "waits": _waits(row, working_day),
        "numbers": _numbers(row, working_day),
    }


def _waits(row: Mapping[str, Any], working_day: float) -> list[dict[str, Any]]:
    """Lay out where the time between people passes, as parts of a bar."""
    longest = waits_before(row)
    stages = [stage for stage in row["stages"] if stage["hours"] is not None and stage["share"] is not None]
    whole = sum(stage["share"] for stage in stages)
    if len(stages) < 2 or not whole:
        return []
    return [
        {
            "before": ", ".join(stage["before"]),
            "width": round(100 * stage["share"] / whole, 2),
            "words": duration(stage["hours"], working_day=working_day),
            "longest": stage["before"] == longest,
        }
        for stage in stages
    ]


def _numbers(row: Mapping[str, Any], working_day: float) -> list[tuple[str, str]]:
    """Return the numbers of one group as pairs of name and value."""
    said: list[tuple[str, str]] = []
    for name, words in (("cycle_median_hours", "Median time of a case"), ("cycle_p85_hours", "85 of 100 cases within")):
        if row[name] is not None:
            said.append((words, duration(row[name], working_day=working_day)))
    if row["order"] is not None:
        said.append(("Order kept in new cases", f"{row['order']:.0%}"))
    if row["order_p"] is not None:
        said.append(("Chance of such an order if there were none", f"{row['order_p']:g}"))
    if row["informal_share"] is not None:
        said.append(("Handoffs outside reporting lines", f"{row['informal_share']:.0%}"))
    if row["cadence_days"] is not None:
        said.append(("A new case every", f"{row['cadence_days']:g} days"))
    if row["windows"] is not None:
        said.append(("Windows of four weeks with cases", f"{row['windows']:,}"))
    return said
