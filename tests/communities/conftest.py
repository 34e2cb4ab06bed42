"""Graphs with planted communities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
import pytest

from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

Edges = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def planted() -> Callable[..., Edges]:
    """Draw a planted partition: ends of ties, a < b, of communities of one size, people numbered by community."""

    def make(groups: int, size: int, inside: float, outside: float, seed: int = 0) -> Edges:
        rng = np.random.default_rng(seed)
        a, b = np.triu_indices(groups * size, 1)
        here = rng.random(len(a)) < np.where(a // size == b // size, inside, outside)
        return a[here], b[here]

    return make


@pytest.fixture(scope="session")
def cliques() -> Callable[..., Edges]:
    """Make cliques of given sizes that have nothing to do with one another."""

    def make(*sizes: int) -> Edges:
        starts = np.cumsum([0, *sizes[:-1]])
        pairs = [
            pair
            for start, size in zip(starts, sizes, strict=True)
            for pair in combinations(range(start, start + size), 2)
        ]
        a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return a, b

    return make


@pytest.fixture(scope="session")
def static() -> Callable[..., InteractionGraph]:
    """Make a graph of ties without a time among people p000, p001, ..."""

    def make(a: Iterable[int], b: Iterable[int], n: int, **columns: list) -> InteractionGraph:
        names = [f"p{number:03d}" for number in range(n)]
        rows = {"sender": [names[i] for i in a], "recipient": [names[j] for j in b]}
        people = Directory.from_frame({"person": names, **columns})
        return build_graph(Interactions.from_frame(rows, medium="contact"), people)

    return make
