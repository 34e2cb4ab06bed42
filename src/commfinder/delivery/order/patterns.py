"""Which sequences of roles come again and again: the usual path, its variants, and patterns beyond chance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.lines import Lines, q_of
from commfinder.delivery.order.paths import KINDS, Path, Variant, lines_of, names_of, usual_path, variants

__all__ = ["KINDS", "Path", "Pattern", "Variant", "role_patterns", "usual_path", "variants"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int16]

_MOST_NAMES = 16


@dataclass(frozen=True)
class Pattern:
    """Roles that come one after the other, others between them or not.

    Parameters
    ----------
    roles : tuple of str
        The roles in order, each once.
    support : float
        Share of all cases that follow it, 0 to 1.
    cases : int
        How many follow it.
    possible : int
        How many have all of its roles, in whatever order.
    lift : float
        Cases that follow it over those that would if the roles of a case came in any order, ``possible`` / m! for m
        roles; 1 is chance and m! the most there can be.
    p : float
        Probability of so many or more if the roles of a case came in any order.
    q : float
        The same corrected for everything that was looked at (Benjamini-Hochberg).
    """

    roles: tuple[str, ...]
    support: float
    cases: int
    possible: int
    lift: float
    p: float
    q: float


def role_patterns(
    cases: Cases,
    *,
    by: str = "role",
    max_length: int = 5,
    min_support: float = 0.05,
    without_first: bool = False,
    most: int = 50,
) -> tuple[Pattern, ...]:
    """Find the sequences of roles that cases follow more often than chance gives, closed ones alone.

    Prefer `variants` for whole sequences, and `usual_path` for one order of all roles.

    Parameters
    ----------
    cases : Cases
        The cases.
    by : {"role", "unit", "activity", "person"}, default "role"
        What sequences are made of: the 16 that most cases have.
    max_length : int, default 5
        Most roles of a pattern, at least 2 and at most 8.
    min_support : float, default 0.05
        Least share of all cases that follow it.
    without_first : bool, default False
        Leave out the role that opens each case, as the evidence of order does.
    most : int, default 50
        Most patterns that are returned.

    Returns
    -------
    tuple of Pattern
        By lift, then support, then roles.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Each role counts once per case, at its first act. A pattern is closed if no longer one (up to `max_length`) has the
    same cases. If all roles of a case come in any order, as in the shuffles of `order_predictability`, a pattern of m
    roles is followed by one in m! of the cases that have them: so the null is worked out, not drawn. What is corrected
    for is every order of every set of roles that enough cases have, whether it was found or not.

    References
    ----------
    .. [1] Benjamini, Hochberg (1995), Controlling the false discovery rate. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(20), 3), "role": ["intake", "review", "pay"] * 20, "time": np.arange(60)}
    >>> cases = Cases.of(log | {"person": log["role"]})
    >>> [(one.roles, one.support, one.lift) for one in role_patterns(cases)]
    [(('intake', 'review', 'pay'), 1.0, 6.0)]
    """
    names = names_of(cases, by)
    max_length = _validate.count(max_length, what="max_length", low=2, high=8)
    min_support = _validate.fraction(min_support, what="min_support")
    most = _validate.count(most, what="most")
    lines = lines_of(cases, by)
    total = lines.n_cases
    lines = lines.later(1) if without_first else lines
    if not lines.n_cases:
        return ()
    place, weight, kept = _places(lines)
    least = max(min_support * total, 2.0)
    found = [
        (pattern, cases_of, _possible(place, weight, pattern))
        for pattern, cases_of in _closed(place, weight, least, max_length)
    ]
    if not found:
        return ()
    looked_at = _looked_at(place > 0, weight, least, max_length)
    factorial = np.array([math.factorial(len(pattern)) for pattern, _, _ in found])
    follow = np.array([cases_of for _, cases_of, _ in found])
    possible = np.array([many for _, _, many in found])
    p = special.betainc(follow, possible - follow + 1, 1 / factorial)
    q = q_of(p, looked_at)
    lift = follow * factorial / possible
    patterns = [
        Pattern(
            tuple(str(names[lines.codes[kept[one]]]) for one in pattern),
            float(follow[number] / total),
            int(follow[number]),
            int(possible[number]),
            float(lift[number]),
            float(p[number]),
            float(q[number]),
        )
        for number, (pattern, _, _) in enumerate(found)
    ]
    return tuple(sorted(patterns, key=lambda one: (-round(one.lift, 9), -one.cases, one.roles))[:most])


def _places(lines: Lines) -> tuple[Rows, FloatArray, IntArray]:
    """Return the places of the commonest roles, 0 for absent, a row for each distinct order; its cases; the roles."""
    case, actor, rank = lines.case, lines.actor, lines.rank
    seen = np.bincount(actor, minlength=lines.n_actors)
    kept = np.lexsort((np.arange(len(seen)), -seen))[:_MOST_NAMES]
    kept = np.sort(kept[seen[kept] > 0])
    column = np.full(lines.n_actors, -1, dtype=np.int64)
    column[kept] = np.arange(len(kept))
    held = column[actor] >= 0
    place = np.zeros((lines.n_cases, len(kept)), dtype=np.int16)
    place[case[held], column[actor[held]]] = rank[held] + 1
    # Only the order counts, so that cases with other roles between are of one kind.
    dense = np.zeros_like(place)
    for one in range(len(kept)):
        earlier = (place > 0) & (place < place[:, [one]])
        dense[:, one] = np.where(place[:, one] > 0, earlier.sum(axis=1) + 1, 0)
    rows, count = np.unique(dense, axis=0, return_counts=True)
    return rows, count.astype(np.float64), kept


def _closed(place: Rows, weight: FloatArray, least: float, longest: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Grow patterns role by role; give those that no longer one can stand for, with their number of cases."""
    everything = np.arange(len(place))
    waiting: list[tuple[tuple[int, ...], IntArray]] = [((), everything)]
    while waiting:
        pattern, rows = waiting.pop()
        here = place[rows]
        last = here[:, pattern[-1]] if pattern else np.zeros(len(rows), dtype=np.int16)
        later = here > last[:, None]
        support = weight[rows] @ later
        if len(pattern) < longest:
            waiting += [((*pattern, one), rows[later[:, one]]) for one in np.flatnonzero(support >= least).tolist()]
        if len(pattern) > 1 and (len(pattern) == longest or not _extends(here, pattern)):
            yield pattern, int(weight[rows].sum())


