"""The compiled part of `extend`: who joins what, and the tails of binomial distributions."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["judged", "log_tail", "measured", "repeats", "tails"]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_PRIOR = 5.0


@njit(cache=True, nogil=True)
def repeats(start, neighbour):  # type: ignore[no-untyped-def]
    """Tell whether a row holds a neighbour twice."""
    seen = np.full(len(start), -1, np.int32)
    for v in range(len(start) - 1):
        for e in range(start[v], start[v + 1]):
            if seen[neighbour[e]] == v:
                return True
            seen[neighbour[e]] = v
    return False


@njit(cache=True, nogil=True)
def judged(graph, cover, order, home, bar, min_ties):  # type: ignore[no-untyped-def]
    """Find the communities of people who are sorted by home; who joins none keeps the one they are in."""
    start, (many, people) = graph[0], (len(cover[2]), len(order))
    person, joined = np.empty(2 * people + 1, np.int32), np.empty(2 * people + 1, np.int32)
    log_p, edge = np.empty(2 * people + 1), np.zeros(people, np.bool_)
    # What the people of one home do, by community; where a community stands in somebody's list, while it is looked at.
    house, place = np.zeros((many, 4), np.int64), np.full(many, -1, np.int32)
    near, ends = np.empty((64, 4), np.int32), np.zeros(people + 1, np.int64)
    out = last = 0
    while last < people:
        turn, last, h = last, last + 1, home[order[last]]
        while last < people and home[order[last]] == h:
            last += 1
        near = _gathered(graph, cover, order[turn:last], h, near, ends[turn : last + 1], place)
        stubs = _house(start, cover, order[turn:last], near, ends[turn : last + 1], bar, min_ties, house)
        for at in range(turn, last):
            v, mine = order[at], near[ends[at] : ends[at + 1]]
            while out + len(mine) + 1 > len(person):
                person, joined, log_p = _doubled(person), _doubled(joined), _doubled(log_p)
            first = out
            out, weak = _placed(
                graph, cover, v, h, mine, house, (stubs, last - turn), bar, min_ties, place, joined, log_p, out
            )
            person[first:out] = v
            edge[at] = weak and out == first + 1
        for row in range(ends[turn], ends[last]):
            c = near[row, 0]
            house[c, 0] = house[c, 1] = house[c, 2] = house[c, 3] = 0
    return person[:out].astype(np.int64), joined[:out], log_p[:out], edge


@njit(cache=True, nogil=True)
def _doubled(values):  # type: ignore[no-untyped-def]
    """Make an array twice as long; what is in the second half does not matter."""
    return np.concatenate((values, values))


@njit(cache=True, nogil=True)
def _belongs(begin, community, u, c):  # type: ignore[no-untyped-def]
    """Tell whether somebody is in a community."""
    inside = False
    for s in range(begin[u], begin[u + 1]):
        inside = inside or community[s] == c
    return inside


@njit(cache=True, nogil=True)
def _gathered(graph, cover, members, h, near, ends, place):  # type: ignore[no-untyped-def]
    """List the communities to which everybody of one home has ties.

    With three counts: all ties; those to people who are not of this home as well; and of the latter, those to people
    who are at home in the community, which comes first in their lists.
    """
    (start, neighbour), (begin, community, _) = graph, cover
    used = 0
    ends[0] = 0
    for turn in range(len(members)):
        v, low = members[turn], used
        for e in range(start[v], start[v + 1]):
            u = neighbour[e]
            outside = not _belongs(begin, community, u, h)
            for s in range(begin[u], begin[u + 1]):
                c = community[s]
                if place[c] < 0:
                    if used == len(near):
                        near = _doubled(near)
                    near[used, 0], near[used, 1], near[used, 2], near[used, 3] = c, 0, 0, 0
                    place[c] = used
                    used += 1
                near[place[c], 1] += 1
                near[place[c], 2] += outside
                near[place[c], 3] += outside and s == begin[u]
        for row in range(low, used):
            place[near[row, 0]] = -1
        ends[turn + 1] = used
    return near


@njit(cache=True, nogil=True)
def _house(start, cover, members, near, ends, bar, min_ties, house):  # type: ignore[no-untyped-def]
    """Add up what the people of one home do, and how many of them are drawn to a community by their own ties.

    For each community: ties of all to members who are not of this home; of those who are drawn, number, ties, degrees.
    """
    stubs = 0
    for turn in range(len(members)):
        v = members[turn]
        k = start[v + 1] - start[v]
        stubs += k
        for row in range(ends[turn], ends[turn + 1]):
            c, ties = near[row, 0], near[row, 2]
            house[c, 0] += ties
            if ties >= min_ties and _drawn(cover, v, c, k, ties, start[-1], bar):
                house[c, 1] += 1
                house[c, 2] += ties
                house[c, 3] += k
    return stubs


@njit(cache=True, nogil=True)
def _drawn(cover, v, c, k, ties, total, bar):  # type: ignore[no-untyped-def]
    """Tell whether somebody has more ties to a community than activity explains."""
    return log_tail(ties, k, _activity(cover, v, c, k, total)) < bar


@njit(cache=True, nogil=True)
def _activity(cover, v, c, k, total):  # type: ignore[no-untyped-def]
    """Return the share of all ends of ties that are at a community, without one person's own."""
    begin, community, mass = cover
    return (mass[c] - (k if _belongs(begin, community, v, c) else 0)) / max(total, 1)


