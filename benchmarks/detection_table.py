"""From the figures of `detection.py` to targets, met or not, and to the table that the documentation includes."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise
from typing import Any, NamedTuple

__all__ = ["exponents", "markdown", "targets"]

OURS, ALONE = "commfinder", "commfinder, 1 thread"
ASKED_SIZE = 1_000_000
STAGES = {"check": "check_seconds", "rows": "rows_seconds", "run": "run_seconds"}
PARTS = {"graph": "build_seconds", "run": "run_seconds", "total": "total_seconds"}

# Times as fast as each peer; of an engine with two algorithms, the faster counts.
FASTER = {"NetworKit": 2, "igraph": 10, "leidenalg": 40}
MODULARITY_BELOW, THROUGHPUT, EXPONENT = 0.0005, 1.8, 1.1


class Target(NamedTuple):
    """One target: what is asked, what was measured, and whether it is met; None where it could not be judged."""

    number: str
    what: str
    asked: str
    measured: str
    met: bool | None


def good(size: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the runs that ended well."""
    return [run for run in size["runs"].get(name, []) if run["status"] == "ok"]


def median(size: dict[str, Any], name: str, figure: str) -> float | None:
    """Give the median of a figure over the runs that ended well; None if there is none."""
    found = [run[figure] for run in good(size, name) if figure in run]
    return statistics.median(found) if found else None


def peers(size: dict[str, Any]) -> list[str]:
    """Name the peers of one size."""
    return [name for name in size["runs"] if name not in (OURS, ALONE, "stages")]


def ratio(size: dict[str, Any], name: str) -> tuple[float | None, bool]:
    """Tell how many times as long as ours an engine took, and whether that is only the least it can be."""
    ours, theirs = median(size, OURS, "total_seconds"), median(size, name, "total_seconds")
    least = [run["timeout_seconds"] for run in size["runs"].get(name, []) if run["status"] == "timeout"]
    if ours is None or (theirs is None and not least):
        return None, False
    return (theirs / ours, False) if theirs is not None else (max(least) / ours, True)


def exponents(document: dict[str, Any], name: str, figure: str) -> list[float]:
    """Give the growth of a time with the number of ties: exponents from each size to the next, then over all."""
    points = [(size["ties"], median(size, name, figure)) for size in document["sizes"]]
    known = [(math.log(ties), math.log(time)) for ties, time in points if time]
    if len(known) < 2:
        return []
    steps = [*pairwise(known)] + ([(known[0], known[-1])] if len(known) > 2 else [])
    return [(high[1] - low[1]) / (high[0] - low[0]) for low, high in steps]


