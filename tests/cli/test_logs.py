"""`--case-type` and `--actor`: said of object-centric logs, and of no other input beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commfinder.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """An object-centric log of orders and items in which a requester and a clerk are named."""
    events = [
        {
            "id": f"e{number}",
            "type": "check",
            "time": f"2026-07-01T09:{number:02}:00Z",
            "attributes": [{"name": "requester", "value": "ann"}, {"name": "clerk", "value": "bob"}],
            "relationships": [{"objectId": one, "qualifier": "q"} for one in ("o1", f"i{number}")],
        }
        for number in range(3)
    ]
    objects = [{"id": "o1", "type": "order"}, *({"id": f"i{number}", "type": "item"} for number in range(3))]
    path = tmp_path / "orders.jsonocel"
    path.write_text(json.dumps({"objectTypes": [], "objects": objects, "events": events}), encoding="utf-8")
    return path


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """One message."""
    path = tmp_path / "mail.mbox"
    lines = ["From ann Wed Jul  1 09:00:00 2026", "From: ann@a.example", "To: bob@a.example"]
    path.write_text("\n".join([*lines, "Date: Wed, 1 Jul 2026 09:00:00 +0000", "", "", ""]), encoding="utf-8")
    return path


def table(capsys: Capture, tmp_path: Path, *words: object) -> list[str]:
    """Run `commfinder read` and return the lines of the table that it writes."""
    with pytest.raises(SystemExit) as ended:
        main(["read", *map(str, words), "--out", str(tmp_path / "rows.csv")])
    assert not ended.value.code, capsys.readouterr().err
    return (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_actors_are_those_named(log: Path, tmp_path: Path, capsys: Capture) -> None:
    for named, expected in (
        (["--actor", "clerk"], {"bob"}),
        (["--actor", "clerk", "--actor", "requester"], {"ann", "bob"}),
    ):
        rows = table(capsys, tmp_path, log, *named)
        assert {who for who in ("ann", "bob") if any(who in row for row in rows)} == expected


def test_other_inputs_are_not_told_of_objects(log: Path, mail: Path, tmp_path: Path, capsys: Capture) -> None:
    alone = table(capsys, tmp_path, log, "--case-type", "item", "--actor", "clerk")
    both = table(capsys, tmp_path, mail, log, "--case-type", "item", "--actor", "clerk")
    assert len(alone) == 3
    assert len(both) == 4


@pytest.mark.parametrize("command", ["read", "machines", "communities", "delivery"])
def test_without_such_a_log_they_are_refused(mail: Path, command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, str(mail), "--case-type", "order", "--actor", "clerk"])
    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--case-type and --actor are given, and no input is an object-centric event log." in said
    assert "--kind ocel" in said
