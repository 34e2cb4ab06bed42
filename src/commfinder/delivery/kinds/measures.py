"""What tells kinds of group apart, as plain measures of arrays: order, concentration, direction and rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "Firsts",
    "burstiness",
    "firsts",
    "in_order",
    "one_way",
    "order_spread",
    "path_information",
    "position_entropy",
    "same_twice",
    "set_keys",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_SHRINK = 3.0
_FEW_STEPS = 20
_MIX = np.uint64(0x9E3779B97F4A7C15)
_UNKNOWN = float("nan")


@dataclass(frozen=True, eq=False)
class Firsts:
    """Who (or what) takes part in each case, in the order in which they first act; each once.

    Parameters
    ----------
    case, actor : ndarray of int64, shape (n,)
        Sorted by case, then by first act.
    rank : ndarray of int64, shape (n,)
        Place in the case, 0 for the first.
    length : ndarray of int64, shape (n,)
        How many take part in the case.
    """

    case: IntArray
    actor: IntArray
    rank: IntArray
    length: IntArray

    @property
    def opening(self) -> npt.NDArray[np.bool_]:
        """Whether the entry is the first of its case."""
        return np.equal(self.rank, 0)

    @property
    def closing(self) -> npt.NDArray[np.bool_]:
        """Whether the entry is the last to join its case."""
        return np.equal(self.rank, self.length - 1)

    def take(self, which: npt.NDArray[np.bool_]) -> Firsts:
        """Keep whole cases, given by a mask over the entries."""
        return Firsts(self.case[which], self.actor[which], self.rank[which], self.length[which])


def firsts(case: npt.ArrayLike, actor: npt.ArrayLike) -> Firsts:
    """Return who takes part in each case, in the order of their first acts.

    Parameters
    ----------
    case, actor : array of int, shape (n,)
        Acts, by case and in order of time; an actor below 0 is not known and left out.

    Returns
    -------
    Firsts

    Examples
    --------
    >>> firsts([0, 0, 0, 1], [7, 5, 7, 5]).actor.tolist()
    [7, 5, 5]
    """
    cases, actors = np.asarray(case, dtype=np.int64), np.asarray(actor, dtype=np.int64)
    known = actors >= 0
    cases, actors = cases[known], actors[known]
    if not len(cases):
        none = np.empty(0, dtype=np.int64)
        return Firsts(none, none, none, none)
    key = cases * (int(actors.max()) + 1) + actors
    place = np.sort(np.unique(key, return_index=True)[1])
    cases, actors = cases[place], actors[place]
    new = np.flatnonzero(np.r_[True, cases[1:] != cases[:-1]])
    lengths = np.diff(np.r_[new, len(cases)])
    rank = np.arange(len(cases)) - np.repeat(new, lengths)
    return Firsts(cases, actors, rank, np.repeat(lengths, lengths))


def in_order(entries: Firsts) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Return how many pairs of each case come in the order seen in other cases; whoever opens a case is left out.

    Parameters
    ----------
    entries : Firsts
        Who takes part in the cases.

    Returns
    -------
    case : ndarray of int64, shape (c,)
        Cases with at least two actors after the first.
    right, pairs, later : ndarray of float64, shape (c,)
        Pairs in the order predicted (half of those that nothing is predicted of), all pairs, actors after the first.

    Notes
    -----
    Cases are dealt to two halves by turns. The mean relative position of an actor in one half, shrunk to the mean of
    all by three cases, predicts the order in the other.
    """
    long = entries.length >= 3
    case, actor, rank, length = (getattr(entries, name)[long] for name in ("case", "actor", "rank", "length"))
    none = np.empty(0)
    if not len(case):
        return np.empty(0, dtype=np.int64), none, none, none
    number = np.unique(case, return_inverse=True)[1].reshape(-1)
    half = number % 2
    known, who = np.unique(actor, return_inverse=True)
    who = who.reshape(-1)
    position = rank / (length - 1)
    ahead = np.empty((2, len(known)))
    for side in (0, 1):
        seen = half == side
        total = np.bincount(who[seen], position[seen], len(known))
        count = np.bincount(who[seen], minlength=len(known))
        ahead[side] = (total + _SHRINK * 0.5) / (count + _SHRINK)
    predicted = ahead[1 - half, who]
    first, second = _pairs(rank, length)
    gap = predicted[second] - predicted[first]
    right = np.where(gap > 1e-12, 1.0, np.where(gap < -1e-12, 0.0, 0.5))
    side = int(number.max()) + 1
    pairs = np.bincount(number[first], minlength=side).astype(np.float64)
    later = np.bincount(number, minlength=side).astype(np.float64) - 1
    return np.unique(case).astype(np.int64), np.bincount(number[first], right, side).astype(np.float64), pairs, later


def _pairs(rank: IntArray, length: IntArray) -> tuple[IntArray, IntArray]:
    """Return places of all pairs within cases of whom neither opens the case, the earlier first."""
    after = np.where(rank > 0, length - 1 - rank, 0)
    first = np.repeat(np.arange(len(rank)), after)
    start = np.cumsum(after) - after
    return first, first + 1 + np.arange(len(first)) - np.repeat(start, after)


def order_spread(right: FloatArray, pairs: FloatArray, later: FloatArray) -> float:
    """Return how much more cases differ in their order than chance makes them; 1 is chance, and a mixture has more.

    Parameters
    ----------
    right, pairs, later : ndarray of float64, shape (c,)
        As `in_order` returns them.

    Returns
    -------
    float
        nan below ten cases of three actors after the first: one pair is right or wrong, whatever is mixed.
    """
    enough = later >= 3
    if enough.sum() < 10:
        return _UNKNOWN
    right, pairs, later = right[enough], pairs[enough], later[enough]
    share = right.sum() / pairs.sum()
    # The pairs of one case depend on one another: this is the variance of Kendall's statistic for random orders.
    chance = later * (later - 1) * (2 * later + 5) / 72 * 4 * max(share * (1 - share), 0.05)
    return float(((right - pairs * share) ** 2).sum() / chance.sum())


