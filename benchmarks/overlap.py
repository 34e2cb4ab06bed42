"""How well are planted communities that overlap found: by Leiden alone, by a plain extension, and by `extend`?

Protocol, fixed before any graph of the seeds 10 to 19 was looked at:

1. Graphs come from `planted.py`: 1,500 people, mean degree 12, communities of 10 to 60, in four regimes. Degrees follow
   a power law. Its exponent is 3 in the main table: with it, Leiden and the plain rule come close to the reference
   table (the row "reference": two graphs of another generator in the same manner). Exponent 2, where many people have
   too few ties to tell in how many communities they are, is reported beside it.
2. Rule and settings of `extend` were developed on graphs of the seeds 100 to 109 alone, of both exponents. The settings
   are those of the highest ONMI, averaged over regimes and exponents, with which in no family of random graphs (same
   seeds) 3 % of people join a second community; if fewer passes do within .001 of it, those. The development table
   lists them all.
3. Reported is the mean over ten graphs, of the seeds 10 to 19, and the standard deviation over graphs; differences are
   paired by graph. A target counts as reached if the mean is not below it when rounded as the target is. Seeds 0 to 9
   were looked at once, with a version in which ties to those who had joined counted as much as others: on the network
   of `networks.py`, communities grew with every pass. That was mended on seeds from 100 up, at some cost in ONMI. A
   last rule, which changes nothing on planted graphs, came from e-mail data: memberships with fewer ties than activity
   explains.
4. Partitions: `leiden` at resolution 1, or at the fixed point (`fixed_point`), one run, seed 0.
5. Random graphs, seeds 10 to 19: share of people who are put into a second community, of whom all are wrong.
6. Time of `extend` on the network of `networks.py`, median of three, with Leiden at resolution 1 and at 100; and how
   many memberships a person has after 1, 2, 4 and 8 passes, as extending has to come to an end.

Measures: ONMI (McDaid, over the larger entropy), mean best-match F1 of both directions, F1 of who is in more than one.
The plain rule: P(Bin(k, K/2m) ≥ x) times the number of neighbouring communities below .01, three ties, two passes.

    python benchmarks/overlap.py            # everything, some minutes
    python benchmarks/overlap.py --graphs 2 # a look; writes no file
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from networks import organisation
from planted import Planted, planted_cover
from scipy import sparse as sp
from scipy import stats

from commfinder.communities.compare import best_match_f1, overlapping_f1, overlapping_nmi
from commfinder.communities.engines import leiden
from commfinder.communities.overlap import extend
from commfinder.communities.resolution import fixed_point
from commfinder.communities.ties import Ties

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("commfinder", "numba", "numpy", "scipy")
REPORTED, DEVELOPMENT = range(10, 20), range(100, 110)
MEASURES = ("ONMI", "F1", "overlapping F1")
EXPONENTS = (3.0, 2.0)

REGIMES: dict[str, dict[str, Any]] = {
    "mu .2, 10 % in 2": {"mu": 0.2, "overlapping": 0.1, "memberships": 2},
    "mu .3, 30 % in 2": {"mu": 0.3, "overlapping": 0.3, "memberships": 2},
    "mu .3, 50 % in 3": {"mu": 0.3, "overlapping": 0.5, "memberships": 3},
    "mu .45, 30 % in 2": {"mu": 0.45, "overlapping": 0.3, "memberships": 2},
}
TARGETS = dict(
    zip(REGIMES, [(0.98, 0.99, 0.92), (0.83, 0.93, 0.70), (0.33, 0.62, 0.20), (0.71, 0.86, 0.36)], strict=True)
)
RANDOM: dict[str, dict[str, Any]] = {
    "500 people, 6 ties, much the same for all": {"n": 500, "mean_degree": 6, "max_degree": 7},
    "1,500 people, 12 ties, much the same for all": {"n": 1500, "mean_degree": 12, "max_degree": 13},
    "1,500 people, 30 ties, much the same for all": {"n": 1500, "mean_degree": 30, "max_degree": 32},
    "1,500 people, 12 ties, exponent 3": {"n": 1500, "mean_degree": 12, "max_degree": 50, "exponent": 3.0},
    "5,000 people, 20 ties, exponent 2": {"n": 5000, "mean_degree": 20, "max_degree": 200},
}
SETTINGS = [
    {"alpha": alpha, "min_ties": ties, "passes": passes}
    for alpha, ties, passes in itertools.product((0.1, 0.2, 0.3, 0.4, 0.5), (2, 3), (2, 4, 6))
]
LIMIT = 0.03

Labels = npt.NDArray[np.int32]
Covers = dict[str, list[npt.NDArray[np.int64]]]


class Case(NamedTuple):
    """A graph, its ties, and its partition at the fixed point."""

    graph: Planted
    ties: Ties
    labels: Labels
    resolution: float


def case(**options: Any) -> Case:
    """Draw a graph and find its partition at the fixed point of the resolution."""
    graph = planted_cover(**options)

    def partition(resolution: float) -> Labels:
        return leiden(graph.a, graph.b, graph.weight, n=graph.n, resolution=resolution, seed=0)

    found = fixed_point(graph.a, graph.b, graph.weight, partition=partition)
    return Case(graph, Ties.of(graph.a, graph.b, n=graph.n), partition(found.value), found.value)


def groups(labels: Labels) -> list[npt.NDArray[np.int64]]:
    """Turn labels into lists of members."""
    return [np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1)]


def plain_rule(one: Case, alpha: float = 0.01, min_ties: int = 3, passes: int = 2) -> list[npt.NDArray[np.int64]]:
    """Extend a partition by the plain rule: all ties count for every community, and chance knows activity alone."""
    n, many = one.graph.n, int(one.labels.max()) + 1
    ties = sp.csr_array((np.ones(len(one.graph.a)), (one.graph.a, one.graph.b)), shape=(n, n))
    ties = ties + ties.T
    degree = np.asarray(ties.sum(axis=1)).ravel()
    home = sp.csr_array((np.ones(n), (np.arange(n), one.labels)), shape=(n, many)).toarray() > 0
    inside = home
    for _ in range(passes):
        count = ties @ inside.astype(np.float64)
        mass = (degree @ inside)[None, :] - degree[:, None] * inside
        tail = stats.binom.sf(count - 1, degree[:, None], np.clip(mass / degree.sum(), 0, 1))
        near = (count > 0).sum(axis=1)[:, None]
        joins = (count >= min_ties) & (tail * near < alpha)
        inside = np.where(joins.any(axis=1)[:, None], joins, home)
    return [members for members in map(np.flatnonzero, inside.T) if len(members)]


def score(found: list[npt.NDArray[np.int64]], planted: list[npt.NDArray[np.int64]]) -> tuple[float, ...]:
    """Return ONMI, mean best-match F1, and F1 of who is in more than one community."""
    return overlapping_nmi(found, planted), best_match_f1(found, planted).mean, overlapping_f1(found, planted)


METHODS: dict[str, Callable[[Case], list[npt.NDArray[np.int64]]]] = {
    "Leiden, resolution 1": lambda one: groups(leiden(one.graph.a, one.graph.b, n=one.graph.n, seed=0)),
    "Leiden, fixed point": lambda one: groups(one.labels),
    "and the plain rule": plain_rule,
    "and `extend`": lambda one: extend(one.ties, one.labels).cover,
}


def in_several(members: Iterable[npt.NDArray[np.int64]], n: int) -> npt.NDArray[np.bool_]:
    """Tell who is in more than one community."""
    return np.bincount(np.concatenate(list(members)), minlength=n) > 1


def regimes(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """Score every method on every regime."""
    lines = []
    for exponent, (name, options) in itertools.product(EXPONENTS, REGIMES.items()):
        runs: dict[str, list[tuple[float, ...]]] = {method: [] for method in METHODS}
        wrong, resolutions = [], []
        for seed in seeds:
            one = case(**options, exponent=exponent, seed=seed)
            resolutions.append(one.resolution)
            for method, find in METHODS.items():
                found = find(one)
                runs[method].append(score(found, one.graph.cover))
            several = in_several(found, one.graph.n)
            wrong.append(float((several & (one.graph.memberships < 2)).sum() / max(several.sum(), 1)))
        alone, plain, ours = (np.array(runs[method]) for method in list(METHODS)[1:])
        line = {
            "exponent": exponent,
            "regime": name,
            "target": TARGETS[name],
            "resolution": [round(min(resolutions), 2), round(max(resolutions), 2)],
            "runs": {method: np.round(values, 4).tolist() for method, values in runs.items()},
            "mean": {method: np.mean(values, axis=0).round(4).tolist() for method, values in runs.items()},
            "sd": {method: np.std(values, axis=0, ddof=1).round(4).tolist() for method, values in runs.items()},
            "wrong_share": round(float(np.mean(wrong)), 4),
        }
        line["gain"] = {
            "over the partition": [(ours - alone).mean(0).round(4).tolist(), (ours > alone).sum(0).tolist()],
            "over the plain rule": [(ours - plain).mean(0).round(4).tolist(), (ours > plain).sum(0).tolist()],
        }
        lines.append(line)
        print(exponent, name, line["mean"], flush=True)
    return lines


def randomised(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Measure, for each family of random graphs, the share of people who are put into a second community."""
    shares = {
        name: [_share(case(mu=1.0, chimera=1.0, seed=seed, **options), {}) for seed in seeds]
        for name, options in RANDOM.items()
    }
    print({name: max(values) for name, values in shares.items()}, flush=True)
    return shares


