"""Leiden in three phases, as the paper has them: local moving, refinement, aggregation.

Everything here is compiled, holds no lock, and adds up whole numbers, so that its results do not depend on the order
of rows. Quality is sum over communities of w_in - pull S²/2, where S adds up the sizes of members: strengths for
modularity (pull = resolution/2m), sizes given by the caller for the constant Potts model (pull = resolution). Between
equally good communities keys decide that depend on structure alone, and only then numbers. `graph` is a `Graph`.

References
----------
Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from commfinder.communities.engines.prefetch import prefetch

__all__ = ["Graph", "aggregate", "components", "contract", "move", "refine"]

_EPS = 1e-12
_NO_LIMIT = 1 << 62
TO, TOTAL = 0, 1

# Above so many nodes memory is what takes the time: what is needed two nodes from now is asked for ahead.
_FAR, _AHEAD = 1 << 12, 2
_LINE = 8


class Graph(NamedTuple):
    """What the kernel works on: rows, and for each node its size, number of people, key, and whether it is fixed."""

    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    neighbour: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]
    people: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    fixed: npt.NDArray[np.bool_]


@numba.njit(cache=True, nogil=True)
def move(graph, order, labels, pull, most, cell, slack):  # type: ignore[no-untyped-def]
    """Phase 1, fast local moving: whoever is queued is visited in turn and joins the community that gains most.

    Whoever moves queues the neighbours outside the new community, as the paper has it, but only those whom it can
    matter to: `slack` is by how much somebody's community was better than the second best when last visited, less what
    moves of neighbours can have taken from that since. Below zero means queued. `labels`, numbers from 0 to n - 1, are
    changed in place; the number of moves is returned. `cell` and `slack` are room to work in.
    """
    start, stop, neighbour, weight, size, people, keys, fixed = graph
    n = len(size)
    count, mark, free, n_free = _communities(labels, size, people, keys, cell)
    near = np.empty(n + 1, np.int32)
    slack[:] = np.where(fixed, np.inf, -1.0)
    waiting, moves, flat = (~fixed).sum(), 0, cell.reshape(-1)
    while waiting > 0:
        for place in range(n):
            if place + 2 * _AHEAD < n > _FAR:
                after, next_one = order[place + _AHEAD], order[place + 1]
                prefetch(start, order[place + 2 * _AHEAD])
                prefetch(stop, order[place + 2 * _AHEAD])
                if slack[after] < 0.0 or slack[next_one] < 0.0:
                    _fetch(start, stop, neighbour, weight, labels, flat, slack, after, next_one)
            v = order[place]
            if slack[v] >= 0.0:
                continue
            waiting -= 1
            own, s = labels[v], size[v]
            k = 0
            for e in range(start[v], stop[v]):
                c = labels[neighbour[e]]
                near[k] = c
                k += cell[c, TO] == 0.0
                cell[c, TO] += weight[e]
            room = most - people[v] if most > 0 else _NO_LIMIT
            best, gain, second, stay = _choose(near, k, own, s, pull * s, cell, count, room, mark)
            if gain < 0.0 and count[own] > people[v] and n_free > 0:
                best, gain, second = free[n_free - 1], 0.0, gain
            if best != own and gain - stay <= _EPS * (gain + 2.0 * pull * s * (cell[best, TOTAL] + cell[own, TOTAL])):
                best = own
            slack[v] = max(gain - second, 0.0)
            if best == own:
                continue
            if count[best] == 0:
                n_free -= 1
                mark[best] = keys[v]
            cell[own, TOTAL] -= s
            cell[best, TOTAL] += s
            count[own] -= people[v]
            count[best] += people[v]
            if count[own] == 0:
                free[n_free] = own
                n_free += 1
            labels[v] = best
            moves += 1
            waiting += _queue(neighbour[start[v] : stop[v]], weight[start[v] : stop[v]], labels, own, best, slack)
    return moves


@numba.njit(cache=True, nogil=True)
def _fetch(start, stop, neighbour, weight, labels, flat, slack, after, next_one):  # type: ignore[no-untyped-def]
    """Ask for the row of a node and the labels in it, and for what is known of the communities around the next one."""
    if slack[after] < 0.0:
        for e in range(start[after], stop[after]):
            prefetch(labels, neighbour[e])
        for e in range(start[after], stop[after], _LINE):
            prefetch(weight, e)
    if slack[next_one] < 0.0:
        for e in range(start[next_one], stop[next_one]):
            prefetch(flat, 2 * labels[neighbour[e]])


@numba.njit(cache=True, nogil=True)
def _choose(near, k, own, s, drag, cell, count, room, mark):  # type: ignore[no-untyped-def]
    """Find the best community near by and the quality it brings, that of the second best, and that of staying."""
    stay = cell[own, TO] - drag * (cell[own, TOTAL] - s)
    best, gain, second = own, stay, 0.0
    for i in range(k):
        c = near[i]
        g = cell[c, TO] - drag * cell[c, TOTAL]
        cell[c, TO] = 0.0
        if c == own or (room < _NO_LIMIT and count[c] > room):
            continue
        if g > gain or (g == gain and best != own and _first(c, best, mark)):
            second = max(second, gain)
            best, gain = c, g
        else:
            second = max(second, g)
    return best, gain, second, stay


@numba.njit(cache=True, nogil=True)
def _queue(neighbour, weight, labels, own, best, slack):  # type: ignore[no-untyped-def]
    """Queue the neighbours to whom a move from one community to another can matter; return how many are new."""
    new = 0
    for e in range(len(neighbour)):
        u = neighbour[e]
        c = labels[u]
        if c != best and slack[u] >= 0.0:
            slack[u] -= weight[e] + weight[e] * (c == own)
            new += slack[u] < 0.0
    return new


@numba.njit(cache=True, nogil=True)
def refine(graph, order, labels, pull, part, turn, turns):  # type: ignore[no-untyped-def]
    """Phase 2, refinement: within each community, start again from everybody alone and merge what is well connected.

    Only who is still alone moves, only into a part of the same community to which a tie leads and that is well
    connected to the rest of it, and only if quality gains. So every part is connected. Communities do not touch one
    another: this call sees to one of `turns` shares of them and leaves the others to other threads. `part`, which
    everybody enters with their own number, is changed in place.
    """
    start, stop, neighbour, weight, size, _, keys, _ = graph
    n = len(size)
    whole, total = np.zeros(n), size.copy()
    cut, single = np.zeros(n), np.ones(n, np.bool_)
    for v in range(n):
        c = labels[v]
        whole[c] += size[v]
        if c % turns == turn:
            for e in range(start[v], stop[v]):
                cut[v] += weight[e] * (labels[neighbour[e]] == c)
    to = np.zeros(n)
    near = np.empty(n + 1, np.int32)
    for v in order:
        s, own = size[v], labels[v]
        if own % turns != turn or not single[v] or cut[v] == 0.0 or cut[v] < pull * s * (whole[own] - s):
            continue
        k = 0
        for e in range(start[v], stop[v]):
            # Without a branch, which would be guessed wrong every other time: others add nothing to their own parts.
            u = neighbour[e]
            c, same = part[u], labels[u] == own
            near[k] = c
            k += same & (to[c] == 0.0)
            to[c] += weight[e] * same
        best, gain, tied = v, 0.0, 0.0
        for i in range(k):
            c = near[i]
            g = to[c] - pull * s * total[c]
            if (g > gain or (g == gain and best != v and _first(c, best, keys))) and (
                cut[c] >= pull * total[c] * (whole[own] - total[c])
            ):
                best, gain, tied = c, g, to[c]
            to[c] = 0.0
        if best != v:
            part[v] = best
            single[best] = False
            cut[best] += cut[v] - 2.0 * tied
            total[best] += s


@numba.njit(cache=True, nogil=True)
def aggregate(graph, labels, part):  # type: ignore[no-untyped-def]
    """Phase 3, aggregation: parts become the nodes of a smaller graph, which starts from the communities.

    Returns what the smaller graph knows of its nodes (size, people, keys, fixed), their labels, the node that everybody
    belongs to, and the members of each, row after row. `contract` gives it its ties.
    """
    _, _, _, _, size, people, keys, fixed = graph
    node, m = _renumbered(part)
    first, member = _by_group(node, m)
    size_of, people_of = np.zeros(m), np.zeros(m, np.int64)
    keys_of, fixed_of = np.zeros(m, np.uint64), np.zeros(m, np.bool_)
    label_of = np.empty(m, np.int32)
    for v in range(len(size)):
        c = node[v]
        size_of[c] += size[v]
        people_of[c] += people[v]
        keys_of[c] += keys[v] * keys[v] + keys[v]
        fixed_of[c] = fixed_of[c] or fixed[v]
        label_of[c] = labels[v]
    label_of, _ = _renumbered(label_of)
    return (size_of, people_of, keys_of, fixed_of), label_of, node, first, member


@numba.njit(cache=True, nogil=True)
def contract(graph, node, first, member, begin, end, place, rows):  # type: ignore[no-untyped-def]
    """Phase 3, the ties of nodes `begin` to `end` of the smaller graph: those of their members, added up.

    They are written from `place` on; threads see to nodes and to places of their own.
    """
    start, stop, neighbour, weight, _, _, _, _ = graph
    start_of, stop_of, neighbour_of, weight_of = rows
    to = np.zeros(len(first))
    used = place
    for c in range(begin, end):
        start_of[c] = used
        for i in range(first[c], first[c + 1]):
            v = member[i]
            for e in range(start[v], stop[v]):
                d = node[neighbour[e]]
                neighbour_of[used] = d
                used += (to[d] == 0.0) & (d != c)
                to[d] += weight[e]
        to[c] = 0.0
        stop_of[c] = used
        for i in range(start_of[c], used):
            weight_of[i] = to[neighbour_of[i]]
            to[neighbour_of[i]] = 0.0


@numba.njit(cache=True, nogil=True)
def components(start, stop, neighbour, labels):  # type: ignore[no-untyped-def]
    """Number the connected pieces of communities, in order of their first member."""
    n = len(labels)
    piece = np.full(n, -1, np.int32)
    stack = np.empty(n, np.int32)
    found = 0
    for v in range(n):
        if piece[v] >= 0:
            continue
        piece[v] = found
        stack[0], high = v, 1
        while high > 0:
            high -= 1
            u = stack[high]
            for e in range(start[u], stop[u]):
                w = neighbour[e]
                if piece[w] < 0 and labels[w] == labels[v]:
                    piece[w] = found
                    stack[high] = w
                    high += 1
        found += 1
    return piece


@numba.njit(cache=True, nogil=True)
def _first(c, d, keys):  # type: ignore[no-untyped-def]
    """Of two equally good communities, tell whether the first goes first."""
    return keys[c] < keys[d] or (keys[c] == keys[d] and c < d)


@numba.njit(cache=True, nogil=True)
def _communities(labels, size, people, keys, cell):  # type: ignore[no-untyped-def]
    """Add up the sizes and people of each community, mark it by the lowest key in it, and list free labels."""
    n = len(labels)
    count = np.zeros(n, np.int64)
    mark = np.full(n, np.uint64(0xFFFFFFFFFFFFFFFF))
    for v in range(n):
        c = labels[v]
        cell[c, TOTAL] += size[v]
        count[c] += people[v]
        mark[c] = min(mark[c], keys[v])
    free = np.empty(n, np.int32)
    n_free = 0
    for c in range(n - 1, -1, -1):
        if count[c] == 0:
            free[n_free] = c
            n_free += 1
    return count, mark, free, n_free


@numba.njit(cache=True, nogil=True)
def _renumbered(labels):  # type: ignore[no-untyped-def]
    """Number labels from 0 up, in order of appearance."""
    highest = 0
    for v in range(len(labels)):
        highest = max(highest, labels[v])
    number = np.full(highest + 1, -1, np.int32)
    new = np.empty(len(labels), np.int32)
    m = 0
    for v in range(len(labels)):
        c = labels[v]
        if number[c] < 0:
            number[c] = m
            m += 1
        new[v] = number[c]
    return new, m


@numba.njit(cache=True, nogil=True)
def _by_group(group, m):  # type: ignore[no-untyped-def]
    """Sort people by group, by counting."""
    first = np.zeros(m + 1, np.int64)
    for v in range(len(group)):
        first[group[v] + 1] += 1
    for c in range(m):
        first[c + 1] += first[c]
    place = first[:-1].copy()
    member = np.empty(len(group), np.int32)
    for v in range(len(group)):
        member[place[group[v]]] = v
        place[group[v]] += 1
    return first, member
