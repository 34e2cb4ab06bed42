"""Are departments told from departments with strangers in them, and strangers from members?"""

from __future__ import annotations

from typing import Any

import numpy as np

from validation import SEED
from validation.door import Examiner, pool_of
from validation.organisations import departments, institute, tell
from validation.rosters import swap
from validation.scores import auc, auc_interval

__all__ = ["PLANNED", "measure", "table"]

SIZES, SHARES = (6, 10, 16), (0.25, 0.5, 0.75, 1.0)

PLANNED = {6: (0.76, 0.84, 0.90, 0.93), 10: (0.67, 0.90, 0.98, 0.98), 16: (0.74, 0.91, 0.98, 0.99)}
"""Size to the areas that the plan has, by share swapped."""

WRONG_MEMBER, RAW_MEMBER = 0.80, {6: 0.72, 10: 0.83, 16: 0.84}
"""What members' scores must reach, and what plain counts of ties inside reached when the plan was made."""


def measure(rosters: int = 1000) -> dict[str, Any]:
    """Draw true and corrupted departments, examine them against activity alone, and compare."""
    graph = institute(units=False)
    pool = pool_of(graph)
    pool = pool.assign(unit=pool["person"].map(departments()))
    examiner = Examiner(graph, SEED, permutations=99)
    ties = graph.adjacency()
    position = {person: number for number, person in enumerate(graph.people["person"])}
    groups, members = [], []
    for size in SIZES:
        rng = np.random.default_rng([SEED, 3, size])
        true = [_department(pool, size, rng) for _ in range(rosters)]
        of_true = [seen.z for seen in examiner.look(true)]
        for share, planned in zip(SHARES, PLANNED[size], strict=True):
            right, wrong, raw_right, raw_wrong = [], [], [], []
            mixed = [swap(pool, _department(pool, size, rng), round(share * size), rng) for _ in range(rosters)]
            looked = examiner.look([people for people, _ in mixed])
            for (people, strange), seen in zip(mixed, looked, strict=True):
                numbers = [position[person] for person in people]
                raw = np.asarray(ties[numbers][:, numbers].sum(axis=1)).reshape(-1)
                right += seen.scores[~strange].tolist()
                wrong += seen.scores[strange].tolist()
                raw_right += raw[~strange].tolist()
                raw_wrong += raw[strange].tolist()
            z = [seen.z for seen in looked]
            low, high = auc_interval(of_true, z, seed=SEED)
            area = auc(of_true, z)
            one = {"size": size, "swapped": share, "auc": round(area, 4), "low": round(low, 4), "high": round(high, 4)}
            groups.append({**one, "planned": planned, "passes": bool(high >= planned)})
            tell(f"corrupted: {groups[-1]}")
            if share == SHARES[0]:
                area, (low, high) = auc(right, wrong), auc_interval(right, wrong, seed=SEED)
                one = {"size": size, "auc": round(area, 4), "low": round(low, 4), "high": round(high, 4)}
                one |= {"plain_ties": round(auc(raw_right, raw_wrong), 4), "passes": bool(area >= WRONG_MEMBER)}
                members.append(one)
                tell(f"wrong members: {one}")
    return {"rosters": rosters, "groups": groups, "members": members}


def _department(pool: Any, size: int, rng: np.random.Generator) -> list[str]:
    """Draw some people of one department that has enough of them."""
    counts = pool["unit"].value_counts().sort_index()
    home = rng.choice(counts.index[counts >= size].to_numpy(dtype=object))
    people = pool.loc[pool["unit"] == home, "person"].to_numpy(dtype=object)
    return rng.choice(people, size, replace=False).tolist()


def table(document: dict[str, Any]) -> str:
    """Write areas as Markdown."""
    lines = ["| size | swapped | AUC (95 % interval) | plan |", "|---|---|---|---|"]
    for one in document["groups"]:
        missed = "" if one["passes"] else " **missed**"
        lines.append(
            f"| {one['size']} | {100 * one['swapped']:.0f} % | {one['auc']:.3f} ({one['low']:.3f} to "
            f"{one['high']:.3f}){missed} | {one['planned']:.2f} |"
        )
    lines += [
        "",
        "| size | members' scores: AUC (95 % interval) | plain number of ties inside |",
        "|---|---|---|",
    ]
    for one in document["members"]:
        missed = "" if one["passes"] else " **missed**"
        lines.append(
            f"| {one['size']} | {one['auc']:.3f} ({one['low']:.3f} to {one['high']:.3f}){missed} "
            f"| {one['plain_ties']:.3f} |"
        )
    return "\n".join(lines) + "\n"
