"""Put the figures of all parts together, for the documentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from validation import corrupted, power, rust, type_one, verdicts

__all__ = ["reliability_plot", "together"]

PARTS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "type_one": ("Random rosters", type_one.table),
    "power": ("Planted ties", power.table),
    "corrupted": ("Corrupted departments and wrong members", corrupted.table),
    "verdicts": ("Verdicts on planted classes", verdicts.table),
    "rust": ("Teams of an open-source project", rust.table),
}
_NAMES = {"svg": {"Date": None}, "png": {"Software": None}}


def together(folder: Path) -> str:
    """Return one page of all that was measured, and say what was not; write a page of each part beside it."""
    pages, missing = [], []
    for name, (title, write) in PARTS.items():
        path = folder / f"validation_{name}.json"
        if not path.is_file():
            missing.append(title.lower())
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        page = write(document["figures"])
        (folder / f"validation_{name}.md").write_text(page, encoding="utf-8")
        pages.append(f"### {title}\n\n{page}")
        if name == "verdicts" and document["figures"]["held_out"].get("reliability"):
            reliability_plot(document["figures"]["held_out"]["reliability"], folder)
    if missing:
        pages.append(f"Not measured: {', '.join(missing)}.\n")
    return "\n".join(pages)


def reliability_plot(rows: list[dict[str, float]], folder: Path) -> None:
    """Draw what was said against what was true, as SVG and PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    with plt.rc_context({"svg.hashsalt": "reliability"}):
        figure, axes = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="as said")
        said, true = ([row[name] for row in rows] for name in ("said", "true"))
        axes.plot(said, true, "o-", color="#0b6e75", label="as it was")
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="probability said", ylabel="share that was right")
        axes.legend(frameon=False)
        for suffix, metadata in _NAMES.items():
            figure.savefig(folder / f"validation_reliability.{suffix}", dpi=150, metadata=metadata)
        plt.close(figure)
