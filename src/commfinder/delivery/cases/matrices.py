"""Who hands on to whom, who gives work out and gets it back, who works on the same cases: sums over cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from commfinder import _validate
from commfinder.delivery.cases.acts import Acts, distinct
from commfinder.delivery.cases.value import TEXT, Cases

__all__ = ["Matrix", "handover_of_work", "subcontracting", "working_together"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_BY = ("person", "role")
_PER = ("handoff", "case")
_FAINT = 1e-3


@dataclass(frozen=True, eq=False)
class Matrix:
    """A sum over cases for every pair of people or roles.

    Parameters
    ----------
    labels : ndarray of str, shape (n,)
        People or roles, sorted.
    values : scipy.sparse.csr_array of float, shape (n, n)
        From row to column; only what is not zero is stored.
    """

    labels: npt.NDArray[np.object_]
    values: sparse.csr_array

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair with a value: giver, taker, value; the largest first, then by name."""
        found = self.values.tocoo()
        frame = pd.DataFrame(
            {
                "giver": pd.array(self.labels[found.row], dtype=TEXT),
                "taker": pd.array(self.labels[found.col], dtype=TEXT),
                "value": found.data.astype(np.float64),
            }
        )
        order = np.lexsort((found.col, found.row, -found.data))
        return frame.iloc[order].reset_index(drop=True)


def handover_of_work(
    cases: Cases, *, by: str = "person", beta: float = 0.0, per: str = "handoff", self_handovers: bool = False
) -> Matrix:
    """Sum handovers of work: an act of a in a case that is followed by an act of b.

    Prefer `hand_offs` for each handoff with its moments, `subcontracting` where the work comes back, and
    `working_together` where order does not matter.

    Parameters
    ----------
    cases : Cases
        Acts by case, then time.
    by : {"person", "role"}
        Between whom. An act whose role is not known is no part of any pair.
    beta : float, default 0.0
        Weight of acts that do not follow directly: ``beta ** k`` with k acts between, at most to where it falls below
        .001. 0 counts direct succession only.
    per : {"handoff", "case"}
        Count every handover, or each pair once per case (its greatest weight in that case).
    self_handovers : bool, default False
        Count also what is followed by an act of the same person or role, on the diagonal.

    Returns
    -------
    Matrix
        From giver to taker; not divided by anything.

    Raises
    ------
    InputError
        If an option is not known or beta is outside 0 to 1.

    References
    ----------
    van der Aalst, Reijers & Song 2005, doi:10.1007/s10606-005-9005-9.

    Examples
    --------
    >>> log = {"case": ["1"] * 4, "person": ["ada", "ada", "ben", "ada"], "time": [1, 2, 3, 4]}
    >>> handover_of_work(Cases.of(log)).to_frame().to_dict("list")
    {'giver': ['ada', 'ben'], 'taker': ['ben', 'ada'], 'value': [1.0, 1.0]}
    """
    labels, actor = _actors(cases, by)
    _validate.choice(per, _PER, what="per")
    beta = _validate.fraction(beta, what="beta")
    parts = []
    for far in range(1, _farthest(cases.acts, beta) + 1):
        a, b, case = _pairs_at(cases.acts.case, actor, far)
        kept = (a >= 0) & (b >= 0) & ((a != b) | self_handovers)
        parts.append((a[kept], b[kept], case[kept], np.full(int(kept.sum()), beta ** (far - 1))))
    a, b, case, weight = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if per == "case":
        # Nearer pairs were taken first: the first of a pair in a case has its greatest weight.
        keys = (case * len(labels) + a) * len(labels) + b if _fits(cases, labels) else _ranked(case, a, b)
        first = np.unique(keys, return_index=True)[1]
        a, b, weight = a[first], b[first], weight[first]
    return Matrix(labels, _summed(a, b, weight, len(labels)))


