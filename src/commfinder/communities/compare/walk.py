"""The walk behind the element-centric similarity, solved among communities instead of people."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse as sp
from scipy.linalg import lapack

from commfinder.communities.compare.kinds import Side

__all__ = ["Walk", "overlaps", "walk_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# Walks followed side by side: one instruction serves all, and their chances stay in the processor's cache.
_LANES = 8

# Wider matrices are worth being inverted one by one.
_WIDE = 64


class Walk(NamedTuple):
    """Where walkers are in the long run; make it with `walk_of`.

    Communities that hang together by overlap are a part: no walker leaves it.

    Parameters
    ----------
    bounds, communities : ndarray of int64
        Communities of each kind, as in `Side`.
    part : ndarray of int64, shape (kinds,)
        The part a kind is in.
    place : ndarray of int64, shape (communities,)
        Number of a community within its part.
    width : ndarray of int64, shape (parts,)
        Communities of each part.
    start : ndarray of int64, shape (parts,)
        Where the matrix of a part starts in `weight`.
    weight : ndarray of float64
        One matrix for each part, width × width: how likely a walker of the one community is at one given person of
        the other, by way of that community.
    """

    bounds: IntArray
    communities: IntArray
    part: IntArray
    place: IntArray
    width: IntArray
    start: IntArray
    weight: FloatArray


def walk_of(side: Side, people: IntArray, alpha: float) -> Walk:
    """Solve the walk of one side.

    From home, a walk is a sum over steps of (alpha R C)^t, with R from people to their communities and C from
    communities to their people, rows adding up to 1. Its sum over people is had from one over communities,
    (1 - alpha) (D - alpha M)^-1, with D the sizes of communities and M what two share, each person counting one over
    the number of his or her communities.

    Parameters
    ----------
    side : Side
        Communities of the kinds.
    people : ndarray of int64
        People of each kind.
    alpha : float
        How likely the walk goes on.

    Returns
    -------
    Walk
    """
    counts, k = np.diff(side.bounds), len(side.kind_bounds) - 1
    rows = sp.csr_array((np.ones(len(side.communities)), side.communities, side.bounds), shape=(len(people), k))
    sizes = np.asarray(rows.T @ people, dtype=np.float64)
    shared = sp.coo_array(rows.T @ (sp.diags_array(people / counts) @ rows))
    parts, found = sp.csgraph.connected_components(shared, directed=False)
    width = np.bincount(found, minlength=parts).astype(np.int64)
    # Parts of equal width stand together, so that their matrices are inverted in one go.
    rank = np.empty(parts, dtype=np.int64)
    rank[np.argsort(width, kind="stable")] = np.arange(parts)
    part, width = rank[found], np.sort(width)
    start = np.cumsum(width**2) - width**2
    by_part = np.argsort(part, kind="stable")
    place = np.empty(k, dtype=np.int64)
    place[by_part] = np.arange(k) - np.repeat(np.cumsum(width) - width, width)
    weight = np.zeros(int((width**2).sum()))
    i, j = shared.coords
    weight[start[part[i]] + place[i] * width[part[i]] + place[j]] = -alpha * shared.data
    weight[start[part] + place * (width[part] + 1)] += sizes
    for wide in np.unique(width):
        here = np.flatnonzero(width == wide)
        block = slice(start[here[0]], start[here[-1]] + wide**2)
        matrices = weight[block].reshape(-1, wide, wide)
        if wide < _WIDE:
            weight[block] = (1 - alpha) * (1 / matrices if wide == 1 else np.linalg.inv(matrices)).ravel()
        else:
            for matrix in matrices:
                _invert(matrix)
                matrix *= 1 - alpha
    return Walk(side.bounds, side.communities, part[side.communities[side.bounds[:-1]]], place, width, start, weight)


def _invert(matrix: FloatArray) -> None:
    """Invert a symmetric positive definite matrix in place, in a third of the work that any matrix takes."""
    # Transposed it is the same matrix, in the order of columns that Lapack works on without a copy.
    factor, _ = lapack.dpotrf(matrix.T, lower=True, overwrite_a=True)
    inverse, _ = lapack.dpotri(factor, lower=True, overwrite_c=True)
    for row in range(len(matrix)):
        half = inverse[row:, row]
        matrix[row, row:] = half
        matrix[row:, row] = half


@numba.njit(cache=True, nogil=True)
def overlaps(first: Walk, second: Walk, order: IntArray, people: IntArray) -> FloatArray:
    """Return, for each kind, the share of two walks that is common to both.

    One minus half the distance of two distributions is the sum over people of the smaller chance. It is zero outside
    the parts of either side that the kind is in, so that only kinds in both are looked at. `order` sorts kinds by
    both parts.
    """
    n = len(order)
    alike = np.zeros(len(people))
    left = np.zeros((np.max(first.width), _LANES))
    right = np.zeros((np.max(second.width), _LANES))
    total, a, b = np.zeros(_LANES), np.zeros(_LANES), np.zeros(_LANES)
    begin = 0
    while begin < n:
        one, other, end = first.part[order[begin]], second.part[order[begin]], begin + 1
        while end < n and first.part[order[end]] == one and second.part[order[end]] == other:
            end += 1
        for origin in range(begin, end, _LANES):
            lanes = min(_LANES, end - origin)
            _depart(first, one, order, origin, lanes, left)
            _depart(second, other, order, origin, lanes, right)
            total[:] = 0.0
            for place in range(begin, end):
                kind = order[place]
                _arrive(first, kind, left, a)
                _arrive(second, kind, right, b)
                many = float(people[kind])
                for lane in range(_LANES):
                    total[lane] += many * min(a[lane], b[lane])
            for lane in range(lanes):
                alike[order[origin + lane]] = total[lane]
        begin = end
    return alike


@numba.njit(cache=True, nogil=True)
def _depart(walk: Walk, part: int, order: IntArray, origin: int, lanes: int, chance: FloatArray) -> None:
    """Fill in where walkers of some kinds are: by community of the part, for one given person there."""
    wide, start = walk.width[part], walk.start[part]
    chance[:wide] = 0.0
    for lane in range(lanes):
        kind = order[origin + lane]
        low, high = walk.bounds[kind], walk.bounds[kind + 1]
        for place in range(low, high):
            row = start + walk.place[walk.communities[place]] * wide
            for column in range(wide):
                chance[column, lane] += walk.weight[row + column] / (high - low)


@numba.njit(cache=True, nogil=True)
def _arrive(walk: Walk, kind: int, chance: FloatArray, at: FloatArray) -> None:
    """Add up how likely walkers are at one given person of a kind, by way of all of that person's communities."""
    at[:] = 0.0
    for place in range(walk.bounds[kind], walk.bounds[kind + 1]):
        row = walk.place[walk.communities[place]]
        for lane in range(_LANES):
            at[lane] += chance[row, lane]
