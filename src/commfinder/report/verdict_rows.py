"""What may be shown of the verdict on one declared group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from commfinder.errors import InputError, nearest
from commfinder.report import cells as cell
from commfinder.report.bands import Band, active_band, audience_band, core_band, number_band, overlap_words
from commfinder.report.wording import VERDICTS

__all__ = ["match", "verdict_row"]

_RATIOS: Final = ("lift", "lift_low", "lift_high", "extra_density", "persistence", "power", "q")
_LIKELY: Final = ("probability", "p_community")
_PARTED_BELOW: Final = 0.8
_COVERED: Final = 0.6

Label = Callable[[Any], str]


def verdict_row(
    cells: Mapping[str, Any], standings: cell.Standings, alike: frozenset[str], k: int, label: Label
) -> tuple[dict[str, Any], int]:
    """Let one verdict pass.

    Parameters
    ----------
    cells : mapping of str to object
        A row of `Verdicts.to_frame()`.
    standings : mapping
        How many members of each group have each standing.
    alike : frozenset of str
        Groups that differ from another one by fewer than k people.
    k : int
        The smallest number of people that may be shown.
    label : callable
        Makes a label fit to be shown.

    Returns
    -------
    row : dict
        What may be shown.
    withheld : int
        How many cells were withheld or made coarser.

    Raises
    ------
    InputError
        If there is no such verdict.
    """
    verdict = str(cells["verdict"])
    if verdict not in VERDICTS:
        raise InputError(f"{verdict!r} is no verdict.", hint=nearest(verdict, VERDICTS))
    size, active, core, audience = cell.people(cells, standings.get(str(cells["group"])))
    few = size < k or 0 < active < k
    evidence = "few" if few else "alike" if str(cells["group"]) in alike else "shown"
    row: dict[str, Any] = {name: _optional(cells.get(name), label) for name in ("kind", "goal")}
    row |= {"group": label(cells["group"]), "verdict": verdict, "evidence": evidence}
    row |= {name: None if few else cell.probability(cells.get(name)) for name in _LIKELY}
    row |= {name: None if few else cell.rounded(cells.get(name)) for name in _RATIOS}
    row["size"] = number_band(size, k)
    row |= _counts(evidence, verdict, (size, active, core, audience), k)
    outsiders = cell.number(cells.get("outsiders"))
    shown = evidence == "shown" and outsiders is not None
    row["outsiders"] = number_band(round(outsiders or 0), k) if shown else None
    # With few outsiders the flag says "at least a fifth of the group", which may leave one number only.
    row["bigger"] = shown and round(outsiders or 0) >= k and bool(cells.get("bigger"))
    connected, core_known = cell.number(cells.get("connectedness")), row["core"]
    row["parted"] = None
    if connected is not None and core_known is not None and core_known.low >= k:
        row["parted"] = connected < _PARTED_BELOW
    bands = [row[name] for name in ("size", "active", "core", "audience", "outsiders")]
    hidden = sum(band is None or not band.exact for band in bands)
    return row, hidden + sum(few and not cell.missing(cells.get(name)) for name in (*_RATIOS, *_LIKELY))


def match(evidence: str, cells: Mapping[str, Any], sizes: Mapping[str, int], k: int, label: Label) -> dict[str, Any]:
    """Say which found community a group is, if that community is one that is shown.

    Parameters
    ----------
    evidence : str
        Whether the numbers of the group are shown.
    cells : mapping of str to object
        A row of `Verdicts.to_frame()`.
    sizes : mapping of str to int
        People in each found community.
    k : int
        The smallest number of people that may be shown.
    label : callable
        Makes a label fit to be shown.

    Returns
    -------
    dict
        found and overlap.
    """
    found, shared = cell.text(cells.get("found")), cell.number(cells.get("jaccard"))
    size = 0 if found is None else int(sizes.get(found, 0))
    if found is None or not shared or size < k or evidence == "few":
        return {"found": None, "overlap": ""}
    return {"found": label(found), "overlap": overlap_words(shared, cell.count(cells["size"]), size, k)}


def _counts(evidence: str, verdict: str, true: tuple[int, int, int | None, int | None], k: int) -> dict[str, Any]:
    """Band the active members, the core and the audience of one group."""
    size, active, core, audience = true
    counts: dict[str, Band | None] = dict.fromkeys(("active", "core", "audience"))
    if evidence != "shown":
        if size >= k and 0 < active < k:
            counts["active"] = active_band(active, size, k)
        return counts
    known = active_band(active, size, k)
    counts["active"] = known
    if active == 0 or core is None:
        return counts
    # Where few of the listed were active, "core only" means the active, and tells nothing of the core among them.
    told = "" if verdict == "core-only" and known.high < _COVERED * size else verdict
    core_known = core_band(core, known, told, k)
    counts["core"] = None if core_known.low < k <= core_known.high else core_known
    if audience is not None:
        heard = audience_band(audience, known, core_known, k)
        counts["audience"] = None if heard.low < k <= heard.high else heard
    return counts


def _optional(value: Any, label: Label) -> str | None:
    """Return a label, or None where there is none."""
    text = cell.text(value)
    return None if text is None else label(text)
