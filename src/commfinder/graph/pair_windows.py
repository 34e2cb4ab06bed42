"""How often each pair interacted in each window, and whether that makes a tie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from commfinder.graph.rule import TieRule

__all__ = ["PairWindows", "binary_ties", "windows_and_ties"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PairWindows:
    """How often each pair interacted in each window, in canonical order.

    Parameters
    ----------
    a, b : ndarray of int64, shape (r,)
        Numbers of the two people, a < b.
    window : ndarray of int, shape (r,)
        Number of the window, 0 the oldest; -1 for relations without a time.
    forth, back : ndarray of int, shape (r,)
        Events from a to b and from b to a; acts in which both take part count both ways.
    events : ndarray of int, shape (r,)
        Events between the two.
    """

    a: IntArray
    b: IntArray
    window: IntArray
    forth: IntArray
    back: IntArray
    events: IntArray

    @classmethod
    def of_pairs(cls, pairs: tuple[Any, Any], starts: IntArray, **columns: Any) -> PairWindows:
        """Take pairs once each; the people of each row are written out only when they are asked for.

        Parameters
        ----------
        pairs : pair of ndarray of int, shape (m,)
            The lower and the higher person of each pair.
        starts : ndarray of int64, shape (m,)
            The first row of each pair.
        **columns : ndarray of int32, shape (r,)
            The other columns.

        Returns
        -------
        PairWindows
        """
        made = cls.__new__(cls)
        # A dataclass that is frozen is filled through its dictionary.
        made.__dict__.update(columns, starts=starts, pairs=pairs)
        return made

    def __getattr__(self, name: str) -> Any:
        held = self.__dict__
        if name not in ("a", "b") or "window" not in held:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        a, b = held["pairs"]
        many = np.diff(np.r_[held["starts"], len(held["window"])])
        held[name] = np.repeat(a if name == "a" else b, many).astype(np.int64)
        return held[name]

    @cached_property
    def starts(self) -> IntArray:
        """The first row of each pair."""
        new = np.r_[True, (np.diff(self.a) != 0) | (np.diff(self.b) != 0)] if len(self.a) else np.empty(0, bool)
        return np.flatnonzero(new).astype(np.int64)

    @cached_property
    def pairs(self) -> tuple[Any, Any]:
        """The two people of each pair, each pair once."""
        return self.a[self.starts], self.b[self.starts]


def binary_ties(events: PairWindows, rule: TieRule) -> tuple[IntArray, IntArray, BoolArray]:
    """Apply the binary rule to counts per pair and window.

    Parameters
    ----------
    events : PairWindows
        Counts in canonical order.
    rule : TieRule
        The rule.

    Returns
    -------
    a, b : ndarray of int
        The pairs, each once, in canonical order.
    tie : ndarray of bool
        Whether the rule holds.
    """
    return *events.pairs, windows_and_ties(events, rule)[1]


def windows_and_ties(events: PairWindows, rule: TieRule) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """Count the windows in which each pair interacted, and apply the binary rule.

    Parameters
    ----------
    events : PairWindows
        Counts in canonical order.
    rule : TieRule
        The rule.

    Returns
    -------
    windows : ndarray of int32, shape (m,)
        Windows with a row, for each pair once.
    tie : ndarray of bool, shape (m,)
        Whether the rule holds.
    """
    windows, tie = np.empty(len(events.starts), np.int32), np.empty(len(events.starts), np.bool_)
    columns = (np.ascontiguousarray(column) for column in (events.window, events.forth, events.back, events.events))
    window, forth, back, count = columns
    least, often, both = rule.min_events, rule.min_windows, rule.both_ways
    _judge(events.starts, window, forth, back, count, least, often, both, windows, tie)
    return windows, tie


@numba.njit(cache=True, nogil=True)
def _judge(
    starts: Any,
    window: Any,
    forth: Any,
    back: Any,
    events: Any,
    min_events: int,
    min_windows: int,
    both_ways: bool,
    windows: Any,
    tie: Any,
) -> None:
    for pair in range(len(starts)):
        last = starts[pair + 1] if pair + 1 < len(starts) else len(window)
        timed = strong = to = fro = 0
        for row in range(starts[pair], last):
            to += forth[row]
            fro += back[row]
            if window[row] >= 0:
                timed += 1
                strong += events[row] >= min_events
        windows[pair] = timed
        answered = not both_ways or (to > 0 and fro > 0)
        tie[pair] = (strong >= min_windows and answered) or timed < last - starts[pair]
