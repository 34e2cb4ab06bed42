"""Shared neighbours, against counting them one tie at a time."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.embeddedness import common_neighbours, embeddedness
from commfinder.errors import InputError


def drawn(n, share, seed):
    """Draw a graph."""
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(n, 1)
    here = rng.random(len(a)) < share
    return a[here], b[here]


def circles(a, b, n):
    """Return everybody's neighbours."""
    around = [set() for _ in range(n)]
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        around[i].add(j)
        around[j].add(i)
    return around


@pytest.mark.parametrize("seed", range(6))
def test_as_brute_force_finds(seed):
    n = 30
    a, b = drawn(n, [0.05, 0.2, 0.9][seed % 3], seed)
    around = circles(a, b, n)
    common = [len(around[i] & around[j]) for i, j in zip(a, b, strict=True)]
    assert common_neighbours(a, b, n=n).tolist() == common
    wanted = [(len(around[i] & around[j]) + 2) / len(around[i] | around[j]) for i, j in zip(a, b, strict=True)]
    np.testing.assert_allclose(embeddedness(a, b, n=n), wanted)


def test_order_and_direction_of_ties_do_not_count():
    a, b = drawn(25, 0.3, 1)
    rng = np.random.default_rng(2)
    turn, flip = rng.permutation(len(a)), rng.random(len(a)) < 0.5
    mixed = embeddedness(np.where(flip, b, a)[turn], np.where(flip, a, b)[turn], n=25)
    np.testing.assert_array_equal(mixed, embeddedness(a, b, n=25)[turn])


def test_a_hub_costs_no_more_than_its_ties():
    n = 20_001
    star = np.zeros(n - 1, dtype=np.int64), np.arange(1, n)
    assert common_neighbours(*star, n=n).max() == 0
    np.testing.assert_allclose(embeddedness(*star, n=n), 2 / n)


def test_a_clique_shares_everything():
    a, b = np.triu_indices(6, 1)
    assert embeddedness(a, b, n=8).tolist() == [1.0] * 15


def test_no_ties():
    nothing = np.empty(0, dtype=np.int64)
    assert embeddedness(nothing, nothing, n=4).shape == (0,)


@pytest.mark.parametrize(("a", "b", "said"), [([0], [3], "0 to 3"), ([-1], [1], "-1"), ([1], [1], "itself")])
def test_what_is_no_tie_is_refused(a, b, said):
    with pytest.raises(InputError, match=said):
        embeddedness(np.array(a), np.array(b), n=3)
