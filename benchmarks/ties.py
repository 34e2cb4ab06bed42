"""Time the way from interactions to ties: commfinder beside DuckDB, Polars and pandas by hand, Spark, and other tools.

    python benchmarks/ties.py --sizes 1000000 10000000 20000000
    python benchmarks/ties.py --sizes 500000000 --engines commfinder --runs 1 --memory 4 --add
    python benchmarks/ties.py --sizes --peer-sizes 10000 30000 100000 --peers python-with-peers --add

Writes ties.json and ties.md to benchmarks/results. The protocol stands at the top of ties_parts/__init__.py.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ties_parts import table
from ties_parts.draw import draw, people_of
from ties_parts.engines import ENGINES, Job, figures_of
from ties_parts.measure import peak_mb, spawn
from ties_parts.peer_files import write_for_peers
from ties_parts.peers import PEERS

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("commfinder", "duckdb", "ibis-framework", "numpy", "pandas", "polars", "pyarrow", "pyspark")
THREADS, WARM_ROWS, WARM_PEOPLE = 2, 1_000, 40

# What takes many times the time and memory is measured up to so many rows unless it is named with --engines.
UP_TO = {
    "commfinder, layers": 100_000_000,
    "commfinder, build_graph": 20_000_000,
    "commfinder on Spark": 20_000_000,
    "pandas": 20_000_000,
    "pandas, packed pair": 20_000_000,
    "DuckDB SQL, packed pair": 100_000_000,
    "Polars streaming": 100_000_000,
    "DuckDB SQL, no order": 100_000_000,
    "Polars streaming, packed pair, no order": 100_000_000,
}

# Gigabytes for a database, where the target is the memory of the whole process.
MEMORY_GB = {100_000_000: 3.0, 500_000_000: 3.0}


def do_engine(told: dict[str, Any]) -> dict[str, Any]:
    """Run one engine: on the small file, then with the clock."""
    engine = ENGINES[told["engine"]]
    common = {"threads": THREADS, "spill": Path(told["spill"]), "memory_gb": told["memory_gb"]}
    warm = Job(Path(told["warm"]), WARM_PEOPLE, **common)
    engine.run(warm, engine.prepare(warm))
    job = Job(Path(told["path"]), told["people"], **common)
    ready = engine.prepare(job)
    gc.collect()
    before, started, processor = peak_mb(), time.perf_counter(), time.process_time()
    found = engine.run(job, ready)
    ended, processor = time.perf_counter(), time.process_time() - processor
    figures = {"seconds": ended - started, "processor_seconds": processor, "peak_mb": peak_mb()}
    # Digests come last: they take memory of their own.
    return figures | {"peak_before_mb": before} | figures_of(found)


def measure_one(given: argparse.Namespace, work: Path, rows: int, name: str) -> dict[str, Any]:
    """Measure one engine once."""
    spill = given.folder / "spill"
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir()
    memory = given.memory if given.memory is not None else MEMORY_GB.get(rows)
    told = {"engine": name, "path": str(_file(given, rows)), "people": people_of(rows), "spill": str(spill)}
    told |= {"memory_gb": memory, "warm": str(_warm(given)), "out": str(work / "out.json")}
    line = [sys.executable, __file__, "--told", json.dumps(told)]
    setting = {"POLARS_MAX_THREADS": str(THREADS), "POLARS_TEMP_DIR": str(spill), "OMP_NUM_THREADS": str(THREADS)}
    figures = spawn(line, work / "out.json", spill=spill, timeout=given.timeout, cap_gb=given.cap, setting=setting)
    shutil.rmtree(spill, ignore_errors=True)
    return {"rows": rows, "people": people_of(rows), "engine": name, "memory_gb": memory} | figures


def _file(given: argparse.Namespace, rows: int, people: int | None = None) -> Path:
    """Return the file of so many rows, drawn where it is not there."""
    path: Path = given.folder / f"ties-{rows}.parquet"
    if not path.exists():
        draw(path, rows, people or people_of(rows))
    return path


def _warm(given: argparse.Namespace) -> Path:
    return _file(given, WARM_ROWS, WARM_PEOPLE)


def measure_size(given: argparse.Namespace, work: Path, rows: int) -> list[dict[str, Any]]:
    """Measure all engines on one file, in turns; what did not end well is not tried again."""
    _file(given, rows)
    runs: list[dict[str, Any]] = []
    names = [name for name in ENGINES if name in given.engines]
    if not given.named:
        names = [name for name in names if rows <= UP_TO.get(name, rows)]
    for turn in range(given.runs):
        for name in names:
            if importlib.util.find_spec(ENGINES[name].library) is None:
                runs += [{"rows": rows, "engine": name, "status": "not installed"}] if turn == 0 else []
                continue
            if any(run["engine"] == name and run["status"] != "ok" for run in runs):
                continue
            load = round(os.getloadavg()[0], 2)
            run = measure_one(given, work, rows, name) | {"turn": turn + 1, "load_before": load}
            runs.append(run)
            shown = {key: run.get(key) for key in ("status", "seconds", "peak_mb", "spill_mb", "error") if key in run}
            print(f"{rows:,} rows, turn {turn + 1}, {name}: {shown}", flush=True)
    return runs


def measure_peers(given: argparse.Namespace, work: Path, rows: int) -> list[dict[str, Any]]:
    """Measure other tools for organisations, and commfinder beside them, on a small file."""
    path, warm = _file(given, rows), _warm(given)
    now = datetime.datetime.now()
    for source in (path, warm):
        write_for_peers(source, work / source.stem, now)
    runs: list[dict[str, Any]] = []
    for turn in range(given.runs):
        for name in (*PEERS, "commfinder", "commfinder, build_graph"):
            if any(run["engine"] == name and run["status"] != "ok" for run in runs):
                continue
            if name in PEERS:
                told = {"peer": name, "folder": str(work / path.stem), "warm": str(work / warm.stem)}
                told["out"] = str(work / "out.json")
                line = [given.peers, str(Path(__file__).parent / "ties_parts" / "peers.py"), json.dumps(told)]
                run = spawn(line, work / "out.json", spill=work / "none", timeout=given.timeout, cap_gb=given.cap)
                run |= {"rows": rows, "people": people_of(rows), "engine": name}
            else:
                run = measure_one(given, work, rows, name)
            runs.append(run | {"turn": turn + 1, "beside": "peers"})
            print(f"{rows:,} rows, turn {turn + 1}, {name}: {run['status']} {run.get('seconds')}", flush=True)
    return runs


def version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000_000, 10_000_000, 20_000_000], help="rows")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), help="all by default")
    parser.add_argument("--peer-sizes", type=int, nargs="*", default=[], help="rows for --peers")
    parser.add_argument("--peers", default=sys.executable, help="an interpreter that has orgnet and vivainsights")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run; the median counts")
    parser.add_argument("--memory", type=float, help="gigabytes for a database, in place of the defaults")
    parser.add_argument("--cap", type=float, default=18.0, help="gigabytes at which a measurement is ended")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds after which a measurement is ended")
    folder = Path(tempfile.gettempdir()) / "commfinder-ties"
    parser.add_argument("--folder", type=Path, default=folder, help="where files are drawn, and spilled to")
    parser.add_argument("--draw", action="store_true", help="only draw the files")
    parser.add_argument("--add", action="store_true", help="keep what was measured before, but for the same cases")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--told", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.named = given.engines is not None
    given.engines = given.engines or list(ENGINES)
    return given


def machine() -> dict[str, Any]:
    """Say what was measured on."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9 if hasattr(os, "sysconf") else None
    return {
        "machine": {"system": platform.system(), "processor": platform.machine(), "processors": os.cpu_count()}
        | {"memory_gb": memory and round(memory, 1)},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "settings": {"threads": THREADS},
    }


