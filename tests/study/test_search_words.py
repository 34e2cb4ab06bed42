"""What is said of the search: weights, resolution, chance, and what it can not tell."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import pytest

from commfinder.communities import Communities, Resolution, find_communities
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.study.config import CommunitiesConfig
from commfinder.study.search_words import (
    chance_words,
    clustered,
    known_chance,
    limits_of_search,
    resolution_words,
    weights_words,
)

OPEN = CommunitiesConfig()
NAN = float("nan")


@pytest.fixture(scope="module")
def found() -> Communities:
    """Two circles of nine, hand in hand."""
    pairs = [*combinations(range(9), 2), *combinations(range(9, 18), 2), (0, 9)]
    rows = {name: [f"p{pair[end]:02d}" for pair in pairs] for end, name in enumerate(("sender", "recipient"))}
    return find_communities(build_graph(Interactions.from_frame(rows, medium="meeting")), runs=4)


def with_choice(found: Communities, **fields: object) -> Communities:
    return dataclasses.replace(found, weights=dataclasses.replace(found.weights, **fields))


@pytest.mark.parametrize(
    ("p", "real", "known", "words"),
    [
        (NAN, None, None, "not asked"),
        (7e-300, True, 0.001, "clearly; chance makes a network as clustered less than once in 1,000 times"),
        (0.00149, True, 0.0015, "yes; chance makes a network as clustered about 1.5 in 1,000 times"),
        (0.002, False, 0.002, "no; chance makes a network as clustered about 2 in 1,000 times"),
        (0.43219, False, 0.43, "no; chance makes a network as clustered about 43 in 100 times"),
        (1.0, False, 1.0, "no; chance makes a network as clustered about 100 in 100 times"),
    ],
)
def test_chance(found: Communities, p: float, real: bool | None, known: float | None, words: str) -> None:
    one = dataclasses.replace(found, p_chance=p)
    assert clustered(one) is real
    assert known_chance(one) == known
    assert chance_words(one) == words


def test_weights_say_what_chose_them(found: Communities) -> None:
    first = found.weights.settings[0]
    chosen = with_choice(found, damping="sqrt", embedded=True, how="held-out ties", settings=(first,))
    assert weights_words(chosen, OPEN) == "sqrt × embeddedness, chosen by hidden ties"
    assert weights_words(chosen, CommunitiesConfig(damping="sqrt")).endswith(
        "chosen by hidden ties as far as not given"
    )
    assert weights_words(chosen, CommunitiesConfig(damping="sqrt", embedded=True)) == "sqrt × embeddedness, given"
    more = [
        dataclasses.replace(first, damping=name, embedded=embedded)
        for name in ("none", "sqrt")
        for embedded in (True, False)
    ]
    several = with_choice(chosen, settings=(*more, first))
    assert weights_words(several, OPEN).endswith("; 4 more of like worth have a share of the runs")
    two = with_choice(chosen, settings=tuple(more[:2]))
    assert weights_words(two, OPEN).endswith("; 1 more of like worth has a share of the runs")
    assert weights_words(with_choice(found, damping="log1p", embedded=False, how="given"), OPEN) == "log1p, the usual"


def test_the_resolution_says_what_chose_it(found: Communities) -> None:
    first = found.weights.settings[0]
    alone = with_choice(found, settings=(first,))
    for how, words in (("held-out ties", "1.5, chosen by hidden ties"), ("given", "1.5, given")):
        assert resolution_words(dataclasses.replace(alone, resolution=Resolution(1.5, how))) == words
    several = with_choice(found, settings=tuple(dataclasses.replace(first, resolution=one) for one in (1.5, 1.0, 2.25)))
    words = resolution_words(dataclasses.replace(several, resolution=Resolution(1.5, "held-out ties")))
    assert words == "1.5, chosen by hidden ties (1 to 2.25 in the runs)"


def test_limits_fit_what_was_asked(found: Communities) -> None:
    searched = dataclasses.replace(found, searched_beyond=True)
    (told,) = limits_of_search(searched)
    assert "8 in 10" in told
    (none,) = limits_of_search(dataclasses.replace(found, p_chance=0.2, searched_beyond=False))
    assert "does not show that there are none" in none
    unasked = limits_of_search(dataclasses.replace(found, p_chance=NAN, searched_beyond=False))
    assert "Every network can be divided" in unasked[0]
    assert "were not looked for" in unasked[1]
