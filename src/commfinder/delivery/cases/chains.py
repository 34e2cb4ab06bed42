"""Causal chains: who passes on what they were sent, told from moments and participants alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.loose import Loose, cases_of_links
from commfinder.delivery.cases.rows import Found
from commfinder.delivery.cases.taking import taken_up
from commfinder.interactions import Loss

__all__ = ["chain_cases"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_WEEKDAYS = BusinessHours(start="00:00", end="24:00")


def chain_cases(loose: Loose, *, gap_days: float, calendar: BusinessHours | None) -> tuple[Found, BoolArray]:
    """Make cases of events that follow from one another in time and share participants.

    An event of b follows from an event that b received if b wrote it later, within `gap_days` working days, if at
    least half of those who took part in the first also take part in the second (Jaccard similarity once people who come
    in new are left out: work that is passed on always brings somebody new), and if the two are not of different spaces.

    Parameters
    ----------
    loose : Loose
        Events without an id of a case and without references.
    gap_days : float
        Working days within which something is passed on.
    calendar : BusinessHours, optional
        Working days; by default Monday to Friday, all hours, UTC.

    Returns
    -------
    found : Found
        Cases of at least two events. What nothing precedes or follows is in none, and counted unless it has a thread.
    used : ndarray of bool, shape (n,)
        Which events are in these cases.

    Notes
    -----
    Events are taken in order of time (greedily). First each takes what it answers: the latest message from one of its
    recipients that its sender has not taken up yet. What answers nothing takes what its sender was sent and has not
    taken up yet, first come, first served, as worklists are. (Where most of what comes in is never passed on, to take
    the latest first would be right more often.) What is taken up once is not taken again, so that two things that one
    person works on stay two. What a person was sent nobody else can take up, so people are gone through one by one.

    Where k messages were waiting, a link is right one time in k if nothing else is known; the certainty of a case is
    the mean of 1/k over its links. It is no calibrated probability: it does not know of messages that are not in the
    data.
    """
    clock = calendar or _WEEKDAYS
    link, waiting = _taken_up(loose, clock.position(loose.time), round(gap_days * clock.hours_per_day * 3_600e6))
    source = np.flatnonzero(link >= 0)
    target = link[source]
    joined = sparse.coo_array((np.ones(len(source), dtype=bool), (source, target)), shape=(loose.n, loose.n))
    label = sparse.csgraph.connected_components(joined, directed=False)[1]
    used = np.zeros(loose.n, dtype=bool)
    used[source] = True
    used[target] = True
    found = cases_of_links(loose, label, used, source, 1.0 / np.maximum(waiting[source], 1), how="chain")
    losses = []
    alone = int((~used & (loose.home < 0)).sum())
    if alone:
        reason = "event without id that nothing leads to or follows from: in no case"
        losses.append(Loss("cases", "all", reason, alone, "events", f"of {loose.n} events without id"))
    return replace(found, losses=tuple(losses)), used


def _taken_up(loose: Loose, worked: IntArray, gap: int) -> tuple[IntArray, IntArray]:
    """Return for each event the one that it follows from (-1: none), and how many messages were waiting."""
    low = np.searchsorted(worked, worked - gap)
    high = np.searchsorted(loose.time, loose.time)  # strictly earlier
    return taken_up(loose.sender, loose.first, loose.recipients, loose.space, low, high)
