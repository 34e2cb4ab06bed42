"""Rows that have passed the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from typing import Any, Final

import pandas as pd

from commfinder.errors import PrivacyError

__all__ = ["SEAL", "Disclosed"]

SEAL: Final = object()
"""What only the gate puts on rows."""

_COUNTS: Final = frozenset({"size", "active", "core", "audience", "outsiders", "units", "in_main_unit", "count"})


@dataclass(frozen=True)
class Disclosed:
    """Rows that have passed the gate; only `Disclosure` can make them.

    Parameters
    ----------
    kind : str
        ``"verdicts"``, ``"communities"``, ``"undeclared"``, ``"delivery"``, ``"impact"`` or ``"losses"``.
    rows : tuple of mapping
        The rows. Numbers of people are a `Band`, or None where nothing may be said.
    k : int
        The threshold that was used.
    withheld : int
        How many cells were withheld or made coarser.
    unlisted : int, default 0
        How many rows are left out because they are about fewer than k people.
    """

    kind: str
    rows: tuple[Mapping[str, Any], ...]
    k: int
    withheld: int
    unlisted: int = 0
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise PrivacyError(
                "A frame can not be declared fit to be shown.",
                need="It has to pass the disclosure control.",
                hint="Use Disclosure(k=5).release_verdicts(frame), or its sibling for the other frames.",
            )

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame; each number of people becomes two columns, its ``_low`` and ``_high``."""
        return pd.DataFrame([_flat(row) for row in self.rows])


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its bands as two columns each."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in _COUNTS:
            flat[f"{name}_low"] = None if value is None else value.low
            flat[f"{name}_high"] = None if value is None else value.high
        else:
            flat[name] = value
    return flat
