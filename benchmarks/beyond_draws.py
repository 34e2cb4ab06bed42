"""Organisations with groups across units that formal structure does not explain, for `beyond.py`: ranges and draws."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from commfinder import Directory, Interactions, build_graph
from commfinder.graph import InteractionGraph
from commfinder.simulation import Plan, simulate

__all__ = [
    "HELD_OUT",
    "LARGE",
    "LARGER",
    "MESSAGES",
    "OTHER_MESSAGES",
    "SMALL",
    "TINY",
    "TRAINING",
    "WIDER",
    "Drawn",
    "drawn",
    "simulated",
]

TRAINING: dict[str, Any] = {
    "people": (90, 360),
    "unit": [(6, 14), (10, 30), (20, 60)],
    "sites": [0, 2, 3],
    "managers": [False, True],
    "spread": [0.2, 0.5, 0.9],
    "inside": (2.0, 9.0),
    "across": (1.5, 8.0),
    "uneven": [0.0, 0.5, 1.0],
    "closing": [0.0, 0.0, 0.1],
    "groups": [0, 0, 1, 2, 4, 6],
    "size": (5, 30),
    "strength": (0.1, 0.9),
    "mix": ["uniform", "three units", "active"],
}
WIDER: dict[str, Any] = {
    **TRAINING,
    "people": (480, 600),
    "unit": [(8, 35), (15, 25), (30, 80)],
    "sites": [0, 4],
    "spread": [0.3, 0.7],
    "inside": (3.0, 12.0),
    "across": (2.0, 10.0),
    "uneven": [0.0, 0.3, 0.8],
    "closing": [0.0, 0.05, 0.15],
    "groups": [0, 1, 3, 5, 8],
    "size": (6, 40),
    "strength": (0.08, 0.8),
    "mix": ["uniform", "four units", "active"],
}
SMALL: dict[str, Any] = {
    **WIDER,
    "people": (55, 88),
    "unit": [(5, 12), (8, 20)],
    "groups": [0, 0, 1, 2],
    "size": (6, 14),
    "across": (1.5, 5.0),
}
HELD_OUT: dict[str, Any] = {
    **WIDER,
    "people": (370, 470),
    "unit": [(5, 12), (12, 40), (40, 70)],
    "sites": [0, 5],
    "spread": [0.25, 0.6, 0.8],
    "inside": (2.5, 10.0),
    "across": (1.8, 9.0),
    "uneven": [0.2, 0.6],
    "closing": [0.0, 0.08],
    "groups": [0, 2, 4, 7],
    "size": (7, 35),
    "strength": (0.12, 0.85),
    "mix": ["uniform", "four units", "active"],
}
TINY: dict[str, Any] = {**SMALL, "people": (45, 54), "groups": [0, 1, 2], "size": (5, 12)}
LARGE: dict[str, Any] = {
    **WIDER,
    "people": (1200, 5000),
    "unit": [(8, 35), (15, 25), (60, 140)],
    "sites": [0, 3, 8],
    "spread": [0.3, 0.6, 0.9],
    "groups": [0, 2, 6, 15],
    "size": (5, 40),
}
LARGER: dict[str, Any] = {
    **HELD_OUT,
    "people": (5500, 8000),
    "unit": [(6, 14), (20, 50), (40, 120)],
    "sites": [0, 6],
    "groups": [0, 3, 10, 20],
    "size": (6, 35),
}
MESSAGES: dict[str, Any] = {
    "people": (300, 420),
    "real": (0, 5),
    "emerging": 0,
    "size": (6, 24),
    "strength": (0.15, 0.7),
    "undeclared": (0, 4),
    "noise": [0.05, 0.2, 0.5],
}
OTHER_MESSAGES: dict[str, Any] = {
    "people": (425, 520),
    "real": (1, 5),
    "emerging": 1,
    "size": (7, 30),
    "strength": (0.2, 0.6),
    "undeclared": (1, 4),
    "noise": [0.1, 0.3],
}


class Drawn(NamedTuple):
    """An organisation, and the groups across units that are planted in it, by numbers of people in the graph."""

    graph: InteractionGraph
    planted: list[np.ndarray]


def _evenly(pair: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw from a range, evenly on a scale of ratios."""
    return float(np.exp(rng.uniform(*np.log(pair))))


