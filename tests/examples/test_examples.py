"""Every example runs, and ends with a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DATA = PROJECT.parent / "shared" / "data"
EXAMPLES = sorted((PROJECT / "examples").glob("*.py"))
READ_DATA = ("rust_teams.py", "mailing_list.py")


def _run(example: Path, *words: object) -> list[str]:
    line = [sys.executable, "-W", "error::FutureWarning", str(example), *map(str, words)]
    ran = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.rstrip().splitlines()


def test_all_examples_are_known():
    assert {one.name for one in EXAMPLES} == {"from_a_frame.py", "tie_arrays.py", *READ_DATA}


def test_tie_arrays():
    assert _run(PROJECT / "examples" / "tie_arrays.py")[-1].endswith("(1 would be fully).")


def test_from_a_frame():
    last = _run(PROJECT / "examples" / "from_a_frame.py")[-1]
    assert last.endswith("declared groups are real communities.")


@pytest.mark.parametrize("name", READ_DATA)
def test_says_plainly_that_it_skips(name: str, tmp_path: Path):
    assert _run(PROJECT / "examples" / name, tmp_path)[0].startswith("Skipped: ")


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the project")
@pytest.mark.parametrize("name", READ_DATA)
def test_on_real_data(name: str):
    lines = _run(PROJECT / "examples" / name)
    assert lines[-1].endswith(".")
    assert not lines[0].startswith("Skipped")
    assert not any("@" in line for line in lines), "nobody is named"
