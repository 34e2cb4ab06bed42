"""`commfinder machines`: a list with reasons to decide in, and what was decided holds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from commfinder.cli.data import machines
from commfinder.errors import InputError


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A bot, and one whose name a spreadsheet would run."""
    lines = ["sender,recipient", "no-reply@x.org,ann@x.org", "=cmd-bot,ann@x.org", "ann@x.org,bob@x.org"]
    path = tmp_path / "mail.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*words: object) -> str:
    app = typer.Typer()
    app.command()(machines)
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_accounts_and_reasons(mail: Path) -> None:
    out = run(mail, "--medium", "email")
    assert "<Machines: 2 bot excluded; 0 suspect and kept; 4 accounts>" in out
    assert "its name is a machine's" in out
    assert "bob@x.org" not in out


def test_what_is_decided_in_the_list_holds(mail: Path) -> None:
    listed = mail.parent / "machines.csv"
    assert "--decisions" in run(mail, "--medium", "email", "--out", listed)
    text = listed.read_text(encoding="utf-8")
    with listed.open(encoding="utf-8", newline="") as stream:
        assert [row["account"] for row in csv.DictReader(stream)] == ["'=cmd-bot", "no-reply@x.org"]
    listed.write_text(text.replace("exclude,score", "keep,score", 1), encoding="utf-8")
    rows = json.loads(run(mail, "--medium", "email", "--decisions", listed, "--json"))
    assert [(row["account"], row["decision"], row["by"]) for row in rows] == [
        ("=cmd-bot", "keep", "user"),
        ("no-reply@x.org", "exclude", "user"),
    ]


def test_json_alone_is_printed(mail: Path) -> None:
    assert len(json.loads(run(mail, "--medium", "email", "--json", "--out", mail.parent / "machines.csv"))) == 2


def test_the_list_is_a_csv(mail: Path) -> None:
    with pytest.raises(InputError, match=r"ends in '\.xlsx'"):
        run(mail, "--out", mail.parent / "machines.xlsx")
