"""Delivery groups as a value: everything that was found to work together, and what kind of group each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.groups.group import DeliveryGroup
from commfinder.delivery.kinds.kind import KINDS, TYPES
from commfinder.errors import InputError, nearest
from commfinder.provenance import Provenance
from commfinder.result import Result

__all__ = ["COLUMNS", "DeliveryGroups", "frame_of", "members_of"]

_NUMBERS: dict[str, str] = {
    "probability": "float64",
    "size": "int64",
    "units": "int64",
    "cases": "int64",
    "windows": "int64",
    "order": "float64",
    "order_p": "float64",
    "cadence_days": "float64",
    "informal_share": "float64",
    "cycle_median_hours": "float64",
    "cycle_p85_hours": "float64",
    "roles": "int64",
    "handoffs": "int64",
    "jaccard": "float64",
    "excess_pairs": "float64",
    "beyond_units": "float64",
    "beyond_units_p": "float64",
    **{f"p_{kind.replace('-', '_')}": "float64" for kind in KINDS},
}

COLUMNS = (
    *("group", "type", "probability", "size", "units", "cases", "windows", "order", "order_p", "path"),
    *("cadence_days", "gatekeepers", "informal_share", "cycle_median_hours", "cycle_p85_hours", "reason", "support"),
    *("origin", "order_level", "roles", "handoffs", "single_points", "variant", "spaces", "nearest", "jaccard"),
    *("excess_pairs", "beyond_units", "beyond_units_p"),
    *("fact_1", "fact_2", "fact_3", *(f"p_{kind.replace('-', '_')}" for kind in KINDS)),
)
"""Columns of the frame, in order."""


@dataclass(frozen=True, eq=False, repr=False)
class DeliveryGroups(Result):
    """Groups that work together, found or declared, with the type of each.

    Make one with `find_delivery_groups`; take a group by its name, as in ``groups["D1"]``.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per group: group, type, probability (missing for abstain), size, units, cases, windows (of four weeks in
        which its cases begin), order (share of pairs of a new case, without whoever opened it, that come in the order
        seen before; 0.5 is chance), order_p, path, cadence_days (median, between the beginnings of two cases),
        gatekeepers (persons, with semicolons), informal_share, cycle_median_hours, cycle_p85_hours (business hours),
        reason, support, origin, order_level, roles, handoffs, single_points (steps, with semicolons), variant (the most
        frequent sequence), spaces, nearest (the declared group with most of its members), jaccard (how like it is, 0 to
        1), excess_pairs (share of the pairs of members who are on the same cases more often than chance puts them
        there), beyond_units (share of its handoffs that others of the same units and like activity would not give),
        beyond_units_p, fact_1 to fact_3 (what decided) and p_process, p_knowledge, p_social, p_formal_only
        and p_mixed. Found groups come first: ``"D1"`` is the likeliest to deliver.
    members : pandas.DataFrame
        group, person, role, position (0 first and 1 last in a case), cases.
    groups : mapping of str to DeliveryGroup
        The groups by name.
    cases : Cases
        All cases of the organisation.
    losses : pandas.DataFrame
        What was not used, and what was looked at and not found to be a group.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    members: pd.DataFrame
    groups: Mapping[str, DeliveryGroup]
    cases: Cases
    losses: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/delivery/1"

    @property
    def names(self) -> list[str]:
        """Names of the groups, in the order of the frame."""
        return [str(name) for name in self.frame["group"]]

    def __getitem__(self, name: str) -> DeliveryGroup:
        if name not in self.groups:
            hint = nearest(str(name), self.names) if self.groups else "No group was found."
            raise InputError(f"There is no group {name!r}.", hint=hint)
        return self.groups[name]

    def __iter__(self) -> Iterator[DeliveryGroup]:
        return iter(self.groups[name] for name in self.names)

    def __len__(self) -> int:
        return len(self.frame)

    def of_type(self, kind: str) -> list[DeliveryGroup]:
        """Return the groups of one type, in the order of the frame.

        Parameters
        ----------
        kind : str
            One of process, knowledge, social, formal-only, mixed, abstain.

        Returns
        -------
        list of DeliveryGroup

        Raises
        ------
        InputError
            If there is no such type.
        """
        if kind not in TYPES:
            raise InputError(f"kind is {kind!r}.", hint=nearest(str(kind), TYPES))
        return [group for group in self if group.type == kind]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group."""
        return self.frame.copy()

    def __repr__(self) -> str:
        counts = self.frame["type"].value_counts()
        told = ", ".join(f"{counts[word]} {word}" for word in TYPES if word in counts)
        if not told:
            many = f"{len(self.cases):,} case{'' if len(self.cases) == 1 else 's'}"
            return f"<DeliveryGroups: none found in {many}>"
        return f"<DeliveryGroups: {len(self.frame)} group{'' if len(self.frame) == 1 else 's'}: {told}>"


def frame_of(groups: list[DeliveryGroup]) -> pd.DataFrame:
    """Write groups down as a frame, in their order."""
    declared = {one.name: set(one.members["person"]) for one in groups if one.origin == "declared"}
    member_of = _by_member(declared)
    rows = [{**_row(group), **_nearest(group, declared, member_of)} for group in groups]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({name: _NUMBERS.get(name, "string") for name in COLUMNS})


def members_of(groups: list[DeliveryGroup]) -> pd.DataFrame:
    """Write the members of groups down as one frame, in the order of the groups."""
    kinds = {"group": "string", "person": "string", "role": "string", "position": "float64", "cases": "int64"}
    empty = pd.DataFrame(columns=list(kinds)).astype(kinds)
    found = pd.concat([group.members for group in groups], ignore_index=True) if groups else empty
    return found.astype(kinds)


def _by_member(groups: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Return the groups that everybody is in."""
    member_of: dict[str, list[str]] = {}
    for name, people in groups.items():
        for person in people:
            member_of.setdefault(person, []).append(name)
    return member_of


