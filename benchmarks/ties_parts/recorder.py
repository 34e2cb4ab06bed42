"""A progress that times the stages of a study."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from ties_parts.measure import peak_mb

__all__ = ["Recorder"]


class _Step:
    """A stage that is only timed."""

    def advance(self, amount: float = 1) -> None:
        """Do nothing: how far a stage is does not matter here."""


class Recorder:
    """A progress that notes when each stage began and ended, and how much memory had been held by then."""

    def __init__(self) -> None:
        self.stages: list[dict[str, Any]] = []
        self._open: list[str] = []

    @contextlib.contextmanager
    def stage(self, label: str, total: float | None = None) -> Iterator[_Step]:  # noqa: ARG002
        """Open a stage; its label is that of the stages around it and its own."""
        full = " / ".join([*self._open, label])
        note: dict[str, Any] = {"label": full, "depth": len(self._open)}
        self.stages.append(note)
        self._open.append(label)
        started = time.perf_counter()
        try:
            yield _Step()
        finally:
            note |= {"seconds": time.perf_counter() - started, "peak_mb": peak_mb()}
            self._open.pop()
