"""Communities and groups that deliver are kept in the store: no result depends on it, and nothing old stays."""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from commfinder.study import Study, kept, needs
from commfinder.study.locks import Lock
from commfinder.study.packing import NotPackableError

TINY = """
seed = 1
[[inputs]]
path = "mail.csv"
medium = "email"
[groups]
path = "groups.csv"
[communities]
resolution = 1.0
runs = 2
beyond = false
confidence = false
overlap = false
[verdicts]
permutations = 99
[delivery]
communities = false
shuffles = 99
"""
TAKEN = ["Taking communities from the store", "Taking groups that deliver from the store"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 24 people in two circles, run once."""
    folder = tmp_path_factory.mktemp("first")
    rng = np.random.default_rng(2)
    people = np.array([f"p{one:02d}" for one in range(24)])
    sender = rng.integers(0, 24, 200)
    recipient = np.where(rng.random(200) < 0.9, sender // 12 * 12 + rng.integers(0, 12, 200), rng.integers(0, 24, 200))
    days = pd.Timestamp("2026-07-01T08:00Z") + pd.to_timedelta(rng.integers(0, 90 * 24, 200), unit="h")
    frame = pd.DataFrame({"sender": people[sender], "recipient": people[recipient], "time": days})
    frame.to_csv(folder / "mail.csv", index=False)
    pd.DataFrame({"group": "Circle", "person": people[:12]}).to_csv(folder / "groups.csv", index=False)
    (folder / "study.toml").write_text(TINY, encoding="utf-8")
    stages = run(folder)[1]
    assert not taken(stages)
    assert {"Finding communities", "Finding cases", "Keeping communities in the store"} <= set(stages)
    return folder


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    """The same study with what its first run has left: the store, and the folder ``out``."""
    return Path(shutil.copytree(first, tmp_path / "study"))


class Noted:
    """Progress that notes the names of stages."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    @contextlib.contextmanager
    def stage(self, label: str, total: float | None = None) -> Iterator[Any]:
        del total
        self.stages.append(label)
        yield type("Stage", (), {"advance": lambda *_: None})()


def run(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """Run the study: its files, and the stages it went through."""
    noted = Noted()
    Study.load(folder / "study.toml").run(progress=noted).save(folder / "out")
    gc.collect()
    return files_of(folder), noted.stages


def files_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "out").iterdir()}


def taken(stages: list[str]) -> list[str]:
    return [one for one in stages if one.startswith("Taking")]


def entries(folder: Path) -> list[Path]:
    """Results in the store, and whatever a writer may have left of one."""
    found = [*(folder / "study.store").glob("communities-*"), *(folder / "study.store").glob("delivery-*")]
    return sorted(one for one in found if one.suffix != ".lock")


def set_to(folder: Path, old: str, new: str) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")


def test_the_second_run_takes_results_from_the_store_and_equals_the_first(folder: Path) -> None:
    first = files_of(folder)
    assert [one.name.partition("-")[0] for one in entries(folder)] == ["communities", "delivery"]
    again, stages = run(folder)
    assert again == first
    assert taken(stages) == TAKEN
    assert not {"Choosing weights and resolution", "Finding communities", "Finding cases"} & set(stages)


def test_results_are_for_the_user_alone_and_say_what_they_are(folder: Path) -> None:
    for entry in entries(folder):
        assert not [one for one in (entry, *entry.iterdir()) if one.stat().st_mode & 0o077]
        said = json.loads((entry / "done.json").read_text())
        assert said["result"] == entry.name.partition("-")[0]
        assert {*said["files"], "done.json"} == {one.name for one in entry.iterdir()}


