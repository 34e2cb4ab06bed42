"""Growing and mending groups in compiled code: the same as going through everybody, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from commfinder.communities.beyond_kernel import climbed


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
    inside, scores = climbed(starts, ties, expected, choices, 5, 15)
    for start, row, found in zip(starts.tolist(), inside, scores, strict=True):
        members = set(np.flatnonzero(row).tolist())
        assert members == slowly(tuple(start), ties, expected, choices)
        assert found == pytest.approx(score(members, ties, expected, choices))
    assert max(len(set(range(9)) & set(np.flatnonzero(row).tolist())) for row in inside) >= 8


def test_what_can_not_grow_has_no_score() -> None:
    ties = np.zeros((6, 6), dtype=bool)
    ties[0, 1] = ties[1, 0] = ties[2, 1] = ties[1, 2] = True
    inside, scores = climbed(np.array([[0, 1]]), ties, np.full((6, 6), 0.1), np.zeros(7), 5, 6)
    assert scores[0] == -np.inf
    assert np.flatnonzero(inside[0]).tolist() == [0, 1]
