"""Scores of rebuilt cases, and hiding ids."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from commfinder.delivery.cases.correlation import hide_ids, score_correlation
from commfinder.delivery.cases.find import find_cases
from commfinder.delivery.cases.value import Cases
from commfinder.errors import InputError
from commfinder.interactions import Interactions


def cases_of(labels):
    frame = pd.DataFrame({"case": labels, "person": "p", "time": np.arange(len(labels))})
    return Cases.of(frame[frame["case"].notna()])


def test_scores_agree_with_counting_pairs():
    rng = np.random.default_rng(1000)
    truth, found = rng.integers(0, 12, 80), rng.integers(0, 9, 80)
    found[:60] = truth[:60]
    score = score_correlation(cases_of(found.astype(str)), cases_of(truth.astype(str)))
    pairs = list(itertools.combinations(range(80), 2))
    together = [(found[i] == found[j], truth[i] == truth[j]) for i, j in pairs]
    both = sum(f and t for f, t in together)
    assert score.precision == pytest.approx(both / sum(f for f, _ in together))
    assert score.recall == pytest.approx(both / sum(t for _, t in together))
    assert score.adjusted_rand == pytest.approx(adjusted_rand_score(truth, found))
    sets = [{i for i in range(80) if truth[i] == label} for label in range(12)]
    others = [{i for i in range(80) if found[i] == label} for label in range(12)]
    best = [max(len(one & other) / len(one | other) for other in others if other) for one in sets if len(one) > 1]
    assert score.recovered_half == pytest.approx(np.mean(np.array(best) >= 0.5))
    assert score.recovered_three_quarters == pytest.approx(np.mean(np.array(best) >= 0.75))
    assert score.cases == len(best)


def test_acts_in_no_case_are_alone():
    score = score_correlation(cases_of(["x", "x", None, None]), cases_of(["x", "x", "x", None]))
    assert (score.precision, score.recall) == (1.0, pytest.approx(1 / 3))
    noisy = score_correlation(cases_of(["x", "x", "x", "x"]), cases_of(["x", "x", None, None]))
    assert (noisy.precision, noisy.recall) == (pytest.approx(1 / 6), 1.0)


def test_equal_cases_and_nothing_found():
    same = cases_of(["x", "x", "y"])
    assert score_correlation(same, same).adjusted_rand == 1.0
    none = score_correlation(same.select(cases=[]), same)
    assert none.recall == 0
    assert np.isnan(none.precision)
    assert none.recovered_half == 0


def test_acts_that_can_not_be_told_apart_are_left_out_and_counted():
    twice = Cases.of({"case": ["1", "2", "2"], "person": ["a", "a", "b"], "time": [0, 0, 1]})
    score = score_correlation(twice, twice)
    assert score.ambiguous == 4
    assert score.acts == 1


def workflow(n=40):
    start = pd.Timestamp("2026-01-05T08:00Z")
    rows = [
        {
            "event": f"c{case}#{step:06d}",
            "time": start + pd.Timedelta(hours=24 * case + 3 * step),
            "sender": person,
            "thread": f"c{case}",
            "activity": f"a{step}",
        }
        for case in range(n)
        for step, person in enumerate(["ann", "ann", "bob", "cem", "ann"])
    ]
    frame = pd.DataFrame(rows).assign(recipient=None, space="permits", role="edit")
    columns = {name: name for name in ("event", "thread", "activity", "space", "role")}
    return Interactions.from_frame(frame, medium="workflow", **columns)


def test_hidden_cases_become_messages_without_anything_but_who_and_when():
    hidden, truth = hide_ids(workflow(), 0.5, seed=1)
    assert len(truth) == 20
    frame = hidden.to_frame()
    mail = frame[frame["medium"] == "email"]
    assert mail[["thread", "parent", "space", "activity"]].isna().all().all()
    assert not mail["event"].str.contains("c").any()
    assert len(mail) == 4 * 20  # ann's first act is seen by nobody
    assert mail["recipient"].isna().sum() == 20
    assert (frame["medium"] == "workflow").sum() == 5 * 20
    assert truth.acts.n == 4 * 20
    assert sorted(zip(mail["sender"], mail["recipient"].fillna("-"), strict=True))[:21:20] == [
        ("ann", "-"),
        ("ann", "bob"),
    ]


def test_what_is_hidden_in_quiet_times_is_found_again():
    hidden, truth = hide_ids(workflow(), 1.0, seed=1)
    score = score_correlation(find_cases(hidden, gap_days=0.3), truth)
    assert score.f1 == 1.0
    assert score.recovered_three_quarters == 1.0
    assert score.acts == truth.acts.n


def test_a_machine_stays_known_when_most_of_what_it_does_is_hidden():
    hours = pd.date_range("2026-01-05", periods=1200, freq="h", tz="UTC")
    machine = pd.DataFrame({"time": hours, "sender": "112", "thread": np.arange(1200) % 50})
    people = pd.DataFrame({"time": hours[9::24], "sender": "ann", "thread": np.arange(50)})
    log = pd.concat([machine, people]).assign(recipient=None, role="edit", thread=lambda one: one["thread"].astype(str))
    hidden, _ = hide_ids(Interactions.from_frame(log, medium="workflow"), 0.9, seed=1)
    assert find_cases(hidden).people.tolist() == ["ann"]


def test_threads_lose_their_id_and_nothing_else():
    mail = pd.DataFrame({"sender": ["a", "b", "c"], "recipient": ["b", "a", "d"], "thread": ["t", "t", "u"]})
    mail["time"] = pd.to_datetime(["2026-07-06T09:00Z", "2026-07-06T10:00Z", "2026-07-06T11:00Z"])
    inter = Interactions.from_frame(mail, thread="thread")
    hidden, truth = hide_ids(inter, 1.0, seed=1)
    assert hidden.to_frame()["thread"].isna().all()
    assert hidden.to_frame().drop(columns="thread").equals(inter.to_frame().drop(columns="thread"))
    assert score_correlation(find_cases(hidden), truth).recall == 1.0


def test_hiding_is_the_same_for_a_seed_and_nothing_is_hidden_at_zero():
    inter = workflow(10)
    first, second = (hide_ids(inter, 0.5, seed=3)[0].to_frame() for _ in range(2))
    assert first.equals(second)
    assert hide_ids(inter, 0.0, seed=3)[0].to_frame().equals(inter.to_frame())
    with pytest.raises(InputError, match="share"):
        hide_ids(inter, 2, seed=1)
