"""Teams of an open-source project: those that work together stand out from those that are labels for permissions."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow]

PROJECT = Path(__file__).parents[2]
PLAIN = {"all years": 0.7888, "since 2023": 0.82}


@pytest.fixture(scope="module")
def rust(real_data: Path) -> ModuleType:
    """The part of the benchmark that scores teams; its protocol stands at its top."""
    if not (real_data / "rust-reviews").is_dir():
        pytest.skip("the reviews are not beside the project (../shared/data/rust-reviews)")
    folder = PROJECT / "benchmarks" / "validation"
    if "validation" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "validation", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        sys.modules["validation"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["validation"])
    return importlib.import_module("validation.rust")


@pytest.fixture(scope="module")
def figures(rust: ModuleType) -> dict:
    return rust.measure()


@pytest.mark.parametrize("period", PLAIN)
def test_the_plain_lift_is_as_it_was(figures, period):
    assert figures[period]["plain lift"]["auc"] == pytest.approx(PLAIN[period], abs=1e-4)
    assert (figures["all years"]["teams"], figures["all years"]["marker_teams"]) == (37, 8)
    assert (figures["since 2023"]["teams"], figures["since 2023"]["marker_teams"]) == (31, 6)


@pytest.mark.parametrize("period", PLAIN)
def test_evidence_tells_working_teams_from_labels(figures, period):
    assert figures[period]["same ties"]["larger p of both tests"]["auc"] > 0.75


@pytest.mark.parametrize("period", PLAIN)
@pytest.mark.xfail(
    reason="P(real) orders nothing: it falls where a team has halves or hangs on brokers, which is alive too"
)
def test_the_probability_of_a_real_team_tells_them_apart(figures, period):
    assert figures[period]["same ties"]["P(real), asked of all"]["auc"] > 0.75


LEVEL = pytest.mark.xfail(
    reason="over all years the two are level, and the plain lift a little ahead; the figures say so"
)


@pytest.mark.parametrize("period", [pytest.param("all years", marks=LEVEL), "since 2023"])
def test_the_probability_of_a_community_beats_the_plain_lift(figures, period):
    assert figures[period]["same ties"]["P(a community is there)"]["auc"] > PLAIN[period]


def test_hardly_any_label_is_called_a_community(figures):
    alive = ("real", "broker-dependent", "core-only", "split", "emerging")
    # Over all years three of the eight labels have more ties than activity alone explains, by the plain tail.
    for period, most in (("all years", 3), ("since 2023", 0)):
        told = figures[period]["same ties"]["verdicts"]["marker-team"]
        assert sum(told.get(word, 0) for word in alive) <= most, period


def test_the_example_names_nobody(real_data: Path):
    example = PROJECT / "examples" / "rust_teams.py"
    line = [sys.executable, str(example), str(real_data)]
    printed = subprocess.run(line, capture_output=True, text=True, check=True, timeout=300).stdout
    reviews = pd.read_csv(real_data / "rust-reviews" / "reviews.csv")
    teams = pd.read_csv(real_data / "rust-reviews" / "team_members.csv")
    handles = set(pd.concat([reviews["author"], reviews["reviewer"], teams["github"]]).str.lower())
    words = set(re.findall(r"[a-z0-9][a-z0-9-]*", printed.lower()))
    assert len(words) > 20
    assert not {word for word in words & handles if not word.isdigit()}
