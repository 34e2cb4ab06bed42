"""Compare engines that find communities: time from tie arrays to labels, modularity, peak memory and growth.

Every measurement is a process of its own. Engines take turns, so that noise hits all alike.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import detection_table
import networks
import numpy as np
from networks import Network

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("commfinder", "graspologic-native", "igraph", "leidenalg", "networkit", "numba", "numpy", "scikit-network")
LIBRARIES += ("scipy",)
ITERATIONS, SEED, ENSEMBLE, THREADS = 2, 0, 20, 2

# These take many times as long as others, or never come first: above this many people they are run once, and only when
# asked for.
SLOW = {"leidenalg": 500_000, "graspologic-native": 500_000, "scikit-network": 500_000}


class Engine(NamedTuple):
    """A way from tie arrays to labels: make the graph, then find communities in it; and the module it needs."""

    module: str
    build: Callable[[Network], Any]
    run: Callable[[Any], Any]
    alone: bool = False
    """Whether the process is kept to one processor."""


def by_commfinder(net: Network) -> Any:
    from commfinder.communities import leiden

    return leiden(net.source, net.target, net.weight, n=net.n, iterations=ITERATIONS, seed=SEED)


def igraph_graph(net: Network) -> tuple[Any, list[float]]:
    import igraph

    # An iterator of pairs is what igraph takes fastest: faster than an array, faster than a list.
    pairs = zip(net.source.tolist(), net.target.tolist(), strict=True)
    return igraph.Graph(net.n, edges=pairs), net.weight.tolist()


def by_igraph(graph: tuple[Any, list[float]]) -> Any:
    import random

    random.seed(SEED)
    return graph[0].community_leiden("modularity", weights=graph[1], n_iterations=ITERATIONS).membership


def by_leidenalg(graph: tuple[Any, list[float]]) -> Any:
    import leidenalg

    kind = leidenalg.RBConfigurationVertexPartition
    found = leidenalg.find_partition(graph[0], kind, weights=graph[1], n_iterations=ITERATIONS, seed=SEED)
    return found.membership


def matrix(net: Network) -> Any:
    from scipy.sparse import coo_matrix

    ends = np.concatenate([net.source, net.target]), np.concatenate([net.target, net.source])
    both = coo_matrix((np.concatenate([net.weight, net.weight]), ends), shape=(net.n, net.n))
    both.has_canonical_format = True  # Each pair is there once: no need to look for doubles.
    return both.tocsr()


def by_graspologic(rows: Any) -> Any:
    import graspologic_native

    start, neighbour = rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)
    people = rows.shape[0]
    _, found = graspologic_native.leiden_csr(start, neighbour, rows.data, people, iterations=ITERATIONS, seed=SEED)
    labels = np.empty(people, np.int64)
    labels[np.fromiter(found.keys(), np.int64, people)] = np.fromiter(found.values(), np.int64, people)
    return labels


def by_scikit_network(rows: Any) -> Any:
    from sknetwork.clustering import Leiden

    return Leiden(return_probs=False, return_aggregate=False, random_state=SEED).fit_predict(rows)


def networkit_graph(net: Network) -> Any:
    import networkit

    networkit.setNumberOfThreads(THREADS)
    networkit.setSeed(SEED, False)
    return networkit.GraphFromCoo((net.weight, (net.source, net.target)), n=net.n, weighted=True)


def by_networkit_plm(graph: Any) -> Any:
    import networkit

    return networkit.community.PLM(graph, refine=True).run().getPartition().getVector()


def by_networkit_leiden(graph: Any) -> Any:
    import networkit

    return networkit.community.ParallelLeiden(graph, iterations=ITERATIONS).run().getPartition().getVector()


ENGINES = {
    "commfinder": Engine("commfinder.communities", lambda net: net, by_commfinder),
    "commfinder, 1 thread": Engine("commfinder.communities", lambda net: net, by_commfinder, alone=True),
    "igraph": Engine("igraph", igraph_graph, by_igraph),
    "leidenalg": Engine("leidenalg", igraph_graph, by_leidenalg),
    "graspologic-native": Engine("graspologic_native", matrix, by_graspologic),
    "scikit-network": Engine("sknetwork", matrix, by_scikit_network),
    "NetworKit PLM": Engine("networkit", networkit_graph, by_networkit_plm),
    "NetworKit ParallelLeiden": Engine("networkit", networkit_graph, by_networkit_leiden),
}


def resident_mb(used: Any) -> float:
    """Tell the peak of resident memory; Linux counts it in KiB, macOS in bytes."""
    return round(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def own_peak_mb() -> float:
    import resource

    return resident_mb(resource.getrusage(resource.RUSAGE_SELF))


# What a measuring process does. Each takes what it was told and gives figures.


def do_generate(told: dict[str, Any]) -> dict[str, Any]:
    net = networks.organisation(told["people"], shuffled=told["shuffled"])
    networks.save(net, Path(told["network"]))
    return {"ties": len(net.source)}


def do_load(told: dict[str, Any]) -> dict[str, Any]:
    networks.load(Path(told["network"]))
    return {}


def do_engine(told: dict[str, Any]) -> dict[str, Any]:
    engine = ENGINES[told["engine"]]
    if engine.alone and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    net = networks.load(Path(told["network"]))
    # A tiny network first: importing, compiling and loading a compiler's cache are told apart.
    times = [time.perf_counter()]
    importlib.import_module(engine.module)
    times.append(time.perf_counter())
    engine.run(engine.build(networks.organisation(300)))
    times.append(time.perf_counter())
    gc.collect()
    before, processor, started = own_peak_mb(), time.process_time(), time.perf_counter()
    graph = engine.build(net)
    built = time.perf_counter()
    labels = np.asarray(engine.run(graph), dtype=np.int64)
    ended, processor = time.perf_counter(), time.process_time() - processor
    beyond = own_peak_mb() - before
    np.save(told["labels"], labels)
    return {
        "build_seconds": built - started,
        "run_seconds": ended - built,
        "total_seconds": ended - started,
        "processor_seconds": processor,
        "import_seconds": times[1] - times[0],
        "warm_up_seconds": times[2] - times[1],
        "peak_beyond_start_mb": round(beyond, 1),
    }


def task_of(net: Network) -> Any:
    from commfinder.communities.engines.contract import Task
    from commfinder.communities.ties import Ties

    return Task(Ties.of(net.source, net.target, net.weight, n=net.n), iterations=ITERATIONS)


def do_stages(told: dict[str, Any]) -> dict[str, Any]:
    """Time the stages of `leiden` one by one: check the arrays, make rows, run."""
    from commfinder.communities.engines import ENGINES

    net = networks.load(Path(told["network"]))
    ENGINES["leiden"](task_of(networks.organisation(300)), SEED)
    times = [time.perf_counter()]
    task = task_of(net)
    times.append(time.perf_counter())
    _ = task.ties.rows
    times.append(time.perf_counter())
    ENGINES["leiden"](task, SEED)
    times.append(time.perf_counter())
    return dict(zip(("check_seconds", "rows_seconds", "run_seconds"), np.diff(times).tolist(), strict=True))


def do_ensemble(told: dict[str, Any]) -> dict[str, Any]:
    """Time the same seeded runs: in turn on one thread, in turn on all threads, side by side on one thread each."""
    from commfinder.communities.engines import ensemble
    from commfinder.communities.engines.compiled import Leiden

    task, seeds = task_of(networks.load(Path(told["network"]))), list(range(SEED, SEED + ENSEMBLE))
    # Rows are made, and everything is compiled, before the clock starts.
    ensemble(task, seeds[:2], threads=THREADS)
    ways = {
        "one_thread": lambda: [Leiden(threads=1)(task, seed) for seed in seeds],
        "threads_within": lambda: [Leiden(threads=THREADS)(task, seed) for seed in seeds],
        "side_by_side": lambda: ensemble(task, seeds, threads=THREADS),
    }
    figures, found = {}, {}
    for name, way in ways.items():
        started = time.perf_counter()
        found[name] = np.asarray(way(), dtype=np.int64)
        figures[f"{name}_seconds"] = time.perf_counter() - started
    np.save(told["labels"], found["side_by_side"][0])
    return figures | {"same_bytes": len({one.tobytes() for one in found.values()}) == 1}


def do_score(told: dict[str, Any]) -> dict[str, Any]:
    net, labels = networks.load(Path(told["network"])), np.load(told["labels"])
    count = networks.communities(labels)[1]
    figures = {"modularity": networks.modularity(net, labels), "communities": count}
    return figures | {"connected": networks.pieces(net, labels) == count}


# The measuring side.


def spawn(work: Path, timeout: float, **told: Any) -> dict[str, Any]:
    """Do one thing in a new process; give its figures and its peak memory."""
    out, err = work / "out.json", work / "err.txt"
    out.unlink(missing_ok=True)
    told |= {"out": str(out), "labels": str(work / "labels.npy")}
    setting = {"OMP_NUM_THREADS": str(THREADS), "NUMBA_CACHE_DIR": str(work / "compiled")}
    line = [sys.executable, __file__, "--told", json.dumps(told)]
    with err.open("wb") as errors:
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=errors, env=os.environ | setting)
        until, done = time.monotonic() + timeout, 0
        while not done and time.monotonic() < until:
            time.sleep(0.02)
            done, status, used = os.wait4(process.pid, os.WNOHANG)
        if not done:
            process.kill()
            process.wait()
            return {"status": "timeout", "timeout_seconds": timeout}
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = err.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [str(process.returncode)]
        return {"status": "failed", "error": lines[-1]}
    return {"status": "ok", "peak_mb": resident_mb(used)} | json.loads(out.read_text(encoding="utf-8"))


def measure(work: Path, folder: Path, timeout: float, scores: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Run an engine once, and score its labels; equal labels are scored once."""
    figures = spawn(work, timeout, network=str(folder), **told)
    if figures["status"] == "ok":
        digest = hashlib.sha256((work / "labels.npy").read_bytes()).hexdigest()
        key = f"{folder.name} {digest}"
        if key not in scores:
            scores[key] = spawn(work, timeout, do="score", network=str(folder))
            scores[key].pop("peak_mb", None)
        figures = scores[key] | {"digest": digest} | figures
    return figures


