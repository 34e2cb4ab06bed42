"""How far position in a case differs between actors, and how one-sided pairs are: order described, not predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.delivery.order.lines import MOST_ACTORS, MOST_CASES, Lines, line_up, p_of

__all__ = ["OrderEffect", "eta_squared", "pair_asymmetry"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OrderEffect:
    """A measure of order beside its value in shuffled cases.

    Parameters
    ----------
    value : float
        (raw - null_mean) / (1 - null_mean): 0 is chance, 1 perfect order; nan where nothing can be measured.
    raw, null_mean : float
        The measure itself, 0 to 1, and its mean over shuffles within cases.
    p : float
        Share of shuffles that reach the raw value, counting the observed order.
    counted : int
        How many actors, or pairs of actors, had enough cases to count.
    """

    value: float
    raw: float
    null_mean: float
    p: float
    counted: int


def eta_squared(
    case: npt.ArrayLike,
    actor: npt.ArrayLike,
    when: npt.ArrayLike,
    *,
    min_cases: int = 5,
    shuffles: int = 199,
    max_actors: int = MOST_ACTORS,
    seed: int = 0,
) -> OrderEffect:
    """Measure how much of the differences in position is between actors, beyond what shuffled cases show.

    It separates whole processes from talk, but not groups found among persons, who tend to have one role each:
    prefer `order_predictability`.

    Parameters
    ----------
    case, actor, when : array-like, shape (n,)
        As in `order_predictability`. Who opens a case counts too.
    min_cases : int, default 5
        Fewest cases of an actor that counts.
    shuffles, max_actors, seed : int
        As in `order_predictability`.

    Returns
    -------
    OrderEffect
        Of η² = 1 - SS within actors / SS total of relative positions; `counted` are actors.

    Raises
    ------
    InputError
        If arrays differ in length or an option is out of range.

    Examples
    --------
    >>> found = eta_squared(np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20), np.arange(60))
    >>> found.raw, found.value, found.counted
    (1.0, 1.0, 3)
    """
    lines, rng, shuffles = _checked(case, actor, when, max_actors, shuffles, [seed, 12])
    seen = np.bincount(lines.actor, minlength=lines.n_actors)
    enough = seen >= _validate.count(min_cases, what="min_cases")

    def share(who: IntArray) -> float:
        keep = enough[who]
        x, who = lines.x[keep], who[keep]
        total = float(((x - x.mean()) ** 2).sum())
        mean = np.bincount(who, x, lines.n_actors) / np.maximum(np.bincount(who, minlength=lines.n_actors), 1)
        return 1 - float(((x - mean[who]) ** 2).sum()) / total if total > 0 else math.nan

    if enough.sum() < 2:
        return OrderEffect(math.nan, math.nan, math.nan, math.nan, int(enough.sum()))
    return _effect(share(lines.actor), [share(who) for who in lines.shuffles(shuffles, rng)], int(enough.sum()))


def pair_asymmetry(
    case: npt.ArrayLike,
    actor: npt.ArrayLike,
    when: npt.ArrayLike,
    *,
    min_cases: int = 5,
    shuffles: int = 199,
    max_actors: int = MOST_ACTORS,
    seed: int = 0,
) -> OrderEffect:
    """Measure how one-sided the order of pairs is: Σ|n_ab - n_ba| / Σ(n_ab + n_ba), n_ab cases in which a is before b.

    It predicts nothing, and few cases make it large by chance, which its null shows: prefer `order_predictability`.

    Parameters
    ----------
    case, actor, when : array-like, shape (n,)
        As in `order_predictability`. Who opens a case counts too.
    min_cases : int, default 5
        Fewest cases of a pair that counts.
    shuffles, max_actors, seed : int
        As in `order_predictability`.

    Returns
    -------
    OrderEffect
        `counted` are pairs.

    Raises
    ------
    InputError
        If arrays differ in length or an option is out of range.

    Examples
    --------
    >>> found = pair_asymmetry(np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20), np.arange(60))
    >>> found.raw, found.counted
    (1.0, 3)
    """
    lines, rng, shuffles = _checked(case, actor, when, max_actors, shuffles, [seed, 13])
    min_cases = _validate.count(min_cases, what="min_cases")
    left, right = lines.pairs()

    def codes(who: IntArray) -> tuple[IntArray, FloatArray]:
        one, other = who[left], who[right]
        return np.minimum(one, other) * lines.n_actors + np.maximum(one, other), np.where(one < other, 1.0, -1.0)

    known, counts = np.unique(codes(lines.actor)[0], return_counts=True)
    known = known[counts >= min_cases]

    def share(who: IntArray) -> float:
        code, sign = codes(who)
        place = np.minimum(np.searchsorted(known, code), len(known) - 1)
        here = known[place] == code
        gap = np.bincount(place[here], sign[here], len(known))
        return float(np.abs(gap).sum()) / max(int(here.sum()), 1)

    if not len(known):
        return OrderEffect(math.nan, math.nan, math.nan, math.nan, 0)
    return _effect(share(lines.actor), [share(who) for who in lines.shuffles(shuffles, rng)], len(known))


def _checked(
    case: npt.ArrayLike, actor: npt.ArrayLike, when: npt.ArrayLike, max_actors: int, shuffles: int, entropy: list[int]
) -> tuple[Lines, np.random.Generator, int]:
    """Check what the secondary measures are given."""
    shuffles = _validate.count(shuffles, what="shuffles", low=0)
    rng = np.random.default_rng([_validate.seed(entropy[0]), *entropy[1:]])
    lines = line_up(case, actor, when, max_actors=max_actors)
    if lines.n_cases > MOST_CASES:
        lines = lines.some(np.sort(rng.permutation(lines.n_cases)[:MOST_CASES]))
    return lines, rng, shuffles


def _effect(raw: float, null: list[float], counted: int) -> OrderEffect:
    """Set a measure beside its value in shuffled cases."""
    if not null or math.isnan(raw):
        return OrderEffect(math.nan, raw, math.nan, math.nan, counted)
    mean = float(np.mean(null))
    value = (raw - mean) / (1 - mean) if mean < 1 else math.nan
    return OrderEffect(value, raw, mean, p_of(null, raw), counted)
