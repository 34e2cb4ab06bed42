"""When two people have a tie: the binary rule that tests use."""

from __future__ import annotations

from dataclasses import dataclass

from commfinder import _validate

__all__ = ["ANSWERABLE", "TieRule"]

ANSWERABLE = ("email", "chat", "microblog")
"""Media in which one writes and the other may or may not answer; elsewhere both take part in one act."""


@dataclass(frozen=True)
class TieRule:
    """Two people have a tie if they interact often enough, in enough windows, and both ways.

    Parameters
    ----------
    min_events : int, default 2
        Events between the two that a window needs to count.
    min_windows : int, default 2
        Windows that must count.
    both_ways : bool, default True
        Whether, in mail and chat, each must have written to the other. In other media both take part in one act, so an
        event counts both ways.
    window_days : float, optional
        Length of a window in days; None takes the longest of 28, 7 and 1 days that fits three times into the period.

    Notes
    -----
    The default asks for two events in each of two windows of four weeks and at least one each way: an exchange that
    comes back, not a burst. A relation without a time is a tie by itself. Where everything falls into a single window
    the rule asks for one; and where, on top, nobody turns to the same person twice (a static edge list with one time
    for all), any interaction is a tie. ``graph.rule`` is the rule that was used.
    """

    min_events: int = 2
    min_windows: int = 2
    both_ways: bool = True
    window_days: float | None = None

    def __post_init__(self) -> None:
        _validate.count(self.min_events, what="min_events")
        _validate.count(self.min_windows, what="min_windows")
        if self.window_days is not None:
            _validate.positive(self.window_days, what="window_days")

    def __str__(self) -> str:
        if self.min_events == self.min_windows == 1:
            return "any interaction" + (", each way" if self.both_ways else "")
        times = f"{self.min_events} or more events in each of {self.min_windows} or more windows"
        return times + (", and in mail and chat at least one each way" if self.both_ways else "")
