"""What machines, lists and broadcasts do to communities, and how many people are taken for one.

The protocol, the weights and the limits were written down before any of it was run. Two rules were changed after the
first four runs (three on the factory, one on the first simulated organisation), and none since. That much is written to
an account that never writes (weight .6 until then) decided alone, and took seven employees who only read for lists: it
now weighs .45, a list must also be written to by a fifth of all who write, and what machines send does not count as
written to it. And accounts that only ever write to crowds were suspect and no more: cleaning left no row of them, but
they stood in the graph as isolated people, and even that changed communities. Later, hours of the week were no longer
used where everybody writes at all hours alike, after a timing on times drawn at random; who was set aside in the runs
made before that was looked up again, and is the same.

What is added was thought up together with the signs, is loud (a few accounts write a third of everything), and machines
that talk as people do are not among it: it shows that the stages fit together, not that every machine is found.

1. Machines are added (`commfinder.simulation.noise.add_machines`): as many accounts as 1 % of those that write, and so
   much that 30 % of all rows are theirs; each kind alone, and all kinds in turn; two seeds. Names and headers give
   nothing away, but for the kind "flagged".
2. Data: the messages of a research institute (email-Eu-core temporal), the mail log of a factory (manufacturing), and
   what people say in three simulated organisations of 300 (the simulator shares no code with the analysis).
3. Communities are found with and without what was added, with default settings and the same seed, without confidence
   and without what lies beyond formal structure. The distance is one minus the element-centric similarity of the two
   covers on the people of the run without; who is in no community is alone in one. Asked for: below .02, every time.
4. Beside it stand the distance where nothing is set aside but what a header flags as automatic and mass mail ("cap
   alone"), and that of two seeds on the same graph ("seeds").
5. False alarms: accounts set aside in the same data as they are; in the real mail and chat there is no truth, so that
   every one of them counts as doubtful. In ten other simulated organisations of 300 with everything in their exports
   the machines are known.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from commfinder.communities import element_centric_similarity, find_communities
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.interactions.machines.find import find_machines
from commfinder.simulation import add_machines, simulate
from commfinder.simulation.noise import MACHINE_KINDS
from commfinder.sources import read

DATA = Path(__file__).parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results"
TARGET, SENDERS, TRAFFIC, SEEDS = 0.02, 0.01, 0.3, (1, 2)
MIXTURE = "all in turn"


def institute() -> pd.DataFrame:
    """Messages of a research institute; times are seconds since an unknown day, for which some day stands."""
    types = {"sender": str, "recipient": str, "time": int}
    path = DATA / "email-eu-core" / "email-Eu-core-temporal.txt.gz"
    frame = pd.read_csv(path, sep=" ", names=list(types), dtype=types)
    return _rows(frame.assign(time=pd.Timestamp("2003-10-01", tz="UTC") + pd.to_timedelta(frame["time"], unit="s")))


def factory() -> pd.DataFrame:
    """The mail log of a factory."""
    frame = pd.read_csv(DATA / "manufacturing-email" / "communication.csv", sep=";", dtype=str)
    return _rows(frame.set_axis(["sender", "recipient", "time"], axis=1))


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Make an event of every row, as `Interactions.from_frame` does where there is no id."""
    return pd.DataFrame(
        {
            "event": [f"e{number}" for number in range(len(frame))],
            "time": pd.to_datetime(frame["time"], utc=True).astype("datetime64[us, UTC]"),
            "sender": frame["sender"],
            "recipient": frame["recipient"],
            "medium": "email",
            "n_recipients": np.int32(1),
            "automated": False,
        }
    )


def organisation(seed: int) -> pd.DataFrame:
    """What people say in a simulated organisation, without any machine."""
    return simulate(people=300, seed=seed).clean_frame()


CASES: dict[str, Callable[[], pd.DataFrame]] = {
    "eu-core temporal": institute,
    "manufacturing": factory,
    **{f"simulated {seed}": lambda seed=seed: organisation(seed) for seed in (101, 102, 103)},
}


def held(frame: pd.DataFrame) -> Interactions:
    """Hold a frame."""
    given = {name: name for name in frame.columns if name not in ("sender", "recipient", "time", "medium", "source")}
    return Interactions.from_frame(frame, time="time", medium="medium", **given)


def cover(graph: InteractionGraph, people: set[str], seed: int = 0) -> pd.DataFrame:
    """Find communities and keep the people of the run without machines, also who is in no community."""
    members = find_communities(graph, confidence=False, beyond=False, seed=seed).members
    return members.loc[members["person"].isin(people), ["person", "community"]].reset_index(drop=True)


