"""Who works on the same cases more often than chance, against both nulls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.together import Excess, excess_pairs, fit_bicm, hypergeometric_tail
from commfinder.errors import InputError


def cases_of(groups):
    """Cases of which each has these people."""
    rows = [(number, f"p{who:03}") for number, one in enumerate(groups) for who in one]
    frame = pd.DataFrame(rows, columns=["case", "person"])
    return Cases.of(frame.assign(time=np.arange(len(frame))))


def random_groups(seed, *, cases=400, people=60, sizes=(3, 4, 5)):
    rng = np.random.default_rng(seed)
    weight = rng.gamma(2.0, size=people)
    weight /= weight.sum()
    return [rng.choice(people, rng.choice(sizes), replace=False, p=weight) for _ in range(cases)]


@pytest.mark.parametrize("total", [30, 400, 20_000])
def test_tail_is_that_of_scipy(total):
    rng = np.random.default_rng(total)
    one, other = rng.integers(0, total + 1, (2, 200))
    common = rng.hypergeometric(one, total - one, np.maximum(other, 1))
    expected = stats.hypergeom.sf(common - 1, total, one, np.maximum(other, 1))
    assert hypergeometric_tail(common, total, one, np.maximum(other, 1)) == pytest.approx(
        expected, rel=1e-7, abs=1e-300
    )


def test_tail_of_too_many_is_zero_and_of_the_least_is_one():
    assert hypergeometric_tail([3, 1, 5], 10, [2, 9, 5], [5, 2, 5]).round(6).tolist() == [0.0, 1.0, 0.003968]


def test_a_planted_trio_is_found():
    groups = random_groups(1) + [(100, 101, 102)] * 15
    found = excess_pairs(cases_of(groups))
    assert set(found["null"]) == {"hypergeometric"}
    first = found.head(3)
    assert set(first["person_a"]) | set(first["person_b"]) == {"p100", "p101", "p102"}
    assert (first["q"] < 1e-10).all() and first["together"].tolist() == [15, 15, 15]
    assert first["expected"].tolist() == pytest.approx([15 * 15 / 415] * 3)


@pytest.mark.parametrize("null", ["hypergeometric", "bicm"])
def test_chance_alone_gives_no_pair(null):
    wrong = sum(bool((excess_pairs(cases_of(random_groups(seed)), null=null)["q"] < 0.05).any()) for seed in range(15))
    assert wrong <= 2


def test_sizes_that_vary_choose_the_model_with_sizes():
    rng = np.random.default_rng(3)
    groups = random_groups(3, cases=200, sizes=(2, 3)) + [rng.choice(60, 25, replace=False) for _ in range(40)]
    found = excess_pairs(cases_of(groups))
    assert set(found["null"]) == {"bicm"}
    assert not (found["q"] < 0.05).any()
    # Without sizes, people of the large cases seem to seek one another.
    assert excess_pairs(cases_of(groups), null="hypergeometric")["p"].median() < found["p"].median()


def test_everybody_on_everything_is_no_excess():
    found = excess_pairs(cases_of([range(5)] * 50))
    assert (found["p"] == 1).all() and (found["expected"] == 50).all()
    assert (excess_pairs(cases_of([range(5)] * 50), null="bicm")["q"] > 0.5).all()


def test_model_meets_numbers_of_cases_and_sizes():
    groups = random_groups(4, cases=120, sizes=(2, 3, 8, 30))
    size = np.array([len(one) for one in groups])
    degree = np.bincount(np.concatenate(groups), minlength=60)
    model = fit_bicm(degree, size)
    assert model.residual < 1e-6
    whole = model.probability[model.person_class][:, model.case_class]
    assert whole.sum(axis=1) == pytest.approx(degree, rel=1e-5, abs=1e-6)
    assert whole.sum(axis=0) == pytest.approx(size, rel=1e-5)
    expected = whole @ whole.T
    assert model.together[model.person_class][:, model.person_class] == pytest.approx(expected)


def test_who_is_on_every_case_or_none_is_set_apart():
    degree, size = [4, 4, 1, 1, 0], [3, 3, 2, 2]
    model = fit_bicm(degree, size)
    whole = model.probability[model.person_class][:, model.case_class]
    assert whole[:2].tolist() == [[1.0] * 4] * 2 and whole[4].tolist() == [0.0] * 4
    assert whole[2:4].round(6).tolist() == [[0.5, 0.5, 0, 0]] * 2
    with pytest.raises(InputError, match="add up"):
        fit_bicm([1], [2])


def test_large_and_lonely_cases_do_not_count():
    small = [(1, 2, 3)] * 6 + [(4, 5)] * 6
    plain = excess_pairs(cases_of(small))
    more = excess_pairs(cases_of([*small, range(31), (9,)]))
    pd.testing.assert_frame_equal(plain, more)
    assert excess_pairs(cases_of([(1,), (2,)])).empty


def test_rows_in_any_order_give_the_same():
    groups = random_groups(5)
    frame = pd.DataFrame([(number, f"p{who}") for number, one in enumerate(groups) for who in one])
    frame = frame.set_axis(["case", "person"], axis=1).assign(time=5)
    one, other = (excess_pairs(Cases.of(rows)) for rows in (frame, frame.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    with pytest.raises(InputError, match="null"):
        excess_pairs(Cases.of(frame), null="bigm")


def test_pairs_that_meet_in_excess_are_counted():
    excess = Excess.of(pd.DataFrame({"person_a": ["ada", "ada", "zoe"], "person_b": ["ben", "zoe", "yan"]}))
    assert excess.share(("ada", "ben", "cem")) == pytest.approx(1 / 3)
    assert excess.share(("zoe", "yan", "ben", "ada")) == pytest.approx(3 / 6)
    assert np.isnan(excess.share(("ada",)))


def test_only_pairs_up_to_a_rate_of_false_discoveries_are_kept():
    pairs = pd.DataFrame({"person_a": ["ada", "ben"], "person_b": ["ben", "cem"], "q": [0.05, 0.06]})
    assert Excess.of(pairs, q=0.05).share(("ada", "ben", "cem")) == pytest.approx(1 / 3)
    assert Excess.of(pairs, q=0.01).share(("ada", "ben", "cem")) == 0.0


@pytest.mark.parametrize("null", [None, "hypergeometric", "bicm"])
@pytest.mark.parametrize("q", [0.01, 0.05, 0.5, 1.0])
def test_pairs_found_at_once_are_those_of_all_pairs(null, q):
    planted = random_groups(6) + [(70, 71, 72)] * 9 + [(80, 81)] * 5 + [(90, 91)]
    cases = cases_of([*planted, range(31), (99,)])
    one, other = Excess.found(cases, q=q, null=null), Excess.of(excess_pairs(cases, null=null), q=q)
    assert one.people.tolist() == other.people.tolist() and len(one.people) > 2
    assert one.first.tolist() == other.first.tolist() and one.other.tolist() == other.other.tolist()
    assert one.other.dtype == other.other.dtype


def test_nobody_meets_in_excess_where_nobody_meets():
    assert Excess.found(cases_of([(1,), (2,)]), q=0.05).share(("p001", "p002")) == 0.0
    with pytest.raises(InputError, match="q"):
        Excess.found(cases_of([(1, 2)]), q=2)
