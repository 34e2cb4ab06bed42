"""The compiled part of `extend`: who joins what, and the tails of binomial distributions."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["judged", "log_tail", "measured", "repeats", "tails"]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


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
    start, mass = graph[0], cover[2]
    people, many = len(order), len(mass)
    person, joined = np.empty(2 * people + 1, np.int32), np.empty(2 * people + 1, np.int32)
    log_p, edge = np.empty(2 * people + 1), np.zeros(people, np.bool_)
    # For each community: ties of v that nothing explains yet; of those not to people of v's home; and the latter of all
    # people of that home.
    left, apart, around = np.zeros(many, np.int32), np.zeros(many, np.int32), np.zeros(many, np.int64)
    near, near_home = np.empty(many, np.int32), np.empty(many, np.int32)
    most = 1
    for v in order:
        most = max(most, start[v + 1] - start[v])
    explained, taken = np.zeros(most, np.bool_), np.zeros(many, np.bool_)
    out = last = 0
    for turn in range(people):
        v = order[turn]
        h, k = home[v], start[v + 1] - start[v]
        if turn == last:
            last, stubs, circle = _colleagues(graph, cover, order, home, turn, around, near_home)
        others = _tally(graph, cover, v, h, left, apart, near)
        if out + k + 1 > len(person):
            size = 2 * len(person) + k + 1
            person, joined, log_p = _longer(person, size), _longer(joined, size), _longer(log_p, size)
        explained[:k] = False
        first = out
        while True:
            beaten = out > first
            place, tail = _strongest(
                cover, v, k, h, near[:others], left, taken, min_ties, start[-1], beaten, around, apart, stubs
            )
            if place < 0 or not tail < bar:
                break
            c = near[place]
            taken[c] = True
            person[out], joined[out], log_p[out] = v, c, tail
            out += 1
            _explain(graph, cover, v, c, left, explained)
        if out == first:
            own = (mass[h] - k) / start[-1] if start[-1] > 0 else 0.0
            person[out], joined[out], log_p[out] = v, h, log_tail(left[h], k, own)
            edge[turn] = True
            out += 1
        for place in range(others):
            c = near[place]
            left[c], apart[c], taken[c] = 0, 0, False
        if turn + 1 == last:
            around[near_home[:circle]] = 0
    return person[:out].astype(np.int64), joined[:out], log_p[:out], edge


@njit(cache=True, nogil=True)
def _longer(values, size):  # type: ignore[no-untyped-def]
    """Copy an array into a longer one."""
    new = np.empty(size, values.dtype)
    new[: len(values)] = values
    return new


@njit(cache=True, nogil=True)
def _belongs(begin, community, u, c):  # type: ignore[no-untyped-def]
    """Tell whether somebody is in a community."""
    inside = False
    for s in range(begin[u], begin[u + 1]):
        inside = inside or community[s] == c
    return inside


@njit(cache=True, nogil=True)
def _colleagues(graph, cover, order, home, turn, around, near):  # type: ignore[no-untyped-def]
    """Count, for everybody of one home together, ties to other communities that do not lead to people of the home."""
    (start, neighbour), (begin, community, _) = graph, cover
    h, past, stubs, circle = home[order[turn]], turn, 0, 0
    while past < len(order) and home[order[past]] == h:
        v = order[past]
        stubs += start[v + 1] - start[v]
        for e in range(start[v], start[v + 1]):
            u = neighbour[e]
            if _belongs(begin, community, u, h):
                continue
            for s in range(begin[u], begin[u + 1]):
                c = community[s]
                if around[c] == 0:
                    near[circle] = c
                    circle += 1
                around[c] += 1
        past += 1
    return past, stubs, circle


@njit(cache=True, nogil=True)
def _tally(graph, cover, v, h, left, apart, near):  # type: ignore[no-untyped-def]
    """Count the ties of one person to each community; return how many communities there are."""
    (start, neighbour), (begin, community, _) = graph, cover
    others = 0
    for e in range(start[v], start[v + 1]):
        u = neighbour[e]
        outside = not _belongs(begin, community, u, h)
        for s in range(begin[u], begin[u + 1]):
            c = community[s]
            if left[c] == 0:
                near[others] = c
                others += 1
            left[c] += 1
            if outside:
                apart[c] += 1
    return others


@njit(cache=True, nogil=True)
def _strongest(cover, v, k, h, near, left, taken, min_ties, total, beaten, around, apart, stubs):  # type: ignore[no-untyped-def]
    """Return the most significant community that is left, and the logarithm of its tail."""
    begin, community, mass = cover
    best, least = -1, 0.0
    for place in range(len(near)):
        c = near[place]
        if taken[c] or left[c] < min_ties:
            continue
        inside = _belongs(begin, community, v, c)
        rate = (mass[c] - (k if inside else 0)) / total
        if beaten and c != h and stubs > k:
            rate = max(rate, (around[c] - apart[c]) / (stubs - k))
        tail = log_tail(left[c], k, rate)
        # Of equals: home, then the one with more ties, then the one of the lower number.
        better = best < 0 or tail < least
        if not better and tail == least and near[best] != h:
            more = left[c] - left[near[best]]
            better = c == h or more > 0 or (more == 0 and c < near[best])
        if better:
            best, least = place, tail
    return best, least


@njit(cache=True, nogil=True)
def _explain(graph, cover, v, c, left, explained):  # type: ignore[no-untyped-def]
    """Take the ties that lead to members of a community out of the counts of all communities."""
    (start, neighbour), (begin, community, _) = graph, cover
    for e in range(start[v], start[v + 1]):
        u = neighbour[e]
        if not explained[e - start[v]] and _belongs(begin, community, u, c):
            explained[e - start[v]] = True
            for s in range(begin[u], begin[u + 1]):
                left[community[s]] -= 1


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
