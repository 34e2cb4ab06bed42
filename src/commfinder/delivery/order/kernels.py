"""Shuffles of cases and draws of groups, and what they give: compiled, in the stream of NumPy's generator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["among", "draw_stand_ins", "met", "permute", "put_back", "scored_shuffles", "stream_of"]

WordArray = npt.NDArray[np.uint64]

_WORD = (1 << 64) - 1
_HIGH, _LOW = np.uint64(0x2360ED051FC65DA4), np.uint64(0x4385DF649FCCF645)
_HALF, _HALF_BITS = np.uint64(0xFFFFFFFF), np.uint64(32)
_ONE, _NONE, _TURN, _LAST = np.uint64(1), np.uint64(0), np.uint64(58), np.uint64(63)
_ALL, _SPARE, _STEP = np.uint64(64), np.uint64(11), 2.0**-53


def stream_of(rng: np.random.Generator) -> WordArray:
    """Return where the stream of a generator stands, for kernels to go on from.

    Parameters
    ----------
    rng : numpy.random.Generator
        As `numpy.random.default_rng` makes it.

    Returns
    -------
    ndarray of uint64, shape (6,)
        State and increment of PCG64, each in two words, whether half a word is left over, and that half.

    References
    ----------
    .. [1] O'Neill (2014), PCG: a family of simple fast space-efficient statistically good algorithms for random number
       generation. Technical report HMC-CS-2014-0905, Harvey Mudd College.
    """
    held = rng.bit_generator.state
    state, inc = int(held["state"]["state"]), int(held["state"]["inc"])
    words = (state >> 64, state & _WORD, inc >> 64, inc & _WORD, int(held["has_uint32"]), int(held["uinteger"]))
    return np.array(words, dtype=np.uint64)


def put_back(rng: np.random.Generator, stream: WordArray) -> None:
    """Let a generator go on where a kernel has left its stream.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator that the stream was taken of.
    stream : ndarray of uint64, shape (6,)
        See `stream_of`.
    """
    held = dict(rng.bit_generator.state)
    high, low, *_, left, half = (int(word) for word in stream)
    held["state"]["state"] = high << 64 | low
    rng.bit_generator.state = {**held, "has_uint32": left, "uinteger": half}


@njit(cache=True, nogil=True, inline="always")
def _times_high(a, b):  # type: ignore[no-untyped-def]
    """Return the upper word of the product of two words."""
    a_low, a_high, b_low, b_high = a & _HALF, a >> _HALF_BITS, b & _HALF, b >> _HALF_BITS
    low, one, other = a_low * b_low, a_low * b_high, a_high * b_low
    middle = (low >> _HALF_BITS) + (one & _HALF) + (other & _HALF)
    return a_high * b_high + (one >> _HALF_BITS) + (other >> _HALF_BITS) + (middle >> _HALF_BITS)


@njit(cache=True, nogil=True, inline="always")
def _next_word(stream):  # type: ignore[no-untyped-def]
    """Return the next 64 bits of the stream."""
    high = _times_high(stream[1], _LOW) + stream[0] * _LOW + stream[1] * _HIGH
    low = stream[1] * _LOW + stream[3]
    high += stream[2]
    if low < stream[3]:
        high += _ONE
    stream[0], stream[1] = high, low
    mixed, turn = high ^ low, high >> _TURN
    return (mixed >> turn) | (mixed << ((_ALL - turn) & _LAST))


@njit(cache=True, nogil=True, inline="always")
def _half_word(stream):  # type: ignore[no-untyped-def]
    """Return the next 32 bits of the stream: of each word the lower half, then the upper one."""
    if stream[4]:
        stream[4] = _NONE
        return stream[5]
    word = _next_word(stream)
    stream[4], stream[5] = _ONE, word >> _HALF_BITS
    return word & _HALF


@njit(cache=True, nogil=True, inline="always")
def _chance(stream):  # type: ignore[no-untyped-def]
    """Return the next number from 0 to 1, as ``Generator.random`` does."""
    return (_next_word(stream) >> _SPARE) * _STEP


@njit(cache=True, nogil=True)
def permute(who, blocks, stream):  # type: ignore[no-untyped-def]
    """Shuffle within cases in place, as ``Generator.permuted`` does with the rows of each block.

    Blocks are rows of: where cases of one length begin, how many they are, and their length.
    """
    for block in range(len(blocks)):
        length = blocks[block, 2]
        if length < 2:
            continue
        top = _ONE
        while top < np.uint64(length - 1):
            top = (top << _ONE) | _ONE
        for case in range(blocks[block, 1]):
            begin, mask = blocks[block, 0] + case * length, top
            for place in range(length - 1, 0, -1):
                while (mask >> _ONE) >= np.uint64(place):
                    mask >>= _ONE
                drawn = _half_word(stream) & mask
                while drawn > np.uint64(place):
                    drawn = _half_word(stream) & mask
                other = begin + np.int64(drawn)
                who[begin + place], who[other] = who[other], who[begin + place]


@njit(cache=True, nogil=True)
def _predicted(who, x, case, share, weight, total):  # type: ignore[no-untyped-def]
    """Work out where everybody comes in a case, from each half of each deal; entries are added in their order."""
    total[:] = 0.0
    for entry in range(len(who)):
        # Nothing is added to the half that the case is not in: all halves at once are quicker than one by one.
        for one in range(total.shape[1]):
            total[who[entry], one] += x[entry] * share[case[entry], one]
    for actor in range(len(total)):
        for one in range(total.shape[1]):
            total[actor, one] /= weight[actor, one]


@njit(cache=True, nogil=True)
def _in_order(position, earlier, later, half, same):  # type: ignore[no-untyped-def]
    """Count in each half how often the earlier of two is predicted to be so, twice over."""
    whole, second = 0, 0
    for pair in range(len(earlier)):
        gap = position[later[pair]] - position[earlier[pair]]
        right = (gap > same) + (gap >= -same)
        whole += right
        second += right * half[pair]
    return whole - second, second


@njit(cache=True, nogil=True)
def scored_shuffles(who, x, case, earlier, later, blocks, halves, weight, same, times, stream):  # type: ignore[no-untyped-def]
    """Shuffle again and again; count for each deal and half how often pairs come in the order predicted, twice over.

    `halves` has a row per deal and a column per case; `weight` a row per actor and two columns per deal, one for each
    half. Twice, since a pair of which nothing is predicted counts a half. Returns an array of shape (times, 2 * deals):
    the pairs in the first and the second half of each deal. Numbers are best given short and without a sign: so they
    are not checked for one.
    """
    deals, n = len(halves), len(who)
    share = np.zeros((halves.shape[1], 2 * deals))
    column = np.empty((deals, n), np.uint8)
    half = np.empty((deals, len(earlier)), np.uint8)
    for deal in range(deals):
        for one in range(halves.shape[1]):
            share[one, 2 * deal + halves[deal, one]] = 1.0
        for entry in range(n):
            column[deal, entry] = 2 * deal + 1 - halves[deal, case[entry]]
        for pair in range(len(earlier)):
            half[deal, pair] = halves[deal, case[earlier[pair]]]
    total, position = np.empty(weight.shape), np.empty(n)
    right = np.empty((times, 2 * deals), np.int64)
    for turn in range(times):
        permute(who, blocks, stream)
        _predicted(who, x, case, share, weight, total)
        for deal in range(deals):
            for entry in range(n):
                position[entry] = total[who[entry], column[deal, entry]]
            first, second = _in_order(position, earlier, later, half[deal], same)
            right[turn, 2 * deal], right[turn, 2 * deal + 1] = first, second
    return right


@njit(cache=True, nogil=True)
def draw_stand_ins(place, length, people, draws, stream):  # type: ignore[no-untyped-def]
    """Draw one of each pool in turn, of those whom nobody has drawn yet; tell which draws found somebody every time.

    `place` holds the pools one after the other, as numbers below `people`. Whoever has most luck is drawn: each draw
    gives each of a pool a number from the stream, whether they are taken or not.
    """
    taken = np.zeros((draws, people), np.bool_)
    drawn = np.zeros((draws, len(length)), np.int64)
    good = np.ones(draws, np.bool_)
    begin = 0
    for turn in range(len(length)):
        for one in range(draws):
            best, most = 0, -2.0
            for k in range(length[turn]):
                luck = _chance(stream)
                if taken[one, place[begin + k]]:
                    luck = -1.0
                if luck > most:
                    best, most = k, luck
            if most < 0:
                good[one] = False
            drawn[one, turn] = place[begin + best]
            taken[one, place[begin + best]] = True
        begin += length[turn]
    return drawn, good


@njit(cache=True, nogil=True)
def among(groups, starts, taker, many, people):  # type: ignore[no-untyped-def]
    """Count the handoffs among the people of each group; `starts` says where the handoffs of each giver begin."""
    inside = np.full(people, -1, np.int64)
    found = np.zeros(len(groups), np.int64)
    for group in range(len(groups)):
        for one in groups[group]:
            inside[one] = group
        for one in groups[group]:
            for e in range(starts[one], starts[one + 1]):
                if inside[taker[e]] == group:
                    found[group] += many[e]
    return found


@njit(cache=True, nogil=True)
def met(groups, starts, case, cases, least):  # type: ignore[no-untyped-def]
    """Count the cases that at least so many people of each group are on; `starts` says where everybody's begin."""
    seen = np.zeros(cases, np.int64)
    found = np.zeros(len(groups), np.int64)
    for group in range(len(groups)):
        for one in groups[group]:
            for e in range(starts[one], starts[one + 1]):
                seen[case[e]] += 1
                if seen[case[e]] == least:
                    found[group] += 1
        for one in groups[group]:
            for e in range(starts[one], starts[one + 1]):
                seen[case[e]] = 0
    return found
