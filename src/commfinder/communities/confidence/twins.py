"""Networks like the given one whose communities are known: planted in part, in part dissolved, or all chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.communities.confidence.pairing import paired
from commfinder.communities.confidence.traces import Traces

__all__ = ["Twin", "by_chance", "planted"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_ROUNDS, _FULL, _STRENGTH = 30, 0.9, (0.7, 1.05)


@dataclass(frozen=True, eq=False)
class Twin:
    """A network whose communities are known.

    Parameters
    ----------
    traces : Traces
        The network.
    truth : ndarray of int64, shape (n,)
        Planted community of everybody; -1 for who is in none.
    """

    traces: Traces
    truth: IntArray


def by_chance(traces: Traces, rng: np.random.Generator) -> Traces:
    """Draw a network of the same degrees, in which ties and their weights are where chance put them.

    Parameters
    ----------
    traces : Traces
        The network to be like.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Traces
        Degrees are kept but for the few ties that find no place.
    """
    degree = np.bincount(traces.a, minlength=traces.n) + np.bincount(traces.b, minlength=traces.n)
    keys = paired(np.repeat(np.arange(traces.n), degree), np.empty(0, np.int64), traces.n, rng)
    return _dressed(traces, keys, rng.permutation(len(traces.a))[: len(keys)])


def planted(traces: Traces, labels: IntArray, rng: np.random.Generator) -> Twin:
    """Draw a network of the same degrees, some of whose communities are planted and some dissolved.

    Parameters
    ----------
    traces : Traces
        The network to be like.
    labels : ndarray of int, shape (n,)
        Its communities, from 0 up.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Twin

    Notes
    -----
    Which share of the communities is planted, and how strong they are, is drawn for each twin: their ratio of ties to
    those expected is taken to a power between one third and one, so that there are communities hard to see among them
    even where those of the network are plain. The rest of everybody's ties is drawn by degree alone. Ties take
    weights and events over from real ties: inside from those inside, between planted communities from those between,
    and elsewhere from any.
    """
    n, a, b = traces.n, traces.a, traces.b
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    size = np.bincount(labels)
    total = np.bincount(labels, degree)
    inside = labels[a] == labels[b]
    observed = np.bincount(labels[a][inside], minlength=len(size))
    expected = (total**2 - np.bincount(labels, degree.astype(np.float64) ** 2)) / max(2.0 * float(total.sum()), 1.0)
    chosen = (size >= 3) & (rng.random(len(size)) < rng.choice([0.25, 0.5, 0.75]))
    power = rng.uniform(*_STRENGTH, len(size))
    ratio = np.maximum((observed + 0.5) / (expected + 0.5), 1.0) ** power
    wanted = np.minimum(ratio * expected, _FULL * size * (size - 1) / 2) * chosen
    keys = _within(labels, degree, rng.poisson(wanted), rng)
    left = degree - np.bincount(keys // n, minlength=n) - np.bincount(keys % n, minlength=n)
    across = paired(np.repeat(np.arange(n), np.maximum(left, 0)), keys, n, rng)
    truth = np.where(chosen[labels], labels, -1)
    one, other = truth[across // n], truth[across % n]
    apart = (one >= 0) & (other >= 0) & (one != other)
    source = np.concatenate(
        [
            _any_of(np.flatnonzero(inside & chosen[labels[a]]), len(keys), len(a), rng),
            np.where(
                apart,
                _any_of(np.flatnonzero(~inside), len(across), len(a), rng),
                rng.integers(0, len(a), len(across)),
            ),
        ]
    )
    return Twin(_dressed(traces, np.concatenate([keys, across]), source), truth)


def _any_of(those: IntArray, count: int, ties: int, rng: np.random.Generator) -> IntArray:
    """Draw ties to be like, from those given or, if there are none, from all."""
    return those[rng.integers(0, len(those), count)] if len(those) else rng.integers(0, ties, count)


def _dressed(traces: Traces, keys: IntArray, source: IntArray) -> Traces:
    """Give new ties the weights and events of old ones."""
    n = traces.n
    return replace(
        traces,
        a=keys // n,
        b=keys % n,
        weight=traces.weight[source],
        amount=traces.amount[source],
        events=traces.events[source],
    )


def _within(labels: IntArray, degree: IntArray, wanted: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw as many different pairs inside each community as are wanted, people by degree; pairs as a n + b, a < b."""
    n = len(labels)
    order = np.argsort(labels, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=len(wanted)))])
    reach = np.concatenate([[0.0], np.cumsum(degree[order] + 1e-9)])
    keys = np.empty(0, np.int64)
    for _ in range(_ROUNDS):
        have = np.bincount(labels[keys // n], minlength=len(wanted)) if len(keys) else np.zeros(len(wanted), np.int64)
        group = np.repeat(np.arange(len(wanted)), np.maximum(wanted - have, 0))
        if not len(group):
            break
        low, high = reach[start[group]], reach[start[group + 1]]
        drawn = [
            order[
                np.clip(
                    np.searchsorted(reach, low + rng.random(len(group)) * (high - low), side="right") - 1,
                    start[group],
                    start[group + 1] - 1,
                )
            ]
            for _ in range(2)
        ]
        one, other = np.minimum(*drawn), np.maximum(*drawn)
        keys = np.unique(np.concatenate([keys, (one * n + other)[one != other]]))
    return keys
