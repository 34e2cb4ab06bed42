"""The pieces of the validation do what its protocol says."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from itertools import combinations, product
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from commfinder.declared import VERDICTS
from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

FOLDER = Path(__file__).parents[2] / "benchmarks" / "validation"


def _part(name: str) -> ModuleType:
    """Load a part of the benchmark, which is no package of the library."""
    if "validation" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "validation", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        sys.modules["validation"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["validation"])
    return importlib.import_module(f"validation.{name}")


rosters, scores, door = _part("rosters"), _part("scores"), _part("door")


def pool(counts: dict[str, int], seed: int = 0) -> pd.DataFrame:
    """People of some departments with numbers of ties."""
    unit = [name for name, count in counts.items() for _ in range(count)]
    degree = np.random.default_rng(seed).integers(1, 60, len(unit))
    return pd.DataFrame({"person": [f"p{k:03d}" for k in range(len(unit))], "unit": unit, "degree": degree})


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pool({f"D{k}": 8 + 2 * k for k in range(10)})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Ties of 60 people of three units, denser within."""
    rng = np.random.default_rng(4)
    pairs = [(a, b) for a, b in combinations(range(60), 2) if rng.random() < (0.3 if a % 3 == b % 3 else 0.05)]
    return pd.DataFrame([(f"p{a:02d}", f"p{b:02d}") for a, b in pairs], columns=["sender", "recipient"])


def graph_of(rows: pd.DataFrame) -> InteractionGraph:
    names = [f"p{k:02d}" for k in range(60)]
    directory = Directory.from_frame({"person": names, "unit": [f"U{k % 3}" for k in range(60)]})
    return build_graph(Interactions.from_frame(rows), directory)


@pytest.mark.parametrize("size", [6, 12])
@pytest.mark.parametrize("mixture", rosters.MIXTURES)
def test_rosters_are_of_their_mixture(people, mixture, size):
    unit = people.set_index("person")["unit"]
    rng = np.random.default_rng(1)
    assert rosters.can_draw(people, mixture, size) == ""
    for _ in range(60):
        roster = rosters.draw(people, mixture, size, rng)
        assert len(set(roster)) == len(roster) == size
        counts = unit[roster].value_counts()
        if mixture == "three departments":
            assert len(counts) <= 3
        if mixture == "70 % one department":
            assert counts.iloc[0] == round(0.7 * size)


def test_active_rosters_are_active_and_uniform_ones_are_not(people):
    degree = people.set_index("person")["degree"]
    rng = np.random.default_rng(2)
    mean = {
        mixture: np.mean([degree[rosters.draw(people, mixture, 6, rng)].mean() for _ in range(300)])
        for mixture in ("uniform", "active")
    }
    assert mean["uniform"] == pytest.approx(degree.mean(), rel=0.05)
    assert mean["active"] == pytest.approx((degree**2).sum() / degree.sum(), rel=0.05)


def test_what_can_not_be_drawn_is_said():
    few = pool({"A": 50, "B": 12, "C": 12})
    assert "1 departments hold 42 people" in rosters.can_draw(
        pool({"A": 50, "B": 40, "C": 40}), rosters.MIXTURES[3], 60
    )
    assert "1 triples" in rosters.can_draw(few, "three departments", 12)
    assert "only 74 people" in rosters.can_draw(few, "uniform", 60)


@pytest.mark.parametrize("count", [2, 4, 8])
def test_members_are_swapped_for_people_alike_elsewhere(people, count):
    members = people.loc[people["unit"] == "D5", "person"].tolist()[:8]
    table = people.set_index("person")
    mixed, wrong = rosters.swap(people, members, count, np.random.default_rng(3))
    assert len(set(mixed)) == 8
    assert mixed == sorted(mixed)
    assert wrong.sum() == count
    for person, strange in zip(mixed, wrong, strict=True):
        assert (person in members) != strange
        assert (table.loc[person, "unit"] == "D5") != strange
    come = np.sort(table.loc[np.array(mixed)[wrong], "degree"])
    left = np.sort(table.loc[[one for one in members if one not in mixed], "degree"])
    assert np.abs(np.log(come / left)).max() < 0.7


