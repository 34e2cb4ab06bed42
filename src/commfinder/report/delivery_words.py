"""The words for each type of group and for what a change did, and what they mean."""

from __future__ import annotations

from typing import NamedTuple

from commfinder.delivery import SUPPORT

__all__ = ["ELSEWHERE", "GLOSSARY", "NO_CASES", "NO_GROUPS", "TYPES", "TypeWords", "duration"]

ELSEWHERE = "a step of few people"
"""What stands on a path where fewer people do it than may be shown."""

NO_CASES = (
    "Who delivers the work could not be asked: these records hold no cases, that is, no tickets, workflows or threads "
    "in which work is passed on."
)
"""What is said of a study without cases."""

NO_GROUPS = "No group was found that passes work on in the same way again and again."
"""What is said where there are cases, but nobody who delivers them as a group."""


class TypeWords(NamedTuple):
    """What a manager reads for one type of group."""

    name: str
    mark: str
    does: tuple[str, str]
    meaning: str
    helps: str


TYPES: dict[str, TypeWords] = {
    "process": TypeWords(
        "Delivers a process",
        "→",
        ("passes work on to get a process delivered", "pass work on to get a process delivered"),
        "People pass work on to one another in much the same order again and again, mostly across units. They need not "
        "be a community, and should not be treated as one.",
        SUPPORT["process"],
    ),
    "mixed": TypeWords(
        "Mixed",
        "◐",
        ("delivers and shares", "deliver and share"),
        "A part of what it does is delivering a process, a part is sharing knowledge.",
        SUPPORT["mixed"],
    ),
    "knowledge": TypeWords(
        "Shares knowledge",
        "◎",
        ("shares knowledge", "share knowledge"),
        "People ask and answer; who comes in when follows no fixed order.",
        SUPPORT["knowledge"],
    ),
    "social": TypeWords(
        "Social",
        "◇",
        ("is social", "are social"),
        "People are in contact for the sake of it, without cases that are worked on together.",
        SUPPORT["social"],
    ),
    "formal-only": TypeWords(
        "Formal contact only",
        "▭",
        ("shows formal contact only", "show formal contact only"),
        "What passes between its people is what units and reporting lines bring about anyway.",
        SUPPORT["formal-only"],
    ),
    "abstain": TypeWords(
        "Cannot tell",
        "?",
        ("can not be told", "can not be told"),
        "The records show too little, or point in several directions.",
        SUPPORT["abstain"],
    ),
}
"""In the order in which a report shows them."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Case", "one piece of work from its first act to its last, such as a ticket, an order, a page or a thread."),
    ("Handoff", "the work on a case passes from one person to another."),
    (
        "Working day, hour",
        "time within business hours; nights, weekends and holidays do not count.",
    ),
    (
        "Path",
        "the units or roles in the order in which they usually come in. What few people do has no name here.",
    ),
    (
        "Order kept",
        "in how many of 100 new cases two members come in the order seen before; 50 is no order at all. Whoever opens "
        "a case is left out.",
    ),
    (
        "Outside reporting lines",
        "the share of handoffs that pass neither within a unit nor between somebody and their manager or a peer under "
        "the same one. Where managers are not known, it is the share of those between units.",
    ),
)


def duration(hours: float, *, working_day: float = 8.0) -> str:
    """Write hours of work as a manager would.

    Parameters
    ----------
    hours : float
        Business hours, at least 0.
    working_day : float, default 8
        Business hours of one day; 24 where every hour counts.

    Returns
    -------
    str

    Examples
    --------
    >>> duration(0.5), duration(1.0), duration(5.25), duration(25.6), duration(0.001)
    ('30 minutes', '1 working hour', '5.2 working hours', '3.2 working days', 'less than a minute')
    """
    kind = "" if working_day >= 24 else "working "
    minutes = round(60 * hours)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    if hours < working_day:
        return _counted(hours, f"{kind}hour")
    return _counted(hours / working_day, f"{kind}day")


def _counted(value: float, noun: str) -> str:
    """Write a number with two digits and its noun."""
    text = f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
    return f"{text} {noun}{'' if text == '1' else 's'}"
