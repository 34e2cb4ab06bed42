"""Undeclared communities: what was found and nobody declared."""

from __future__ import annotations

import dataclasses
import itertools

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
    names = ["community", "size", "confidence", "units", "nearest", "jaccard", "reason", "description"]
    assert list(frame.columns) == names
    assert frame["jaccard"].between(0, 0.3).all()
    line = frame.iloc[0]
    assert str(line["size"]) in line["reason"]
    everybody = found.graph.people["person"].tolist()
    assert not any(
        person in text for person in everybody for text in frame[["reason", "description"]].to_numpy().ravel()
    )


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


def test_the_description_is_true(planted) -> None:
    found, groups, _ = planted
    frame = undeclared(found, groups).to_frame()
    unit = found.graph.people.set_index("person")["unit"]
    summary = found.summary.set_index("community")
    for line in frame.to_dict("records"):
        people = found.people(line["community"])
        text = line["description"]
        assert text.startswith(f"{line['size']} people from {line['units']} unit")
        assert line["units"] == unit[people].nunique()
        most = unit[people].value_counts(normalize=True)
        if "mostly" in text:
            share = float(text.split("(")[1].split(" %")[0]) / 100
            named = [name for name in most.index if name in text]
            assert most[named].sum() == pytest.approx(share, abs=0.006)
        confidence = summary.loc[line["community"], "confidence"]
        known = "confidence not judged" if np.isnan(confidence) else f"confidence {100 * confidence:.0f} %"
        assert known in text


@pytest.fixture(scope="module")
def circles() -> Communities:
    """Two circles of six, of three units, one by mail all the time, one by chat and, in one window, by meeting."""
    start = pd.Timestamp("2026-01-01", tz="UTC")
    rows = []
    for people, medium, windows in (("abcdef", "email", range(4)), ("uvwxyz", "chat", range(2))):
        for one, other in itertools.permutations(people, 2):
            rows += [
                (one, other, start + pd.Timedelta(days=28 * k + 3, minutes=m), medium) for k in windows for m in (0, 1)
            ]
    rows += [("u", "v", start + pd.Timedelta(days=90, minutes=m), "meeting") for m in range(4)]
    rows += [(one, "w", start + pd.Timedelta(days=90), "meeting") for one in "xyz"]
    frame = pd.DataFrame(rows, columns=["sender", "recipient", "time", "medium"])
    people = {
        "person": list("abcdefuvwxyz"),
        "unit": ["Sales"] * 5 + ["Data"] + ["Law"] * 2 + ["Data"] * 2 + ["Sales"] * 2,
    }
    inter = Interactions.from_frame(frame, medium="medium")
    graph = build_graph(inter, Directory.from_frame(people), period="2026-01-01/2026-04-23")
    return find_communities(graph, resolution=1.0, runs=2, confidence=False, beyond=False)


def test_the_description_of_two_circles(circles) -> None:
    groups = DeclaredGroups.from_frame({"group": "Other", "person": ["nobody"]})
    found = told(circles, confidence=[0.87, np.nan], stability=0.5, beyond_structure=True)
    frame = undeclared(found, groups).to_frame().set_index("community")
    assert len(frame) == 2
    mail = next(name for name in frame.index if "a" in found.people(name))
    chat = next(name for name in frame.index if "u" in found.people(name))
    sure = {True: "confidence 87 %", False: "confidence not judged, stability 0.50"}
    first = found.summary["community"].iloc[0]
    assert frame.loc[mail, "description"] == (
        "6 people from 2 units, mostly Sales (83 %), by email; alive in 4 of 4 windows of 28 days; "
        f"{sure[mail == first]}"
    )
    # Of fifteen pairs by chat four also meet; in that window five or six of six are in contact.
    assert frame.loc[chat, "description"] == (
        "6 people from 3 units, mostly Data and Law (67 %), by chat and meeting; alive in 3 of 4 windows of 28 days; "
        f"{sure[chat == first]}"
    )


def test_no_unit_and_no_time_is_said_by_silence() -> None:
    pairs = [*itertools.combinations("abcde", 2), *itertools.combinations("vwxyz", 2)]
    rows = {"sender": [one for one, _ in pairs], "recipient": [other for _, other in pairs]}
    graph = build_graph(Interactions.from_frame(rows, medium="meeting"))
    found = find_communities(graph, resolution=1.0, runs=2, confidence=False, beyond=False)
    frame = undeclared(found, DeclaredGroups.from_frame({"group": "Other", "person": ["nobody"]})).to_frame()
    assert frame["description"].tolist() == ["5 people, by meeting; confidence not judged"] * 2
    assert undeclared(found, DeclaredGroups.from_frame({"group": "O", "person": ["n"]}), min_size=9).frame.empty
