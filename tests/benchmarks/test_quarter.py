"""The benchmark of a whole quarter draws what it says, and judges it rightly."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


def _part(name: str) -> ModuleType:
    """Load a part of the benchmark, which is no package of the library."""
    if "ties_parts" not in sys.modules:
        place = FOLDER / "ties_parts"
        spec = importlib.util.spec_from_file_location(
            "ties_parts", place / "__init__.py", submodule_search_locations=[str(place)]
        )
        sys.modules["ties_parts"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["ties_parts"])
    return importlib.import_module(f"ties_parts.{name}")


draw, recorder = _part("draw"), _part("recorder")
quarter_draw, quarter_table = _part("quarter_draw"), _part("quarter_table")

PEOPLE = 330
ABOUT = {
    "versions": {"duckdb": "1", "polars": None},
    "machine": {"processors": 2, "memory_gb": 24},
    "python": "3",
    "settings": {"runs": 1},
}


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quarter")
    quarter_draw.draw_quarter(folder, 20_000, PEOPLE)
    return folder


def test_the_quarter_has_the_rows_asked_and_threads_that_hold(quarter: Path):
    found = pd.read_parquet(quarter / "interactions.parquet")
    assert len(found) == 20_000
    first = found.drop_duplicates("event").set_index("event")
    by_event = found.groupby("event")
    assert (by_event["n_recipients"].first() == by_event.size()).all()
    answers = first[first["parent"].notna()]
    parents = first.loc[answers["parent"]]
    assert 0.2 < len(answers) / len(first) < 0.5
    assert (parents["thread"].to_numpy() == answers["thread"].to_numpy()).all()
    assert (parents["time"].to_numpy() <= answers["time"].to_numpy()).all()
    starts = first[first["parent"].isna()]
    assert (starts["thread"] == starts.index).all()


def test_accounts_are_those_of_the_directory_and_managers_are_in_it(quarter: Path):
    people = pd.read_csv(quarter / "people.csv", dtype="string")
    rows = pd.read_parquet(quarter / "interactions.parquet")
    assert len(people) == PEOPLE
    assert set(rows["sender"]) | set(rows["recipient"]) <= set(people["addresses"])
    assert people["manager"].isna().sum() == 1
    assert set(people["manager"].dropna()) <= set(people["person"])
    assert people["unit"].nunique() == -(-PEOPLE // draw.DEPARTMENT)


def test_planted_groups_talk_and_paper_groups_do_not(quarter: Path):
    groups = pd.read_csv(quarter / "groups.csv")
    rows = pd.read_parquet(quarter / "interactions.parquet")
    inside = {}
    for name, members in groups.groupby("group")["person"]:
        accounts = {f"{one.lower()}@example.org" for one in members}
        both = rows["sender"].isin(accounts) & rows["recipient"].isin(accounts)
        inside[name] = both.sum() / (len(members) * (len(members) - 1))
    real = [value for name, value in inside.items() if name.startswith("Real")]
    paper = [value for name, value in inside.items() if name.startswith("Paper")]
    assert len(real) == len(paper) == 4
    assert min(real) > 2 * max(paper)
    assert sum(real) * quarter_draw.MEMBERS * (quarter_draw.MEMBERS - 1) >= quarter_draw.PLANTED * 20_000


def test_the_study_file_is_one(quarter: Path):
    from commfinder.study import Study

    config = Study.load(quarter / "study.toml").config
    assert (config.period, config.inputs[0].path) == ("2026Q3", "interactions.parquet")


def _size(people: int, **seconds: float) -> dict[str, Any]:
    runs = [
        {"part": part, "status": "ok", "seconds": time, "processor_seconds": time, "peak_mb": 10.0, "ties": 9}
        | {"communities": 3, "verdicts": {"Real real": 4}}
        | {"stages": [{"label": "Reading", "depth": 0, "seconds": time / 4}] * 2}
        for part, time in seconds.items()
    ]
    return {"people": people, "rows": 200 * people, "runs": runs}


def test_p6_is_the_whole_over_reading_once_and_leiden_once():
    size = _size(100_000, decode=1.0, read=8.0, leiden=2.0, first=29.0, again=20.0)
    found = quarter_table.ratios(size)
    assert found["first over read"] == pytest.approx(2.9)
    assert found["first over decode"] == pytest.approx(29 / 3)
    assert found["again over read"] == pytest.approx(2.0)
    assert quarter_table.ratios(_size(10, first=1.0))["first over read"] is None


@pytest.mark.parametrize(("first", "words"), [(29.0, "≤ 3× | 2.90× | met"), (31.0, "≤ 3× | 3.10× | **not met**")])
def test_p6_is_judged_at_the_size_asked_for(first: float, words: str):
    small = _size(10_000, decode=0.1, read=0.8, leiden=0.2, first=first / 10, again=2.0)
    large = _size(100_000, decode=1.0, read=8.0, leiden=2.0, first=first, again=20.0)
    document = ABOUT | {"sizes": [small, large]}
    page = quarter_table.markdown(document)
    assert page.count("≤ 3×") == 1
    assert words in page
    assert "10,000 to 100,000 people | ≤ 1.1 | 1.00 | met" in page
    assert "Real real: 4" in page


def test_stages_of_one_name_add_up_and_the_rest_lies_between_them():
    nested = {"label": "Reading / Cells", "depth": 1, "seconds": 0.5}
    size = _size(10, first=8.0)
    size["runs"][0]["stages"].append(nested)
    assert quarter_table.stage_seconds(size, "first") == {
        "Reading": 4.0,
        "Reading / Cells": 0.5,
        "outside of any stage": 4.0,
    }


def test_a_recorder_names_stages_inside_of_others_and_closes_those_that_fail():
    progress = recorder.Recorder()
    with progress.stage("Reading", 3) as stage:
        stage.advance()
        with pytest.raises(KeyError), progress.stage("Cells"):
            raise KeyError
    with progress.stage("Building"):
        pass
    told = [(one["label"], one["depth"]) for one in progress.stages]
    assert told == [("Reading", 0), ("Reading / Cells", 1), ("Building", 0)]
    assert all(one["seconds"] >= 0 and one["peak_mb"] > 0 for one in progress.stages)
    assert json.loads(json.dumps(progress.stages)) == progress.stages
