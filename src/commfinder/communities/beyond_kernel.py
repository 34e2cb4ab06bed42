"""Grow and mend groups, in compiled code: one person at a time, whoever raises the score most."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["climbed", "partners"]

_LEAST, _ENOUGH = 1e-9, 1e-9
_NOBODY = -1


@njit(cache=True, nogil=True)
def partners(lines, rates, least):  # type: ignore[no-untyped-def]
    """Return for each person the one they have a tie with whose common contacts surprise most; -1 where there is none.

    A tie surprises by 1 - λ; a triangle by the product of its ties.

    Parameters
    ----------
    lines : Lines
        Ties.
    rates : Rates
        The null.
    least : float
        What the surprise of the tie times that of the common contacts must pass.

    Returns
    -------
    ndarray of int64, shape (k,)
    """
    starts, others = lines
    n = len(starts) - 1
    surprise = np.empty(len(others))
    for person in range(n):
        here = slice(starts[person], starts[person + 1])
        _rates(rates, person, others[here], here.stop - here.start, surprise[here])
    for place in range(len(others)):
        surprise[place] = min(max(1.0 - surprise[place], 0.0), 1.0)
    result, mine = np.full(n, _NOBODY, np.int64), np.zeros(n)
    for person in range(n):
        for place in range(starts[person], starts[person + 1]):
            mine[others[place]] = surprise[place]
        top = least
        for place in range(starts[person], starts[person + 1]):
            common, other = 0.0, others[place]
            for further in range(starts[other], starts[other + 1]):
                common += mine[others[further]] * surprise[further]
            if surprise[place] * common > top:
                top, result[person] = surprise[place] * common, other
        for place in range(starts[person], starts[person + 1]):
            mine[others[place]] = 0.0
    return result


@njit(cache=True, nogil=True)
def climbed(pairs, lines, rates, choices, smallest, largest):  # type: ignore[no-untyped-def]
    """Grow each pair well past its best size, go back to its best, and mend it by one person at a time.

    Growing can not stop at the first step that does not pay: the number of ways to choose a group grows before its
    ties do. Only people with a tie to the group are looked at.

    Parameters
    ----------
    pairs : ndarray of int64, shape (p, 2)
        Pairs of people to start from.
    lines : Lines
        Ties.
    rates : Rates
        The null.
    choices : ndarray of float64, shape (k + 1,)
        What a group of each size costs.
    smallest, largest : int
        Sizes between which a best one is looked for.

    Returns
    -------
    members : ndarray of int64
        The members of all groups, one group after the other, rising within each.
    ends : ndarray of int64, shape (p,)
        Where each group ends.
    score : ndarray of float64, shape (p,)
        -inf where no group got that large.
    """
    n, units = len(lines[0]) - 1, len(rates[6]) - 1
    ends, scores = np.empty(len(pairs), np.int64), np.full(len(pairs), -np.inf)
    members, filled = np.empty(max(len(pairs) * smallest, n), np.int64), 0
    # Those near a group side by side, so that a processor takes several at a time: who they are, whether inside, how
    # many ties to the group they have and how many are expected, and what is known of them; then where each is.
    near = (
        *(np.empty(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.int64), np.zeros(n), np.empty(n)),
        *(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)),
        *(np.full(n, _NOBODY, np.int64), np.empty(units), np.empty(n)),
    )
    who, inside, links, means = near[0], near[1], near[2], near[3]
    group, place = np.empty(n, np.int64), near[9]
    # Of all who have as many ties to a group, the one of whom fewest are expected raises the score most.
    rival = np.full(n + 1, _NOBODY, np.int64)
    for start in range(len(pairs)):
        reach = _joined(pairs[start, 0], lines, rates, near, group, 0, 0)
        observed, mean = np.float64(links[place[pairs[start, 1]]]), means[place[pairs[start, 1]]]
        reach = _joined(pairs[start, 1], lines, rates, near, group, 1, reach)
        best, size, last = -np.inf, 2, 2
        for grown in range(3, largest + 1):
            mover, gain = _joining(near, reach, observed, mean, rival)
            if mover < 0:
                break
            observed, mean = observed + links[mover], mean + means[mover]
            reach = _joined(who[mover], lines, rates, near, group, last, reach)
            last = grown
            if grown >= smallest and gain - choices[grown] > best + _ENOUGH:
                best, size = gain - choices[grown], grown
        if best > -np.inf:
            for one in range(size, last):
                _left(group[one], lines, rates, near, reach)
            best, size, reach = _mended(lines, rates, near, group, size, reach, choices, best, rival)
            if filled + size > len(members):
                members = np.concatenate((members, np.empty(len(members) + size, np.int64)))
            members[filled : filled + size] = np.sort(group[:size])
            filled += size
        ends[start], scores[start] = filled, best
        for one in range(reach):
            inside[one], links[one], means[one], place[who[one]] = False, 0, 0.0, _NOBODY
    return members[:filled], ends, scores


@njit(cache=True, nogil=True)
def _rates(rates, i, others, many, result):  # type: ignore[no-untyped-def]
    """Fill in the ties expected between a person and each of some others, and return their sum; 0 with itself."""
    activity, unit, unknown, site, manager, person, rows, columns, values, rest, factors, share = rates
    total, g = 0.0, unit[i]
    for k in range(many):
        j = others[k]
        h, low, high = unit[j], rows[g], rows[g + 1]
        while low < high:
            middle = (low + high) // 2
            if columns[middle] < h:
                low = middle + 1
            else:
                high = middle
        block = values[low] if low < rows[g + 1] and columns[low] == h else rest
        across = 0 if g == h and g != unknown else 1
        rate = activity[i] * activity[j] * block
        if site[i] == site[j] and site[i] >= 0:
            rate *= factors[0, across]
        if manager[i] == manager[j] and manager[i] >= 0:
            rate *= factors[1, across]
        if manager[i] == person[j] or manager[j] == person[i]:
            rate *= factors[2, across]
        result[k] = rate * share if i != j else 0.0
        total += result[k]
    return total


@njit(cache=True, nogil=True)
def _moved(mover, sign, rates, near, reach):  # type: ignore[no-untyped-def]
    """Add what is expected of a person to all near the group, or take it away."""
    activity, unit, unknown, site, manager, person, rows, columns, values, rest, factors, share = rates
    means, active, where, at, led, number, place, block = near[3:11]
    own, me, leader = activity[mover], person[mover], manager[mover]
    block[:] = rest
    for pair in range(rows[unit[mover]], rows[unit[mover] + 1]):
        block[columns[pair]] = values[pair]
    mine = unit[mover] if unit[mover] != unknown else _NOBODY
    # What is not known is like nobody's.
    here = site[mover] if site[mover] >= 0 else -2
    boss = leader if leader >= 0 else -2
    kept = means[place[mover]] if place[mover] >= 0 else 0.0
    site_within, site_across = factors[0, 0], factors[0, 1]
    manager_within, manager_across = factors[1, 0], factors[1, 1]
    report_within, report_across = factors[2, 0], factors[2, 1]
    # One value of two or 1, without a branch, so that a processor takes several people at a time.
    for one in range(reach):
        within = where[one] == mine
        by_site = (site_within if within else site_across) if at[one] == here else 1.0
        by_manager = (manager_within if within else manager_across) if led[one] == boss else 1.0
        by_report = (report_within if within else report_across) if (led[one] == me) | (number[one] == leader) else 1.0
        rate = own * active[one] * block[where[one]] * by_site * by_manager * by_report * share
        means[one] += sign * rate
    if place[mover] >= 0:
        means[place[mover]] = kept


@njit(cache=True, nogil=True)
def _gain(observed, mean):  # type: ignore[no-untyped-def]
    """Return the log-likelihood ratio of as many ties against as many as expected; 0 for too few."""
    mean = max(mean, _LEAST)
    return observed * np.log(observed / mean) - (observed - mean) if observed > mean else 0.0


@njit(cache=True, nogil=True)
def _joined(mover, lines, rates, near, group, size, reach):  # type: ignore[no-untyped-def]
    """Let a person join as the next of a group; return how many are near it then."""
    activity, unit, _, site, manager, number = rates[:6]
    who, inside, links, means, place = near[0], near[1], near[2], near[3], near[9]
    starts, others = lines
    _moved(mover, 1.0, rates, near, reach)
    group[size] = mover
    size += 1
    for contact in range(starts[mover] - 1, starts[mover + 1]):
        person = others[contact] if contact >= starts[mover] else mover
        if place[person] < 0:
            place[person], who[reach] = reach, person
            near[4][reach], near[5][reach], near[6][reach] = activity[person], unit[person], site[person]
            near[7][reach], near[8][reach] = manager[person], number[person]
            means[reach] = _rates(rates, person, group, size, near[11])
            reach += 1
        links[place[person]] += 1 if person != mover else 0
    inside[place[mover]] = True
    return reach


@njit(cache=True, nogil=True)
def _left(mover, lines, rates, near, reach):  # type: ignore[no-untyped-def]
    """Let a person leave: the others have less by that person's ties alone."""
    inside, links, place = near[1], near[2], near[9]
    starts, others = lines
    inside[place[mover]] = False
    _moved(mover, -1.0, rates, near, reach)
    for contact in range(starts[mover], starts[mover + 1]):
        links[place[others[contact]]] -= 1