@njit(cache=True, nogil=True)
def _placed(graph, cover, v, h, mine, house, size, bar, min_ties, place, joined, log_p, out):  # type: ignore[no-untyped-def]
    """Let one person join communities, the most significant first; return how many memberships there are by now."""
    start, first, weak = graph[0], out, False
    k, total = start[v + 1] - start[v], start[-1]
    for row in range(len(mine)):
        place[mine[row, 0]] = row
    # A row is used up where its community is joined, and counts the ties that nothing explains yet.
    left = mine[:, 1].copy()
    while True:
        row, tail = _strongest(cover, v, k, h, mine, left, house, size, total, bar, min_ties, out > first)
        if row >= 0 and tail < bar:
            c = mine[row, 0]
        elif out == first:
            # Nothing stands out: home it is for want of better, and what home explains is explained.
            c, weak = h, True
            ties = mine[place[h], 1] if place[h] >= 0 else 0
            tail = log_tail(ties, k, _activity(cover, v, h, k, total))
        else:
            break
        if c == h and out == first:
            left[:] = mine[:, 2]
        else:
            _explain(graph, cover, v, c, joined[first:out], left, place)
        if place[c] >= 0:
            left[place[c]] = 0
        joined[out], log_p[out] = c, tail
        out += 1
    for row in range(len(mine)):
        place[mine[row, 0]] = -1
    for at in range(first, out):
        # Home stays home as long as it is among them: if people left it for a community with ever more of them, small
        # ones would bleed dry.
        if joined[at] == h:
            joined[first], joined[at] = h, joined[first]
            log_p[first], log_p[at] = log_p[at], log_p[first]
    return out, weak


@njit(cache=True, nogil=True)
def _strongest(cover, v, k, h, mine, left, house, size, total, bar, min_ties, further):  # type: ignore[no-untyped-def]
    """Return the most significant community that is left, and the logarithm of its tail."""
    best, least = -1, 0.0
    for row in range(len(mine)):
        c = mine[row, 0]
        # Ties to those who have joined count, but no more of them than lead to people who are at home there.
        ties = min(left[row], 2 * mine[row, 3]) if further and c != h else left[row]
        if ties < min_ties:
            continue
        rate = _activity(cover, v, c, k, total)
        if further and c != h:
            # Twice what activity explains; less where a community holds much of the graph.
            if ties < 2 * rate * (1 - rate) * k:
                continue
            usual, ends, alone = house[c, 0], size[0], True
            if 2 * house[c, 1] <= size[1]:
                # Those of home who are drawn there themselves are no measure for the others, unless most are.
                usual, ends = usual - house[c, 2], ends - house[c, 3]
                alone = mine[row, 2] < min_ties or not _drawn(cover, v, c, k, mine[row, 2], total, bar)
            if alone:
                usual, ends = usual - mine[row, 2], ends - k
            # Activity counts as if it were known from five ties more.
            rate = (usual + _PRIOR) / (ends + _PRIOR / rate)
            if ends > 0:
                rate = max(rate, usual / ends)
        tail = log_tail(ties, k, rate)
        # Of equals: home, then the one with more ties, then the one of the lower number.
        better = best < 0 or tail < least
        if not better and tail == least and mine[best, 0] != h:
            more = left[row] - left[best]
            better = c == h or more > 0 or (more == 0 and c < mine[best, 0])
        if better:
            best, least = row, tail
    return best, least


