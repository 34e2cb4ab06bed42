"""Graphs drawn from the null: every pair has a tie as often as it should, however it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.graph import drawing
from commfinder.graph.drawing import drawn_graphs
from commfinder.graph.expected import Blocks, DyadNull, Structure

UNITS, PEOPLE, DRAWS = 6, 60, 4000


def null(seed: int = 1, *, site: tuple[float, float] = (1.5, 2.5), managers: bool = True) -> DyadNull:
    """Some people of six units, one of them not known, with sites, managers, and pairs of units that are not stored."""
    rng = np.random.default_rng(seed)
    unit = np.sort(rng.integers(0, UNITS, PEOPLE))
    head = np.searchsorted(unit, unit)
    manager = np.where(head == np.arange(PEOPLE), 0, head)
    manager[0] = -1
    if not managers:
        manager[:] = -1
    g, h = np.triu_indices(UNITS)
    stored = (g == h) | (rng.random(len(g)) < 0.6)
    stored &= ~((g == UNITS - 1) & (h == UNITS - 1))
    keys = (g * UNITS + h)[stored]
    values = np.where(g == h, 0.25, rng.uniform(0.01, 0.06, len(g)))[stored]
    unit[unit == UNITS - 1] = -1
    return DyadNull(
        activity=rng.gamma(4, 0.25, PEOPLE),
        blocks=Blocks(UNITS, keys, values, 0.02, np.ones(len(keys)), np.ones(len(keys))),
        site=site,
        manager=(1.2, 6.0),
        report=(2.0, 9.0),
        structure=Structure(unit, rng.integers(-1, 3, PEOPLE), manager),
    )


def excess(given: DyadNull, people: np.ndarray, **settings: int) -> float:
    """Return how far the counts of ties of all pairs are from what they should be, in standard errors of chi-square."""
    wanted = np.minimum(given.matrix(people), 1.0)
    seen = np.zeros_like(wanted)
    for i, j in drawn_graphs(given, people, DRAWS, np.random.default_rng(7), **settings):
        assert (i < j).all()
        assert (np.diff(i * len(people) + j) > 0).all()
        seen[i, j] += 1
    upper = np.triu_indices(len(people), 1)
    p, count = wanted[upper], seen[upper]
    p, count = p[p < 0.75], count[p < 0.75]
    squares = (count - DRAWS * p) ** 2 / (DRAWS * p * (1 - p))
    return float((squares.sum() - len(p)) / np.sqrt(2 * len(p)))


def test_every_pair_is_asked() -> None:
    assert abs(excess(null(), np.arange(PEOPLE))) < 4


@pytest.mark.parametrize("site", [(1.5, 2.5), (0.7, 0.4)])
def test_proposed_ties_are_as_frequent_as_those_that_are_asked(site: tuple[float, float]) -> None:
    people = np.random.default_rng(3).permutation(PEOPLE)[:50]
    assert abs(excess(null(site=site), people, every_pair=0)) < 4


def test_neither_small_units_nor_listed_ones_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    # People of one manager are near one another, so that pairs of one unit are far only where there are no managers.
    monkeypatch.setattr(drawing, "_NEAR", 3)
    for managers in (True, False):
        assert abs(excess(null(managers=managers), np.arange(PEOPLE), every_pair=0)) < 4
    monkeypatch.setattr(drawing, "_MOST_UNITS", 2)
    for managers in (True, False):
        assert abs(excess(null(managers=managers), np.arange(PEOPLE), every_pair=0)) < 4


def test_same_seed_same_graph() -> None:
    first, again = (
        [
            np.concatenate(pair)
            for pair in drawn_graphs(null(), np.arange(PEOPLE), 3, np.random.default_rng(5), every_pair=0)
        ]
        for _ in range(2)
    )
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])
