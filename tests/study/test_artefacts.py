"""Files are written whole or not at all, the manifest last."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pytest

from commfinder.errors import OutputError, PrivacyError
from commfinder.study import artefacts
from commfinder.study.artefacts import csv_bytes, json_bytes, parquet_bytes, write_all, write_one
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


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_on_a_full_disk_what_was_there_stays_as_it_was(
    tmp_path: Path, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_all(FILES, out, facts={})
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    real, calls = os.fsync, []

    def failing(handle: int) -> None:
        calls.append(handle)
        if len(calls) == broken:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(artefacts.os, "fsync", failing)
        with pytest.raises(OutputError, match=r"No space left on device.*make room"):
            write_all({"a.csv": b"x\n2\n", "c.json": b"[]\n"}, out, facts={"name": "y"})
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    write_all({"a.csv": b"x\n2\n", "c.json": b"[]\n"}, out, facts={"name": "y"})
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "c.json", "manifest.json"]


def test_what_a_killed_run_left_of_a_file_goes(tmp_path: Path) -> None:
    for name in (".a.csv.x1y2.partial", ".mine.partial"):
        (tmp_path / name).write_bytes(b"x")
    write_all(FILES, tmp_path, facts={})
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.partial", "a.csv", "b.json", "manifest.json"]


def test_a_single_file_is_whole_or_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.csv"
    write_one(path, b"x\n", private=True)
    assert path.read_bytes() == b"x\n"
    assert path.stat().st_mode & 0o077 == 0

    def torn(stream: BinaryIO) -> None:
        stream.write(b"y")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match=r"rows.csv.*No space left"):
        write_one(path, torn)
    assert [(one.name, one.read_bytes()) for one in path.parent.iterdir()] == [("rows.csv", b"x\n")]
    with pytest.raises(OutputError, match="can not be written"):
        write_one(path / "below", b"x")


def test_a_long_table_is_written_in_stretches_with_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.to_datetime(["2026-07-01", "2026-07-02 10:00", None, "2026-07-03", None], utc=True, format="ISO8601")
    plain = pd.DataFrame({"a": [0.1, 2.0, None, 1e-9, 3], "=b": ["x", "=1", None, "ä", "y"], "c": [1, 2, 3, 4, 5]})
    for frame in (plain, plain.assign(day=days), plain[:0]):
        expected = csv_bytes(frame)
        with monkeypatch.context() as patch:
            patch.setattr(artefacts, "_AT_ONCE", 2)
            assert csv_bytes(frame) == expected


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
