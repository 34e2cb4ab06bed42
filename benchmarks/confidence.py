"""Are confidences probabilities? Fit what generated networks teach, and measure calibration on others.

Protocol, fixed before any figure was looked at:

1. `fit` draws networks of the ranges TRAINING (seeds 1000 and up), finds communities once at the fixed point of the
   resolution, and fits the logistic models of `commfinder.communities.confidence`. Cases weigh the same; every network
   is one draw of the ranges.
2. `check` runs `find_communities` as users do, on networks of the ranges HELD_OUT, which overlap with TRAINING in no
   combination: larger or smaller, denser or sparser, other sizes of communities, other weights (seeds 5000 and up).
   Reported: expected calibration error over ten bins of equal mass, by community, with a bootstrap over networks; the
   Brier score and its skill against the base rate; how often the probability passes one half and is right.
3. `chance` runs `find_communities` on Erdős-Rényi networks and on networks of power-law degrees, of five sizes each:
   the share of runs that report any community with a confidence above one half.

A community is right if its Jaccard index with a planted one is at least 0.5. Results are reported whatever they are.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from planted import Planted, planted_cover
from scipy import sparse as sp

from commfinder.communities import find_communities
from commfinder.communities.confidence.calibrate import Logistic, fitted
from commfinder.communities.confidence.evidence import chance, partition
from commfinder.communities.confidence.judge import cases
from commfinder.communities.confidence.traces import Traces
from commfinder.communities.resolution import fixed_point
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

RESULTS = Path(__file__).parent / "results"
PRIOR = Path(__file__).parents[1] / "src" / "commfinder" / "communities" / "confidence" / "prior.json"

TRAINING = {
    "n": (150, 1500),
    "mu": (0.1, 0.7),
    "mean_degree": (6.0, 20.0),
    "sizes": [(8, 20), (10, 60), (5, 40)],
    "chimera": [0.0, 0.0, 0.3, 0.5, 0.8, 1.0],
    "overlapping": [0.0, 0.0, 0.1],
    "contrast": [1.0, 1.5, 3.0],
    "events": [0.0, 1.0, 3.0, 8.0],
}
HELD_OUT = {
    "n": (1600, 4000),
    "mu": (0.15, 0.65),
    "mean_degree": (8.0, 30.0),
    "sizes": [(15, 100), (6, 30), (30, 80)],
    "chimera": [0.0, 0.2, 0.4, 0.7, 0.9],
    "overlapping": [0.0, 0.05, 0.2],
    "contrast": [1.0, 2.0, 4.0],
    "events": [0.0, 2.0, 5.0],
}
SMALL = {**HELD_OUT, "n": (60, 140), "mean_degree": (5.0, 12.0), "sizes": [(6, 14), (8, 25)]}
SAME, MIN_SIZE = 0.5, 3


def drawn(ranges: dict[str, Any], seed: int) -> tuple[Planted, np.ndarray, dict[str, Any]]:
    """Draw one network of some ranges, the number of events of each tie, and what was drawn."""
    rng = np.random.default_rng([17, seed])
    low, high = np.log(ranges["n"])
    n = int(np.exp(rng.uniform(low, high)))
    pick = {name: ranges[name][rng.integers(len(ranges[name]))] for name in ("sizes", "chimera", "overlapping")}
    mean = rng.uniform(*ranges["mean_degree"])
    contrast = ranges["contrast"][rng.integers(len(ranges["contrast"]))]
    rate = ranges["events"][rng.integers(len(ranges["events"]))]
    options = {"n": n, "mu": rng.uniform(*ranges["mu"]), "mean_degree": mean, "max_degree": int(min(5 * mean, n / 4))}
    planted = planted_cover(**options, **pick, contrast=contrast, seed=seed)
    # Counts of events are heavy-tailed: a Poisson mixture, larger where ties are heavier.
    heavy = rng.gamma(0.5, 2.0, len(planted.a)) * planted.weight * rate
    return planted, 1 + rng.poisson(heavy), {**options, **pick, "contrast": contrast, "events": rate, "seed": seed}


def traces(planted: Planted, events: np.ndarray) -> Traces:
    """Weigh ties by log1p of events."""
    amount = events.astype(np.float64)
    return Traces(planted.n, planted.a, planted.b, np.log1p(amount), amount, events.astype(np.int64), "log1p", False)


def graph_of(planted: Planted, events: np.ndarray) -> InteractionGraph:
    """Turn a network into an `InteractionGraph`, through the public door."""
    names = np.array([f"p{number:05d}" for number in range(planted.n)])
    rows = {"sender": np.repeat(names[planted.a], events), "recipient": np.repeat(names[planted.b], events)}
    return build_graph(Interactions.from_frame(rows, medium="contact"), Directory.from_frame({"person": names}))


def alike(members: list[np.ndarray], cover: list[np.ndarray]) -> np.ndarray:
    """Return the Jaccard index of each community with the planted one most like it."""
    belongs = [set(one.tolist()) for one in cover]
    found = []
    for one in members:
        own = set(one.tolist())
        found.append(max((len(own & other) / len(own | other) for other in belongs), default=0.0))
    return np.array(found)


def fit(networks: int) -> None:
    """Fit the logistic models on networks of the training ranges."""
    evidence: dict[str, list[np.ndarray]] = {"community": [], "member": []}
    truth: dict[str, list[np.ndarray]] = {"community": [], "member": []}
    for seed in range(1000, 1000 + networks):
        planted, events, _ = drawn(TRAINING, seed)
        of = traces(planted, events)
        ties = of.ties()
        gamma = fixed_point(of.a, of.b, ties.weight, partition=lambda at, t=ties: partition(t, at, 0)).value
        labels = partition(ties, gamma, 0)
        first, second = np.random.SeedSequence(seed).spawn(2)
        level = chance(of, labels, gamma, 10, first).level
        sizes = [len(one) for one in planted.cover]
        person = np.concatenate([np.empty(0, np.int64), *planted.cover])
        place = (person, np.repeat(np.arange(len(sizes)), sizes))
        truth_of = sp.csr_array((np.ones(len(person)), place), shape=(planted.n, len(sizes)))
        got = cases(of, labels, gamma, level, truth_of, 20, second)
        evidence["community"].append(got.community)
        truth["community"].append(got.true)
        evidence["member"].append(got.member)
        truth["member"].append(got.belongs)
        print(f"{seed}: {len(got.true)} communities, {int(got.true.sum())} right", flush=True)
    document: dict[str, Any] = {"networks": networks, "first_seed": 1000, "ranges": TRAINING}
    for what in evidence:
        x, y = np.concatenate(evidence[what]), np.concatenate(truth[what])
        vague = Logistic(np.zeros(x.shape[1]), np.eye(x.shape[1]) * 1e-3)
        model = fitted(x, y, vague)
        document[what] = {
            "cases": len(y),
            "right": int(y.sum()),
            "weight": [round(float(one), 6) for one in model.weight],
            # The information in one case, so that the prior can be counted as any number of them.
            "precision": [[round(float(one), 9) for one in row] for row in model.precision / len(y)],
        }
    PRIOR.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"Written: {PRIOR.name}")


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return float(sum(len(one) * abs(p[one].mean() - y[one].mean()) for one in parts if len(one)) / len(p))


def check(networks: int) -> dict[str, Any]:
    """Measure calibration on networks of the held-out ranges."""
    p, y, which, member_p, member_y = [], [], [], [], []
    started = time.perf_counter()
    for turn in range(networks):
        planted, events, options = drawn(HELD_OUT if turn % 4 else SMALL, 5000 + turn)
        found = find_communities(graph_of(planted, events), seed=turn)
        number = {name: int(name[1:]) for name in found.members["person"].unique()}
        inside = found.members.dropna(subset=["community"])
        groups = {c: part["person"].map(number).to_numpy() for c, part in inside.groupby("community")}
        members = [groups[name] for name in found.summary["community"]]
        right = alike(members, planted.cover) >= SAME
        p.append(found.summary["confidence"].to_numpy(dtype=np.float64))
        y.append(right)
        which.append(np.full(len(right), turn))
        cover = [set(one.tolist()) for one in planted.cover]
        for name in found.summary["community"]:
            own = set(groups[name].tolist())
            best = max(cover, key=lambda other, own=own: len(own & other) / len(own | other), default=set())
            true = len(own & best) / max(len(own | best), 1) >= SAME
            rows = inside[inside["community"] == name]
            member_p.append(rows["confidence"].to_numpy(dtype=np.float64))
            member_y.append(np.array([true and number[one] in best for one in rows["person"]]))
        print(
            f"{turn}: n {options['n']}, mu {options['mu']:.2f}, unclustered {options['chimera']}: "
            f"{len(right)} found, {int(right.sum())} right, {p[-1].sum():.1f} expected",
            flush=True,
        )
    return {
        "networks": networks,
        "seconds": round(time.perf_counter() - started, 1),
        "communities": summary(np.concatenate(p), np.concatenate(y), np.concatenate(which)),
        "memberships": summary(np.concatenate(member_p), np.concatenate(member_y), None),
    }


def summary(p: np.ndarray, y: np.ndarray, which: np.ndarray | None) -> dict[str, Any]:
    """Return calibration error, Brier score and the reliability table."""
    base = float(y.mean())
    brier = float(((p - y) ** 2).mean())
    document: dict[str, Any] = {
        "cases": len(y),
        "base_rate": round(base, 4),
        "ece": round(calibration_error(p, y), 4),
        "brier": round(brier, 4),
        "brier_skill": round(1 - brier / (base * (1 - base)), 4),
        "reliability": [
            {"cases": len(one), "said": round(float(p[one].mean()), 3), "true": round(float(y[one].mean()), 3)}
            for one in np.array_split(np.argsort(p, kind="stable"), 10)
        ],
        "above_half": int((p > 0.5).sum()),
        "above_half_right": round(float(y[p > 0.5].mean()), 4),
    }
    if which is not None:
        rng = np.random.default_rng(0)
        names = np.unique(which)
        rows = {name: np.flatnonzero(which == name) for name in names}
        again = []
        for _ in range(500):
            take = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
            again.append(calibration_error(p[take], y[take]))
        document["ece_interval"] = [round(float(one), 4) for one in np.quantile(again, [0.025, 0.975])]
    return document


def by_chance(runs: int) -> dict[str, Any]:
    """Count runs on networks without communities that report any with a confidence above one half."""
    lines = []
    for n in (60, 150, 400, 1000, 2500):
        for kind in ("Erdős-Rényi", "power-law degrees"):
            bad, reported, seen = 0, 0, 0
            for run in range(runs):
                seed = 9000 + 100_000 * run + n
                rng = np.random.default_rng([3, seed])
                mean = rng.uniform(5, 20)
                if kind == "Erdős-Rényi":
                    drawn_pairs = rng.random(n * (n - 1) // 2) < mean / (n - 1)
                    a, b = (ends[drawn_pairs] for ends in np.triu_indices(n, 1))
                    planted = Planted(n, a, b, np.ones(len(a)), [], np.arange(n))
                else:
                    most = int(min(5 * mean, n / 4))
                    mean = min(mean, 0.7 * most)
                    planted = planted_cover(n, mu=0.0, mean_degree=mean, max_degree=most, chimera=1.0, seed=seed)
                rate = rng.choice([0.0, 2.0, 5.0])
                events = 1 + rng.poisson(rng.gamma(0.5, 2.0, len(planted.a)) * rate)
                found = find_communities(graph_of(planted, events), seed=run)
                seen += 1
                reported += bool(len(found.summary))
                bad += bool((found.summary["confidence"] > 0.5).any())
            lines.append({"people": n, "kind": kind, "runs": seen, "any_community": reported, "above_half": bad})
            print(lines[-1], flush=True)
    total = sum(line["runs"] for line in lines)
    return {"lines": lines, "runs": total, "share_above_half": sum(line["above_half"] for line in lines) / total}


def markdown(document: dict[str, Any]) -> str:
    """Write the results as Markdown tables."""
    lines = [
        "| | cases | base rate | calibration error | Brier score | skill | above one half | of these right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for what in ("communities", "memberships"):
        one = document["check"][what]
        interval = one.get("ece_interval")
        error = f"{one['ece']:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")
        lines.append(
            f"| {what} | {one['cases']} | {one['base_rate']:.2f} | {error} | {one['brier']:.3f} "
            f"| {one['brier_skill']:.2f} | {one['above_half']} | {one['above_half_right']:.3f} |"
        )
    lines += ["", "| said | true | communities |", "|---|---|---|"]
    for row in document["check"]["communities"]["reliability"]:
        lines.append(f"| {row['said']:.2f} | {row['true']:.2f} | {row['cases']} |")
    lines += [
        "",
        "| network without communities | people | runs | any community reported | any above one half |",
        "|---|---|---|---|---|",
    ]
    for row in document["chance"]["lines"]:
        lines.append(
            f"| {row['kind']} | {row['people']} | {row['runs']} | {row['any_community']} | {row['above_half']} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fit", "check"], help="fit the models, or measure them")
    parser.add_argument("--networks", type=int, default=None, help="networks drawn (fit 400, check 80)")
    parser.add_argument("--runs", type=int, default=20, help="runs of each of the ten kinds of chance")
    given = parser.parse_args()
    if given.what == "fit":
        fit(given.networks or 400)
        return
    document = {"check": check(given.networks or 80), "chance": by_chance(given.runs), "held_out": HELD_OUT}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "confidence.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "confidence.md").write_text(markdown(document), encoding="utf-8")
    print(markdown(document))


if __name__ == "__main__":
    main()
