"""Which weights communities are found by: damped, since raw counts are ruled by a few busy pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.threads import together
from commfinder.graph import InteractionGraph
from commfinder.interactions.schema import MEDIA

__all__ = ["DAMPINGS", "damped", "detection_weights", "steady", "weights_by_damping"]

FloatArray = npt.NDArray[np.float64]

DAMPINGS = ("log1p", "sqrt", "none", "binary")


def detection_weights(graph: InteractionGraph, damping: str = "log1p") -> npt.NDArray[np.float64]:
    """Return the weight of each tie of a graph for finding communities.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    damping : {"log1p", "sqrt", "none", "binary"}, default "log1p"
        What is done to the discounted number of events in each medium before media are put on one scale and added.

    Returns
    -------
    ndarray of float64, shape (len(graph.ties),)
        Not below zero, in the order of ``graph.ties``; zero only for mail that nobody answers where the graph was built
        with a reciprocity floor of zero.

    Notes
    -----
    Counts of events are heavy-tailed: a few pairs write a hundred times as much as others and would decide the
    resolution and the communities alone. Damping acts on events, before media are scaled, since on scaled weights it
    would do nothing.
    """
    _validate.choice(damping, DAMPINGS, what="damping")
    return weights_by_damping(graph, (damping,))[damping]


def weights_by_damping(graph: InteractionGraph, dampings: Sequence[str] = DAMPINGS) -> dict[str, FloatArray]:
    """Return the weights of several dampings at once; prefer `detection_weights` for one.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    dampings : sequence of str
        Names out of `DAMPINGS`.

    Returns
    -------
    dict of str to ndarray of float64, shape (len(graph.ties),)
        See `detection_weights`.
    """
    raw, a, b, codes = (graph.layer_values(name) for name in ("weight", "a", "b", "medium"))
    named = sorted((MEDIA[code], code) for code in np.unique(codes).tolist())
    media = [
        (np.flatnonzero(codes == code) if len(named) > 1 else slice(None), graph.factors.get(name, 1.0))
        for name, code in named
    ]
    users = [_users(a[here], b[here], len(graph.people)) for here, _ in media]
    starts = np.flatnonzero(_new_pair(a, b))

    def weighed(damping: str) -> FloatArray:
        evened = damped(raw, damping)
        total = np.zeros(len(raw))
        for (here, factor), many in zip(media, users, strict=True):
            inside = evened[here]
            mean = steady(2 * float(inside.sum()) / many)
            total[here] = inside * factor / mean if mean > 0 else 0.0
        # With one row for each pair there is nothing to add up.
        return total if len(starts) == len(total) else np.add.reduceat(total, starts)

    return dict(zip(dampings, together(weighed, dampings), strict=True))


def _users(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer], n: int) -> int:
    """Count the people who have ties."""
    among = np.zeros(n, dtype=bool)
    among[a] = among[b] = True
    return int(among.sum())


def damped(raw: npt.NDArray[np.float64], damping: str) -> npt.NDArray[np.float64]:
    """Damp discounted counts of events."""
    if damping == "log1p":
        return np.log1p(raw)
    if damping == "sqrt":
        return np.sqrt(raw)
    return np.ones_like(raw) if damping == "binary" else raw


def steady(value: float) -> float:
    """Round to thirty binary digits, so that the order in which a sum was taken does not show in it."""
    mantissa, power = math.frexp(value)
    return math.ldexp(round(math.ldexp(mantissa, 30)), power - 30)


def _new_pair(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell where, in sorted rows, a new pair begins."""
    return np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)] if len(a) else np.empty(0, dtype=bool)
