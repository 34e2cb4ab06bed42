"""What is lost when a graph is split over machines: label propagation, Leiden in each part, then over what was found.

    python benchmarks/parts.py [--people 10000 100000] [--parts 2 8 32] [--spark 10000]

The scheme is that of docs/explanation/scale.md. Ties are joined to labels and summed, which is all that Spark has to
do; here the same rounds run in NumPy, and with ``--spark N`` also on Spark for a network of N people, whose labels have
to be the same. Results go to benchmarks/results/parts.json and parts.md.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import networks
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from commfinder import communities

RESULTS = Path(__file__).parent / "results"
Labels = npt.NDArray[np.int64]

# Rounds in which labels travel; the most people of a label, as a share of what a part may hold; and how often the parts
# are cut anew, along what was found. A first look, at 10,000 people, had one cut: it lost .02 to .06 of modularity.
ROUNDS = 5
LARGEST = 0.25
CUTS = 4


class Step(NamedTuple):
    """One way to find communities, and how good it is."""

    way: str
    parts: int
    seconds: float
    modularity: float
    agreement: float
    cut: float
    largest: float


def propagated(net: networks.Network, cap: int) -> Labels:
    """Spread labels along ties: each round everybody takes the label with most weight among their ties.

    Of equal weights the smallest label wins; in even rounds only people with an even number move, in odd rounds the
    others, so that two cannot swap labels for ever. A label that has reached `cap` people takes nobody in.
    """
    source, target = np.r_[net.source, net.target].astype(np.int64), np.r_[net.target, net.source].astype(np.int64)
    weight = np.rint(np.r_[net.weight, net.weight] * (1 << 20)).astype(np.int64)
    label = np.arange(net.n, dtype=np.int64)
    for turn in range(2 * ROUNDS):
        size = np.bincount(label, minlength=net.n)
        open_to = (size[label[target]] < cap) | (label[target] == label[source])
        mine = (source % 2 == turn % 2) & open_to
        best = _heaviest(source[mine], label[target[mine]], weight[mine], net.n)
        label = np.where(best >= 0, best, label)
    return label


def _heaviest(person: Labels, label: Labels, weight: Labels, n: int) -> Labels:
    """Return the label with most weight of each person, -1 for those who have none."""
    key, place = np.unique(person * n + label, return_inverse=True)
    total = np.bincount(place, weight.astype(np.float64))
    who, which = key // n, key % n
    order = np.lexsort((which, -total, who))
    first = order[np.r_[True, np.diff(who[order]) != 0]] if len(order) else order
    best = np.full(n, -1, dtype=np.int64)
    best[who[first]] = which[first]
    return best


def propagated_on_spark(net: networks.Network, cap: int) -> Labels:
    """Do the same as `propagated` with joins and sums of PySpark."""
    import os

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as f

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "4")
    spark = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    import pandas as pd

    fixed = np.rint(net.weight * (1 << 20)).astype(np.int64)
    both = pd.DataFrame(
        {"i": np.r_[net.source, net.target], "j": np.r_[net.target, net.source], "w": np.r_[fixed, fixed]}
    )
    ties = spark.createDataFrame(both).cache()
    label = pd.DataFrame({"i": np.arange(net.n), "c": np.arange(net.n)})
    for turn in range(2 * ROUNDS):
        held = spark.createDataFrame(label)
        sizes = held.groupBy("c").count()
        with_size = held.join(sizes, "c")
        mine = ties.filter(f.col("i") % 2 == turn % 2)
        seen = mine.join(with_size.select(f.col("i").alias("j"), "c", "count"), "j")
        seen = seen.join(held.select("i", f.col("c").alias("own")), "i")
        seen = seen.filter((f.col("count") < cap) | (f.col("c") == f.col("own")))
        total = seen.groupBy("i", "c").agg(f.sum("w").alias("w"))
        rank = f.row_number().over(Window.partitionBy("i").orderBy(f.desc("w"), "c"))
        moved = total.withColumn("rank", rank).filter("rank = 1").select("i", "c").toPandas()
        new = label["c"].to_numpy(dtype=np.int64).copy()
        new[moved["i"].to_numpy()] = moved["c"].to_numpy()
        label = label.assign(c=new)
    spark.stop()
    result: Labels = label["c"].to_numpy(dtype=np.int64)
    return result


def components(net: networks.Network) -> Labels:
    """Return the connected component of everybody."""
    graph = sp.coo_array((np.ones(len(net.source)), (net.source, net.target)), shape=(net.n, net.n))
    found: Labels = sp.csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return found


def packed(label: Labels, net: networks.Network, parts: int) -> Labels:
    """Put labels into parts of about equal numbers of ties: the largest first, each into the part with most room."""
    _, label = np.unique(label, return_inverse=True)
    degree = np.bincount(net.source, minlength=net.n) + np.bincount(net.target, minlength=net.n)
    size = np.bincount(label, degree)
    place, room = np.zeros(len(size), dtype=np.int64), np.zeros(parts)
    for one in np.argsort(-size, kind="stable"):
        place[one] = int(np.argmin(room))
        room[place[one]] += size[one]
    result: Labels = place[label]
    return result


def in_parts(net: networks.Network, part: Labels, start: Labels | None = None) -> Labels:
    """Run Leiden in each part against the null of the whole graph, then once over what was found."""
    strength = np.bincount(net.source, net.weight, net.n) + np.bincount(net.target, net.weight, net.n)
    resolution = 1.0 / float(strength.sum())
    label = np.full(net.n, -1, dtype=np.int64)
    used = 0
    for one in np.unique(part):
        members = np.flatnonzero(part == one)
        number = np.full(net.n, -1, dtype=np.int64)
        number[members] = np.arange(len(members))
        inside = (part[net.source] == one) & (part[net.target] == one)
        # Modularity is the constant Potts model with strengths for sizes: so the part knows the whole.
        found = communities.leiden(
            number[net.source[inside]], number[net.target[inside]], net.weight[inside], n=len(members),
            objective="cpm", sizes=strength[members], resolution=resolution,
            start=None if start is None else start[members],
        )  # fmt: skip
        label[members] = found.astype(np.int64) + used
        used += int(found.max()) + 1
    return _merged(net, label, used, strength, resolution)


def _near(net: networks.Network, label: Labels, parts: int) -> Labels:
    """Put communities that share much into one group, as large as a quarter of a part: cuts then run elsewhere."""
    _, label = np.unique(label, return_inverse=True)
    used = int(label.max()) + 1
    a, b = label[net.source], label[net.target]
    apart = a != b
    key, place = np.unique(np.minimum(a, b)[apart] * used + np.maximum(a, b)[apart], return_inverse=True)
    size = np.bincount(label, minlength=used)
    weight = np.bincount(place, net.weight[apart]) / np.sqrt(size[key // used] * size[key % used])
    if not len(key):
        return label
    group = communities.leiden(key // used, key % used, weight, n=used, max_size=max(used // (4 * parts), 2))
    result: Labels = group.astype(np.int64)[label]
    return result


def _merged(
    net: networks.Network, label: Labels, used: int, strength: npt.NDArray[np.float64], resolution: float
) -> Labels:
    """Let the communities of all parts join one another across the cut."""
    a, b = label[net.source], label[net.target]
    apart = a != b
    key, place = np.unique(np.minimum(a, b)[apart] * used + np.maximum(a, b)[apart], return_inverse=True)
    weight = np.bincount(place, net.weight[apart])
    top = communities.leiden(
        key // used, key % used, weight, n=used, objective="cpm", sizes=np.bincount(label, strength, used),
        resolution=resolution,
    )  # fmt: skip
    result: Labels = top.astype(np.int64)[label]
    return result


def measured(people: int, parts: list[int], seed: int) -> list[Step]:
    """Find communities in one network, whole and in parts."""
    net = networks.organisation(people, seed)
    communities.leiden(net.source[:10], net.target[:10], n=people)
    begun = time.perf_counter()
    whole = communities.leiden(net.source, net.target, net.weight, n=people)
    took = time.perf_counter() - begun
    steps = [Step("whole", 1, took, networks.modularity(net, whole), 1.0, 0.0, 1.0)]
    for count in parts:
        cap = max(int(LARGEST * people / count), 2)
        begun = time.perf_counter()
        spread = propagated(net, cap)
        for way, label in (("label propagation", spread), ("by chance", np.arange(people) % count)):
            part = packed(label, net, count) if way != "by chance" else label.astype(np.int64)
            found = in_parts(net, part)
            for _ in range(CUTS - 1):
                found = in_parts(net, packed(_near(net, found, count), net, count), found)
            took = time.perf_counter() - begun
            cut = float((part[net.source] != part[net.target]).mean())
            largest = float(np.bincount(part).max() / people)
            agreement = communities.adjusted_rand(whole, found)
            steps.append(Step(way, count, took, networks.modularity(net, found), agreement, cut, largest))
            begun = time.perf_counter()
    return steps


def table(all_steps: dict[int, list[Step]]) -> str:
    """Write the results as Markdown."""
    lines = ["| people | split | parts | ties cut | largest part | modularity | lost | ARI with the whole | s |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for people, steps in all_steps.items():
        best = steps[0].modularity
        lines += [
            f"| {people:,} | {one.way} | {one.parts} | {one.cut:.1%} | {one.largest:.1%} | {one.modularity:.4f} | "
            f"{best - one.modularity:.4f} | {one.agreement:.3f} | {one.seconds:.1f} |"
            for one in steps
        ]
    return "\n".join(lines)


def main() -> None:
    """Split networks and write down what is lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--parts", type=int, nargs="+", default=[2, 8, 32])
    parser.add_argument("--spark", type=int, default=0, help="also spread labels on Spark, for so many people")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    steps = {people: measured(people, given.parts, given.seed) for people in given.people}
    told: dict[str, Any] = {str(people): [one._asdict() for one in some] for people, some in steps.items()}
    text = table(steps)
    if given.spark:
        net = networks.organisation(given.spark, given.seed)
        cap = max(int(LARGEST * given.spark / 8), 2)
        begun = time.perf_counter()
        on_spark = propagated_on_spark(net, cap)
        took = time.perf_counter() - begun
        same = bool(np.array_equal(on_spark, propagated(net, cap)))
        told["spark"] = {"people": given.spark, "same_labels": same, "seconds": took}
        word = "the same labels as" if same else "OTHER labels than"
        text += f"\n\nOn Spark, {given.spark:,} people, {2 * ROUNDS} rounds: {word} in NumPy, in {took:.0f} s.\n"
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "parts.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (given.out / "parts.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
