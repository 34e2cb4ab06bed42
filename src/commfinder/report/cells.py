"""Reading single cells of the frames that come to the gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.report.bands import Band, units_band

__all__ = ["Standings", "count", "missing", "number", "people", "probability", "rounded", "standings", "text", "units"]

Standings = Mapping[str, Mapping[str, int]]
"""How many members of each group have each standing."""


def missing(value: Any) -> bool:
    """Say whether a cell holds nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float) and math.isnan(value)


def number(value: Any) -> float | None:
    """Return a cell as a finite number, or None."""
    if missing(value):
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def count(value: Any) -> int:
    """Return a cell as a number of things; a number that is missing can not be judged, and is refused."""
    found = number(value)
    if found is None or found < 0:
        raise InputError(f"A count is {value!r}.", need="A whole number of at least 0 is needed.")
    return round(found)


def rounded(value: Any) -> float | None:
    """Return a cell with two significant digits: more are not known, and could serve as a fingerprint."""
    found = number(value)
    return None if found is None else float(f"{found:.2g}")


def probability(value: Any) -> float | None:
    """Return a probability in whole per cent, rounded down and never 0 or 1: more is not known of it."""
    found = number(value)
    # What is a hundredth but for the last bit counts as one.
    return None if found is None else min(max(math.floor(100 * found + 1e-9), 1), 99) / 100


def text(value: Any) -> str | None:
    """Return a cell as text, or None."""
    if missing(value):
        return None
    return str(value).strip() or None


def units(cells: Mapping[Any, Any], size: int) -> Band | None:
    """Band the number of units of a community; None where units are not known."""
    found = number(cells.get("units"))
    return None if not found else units_band(min(size, round(found)), size)


def standings(members: pd.DataFrame | None) -> Standings:
    """Count the members of each group by standing."""
    if members is None:
        return {}
    frame = _validate.columns(members, ["group", "person", "standing"], what="The frame of members")
    counts: dict[str, dict[str, int]] = {}
    for group, standing in zip(frame["group"].astype(str), frame["standing"].astype(str), strict=True):
        of_group = counts.setdefault(group, {})
        of_group[standing] = of_group.get(standing, 0) + 1
    return counts


def people(cells: Mapping[str, Any], standing: Mapping[str, int] | None) -> tuple[int, int, int | None, int | None]:
    """Return the size of a group, its active members, its core and its audience.

    They are made to agree: active members are among all, and core and audience are apart among the active.
    """
    size = count(cells["size"])
    active = min(size, count(cells["active"]))
    if standing is not None:
        here = {name: standing.get(name, 0) for name in ("core", "active", "audience", "absent")}
        size = max(size, sum(here.values()))
        return size, sum(here.values()) - here["absent"], here["core"], here["audience"]
    shares = number(cells.get("core_share")), number(cells.get("audience_share"))
    core = None if shares[0] is None else min(active, round(shares[0] * active))
    audience = None if shares[1] is None else min(active - (core or 0), round(shares[1] * active))
    return size, active, core, audience
