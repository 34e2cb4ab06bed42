"""Link the events of one activity: which event ends the work that which event began."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from commfinder.sources.coded import Coded

__all__ = ["PLANS", "SKIPS", "links", "starts_work", "transition"]

Ints = npt.NDArray[np.int64]
_Open: TypeAlias = "dict[tuple[int, int], list[int]]"

PLANS = frozenset(["schedule", "assign", "reassign"])
"""Transitions that say that somebody is to do something; nobody has begun to do it."""

SKIPS = frozenset(["autoskip"])
"""Transitions that a machine makes."""

_PLAN, _START, _RESUME, _END = 1, 2, 3, 4
_BEGINS = {"start": _START, "resume": _RESUME}
_ENDS = frozenset(["complete", "suspend", "withdraw", "abort_activity", "ate_abort"])
_SPELT = {
    "started": "start",
    "begin": "start",
    "completed": "complete",
    "finish": "complete",
    "finished": "complete",
    "end": "complete",
    "ended": "complete",
    "done": "complete",
    "scheduled": "schedule",
    "assigned": "assign",
    "reassigned": "reassign",
    "suspended": "suspend",
    "pause": "suspend",
    "paused": "suspend",
    "resumed": "resume",
    "aborted": "abort_activity",
    "withdrawn": "withdraw",
}


def transition(word: str) -> str | None:
    """Read a transition of a life cycle as the XES standard spells it.

    Parameters
    ----------
    word : str
        As a file spells it.

    Returns
    -------
    str or None
        None for an empty word.

    Examples
    --------
    >>> [transition(word) for word in ("COMPLETE", "Started", " ")]
    ['complete', 'start', None]
    """
    word = word.strip().lower()
    return _SPELT.get(word, word) or None


def links(
    case: Coded, activity: Coded, resource: Coded, instance: Coded, transitions: Coded, time: Ints, position: Ints
) -> Ints:
    """Find the event that each event follows up within the life cycle of one activity.

    What completes, suspends or gives up work is linked to the start or the resumption that it ends: the latest one of
    the same case and activity that is still open, of the same instance where instances are named, else of the same
    resource. So the difference of the two times is time at work. A start is linked to the latest open plan (schedule,
    assignment) of the same case and activity, whoever made it. A resumption is linked to nothing, or the time for which
    work lay still would count as work.

    Parameters
    ----------
    case, activity, resource, instance, transitions : Coded
        One cell per event; transitions as `transition` spells them.
    time : ndarray of int64
        Microseconds since 1970 UTC.
    position : ndarray of int64
        Decides the order of equal times within a case.

    Returns
    -------
    ndarray of int64
        The row of the event followed up, -1 where there is none.
    """
    found = np.full(len(time), -1, np.int64)
    classes = np.array([*map(_class, transitions.words), 0], np.int8)[transitions.codes]
    rows = np.flatnonzero((classes > 0) & (activity.codes >= 0))
    rows = rows[np.lexsort((position[rows], time[rows], case.codes[rows]))]
    which = np.where(_shared(case, activity, instance), instance.codes, -1)[rows]
    # What belongs to one stretch of work has one key: the instance, else (as a negative number) the resource.
    key = np.where(which >= 0, which, -2 - resource.codes[rows])
    columns = (rows, case.codes[rows], activity.codes[rows], key, classes[rows])
    here = -1
    planned: _Open = {}
    running: _Open = {}
    for row, one_case, what, work, kind in zip(*(column.tolist() for column in columns), strict=True):
        if one_case != here:
            here, planned, running = one_case, {}, {}
        plan = (what, max(work, -1))
        if kind == _PLAN:
            planned.setdefault(plan, []).append(row)
        elif kind == _END:
            found[row] = _latest(running, (what, work))
        else:
            if kind == _START:
                found[row] = _latest(planned, plan, (what, -1))
            running.setdefault((what, work), []).append(row)
    return found


def starts_work(transitions: Coded) -> bool:
    """Tell whether any event starts work; in a log without starts nothing is linked.

    Parameters
    ----------
    transitions : Coded
        As `transition` spells them.

    Returns
    -------
    bool
    """
    starting = {code for code, word in enumerate(transitions.words) if _class(word) == _START}
    return bool(np.isin(transitions.codes, list(starting)).any())


def _class(word: str) -> int:
    """Tell what a transition does to work; 0 where it is nothing that is linked."""
    return _PLAN if word in PLANS else _END if word in _ENDS else _BEGINS.get(word, 0)


def _shared(case: Coded, activity: Coded, instance: Coded) -> npt.NDArray[np.bool_]:
    """Tell which events share their instance with another event of the same case and activity.

    An instance that nobody shares is an id of the event, and says nothing of what belongs together.
    """
    shared = instance.codes >= 0
    if not shared.any():
        return shared
    rows = np.flatnonzero(shared)
    work = case.codes[rows].astype(np.int64) * (len(activity.words) + 1) + activity.codes[rows]
    _, work = np.unique(work, return_inverse=True)
    _, key, counts = np.unique(
        work * (len(instance.words) + 1) + instance.codes[rows], return_inverse=True, return_counts=True
    )
    shared[rows] = counts[key] > 1
    return shared


def _latest(waiting: _Open, *keys: tuple[int, int]) -> int:
    """Take the latest row that waits under the first of some keys; -1 if none does."""
    return next((rows.pop() for key in keys if (rows := waiting.get(key))), -1)
