"""What speaks for a community: that it comes back when events are drawn again, and how far it is beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from commfinder.communities.compare import best_jaccard
from commfinder.communities.confidence.traces import Traces
from commfinder.communities.confidence.twins import by_chance
from commfinder.communities.engines import Task
from commfinder.communities.engines.compiled import Leiden
from commfinder.communities.quality import modularity
from commfinder.communities.threads import together
from commfinder.communities.ties import Ties

__all__ = ["MIN_SIZE", "Chance", "Returns", "chance", "partition", "returns", "returns_and_chance", "striking"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

MIN_SIZE = 3
"""Smaller groups are no evidence of anything: chance makes them everywhere."""


@dataclass(frozen=True, eq=False)
class Returns:
    """How well communities come back when events are drawn again.

    Parameters
    ----------
    community : ndarray of float64, shape (k,)
        Mean Jaccard index of the most alike community, 0 to 1.
    member : ndarray of float64, shape (n,)
        Share of draws in which a person is in the community most like their own.
    inside : ndarray of int32, shape (draws, n)
        Which community of the given partition each person's community in a draw is most like; -1 for none.
    """

    community: FloatArray
    member: FloatArray
    inside: Labels


@dataclass(frozen=True, eq=False)
class Chance:
    """What the same search finds in networks of the same degrees and no communities.

    Parameters
    ----------
    level : float
        The score that one in twenty of their communities passes.
    p : float
        How likely a network without communities has a quality, or a best community, like the given one.
    """

    level: float
    p: float


def partition(ties: Ties, resolution: float, seed: int) -> Labels:
    """Find communities once, on one thread."""
    return Leiden(threads=1)(Task(ties, resolution=resolution), seed)


def returns(traces: Traces, labels: Labels, resolution: float, draws: int, seeds: np.random.SeedSequence) -> Returns:
    """Draw all events again, many times, and look how well communities come back.

    Parameters
    ----------
    traces : Traces
        Ties and events.
    labels : ndarray of int32, shape (n,)
        Canonical labels.
    resolution : float
        Resolution at which communities are found again.
    draws : int
        Number of draws.
    seeds : numpy.random.SeedSequence
        Source of seeds; every draw has its own, so that threads change nothing.

    Returns
    -------
    The shares and means, see `Returns`.

    References
    ----------
    .. [1] Hennig (2007), Cluster-wise assessment of cluster stability. doi:10.1016/j.csda.2006.11.025
    """
    again = partial(_found_again, traces, resolution)
    return _returned(labels, together(again, seeds.spawn(draws)))


def _found_again(traces: Traces, resolution: float, own: np.random.SeedSequence) -> Labels:
    """Draw all events once more and find communities."""
    rng = np.random.default_rng(own)
    return partition(traces.redrawn(rng), resolution, int(rng.integers(2**31)))


def _returned(labels: Labels, draws: Sequence[Labels]) -> Returns:
    """Look how well communities come back in draws."""
    community = np.zeros(int(labels.max()) + 1)
    inside = np.full((len(draws), len(labels)), -1, dtype=np.int32)
    for draw, found in enumerate(draws):
        jaccard, match = best_jaccard(labels, found)
        community += jaccard
        # Of two communities that come back as one, the one it is more like has it.
        back = np.full(int(found.max()) + 1, -1, dtype=np.int32)
        order = np.argsort(jaccard, kind="stable")
        back[match[order]] = order
        inside[draw] = back[found]
    return Returns(community / len(draws), (inside == labels).mean(axis=0), inside)


def striking(ties: Ties, labels: Labels) -> FloatArray:
    """Return how striking communities are: the log-likelihood ratio of the weight inside against that expected.

    Parameters
    ----------
    ties : Ties
        The ties.
    labels : ndarray of int32, shape (n,)
        Labels from 0 up.

    Returns
    -------
    ndarray of float64, shape (k,)
        o ln(o/e) - (o - e), with o the weight inside and e that expected from strengths, both in units of the mean
        weight of a tie; 0 where there is no more than expected.
    """
    a, b, weight = ties.a, ties.b, ties.weight
    count = int(labels.max()) + 1
    strength = np.bincount(a, weight, ties.n) + np.bincount(b, weight, ties.n)
    same = labels[a] == labels[b]
    unit = float(weight.mean())
    seen = np.bincount(labels[a][same], weight[same], count) / unit
    total = np.bincount(labels, strength, count)
    expected = (total**2 - np.bincount(labels, strength**2, count)) / (2 * float(strength.sum()) * unit)
    more = (seen > expected) & (expected > 0)
    score = np.zeros(count)
    score[more] = seen[more] * np.log(seen[more] / expected[more]) - (seen[more] - expected[more])
    return score


def chance(traces: Traces, labels: Labels, resolution: float, draws: int, seeds: np.random.SeedSequence) -> Chance:
    """Search networks of the same degrees without communities in the same way.

    Parameters
    ----------
    traces : Traces
        Ties and events.
    labels : ndarray of int32, shape (n,)
        Communities of the given network.
    resolution : float
        Resolution.
    draws : int
        Number of networks drawn, at least 3.
    seeds : numpy.random.SeedSequence
        Source of seeds.

    Returns
    -------
    Chance

    Notes
    -----
    Two tests, the stronger of which counts twice over (Bonferroni). Modularity against the mean and spread of drawn
    networks, a t-test for one new value. The score of the best community against the best of each drawn network, by a
    Gumbel distribution of their mean and spread.
    """
    like = partial(_like_chance, traces, resolution)
    return _against(traces, labels, resolution, together(like, seeds.spawn(draws)))


def returns_and_chance(
    traces: Traces,
    labels: Labels,
    resolution: float,
    draws: tuple[int, int],
    seeds: tuple[np.random.SeedSequence, np.random.SeedSequence],
) -> tuple[Returns, Chance]:
    """Do `returns` and `chance` side by side, with the same results: neither waits for the last draw of the other.

    Parameters
    ----------
    traces, labels, resolution
        As both take them.
    draws : pair of int
        Draws of events, and networks of chance.
    seeds : pair of numpy.random.SeedSequence
        Sources of seeds of both.

    Returns
    -------
    Returns, Chance
    """
    parts = [(_like_chance, own) for own in seeds[1].spawn(draws[1])]
    again = [(_found_again, own) for own in seeds[0].spawn(draws[0])]
    # Networks of chance take longest, and come first.
    done: list[Any] = together(lambda part: part[0](traces, resolution, part[1]), [*parts, *again])
    return _returned(labels, done[len(parts) :]), _against(traces, labels, resolution, done[: len(parts)])


def _like_chance(traces: Traces, resolution: float, own: np.random.SeedSequence) -> tuple[float, FloatArray]:
    """Draw one network without communities; return the modularity and the scores of what is found in it."""
    rng = np.random.default_rng(own)
    ties = by_chance(traces, rng).ties()
    found = partition(ties, resolution, int(rng.integers(2**31)))
    scores = striking(ties, found)[np.bincount(found) >= MIN_SIZE]
    return modularity(ties.a, ties.b, ties.weight, found, resolution), scores


def _against(traces: Traces, labels: Labels, resolution: float, drawn: Sequence[tuple[float, FloatArray]]) -> Chance:
    """Hold the network and its best community against those of chance."""
    draws = len(drawn)
    quality = np.array([one for one, _ in drawn])
    scores = np.concatenate([one for _, one in drawn])
    if not len(scores):
        return Chance(0.0, 1.0)
    best = np.array([one.max(initial=0.0) for _, one in drawn])
    ties = traces.ties()
    own = modularity(ties.a, ties.b, ties.weight, labels, resolution)
    spread = max(float(quality.std(ddof=1)), 1e-6)
    by_quality = float(stats.t.sf((own - quality.mean()) / (spread * np.sqrt(1 + 1 / draws)), draws - 1))
    scale = max(float(best.std(ddof=1)), 0.05 * float(best.mean()), 1e-9) * np.sqrt(6) / np.pi
    most = float(striking(ties, labels)[np.bincount(labels) >= MIN_SIZE].max(initial=0.0))
    by_best = float(stats.gumbel_r.sf(most, float(best.mean()) - np.euler_gamma * scale, scale))
    return Chance(float(np.quantile(scores, 0.95)), min(1.0, 2 * min(by_quality, by_best)))
