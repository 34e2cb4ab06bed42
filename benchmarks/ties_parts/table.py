"""From the figures of `ties.py` to targets, met or not, and to the tables that the documentation includes."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise
from typing import Any, NamedTuple

from ties_parts.engines import ENGINES, GRAPH, SAME, TOLERANCE

__all__ = ["exponents", "markdown", "same_result", "targets"]

OURS, ON_SPARK = "commfinder", "commfinder on Spark"
BEST_BY_HAND, PANDAS, EXPONENT = 1.15, 5.0, 1.1
ASKED_ROWS = 20_000_000
WITHIN_GB = {100_000_000: 8.0, 500_000_000: 12.0}
STEPS = (1_000_000, 10_000_000, 100_000_000)
PEER_WORK = {
    "orgnet": "CSV in; counts, decay, reciprocity in dense frames of people by people; a NetworkX graph out",
    "vivainsights": "CSV in; rows as they are, not summed; layout as by default; an igraph multigraph out",
    "vivainsights, random layout": "the same, with the quickest layout",
}


class Target(NamedTuple):
    """One target: what is asked, what was measured, and whether it is met; None where it could not be judged."""

    number: str
    what: str
    asked: str
    measured: str
    met: bool | None


def good(document: dict[str, Any], rows: int, name: str, *, beside: str | None = None) -> list[dict[str, Any]]:
    """Give the runs of one case that ended well."""
    return [run for run in _runs(document, rows, name, beside=beside) if run["status"] == "ok"]


def _runs(document: dict[str, Any], rows: int, name: str, *, beside: str | None = None) -> list[dict[str, Any]]:
    of_case = (rows, name, beside)
    return [run for run in document["runs"] if (run["rows"], run["engine"], run.get("beside")) == of_case]


def median(document: dict[str, Any], rows: int, name: str, figure: str, *, beside: str | None = None) -> float | None:
    """Give the median of a figure over the runs that ended well; None if there is none."""
    found = [run[figure] for run in good(document, rows, name, beside=beside) if figure in run]
    return statistics.median(found) if found else None


def sizes(document: dict[str, Any], *, beside: str | None = None) -> list[int]:
    """Give the numbers of rows that were measured."""
    return sorted({run["rows"] for run in document["runs"] if run.get("beside") == beside})


def fastest(document: dict[str, Any], rows: int, *libraries: str) -> tuple[float, str] | None:
    """Give time and name of the fastest way by hand with the same work; of all libraries where none is named."""
    found = [
        (time, name)
        for name, engine in ENGINES.items()
        if engine.by_hand and engine.includes == SAME and (not libraries or engine.library in libraries)
        if (time := median(document, rows, name, "seconds")) is not None
    ]
    return min(found) if found else None


def same_result(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two runs found the same ties: equal pairs and counts, and weights within the tolerance."""
    if any(one[name] != other[name] for name in ("ties", "events", "pairs")):
        return False
    return all(math.isclose(one[name], other[name], rel_tol=TOLERANCE, abs_tol=1e-9) for name in ("weight", "mixed"))


def exponents(document: dict[str, Any], name: str) -> list[tuple[int, int, float]]:
    """Give the growth of time with rows from each size to the next, for the sizes that have the same rows a person."""
    points = [(rows, median(document, rows, name, "seconds")) for rows in STEPS]
    known = [(rows, time) for rows, time in points if time]
    return [(low[0], high[0], math.log(high[1] / low[1]) / math.log(high[0] / low[0])) for low, high in pairwise(known)]


