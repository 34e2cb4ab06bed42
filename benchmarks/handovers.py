"""Time cases and handoffs on many interactions, and compare sums over cases with pm4py on a public log.

    python benchmarks/handovers.py --rows 200000 2000000 20000000
    python benchmarks/handovers.py --compare ../shared/data/workflow/08_receipt.xes.gz --pm4py python-with-pm4py

Writes handovers.json and handovers.md to benchmarks/results. pm4py is under the AGPL: it is run by an interpreter of
its own, is no dependency, and nothing of it is used here.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from commfinder.delivery.cases.find import Cases, find_cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.cases.matrices import Matrix, handover_of_work, subcontracting, working_together
from commfinder.errors import CommfinderError
from commfinder.interactions import Interactions
from commfinder.interactions.schema import INTERACTIONS
from commfinder.sources import read

RESULTS = Path(__file__).parent / "results"
SEED = 1000
PER_PERSON, PER_CASE, ACTIVITIES, PROCESSES, DAYS = 400, 8, 12, 40, 365
WORKFLOW, THREADS = 0.5, 0.3  # the rest is mail without thread
STEPS = ("find_cases", "hand_offs", "handover_of_work", "working_together")


def interactions(n: int) -> Interactions:
    """Draw acts on worklists, mail in threads and mail without any id, over a year."""
    rng = np.random.default_rng(SEED)
    people = pa.array([f"person-{one:07d}" for one in range(max(n // PER_PERSON, 20))])
    parts = [round(WORKFLOW * n), round(THREADS * n)]
    sizes = (*parts, n - sum(parts))
    tables = [draw(size, people, rng) for draw, size in zip((_worklist, _threads, _loose), sizes, strict=True)]
    return Interactions.from_arrow(pa.concat_tables(tables))


def _times(rng: np.random.Generator, case: np.ndarray[Any, Any], position: np.ndarray[Any, Any]) -> Any:
    """Draw the beginning of each case, and about half a working day from one act to the next."""
    begin = rng.integers(0, DAYS * 86_400_000_000, int(case[-1]) + 1 if len(case) else 0)
    step = rng.integers(60_000_000, 8 * 3_600_000_000, len(case))
    total = np.cumsum(step)
    first = np.flatnonzero(position == 0)
    since = total - np.repeat(total[first], np.diff(np.append(first, len(case))))
    return 1_735_689_600_000_000 + begin[case] + since


def _cases(n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Draw cases of 2 to 14 acts."""
    size = rng.integers(2, 2 * PER_CASE - 1, 2 * n // PER_CASE + 10)
    size = size[: int(np.searchsorted(np.cumsum(size), n)) + 1]
    case = np.repeat(np.arange(len(size)), size)[:n]
    first = np.concatenate([[0], np.cumsum(size)])[case]
    return case, np.arange(n) - first


def _table(rng: np.random.Generator, n: int, **columns: Any) -> pa.Table:
    """Complete a table of interactions, its rows in random order."""
    order = rng.permutation(n)
    filled = {}
    for field in INTERACTIONS:
        value = columns.get(field.name)
        if value is None:
            filled[field.name] = pa.nulls(n, field.type)
        elif isinstance(value, str | int | bool):
            filled[field.name] = pa.array(np.full(n, value)).cast(field.type)
        else:
            filled[field.name] = pa.array(value).take(pa.array(order)).cast(field.type)
    return pa.table(filled, schema=INTERACTIONS)


def _worklist(n: int, people: pa.Array, rng: np.random.Generator) -> pa.Table:
    """Draw acts on worklists: every process has its own people."""
    case, position = _cases(n, rng)
    process = case % PROCESSES
    share = max(len(people) // PROCESSES, 6)
    sender = (process * share + rng.integers(0, 6, n) + 6 * (case // PROCESSES % max(share // 6, 1))) % len(people)
    activity = np.char.add("activity-", (position % ACTIVITIES).astype(str))
    return _table(
        rng,
        n,
        event=pa.array([f"w{a}#{b:06d}" for a, b in zip(case.tolist(), position.tolist(), strict=True)]),
        time=_times(rng, case, position),
        sender=people.take(pa.array(sender)),
        role="edit",
        medium="workflow",
        space=np.char.add("process-", process.astype(str)),
        thread=pa.array([f"w{a}" for a in case.tolist()]),
        activity=activity,
        n_recipients=0,
        automated=False,
        source="log",
    )


def _threads(n: int, people: pa.Array, rng: np.random.Generator) -> pa.Table:
    """Draw mail in threads between neighbours; each answers the one before."""
    case, position = _cases(n, rng)
    sender = (case * 7 + rng.integers(0, 5, n)) % len(people)
    recipient = (sender + rng.integers(1, 9, n)) % len(people)
    return _table(
        rng,
        n,
        event=pa.array([f"<m{one}@example.org>" for one in range(n)]),
        time=_times(rng, case, position),
        sender=people.take(pa.array(sender)),
        recipient=people.take(pa.array(recipient)),
        role="to",
        medium="email",
        thread=pa.array([f"<t{one}@example.org>" for one in case.tolist()]),
        parent=pa.array([f"<m{place - 1}@example.org>" if at else None for place, at in enumerate(position.tolist())]),
        n_recipients=1,
        automated=False,
        source="mail",
    )


def _loose(n: int, people: pa.Array, rng: np.random.Generator) -> pa.Table:
    """Draw mail without any id, passed on from person to person."""
    case, position = _cases(n, rng)
    sender = (case * 13 + position * 3) % len(people)
    return _table(
        rng,
        n,
        event=pa.array([f"<l{one}@example.org>" for one in rng.permutation(n).tolist()]),
        time=_times(rng, case, position),
        sender=people.take(pa.array(sender)),
        recipient=people.take(pa.array((sender + 3) % len(people))),
        role="to",
        medium="email",
        n_recipients=1,
        automated=False,
        source="loose",
    )


class Peak:
    """The largest resident memory while something runs, beyond what was there before."""

    def __enter__(self) -> Peak:
        self.before = self.most = _resident_mb()
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.most = max(self.most, _resident_mb())

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._watch.join()
        self.most = max(self.most, _resident_mb())


def _resident_mb() -> float:
    """Tell the resident memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _give_back() -> None:
    """Give the memory that drawing the rows took back to the system, or else it would hide what the steps take."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def measure(n: int) -> dict[str, Any]:
    """Time every step at one size; run in a process of its own."""
    inter = interactions(n)
    figures: dict[str, Any] = {"rows": n, "people": len(inter.names)}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        with Peak() as peak:
            started, processor = time.perf_counter(), time.process_time()
            value = call()
            figures[f"{name}_s"] = round(time.perf_counter() - started, 2)
            figures[f"{name}_processor_s"] = round(time.process_time() - processor, 2)
        figures[f"{name}_peak_mb"] = round(peak.most - peak.before)
        return value

    _give_back()
    figures["held_mb"] = round(_resident_mb())
    rows = inter.rows
    timed("scan", lambda: rows.aggregate([rows[name].max().name(name) for name in rows.columns]).to_pyarrow())
    cases = timed("find_cases", lambda: find_cases(inter))
    found = timed("hand_offs", lambda: hand_offs(cases))
    timed("handover_of_work", lambda: handover_of_work(cases))
    timed("working_together", lambda: working_together(cases))
    kinds = cases.frame["how"].value_counts().to_dict()
    figures |= {"cases": len(cases), "acts": cases.acts.n, "handoffs": found.n}
    figures |= {f"cases_by_{how}": int(count) for how, count in sorted(kinds.items())}
    return figures


def exponent(runs: list[dict[str, Any]], name: str) -> float | None:
    """Return the growth exponent of time over rows, from the smallest to the largest size."""
    first, last = min(runs, key=lambda run: run["rows"]), max(runs, key=lambda run: run["rows"])
    if first["rows"] == last["rows"] or min(first[name], last[name]) <= 0:
        return None
    return round(math.log(last[name] / first[name]) / math.log(last["rows"] / first["rows"]), 2)


PEER = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pm4py
log = pm4py.convert_to_dataframe(pm4py.read_xes(sys.argv[1]))
log = log[log["org:resource"].notna()]
columns = {"case:concept:name": "case", "org:resource": "person", "time:timestamp": "time", "org:group": "unit"}
log.rename(columns=columns)[[new for old, new in columns.items() if old in log]].to_csv(sys.argv[2], index=False)
found = {
    "handover": pm4py.discover_handover_of_work_network(log),
    "subcontracting": pm4py.discover_subcontracting_network(log),
    "together": pm4py.discover_working_together_network(log),
}
json.dump({name: [[a, b, v] for (a, b), v in one.connections.items()] for name, one in found.items()}, sys.stdout)
"""


def compare(path: Path, interpreter: str) -> list[dict[str, str]]:
    """Compare sums over the cases of a log with pm4py, and name every difference of definitions."""
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.csv"
        done = subprocess.run([interpreter, "-c", PEER, str(path), str(events)], capture_output=True, check=True)
        peer = json.loads(done.stdout[done.stdout.index(b'{"handover"') :])
        log = pd.read_csv(events)
    log["event"] = [f"{one:09d}" for one in range(len(log))]
    cases = Cases.of(log)
    theirs = {name: _square(cases, edges) for name, edges in peer.items()}
    whole = _dense(handover_of_work(cases, self_handovers=True))
    ours = _dense(handover_of_work(cases))
    passed = theirs["handover"] * whole.sum()
    off = passed * (1 - np.eye(len(passed)))
    together = _dense(working_together(cases))
    scaled = theirs["together"] * len(log)
    once = (_strict_subcontracting(cases) > 0).astype(float)
    returned = _dense(subcontracting(cases))
    theirs_back = theirs["subcontracting"] * len(cases)
    lines = [
        _line("handover, with self-handovers, as shares of all", whole / whole.sum(), theirs["handover"]),
        _line("handover, self-handovers left out, as counts", ours, off),
        _line("handover as it is, against pm4py as it is", ours / ours.sum(), theirs["handover"]),
        _line("working together, as counts (theirs times event rows)", together, scaled),
        _line("working together as share of cases, against pm4py as it is", together / len(cases), theirs["together"]),
        _line("subcontracting, acts a-b-a counted directly, as counts", _strict_subcontracting(cases), theirs_back),
        _line("subcontracting by runs, as counts", returned, theirs_back),
        {
            "what": "share of handovers that are self-handovers",
            "entries": str(len(log)),
            "largest difference": f"{np.trace(whole) / whole.sum():.3f}",
            "agree": "-",
        },
        {
            "what": "pairs with subcontracting: ours, theirs",
            "entries": f"{int(once.sum())}, {int((theirs_back > 0).sum())}",
            "largest difference": "",
            "agree": "-",
        },
    ]
    try:
        read_by_us = find_cases(read(path))
    except CommfinderError as error:
        return [*lines, {"what": f"the file was not read by commfinder: {error}", "agree": "-"}]
    lines.append(
        _line("handover, file read by commfinder against events of pm4py", _dense(handover_of_work(read_by_us)), ours)
    )
    return lines


def _square(cases: Cases, edges: list[list[Any]]) -> Any:
    """Put a list of pairs into a matrix in the order of people."""
    place = {str(name): code for code, name in enumerate(cases.people)}
    matrix = np.zeros((len(place), len(place)))
    for a, b, value in edges:
        matrix[place[str(a)], place[str(b)]] = value
    return matrix


def _dense(matrix: Matrix) -> Any:
    """Return all entries."""
    return matrix.values.toarray()


def _strict_subcontracting(cases: Cases) -> Any:
    """Count a-b-a over single acts, by a loop."""
    counts = np.zeros((len(cases.people), len(cases.people)))
    case, person = cases.acts.case, cases.acts.person
    for i in range(cases.acts.n - 2):
        if case[i] == case[i + 2] and person[i] == person[i + 2] != person[i + 1]:
            counts[person[i], person[i + 1]] += 1
    return counts


def _line(what: str, ours: Any, theirs: Any) -> dict[str, str]:
    """Compare two matrices."""
    apart = float(np.abs(ours - theirs).max())
    used = int(((ours != 0) | (theirs != 0)).sum())
    return {
        "what": what,
        "entries": str(used),
        "largest difference": f"{apart:.3g}",
        "agree": "yes" if apart < 1e-9 * max(1.0, float(np.abs(ours).max())) else "no",
    }


def _as_table(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """Write rows as a Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(row.get(name, "")) for name in columns) + " |" for row in rows]
    return "\n".join(lines)


WHY = """
- **Self-handovers.** pm4py counts an act that is followed by an act of the same person as a handover and divides by the
  sum that includes them; commfinder leaves them out unless asked, and divides by nothing.
- **Working together.** pm4py divides the number of cases by the number of rows of the data frame, which are events;
  commfinder counts cases. Multiplied by the rows both are equal.
- **Subcontracting.** pm4py 2.7.23 counts, for each person a, only the first place in its list of variants where a acts
  two acts after an act of a (times the cases of that variant), also where the act between is a's own; commfinder counts
  all of them, needs another person between, and counts a run of several acts of b as one.
"""


def report(figures: dict[str, Any]) -> str:
    """Write the page of figures."""
    parts = ["# Cases and handoffs", f"Machine: {figures['machine']}."]
    if figures.get("runs"):
        steps = ["scan", *STEPS]
        columns = ["rows", "cases", "acts", "handoffs", *[f"{step}_s" for step in steps]]
        columns += ["find_cases_processor_s", "find_cases_peak_mb", "hand_offs_peak_mb", "held_mb"]
        growth = {"rows": "growth exponent"} | {f"{k}_s": v for k, v in figures["growth"].items() if v is not None}
        parts += [
            "## Time (s), and memory (MB) beyond what was held before the step",
            _as_table([*figures["runs"], growth], columns),
        ]
    if figures.get("comparison"):
        columns = ["what", "entries", "largest difference", "agree"]
        parts += [f"## Against pm4py on {figures['log']}", _as_table(figures["comparison"], columns), WHY.strip()]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--pm4py", default=sys.executable, help="an interpreter that has pm4py")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "handovers.json"
    figures = json.loads(target.read_text()) if target.exists() else {}
    figures["machine"] = f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}"
    if options.rows:
        runs = []
        for n in options.rows:
            command = [sys.executable, __file__, "--one", str(n)]
            told = [json.loads(subprocess.check_output(command)) for _ in range(options.runs)]
            numbers = {key: statistics.median(run[key] for run in told) for key in told[0]}
            runs.append(numbers)
            print(json.dumps(numbers), flush=True)
        figures["runs"] = runs
        figures["growth"] = {step: exponent(runs, f"{step}_s") for step in ("scan", *STEPS)}
    if options.compare:
        figures["comparison"] = compare(options.compare, options.pm4py)
        figures["log"] = options.compare.name
    target.write_text(json.dumps(figures, indent=1) + "\n")
    (options.out / "handovers.md").write_text(report(figures))
    print(report(figures))


if __name__ == "__main__":
    main()
