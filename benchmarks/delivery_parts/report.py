"""Put the figures of all parts together, for the documentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from delivery_parts import logs, recovery, typed

__all__ = ["PARTS", "reliability_plot", "together"]

PARTS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "recovery": ("Planted process groups", recovery.table),
    "types": ("Types of planted groups", typed.table),
    "logs": ("Real logs", logs.table),
}
_NAMES = {"svg": {"Date": None}, "png": {"Software": None}}


def together(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the figures of all parts that were measured, and one page of them that says what was not.

    The figures hold what a part says of itself (versions, seconds) and what it measured; runs stay in their files.
    """
    document: dict[str, Any] = {}
    pages, missing = [], []
    for name, (title, write) in PARTS.items():
        path = folder / f"delivery_{name}.json"
        if not path.is_file():
            missing.append(title.lower())
            continue
        document[name] = json.loads(path.read_text(encoding="utf-8"))
        figures = document[name]["figures"]
        pages.append(f"### {title}\n\n{write(figures)}")
        if name == "types" and figures.get("reliability"):
            reliability_plot(figures["reliability"], folder)
    if missing:
        pages.append(f"Not measured: {', '.join(missing)}.\n")
    return document, "\n".join(pages)


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
            figure.savefig(folder / f"delivery_reliability.{suffix}", dpi=150, metadata=metadata)
        plt.close(figure)