def subcontracting(cases: Cases, *, by: str = "person", per: str = "handoff") -> Matrix:
    """Sum subcontracting: a hands on to b and gets the work back from b.

    Parameters
    ----------
    cases : Cases
        Acts by case, then time.
    by : {"person", "role"}
        Between whom. An act whose role is not known parts what comes before it from what comes after.
    per : {"handoff", "case"}
        Count every time, or each pair once per case.

    Returns
    -------
    Matrix
        From the one who gives out (a) to the one who gives back (b). However many acts in a row b takes, it counts
        once; with one act each it is the definition of the literature.

    Raises
    ------
    InputError
        If an option is not known.

    References
    ----------
    van der Aalst, Reijers & Song 2005, doi:10.1007/s10606-005-9005-9.

    Examples
    --------
    >>> log = {"case": ["1"] * 4, "person": ["ada", "ben", "ben", "ada"], "time": [1, 2, 3, 4]}
    >>> subcontracting(Cases.of(log)).to_frame().to_dict("list")
    {'giver': ['ada'], 'taker': ['ben'], 'value': [1.0]}
    """
    labels, actor = _actors(cases, by)
    _validate.choice(per, _PER, what="per")
    case = cases.acts.case
    fresh = np.ones(len(case), dtype=bool)
    fresh[1:] = (case[1:] != case[:-1]) | (actor[1:] != actor[:-1])
    case, actor = case[fresh].astype(np.int64), actor[fresh]
    back = (case[2:] == case[:-2]) & (actor[2:] == actor[:-2]) & (actor[2:] >= 0) & (actor[1:-1] >= 0)
    a, b, case = actor[:-2][back], actor[1:-1][back], case[:-2][back]
    if per == "case":
        first = np.unique(_ranked(case, a, b), return_index=True)[1]
        a, b = a[first], b[first]
    return Matrix(labels, _summed(a, b, np.ones(len(a)), len(labels)))


def working_together(cases: Cases, *, by: str = "person") -> Matrix:
    """Count, for each pair, the cases on which both act.

    Parameters
    ----------
    cases : Cases
        Acts by case.
    by : {"person", "role"}
        Between whom. An act whose role is not known counts for nobody.

    Returns
    -------
    Matrix
        Symmetric; the diagonal is zero. Divide by ``len(cases)`` for the share of cases. A case of k people makes
        k (k - 1) entries.

    Raises
    ------
    InputError
        If `by` is not known.

    References
    ----------
    van der Aalst, Reijers & Song 2005, doi:10.1007/s10606-005-9005-9.

    Examples
    --------
    >>> log = {"case": ["1", "1", "2"], "person": ["ada", "ben", "ada"], "time": [1, 2, 3]}
    >>> working_together(Cases.of(log)).values.toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    labels, actor = _actors(cases, by)
    known = actor >= 0
    width = max(len(labels), 1)
    pairs = distinct(cases.acts.case[known].astype(np.int64) * width + actor[known])
    case, person = np.divmod(pairs, width)
    shape = (len(cases), len(labels))
    takes_part = sparse.csr_array((np.ones(len(pairs)), (case, person)), shape=shape)
    both = sparse.csr_array(takes_part.T @ takes_part)
    both.setdiag(0)
    both.eliminate_zeros()
    both.sort_indices()
    return Matrix(labels, both)


def _actors(cases: Cases, by: str) -> tuple[npt.NDArray[np.object_], IntArray]:
    """Return names, and the number of who acts in each act."""
    _validate.choice(by, _BY, what="by")
    if by == "person":
        return cases.people, cases.acts.person.astype(np.int64)
    return cases.roles, cases.acts.role.astype(np.int64)


def _farthest(acts: Acts, beta: float) -> int:
    """Return how many places apart two acts may be: to the longest case, or to where the weight is faint."""
    longest = int(np.bincount(acts.case).max(initial=1)) if acts.n else 1
    if beta == 0.0:
        return 1
    if beta == 1.0:
        return max(longest - 1, 1)
    return max(min(longest - 1, 1 + int(np.log(_FAINT) / np.log(beta))), 1)


def _pairs_at(case: npt.NDArray[np.int32], actor: IntArray, far: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return the pairs of acts of a case that are so many places apart."""
    same = np.flatnonzero(case[far:] == case[:-far])
    return actor[same], actor[same + far], case[same].astype(np.int64)


def _fits(cases: Cases, labels: npt.NDArray[np.object_]) -> bool:
    """Tell whether a case and two labels fit into one whole number."""
    return (len(cases) + 1) * float(len(labels) + 1) ** 2 < 2.0**62


def _ranked(case: IntArray, a: IntArray, b: IntArray) -> IntArray:
    """Number triples."""
    width = int(max(a.max(initial=0), b.max(initial=0))) + 1
    pairs = np.unique(a * width + b, return_inverse=True)[1].astype(np.int64)
    keys: IntArray = case * (int(pairs.max(initial=0)) + 1) + pairs
    return keys


def _summed(a: IntArray, b: IntArray, weight: FloatArray, n: int) -> sparse.csr_array:
    """Add up weights of pairs."""
    values = sparse.csr_array((weight, (a, b)), shape=(n, n))
    values.sum_duplicates()
    values.sort_indices()
    return values