def _share(one: Case, setting: dict[str, Any]) -> float:
    """Return the share of people who are put into more than one community."""
    return round(float(in_several(extend(one.ties, one.labels, **setting).cover, one.graph.n).mean()), 4)


def development(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """Score every setting of `extend` on the graphs it was developed on."""
    seeds = list(seeds)
    planted = [
        case(**options, exponent=exponent, seed=seed)
        for exponent, options, seed in itertools.product(EXPONENTS, REGIMES.values(), seeds)
    ]
    chance = [[case(mu=1.0, chimera=1.0, seed=seed, **options) for seed in seeds] for options in RANDOM.values()]
    lines = []
    for setting in SETTINGS:
        onmi = [overlapping_nmi(extend(one.ties, one.labels, **setting).cover, one.graph.cover) for one in planted]
        worst = max(statistics.fmean(_share(one, setting) for one in family) for family in chance)
        lines.append({**setting, "onmi": round(statistics.fmean(onmi), 4), "worst_random_share": round(worst, 4)})
        print(lines[-1], flush=True)
    fit = [line for line in lines if line["worst_random_share"] < LIMIT]
    top = max(line["onmi"] for line in fit)
    best = min((line for line in fit if line["onmi"] > top - 0.001), key=lambda line: (line["passes"], -line["onmi"]))
    return [{**line, "best": line is best} for line in lines]


def times(sizes: Iterable[int]) -> list[dict[str, Any]]:
    """Measure how long `extend` takes."""
    lines = []
    for n in sizes:
        network = organisation(n, seed=0)
        for resolution in (1.0, 100.0):
            labels = leiden(network.source, network.target, network.weight, n=n, resolution=resolution, seed=0)
            ties = Ties.of(network.source, network.target, network.weight, n=n)
            _ = ties.rows
            extend(ties, labels)
            seconds = []
            for _ in range(3):
                started = time.perf_counter()
                extend(ties, labels)
                seconds.append(round(time.perf_counter() - started, 3))
            lines.append(
                {
                    "people": n,
                    "ties": len(network.source),
                    "communities": int(labels.max()) + 1,
                    "memberships": [round(len(extend(ties, labels, passes=p).person) / n, 3) for p in (1, 2, 4, 8)],
                    "seconds": statistics.median(seconds),
                    "runs": seconds,
                }
            )
            print(lines[-1], flush=True)
    return lines


def markdown(document: dict[str, Any]) -> str:
    """Write the tables that the documentation includes."""
    parts = [
        _regime_table([line for line in document["regimes"] if line["exponent"] == exponent], exponent)
        for exponent in EXPONENTS
    ]
    rows = [
        f"| {name} | {100 * statistics.fmean(values):.1f} % | {100 * max(values):.1f} % |"
        for name, values in document["random"].items()
    ]
    parts.append(
        "Random graphs: people put into a second community, all wrongly.\n\n"
        "| graphs | mean | largest |\n|---|---|---|\n" + "\n".join(rows)
    )
    rows = [
        f"| {line['alpha']} | {line['min_ties']} | {line['passes']} | {line['onmi']:.3f} "
        f"| {100 * line['worst_random_share']:.1f} % | {'chosen' if line['best'] else ''} |"
        for line in document["development"]
    ]
    parts.append(
        "Settings on the graphs of development: mean ONMI over regimes and both exponents, and the share of people in "
        "a second community in the family of random graphs where it is largest.\n\n"
        "| alpha | min_ties | passes | ONMI | random | |\n|---|---|---|---|---|---|\n" + "\n".join(rows)
    )
    rows = [
        f"| {line['people']:,} | {line['ties']:,} | {line['communities']:,} | {line['seconds']:.2f} "
        f"| {' / '.join(f'{value:.3f}' for value in line['memberships'])} |"
        for line in document["times"]
    ]
    parts.append(
        "| people | ties | communities | seconds | memberships a person, 1 / 2 / 4 / 8 passes |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows)
    )
    return "\n\n".join(parts) + "\n"


def _regime_table(lines: list[dict[str, Any]], exponent: float) -> str:
    """Write the scores on the regimes, for degrees of one exponent."""
    seeds = len(next(iter(lines[0]["runs"].values())))
    text = [
        f"Degrees of exponent {exponent:g}; {' / '.join(MEASURES)}, mean ± standard deviation of {seeds} graphs.\n",
        "| method | " + " | ".join(line["regime"] for line in lines) + " |",
        "|---" * (len(lines) + 1) + "|",
    ]
    for method in METHODS:
        cells = [
            " / ".join(f"{m:.3f} ± {s:.3f}" for m, s in zip(line["mean"][method], line["sd"][method], strict=True))
            for line in lines
        ]
        text.append(f"| {method} | " + " | ".join(cells) + " |")
    if exponent == EXPONENTS[0]:
        text.append("| reference | " + " | ".join(" / ".join(f"{t:.2f}" for t in x["target"]) for x in lines) + " |")
        text.append("| reached by `extend` | " + " | ".join(" / ".join(_reached(line)) for line in lines) + " |")
    for over in lines[0]["gain"]:
        cells = [
            " / ".join(f"{gain:+.3f} ({won})" for gain, won in zip(*line["gain"][over], strict=True)) for line in lines
        ]
        text.append(f"| gain {over} (graphs won) | " + " | ".join(cells) + " |")
    text.append("| of those put in several, wrongly | " + " | ".join(f"{100 * x['wrong_share']:.0f} %" for x in lines))
    text[-1] += " |"
    text.append("| resolution | " + " | ".join("{} to {}".format(*line["resolution"]) for line in lines) + " |")
    return "\n".join(text)


def _reached(line: dict[str, Any]) -> list[str]:
    """Say of each measure whether the target is reached."""
    mean = line["mean"]["and `extend`"]
    return ["yes" if round(m, 2) >= t else f"no, {m - t:+.3f}" for m, t in zip(mean, line["target"], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=len(REPORTED), help="graphs of each regime; fewer for a look")
    given = parser.parse_args()
    document: dict[str, Any] = {
        "benchmark": "overlapping communities planted in graphs of 1,500 people",
        "machine": {"system": platform.system(), "processor": platform.machine(), "processors": os.cpu_count()},
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "development": development(DEVELOPMENT[: given.graphs]),
        "regimes": regimes(REPORTED[: given.graphs]),
        "random": randomised(REPORTED[: given.graphs]),
        "times": times((10_000, 100_000)),
    }
    if given.graphs < len(REPORTED):
        print(markdown(document))
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "overlap.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "overlap.md").write_text(markdown(document), encoding="utf-8")
    print("Written: overlap.json, overlap.md")


if __name__ == "__main__":
    main()
