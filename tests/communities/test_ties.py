"""Ties as arrays, once checked."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.adjacency import structure_keys
from commfinder.communities.ties import Ties
from commfinder.errors import InputError


def test_each_pair_once_sorted_with_its_weights_added_up():
    ties = Ties.of([3, 0, 1, 2], [1, 2, 3, 0], [1.0, 0.5, 2.0, 0.25], n=4)
    a, b, weight = ties.canonical
    assert (a.tolist(), b.tolist(), weight.tolist()) == ([0, 1], [2, 3], [0.75, 3.0])


def test_sums_of_repeated_pairs_do_not_hang_on_their_order():
    rng = np.random.default_rng(0)
    a, weight = np.zeros(200, dtype=np.int64), 10.0 ** rng.uniform(-9, 9, 200)
    sums = {Ties.of(a, a + 1, rng.permutation(weight), n=2).canonical[2].tobytes() for _ in range(20)}
    assert len(sums) == 1


def test_without_weights_every_tie_is_one():
    ties = Ties.of(np.array([0], dtype=np.int32), [1], n=3)
    assert ties.weight.tolist() == [1.0]
    assert ties.rows.strength.tolist() == [ties.rows.strength.max()] * 2 + [0.0]
    np.testing.assert_array_equal(ties.keys, structure_keys(ties.rows))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_no_ties(n):
    ties = Ties.of([], [], n=n)
    assert [len(one) for one in ties.canonical] == [0, 0, 0]
    assert len(ties.rows.strength) == len(ties.keys) == n


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"source": [[0, 1]], "target": [[1, 2]]}, "sources"),
        ({"source": [0, 1], "target": [1]}, "They must be as many"),
        ({"source": [True], "target": [False]}, "bool"),
        ({"source": [0], "target": [5]}, "target holds 5.*n - 1 = 2"),
        ({"source": [2], "target": [2]}, "Leave self-loops out"),
        ({"source": [0], "target": [1], "weight": [-np.inf]}, "Finite weights above 0"),
        ({"source": [0], "target": [1], "n": 1.5}, "n "),
    ],
)
def test_what_is_refused(given, told):
    with pytest.raises(InputError, match=f"(?s){told}"):
        Ties.of(**{"n": 3, **given})
