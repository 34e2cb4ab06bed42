"""A group over time: whether it stands out again and again, since when, and whether it grows or fades."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from commfinder.declared.roster import Roster, TieTable
from commfinder.declared.shape import peel_core
from commfinder.declared.statistics import poisson_tail, z_score

__all__ = ["held_out_core", "persistence", "thirds", "trend"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

WINDOW_Z = 1.64
_STRETCHES, _MIN_WINDOWS = 6, 4


def held_out_core(roster: Roster, lam: FloatArray) -> bool:
    """Choose the core on every other window and ask whether it stands out on the rest, and the other way round."""
    windows = len(roster.windows)
    if windows < 2 or not len(roster.tested):
        return False
    for first in (0, 1):
        chosen_on: BoolArray = np.logical_or.reduce(roster.windows[first::2], axis=0)
        asked_of: BoolArray = np.logical_or.reduce(roster.windows[1 - first :: 2], axis=0)
        core, _ = peel_core(chosen_on, lam)
        inner = np.ix_(core, core)
        # Every tie of the graph may be active in the half: expecting all of them there errs on the safe side.
        z = float(z_score(asked_of[inner].sum() / 2, lam[inner].sum() / 2))
        if not core.any() or z <= WINDOW_Z:
            return False
    return True


def persistence(roster: Roster, expected: float, table: TieTable) -> float:
    """Return the share of stretches of time in which the group has more active ties than expected.

    Half a year has six windows of four weeks. Over a longer period single windows hold too little of a small group to
    tell, so there are never more than six stretches.
    """
    if len(roster.windows) < 2 or not len(table.keys):
        return float("nan")
    active, mean = _active(roster, expected, table)
    blocks = np.array_split(np.arange(len(active)), min(len(active), _STRETCHES))
    # A tie counts once for each window in which it was active, here as in the whole graph.
    z = z_score([active[block].sum() for block in blocks], [mean[block].sum() for block in blocks])
    return float((z > WINDOW_Z).mean())


def thirds(roster: Roster, expected: float, table: TieTable) -> tuple[float, float, float]:
    """Return the tail probabilities in the thirds of the windows; nan where there are fewer than three windows."""
    if len(roster.windows) < 3 or not len(table.keys):
        return (np.nan, np.nan, np.nan)
    means = expected * table.by_third / len(table.keys)
    counts = roster.thirds.sum(axis=(1, 2)) / 2
    first, middle, last = (poisson_tail(count, mean) for count, mean in zip(counts, means, strict=True))
    return first, middle, last


def trend(roster: Roster, expected: float, table: TieTable) -> tuple[float, float]:
    """Return by how much the group's z changes with each window, and how likely so much change is by chance.

    Parameters
    ----------
    roster : Roster
        The group as numbers.
    expected : float
        Ties expected inside.
    table : TieTable
        The ties of the graph.

    Returns
    -------
    slope, p : float
        nan for fewer than four windows. p is two-sided, and nan where fewer than two ties have a time.

    Notes
    -----
    A tie that is active in a window is likely active in the next, so that windows are no independent draws; ties are.
    Each tie gets the sum of w - w̄ over the windows w it is active in, with w̄ the mean window of all activity in the
    graph: 0 on average if the group moves with the organisation. The p is that of Student's t over ties; where all
    ties are equal, that of equal signs.
    """
    windows = np.arange(len(roster.windows))
    if len(windows) < _MIN_WINDOWS or not table.by_window.sum():
        return float("nan"), float("nan")
    active, mean = _active(roster, expected, table)
    slope = float(np.polyfit(windows, z_score(active, mean), 1)[0])
    centre = float((windows * table.by_window).sum() / table.by_window.sum())
    i, j = np.nonzero(np.triu(roster.ties))
    by_tie = roster.windows[:, i, j]
    pull = ((windows - centre)[:, None] * by_tie).sum(axis=0)[by_tie.any(axis=0)]
    if len(pull) < 2:
        return slope, float("nan")
    if np.ptp(pull) < 1e-9:
        return slope, 1.0 if abs(pull[0]) < 1e-9 else 2.0 ** (1 - len(pull))
    t = pull.mean() / (pull.std(ddof=1) / np.sqrt(len(pull)))
    return slope, float(2 * stats.t.sf(abs(t), len(pull) - 1))


def _active(roster: Roster, expected: float, table: TieTable) -> tuple[FloatArray, FloatArray]:
    """Return the ties active in each window, and those expected."""
    active = roster.windows.sum(axis=(1, 2)) / 2
    return active, expected * table.by_window / max(len(table.keys), 1)
