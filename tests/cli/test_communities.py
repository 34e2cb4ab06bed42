"""`commfinder communities`: how likely each is real, and that there are none where chance alone is at work."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from commfinder.cli import main
from commfinder.report.wording import NO_COMMUNITIES

Capture = pytest.CaptureFixture[str]


def write(folder: Path, pairs: list[tuple[int, int]]) -> Path:
    """Write contacts as a table."""
    lines = ["sender,recipient", *(f"p{one:02d},p{other:02d}" for one, other in pairs)]
    path = folder / "contacts.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def circles(tmp_path: Path) -> Path:
    """Five circles of nine, in a ring."""
    inside = [pair for first in range(0, 45, 9) for pair in combinations(range(first, first + 9), 2)]
    return write(tmp_path, [*inside, *((first, (first + 9) % 45) for first in range(0, 45, 9))])


@pytest.fixture
def chance(tmp_path: Path) -> Path:
    """Contacts of eighty people, by chance alone."""
    rng = np.random.default_rng(5)
    ends = np.column_stack(np.triu_indices(80, 1))
    return write(tmp_path, [(int(one), int(other)) for one, other in ends[rng.random(len(ends)) < 0.15]])


def printed(capsys: Capture, *words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert not ended.value.code
    return capsys.readouterr().out


def test_each_has_a_confidence_and_a_word(circles: Path, capsys: Capture) -> None:
    out = printed(capsys, "communities", circles, "--medium", "meeting")
    assert "5 more likely real than not" in out
    assert "All 5 communities shown with a confidence are more likely real than not." in out
    header, *rows = out.rstrip().splitlines()[-6:]
    assert header.split()[:5] == ["community", "size_low", "size_high", "confidence", "real"]
    assert all("likely" in row for row in rows)
    assert "p01" not in out


def test_json_has_numbers_alone(circles: Path, capsys: Capture) -> None:
    rows = json.loads(printed(capsys, "communities", circles, "--medium", "meeting", "--json"))
    assert len(rows) == 5
    for row in rows:
        assert "real" not in row
        assert 0.5 <= row["confidence"] <= 0.99
        assert not {"core", "periphery", "person"} & set(row)


def test_a_network_of_chance_has_none(chance: Path, capsys: Capture) -> None:
    out = printed(capsys, "communities", chance, "--medium", "meeting")
    assert out.splitlines() == ["<Communities: none; 80 people>", NO_COMMUNITIES]
    assert json.loads(printed(capsys, "communities", chance, "--medium", "meeting", "--json")) == []
