"""Who works on the same cases more often than their own activity and the size of cases explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, special

from commfinder import _validate
from commfinder.delivery.cases.acts import ranges
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.lines import q_of
from commfinder.errors import InputError
from commfinder.graph.copresence_null import hypergeometric_tail

__all__ = ["NULLS", "Bicm", "Excess", "excess_pairs", "fit_bicm", "hypergeometric_tail"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NULLS = ("hypergeometric", "bicm")
"""What decides who is on which case: people alone, or people and the size of cases."""

_MOST_PEOPLE, _VARY, _MARGIN = 30, 10, 1e-6
_STEPS, _TOLERANCE, _CHECKED = 20_000, 1e-8, 20
_NAMES = pd.StringDtype("pyarrow")


@dataclass(frozen=True, eq=False)
class Bicm:
    """The bipartite configuration model: how likely each person is on each case; make one with `fit_bicm`.

    Parameters
    ----------
    probability : ndarray of float64, shape (k, s)
        For people of each number of cases and cases of each size.
    person_class, case_class : ndarray of int64
        Row and column of each person and each case.
    cases_of_class : ndarray of int64, shape (s,)
        Cases of each size.
    residual : float
        Largest relative difference between a number of cases, or a size, and what the model expects.
    """

    probability: FloatArray
    person_class: IntArray
    case_class: IntArray
    cases_of_class: IntArray
    residual: float

    @property
    def together(self) -> FloatArray:
        """Expected cases that two people have in common, by their classes."""
        found: FloatArray = (self.probability * self.cases_of_class) @ self.probability.T
        return found


@dataclass(frozen=True, eq=False)
class Excess:
    """The pairs who are on the same cases more often than chance puts them there, to be looked up for many groups.

    Parameters
    ----------
    people : ndarray of str, shape (n,)
        Who is in any of the pairs, rising.
    first : ndarray of int64, shape (n + 1,)
        Where the pairs of everybody begin in `other`, and where the last end.
    other : ndarray of int64, shape (m,)
        The other of each pair, as a place in `people`.
    """

    people: npt.NDArray[np.object_]
    first: IntArray
    other: IntArray

    @classmethod
    def of(cls, pairs: pd.DataFrame, *, q: float | None = None) -> Excess:
        """Take the pairs of `excess_pairs`, up to a rate of false discoveries if one is given."""
        kept = pairs if q is None else pairs[pairs["q"] <= q]
        ends = pd.concat([kept["person_a"], kept["person_b"]], ignore_index=True)
        place, names = pd.factorize(ends, sort=True)
        people = np.array(names.tolist(), dtype=object)
        one, other = place.reshape(2, -1)
        order = np.lexsort((other, one))
        return cls(people, np.searchsorted(one[order], np.arange(len(people) + 1)), other[order].astype(np.int64))

    @classmethod
    def found(cls, cases: Cases, *, q: float, null: str | None = None, max_people: int = _MOST_PEOPLE) -> Excess:
        """Find the pairs up to a rate of false discoveries; prefer `excess_pairs` to see all and their numbers.

        It gives what ``Excess.of(excess_pairs(cases), q=q)`` gives, without the numbers of pairs that can not be among
        them.

        Parameters
        ----------
        cases : Cases
            The cases.
        q : float
            The rate, 0 to 1.
        null, max_people
            As in `excess_pairs`.

        Returns
        -------
        Excess

        Raises
        ------
        InputError
            If an option is out of range.

        Examples
        --------
        >>> log = {"case": np.repeat(np.arange(40), 2), "person": ["ada", "ben"] * 10 + list("cdef") * 15}
        >>> Excess.found(Cases.of(log | {"time": np.arange(80)}), q=0.05).people.tolist()
        ['ada', 'ben', 'c', 'd', 'e', 'f']
        """
        q = _validate.fraction(q, what="q")
        shared = _Shared.of(cases, null, max_people)
        which = shared.in_doubt(q)
        kept = which[q_of(shared.by_chance(which)[1], shared.looked_at) <= q]
        codes, place = np.unique(np.stack([shared.a[kept], shared.b[kept]]), return_inverse=True)
        one, other = place.reshape(2, -1)
        order = np.lexsort((other, one))
        return cls(shared.people[codes], np.searchsorted(one[order], np.arange(len(codes) + 1)), other[order])

    def share(self, people: tuple[str, ...]) -> float:
        """Return the share of the pairs of some people that are among these; nan for one person.

        Parameters
        ----------
        people : tuple of str
            Each once.

        Returns
        -------
        float

        Examples
        --------
        >>> pairs = pd.DataFrame({"person_a": ["ada", "ada"], "person_b": ["ben", "cleo"]})
        >>> Excess.of(pairs).share(("ada", "ben", "eve"))
        0.3333333333333333
        """
        pairs = len(people) * (len(people) - 1) / 2
        if not pairs:
            return float("nan")
        wanted = np.array(people, dtype=object)
        at = np.minimum(np.searchsorted(self.people, wanted), max(len(self.people) - 1, 0))
        known = np.sort(at[self.people[at] == wanted]) if len(self.people) else at[:0]
        return float(np.isin(self.other[ranges(self.first, known)], known).sum() / pairs)


def excess_pairs(cases: Cases, *, null: str | None = None, max_people: int = _MOST_PEOPLE) -> pd.DataFrame:
    """Find the pairs of people who are on the same cases more often than chance puts them there.

    It is evidence for a group, never a condition: where everybody works on everything, nobody does so in excess. Who
    passes work on to whom is told by `commfinder.delivery.handover_of_work`.

    Parameters
    ----------
    cases : Cases
        The cases; those of one person, and of more than `max_people`, are left out.
    null : {"hypergeometric", "bicm"}, optional
        What chance keeps: each person's number of cases, or that and the size of each case. None takes the first, and
        the second where sizes differ by a factor of more than ten.
    max_people : int, default 30
        Most people of a case that counts.

    Returns
    -------
    pandas.DataFrame
        One row per pair that shares a case: person_a, person_b, together (cases), expected, p, q, null; by p, then
        names. Pairs that share none count among those corrected for.

    Raises
    ------
    InputError
        If the null is unknown or `max_people` is below 2.

    Notes
    -----
    Of N cases, a is on K_a and b on K_b; the hypergeometric p is the probability that two draws of so many have so many
    in common [1]_. In the bipartite configuration model a is on case c with probability x_a y_c / (1 + x_a y_c); the
    cases in common are a sum of many rare events, and taken to follow a Poisson distribution, which errs on the side of
    caution [2]_. q-values are those of Benjamini and Hochberg over all pairs of people who are on any case.

    References
    ----------
    .. [1] Tumminello, Miccichè, Lillo, Piilo, Mantegna (2011), Statistically validated networks in bipartite complex
       systems. doi:10.1371/journal.pone.0017994
    .. [2] Saracco, Straka, Di Clemente, Gabrielli, Caldarelli, Squartini (2017), Inferring monopartite projections of
       bipartite networks: an entropy-based approach. doi:10.1088/1367-2630/aa6b38

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(40), 2), "person": ["ada", "ben"] * 10 + ["cleo", "dan", "eve", "fay"] * 15}
    >>> found = excess_pairs(Cases.of(log | {"time": np.arange(80)}))
    >>> found[["person_a", "person_b", "together", "expected"]].head(1).values.tolist()
    [['cleo', 'dan', 15, 5.625]]
    """
    shared = _Shared.of(cases, null, max_people)
    expected, p = shared.by_chance(np.arange(len(shared.count)))
    q = q_of(p, shared.looked_at)
    return _frame(shared.people, np.c_[shared.a, shared.b], shared.count, expected, p, q, shared.null)


@dataclass(frozen=True, eq=False)
class _Shared:
    """How many cases pairs of people share: the pairs that share any, as places in `people`, and their null."""

    people: npt.NDArray[np.object_]
    a: IntArray
    b: IntArray
    count: IntArray
    degree: IntArray
    size: IntArray
    null: str

    @classmethod
    def of(cls, cases: Cases, null: str | None, max_people: int) -> _Shared:
        """Count the cases of two people or more, and not of more than `max_people`."""
        if null is not None:
            _validate.choice(null, NULLS, what="null")
        max_people = _validate.count(max_people, what="max_people", low=2)
        case, person = cases.persons_of
        size = np.bincount(case, minlength=len(cases))
        fit = (size >= 2) & (size <= max_people)
        keep = fit[case]
        # Numbers without gaps: those of cases and people that are left out go.
        case, person = (np.cumsum(fit) - 1)[case[keep]], person[keep]
        there = np.bincount(person, minlength=len(cases.people)) > 0
        person, size = (np.cumsum(there) - 1)[person], size[fit]
        degree, n = np.bincount(person), int(there.sum())
        varies = n > 0 and size.max() > _VARY * size.min()
        chosen = null or (NULLS[1] if varies else NULLS[0])
        none = np.empty(0, dtype=np.int64)
        a, b, count = _common(case, person, len(size), n) if n else (none, none, none)
        return cls(cases.people[there], a, b, count, degree, size, chosen if n else NULLS[0])

    @property
    def looked_at(self) -> int:
        """All pairs, whether they share a case or not."""
        return len(self.people) * (len(self.people) - 1) // 2

    def by_chance(self, which: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return how many cases chance lets some of the pairs share, and how likely it is to give as many or more."""
        a, b, count = self.a[which], self.b[which], self.count[which]
        if not len(which):
            return np.empty(0), np.empty(0)
        if self.null == NULLS[0]:
            expected = np.asarray(self.degree[a] * self.degree[b] / len(self.size), dtype=np.float64)
            return expected, hypergeometric_tail(count, len(self.size), self.degree[a], self.degree[b])
        model = fit_bicm(self.degree, self.size)
        expected = np.asarray(model.together[model.person_class[a], model.person_class[b]], dtype=np.float64)
        return expected, np.asarray(special.gammainc(count, expected), dtype=np.float64)

    def in_doubt(self, q: float) -> IntArray:
        """Return the pairs that may be false discoveries at a rate of `q` or less; all others are not.

        Of m pairs that share a case, none is one whose p is above q m over all pairs. To share one case or more has at
        least the probability 1 - exp(-expected).
        """
        if self.null != NULLS[0] or q >= 1 or not len(self.count):
            return np.arange(len(self.count))
        expected = self.degree[self.a] * self.degree[self.b] / len(self.size)
        highest = q * len(self.count) / self.looked_at
        return np.flatnonzero((self.count > 1) | (-np.expm1(-expected) <= highest * (1 + _MARGIN)))


