"""Rows of neighbours: complete, exact in any order, and keyed by structure instead of number."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities import adjacency as module
from commfinder.communities import threads
from commfinder.communities.adjacency import adjacency, mixed, renumbered, structure_keys


def drawn(seed=0, n=40, m=120):
    """Draw ties, some pairs more than once, either way round, with weights of all sizes."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, n, m)
    b = (a + rng.integers(1, n, m)) % n
    return a, b, 10.0 ** rng.uniform(-3, 3, m), n


def dense(rows, n):
    matrix = np.zeros((n, n))
    for v in range(n):
        here = slice(rows.start[v], rows.start[v + 1])
        np.add.at(matrix[v], rows.neighbour[here], rows.weight[here])
    return matrix


def test_rows_hold_every_tie_from_both_ends():
    a, b, weight, n = drawn()
    rows = adjacency(a, b, weight, n)
    wanted = np.zeros((n, n))
    np.add.at(wanted, (a, b), weight)
    np.add.at(wanted, (b, a), weight)
    found = dense(rows, n)
    np.testing.assert_allclose(found, wanted / rows.unit, rtol=0, atol=2.0)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(rows.strength, found.sum(axis=1))


def test_weights_are_whole_numbers_whose_sum_is_exact():
    a, b, weight, n = drawn()
    rows = adjacency(a, b, weight, n)
    assert (rows.weight == np.rint(rows.weight)).all()
    assert (rows.weight >= 1).all()
    assert 2**50 <= rows.strength.sum() < 2**53
    # The smallest weight keeps its digits, as far as the sum of all leaves room for them.
    assert rows.weight.min() * rows.unit == pytest.approx(weight.min(), rel=1e-6)


def test_a_pair_given_again_is_one_neighbour_up_to_a_size(monkeypatch):
    a, b, weight = np.array([0, 1, 0, 1]), np.array([1, 0, 1, 2]), np.array([1.0, 2.0, 4.0, 1.0])
    rows = adjacency(a, b, weight, 3)
    assert rows.start.tolist() == [0, 1, 3, 4]
    assert (rows.weight * rows.unit).tolist() == [7.0, 7.0, 1.0, 1.0]
    monkeypatch.setattr(module, "LARGE", 2)
    apart = adjacency(a, b, weight, 3)
    assert apart.start.tolist() == [0, 3, 7, 8]
    np.testing.assert_array_equal(dense(apart, 3), dense(rows, 3))
    assert apart.strength.tolist() == rows.strength.tolist()


def test_nobody_and_no_ties():
    none = np.empty(0, np.int64)
    for n in (0, 1, 5):
        rows = adjacency(none, none, np.empty(0), n)
        assert rows.start.tolist() == [0] * (n + 1)
        assert rows.strength.tolist() == [0.0] * n
        assert len(structure_keys(rows)) == len(set(structure_keys(rows).tolist())) == n


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-60, 2.0**70, 2.0**1000])
def test_a_power_of_two_changes_no_digit(scale):
    a, b, weight, n = drawn()
    one, other = adjacency(a, b, weight, n), adjacency(a, b, weight * scale, n)
    assert one.weight.tobytes() == other.weight.tobytes()
    assert one.strength.tobytes() == other.strength.tobytes()
    assert other.unit == one.unit * scale


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("count", [2, 3])
def test_threads_change_no_byte(monkeypatch, large, count):
    a, b, weight, n = drawn(seed=1)
    monkeypatch.setattr(module, "LARGE", 10 if large else 1000)
    alone = adjacency(a, b, weight, n)
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    shared = adjacency(a, b, weight, n, threads=count)
    for name in ("start", "neighbour", "weight", "strength"):
        assert getattr(shared, name).tobytes() == getattr(alone, name).tobytes()
    assert shared.unit == alone.unit


def test_keys_tell_people_apart_and_hang_on_structure_alone():
    a, b, weight, n = drawn(seed=2)
    keys = structure_keys(adjacency(a, b, weight, n))
    assert len(set(keys.tolist())) == n
    rng = np.random.default_rng(0)
    name, order = rng.permutation(n), rng.permutation(len(a))
    renamed = structure_keys(adjacency(name[b][order], name[a][order], weight[order], n))
    np.testing.assert_array_equal(renamed[name], keys)


