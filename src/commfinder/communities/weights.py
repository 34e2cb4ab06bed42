"""Which weights communities are found by: damped, since raw counts are ruled by a few busy pairs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.graph import InteractionGraph

__all__ = ["DAMPINGS", "damped", "detection_weights", "steady"]

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
    layer = graph.layers
    raw = layer["weight"].to_numpy(dtype=np.float64)
    evened = damped(raw, damping)
    codes, media = layer["medium"].factorize(sort=True)
    total = np.zeros(len(raw))
    for code, medium in enumerate(media):
        here = codes == code
        users = np.unique(np.concatenate([layer["a"][here], layer["b"][here]])).size
        mean = steady(2 * float(evened[here].sum()) / users)
        total[here] = evened[here] * graph.factors.get(str(medium), 1.0) / mean if mean > 0 else 0.0
    starts = np.flatnonzero(_new_pair(layer["a"].to_numpy(), layer["b"].to_numpy()))
    return np.add.reduceat(total, starts) if len(starts) else np.empty(0)


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
