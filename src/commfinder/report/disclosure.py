"""The gate: the only way from a result to a page, or to a table meant for others.

No number of people from 1 to k - 1 passes, and none that passes lets such a number be worked out from the others in its
row. Nothing that passes is a sum over people's weights, so no single busy person can stand behind a total; how far a
group depends on few people passes as words only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, PrivacyError
from commfinder.report import cells as cell
from commfinder.report.bands import (
    Band,
    number_band,
    overlap_words,
    unit_band,
)
from commfinder.report.delivery import Places, delivery_rows
from commfinder.report.differencing import too_alike
from commfinder.report.disclosed import SEAL, Disclosed
from commfinder.report.impact import impact_rows
from commfinder.report.labels import clean_label, known_persons
from commfinder.report.verdict_rows import match, verdict_row
from commfinder.report.wording import VERDICTS

__all__ = ["SMALLEST_K", "Disclosed", "Disclosure"]

SMALLEST_K: Final = 5
"""The threshold below which no setting can go."""

_PEOPLE: Final = frozenset({"members", "accounts", "people", "persons"})


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
            Columns group, kind, goal, verdict, bigger, probability, p_community, evidence (``"shown"``, ``"few"``,
            ``"alike"``), size, active, core, audience, outsiders, lift, lift_low, lift_high, extra_density,
            persistence, power, q, parted, found, overlap.
        """
        frame = _validate.as_frame(frame, what="The frame of verdicts")
        frame = _validate.columns(frame, ["group", "verdict", "size", "active"], what="The frame of verdicts")
        standings = cell.standings(members)
        alike = too_alike(members, self.k) if members is not None else frozenset()
        rows: list[dict[str, Any]] = []
        withheld = 0
        for cells in frame.to_dict("records"):
            named = {str(key): value for key, value in cells.items()}
            row, hidden = verdict_row(named, standings, alike, self.k, self._label)
            rows.append(row | match(row["evidence"], named, community_sizes or {}, self.k, self._label))
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

    def release_delivery(
        self,
        frame: pd.DataFrame,
        *,
        members: pd.DataFrame | None = None,
        handoffs: pd.DataFrame | None = None,
        gatekeepers: pd.DataFrame | None = None,
        worth: pd.DataFrame | None = None,
        places: pd.DataFrame | None = None,
        rare: bool = False,
    ) -> Disclosed:
        """Let the groups that pass work on pass; those of fewer than k people are only counted.

        Parameters
        ----------
        frame : pandas.DataFrame
            `DeliveryGroups.to_frame()`; group, type and size are needed.
        members : pandas.DataFrame, optional
            `DeliveryGroups.members` (group, person): the numbers of a group are then withheld if it differs from
            another one by fewer than k people.
        handoffs : pandas.DataFrame, optional
            group, taker, role (of the taker), elapsed and perhaps waiting (hours): how long work waits before each
            part of the path. Parts are put together until at least k people take over there and none of them does
            three quarters of it.
        gatekeepers : pandas.DataFrame, optional
            group and step: where one person does most, only the part of the path passes, never a person or a number.
        worth : pandas.DataFrame, optional
            `hourly_value(...).frame` with a column group: what an hour saved at each handoff is worth.
        places : pandas.DataFrame, optional
            place (role, unit or activity), people (of the whole organisation) and unit (of a role): what fewer than k
            people hold or do is shown as their unit, and where that has fewer than k people too, it has no name.
            Without it all of the path is nameless.
        rare : bool, default False
            Whether also such roles may be named, because the study allows names.

        Returns
        -------
        Disclosed
            Columns group, origin (``"found"``, ``"declared"``, ``"community"``), type, probability, evidence
            (``"shown"``, ``"few"``, ``"alike"``, ``"type"``), size, units, cases, windows, order, order_p,
            cadence_days, informal_share, cycle_median_hours, cycle_p85_hours, path, stages, gatekeepers, gatekept,
            worth. Numbers have two digits.
        """
        what = "The frame of delivery groups"
        frame = _validate.columns(_validate.as_frame(frame, what=what), ["group", "type", "size"], what=what)
        rows, withheld, unlisted = delivery_rows(
            frame,
            members=members,
            handoffs=handoffs,
            gatekeepers=gatekeepers,
            worth=worth,
            places=Places.of(places, rare=rare),
            k=self.k,
            label=self._label,
        )
        return self._sealed("delivery", rows, withheld, unlisted)

    def release_impact(self, frame: pd.DataFrame, *, size: int) -> Disclosed:
        """Let what a change did to a group pass, if the group is k people or more.

        Parameters
        ----------
        frame : pandas.DataFrame
            `Impact.to_frame()`.
        size : int
            People of the group.

        Returns
        -------
        Disclosed
            Columns outcome, method, before, after, effect (each with its interval), q, p, claimed, weeks_before,
            weeks_after, cases_before, cases_after, told; no numbers where a side has fewer than k cases.

        Raises
        ------
        PrivacyError
            If the group is fewer than k people.
        """
        if size < self.k:
            raise PrivacyError(
                "The group is too small.",
                need=f"Nothing may be shown of fewer than {self.k} people.",
                hint="Measure a larger group; times of a few people are an evaluation of them.",
            )
        rows, withheld = impact_rows(_validate.as_frame(frame, what="The impact"), self.k, self._long)
        return self._sealed("impact", rows, withheld)

    def release_text(self, text: str) -> str:
        """Make a sentence fit to be shown: on one line, without an address, and withheld if it is a person's id."""
        return self._long(text, longest=600)

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

    def _long(self, value: Any, *, longest: int) -> str:
        return clean_label(value, self.persons, longest=longest)

    def _optional(self, value: Any) -> str | None:
        text = cell.text(value)
        return None if text is None else self._label(text)

    def _sealed(self, kind: str, rows: list[dict[str, Any]], withheld: int, unlisted: int = 0) -> Disclosed:
        frozen = tuple(MappingProxyType(row) for row in rows)
        return Disclosed(kind, frozen, self.k, int(withheld), unlisted, seal=SEAL)


def _largest_first(row: Mapping[str, Any]) -> tuple[int, int, str]:
    """Order communities by size, then C2 before C10."""
    name: str = row["community"]
    return (-row["size"].low, len(name), name)
