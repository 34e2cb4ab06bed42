"""From facts to a type: the model, the rules that guard it, and the right to abstain."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from commfinder.delivery.kinds.background import Formal, Talk
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.kind import FEATURES, KINDS, TOPICS, TYPES, Kind, barred, features, stored_model, type_of
from commfinder.delivery.kinds.words import SUPPORT
from commfinder.logistic import Logistic

NAN = float("nan")


def facts(**known: object) -> Facts:
    """Facts of a group of which nothing is known but its size, its cases and what is given."""
    whole = ("acts", "with_id", "units", "roles", "order_pairs", "handoffs", "half_open", "parts", "windows")
    base = {one.name: NAN for one in fields(Facts)} | dict.fromkeys(whole, 0)
    base |= {"size": 8, "cases": 60, "order_level": "", "formal": None, "talk": Talk(0, NAN, NAN, NAN, NAN)}
    return Facts(**{**base, **known})


ORDERED = {"order": 0.93, "order_null": 0.5, "order_p": 0.03, "order_pairs": 300, "order_level": "role", "units": 3}
ORDERED |= {"order_low": 0.9}
LOOSE = {"order": 0.51, "order_null": 0.5, "order_p": 0.6, "order_pairs": 300, "order_level": "person", "units": 3}


def sure_of(kind: str, by: float = 3.0) -> Logistic:
    """A model that gives one type whatever the facts."""
    d = len(FEATURES)
    weight = np.zeros((len(KINDS), d + 1))
    weight[KINDS.index(kind), 0] = by
    one = np.ones(d)
    return Logistic(KINDS, FEATURES, TOPICS, 0 * one, one, -1e9 * one, 1e9 * one, weight)


def formal(ties: int, expected: float) -> Formal:
    return Formal(active=10, pairs=45, ties=ties, expected=expected, expected_activity=5.0)


def test_features_are_nan_where_nothing_is_known():
    row = features(facts())
    assert row.shape == (len(FEATURES),)
    assert np.isnan(row).all()


def test_order_of_few_pairs_weighs_less():
    many, few = facts(**ORDERED), facts(**{**ORDERED, "order_pairs": 20})
    assert many.excess == pytest.approx(0.43 * 300 / 330)
    assert few.excess == pytest.approx(0.43 * 20 / 50)


@pytest.mark.parametrize("kind", KINDS)
def test_the_likeliest_type_is_spoken_if_it_is_sure_enough_and_nothing_bars_it(kind):
    known = ORDERED if kind in ("process", "mixed") else LOOSE
    told = type_of(facts(**known, formal=formal(10, 10.0)), sure_of(kind))
    assert told.type == kind
    assert told.probability == max(told.probabilities) > 0.6
    assert sum(told.probabilities) == pytest.approx(1.0)
    assert told.support == SUPPORT[kind]
    assert len(told.facts) == 3
    assert len(set(told.facts)) == 3


def test_a_type_that_is_not_sure_enough_is_not_spoken():
    told = type_of(facts(**ORDERED), sure_of("process", by=1.5))
    assert told.type == "abstain"
    assert np.isnan(told.probability)
    assert max(told.probabilities) == pytest.approx(np.exp(1.5) / (np.exp(1.5) + 4))
    assert "too unsure" in told.reason


def test_too_few_cases_and_messages_are_no_basis():
    told = type_of(facts(**{**ORDERED, "cases": 9}), sure_of("process"))
    assert told.type == "abstain"
    assert np.isnan(told.probabilities).all()
    assert "9 cases" in told.reason
    talk = Talk(80, 0.9, 1.0, 1.0, 0.6)
    assert type_of(facts(cases=2, talk=talk), sure_of("social")).type == "social"
    assert type_of(facts(size=2), sure_of("social")).type == "abstain"


@pytest.mark.parametrize(
    ("kind", "known", "clause"),
    [
        ("process", LOOSE, "no order returns"),
        ("process", {**ORDERED, "cases": 9}, "9 cases only"),
        ("process", {**ORDERED, "units": 1, "roles": 1}, "one unit and one role"),
        ("mixed", LOOSE, "no order returns"),
        ("knowledge", ORDERED, "usual order"),
        ("knowledge", {**LOOSE, "cases": 9}, "9 cases only"),
        ("social", ORDERED, "usual order"),
        ("formal-only", LOOSE, "not known"),
        ("formal-only", {**LOOSE, "formal": formal(40, 10.0)}, "more ties"),
    ],
)
def test_rules_bar_what_the_facts_contradict(kind, known, clause):
    found = facts(**known)
    assert clause in barred(kind, found)
    told = type_of(replace(found, talk=Talk(500, 0.5, 1.0, 1.0, 0.1)), sure_of(kind))
    assert told.type == "abstain"
    assert clause in told.reason


@pytest.mark.parametrize("kind", ["process", "mixed"])
def test_without_ids_the_sure_part_of_the_order_has_to_be_more_than_talk_shows(kind):
    weak = {**ORDERED, "order": 0.75, "order_low": 0.66}
    told = type_of(facts(**weak), sure_of(kind))
    assert told.type == "abstain"
    assert "none of its cases carries an id" in told.reason
    assert "66 % is sure where 70 % would have to be" in told.reason
    assert "would change this" in told.reason
    assert "only 9 of its cases carry an id" in barred(kind, facts(**weak, with_id=9))
    assert "only 1 of its cases carries an id" in barred(kind, facts(**weak, with_id=1))
    assert barred(kind, facts(**weak, with_id=10)) == ""
    assert barred(kind, facts(**{**weak, "order_low": 0.701})) == ""
    assert barred(kind, facts(**{**weak, "order_low": NAN}))


def test_a_mixed_group_without_ids_may_have_its_order_in_one_part():
    weak = {**ORDERED, "order": 0.75, "order_low": 0.66}
    assert barred("mixed", facts(**weak, strictest_part=0.21)) == ""
    assert "69 % is sure" in barred("mixed", facts(**weak, strictest_part=0.19))
    assert "66 % is sure" in barred("process", facts(**weak, strictest_part=0.21))


def test_the_fact_on_order_says_how_much_of_it_is_sure_where_there_are_no_ids():
    weak = {**ORDERED, "order": 0.75, "order_low": 0.66}
    assert "66 % is sure, and from 70 % on" in type_of(facts(**weak), sure_of("process")).facts[0]
    assert "is sure" not in type_of(facts(**weak, with_id=10), sure_of("process")).facts[0]


def test_a_group_of_unknown_units_may_deliver():
    assert barred("process", facts(**{**ORDERED, "units": 0, "roles": 0})) == ""


def test_an_order_that_chance_gives_is_none():
    assert barred("process", facts(**{**ORDERED, "order_p": 0.2}))
    assert barred("process", facts(**{**ORDERED, "order": 0.53}))


def test_the_stored_model_is_of_these_features_and_knows_what_it_must():
    model = stored_model()
    weight = {kind: dict(zip(FEATURES, row[1:], strict=True)) for kind, row in zip(KINDS, model.weight, strict=True)}
    for kind in ("knowledge", "social", "formal-only"):
        assert weight["process"]["order"] > weight[kind]["order"]
        assert weight["mixed"]["order"] > weight[kind]["order"]
    for kind in ("process", "knowledge", "social", "mixed"):
        assert weight[kind]["z"] > weight["formal-only"]["z"]
    assert np.isfinite(model.weight).all()


def test_nothing_known_leaves_all_types_possible():
    assert stored_model().probability(features(facts())[None])[0].max() < 0.9


def test_types_and_support_agree():
    assert set(SUPPORT) == set(TYPES)
    assert (*KINDS, "abstain") == TYPES
    assert isinstance(type_of(facts(size=1)), Kind)
