"""What a report is made of: pieces that have passed the gate, and plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commfinder.errors import InputError, PrivacyError
from commfinder.report.disclosed import Disclosed

__all__ = ["ReportContent", "ReportFacts"]

_PIECES = ("verdicts", "communities", "undeclared", "delivery", "losses")


@dataclass(frozen=True)
class ReportFacts:
    """How much a report rests on.

    Parameters
    ----------
    people : int, optional
        People in the graph.
    interactions_read, interactions_used : int, optional
        Interactions that were read, and those left after cleaning.
    ties : int, optional
        Ties between people.
    media, sources : tuple of str, default ()
        Media and inputs.
    units_known : bool, default True
        Whether a directory told the units of people. Without, contact that follows from formal structure can not be
        told apart, and the report says so.
    clustered : bool, optional
        Whether the network has communities at all; None where that was not asked.
    p_chance : float, optional
        How likely a network of the same activity in which chance alone is at work looks as clustered.
    cases : int, optional
        Cases in which work is passed on; None where they were not looked for.
    working_day : float, default 8
        Business hours of a day; 24 where every hour counts.
    """

    people: int | None = None
    interactions_read: int | None = None
    interactions_used: int | None = None
    ties: int | None = None
    media: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    units_known: bool = True
    clustered: bool | None = None
    p_chance: float | None = None
    cases: int | None = None
    working_day: float = 8.0


@dataclass(frozen=True)
class ReportContent:
    """Everything a report shows.

    Parameters
    ----------
    title : str
        The title.
    period : str
        Name of the period, for example ``"2026Q3 (1 July to 30 September 2026)"``.
    facts : ReportFacts
        How much it rests on.
    verdicts, communities, undeclared, delivery, losses : Disclosed, optional
        What passed the gate. ``verdicts=None`` means that no groups were declared, which is not the same as none being
        real.
    settings : mapping of str to object
        Seed, rule for ties, windows, permutations and so on, in the order in which they are shown.
    versions, inputs : mapping of str to str
        Versions of the software, and SHA-256 digests of the inputs by name.
    key_id : str, optional
        The id of the key that made the pseudonyms.
    limits : tuple of str
        Sentences on what this study can not tell.

    Raises
    ------
    PrivacyError
        If a piece has not passed the gate, or the pieces passed it with different k.
    """

    title: str
    period: str
    facts: ReportFacts = field(default_factory=ReportFacts)
    verdicts: Disclosed | None = None
    communities: Disclosed | None = None
    undeclared: Disclosed | None = None
    delivery: Disclosed | None = None
    losses: Disclosed | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    key_id: str | None = None
    limits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _PIECES:
            require(getattr(self, name), name)
        if len({piece.k for piece in self.pieces}) > 1:
            raise PrivacyError(
                "The pieces of the report passed the disclosure control with different k.",
                hint="Release them all through one Disclosure.",
            )

    @property
    def pieces(self) -> tuple[Disclosed, ...]:
        """The pieces that are there."""
        found = (getattr(self, name) for name in _PIECES)
        return tuple(piece for piece in found if piece is not None)

    @property
    def k(self) -> int:
        """The smallest number of people that is shown."""
        return self.pieces[0].k if self.pieces else 5


def require(piece: Any, kind: str) -> None:
    """Refuse what has not passed the gate, or is another piece than is needed.

    Parameters
    ----------
    piece : Disclosed or None
        What was given.
    kind : str
        What is needed.

    Raises
    ------
    PrivacyError
        If it is no `Disclosed`.
    InputError
        If it is another kind.
    """
    if piece is None:
        return
    if not isinstance(piece, Disclosed):
        raise PrivacyError(
            f"{kind} is a {type(piece).__name__} that has not passed the disclosure control.",
            hint=f"Use Disclosure(k=5).release_{kind}(frame).",
        )
    if piece.kind != kind:
        raise InputError(f"{kind} holds {piece.kind}.", hint=f"Use Disclosure(k=5).release_{kind}(frame).")
