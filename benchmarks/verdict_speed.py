"""Time verdicts on many rosters in a large organisation, and compare the compiled tests with a plain NumPy loop.

    python benchmarks/verdict_speed.py --people 1000000 --rosters 1000

Writes verdict_speed.json and verdict_speed.md to benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.communities import Communities
from commfinder.communities.threads import processors
from commfinder.declared import assess_groups
from commfinder.declared.permutation import Matcher, replicates, replicates_by_loop
from commfinder.declared.roster import TieTable
from commfinder.graph import InteractionGraph, TieRule
from commfinder.graph.aggregate import PairWindows
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null
from commfinder.people import DeclaredGroups
from commfinder.period import Windows
from commfinder.provenance import record

IntArray = npt.NDArray[np.int64]

TEAM, UNIT, SITES, WINDOWS = 10, 200, 20, 6
IN_TEAM, UNIT_DRAWS, OTHER_DRAWS = 0.6, 4.0, 3.5
RESULTS = Path(__file__).parent / "results"


def organisation(n: int, rosters: list[IntArray], seed: int) -> InteractionGraph:
    """Draw an organisation straight as a graph: about ten ties a person, and living groups among the rosters."""
    rng = np.random.default_rng(seed)
    a, b = _pairs(n, rosters, rng)
    # Each tie is active in two or three of the six windows, drawn by rank.
    ranks = rng.random((len(a), WINDOWS), dtype=np.float32).argsort(axis=1, kind="stable")
    active = ranks < rng.integers(2, 4, len(a))[:, None]
    row, window = np.nonzero(active)
    twos = np.full(len(row), 2, dtype=np.int64)
    events = PairWindows(a[row], b[row], window.astype(np.int64), twos // 2, twos // 2, twos)
    people = _people(n, rng)
    ties = pd.DataFrame({"tie": np.ones(len(a), dtype=bool)})
    medium = pd.Series(["email"], dtype="category").repeat(len(a)).reset_index(drop=True)
    layers = pd.DataFrame({"a": a, "b": b, "medium": medium, "ab": 1.0, "ba": 1.0})
    day = 86_400_000_000
    windows = Windows.over(0, 28 * WINDOWS * day, days=28)
    # Nothing asks for the interactions behind the ties, as no roster has a space of its own.
    behind: Any = None
    graph = InteractionGraph(people, ties, layers, events, TieRule(), windows, None, {}, behind, record("benchmark"))
    # The names of ten million pairs are not needed to know who they are.
    graph.__dict__["pairs"] = (a, b)
    return graph


def _pairs(n: int, rosters: list[IntArray], rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw who has ties: in teams, in units, anywhere; and in every second roster, among its members."""
    i, j = np.triu_indices(TEAM, 1)
    start = np.arange(0, n - n % TEAM, TEAM)
    team = rng.random((len(start), len(i)), dtype=np.float32) < IN_TEAM
    group, pair = np.nonzero(team)
    keys = [(start[group] + i[pair]) * n + start[group] + j[pair]]
    one = rng.integers(0, n, round(UNIT_DRAWS * n))
    other = np.minimum(one - one % UNIT + rng.integers(0, UNIT, len(one)), n - 1)
    far = rng.integers(0, n, (2, round(OTHER_DRAWS * n)))
    for left, right in ((one, other), far):
        apart = left != right
        keys.append(np.minimum(left, right)[apart] * n + np.maximum(left, right)[apart])
    for members in rosters[::2]:
        p, q = np.triu_indices(len(members), 1)
        held = rng.random(len(p)) < min(0.5, 6 / len(members))
        keys.append(members[p[held]] * n + members[q[held]])
    key = np.concatenate(keys)
    key.sort()
    key = key[np.r_[True, key[1:] != key[:-1]]]
    return key // n, key % n


