"""Growing and mending groups in compiled code: the same as going through everybody, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from commfinder.communities.beyond_chance import Chance, Lines, Rates, lines_of
from commfinder.communities.beyond_kernel import climbed
from commfinder.graph.expected import Blocks, DyadNull, Structure


def rates_of(expected: np.ndarray) -> Rates:
    """A null that has any factor between any two people: each of them is a unit."""
    n = len(expected)
    everybody, nothing = np.arange(n), np.full(n, -1)
    rows, columns = np.arange(n + 1) * n, np.tile(everybody, n)
    values = np.ascontiguousarray(expected).ravel()
    unit = (np.ones(n), everybody, -1, nothing, nothing, everybody)
    return Rates(*unit, rows, columns, values, 0.0, np.ones((3, 2)), 1.0)


def grown(
    starts: np.ndarray, ties: np.ndarray, expected: np.ndarray, choices: np.ndarray, largest: int
) -> tuple[list[list[int]], np.ndarray]:
    lines: Lines = lines_of(*np.nonzero(np.triu(ties, 1)), len(ties))
    members, ends, scores = climbed(starts, lines, rates_of(expected), choices, 5, largest)
    return [part.tolist() for part in np.split(members, ends[:-1])], scores


def gain(observed: float, mean: float) -> float:
    return observed * np.log(observed / mean) - (observed - mean) if observed > mean else 0.0


def score(members: set[int], ties: np.ndarray, expected: np.ndarray, choices: np.ndarray) -> float:
    among = np.ix_(sorted(members), sorted(members))
    return gain(ties[among].sum() / 2, expected[among].sum() / 2) - choices[len(members)]


def slowly(start: tuple[int, int], ties: np.ndarray, expected: np.ndarray, choices: np.ndarray) -> set[int]:
    """Grow from a pair up to fifteen people, go back to the best of five or more, and mend it."""
    inside, grown = set(start), []
    while len(inside) < 15:
        outside = [one for one in range(len(ties)) if one not in inside and ties[one, sorted(inside)].any()]
        if not outside:
            break
        inside = inside | {max(outside, key=lambda one: score(inside | {one}, ties, expected, choices))}
        grown.append(inside)
    best = max((one for one in grown if len(one) >= 5), key=lambda one: score(one, ties, expected, choices))
    while True:
        turned = [best ^ {one} for one in range(len(ties)) if one in best or ties[one, sorted(best)].any()]
        top = max(turned, key=lambda one: score(one, ties, expected, choices))
        if score(top, ties, expected, choices) <= score(best, ties, expected, choices) + 1e-9:
            return best
        best = top


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_does_what_going_through_everybody_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    expected = rng.gamma(4.0, 0.02, (n, n))
    expected = np.triu(expected, 1) + np.triu(expected, 1).T
    chance = expected.copy()
    chance[:9, :9] = 0.8
    ties = np.triu(rng.random((n, n)) < chance, 1)
    ties |= ties.T
    steps = np.arange(n + 1.0)
    choices = gammaln(n + 1) - gammaln(steps + 1) - gammaln(n - steps + 1)
    starts = np.array([[a, b] for a, b in zip(*np.nonzero(np.triu(ties)), strict=True)])[:30]
    groups, scores = grown(starts, ties, expected, choices, 15)
    for start, group, found in zip(starts.tolist(), groups, scores, strict=True):
        members = set(group)
        assert members == slowly(tuple(start), ties, expected, choices)
        assert found == pytest.approx(score(members, ties, expected, choices))
    assert max(len(set(range(9)) & set(group)) for group in groups) >= 8


def test_what_the_null_expects_is_worked_out_from_units_sites_and_managers() -> None:
    rng = np.random.default_rng(5)
    n, units = 90, 7
    unit = rng.integers(-1, units - 1, n)
    manager = np.where(rng.random(n) < 0.8, rng.integers(0, n + 3, n), -1)
    g, h = np.triu_indices(units)
    stored = rng.random(len(g)) < 0.7
    blocks = Blocks(
        units,
        (g * units + h)[stored],
        rng.uniform(0.02, 0.3, stored.sum()),
        0.05,
        np.ones(stored.sum()),
        np.ones(stored.sum()),
    )
    structure = Structure(unit, rng.integers(-1, 3, n), manager)
    null = DyadNull(rng.gamma(4, 0.25, n), blocks, (1.5, 2.0), (1.3, 3.0), (2.0, 5.0), structure)
    people = rng.permutation(n)[:80]
    mean = null.matrix(people) * 0.9
    ties = np.triu(rng.random((80, 80)) < np.minimum(mean, 1), 1)
    ties |= np.triu(np.outer(np.arange(80) < 9, np.arange(80) < 9) & (rng.random((80, 80)) < 0.8), 1)
    ties |= ties.T
    starts = np.argwhere(np.triu(ties, 1))
    lines, choices = lines_of(*np.nonzero(np.triu(ties, 1)), 80), np.arange(81.0)
    said = climbed(starts, lines, Chance.of(null, people).seen(0.9).rates, choices, 5, 30)
    wanted = climbed(starts, lines, rates_of(mean), choices, 5, 30)
    for one, other in zip(said, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert len(said[0]) > len(starts)


def test_what_can_not_grow_has_no_score() -> None:
    ties = np.zeros((6, 6), dtype=bool)
    ties[0, 1] = ties[1, 0] = ties[2, 1] = ties[1, 2] = True
    ties[3:, 3:] = ~np.eye(3, dtype=bool)
    groups, scores = grown(np.array([[0, 1], [3, 4]]), ties, np.full((6, 6), 0.1), np.zeros(7), 6)
    assert (scores == -np.inf).all()
    assert groups == [[], []]
