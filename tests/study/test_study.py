"""A study, straight through: the same from the command line, the API and the steps by hand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

import commfinder as cf
from commfinder.errors import PeriodError, PrivacyError
from commfinder.report.wording import NO_COMMUNITIES
from commfinder.study import Study, StudyResult, result_schema

# A quarter of the time of the usual search; how good what it finds is, is tested elsewhere.
QUICK = "\n[communities]\nruns = 8\nbeyond = false\n\n[verdicts]\npermutations = 99\n\n[delivery]\nfind = false\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated organisation on disk."""
    target = tmp_path_factory.mktemp("org") / "org"
    cf.simulate(people=120, seed=3).write(target)
    file = target / "study.toml"
    (target / "quick.toml").write_text(file.read_text(encoding="utf-8") + QUICK, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def result(folder: Path) -> StudyResult:
    """Its study, run once."""
    return Study.load(folder / "study.toml").run()


def test_the_steps_by_hand_give_the_same(folder: Path, result: StudyResult) -> None:
    people = cf.read_people(folder / "hr.csv")
    inter = cf.concat([cf.read(folder / "exports" / "mail"), cf.read(folder / "exports" / "slack.zip")])
    inter, _ = cf.resolve_people(inter, people)
    groups = cf.resolve_groups(cf.read_groups(folder / "communities.csv"), people)
    graph = cf.build_graph(inter, people, period="2026-04-01/2026-10-01")
    found = cf.find_communities(graph, seed=3)
    verdicts = cf.assess_groups(graph, groups, found=found, seed=3)
    pd.testing.assert_frame_equal(verdicts.to_frame(), result.to_frame())
    pd.testing.assert_frame_equal(found.members, result.communities.members)


def test_two_runs_give_the_same_bytes(folder: Path, result: StudyResult, tmp_path: Path) -> None:
    result.save(tmp_path / "one")
    Study.load(folder / "study.toml").run().save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_order_of_inputs_changes_no_verdict(folder: Path, result: StudyResult) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    blocks = text.split("[[inputs]]")
    tail = blocks[2].split("[people]")
    swapped = blocks[0] + "[[inputs]]" + tail[0] + "[[inputs]]" + blocks[1] + "[people]" + tail[1]
    other = folder / "swapped.toml"
    other.write_text(swapped, encoding="utf-8")
    pd.testing.assert_frame_equal(Study.load(other).run().to_frame(), result.to_frame())


def test_result_json_follows_its_schema(result: StudyResult) -> None:
    document = json.loads(result.to_json())
    jsonschema.validate(document, result_schema())
    assert document["schema"] == "commfinder/result/4"
    assert document["sentences"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "k": "five"}, result_schema())


def test_what_is_shown_carries_the_confidence(result: StudyResult) -> None:
    document = json.loads(result.to_json())
    known = result.communities.summary.set_index("community")["confidence"]
    rows = {row["community"]: row["confidence"] for row in document["communities"]}
    assert any(value is not None for value in rows.values())
    for name, value in rows.items():
        assert (value is None) == pd.isna(known[name])
        assert value is None or known[name] - 0.01 <= value <= max(known[name], 0.01)
    assert document["facts"]["clustered"] is True
    assert document["facts"]["p_chance"] == 0.001
    assert any("more likely real than not" in sentence for sentence in document["sentences"])
    limits = " ".join(result.content.limits)
    assert "of those given 80%" in limits
    assert "Every network can be divided" not in limits


def test_who_is_on_the_edge_is_not_shown(result: StudyResult, tmp_path: Path) -> None:
    assert "periphery" in result.communities.members
    result.save(tmp_path)
    for path in tmp_path.iterdir():
        assert b"periphery" not in path.read_bytes(), path.name