@njit(cache=True, nogil=True)
def _joining(near, reach, observed, mean, rival):  # type: ignore[no-untyped-def]
    """Return where who of those outside with a tie to the group raises it most is, and the ratio with them."""
    who, inside, links, means = near[0], near[1], near[2], near[3]
    most = 0
    for one in range(reach):
        tied = links[one]
        if tied > 0 and not inside[one]:
            most, first = max(most, tied), rival[tied]
            if first < 0 or means[one] < means[first] or (means[one] == means[first] and who[one] < who[first]):
                rival[tied] = one
    mover, top = _NOBODY, -np.inf
    for tied in range(most, 0, -1):
        one = rival[tied]
        if one >= 0:
            gain = _gain(observed + tied, mean + means[one])
            if gain > top:
                mover, top = one, gain
            rival[tied] = _NOBODY
    return mover, top


@njit(cache=True, nogil=True)
def _mended(lines, rates, near, group, size, reach, choices, best, rival):  # type: ignore[no-untyped-def]
    """Let the one person join or leave who raises the score of a group most, until nobody does."""
    who, inside, links, means, place = near[0], near[1], near[2], near[3], near[9]
    n = len(place)
    for _ in range(n):
        observed, mean = 0.0, 0.0
        group[:size] = np.sort(group[:size])
        for one in range(size):
            observed, mean = observed + links[place[group[one]]], mean + means[place[group[one]]]
        observed, mean = observed / 2, mean / 2
        mover, top = _joining(near, reach, observed, mean, rival)
        top -= choices[min(size + 1, n)]
        for one in range(size):
            at = place[group[one]]
            score = _gain(observed - links[at], mean - means[at]) - choices[size - 1]
            if score > top:
                mover, top = at, score
        if mover < 0 or top <= best + _ENOUGH:
            break
        best, person = top, who[mover]
        if inside[mover]:
            _left(person, lines, rates, near, reach)
            at = np.searchsorted(group[:size], person)
            group[at : size - 1] = group[at + 1 : size].copy()
            size -= 1
        else:
            reach = _joined(person, lines, rates, near, group, size, reach)
            size += 1
    return best, size, reach
