"""A small organisation with one living group in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import Communities, find_communities
from commfinder.declared import Verdicts, assess_groups
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory

N = 160
START = pd.Timestamp("2026-01-01", tz="UTC")
PERIOD = "2026-01-01/2026-06-18"  # six windows of 28 days


PROBE = """
import numpy as np
from commfinder.communities import leiden
rng = np.random.default_rng(1)
a, b = np.triu_indices(60, 1)
held = rng.random(len(a)) < np.where(a // 12 == b // 12, 0.8, 0.01)
a, b = a[held], b[held]
for seed in range(20):
    leiden(a, b, np.full(len(a), 0.0857), n=64, resolution=5.0, seed=seed)
"""


@dataclass(frozen=True)
class World:
    """A graph, its communities, and people by number."""

    graph: InteractionGraph
    found: Communities
    names: list[str]
    living: list[str]
    listed: list[str]


@pytest.fixture(scope="session")
def build(ends) -> Callable[..., InteractionGraph]:
    """Make a graph of ties that last the whole period, with extra ties for some pairs in some space."""

    def make(*, seed: int = 0, extra: tuple = (), structure: bool = True) -> InteractionGraph:
        rng = np.random.default_rng(seed)
        a, b = np.triu_indices(N, 1)
        unit = np.arange(N) // 20
        active = np.exp(rng.normal(0, 0.3, N))
        rate = np.where(unit[a] == unit[b], 0.25, 0.03) * active[a] * active[b]
        held = rng.random(len(a)) < np.minimum(rate, 0.9)
        pairs = {(int(i), int(j)): None for i, j in zip(a[held], b[held], strict=True)}
        for people, share, space in extra:
            for k, i in enumerate(people):
                for j in people[k + 1 :]:
                    if rng.random() < share:
                        pairs.setdefault((min(i, j), max(i, j)), space)
        rows = [
            (f"p{i:03d}", f"p{j:03d}", START + pd.Timedelta(days=28 * window + 3, seconds=turn), space)
            for (i, j), space in pairs.items()
            for window in range(6)
            for turn in range(2)
        ]
        frame = pd.DataFrame(rows, columns=["sender", "recipient", "time", "space"])
        inter = Interactions.from_frame(frame, medium="meeting", space="space")
        names = [f"p{k:03d}" for k in range(N)]
        columns = {"unit": [f"u{code}" for code in unit]} if structure else {}
        return build_graph(inter, Directory.from_frame({"person": names, **columns}), period=PERIOD)

    return make


@pytest.fixture(scope="session")
def world(build) -> World:
    living, listed = list(range(0, 156, 13)), list(range(3, 159, 13))
    graph = build(extra=((living, 0.6, None), (listed, 0.6, "own")))
    names = graph.people["person"].tolist()
    return World(
        graph, find_communities(graph, beyond=False), names, [names[k] for k in living], [names[k] for k in listed]
    )


@pytest.fixture(scope="session")
def assess(world) -> Callable[..., Verdicts]:
    """Assess rosters given as {group: members}; communities only to match with, so that they are found once."""

    def make(
        graph: InteractionGraph, rosters: dict[str, list[str]], *, spaces: dict[str, str] | None = None, **options
    ):
        rows = [(name, one, (spaces or {}).get(name)) for name, people in rosters.items() for one in people]
        frame = pd.DataFrame(rows, columns=["group", "person", "space"])
        return assess_groups(graph, DeclaredGroups.from_frame(frame), **{"found": world.found, **options})

    return make


@pytest.fixture(scope="session")
def ends() -> None:
    """Stop here if rounding lets Leiden go round in circles: no signal gets through to it, and no test would end."""
    try:
        subprocess.run([sys.executable, "-c", PROBE], check=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.fail("Leiden does not come to an end on equal weights that binary numbers can not hold")