def test_another_list_of_groups_makes_other_verdicts_of_the_same_communities(folder: Path) -> None:
    pd.DataFrame({"group": "Mixed", "person": [f"p{one:02d}" for one in range(0, 24, 2)]}).to_csv(
        folder / "groups.csv", index=False
    )
    files, stages = run(folder)
    assert taken(stages) == TAKEN[:1]
    assert "Finding cases" in stages
    assert "Mixed" in files["result.json"].decode()
    assert len(entries(folder)) == 2
    (folder / "study.store").rename(folder / "aside")
    assert run(folder)[0] == files


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("permutations = 99", "permutations = 100", TAKEN),
        ("shuffles = 99", "shuffles = 99\nhourly = [60, 90]", TAKEN),
        ("shuffles = 99", "shuffles = 100", TAKEN[:1]),
        ("runs = 2", "runs = 3", TAKEN[1:]),
        ("seed = 1", "seed = 2", []),
        ("seed = 1", 'seed = 1\nperiod = "2026-07-01/2026-09-01"', []),
        ("[delivery]", "[graph]\nmax_recipients = 3\n[delivery]", TAKEN[1:]),
        ("communities = false", "communities = true", TAKEN[:1]),
    ],
)
def test_what_a_setting_bears_on_is_made_again_and_the_old_one_goes(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    before = {one.name for one in entries(folder)}
    set_to(folder, old, new)
    assert taken(run(folder)[1]) == expected
    after = {one.name for one in entries(folder)}
    assert len(after) == 2
    assert len(before & after) == len(expected)


def test_other_interactions_other_code_and_other_libraries_make_other_results(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(needs, "code_digest", lambda: "other")
        assert not taken(run(folder)[1])
    with monkeypatch.context() as patch:
        patch.setattr(needs, "versions", lambda: {"numpy": "other"})
        assert not taken(run(folder)[1])
    with (folder / "mail.csv").open("a", encoding="utf-8") as stream:
        stream.write("p00,p23,2026-09-01T10:00:00Z\n")
    assert not taken(run(folder)[1])
    assert len(entries(folder)) == 2


def test_what_is_not_wanted_any_more_goes(folder: Path) -> None:
    set_to(folder, "shuffles = 99", "find = false")
    assert taken(run(folder)[1]) == TAKEN[:1]
    assert [one.name.partition("-")[0] for one in entries(folder)] == ["communities"]


@pytest.mark.parametrize("name", ["tree.json", "numbers.zst", "texts.parquet", "done.json"])
def test_torn_results_are_made_again_without_a_word(folder: Path, name: str) -> None:
    first = files_of(folder)
    for entry in entries(folder):
        content = (entry / name).read_bytes()
        (entry / name).write_bytes(content[: len(content) // 2])
    again, stages = run(folder)
    assert again == first
    assert not taken(stages)
    assert taken(run(folder)[1]) == TAKEN


def test_foreign_results_are_made_again(folder: Path) -> None:
    first = files_of(folder)
    for entry in entries(folder):
        (entry / "tree.json").write_text('{"is": "seen", "number": 5}')
        said = json.loads((entry / "done.json").read_text())
        said["files"]["tree.json"] = kept.file_digest(entry / "tree.json")
        (entry / "done.json").write_text(json.dumps(said))
    assert run(folder)[0] == first
    assert taken(run(folder)[1]) == TAKEN


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), NotPackableError("a lambda")])
def test_a_result_that_can_not_be_kept_is_no_less_a_result(
    folder: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = files_of(folder)
    (folder / "study.store").rename(folder / "aside")
    real = kept.pack

    def full(made: object, unfinished: Path, **options: Any) -> list[Path]:
        real(made, unfinished, **options)
        raise error

    monkeypatch.setattr(kept, "pack", full)
    files, stages = run(folder)
    assert files == expected
    assert entries(folder) == []
    told = [one for one in stages if one.startswith("Not kept: communities (No space left on device)")]
    assert len(told) == isinstance(error, OSError)


def test_a_result_that_another_process_is_writing_is_left_to_it(folder: Path) -> None:
    names = [one.name for one in entries(folder)]
    for one in entries(folder):
        one.rename(folder / one.name)
    locks = [Lock.take(folder / "study.store" / f"{name}.lock", wait=False) for name in names]
    assert all(locks)
    assert not taken(run(folder)[1])
    assert entries(folder) == []
    for lock in locks:
        assert lock is not None
        lock.release()


def test_purge_removes_results_too(folder: Path) -> None:
    assert Study.load(folder / "study.toml").purge() is True
    assert not (folder / "study.store").exists()
    set_to(folder, "[delivery]", "[store]\nkeep = false\n[delivery]")
    run(folder)
    assert not (folder / "study.store").exists()
