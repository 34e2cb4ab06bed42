"""Files are written whole or not at all, the manifest last."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from commfinder.errors import OutputError, PrivacyError
from commfinder.study import artefacts
from commfinder.study.artefacts import csv_bytes, json_bytes, parquet_bytes, write_all
from commfinder.study.config import PrivacyConfig
from commfinder.study.leave import require_leave

FILES = {"a.csv": b"x\n1\n", "b.json": b"{}\n"}


def test_digests_are_those_of_the_files(tmp_path: Path) -> None:
    paths = write_all(FILES, tmp_path / "out", facts={"name": "x"})
    assert paths[-1].name == "manifest.json"
    manifest = json.loads(paths[-1].read_text())
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert manifest["name"] == "x"


def test_a_run_that_breaks_leaves_no_manifest_and_no_torn_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_all(FILES, out, facts={})
    real, calls = artefacts._write, []

    def failing(path: Path, content: bytes) -> Path:
        calls.append(path.name)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(path, content)

    monkeypatch.setattr(artefacts, "_write", failing)
    with pytest.raises(OutputError, match="No space left"):
        write_all({"a.csv": b"x\n2\n", "b.json": b"[]\n"}, out, facts={})
    assert not (out / "manifest.json").exists()
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "b.json"]
    assert (out / "b.json").read_bytes() == b"{}\n"


def test_files_of_an_earlier_run_go_and_others_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_all({**FILES, "person-level-members.csv": b"p\n"}, out, facts={})
    (out / "mine.txt").write_text("keep")
    write_all(FILES, out, facts={})
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "b.json", "manifest.json", "mine.txt"]


def test_a_manifest_can_not_make_us_remove_files_elsewhere(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_text("x")
    (out / "manifest.json").write_text(json.dumps({"files": {"../precious": "0"}}))
    write_all(FILES, out, facts={})
    assert (tmp_path / "precious").exists()


def test_person_level_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_all({"person-level-ties.csv": b"x\n", "a.csv": b"x\n"}, tmp_path, facts={})
    assert (tmp_path / "person-level-ties.csv").stat().st_mode & 0o077 == 0
    assert (tmp_path / "a.csv").stat().st_mode & 0o044


def test_the_key_never_lies_in_the_results_and_a_purpose_is_needed(tmp_path: Path) -> None:
    agreed = PrivacyConfig(purpose="agreed")
    with pytest.raises(PrivacyError, match="key"):
        require_leave(agreed, tmp_path / "out" / "deep", tmp_path / "out")
    with pytest.raises(PrivacyError, match="purpose"):
        require_leave(PrivacyConfig(purpose="  "), tmp_path, tmp_path / "out")
    require_leave(agreed, tmp_path, tmp_path / "out")
    require_leave(PrivacyConfig(purpose="agreed", pseudonymise=False), tmp_path, tmp_path)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="--out"):
        write_all(FILES, tmp_path / "out", facts={})


def test_spreadsheets_run_nothing() -> None:
    frame = pd.DataFrame({"=cmd": ["=1+1", "@x", "-2", "safe", None], "n": [-1, 2, 3, 4, 5]})
    lines = csv_bytes(frame).decode().splitlines()
    assert lines == ["'=cmd,n", "'=1+1,-1", "'@x,2", "'-2,3", "safe,4", ",5"]


def test_bytes_are_the_same_each_time() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": pd.array(["x", None], dtype="string")})
    assert parquet_bytes(frame) == parquet_bytes(frame.copy())
    assert json_bytes({"b": 1, "a": "ü"}) == '{\n "a": "ü",\n "b": 1\n}\n'.encode()
