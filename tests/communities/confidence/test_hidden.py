"""From what speaks for a community beyond formal structure to a probability."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.confidence import Clue, judge_hidden, surprise_of_chance
from commfinder.communities.confidence.hidden import community_clues, member_clues

NOTHING = np.full(19, -np.inf)


def clue(
    surprise: float = 12.0, stability: float = 0.8, returning: float = 0.8, size: int = 12, people: int = 300
) -> Clue:
    return Clue(surprise, stability, people, np.full(size, returning))


def test_surprise_by_hand() -> None:
    """Ten of nineteen draws count: the tenth is 0, the nine above it have 1, …, 9 more; three draws of 1 come along."""
    best = np.array([-5.0] * 9 + [float(k) for k in range(10)])
    scale = (sum(range(10)) + 3) / (9 + 3)
    assert surprise_of_chance(6.0, best) == pytest.approx(np.log(20 / 10) + 6 / scale)
    assert surprise_of_chance(6.0, best[::-1]) == surprise_of_chance(6.0, best)


def test_surprise_where_chance_makes_few_groups_or_none() -> None:
    few = NOTHING.copy()
    few[3] = -4.0
    assert surprise_of_chance(-2.0, few) == pytest.approx(np.log(20) + 2)
    assert surprise_of_chance(3.0, NOTHING) == pytest.approx(np.log(20) + 3)
    assert surprise_of_chance(-3.0, NOTHING) == pytest.approx(np.log(20))


def test_surprise_is_that_of_an_exponential_tail() -> None:
    """Of graphs of chance, one in twenty has a best score with a surprise above ln 20."""
    rng = np.random.default_rng(4)
    seen = [surprise_of_chance(one[0], one[1:]) for one in rng.gumbel(size=(4000, 20))]
    for share in (0.2, 0.05, 0.01):
        assert np.mean(np.array(seen) > -np.log(share)) == pytest.approx(share, rel=0.5)


@pytest.mark.parametrize("name", ["surprise", "stability", "size"])
def test_more_evidence_is_more_confidence(name: str) -> None:
    low, high = {"surprise": (2.0, 6.0), "stability": (0.3, 0.9), "size": (5, 20)}[name]
    weaker, stronger = (judge_hidden(clue(**{name: value})) for value in (low, high))
    assert weaker[0] < stronger[0]
    assert weaker[1].max() < stronger[1].min()


def test_the_more_people_there_are_to_choose_from_the_less_is_a_group_of_some_size() -> None:
    assert judge_hidden(clue(people=1500))[0] < judge_hidden(clue(people=300))[0]


def test_members_who_come_back_are_surer() -> None:
    weaker, stronger = (judge_hidden(clue(returning=share)) for share in (0.2, 1.0))
    assert weaker[0] == stronger[0]
    assert (weaker[1] < stronger[1]).all()


def test_what_chance_makes_as_often_is_not_likely() -> None:
    sure = judge_hidden(clue(500.0, 1.0, size=30))[0]
    assert sure > 0.9
    assert judge_hidden(clue(float(np.log(20)), 1.0, size=30))[0] == pytest.approx(0.95 * sure)
    assert judge_hidden(clue(0.0, 1.0, size=30))[0] == 0


def test_few_people_who_hardly_come_back_are_rather_not_real() -> None:
    assert judge_hidden(clue(4.0, 0.4, size=5))[0] < 0.5


def test_no_membership_is_surer_than_its_community() -> None:
    for surprise in (0.0, 5.0, 10.0, 500.0):
        likely, members = judge_hidden(clue(surprise, 1.0, 1.0))
        assert 0 <= likely <= 1
        assert ((members >= 0) & (members <= likely)).all()


def test_evidence_stays_finite() -> None:
    assert np.isfinite(community_clues(clue(0.0, 0.0, size=1))).all()
    assert np.isfinite(member_clues(clue(0.0, 0.0, 0.0))).all()
