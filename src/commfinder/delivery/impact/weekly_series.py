"""Weekly series: means of cases by week, the designs of a change in them, differences to controls, blocks of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["YEAR_WEEKS", "Weekly", "difference", "moving_blocks", "segmented", "step"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

YEAR_WEEKS = 365.25 / 7
"""Weeks of a year."""


@dataclass(frozen=True, eq=False)
class Weekly:
    """A weekly series: means of cases, and how sure each is.

    Parameters
    ----------
    week : ndarray of int64, shape (m,)
        Weeks since the change, rising: the week that begins with it is 0, the one before is -1.
    value : ndarray of float64, shape (m,)
        Mean of the week.
    size : ndarray of float64, shape (m,)
        How many independent cases stand behind it; fractions are allowed.
    squares : float, default 0.0
        Sum of squares of cases about the mean of their week.
    freedom : float, default 0.0
        Degrees of freedom of it; 0 where a week is one number, as with counts.
    """

    week: IntArray
    value: FloatArray
    size: FloatArray
    squares: float = 0.0
    freedom: float = 0.0

    def take(self, which: npt.NDArray[np.bool_]) -> Weekly:
        """Keep some weeks; what is known of the spread of cases stays."""
        return replace(self, week=self.week[which], value=self.value[which], size=self.size[which])

    @property
    def m(self) -> int:
        """Number of weeks with a value."""
        return len(self.week)


def segmented(week: IntArray, at: int = 0, *, season: bool = False) -> FloatArray:
    """Return the design of an interrupted time series, y = b0 + b1 t + b2 D + b3 (t - T) D + season.

    Prefer `step` for the difference to controls, in which a trend that all share has gone already.

    Parameters
    ----------
    week : ndarray of int64, shape (m,)
        Weeks.
    at : int, default 0
        First week after the change, T.
    season : bool, default False
        Add one wave a year; only sensible with two years.

    Returns
    -------
    ndarray of float64, shape (m, 4) or (m, 6)
        Column 2 is the level at the change, column 3 the change of the trend per week.

    References
    ----------
    .. [1] Wagner, Soumerai, Zhang, Ross-Degnan (2002), Segmented regression analysis of interrupted time series studies
       in medication use research. doi:10.1046/j.1365-2710.2002.00430.x

    Examples
    --------
    >>> segmented(np.array([-1, 0, 1]))[:, 2:].tolist()
    [[0.0, 0.0], [1.0, 0.5], [1.0, 1.5]]
    """
    time = week - at + 0.5
    after = (week >= at).astype(np.float64)
    columns = [np.ones(len(week)), time, after, np.maximum(time, 0.0)]
    if season:
        angle = 2 * np.pi * week / YEAR_WEEKS
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)


def step(week: IntArray, at: int = 0) -> FloatArray:
    """Return the design of a level that changes once; column 1 is the change.

    Parameters
    ----------
    week : ndarray of int64, shape (m,)
        Weeks.
    at : int, default 0
        First week after the change.

    Returns
    -------
    ndarray of float64, shape (m, 2)
    """
    return np.stack([np.ones(len(week)), (week >= at).astype(np.float64)], axis=1)


def difference(treated: Weekly, controls: Sequence[Weekly]) -> Weekly:
    """Return the difference of a group to its controls, week by week: week effects that all share are gone.

    It is what a regression with effects of groups and weeks compares. Controls count by how sure they are of a week,
    and at the level that each has in the middle, so that a control without cases in some weeks shifts nothing.

    Parameters
    ----------
    treated : Weekly
        The group.
    controls : sequence of Weekly
        At least one.

    Returns
    -------
    Weekly
        Weeks in which both the group and a control have a value.

    Examples
    --------
    >>> week = np.arange(3)
    >>> group, control = (Weekly(week, level + week, np.full(3, 8.0)) for level in (5.0, 2.0))
    >>> np.ptp(difference(group, [control]).value).round(9), difference(group, [control]).size.tolist()
    (np.float64(0.0), [4.0, 4.0, 4.0])
    """
    weeks, at = np.unique(np.concatenate([one.week for one in controls]), return_inverse=True)
    group = np.repeat(np.arange(len(controls)), [one.m for one in controls])
    value = np.concatenate([one.value for one in controls])
    size = np.concatenate([one.size for one in controls])
    # As much of the variance is taken to be luck of the week as of the cases, so that no control drowns the others.
    sure = 1 / (1 / size + 1 / size.mean())
    week_effect = np.zeros(len(weeks))
    for _ in range(20):
        own = np.bincount(group, sure * (value - week_effect[at])) / np.bincount(group, sure)
        week_effect = np.bincount(at, sure * (value - own[group])) / np.bincount(at, sure)
    alone = np.bincount(at, sure**2 / size) / np.bincount(at, sure) ** 2
    both, mine, theirs = np.intersect1d(treated.week, weeks, return_indices=True)
    return Weekly(
        both,
        treated.value[mine] - week_effect[theirs],
        1 / (1 / treated.size[mine] + alone[theirs]),
        treated.squares + sum(one.squares for one in controls),
        treated.freedom + sum(one.freedom for one in controls),
    )


def moving_blocks(weeks: int, *, draws: int, length: int, rng: np.random.Generator) -> IntArray:
    """Draw weeks in blocks of neighbours, so that what hangs together stays together.

    Parameters
    ----------
    weeks : int
        Number of weeks.
    draws : int
        How many samples.
    length : int
        Weeks of a block; 1 draws weeks one by one.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of int64, shape (draws, weeks)
        How often each week is drawn; each row adds up to `weeks`.

    References
    ----------
    .. [1] Künsch (1989), The jackknife and the bootstrap for general stationary observations.
       doi:10.1214/aos/1176347265

    Examples
    --------
    >>> moving_blocks(6, draws=2, length=2, rng=np.random.default_rng(0)).sum(axis=1).tolist()
    [6, 6]
    """
    length = max(min(length, weeks), 1)
    # Blocks run on from the last week to the first, so that every week is drawn as often as any other.
    begin = rng.integers(weeks, size=(draws, -(-weeks // length)))
    drawn = ((begin[:, :, None] + np.arange(length)) % weeks).reshape(draws, -1)[:, :weeks]
    flat = drawn + weeks * np.arange(draws)[:, None]
    return np.bincount(flat.ravel(), minlength=draws * weeks).reshape(draws, weeks).astype(np.int64)
