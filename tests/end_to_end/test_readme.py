"""What the README promises, done as a newcomer would do it."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMANDS = (
    "demo",
    "init",
    "check",
    "run",
    "purge",
    "read",
    "machines",
    "communities",
    "assess",
    "delivery",
    "impact",
    "simulate",
    "schema",
)
FILES = {
    "report.html",
    "result.json",
    "result.schema.json",
    "manifest.json",
    *(
        f"{name}.{kind}"
        for name in ("verdicts", "communities", "undeclared", "delivery")
        for kind in ("csv", "parquet")
    ),
}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def _append(study: Path, text: str) -> None:
    study.write_text(study.read_text(encoding="utf-8") + text, encoding="utf-8")


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_readme_python_block_runs(tmp_path: Path):
    (block,) = _blocks("python")
    *lines, last = block.strip().splitlines()
    script = tmp_path / "block.py"
    script.write_text("\n".join([*lines, f"print(len({last}), len(groups), type(hidden).__name__)"]), encoding="utf-8")
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    judged, declared, kind = ran.stdout.split()
    assert judged == declared
    assert kind == "Undeclared"


def test_readme_names_only_commands_that_exist():
    named = {word for block in _blocks("bash") for word in re.findall(r"commfinder ([a-z]+)", block)}
    assert {"demo", "init", "check", "run"} <= named <= set(COMMANDS)


def test_readme_commands_are_marked_for_ci():
    for mark in ("command: demo", "command: test", "output: demo"):
        assert re.search(rf"<!-- {mark} -->\n```\w+\n.+?\n```", README, re.DOTALL), mark
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install -c constraints.txt ." not in script, "the README's commands are taken from the README"


def test_constraints_pin_every_declared_dependency():
    pinned = {}
    for line in (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line
            name, _, version = line.partition("==")
            pinned[re.sub(r"[-_.]+", "-", name).lower()] = version
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", one)[0]).lower() for one in declared}
    assert names <= set(pinned)
    assert "commfinder" not in pinned


@pytest.mark.parametrize("words", [(), *[(name,) for name in COMMANDS]])
def test_help(command: Callable[..., Any], words: tuple[str, ...]):
    ran = command(*words, "--help")
    assert ran.returncode == 0
    assert ran.stdout.startswith(f"Usage: commfinder {' '.join(words)}".rstrip())
    assert set(COMMANDS) <= set(re.findall(r"[a-z]+", ran.stdout)) or words


def test_demo(demo: Path):
    assert set(_contents(demo / "out")) == FILES
    printed = (demo.parent / "printed").read_text(encoding="utf-8")
    judged = re.match(r"(\d+) of (\d+) declared groups? (is|are) real and alive\.", printed)
    assert judged, printed
    assert int(judged[2]) == pd.read_csv(demo / "communities.csv")["group"].nunique()
    assert f"{len(FILES)} files in {demo / 'out'}" in printed
    assert re.search(r"\bcommunities shown with a confidence,? .*more likely real than not\.", printed), printed
    found = pd.read_csv(demo / "out" / "communities.csv")
    judged = found["community"].str.startswith("C")
    assert found.loc[judged, "confidence"].between(0.01, 0.99).all()
    assert found.loc[~judged, "confidence"].between(0, 1).all()


def test_what_may_be_shown_names_nobody(demo: Path):
    people = pd.read_csv(demo / "hr.csv")
    addresses = [one for cell in people["addresses"] for one in cell.split(";")]
    for name, content in _contents(demo / "out").items():
        assert not re.search(rb"\bp\d{4}\b", content), name
        assert not any(address.encode() in content for address in addresses), name
    assert not (demo / "study.key").exists()


def test_run_again_gives_the_same_bytes(demo: Path, command: Callable[..., Any], tmp_path: Path):
    ran = command("run", demo / "study.toml", "--out", tmp_path / "again", PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    assert ran.returncode == 0, ran.stderr
    assert _contents(tmp_path / "again") == _contents(demo / "out")


def test_check_writes_nothing(study: Path, command: Callable[..., Any]):
    before = sorted(study.parent.rglob("*"))
    ran = command("check", study)
    assert ran.returncode == 0, ran.stderr
    assert "interactions read" in ran.stdout
    assert "Nothing was written." in ran.stdout
    assert sorted(study.parent.rglob("*")) == before


def test_init_then_check_before_filling_in(command: Callable[..., Any], tmp_path: Path):
    assert command("init", tmp_path / "new").returncode == 0
    ran = command("check", tmp_path / "new" / "study.toml")
    assert ran.returncode == 2
    assert "exports/mail" in ran.stderr
    assert "Hint: " in ran.stderr
    again = command("init", tmp_path / "new")
    assert again.returncode == 2
    assert "exists already" in again.stderr


def _says(ran: Any, *parts: str) -> None:
    """Check that a command ended with 2 and one line that holds all parts, without a traceback."""
    assert ran.returncode == 2, ran.stderr
    last = ran.stderr.rstrip().splitlines()[-1]
    assert last.startswith("commfinder: ")
    for part in parts:
        assert part in last
    assert "Traceback" not in ran.stderr


def test_missing_study_file(command: Callable[..., Any], tmp_path: Path):
    _says(command("run", tmp_path / "nowhere.toml"), "nowhere.toml", "does not exist", "Hint: ")


def test_missing_input_file(study: Path, command: Callable[..., Any]):
    (study.parent / "hr.csv").unlink()
    _says(command("check", study), "hr.csv", "people", "does not exist", "Hint: ")


def test_unknown_key(study: Path, command: Callable[..., Any]):
    _append(study, "\n[graph]\nhalf_lif = 45\n")
    _says(command("check", study), "'half_lif'", "[graph]", "study.toml", "Hint: Did you mean 'half_life'?")


def test_wrong_period(study: Path, command: Callable[..., Any]):
    _says(command("check", study, "--period", "2026Q5"), "'2026Q5'", "is not a period", "'2026Q3'")
    text = study.read_text(encoding="utf-8")
    study.write_text(re.sub(r'^period = ".*"', 'period = "Q3"', text, flags=re.MULTILINE), encoding="utf-8")
    _says(command("check", study), "'Q3'", "study.toml", "'2026Q3'")


def test_period_without_interactions(study: Path, command: Callable[..., Any]):
    _says(command("check", study, "--period", "2020Q1"), "2020-01-01/2020-04-01", "They lie from 2026-04-01", "Hint: ")


def test_key_inside_the_results(study: Path, command: Callable[..., Any]):
    _append(study, '\n[privacy]\npurpose = "test"\nkey = "out/study.key"\n')
    _says(command("run", study, "--allow-person-level"), "study.key", "lies in the folder of results", "Hint: ")
    assert not (study.parent / "out" / "study.key").exists()
    assert not list(study.parent.rglob("person-level*"))


def test_person_level_files_take_a_purpose(study: Path, command: Callable[..., Any]):
    _says(command("run", study, "--allow-person-level"), "without a purpose", "purpose = ", "Hint: ")
    assert not list(study.parent.rglob("person-level*"))


def test_person_level_files(study: Path, command: Callable[..., Any]):
    _append(study, '\n[privacy]\npurpose = "to invite the core of each community"\n')
    plain = command("run", study)
    assert plain.returncode == 0, plain.stderr
    out, key = study.parent / "out", study.parent / "study.key"
    assert set(_contents(out)) == FILES
    assert not key.exists()

    ran = command("run", study, "--allow-person-level")
    assert ran.returncode == 0, ran.stderr
    about_people = set(_contents(out)) - FILES
    assert about_people
    assert all(name.startswith("person-level-") for name in about_people)
    people = pd.read_csv(study.parent / "hr.csv", dtype=str)
    known = {*people["person"], *(one for cell in people["addresses"] for one in cell.split(";"))}
    for name in about_people:
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600
        frame = pd.read_csv(out / name, dtype=str) if name.endswith(".csv") else pd.read_parquet(out / name)
        assert len(frame)
        assert not any(frame[column].astype(str).isin(known).any() for column in frame)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_bytes().strip()
    assert not any(secret in content for content in _contents(out).values())
    assert b"to invite the core of each community" in (out / "manifest.json").read_bytes()

    # The next run without the flag takes them away again.
    assert command("run", study).returncode == 0
    assert set(_contents(out)) == FILES
