"""How far communities agree with units that no setting has seen, and with themselves from seed to seed."""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
import zipfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

from commfinder.communities import Communities, find_communities
from commfinder.communities.compare import adjusted_rand
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

DATA = Path(__file__).parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results"

# What detection is asked to reach: agreement with units, and between seeds.
TARGET = {"eu-core static": 0.69, "eu-core temporal": 0.72, "InVS15": 0.86, "InVS13": 0.86, "manufacturing": 0.28}
TARGET_ARI = 0.95

Case = tuple[InteractionGraph, dict[str, str]]


def static() -> Case:
    """E-mail of a research institute: who ever wrote to whom; 42 departments."""
    folder = DATA / "email-eu-core"
    names = ["person", "unit"]
    units = pd.read_csv(folder / "email-Eu-core-department-labels.txt", sep=" ", names=names, dtype=str)
    ties = pd.read_csv(folder / "email-Eu-core.txt", sep=" ", names=["sender", "recipient"], dtype=str)
    graph = build_graph(Interactions.from_frame(ties), Directory.from_frame(units[["person"]]))
    return graph, dict(zip(units["person"], units["unit"], strict=True))


def temporal() -> Case:
    """The same institute's messages, under other numbers."""
    folder = DATA / "email-eu-core"
    labels = pd.read_csv(folder / "temporal_department_labels_DERIVED.csv", dtype=str).dropna(subset=["department"])
    types = {"sender": str, "recipient": str, "time": int}
    rows = pd.read_csv(folder / "email-Eu-core-temporal.txt.gz", sep=" ", names=list(types), dtype=types)
    return build_graph(Interactions.from_frame(rows)), dict(
        zip(labels["temporal_id"], labels["department"], strict=True)
    )


def contacts(rows: io.IOBase | Path, metadata: str) -> Case:
    """Face-to-face contacts in an office; departments."""
    types = {"time": int, "sender": str, "recipient": str}
    frame = pd.read_csv(rows, sep=r"\s+", names=list(types), dtype=types)
    units = pd.read_csv(DATA / "sociopatterns" / metadata, sep=r"\s+", names=["person", "unit"], dtype=str)
    graph = build_graph(Interactions.from_frame(frame, medium="contact"))
    return graph, dict(zip(units["person"], units["unit"], strict=True))


def invs15() -> Case:
    """Contacts of 2015."""
    return contacts(DATA / "sociopatterns" / "workplace_InVS15_tij.dat.gz", "workplace_InVS15_metadata.txt")


def invs13() -> Case:
    """Contacts of 2013."""
    with zipfile.ZipFile(DATA / "sociopatterns" / "workplace_InVS_tij.dat.zip") as archive:
        rows = io.BytesIO(archive.read("tij_InVS.dat"))
    return contacts(rows, "workplace_InVS_metadata.txt")


def manufacturing() -> Case:
    """Nine months of a factory's mail; a division is everybody below the same person who reports to the top."""
    folder = DATA / "manufacturing-email"
    rows = pd.read_csv(folder / "communication.csv", sep=";", dtype=str)
    options = {"sender": "Sender", "recipient": "Recipient", "time": "EventDate", "timezone": "UTC"}
    graph = build_graph(Interactions.from_frame(rows, **options))
    chart = pd.read_csv(folder / "reportsto.csv", dtype=str)
    boss = dict(zip(chart["ID"], chart["ReportsToID"], strict=True))
    return graph, {person: one for person in boss if (one := division(person, boss)) is not None}


def division(person: str, boss: dict[str, str]) -> str | None:
    """Return who of those that report to the top a person is below; None off the chart and at the top itself."""
    path = [person]
    while (above := boss.get(path[-1])) in boss and above not in path:
        path.append(above)
    top = boss.get(path[-1])
    if top is None:
        return None
    if top == path[-1]:
        return path[-2] if len(path) > 1 else None
    return path[-1]


CASES: dict[str, tuple[str, Callable[[], Case]]] = {
    "eu-core static": ("email-eu-core", static),
    "eu-core temporal": ("email-eu-core", temporal),
    "InVS15": ("sociopatterns", invs15),
    "InVS13": ("sociopatterns", invs13),
    "manufacturing": ("manufacturing-email", manufacturing),
}


def find(graph: InteractionGraph, seed: int) -> Communities:
    """Run what is measured: the one place that says how communities are found."""
    return find_communities(graph, confidence=False, overlap=False, beyond=False, seed=seed)


def measure(graph: InteractionGraph, units: dict[str, str], seeds: int) -> dict[str, Any]:
    """Find communities from several seeds; compare with units and with one another."""
    people = graph.people["person"].tolist()
    known = np.array([person in units for person in people])
    truth = [units[person] for person in people if person in units]
    found, seconds = [], []
    for seed in range(seeds):
        started = time.perf_counter()
        found.append(find(graph, seed))
        seconds.append(time.perf_counter() - started)
    labels = [one.labels for one in found]
    choice = found[0].weights
    scores = [float(adjusted_mutual_info_score(truth, one[known])) for one in labels]
    return {
        "people": len(people),
        "people_with_unit": int(known.sum()),
        "ties": len(graph.ties),
        "ami": round(statistics.median(scores), 4),
        "ami_runs": [round(one, 4) for one in scores],
        "communities_of_3": int((np.bincount(labels[0]) >= 3).sum()),
        "alone": int((np.bincount(labels[0]) == 1).sum()),
        "seed_ari": round(agreement(labels), 4),
        "resolution": round(choice.resolution, 3),
        "fixed_point": round(choice.fixed_point, 3),
        "weights": [
            {
                "damping": one.damping,
                "embedded": one.embedded,
                "resolution": one.resolution,
                "share": round(one.share, 3),
            }
            for one in choice.settings
        ],
        "seconds": round(statistics.median(seconds), 2),
    }


def agreement(labels: list[Any]) -> float:
    """Return the mean adjusted Rand index of all pairs."""
    return float(np.mean([adjusted_rand(one, other) for one, other in combinations(labels, 2)]))


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the results as a Markdown table."""
    columns = "network|people|AMI with units (target)|agreement of seeds|communities|best weights"
    names = columns.split("|")
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for name, one in results.items():
        best = one["weights"][0]
        weights = (
            f"{best['damping']}{' x embeddedness' if best['embedded'] else ''}, resolution {best['resolution']:.2f}"
        )
        lines.append(
            f"| {name} | {one['people']} | {one['ami']:.3f} ({TARGET[name]}) | {one['seed_ari']:.3f} "
            f"| {one['communities_of_3']} | {weights} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    results = {}
    for name, (folder, load) in CASES.items():
        if not (DATA / folder).is_dir():
            print(f"{name}: skipped, since there is no folder {folder} in ../shared/data beside the project.")
            continue
        results[name] = measure(*load(), given.seeds)
        print(f"{name}: {results[name]}", flush=True)
    if results:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "units.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "units.md").write_text(table(results), encoding="utf-8")


if __name__ == "__main__":
    main()