def _merged(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what was measured now in the place of the same cases from before."""
    again = {(run["rows"], run["engine"], run.get("beside")) for run in new}
    return [run for run in old if (run["rows"], run["engine"], run.get("beside")) not in again] + new


def main() -> None:
    given = arguments()
    if given.told:
        told = json.loads(given.told)
        Path(told["out"]).write_text(json.dumps(do_engine(told)), encoding="utf-8")
        return
    busy = os.getloadavg()[0]
    if busy > 0.5 and not given.draw:
        print(f"Load is {busy:.1f}: other work is going on, and times will say little.", file=sys.stderr)
    given.folder.mkdir(parents=True, exist_ok=True)
    given.out.mkdir(parents=True, exist_ok=True)
    target = given.out / "ties.json"
    before = json.loads(target.read_text(encoding="utf-8"))["runs"] if given.add and target.exists() else []
    if given.draw:
        for rows in given.sizes:
            print(_file(given, rows), flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="commfinder-benchmark-") as name:
        work, runs = Path(name), []
        for measure, sizes in ((measure_size, given.sizes), (measure_peers, given.peer_sizes)):
            for rows in sorted(sizes):
                runs += measure(given, work, rows)
                document = {"benchmark": "ties from interactions"} | machine() | {"runs": _merged(before, runs)}
                document["targets"] = table.targets(document)
                # Written after every size, as the largest take long.
                text = json.dumps(document, indent=1, sort_keys=True) + "\n"
                target.write_text(text, encoding="utf-8")
                (given.out / "ties.md").write_text(table.markdown(document), encoding="utf-8")
    if target.exists():
        print(f"\n{(given.out / 'ties.md').read_text(encoding='utf-8')}\nWritten: ties.json, ties.md")


if __name__ == "__main__":
    main()
