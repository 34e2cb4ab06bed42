"""How well communities foretell ties that were hidden: a block model in which no weight has a part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from commfinder.communities.quality import canonical

__all__ = ["foretold", "strength_levels"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

_LEVELS, _MOST_BLOCKS = 4, 1000
# What is expected before anything is seen weighs as much as one tie.
_PRIOR = 1.0


def strength_levels(raw: FloatArray, levels: int = _LEVELS) -> IntArray:
    """Return which quarter of all ties each is in by strength; equal ties share a level.

    Parameters
    ----------
    raw : ndarray of float64, shape (m,)
        Weights of ties, on any scale: only their order counts.
    levels : int, default 4
        Number of levels.

    Returns
    -------
    ndarray of int64, shape (m,)
        From 0, the weakest, to levels - 1.

    Examples
    --------
    >>> import numpy as np
    >>> strength_levels(np.array([1.0, 50.0, 1.0, 3.0])).tolist()
    [1, 3, 1, 2]
    """
    if not len(raw):
        return np.empty(0, dtype=np.int64)
    _, inverse, count = np.unique(raw, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2) / len(raw)
    found: IntArray = np.minimum((middle[inverse] * levels).astype(np.int64), levels - 1)
    return found


def foretold(labels: Labels, a: IntArray, b: IntArray, level: IntArray, hidden: BoolArray) -> float:
    """Return the log-likelihood per hidden tie of a block model of the other ties, over that of activity alone.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Communities found without the hidden ties.
    a, b : ndarray of int, shape (m,)
        Ends of all ties.
    level : ndarray of int, shape (m,)
        Level of strength of each tie, see `strength_levels`.
    hidden : ndarray of bool, shape (m,)
        Which ties were hidden: some, not all.

    Returns
    -------
    float
        In nats; 0 if communities tell nothing that activity does not, below 0 if they mislead.

    Notes
    -----
    Two parts add up. Where ties are: a degree-corrected block model, with the rate of each pair of communities taken
    from the ties that are not hidden and drawn to the mean rate inside or between communities by as much as one tie
    would. How strong they are: the share of each level among ties inside and among ties between. Beyond a thousand
    communities the smallest count as one.

    References
    ----------
    .. [1] Karrer, Newman (2011), Stochastic blockmodels and community structure in networks.
       doi:10.1103/PhysRevE.83.016107
    """
    block = np.minimum(canonical(labels.astype(np.int64)), _MOST_BLOCKS - 1).astype(np.int64)
    rates = _rates(block, a[~hidden], b[~hidden])
    where = float(np.log(rates[block[a[hidden]], block[b[hidden]]]).mean())
    inside = (block[a] == block[b]).astype(np.int64)
    levels = int(level.max()) + 1
    seen = np.bincount(level[~hidden], minlength=levels) + 1.0
    usual = seen / seen.sum()
    table = np.bincount(inside[~hidden] * levels + level[~hidden], minlength=2 * levels).reshape(2, levels)
    table = table + _PRIOR * levels * usual
    share = table / table.sum(axis=1, keepdims=True)
    strong = float(np.log(share[inside[hidden], level[hidden]] / usual[level[hidden]]).mean())
    return where + strong


def _rates(block: IntArray, a: IntArray, b: IntArray) -> FloatArray:
    """Return ties over those expected from activity for each pair of blocks, scaled so that totals are kept."""
    count = int(block.max()) + 1
    degree = np.bincount(a, minlength=len(block)) + np.bincount(b, minlength=len(block))
    of_block = np.bincount(block, degree)
    total = float(of_block.sum())
    expected = np.outer(of_block, of_block) / total
    # Nobody is tied to themself: a block's own pairs are half its square, less what people would have with themselves.
    own = np.arange(count)
    expected[own, own] = (of_block**2 - np.bincount(block, degree.astype(np.float64) ** 2)) / (2 * total)
    seen = np.bincount(block[a] * count + block[b], minlength=count * count).reshape(count, count).astype(np.float64)
    seen = seen + seen.T
    seen[own, own] /= 2
    inside, expected_inside = float(np.trace(seen)), float(np.trace(expected))
    outside = (float(seen.sum()) - inside) / 2
    expected_outside = (float(expected.sum()) - expected_inside) / 2
    usual = np.full((count, count), max(outside, 0.5) / max(expected_outside, 1e-12))
    usual[own, own] = max(inside, 0.5) / max(expected_inside, 1e-12)
    rates = (seen + _PRIOR * usual) / (expected + _PRIOR)
    once = np.triu(np.ones((count, count), dtype=bool))
    kept: FloatArray = rates * (float(expected[once].sum()) / float((rates * expected)[once].sum()))
    return kept
