"""How often is a planted community noticed?"""

from __future__ import annotations

import time
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from validation import SEED
from validation.door import Examiner, pool_of, with_ties
from validation.organisations import institute, tell
from validation.rosters import draw
from validation.scores import rate

__all__ = ["PLANNED", "has_room", "measure", "table"]

SIZES, CHANCES, ALPHA, SLACK, ROOM = (5, 8, 12, 20), (0.05, 0.1, 0.2, 0.3, 0.5), 0.05, 0.05, 3

PLANNED = {
    (5, 0.2): (0.42, 0.52),
    (5, 0.5): (0.85, 0.87),
    (8, 0.2): (0.55, 0.63),
    (8, 0.3): (0.88, 0.92),
    (12, 0.1): (0.45, 0.48),
    (12, 0.2): (0.88, 0.87),
    (20, 0.1): (0.83, 0.77),
    (20, 0.2): (0.97, 0.92),
}
"""Size and chance to the shares that the plan has, of the analytic test and of the permutation."""


def measure(rosters: int = 300) -> dict[str, Any]:
    """Plant rosters one at a time and examine each in the graph it makes."""
    graph = institute()
    pool = pool_of(graph)
    cells = []
    for size in SIZES:
        for chance in CHANCES:
            started = time.perf_counter()
            rng = np.random.default_rng([SEED, 2, size, round(100 * chance)])
            planned = PLANNED.get((size, chance))
            tries = rosters if planned else max(rosters // 3, 1)
            hits, roomy_hits, roomy = np.zeros(3, dtype=int), np.zeros(3, dtype=int), 0
            for _ in range(tries):
                people = draw(pool, "three departments", size, rng)
                pairs = list(combinations(people, 2))
                gained = [pair for pair, kept in zip(pairs, rng.random(len(pairs)) < chance, strict=True) if kept]
                seen = Examiner(with_ties(graph, gained), SEED).look([people])[0]
                told = np.array([seen.p_formal, seen.p_permutation, seen.p]) <= ALPHA
                room = has_room(pool, people)
                hits, roomy_hits, roomy = hits + told, roomy_hits + told * room, roomy + room
            names = ("formal", "permutation", "both")
            one: dict[str, Any] = {"size": size, "chance": chance}
            one |= {name: rate(int(count), tries) for name, count in zip(names, hits, strict=True)}
            one["roomy"] = {name: rate(int(count), roomy) for name, count in zip(names, roomy_hits, strict=True)}
            if planned:
                ours = (one["formal"]["share"], one["permutation"]["share"])
                one |= {"planned": list(planned)}
                one["passes"] = all(a >= b - SLACK for a, b in zip(ours, planned, strict=True))
            cells.append({**one, "seconds": round(time.perf_counter() - started, 2)})
            tell(f"power, {size} people, {chance}: {[one[name]['share'] for name in names]}, planned {planned}")
    return {"rosters": rosters, "cells": cells}


def has_room(pool: pd.DataFrame, people: list[str]) -> bool:
    """Tell whether each department of a roster holds at least three times as many people as it gave."""
    given = pool.loc[pool["person"].isin(people), "unit"].value_counts()
    return bool((pool["unit"].value_counts()[given.index] >= ROOM * given).all())


def table(document: dict[str, Any]) -> str:
    """Write the cells as Markdown."""
    lines = [
        "| size | extra ties | analytic (plan) | permutation (plan) | both needed (95 % interval) "
        "| permutation, departments with room |",
        "|---|---|---|---|---|---|",
    ]
    for one in document["cells"]:
        plan = [f" ({share:.2f})" for share in one.get("planned", ())] or ["", ""]
        both = one["both"]
        missed = "" if one.get("passes", True) else " **missed**"
        lines.append(
            f"| {one['size']} | {one['chance']:.2f} | {one['formal']['share']:.2f}{plan[0]} "
            f"| {one['permutation']['share']:.2f}{plan[1]}{missed} "
            f"| {both['share']:.2f} ({both['low']:.2f} to {both['high']:.2f}) | {_roomy(one['roomy']['permutation'])} |"
        )
    return "\n".join(lines) + "\n"


def _roomy(one: dict[str, Any]) -> str:
    """Write a share of rosters whose departments have room."""
    return f"{one['share']:.2f} of {one['of']}" if one["of"] else "none drawn"