def measure_size(work: Path, people: int, given: argparse.Namespace) -> dict[str, Any]:
    """Measure every engine on a network of one size."""
    folder = work / str(people)
    folder.mkdir()
    made = spawn(work, given.timeout, do="generate", network=str(folder), people=people, shuffled=not given.ordered)
    if made["status"] != "ok":
        raise SystemExit(f"The network of {people} people could not be made: {made}")
    load = [spawn(work, given.timeout, do="load", network=str(folder))["peak_mb"] for _ in range(given.runs)]
    runs: dict[str, list[dict[str, Any]]] = {}
    scores: dict[str, Any] = {}
    for turn in range(given.runs):
        for name in given.engines:
            slow = people >= SLOW.get(name, people + 1)
            if importlib.util.find_spec(ENGINES[name].module.split(".")[0]) is None:
                runs[name] = [{"status": "not installed"}]
            elif slow and not given.slow:
                runs[name] = [{"status": "not run"}]
            elif turn == 0 or not (slow or runs[name][0]["status"] != "ok"):
                figures = measure(work, folder, given.timeout, scores, do="engine", engine=name)
                runs.setdefault(name, []).append(figures)
                show = {key: figures[key] for key in ("total_seconds", "modularity", "error") if key in figures}
                print(f"{people} people, run {turn + 1}, {name}: {figures['status']} {show}", flush=True)
        if "commfinder" in given.engines:
            runs.setdefault("stages", []).append(spawn(work, given.timeout, do="stages", network=str(folder)))
    return {"people": people, "ties": made["ties"], "load_peak_mb": statistics.median(load), "runs": runs}


