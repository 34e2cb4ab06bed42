"""The words for each verdict and for each degree of confidence, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "GLOSSARY",
    "KINDS_OF_UNIT",
    "LIKELY",
    "NO_COMMUNITIES",
    "VERDICTS",
    "Likely",
    "VerdictWords",
    "likely",
    "listed",
    "plural",
]


class VerdictWords(NamedTuple):
    """What a manager reads for one value of the verdict."""

    name: str
    tone: str
    mark: str
    meaning: str
    helps: str


VERDICTS: dict[str, VerdictWords] = {
    "real": VerdictWords(
        "Real and alive",
        "good",
        "●",
        "Members are in contact with one another clearly more than their place in the organisation and their general "
        "activity would explain. Most active members take part, and it has lasted.",
        "Nothing needs mending. Keep its time, its meeting place and its sponsor.",
    ),
    "broker-dependent": VerdictWords(
        "Real, carried by very few",
        "fair",
        "◐",
        "A real community, but its contact runs through very few people; without them it would fall apart.",
        "Spread the coordinating role and bring members into direct contact with one another.",
    ),
    "core-only": VerdictWords(
        "Real only at its core",
        "fair",
        "◉",
        "A smaller core works together; the other members take little part or none.",
        "Support the core, and ask the others whether they still wish to belong.",
    ),
    "split": VerdictWords(
        "More than one community",
        "fair",
        "◫",
        "The group holds parts that are each a community of their own and hardly meet.",
        "Decide whether one group is wanted. If so, give the parts a shared task; if not, let them be separate.",
    ),
    "emerging": VerdictWords(
        "Emerging",
        "fair",
        "◔",
        "A community showed only towards the end of the period.",
        "Give it early support, and look again next quarter before judging it.",
    ),
    "dormant": VerdictWords(
        "Gone quiet",
        "poor",
        "◌",
        "A community showed early in the period, but no longer at its end.",
        "Ask members whether its purpose is fulfilled. Revive it with a concrete task, or close it with thanks.",
    ),
    "formal-only": VerdictWords(
        "Formal contact only",
        "poor",
        "▭",
        "Members are in contact, but no more than their units, sites and managers bring about anyway.",
        "Do not count it as a community. If one is wanted, it needs a purpose of its own beyond the formal structure.",
    ),
    "paper": VerdictWords(
        "On paper only",
        "poor",
        "○",
        "Members are in no more contact with one another than other colleagues in like positions, although there was "
        "enough data for a community to show.",
        "Decide whether it is still wanted: start it anew with a sponsor and a task, or take it off the list.",
    ),
    "uncertain": VerdictWords(
        "Cannot tell: evidence unclear",
        "open",
        "?",
        "The evidence points neither way clearly enough.",
        "Ask the members, or look again with a longer period or further sources.",
    ),
    "insufficient": VerdictWords(
        "Cannot tell: too little data",
        "open",
        "–",
        "Too few members were active, or too little was recorded, for a community to show even if there is one.",
        "Add the sources this group uses, take a longer period, or ask the members.",
    ),
}
"""In the order in which a report shows them."""


class Likely(NamedTuple):
    """How sure one may be of something: from which probability on, its name, its band in per cent, its tone."""

    least: float
    name: str
    band: str
    tone: str


LIKELY: tuple[Likely, ...] = (
    Likely(0.9, "very likely", "90% or more", "good"),
    Likely(0.5, "likely", "50 to 90%", "fair"),
    Likely(0.0, "doubtful", "below 50%", "open"),
)
"""From the surest down. These are the only thresholds in words that a report has for a probability."""

NO_COMMUNITIES = "No communities: in a network of the same activity in which chance alone is at work, one sees as much."
"""What is said of a network without communities."""

KINDS_OF_UNIT: dict[str, tuple[str, str]] = {
    "rows": ("row", "rows"),
    "messages": ("message", "messages"),
    "files": ("file", "files"),
    "members": ("member", "members"),
    "accounts": ("account", "accounts"),
    "people": ("person", "people"),
    "events": ("event", "events"),
    "interactions": ("interaction", "interactions"),
}

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Declared group", "a community, team or channel that the organisation lists, with its members."),
    ("Tie", "a lasting contact between two people in the records that were read; one single message is none."),
    (
        "Times expected",
        "the ties among members, divided by the ties that people in the same units and sites, just as active in "
        "general, would have with one another. 1 means: nothing beyond that.",
    ),
    (
        "Range",
        "the values that agree with the data (a 95% confidence interval). A range that reaches 1 or less does not "
        "show a community.",
    ),
    ("Active", "members with a tie to anybody in the period, in this group or elsewhere."),
    ("Core", "active members who have more ties inside the group than their activity would explain."),
    (
        "Audience",
        "active members with no more ties inside the group than expected. Many may read and listen, which is a way to "
        "take part, not absence.",
    ),
    (
        "Power",
        "the chance that a community of ordinary strength would have been seen in this group, had there been one. "
        "Only with high power does 'nothing found' mean 'nothing there'.",
    ),
    (
        "False-alarm rate (q)",
        "the share of wrong calls to be expected among all groups whose evidence is at least as strong.",
    ),
    (
        "Confidence",
        "how likely it is that a real community stands behind what was found, with at least half of all people of "
        "both in common. " + "; ".join(f"{one.name}: {one.band}" for one in LIKELY) + ".",
    ),
    (
        "Stability",
        "how far the same community comes out when the data are drawn again; 100% means always. A stable community "
        "can still be wrong, so read the confidence where it is known.",
    ),
)


def likely(probability: float | None) -> Likely | None:
    """Say in words how sure one may be.

    Parameters
    ----------
    probability : float or None
        From 0 to 1; None where it is not known.

    Returns
    -------
    Likely or None

    Examples
    --------
    >>> likely(0.93).name, likely(0.5).band, likely(0.49).name
    ('very likely', '50 to 90%', 'doubtful')
    """
    if probability is None:
        return None
    return next(one for one in LIKELY if probability >= one.least)


def plural(count: int, one: str, many: str = "") -> str:
    """Return the number with its noun.

    Parameters
    ----------
    count : int
        How many.
    one : str
        The noun in the singular.
    many : str, optional
        The plural; the singular with an s by default.

    Returns
    -------
    str

    Examples
    --------
    >>> plural(1, "person", "people"), plural(1200, "tie")
    ('1 person', '1,200 ties')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(items: Iterable[str]) -> str:
    """Join items the way a sentence does.

    Parameters
    ----------
    items : iterable of str
        What is listed.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed([])
    ('a', 'a, b and c', '')
    """
    every = list(items)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else ""
