"""Organisations with planted work: what is handed to the tool, and what it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from commfinder.delivery import find_delivery_groups
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory
from commfinder.simulation import Plan, Work, simulate

__all__ = ["DELIVERS", "KINDS", "Planted", "organisation"]

KINDS = ("process", "knowledge", "social", "formal-only", "mixed")
"""The types that are planted."""

DELIVERS = ("process", "mixed")
"""The types of which a process is part."""


@dataclass(frozen=True, eq=False)
class Planted:
    """One organisation.

    Parameters
    ----------
    inter : Interactions
        Everything in its exports, machines too.
    people : Directory
        Its directory.
    rosters : DataFrame
        group, person: everybody who ever belonged to a planted group.
    groups : mapping of str to (str, frozenset of str)
        Type and members of each planted group. Of a group that handles cases these are the members who are seen at
        work on one of them; of others, all.
    seed : int
        The seed.
    """

    inter: Interactions
    people: Directory
    rosters: pd.DataFrame
    groups: Mapping[str, tuple[str, frozenset[str]]]
    seed: int

    def found(self) -> list[tuple[str, frozenset[str]]]:
        """Let the tool look for groups: type and members of each that it finds."""
        said = find_delivery_groups(self.inter, self.people, seed=self.seed)
        members = said.members.groupby("group")["person"].agg(frozenset)
        return [(str(kind), members[name]) for name, kind in said.frame[["group", "type"]].itertuples(index=False)]

    def judged(self, rosters: pd.DataFrame) -> pd.DataFrame:
        """Let the tool say of what type the planted groups are, declared so: one row each, with its truth."""
        declared = DeclaredGroups.from_frame(rosters)
        # Nothing that is found counts here: no group of its own has so many cases.
        said = find_delivery_groups(self.inter, self.people, groups=declared, min_cases=10**6, seed=self.seed).frame
        said = said.set_index("group").loc[list(self.groups)]
        probabilities = said[[name for name in said if name.startswith("p_")]].astype(float).round(4)
        return pd.DataFrame(
            {
                "seed": self.seed,
                "group": list(self.groups),
                "truth": [kind for kind, _ in self.groups.values()],
                "said": said["type"].astype(str).to_numpy(),
                "probability": said["probability"].to_numpy(dtype=float),
                "cases": said["cases"].to_numpy(dtype=int),
                **{name: probabilities[name].to_numpy() for name in probabilities},
            }
        )


def organisation(
    seed: int, *, people: int, weeks: int, work: Mapping[str, Any], plan: Mapping[str, Any] | None = None
) -> Planted:
    """Simulate one organisation whose planted groups are those of a plan of work and no others.

    Parameters
    ----------
    seed, people, weeks
        As in `simulate`.
    work : mapping
        Options of `Work`.
    plan : mapping, optional
        Options of `Plan`.
    """
    wanted = Plan(groups={}, undeclared=0, work=Work(**work), **(plan or {}))
    made = simulate(people, seed, weeks=weeks, plan=wanted)
    truth = made.truth
    rosters = truth.work_members[["group", "person"]].drop_duplicates(ignore_index=True)
    cases = truth.work_cases.loc[truth.work_cases["what"] == "case", "case"]
    events = truth.work_events[truth.work_events["case"].isin(cases)]
    seen = events.groupby("group")["person"].agg(set)
    groups = {}
    for name, kind in truth.work_groups[["group", "type"]].itertuples(index=False):
        members = set(rosters.loc[rosters["group"] == name, "person"])
        groups[str(name)] = (str(kind), frozenset(members & seen.get(name, members)))
    return Planted(
        inter=Interactions.from_frame(made.interactions(), medium="medium"),
        people=Directory.from_frame(made.people),
        rosters=rosters,
        groups=groups,
        seed=seed,
    )
