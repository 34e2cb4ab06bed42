"""Which weights and which zoom suit a network: those that foretell hidden ties best. No label is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.adjacency import mixed
from commfinder.communities.embeddedness import embeddedness
from commfinder.communities.resolution import Resolution, fixed_point
from commfinder.communities.search.foretell import foretold, strength_levels
from commfinder.communities.threads import together
from commfinder.communities.ties import Ties
from commfinder.communities.weights import DAMPINGS, steady, weights_by_damping
from commfinder.graph import InteractionGraph

__all__ = ["Candidate", "WeightChoice", "choose_among", "choose_weights", "dampings_tried"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
Search = Callable[[FloatArray, float, int], Labels]
Partitioner = Callable[[IntArray, IntArray, int], Search]

_FOLDS = 10
# Until which hidden set which share of the candidates stays in the race.
_RACE = ((3, 1.0), (5, 0.5), (10, 0.25))
_RACE_OF_SMALL = ((10, 1.0), (60, 0.5), (200, 0.25))
_MOST_ERRORS = 2.0
_RUNG, _LOW, _HIGH = 1.5, 1.0, 50.0
_FEWEST, _MOST = 30, 200_000


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way of weighing ties and a resolution.

    Parameters
    ----------
    damping : str
        What is done to counts of events.
    embedded : bool
        Whether weights are multiplied by embeddedness.
    resolution : float
        Resolution of modularity.
    weight : ndarray of float64, shape (m,)
        Its weights of the ties.
    share : float
        Share of an ensemble that is run with it, above 0 and at most 1.
    """

    damping: str
    embedded: bool
    resolution: float
    weight: FloatArray
    share: float


@dataclass(frozen=True, eq=False)
class WeightChoice:
    """Which weights and resolution were chosen, and by what.

    Parameters
    ----------
    damping : str
        Damping of the best candidate.
    embedded : bool
        Whether its weights are multiplied by embeddedness.
    resolution : float
        Its resolution.
    fixed_point : float
        The fixed point of the resolution for its weights.
    how : str
        ``"held-out ties"``; ``"fixed point"`` or ``"cycle"`` (see `Resolution`) where there are too few ties to hide
        any, or more than 200,000, and ``"no fixed point"`` where there is none either (1 is taken); or ``"given"``.
    settings : tuple of Candidate
        The candidates that could as well be the best, for an ensemble to run in their shares; the best comes first.
    candidates : pandas.DataFrame
        damping, embedded, resolution, fixed_point, score (log-likelihood per hidden tie over that of activity alone, in
        nats), folds (hidden sets seen: candidates that fall behind leave early) and share (of an ensemble; it falls
        with the distance to the best in standard errors, and is 0 beyond two). Best first.
    """

    damping: str
    embedded: bool
    resolution: float
    fixed_point: float
    how: str
    settings: tuple[Candidate, ...]
    candidates: pd.DataFrame


def choose_weights(
    graph: InteractionGraph, partitioner: Partitioner, *, effort: float = 1.0, seed: int = 0
) -> WeightChoice:
    """Choose weights and resolution for finding communities, without looking at any label.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    partitioner : callable
        Gives, for ends of ties and a number of people, the search for communities on them: labels from weights, a
        resolution and a seed.
    effort : float, default 1.0
        Share of the usual work that may be done: small graphs have more than ten hidden sets, large ones fewer.
    seed : int, default 0
        Seed; equal seeds give equal choices.

    Returns
    -------
    WeightChoice

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    A tenth of all ties is hidden, communities are found on the rest with every weighting, and the hidden ties are
    scored by a model in which weights have no part: a degree-corrected block model of which pairs are tied, and how
    often a tie inside or between communities is of which strength (see `foretold`). So all weightings compare. This is
    edge cross-validation; communities too fine or too coarse, and weights that follow a few busy pairs, foretell worse.
    Resolutions tried are rungs of a ladder from 1 to one above the fixed point: where structure is weak, the fixed
    point follows noise to communities that are too small, and hidden ties tell. Sets of hidden ties hang on structure
    alone, so a seed changes the searches and not what they are judged by.

    References
    ----------
    .. [1] Li, Levina, Zhu (2020), Network cross-validation by edge sampling. doi:10.1093/biomet/asaa006
    """
    damped = weights_by_damping(graph)
    raw = graph.tie_values("weight")
    return choose_among(*graph.pairs, len(graph.people), raw, damped, partitioner, effort=effort, seed=seed)