def same_twice(counts: npt.ArrayLike) -> float:
    """Return the probability that two draws are of the same kind, estimated without bias: Σ n(n - 1) / N(N - 1).

    Examples
    --------
    >>> same_twice([2, 2]), same_twice([4, 0])
    (0.3333333333333333, 1.0)
    """
    n = np.asarray(counts, dtype=np.float64)
    total = float(n.sum())
    return float((n * (n - 1)).sum() / (total * (total - 1))) if total > 1 else _UNKNOWN


def path_information(giver: npt.ArrayLike, taker: npt.ArrayLike) -> float:
    """Return how far who hands on tells who takes over: mutual information over the smaller entropy, bias removed.

    Parameters
    ----------
    giver, taker : array of int, shape (n,)
        Roles of a handoff; below 0 is not known.

    Returns
    -------
    float
        0 where it tells nothing, 1 where it tells everything; nan below twenty handoffs or with one role.

    References
    ----------
    .. [1] Roulston (1999), Estimating the errors on measured entropy and mutual information.
       doi:10.1016/S0167-2789(98)00269-3
    """
    a, b = np.asarray(giver, dtype=np.int64), np.asarray(taker, dtype=np.int64)
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    if len(a) < _FEW_STEPS:
        return _UNKNOWN
    both = np.unique(a * (int(b.max()) + 1) + b, return_counts=True)[1]
    one, other = (np.unique(part, return_counts=True)[1] for part in (a, b))
    least = min(_entropy(one), _entropy(other))
    if least <= 0:
        return _UNKNOWN
    bias = (len(both) - len(one) - len(other) + 1) / (2 * len(a))
    return float(np.clip((_entropy(one) + _entropy(other) - _entropy(both) - bias) / least, 0.0, 1.0))


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    """Return the entropy of counts in nats."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def one_way(giver: npt.ArrayLike, taker: npt.ArrayLike) -> float:
    """Return how one-sided pairs hand on, without the imbalance that chance gives small numbers.

    Parameters
    ----------
    giver, taker : array of int, shape (n,)
        Ends of each handoff; below 0 is not known, and handoffs to oneself do not count.

    Returns
    -------
    float
        Mean over handoffs of the squared imbalance of their pair: 0 where pairs hand on both ways alike, 1 where all
        goes one way; nan where no pair has two handoffs.
    """
    a, b = np.asarray(giver, dtype=np.int64), np.asarray(taker, dtype=np.int64)
    known = (a >= 0) & (b >= 0) & (a != b)
    a, b = a[known], b[known]
    if not len(a):
        return _UNKNOWN
    low, high = np.minimum(a, b), np.maximum(a, b)
    pair = np.unique(low * (int(high.max()) + 1) + high, return_inverse=True)[1].reshape(-1)
    n = np.bincount(pair).astype(np.float64)
    gap = np.bincount(pair, np.where(a < b, 1.0, -1.0))
    twice = n >= 2
    if not twice.any():
        return _UNKNOWN
    n, gap = n[twice], gap[twice]
    # Under a fair coin the mean of gap² is n: what is left after it is taken away is the imbalance itself.
    return float(((gap**2 - n) / (n - 1)).sum() / n.sum())


def position_entropy(entries: Firsts) -> float:
    """Return how mixed the actors at each place of a case are: entropy within thirds over entropy of all.

    Parameters
    ----------
    entries : Firsts
        Roles that take part in the cases.

    Returns
    -------
    float
        1 where the place tells nothing of the role, 0 where it tells all; nan with one role or without cases of two.
    """
    long = entries.length >= 2
    if not long.any():
        return _UNKNOWN
    actor = entries.actor[long]
    third = np.minimum((3 * entries.rank[long]) // entries.length[long], 2)
    total = _entropy(np.unique(actor, return_counts=True)[1])
    if total <= 0:
        return _UNKNOWN
    within = 0.0
    for one in range(3):
        here = actor[third == one]
        within += len(here) * _entropy(np.unique(here, return_counts=True)[1]) if len(here) else 0.0
    return float(within / len(actor) / total)


def set_keys(entries: Firsts) -> npt.NDArray[np.uint64]:
    """Return one number for each case that two cases share if the same actors take part in them, in whatever order."""
    if not len(entries.case):
        return np.empty(0, dtype=np.uint64)
    mixed = (entries.actor.astype(np.uint64) + np.uint64(1)) * _MIX
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    start = np.flatnonzero(entries.opening)
    return np.add.reduceat(mixed, start)


def burstiness(times: npt.ArrayLike) -> float:
    """Return the burstiness of moments: -1 for a clock, 0 for chance, 1 for bursts.

    Parameters
    ----------
    times : array of int or float, shape (n,)
        Moments in any unit.

    Returns
    -------
    float
        (s - m) / (s + m) of the gaps between them; nan below five moments.

    References
    ----------
    .. [1] Goh, Barabási (2008), Burstiness and memory in complex systems. doi:10.1209/0295-5075/81/48002
    """
    gaps = np.diff(np.sort(np.asarray(times, dtype=np.float64)))
    if len(gaps) < 4 or gaps.sum() <= 0:
        return _UNKNOWN
    mean, spread = float(gaps.mean()), float(gaps.std())
    return (spread - mean) / (spread + mean)