def test_auc_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, score = rng.random(200) < 0.3, rng.integers(0, 9, 200)
    assert scores.auc(score[y], score[~y]) == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert scores.auc([2, np.inf], [-np.inf, 1]) == 1.0
    low, high = scores.auc_interval(score[y], score[~y], seed=1)
    assert low < scores.auc(score[y], score[~y]) < high
    assert np.isnan(scores.auc([], [1.0]))


def test_rates_have_exact_intervals():
    assert scores.rate(0, 560) == {
        "hits": 0,
        "of": 560,
        "share": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.00657, abs=1e-5),
    }
    one = scores.rate(5, 100)
    assert (one["low"], one["high"]) == (pytest.approx(0.01643, abs=1e-5), pytest.approx(0.11283, abs=1e-5))
    assert scores.rate(0, 0)["share"] is None


def test_calibration():
    p = np.repeat([0.2, 0.8], 50)
    right = np.tile([1, 0, 0, 0, 0, 1, 1, 1, 1, 0], 10)
    exact = np.concatenate([np.tile([1, 0, 0, 0, 0], 10), np.tile([1, 1, 1, 1, 0], 10)]).astype(float)
    assert scores.calibration_error(p, exact) == pytest.approx(0.0, abs=1e-12)
    assert scores.calibration_error(p, 1 - exact) == pytest.approx(0.6)
    assert scores.calibration_error(p, right.astype(float), count=2) == pytest.approx(0.3)
    assert sum(row["cases"] for row in scores.bins(p, exact)) == 100


def test_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(5)
    words = np.array(["real", "paper", "split"])
    truth = rng.choice(words, 80)
    said = np.where(rng.random(80) < 0.6, truth, rng.choice([*words, "uncertain"], 80))
    ours = scores.f1_scores(scores.confusion(truth.tolist(), said.tolist()))
    theirs = f1_score(truth, said, labels=words, average=None)
    assert [ours[word] for word in words] == pytest.approx(theirs, abs=1e-4)


def test_added_ties_are_those_of_the_graph_built_with_them(rows):
    graph = graph_of(rows)
    extra = [("p03", "p01"), ("p10", "p20"), (rows["sender"][0], rows["recipient"][0])]
    added = door.with_ties(graph, extra)
    built = graph_of(pd.concat([rows, pd.DataFrame(extra[:2], columns=["sender", "recipient"])], ignore_index=True))
    pairs = ["person_a", "person_b", "tie"]
    pd.testing.assert_frame_equal(added.ties[pairs], built.ties[pairs])
    pd.testing.assert_series_equal(added.people["degree"], built.people["degree"])
    members = [f"p{k:02d}" for k in range(8)]
    ours, theirs = (door.Examiner(one, 1, permutations=99).look([members])[0] for one in (added, built))
    assert ours.p_formal == pytest.approx(theirs.p_formal)
    assert ours.p_permutation == theirs.p_permutation
    assert ours.scores == pytest.approx(theirs.scores)


def test_a_cell_counts_what_the_tool_says(rows):
    type_one = _part("type_one")
    graph = graph_of(rows)
    rng = np.random.default_rng(7)
    frame = door.pool_of(graph)
    drawn = [rosters.draw(frame, "uniform", 6, rng) for _ in range(12)]
    one = type_one.cell(graph, drawn, 4)
    assert one["both"]["hits"] <= min(one["formal"]["hits"], one["permutation"]["hits"])
    assert one["both"]["of"] == 12
    assert sum(one["verdicts"].values()) == one["called"]["of"] == 4
    again = type_one.cell(graph, drawn, 4)
    assert json.dumps(one) == json.dumps(again)
    about = {"network": "n", "size": 6, "mixture": "uniform"}
    text = type_one.table({"cells": [about | one], "left_out": [{**about, "why": "nobody is there"}]})
    assert "Left out: n, 6 people, uniform: nobody is there." in text