def targets(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Judge P1 and the growth of ties by the figures; what was not measured is not judged."""
    judged = [*_speed(document), *_memory(document), *_sameness(document), *_growth(document)]
    return [one._asdict() for one in judged]


def _speed(document: dict[str, Any]) -> list[Target]:
    """P1: beside what can be written by hand, and beside pandas."""
    found = []
    for rows in [one for one in sizes(document) if one >= ASKED_ROWS] or [ASKED_ROWS]:
        ours, best = median(document, rows, OURS, "seconds"), fastest(document, rows, "duckdb", "polars")
        what = f"time beside the best of DuckDB and Polars by hand, {rows:,} rows"
        if ours is None or best is None:
            found.append(Target("P1", what, f"≤ {BEST_BY_HAND}×", "not measured", None))
            continue
        each = [fastest(document, rows, library) for library in ("duckdb", "polars")]
        words = "; ".join(f"{ours / one[0]:.2f}× {one[1]}" for one in each if one)
        met = ours / best[0] <= BEST_BY_HAND if rows == ASKED_ROWS else None
        found.append(Target("P1", what, f"≤ {BEST_BY_HAND}×", words, met))
    ours, theirs = median(document, ASKED_ROWS, OURS, "seconds"), fastest(document, ASKED_ROWS, "pandas")
    what, words, met = f"faster than pandas, {ASKED_ROWS:,} rows", "not measured", None
    if ours is not None and theirs is not None:
        plain = median(document, ASKED_ROWS, "pandas", "seconds")
        words = f"{theirs[0] / ours:.1f}× ({theirs[1]})" + (f"; {plain / ours:.1f}× as first written" if plain else "")
        met = theirs[0] / ours >= PANDAS
    return [*found, Target("P1", what, f"≥ {PANDAS:.0f}×", words, met)]


def _memory(document: dict[str, Any]) -> list[Target]:
    """P1: the largest peak of any run counts."""
    found = []
    for rows, within in WITHIN_GB.items():
        runs, failed = good(document, rows, OURS), _runs(document, rows, OURS)
        what = f"memory, {rows:,} rows"
        if not failed:
            found.append(Target("P1", what, f"≤ {within:.0f} GB", "not measured", None))
        elif not runs:
            found.append(Target("P1", what, f"≤ {within:.0f} GB", failed[0]["status"], False))
        else:
            peak, spilled = (max(run[figure] for run in runs) / 1000 for figure in ("peak_mb", "spill_mb"))
            words = f"{peak:.1f} GB, {spilled:.1f} GB spilled, {median(document, rows, OURS, 'seconds'):.0f} s"
            found.append(Target("P1", what, f"≤ {within:.0f} GB", words, peak <= within))
    return found


def _sameness(document: dict[str, Any]) -> list[Target]:
    """The same ties by all engines; the same bytes in every run of ours, and on Spark."""
    hand, spark, again = [], [], []
    for rows in sizes(document):
        ours = good(document, rows, OURS)
        again += [run["bytes"] == ours[0]["bytes"] for run in ours[1:]]
        for name, engine in ENGINES.items():
            runs = good(document, rows, name) if ours else []
            hand += [same_result(run, ours[0]) for run in runs if engine.by_hand]
            spark += [run["bytes"] == ours[0]["bytes"] for run in runs if name == ON_SPARK]
    found = []
    for what, asked, yes in (
        ("ties by hand and by commfinder, every size", "the same", hand),
        ("ties of repeated runs of commfinder", "the same bytes", again),
        ("ties on Spark and on DuckDB", "the same bytes", spark),
    ):
        words = "not measured" if not yes else f"{asked}, {len(yes)} times" if all(yes) else f"{yes.count(False)} not"
        found.append(Target("P1", what, asked, words, all(yes) if yes else None))
    return found


def _growth(document: dict[str, Any]) -> list[Target]:
    """The steepest step counts."""
    steps = exponents(document, OURS)
    words = ", ".join(f"{low:,} to {high:,}: {one:.2f}" for low, high, one in steps) or "not measured"
    met = max(one for _, _, one in steps) <= EXPONENT if len(steps) == len(STEPS) - 1 else None
    return [Target("P7", "growth of time with rows", f"≤ {EXPONENT}, each step", words, met)]


def markdown(document: dict[str, Any]) -> str:
    """Write the page: a table for each size, growth, other tools, targets."""
    versions = ", ".join(f"{name} {number}" for name, number in sorted(document["versions"].items()) if number)
    where = document["machine"]
    lines = [
        "# From interactions to ties",
        "",
        "Medians, each run in a process of its own, engines in turn; everything on "
        f"{document['settings']['threads']} threads but pandas, which has one. {where['processors']} processors, "
        f"{where['memory_gb']} GB, Python {document['python']}, {versions}.",
        "",
        f"Every row without a note includes: {SAME}. The clock starts before the file is opened. Peak: resident "
        "memory of the process when the arrays are there; with Spark, of all its processes, its Java's heap included. "
        "Names of people, which only commfinder has, are in memory before.",
        "",
    ]
    for rows in sizes(document):
        lines += [*_size_table(document, rows), ""]
    lines += [*_growth_table(document), ""]
    for rows in sizes(document, beside="peers"):
        lines += [*_peer_table(document, rows), ""]
    return "\n".join(lines + _target_table(document["targets"])) + "\n"


def _size_table(document: dict[str, Any], rows: int) -> list[str]:
    """Write one row for each engine: those with the same work first, the fastest on top."""
    ours = good(document, rows, OURS)
    counts = f"{ours[0]['people']:,} people, {ours[0]['ties']:,} ties" if ours else ""
    columns = ("engine", "note", "s", "× commfinder", "processor s", "peak MB", "spilled MB", "same ties", "runs")
    lines = [f"**{rows:,} rows** {counts}", "", *_head(columns)]
    names = list(dict.fromkeys(run["engine"] for run in document["runs"] if run["rows"] == rows))
    names = [name for name in names if _runs(document, rows, name)]
    order = {name: (ENGINES[name].includes != SAME, median(document, rows, name, "seconds")) for name in names}
    for name in sorted(names, key=lambda name: (order[name][0], order[name][1] or math.inf)):
        note = "" if ENGINES[name].includes == SAME else ENGINES[name].includes
        lines.append(_row([name, note, *_cells(document, rows, name)]))
    limits = {run.get("memory_gb") for run in ours} - {None}
    return lines + (["", f"Memory given to DuckDB, and to Java: {max(limits):g} GB."] if limits else [])


def _cells(document: dict[str, Any], rows: int, name: str) -> list[str]:
    """Write the figures of one engine."""
    runs, ours = good(document, rows, name), good(document, rows, OURS)
    if not runs:
        first = _runs(document, rows, name)[0]
        words = {"timeout": f"> {first.get('timeout_seconds', 0):.0f}"}.get(first["status"], first["status"])
        if first["status"] == "out of memory" and first.get("cap_gb"):
            words = f"ended at {first['cap_gb']:g} GB"
        return [words, *[""] * 6]
    time = median(document, rows, name, "seconds") or math.nan
    us = median(document, rows, OURS, "seconds")
    spark = name == ON_SPARK
    peak = median(document, rows, name, "tree_peak_mb" if spark else "peak_mb") or math.nan
    processor = "" if spark else f"{median(document, rows, name, 'processor_seconds'):.2f}"
    same = ""
    if name != OURS and ours and "pairs" in runs[0]:
        same = "yes" if all(same_result(run, ours[0]) for run in runs) else "**no**"
    times = f"{time / us:.2f}" if us else ""
    spilled = median(document, rows, name, "spill_mb") or 0.0
    return [f"{time:.2f}", times, processor, f"{peak:.0f}", f"{spilled:.0f}", same, str(len(runs))]


def _growth_table(document: dict[str, Any]) -> list[str]:
    """Write the exponents of all engines."""
    names = [f"{low:,} to {high:,}" for low, high in pairwise(STEPS)]
    lines = ["**Growth**: exponent of time with rows, at 100 rows a person", "", *_head(("engine", *names))]
    for name in ENGINES:
        found = {(low, high): one for low, high, one in exponents(document, name)}
        if found:
            lines.append(_row([name, *[f"{found[step]:.2f}" if step in found else "" for step in pairwise(STEPS)]]))
    return lines


def _peer_table(document: dict[str, Any], rows: int) -> list[str]:
    """Write other tools for organisations, which do other work, beside ours."""
    runs = [run for run in document["runs"] if run["rows"] == rows and run.get("beside") == "peers"]
    lines = [f"**Other tools, {rows:,} rows, {runs[0]['people']:,} people**: each in its own way, so the work differs"]
    lines += ["", *_head(("tool", "what it does", "s", "peak MB", "edges", "runs"))]
    notes = PEER_WORK | {OURS: f"Parquet in; {SAME}", "commfinder, build_graph": f"Parquet in; {GRAPH}"}
    for name in dict.fromkeys(run["engine"] for run in runs):
        ended = good(document, rows, name, beside="peers")
        if not ended:
            first = _runs(document, rows, name, beside="peers")[0]
            lines.append(_row([name, notes[name], f"{first['status']} {first.get('error', '')}".strip(), "", "", ""]))
            continue
        time, peak = (median(document, rows, name, figure, beside="peers") for figure in ("seconds", "peak_mb"))
        lines.append(_row([name, notes[name], f"{time:.3f}", f"{peak:.0f}", f"{ended[0]['ties']:,}", str(len(ended))]))
    return lines


def _target_table(judged: list[dict[str, Any]]) -> list[str]:
    """Write what is asked, what was measured, and whether it is met."""
    words = {True: "met", False: "**not met**", None: "not judged"}
    lines = ["**Targets**", "", *_head(("#", "what", "asked", "measured", ""))]
    return lines + [
        _row([one["number"], one["what"], one["asked"], one["measured"], words[one["met"]]]) for one in judged
    ]


def _head(columns: tuple[str, ...]) -> list[str]:
    """Write the head of a table."""
    return [_row(list(columns)), "|" + "---|" * len(columns)]


def _row(cells: list[str]) -> str:
    """Write one row of a table."""
    return "| " + " | ".join(cells) + " |"