def _extends(here: Rows, pattern: tuple[int, ...]) -> bool:
    """Tell whether some role stands at one place of a pattern in all of its cases."""
    ends = [np.zeros(len(here), dtype=np.int16), *(here[:, one] for one in pattern)]
    bounds = [*ends[1:], np.full(len(here), np.iinfo(np.int16).max)]
    return any(
        bool(((here > low[:, None]) & (here < high[:, None])).all(axis=0).any())
        for low, high in zip(ends, bounds, strict=True)
    )


def _possible(place: Rows, weight: FloatArray, pattern: tuple[int, ...]) -> int:
    """Count the cases that have all roles of a pattern."""
    return int(weight[(place[:, list(pattern)] > 0).all(axis=1)].sum())


def _looked_at(present: npt.NDArray[np.bool_], weight: FloatArray, least: float, longest: int) -> int:
    """Count every order of every set of roles that enough cases have."""
    rows, inverse = np.unique(present, axis=0, return_inverse=True)
    count = np.bincount(inverse.reshape(-1), weight)
    total = 0
    waiting: list[tuple[tuple[int, ...], IntArray]] = [((), np.arange(len(rows)))]
    while waiting:
        roles, held = waiting.pop()
        if len(roles) > 1:
            total += math.factorial(len(roles))
        if len(roles) == longest:
            continue
        enough = np.flatnonzero(count[held] @ rows[held] >= least)
        waiting += [((*roles, one), held[rows[held, one]]) for one in enough.tolist() if not roles or one > roles[-1]]
    return total
