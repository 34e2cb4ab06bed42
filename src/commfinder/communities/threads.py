"""Work side by side: compiled code holds no lock, so that threads help; they change no result."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["WORTH_A_THREAD", "in_turn", "processors", "together"]

Given = TypeVar("Given")
Done = TypeVar("Done")

WORTH_A_THREAD = 200_000
"""Below so many steps, starting threads costs more than they save."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_turn(threads: int, length: int) -> list[slice]:
    """Cut a range into as many parts as there are threads; short ones stay whole."""
    parts = threads if length >= WORTH_A_THREAD else 1
    return [slice(length * turn // parts, length * (turn + 1) // parts) for turn in range(parts)]


def together(work: Callable[[Given], Done], parts: Sequence[Given], *, threads: int | None = None) -> list[Done]:
    """Do the same work for each part, side by side; results come in the order of the parts.

    Parameters
    ----------
    work : callable
        What is done to a part.
    parts : sequence
        The parts.
    threads : int, optional
        Parts at a time; None for as many as there are processors.

    Returns
    -------
    list
    """
    at_once = min(processors() if threads is None else threads, len(parts))
    if at_once < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, parts))
