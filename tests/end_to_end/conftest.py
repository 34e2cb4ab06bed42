"""The command line as a user meets it: a process of its own, and a demo that several tests look at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

# Enough to see the files; how good the verdicts are is tested elsewhere.
QUICK = "\n[communities]\nruns = 2\nbeyond = false\n\n[verdicts]\npermutations = 99\n"


@pytest.fixture(scope="session")
def command() -> Command:
    """Run commfinder with some words and some environment variables."""

    def _command(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", "from commfinder.cli import main; main()", *map(str, words)]
        environment = {**os.environ, **variables}
        return subprocess.run(line, capture_output=True, text=True, env=environment, check=False, timeout=600)

    return _command


@pytest.fixture(scope="session")
def demo(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `commfinder demo --people 120` writes."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    ran = command("demo", "--people", 120, "--out", folder)
    assert ran.returncode == 0, ran.stderr
    (folder.parent / "printed").write_text(ran.stdout, encoding="utf-8")
    return folder


@pytest.fixture
def study(demo: Path, tmp_path: Path) -> Path:
    """A study file of one's own, on the demo's exports, with quick settings and no results yet."""
    folder = tmp_path / "study"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("out", "truth"))
    file = folder / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + QUICK, encoding="utf-8")
    return file
