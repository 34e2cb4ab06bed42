"""What importing the package does, and does not do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import commfinder

PROBE = """
import sys, time, logging, json
start = time.perf_counter()
import commfinder
took = time.perf_counter() - start
heavy = ["numba", "leidenalg", "matplotlib", "pandas", "ibis", "duckdb", "igraph", "numpy", "scipy", "pyarrow",
         "networkx", "jinja2", "typer", "rich"]
told = {"took": took, "heavy": [name for name in heavy if name in sys.modules],
        "handlers": len(logging.getLogger().handlers) + len(logging.getLogger("commfinder").handlers)}
print("\\n" + json.dumps(told))
"""


@pytest.fixture(scope="module")
def probes():
    found = []
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
        *said, last = run.stdout.splitlines()
        found.append({**json.loads(last), "said": "".join(said) + run.stderr})
    return found


def test_quick(probes):
    assert min(probe["took"] for probe in probes) < 0.3


def test_silent(probes):
    assert {probe["said"] for probe in probes} == {""}
    assert {probe["handlers"] for probe in probes} == {0}


def test_light(probes):
    assert probes[0]["heavy"] == []


@pytest.mark.parametrize("name", sorted(set(commfinder.__all__) - {"__version__"}))
def test_public_names_resolve_and_are_described(name):
    value = getattr(commfinder, name)
    assert (value.__doc__ or "").strip(), f"{name} has no docstring"


def test_public_names_are_listed():
    assert commfinder.__all__ == sorted(commfinder.__all__)
    assert set(commfinder.__all__) <= set(dir(commfinder))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = commfinder.no_such_name
