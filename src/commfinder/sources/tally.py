"""Count what a reader skips or assumes, with the first place of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from commfinder.interactions.schema import Loss

__all__ = ["Tally"]


@dataclass
class Tally:
    """A count of each kind of loss in one reading.

    Parameters
    ----------
    source : str
        Name of the input.
    """

    source: str
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _notes: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)

    def add(
        self, reason: str, *, unit: str, where: str | None = None, advice: str | None = None, count: int = 1
    ) -> None:
        """Count something skipped or assumed; the first place and advice of each reason are kept.

        Parameters
        ----------
        reason : str
            Why, in a few words that name no person.
        unit : str
            Of what: rows, messages, files, members, recipients, headers.
        where : str, optional
            The place.
        advice : str, optional
            The next action.
        count : int, default 1
            How many.
        """
        if count <= 0:
            return
        key = (reason, unit)
        self._counts[key] = self._counts.get(key, 0) + count
        self._notes.setdefault(key, (where, advice))

    def losses(self) -> tuple[Loss, ...]:
        """Give the account, sorted by reason.

        Returns
        -------
        tuple of Loss
        """
        return tuple(
            Loss("read", self.source, reason, count, unit, *self._notes[reason, unit])
            for (reason, unit), count in sorted(self._counts.items())
        )
