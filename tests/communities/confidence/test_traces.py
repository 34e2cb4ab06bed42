"""Events drawn again: as many on average, some ties gone, weights damped anew."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from commfinder.communities.embeddedness import embeddedness
from commfinder.communities.weights import DAMPINGS

PATH = np.array([0, 1, 2]), np.array([1, 2, 3]), 4


class _Told:
    """A generator that draws what it was told."""

    def __init__(self, *drawn: int) -> None:
        self._drawn = np.array(drawn)

    def poisson(self, mean):
        assert len(mean) == len(self._drawn)
        return self._drawn


def test_ties_are_weighed_as_they_are(traced):
    ties = traced(*PATH, [1, 4, 9]).ties()
    assert (ties.n, ties.a.tolist(), ties.b.tolist()) == (4, [0, 1, 2], [1, 2, 3])
    np.testing.assert_array_equal(ties.weight, np.log1p([1, 4, 9]))


def test_events_are_drawn_as_often_as_there_are_on_average(traced):
    traces = traced(*PATH, [1, 3, 20], damping="none")
    rng = np.random.default_rng(0)
    total, there = np.zeros(3), np.zeros(3)
    for _ in range(4000):
        ties = traces.redrawn(rng)
        total[ties.a] += ties.weight
        there[ties.a] += 1
    # The mean of 4,000 Poisson draws is within five standard errors.
    assert (np.abs(total / 4000 - [1, 3, 20]) < 5 * np.sqrt(np.array([1, 3, 20]) / 4000)).all()
    np.testing.assert_allclose(there / 4000, 1 - np.exp([-1.0, -3.0, -20.0]), atol=0.04)
    assert there[2] == 4000


def test_a_tie_without_events_is_gone(traced):
    ties = traced(*PATH, [1, 1, 1]).redrawn(_Told(0, 2, 0))
    assert (ties.n, ties.a.tolist(), ties.b.tolist()) == (4, [1], [2])
    assert len(traced(*PATH).redrawn(_Told(0, 0, 0)).weight) == 0
    assert traced([], [], 3).redrawn(np.random.default_rng(0)).n == 3


@pytest.mark.parametrize(
    ("damping", "damp"), [("log1p", math.log1p), ("sqrt", math.sqrt), ("none", float), ("binary", lambda _: 1.0)]
)
def test_weights_are_damped_anew(traced, damping, damp):
    ties = traced(*PATH, [1, 4, 9], damping=damping).redrawn(_Told(2, 4, 3))
    np.testing.assert_allclose(ties.weight, [damp(2), damp(4), damp(3)])
    assert damping in DAMPINGS


def test_weights_of_several_media_keep_their_proportion(traced):
    # Half of the amount is left of four events; the weight has another scale than the damped amount.
    traces = replace(traced(*PATH, [4, 4, 4]), amount=np.full(3, 3.0), weight=np.full(3, 10.0))
    ties = traces.redrawn(_Told(2, 4, 8))
    np.testing.assert_allclose(ties.weight, 10 * np.log1p([1.5, 3.0, 6.0]) / math.log1p(3.0))


def test_embeddedness_is_worked_out_on_what_is_left(traced):
    a, b = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3])
    traces = traced(a, b, 4, embedded=True)
    np.testing.assert_allclose(traces.ties().weight, math.log(2) * embeddedness(a, b, n=4))
    left = traces.redrawn(_Told(1, 1, 0, 1))
    np.testing.assert_allclose(left.weight, math.log(2) * embeddedness(a[[0, 1, 3]], b[[0, 1, 3]], n=4))
    assert len(traces.redrawn(_Told(0, 0, 0, 0)).weight) == 0