def fit_bicm(degree: npt.ArrayLike, size: npt.ArrayLike) -> Bicm:
    """Fit the bipartite configuration model to numbers of cases and sizes, by classes of equal ones.

    Parameters
    ----------
    degree : array-like of int, shape (n,)
        Cases of each person, not below 0.
    size : array-like of int, shape (m,)
        People of each case, not below 0.

    Returns
    -------
    Bicm

    Raises
    ------
    InputError
        If a number is below 0, or the sums differ.

    Notes
    -----
    The fixed point x_a = k_a / Σ_c y_c / (1 + x_a y_c) and the same for cases is iterated until every number is met to
    1e-8, or 20,000 times; `Bicm.residual` tells how near it came. Who is on every case, or on none, would have an
    infinite or zero x, and is set apart first, as are cases of everybody; again and again, as others become so.

    References
    ----------
    .. [1] Saracco, Straka, Di Clemente, Gabrielli, Caldarelli, Squartini (2017), Inferring monopartite projections of
       bipartite networks: an entropy-based approach. doi:10.1088/1367-2630/aa6b38

    Examples
    --------
    >>> fit_bicm([1, 1, 1, 1], [2, 2]).probability.round(6).tolist()
    [[0.5]]
    """
    k, s = np.asarray(degree, dtype=np.int64), np.asarray(size, dtype=np.int64)
    if min(k.min(initial=0), s.min(initial=0)) < 0 or k.sum() != s.sum():
        raise InputError(
            f"Numbers of cases add up to {k.sum()}, sizes of cases to {s.sum()}.",
            need="Both count the same people on the same cases, and none is below 0.",
        )
    degrees, person_class, people = np.unique(k, return_inverse=True, return_counts=True)
    sizes, case_class, many = np.unique(s, return_inverse=True, return_counts=True)
    probability = np.zeros((len(degrees), len(sizes)))
    rows, columns, left_k, left_s = _peeled(degrees, sizes, people, many, probability)
    if rows.any() and columns.any():
        inner = _iterated(left_k[rows], left_s[columns], people[rows], many[columns])
        probability[np.ix_(rows, columns)] = inner
    off = [np.abs(probability @ many - degrees) / np.maximum(degrees, 1)]
    off.append(np.abs(people @ probability - sizes) / np.maximum(sizes, 1))
    residual = float(max(part.max(initial=0.0) for part in off))
    return Bicm(probability, person_class.reshape(-1), case_class.reshape(-1), many.astype(np.int64), residual)


