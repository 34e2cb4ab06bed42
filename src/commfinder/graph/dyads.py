"""The compiled part of the tests on groups: stand-ins, rosters drawn from them, and what each roster shows."""

from __future__ import annotations

import numpy as np
from numba import njit

from commfinder.graph.groups import MIN_CORE, divided, peeled, weaker_half

__all__ = [
    "drawn_rosters",
    "in_circles",
    "lean_of",
    "local_blocks",
    "replicated",
    "shared_out",
    "special_sums",
    "stand_ins",
    "unit_sums",
]

_TRIES, _QUICK = 60, 8
_STEPS, _FARTHEST, _CLOSE = 30, 4.0, 1e-6


@njit(cache=True, nogil=True)
def unit_sums(one, other, starts, site, mass, unit, values, rest):  # type: ignore[no-untyped-def]
    """Go through the stored pairs of units and the sites both have.

    For each pair: the sum over common sites of the product of the masses. For each cell of unit and site: the sum over
    other units of what their factor exceeds the rest by, times their mass at the site. For each unit: the same with
    the whole mass, its own too.
    """
    common, reached, whole = np.zeros(len(one)), np.zeros(len(site)), np.zeros(len(unit))
    for p in range(len(one)):
        g, h = one[p], other[p]
        extra = values[p] - rest
        whole[g] += extra * unit[h]
        if g == h:
            continue
        whole[h] += extra * unit[g]
        x, y, last_x, last_y, total = starts[g], starts[h], starts[g + 1], starts[h + 1], 0.0
        while x < last_x and y < last_y:
            if site[x] < site[y]:
                x += 1
            elif site[y] < site[x]:
                y += 1
            else:
                if site[x] >= 0:
                    total += mass[x] * mass[y]
                    reached[x] += extra * mass[y]
                    reached[y] += extra * mass[x]
                x += 1
                y += 1
        common[p] = total
    return common, reached, whole


@njit(cache=True, nogil=True)
def special_sums(pairs, activity, values, factors, people):  # type: ignore[no-untyped-def]
    """Add up over pairs that share a manager, report to one another or are left out.

    By how much people's and pairs of units' sums differ from what other pairs would give, and likewise those of one
    site; what is expected of those who share a manager, and of reports.
    """
    i, j, block, left_out, site, manager, report = pairs
    person, blocks, kinds = np.zeros(people), np.zeros(len(values)), np.zeros((3, 3))
    for p in range(len(i)):
        plain = activity[i[p]] * activity[j[p]] * values[block[p]] * factors[0, site[p]]
        full = 0.0 if left_out[p] else plain * factors[1, manager[p]] * factors[2, report[p]]
        change = full - plain
        person[i[p]] += change
        person[j[p]] += change
        blocks[block[p]] += change
        kinds[0, site[p]] += change
        kinds[1, manager[p]] += full
        kinds[2, report[p]] += full
    return person, blocks, kinds


@njit(cache=True, nogil=True)
def local_blocks(units, starts, column, values, rest):  # type: ignore[no-untyped-def]
    """Return the factors between some units, given sorted; only the upper half is stored."""
    table = np.full((len(units), len(units)), rest)
    for x in range(len(units)):
        e, y = starts[units[x]], x
        while e < starts[units[x] + 1] and y < len(units):
            if column[e] < units[y]:
                e += 1
            elif column[e] > units[y]:
                y += 1
            else:
                table[x, y] = table[y, x] = values[e]
                e += 1
                y += 1
    return table


@njit(cache=True, nogil=True)
def stand_ins(members, stratum, starts, order, activity, nearest, enough):  # type: ignore[no-untyped-def]
    """Return for each member the people nearest in activity, from the narrowest stratum that holds enough others.

    Of people equally near, those closest in the order of the stratum come first. The member comes last.
    """
    pools = np.full((len(members), nearest + 1), -1, np.int64)
    lengths = np.zeros(len(members), np.int64)
    levels = len(stratum)
    for k in range(len(members)):
        person = members[k]
        here = activity[person]
        for level in range(levels):
            first, last = starts[level, stratum[level, person]], starts[level, stratum[level, person] + 1]
            low, high = first, last
            while low < high:
                middle = (low + high) // 2
                at = order[level, middle]
                if activity[at] < here or (activity[at] == here and at < person):
                    low = middle + 1
                else:
                    high = middle
            inside = low < last and order[level, low] == person
            others = last - first - (1 if inside else 0)
            if others < enough and level < levels - 1:
                continue
            left, right = low - 1, low + (1 if inside else 0)
            from_left = from_right = count = 0
            while count < nearest and (left >= first or right < last):
                down = here - activity[order[level, left]] if left >= first else np.inf
                up = activity[order[level, right]] - here if right < last else np.inf
                if down < up or (down == up and from_left <= from_right):
                    pools[k, count] = order[level, left]
                    left, from_left = left - 1, from_left + 1
                else:
                    pools[k, count] = order[level, right]
                    right, from_right = right + 1, from_right + 1
                count += 1
            pools[k, count] = person
            lengths[k] = count + 1
            break
    return pools, lengths


