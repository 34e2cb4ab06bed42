"""Which found community is most like a declared group, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.people import DeclaredGroups
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Undeclared", "match_communities", "undeclared"]


@dataclass(frozen=True, eq=False, repr=False)
class Undeclared(Result):
    """Communities that were found and that no declared group matches.

    Make one with `undeclared`.

    Parameters
    ----------
    frame : pandas.DataFrame
        community, size, confidence, units, nearest (declared group), jaccard, reason; the largest first.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/undeclared/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per community."""
        return self.frame.copy()

    def __repr__(self) -> str:
        return f"<Undeclared: {len(self.frame)} communities>"


def undeclared(
    found: Communities,
    groups: DeclaredGroups,
    *,
    max_overlap: float = 0.3,
    max_unit_share: float = 0.5,
    min_size: int = 5,
    min_stability: float = 0.5,
) -> Undeclared:
    """List communities that were found and that nobody declared.

    Parameters
    ----------
    found : Communities
        What was found.
    groups : DeclaredGroups
        What is declared.
    max_overlap : float, default 0.3
        A community matches a group if their Jaccard index is above this, or most of the group's members are in it.
    max_unit_share : float, default 0.5
        Where it was not asked whether formal structure explains a community: one with a larger share of one unit is
        that unit at work. Where it was asked, what formal structure explains is left out, whatever its units.
    min_size : int, default 5
        Smaller communities are left out.
    min_stability : float, default 0.5
        Communities that other runs do not find again are left out.

    Returns
    -------
    Undeclared

    Raises
    ------
    InputError
        If an option is out of range.
    """
    limit = _validate.fraction(max_overlap, what="max_overlap")
    of_unit = _validate.fraction(max_unit_share, what="max_unit_share")
    steady = _validate.fraction(min_stability, what="min_stability")
    smallest = _validate.count(min_size, what="min_size", low=2)
    rosters = {name: set(groups.members(name)) for name in groups.names}
    rows: list[tuple[Any, ...]] = []
    seen: list[set[str]] = []
    # Communities that stand out beyond formal structure come first: of two that are alike, one is enough.
    lines = found.summary.to_dict("records")
    for line in sorted(lines, key=lambda one: (str(one["community"])[0] != "B", -one["size"], one["community"])):
        people = set(found.people(str(line["community"])))
        name, jaccard, share = _nearest(people, rosters)
        matched = jaccard > limit or share > 0.5 or any(len(people & one) > 0.5 * len(people) for one in seen)
        if matched or line["size"] < smallest or line["stability"] < steady or not _stands(line, of_unit):
            continue
        seen.append(people)
        rows.append(
            (line["community"], line["size"], np.nan, line["units"], name, jaccard, _reason(line, name, jaccard))
        )
    rows.sort(key=lambda row: (-row[1], str(row[0])))
    names = ["community", "size", "confidence", "units", "nearest", "jaccard", "reason"]
    frame = pd.DataFrame(rows, columns=names).astype({"community": "string", "nearest": "string", "reason": "string"})
    options = {
        "max_overlap": limit,
        "max_unit_share": of_unit,
        "min_size": smallest,
        "min_stability": steady,
    }
    inputs = {**found.provenance.inputs, **groups.provenance.inputs}
    return Undeclared(frame, record("undeclared", options, inputs=inputs))


def match_communities(members: Mapping[str, list[str]], found: Communities) -> pd.DataFrame:
    """Return the most alike found community of each group, and the Jaccard index.

    Parameters
    ----------
    members : mapping of str to list of str
        Members by group.
    found : Communities
        What was found.

    Returns
    -------
    pandas.DataFrame
        found (missing where no member is in any) and jaccard, in the order of `members`.
    """
    inside = found.members.dropna(subset=["community"])
    communities = inside.groupby("person")["community"].agg(list).to_dict()
    size = inside["community"].value_counts().to_dict()
    rows: list[tuple[str | None, float]] = []
    for people in members.values():
        counts = Counter(name for person in people for name in communities.get(person, []))
        scores = {str(name): n / (len(people) + size[name] - n) for name, n in counts.items()}
        best = min(scores, key=lambda name: (-scores[name], name)) if scores else None
        rows.append((best, scores[best] if best is not None else 0.0))
    return pd.DataFrame(rows, columns=["found", "jaccard"]).astype({"found": "string", "jaccard": "float64"})


def _nearest(people: set[str], rosters: Mapping[str, set[str]]) -> tuple[str | None, float, float]:
    """Return the group most like a community, the Jaccard index, and the largest share of any group that is in it."""
    best, most, share = None, 0.0, 0.0
    for name, roster in sorted(rosters.items()):
        common = len(people & roster)
        jaccard = common / len(people | roster)
        if jaccard > most:
            best, most = name, jaccard
        # A group of which most is inside covers the community only if it is a good part of it.
        if common >= 0.3 * len(people):
            share = max(share, common / len(roster))
    return best, most, share


def _stands(line: Mapping[Hashable, Any], of_unit: float) -> bool:
    """Tell whether a community is more than formal structure at work, as far as that is known."""
    if not pd.isna(line["beyond_structure"]):
        return bool(line["beyond_structure"])
    return not line["units"] or line["main_unit_share"] <= of_unit


def _reason(line: Mapping[Hashable, Any], name: str | None, jaccard: float) -> str:
    """Say why a community counts as undeclared."""
    size, units = int(line["size"]), int(line["units"])
    spans = f" from {units} unit{'' if units == 1 else 's'}" if units else ""
    if name is None:
        return f"{size} people{spans}; none of them is in a declared group."
    return f"{size} people{spans}; the nearest declared group, {name}, shares {100 * jaccard:.0f} % with it."