def _nearest(
    group: DeliveryGroup, declared: Mapping[str, set[str]], member_of: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Say which declared group a group that was found is most like; of equals the first by name."""
    mine = set(group.members["person"])
    # Groups without a common member are not compared.
    common = Counter(name for person in mine for name in member_of.get(person, ()))
    like = {name: n / (len(mine) + len(declared[name]) - n) for name, n in common.items()}
    best = max(sorted(like), key=lambda name: like[name], default="")
    if group.origin == "declared" or not best:
        return {"nearest": None, "jaccard": float("nan")}
    return {"nearest": best, "jaccard": like[best]}


def _row(group: DeliveryGroup) -> dict[str, Any]:
    """Write one group down."""
    facts, kind = group.facts, group.kind
    return {
        "group": group.name,
        "type": kind.type,
        "probability": kind.probability,
        "size": facts.size,
        "units": facts.units,
        "cases": len(group.cases),
        "windows": facts.windows,
        "order": facts.order,
        "order_p": facts.order_p,
        "path": " → ".join(group.path) or None,
        "cadence_days": group.cadence_days,
        "gatekeepers": "; ".join(dict.fromkeys(group.gatekeepers["person"])) or None,
        "informal_share": facts.informal,
        "cycle_median_hours": group.cycle_median_hours,
        "cycle_p85_hours": group.cycle_p85_hours,
        "reason": kind.reason,
        "support": kind.support,
        "origin": group.origin,
        "order_level": facts.order_level or None,
        "roles": facts.roles,
        "handoffs": len(group.handoffs.giver),
        "single_points": "; ".join(group.single_points["step"]) or None,
        "variant": " → ".join(group.variants[0].roles) if group.variants else None,
        "spaces": "; ".join(sorted(group.cases.frame["space"].dropna().unique())[:5]) or None,
        "excess_pairs": group.excess_pairs,
        "beyond_units": facts.beyond_units,
        "beyond_units_p": facts.beyond_units_p,
        **{f"fact_{number}": fact for number, fact in enumerate(kind.facts, 1)},
        **{f"p_{one.replace('-', '_')}": p for one, p in zip(KINDS, kind.probabilities, strict=True)},
    }
