"""Draw graphs with planted communities that overlap, in the manner of the LFR benchmark (code of our own).

People have degrees from a power law, communities sizes from another. Some people are in several communities; the ties
they have inside are spread over them evenly. A share `mu` of everybody's ties goes to people with whom they share no
community. Ties are drawn by pairing stubs at random within each community and over the whole graph; pairs that are
not allowed (loops, repeats, an outside tie between people of one community) are drawn again, together with some that
are, until all fit; the few that never fit are left out.

Lancichinetti, Fortunato (2009), Benchmarks for testing community detection algorithms on directed and weighted graphs
with overlapping communities. doi:10.1103/PhysRevE.80.016118
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Planted", "planted_cover"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_ROUNDS = 200


class Planted(NamedTuple):
    """A graph and the communities planted in it.

    Parameters
    ----------
    n : int
        Number of people, from 0 to n - 1.
    a, b : ndarray of int64, shape (m,)
        Ends of the ties, a < b, sorted, each pair once.
    weight : ndarray of float64, shape (m,)
        Weights above zero; all 1 unless a spread or a contrast was asked for.
    cover : list of ndarray of int64
        Members of each community, sorted. Who is in the unclustered part is in none.
    unclustered : ndarray of int64
        Who is in the unclustered part, sorted.
    """

    n: int
    a: IntArray
    b: IntArray
    weight: FloatArray
    cover: list[IntArray]
    unclustered: IntArray

    @property
    def memberships(self) -> IntArray:
        """Number of communities that each person is in."""
        return np.bincount(np.concatenate([np.empty(0, np.int64), *self.cover]), minlength=self.n)


def planted_cover(
    n: int = 1500,
    *,
    mu: float,
    overlapping: float = 0.0,
    memberships: int = 2,
    mean_degree: float = 12.0,
    max_degree: int = 50,
    exponent: float = 2.0,
    sizes: tuple[int, int] = (10, 60),
    chimera: float = 0.0,
    spread: float = 0.0,
    contrast: float = 1.0,
    seed: int = 0,
) -> Planted:
    """Draw a graph with planted communities.

    Parameters
    ----------
    n : int, default 1500
        Number of people.
    mu : float
        Share of a person's ties that goes outside their communities, 0 to 1.
    overlapping : float, default 0.0
        Share of the clustered people who are in several communities.
    memberships : int, default 2
        In how many communities they are.
    mean_degree : float, default 12.0
        Mean number of ties of a person.
    max_degree : int, default 50
        Largest number of ties of a person.
    exponent : float, default 2.0
        Exponent of the power law that degrees follow, above 1: at 2 many people have few ties, at 3 fewer have.
    sizes : tuple of (int, int), default (10, 60)
        Smallest and largest community; sizes follow a power law of exponent 1 between them.
    chimera : float, default 0.0
        Share of people in an unclustered part: degrees as everybody's, all ties at random.
    spread : float, default 0.0
        Coefficient of variation of the (gamma-distributed) weights; 0 for weights that do not vary.
    contrast : float, default 1.0
        Mean weight of a tie inside over that of one outside.
    seed : int, default 0
        Seed; equal seeds give equal graphs.

    Returns
    -------
    Planted
    """
    rng = np.random.default_rng(seed)
    degree = _degrees(n, mean_degree, max_degree, exponent, rng)
    order = rng.permutation(n)
    loose = round(chimera * n)
    unclustered, clustered = np.sort(order[:loose]), order[loose:]
    number = np.zeros(n, dtype=np.int64)
    number[clustered] = 1
    number[clustered[: round(overlapping * len(clustered))]] = memberships
    inside = np.where(number > 0, _rounded((1 - mu) * degree, rng), 0)
    person = np.repeat(np.arange(n), number)
    stubs = _spread(inside, number, rng)
    size = _sizes(len(person), *sizes, rng)
    # Nobody can have more ties in a community than there are others in the largest one.
    stubs = np.minimum(stubs, size.max() - 1) if len(size) else stubs
    community = _assigned(person, stubs, size, rng)
    belongs = np.full((n, max(memberships, 1)), -1, dtype=np.int64)
    first = np.cumsum(number) - number
    belongs[person, np.arange(len(person)) - first[person]] = community
    within = _paired(np.repeat(person, stubs), np.repeat(community, stubs), np.empty(0, np.int64), n, None, rng)
    free = degree - np.bincount(person, stubs, n).astype(np.int64)
    pool = np.repeat(np.arange(n), free)
    across = _paired(pool, np.zeros(len(pool), np.int64), np.sort(within), n, belongs, rng)
    keys = np.concatenate([within, across])
    weight = _weights(len(within), len(across), spread, contrast, rng)
    sort = np.argsort(keys)
    by_community = np.argsort(community, kind="stable")
    cuts = np.cumsum(np.bincount(community, minlength=len(size)))[:-1]
    cover = [np.unique(members) for members in np.split(person[by_community], cuts)] if len(size) else []
    return Planted(n, keys[sort] // n, keys[sort] % n, weight[sort], cover, unclustered)


def _degrees(n: int, mean: float, most: int, exponent: float, rng: np.random.Generator) -> IntArray:
    """Draw degrees from a power law whose lower end is set by the mean."""
    low, high = 1e-9, float(most)
    for _ in range(200):
        least = (low + high) / 2
        if _integral(1 - exponent, least, most) / _integral(-exponent, least, most) < mean:
            low = least
        else:
            high = least
    power = 1 - exponent
    drawn = (least**power + rng.random(n) * (most**power - least**power)) ** (1 / power)
    return np.clip(_rounded(drawn, rng), 1, min(most, max(n - 1, 0)))


def _integral(power: float, low: float, high: float) -> float:
    """Integrate x**power from low to high."""
    return float(np.log(high / low) if power == -1 else (high ** (power + 1) - low ** (power + 1)) / (power + 1))


def _sizes(total: int, low: int, high: int, rng: np.random.Generator) -> IntArray:
    """Draw sizes from a power law of exponent 1 until everybody has a place."""
    if total == 0:
        return np.empty(0, dtype=np.int64)
    drawn = low * (high / low) ** rng.random(total // low + 1)
    size = np.rint(drawn).astype(np.int64)
    size = size[: int(np.searchsorted(np.cumsum(size), total)) + 1]
    # The last one gets who is left over; too few to be a community, they go to the others, one each.
    size[-1] -= size.sum() - total
    if size[-1] < low and len(size) > 1:
        left, size = int(size[-1]), size[:-1]
        room = np.flatnonzero(size < high)
        room = room if len(room) else np.arange(len(size))
        np.add.at(size, room[np.arange(left) % len(room)], 1)
    return size


def _rounded(values: FloatArray, rng: np.random.Generator) -> IntArray:
    """Round up or down at random, so that means stay."""
    whole = np.floor(values)
    return (whole + (rng.random(len(values)) < values - whole)).astype(np.int64)


def _spread(inside: IntArray, number: IntArray, rng: np.random.Generator) -> IntArray:
    """Spread the inside degree of each person evenly over their memberships; who gets the odd one is drawn."""
    person = np.repeat(np.arange(len(number)), number)
    first = np.cumsum(number) - number
    place = np.lexsort((rng.random(len(person)), person))
    rank = np.empty(len(person), dtype=np.int64)
    rank[place] = np.arange(len(person)) - first[person]
    many = np.maximum(number[person], 1)
    return inside[person] // many + (rank < inside[person] % many)


def _assigned(person: IntArray, stubs: IntArray, size: IntArray, rng: np.random.Generator) -> IntArray:
    """Give each membership a community: nobody twice the same, and large enough for the ties they are to have in it."""
    if not len(person):
        return np.empty(0, dtype=np.int64)
    place = rng.permutation(np.repeat(np.arange(len(size)), size))
    for _ in range(_ROUNDS):
        bad = np.flatnonzero(_misplaced(person, stubs, place, size))
        if not len(bad):
            break
        # Those who do not fit change places with others at random; who still do not fit try again.
        other = rng.permutation(len(place))[: len(bad)]
        fair = ~np.isin(other, bad)
        one, other = bad[fair], other[fair]
        fits = (stubs[one] < size[place[other]]) & (stubs[other] < size[place[one]])
        one, other = one[fits], other[fits]
        place[one], place[other] = place[other], place[one]
    return place


def _misplaced(person: IntArray, stubs: IntArray, place: IntArray, size: IntArray) -> npt.NDArray[np.bool_]:
    """Tell which memberships are a repeat, or ask for more ties than their community has others."""
    key = person * len(size) + place
    order = np.argsort(key, kind="stable")
    repeat = np.zeros(len(key), dtype=bool)
    repeat[order[1:]] = key[order[1:]] == key[order[:-1]]
    return repeat | (stubs >= size[place])


def _paired(
    stub: IntArray, group: IntArray, taken: IntArray, n: int, belongs: IntArray | None, rng: np.random.Generator
) -> IntArray:
    """Pair stubs within groups at random into ties that are allowed; return their keys, a * n + b with a < b.

    `taken` are ties there are already. With `belongs`, a tie between people of one community is not allowed.
    """
    order = np.lexsort((rng.random(len(stub)), group))
    stub, group = stub[order], group[order]
    start = np.r_[True, group[1:] != group[:-1]][: len(group)]
    rank = np.arange(len(group)) - np.maximum.accumulate(np.where(start, np.arange(len(group)), 0))
    left = np.flatnonzero((rank % 2 == 0)[:-1] & ~start[1:])
    one, other, of = stub[left], stub[left + 1], group[left]
    good = _allowed(one, other, taken, n, belongs)
    for _ in range(_ROUNDS):
        bad = np.flatnonzero(~good)
        if not len(bad):
            break
        # A pair that is not allowed and a pair of the same group, drawn at random, change partners.
        first, past = np.searchsorted(of, of[bad]), np.searchsorted(of, of[bad], side="right")
        mate = first + (rng.random(len(bad)) * (past - first)).astype(np.int64)
        flip = rng.random(len(bad)) < 0.5
        a, c = one[mate], other[mate]
        a, c = np.where(flip, c, a), np.where(flip, a, c)
        new_one, new_other = np.r_[one[bad], other[bad]], np.r_[a, c]
        held = np.sort(np.r_[taken, _key(one, other, n)[good]])
        fine = _allowed(new_one, new_other, held, n, belongs)
        # One change at a time: nobody's mate may be another's, or be one that is not allowed itself.
        fine = fine[: len(bad)] & fine[len(bad) :] & good[mate] & (np.bincount(mate, minlength=len(of))[mate] == 1)
        bad, mate, a, c = bad[fine], mate[fine], a[fine], c[fine]
        left_behind = other[bad]
        other[bad] = a
        one[mate], other[mate] = left_behind, c
        good[bad] = True
    return _key(one, other, n)[good]


def _key(one: IntArray, other: IntArray, n: int) -> IntArray:
    """Number pairs of people, whichever way round."""
    return np.minimum(one, other) * n + np.maximum(one, other)


def _allowed(one: IntArray, other: IntArray, held: IntArray, n: int, belongs: IntArray | None) -> npt.NDArray[np.bool_]:
    """Tell which pairs may be ties: no loop, not among sorted keys, the first of its kind, of no common community."""
    key = _key(one, other, n)
    good = one != other
    if len(held):
        good &= held[np.minimum(np.searchsorted(held, key), len(held) - 1)] != key
    first = np.zeros(len(key), dtype=bool)
    first[np.unique(key, return_index=True)[1]] = True
    good &= first
    if belongs is not None:
        mine, theirs = belongs[one], belongs[other]
        for column in range(belongs.shape[1]):
            good &= ~((theirs == mine[:, [column]]) & (theirs >= 0)).any(axis=1)
    return good


def _weights(inside: int, outside: int, spread: float, contrast: float, rng: np.random.Generator) -> FloatArray:
    """Draw weights: gamma-distributed with the coefficient of variation asked for, larger inside."""
    mean = np.r_[np.full(inside, contrast), np.ones(outside)]
    if spread <= 0:
        return mean
    # A weight of exactly zero, which a narrow gamma distribution can round to, would be no tie.
    return mean * np.maximum(rng.gamma(1 / spread**2, spread**2, len(mean)), 1e-6)