@njit(cache=True, nogil=True)
def in_circles(members, circle, starts, people, widest):  # type: ignore[no-untyped-def]
    """Return for each member the people of the same circle, and how many they are; none where there is no circle."""
    pools = np.full((len(members), widest), -1, np.int64)
    lengths = np.zeros(len(members), np.int64)
    for k in range(len(members)):
        number = circle[members[k]]
        if number >= 0:
            lengths[k] = starts[number + 1] - starts[number]
            pools[k, : lengths[k]] = people[starts[number] : starts[number + 1]]
    return pools, lengths


@njit(cache=True, nogil=True)
def lean_of(pools, lengths, given, activity, wanted):  # type: ignore[no-untyped-def]
    """Return the power of activity by which to draw from some pools so that the drawn are as active as wanted.

    Of each pool so many are drawn as it has given, one after the other and nobody twice. Until time t a person of
    weight w is drawn with probability 1 - exp(-w t). The power is drawn towards 0 as by a normal prior of deviation 1,
    so that few people, or all the most active, do not make it extreme.
    """
    lean = 0.0
    for _ in range(_STEPS):
        gap, slope = wanted - lean, 1.0
        for k in range(len(pools)):
            pool = activity[pools[k, : lengths[k]]]
            mean, change = _drawn_activity(pool, given[k], lean)
            gap -= mean
            slope += change
        step = max(-1.0, min(1.0, gap / slope))
        lean = max(-_FARTHEST, min(_FARTHEST, lean + step))
        if abs(step) < _CLOSE:
            break
    return lean


@njit(cache=True, nogil=True)
def _drawn_activity(pool, given, lean):  # type: ignore[no-untyped-def]
    """Return the sum of activity expected of those drawn from a pool, and by how much it grows with the lean."""
    if given >= len(pool):
        return pool.sum(), 0.0
    weight = np.exp(lean * (pool - (pool.max() if lean > 0 else pool.min())))
    t = -np.log1p(-given / len(pool)) / weight.mean()
    for _ in range(_STEPS):
        stay = np.exp(-weight * t)
        step = (given - (1.0 - stay).sum()) / (weight * stay).sum()
        t = t + step if t + step > 0.0 else t / 2.0
        if abs(step) <= _CLOSE * t:
            break
    stay = np.exp(-weight * t)
    moved = weight * stay
    middle = (moved * pool).sum() / moved.sum()
    return ((1.0 - stay) * pool).sum(), t * (moved * pool * (pool - middle)).sum()


@njit(cache=True, nogil=True)
def shared_out(pools, lengths, activity, lean):  # type: ignore[no-untyped-def]
    """Return for each pool the shares of its people, by a power of activity, added up."""
    shares = np.ones(pools.shape)
    for k in range(len(pools)):
        pool = activity[pools[k, : lengths[k]]]
        if len(pool):
            grown = np.cumsum(np.exp(lean * (pool - pool.max())))
            shares[k, : len(pool)] = grown / grown[-1]
    return shares


