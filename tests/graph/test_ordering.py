"""Rows in the order of their pairs: as NumPy sorts them, however they are handed in."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.graph.ordering import BITS, MASK, fits, in_order


def drawn(rows, people, seed=5):
    rng = np.random.default_rng(seed)
    sender = rng.integers(0, people, rows).astype(np.int32)
    recipient = ((sender + rng.integers(1, people, rows)) % people).astype(np.int32)
    return sender, recipient, rng.integers(0, MASK // 2, rows).astype(np.int32)


def unpacked(ordered):
    others = (1 << ordered.person) - 1
    pairs = [(rows >> ordered.extra, first) for rows, first in zip(ordered.rows, ordered.first, strict=True)]
    a = np.concatenate([first + (pair >> ordered.person) for pair, first in pairs])
    b = np.concatenate([pair & others for pair, _ in pairs])
    return a, b, np.concatenate([rows & ((1 << ordered.extra) - 1) for rows in ordered.rows])


@pytest.mark.parametrize(("rows", "people"), [(40, 3), (5000, 60), (200_000, 70_000), (200_000, 2)])
def test_rows_stand_as_numpy_sorts_them(rows, people):
    sender, recipient, weight = drawn(rows, people)
    lower, higher = np.minimum(sender, recipient), np.maximum(sender, recipient)
    order = np.lexsort((weight, higher, lower))
    a, b, said = unpacked(in_order([(sender, recipient, weight)], people, BITS))
    assert np.array_equal(a, lower[order])
    assert np.array_equal(b, higher[order])
    assert np.array_equal(said, weight[order])


def test_pieces_and_their_order_change_nothing():
    whole = drawn(5000, 60)
    pieces = [tuple(column[start : start + 700] for column in whole) for start in range(0, 5000, 700)]
    one, other = in_order([whole], 60, BITS), in_order(pieces[::-1], 60, BITS)
    assert all(np.array_equal(x, y) for x, y in zip(one.rows, other.rows, strict=True))
    assert len(one.rows) == len(other.rows)


def test_what_a_row_says_and_its_direction_are_kept():
    columns = [np.array(values, dtype=np.int32) for values in ([4, 1], [2, 3], [7, 9], [6, 2])]
    a, b, said = unpacked(in_order([tuple(columns)], 5, BITS + 4))
    assert (a.tolist(), b.tolist()) == ([1, 2], [3, 4])
    assert said.tolist() == [(2 << BITS) | 9, (7 << BITS) | 7]


def test_no_rows():
    assert sum(map(len, in_order([], 0, BITS).rows)) == 0
    assert sum(map(len, in_order([], 50, BITS).rows)) == 0


def test_what_fits_one_number():
    assert fits(1 << 20, 37)
    assert not fits(1 << 20, 38)


def test_rows_that_say_much_are_divided_further():
    sender, recipient, weight = drawn(3000, 1 << 20)
    said = np.full(3000, (1 << 11) - 2, dtype=np.int32)
    found = in_order([(sender, recipient, weight, said)], 1 << 20, BITS + 12)
    assert len(found.rows) == 1 << 14
    a, b, told = unpacked(found)
    lower, higher = np.minimum(sender, recipient), np.maximum(sender, recipient)
    order = np.lexsort((higher, lower))
    assert (a.tolist(), b.tolist()) == (lower[order].tolist(), higher[order].tolist())
    assert (told & MASK).tolist() == weight[order].tolist()
    assert (told >> BITS).tolist() == (said | (sender > recipient))[order].tolist()
