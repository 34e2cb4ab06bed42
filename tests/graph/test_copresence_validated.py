"""Pairs that share more than chance gives them: exact tails, level under the null, and power for planted pairs."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest

from commfinder.errors import InputError
from commfinder.graph.copresence import CopresenceRule
from commfinder.graph.copresence_null import bicm_shared, binomial_tail, hypergeometric_tail
from commfinder.graph.copresence_validated import validated_pairs
from commfinder.interactions import Interactions


def exact(x, total, a, b):
    """Add the tail up in fractions."""
    top = sum(comb(a, i) * comb(total - a, b - i) for i in range(max(x, a + b - total, 0), min(a, b) + 1))
    return float(Fraction(top, comb(total, b)))


def posts(incidence, medium="chat") -> Interactions:
    """Hold who wrote in which thread: pairs of (thread, person)."""
    frame = pd.DataFrame(incidence, columns=["thread", "sender"]).astype(str)
    frame = frame.assign(recipient=None, event=[f"e{n}" for n in range(len(frame))])
    return Interactions.from_frame(frame, medium=medium, event="event", thread="thread")


def drawn(rng, people=100, things=300, each=12):
    """Draw for each person so many of all things."""
    return [
        (thing, f"p{who:03d}") for who in range(people) for thing in rng.choice(things, each + who % 9, replace=False)
    ]


def test_tails_are_exact():
    rng = np.random.default_rng(1)
    total = 60
    a, b = rng.integers(0, total + 1, (2, 400))
    x = np.array([rng.integers(0, min(one, other) + 1) for one, other in zip(a, b, strict=True)])
    expected = [exact(*map(int, (i, total, one, other))) for i, one, other in zip(x, a, b, strict=True)]
    np.testing.assert_allclose(hypergeometric_tail(x, total, a, b), expected, rtol=1e-11)


def test_tails_of_large_numbers_neither_vanish_nor_pass_one():
    p = hypergeometric_tail([1, 100, 2500, 3000, 50_000, 0], 1_000_000, [50_000] * 6, [50_000] * 6)
    assert p[[0, 1, 5]].tolist() == [1.0, 1.0, 1.0]
    assert p[2] == pytest.approx(0.503, abs=0.001)
    assert 0 < p[3] < 1e-20
    assert p[4] == 0.0
    assert hypergeometric_tail([3], 4, [2], [2]).tolist() == [0.0]
    assert len(hypergeometric_tail([], 4, [], [])) == 0


def test_what_is_expected_adds_up_to_the_pairs_of_all_things():
    rng = np.random.default_rng(4)
    people, things = 30, 80
    size = rng.integers(2, 12, things)
    incidence = [(thing, who) for thing in range(things) for who in rng.choice(people, size[thing], replace=False)]
    degree = np.bincount([who for _, who in incidence], minlength=people)
    sizes, counts = np.unique(size, return_counts=True)
    a, b = np.triu_indices(people, 1)
    expected = bicm_shared(degree, sizes, counts, a, b)
    assert expected.sum() == pytest.approx((size * (size - 1) / 2).sum(), rel=0.01)
    assert (expected <= np.minimum(degree[a], degree[b])).all()
    # Who has part in more shares more.
    busy = np.argsort(degree)
    assert bicm_shared(degree, sizes, counts, busy[-1:], busy[-2:-1]) > bicm_shared(
        degree, sizes, counts, busy[:1], busy[1:2]
    )


def test_who_has_part_in_everything_shares_all_of_it():
    expected = bicm_shared([10, 5, 5], [2], [10], np.array([0, 1]), np.array([1, 2]))
    assert expected[0] == pytest.approx(5.0, rel=0.01)
    # The first is in all ten pairs, so the others share nothing: of that the approximation sees half.
    assert expected[1] < 1.3
    assert bicm_shared([], [], [], np.empty(0, int), np.empty(0, int)).tolist() == []


def test_binomial_tails_are_exact():
    exactly = sum(comb(7, i) * 0.3**i * 0.7 ** (7 - i) for i in range(4, 8))
    np.testing.assert_allclose(binomial_tail([4, 7, 1], [7, 7, 3], [2.1, 7.0, 0.0]), [exactly, 1.0, 0.0])


@pytest.mark.parametrize("sizes", ["alike", "a few large"])
def test_chance_is_not_taken_for_more(sizes):
    rng = np.random.default_rng(2)
    incidence = drawn(rng)
    if sizes == "a few large":
        each = [28 if thing % 20 == 0 else 2 for thing in range(300)]
        incidence = [
            (thing, f"p{who:03d}") for thing in range(300) for who in rng.choice(100, each[thing], replace=False)
        ]
    found = validated_pairs(posts(incidence), "thread")
    every = found.people * (found.people - 1) // 2
    assert (found.people, found.null) == (100, "bicm")
    assert found.things > 280
    for level in (0.01, 0.05, 0.2):
        assert (found.pairs["p"] <= level).sum() / every <= level
    assert not found.pairs["validated"].any()
    assert found.density == 0.0
    # Without sizes a few large things make many pairs look close.
    careless = validated_pairs(posts(incidence), "thread", null="hypergeometric")
    assert careless.pairs["validated"].any() == (sizes == "a few large")


def test_planted_pairs_are_found_and_hardly_any_other():
    rng = np.random.default_rng(3)
    incidence = set(drawn(rng))
    planted = [(f"p{who:03d}", f"p{who + 1:03d}") for who in range(0, 20, 2)]
    for pair in planted:
        incidence |= {(thing, who) for thing in rng.choice(300, 9, replace=False) for who in pair}
    found = validated_pairs(posts(sorted(incidence)), "thread")
    kept = found.pairs[found.pairs["validated"]]
    pairs = set(zip(kept["person_a"], kept["person_b"], strict=True))
    assert len(pairs & set(planted)) >= 7
    assert len(pairs - set(planted)) <= 2
    assert found.density == len(kept) / (100 * 99 / 2)
    assert found.pairs["p"].is_monotonic_increasing


def test_a_pair_is_counted_right():
    incidence = [(f"t{n}", who) for n in range(6) for who in ("ab" if n < 4 else "bc")] + [("alone", "a")]
    found = validated_pairs(posts(incidence), "thread", null="hypergeometric")
    assert (found.people, found.things, found.sizes, found.too_large) == (3, 6, (2, 2), 0)
    line = found.pairs.set_index(["person_a", "person_b"]).loc[("a", "b")]
    assert line[["together", "things_a", "things_b"]].tolist() == [4, 4, 6]
    assert line["expected"] == pytest.approx(4.0)
    assert line["p"] == 1.0
    assert set(found.pairs["q"]) == {1.0}
    assert len(found.pairs) == 2


def test_pairs_that_share_nothing_are_tested_too():
    incidence = [(f"t{n}", f"p{n % 5}{who}") for n in range(100) for who in "ab"]
    pairs = validated_pairs(posts(incidence), "thread", null="hypergeometric").pairs
    assert len(pairs) == 5
    np.testing.assert_allclose(pairs["q"], pairs["p"] * (10 * 9 / 2) / 5)


def test_a_weekly_meeting_is_one_decision_to_meet():
    rows = [(f"m{n}", "a", "b", n) for n in range(4)] + [("w", "c", "d", week) for week in range(20)]
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "time"])
    frame["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(frame["time"], unit="D")
    inter = Interactions.from_frame(frame, medium="meeting", event="event")
    found = validated_pairs(inter, "meeting")
    assert found.things == 5
    assert found.pairs.set_index("person_a")["together"].to_dict() == {"a": 4, "c": 1}


def test_what_is_too_large_is_left_out_and_counted():
    incidence = [("big", f"p{n}") for n in range(9)] + [("small", "p1"), ("small", "p2")]
    found = validated_pairs(posts(incidence), "thread", rule=CopresenceRule(max_writers=8))
    assert (found.too_large, found.things, found.people) == (1, 1, 2)
    assert validated_pairs(posts(incidence), "thread").sizes == (2, 9)


def test_nothing_shared_is_an_empty_answer():
    found = validated_pairs(posts([("t", "a"), ("s", "b")]), "edit")
    assert len(found.pairs) == found.things == found.people == 0
    assert np.isnan(found.density)
    assert found.pairs.columns.tolist()[:3] == ["person_a", "person_b", "together"]


@pytest.mark.parametrize(
    "options", [{"kind": "threads"}, {"kind": "thread", "alpha": 2.0}, {"kind": "thread", "null": "none"}]
)
def test_an_option_that_can_not_be_is_refused(options):
    with pytest.raises(InputError):
        validated_pairs(posts([("t", "a")]), **options)