def _common(case: IntArray, person: IntArray, m: int, n: int) -> tuple[IntArray, IntArray, IntArray]:
    """Count the cases that pairs of people share, a before b."""
    on = sparse.csr_matrix((np.ones(len(case), dtype=np.int64), (case, person)), shape=(m, n))
    shared = sparse.coo_array(sparse.triu(on.T @ on, k=1))
    order = np.lexsort((shared.col, shared.row))
    return shared.row[order].astype(np.int64), shared.col[order].astype(np.int64), shared.data[order]


def _peeled(
    degrees: IntArray, sizes: IntArray, people: IntArray, many: IntArray, probability: FloatArray
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], IntArray, IntArray]:
    """Set apart who is on every case or none, and cases of everybody or nobody; fill in their probabilities."""
    rows, columns = np.ones(len(degrees), dtype=bool), np.ones(len(sizes), dtype=bool)
    k, s = degrees.copy(), sizes.copy()
    while True:
        every, nobody = rows & (k == many[columns].sum()), rows & (k == 0)
        if every.any() or nobody.any():
            probability[np.ix_(every, columns)] = 1.0
            s[columns] -= people[every].sum()
            rows &= ~every & ~nobody
            continue
        full, empty = columns & (s == people[rows].sum()), columns & (s == 0)
        if not full.any() and not empty.any():
            return rows, columns, k, s
        probability[np.ix_(rows, full)] = 1.0
        k[rows] -= many[full].sum()
        columns &= ~full & ~empty


