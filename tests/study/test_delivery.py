"""Who delivers the work, as a step of a study: files, sentences, settings, and nobody is named."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from commfinder.delivery import BusinessHours, find_delivery_groups
from commfinder.errors import ConfigError
from commfinder.report.delivery_words import NO_CASES, NO_GROUPS, SUPPORT
from commfinder.study import Study, StudyResult, result_schema
from commfinder.study.config import DeliveryConfig, calendar_of, load_config, rates_of

QUICK = "\n[communities]\nruns = 4\nconfidence = false\nbeyond = false\n"
UNITS = ("Sales", "Intake", "Finance", "Shipping")


def study_of(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text + QUICK, encoding="utf-8")
    return Study.load(folder / "study.toml")


def write_orders(path: Path) -> None:
    """Write an event log: orders pass through four units of six people, longest before Finance."""
    rng, rows = np.random.default_rng(4), []
    for number in range(150):
        moment = pd.Timestamp("2026-01-05 09:00", tz="UTC") + pd.Timedelta(number * 26, "h")
        for unit in UNITS:
            moment += pd.Timedelta(float(rng.gamma(6, 3.0 if unit == "Finance" else 0.5)), "h")
            who = f"{unit.lower()}_{'abcdef'[rng.integers(6)]}"
            rows.append((f"order {number:04d}", f"{unit} step", who, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), unit))
    columns = ["case_id", "activity", "resource", "timestamp", "org:group"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """A study of an event log alone."""
    folder = tmp_path_factory.mktemp("orders")
    write_orders(folder / "orders.csv")
    text = '[[inputs]]\npath = "orders.csv"\n[graph]\noutsiders = "keep"\n'
    text += '[delivery]\nstart = "00:00"\nend = "24:00"\ndays = [0, 1, 2, 3, 4, 5, 6]\nhourly = [60, 90]\n'
    return study_of(folder, text).run()


def test_the_group_is_in_everything_that_may_be_shown(result: StudyResult, tmp_path: Path) -> None:
    assert result.delivery is not None
    assert any("most of it before Finance." in sentence for sentence in result.sentences)
    result.save(tmp_path)
    document = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, result_schema())
    row = next(one for one in document["delivery"] if one["group"] == "D1")
    assert (row["type"], row["origin"], row["path"]) == ("process", "found", list(UNITS))
    assert row["stages"][1]["before"] == ["Finance"]
    assert row["support"] == SUPPORT["process"]
    assert [one["what"] for one in row["worth"]] == ["work saved"]
    assert document["facts"]["working_day"] == 24.0
    assert document["facts"]["cases"] == 150
    flat = pd.read_parquet(tmp_path / "delivery.parquet")
    assert flat.loc[flat["group"] == "D1", "path"].item() == " → ".join(UNITS)
    assert "before Finance: " in flat.loc[flat["group"] == "D1", "stages"].item()
    assert pd.read_csv(tmp_path / "delivery.csv")["group"].tolist() == flat["group"].tolist()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Delivers a process" in page
    assert "every hour counts" in page
    for path in tmp_path.iterdir():
        assert not any(f"{unit.lower()}_" in path.read_text("utf-8", "replace") for unit in UNITS), path.name


def test_who_is_in_which_group_is_about_single_people(result: StudyResult, tmp_path: Path) -> None:
    text = (result.folder / "study.toml").read_text(encoding="utf-8") + '\n[privacy]\npurpose = "Agreed"\n'
    (result.folder / "agreed.toml").write_text(text, encoding="utf-8")
    agreed = Study.load(result.folder / "agreed.toml")
    named = dataclasses.replace(result, config=agreed.config)
    names = [path.name for path in named.save(tmp_path, person_level=True)]
    assert "person-level-delivery-members.csv" in names
    members = pd.read_csv(tmp_path / "person-level-delivery-members.csv")
    assert {"group", "person", "role"} <= set(members)
    assert not members["person"].str.contains("_").any(), "people have pseudonyms"


def test_a_study_without_cases_says_so_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    pairs = pd.DataFrame(rng.integers(0, 20, (80, 2)), columns=["sender", "recipient"]).map(lambda one: f"p{one:02d}")
    pairs.to_csv(tmp_path / "contacts.csv", index=False)
    text = '[[inputs]]\npath = "contacts.csv"\nmedium = "meeting"\n[delivery]\n'
    found = study_of(tmp_path, text + "communities = false\n").run()
    assert found.sentences.count(NO_CASES) == 1
    document = json.loads(found.to_json())
    jsonschema.validate(document, result_schema())
    assert (document["delivery"], document["facts"]["cases"]) == ([], 0)
    names = [path.name for path in found.save(tmp_path / "out")]
    assert not any(name.startswith("delivery") for name in names)
    assert NO_CASES in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    unasked = study_of(tmp_path, text + "find = false\n").run()
    assert unasked.delivery is None
    assert json.loads(unasked.to_json())["delivery"] is None
    assert NO_CASES not in unasked.sentences


def test_cases_that_nobody_delivers_are_told_of_in_the_report_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(rng.integers(0, 25, (400, 2)), columns=["sender", "recipient"]).map(lambda one: f"p{one:02d}")
    rows["thread"] = [f"t{one // 4}" for one in range(400)]
    rows["time"] = pd.date_range("2026-01-05 09:00", periods=400, freq="9h", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    rows.to_csv(tmp_path / "mail.csv", index=False)
    found = study_of(tmp_path, '[[inputs]]\npath = "mail.csv"\nmedium = "email"\n').run()
    assert json.loads(found.to_json())["facts"]["cases"] == 100
    assert "process" not in {row["type"] for row in json.loads(found.to_json())["delivery"]}
    assert not any("deliver" in sentence or "cases" in sentence for sentence in found.sentences)
    names = [path.name for path in found.save(tmp_path / "out")]
    assert not any(name.startswith("delivery") for name in names)
    assert NO_GROUPS in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('start = "9"', ["delivery", "start"]),
        ('timezone = "Berlin"', ["delivery", "Europe/Berlin"]),
        ("days = []", ["delivery", "days"]),
        ("hourly = [60]", ["delivery.hourly"]),
        ("hourly = [90, 60]", ["delivery"]),
        ("min_case = 3", ["'min_case'", "Did you mean 'min_cases'?"]),
    ],
)
def test_what_is_wrong_in_its_section_is_said(tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "study.toml").write_text(f'[[inputs]]\npath = "mail"\n[delivery]\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "study.toml")
    assert all(part in str(error.value) for part in parts)


def test_the_options_are_those_of_find_delivery_groups() -> None:
    options = inspect.signature(find_delivery_groups).parameters
    asked = DeliveryConfig()
    assert {name: options[name].default for name in ("min_cases", "shuffles")} == {
        "min_cases": asked.min_cases,
        "shuffles": asked.shuffles,
    }
    assert calendar_of(asked) == BusinessHours()


def test_business_hours_and_rates_of_a_study() -> None:
    config = DeliveryConfig(start="08:00", end="16:30", holidays=["2026-12-25"], delay_per_day=[100, 200])
    assert calendar_of(config).hours_per_day == 8.5
    rates = rates_of(config)
    assert rates is not None
    assert (rates.hourly, rates.delay_per_day) == (None, (100.0, 200.0))
    assert rates_of(DeliveryConfig()) is None
    assert all(field.description for field in DeliveryConfig.model_fields.values())
