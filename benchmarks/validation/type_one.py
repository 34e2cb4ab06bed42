"""How often is a random roster called a community?"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from commfinder.graph import InteractionGraph
from validation import SIZES
from validation.door import ALIVE, Examiner, judged, pool_of
from validation.organisations import DATA, NETWORKS, tell
from validation.rosters import MIXTURES, can_draw, draw
from validation.scores import rate

__all__ = ["cell", "measure", "table"]

ALPHA, MOST, MOST_CALLED, PERMUTATIONS = 0.05, 0.07, 0.05, 199
SEED = 20261124
"""Of this part alone: what was measured with the seed of the others led to how stand-ins are drawn now."""


def measure(
    rosters: int = 2000, judged_rosters: int = 200, sizes: tuple[int, ...] = SIZES, simulated_seed: int = 5000
) -> dict[str, Any]:
    """Measure every cell of every network."""
    cells: list[dict[str, Any]] = []
    left_out: list[dict[str, Any]] = []
    for number, (name, (folder, load)) in enumerate(NETWORKS.items()):
        if folder and not (DATA / folder).is_dir():
            left_out.append({"network": name, "why": "the data are not beside the project"})
            continue
        graph = load() if folder else load(seed=simulated_seed)
        pool = pool_of(graph)
        for size in sizes:
            for kind, mixture in enumerate(MIXTURES):
                about = {"network": name, "size": size, "mixture": mixture}
                why = can_draw(pool, mixture, size)
                if why:
                    left_out.append({**about, "why": why})
                    continue
                started = time.perf_counter()
                rng = np.random.default_rng([SEED, 1, number, size, kind])
                drawn = [draw(pool, mixture, size, rng) for _ in range(rosters)]
                figures = cell(graph, drawn, judged_rosters)
                cells.append({**about, **figures, "seconds": round(time.perf_counter() - started, 2)})
                tell(f"{about}: both {figures['both']['share']}, called {figures['called']['share']}")
    return {"rosters": rosters, "judged": judged_rosters, "cells": cells, "left_out": left_out}


def cell(graph: InteractionGraph, drawn: list[list[str]], judged_rosters: int) -> dict[str, Any]:
    """Examine the rosters of one cell, and judge the first of them as an organisation's groups."""
    seen = Examiner(graph, SEED, permutations=PERMUTATIONS).look(drawn)
    formal = np.array([one.p_formal for one in seen])
    permutation = np.array([one.p_permutation for one in seen])
    both = np.maximum(formal, permutation)
    said = judged(graph, {f"r{n}": people for n, people in enumerate(drawn[:judged_rosters])}, seed=SEED)
    called = said["verdict"].isin(ALIVE)
    figures: dict[str, Any] = {
        name: rate(int((p <= ALPHA).sum()), len(p))
        for name, p in (("formal", formal), ("permutation", permutation), ("both", both))
    }
    figures["called"] = rate(int(called.sum()), len(called))
    figures["verdicts"] = {str(word): int(count) for word, count in said["verdict"].value_counts().items()}
    figures["passes"] = bool(figures["both"]["share"] <= MOST)
    figures["passes_called"] = bool(figures["called"]["share"] <= MOST_CALLED)
    return figures


def table(document: dict[str, Any]) -> str:
    """Write the cells as Markdown."""
    lines = [
        "| network | size | mixture | analytic | permutation | both needed (95 % interval) | told to be a community |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in document["cells"]:
        both, called = one["both"], one["called"]
        lines.append(
            f"| {one['network']} | {one['size']} | {one['mixture']} | {_percent(one['formal']['share'])} "
            f"| {_percent(one['permutation']['share'])} | {_percent(both['share'])} ({_percent(both['low'])} to "
            f"{_percent(both['high'])}){'' if one['passes'] else ' **missed**'} | {called['hits']} of {called['of']}"
            f"{'' if one['passes_called'] else ' **missed**'} |"
        )
    words = [
        f"{one['network']}" + (f", {one['size']} people, {one['mixture']}" if "size" in one else "") + f": {one['why']}"
        for one in document["left_out"]
    ]
    return "\n".join(lines) + "\n" + (f"\nLeft out: {'; '.join(words)}.\n" if words else "")


def _percent(share: float) -> str:
    """Write a share in per cent."""
    return f"{100 * share:.1f} %"
