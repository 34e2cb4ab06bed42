"""Ties and chance, and what other weights would have changed.

1. Networks in which activity alone is at work: how much is expected of what there is, with and without pairs of people
   with themselves, and how many ties and pairs the backbone takes for more than chance.
2. The same with some pairs that do have more to do with each other: how many of them are found.
3. Sensitivity of ties and communities to discounts, caps and decay in two real organisations. Rows of one sender and
   second are one message to several people.
4. Reply times there: do pairs that write more answer sooner?

``python benchmarks/weights.py`` writes ``results/weights.json`` and ``.md``; ``--quick --out somewhere`` is for a look.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from commfinder.communities.sensitivity import sensitivity
from commfinder.graph import InteractionGraph, build_graph
from commfinder.graph.backbone import noise_corrected
from commfinder.graph.reply_times import reply_times
from commfinder.interactions import Interactions

DATA = Path(__file__).parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results"

# People, events, and the shape of the Pareto distribution of activity; inf for equal activity.
NULLS = (
    (20, 3_800, np.inf),
    (20, 3_800, 2.0),
    (100, 49_500, 2.0),
    (100, 4_950, 2.0),
    (300, 4_485, 2.0),
    (300, 450, np.inf),
)
DELTAS, LEVELS = (1.28, 1.64, 2.32), (0.1, 0.05, 0.01)
PLANTED, MORE = 0.02, (3, 6, 12)


def drawn(rng: np.random.Generator, n: int, events: int, shape: float) -> tuple[Any, Any, Any]:
    """Draw events between people by their activity alone."""
    activity = np.ones(n) if np.isinf(shape) else rng.pareto(shape, n) + 1
    a, b = np.triu_indices(n, 1)
    share = activity[a] * activity[b]
    return a, b, rng.multinomial(events, share / share.sum())


def chance(repeats: int) -> Iterator[dict[str, Any]]:
    """Measure networks without any tie beyond chance."""
    for n, events, shape in NULLS:
        rng = np.random.default_rng([n, events])
        expected = {True: 0.0, False: 0.0}
        kept, rejected, observed, found = np.zeros(3), np.zeros(3), 0, 0
        for _ in range(repeats):
            a, b, w = drawn(rng, n, events, shape)
            there = w > 0
            strength = np.bincount(a, w, n) + np.bincount(b, w, n)
            expected[True] += float((strength[a] * strength[b]).sum()) / (2 * events)
            one = noise_corrected(a[there], b[there], w[there], n=n)
            # Of pairs without an event nothing is told, so that the sum is whole only where all have one.
            expected[False] += float(one.expected.sum()) if there.all() else np.nan
            kept += [(one.score > delta * one.sd).sum() for delta in DELTAS]
            rejected += [(one.p <= level).sum() for level in LEVELS]
            observed += int(there.sum())
            found += bool((one.q <= 0.05).any())
        pairs = repeats * n * (n - 1) / 2
        yield {
            "people": n,
            "events a person": round(2 * events / n, 1),
            "activity": "equal" if np.isinf(shape) else f"Pareto {shape:g}",
            "expected of pairs / events, published": round(expected[True] / (repeats * events), 4),
            "without self-pairs": round(expected[False] / (repeats * events), 4) if expected[False] > 0 else None,
            "pairs with p <= .05": round(rejected[1] / pairs, 4),
            "pairs kept at 1.64": round(kept[1] / pairs, 4),
            "ties kept at 1.28, 1.64, 2.32": [round(float(share), 3) for share in kept / observed],
            "networks with any q <= .05": f"{found} of {repeats}",
        }


def planted(repeats: int) -> Iterator[dict[str, Any]]:
    """Measure how many pairs that have more to do with each other are found."""
    for n, events in ((100, 4_950), (300, 4_485)):
        for more in MORE:
            rng = np.random.default_rng([n, more])
            hits, real, told, false = 0, 0, 0, 0
            for _ in range(repeats):
                a, b, w = drawn(rng, n, events, 2.0)
                close = rng.random(len(a)) < PLANTED
                w = w + np.where(close, rng.poisson(more, len(a)), 0)
                there = w > 0
                flagged = noise_corrected(a[there], b[there], w[there], n=n).q <= 0.05
                hits, real = hits + int((flagged & close[there]).sum()), real + int(close.sum())
                told, false = told + int(flagged.sum()), false + int((flagged & ~close[there]).sum())
            yield {
                "people": n,
                "extra events": more,
                "found at q <= .05": round(hits / real, 3),
                "false among those": round(false / max(told, 1), 3),
            }


def institute() -> Interactions:
    """Messages of a research institute; times are seconds since an unknown day."""
    types = {"sender": str, "recipient": str, "time": int}
    path = DATA / "email-eu-core" / "email-Eu-core-temporal.txt.gz"
    frame = pd.read_csv(path, sep=" ", names=list(types), dtype=types)
    # Readers take times from 1990 on.
    return _grouped(frame.assign(time=pd.to_datetime(frame["time"] + 978_307_200, unit="s", utc=True)))


def factory() -> Interactions:
    """Return the mail log of a factory."""
    frame = pd.read_csv(DATA / "manufacturing-email" / "communication.csv", sep=";", dtype=str)
    frame = frame.set_axis(["sender", "recipient", "time"], axis=1)
    return _grouped(frame.assign(time=pd.to_datetime(frame["time"], utc=True)))


def _grouped(frame: pd.DataFrame) -> Interactions:
    """Take rows of one sender and second for one message to several people."""
    event = frame["sender"] + " " + frame["time"].astype(str)
    return Interactions.from_frame(frame.assign(event=event), event="event")


CASES = {"manufacturing": factory, "eu-core temporal": institute}


def answers(graph: InteractionGraph) -> dict[str, Any]:
    """Hold reply times beside how much pairs write."""
    pairs = reply_times(graph.interactions, ordered=False).to_frame()
    both = graph.ties.merge(pairs, on=["person_a", "person_b"])
    # Whoever has no median waits longer than all who have one.
    waited = both["wait_hours"].fillna(both["wait_hours"].max() + 1)
    some = both.dropna(subset=["reply_hours"])
    return {
        "messages": int(pairs["messages"].sum()),
        "answered": round(float(pairs["answered"].sum() / pairs["messages"].sum()), 3),
        "rank correlation of wait_hours with events": round(float(stats.spearmanr(waited, both["events"])[0]), 3),
        "of reply_hours": round(float(stats.spearmanr(some["reply_hours"], some["events"])[0]), 3),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Write rows as a table in Markdown."""
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(row.get(name, "")) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    told: dict[str, Any] = {
        "chance": list(chance(2 if options.quick else 100)),
        "planted": list(planted(1 if options.quick else 30)),
    }
    text = "# Ties and chance\n\n## Activity alone\n\n" + table(told["chance"])
    text += "\n\n## Two pairs in a hundred have more to do with each other\n\n" + table(told["planted"])
    for name, make in CASES.items():
        if not DATA.is_dir():
            print(f"{name}: skipped, since there is no ../shared/data beside the project.")
            continue
        graph = build_graph(make())
        changes = sensitivity(graph, runs=2 if options.quick else 20)
        rows = changes.to_frame().to_dict("records")
        rows = [{key: round(cell, 3) if isinstance(cell, float) else cell for key, cell in row.items()} for row in rows]
        people = int((graph.people["strength"] > 0).sum())
        told[name] = {"people": people, "pairs": len(graph.ties), "changes": rows, "replies": answers(graph)}
        text += f"\n\n## {name}: {people} people with ties\n\n{table(rows)}\n\n{table([told[name]['replies']])}"
        print(changes, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "weights.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (options.out / "weights.md").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