def choose_among(
    a: IntArray,
    b: IntArray,
    n: int,
    raw: FloatArray,
    damped: Mapping[str, FloatArray],
    partitioner: Partitioner,
    *,
    kinds: Sequence[bool] = (False, True),
    effort: float = 1.0,
    seed: int = 0,
) -> WeightChoice:
    """Choose among given dampings on tie arrays; prefer `choose_weights` for an `InteractionGraph`.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Ends of the ties, each pair once.
    n : int
        Number of people.
    raw : ndarray of float64, shape (m,)
        Weights of which the order alone counts: they tell strong ties from weak ones.
    damped : mapping of str to ndarray of float64, shape (m,)
        Weights for finding communities by name, above zero. The first is taken where there are too few ties to hide.
    partitioner : callable
        See `choose_weights`.
    kinds : sequence of bool
        Whether weights are multiplied by embeddedness; both are tried unless told otherwise.
    effort : float, default 1.0
        See `choose_weights`.
    seed : int, default 0
        Seed.

    Returns
    -------
    WeightChoice

    Raises
    ------
    InputError
        If an option is out of range.
    """
    effort = _validate.positive(effort, what="effort")
    seed = _validate.seed(seed)
    search = partitioner(a, b, n)
    if not _FEWEST <= len(a) <= _MOST * effort:
        return _fallback(a, b, n, damped, kinds[0], search, seed)
    pool = _candidates(a, b, n, damped, kinds, search, seed)
    table = _race(pool, _Hidden(a, b, n, raw, partitioner, seed), affordable_folds(len(a), effort))
    return _decided(pool, table, embeddedness(a, b, n=n))


def dampings_tried(ties: int, effort: float = 1.0) -> tuple[str, ...]:
    """Return the dampings that are held against one another in a graph of so many ties; the first is always there."""
    return DAMPINGS if _FEWEST <= ties <= _MOST * effort else DAMPINGS[:1]


def affordable_folds(ties: int, effort: float) -> int:
    """Return how many hidden sets a graph of so many ties can afford: 200 up to 5,000 ties, 3 at worst."""
    return int(
        next((most for limit, most in ((5e3, 200), (1e4, 60), (5e4, 10), (2e5, 5)) if ties <= limit * effort), 3)
    )


@dataclass(frozen=True, eq=False)
class _Pooled:
    """A candidate on the ties that are used, and the fixed point it came from."""

    damping: str
    embedded: bool
    resolution: float
    fixed_point: float
    weight: FloatArray


class _Hidden:
    """Sets of hidden ties, each a tenth, and how well communities found without them foretell them."""

    def __init__(self, a: IntArray, b: IntArray, n: int, raw: FloatArray, partitioner: Partitioner, seed: int) -> None:
        self.a, self.b, self.n, self.seed = a, b, n, seed
        self.partitioner = partitioner
        self.level = strength_levels(raw)
        # Which ties are hidden together hangs on structure, not on how people are numbered.
        keys = Ties.of(a, b, raw, n=n).keys
        self.pair = mixed(keys[a] ^ keys[b]) + keys[a] + keys[b]

    def scores(self, fold: int, pool: list[_Pooled]) -> FloatArray:
        """Return the score of each candidate on one hidden set."""
        turn, part = divmod(fold, _FOLDS)
        # The same sets for every seed: another draw of them would be one more reason for results to differ.
        salt = np.random.SeedSequence(turn).generate_state(1, dtype=np.uint64)[0]
        order = np.argsort(mixed(self.pair ^ salt), kind="stable")
        hidden = np.zeros(len(self.a), dtype=bool)
        hidden[order[part::_FOLDS]] = True
        a, b = self.a[~hidden], self.b[~hidden]
        search = self.partitioner(a, b, self.n)
        shared = embeddedness(a, b, n=self.n) if any(one.embedded for one in pool) else np.empty(0)
        own = [int(one) for one in np.random.SeedSequence([self.seed, 1, fold]).generate_state(len(pool))]

        def score(number: int) -> float:
            one = pool[number]
            weight = one.weight[~hidden] * shared if one.embedded else one.weight[~hidden]
            labels = search(weight, one.resolution, own[number])
            return foretold(labels, self.a, self.b, self.level, hidden)

        return np.array(together(score, range(len(pool))))


def _candidates(
    a: IntArray,
    b: IntArray,
    n: int,
    damped: Mapping[str, FloatArray],
    kinds: Sequence[bool],
    whole: Search,
    seed: int,
) -> list[_Pooled]:
    """List all weightings that differ, each at several resolutions."""
    shared = embeddedness(a, b, n=n)
    pool: list[_Pooled] = []
    tried: list[FloatArray] = []
    for damping, weight in damped.items():
        # On one scale, so that a search that feels the scale of weights finds the same on any.
        scaled = weight / steady(float(weight.mean()))
        if any(np.allclose(scaled, other) for other in tried):
            continue
        tried.append(scaled)
        for embedded in kinds:
            at = _fixed(a, b, scaled * shared if embedded else scaled, whole, seed).value
            pool += [_Pooled(damping, embedded, value, at, scaled) for value in _ladder(at)]
    return pool


