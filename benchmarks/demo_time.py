"""Measure `commfinder demo` as a whole process: wall time, processor time and peak memory, medians of several runs."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("commfinder", "duckdb", "ibis-framework", "igraph", "numpy", "pandas", "pyarrow", "scipy")


def measure(people: int) -> dict[str, float]:
    """Run the demo once in a new process."""
    folder = tempfile.mkdtemp(prefix="commfinder-benchmark-")
    line = [sys.executable, "-c", "from commfinder.cli import main; main()", "demo", "--people", str(people)]
    started = time.perf_counter()
    process = subprocess.Popen([*line, "--out", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    shutil.rmtree(folder)
    if process.returncode:
        raise SystemExit(f"commfinder demo --people {people} ended with {process.returncode}.")
    # Linux tells the peak in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "wall_seconds": round(wall, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_memory_mb": round(used.ru_maxrss * unit / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[120, 400])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    cases = []
    for people in given.people:
        runs = [measure(people) for _ in range(given.runs)]
        medians = {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
        cases.append({"people": people, "median": medians, "runs": runs})
        print(f"{people} people: {medians}")
    document = {
        "benchmark": "commfinder demo, whole process",
        "machine": {"system": platform.system(), "processor": platform.machine(), "processors": os.cpu_count()},
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "cases": cases,
    }
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "demo_time.json"
    target.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"Written: {target.name}")


if __name__ == "__main__":
    main()
