"""`commfinder delivery` and `commfinder impact`: who passes work on, what a change did, and nobody is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commfinder.cli import main
from commfinder.report.delivery_words import NO_CASES

Capture = pytest.CaptureFixture[str]
UNITS = ("Sales", "Intake", "Finance", "Shipping")
CHANGED = "2026-04-06"


def names(unit: str) -> list[str]:
    return [f"{unit.lower()}_{letter}" for letter in "abcdef"]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An event log of half a year: orders pass through four units of six people, twice as fast from April on."""
    rng, rows = np.random.default_rng(4), []
    for number in range(160):
        moment = pd.Timestamp("2026-01-05 09:00", tz="UTC") + pd.Timedelta(number * 26.4, "h")
        slow = 1.0 if moment < pd.Timestamp(CHANGED, tz="UTC") else 0.5
        for unit in UNITS:
            moment += pd.Timedelta(slow * float(rng.gamma(8, 3.0 if unit == "Finance" else 0.8)), "h")
            who = names(unit)[rng.integers(6)]
            rows.append((f"order {number:04d}", f"{unit} step", who, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), unit))
    path = tmp_path_factory.mktemp("log") / "orders.csv"
    columns = ["case_id", "activity", "resource", "timestamp", "org:group"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def printed(capsys: Capture, *words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert not ended.value.code
    return capsys.readouterr().out


def complaint(capsys: Capture, *words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_the_group_its_path_and_where_it_waits(orders: Path, capsys: Capture) -> None:
    out = printed(capsys, "delivery", orders, "--hours", "always", "--rate", "60-90")
    assert "that nobody declared pass" in out
    assert "has 24 people from 4 units" in out
    assert "most of it before Finance." in out
    assert "Sales → Intake → Finance → Shipping" in out
    assert "An hour saved at each handoff would be worth" in out
    assert "EUR a year" in out
    assert not any(name in out for unit in UNITS for name in names(unit))


def test_json_has_all_columns_and_nobody(orders: Path, capsys: Capture) -> None:
    out = printed(capsys, "delivery", orders, "--json", "--hours", "always")
    row = next(one for one in json.loads(out) if one["group"] == "D1")
    assert (row["type"], row["size_low"], row["path"]) == ("process", 24, list(UNITS))
    assert [stage["before"] for stage in row["stages"]] == [["Intake"], ["Finance"], ["Shipping"]]
    assert not any(name in out for unit in UNITS for name in names(unit))


def test_what_a_change_did(orders: Path, capsys: Capture) -> None:
    words = ("impact", orders, "--group", "D1", "--changed-on", CHANGED, "--hours", "always")
    out = printed(capsys, *words, "--delay-rate", "100-200", "--period", "2026-01-05/2026-06-30")
    assert out.startswith("The change of 2026-04-06 is associated with a change of cycle time by −")
    assert "EUR" in out
    assert "Without controls" in out
    rows = {row["outcome"]: row for row in json.loads(printed(capsys, *words, "--json"))}
    assert set(rows) == {"cycle", "elapsed", "throughput", "rework"}
    assert rows["cycle"]["claimed"]
    assert rows["cycle"]["low"] <= 0.5 <= rows["cycle"]["high"] < 1
    assert not any(name in out for unit in UNITS for name in names(unit))


def test_mistakes_are_told(orders: Path, capsys: Capture) -> None:
    assert "no group 'D99'" in complaint(capsys, "impact", orders, "--group", "D99", "--changed-on", CHANGED)
    for words, told in (
        (("--hours", "nine"), "--hours nine has no '-'"),
        (("--rate", "much"), "--rate is 'much'"),
        (("--zone", "Berlin"), "Europe/Berlin"),
    ):
        assert told in complaint(capsys, "delivery", orders, *words)


def test_a_group_of_few_people_has_no_impact(tmp_path: Path, orders: Path, capsys: Capture) -> None:
    log = pd.read_csv(orders)
    few = log.assign(resource=log["resource"].str.replace(r"_[b-f]$", "_a", regex=True))
    few.to_csv(tmp_path / "few.csv", index=False)
    said = complaint(capsys, "impact", tmp_path / "few.csv", "--group", "D1", "--changed-on", CHANGED)
    assert "Nothing may be shown of fewer than 5 people." in said
    out = printed(capsys, "delivery", tmp_path / "few.csv", "--json")
    assert json.loads(out) == []


def test_without_cases_one_sentence(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "contacts.csv").write_text("sender,recipient\na,b\nb,c\nc,d\n", encoding="utf-8")
    out = printed(capsys, "delivery", tmp_path / "contacts.csv", "--medium", "meeting")
    assert out.splitlines() == ["<DeliveryGroups: none found in 0 cases>", NO_CASES]
