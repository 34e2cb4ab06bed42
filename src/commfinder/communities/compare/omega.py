"""Agreement on pairs of people, in communities that may overlap, beyond chance."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.compare.kinds import Side, kinds_of, kinds_of_one
from commfinder.communities.compare.pair import Pair, pair_of

__all__ = ["omega_index", "omega_of"]

IntArray = npt.NDArray[np.int64]


def omega_index(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return the Omega index of two covers: the adjusted Rand index for communities that may overlap.

    A pair of people agrees if both sides put it together into equally many communities, none included. The share of
    pairs that agree is set against the share expected by chance. Large communities have most pairs, so they rule;
    `overlapping_nmi` gives each community more of a say, and `element_centric_similarity` each person.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is together with nobody there;
        ``"common"``, is left out.

    Returns
    -------
    float
        1 if all pairs agree, about 0 for independent covers, negative for less. nan if nobody is left.

    Raises
    ------
    InputError
        If labels without people meet labels of another length, or people with ids.

    Notes
    -----
    (A - E) / (1 - E), with A the share of pairs in equally many communities of both sides, and E the sum over j of
    the share of pairs that are together in j communities of the first times that of the second. Time grows
    with the pairs of kinds of people that share a community, where people in the same communities are of one kind;
    memory grows with the kinds alone.

    References
    ----------
    .. [1] Collins, Dent (1988), Omega: a general formulation of the Rand index of cluster recovery suitable for
       non-disjoint solutions. doi:10.1207/s15327906mbr2302_6

    Examples
    --------
    >>> omega_index([{1, 2, 3}, {3, 4, 5}], [{1, 2, 3}, {4, 5}])
    0.6153846153846154
    """
    return omega_of(pair_of(first, second, missing))


def omega_of(pair: Pair) -> float:
    """Return the Omega index of two aligned sides."""
    n = len(pair.people)
    if n < 2:
        return 1.0 if n else pair.nothing
    pairs = n * (n - 1) // 2
    # Whole numbers of any size: the index is exact, and the same whichever side comes first.
    left, right = ([int(many) for many in _levels(*kinds_of_one(side))] for side in (pair.first, pair.second))
    kinds = kinds_of(pair)
    equal, both = (int(many) for many in _agreed(kinds.first, kinds.second, kinds.people))
    agreed = equal + pairs - (sum(left) + sum(right) - both)
    left[0], right[0] = pairs - sum(left), pairs - sum(right)
    expected = sum(a * b for a, b in zip(left, right, strict=False))
    return 1.0 if expected == pairs**2 else (pairs * agreed - expected) / (pairs**2 - expected)


@numba.njit(cache=True, nogil=True)
def _levels(people: IntArray, side: Side) -> IntArray:
    """Count pairs of people by how many communities of one side they share; at place 0 is nothing."""
    n = len(people)
    level = np.zeros(np.max(np.diff(side.bounds)) + 1, np.int64)
    shared, met = np.zeros(n, np.int64), np.empty(n, np.int64)
    for kind in range(n):
        level[side.bounds[kind + 1] - side.bounds[kind]] += people[kind] * (people[kind] - 1) // 2
        for place in range(_meet(side, kind, shared, met)):
            other = met[place]
            level[shared[other]] += people[kind] * people[other]
            shared[other] = 0
    return level


@numba.njit(cache=True, nogil=True)
def _agreed(first: Side, second: Side, people: IntArray) -> tuple[int, int]:
    """Count pairs that share equally many communities on both sides, and those that share any on both."""
    n = len(people)
    equal, both = 0, 0
    shared, met = np.zeros(n, np.int64), np.empty(n, np.int64)
    for kind in range(n):
        pairs = people[kind] * (people[kind] - 1) // 2
        both += pairs
        if first.bounds[kind + 1] - first.bounds[kind] == second.bounds[kind + 1] - second.bounds[kind]:
            equal += pairs
        # Only those met on both sides matter: look from the side where fewer are met.
        near, far = (first, second) if _reach(first, kind) <= _reach(second, kind) else (second, first)
        for place in range(_meet(near, kind, shared, met)):
            other = met[place]
            there = _common(far, kind, other)
            if there > 0:
                both += people[kind] * people[other]
                if there == shared[other]:
                    equal += people[kind] * people[other]
            shared[other] = 0
    return equal, both


@numba.njit(cache=True, nogil=True)
def _meet(side: Side, kind: int, shared: IntArray, met: IntArray) -> int:
    """Count the communities that a kind shares with every later one, list those met, and return how many they are."""
    size = 0
    for place in range(side.bounds[kind], side.bounds[kind + 1]):
        community = side.communities[place]
        last = side.kind_bounds[community + 1] - 1
        while side.kinds[last] > kind:
            other = side.kinds[last]
            if shared[other] == 0:
                met[size] = other
                size += 1
            shared[other] += 1
            last -= 1
    return size


@numba.njit(cache=True, nogil=True)
def _reach(side: Side, kind: int) -> int:
    """Return how many kinds a kind meets, whoever it meets twice counted twice."""
    total = 0
    for place in range(side.bounds[kind], side.bounds[kind + 1]):
        community = side.communities[place]
        total += side.kind_bounds[community + 1] - side.kind_bounds[community]
    return total


@numba.njit(cache=True, nogil=True)
def _common(side: Side, kind: int, other: int) -> int:
    """Return how many communities two kinds share; those of a kind are sorted."""
    total = 0
    here, there = side.bounds[kind], side.bounds[other]
    while here < side.bounds[kind + 1] and there < side.bounds[other + 1]:
        a, b = side.communities[here], side.communities[there]
        total += a == b
        here += a <= b
        there += b <= a
    return total