@njit(cache=True, nogil=True)
def _explain(graph, cover, v, c, before, left, place):  # type: ignore[no-untyped-def]
    """Take the ties that a community explains, and none before it, out of the counts of all communities."""
    (start, neighbour), (begin, community, _) = graph, cover
    for e in range(start[v], start[v + 1]):
        u = neighbour[e]
        if not _belongs(begin, community, u, c):
            continue
        known = False
        for earlier in before:
            known = known or _belongs(begin, community, u, earlier)
        if not known:
            for s in range(begin[u], begin[u + 1]):
                left[place[community[s]]] -= 1


@njit(cache=True, nogil=True)
def measured(start, neighbour, weight, begin, community, many):  # type: ignore[no-untyped-def]
    """Return weight and number of ties of each membership, and the rate at which chance makes them."""
    heavy, count, rate = np.zeros(len(community)), np.zeros(len(community), np.int64), np.zeros(len(community))
    mass, place = np.zeros(many), np.full(many, -1, np.int64)
    for v in range(len(begin) - 1):
        for s in range(begin[v], begin[v + 1]):
            mass[community[s]] += start[v + 1] - start[v]
    for v in range(len(begin) - 1):
        k = start[v + 1] - start[v]
        for s in range(begin[v], begin[v + 1]):
            place[community[s]] = s
            rate[s] = (mass[community[s]] - k) / max(start[-1], 1)
        for e in range(start[v], start[v + 1]):
            for s in range(begin[neighbour[e]], begin[neighbour[e] + 1]):
                mine = place[community[s]]
                if mine >= begin[v]:
                    heavy[mine] += weight[e]
                    count[mine] += 1
    return heavy, count, rate


@njit(cache=True, nogil=True)
def tails(count, trials, rate):  # type: ignore[no-untyped-def]
    """Return ln P(Bin(trials, rate) ≥ count) for each of many."""
    found = np.empty(len(count))
    for place in range(len(count)):
        found[place] = log_tail(count[place], trials[place], rate[place])
    return found


@njit(cache=True, nogil=True)
def log_tail(x, k, rate):  # type: ignore[no-untyped-def]
    """Return ln P(Bin(k, rate) ≥ x)."""
    if x <= 0 or rate >= 1:
        return 0.0
    if x > k or rate <= 0:
        return -np.inf
    odds = rate / (1 - rate)
    term, part = 1.0, 0.0
    if x > k * rate:
        # Upwards from x, where terms only get smaller.
        for i in range(x, k + 1):
            part += term
            term *= odds * (k - i) / (i + 1)
            if term < 1e-17 * part:
                break
        return min(_log_mass(x, k, rate) + math.log(part), 0.0)
    for i in range(x - 1, -1, -1):
        part += term
        term *= i / (odds * (k - i + 1))
        if term < 1e-17 * part:
            break
    return math.log1p(-math.exp(_log_mass(x - 1, k, rate)) * part)


@njit(cache=True, nogil=True)
def _log_mass(x, k, rate):  # type: ignore[no-untyped-def]
    """Return ln P(Bin(k, rate) = x), by Loader's saddle-point expansion, which loses no digits for large k."""
    if x == 0:
        return k * math.log1p(-rate)
    if x == k:
        return k * math.log(rate)
    error = _stirling_error(k) - _stirling_error(x) - _stirling_error(k - x)
    gap = _deviance(x, k * rate) + _deviance(k - x, k * (1 - rate))
    return error - gap - _HALF_LOG_2PI - 0.5 * (math.log(x) + math.log1p(-x / k))


@njit(cache=True, nogil=True)
def _stirling_error(k):  # type: ignore[no-untyped-def]
    """Return ln k! less Stirling's approximation to it."""
    if k < 16:
        return math.lgamma(k + 1.0) - (k + 0.5) * math.log(k) + k - _HALF_LOG_2PI
    square = 1.0 / (k * k)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / k


@njit(cache=True, nogil=True)
def _deviance(x, mean):  # type: ignore[no-untyped-def]
    """Return x ln(x / mean) + mean - x without cancellation."""
    if abs(x - mean) >= 0.1 * (x + mean):
        return x * math.log(x / mean) + mean - x
    # With u = (x - mean) / (x + mean): x ln(x / mean) = 2x (u + u³/3 + u⁵/5 + ...).
    u = (x - mean) / (x + mean)
    total, power = (x - mean) * u, 2 * x * u
    for j in range(1, 40):
        power *= u * u
        step = power / (2 * j + 1)
        if total + step == total:
            break
        total += step
    return total
