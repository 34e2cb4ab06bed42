"""Invented people, units, groups and goals: no list of real names is used."""

from __future__ import annotations

import numpy as np

__all__ = ["FUNCTIONS", "GOALS", "SITES", "TOPICS", "people_names", "slug", "unit_names"]

_ONSETS = (
    "b",
    "br",
    "d",
    "dr",
    "f",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "t",
    "v",
    "z",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "eo")
_CODAS = ("", "", "", "l", "n", "r", "s", "th", "m")
_ACCENTS = str.maketrans({"a": "å", "e": "é", "o": "ö", "u": "ü", "i": "í"})

SITES = ("Harbour", "Hillside", "Riverbank", "Lakeside")
"""The sites, of which an organisation has the first few; each has its own time zone in the traffic."""

FUNCTIONS = (
    "Operations",
    "Finance",
    "Information Technology",
    "Communications",
    "Research",
    "Logistics",
    "Procurement",
    "Quality",
    "Customer Service",
    "Engineering",
    "Legal",
    "Human Resources",
    "Sales",
    "Maintenance",
    "Planning",
    "Product Design",
    "Safety",
    "Laboratory",
    "Facilities",
    "Training",
    "Audit",
    "Publications",
    "Field Service",
    "Data Services",
)
"""What units are called; with more units than functions a number is added."""

TOPICS = (
    "Data Quality",
    "Knowledge Sharing",
    "Packaging",
    "Forecasting",
    "Open Standards",
    "Energy Saving",
    "Onboarding",
    "Field Safety",
    "Test Automation",
    "Supplier Care",
    "Plain Language",
    "Mapping",
    "Archives",
    "Lean Methods",
    "Accessibility",
    "Statistics",
    "Prototyping",
    "Incident Review",
    "Translation",
    "Licensing",
    "Remote Work",
    "Documentation",
    "Metrology",
    "Cost Models",
    "Mentoring",
    "Spare Parts",
    "Photography",
    "Recycling",
    "Procurement Rules",
    "Negotiation",
)
"""What declared groups are about."""

GOALS = (
    "G1 shorten delivery time",
    "G2 fewer repeated faults",
    "G3 keep what leavers know",
    "G4 lower energy use",
    "G5 one way of working at all sites",
)
"""Goals that declared groups may serve."""


def slug(text: str) -> str:
    """Return a name fit for an address or a channel.

    Parameters
    ----------
    text : str
        For example ``"Data Quality Circle"``.

    Returns
    -------
    str
        For example ``"data-quality-circle"``.
    """
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def unit_names(count: int) -> list[str]:
    """Return `count` different names of units."""
    rounds = [f"{name}{'' if turn == 0 else f' {turn + 1}'}" for turn in range(count) for name in FUNCTIONS[:count]]
    return rounds[:count]


def people_names(rng: np.random.Generator, count: int) -> list[tuple[str, str]]:
    """Invent people: what they are called, and the local part of their address.

    Some letters carry accents in the name that the address does without, and one name holds an apostrophe
    that the address keeps: both are common and both break careless readers.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    count : int
        How many.

    Returns
    -------
    list of (str, str)
        Name and local part; local parts are different from one another.
    """
    accented = set(rng.choice(count, size=max(3, count // 50), replace=False).tolist())
    apostrophe = int(rng.integers(count))
    found: list[tuple[str, str]] = []
    taken: set[str] = set()
    while len(found) < count:
        first, last = _word(rng, 2), _word(rng, 2)
        prefix = "d'" if len(found) == apostrophe else ""
        local = f"{first}.{prefix}{last}"
        if local in taken:
            continue
        taken.add(local)
        shown = last.translate(_ACCENTS) if len(found) in accented else last
        surname = f"D'{shown.capitalize()}" if prefix else shown.capitalize()
        found.append((f"{first.capitalize()} {surname}", local))
    return found


def _word(rng: np.random.Generator, syllables: int) -> str:
    """Put a few syllables together."""
    parts = [
        _ONSETS[int(rng.integers(len(_ONSETS)))] + _VOWELS[int(rng.integers(len(_VOWELS)))] for _ in range(syllables)
    ]
    return "".join(parts) + _CODAS[int(rng.integers(len(_CODAS)))]
