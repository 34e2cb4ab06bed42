"""Are planted process groups found, with fewer and fewer case ids, less and less order, and people who come and go?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from validation.organisations import tell

from delivery_parts import SEED
from delivery_parts.planted import DELIVERS, Planted, organisation
from delivery_parts.runs import Runs
from delivery_parts.scores import LEASTS, over_organisations, recovered, summed

__all__ = ["CELLS", "FIRST_SEED", "cell_name", "measure", "score", "table"]

FIRST_SEED = 8201
F1 = 0.8

CELLS = tuple(
    [(ids, noise, 0.05) for ids in (1.0, 0.5, 0.0) for noise in (0.0, 0.1, 0.2, 0.4)]
    + [(ids, 0.1, turnover) for ids in (1.0, 0.0) for turnover in (0.2, 0.4)]
)
"""Share of cases with an id, order noise, turnover."""

_GROUPS = {"process": 5, "knowledge": 2, "social": 2, "formal-only": 2}
_PEOPLE, _WEEKS = (150, 170, 190, 210), 22


def cell_name(cell: tuple[float, float, float]) -> str:
    """Write a cell as a name."""
    return "ids {:.0%}, noise {:.0%}, turnover {:.0%}".format(*cell)


def measure(runs: Runs, organisations: int = 4, first: int = FIRST_SEED) -> dict[str, Any]:
    """Find groups in every cell, on the same seeds, and score what was found."""
    cells: dict[str, list[dict[str, Any]]] = {cell_name(cell): [] for cell in CELLS}
    for seed in range(first, first + organisations):
        for cell in CELLS:
            name = cell_name(cell)
            made = _made(seed, cell)
            cells[name].append(runs.get(f"{seed}: {name}", made))
    figures = {name: score(parts) for name, parts in cells.items()}
    easy = score([one for cell in CELLS if _is_easy(cell) for one in cells[cell_name(cell)]])
    return {
        "first_seed": first,
        "organisations": organisations,
        "groups": _GROUPS,
        "people": _PEOPLE,
        "weeks": _WEEKS,
        "cells": figures,
        "easy": easy,
        "passes": (easy["named"]["0.5"]["f1"] or 0.0) >= F1,
    }


def _is_easy(cell: tuple[float, float, float]) -> bool:
    """Tell the cells that have a target: all ids, little noise, little turnover."""
    ids, noise, turnover = cell
    return ids == 1 and noise <= 0.2 and turnover < 0.1


def _made(seed: int, cell: tuple[float, float, float]) -> Callable[[], dict[str, Any]]:
    """Return what makes one run, so that it is made only where it is not kept."""
    return lambda: look(seed, cell)


def look(seed: int, cell: tuple[float, float, float]) -> dict[str, Any]:
    """Simulate one organisation, find its delivery groups and count."""
    started = time.perf_counter()
    ids, noise, turnover = cell
    people = _PEOPLE[seed % len(_PEOPLE)]
    options = {"groups": _GROUPS, "case_ids": ids, "order_noise": noise, "turnover": turnover}
    planted = organisation(seed, people=people, weeks=_WEEKS, work=options)
    found = planted.found()
    row = counts(planted, found) | {"seconds": round(time.perf_counter() - started, 1)}
    hits = row["named"]["0.5"]
    tell(f"recovery, {seed}, {cell_name(cell)}: {hits['hits']} of {hits['planted']}, {row['seconds']} s")
    return row


def counts(planted: Planted, found: list[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    """Count what was found: groups that are said to deliver, and candidates of any type."""
    wanted = [members for kind, members in planted.groups.values() if kind in DELIVERS]
    named = [members for said, members in found if said in DELIVERS]
    every = [members for _, members in found]
    return {
        "named": {str(least): recovered(wanted, named, least) for least in LEASTS},
        "candidates": {str(least): recovered(wanted, every, least) for least in LEASTS},
    }


def score(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the runs of a cell together."""
    figures: dict[str, Any] = {"organisations": len(parts)}
    for kind in ("named", "candidates"):
        figures[kind] = {}
        for least in map(str, LEASTS):
            rows = [one[kind][least] for one in parts]
            interval = over_organisations(rows, lambda again: summed(again)["f1"], seed=SEED)
            figures[kind][least] = summed(rows) | {"f1_interval": interval}
    return figures


def table(document: dict[str, Any]) -> str:
    """Write the figures as Markdown."""
    lines = [
        "| cases with id | order noise | turnover | precision | recall | F1 (95 % interval) | F1 at .75 "
        "| recall of candidates of any type |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for cell in CELLS:
        one = document["cells"][cell_name(cell)]
        half, strict = one["named"]["0.5"], one["named"]["0.75"]
        lines.append(
            "| {:.0%} | {:.0%} | {:.0%} ".format(*cell)
            + f"| {_two(half['precision'])} | {_two(half['recall'])} | {_two(half['f1'])}{_range(half['f1_interval'])} "
            f"| {_two(strict['f1'])} | {_two(one['candidates']['0.5']['recall'])} |"
        )
    easy = document["easy"]["named"]["0.5"]
    verdict = "reached" if document["passes"] else "**missed**"
    lines += [
        "",
        f"{document['organisations']} organisations, the same in every cell. All ids and noise of at most 20 % "
        f"together: F1 {_two(easy['f1'])}{_range(easy['f1_interval'])}, target {F1}: {verdict}. Of "
        f"{easy['found']} groups said to deliver there, {easy['repeated']} were repeats.",
    ]
    return "\n".join(lines) + "\n"


def _two(value: float | None) -> str:
    """Write a share with two digits."""
    return "-" if value is None else f"{value:.2f}"


def _range(interval: list[float] | None) -> str:
    """Write an interval in brackets."""
    return "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"