def _iterated(k: IntArray, s: IntArray, people: IntArray, many: IntArray) -> FloatArray:
    """Return the probabilities at the fixed point, for classes of which none is full or empty."""
    total = float(k @ people)
    x, y = k / np.sqrt(total), s / np.sqrt(total)
    for step in range(_STEPS):
        x = k / ((y / (1 + np.outer(x, y))) @ many)
        y = s / (people @ (x[:, None] / (1 + np.outer(x, y))))
        if step % _CHECKED == 0:
            found = np.outer(x, y) / (1 + np.outer(x, y))
            if float((np.abs(found @ many - k) / k).max()) < _TOLERANCE:
                break
    product = np.outer(x, y)
    return np.asarray(product / (1 + product))


def _frame(
    names: npt.NDArray[np.object_],
    pairs: IntArray,
    together: npt.ArrayLike,
    expected: FloatArray,
    p: FloatArray,
    q: FloatArray,
    null: str,
) -> pd.DataFrame:
    """Put pairs into a frame, the least likely first."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0], p))
    return pd.DataFrame(
        {
            "person_a": pd.array(names[pairs[order, 0]], dtype=_NAMES),
            "person_b": pd.array(names[pairs[order, 1]], dtype=_NAMES),
            "together": np.asarray(together, dtype=np.int64)[order],
            "expected": expected[order],
            "p": p[order],
            "q": q[order],
            "null": pd.array([null] * len(order), dtype=_NAMES),
        }
    )