def distance(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Return one minus the element-centric similarity."""
    return round(1 - element_centric_similarity(one, other, missing="alone"), 5)


def injected(name: str, *, quick: bool) -> Iterator[dict[str, Any]]:
    """Measure every kind in one case."""
    frame = CASES[name]()
    graph = build_graph(held(frame))
    people = set(graph.people["person"])
    base = cover(graph, people)
    seeds = distance(base, cover(graph, people, seed=1))
    for kind in (*MACHINE_KINDS, MIXTURE):
        for seed in SEEDS:
            kinds = list(np.random.default_rng(seed).permutation(MACHINE_KINDS)) if kind == MIXTURE else [kind]
            mixed, truth = add_machines(frame, kinds, senders=SENDERS, traffic=TRAFFIC, seed=seed)
            told = {"case": name, "kind": kind, "seed": seed, "seeds": seeds}
            yield told | one_run(mixed, truth, graph, base, cap=seed == SEEDS[0] and not quick)


def one_run(
    mixed: pd.DataFrame, truth: pd.DataFrame, graph: InteractionGraph, base: pd.DataFrame, *, cap: bool
) -> dict[str, Any]:
    """Measure one mixture."""
    start = time.perf_counter()
    inter = held(mixed)
    excluded, added = set(find_machines(inter).excluded), set(truth["account"])
    people = set(graph.people["person"])
    told: dict[str, Any] = {
        "added": len(added),
        "rows": round(float(truth["rows"].sum()) / len(mixed), 3),
        "set aside": len(added & excluded),
        "people set aside": len(people & excluded),
        "distance": moved(build_graph(inter), graph, base),
    }
    if cap:
        flagged = set(mixed.loc[mixed["automated"], "sender"])
        told["cap alone"] = moved(build_graph(_without(inter, flagged), keep_automated=True), graph, base)
    return told | {"seconds": round(time.perf_counter() - start, 1)}


def _without(inter: Interactions, accounts: set[str]) -> Interactions:
    return inter.select(people=set(inter.people) - accounts) if accounts else inter


def moved(graph: InteractionGraph, before: InteractionGraph, base: pd.DataFrame) -> float:
    """Return how far the communities of a graph are from those before; equal graphs have equal ones."""
    if graph.people.equals(before.people) and graph.ties.equals(before.ties):
        return 0.0
    return distance(base, cover(graph, set(before.people["person"])))


def doubtful() -> Iterator[dict[str, Any]]:
    """Count accounts set aside in data to which nothing was added."""
    for name, path in (("zulip-ncar", DATA / "zulip-ncar" / "zulip_json"), ("r-sig-finance", DATA / "r-sig-finance")):
        if path.exists():
            yield {"case": name} | _alarms(read(path), None)
    for name in ("eu-core temporal", "manufacturing"):
        yield {"case": name} | _alarms(held(CASES[name]()), None)
    for seed in range(201, 211):
        made = simulate(people=300, seed=seed)
        inter = held(made.interactions().drop(columns=["source"]))
        yield {"case": f"simulated {seed}"} | _alarms(inter, set(made.people["person"]))


def _alarms(inter: Interactions, people: set[str] | None) -> dict[str, Any]:
    """Count who is set aside and who is suspect; no name is written down."""
    found = find_machines(inter)
    frame = found.to_frame()
    excluded = set(found.excluded)
    told: dict[str, Any] = {
        "accounts": found.judged,
        "set aside": len(excluded),
        "suspect and kept": int((frame["decision"] == "keep").sum()),
        "by": {kind: int(n) for kind, n in frame.loc[frame["decision"] == "exclude", "kind"].value_counts().items()},
    }
    rows = inter.to_arrow(ordered=False).select(["sender", "recipient"]).to_pandas()
    told["rows"] = round(float((rows["sender"].isin(excluded) | rows["recipient"].isin(excluded)).mean()), 4)
    if people is not None:
        told["people set aside"] = len(excluded & people)
    return told


def table(rows: list[dict[str, Any]]) -> str:
    """Write rows as a table in Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [
        " | ".join("" if row.get(name) != row.get(name) else str(row.get(name, "")) for name in names) for row in rows
    ]
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Measure and write ``results/broadcasts.json`` and ``.md``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", nargs="*", default=list(CASES), choices=list(CASES), help="others keep their results"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument(
        "--quick", action="store_true", help='leave out "cap alone", for which communities must be found'
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "broadcasts.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": []}
    runs = [row for row in known["runs"] if row["case"] not in options.cases]
    for case in options.cases:
        for row in injected(case, quick=options.quick):
            runs.append(row)
            print(row, flush=True)
        write(path, runs, known.get("alarms", []))
    write(path, runs, list(doubtful()))


def write(path: Path, runs: list[dict[str, Any]], alarms: list[dict[str, Any]]) -> None:
    """Write results as JSON and as a page."""
    runs = sorted(runs, key=lambda row: list(CASES).index(row["case"]))
    told = {"target": TARGET, "runs": runs, "alarms": alarms}
    path.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    worst_of = ("people set aside", "distance", "cap alone", "seeds")
    summary = (
        pd.DataFrame(runs)
        .groupby(["case", "kind"], sort=False)
        .agg({"set aside": "sum", "added": "sum"} | dict.fromkeys(worst_of, "max"))
    )
    worst = max(row["distance"] for row in runs)
    above = sum(row["distance"] >= TARGET for row in runs)
    text = (
        "# Machines, lists and broadcasts\n\n"
        f"{len(runs)} runs; asked for: a distance below {TARGET}. Missed in {above}; the largest is {worst}.\n\n"
        f"{table(summary.reset_index().to_dict('records'))}\n\n## Nothing added\n\n{table(alarms)}\n"
    )
    path.with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
