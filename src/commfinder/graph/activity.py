"""When ties were alive: windows in which two people interacted, the first, the last and the longest silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.interaction_graph import InteractionGraph

__all__ = ["tie_activity"]

IntArray = npt.NDArray[np.int64]


def tie_activity(graph: InteractionGraph) -> pd.DataFrame:
    """Tell in which windows each tie was active.

    Prefer it to a decayed weight for telling a tie that has ended from one that rests: contacts come in bursts, so that
    a long gap alone says little, and what counts is in how many windows two people had anything to do with each other.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.

    Returns
    -------
    pandas.DataFrame
        One row for each tie, in the order of ``graph.ties``:

        - person_a, person_b
        - events: interactions that have a time
        - active: windows with any, 0 to ``graph.n_windows``
        - first, last: numbers of the first and last active window, 0 the oldest; missing where nothing has a time
        - longest_gap: most windows without any between two active ones; 0 where there is none
        - silent: windows without any since the last active one
        - busiest: share of the events in the busiest window, above 0 to 1; missing where nothing has a time

    Notes
    -----
    Windows are those of the graph: equal, counted back from the end of the period; ``graph.windows.days`` is their
    length. Decay plays no part.

    References
    ----------
    .. [1] Miritello, Lara, Cebrian, Moro (2013), Limited communication capacity unveils strategies for human
       interaction. doi:10.1038/srep01950

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = {"sender": ["ann", "bob", "ann"], "recipient": ["bob", "ann", "eve"]}
    >>> rows["time"] = ["2026-01-05T09:00Z", "2026-06-01T09:00Z", "2026-06-20T09:00Z"]
    >>> told = tie_activity(build_graph(Interactions.from_frame(rows), period="2026H1"))
    >>> told[["person_a", "person_b", "active", "first", "last", "longest_gap", "silent"]].values.tolist()
    [['ann', 'bob', 2, 0, 4, 3, 1], ['ann', 'eve', 1, 5, 5, 0, 0]]
    """
    held = graph.pair_windows
    ties = graph.ties[["person_a", "person_b"]].copy()
    count = len(ties)
    tie = np.repeat(np.arange(count), np.diff(np.r_[held.starts, len(held.window)]))
    timed = (held.window >= 0) & (held.events > 0)
    tie, window, events = tie[timed], held.window[timed], held.events[timed]
    any_time = np.bincount(tie, minlength=count) > 0
    # Windows of a tie stand in order: one that follows another of the same tie ends a gap.
    gap = np.zeros(count, dtype=np.int64)
    follows = tie[1:] == tie[:-1]
    np.maximum.at(gap, tie[1:][follows], (np.diff(window) - 1)[follows])
    first = np.full(count, np.iinfo(np.int64).max)
    last, busiest = np.full(count, -1), np.zeros(count, dtype=np.int64)
    np.minimum.at(first, tie, window)
    np.maximum.at(last, tie, window)
    np.maximum.at(busiest, tie, events)
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, tie, events)
    ties["events"] = total
    ties["active"] = np.bincount(tie, minlength=count)
    ties["first"] = pd.arrays.IntegerArray(np.where(any_time, first, 0), ~any_time)
    ties["last"] = pd.arrays.IntegerArray(np.where(any_time, last, 0), ~any_time)
    ties["longest_gap"] = gap
    ties["silent"] = pd.arrays.IntegerArray(np.where(any_time, graph.n_windows - 1 - last, 0), ~any_time)
    ties["busiest"] = np.divide(busiest, total, out=np.full(count, np.nan), where=any_time)
    return ties