def _ladder(fixed: float) -> list[float]:
    """Return the resolutions tried: rungs from 1 to one above the fixed point, the same whatever its last digits."""
    high = min(max(fixed * _RUNG, _LOW * _RUNG), _HIGH)
    return [_LOW * _RUNG**step for step in range(round(np.log(high / _LOW) / np.log(_RUNG)) + 1)]


def _fixed(a: IntArray, b: IntArray, weight: FloatArray, search: Search, seed: int) -> Resolution:
    """Return the fixed point of the resolution; every step has a seed of its own."""
    seeds = iter(int(one) for one in np.random.SeedSequence([seed, 2]).generate_state(64))
    return fixed_point(a, b, weight, partition=lambda gamma: search(weight, gamma, next(seeds)))


def _race(pool: list[_Pooled], hidden: _Hidden, folds: int) -> FloatArray:
    """Score candidates set by set; those that fall behind leave. Rows are hidden sets, nan for who has left."""
    table = np.full((folds, len(pool)), np.nan)
    inside = np.arange(len(pool))
    done = 0
    for until, share in _RACE_OF_SMALL if folds > _FOLDS else _RACE:
        if done >= folds:
            break
        if done:
            keep = max(int(np.ceil(share * len(pool))), min(6, len(pool)))
            mean = table[:done, inside].mean(axis=0)
            inside = np.sort(inside[np.argsort(-mean, kind="stable")[:keep]])
        while done < min(until, folds):
            table[done, inside] = hidden.scores(done, [pool[one] for one in inside])
            done += 1
    return table


def _shares(table: FloatArray) -> FloatArray:
    """Return shares that fall with the distance to the best, in standard errors: exp(-z²/2), none beyond two.

    Sets of one turn share no tie, so their spread tells the error. Several turns hide the same ties in other company:
    they make the mean steadier, and the error no smaller.
    """
    behind = table[:, [int(table.mean(axis=0).argmax())]] - table
    turns = [behind[first : first + _FOLDS] for first in range(0, len(table), _FOLDS)]
    spread = np.mean([turn.var(axis=0, ddof=1) / len(turn) for turn in turns], axis=0)
    mean = behind.mean(axis=0)
    z = np.divide(mean, np.sqrt(spread), out=np.where(mean > 0, np.inf, 0.0), where=spread > 0)
    share: FloatArray = np.where(z <= _MOST_ERRORS, np.exp(-(np.minimum(z, 9.0) ** 2) / 2), 0.0)
    share /= share.sum()
    return share


def _decided(pool: list[_Pooled], table: FloatArray, shared: FloatArray) -> WeightChoice:
    """Give each candidate its share, and name the one of the best mean."""
    stayed = np.flatnonzero(np.isfinite(table).all(axis=0))
    share = np.zeros(len(pool))
    share[stayed] = _shares(table[:, stayed])
    seen = np.isfinite(table).sum(axis=0)
    frame = pd.DataFrame(
        {
            "damping": [one.damping for one in pool],
            "embedded": [one.embedded for one in pool],
            "resolution": [one.resolution for one in pool],
            "fixed_point": [one.fixed_point for one in pool],
            "score": np.nanmean(table, axis=0),
            "folds": seen,
            "share": share,
        }
    )
    order = np.lexsort((-frame["score"].to_numpy(), -seen))
    settings = tuple(_whole(pool[one], shared, float(share[one])) for one in order if share[one] > 0)
    first = pool[int(order[0])]
    return WeightChoice(
        first.damping,
        first.embedded,
        first.resolution,
        first.fixed_point,
        "held-out ties",
        settings,
        frame.iloc[order].reset_index(drop=True),
    )


def _whole(one: _Pooled, shared: FloatArray, share: float) -> Candidate:
    """Return a candidate with its weights on all ties."""
    weight = one.weight * shared if one.embedded else one.weight
    return Candidate(one.damping, one.embedded, one.resolution, weight, share)


def _fallback(
    a: IntArray,
    b: IntArray,
    n: int,
    damped: Mapping[str, FloatArray],
    embedded: bool,
    search: Search,
    seed: int,
) -> WeightChoice:
    """Take the first damping at its fixed point."""
    name, weight = next(iter(damped.items()))
    at, how = 1.0, "no fixed point"
    if len(a):
        weight = weight * embeddedness(a, b, n=n) if embedded else weight
        found = _fixed(a, b, weight, search, seed)
        at, how = found.value, found.how
    frame = pd.DataFrame(
        {
            "damping": [name],
            "embedded": [embedded],
            "resolution": [at],
            "fixed_point": [at],
            "score": [np.nan],
            "folds": [0],
            "share": [1.0],
        }
    )
    only = Candidate(name, embedded, at, weight, 1.0)
    return WeightChoice(name, embedded, at, at, how, (only,), frame)
