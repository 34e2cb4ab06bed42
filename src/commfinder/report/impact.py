"""What may be shown of a change and what it did: nothing of groups of few people, or of a handful of cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from commfinder import _validate
from commfinder.report import cells as cell

__all__ = ["FEW_CASES", "impact_rows"]

FEW_CASES = "On one side of the change there are too few cases to say anything of them."
"""What is said of an outcome with fewer than k cases before or after."""

_LEVELS = ("before", "before_low", "before_high", "after", "after_low", "after_high", "effect", "low", "high")
_TESTS = ("q", "p")
_COUNTS = ("weeks_before", "weeks_after", "cases_before", "cases_after")
_LONGEST = 600


def impact_rows(frame: pd.DataFrame, k: int, label: Callable[..., str]) -> tuple[list[dict[str, Any]], int]:
    """Let outcomes before and after a change pass the gate; see `Disclosure.release_impact`.

    Parameters
    ----------
    frame : pandas.DataFrame
        `Impact.to_frame()`.
    k : int
        The smallest number of cases on a side.
    label : callable
        Makes text fit to be shown.

    Returns
    -------
    rows : list of dict
        One per outcome, in their order.
    withheld : int
        Cells that were withheld.
    """
    frame = _validate.columns(frame, ["outcome", "method", "told"], what="The frame of an impact")
    rows, withheld = [], 0
    for cells in frame.to_dict("records"):
        counts = {name: _whole(cells.get(name)) for name in _COUNTS}
        few = any(0 < (counts[name] or 0) < k for name in ("cases_before", "cases_after"))
        row: dict[str, Any] = {"outcome": str(cells["outcome"]), "method": str(cells["method"])}
        row |= {name: None if few else cell.rounded(cells.get(name)) for name in (*_LEVELS, *_TESTS)}
        row["claimed"] = not few and bool(cells.get("claimed"))
        row |= {name: None if few and name.startswith("cases") else value for name, value in counts.items()}
        row["told"] = FEW_CASES if few else label(_text(cells), longest=_LONGEST)
        rows.append(row)
        withheld += sum(few and not cell.missing(cells.get(name)) for name in (*_LEVELS, *_TESTS))
    return rows, withheld


def _text(cells: Mapping[Any, Any]) -> str:
    """Return what is said of an outcome."""
    return cell.text(cells["told"]) or ""


def _whole(value: Any) -> int | None:
    """Return a count, or None where there is none."""
    return None if cell.missing(value) else cell.count(value)
