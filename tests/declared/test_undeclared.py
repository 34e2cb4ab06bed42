"""Undeclared communities: what was found and nobody declared."""

from __future__ import annotations

import dataclasses

import numpy as np
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


def told(found: Communities, **columns: object) -> Communities:
    """Return communities of which something else is said."""
    return dataclasses.replace(found, summary=found.summary.assign(**columns))


def listed(found: Communities, groups: DeclaredGroups, **options: float) -> set[str]:
    return set(undeclared(found, groups, **options).frame["community"])


def test_a_known_confidence_decides_whatever_the_stability(planted) -> None:
    found, groups, _ = planted
    usual = listed(found, groups)
    assert usual
    assert listed(told(found, confidence=0.5, stability=0.0), groups) >= usual
    assert listed(told(found, confidence=0.49, stability=1.0), groups) == set()
    assert listed(told(found, confidence=0.49, stability=1.0), groups, min_confidence=0.4) >= usual
    assert listed(told(found, confidence=0.49), groups, min_confidence=0.4) == listed(
        told(found, confidence=0.9), groups, min_confidence=0.6
    )


def test_without_a_confidence_the_stability_decides(planted) -> None:
    found, groups, _ = planted
    unknown = told(found, confidence=np.nan)
    assert listed(told(unknown, stability=0.49), groups) == set()
    assert listed(told(unknown, stability=0.49), groups, min_stability=0.4) == listed(
        told(unknown, stability=0.5), groups
    )
    assert listed(told(unknown, stability=np.nan), groups) == listed(told(unknown, stability=1.0), groups)


def test_the_confidence_is_written_down(planted) -> None:
    found, groups, _ = planted
    half = found.summary["community"].str.startswith("B")
    frame = undeclared(told(found, confidence=np.where(half, np.nan, 0.75)), groups).to_frame()
    beyond = frame["community"].str.startswith("B")
    assert frame["confidence"].dtype == np.float64
    assert frame.loc[beyond, "confidence"].isna().all()
    assert (frame.loc[~beyond, "confidence"] == 0.75).all()
    sure = undeclared(told(found, confidence=0.75), groups).to_frame()
    assert len(sure)
    assert (sure["confidence"] == 0.75).all()
    assert undeclared(found, groups, min_size=390).to_frame()["confidence"].dtype == np.float64


def test_of_two_that_overlap_one_is_listed(planted) -> None:
    found, groups, _ = planted
    name = undeclared(found, groups).frame["community"].iloc[0]
    people = found.people(name)
    for shared, more in ((people[1:], True), (people[: len(people) // 2 - 1], False)):
        others = [one for one in found.graph.people["person"] if one not in people][: len(people) - len(shared) - 1]
        twin = pd.DataFrame({"person": [*shared, *others], "community": "C99"}).astype("string")
        line = found.summary[found.summary["community"] == name].assign(
            community="C99", size=len(twin), beyond_structure=True, confidence=0.99
        )
        both = dataclasses.replace(
            found, members=pd.concat([found.members, twin]), summary=pd.concat([found.summary, line])
        )
        assert ("C99" not in listed(both, groups)) == more


def test_options_are_checked(planted) -> None:
    found, groups, _ = planted
    with pytest.raises(InputError, match="max_overlap"):
        undeclared(found, groups, max_overlap=1.5)
    with pytest.raises(InputError, match="min_confidence"):
        undeclared(found, groups, min_confidence=-0.1)
    assert undeclared(found, groups, min_size=390).to_frame().empty
