"""Whether a group is more than people like its members, and whether its order and times matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.nulls import Beyond, StandIns, null_frame, time_null, unit_null
from commfinder.errors import InputError

DAY = 86_400_000_000


def organisation(seed=0, *, own=0.0, cases=300):
    """Forty people in four units; a share of the cases is done by one person of each unit, always the same four."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(cases):
        who = np.arange(0, 40, 10) if rng.random() < own else rng.choice(40, 4, replace=False)
        start = int(rng.integers(200)) * DAY
        rows += [(number, f"p{one:02}", f"u{one // 10}", start + step * DAY // 3) for step, one in enumerate(who)]
    return Cases.of(pd.DataFrame(rows, columns=["case", "person", "unit", "time"]))


def test_a_group_across_units_is_more_than_its_units():
    found = unit_null(organisation(1, own=0.2), [0, 10, 20, 30])
    assert [one.p for one in found] == [0.005, 0.005]
    assert all(one.excess > 0.8 and one.observed > one.expected for one in found)


def test_p_is_not_too_small_for_people_drawn_at_random():
    rng = np.random.default_rng(2)
    bench = StandIns(organisation(2))
    p = [bench.test(rng.choice(40, 5, replace=False), draws=39, seed=seed)[0].p for seed in range(120)]
    assert np.mean(np.array(p) <= 0.05) <= 0.1
    assert 0.4 < np.mean(p) < 0.75


def test_a_whole_unit_can_not_be_told_from_itself():
    found = unit_null(organisation(3), range(10))
    assert all(np.isnan(one.p) and one.reason for one in found)
    assert found[0].observed > 0
    empty = unit_null(organisation(3), [])
    assert all(one.reason for one in empty) and empty[0].observed == 0


def test_stand_ins_are_of_the_unit_and_nobody_stands_in_twice():
    cases = organisation(4)
    bench = StandIns(cases)
    members = np.array([0, 1, 2, 15])
    for one in members:
        pool = bench.pool(int(one))
        assert one in pool and (cases.unit_of[pool] == cases.unit_of[one]).all() and 4 <= len(pool) <= 13
    drawn = bench.draw(members, 200, np.random.default_rng(0))
    assert drawn.shape == (200, 4)
    assert all(len(set(row)) == 4 for row in drawn.tolist())
    assert (np.sort(cases.unit_of[drawn], axis=1) == [0, 0, 0, 1]).all()


def test_stand_ins_are_those_nearest_in_activity():
    cases = organisation(8, own=0.3)
    people, activity = cases.persons_of[1], np.bincount(cases.persons_of[1], minlength=40)
    assert len(np.unique(people)) == 40
    pools = StandIns(cases).pools(np.arange(40))
    for one in range(40):
        others = [other for other in range(40) if other != one and cases.unit_of[other] == cases.unit_of[one]]
        far = {other: abs(np.log1p(activity[other]) - np.log1p(activity[one])) for other in others}
        nearest = sorted(others, key=lambda other: (round(far[other], 9), other))[:12]
        assert pools[one][pools[one] >= 0].tolist() == sorted([*nearest, one])


def test_both_tests_of_a_group_are_of_the_same_draws():
    bench = StandIns(organisation(9, own=0.1))
    members = np.array([0, 10, 20, 30])
    assert bench.handed(members, seed=2) == bench.test(members, seed=2)[0]
    later = Beyond(bench, members, 199, 2)
    assert later.handoffs == later.tests[0] == bench.handed(members, seed=2)
    groups = bench.draw(members, 199, np.random.default_rng([2, 31]))
    handoffs, met = bench.shared(groups)
    assert later.tests[0].expected == handoffs.mean() and later.tests[1].expected == met.mean()


def test_what_groups_share_is_that_of_a_plain_count():
    cases = organisation(5, own=0.1)
    groups = np.array([[0, 10, 20, 30], [1, 2, 3, 4]])
    handoffs, shared = StandIns(cases).shared(groups)
    acts = cases.acts
    for place, group in enumerate(groups):
        steps = zip(acts.case[:-1], acts.case[1:], acts.person[:-1], acts.person[1:], strict=True)
        assert handoffs[place] == sum(c == d and i != j and i in group and j in group for c, d, i, j in steps)
        counts = np.bincount(acts.case[np.isin(acts.person, group)])
        assert shared[place] == (counts >= 3).sum()


def process(seed, *, order=1.0, spread=0.2, cases=80):
    """Cases of four of six people, in the order of their numbers or in any, within a few hours or whenever."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(cases):
        who = rng.choice(6, 4, replace=False)
        who = np.sort(who) if rng.random() < order else who
        times = np.sort(rng.integers(0, int(spread * DAY), 4)) + (int(rng.integers(200)) * DAY if spread < 1 else 0)
        rows += [(number, f"p{one}", int(when)) for one, when in zip(who, times, strict=True)]
    return Cases.of(pd.DataFrame(rows, columns=["case", "person", "time"]).assign(role=lambda one: one["person"]))


def test_order_and_times_are_seen():
    order, times = time_null(process(1))
    assert order.null == "order" and order.p == 0.005 and order.excess > 0.2
    assert times.null == "times" and times.p == 0.005 and times.observed == 240
    frame = null_frame((order, times))
    assert frame["null"].tolist() == ["order", "times"] and frame["draws"].tolist() == [199, 199]
    assert time_null(process(1), by="role")[0].p == 0.005


def test_no_order_and_no_times_give_uniform_p():
    found = [time_null(process(seed, order=0.0, spread=40, cases=25), shuffles=19, seed=seed) for seed in range(60)]
    for place in (0, 1):
        p = np.array([one[place].p for one in found])
        assert (p <= 0.05).mean() <= 0.13
        assert 0.38 <= p.mean() <= 0.62


def test_too_little_is_told():
    alone = Cases.of({"case": ["1", "2"], "person": ["a", "a"], "time": [1, 2]})
    assert all(np.isnan(one.p) and one.reason for one in time_null(alone))
    late = Cases.of({"case": ["1", "1"], "person": ["a", "b"], "time": [1, 9 * DAY]})
    assert time_null(late)[1].reason == "no handoff within two days"


def test_equal_seeds_and_any_order_of_rows_give_equal_bytes():
    frame = organisation(6, own=0.1).acts_frame()
    one, other = (Cases.of(rows) for rows in (frame, frame.sample(frac=1, random_state=3)))
    assert unit_null(one, [0, 10, 20, 30], seed=4) == unit_null(other, [0, 10, 20, 30], seed=4)
    assert time_null(one, seed=4) == time_null(other, seed=4)
    with pytest.raises(InputError, match="members"):
        unit_null(one, [99])
