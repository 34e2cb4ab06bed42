"""What may be shown of groups that deliver a process: their path, where it waits, and nothing of single people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.report import cells as cell
from commfinder.report.bands import Band, number_band
from commfinder.report.delivery_words import ELSEWHERE, TYPES
from commfinder.report.differencing import too_alike

__all__ = ["Part", "Places", "delivery_rows", "path_of", "stages_of"]

# One taker with this share of the handoffs stands behind their times alone.
_DOMINANT = 0.75
_P85_ABOVE = 0.15
_SHARES = ("order", "informal_share")
_RATIOS = ("order_p", "cadence_days")
_HOURS = ("cycle_median_hours", "cycle_p85_hours")
_NUMBERS = (*_SHARES, *_RATIOS, *_HOURS)
_ORIGINS = {"declared": "declared", "community": "community"}

Label = Callable[[Any], str]


class Part(NamedTuple):
    """A part of a path as it may be shown, and the steps that it stands for."""

    name: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Places:
    """Roles and units, and how many people of the whole organisation hold each.

    Parameters
    ----------
    people : mapping of str to int
        How many people hold a role or are in a unit.
    unit : mapping of str to str
        The unit that a role belongs to.
    rare : bool, default False
        Whether also roles that fewer than k people hold may be named.
    """

    people: Mapping[str, int]
    unit: Mapping[str, str]
    rare: bool = False

    @classmethod
    def of(cls, frame: pd.DataFrame | None, *, rare: bool = False) -> Places:
        """Read them from a frame of place, people and perhaps unit."""
        if frame is None:
            return cls({}, {}, rare)
        _validate.columns(frame, ["place", "people"], what="The frame of roles and units")
        names = frame["place"].astype(str).tolist()
        units = frame["unit"].tolist() if "unit" in frame else [None] * len(names)
        unit = {name: text for name, one in zip(names, units, strict=True) if (text := cell.text(one)) is not None}
        return cls(dict(zip(names, (cell.count(one) for one in frame["people"]), strict=True)), unit, rare)

    def shown(self, name: str, k: int) -> str | None:
        """Return the role, the unit of a rare role, or None where that is rare too."""
        if self.rare or self.people.get(name, 0) >= k:
            return name
        unit = self.unit.get(name)
        return unit if unit is not None and self.people.get(unit, 0) >= k else None


def delivery_rows(
    frame: pd.DataFrame,
    *,
    members: pd.DataFrame | None,
    handoffs: pd.DataFrame | None,
    gatekeepers: pd.DataFrame | None,
    worth: pd.DataFrame | None,
    places: Places,
    k: int,
    label: Label,
) -> tuple[list[dict[str, Any]], int, int]:
    """Let groups of people who pass work on pass the gate; see `Disclosure.release_delivery`.

    Parameters
    ----------
    frame, members, handoffs, gatekeepers, worth : pandas.DataFrame
        As `Disclosure.release_delivery` takes them.
    places : Places
        Roles and units.
    k : int
        The smallest number of people that may be shown.
    label : callable
        Makes a label fit to be shown.

    Returns
    -------
    rows : list of dict
        The rows, in the order of the report.
    withheld, unlisted : int
        Cells withheld or made coarser, and groups of fewer than k people that are only counted.
    """
    alike = _alike(frame, members, k)
    by_group = _by_group(handoffs)
    guarded = _by_group(gatekeepers)
    valued = _by_group(worth)
    rows: list[dict[str, Any]] = []
    withheld, unlisted = 0, 0
    for cells in frame.to_dict("records"):
        name, size = str(cells["group"]), cell.count(cells["size"])
        origin = _ORIGINS.get(cell.text(cells.get("origin")) or "", "found")
        if size < k and origin != "declared":
            unlisted += 1
            continue
        # A found community has its numbers elsewhere in the report; here only its type is of interest.
        evidence = "few" if size < k else "type" if origin == "community" else "alike" if name in alike else "shown"
        row = _head(cells, size, k, label, origin=origin, evidence=evidence)
        row |= _numbers(cells, evidence, size, k)
        told = evidence in ("shown", "alike")
        path, coarser = path_of(cells.get("path"), places, k) if told else ((), 0)
        row["path"] = tuple(label(part.name) for part in path)
        taken = by_group.get(name) if evidence == "shown" else None
        stages = stages_of(taken, path, k) if taken is not None else ()
        row["stages"] = tuple({**stage, "before": tuple(map(label, stage["before"]))} for stage in stages)
        row["gatekeepers"] = tuple(map(label, _gates(guarded.get(name), path))) if told else ()
        row["worth"] = _worth(valued.get(name)) if evidence == "shown" else ()
        guards = (cells.get(one) for one in ("gatekeepers", "single_points"))
        row["gatekept"] = told and not all(map(cell.missing, guards))
        rows.append(row)
        withheld += coarser + (row["units"] is not None and not row["units"].exact) + (not row["size"].exact)
        if evidence != "type":
            withheld += sum(row[one] is None and not cell.missing(cells.get(one)) for one in _NUMBERS)
        withheld += max(len(path) - 1 - len(stages), 0) if taken is not None else 0
    order = {kind: at for at, kind in enumerate(TYPES)}
    rows.sort(key=lambda row: (order[row["type"]], -row["size"].low, len(row["group"]), row["group"]))
    return rows, int(withheld), unlisted


def path_of(path: Any, places: Places, k: int) -> tuple[tuple[Part, ...], int]:
    """Return the path of a group such that no part of it is fewer than k people of the organisation.

    Parameters
    ----------
    path : sequence of str, or str with arrows
        Roles, units or activities in their usual order.
    places : Places
        How many people each is.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    path : tuple of Part
        Rare roles are their units, rare units are "a step of few people"; neighbours of the same name are one part.
    coarser : int
        How many parts were made coarser.

    Examples
    --------
    >>> places = Places({"Sales": 40, "IT lead": 1, "IT": 12, "Board": 2}, {"IT lead": "IT"})
    >>> parts, coarser = path_of("Sales > IT lead > IT > Board", places, 5)
    >>> [part.name for part in parts], parts[1].steps, coarser
    (['Sales', 'IT', 'a step of few people'], ('IT lead', 'IT'), 2)
    """
    steps = _steps(path)
    shown = [(places.shown(step, k), step) for step in steps]
    parts = [
        Part(ELSEWHERE if name is None else name, tuple(step for _, step in same))
        for name, same in groupby(shown, key=itemgetter(0))
    ]
    return tuple(parts), sum(name != step for name, step in shown)


def stages_of(handoffs: pd.DataFrame, path: tuple[Part, ...], k: int) -> tuple[dict[str, Any], ...]:
    """Return how long work waits before the parts of a path; neighbours are put together until they are k people.

    Parameters
    ----------
    handoffs : pandas.DataFrame
        The handoffs of one group: taker, role (of the taker), elapsed and perhaps waiting, in hours.
    path : tuple of Part
        What `path_of` returned.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    tuple of dict
        before (names), hours (median of the time from the last act of the one to the first of the other, two digits),
        waiting (median of what of it nobody worked, None where that is not known), share (of all hours, in tenths).
        Empty where fewer than k people take over, or one of them does nearly all.
    """
    frame = _validate.columns(handoffs, ["taker", "role", "elapsed"], what="The frame of handoffs")
    place = {step: at for at, part in reversed(list(enumerate(path))) for step in part.steps}
    codes, roles = pd.factorize(frame["role"])
    at = np.array([*(place.get(str(role), -1) for role in roles), -1], dtype=np.int64)[codes]
    frame = frame.assign(at=at)
    frame = frame[(frame["at"] >= 0) & frame["elapsed"].notna()]
    whole = float(frame["elapsed"].sum())
    found = []
    for pool in _pools(frame, len(path), k):
        part = frame[frame["at"].isin(pool)]
        waiting = part["waiting"].dropna() if "waiting" in part else part["elapsed"].head(0)
        found.append(
            {
                "before": tuple(dict.fromkeys(path[one].name for one in pool)),
                "hours": cell.rounded(part["elapsed"].median()),
                "waiting": cell.rounded(waiting.median()) if 2 * len(waiting) > len(part) else None,
                "share": round(float(part["elapsed"].sum()) / whole, 1) if whole > 0 else None,
            }
        )
    return tuple(found)


def _pools(frame: pd.DataFrame, length: int, k: int) -> list[list[int]]:
    """Put neighbours on the path together until at least k people take over in each pool and none does nearly all."""
    takers = [Counter(frame.loc[frame["at"] == one, "taker"].value_counts().to_dict()) for one in range(length)]
    pools: list[list[int]] = []
    open_pool: list[int] = []
    counts: Counter[Any] = Counter()
    for one, here in enumerate(takers):
        if not here:
            continue
        open_pool.append(one)
        counts += here
        if _many(counts, k):
            pools.append(open_pool)
            open_pool, counts = [], Counter()
    if open_pool and pools:
        pools[-1] += open_pool
    return pools if all(_many(sum((takers[one] for one in pool), Counter()), k) for pool in pools) else []


def _many(counts: Counter[Any], k: int) -> bool:
    """Say whether at least k people stand behind a number, and nobody alone."""
    return len(counts) >= k and max(counts.values()) < _DOMINANT * counts.total()


def _head(cells: Mapping[Any, Any], size: int, k: int, label: Label, *, origin: str, evidence: str) -> dict[str, Any]:
    """Let the name, the type and the size pass."""
    kind = str(cells["type"])
    if kind not in TYPES:
        raise InputError(f"{kind!r} is no type of group.", hint=nearest(kind, TYPES))
    return {
        "group": label(cells["group"]),
        "origin": origin,
        "type": kind,
        "probability": None if evidence == "few" else cell.probability(cells.get("probability")),
        "evidence": evidence,
        "size": number_band(size, k),
    }


def _numbers(cells: Mapping[Any, Any], evidence: str, size: int, k: int) -> dict[str, Any]:
    """Let the numbers pass, with two digits: more are not known, and could serve as a fingerprint."""
    row: dict[str, Any] = {"units": None, "cases": None, "windows": None, **dict.fromkeys(_NUMBERS)}
    if evidence != "shown":
        return row
    units: Band | None = cell.units(cells, size)
    cases = cell.number(cells.get("cases"))
    if cases is not None and cases < k:
        # The times of so few cases would be those of whoever remembers them.
        return row | {"units": units}
    row |= {"units": units, "cases": None if cases is None else int(float(f"{cases:.2g}"))}
    row["windows"] = None if cell.missing(cells.get("windows")) else cell.count(cells["windows"])
    row |= {name: cell.rounded(cells.get(name)) for name in _NUMBERS}
    # Beyond the 85th of 100 cases there must be some, or the number is that of a few cases that many can recall.
    if cases is None or _P85_ABOVE * cases < k:
        row["cycle_p85_hours"] = None
    return row


def _steps(path: Any) -> list[str]:
    """Return the steps of a path, however it is written."""
    if isinstance(path, str):
        for arrow in ("→", ">"):
            path = path.replace(f" {arrow} ", "\0")
        return [part.strip() for part in path.split("\0") if part.strip()]
    if isinstance(path, list | tuple | np.ndarray):
        return [text for one in path if (text := cell.text(one)) is not None]
    return []


def _gates(gatekeepers: pd.DataFrame | None, path: tuple[Part, ...]) -> tuple[str, ...]:
    """Return where on the path gatekeepers stand, as far as that may be named."""
    if gatekeepers is None:
        return ()
    steps = set(gatekeepers["step"].dropna().astype(str))
    names = [part.name for part in path if steps & set(part.steps)]
    return tuple(name for name in dict.fromkeys(names) if name != ELSEWHERE)


def _worth(frame: pd.DataFrame | None) -> tuple[dict[str, Any], ...]:
    """Return what an hour saved at each handoff is worth in a year, with two digits."""
    if frame is None:
        return ()
    frame = _validate.columns(frame, ["what", "per", "low", "high", "currency"], what="The frame of worth")
    return tuple(
        {
            "what": str(row["what"]),
            "low": cell.rounded(row["low"]),
            "high": cell.rounded(row["high"]),
            "currency": str(row["currency"]),
        }
        for row in frame[frame["per"] == "year"].to_dict("records")
    )


def _by_group(frame: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Return the rows of each group."""
    if frame is None:
        return {}
    named = _validate.columns(frame, ["group"], what="The frame")["group"].astype(str)
    return {str(name): part for name, part in frame.groupby(named)}


def _alike(frame: pd.DataFrame, members: pd.DataFrame | None, k: int) -> frozenset[str]:
    """Return the groups whose numbers, beside those of another one, would speak of fewer than k people."""
    if members is None:
        return frozenset()
    if "origin" in frame:
        silent = set(frame.loc[frame["origin"] == "community", "group"].astype(str))
        members = members[~members["group"].astype(str).isin(silent)]
    return too_alike(members, k)