def targets(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Judge P2, P3 and P7 by the figures; what was not measured at the size asked for is not judged."""
    judged = [*_speed(document), *_sameness(document), *_throughput(document), *_growth(document)]
    return [one._asdict() for one in judged]


def _speed(document: dict[str, Any]) -> list[Target]:
    """P2, time and modularity, on the largest network."""
    size = document["sizes"][-1]
    asked_for = size["people"] >= ASKED_SIZE
    where = f"at {size['people']:,} people"
    found = []
    for peer, times in FASTER.items():
        ratios = [one for one in (ratio(size, name) for name in peers(size) if name.startswith(peer)) if one[0]]
        what, asked = f"faster than {peer}, {where}", f"≥ {times}×"
        if not ratios:
            found.append(Target("P2", what, asked, "not measured", None))
            continue
        least, at_least = min(ratios)
        met = None if not asked_for or (at_least and least < times) else least >= times
        alone = ratio(size, ALONE)[0]
        words = f"{'> ' if at_least else ''}{least:.2f}×" + (f"; {least / alone:.2f}× on 1 thread" if alone else "")
        found.append(Target("P2", what, asked, words, met))
    ours = median(size, OURS, "modularity")
    theirs = {name: median(size, name, "modularity") for name in peers(size)}
    known = {name: value for name, value in theirs.items() if value is not None}
    asked = f"≥ best peer - {MODULARITY_BELOW}"
    if ours is None or not known:
        return [*found, Target("P2", f"modularity, {where}", asked, "not measured", None)]
    best = max(known, key=lambda name: known[name])
    measured = f"{ours:.4f}, best peer {known[best]:.4f} ({best})"
    met = ours >= known[best] - MODULARITY_BELOW if asked_for else None
    return [*found, Target("P2", f"modularity, {where}", asked, measured, met)]


def _sameness(document: dict[str, Any]) -> list[Target]:
    """P2, the same bytes and connected communities, on every size."""
    ensemble = document["ensemble"]
    together = [run for run in ensemble.get("runs", []) if run["status"] == "ok"]
    digests, again = {}, {}
    for size in document["sizes"]:
        people = size["people"]
        of_size = {name: [run["digest"] for run in good(size, name)] for name in (OURS, ALONE)}
        again[people] = [len(set(found)) == 1 for found in of_size.values() if len(found) > 1]
        if all(of_size.values()):
            extra = [run["digest"] for run in together] if ensemble["people"] == people else []
            digests[people] = len({*of_size[OURS], *of_size[ALONE], *extra}) == 1
    of_ensemble = [run["same_bytes"] for run in together]
    pieces = [run["connected"] for size in document["sizes"] for name in (OURS, ALONE) for run in good(size, name)]
    failed = [run for size in document["sizes"] for name in (OURS, ALONE) for run in size["runs"].get(name, [])]
    failed = [run for run in [*failed, *ensemble.get("runs", [])] if run["status"] == "failed"]
    found = []
    for what, asked, yes in (
        ("labels of repeated runs, every size", "the same bytes", [one for some in again.values() for one in some]),
        ("labels on 1 and 2 threads, alone and in an ensemble", "the same bytes", [*digests.values(), *of_ensemble]),
        ("connected communities, every size", "all", pieces),
    ):
        met = None if not yes else all(yes) and not failed
        words = "not measured" if not yes else f"{asked}, {len(yes)} times" if all(yes) else f"{yes.count(False)} not"
        found.append(Target("P2", what, asked, words + (f", {len(failed)} runs failed" if failed else ""), met))
    return found


def _throughput(document: dict[str, Any]) -> list[Target]:
    """P3, an ensemble on two threads against the same runs one after another."""
    ensemble = document["ensemble"]
    asked = f"≥ {THROUGHPUT}×"
    runs = [run for run in ensemble.get("runs", []) if run["status"] == "ok"]
    if not runs:
        return [Target("P3", "throughput of an ensemble", asked, "not measured", None)]
    seeds, threads = ensemble["seeds"], ensemble["threads"]
    alone = statistics.median(run["one_thread_seconds"] / run["side_by_side_seconds"] for run in runs)
    within = statistics.median(run["threads_within_seconds"] / run["side_by_side_seconds"] for run in runs)
    what = f"{seeds} seeded runs side by side on {threads} threads, {ensemble['people']:,} people"
    measured = f"{alone:.2f}× runs in turn on 1 thread; {within:.2f}× runs in turn on {threads} threads each"
    return [Target("P3", what, asked, measured, alone >= THROUGHPUT)]


def _growth(document: dict[str, Any]) -> list[Target]:
    """P7, growth of every stage of ours: the steepest step counts."""
    stages = {f"{stage} of {OURS}": ("stages", figure) for stage, figure in STAGES.items()}
    stages[f"all of {OURS}"] = (OURS, "total_seconds")
    found = []
    for what, (name, figure) in stages.items():
        steps = exponents(document, name, figure)
        people = [size["people"] for size in document["sizes"] if median(size, name, figure)]
        enough = len(steps) > 2 and people[-1] >= ASKED_SIZE
        shown = [f"{step:.2f}" for step in steps]
        measured = ", ".join(shown[:2]) + "".join(f"; over all {one}" for one in shown[-1:] if len(shown) > 2)
        met = max(steps) <= EXPONENT if enough else None
        found.append(
            Target("P7", f"growth with ties, {what}", f"≤ {EXPONENT}, each step", measured or "not measured", met)
        )
    return found


def markdown(document: dict[str, Any]) -> str:
    """Write the tables: one for each size, growth, targets."""
    settings = document["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in sorted(document["versions"].items()) if number)
    order = "people and ties in random order" if settings["shuffled"] else "people numbered by department, ties sorted"
    lines = [
        f"Medians of {settings['runs']} runs, each in a process of its own, engines in turn; {order}; "
        f"{settings['iterations']} iterations where an engine counts them; {OURS} and NetworKit on "
        f"{settings['threads']} threads unless said otherwise, all others on one. "
        f"{document['machine']['processors']} processors, Python {document['python']}, {versions}.",
        "",
    ]
    for size in document["sizes"]:
        lines += [*_size_table(size), ""]
    lines += [*_growth_table(document), "", *_target_table(document["targets"]), ""]
    lines += _warm_up(document["warm_up"])
    return "\n".join(lines) + "\n"


def _size_table(size: dict[str, Any]) -> list[str]:
    """Write one row for each engine, the fastest first; those that did not end go last."""
    columns = ("engine", "graph s", "run s", "total s", "× ours", "modularity", "communities", "connected")
    columns += ("same bytes", "peak MB", "beyond start MB")
    title = f"**{size['people']:,} people, {size['ties']:,} ties** (loading the arrays alone: "
    lines = [f"{title}{size['load_peak_mb']:.0f} MB at peak)", "", *_head(columns)]
    names = [name for name in size["runs"] if name != "stages"]
    names.sort(key=lambda name: median(size, name, "total_seconds") or math.inf)
    for name in names:
        times, least = ratio(size, name)
        shown = "" if times is None else f"{'> ' if least else ''}{times:.2f}"
        runs = good(size, name)
        failed = sum(run["status"] == "failed" for run in size["runs"][name])
        label = f"{name} ({failed} of {len(size['runs'][name])} runs failed)" if failed else name
        if not runs:
            first = size["runs"][name][0]
            status = {"timeout": f"> {first.get('timeout_seconds', 0):.0f}"}.get(first["status"], first["status"])
            lines.append(_row([label, "", "", status, shown, *[""] * 6]))
            continue
        figures = {
            figure: median(size, name, figure) or 0.0 for figure in runs[0] if figure.endswith(("seconds", "_mb"))
        }
        same = _yes(len({run["digest"] for run in runs}) == 1) if len(runs) > 1 else ""
        if name in (OURS, ALONE):
            figures |= {"build_seconds": math.nan, "run_seconds": math.nan}
        if name == OURS:
            stages = {stage: median(size, "stages", figure) or math.nan for stage, figure in STAGES.items()}
            figures["run_seconds"] = stages.pop("run")
            figures["build_seconds"] = sum(stages.values())
        parts = [
            "" if math.isnan(figures[f"{one}_seconds"]) else f"{figures[f'{one}_seconds']:.2f}"
            for one in ("build", "run")
        ]
        quality = f"{median(size, name, 'modularity'):.4f}"
        count = f"{median(size, name, 'communities'):.0f}"
        connected = _yes(all(one["connected"] for one in runs))
        memory = [f"{figures['peak_mb']:.0f}", f"{figures['peak_beyond_start_mb']:.0f}"]
        cells = [label, *parts, f"{figures['total_seconds']:.2f}", shown, quality, count, connected, same, *memory]
        lines.append(_row(cells))
    return lines


def _growth_table(document: dict[str, Any]) -> list[str]:
    """Write the times of our stages and the exponents of all."""
    sizes = document["sizes"]
    names = [f"{low['people']:,} to {high['people']:,}" for low, high in pairwise(sizes)]
    names += ["over all"] if len(sizes) > 2 else []
    lines = ["**Growth**: exponent of time with ties; seconds on the largest network", ""]
    lines += _head(("stage", *names, "s"))
    rows = {f"{OURS}, {stage}": ("stages", figure) for stage, figure in STAGES.items()}
    rows |= {f"{engine}, total": (engine, "total_seconds") for engine in (OURS, ALONE)}
    for engine in peers(sizes[0]):
        rows |= {f"{engine}, {part}": (engine, figure) for part, figure in PARTS.items()}
    for what, (name, figure) in rows.items():
        steps = exponents(document, name, figure)
        last = median(sizes[-1], name, figure)
        # Where a size was not measured, it cannot be said between which sizes a step lies.
        shown = [f"{step:.2f}" for step in steps] if len(steps) == len(names) else [""] * len(names)
        lines.append(_row([what, *shown, "" if last is None else f"{last:.2f}"]))
    return lines


def _target_table(judged: list[dict[str, Any]]) -> list[str]:
    """Write what is asked, what was measured, and whether it is met."""
    words = {True: "met", False: "**not met**", None: "not judged"}
    lines = [f"**Targets** (judged at {ASKED_SIZE:,} people where a size is given)", ""]
    lines += _head(("#", "what", "asked", "measured", ""))
    return lines + [
        _row([one["number"], one["what"], one["asked"], one["measured"], words[one["met"]]]) for one in judged
    ]


def _warm_up(cases: dict[str, Any]) -> list[str]:
    """Say how long the first call takes, which no figure above contains."""
    if not cases or any(case["status"] != "ok" for case in cases.values()):
        return []
    cold, warm = (cases[name]["warm_up_seconds"] for name in ("cold", "warm"))
    return [
        f"The first call of {OURS} in a new process, on 300 people, takes {cold:.1f} s when its code must be compiled "
        f"and {warm:.1f} s once it is in the cache; importing takes {cases['warm']['import_seconds']:.1f} s more. "
        "No figure above contains this."
    ]


def _head(columns: tuple[str, ...]) -> list[str]:
    """Write the head of a table."""
    return [_row(list(columns)), "|" + "---|" * len(columns)]


def _row(cells: list[str]) -> str:
    """Write one row of a table."""
    return "| " + " | ".join(cells) + " |"


def _yes(whether: bool) -> str:
    """Say yes or no."""
    return "yes" if whether else "no"