def measure_threads(work: Path, people: int, given: argparse.Namespace) -> dict[str, Any]:
    """Measure an ensemble on one thread and on more."""
    folder, scores = work / str(people), {}
    runs = [measure(work, folder, given.timeout, scores, do="ensemble") for _ in range(given.runs)]
    print(f"{people} people, ensemble: {runs}", flush=True)
    return {"people": people, "seeds": ENSEMBLE, "threads": THREADS, "runs": runs}


def measure_warm_up(work: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Time the first call of ours in a new process, before and after its machine code is in the cache."""
    folder = work / "tiny"
    folder.mkdir()
    spawn(work, given.timeout, do="generate", network=str(folder), people=300, shuffled=True)
    told = {"do": "engine", "engine": "commfinder", "network": str(folder)}
    return {name: spawn(work, given.timeout, **told) for name in ("cold", "warm")}


def version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="numbers of people")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--runs", type=int, default=3, help="how often each is run; the median counts")
    parser.add_argument("--slow", action="store_true", help="run slow engines on the largest network, once")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds after which a process is ended")
    parser.add_argument("--ordered", action="store_true", help="number people by department, and sort ties")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--told", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.told:
        told = json.loads(given.told)
        figures = globals()[f"do_{told['do']}"](told)
        Path(told["out"]).write_text(json.dumps(figures), encoding="utf-8")
        return
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"Load is {busy:.1f}: other work is going on, and times will say little.", file=sys.stderr)
    sizes = sorted(given.sizes)
    document: dict[str, Any] = {
        "benchmark": "labels from tie arrays",
        "machine": {"system": platform.system(), "processor": platform.machine(), "processors": os.cpu_count()},
        "load_at_start": round(busy, 2),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "settings": {"iterations": ITERATIONS, "threads": THREADS, "runs": given.runs, "shuffled": not given.ordered},
    }
    with tempfile.TemporaryDirectory(prefix="commfinder-benchmark-") as name:
        work = Path(name)
        ours = "commfinder" in given.engines
        document["warm_up"] = measure_warm_up(work, given) if ours else {}
        document["sizes"] = [measure_size(work, people, given) for people in sizes]
        people = 100_000 if 100_000 in sizes else sizes[0]
        document["ensemble"] = measure_threads(work, people, given) if ours else {}
    document["targets"] = detection_table.targets(document)
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    (given.out / "detection.json").write_text(text, encoding="utf-8")
    table = detection_table.markdown(document)
    (given.out / "detection.md").write_text(table, encoding="utf-8")
    print(f"\n{table}\nWritten: detection.json, detection.md")


if __name__ == "__main__":
    main()
