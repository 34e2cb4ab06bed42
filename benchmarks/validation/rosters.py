"""Rosters that nobody made a community: people drawn at random, in four mixtures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

__all__ = ["MIXTURES", "can_draw", "draw", "swap"]

MIXTURES = ("uniform", "active", "three departments", "70 % one department")

_TRIPLES, _HOMES, _NEAREST = 20, 3, 10


def can_draw(pool: pd.DataFrame, mixture: str, size: int) -> str:
    """Return an empty word if a mixture can be drawn in a size, else the reason why not.

    Parameters
    ----------
    pool : pandas.DataFrame
        person, unit and degree of the people who can be drawn.
    mixture : str
        One of `MIXTURES`.
    size : int
        People in a roster.
    """
    if len(pool) < 2 * size:
        return f"only {len(pool)} people have ties"
    counts = pool["unit"].value_counts().to_numpy()
    if mixture == "three departments":
        triples = sum(sum(three) >= size for three in combinations(counts.tolist(), 3))
        return "" if triples >= _TRIPLES else f"{triples} triples of departments hold {size} people"
    if mixture == "70 % one department":
        inside = round(0.7 * size)
        homes = int((counts >= inside).sum())
        return "" if homes >= _HOMES else f"{homes} departments hold {inside} people"
    return ""


def draw(pool: pd.DataFrame, mixture: str, size: int, rng: np.random.Generator) -> list[str]:
    """Draw one roster."""
    people, of = pool["person"].to_numpy(dtype=object), pool["unit"].to_numpy(dtype=object)
    if mixture == "uniform":
        return _take(people, size, rng)
    if mixture == "active":
        weight = pool["degree"].to_numpy(dtype=np.float64)
        return rng.choice(people, size, replace=False, p=weight / weight.sum()).tolist()
    names, counts = np.unique(of, return_counts=True)
    if mixture == "three departments":
        while True:
            chosen = rng.choice(len(names), 3, replace=False)
            if counts[chosen].sum() >= size:
                return _take(people[np.isin(of, names[chosen])], size, rng)
    inside = round(0.7 * size)
    home = of == rng.choice(names[counts >= inside])
    return _take(people[home], inside, rng) + _take(people[~home], size - inside, rng)


def swap(pool: pd.DataFrame, members: list[str], count: int, rng: np.random.Generator) -> tuple[list[str], np.ndarray]:
    """Swap some members for people of other departments, each drawn from the ten nearest in number of ties.

    Returns
    -------
    members : list of str
        In the order of `pool`.
    wrong : ndarray of bool
        Who was swapped in.
    """
    people, of = pool["person"].to_numpy(dtype=object), pool["unit"].to_numpy(dtype=object)
    degree = np.log(pool["degree"].to_numpy(dtype=np.float64))
    here = np.flatnonzero(np.isin(people, members))
    leave = rng.choice(here, count, replace=False)
    free = ~np.isin(of, of[here])
    come = []
    for person in leave:
        others = np.flatnonzero(free)
        near = others[np.argsort(np.abs(degree[others] - degree[person]), kind="stable")[:_NEAREST]]
        come.append(int(rng.choice(near)))
        free[come[-1]] = False
    inside = np.sort(np.concatenate([np.setdiff1d(here, leave), np.array(come, dtype=np.int64)]))
    return people[inside].tolist(), np.isin(inside, come)


def _take(people: np.ndarray, size: int, rng: np.random.Generator) -> list[str]:
    """Draw without replacement, everybody alike."""
    return rng.choice(people, size, replace=False).tolist()
