"""From the figures of `quarter.py` to P6, met or not, and to the tables that the documentation includes."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise
from typing import Any

__all__ = ["markdown", "ratios", "stage_seconds"]

TIMES, EXPONENT = 3.0, 1.1
ASKED_ROWS = 20_000_000
RUNS = {"first": "the first run, nothing read before", "again": "the next run, interactions in the store"}
PARTS = {"decode": "decoding every column of the file once, by DuckDB", "read": "commfinder.read once"}
LEIDEN = "Leiden once on the ties, two iterations"
BETWEEN = "outside of any stage"


def median(size: dict[str, Any], part: str, figure: str) -> float | None:
    """Give the median of a figure over the runs that ended well; None if there is none."""
    found = [run[figure] for run in size["runs"] if run["part"] == part and run["status"] == "ok" and figure in run]
    return statistics.median(found) if found else None


def stage_seconds(size: dict[str, Any], part: str) -> dict[str, float]:
    """Give the median seconds of every stage, in the order in which they came; what lies between them goes last.

    Stages inside of another are named after it and are part of its time.
    """
    runs = [run for run in size["runs"] if run["part"] == part and run["status"] == "ok"]
    found: dict[str, list[float]] = {}
    for run in runs:
        sums: dict[str, float] = {}
        for stage in run["stages"]:
            sums[stage["label"]] = sums.get(stage["label"], 0.0) + stage["seconds"]
        top = sum(stage["seconds"] for stage in run["stages"] if stage["depth"] == 0)
        for label, seconds in (sums | {BETWEEN: run["seconds"] - top}).items():
            found.setdefault(label, []).append(seconds)
    between = found.pop(BETWEEN, None)
    return {label: statistics.median(one) for label, one in (found | ({BETWEEN: between} if between else {})).items()}


def ratios(size: dict[str, Any]) -> dict[str, float | None]:
    """Give P6: each kind of run over reading once and Leiden once, for both ways to read once."""
    leiden = median(size, "leiden", "seconds")
    found: dict[str, float | None] = {}
    for run in RUNS:
        for part in PARTS:
            times = median(size, run, "seconds"), median(size, part, "seconds"), leiden
            known = [one for one in times if one is not None]
            found[f"{run} over {part}"] = known[0] / (known[1] + known[2]) if len(known) == len(times) else None
    return found


def markdown(document: dict[str, Any]) -> str:
    """Write the page: parts and stages for each size, growth, P6."""
    versions = ", ".join(f"{name} {number}" for name, number in sorted(document["versions"].items()) if number)
    where = document["machine"]
    lines = [
        "# A quarter, from files to the report",
        "",
        f"Medians of {document['settings']['runs']} runs, each in a process of its own, after a small study in it. "
        f"{where['processors']} processors, {where['memory_gb']} GB, Python {document['python']}, {versions}.",
        "",
    ]
    for size in document["sizes"]:
        lines += [*_whole(size), "", *_stages(document, size), ""]
    return "\n".join(lines + _targets(document)) + "\n"


def _whole(size: dict[str, Any]) -> list[str]:
    """Write whole runs, and the parts that they are held against."""
    found = [run for run in size["runs"] if run["part"] in RUNS and run["status"] == "ok"]
    about = f", {found[0]['ties']:,} ties, {found[0]['communities']:,} communities" if found else ""
    lines = [f"**{size['rows']:,} interactions, {size['people']:,} people{about}**", ""]
    lines += ["| what | s | processor s | peak MB | runs |", "|---|---|---|---|---|"]
    for part, words in (RUNS | PARTS | {"leiden": LEIDEN}).items():
        runs = [run for run in size["runs"] if run["part"] == part]
        ended = [run for run in runs if run["status"] == "ok"]
        if not ended:
            told = f"{runs[0]['status']} {runs[0].get('error', '')}".strip() if runs else "not run"
            lines.append(f"| {words} | {told} | | | |")
            continue
        seconds, processor, peak = (median(size, part, name) for name in ("seconds", "processor_seconds", "peak_mb"))
        lines.append(f"| {words} | {seconds:.2f} | {processor:.2f} | {peak:.0f} | {len(ended)} |")
    if found and found[0]["verdicts"]:
        told = ", ".join(f"{label}: {count}" for label, count in sorted(found[0]["verdicts"].items()))
        lines += ["", f"Verdicts on declared groups: {told}."]
    return lines


def _stages(document: dict[str, Any], size: dict[str, Any]) -> list[str]:
    """Write stages, with the growth from the size before."""
    first, again = (stage_seconds(size, part) for part in RUNS)
    before = next((low for low, high in pairwise(document["sizes"]) if high is size), None)
    earlier = stage_seconds(before, "first") if before else {}
    lines = ["| stage | first run, s | next run, s |" + (" growth with people |" if before else "")]
    lines += ["|---|---|---|" + ("---|" if before else "")]
    for label in dict.fromkeys([*first, *again]):
        cells = [f"{one[label]:.2f}" if label in one else "" for one in (first, again)]
        if before:
            known = earlier.get(label, 0.0) > 0 and first.get(label, 0.0) > 0
            cells.append(f"{_growth(before, size, earlier[label], first[label]):.2f}" if known else "")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


def _growth(low: dict[str, Any], high: dict[str, Any], before: float, after: float) -> float:
    return math.log(after / before) / math.log(high["people"] / low["people"])


def _targets(document: dict[str, Any]) -> list[str]:
    """Write P6 and the growth of the whole."""
    lines = ["**Targets**", "", "| # | what | asked | measured | |", "|---|---|---|---|---|"]
    for size in document["sizes"]:
        found = ratios(size)
        for name, value in found.items():
            run, part = name.split(" over ")
            what = f"{size['rows']:,} rows: {RUNS[run]}, over {PARTS[part]} and Leiden once"
            # Reading once means a table of interactions that holds; bare decoding is told for comparison.
            asked = size["rows"] >= ASKED_ROWS and run == "first" and part == "read"
            words = "" if value is None or not asked else "met" if value <= TIMES else "**not met**"
            told = "not measured" if value is None else f"{value:.2f}×"
            lines.append(f"| P6 | {what} | {f'≤ {TIMES:.0f}×' if asked else ''} | {told} | {words} |")
    for low, high in pairwise(document["sizes"]):
        times = median(low, "first", "seconds"), median(high, "first", "seconds")
        if times[0] and times[1]:
            grown = _growth(low, high, times[0], times[1])
            words = "met" if grown <= EXPONENT else "**not met**"
            what = f"growth of the whole, {low['people']:,} to {high['people']:,} people"
            lines.append(f"| P7 | {what} | ≤ {EXPONENT} | {grown:.2f} | {words} |")
    return lines
