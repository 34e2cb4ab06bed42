"""Which found community is most like a declared group, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.people import DeclaredGroups
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Undeclared", "match_communities", "undeclared"]

IntArray = npt.NDArray[np.int64]

# A medium is named if it carries this share of the pairs in contact; a unit or two, if they hold half of the people.
_CARRIES, _MOST = 0.2, 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Undeclared(Result):
    """Communities that were found and that no declared group matches.

    Make one with `undeclared`.

    Parameters
    ----------
    frame : pandas.DataFrame
        community, size, confidence (probability that some real community is like it; missing where it was not judged),
        units, nearest (declared group), jaccard, reason, and description:
        what kind of community it is, in words that name nobody; the largest first.
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
    min_confidence: float = 0.5,
) -> Undeclared:
    """List communities that were found, that are likely real, and that nobody declared.

    Prefer `match_communities` for the other way round: which found community each declared group is.

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
        Where it is not known how likely a community is real (it was not judged): those
        that hardly come back when the data are drawn again are left out.
    min_confidence : float, default 0.5
        Where it is known: those that are less likely real are left out, however stable they are.

    Returns
    -------
    Undeclared

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Communities overlap. Of two of which one has most of its people in the other, one is listed: the one beyond formal
    structure, else the larger. Of a community without confidence and without stability nothing speaks against it, and
    it is listed.

    The description counts people and units, names the one or two units that hold half of the members (of those whose
    unit is known), and the media that carry at least a fifth of the pairs in contact; a pair on two media counts for
    both. A community is alive in a window if at least half of its people are in contact with another of them in it.

    Examples
    --------
    Two circles of five, of which one is declared:

    >>> from itertools import combinations
    >>> from commfinder import Interactions, build_graph, find_communities
    >>> pairs = [*combinations("abcde", 2), *combinations("vwxyz", 2)]
    >>> rows = {"sender": [one for one, _ in pairs], "recipient": [other for _, other in pairs]}
    >>> found = find_communities(build_graph(Interactions.from_frame(rows, medium="meeting")))
    >>> groups = DeclaredGroups.from_frame({"group": "Readers", "person": list("abcd")})
    >>> undeclared(found, groups).to_frame()["reason"].tolist()
    ['5 people; none of them is in a declared group.']
    >>> undeclared(found, groups).to_frame()["description"].str.split(";").str[0].tolist()
    ['5 people, by meeting']
    """
    limit = _validate.fraction(max_overlap, what="max_overlap")
    of_unit = _validate.fraction(max_unit_share, what="max_unit_share")
    steady = _validate.fraction(min_stability, what="min_stability")
    likely = _validate.fraction(min_confidence, what="min_confidence")
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
        if matched or line["size"] < smallest or not _sure(line, likely, steady) or not _stands(line, of_unit):
            continue
        seen.append(people)
        known = (line["community"], line["size"], line["confidence"], line["units"])
        rows.append((*known, name, jaccard, _reason(line, name, jaccard)))
    rows.sort(key=lambda row: (-row[1], str(row[0])))
    names = ["community", "size", "confidence", "units", "nearest", "jaccard", "reason"]
    text = dict.fromkeys(("community", "nearest", "reason", "description"), "string")
    frame = pd.DataFrame(rows, columns=names).assign(description=_descriptions(found, [str(row[0]) for row in rows]))
    frame = frame.astype({**text, "confidence": "float64"})
    options = {
        "max_overlap": limit,
        "max_unit_share": of_unit,
        "min_size": smallest,
        "min_stability": steady,
        "min_confidence": likely,
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
    size = inside["community"].value_counts()
    length = np.array([len(people) for people in members.values()], dtype=np.int64)
    people = [person for roster in members.values() for person in roster]
    # Most people of a large organisation are in no declared group: they are left out before anything is joined.
    listed = pd.DataFrame({"group": np.repeat(np.arange(len(length)), length), "person": people})
    inside = inside.loc[inside["person"].isin(set(people)), ["person", "community"]].astype(object)
    common = listed.astype({"person": object}).merge(inside, on="person").groupby(["group", "community"]).size()
    shared = common.rename("common").reset_index()
    group = shared["group"].to_numpy(dtype=np.int64)
    both = shared["common"].to_numpy(dtype=np.int64)
    total = length[group] + shared["community"].map(size).to_numpy(dtype=np.int64) - both
    shared["jaccard"] = both / np.maximum(total, 1)
    # Of equals, the community that comes first by name.
    shared = shared.sort_values(["group", "jaccard", "community"], ascending=[True, False, True])
    best = shared.drop_duplicates("group").set_index("group").reindex(range(len(length)))
    matched = pd.DataFrame({"found": best["community"], "jaccard": best["jaccard"].fillna(0.0)})
    return matched.reset_index(drop=True).astype({"found": "string", "jaccard": "float64"})


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


def _sure(line: Mapping[Hashable, Any], likely: float, steady: float) -> bool:
    """Tell whether a community is likely enough to be real; where that is not known, whether it comes back."""
    if not pd.isna(line["confidence"]):
        return bool(line["confidence"] >= likely)
    return bool(pd.isna(line["stability"]) or line["stability"] >= steady)


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


def _descriptions(found: Communities, names: list[str]) -> list[str]:
    """Say of communities how many people of which units they are, by what media, how often, and how surely."""
    if not names:
        return []
    people = found.graph.people["person"]
    place = pd.Series(np.arange(len(people)), index=people.to_numpy(dtype=object))
    number = {name: k for k, name in enumerate(names)}
    inside = found.members[found.members["community"].isin(names)]
    who = place[inside["person"].to_numpy(dtype=object)].to_numpy(dtype=np.int64)
    of = inside["community"].map(number).to_numpy(dtype=np.int64)
    keys: IntArray = np.sort(who * len(names) + of).astype(np.int64)
    media, alive = _media(found, keys, len(names)), _alive(found, keys, len(names))
    unit = found.graph.people["unit"].to_numpy(dtype=object)
    lines = found.summary.set_index("community").loc[names].to_dict("index")
    told = []
    for name, line in lines.items():
        units = _units(pd.Series(unit[who[of == number[str(name)]]], dtype="object").dropna())
        parts = [f"{int(line['size'])} people{units}{media[number[str(name)]]}", alive[number[str(name)]], _known(line)]
        told.append("; ".join(part for part in parts if part))
    return told


def _units(unit: pd.Series[Any]) -> str:
    """Say how many units there are, and which hold most of the people."""
    if unit.empty:
        return ""
    counts = sorted(Counter(str(one) for one in unit).items(), key=lambda item: (-item[1], item[0]))
    if len(counts) == 1:
        return f" from 1 unit ({counts[0][0]})"
    for many in (1, 2):
        share = sum(people for _, people in counts[:many]) / len(unit)
        if share >= _MOST:
            named = " and ".join(name for name, _ in counts[:many])
            return f" from {len(counts)} units, {'mostly ' if share < 1 else ''}{named} ({100 * share:.0f} %)"
    return f" from {len(counts)} units, none with a large part ({counts[0][0]} {100 * counts[0][1] / len(unit):.0f} %)"


def _pairs_inside(a: IntArray, b: IntArray, keys: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Return which pairs are inside which of some communities; ``keys`` are person times `count` plus community."""
    low, high = np.searchsorted(keys, a * count), np.searchsorted(keys, (a + 1) * count)
    row = np.repeat(np.arange(len(a)), high - low)
    first = np.repeat(low - np.r_[0, np.cumsum(high - low)[:-1]], high - low) if len(a) else low
    community = keys[np.arange(len(row)) + first] % count
    other = b[row] * count + community
    at = np.minimum(np.searchsorted(keys, other), max(len(keys) - 1, 0))
    both = keys[at] == other if len(keys) else np.zeros(0, dtype=bool)
    return row[both], community[both]


def _media(found: Communities, keys: IntArray, count: int) -> list[str]:
    """Say of each community which media carry its contacts, the strongest first."""
    layers = found.graph.layers
    row, community = _pairs_inside(layers["a"].to_numpy(), layers["b"].to_numpy(), keys, count)
    medium = layers["medium"].to_numpy(dtype=object)[row]
    table = pd.DataFrame({"community": community, "a": layers["a"].to_numpy()[row], "b": layers["b"].to_numpy()[row]})
    pairs = table.drop_duplicates().groupby("community").size()
    counts = table.assign(medium=medium).groupby(["community", "medium"]).size().rename("pairs").reset_index()
    counts = counts.sort_values(["community", "pairs", "medium"], ascending=[True, False, True])
    told = [""] * count
    for number, part in counts.groupby("community"):
        carry = part.loc[part["pairs"] >= _CARRIES * pairs[number], "medium"].tolist() or part["medium"].tolist()[:1]
        told[int(str(number))] = f", by {_listed([str(one) for one in carry])}"
    return told


def _alive(found: Communities, keys: IntArray, count: int) -> list[str]:
    """Say of each community in how many windows at least half of its people are in contact with one another."""
    graph = found.graph
    if graph.windows is None or graph.windows.count < 2:
        return [""] * count
    events = graph.pair_windows
    timed = (events.window >= 0) & (events.events > 0)
    a, b, window = events.a[timed], events.b[timed], events.window[timed]
    row, community = _pairs_inside(a, b, keys, count)
    ends = pd.DataFrame({"community": np.tile(community, 2), "window": np.tile(window[row], 2)})
    seen = ends.assign(person=np.r_[a[row], b[row]]).drop_duplicates().groupby(["community", "window"]).size()
    size = np.bincount(keys % count, minlength=count)
    days, windows = graph.windows.days, graph.windows.count
    half = [int((seen[seen.index.get_level_values(0) == k] >= _MOST * size[k]).sum()) for k in range(count)]
    return [f"alive in {many} of {windows} windows of {days:g} day{'' if days == 1 else 's'}" for many in half]


def _known(line: Mapping[Hashable, Any]) -> str:
    """Say how sure a community is."""
    if not pd.isna(line["confidence"]):
        return f"confidence {100 * line['confidence']:.0f} %"
    if not pd.isna(line["stability"]):
        return f"confidence not judged, stability {line['stability']:.2f}"
    return "confidence not judged"


def _listed(words: list[str]) -> str:
    """Join words as a sentence does."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
