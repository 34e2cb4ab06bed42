"""Patterns of roles beyond chance, the usual path, and whole sequences."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.patterns import role_patterns, usual_path, variants
from commfinder.errors import InputError


def log_of(sequences, repeat=1):
    """Cases whose acts have these roles, one after the other."""
    rows = [(number, role) for number, one in enumerate(list(sequences) * repeat) for role in one]
    frame = pd.DataFrame(rows, columns=["case", "role"])
    return Cases.of(frame.assign(person=frame["role"], activity=frame["role"], time=np.arange(len(frame))))


def random_cases(seed, cases=200, roles=6, size=4):
    rng = np.random.default_rng(seed)
    return [[f"r{one}" for one in rng.choice(roles, size, replace=False)] for _ in range(cases)]


def follows(case, pattern):
    """Whether a case holds the roles of a pattern, at their first acts, in its order."""
    first = [case.index(role) if role in case else None for role in pattern]
    return None not in first and first == sorted(first)


def test_patterns_are_those_of_a_plain_search():
    sequences = random_cases(1, cases=120) + [["r0", "r1", "r2"]] * 30
    found = {one.roles: one for one in role_patterns(log_of(sequences), max_length=3, min_support=0.1, most=1000)}
    names = [f"r{one}" for one in range(6)]
    counts = {
        pattern: sum(follows(case, pattern) for case in sequences)
        for size in (1, 2, 3)
        for pattern in itertools.permutations(names, size)
    }
    frequent = {pattern: count for pattern, count in counts.items() if count >= 15}

    def longer(pattern):
        return (one for one in frequent if len(one) > len(pattern) and follows(list(one), pattern))

    closed = {one for one in frequent if len(one) > 1 and all(frequent[big] != frequent[one] for big in longer(one))}
    assert set(found) == closed
    for pattern, one in found.items():
        possible = sum(set(pattern) <= set(case) for case in sequences)
        chance = 1 / math.factorial(len(pattern))
        assert (one.cases, one.possible) == (counts[pattern], possible)
        assert one.support == pytest.approx(counts[pattern] / 150)
        assert one.lift == pytest.approx(counts[pattern] / (possible * chance))
        assert one.p == pytest.approx(stats.binom.sf(counts[pattern] - 1, possible, chance))
        assert one.q >= one.p


def test_the_null_is_that_of_shuffled_cases():
    """The chance that is worked out is the one that shuffles of the same cases show."""
    rng = np.random.default_rng(2)
    sequences = random_cases(2, cases=300) + [["r0", "r1", "r2", "r3"]] * 40
    found = [one for one in role_patterns(log_of(sequences), max_length=3, most=1000) if len(one.roles) == 3][:5]
    for one in found:
        shuffled = [sum(follows(rng.permutation(case).tolist(), one.roles) for case in sequences) for _ in range(60)]
        assert one.cases / np.mean(shuffled) == pytest.approx(one.lift, rel=0.12)


def test_a_planted_sequence_comes_first_and_chance_stays_out():
    found = role_patterns(log_of(random_cases(3) + [["r0", "r1", "r2", "r3", "r4"]] * 60))
    assert found[0].roles == ("r0", "r1", "r2", "r3", "r4") and found[0].q < 1e-6
    assert [one.lift for one in found] == sorted((one.lift for one in found), reverse=True)
    wrong = [seed for seed in range(20) if any(one.q <= 0.05 for one in role_patterns(log_of(random_cases(seed))))]
    assert len(wrong) <= 3


def test_repeats_count_once_and_the_opening_can_be_left_out():
    cases = log_of([["a", "b", "a", "c", "b"]] * 20)
    assert [one.roles for one in role_patterns(cases)] == [("a", "b", "c")]
    assert [one.roles for one in role_patterns(cases, without_first=True)] == [("b", "c")]


def test_kinds_of_sequence_and_nothing_to_find():
    cases = log_of([["a", "b"]] * 10)
    assert role_patterns(cases, by="activity") == role_patterns(cases, by="person") == role_patterns(cases)
    nobody = Cases.of({"case": ["1", "1"], "person": ["a", "b"], "time": [1, 2]})
    assert role_patterns(nobody) == () and variants(nobody) == () and usual_path(nobody).stages == ()
    assert role_patterns(log_of([["a"]] * 10)) == ()
    with pytest.raises(InputError, match="by is"):
        role_patterns(cases, by="team")


def test_many_roles_are_cut_to_the_commonest():
    names = [f"r{one:02}" for one in range(20)]
    found = role_patterns(log_of([names] * 30 + [names[:16]] * 10), max_length=2, most=1000)
    assert {role for one in found for role in one.roles} == set(names[:16])
    assert len(found) == 16 * 15 / 2


def test_usual_path_puts_roles_in_order_and_tells_ties():
    rng = np.random.default_rng(5)
    sequences = [["in", *rng.permutation(["law", "tax"]), "sign"] for _ in range(80)] + [["in", "sign", "odd"]] * 2
    path = usual_path(log_of(sequences))
    assert [set(stage) for stage in path.stages] == [{"in"}, {"law", "tax"}, {"sign"}]
    assert path.roles[0] == "in" and path.roles[-1] == "sign"
    assert path.frame["stage"].tolist() == [0, 1, 1, 2]
    assert path.frame["position"].is_monotonic_increasing
    assert "odd" not in path.roles  # in fewer than 5 % of the cases


def test_roles_that_never_meet_share_a_stage():
    path = usual_path(log_of([["in", "north", "out"], ["in", "south", "out"]] * 20))
    assert [set(stage) for stage in path.stages] == [{"in"}, {"north", "south"}, {"out"}]
    assert str(path) == "in → north / south → out"


def test_variants_count_whole_sequences():
    sequences = [["a", "b", "c"]] * 10 + [["a", "c"]] * 4 + [["b", "a", "c"]] * 3 + [["a"]] * 2
    found = variants(log_of(sequences))
    assert Counter({one.roles: one.cases for one in found}) == Counter(tuple(one) for one in sequences)
    assert [one.cases for one in found] == [10, 4, 3, 2]
    by_roles = {one.roles: one for one in found}
    assert by_roles["a", "c"].skips == ("b",) and by_roles["a", "b", "c"].skips == ()
    assert by_roles["a", "c"].share == pytest.approx(4 / 19)
    assert len(variants(log_of(sequences), most=2)) == 2


def test_a_variant_against_the_path_is_told():
    found = variants(log_of([["a", "b", "c"]] * 30 + [["b", "a", "c"]] * 3))
    assert [one.in_order for one in found] == [True, False]


def test_rows_in_any_order_give_the_same():
    frame = pd.DataFrame(
        [(number, role) for number, one in enumerate(random_cases(8)) for role in one], columns=["case", "role"]
    )
    frame = frame.assign(person=frame["role"], time=np.arange(len(frame)) // 3, event=np.arange(len(frame)).astype(str))
    one, other = (Cases.of(rows) for rows in (frame, frame.sample(frac=1, random_state=0)))
    assert role_patterns(one) == role_patterns(other)
    assert variants(one) == variants(other)
    assert usual_path(one).stages == usual_path(other).stages
