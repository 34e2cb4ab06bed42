"""Media as layers, and which of them holds a community up."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from commfinder.communities.engines.by_leidenalg import multiplex
from commfinder.communities.layers import medium_support, medium_ties
from commfinder.communities.weights import DAMPINGS, detection_weights
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

COLUMNS = ["community", "medium", "share", "observed_over_expected", "reach", "alone", "needed", "together"]


def graph(ties, n, times=1, **options):
    """Make a graph of so many messages each way for every pair of a medium, among people p000, p001, ..."""
    names = [f"p{number:03d}" for number in range(n)]
    rows = [
        (names[one], names[other], medium)
        for medium, pairs in ties.items()
        for i, j in pairs
        for one, other in ((i, j), (j, i))
        for _ in range(times)
    ]
    frame = pd.DataFrame(rows, columns=["sender", "recipient", "medium"], dtype="string")
    return build_graph(
        Interactions.from_frame(frame, medium="medium"), Directory.from_frame({"person": names}), **options
    )


def clique(people):
    return list(combinations(people, 2))


def cycle(people):
    return [(one, other) for one, other in zip(people, [*people[1:], people[0]], strict=True)]


def rest(n, low, count, seed=0):
    """Draw ties among people from low up: what else goes on in a medium."""
    rng = np.random.default_rng(seed)
    pairs = {tuple(sorted(pair)) for pair in rng.integers(low, n, (count, 2)).tolist() if pair[0] != pair[1]}
    return sorted(pairs)


@pytest.fixture(scope="module")
def mixed():
    """Sixty people, two media and a third that is hardly used, unequal counts, and factors."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"sender": rng.integers(0, 60, 900), "recipient": rng.integers(0, 60, 900)})
    frame["medium"] = rng.choice(["email", "chat", "meeting"], 900, p=[0.6, 0.35, 0.05])
    frame = frame[frame["sender"] != frame["recipient"]]
    return build_graph(Interactions.from_frame(frame, medium="medium"), medium_weights={"chat": 0.25})


# Ties of each medium.


@pytest.mark.parametrize("damping", DAMPINGS)
def test_every_medium_has_users_of_mean_strength_one(mixed, damping):
    found = medium_ties(mixed, damping)
    assert list(found) == ["chat", "email", "meeting"]
    for ties in found.values():
        assert ties.n == len(mixed.people)
        strength = np.bincount(ties.a, ties.weight, ties.n) + np.bincount(ties.b, ties.weight, ties.n)
        assert strength[strength > 0].mean() == pytest.approx(1.0)


@pytest.mark.parametrize("damping", DAMPINGS)
def test_media_times_factors_add_up_to_the_weights_of_detection(mixed, damping):
    total = np.zeros((len(mixed.people),) * 2)
    for medium, ties in medium_ties(mixed, damping).items():
        np.add.at(total, (ties.a, ties.b), ties.weight * mixed.factors.get(medium, 1.0))
    a, b = mixed.pairs
    np.testing.assert_allclose(total[a, b], detection_weights(mixed, damping))
    assert total.sum() == pytest.approx(detection_weights(mixed, damping).sum())


def test_damping_damps_within_a_medium(mixed):
    spread = [np.ptp(np.log(medium_ties(mixed, damping)["email"].weight)) for damping in ("none", "sqrt", "binary")]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] == pytest.approx(0, abs=1e-12)


def test_layers_go_into_multiplex():
    # Mail shows one half of each of two teams, chat the other half.
    found = graph({"email": [(0, 1), (2, 3), (4, 5), (6, 7)], "chat": [(1, 2), (3, 0), (5, 6), (7, 4), (3, 4)]}, 8)
    assert multiplex(list(medium_ties(found).values())).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_medium_in_which_nobody_answers_has_no_ties():
    rows = {"sender": ["a", "a", "b"], "recipient": ["b", "c", "a"], "medium": ["chat", "email", "chat"]}
    found = build_graph(Interactions.from_frame(rows, medium="medium"), reciprocity_floor=0.0)
    layers = medium_ties(found)
    assert len(layers["email"].weight) == 0
    assert layers["chat"].weight.tolist() == [1.0]
    told = medium_support(found, {"C1": [0, 1]}).set_index("medium")
    assert told["share"].tolist() == [1.0, 0.0]
    assert np.isnan(told.loc["email", "observed_over_expected"])