def drawn(ranges: dict[str, Any], seed: int, *, nothing: bool = False) -> Drawn:
    """Draw one organisation of some ranges; with `nothing`, one that formal structure explains."""
    rng = np.random.default_rng([29, seed])
    pick = {name: given[rng.integers(len(given))] for name, given in ranges.items() if isinstance(given, list)}
    n = int(_evenly(ranges["people"], rng))
    sizes: list[int] = []
    while sum(sizes) < n:
        sizes.append(int(rng.integers(pick["unit"][0], pick["unit"][1] + 1)))
    unit = np.repeat(np.arange(len(sizes)), sizes)[:n]
    site = rng.integers(0, pick["sites"], len(sizes))[unit] if pick["sites"] else np.zeros(n, np.int64)
    activity = rng.gamma(1 / pick["spread"] ** 2, pick["spread"] ** 2, n) + 0.1
    factor = np.exp(pick["uneven"] * rng.normal(size=(len(sizes), len(sizes))))
    factor = np.triu(factor, 1) + np.triu(factor, 1).T + np.diag(np.diag(factor))
    rate = np.outer(activity, activity) * factor[np.ix_(unit, unit)]
    rate *= np.where(site[:, None] == site[None, :], 2.0, 1.0) if pick["sites"] else 1.0
    same = unit[:, None] == unit[None, :]
    for where, mean in ((same, _evenly(ranges["inside"], rng)), (~same, _evenly(ranges["across"], rng))):
        rate[where] *= mean * n / max(float(rate[where].sum()), 1e-9)
    head = np.searchsorted(unit, unit)
    if pick["managers"]:
        rate[np.arange(n), head] = rate[head, np.arange(n)] = 1.5
        heads = np.unique(head)
        rate[np.ix_(heads, heads)] = np.maximum(rate[np.ix_(heads, heads)], 0.5)
    ties = rng.random((n, n)) < 1 - np.exp(-rate)
    planted = [] if nothing else _groups(ranges, pick, unit, activity, rng)
    for members in planted:
        strength = rng.uniform(*ranges["strength"])
        ties[np.ix_(members, members)] |= rng.random((len(members), len(members))) < strength
    ties = np.triu(ties, 1)
    if pick["closing"] and not nothing:
        ties |= _closed(ties, pick["closing"], rng)
    manager = np.where(head == np.arange(n), 0, head) if pick["managers"] else None
    return Drawn(_graph(ties, unit, site if pick["sites"] else None, manager), planted)


def _groups(
    ranges: dict[str, Any], pick: dict[str, Any], unit: np.ndarray, activity: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Draw groups of people of many units."""
    found = []
    for _ in range(pick["groups"]):
        size = round(_evenly(ranges["size"], rng))
        pool = np.arange(len(unit))
        if pick["mix"].endswith("units"):
            many = min(4 if pick["mix"].startswith("four") else 3, int(unit.max()) + 1)
            pool = np.flatnonzero(np.isin(unit, rng.choice(int(unit.max()) + 1, many, replace=False)))
        chance = activity[pool] ** 2 if pick["mix"] == "active" else np.ones(len(pool))
        found.append(np.sort(rng.choice(pool, min(size, len(pool) // 2), replace=False, p=chance / chance.sum())))
    return [members for members in found if len(members) >= 5]


def _closed(ties: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Close open triangles: as many more ties as this share of those there are."""
    both = ties | ties.T
    contacts = both.astype(np.float64)
    open_ones = np.triu((contacts @ contacts) * ~both, 1)
    a, b = np.nonzero(open_ones)
    chance = open_ones[a, b]
    more = np.zeros_like(ties)
    take = rng.choice(len(a), min(int(share * ties.sum()), len(a)), replace=False, p=chance / chance.sum())
    more[a[take], b[take]] = True
    return more


def _graph(ties: np.ndarray, unit: np.ndarray, site: np.ndarray | None, manager: np.ndarray | None) -> InteractionGraph:
    """Turn ties into a graph, through the public door."""
    names = np.array([f"p{number:04d}" for number in range(len(unit))])
    a, b = np.nonzero(ties)
    people = pd.DataFrame({"person": names, "unit": [f"U{one:02d}" for one in unit]})
    if site is not None:
        people["site"] = [f"S{one}" for one in site]
    if manager is not None:
        people["manager"] = [None if one == k else names[one] for k, one in enumerate(manager)]
    rows = pd.DataFrame({"sender": names[a], "recipient": names[b]})
    return build_graph(Interactions.from_frame(rows, medium="contact"), Directory.from_frame(people))


def simulated(ranges: dict[str, Any], seed: int) -> Drawn:
    """Draw one organisation of messages over time."""
    rng = np.random.default_rng([31, seed])
    mixes = ("uniform", "active", "three units")
    plan = Plan(
        groups={
            "real": int(rng.integers(*ranges["real"])),
            "paper": 3,
            "formal-only": 2,
            "emerging": ranges["emerging"],
        },
        size=ranges["size"],
        strength=ranges["strength"],
        mixes=(mixes[rng.integers(3)],),
        undeclared=int(rng.integers(*ranges["undeclared"])),
        noise=float(rng.choice(ranges["noise"])),
    )
    organisation = simulate(people=int(rng.integers(*ranges["people"])), seed=seed, plan=plan)
    rows = Interactions.from_frame(organisation.clean_frame(), medium="medium", event="event")
    graph = build_graph(rows, Directory.from_frame(organisation.people), period="2026-04-01/2026-10-01")
    number = {name: k for k, name in enumerate(graph.people["person"])}
    members = organisation.truth.members
    tied = members[members["planted"].astype(bool)].rename(columns={"group": "community"})
    parts = pd.concat([tied[["community", "person"]], organisation.truth.undeclared[["community", "person"]]])
    inside = parts[parts["person"].isin(number)]
    return Drawn(graph, [np.sort(one["person"].map(number).to_numpy()) for _, one in inside.groupby("community")])
