"""The few laws of the house that a machine can check in the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "commfinder"
FILES = sorted(path for path in ROOT.rglob("*.py"))
ROOMS = sorted(path.parent for path in ROOT.glob("*/__init__.py"))

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def in_cli(path):
    return path.relative_to(ROOT).parts[0] == "cli"


def calls(tree):
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_there_are_files():
    assert len(FILES) > 50
    assert {"graph", "communities", "declared", "interactions", "people", "sources"} <= {room.name for room in ROOMS}


@every_file
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@every_file
def test_functions_are_short(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        if lines > 60:
            long.append(f"{node.name}: {lines} lines without its docstring")
    assert long == []


@every_file
def test_nothing_prints_or_sets_up_logging(path):
    if in_cli(path):
        pytest.skip("the command line is where printing belongs")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loud = {"print", "logging.basicConfig", "logging.getLogger().addHandler", "warnings.simplefilter"}
    assert not [name for name in calls(tree) if name in loud or name.endswith(".addHandler")]


@every_file
def test_nobody_imports_the_package_root(path):
    if path == ROOT / "__init__.py":
        pytest.skip("it is the root")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {
        one.stem if one.stem != "__init__" else one.parent.name
        for one in [*ROOT.glob("*.py"), *ROOT.glob("*/__init__.py")]
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert "commfinder" not in [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.module == "commfinder":
            assert {alias.name for alias in node.names} <= modules, "names come from their room, not from the root"


@every_file
def test_no_path_of_a_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"[\"'\s](?:/home/|/Users/|/work/|/root/|[A-Z]:\\\\)", text)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_rooms_ask_one_question(room):
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    first = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    assert "?" in first
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert "__all__" in names
