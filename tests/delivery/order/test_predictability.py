"""Whether an order that is there is found, and none where there is none."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order import predictability
from commfinder.delivery.order.lines import line_up, p_of, times_in_order
from commfinder.delivery.order.predictability import eta_squared, order_levels, order_predictability, pair_asymmetry
from commfinder.errors import InputError


def drawn_cases(seed, *, cases=60, actors=8, size=5, order=1.0):
    """Cases of some of the actors; with probability `order` in the order of their numbers, else in any."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(cases):
        who = rng.choice(actors, size, replace=False)
        who = np.sort(who) if rng.random() < order else who
        rows += [(number, int(one)) for one in who]
    case, actor = np.array(rows).T
    return case, actor, np.arange(len(case))


def test_planted_order_is_recovered():
    found = order_predictability(*drawn_cases(1))
    assert found.value == found.by_time == 1.0
    assert found.p == found.by_time_p == 0.005
    assert found.ahead["actor"].tolist() == list(range(8))
    assert found.ahead["position"].is_monotonic_increasing
    assert found.cases == 60 and found.pairs == 60 * 6


def test_noise_lowers_the_value_as_far_as_it_goes():
    values = [
        order_predictability(*drawn_cases(2, cases=400, order=share), shuffles=0).value for share in (1, 0.6, 0.2)
    ]
    assert values[0] == 1
    # An ordered case is predicted wholly, any other by half.
    assert values[1] == pytest.approx(0.8, abs=0.03)
    assert values[2] == pytest.approx(0.6, abs=0.04)


def test_p_is_uniform_without_order():
    p = np.sort([order_predictability(*drawn_cases(seed, cases=30, order=0.0), shuffles=39).p for seed in range(200)])
    assert 0.02 <= (p <= 0.05).mean() <= 0.09
    assert 0.4 <= p.mean() <= 0.6
    assert np.abs(p - np.arange(1, 201) / 200).max() < 0.1


def test_who_asks_and_who_answers_is_no_order():
    rng = np.random.default_rng(3)
    threads = [np.r_[rng.integers(10, 60), rng.choice(10, 3, replace=False)] for _ in range(200)]
    args = np.repeat(np.arange(200), 4), np.concatenate(threads), np.arange(800)
    everything = order_predictability(*args, without_first=False)
    later = order_predictability(*args)
    assert everything.value > 0.65 and everything.p == 0.005
    assert later.value == pytest.approx(0.5, abs=0.04) and later.p > 0.05


def test_interchangeable_workers_have_an_order_as_roles_only():
    rng = np.random.default_rng(4)
    steps = ["intake", "check", "review", "pay"]
    people = [rng.choice(12, 4, replace=False) for _ in range(150)]
    log = pd.DataFrame({"case": np.repeat(np.arange(150), 4), "person": np.concatenate(people), "role": steps * 150})
    log["person"] = "p" + log["person"].astype(str)
    found = order_levels(Cases.of(log.assign(time=np.arange(600))))
    assert found.role.value == 1.0 and found.best == "role" and found.p == pytest.approx(0.01)
    assert found.person.p > 0.05 and abs(found.person.value - 0.5) < 0.05
    assert math.isnan(found.activity.value) and found.activity.reason
    assert found["role"] is found.role
    assert found.to_frame()["best"].tolist() == [False, True, False]


def test_looking_at_three_levels_is_paid_for():
    case, actor, time = drawn_cases(5, cases=30, order=0.0)
    log = pd.DataFrame({"case": case, "person": actor.astype(str), "time": time})
    log["role"], log["activity"] = "r" + log["person"], "a" + log["person"]
    found = order_levels(Cases.of(log), shuffles=39)
    # All three levels are the same here, so are their p.
    assert found.person.p == found.role.p == found.activity.p
    assert found.p == min(3 * found.person.p, 1.0) and found.best == "person"


@pytest.mark.parametrize("measure", [order_predictability, eta_squared, pair_asymmetry])
def test_rows_in_any_order_give_the_same_bytes(measure):
    case, actor, time = drawn_cases(6, order=0.5)
    time = time // 2  # some acts at the same time
    shuffled = np.random.default_rng(0).permutation(len(case))
    one = measure(case, actor, time, shuffles=19, seed=7)
    other = measure(case[shuffled], actor[shuffled], time[shuffled], shuffles=19, seed=7)
    assert repr(one) == repr(other)
    if measure is order_predictability:
        pd.testing.assert_frame_equal(one.ahead, other.ahead, check_exact=True)


def test_the_seed_decides_and_nothing_else_does():
    args = drawn_cases(7, order=0.3)
    assert repr(order_predictability(*args, seed=1)) == repr(order_predictability(*args, seed=1))
    assert order_predictability(*args, seed=1).value != order_predictability(*args, seed=2).value


def test_acts_at_the_same_time_have_no_order():
    case, actor = np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20)
    found = order_predictability(case, actor, np.tile([0, 1, 1, 2], 20))
    assert found.pairs == 40 and found.value == 1.0
    opening = order_predictability(case, actor, np.tile([0, 0, 1, 2], 20))
    assert opening.pairs == 20  # nobody knows who opened the case
    assert math.isnan(order_predictability(case, actor, np.zeros(80)).value)


def test_repeated_acts_unknown_actors_and_large_cases_do_not_count():
    case, actor, time = drawn_cases(8)
    plain = order_predictability(case, actor, time, shuffles=19)
    more = (np.r_[case, case, np.full(40, 99)], np.r_[actor, np.where(actor < 4, actor, -1), np.arange(40)])
    assert repr(order_predictability(*more, np.arange(len(more[0])), shuffles=19)) == repr(plain)