def test_without_anything():
    empty = build_graph(Interactions.from_frame({"sender": [], "recipient": []}))
    assert medium_ties(empty) == {}
    assert medium_support(empty, {"C1": []}).shape == (0, 8)
    with pytest.raises(InputError, match="log1p"):
        medium_ties(empty, "log")


# What holds a community up.


def support(found, people):
    return medium_support(found, {"C1": people}).set_index("medium")


def test_columns_order_and_types(mixed):
    groups = {"B": [5, 4, 3], "A": np.arange(10)}
    told = medium_support(mixed, groups)
    assert list(told.columns) == COLUMNS
    assert told["community"].tolist() == ["B"] * 3 + ["A"] * 3
    assert told["medium"].tolist() == ["chat", "email", "meeting"] * 2
    assert told.dtypes.astype(str).tolist() == ["string", "string", *["float64"] * 3, *["bool"] * 3]
    nothing = medium_support(mixed, {})
    assert nothing.dtypes.astype(str).tolist() == told.dtypes.astype(str).tolist()
    assert len(nothing) == 0


def test_numbers_by_hand(mixed):
    group = np.array([2, 3, 5, 8, 13, 21, 34, 55])
    told = support(mixed, group)
    inside, ratio = {}, {}
    for medium, ties in medium_ties(mixed).items():
        weight = ties.weight * mixed.factors.get(medium, 1.0)
        both = np.isin(ties.a, group) & np.isin(ties.b, group)
        strength = np.bincount(ties.a, weight, ties.n) + np.bincount(ties.b, weight, ties.n)
        inside[medium] = weight[both].sum()
        ratio[medium] = inside[medium] / (strength[group].sum() ** 2 / (4 * weight.sum()))
    assert 0 < inside["chat"] < inside["email"]
    for medium in told.index:
        assert told.loc[medium, "share"] == pytest.approx(inside[medium] / sum(inside.values()))
        assert told.loc[medium, "observed_over_expected"] == pytest.approx(ratio[medium])
    assert told["share"].sum() == pytest.approx(1.0)
    # Drawn at random, nothing holds them together.
    assert not told["alone"].any()
    assert not told["together"].any()
    assert not told["needed"].any()


def test_one_medium_holds_it_up():
    team = list(range(6))
    found = graph({"email": [*clique(team), *rest(60, 4, 150)], "chat": rest(60, 0, 150, seed=1)}, 60)
    told = support(found, team)
    assert told["alone"].tolist() == [False, True]
    assert told["needed"].tolist() == [False, True]
    assert told["together"].all()
    assert told.loc["email", "observed_over_expected"] > 3
    assert told.loc["email", "share"] > 0.8
    assert told.loc["email", "reach"] == 1


def test_either_of_two_media_holds_it_up():
    team = list(range(6))
    found = graph({"email": [*clique(team), *rest(60, 4, 150)], "chat": [*clique(team), *rest(60, 3, 150, seed=1)]}, 60)
    told = support(found, team)
    assert told["alone"].tolist() == [True, True]
    assert told["needed"].tolist() == [False, False]
    assert told["together"].all()


def test_two_media_hold_it_up_only_together():
    # Mail connects one half, chat the other, and neither both.
    halves = [*clique(range(4))], [*clique(range(3, 7))]
    found = graph({"email": [*halves[0], *rest(60, 3, 100)], "chat": [*halves[1], *rest(60, 6, 100, seed=1)]}, 60)
    told = support(found, range(7))
    assert told["alone"].tolist() == [False, False]
    assert told["needed"].tolist() == [True, True]
    assert told["together"].all()
    assert told["reach"].tolist() == [pytest.approx(4 / 7)] * 2


