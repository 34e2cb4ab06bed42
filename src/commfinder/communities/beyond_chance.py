"""What chance and formal structure make of the people who have ties, in the form that the compiled search asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from commfinder.graph.expected import Blocks, DyadNull

__all__ = ["Chance", "Lines", "Rates", "lines_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Lines(NamedTuple):
    """Ties as rows: the others each person has a tie with, rising.

    Parameters
    ----------
    starts : ndarray of int64, shape (k + 1,)
        Where the others of each person begin.
    others : ndarray of int64, shape (2 m,)
        The others.
    """

    starts: IntArray
    others: IntArray

    @property
    def pairs(self) -> tuple[IntArray, IntArray]:
        """Both ends of every tie, the lower first."""
        one = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        upper = one < self.others
        return one[upper], self.others[upper]

    def matrix(self) -> sparse.csr_array:
        """Return the ties as a symmetric matrix of ones."""
        k = len(self.starts) - 1
        return sparse.csr_array((np.ones(len(self.others)), self.others, self.starts), shape=(k, k))


def lines_of(i: IntArray, j: IntArray, k: int) -> Lines:
    """Return ties between k people as rows, from the ends of each tie.

    Parameters
    ----------
    i, j : ndarray of int64, shape (m,)
        Ends of ties, each pair once.
    k : int
        Number of people.

    Returns
    -------
    Lines
    """
    keys = np.sort(np.concatenate([i * k + j, j * k + i]))
    starts = np.searchsorted(keys, np.arange(k + 1) * k).astype(np.int64)
    return Lines(starts, keys % k)


class Rates(NamedTuple):
    """The null as numbers, for compiled code.

    Parameters
    ----------
    activity : ndarray of float64, shape (k,)
        How active each person is.
    unit : ndarray of int64, shape (k,)
        Number of each person's unit, from 0.
    unknown : int
        The number that stands for a unit not known; -1 if everybody's is known.
    site, manager, person : ndarray of int64, shape (k,)
        Codes of site and manager, -1 for none, and the number by which managers are named.
    rows, columns, values, rest
        Factor of each stored pair of units, as rows, both ways; and that of all others.
    factors : ndarray of float64, shape (3, 2)
        Of one site, one manager, a report and a manager; within a unit and across.
    share : float
        Share of ties that are seen.
    """

    activity: FloatArray
    unit: IntArray
    unknown: int
    site: IntArray
    manager: IntArray
    person: IntArray
    rows: IntArray
    columns: IntArray
    values: FloatArray
    rest: float
    factors: FloatArray
    share: float


@dataclass(frozen=True, eq=False)
class Chance:
    """Ties that activity and formal structure make expect among some people; make one with `Chance.of`.

    Parameters
    ----------
    null : DyadNull
        Expected ties between any two people.
    people : ndarray of int64, shape (k,)
        Whom it is about.
    rates : Rates
        The same for compiled code, people by their place.
    """

    null: DyadNull
    people: IntArray
    rates: Rates

    @classmethod
    def of(cls, null: DyadNull, people: IntArray) -> Chance:
        """Take from the null what it says of some people."""
        s, blocks = null.structure, null.blocks
        units, unit = np.unique(s.unit[people] % blocks.side, return_inverse=True)
        unknown = int(np.searchsorted(units, blocks.side - 1)) if units[-1] == blocks.side - 1 else -1
        rows, columns, values = _both_ways(blocks, units)
        rates = Rates(
            activity=np.ascontiguousarray(null.activity[people], dtype=np.float64),
            unit=unit.reshape(-1).astype(np.int64),
            unknown=unknown,
            site=np.ascontiguousarray(s.site[people], dtype=np.int64),
            manager=np.ascontiguousarray(s.manager[people], dtype=np.int64),
            person=np.ascontiguousarray(people, dtype=np.int64),
            rows=rows,
            columns=columns,
            values=values,
            rest=float(blocks.rest),
            factors=np.array([null.site, null.manager, null.report], dtype=np.float64),
            share=1.0,
        )
        return cls(null, people, rates)

    def seen(self, share: float) -> Chance:
        """Return what is expected where only a share of all ties is seen."""
        return replace(self, rates=self.rates._replace(share=self.rates.share * share))

    def between(self, one: IntArray, other: IntArray) -> float:
        """Return the sum of expected ties over all pairs of a person of one group and one of the other."""
        i, j = np.meshgrid(self.people[one], self.people[other], indexing="ij")
        return float(self.null.expected(i, j).sum()) * self.rates.share


def _both_ways(blocks: Blocks, units: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the stored pairs of some units as rows, numbered by their places among them."""
    place = np.full(blocks.side, -1, np.int64)
    place[units] = np.arange(len(units))
    g, h = place[blocks.keys // blocks.side], place[blocks.keys % blocks.side]
    here = (g >= 0) & (h >= 0)
    g, h, values = g[here], h[here], blocks.values[here]
    apart = g != h
    one, other = np.concatenate([g, h[apart]]), np.concatenate([h, g[apart]])
    order = np.lexsort((other, one))
    rows = np.searchsorted(one[order], np.arange(len(units) + 1)).astype(np.int64)
    return rows, other[order], np.concatenate([values, values[apart]])[order].astype(np.float64)
