"""What stands for each verdict: a colour, a marker, and whether the mark is filled."""

from __future__ import annotations

from dataclasses import dataclass

from commfinder.declared import VERDICTS

__all__ = ["STYLES", "Style", "by_verdict"]


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
