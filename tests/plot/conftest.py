"""Communities and delivery groups to draw, on a canvas that no screen is needed for."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from matplotlib import pyplot as plt

from commfinder.communities import Communities, find_communities
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.groups.group import DeliveryGroup
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory


@pytest.fixture(autouse=True)
def closed():
    """Leave no figure behind."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def cliques():
    """Make communities of cliques in a ring of single ties, with units, and some people without a tie."""

    def make(*sizes: int, alone: int = 0, unit: list | None = None, **columns: list) -> Communities:
        starts = np.cumsum([0, *sizes])
        ends = [pair for low, high in pairwise(starts) for pair in combinations(range(low, high), 2)]
        if len(sizes) > 1:
            ends += [(low, high) for low, high in zip(starts[:-1], [*starts[1:-1], 1], strict=True)]
        n = int(starts[-1]) + alone
        names = [f"person{number:03d}" for number in range(n)]
        people = Directory.from_frame({"person": names, "unit": unit or [None] * n, **columns})
        rows = {"sender": [names[a] for a, _ in ends], "recipient": [names[b] for _, b in ends]}
        graph = build_graph(Interactions.from_frame(rows, medium="contact"), people)
        return find_communities(graph, runs=2, resolution=1.0, confidence=False, beyond=False)

    return make


@pytest.fixture(scope="session")
def found(cliques):
    """Three communities of 8, 6 and 5 people of two units and two people, one without a unit, in none."""
    unit = [*["Sales"] * 10, *["Data"] * 8, None, "Data", None]
    return cliques(8, 6, 5, alone=2, unit=unit, site=["Rome"] * 21, manager=[None] + ["person000"] * 20)


@pytest.fixture(scope="session")
def overlapping(found):
    """The same, with a fourth community beyond formal structure of four people, and some confidence."""
    extra = found.members[found.members["person"].isin([f"person{number:03d}" for number in (0, 1, 9, 15)])]
    members = pd.concat([found.members, extra.assign(community="B1", strength=0.01)], ignore_index=True)
    line = found.summary.head(1).assign(community="B1", size=4)
    summary = pd.concat([found.summary, line], ignore_index=True).assign(confidence=[0.9, 0.2, np.nan, 0.7])
    return replace(found, members=members.sort_values(["person", "community"], ignore_index=True), summary=summary)


ROLES = {
    "Sales": ("North", ["sara", "sven"]),
    "Intake": ("Centre", ["ina"]),
    "Finance": ("Centre", ["fay", "fred", "finn"]),
    "IT": ("South", ["ida"]),
}
USUAL = ["Sales", "Intake", "Finance", "IT"]
DAY = pd.Timestamp("2026-03-02 09:00", tz="UTC")


def _log(*sequences: list[str], gap: float = 2.0) -> pd.DataFrame:
    """Return one case per sequence of roles; each next act comes after some hours, people of a role take turns."""
    turn, rows = dict.fromkeys(ROLES, 0), []
    for number, sequence in enumerate(sequences):
        for place, role in enumerate(sequence):
            unit, people = ROLES[role]
            person = people[turn[role] % len(people)]
            turn[role] += 1
            moment = DAY + pd.Timedelta(number, "D") + pd.Timedelta(gap * place, "h")
            rows.append({"case": f"c{number:03d}", "person": person, "time": moment, "unit": unit, "role": role})
    return pd.DataFrame(rows)


def _group(frame: pd.DataFrame, *, gates: Any = (), members: list[str] | None = None, name: str = "D1") -> Any:
    """Make a group of an event log; gates are pairs of step and person."""
    cases = Cases.of(frame)
    people = sorted(set(frame["person"])) if members is None else members
    looked_at = {
        "name": name,
        "cases": cases,
        "handoffs": hand_offs(cases),
        "members": pd.DataFrame({"group": name, "person": people}),
        "gatekeepers": pd.DataFrame(list(gates), columns=["step", "person"]),
        "provenance": cases.provenance,
    }
    # What pictures do not look at is not made up.
    return DeliveryGroup(**{one.name: looked_at.get(one.name) for one in fields(DeliveryGroup)})


@pytest.fixture(scope="session")
def log():
    """Make an event log: one case per sequence of Sales, Intake, Finance and IT."""
    return _log


@pytest.fixture(scope="session")
def group_of():
    """Make a delivery group of an event log."""
    return _group


@pytest.fixture(scope="session")
def desk():
    """Twenty cases in the usual order, four that go back from Finance to Intake, six that leave Intake out."""
    back = ["Sales", "Intake", "Finance", "Intake", "Finance", "IT"]
    sequences = [*[USUAL] * 20, *[back] * 4, *[["Sales", "Finance", "IT"]] * 6]
    return _group(_log(*sequences), gates=[("Intake", "ina"), ("IT", "ida")])
