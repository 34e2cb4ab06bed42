"""What two partitions share, and what chance alone would have them share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.compare.pair import Pair
from commfinder.errors import InputError

__all__ = ["Contingency", "contingency", "expected_information"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_NEGLIGIBLE = 1e-20


@dataclass(frozen=True, eq=False)
class Contingency:
    """The cells of a contingency table that hold anybody; make one with `contingency`.

    Parameters
    ----------
    n : int
        People.
    rows, columns : ndarray of int64
        Sizes of the communities of either side.
    cells : ndarray of int64, shape (c,)
        People in both of two communities, above 0.
    cell_rows, cell_columns : ndarray of int64, shape (c,)
        Sizes of the two.
    """

    n: int
    rows: IntArray
    columns: IntArray
    cells: IntArray
    cell_rows: IntArray
    cell_columns: IntArray

    @property
    def equal(self) -> bool:
        """Whether both partitions are the same but for names."""
        return len(self.cells) == len(self.rows) == len(self.columns)

    @property
    def entropies(self) -> tuple[float, float]:
        """Entropies of both partitions, in nats."""
        return _entropy(self.rows, self.n), _entropy(self.columns, self.n)

    @property
    def information(self) -> float:
        """Mutual information of both partitions, in nats."""
        ratio = self.cells * float(self.n) / (self.cell_rows.astype(np.float64) * self.cell_columns)
        # An exactly rounded sum does not depend on the order of communities.
        return max(0.0, math.fsum(self.cells / self.n * np.log(ratio)))


def contingency(pair: Pair, *, what: str) -> Contingency:
    """Count what two partitions share.

    Parameters
    ----------
    pair : Pair
        Both sides.
    what : str
        The measure that asks, for the message.

    Returns
    -------
    Contingency

    Raises
    ------
    InputError
        If somebody is in more than one community.
    """
    for side, name in ((pair.first, "first"), (pair.second, "second")):
        counts = np.diff(side.indptr)
        if (counts > 1).any():
            whom = int(np.argmax(counts > 1))
            raise InputError(
                f"{name} has person {pair.people[whom]!r} in {counts[whom]} communities.",
                need=f"{what} compares partitions: everybody is in one community at most.",
                hint="overlapping_nmi, omega_index and element_centric_similarity compare communities that overlap.",
            )
    table = pair.shared.tocoo()
    rows = np.bincount(pair.first.indices, minlength=pair.first.shape[1])
    columns = np.bincount(pair.second.indices, minlength=pair.second.shape[1])
    a, b = table.coords
    return Contingency(len(pair.people), rows, columns, table.data, rows[a], columns[b])


def expected_information(table: Contingency) -> float:
    """Return the mean mutual information of two random partitions of these sizes, in nats.

    The mean is over all ways of handing people to the communities of either side. It depends on sizes alone, so that
    each pair of sizes is worked out once however many communities have them.
    """
    a, many_a = np.unique(table.rows, return_counts=True)
    b, many_b = np.unique(table.columns, return_counts=True)
    return float(_expected(a, many_a, b, many_b, table.n))


def _entropy(sizes: IntArray, n: int) -> float:
    share = sizes / n
    return max(0.0, -math.fsum(share * np.log(share)))


@numba.njit(cache=True, nogil=True)
def _expected(a: IntArray, many_a: IntArray, b: IntArray, many_b: IntArray, n: int) -> float:
    """Add up over pairs of sizes; people shared by chance follow the hypergeometric distribution.

    Probabilities are relative to that of the mode, from which steps go up and down until nothing is left: neither
    factorials, which lose digits, nor all the terms are needed.
    """
    whole = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            x, y = a[i], b[j]
            scale = n / (float(x) * float(y))
            low, high = max(0, x + y - n), min(x, y)
            mode = min(max(((x + 1) * (y + 1)) // (n + 2), low), high)
            mass, held = 1.0, 0.0
            if mode > 0:
                held = mode * np.log(mode * scale)
            weight = 1.0
            for shared in range(mode + 1, high + 1):
                weight *= float(x - shared + 1) * float(y - shared + 1) / (float(shared) * float(n - x - y + shared))
                if weight < _NEGLIGIBLE:
                    break
                mass += weight
                held += weight * shared * np.log(shared * scale)
            weight = 1.0
            for shared in range(mode - 1, low - 1, -1):
                weight *= float(shared + 1) * float(n - x - y + shared + 1) / (float(x - shared) * float(y - shared))
                if weight < _NEGLIGIBLE:
                    break
                mass += weight
                if shared > 0:
                    held += weight * shared * np.log(shared * scale)
            whole += many_a[i] * many_b[j] * held / (mass * n)
    return whole