def test_a_network_of_chance_has_no_communities(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    ends = np.column_stack(np.triu_indices(80, 1))
    pairs = pd.DataFrame(ends[rng.random(len(ends)) < 0.15], columns=["sender", "recipient"])
    pairs.map(lambda one: f"p{one:02d}").to_csv(tmp_path / "contacts.csv", index=False)
    groups = pd.DataFrame({"group": "Circle", "person": [f"p{one:02d}" for one in range(12)]})
    groups.to_csv(tmp_path / "groups.csv", index=False)
    text = '[[inputs]]\npath = "contacts.csv"\nmedium = "meeting"\n[groups]\npath = "groups.csv"\n'
    (tmp_path / "study.toml").write_text(text + QUICK, encoding="utf-8")
    by_chance = Study.load(tmp_path / "study.toml").run()
    document = json.loads(by_chance.to_json())
    jsonschema.validate(document, result_schema())
    assert document["facts"]["clustered"] is False
    assert document["facts"]["p_chance"] > 0.002
    assert (document["communities"], document["undeclared"]) == ([], [])
    assert NO_COMMUNITIES in document["sentences"]
    assert "does not show that there are none" in " ".join(by_chance.content.limits)
    assert by_chance.verdicts is not None
    assert by_chance.verdicts.to_frame()["found"].isna().all()
    by_chance.save(tmp_path / "out")
    assert NO_COMMUNITIES in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "communities.csv").read_text() == "community,size_low,size_high,confidence\n"

    (tmp_path / "unasked.toml").write_text(
        text + QUICK.replace("runs = 8", "runs = 8\nconfidence = false"), encoding="utf-8"
    )
    unasked = Study.load(tmp_path / "unasked.toml").run()
    document = json.loads(unasked.to_json())
    jsonschema.validate(document, result_schema())
    assert (document["facts"]["clustered"], document["facts"]["p_chance"]) == (None, None)
    assert document["communities"]
    assert {row["confidence"] for row in document["communities"]} == {None}
    assert "Every network can be divided" in " ".join(unasked.content.limits)
    unasked.save(tmp_path / "more")
    assert str(pd.read_parquet(tmp_path / "more" / "communities.parquet")["confidence"].dtype) == "float64"


def test_nobody_is_named_in_what_may_be_shown(folder: Path, result: StudyResult, tmp_path: Path) -> None:
    result.save(tmp_path)
    people = pd.read_csv(folder / "hr.csv")
    addresses = {one for cell in people["addresses"].dropna() for one in cell.split(";")}
    for path in tmp_path.iterdir():
        text = path.read_bytes().decode("utf-8", "replace")
        assert not any(one in text for one in addresses), path.name
        if path.suffix == ".csv":
            words = set(text.replace(",", " ").split())
            assert not words & set(people["person"]), path.name


def test_person_level_files_only_when_asked_for_and_with_a_purpose(
    folder: Path, result: StudyResult, tmp_path: Path
) -> None:
    assert not any(path.name.startswith("person-level") for path in result.save(tmp_path / "plain"))
    with pytest.raises(PrivacyError, match="purpose"):
        result.save(tmp_path / "out", person_level=True)
    text = (folder / "quick.toml").read_text(encoding="utf-8") + '\n[privacy]\npurpose = "Agreed with the council"\n'
    (folder / "agreed.toml").write_text(text, encoding="utf-8")
    agreed = Study.load(folder / "agreed.toml").run()
    names = [path.name for path in agreed.save(tmp_path / "out", person_level=True)]
    assert {"person-level-members.csv", "person-level-ties.parquet"} <= set(names)
    written = pd.read_csv(tmp_path / "out" / "person-level-members.csv")
    people = set(pd.read_csv(folder / "hr.csv")["person"])
    assert not set(written["person"]) & people
    assert (folder / "study.key").stat().st_mode & 0o077 == 0
    secret = (folder / "study.key").read_text().strip()
    for path in (tmp_path / "out").iterdir():
        assert secret.encode() not in path.read_bytes()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["purpose"] == "Agreed with the council"
    assert len(manifest["key_id"]) == 8
    with pytest.raises(PrivacyError, match="key"):
        agreed.save(folder, person_level=True)


def test_check_writes_nothing(folder: Path) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    check = Study.load(folder / "study.toml").check()
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert {"inputs", "people", "ties", "groups"} == set(check.to_frame()["part"])
    assert "automated" in check.losses["reason"].tolist()


def test_another_period(folder: Path) -> None:
    quarter = Study.load(folder / "quick.toml").run("2026Q2")
    assert str(quarter.period) == "2026-04-01/2026-07-01"
    with pytest.raises(PeriodError, match="2024"):
        Study.load(folder / "quick.toml").run("2024Q1")


def test_without_people_and_groups(folder: Path, tmp_path: Path) -> None:
    (folder / "bare.toml").write_text('[[inputs]]\npath = "exports/slack.zip"\n' + QUICK, encoding="utf-8")
    bare = Study.load(folder / "bare.toml").run()
    assert bare.verdicts is None
    bare.save(tmp_path)
    assert "undeclared.csv" not in [path.name for path in tmp_path.iterdir()]
    assert (tmp_path / "report.html").stat().st_size > 5000


def test_the_report_is_safe_against_names(folder: Path, tmp_path: Path) -> None:
    groups = pd.read_csv(folder / "communities.csv")
    groups.loc[groups["group"] == groups["group"].iloc[0], "group"] = "<script>alert(1)</script>"
    groups.to_csv(folder / "nasty.csv", index=False)
    text = (folder / "quick.toml").read_text(encoding="utf-8").replace("communities.csv", "nasty.csv")
    (folder / "nasty.toml").write_text(text, encoding="utf-8")
    Study.load(folder / "nasty.toml").run().save(tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
