"""Compiled shuffles: the stream of NumPy, and the numbers of a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.delivery.order.kernels import among, draw_stand_ins, met, permute, put_back, stream_of
from commfinder.delivery.order.lines import line_up
from commfinder.delivery.order.predictability import _halves, _Judge


def two(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Two generators at one place of one stream, half a word left over for odd seeds."""
    pair = np.random.default_rng(seed), np.random.default_rng(seed)
    for rng in pair:
        rng.random(3)
        rng.integers(7, size=seed % 2, dtype=np.uint32)
    return pair


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 9, 30])
def test_shuffles_are_those_of_numpy(seed, length):
    many = 40
    plain, ours = two(seed)
    who = np.arange(many * length)
    expected = plain.permuted(who.reshape(many, length), axis=1).ravel()
    stream = stream_of(ours)
    permute(who, np.array([[0, many, length]]), stream)
    put_back(ours, stream)
    assert who.tolist() == expected.tolist()
    # Whatever is drawn next is the same too: by halves of words, and by whole ones.
    assert ours.bit_generator.state == plain.bit_generator.state


@pytest.mark.parametrize("seed", range(3))
def test_draws_have_the_luck_of_numpy(seed):
    plain, ours = two(seed)
    pools, draws = [[0, 1], [0, 1, 2], [1, 2, 3, 4]], 50
    expected, taken = np.zeros((draws, 3), np.int64), np.zeros((draws, 5), bool)
    for turn, pool in enumerate(pools):
        luck = np.where(taken[:, pool], -1.0, plain.random((draws, len(pool))))
        expected[:, turn] = np.array(pool)[luck.argmax(axis=1)]
        taken[np.arange(draws), expected[:, turn]] = True
    stream = stream_of(ours)
    drawn, good = draw_stand_ins(np.concatenate(pools), np.array([2, 3, 4]), 5, draws, stream)
    put_back(ours, stream)
    assert drawn.tolist() == expected.tolist() and good.all()
    assert ours.bit_generator.state == plain.bit_generator.state


def test_a_draw_without_anybody_left_is_told():
    stream = stream_of(np.random.default_rng(0))
    assert not draw_stand_ins(np.array([0, 0]), np.array([1, 1]), 1, 5, stream)[1].any()


def test_handoffs_and_meetings_of_a_group_are_counted():
    starts, taker, many = np.array([0, 2, 3, 3]), np.array([1, 2, 0]), np.array([5, 7, 2])
    assert among(np.array([[0, 1], [0, 2], [1, 2]]), starts, taker, many, 3).tolist() == [7, 7, 0]
    starts, case = np.array([0, 2, 4, 5]), np.array([0, 1, 0, 1, 1])
    assert met(np.array([[0, 1, 2]] * 2), starts, case, 2, 3).tolist() == [1, 1]


def shares(lines, who, halves, k=3.0):
    """The share of pairs in the order predicted, for each deal, by loops over pairs."""
    left, right = lines.pairs()
    found = []
    for half in halves:
        side = half[lines.case]
        total, seen = np.zeros((2, lines.n_actors)), np.full((2, lines.n_actors), k)
        for one, x, of in zip(who, lines.x, side, strict=True):
            total[of, one] += x
        for one, of in zip(lines.actor, side, strict=True):
            seen[of, one] += 1
        ahead = total / seen
        parts = []
        for of in (0, 1):
            score = [
                0.5 * (gap > 1e-12) + 0.5 * (gap >= -1e-12)
                for a, b in zip(left, right, strict=True)
                if side[a] == of
                for gap in [ahead[1 - of, who[b]] - ahead[1 - of, who[a]]]
            ]
            parts += [sum(score) / len(score)] if score else []
        found.append(sum(parts) / len(parts))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_scores_of_shuffles_are_those_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(60), rng.integers(2, 9, 60))
    actor = rng.integers(12, size=len(case))
    # Some act at one time, so that their order is not known.
    lines = line_up(case, actor, rng.integers(6, size=len(case))).later()
    left, right = lines.pairs()
    plain, ours = two(seed)
    halves = _halves(lines, plain)
    assert (halves == _halves(lines, ours)).all()
    found = _Judge(lines, left, right, halves, 3.0).shuffled(5, ours)
    who, expected = lines.actor.copy(), []
    for _ in range(5):
        for begin, many, length in lines.block:
            if length > 1:
                view = who[begin : begin + many * length].reshape(many, length)
                view[...] = plain.permuted(view, axis=1)
        expected.append(shares(lines, who, halves))
    assert found.tolist() == expected
