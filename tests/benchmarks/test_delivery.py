"""The pieces of the evidence on delivery groups do what its protocol says."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score
from sklearn.metrics.cluster import pair_confusion_matrix

from commfinder.delivery import Cases, score_correlation
from commfinder.simulation import Plan, Work

FOLDER = Path(__file__).parents[2] / "benchmarks"


def _part(name: str) -> ModuleType:
    """Load a part of the benchmark, which is no package of the library."""
    for package in ("validation", "delivery_parts"):
        if package not in sys.modules:
            spec = importlib.util.spec_from_file_location(
                package, FOLDER / package / "__init__.py", submodule_search_locations=[str(FOLDER / package)]
            )
            sys.modules[package] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[package])
    return importlib.import_module(f"delivery_parts.{name}")


scores, runs = _part("scores"), _part("runs")


def groups(*words: str) -> list[frozenset[str]]:
    return [frozenset(word) for word in words]


# ------------------------------------------------------------------------------------------------------- groups


def test_a_group_is_found_if_it_shares_half_of_all_people():
    planted = groups("abcd", "wxyz")
    exact = scores.recovered(planted, groups("abcd", "wxyz"), 0.75)
    assert exact == {"planted": 2, "found": 2, "hits": 2, "repeated": 0}
    # Three of four and two strangers: 3 of 6.
    assert scores.recovered(planted, groups("abcpq"), 0.5)["hits"] == 1
    assert scores.recovered(planted, groups("abcpqr"), 0.5)["hits"] == 0
    assert scores.recovered(planted, groups("abcp"), 0.75)["hits"] == 0
    assert scores.recovered(planted, groups("abc"), 0.75)["hits"] == 1


def test_each_planted_group_counts_once_and_repeats_are_told():
    counts = scores.recovered(groups("abcd"), groups("abcd", "abc", "abcde", "mnop"), 0.5)
    assert counts == {"planted": 1, "found": 4, "hits": 1, "repeated": 2}


def test_as_many_groups_as_possible_are_matched():
    # A greedy match of the most alike first would leave the second planted group without one.
    planted = groups("abcdef", "abcd")
    found = groups("abcde", "abcdefgh")
    assert scores.jaccard(planted[0], found[0]) > scores.jaccard(planted[0], found[1]) > 0.5
    assert scores.recovered(planted, found, 0.75)["hits"] == 2


@pytest.mark.parametrize(("planted", "found"), [((), ("abc",)), (("abc",), ()), ((), ())])
def test_nothing_planted_or_nothing_found(planted, found):
    counts = scores.recovered(groups(*planted), groups(*found), 0.5)
    assert (counts["planted"], counts["found"], counts["hits"]) == (len(planted), len(found), 0)


def test_sums_are_over_groups_not_over_organisations():
    many = {"planted": 9, "found": 6, "hits": 6, "repeated": 0}
    few = {"planted": 1, "found": 2, "hits": 0, "repeated": 1}
    total = scores.summed([many, few])
    assert (total["precision"], total["recall"], total["f1"]) == (0.75, 0.6, round(12 / 18, 4))
    assert total["repeated"] == 1
    nothing = scores.summed([{"planted": 0, "found": 0, "hits": 0, "repeated": 0}])
    assert (nothing["precision"], nothing["recall"], nothing["f1"]) == (None, None, None)


def test_the_interval_is_over_organisations():
    alike = [{"planted": 10, "found": 10, "hits": 8, "repeated": 0}] * 5
    assert scores.over_organisations(alike, lambda parts: scores.summed(parts)["f1"], seed=1) == [0.8, 0.8]
    unlike = [{"planted": 10, "found": 10, "hits": hits, "repeated": 0} for hits in (2, 10, 10, 10, 10)]
    low, high = scores.over_organisations(unlike, lambda parts: scores.summed(parts)["f1"], seed=1)
    assert low < 0.84 < high
    assert scores.over_organisations(alike, lambda _: None, seed=1) is None


# -------------------------------------------------------------------------------------------------- cases and order


def test_pairs_of_events_are_counted_as_elsewhere():
    rng = np.random.default_rng(3)
    truth, said = rng.integers(0, 8, 60), rng.integers(0, 6, 60)
    told = scores.same_case(truth, said)
    table = pair_confusion_matrix(truth, said) // 2
    assert told["hits"] == table[1, 1]
    assert told["pairs"] == table[1].sum()
    assert told["told"] == table[:, 1].sum()
    assert told["f1"] == pytest.approx(2 * table[1, 1] / (table[1].sum() + table[:, 1].sum()), abs=1e-4)


def test_an_event_in_no_case_is_with_nobody():
    told = scores.same_case(["a", "a", "b", "b"], ["x", None, None, None])
    assert (told["pairs"], told["told"], told["hits"]) == (2, 0, 0)
    assert (told["precision"], told["recall"]) == (None, 0.0)


def test_order_is_compared_by_rank_among_those_who_have_a_place_in_both():
    one = {"a": 0.1, "b": 0.2, "c": 0.9, "d": float("nan"), "e": 0.5}
    other = {"a": 0.0, "b": 0.7, "c": 0.8, "d": 0.3, "z": 0.4}
    told = scores.same_order(one, other)
    assert told == {"actors": 3, "spearman": 1.0}
    assert scores.same_order(one, {"a": 0.9, "b": 0.4, "c": 0.2})["spearman"] == -1.0
    assert scores.same_order(one, {"a": 0.9, "b": 0.4})["spearman"] is None
    assert scores.same_order(one, dict.fromkeys("abc", 0.5))["spearman"] is None


# -------------------------------------------------------------------------------------------------------- types


def judged(rows: list[tuple[int, str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["seed", "truth", "said", "probability"])


def test_scores_of_types_are_those_of_the_textbook():
    rng = np.random.default_rng(0)
    names = np.array(["process", "knowledge", "social", "mixed"])
    truth = rng.choice(names, 300)
    said = np.where(rng.random(300) < 0.6, truth, rng.choice(names, 300))
    seeds, probability = rng.integers(0, 9, 300), rng.uniform(0.5, 1, 300)
    rows = judged(list(zip(seeds, truth, said, probability, strict=True)))
    told = scores.typed(rows, seed=5)
    assert told["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"), abs=1e-4)
    assert told["right_when_it_speaks"]["share"] == pytest.approx(accuracy_score(truth, said), abs=1e-4)
    low, high = told["macro_f1_interval"]
    assert low < told["macro_f1"] < high
    assert told["abstained"]["hits"] == 0
    assert sum(one["cases"] for one in told["reliability"]) == 300


def test_silence_is_a_miss_but_no_error():
    rows = judged([(1, "process", "process", 0.9), (1, "process", "abstain", np.nan), (2, "social", "social", 0.8)])
    told = scores.typed(rows, seed=5)
    assert told["right_when_it_speaks"]["share"] == 1.0
    assert told["abstained"]["hits"] == 1
    assert told["f1"] == {"process": round(2 / 3, 4), "social": 1.0}
    assert told["probabilities"] == 2


def test_calibration_is_of_what_was_said():
    sure = judged([(k % 10, "process", "process" if k % 10 < 7 else "social", 0.7) for k in range(200)])
    assert scores.typed(sure, seed=5)["ece"] == pytest.approx(0.0, abs=1e-9)
    proud = sure.assign(probability=0.95)
    assert scores.typed(proud, seed=5)["ece"] == pytest.approx(0.25, abs=1e-9)


def test_nothing_is_said_at_all():
    told = scores.typed(judged([(1, "process", "abstain", np.nan)] * 3), seed=5)
    assert told["ece"] is None
    assert told["macro_f1"] == 0.0


# --------------------------------------------------------------------------------------------------------- logs


@pytest.fixture
def pieces() -> pd.DataFrame:
    rows = [("desk", True, 0.9), ("desk", True, 0.85), ("loans", True, 0.6), ("loans", True, 0.62)]
    rows += [("list", False, 0.55), ("list", False, 0.65), ("chat", False, 0.5), ("chat", False, 0.52)]
    return pd.DataFrame(rows, columns=["log", "process", "value"])


def test_the_area_counts_pairs_of_pieces(pieces):
    told = scores.areas(pieces)
    value, process = pieces["value"].to_numpy(), pieces["process"].to_numpy()
    wanted = stats.mannwhitneyu(value[process], value[~process]).statistic / 16
    assert told["auc"] == pytest.approx(wanted, abs=1e-4)
    assert told["auc_without"]["loans"] == 1.0
    assert told["auc_without"]["list"] == 1.0
    assert told["lowest"] == min(told["auc_without"].values()) < 1.0
    one_kind = scores.areas(pieces[pieces["process"]])
    assert (one_kind["auc"], one_kind["lowest"]) == (None, None)


def test_the_threshold_of_a_log_knows_only_the_other_logs(pieces):
    told = scores.leave_one_log_out(pieces)["logs"]
    # Without the loans: processes at .875, talk at the mean of .60 and .51.
    assert told["loans"]["threshold"] == pytest.approx((0.875 + 0.555) / 2, abs=1e-4)
    assert told["loans"]["share"] == 0.0
    assert told["desk"]["share"] == 1.0
    moved = pieces.assign(value=np.where(pieces["log"] == "loans", 0.99, pieces["value"]))
    assert scores.leave_one_log_out(moved)["logs"]["loans"]["threshold"] == told["loans"]["threshold"]


def test_accuracy_counts_both_kinds_alike(pieces):
    told = scores.leave_one_log_out(pieces)
    shares = {name: one["share"] for name, one in told["logs"].items()}
    wanted = ((shares["desk"] + shares["loans"]) / 2 + (shares["list"] + shares["chat"]) / 2) / 2
    assert told["balanced_accuracy"] == pytest.approx(wanted, abs=1e-4)
    assert scores.leave_one_log_out(pieces[pieces["log"] == "desk"])["balanced_accuracy"] is None


# --------------------------------------------------------------------------------------------------------- runs


def test_runs_are_made_once_and_kept(tmp_path):
    made: list[str] = []

    def make(name: str) -> dict[str, float]:
        made.append(name)
        return {"value": np.float64(0.5)}

    first = runs.Runs(tmp_path / "part.jsonl", "abc")
    assert first.get("one", lambda: make("one")) == {"value": 0.5}
    assert first.get("one", lambda: make("again")) == {"value": 0.5}
    again = runs.Runs(tmp_path / "part.jsonl", "abc")
    assert len(again) == 1
    again.get("one", lambda: make("again"))
    again.get("two", lambda: make("two"))
    assert made == ["one", "two"]


def test_runs_of_other_code_are_thrown_away(tmp_path):
    runs.Runs(tmp_path / "part.jsonl", "abc").get("one", dict)
    assert len(runs.Runs(tmp_path / "part.jsonl", "other")) == 0
    assert len(runs.Runs(tmp_path / "part.jsonl", "abc")) == 0


def test_a_line_that_was_cut_off_is_no_run(tmp_path):
    path = tmp_path / "part.jsonl"
    kept = runs.Runs(path, "abc")
    kept.get("one", list)
    kept.get("two", list)
    path.write_text(path.read_text()[:-3])
    again = runs.Runs(path, "abc")
    assert len(again) == 1
    again.get("two", lambda: [1])
    assert [json.loads(line) for line in path.read_text().splitlines()][-1] == {"run": "two", "rows": [1]}
    assert len(runs.Runs(path, "abc")) == 2


def test_the_stamp_changes_with_code_and_with_nothing_else(tmp_path):
    room = tmp_path / "delivery"
    room.mkdir()
    (room / "kind.py").write_text("x = 1\n")
    before = runs.stamp(["delivery"], tmp_path)
    (room / "notes.txt").write_text("nothing")
    assert runs.stamp(["delivery"], tmp_path) == before
    (room / "kind.py").write_text("x = 2\n")
    assert runs.stamp(["delivery"], tmp_path) != before


# ---------------------------------------------------------------------------------------- conversations and pieces


def test_conversations_are_lines_joined_by_links(tmp_path):
    logs = _part("logs")
    lines = ["[10:00] <Ann> hi", "[10:00] <bob> so?", "=== eve has joined", "[10:01] <ann> well", "[10:02] <cy> hm"]
    (tmp_path / "day.ascii.txt").write_text("\n".join(lines) + "\n")
    # Annotation begins at line 1: line 0 belongs to a conversation, but nobody looked at what came before.
    (tmp_path / "day.annotation.txt").write_text("0 1 -\n2 2 -\n1 3 -\n4 4 -\n")
    rows = logs.conversations(tmp_path)
    assert rows["person"].tolist() == ["bob", "ann", "cy"]
    assert rows["time"].tolist() == [1, 3, 4]
    assert rows["case"].iloc[0] == rows["case"].iloc[1] != rows["case"].iloc[2]


@pytest.fixture(scope="module")
def log_of_two_quarters() -> Any:
    """Forty cases of a > b > c > d, twenty in each of two quarters."""
    start = [pd.Timestamp("2026-01-10", tz="UTC") + pd.Timedelta(90 * (k // 20) + k % 20, "D") for k in range(40)]
    rows = [(f"c{k:02d}", who, start[k] + pd.Timedelta(j, "h")) for k in range(40) for j, who in enumerate("abcd")]
    return Cases.of(pd.DataFrame(rows, columns=["case", "person", "time"]).assign(space="s"))


def test_process_logs_are_cut_into_quarters_and_chat_into_streams(log_of_two_quarters):
    logs = _part("logs")
    assert [len(piece) for piece in logs.pieces_of("receipt", log_of_two_quarters)] == [20, 20]
    assert [len(piece) for piece in logs.pieces_of("chat", log_of_two_quarters)] == [40]


def test_cases_cut_at_random_know_nothing(log_of_two_quarters):
    logs = _part("logs")
    found = logs.cut(log_of_two_quarters, 4.0)
    assert (len(found), found.acts.n) == (40, 160)
    # Here work never overlaps, so that even a blind cut is right; every mail alone joins nothing.
    assert score_correlation(found, log_of_two_quarters).f1 == 1.0
    assert len(logs.cut(log_of_two_quarters, 1.0)) == 160


def test_pieces_of_few_pairs_are_counted_and_not_scored():
    logs = _part("logs")

    def piece(value: float, pairs: int) -> dict[str, Any]:
        one = {"value": value, "p": None, "null": None, "pairs": pairs}
        return {"person": one, "role": {**one, "value": None, "pairs": 0}, "activity": one}

    orders = {
        "desk": {"process": True, "pieces": [piece(0.9, 200), piece(0.1, 20)]},
        "list": {"process": False, "pieces": [piece(0.5, 200), piece(0.95, 99)]},
    }
    told = logs.told_apart(orders)
    assert (told["person"]["too_few_pairs"], told["person"]["pieces"], told["person"]["auc"]) == (2, 2, 1.0)
    assert told["role"]["auc"] is None


# -------------------------------------------------------------------------------------- planted organisations, pages


def test_planted_members_are_those_who_are_seen_at_work():
    planted = _part("planted")
    work = {"groups": {"process": 2, "social": 1}, "case_ids": 0.5, "turnover": 0.4, "per_week": 6}
    made = planted.organisation(1900, people=80, weeks=8, work=work, plan={"coverage": 0.8})
    assert [kind for kind, _ in made.groups.values()] == ["process", "process", "social"]
    listed = made.rosters.groupby("group")["person"].agg(set)
    rows = made.inter.to_frame()
    seen = {*rows["sender"], *rows["recipient"].dropna()}
    assert set(rows["medium"]) > {"workflow", "email"}
    for name, (kind, members) in made.groups.items():
        assert members <= listed[name]
        assert kind == "social" or members <= seen
    assert any(members < listed[name] for name, (_, members) in made.groups.items())


def test_plans_are_of_the_held_out_ranges():
    typed = _part("typed")
    for seed in range(1900, 1930):
        people, weeks, work, record = typed.plan_of(seed)
        assert 420 <= people <= 600
        assert weeks in (16, 30, 44)
        Work(**work).fits(people)
        Plan(groups={}, undeclared=0, work=Work(**work), **record)
        assert typed.plan_of(seed) == (people, weeks, work, record)


def test_every_second_roster_has_strangers():
    typed = _part("typed")
    rosters = pd.DataFrame({"group": ["A"] * 10 + ["B"] * 10, "person": [f"p{k}" for k in range(20)]})
    made, changed = typed.rough(rosters, [f"p{k}" for k in range(40)], 1900)
    assert changed == {"B"}
    of = made.groupby("group")["person"].agg(set)
    was = rosters.groupby("group")["person"].agg(set)
    assert of["A"] == was["A"]
    assert 1 <= len(of["B"] - was["B"]) == len(was["B"] - of["B"]) <= 3


def test_a_run_of_recovery_counts_groups_that_deliver():
    recovery, planted = _part("recovery"), _part("planted")
    made = planted.Planted(
        inter=None,
        people=None,
        rosters=pd.DataFrame(),
        groups={"W1": ("process", frozenset("abcd")), "W2": ("social", frozenset("wxyz"))},
        seed=0,
    )
    found = [("process", frozenset("abc")), ("abstain", frozenset("abcd")), ("social", frozenset("wxyz"))]
    row = recovery.counts(made, found)
    assert row["named"]["0.5"] == {"planted": 1, "found": 1, "hits": 1, "repeated": 0}
    assert row["candidates"]["0.75"] == {"planted": 1, "found": 3, "hits": 1, "repeated": 1}
    missed = recovery.counts(made, [("abstain", frozenset("abcd"))])
    assert (missed["named"]["0.5"]["hits"], missed["candidates"]["0.5"]["hits"]) == (0, 1)


def test_pages_tell_what_was_measured_and_what_was_not(tmp_path):
    recovery, report = _part("recovery"), _part("report")
    counts = {"planted": 5, "found": 4, "hits": 3, "repeated": 0}
    row = {kind: dict.fromkeys(("0.5", "0.75"), counts) for kind in ("named", "candidates")}
    cells = {recovery.cell_name(cell): recovery.score([row, row]) for cell in recovery.CELLS}
    easy = recovery.score([row])
    figures = {"cells": cells, "easy": easy, "organisations": 2, "passes": False}
    (tmp_path / "delivery_recovery.json").write_text(json.dumps({"figures": figures}))
    document, page = report.together(tmp_path)
    assert set(document) == {"recovery"}
    assert page.count("\n| ") == len(recovery.CELLS) + 1
    assert "0.67 (0.67 to 0.67)" in page
    assert "**missed**" in page
    assert "Not measured: types of planted groups, real logs." in page


def test_the_page_of_types_tells_targets():
    typed = _part("typed")
    rows = judged([(k % 4, kind, kind, 0.9) for k, kind in enumerate(["process", "social"] * 40)])
    figures = scores.typed(rows, seed=1)
    figures |= {"rosters": {"as planted": figures}, "passes": {"macro-F1": True, "calibration error": False}}
    page = typed.table(figures)
    assert "Missed: calibration error" in page
    assert "| process | 40 |  | 1.00 |" in page
