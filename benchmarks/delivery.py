"""Validate delivery groups: one command, parts that run apart and go on where they were stopped, one page.

The protocol stands in `delivery_parts/__init__.py`. Each part keeps its runs in ``results/delivery_<part>.jsonl`` as
it makes them and writes ``results/delivery_<part>.json``; `report` puts ``results/delivery.json`` and
``results/delivery.md`` together. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from delivery_parts import logs, recovery, report, typed
from delivery_parts.runs import Runs, stamp
from threadpoolctl import threadpool_limits
from validation.organisations import DATA, RESULTS, tell

import commfinder

PARTS: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any], str]] = {
    "recovery": (recovery.measure, {"organisations": 1, "first": 1900}, ""),
    "types": (typed.measure, {"organisations": 3, "first": 1910}, ""),
    "logs": (logs.measure, {"logs": ("receipt", "mailing list")}, "workflow"),
}
"""Name to what measures it, what a quick run changes (seeds too, so that it looks at nothing), and data it needs."""

CODE = ("delivery", "simulation", "communities", "logistic.py", "sources")
"""The rooms whose code decides figures."""


def run(name: str, *, quick: bool, folder: Path) -> None:
    """Measure one part and write its file."""
    measure, less, data = PARTS[name]
    if data and not (DATA / data).is_dir():
        tell(f"{name}: skipped, since there is no folder {data} in ../shared/data beside the project.")
        return
    started = time.perf_counter()
    runs = Runs(folder / f"delivery_{name}.jsonl", stamp(CODE))
    kept = len(runs)
    figures = measure(runs, **(less if quick else {}))
    document = {
        "figures": figures,
        "quick": quick,
        "code": runs.mark,
        "seconds": round(time.perf_counter() - started, 1),
        "kept_runs": kept,
        "commfinder": commfinder.__version__,
        "python": platform.python_version(),
    }
    (folder / f"delivery_{name}.json").write_text(_json(document), encoding="utf-8")
    tell(f"{name}: {document['seconds']} s, {kept} runs kept from before")


def _json(document: dict[str, Any]) -> str:
    """Write figures as JSON."""
    return json.dumps(document, indent=1, default=float) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", nargs="*", help=f"parts to measure: {', '.join(PARTS)}, or report; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="a few organisations of each, to see that it runs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    given = parser.parse_args()
    if given.quick and given.out == RESULTS:
        parser.error("A quick run writes elsewhere: name a folder with --out.")
    wanted = given.what or [*PARTS, "report"]
    unknown = set(wanted) - {*PARTS, "report"}
    if unknown:
        parser.error(f"There is no part {sorted(unknown)}. Parts: {', '.join(PARTS)}, report.")
    for name in (one for one in wanted if one != "report"):
        # Matrices here are small: threads of linear algebra would wait for one another more than they work.
        with threadpool_limits(1, "blas"):
            run(name, quick=given.quick, folder=given.out)
    if "report" in wanted:
        document, page = report.together(given.out)
        (given.out / "delivery.json").write_text(_json(document), encoding="utf-8")
        (given.out / "delivery.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
