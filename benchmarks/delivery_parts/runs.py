"""Runs that are kept as they are made, so that work which was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

__all__ = ["Runs", "stamp"]

SOURCE = Path(__file__).resolve().parents[2] / "src" / "commfinder"


def stamp(rooms: Iterable[str], source: Path = SOURCE) -> str:
    """Return a digest of the code and models of some rooms: runs of other code are not mixed with ours."""
    digest = hashlib.sha256()
    for room in rooms:
        path = source / room
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.suffix in (".py", ".json"):
                digest.update(file.relative_to(source).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


class Runs:
    """One line of JSON a run, in one file; the first line is the stamp of what made them.

    Parameters
    ----------
    path : Path
        The file. Runs in it that were made by other code are thrown away.
    mark : str
        The stamp.
    """

    def __init__(self, path: Path, mark: str) -> None:
        self.path, self.mark = path, mark
        self._kept: dict[str, Any] = {}
        if path.is_file():
            self._kept = self._read(path.read_text(encoding="utf-8"))
        if not self._kept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"stamp": mark}) + "\n", encoding="utf-8")

    def _read(self, text: str) -> dict[str, Any]:
        """Return the runs of a file of the same stamp; a line that was cut off is no run."""
        lines = [line for line in text.split("\n")[:-1] if line]
        if not lines or json.loads(lines[0]).get("stamp") != self.mark:
            return {}
        kept = {one["run"]: one["rows"] for one in map(json.loads, lines[1:])}
        if kept and not text.endswith("\n"):
            self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what a run gave, now or before."""
        if name not in self._kept:
            rows = json.loads(json.dumps(make(), default=float))
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"run": name, "rows": rows}) + "\n")
            self._kept[name] = rows
        return self._kept[name]
