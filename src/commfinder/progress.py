"""One way to report progress: in a terminal, in a notebook, or not at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol, TextIO

__all__ = ["SILENT", "Progress", "Stage", "TerminalProgress"]


class Stage(Protocol):
    """One stretch of long work under way."""

    def advance(self, amount: float = 1) -> None:
        """Say that so much more of the stage's total is done."""


class Progress(Protocol):
    """Whoever wants to know how far the work is."""

    def stage(self, label: str, total: float | None = None) -> contextlib.AbstractContextManager[Stage]:
        """Open a stage; `total` is None where it is not known beforehand."""


class _SilentStage:
    """A stage that nobody watches."""

    def advance(self, amount: float = 1) -> None:
        """Do nothing."""


class _Silent:
    """Progress that nobody watches."""

    @contextlib.contextmanager
    def stage(self, label: str, total: float | None = None) -> Iterator[Stage]:  # noqa: ARG002
        """Open a stage that reports nothing."""
        yield _SilentStage()


SILENT: Progress = _Silent()
"""The progress that reports nothing: what every function uses unless it is given another."""


class TerminalProgress:
    """Progress drawn by Rich: a bar in a terminal or notebook, one line per stage where output is not a terminal.

    Parameters
    ----------
    stream : text stream, optional
        Where to; standard error by default, so that results on standard output stay clean.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        from rich.console import Console

        self._console = Console(file=stream or sys.stderr)

    @contextlib.contextmanager
    def stage(self, label: str, total: float | None = None) -> Iterator[Stage]:
        """Open a stage and draw it until it is left."""
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        if not (self._console.is_terminal or self._console.is_jupyter):
            self._console.print(f"{label} …", highlight=False, markup=False)
            yield _SilentStage()
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Bars(*columns, console=self._console) as bars:
            task = bars.add_task(label, total=total)

            class _Drawn:
                def advance(self, amount: float = 1) -> None:
                    bars.advance(task, amount)

            yield _Drawn()
            bars.update(task, total=1, completed=1)
