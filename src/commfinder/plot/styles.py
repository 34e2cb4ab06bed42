"""What stands for each verdict (a colour, a marker, and whether the mark is filled) and for each type of group."""

from __future__ import annotations

from dataclasses import dataclass

from commfinder.declared import VERDICTS

__all__ = ["STYLES", "TYPES", "Style", "TypeStyle", "by_type", "by_verdict"]


@dataclass(frozen=True)
class Style:
    """How a verdict is drawn.

    Parameters
    ----------
    colour : str
        Colour, as ``#RRGGBB``.
    marker : str
        Matplotlib's marker; no two verdicts have the same.
    filled : bool
        Whether the mark is filled; those of not knowing are hollow.
    """

    colour: str
    marker: str
    filled: bool = True


# Colours that people with each kind of colour blindness tell apart, from Paul Tol's scheme "muted": what lives is green
# and blue, what comes and goes yellow, what does not live red and purple, and not knowing grey.
STYLES = {
    "real": Style("#117733", "o"),
    "broker-dependent": Style("#44AA99", "D"),
    "core-only": Style("#88CCEE", "s"),
    "split": Style("#332288", "X"),
    "dormant": Style("#DDCC77", "v"),
    "emerging": Style("#999933", "^"),
    "formal-only": Style("#AA4499", "P"),
    "paper": Style("#CC6677", "p"),
    "insufficient": Style("#BBBBBB", "h", filled=False),
    "uncertain": Style("#404040", "d", filled=False),
}
"""How each verdict is drawn, in the order of `commfinder.declared.VERDICTS`."""


def by_verdict(verdict: str) -> int:
    """Return the place of a verdict in the order of pictures: the liveliest first, what is not known last.

    Examples
    --------
    >>> sorted(["paper", "real", "uncertain"], key=by_verdict)
    ['real', 'paper', 'uncertain']
    """
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS)


@dataclass(frozen=True)
class TypeStyle:
    """How a type of group is drawn.

    Parameters
    ----------
    label : str
        What it is called.
    colour : str
        Colour, as ``#RRGGBB``.
    """

    label: str
    colour: str


TYPES = {
    "process": TypeStyle("process", "#332288"),
    "mixed": TypeStyle("mixed", "#88CCEE"),
    "knowledge": TypeStyle("knowledge", "#117733"),
    "social": TypeStyle("social", "#DDCC77"),
    "formal-only": TypeStyle("formal only", "#AA4499"),
    "abstain": TypeStyle("can not tell", "#BBBBBB"),
}
"""How each type of group is drawn, in the order of pictures."""


def by_type(kind: str) -> int:
    """Return the place of a type in the order of pictures: what delivers first, what is not known last.

    Examples
    --------
    >>> sorted(["abstain", "knowledge", "process"], key=by_type)
    ['process', 'knowledge', 'abstain']
    """
    return list(TYPES).index(kind) if kind in TYPES else len(TYPES)
