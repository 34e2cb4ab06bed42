"""What the null expects inside a group if it had not seen the group's own ties, without fitting it all again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from commfinder.graph.expected import DyadNull

__all__ = ["expected_without_own"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_ROUNDS, _NOTHING = 12, 1e-8


def expected_without_own(
    null: DyadNull, members: IntArray, ties: BoolArray, *, degree: IntArray, mass: FloatArray
) -> FloatArray:
    """Return λ inside a group, from a null that leaves the ties among its members out.

    Prefer `fit_null` with `leave_out` in small organisations, or where a group is a good part of all: it fits every
    factor anew. Here only the members' activities and the factors of their pairs of units are fitted, as the ties of
    a small group move no other.

    Parameters
    ----------
    null : DyadNull
        The null, fitted to all ties.
    members : ndarray of int64, shape (s,)
        The group.
    ties : ndarray of bool, shape (s, s)
        All ties among them.
    degree : ndarray of int64, shape (n,)
        Number of ties of everybody.
    mass : ndarray of float, shape (units + 1,)
        Sum of the activities of each unit; people whose unit is not known come last.

    Returns
    -------
    ndarray of float, shape (s, s)

    Notes
    -----
    Of member i, k_i - k_iS ties go outside, where the null expects k_i - λ_iS; the ratio scales the activity. A pair
    of units loses the ties and the expectation that the group has in it, and its factor is drawn towards the common
    one again. The two are repeated in turn.
    """
    blocks, lam = null.blocks, null.matrix(members)
    units, place = np.unique(null.structure.unit[members] % blocks.side, return_inverse=True)
    many = len(units)
    pair = (place[:, None] * many + place[None, :]).reshape(-1)
    factor = blocks.among(units)
    stored = blocks.places(units[:, None], units[None, :])
    free = (stored >= 0) & (factor > _NOTHING) & (blocks.side > 1)
    activity = null.activity[members]
    outside = np.maximum(degree[members] - lam.sum(axis=1), _NOTHING)
    reach = activity[:, None] * factor[place] * np.maximum(mass[units] - np.bincount(place, activity, many), 0.0)
    reach *= np.minimum(1.0, outside / np.maximum(reach.sum(axis=1), _NOTHING))[:, None]
    once = np.where(np.eye(len(units), dtype=bool), 0.5, 1.0)
    plain = np.divide(lam, factor[np.ix_(place, place)], out=np.zeros_like(lam), where=lam > 0)
    seen = blocks.seen[stored] - _added(pair, ties, many) * once
    base = blocks.base[stored] - _added(pair, plain, many) * once
    within = np.eye(len(units), dtype=bool) & (units < blocks.side - 1)
    level, common, spread = (np.where(within, *pair) for pair in zip(*blocks.prior, strict=True))
    left = np.maximum(degree[members] - ties.sum(axis=1), 0.0)
    ratio, change = np.ones(len(members)), np.ones_like(factor)
    order, firsts = np.argsort(place, kind="stable"), np.r_[0, np.cumsum(np.bincount(place))[:-1]]
    for _ in range(_ROUNDS):
        ratio = left / np.maximum(outside + ((change[place] - 1) * reach).sum(axis=1), _NOTHING)
        gain = (ratio - 1)[:, None] * reach
        moved = np.add.reduceat(gain[order], firsts) / np.maximum(factor, _NOTHING)
        now = np.maximum(base + (moved + moved.T) * once, 0.0)
        shape = (spread * np.maximum(seen, 0.0) + 1) / (spread * common * now + 1)
        change = np.where(free, level * shape / np.maximum(factor, _NOTHING), 1.0)
    scaled: FloatArray = lam * ratio[:, None] * ratio[None, :] * change[np.ix_(place, place)]
    return scaled


def _added(pair: IntArray, values: npt.NDArray[np.generic], side: int) -> FloatArray:
    """Add a matrix of people up by pairs of units."""
    sums = np.bincount(pair, values.reshape(-1).astype(np.float64), side * side)
    return sums.reshape(side, side).astype(np.float64)