def test_rosters_that_hold_their_departments_have_no_room(people):
    power = _part("power")
    members = people.loc[people["unit"] == "D5", "person"].tolist()
    assert len(members) == 18
    assert power.has_room(people, members[:6])
    assert not power.has_room(people, members[:7])
    assert not power.has_room(people, [*members[:2], *people.loc[people["unit"] == "D0", "person"].tolist()[:3]])


def test_a_live_group_called_paper_costs_most():
    verdicts = _part("verdicts")
    costs = {pair: verdicts.cost(*pair) for pair in product(VERDICTS, repeat=2)}
    assert all(costs[word, word] == 0 for word in VERDICTS)
    assert max(costs.values()) == 10
    assert {truth for (truth, said), value in costs.items() if value == 10} == set(door.ALIVE)
    assert {said for (truth, said), value in costs.items() if value == 10} == {"paper"}


def test_scores_of_verdicts():
    verdicts = _part("verdicts")
    frame = pd.DataFrame(
        {
            "truth": ["real", "real", "paper", "paper", "split", "insufficient"],
            "verdict": ["real", "paper", "paper", "uncertain", "split", "insufficient"],
            "probability": [0.9, 0.6, 0.8, np.nan, 0.7, np.nan],
            "seed": [1, 1, 1, 2, 2, 2],
        }
    )
    found = verdicts.score(frame)
    assert found["macro_f1"] == pytest.approx(np.mean([2 / 3, 1 / 2, 1, 1]), abs=1e-4)
    assert found["live_called_paper"]["hits"] == 1
    assert found["live_called_paper"]["of"] == 3
    assert found["cost"] == pytest.approx(11 / 6, abs=1e-4)
    assert found["probabilities"] == 4
    assert found["right_when_it_speaks"]["hits"] == 3


def test_plans_are_drawn_from_their_ranges_and_can_be_simulated():
    from commfinder.simulation import Plan

    verdicts = _part("verdicts")
    seen = set()
    for seed in range(7001, 7041):
        for changes in ({}, *verdicts.STRESS.values()):
            people, weeks, drawn = verdicts.plan_of(seed, changes)
            assert (people, weeks, drawn) == verdicts.plan_of(seed, changes)
            assert weeks in verdicts.WEEKS
            low, high = (verdicts.HELD_OUT | changes)["noise"]
            assert low <= drawn["noise"] <= high
            Plan(**drawn).fits(people)
            seen.add(people)
    assert len(seen) > 20


def test_the_plain_lift_of_reviews():
    rust = _part("rust")
    pairs = [("a", "b"), ("b", "a"), ("c", "a"), ("c", "a"), ("d", "e"), ("d", "e"), ("e", "a"), ("a", "a")]
    reviews = pd.DataFrame(pairs, columns=["author", "reviewer"])
    members = pd.DataFrame({"team": "T", "github": list("abcde")})
    # Three ties (a-b, a-c, d-e), numbers of ties 2, 1, 1, 1, 1: of all pairs (36 - 8) / 2 / 6 are expected.
    assert rust.plain_lift(reviews, members).to_dict() == {"T": pytest.approx(3.5 / (14 / 6 + 0.5))}
    assert rust.plain_lift(reviews, members[:4]).empty


def test_nested_teams_are_counted():
    rust = _part("rust")
    members = pd.DataFrame({"team": ["A", "B", "C", "D"], "subteam_of": [None, "A", "A", "B"]})
    said = pd.DataFrame({"verdict": ["real", "split", "paper", "insufficient"]}, index=list("ABCD"))
    counts = rust.nested(said, members)
    assert counts == {"pairs": 2, "both": 1, "inner alone": 0, "outer alone": 1, "neither": 0}


def test_the_page_says_what_was_not_measured(tmp_path):
    report = _part("report")
    assert "Not measured: random rosters, planted ties" in report.together(tmp_path)
    report.reliability_plot([{"cases": 5, "said": 0.1, "true": 0.2}, {"cases": 5, "said": 0.9, "true": 0.8}], tmp_path)
    assert (tmp_path / "validation_reliability.svg").stat().st_size > 1000
    assert (tmp_path / "validation_reliability.png").stat().st_size > 1000
