"""Every table that could lie behind a disclosed row is tried: none may leave a small number as the only one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import pytest

from commfinder.report import Disclosure

_FLOAT_SLACK = 1e-9


def solve(
    worlds: Iterable[Mapping[str, int]], shown: Callable[[Any], Hashable], k: int
) -> list[tuple[Hashable, str, int]]:
    """Return what a reader, who knows the rules, can work out exactly though it is from 1 to k - 1."""
    possible: dict[Hashable, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for world in worlds:
        here = possible[shown(world)]
        for name, value in world.items():
            here[name].add(value)
    return [
        (row, name, next(iter(values)))
        for row, names in possible.items()
        for name, values in names.items()
        if len(values) == 1 and 0 < next(iter(values)) < k and not name.startswith("_")
    ]


def groups(size: int, verdict: str) -> Iterator[dict[str, int]]:
    for active in range(size + 1):
        for core in range(active + 1):
            share = core / active if active else 0.0
            if verdict == "real" and share < 0.6 - _FLOAT_SLACK:
                continue
            seen = active >= 0.6 * size
            if verdict == "core-only" and seen and not 0.2 - _FLOAT_SLACK <= share < 0.6 - _FLOAT_SLACK:
                continue
            for audience in range(active - core + 1):
                yield {
                    "active": active,
                    "absent": size - active,
                    "core": core,
                    "active but not core": active - core,
                    "audience": audience,
                    "core and audience": core + audience,
                    "neither": active - core - audience,
                }


@pytest.mark.parametrize("k", [5, 6])
@pytest.mark.parametrize("verdict", ["uncertain", "real", "broker-dependent", "core-only"])
def test_no_small_number_follows_from_a_verdict_row(verdict: str, k: int) -> None:
    gate = Disclosure(k=k)
    for size in range(k, 27):
        every = list(groups(size, verdict))
        frame = pd.DataFrame(
            {
                "group": [str(at) for at in range(len(every))],
                "verdict": verdict,
                "size": size,
                "active": [world["active"] for world in every],
                "core_share": [world["core"] / max(1, world["active"]) for world in every],
                "audience_share": [world["audience"] / max(1, world["active"]) for world in every],
            }
        )
        shown = {
            int(row["group"]): tuple(row[name] for name in ("evidence", "size", "active", "core", "audience"))
            for row in gate.release_verdicts(frame).rows
        }
        numbered = [{**world, "_at": at} for at, world in enumerate(every)]
        assert solve(numbered, lambda world, shown=shown: shown[world["_at"]], k) == []


@pytest.mark.parametrize("k", [5, 7])
def test_no_small_number_follows_from_size_outsiders_and_the_flag(k: int) -> None:
    for size in range(k, 40):
        every = [{"outsiders": outsiders} for outsiders in range(30)]
        frame = pd.DataFrame(
            {
                "group": [str(at) for at in range(30)],
                "verdict": "real",
                "size": size,
                "active": size,
                "outsiders": range(30),
                "bigger": [outsiders >= 0.2 * size for outsiders in range(30)],
            }
        )
        rows = {
            int(row["group"]): (row["outsiders"], row["bigger"]) for row in Disclosure(k=k).release_verdicts(frame).rows
        }
        assert solve(every, lambda world, rows=rows: rows[world["outsiders"]], k) == []


@pytest.mark.parametrize("k", [5, 8])
def test_no_small_number_follows_from_a_community(k: int) -> None:
    for size in range(k, 31):
        every = [
            {"in main unit": inside, "elsewhere": size - inside, "_units": units, "_at": at}
            for at, (inside, units) in enumerate(
                (inside, units) for units in range(1, size + 1) for inside in range(-(-size // units), size - units + 2)
            )
        ]
        frame = pd.DataFrame(
            {
                "community": [str(world["_at"]) for world in every],
                "size": size,
                "units": [world["_units"] for world in every],
                "main_unit": "Sales",
                "main_unit_share": [world["in main unit"] / size for world in every],
            }
        )
        released = Disclosure(k=k).release_communities(frame).rows
        rows = {int(row["community"]): (row["units"], row["main_unit"], row["in_main_unit"]) for row in released}
        named = [world for world in every if rows[world["_at"]][1] is not None]
        assert solve(every, lambda world, rows=rows: rows[world["_at"]], k) == [] or size < k
        assert all(world["in main unit"] >= k for world in named)


@pytest.mark.parametrize("k", [5, 6])
def test_no_small_overlap_follows_from_its_wording(k: int) -> None:
    for group in range(k, 18):
        for size in range(k, 18):
            every = [
                {"both": both, "only in the group": group - both, "only in the community": size - both}
                for both in range(1, min(group, size) + 1)
            ]
            frame = pd.DataFrame(
                {
                    "community": [str(world["both"]) for world in every],
                    "size": size,
                    "nearest": "G",
                    "jaccard": [world["both"] / (group + size - world["both"]) for world in every],
                }
            )
            released = Disclosure(k=k).release_undeclared(frame, group_sizes={"G": group}).rows
            rows = {int(row["community"]): row["overlap"] for row in released}
            assert solve(every, lambda world, rows=rows: rows[world["both"]], k) == []
