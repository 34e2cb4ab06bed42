"""Cases without ids: what is said of them, and what would change it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from commfinder.delivery.kinds.facts import ENOUGH_IDS, STRICT, TALK
from commfinder.delivery.kinds.without_ids import about_talk, like_talk, percent

NAN = float("nan")


def facts(with_id=0, low=0.66, null=0.5):
    return SimpleNamespace(with_id=with_id, may_be_talk=with_id < ENOUGH_IDS, order_low=low, order_null=null)


def test_the_bar_lies_midway_between_talk_and_process():
    assert pytest.approx((TALK + 0.83) / 2, abs=0.01) == 0.5 + STRICT


@pytest.mark.parametrize(("sure", "talks"), [(0.0, True), (0.199, True), (NAN, True), (STRICT, False), (0.4, False)])
def test_what_is_sure_of_the_order_decides(sure, talks):
    assert bool(like_talk(facts(), sure)) is talks
    assert like_talk(facts(with_id=ENOUGH_IDS), sure) == ""


def test_the_clause_says_what_would_change_it():
    said = like_talk(facts(null=0.52), 0.1)
    assert said.startswith("none of its cases carries an id")
    assert "62 % is sure where 72 % would have to be" in said
    assert said.endswith("ids, or more cases in that order, would change this")


def test_the_sentence_follows_another():
    assert about_talk(facts()) == (
        " None of its cases carries an id: 66 % is sure, and from 70 % on it is more than talk shows."
    )
    assert about_talk(facts(with_id=9)).startswith(" Only 9 of its cases carry an id")
    assert about_talk(facts(with_id=ENOUGH_IDS)) == ""


def test_shares_in_per_cent():
    assert percent(0.5) == "50 %"
    assert percent(NAN) == "an unknown share"