@njit(cache=True, nogil=True)
def _mixed(state):  # type: ignore[no-untyped-def]
    """Turn a counter into 64 random bits (SplitMix64)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@njit(cache=True, nogil=True)
def drawn_rosters(pools, lengths, shares, turns, candidates, seed, first, last):  # type: ignore[no-untyped-def]
    """Draw the rosters of some numbers: one of each pool by the shares, pools in their turns, nobody twice.

    Each number has random bits of its own, so that it does not matter who draws which roster when. A roster that gets
    stuck is drawn anew; if that does not help it starts with -1.
    """
    size = len(pools)
    drawn = np.empty((last - first, size), np.int64)
    taken = np.zeros(candidates, np.bool_)
    for r in range(first, last):
        state = _mixed(seed + np.uint64(r) * np.uint64(0x9E3779B97F4A7C15))
        row = drawn[r - first]
        done = 0
        for _ in range(_TRIES):
            done = 0
            while done < size:
                k = turns[done]
                one = -1
                for attempt in range(_QUICK + 1):
                    state = state + np.uint64(0x9E3779B97F4A7C15)
                    share = np.float64(_mixed(state) >> np.uint64(11)) / 9007199254740992.0
                    if attempt == _QUICK:
                        one = _free(pools[k], lengths[k], shares[k], taken, share)
                        break
                    j = 0
                    while j < lengths[k] - 1 and shares[k, j] <= share:
                        j += 1
                    if not taken[pools[k, j]]:
                        one = pools[k, j]
                        break
                if one < 0:
                    break
                taken[one] = True
                row[k] = one
                done += 1
            for place in range(done):
                taken[row[turns[place]]] = False
            if done == size:
                break
        if done < size:
            row[0] = -1
    return drawn


@njit(cache=True, nogil=True)
def _free(pool, length, shares, taken, share):  # type: ignore[no-untyped-def]
    """Draw by the shares among those of a pool who are not taken; -1 if all are."""
    left, before = 0.0, 0.0
    for j in range(length):
        if not taken[pool[j]]:
            left += shares[j] - before
        before = shares[j]
    one, passed, before = -1, 0.0, 0.0
    for j in range(length):
        if not taken[pool[j]]:
            one = pool[j]
            passed += shares[j] - before
            if passed > share * left:
                break
        before = shares[j]
    return one


@njit(cache=True, nogil=True)
def replicated(drawn, people, ties, table, factors, halves):  # type: ignore[no-untyped-def]
    """Return of each roster: z, z of its core, and, where asked, the smaller z of the halves of its best division.

    `people` holds number, activity, unit, site and manager of everybody who may be drawn; `ties` are the ties among
    them; `table` are the factors between their units and `factors` the others, within and across units.
    """
    rosters, size = drawn.shape
    z = np.full((rosters, 3), -np.inf)
    rate, tied = np.zeros((size, size)), np.zeros((size, size), np.bool_)
    place = np.full(len(people[0]), -1, np.int64)
    for r in range(rosters):
        row = drawn[r]
        if row[0] < 0:
            z[r] = np.nan
            continue
        total = _expected(row, people, table, factors, rate)
        observed = _joined(row, ties, place, tied)
        z[r, 0] = (observed - total) / np.sqrt(total + 0.5)
        if size >= MIN_CORE:
            z[r, 1] = peeled(rate, tied)[1]
        if halves and size >= 2 * MIN_CORE:
            raised = max(observed / total, 1.0) if total > 0.0 else 1.0
            z[r, 2] = weaker_half(rate, tied, divided(rate * raised, tied))
    return z


@njit(cache=True, nogil=True, error_model="numpy")
def _expected(row, people, table, factors, rate):  # type: ignore[no-untyped-def]
    """Fill in the ties expected between the people of a roster, and return how many they are in all."""
    number, activity, unit, site, manager = people
    size = len(row)
    who, boss, active = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    where, place = np.empty(size, np.int64), np.empty(size, np.int64)
    for k in range(size):
        i = row[k]
        who[k], active[k], where[k], place[k], boss[k] = number[i], activity[i], unit[i], site[i], manager[i]
    sums, weight, last = np.zeros(size), np.empty(size), -1
    site_within, site_across = factors[0, 0], factors[0, 1]
    manager_within, manager_across = factors[1, 0], factors[1, 1]
    report_within, report_across = factors[2, 0], factors[2, 1]
    for k in range(size):
        # The last row of the table is for people whose unit is not known: two of them do not share one.
        mine = where[k] if where[k] < len(table) - 1 else -1
        # What is not known is like nobody's.
        at = place[k] if place[k] >= 0 else -2
        led = boss[k] if boss[k] >= 0 else -2
        own, me, leader = active[k], who[k], boss[k]
        if where[k] != last:
            # People of one unit mostly follow one another: what their unit makes of the others is worked out once.
            last, factor = where[k], table[where[k]]
            for j in range(size):
                weight[j] = active[j] * factor[where[j]]
        line = rate[k]
        # One value of two or 1, without a branch, so that a processor takes several people at a time.
        for j in range(size):
            within = where[j] == mine
            by_site = (site_within if within else site_across) if place[j] == at else 1.0
            by_manager = (manager_within if within else manager_across) if boss[j] == led else 1.0
            by_report = (report_within if within else report_across) if (boss[j] == me) | (who[j] == leader) else 1.0
            line[j] = own * weight[j] * by_site * by_manager * by_report
        line[k] = 0.0
        for j in range(size):
            sums[j] += line[j]
    return sums.sum() / 2


@njit(cache=True, nogil=True)
def _joined(row, ties, place, tied):  # type: ignore[no-untyped-def]
    """Fill in the ties between the people of a roster, and count them."""
    starts, neighbour = ties
    count = 0
    tied[:] = False
    for k in range(len(row)):
        place[row[k]] = k
    for k in range(len(row)):
        for e in range(starts[row[k]], starts[row[k] + 1]):
            j = place[neighbour[e]]
            if j > k:
                tied[k, j] = tied[j, k] = True
                count += 1
    for k in range(len(row)):
        place[row[k]] = -1
    return count