@pytest.mark.parametrize("factor", [3.0, 0.1, 1e-9, 7e300])
def test_keys_have_no_scale(factor):
    a, b, weight, n = drawn(seed=2, n=300, m=2000)
    keys = structure_keys(adjacency(a, b, weight, n))
    assert structure_keys(adjacency(a, b, weight * factor, n)).tobytes() == keys.tobytes()


def test_keys_of_unweighted_ties_hang_on_structure_alone():
    a, b, _, n = drawn(seed=3)
    keys = structure_keys(adjacency(a, b, np.ones(len(a)), n))
    name = np.random.default_rng(1).permutation(n)
    renamed = structure_keys(adjacency(name[a], name[b], np.ones(len(a)), n))
    assert (renamed[name] == keys).all(), "this graph has no two people in the same place"


def test_keys_see_weights_and_the_ends_of_ties():
    a, b = np.array([0, 1, 2]), np.array([1, 2, 3])
    path = structure_keys(adjacency(a, b, np.array([1.0, 1.0, 1.0]), 4))
    heavy = structure_keys(adjacency(a, b, np.array([1.0, 1.0, 2.0]), 4))
    assert set(path.tolist()).isdisjoint(heavy.tolist())
    # Two triangles or one ring of six: nothing near by tells them apart, and yet nobody shares a key.
    ring = structure_keys(adjacency(np.arange(6), (np.arange(6) + 1) % 6, np.ones(6), 6))
    assert len(set(ring.tolist())) == 6


def test_people_in_the_same_place_share_keys_but_for_their_turn():
    # The leaves of a star change names: the same set of keys.
    star = structure_keys(adjacency(np.zeros(5, np.int64), np.arange(1, 6), np.ones(5), 6))
    other = structure_keys(adjacency(np.full(5, 3), np.array([0, 1, 2, 4, 5]), np.ones(5), 6))
    assert star[0] == other[3]
    assert sorted(star.tolist()) == sorted(other.tolist())
    assert len(set(star.tolist())) == 6


def test_marks_tell_people_apart():
    rows = adjacency(np.arange(6), (np.arange(6) + 1) % 6, np.ones(6), 6)
    marks = np.array([0, 0, 0, 9, 0, 0], dtype=np.uint64)
    turned = np.array([0, 0, 0, 0, 9, 0], dtype=np.uint64)
    assert structure_keys(rows, marks)[3] == structure_keys(rows, turned)[4]
    assert structure_keys(rows, marks)[3] != structure_keys(rows, turned)[3]


def test_the_hash_is_that_of_splitmix():
    # The first two numbers of SplitMix64 with the seed zero.
    golden = np.array([0x9E3779B97F4A7C15, 0x3C6EF372FE94F82A], dtype=np.uint64)
    assert mixed(golden).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_people_without_ties_change_no_key():
    # Of one weight, so that keys take several rounds, and some people are told apart by nothing but their number.
    a, b = np.array([0, 1, 2, 3, 4, 5, 6, 0]), np.array([1, 2, 3, 4, 5, 6, 0, 3])
    keys = structure_keys(adjacency(a, b, np.ones(8), 7))
    place = np.array([1, 2, 4, 5, 7, 8, 9])
    more = structure_keys(adjacency(place[a], place[b], np.ones(8), 11))
    assert more[place].tolist() == keys.tolist()
    assert len(set(more.tolist())) == 11


@pytest.mark.parametrize("count", [1, 2, 3])
def test_renumbered_rows_are_those_of_renumbered_ties(monkeypatch, count):
    a, b, weight, n = drawn(seed=3)
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    order = np.random.default_rng(1).permutation(n)
    rank = np.argsort(order)
    made = renumbered(adjacency(a, b, weight, n), order, count)
    wanted = adjacency(rank[a], rank[b], weight, n)
    np.testing.assert_array_equal(dense(made, n), dense(wanted, n))
    assert made.strength.tolist() == wanted.strength.tolist()
    assert made.start.tolist() == wanted.start.tolist()
    assert made.unit == wanted.unit


def test_threads_change_no_key(monkeypatch):
    a, b, weight, n = drawn(seed=4)
    rows = adjacency(a, b, weight, n)
    keys = structure_keys(rows)
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(module, "processors", lambda: 3)
    assert structure_keys(rows).tolist() == keys.tolist()
