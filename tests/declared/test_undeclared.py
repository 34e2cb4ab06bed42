"""Undeclared communities: what was found and nobody declared."""

from __future__ import annotations

import pandas as pd
import pytest

from commfinder import DeclaredGroups, Directory, Interactions, build_graph, find_communities, simulate, undeclared
from commfinder.communities import Communities
from commfinder.errors import InputError

PERIOD = "2026-04-01/2026-10-01"


@pytest.fixture(scope="module")
def planted() -> tuple[Communities, DeclaredGroups, pd.DataFrame]:
    """A simulated organisation, what was found in it, and what nobody declared."""
    organisation = simulate(people=400, seed=7)
    inter = Interactions.from_frame(organisation.clean_frame(), medium="medium", event="event")
    graph = build_graph(inter, Directory.from_frame(organisation.people), period=PERIOD)
    return find_communities(graph), DeclaredGroups.from_frame(organisation.groups), organisation.truth.undeclared


def test_planted_undeclared_communities_are_listed(planted) -> None:
    found, groups, truth = planted
    hidden = undeclared(found, groups)
    listed = [set(found.people(name)) for name in hidden.frame["community"]]
    planted_sets = [set(part["person"]) for _, part in truth.groupby("community")]
    best = [max((len(one & other) / len(one | other) for other in listed), default=0.0) for one in planted_sets]
    assert sum(value >= 0.5 for value in best) >= 2
    assert len(listed) <= len(planted_sets) + 2, "hardly anything is listed that nobody planted"


def test_a_declared_community_is_not_listed(planted) -> None:
    found, groups, _ = planted
    hidden = undeclared(found, groups)
    name = hidden.frame["community"].iloc[0]
    more = pd.concat([groups.to_frame(), pd.DataFrame({"group": "New", "person": found.people(name)})])
    again = undeclared(found, DeclaredGroups.from_frame(more))
    assert name not in again.frame["community"].tolist()


def test_columns_reason_and_nearest(planted) -> None:
    found, groups, _ = planted
    frame = undeclared(found, groups).to_frame()
    assert list(frame.columns) == ["community", "size", "confidence", "units", "nearest", "jaccard", "reason"]
    assert frame["jaccard"].between(0, 0.3).all()
    line = frame.iloc[0]
    assert str(line["size"]) in line["reason"]
    assert not any(person in line["reason"] for person in found.people(line["community"]))


def test_options_are_checked(planted) -> None:
    found, groups, _ = planted
    with pytest.raises(InputError, match="max_overlap"):
        undeclared(found, groups, max_overlap=1.5)
    assert undeclared(found, groups, min_size=390).to_frame().empty
