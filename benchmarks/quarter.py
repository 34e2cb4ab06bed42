"""Time a whole quarter, 100,000 people and 20 million interactions, from files to the report, stage by stage.

    python benchmarks/quarter.py
    python benchmarks/quarter.py --people 10000 100000 --runs 1 --out somewhere

Writes quarter.json and quarter.md to benchmarks/results. Beside the whole: reading the data once and Leiden once (P6).

- Files (`ties_parts/quarter_draw.py`): 200 rows a person in Parquet with accounts and ids as text, threads and answers,
  a directory, and declared groups of which half are planted in the traffic and half are on paper only. All settings of
  the study are the defaults.
- "First": no store; the clock starts when the study file is opened and stops when the report and all tables are
  written. "Again": once more, on the store that the first run left.
- Reading once: `commfinder.read` of the file. Decoding of all its columns by DuckDB is told too.
- Leiden once: two iterations by modularity on the ties of the graph, from arrays in memory.
- Before its clock every process does the same on 300 people, so that code is compiled and libraries are loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from ties import machine
from ties_parts import quarter_table
from ties_parts.measure import peak_mb, spawn
from ties_parts.quarter_draw import ROWS_A_PERSON, draw_quarter
from ties_parts.recorder import Recorder

RESULTS = Path(__file__).parent / "results"
ITERATIONS, SEED, WARM_PEOPLE = 2, 0, 300
PARTS = ("decode", "read", "first", "again", "leiden")


def run_study(folder: Path, out: Path, progress: Recorder) -> Any:
    """Run the study of a folder and write all its files."""
    from commfinder.study import Study

    result = Study.load(folder / "study.toml").run(progress=progress)
    with progress.stage("Writing the report"):
        result.save(out)
    return result


def do_first(told: dict[str, Any]) -> dict[str, Any]:
    """Run the study; the store must not be there for a first run."""
    folder, warm, out = (Path(told[name]) for name in ("folder", "warm", "result"))
    run_study(warm, out, Recorder())
    shutil.rmtree(out)
    progress, processor, started = Recorder(), time.process_time(), time.perf_counter()
    result = run_study(folder, out, progress)
    ended, processor = time.perf_counter(), time.process_time() - processor
    figures = {"seconds": ended - started, "processor_seconds": processor, "peak_mb": peak_mb()}
    figures |= {"stages": progress.stages, "ties": len(result.graph.ties)}
    figures["communities"] = len(result.communities.summary)
    figures["report_mb"] = (out / "report.html").stat().st_size / 1e6
    verdicts = result.verdicts.to_frame()
    kind = verdicts["group"].str.split().str[0].astype(str) + " " + verdicts["verdict"].astype(str)
    figures["verdicts"] = {str(name): int(count) for name, count in kind.value_counts().items()}
    a, b = result.graph.pairs
    weight = result.graph.ties["weight"].to_numpy(dtype=np.float64)
    np.savez(told["arrays"], a=a, b=b, weight=weight, n=len(result.graph.people))
    return figures


do_again = do_first


def do_read(told: dict[str, Any]) -> dict[str, Any]:
    """Read the interactions once."""
    import commfinder

    folder, warm = (Path(told[name]) for name in ("folder", "warm"))
    commfinder.read(warm / "interactions.parquet", kind="table")
    processor, started = time.process_time(), time.perf_counter()
    inter = commfinder.read(folder / "interactions.parquet", kind="table")
    ended, processor = time.perf_counter(), time.process_time() - processor
    return {"seconds": ended - started, "processor_seconds": processor, "peak_mb": peak_mb(), "read": len(inter)}


def do_decode(told: dict[str, Any]) -> dict[str, Any]:
    """Decode every column of the file once."""
    import duckdb

    def decode(path: Path) -> None:
        with duckdb.connect() as database:
            database.execute("SELECT max(hash(COLUMNS(*))) FROM read_parquet(?)", [str(path)]).fetchall()

    folder, warm = (Path(told[name]) for name in ("folder", "warm"))
    decode(warm / "interactions.parquet")
    processor, started = time.process_time(), time.perf_counter()
    decode(folder / "interactions.parquet")
    ended, processor = time.perf_counter(), time.process_time() - processor
    return {"seconds": ended - started, "processor_seconds": processor, "peak_mb": peak_mb()}


def do_leiden(told: dict[str, Any]) -> dict[str, Any]:
    """Find communities once in the ties that the study found."""
    import networks

    from commfinder.communities import leiden

    small = networks.organisation(WARM_PEOPLE)
    leiden(small.source, small.target, small.weight, n=small.n, iterations=ITERATIONS, seed=SEED)
    held = np.load(told["arrays"])
    a, b, weight, n = held["a"], held["b"], held["weight"], int(held["n"])
    processor, started = time.process_time(), time.perf_counter()
    leiden(a, b, weight, n=n, iterations=ITERATIONS, seed=SEED)
    ended, processor = time.perf_counter(), time.process_time() - processor
    return {"seconds": ended - started, "processor_seconds": processor, "peak_mb": peak_mb(), "ties": len(a)}


def measure_size(given: argparse.Namespace, work: Path, people: int) -> dict[str, Any]:
    """Measure all parts for one number of people, in turns."""
    rows, folder = people * ROWS_A_PERSON, given.folder / f"quarter-{people}"
    warm = work / "warm"
    for place, count in ((folder, people), (warm, WARM_PEOPLE)):
        if not (place / "study.toml").exists():
            place.mkdir(parents=True, exist_ok=True)
            draw_quarter(place, count * ROWS_A_PERSON, count)
    runs: list[dict[str, Any]] = []
    for turn in range(given.runs):
        for part in PARTS:
            # The next run needs the store of a first one, and Leiden needs the ties.
            needed = {"again": "first", "leiden": "first"}.get(part, part)
            if any(run["part"] in (part, needed) and run["status"] != "ok" for run in runs):
                continue
            if part == "first":
                shutil.rmtree(folder / "study.store", ignore_errors=True)
            told = {"do": part, "folder": str(folder), "warm": str(warm), "result": str(work / "result")}
            told |= {"arrays": str(work / "arrays.npz"), "out": str(work / "out.json")}
            line = [sys.executable, __file__, "--told", json.dumps(told)]
            load = round(os.getloadavg()[0], 2)
            spill = folder / "study.store"
            run = spawn(line, work / "out.json", spill=spill, timeout=given.timeout, cap_gb=given.cap)
            runs.append({"part": part, "turn": turn + 1, "load_before": load} | run)
            shown = {key: run[key] for key in ("status", "seconds", "peak_mb", "error") if key in run}
            print(f"{people:,} people, turn {turn + 1}, {part}: {shown}", flush=True)
            shutil.rmtree(work / "result", ignore_errors=True)
    shutil.rmtree(folder / "study.store", ignore_errors=True)
    return {"people": people, "rows": rows, "runs": runs}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000], help="numbers of people")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run; the median counts")
    parser.add_argument("--cap", type=float, default=18.0, help="gigabytes at which a measurement is ended")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds after which a measurement is ended")
    folder = Path(tempfile.gettempdir()) / "commfinder-quarter"
    parser.add_argument("--folder", type=Path, default=folder, help="where files are drawn")
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
    given.out.mkdir(parents=True, exist_ok=True)
    document = {"benchmark": "a quarter from files to the report"} | machine()
    document |= {"settings": {"runs": given.runs}, "load_at_start": round(busy, 2), "sizes": []}
    with tempfile.TemporaryDirectory(prefix="commfinder-benchmark-") as name:
        for people in sorted(given.people):
            document["sizes"].append(measure_size(given, Path(name), people))
            document["ratios"] = {str(size["people"]): quarter_table.ratios(size) for size in document["sizes"]}
            text = json.dumps(document, indent=1, sort_keys=True) + "\n"
            (given.out / "quarter.json").write_text(text, encoding="utf-8")
            (given.out / "quarter.md").write_text(quarter_table.markdown(document), encoding="utf-8")
    print(f"\n{(given.out / 'quarter.md').read_text(encoding='utf-8')}\nWritten: quarter.json, quarter.md")


if __name__ == "__main__":
    main()