def _people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Write down who is where: units of 200, half of each at its main site, and teams of ten with a leader."""
    numbers = np.arange(n)
    names = np.array([f"p{number:07d}" for number in numbers], dtype=object)
    site = np.where(rng.random(n) < 0.5, numbers // UNIT % SITES, rng.integers(0, SITES, n))
    leader = np.where(numbers % TEAM == 0, numbers - numbers % UNIT, numbers - numbers % TEAM)
    manager = names[leader]
    manager[leader == numbers] = None
    units, sites = np.array([f"u{k:05d}" for k in range(n // UNIT + 1)]), np.array([f"s{k:02d}" for k in range(SITES)])
    columns = {"person": names, "unit": units[numbers // UNIT], "site": sites[site], "manager": manager}
    return pd.DataFrame({name: pd.array(values, dtype="string") for name, values in columns.items()})


def draw_rosters(n: int, count: int, seed: int) -> list[IntArray]:
    """Draw rosters of 5 to 200: of anybody, of three units, or mostly of one."""
    rng = np.random.default_rng(seed)
    rosters = []
    for number in range(count):
        size, first = int(rng.integers(5, 201)), int(rng.integers(0, n - 3 * UNIT))
        near = first + rng.choice(3 * UNIT, size, replace=False)
        far = rng.choice(n, size, replace=False)
        mixed = np.unique(np.where(rng.random(size) < 0.7, near, far))
        rosters.append(np.sort((far, near, mixed)[number % 3]))
    return rosters


def compare(graph: InteractionGraph, rosters: list[IntArray], permutations: int) -> dict[str, float]:
    """Time the replicates of some rosters, compiled and in plain NumPy, and say how far they differ."""
    structure, table = Structure.of(graph), TieTable.of(graph)
    null, matcher = fit_null(graph, structure), Matcher(structure, table.degree)
    took, differ = np.zeros(2), 0.0
    replicates(rosters[0], table, null, matcher, seed=1, first=0, last=9)
    for number, members in enumerate(rosters):
        values = []
        for turn, way in enumerate((replicates, replicates_by_loop)):
            begin = time.perf_counter()
            values.append(way(members, table, null, matcher, seed=number, first=0, last=permutations))
            took[turn] += time.perf_counter() - begin
        differ = max(differ, float(np.abs(values[0][:, :2] - values[1][:, :2]).max()))
    return {"compiled_s": took[0], "numpy_s": took[1], "largest_difference": differ}


def measure(n: int, count: int, permutations: int, seed: int) -> dict[str, Any]:
    """Build the organisation, and time the verdicts."""
    rosters = draw_rosters(n, count, seed)
    begin = time.perf_counter()
    graph = organisation(n, rosters, seed)
    built = time.perf_counter() - begin
    names = graph.people["person"].to_numpy()
    rows = {"group": np.repeat([f"g{k:04d}" for k in range(count)], [len(one) for one in rosters])}
    groups = DeclaredGroups.from_frame({**rows, "person": names[np.concatenate(rosters)]})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    begin, worked = time.perf_counter(), time.process_time()
    verdicts = assess_groups(graph, groups, found=_nothing(), permutations=permutations)
    took, worked = time.perf_counter() - begin, time.process_time() - worked
    living = verdicts.frame["q"].le(0.05).to_numpy()
    return {
        "people": n,
        "ties": len(graph.ties),
        "units": int(graph.people["unit"].nunique()),
        "rosters": count,
        "permutations": permutations,
        "threads": processors(),
        "build_s": round(built, 1),
        "assess_s": round(took, 1),
        "assess_processor_s": round(worked, 1),
        "peak_gib_before": round(before, 2),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "found_of_planted": float(living[::2].mean()),
        "found_of_others": float(living[1::2].mean()),
        "python": platform.python_version(),
        "compared": compare(graph, rosters[:8], 99),
    }


def _nothing() -> Communities:
    """Return no communities: matching with them is another stage."""
    from commfinder import Interactions, build_graph, find_communities

    few = Interactions.from_frame({"sender": ["a"], "recipient": ["b"]}, medium="meeting")
    return find_communities(build_graph(few))


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rosters", type=int, default=1000)
    parser.add_argument("--permutations", type=int, default=999)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    result = measure(given.people, given.rosters, given.permutations, given.seed)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "verdict_speed.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    lines = ["| measure | value |", "|---|---|"]
    flat = {**{k: v for k, v in result.items() if k != "compared"}, **result["compared"]}
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in flat.items()]
    (given.out / "verdict_speed.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
