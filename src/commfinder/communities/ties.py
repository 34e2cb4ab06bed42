"""Ties as arrays: checked once, in the forms that engines ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numba
import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.adjacency import Adjacency, adjacency, renumbered, structure_keys
from commfinder.communities.threads import in_turn, processors, together
from commfinder.errors import InputError

__all__ = ["Ties"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ties:
    """Undirected weighted ties between people 0 to n - 1; make one with `Ties.of`.

    Parameters
    ----------
    n : int
        Number of people.
    a, b : ndarray of int, shape (m,)
        The two ends of each tie, never the same person. A pair may be given more than once: weights add up.
    weight : ndarray of float64, shape (m,)
        Finite weights above zero.
    by_structure : bool, default False
        Whether people have numbers that hang on structure and not on names: large graphs need no others then.
    """

    n: int
    a: npt.NDArray[np.integer]
    b: npt.NDArray[np.integer]
    weight: FloatArray
    by_structure: bool = False

    @classmethod
    def of(cls, source: npt.ArrayLike, target: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, n: int) -> Ties:
        """Check tie arrays.

        Parameters
        ----------
        source, target : array-like of int, shape (m,)
            The two ends of each tie.
        weight : array-like of float, shape (m,), optional
            Weights above zero; None for 1 each.
        n : int
            Number of people.

        Returns
        -------
        Ties

        Raises
        ------
        InputError
            If arrays differ in length, an end is out of range, a tie joins a person to itself, or a weight is not
            finite and above zero.
        """
        n = _validate.count(n, what="n", low=0)
        a, b = np.atleast_1d(np.asarray(source)), np.atleast_1d(np.asarray(target))
        w = np.ones(len(a)) if weight is None else np.atleast_1d(np.asarray(weight, dtype=np.float64))
        if not a.ndim == b.ndim == w.ndim == 1 or not len(a) == len(b) == len(w):
            raise InputError(
                f"There are {len(a)} sources, {len(b)} targets and {len(w)} weights.", need="They must be as many."
            )
        if not len(a):
            empty = np.empty(0, np.int64)
            return cls(n, empty, empty, np.empty(0))
        for name, ends in (("source", a), ("target", b)):
            if ends.dtype.kind not in "iu":
                raise InputError(f"{name} has the type {ends.dtype}.", need="Whole numbers from 0 to n - 1 are needed.")
        # One pass over all arrays at once: at tens of millions of ties each pass is felt.
        parts = together(lambda ties: _examined(a[ties], b[ties], w[ties], n), in_turn(processors(), len(a)))
        if not all(parts):
            _complain(a, b, w, n)
        return cls(n, a, b, w)

    @cached_property
    def canonical(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Each pair once, a < b, sorted, with its weights added up in order of size."""
        low, high = np.minimum(self.a, self.b).astype(np.int64), np.maximum(self.a, self.b).astype(np.int64)
        order = np.lexsort((self.weight, high, low))
        low, high, weight = low[order], high[order], self.weight[order]
        if not len(low):
            return low, high, weight
        starts = np.flatnonzero(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)])
        return low[starts], high[starts], np.add.reduceat(weight, starts)

    @cached_property
    def rows(self) -> Adjacency:
        """Everybody's neighbours, row after row, with weights as whole numbers."""
        return adjacency(self.a, self.b, self.weight, self.n, processors())

    @cached_property
    def keys(self) -> npt.NDArray[np.uint64]:
        """A key for everybody that depends on the structure around them, not on their number."""
        return structure_keys(self.rows)

    @cached_property
    def numbered(self) -> tuple[IntArray, Adjacency]:
        """The old number of each new one, and the rows, with everybody numbered by their key."""
        if self.by_structure:
            return np.arange(self.n), self.rows
        order = np.argsort(self.keys, kind="stable").astype(np.int64)
        return order, renumbered(self.rows, order, processors())


@numba.njit(cache=True, nogil=True)
def _examined(a, b, weight, n):  # type: ignore[no-untyped-def]
    """Tell whether ties are as they must be."""
    good = True
    for tie in range(len(a)):
        i, j, w = np.int64(a[tie]), np.int64(b[tie]), weight[tie]
        good &= (i >= 0) & (j >= 0) & (i < n) & (j < n) & (i != j) & (w > 0.0) & (w < np.inf)
    return good


def _complain(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer], weight: FloatArray, n: int) -> NoReturn:
    """Say what is wrong first."""
    for name, ends in (("source", a), ("target", b)):
        low, high = int(ends.min()), int(ends.max())
        if low < 0 or high >= n:
            worst = low if low < 0 else high
            raise InputError(f"{name} holds {worst}.", need=f"Numbers from 0 to n - 1 = {n - 1} are needed.")
    loops = a == b
    if loops.any():
        raise InputError(f"Tie {int(loops.argmax())} joins a person to itself.", hint="Leave self-loops out.")
    place = int((~(np.isfinite(weight) & (weight > 0))).argmax())
    raise InputError(
        f"weight[{place}] is {weight[place]}.",
        need="Finite weights above 0 are needed.",
        hint="Leave ties of no weight out; a negative tie has no meaning here.",
    )
