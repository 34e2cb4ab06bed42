"""Pieces of work: when acts on worklists began, where a row of its own tells the beginning."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import HOW, NO_TIME
from commfinder.delivery.cases.columns import Columns
from commfinder.delivery.cases.kernels import place_of_keys

__all__ = ["pieces_of_work"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_ONE = ["number", "event", "sender"]


def pieces_of_work(columns: Columns, number: CodeArray) -> tuple[IntArray | None, npt.NDArray[np.bool_] | None, int]:
    """Tell when acts began, and which rows are only the beginning of another: the same person, case and activity.

    Parameters
    ----------
    columns : Columns
        The rows that people sent.
    number : ndarray of int32, shape (n,)
        The case of each row, -1 for none.

    Returns
    -------
    started : ndarray of int64, shape (n,), or None
        When the work of each row began; `NO_TIME` where that is not known. None where it is known of no row.
    gone : ndarray of bool, shape (n,), or None
        Which rows are no acts of their own.
    folded : int
        How many acts of one person on one case these are.

    Notes
    -----
    What is suspended and resumed has several ends for one beginning; the last of them is the act. Of ends at one moment
    any can be: they say the same.
    """
    of_worklist = (columns.how == HOW.index("workflow")) & (number >= 0) & (columns.activity >= 0)
    if not (of_worklist & (columns.parent != 0)).any():
        return None, None, 0
    rows = np.flatnonzero(of_worklist)
    names = ("event", "sender", "activity", "time", "parent")
    work = pd.DataFrame({"number": number[rows], **{name: getattr(columns, name)[rows] for name in names}})
    ends = work[work["parent"] != 0].drop_duplicates()
    starts = work.drop(columns="parent").drop_duplicates().rename(columns={"event": "parent", "time": "started"})
    same = ends.merge(starts, on=["number", "sender", "activity", "parent"])
    same = same[(same["started"] <= same["time"]) & (same["event"] != same["parent"])]
    order = ["time", "event", "sender", "activity", "started"]
    same = same.sort_values(["number", "parent", *order], ascending=[True, True] + [False] * len(order))
    early = same.duplicated(["number", "parent"])
    begun = same[~early].groupby(_ONE, sort=False)["started"].max()
    begins = same[["number", "parent", "sender"]].rename(columns={"parent": "event"})
    gone = pd.concat([begins, same.loc[early, _ONE]], ignore_index=True).drop_duplicates()
    held = np.flatnonzero(number >= 0)
    at = _place(begun.reset_index(), columns, number, held)
    started = np.full(columns.n, NO_TIME, dtype=np.int64)
    started[held[at >= 0]] = begun.to_numpy()[at[at >= 0]]
    told_elsewhere = np.zeros(columns.n, dtype=bool)
    told_elsewhere[held] = _place(gone, columns, number, held) >= 0
    return started, told_elsewhere, len(gone)


def _place(one: pd.DataFrame, columns: Columns, number: CodeArray, rows: IntArray) -> CodeArray:
    """Return where the case, event and sender of some rows stand in a frame; -1 where they do not."""
    known = _key(*(one[name].to_numpy() for name in _ONE))
    return place_of_keys(known, _key(number[rows], columns.event[rows], columns.sender[rows]))


def _key(
    number: npt.NDArray[np.integer], event: IntArray, sender: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int8], IntArray, IntArray]:
    """Put case, event and sender into three columns."""
    return np.zeros(len(event), dtype=np.int8), (number.astype(np.int64) << 32) + sender, event
