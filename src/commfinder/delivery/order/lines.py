"""Who takes part in each case, in the order of first acts: lined up so that cases shuffle fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.kernels import permute, put_back, stream_of
from commfinder.errors import InputError

__all__ = ["MOST_ACTORS", "MOST_CASES", "Lines", "line_up", "p_of", "q_of", "times_in_order"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_SAME = 1e-12

MOST_ACTORS, MOST_CASES = 30, 20_000
"""Cases of more distinct actors are announcements to all; of more cases than these, as many are drawn."""


def times_in_order(cases: Cases) -> IntArray:
    """Return what acts are ordered by: ranks of their times, ties broken by the file where cases carry workflow ids.

    Parameters
    ----------
    cases : Cases
        The cases.

    Returns
    -------
    ndarray of int64, shape (cases.acts.n,)
        Equal only where the order is not known.
    """
    time = cases.acts.time
    order = np.argsort(time, kind="stable")
    rank = np.empty(len(time), dtype=np.int64)
    rank[order] = np.arange(len(time))
    kept = (cases.frame["how"] == "workflow").to_numpy(dtype=bool)[cases.acts.case]
    return np.where(kept, rank, np.searchsorted(time[order], time).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Lines:
    """Who takes part in each case, once, in the order of first acts; cases of the same length stand together.

    Parameters
    ----------
    case, actor : ndarray of int64, shape (n,)
        Number of the case, and of the actor: its place in `codes`.
    x : ndarray of float64, shape (n,)
        Relative position, -0.5 for the first and 0.5 for the last; who act first at one time share the mean.
    rank : ndarray of int64, shape (n,)
        Place in the case from 0; equal where the order is not known.
    start : ndarray of float64, one per case
        The first moment of each.
    block : tuple of (int, int, int)
        Cases of one length stand together: where they begin, how many they are, and their length.
    codes : ndarray of int64
        The codes of the actors as they were given.
    """

    case: IntArray
    actor: IntArray
    x: FloatArray
    rank: IntArray
    start: FloatArray
    block: tuple[tuple[int, int, int], ...]
    codes: IntArray

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.start)

    @property
    def n_actors(self) -> int:
        """Number of actors."""
        return len(self.codes)

    @property
    def blocks(self) -> IntArray:
        """The blocks as an array, shape (blocks, 3)."""
        return np.array(self.block, dtype=np.int64).reshape(-1, 3)

    def pairs(self) -> tuple[IntArray, IntArray]:
        """Return the places of all pairs whose order is known, the earlier and the later."""
        left, right = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for begin, many, length in self.block:
            i, j = np.triu_indices(length, 1)
            first = begin + np.arange(many)[:, None] * length
            left.append((first + i).ravel())
            right.append((first + j).ravel())
        one, other = np.concatenate(left), np.concatenate(right)
        known = self.rank[one] < self.rank[other]
        return one[known], other[known]

    def shuffles(self, times: int, rng: np.random.Generator) -> Iterator[IntArray]:
        """Give actors again and again, in another order within each case; one array, changed each time.

        The one exception to values that never change: a copy for each shuffle would take as long as shuffling.
        """
        who, stream = self.actor.copy(), stream_of(rng)
        for _ in range(times):
            permute(who, self.blocks, stream)
            put_back(rng, stream)
            yield who

    def some(self, cases: IntArray) -> Lines:
        """Keep some cases, given by their numbers, sorted."""
        number = np.full(self.n_cases, -1, dtype=np.int64)
        number[cases] = np.arange(len(cases))
        keep = number[self.case] >= 0
        block, begin = [], 0
        for first, many, length in self.block:
            left = int(keep[first : first + many * length].sum()) // length
            if left:
                block.append((begin, left, length))
            begin += left * length
        held = (number[self.case[keep]], self.actor[keep], self.x[keep], self.rank[keep])
        return Lines(*held, self.start[cases], tuple(block), self.codes)

    def later(self, least: int = 2) -> Lines:
        """Leave out who opens a case, and then cases of fewer than `least`; the others move up.

        Where several act first at one time, nobody knows who opened the case, and all of them are left out.
        """
        keep = self.rank > 0
        length = np.bincount(self.case[keep], minlength=self.n_cases)
        fit = length >= least
        keep &= fit[self.case]
        case, actor, rank = (np.cumsum(fit) - 1)[self.case[keep]], self.actor[keep], self.rank[keep]
        order = np.argsort(case, kind="stable")
        return _shaped(case[order], actor[order], rank[order], length[fit], self.codes, self.start[fit])


def line_up(
    case: npt.ArrayLike, actor: npt.ArrayLike, when: npt.ArrayLike, *, max_actors: int = MOST_ACTORS, least: int = 2
) -> Lines:
    """Line up who takes part in each case.

    Parameters
    ----------
    case, actor, when : array-like, shape (n,)
        Acts, in any order of rows; an actor below 0 is not known, and left out. See `order_predictability`.
    max_actors : int, default 30
        Cases with more are left out.
    least : int, default 2
        Cases with fewer are left out too.

    Returns
    -------
    Lines

    Raises
    ------
    InputError
        If arrays differ in length or codes are no whole numbers.
    """
    cases, who, key = np.asarray(case), np.asarray(actor), np.asarray(when)
    if not cases.shape == who.shape == key.shape or cases.ndim != 1:
        raise InputError(
            f"case, actor and when have the shapes {cases.shape}, {who.shape} and {key.shape}.",
            need="One of each for every act is needed.",
        )
    for name, values in (("case", cases), ("actor", who)):
        if len(values) and values.dtype.kind not in "iu":
            raise InputError(f"{name} has the type {values.dtype}.", need="Whole numbers are needed.")
    max_actors = _validate.count(max_actors, what="max_actors", low=2)
    known = who.astype(np.int64) >= 0
    cases, who, key = cases[known].astype(np.int64), who[known].astype(np.int64), key[known]
    step = np.diff(cases)
    if not bool(((step > 0) | ((step == 0) & (key[1:] > key[:-1]))).all()):
        order = np.lexsort((who, key, cases))
        cases, who, key = cases[order], who[order], key[order]
    codes, who = np.unique(who, return_inverse=True)
    named, cases = np.unique(cases, return_inverse=True)
    first = np.sort(np.unique(cases * max(len(codes), 1) + who, return_index=True)[1])
    cases, who, key = cases[first], who[first], key[first]
    length = np.bincount(cases, minlength=len(named))
    fit = (length >= least) & (length <= max_actors)
    keep = fit[cases]
    cases, who, key = (np.cumsum(fit) - 1)[cases[keep]], who[keep], key[keep]
    opened = np.flatnonzero(np.r_[True, cases[1:] != cases[:-1]]) if len(cases) else np.empty(0, np.int64)
    return _shaped(cases, who, key, length[fit], codes, key[opened].astype(np.float64))


def _shaped(
    case: IntArray, actor: IntArray, key: npt.NDArray[Any], length: IntArray, codes: IntArray, start: FloatArray
) -> Lines:
    """Work out places, and put cases of one length together; rows are sorted by case and key."""
    begin = np.cumsum(length) - length
    place = np.arange(len(case)) - begin[case]
    new = np.r_[True, (case[1:] != case[:-1]) | (key[1:] != key[:-1])] if len(case) else np.empty(0, bool)
    run = np.cumsum(new) - 1
    # Who act first at one time share the mean of their places.
    mean = (np.bincount(run, place) / np.bincount(run))[run] if len(case) else np.empty(0)
    x = mean / np.maximum(length[case] - 1, 1) - 0.5
    order = np.lexsort((place, case, length[case]))
    lengths, many = np.unique(length, return_counts=True)
    ends = np.cumsum(lengths * many)
    block = zip((ends - lengths * many).tolist(), many.tolist(), lengths.tolist(), strict=True)
    rank = run - run[begin[case]]
    return Lines(case[order], actor[order], x[order], rank[order], start, tuple(block), codes)


def p_of(null: npt.ArrayLike, value: float) -> float:
    """Return the share of shuffles that reach a value, counting the value itself; nan without shuffles.

    Examples
    --------
    >>> p_of([0.1, 0.2, 0.9], 0.5)
    0.5
    """
    drawn = np.asarray(null, dtype=np.float64)
    return float((1 + (drawn >= value - _SAME).sum()) / (1 + len(drawn))) if len(drawn) else float("nan")


def q_of(p: npt.ArrayLike, looked_at: int) -> FloatArray:
    """Return q-values of Benjamini and Hochberg where more was looked at than is listed; what is not has a p of 1.

    Parameters
    ----------
    p : array-like of float, shape (n,)
        The p-values that are listed.
    looked_at : int
        How many hypotheses there are, listed or not.

    Returns
    -------
    ndarray of float64, shape (n,)

    References
    ----------
    .. [1] Benjamini, Hochberg (1995), Controlling the false discovery rate. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> q_of([0.01, 0.04], 4).round(3).tolist()
    [0.04, 0.08]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * max(looked_at, len(values)) / np.arange(1, len(values) + 1)
    q = np.empty(len(values))
    if len(values):
        q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
