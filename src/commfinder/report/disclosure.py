"""The gate: the only way from a result to a page, or to a table meant for others.

No number of people from 1 to k - 1 passes, and none that passes lets such a number be worked out from the others in its
row. Nothing that passes is a sum over people's weights, so no single busy person can stand behind a total; how far a
group depends on few people passes as words only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, PrivacyError, nearest
from commfinder.report import cells as cell
from commfinder.report.bands import (
    Band,
    active_band,
    audience_band,
    core_band,
    number_band,
    overlap_words,
    unit_band,
)
from commfinder.report.differencing import too_alike
from commfinder.report.labels import clean_label, known_persons
from commfinder.report.wording import VERDICTS

__all__ = ["SMALLEST_K", "Disclosed", "Disclosure"]

SMALLEST_K: Final = 5
"""The threshold below which no setting can go."""

_SEAL: Final = object()
_PEOPLE: Final = frozenset({"members", "accounts", "people", "persons"})
_RATIOS: Final = ("lift", "lift_low", "lift_high", "extra_density", "persistence", "power", "q")
_PARTED_BELOW: Final = 0.8
_COVERED: Final = 0.6
_COUNTS: Final = frozenset({"size", "active", "core", "audience", "outsiders", "units", "in_main_unit", "count"})


@dataclass(frozen=True)
class Disclosed:
    """Rows that have passed the gate; only `Disclosure` can make them.

    Parameters
    ----------
    kind : str
        ``"verdicts"``, ``"communities"``, ``"undeclared"`` or ``"losses"``.
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
        if seal is not _SEAL:
            raise PrivacyError(
                "A frame can not be declared fit to be shown.",
                need="It has to pass the disclosure control.",
                hint="Use Disclosure(k=5).release_verdicts(frame), or its sibling for the other frames.",
            )

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame; each number of people becomes two columns, its ``_low`` and ``_high``."""
        return pd.DataFrame([_flat(row) for row in self.rows])


@dataclass(frozen=True)
class Disclosure:
    """The rules by which results may be shown to others.

    Parameters
    ----------
    k : int, default 5
        The smallest number of people that may be shown; at least 5.
    persons : collection of str, default ()
        Ids, addresses and names of known persons; a group, goal or unit that is called like one is not named.

    Raises
    ------
    PrivacyError
        If `k` is below 5.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"group": ["Data"], "verdict": ["real"], "size": [23], "active": [21]})
    >>> Disclosure(k=5).release_verdicts(frame).rows[0]["active"]
    Band(low=19, high=23)
    """

    k: int = SMALLEST_K
    persons: frozenset[str] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int):
            raise InputError(f"k is {self.k!r}.", need="A whole number of people is needed.")
        if self.k < SMALLEST_K:
            raise PrivacyError(
                f"k is {self.k}.",
                need=f"Nothing may be shown of fewer than {SMALLEST_K} people.",
                hint=f"Leave k at {SMALLEST_K}, or raise it (10 for reports to line managers).",
            )
        object.__setattr__(self, "persons", known_persons(self.persons))

    def release_verdicts(
        self,
        frame: pd.DataFrame,
        *,
        members: pd.DataFrame | None = None,
        community_sizes: Mapping[str, int] | None = None,
    ) -> Disclosed:
        """Let the verdicts pass.

        Parameters
        ----------
        frame : pandas.DataFrame
            `Verdicts.to_frame()`; group, verdict, size and active are needed, and columns that are not known are left
            behind. The shares of core and audience are taken as shares of the active members.
        members : pandas.DataFrame, optional
            `Verdicts.members` (group, person, standing): the numbers are then counted instead of derived from shares,
            and the numbers of a group are withheld if it differs from another one by fewer than k people, as the
            difference of the two would tell who those few are.
        community_sizes : mapping of str to int, optional
            People in each found community; without it nothing is said of how far a group is one of them.

        Returns
        -------
        Disclosed
            Columns group, kind, goal, verdict, bigger, probability, evidence (``"shown"``, ``"few"``, ``"alike"``),
            size, active, core, audience, outsiders, lift, lift_low, lift_high, extra_density, persistence, power, q,
            parted, found, overlap.
        """
        frame = _validate.as_frame(frame, what="The frame of verdicts")
        frame = _validate.columns(frame, ["group", "verdict", "size", "active"], what="The frame of verdicts")
        standings = cell.standings(members)
        alike = too_alike(members, self.k) if members is not None else frozenset()
        rows: list[dict[str, Any]] = []
        withheld = 0
        for cells in frame.to_dict("records"):
            row, hidden = self._verdict({str(key): value for key, value in cells.items()}, standings, alike)
            self._match(row, cells, community_sizes or {})
            rows.append(row)
            withheld += hidden
        order = {verdict: at for at, verdict in enumerate(VERDICTS)}
        rows.sort(key=lambda row: (order[row["verdict"]], -(row["lift"] or 0.0), row["group"]))
        return self._sealed("verdicts", rows, withheld)

    def release_communities(self, summary: pd.DataFrame) -> Disclosed:
        """Let the found communities pass; those of fewer than k people are only counted.

        How many people the small ones hold together is not said: with one to four in each, the sum would often give
        the single sizes away.

        Parameters
        ----------
        summary : pandas.DataFrame
            `Communities.summary`; community and size are needed. `Communities.members` is no such frame: how sure it is
            that somebody belongs, and who is on the edge, never passes.

        Returns
        -------
        Disclosed
            Columns community, size, confidence, stability, observed_over_expected, units, main_unit, in_main_unit.
            Others stay behind. A confidence is about a whole community; in whole per cent it says of nobody whether
            they are in it.
        """
        frame = _validate.as_frame(summary, what="The summary of communities")
        frame = _validate.columns(frame, ["community", "size"], what="The summary of communities")
        rows: list[dict[str, Any]] = []
        withheld, unlisted = 0, 0
        for cells in frame.to_dict("records"):
            size = cell.count(cells["size"])
            if size < self.k:
                unlisted += 1
                continue
            row, hidden = self._community(cells, size)
            rows.append(row)
            withheld += hidden
        rows.sort(key=_largest_first)
        return self._sealed("communities", rows, withheld, unlisted)

    def release_undeclared(self, frame: pd.DataFrame, *, group_sizes: Mapping[str, int] | None = None) -> Disclosed:
        """Let the undeclared communities pass; those of fewer than k people are only counted.

        Parameters
        ----------
        frame : pandas.DataFrame
            `undeclared(...).to_frame()`; community and size are needed.
        group_sizes : mapping of str to int, optional
            Members of each declared group; without it nothing is said of how far a community is the nearest one.

        Returns
        -------
        Disclosed
            Columns community, size, confidence, units, nearest, overlap.
        """
        frame = _validate.as_frame(frame, what="The frame of undeclared communities")
        frame = _validate.columns(frame, ["community", "size"], what="The frame of undeclared communities")
        sizes = {str(key): int(value) for key, value in (group_sizes or {}).items()}
        rows: list[dict[str, Any]] = []
        withheld, unlisted = 0, 0
        for cells in frame.to_dict("records"):
            size = cell.count(cells["size"])
            if size < self.k:
                unlisted += 1
                continue
            nearest_group, shared = cell.text(cells.get("nearest")), cell.number(cells.get("jaccard"))
            units = cell.units(cells, size)
            withheld += units is not None and not units.exact
            known = nearest_group if shared else None
            rows.append(
                {
                    "community": self._label(cells["community"]),
                    "size": Band(size, size),
                    "confidence": cell.probability(cells.get("confidence")),
                    "units": units,
                    "nearest": None if known is None else self._label(known),
                    "overlap": overlap_words(shared or 0.0, size, sizes.get(known or "", 0), self.k),
                }
            )
        rows.sort(key=_largest_first)
        return self._sealed("undeclared", rows, withheld, unlisted)

    def release_losses(self, frame: pd.DataFrame) -> Disclosed:
        """Let the account of what was not used pass: summed, and without the places where it was.

        Parameters
        ----------
        frame : pandas.DataFrame
            The losses: stage, source, reason, unit, count and perhaps advice.

        Returns
        -------
        Disclosed
            Columns stage, source, reason, unit, count (a `Band` of people, or of rows as they are), advice.
        """
        frame = _validate.as_frame(frame, what="The account of losses")
        keys = ["stage", "source", "reason", "unit"]
        frame = _validate.columns(frame, [*keys, "count"], what="The account of losses")
        sums: dict[tuple[str, ...], int] = {}
        advice: dict[tuple[str, ...], str | None] = {}
        for cells in frame.to_dict("records"):
            key = tuple(self._label(cells[name]) for name in keys)
            sums[key] = sums.get(key, 0) + cell.count(cells["count"])
            words = cell.text(cells.get("advice"))
            if advice.get(key) is None:
                advice[key] = None if words is None else clean_label(words, self.persons, longest=300)
        rows: list[dict[str, Any]] = []
        for key, total in sums.items():
            band = number_band(total, self.k) if key[3] in _PEOPLE else Band(total, total)
            rows.append({**dict(zip(keys, key, strict=True)), "count": band, "advice": advice[key]})
        rows.sort(key=lambda row: (-row["count"].high, *(row[name] for name in keys)))
        return self._sealed("losses", rows, sum(not row["count"].exact for row in rows))

    def _verdict(
        self, cells: Mapping[str, Any], standings: cell.Standings, alike: frozenset[str]
    ) -> tuple[dict[str, Any], int]:
        """Let one verdict pass."""
        verdict = str(cells["verdict"])
        if verdict not in VERDICTS:
            raise InputError(f"{verdict!r} is no verdict.", hint=nearest(verdict, VERDICTS))
        size, active, core, audience = cell.people(cells, standings.get(str(cells["group"])))
        few = size < self.k or 0 < active < self.k
        evidence = "few" if few else "alike" if str(cells["group"]) in alike else "shown"
        row: dict[str, Any] = {name: self._optional(cells.get(name)) for name in ("kind", "goal")}
        row |= {"group": self._label(cells["group"]), "verdict": verdict, "evidence": evidence}
        row["probability"] = None if few else cell.probability(cells.get("probability"))
        row |= {name: None if few else cell.rounded(cells.get(name)) for name in _RATIOS}
        row["size"] = number_band(size, self.k)
        row |= self._counts(evidence, verdict, (size, active, core, audience))
        outsiders = cell.number(cells.get("outsiders"))
        shown = evidence == "shown" and outsiders is not None
        row["outsiders"] = number_band(round(outsiders or 0), self.k) if shown else None
        # With few outsiders the flag says "at least a fifth of the group", which may leave one number only.
        row["bigger"] = shown and round(outsiders or 0) >= self.k and bool(cells.get("bigger"))
        connected, core_band_ = cell.number(cells.get("connectedness")), row["core"]
        row["parted"] = None
        if connected is not None and core_band_ is not None and core_band_.low >= self.k:
            row["parted"] = connected < _PARTED_BELOW
        bands = [row[name] for name in ("size", "active", "core", "audience", "outsiders")]
        hidden = sum(band is None or not band.exact for band in bands)
        return row, hidden + sum(few and not cell.missing(cells.get(name)) for name in (*_RATIOS, "probability"))

    def _counts(self, evidence: str, verdict: str, true: tuple[int, int, int | None, int | None]) -> dict[str, Any]:
        """Band the active members, the core and the audience of one group."""
        size, active, core, audience = true
        counts: dict[str, Band | None] = dict.fromkeys(("active", "core", "audience"))
        if evidence != "shown":
            if size >= self.k and 0 < active < self.k:
                counts["active"] = active_band(active, size, self.k)
            return counts
        known = active_band(active, size, self.k)
        counts["active"] = known
        if active == 0 or core is None:
            return counts
        # Where few of the listed were active, "core only" means the active, and tells nothing of the core among them.
        told = "" if verdict == "core-only" and known.high < _COVERED * size else verdict
        core_known = core_band(core, known, told, self.k)
        counts["core"] = None if core_known.low < self.k <= core_known.high else core_known
        if audience is not None:
            heard = audience_band(audience, known, core_known, self.k)
            counts["audience"] = None if heard.low < self.k <= heard.high else heard
        return counts

    def _match(self, row: dict[str, Any], cells: Mapping[Any, Any], sizes: Mapping[str, int]) -> None:
        """Say which found community a group is, if that community is one that is shown."""
        found, shared = cell.text(cells.get("found")), cell.number(cells.get("jaccard"))
        row["found"], row["overlap"] = None, ""
        size = 0 if found is None else int(sizes.get(found, 0))
        if found is not None and shared and size >= self.k and row["evidence"] != "few":
            row["found"] = self._label(found)
            row["overlap"] = overlap_words(shared, cell.count(cells["size"]), size, self.k)

    def _community(self, cells: Mapping[Any, Any], size: int) -> tuple[dict[str, Any], int]:
        """Let one found community pass."""
        units, share = cell.units(cells, size), cell.number(cells.get("main_unit_share"))
        inside: Band | None = None
        if units is not None and share is not None:
            inside = unit_band(min(size, max(1, round(share * size))), size, units, self.k)
        named = inside is not None and inside.low >= self.k
        row = {
            "community": self._label(cells["community"]),
            "size": Band(size, size),
            "confidence": cell.probability(cells.get("confidence")),
            "stability": cell.rounded(cells.get("stability")),
            "observed_over_expected": cell.rounded(cells.get("observed_over_expected")),
            "units": units,
            "main_unit": self._optional(cells.get("main_unit")) if named else None,
            "in_main_unit": inside if named else None,
        }
        hidden = units is not None and not units.exact
        hidden_unit = share is not None and not (named and inside is not None and inside.exact)
        return row, int(hidden) + int(hidden_unit)

    def _label(self, value: Any) -> str:
        return clean_label(value, self.persons)

    def _optional(self, value: Any) -> str | None:
        text = cell.text(value)
        return None if text is None else self._label(text)

    def _sealed(self, kind: str, rows: list[dict[str, Any]], withheld: int, unlisted: int = 0) -> Disclosed:
        frozen = tuple(MappingProxyType(row) for row in rows)
        return Disclosed(kind, frozen, self.k, int(withheld), unlisted, seal=_SEAL)


def _largest_first(row: Mapping[str, Any]) -> tuple[int, int, str]:
    """Order communities by size, then C2 before C10."""
    name: str = row["community"]
    return (-row["size"].low, len(name), name)


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
