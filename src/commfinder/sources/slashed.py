"""Dates such as 31/01/2026: a column tells by itself whether days or months come first, if some day is above twelve."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Slashed"]

_DATE = (
    r"^(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P<again>[/.-])\d{4}"
    r"(?P<gap>,? |T)?(?P<clock>\d{1,2}:\d{2})?(?P<seconds>:\d{2})?(?P<fraction>\.\d{1,6})?(?P<half> ?[AaPp][Mm])?$"
)
_MONTHS = 12


@dataclass
class Slashed:
    """What the dates of a column show, piece by piece; neither the order of rows nor the cuts between pieces matter."""

    _top: list[int] = field(default_factory=lambda: [0, 0])
    _ways: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def look(self, cells: pa.Array) -> None:
        """Take some cells into account.

        Parameters
        ----------
        cells : pyarrow.Array of strings
            Trimmed, without nulls.
        """
        parts = pc.drop_null(pc.extract_regex(cells, _DATE))
        if not len(parts):
            return

        def part(name: str) -> pa.Array:
            return pc.struct_field(parts, name)

        for place, name in enumerate(("first", "second")):
            self._top[place] = max(self._top[place], int(np.max(pc.cast(part(name), pa.int64()))))
        shown = [part("mark"), part("again"), part("gap")]
        for name, code in (("clock", ":"), ("seconds", ":"), ("fraction", "."), ("half", "")):
            seen = pc.not_equal(part(name), "")
            blank = pc.if_else(pc.starts_with(part(name), " "), " +", "+") if name == "half" else f"{code}+"
            shown.append(pc.if_else(seen, blank, ""))
        ways = pc.value_counts(pc.binary_join_element_wise(*shown, "\n"))
        for way in ways.to_pylist():
            self._ways[tuple(way["values"].split("\n"))] += way["counts"]

    def time_format(self, present: int) -> str | None:
        """Return the format that the column is written in, of `datetime.strptime`.

        Parameters
        ----------
        present : int
            How many cells say something.

        Returns
        -------
        str or None
            None unless more than half of the cells are dates written in one way, and it is sure what comes first: one
            of the two numbers is above twelve somewhere, and the other nowhere.
        """
        if not self._ways:
            return None
        way, count = max(self._ways.items(), key=lambda one: (one[1], one[0]))
        day_first, month_first = (top > _MONTHS for top in self._top)
        mark, again, gap, clock, seconds, fraction, half = way
        if count * 2 <= present or day_first == month_first or mark != again or bool(gap) != bool(clock):
            return None
        date = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
        if not clock:
            return date if not (seconds or fraction or half) else None
        hour = "%I:%M" if half else "%H:%M"
        tail = f"{':%S' if seconds else ''}{'.%f' if fraction else ''}{half.replace('+', '%p')}"
        return f"{date}{gap}{hour}{tail}"

    @property
    def told(self) -> str:
        """What was concluded, in words."""
        first = "the day" if self._top[0] > _MONTHS else "the month"
        return f"dates have {first} first, as numbers above twelve show"