@pytest.mark.parametrize("case", [[], [1, 1, 1], [1, 1, 2, 2], [1, 1, 1, 1]])
def test_too_little_is_a_result(case):
    found = order_predictability(np.array(case, dtype=int), np.arange(len(case)), np.arange(len(case)))
    assert math.isnan(found.value) and math.isnan(found.p) and found.reason
    assert math.isnan(eta_squared(np.array(case, dtype=int), np.arange(len(case)), np.arange(len(case))).value)
    assert math.isnan(pair_asymmetry(np.array(case, dtype=int), np.arange(len(case)), np.arange(len(case))).value)


def test_the_value_is_that_of_a_plain_loop():
    case, actor, time = drawn_cases(9, cases=40, order=0.6)
    found = order_predictability(case, actor, time, shuffles=0, k=3.0)
    rng = np.random.default_rng([0, 11])
    deals = [rng.permutation(40) % 2 for _ in range(4)]
    later = [actor[case == one][1:] for one in range(40)]
    values = []
    for half in deals:
        for side in (0, 1):
            seen = {}
            for one in np.flatnonzero(half == side):
                for place, who in enumerate(later[one]):
                    seen.setdefault(int(who), []).append(place / (len(later[one]) - 1) - 0.5)
            ahead = {who: sum(places) / (len(places) + 3) for who, places in seen.items()}
            right = pairs = 0
            for one in np.flatnonzero(half != side):
                who = [ahead.get(int(each), 0.0) for each in later[one]]
                for i in range(len(who)):
                    for j in range(i + 1, len(who)):
                        gap = round(who[j] - who[i], 12)
                        right, pairs = right + (gap > 0) + 0.5 * (gap == 0), pairs + 1
            values.append(right / pairs)
    assert found.value == pytest.approx(np.mean(values))
    assert math.isnan(found.p)


def test_secondary_measures_see_order_and_none():
    ordered, random = drawn_cases(10, cases=300), drawn_cases(10, cases=300, order=0.0)
    assert eta_squared(*ordered).value > 0.7 and pair_asymmetry(*ordered).raw == 1.0
    for measure in (eta_squared, pair_asymmetry):
        found = measure(*random)
        assert abs(found.value) < 0.03 and found.p > 0.05
        assert measure(*ordered).p == 0.005
    assert eta_squared(*ordered, min_cases=301).counted == 0


def test_many_cases_are_sampled_and_told():
    case, actor = np.repeat(np.arange(21_000), 3), np.tile(np.arange(3), 21_000)
    found = order_predictability(case, actor, np.arange(63_000), shuffles=1)
    assert found.sampled and found.cases == 20_000 and found.value == 1.0
    assert found.ahead["cases"].tolist() == [21_000] * 3


def test_of_very_many_cases_a_draw_is_that_of_the_cases_selected(monkeypatch):
    case, actor, when = drawn_cases(7, order=0.6)
    how = np.where(case % 2, "workflow", "thread")
    cases = Cases.of({"case": case, "person": [f"p{one}" for one in actor], "time": when // 2, "how": how})
    monkeypatch.setattr(predictability, "_DRAWN", 40)
    found = order_levels(cases, shuffles=19, seed=5)
    kept = np.sort(np.random.default_rng([5, 14]).permutation(60)[:40])
    plain = order_levels(cases.select(cases=kept), shuffles=19, seed=5)
    assert found.person.cases == 40
    pd.testing.assert_frame_equal(found.to_frame(), plain.to_frame(), check_exact=True)


def test_threads_change_nothing(monkeypatch):
    case, actor, when = drawn_cases(8, order=0.6)
    people, roles = ([f"{letter}{one}" for one in actor // part] for letter, part in (("p", 1), ("r", 2)))
    cases = Cases.of({"case": case, "person": people, "role": roles, "time": when})
    alone = order_levels(cases, shuffles=19)
    monkeypatch.setattr(predictability, "_LONG", 0)
    pd.testing.assert_frame_equal(order_levels(cases, shuffles=19).to_frame(), alone.to_frame(), check_exact=True)


def test_equal_times_keep_the_order_of_a_workflow_file_only():
    log = {"case": ["1", "1", "2", "2"], "person": ["a", "b", "a", "b"], "time": [5, 5, 3, 5]}
    cases = Cases.of({**log, "how": ["workflow", "workflow", "thread", "thread"]})
    when = times_in_order(cases)
    assert when[0] < when[1]
    talk = Cases.of({**log, "how": "thread"})
    assert times_in_order(talk)[talk.frame["case"].to_numpy()[talk.acts.case] == "1"].tolist() == [1, 1]


def test_lines_count_what_they_shuffle():
    lines = line_up([2, 2, 1, 1, 1, 3], [5, 6, 6, 5, 7, 5], np.arange(6))
    assert lines.n_cases == 2 and lines.codes.tolist() == [5, 6, 7]
    before = [sorted(lines.actor[lines.case == one].tolist()) for one in (0, 1)]
    for who in lines.shuffles(5, np.random.default_rng(0)):
        assert [sorted(who[lines.case == one].tolist()) for one in (0, 1)] == before
    assert lines.later().n_cases == 1
    assert math.isnan(p_of([], 1.0))


def test_bad_input_is_told():
    with pytest.raises(InputError, match="shapes"):
        order_predictability([1, 2], [1], [1, 2])
    with pytest.raises(InputError, match="Whole numbers"):
        order_predictability([1.5, 2], [1, 2], [1, 2])
    with pytest.raises(InputError, match="shuffles"):
        order_predictability([1], [1], [1], shuffles=-1)
    with pytest.raises(InputError, match="level"):
        order_levels(Cases.of({"case": ["1"], "person": ["a"], "time": [1]}))["unit"]
