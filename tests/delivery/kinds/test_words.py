"""Sentences about types: with numbers, without names, and whole whatever is not known."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from commfinder.delivery.kinds import words as kind_words
from commfinder.delivery.kinds.background import Formal, Talk
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.kind import KINDS, TOPICS

NAN = float("nan")
ORDERED = {"order": 0.93, "order_null": 0.5, "order_p": 0.03, "order_pairs": 300, "order_level": "role", "units": 3}
ORDERED |= {"order_low": 0.9}
LOOSE = {"order": 0.51, "order_null": 0.5, "order_p": 0.6, "order_pairs": 300, "order_level": "person", "units": 3}
LOOSE |= {"order_low": 0.48}


def facts(**known: object) -> Facts:
    """Facts of a group of which nothing is known but its size, its cases and what is given."""
    whole = ("acts", "with_id", "units", "roles", "order_pairs", "handoffs", "half_open", "parts", "windows")
    base = {one.name: NAN for one in fields(Facts)} | dict.fromkeys(whole, 0)
    base |= {"size": 8, "cases": 60, "order_level": "", "formal": None, "talk": Talk(0, NAN, NAN, NAN, NAN)}
    return Facts(**{**base, **known})


KNOWN = {
    **ORDERED,
    "roles": 4,
    "windows": 5,
    "acts": 240,
    "order_spread": 1.7,
    "handoffs": 180,
    "across_units": 0.8,
    "units_in_case": 0.9,
    "units_in_group": 0.7,
    "path": 0.6,
    "one_way_roles": 0.7,
    "one_way_people": 0.5,
    "same_roles": 0.4,
    "same_people": 0.1,
    "openers": 0.4,
    "opener_lift": 3.0,
    "answer_lift": 1.2,
    "half_open": 2,
    "end_lift": 2.0,
    "people_per_case": 3.4,
    "back": 0.1,
    "response_hours": 4.2,
    "gap_days": 1.5,
    "off_hours": 0.05,
    "usual_off_hours": 0.08,
    "alone": 0.02,
    "parts": 2,
    "strictest_part": 0.44,
    "loosest_part": 0.02,
    "strict_reach": 0.4,
    "talk": Talk(900, 0.6, 1.4, 0.9, 0.1),
    "formal": Formal(8, 28, 14, 6.0, 5.0),
    "informal": 0.8,
}


@pytest.mark.parametrize("topic", sorted({*TOPICS.values(), "seen"}))
@pytest.mark.parametrize("known", [KNOWN, {}, LOOSE])
def test_every_topic_has_a_whole_sentence_with_what_is_known(topic, known):
    (sentence, *_) = kind_words.told(facts(**known), (topic, "seen", "order"))
    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0].isdigit()
    assert not re.search(r"\bnan\b", sentence)
    assert "  " not in sentence
    if known is KNOWN:
        assert re.search(r"\d", sentence)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [KNOWN, {}, LOOSE])
def test_every_type_has_a_reason(kind, known):
    sentence = kind_words.reason(kind, facts(**known))
    assert sentence.endswith(".")
    assert not re.search(r"\bnan\b", sentence)


def test_the_order_is_read_aloud():
    sentence = kind_words.reason("process", facts(**KNOWN))
    assert "9 of 10 pairs of roles in a new case come in the order seen before (50 % by chance)" in sentence


def test_what_rules_look_at_comes_first_then_what_spoke_most():
    topics = kind_words.deciding("process", {"order": -1.0, "units": 0.5, "openers": 2.0})
    assert topics == ("order", "openers", "units")
    assert kind_words.deciding("social", {"order": -1.0, "hours": 0.5})[0] == "hours"


def test_doubt_names_the_rule_or_the_next_guess():
    assert "but no order returns" in kind_words.doubt("process", "mixed", 0.9, "no order returns")
    assert "next guess" in kind_words.doubt("process", "mixed", 0.5, "")


@pytest.mark.parametrize(("ties", "said"), [(7, "nothing beyond"), (12, "little beyond")])
def test_formal_structure_explains_all_or_most(ties, said):
    assert said in kind_words.reason("formal-only", facts(formal=Formal(8, 28, ties, 6.0, 5.0)))