def test_who_is_connected_by_chance_stands_by_nothing():
    # A ring in a medium in which everybody has dozens of ties is what chance gives.
    everybody = clique(range(40))
    found = graph({"email": everybody, "chat": cycle(list(range(8, 16)))}, 40)
    told = support(found, range(6))
    assert told.loc["email", "reach"] == 1
    assert told.loc["email", "observed_over_expected"] == pytest.approx(1, abs=0.2)
    assert not told[["alone", "needed", "together"]].any(axis=None)


def test_a_medium_of_their_own_holds_it_up_though_there_is_nothing_to_compare_with():
    team = list(range(5))
    found = graph({"email": rest(40, 0, 100), "chat": clique(team)}, 40)
    told = support(found, team)
    assert told.loc["chat", "observed_over_expected"] == pytest.approx(1.0)
    assert told.loc["chat", "alone"]
    # Not so when only a part of those in the medium are the group.
    assert not support(found, team[:4]).loc["chat", "alone"]


@pytest.mark.parametrize(("others", "surprise"), [(10, False), (11, True)])
def test_the_bar_is_one_in_a_hundred(others, surprise):
    # A ring of five, each with two ties to others: whether five ties inside are too many for chance hangs on how many
    # there are elsewhere.
    ring, leaving = cycle(list(range(5))), [(one, 5 + 2 * one + more) for one in range(5) for more in range(2)]
    degree, total = 4, 2 * (5 + 10) + others * (others - 1)
    tail = stats.poisson.sf(4, (20 * degree**2) / (2 * total))
    assert (0.005 < tail < 0.01) if surprise else (0.01 < tail < 0.02)
    found = graph({"email": [*ring, *leaving, *clique(range(15, 15 + others))]}, 15 + others)
    assert support(found, range(5)).loc["email", "alone"] == surprise


def test_counts_of_messages_do_not_decide_whether_it_stands():
    team = list(range(6))
    ties = {"email": [*clique(team), *rest(60, 4, 150)], "chat": rest(60, 0, 150, seed=1)}
    once, often = (support(graph(ties, 60, times), team) for times in (1, 9))
    for column in ("reach", "alone", "needed", "together"):
        assert once[column].tolist() == often[column].tolist()


def test_groups_that_overlap_are_single_or_empty(mixed):
    told = medium_support(mixed, {"one": [4], "none": [], "all": range(60), "twice": [4, 4, 5, 5]})
    told = told.set_index(["community", "medium"])
    for name in ("one", "none"):
        assert told.loc[name, "share"].isna().all()
        assert not told.loc[name][["alone", "needed", "together"]].any(axis=None)
    assert told.loc[("one", "email"), "reach"] == 1
    assert told.loc[("none", "email"), "reach"] == 0
    # Everybody: nothing leaves it.
    assert told.loc[("all", "email"), ["alone", "together"]].all()
    same = medium_support(mixed, {"twice": [5, 4]}).set_index(["community", "medium"])
    pd.testing.assert_frame_equal(told.loc[["twice"]], same)


def test_factors_count_in_shares_alone():
    team = list(range(6))
    ties = {"email": [*clique(team), *rest(60, 4, 150)], "chat": [*clique(team), *rest(60, 3, 150, seed=1)]}
    even, odd = (support(graph(ties, 60, medium_weights={"chat": count}), team) for count in (1.0, 0.1))
    ratio = (odd["share"]["chat"] / odd["share"]["email"]) / (even["share"]["chat"] / even["share"]["email"])
    assert ratio == pytest.approx(0.1)
    np.testing.assert_allclose(odd["observed_over_expected"], even["observed_over_expected"])


@pytest.mark.parametrize(
    ("people", "told"),
    [([60], "hold 60"), ([-1, 3], "hold -1"), ([0.0, 1.0], "float64"), (["p001"], "places"), ([[1, 2]], "list")],
)
def test_people_that_are_none(mixed, people, told):
    with pytest.raises(InputError, match=told):
        medium_support(mixed, {"C1": people})


def test_the_same_twice(mixed):
    groups = {"A": range(20), "B": range(10, 30)}
    pd.testing.assert_frame_equal(medium_support(mixed, groups), medium_support(mixed, groups))
    turned = {name: list(people)[::-1] for name, people in groups.items()}
    pd.testing.assert_frame_equal(medium_support(mixed, turned), medium_support(mixed, groups))
