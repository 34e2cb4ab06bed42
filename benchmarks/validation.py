"""Validate verdicts on declared groups: one command, parts that run apart, one page for the documentation.

The protocol stands in `validation/__init__.py`. Each part writes ``results/validation_<part>.json``, and `report` puts
``results/validation.md`` together. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits
from validation import corrupted, power, report, rust, type_one, verdicts
from validation.organisations import DATA, RESULTS, tell

import commfinder

PARTS: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any], str]] = {
    "type_one": (type_one.measure, {"rosters": 10, "judged_rosters": 5, "sizes": (6, 12), "simulated_seed": 1500}, ""),
    "power": (power.measure, {"rosters": 3}, "email-eu-core"),
    "corrupted": (corrupted.measure, {"rosters": 10}, "email-eu-core"),
    "verdicts": (verdicts.measure, {"organisations": 1, "stressed": 1, "first": 1501, "first_stressed": 1601}, ""),
    "rust": (rust.measure, {}, "rust-reviews"),
}
"""Name to what measures it, what a quick run changes (seeds too, so that it looks at nothing), and data it needs."""


def run(name: str, *, quick: bool, folder: Path) -> None:
    """Measure one part and write its file."""
    measure, less, data = PARTS[name]
    if data and not (DATA / data).is_dir():
        tell(f"{name}: skipped, since there is no folder {data} in ../shared/data beside the project.")
        return
    started = time.perf_counter()
    figures = measure(**(less if quick else {}))
    document = {
        "figures": figures,
        "quick": quick,
        "seconds": round(time.perf_counter() - started, 1),
        "commfinder": commfinder.__version__,
        "python": platform.python_version(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, default=float)
    (folder / f"validation_{name}.json").write_text(text + "\n", encoding="utf-8")
    tell(f"{name}: {document['seconds']} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", nargs="*", help=f"parts to measure: {', '.join(PARTS)}, or report; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="a few rosters of each, to see that it runs")
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
        (given.out / "validation.md").write_text(report.together(given.out), encoding="utf-8")


if __name__ == "__main__":
    main()
