"""Overlapping mutual information, against the formula written out over all pairs of communities.

clusim's ``onmi`` can not stand as a reference: it divides each community by its own entropy, as Lancichinetti,
Fortunato and Kertész do, where McDaid, Greene and Hurley divide the sum by the larger entropy; and it takes everybody
who is not in both communities for being in neither.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.communities.compare import overlapping_nmi

GROUPS = st.lists(st.sets(st.integers(0, 11), min_size=1), max_size=5)


def h(share):
    return -share * np.log2(share) if share > 0 else 0.0


def entropy(group, n):
    return h(len(group) / n) + h(1 - len(group) / n)


def left(groups, others, n, apart=True):
    """Return H(X|Y)."""
    total = 0.0
    for one in groups:
        least = entropy(one, n)
        for other in others:
            d, c, b = len(one & other) / n, len(one - other) / n, len(other - one) / n
            a = 1 - b - c - d if n > len(one | other) else 0.0
            if h(a) + h(d) >= h(b) + h(c) and (apart or d):
                least = min(least, h(a) + h(b) + h(c) + h(d) - h(b + d) - h(a + c))
        total += least
    return total


def reference(first, second, apart=True):
    everybody = set().union(*first, *second)
    n = len(everybody)
    first, second = ([*side, *({one} for one in everybody - set().union(*side))] for side in (first, second))
    whole = [sum(entropy(group, n) for group in side) for side in (first, second)]
    if max(whole) == 0:
        return 1.0
    told = sum(whole) - left(first, second, n, apart) - left(second, first, n, apart)
    return told / 2 / max(whole)


@given(GROUPS, GROUPS)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_equals_the_formula(first, second):
    value = overlapping_nmi(first, second)
    assert value == pytest.approx(reference(first, second), abs=1e-9)
    assert 0 <= value <= 1
    assert overlapping_nmi(second, first) == pytest.approx(value, abs=1e-12)
    assert overlapping_nmi(first, [*reversed(first)]) == 1


def test_a_community_of_most_people_tells_of_those_outside():
    first = [set(range(60)), {60}, {61}, {62, 63}, set(range(64, 80))]
    second = [set(range(60)), set(range(55, 70)), {70, 71}, set(range(72, 80))]
    value = overlapping_nmi(first, second)
    assert value == pytest.approx(reference(first, second), abs=1e-12)
    assert value > reference(first, second, apart=False) + 0.001, "pairs that share nobody matter"
    assert overlapping_nmi(first[1:], second) == pytest.approx(reference(first[1:], second), abs=1e-12)


def test_two_halves_by_hand():
    # Four people in two halves, against three and one: H(X) = 2, H(Y) = 2 h(1/4) + 2 h(3/4) = 1.6226, and each half
    # leaves h(1/4) + h(1/4) + h(1/2) - h(1/4) - h(3/4) = .6887 untold.
    first, second = [{1, 2}, {3, 4}], [{1, 2, 3}, {4}]
    untold = 1.5 - h(0.25) - h(0.75)
    back = 2 * (1.5 - 1)
    expected = (2 - 2 * untold + 2 * (h(0.25) + h(0.75)) - back) / 2 / 2
    assert overlapping_nmi(first, second) == pytest.approx(expected, abs=1e-12)


def test_unrelated_covers_share_nothing():
    grid = np.arange(400).reshape(20, 20)
    assert overlapping_nmi([set(row) for row in grid.tolist()], [set(row) for row in grid.T.tolist()]) == 0


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0], [0, 1, 2], [None, None], [None, 1, 1]])
def test_trivial_covers_agree_with_themselves(labels):
    assert overlapping_nmi(labels, labels) == 1


def test_all_in_one_tells_nothing():
    assert overlapping_nmi([0, 0, 0], [0, 1, 2]) == pytest.approx(0, abs=1e-12)
    assert overlapping_nmi([{1, 2}, {1, 2}], [{1, 2}]) == 1, "all people in every community, on both sides"
