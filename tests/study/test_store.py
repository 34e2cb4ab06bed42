"""The store of a study: each input is read once, whatever happens, and no result depends on it."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import commfinder as cf
from commfinder.cli.study import purge
from commfinder.errors import ConfigError, InputError, OutputError
from commfinder.progress import SILENT
from commfinder.simulation import Work
from commfinder.study import Study, store
from commfinder.study import study as study_module
from commfinder.study.locks import Lock

TINY = """
seed = 1
[[inputs]]
path = "mail.csv"
medium = "email"
[[inputs]]
path = "chat.csv"
medium = "chat"
[groups]
path = "groups.csv"
[communities]
runs = 2
beyond = false
confidence = false
overlap = false
[verdicts]
permutations = 99
[delivery]
find = false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study of 24 people in two circles."""
    rng = np.random.default_rng(2)
    people = np.array([f"p{one:02d}" for one in range(24)])
    for name in ("mail", "chat"):
        sender = rng.integers(0, 24, 400)
        recipient = np.where(
            rng.random(400) < 0.9, sender // 12 * 12 + rng.integers(0, 12, 400), rng.integers(0, 24, 400)
        )
        days = pd.Timestamp("2026-07-01T08:00Z") + pd.to_timedelta(rng.integers(0, 90 * 24, 400), unit="h")
        frame = pd.DataFrame({"sender": people[sender], "recipient": people[recipient], "time": days})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    pd.DataFrame({"group": "Circle", "person": people[:12]}).to_csv(tmp_path / "groups.csv", index=False)
    (tmp_path / "study.toml").write_text(TINY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the inputs that are read, as they are."""
    seen: list[str] = []
    real = store.parts

    def parts(path: Path, **options: Any) -> Any:
        seen.append(path.name)
        return real(path, **options)

    monkeypatch.setattr(store, "parts", parts)
    return seen


def read(folder: Path, *, write: bool = True) -> cf.Interactions:
    """What the study reads."""
    study = Study.load(folder / "study.toml")
    return study._read(study.config, study._store(), SILENT, write=write).interactions


def keys(folder: Path) -> list[str]:
    """Names of the inputs in the store."""
    return sorted(one.name for one in (folder / "study.store").iterdir() if len(one.name) == 64)


def test_what_comes_from_the_store_is_what_is_read_in_memory(folder: Path) -> None:
    stored = read(folder)
    by_hand = cf.concat(
        [cf.read(folder / f"{name}.csv", medium=medium) for name, medium in (("mail", "email"), ("chat", "chat"))]
    )
    columns = [name for name in stored.to_frame().columns if name != "event"]
    for one, other in ((stored, by_hand), (stored.clean(), by_hand.clean())):
        pd.testing.assert_frame_equal(
            *(inter.to_frame().sort_values(columns, ignore_index=True)[columns] for inter in (one, other))
        )
        for name in ("accounts", "memberships", "losses"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
        assert one.provenance == other.provenance
        assert one.people == other.people


def test_a_simulated_organisation_is_read_the_same(tmp_path: Path) -> None:
    work = Work(groups={"process": 1}, case_ids=1.0, informed=0.0, media=("email",))
    cf.simulate(people=60, seed=5, work=work).write(tmp_path / "org")
    study = Study.load(tmp_path / "org" / "study.toml")
    assert len(study.config.inputs) == 3
    named = [
        (study.folder / one.path, one.model_dump(exclude={"path"}, exclude_none=True)) for one in study.config.inputs
    ]
    found = study._store().read(named, SILENT)
    by_hand = cf.concat([cf.read(path, **options) for path, options in named])
    pd.testing.assert_frame_equal(found.to_frame(), by_hand.to_frame())
    for name in ("accounts", "memberships", "losses"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(by_hand, name))
    assert found.provenance == by_hand.provenance


def test_each_input_is_read_once_and_again_when_it_changes(folder: Path, reads: list[str]) -> None:
    first = read(folder).to_frame()
    pd.testing.assert_frame_equal(read(folder).to_frame(), first)
    assert reads == ["mail.csv", "chat.csv"]
    before = keys(folder)
    with (folder / "mail.csv").open("a", encoding="utf-8") as stream:
        stream.write("p00,p23,2026-09-01T10:00:00Z\n")
    gc.collect()
    assert len(read(folder)) == len(first) + 1
    assert reads == ["mail.csv", "chat.csv", "mail.csv"]
    assert len(keys(folder)) == 2
    assert len(set(before) & set(keys(folder))) == 1
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace('medium = "chat"', 'medium = "wiki"'), encoding="utf-8")
    assert read(folder).media == ["email", "wiki"]
    assert reads[3:] == ["chat.csv"]


def test_a_new_version_of_a_reader_reads_again(folder: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    read(folder)
    monkeypatch.setattr(store, "READER_VERSIONS", {**store.READER_VERSIONS, "table": 99})
    read(folder)
    assert reads == ["mail.csv", "chat.csv"] * 2


def test_an_input_that_stands_there_twice_is_kept_once(folder: Path, reads: list[str]) -> None:
    with (folder / "study.toml").open("a", encoding="utf-8") as stream:
        stream.write('[[inputs]]\npath = "chat.csv"\nmedium = "chat"\n')
    inter = read(folder)
    assert reads == ["mail.csv", "chat.csv"]
    assert len(inter) == 1200
    assert inter.clean().losses.set_index("reason")["count"]["duplicate"] >= 350


def test_copies_in_two_inputs_without_event_ids_meet(folder: Path) -> None:
    lines = (folder / "mail.csv").read_text(encoding="utf-8").splitlines()
    (folder / "chat.csv").write_text("\n".join([lines[0], *lines[300:0:-1]]), encoding="utf-8")
    text = TINY.replace('medium = "chat"', 'medium = "email"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    stored = read(folder).clean()
    assert 250 < stored.losses.set_index("reason")["count"]["duplicate"] <= 300
    by_hand = cf.concat([cf.read(folder / f"{name}.csv", medium="email") for name in ("mail", "chat")]).clean()
    pd.testing.assert_frame_equal(stored.losses, by_hand.losses)


def test_a_damaged_store_is_made_again(folder: Path, reads: list[str]) -> None:
    first = read(folder).to_frame()
    gc.collect()
    file = folder / "study.store" / keys(folder)[0] / "rows.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    pd.testing.assert_frame_equal(read(folder).to_frame(), first)
    assert len(reads) == 3


def test_a_damaged_store_in_use_is_told(folder: Path) -> None:
    held = read(folder)
    file = folder / "study.store" / keys(folder)[0] / "names.parquet"
    file.write_bytes(b"")
    with pytest.raises(OutputError, match="is damaged, and a run is using it"):
        read(folder)
    assert len(held) == 800


def test_nothing_but_the_store_is_written_and_only_the_user_may_look(folder: Path) -> None:
    before = {one.name for one in folder.iterdir()}
    inter = read(folder)
    assert {one.name for one in folder.iterdir()} - before == {"study.store"}
    every = [folder / "study.store", *(folder / "study.store").rglob("*")]
    assert not [one.name for one in every if one.stat().st_mode & 0o077 and "spill" not in str(one)]
    assert len(inter) == 800
    del inter
    gc.collect()
    assert all(len(one.name.removesuffix(".lock")) == 64 for one in (folder / "study.store").iterdir())


def test_a_check_writes_nothing_beside_the_study(folder: Path, reads: list[str]) -> None:
    before = sorted(folder.rglob("*"))
    check = Study.load(folder / "study.toml").check()
    assert sorted(folder.rglob("*")) == before
    assert check.frame.set_index("what")["count"]["all"] == 800
    gc.collect()
    read(folder)
    Study.load(folder / "study.toml").check()
    assert reads == ["mail.csv", "chat.csv"] * 2


def test_what_a_killed_check_left_goes_at_the_next_start(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for name in ("commfinder-study-dead/spill-1/x", "commfinder-study-live/spill-2/x", "other/spill-3"):
        (tmp_path / "temporary" / name).mkdir(parents=True)
    lock = Lock.take(tmp_path / "temporary" / "commfinder-study-live" / "spill-2.lock")
    assert lock is not None
    read(folder)
    lock.release()
    left = {one.name for one in (tmp_path / "temporary").iterdir()}
    assert {"commfinder-study-live", "other"} <= left
    assert "commfinder-study-dead" not in left


def test_purge_removes_the_store_and_nothing_else(folder: Path) -> None:
    study = Study.load(folder / "study.toml")
    assert study.purge() is False
    inter = read(folder)
    with pytest.raises(OutputError, match=r"A run is using 'study.store'"):
        study.purge()
    assert len(inter.to_frame()) == 800
    del inter
    gc.collect()
    own = folder / "study.store" / "notes.txt"
    own.write_text("mine")
    assert study.purge() is True
    assert list((folder / "study.store").iterdir()) == [own]
    own.unlink()
    (folder / "study.store" / ("0" * 64)).mkdir()
    assert study.purge() is True
    assert not (folder / "study.store").exists()


def test_a_store_that_is_not_kept_goes_with_the_result(folder: Path) -> None:
    with (folder / "study.toml").open("a", encoding="utf-8") as stream:
        stream.write("[store]\nkeep = false\n")
    result = Study.load(folder / "study.toml").run()
    assert len(result.graph.interactions.to_frame())
    del result
    gc.collect()
    assert not (folder / "study.store").exists()


def test_no_result_depends_on_the_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def saved(setting: str) -> dict[str, str]:
        (folder / "study.toml").write_text(TINY + setting, encoding="utf-8")
        out = folder / f"out{len(setting)}"
        Study.load(folder / "study.toml").run().save(out)
        return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in out.iterdir()}

    def in_memory(self: object, inputs: Any, *_: object, **__: object) -> cf.Interactions:
        return cf.concat([cf.read(path, **options) for path, options in inputs])

    usual = saved("")
    assert "report.html" in usual
    assert saved('[store]\npath = "elsewhere/kept"\nmemory_limit = "0.4GB"\nthreads = 1\n') == usual
    assert (folder / "elsewhere" / "kept").is_dir()
    monkeypatch.setattr(store.StudyStore, "read", in_memory)
    assert saved("\n") == usual


@pytest.mark.parametrize("setting", ['memory_limit = "4"', "threads = 0", 'memory = "4GB"', 'memory_limit = "-1GB"'])
def test_settings_that_make_no_sense_are_told(folder: Path, setting: str) -> None:
    (folder / "study.toml").write_text(f"{TINY}[store]\n{setting}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"store|memory"):
        Study.load(folder / "study.toml")


def test_the_memory_limit_is_in_gigabytes(folder: Path) -> None:
    for setting, expected in (("4GB", 4.0), ("1.5 GB", 1.5), ("800MB", 0.8)):
        (folder / "study.toml").write_text(f'{TINY}[store]\nmemory_limit = "{setting}"\n', encoding="utf-8")
        assert Study.load(folder / "study.toml").config.store.gigabytes == expected


def test_an_input_that_changes_while_it_is_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.parts

    def parts(path: Path, **options: Any) -> Any:
        yield from real(path, **options)
        os.utime(path, ns=(1, 1))

    monkeypatch.setattr(store, "parts", parts)
    with pytest.raises(InputError, match=r"mail.csv changed while it was read"):
        read(folder)
    assert keys(folder) == []


def test_a_full_disk_is_told_and_what_was_whole_is_kept(
    folder: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pq.ParquetWriter.write_table

    def full(self: pq.ParquetWriter, *args: Any, **options: Any) -> None:
        if len(reads) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OutputError, match=r"disk that holds 'study.store' is full.*Make room"):
            read(folder)
    gc.collect()
    left = [one for one in (folder / "study.store").iterdir() if one.is_dir()]
    assert [one.name for one in left] == keys(folder)
    assert len(left) == 1
    assert len(read(folder)) == 800
    assert reads == ["mail.csv", "chat.csv", "chat.csv"]


def test_a_disk_that_is_really_full(folder: Path) -> None:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("No small disk can be made here.")
    try:
        text = f'{TINY}[store]\npath = "small/kept"\n'
        (folder / "study.toml").write_text(text, encoding="utf-8")
        (small / "taken").write_bytes(bytes(100_000))
        with pytest.raises(OutputError, match=r"is full.*Make room"):
            read(folder)
        gc.collect()
        (small / "taken").unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        assert not [one for one in (small / "kept").iterdir() if len(one.name.partition(".")[2]) > len("lock")]
        assert len(read(folder)) == 800
        gc.collect()
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_run_says_when_its_work_does_not_fit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(study_module, "build_graph", full)
    with pytest.raises(OutputError, match=r"is full.*\[store\]"):
        Study.load(folder / "study.toml").run()
    monkeypatch.setattr(study_module, "build_graph", refused)
    with pytest.raises(PermissionError, match="Permission denied"):
        Study.load(folder / "study.toml").run()


def test_a_store_that_can_not_be_made_is_told(folder: Path) -> None:
    (folder / "study.store").write_text("a file")
    with pytest.raises(OutputError, match=r"can not be written.*\[store\]"):
        read(folder)


def test_a_store_in_its_own_input_is_told(folder: Path) -> None:
    (folder / "study.toml").write_text('[[inputs]]\npath = "."\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"'study.store' lies in the input.*\[store\]"):
        read(folder)


def test_the_command_purges(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read(folder)
    gc.collect()
    purge(folder / "study.toml")
    assert capsys.readouterr().out.startswith("Removed: ")
    assert not (folder / "study.store").exists()
    purge(folder / "study.toml")
    assert capsys.readouterr().out.startswith("Nothing to remove")


def test_bad_input_leaves_good_input_in_the_store(folder: Path, reads: list[str]) -> None:
    good = (folder / "chat.csv").read_text(encoding="utf-8")
    (folder / "chat.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(cf.errors.CommfinderError):
        read(folder)
    assert len(keys(folder)) == 1
    (folder / "chat.csv").write_text(good, encoding="utf-8")
    assert len(read(folder)) == 800
    assert reads == ["mail.csv", "chat.csv", "chat.csv"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Processes are forked.")
def test_a_killed_run_is_gone_on_with(folder: Path) -> None:
    text = TINY.replace("find = false", "communities = false\nshuffles = 99").replace(
        "runs = 2", "runs = 2\nresolution = 1.0"
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    script = Path(__file__).parent / "kill_runs.py"
    ran = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    kills = [json.loads(line) for line in ran.stdout.splitlines()]
    steps = {one["step"].partition(" ")[0] for one in kills}
    assert {"build_graph", "find_communities", "pack", "assess_groups", "find_delivery", "_write", "some"} < steps
    for one in kills:
        assert one["killed"] or one["step"] == "some time", one
        assert (one["whole"], one["failed"]) == (True, False), one
        assert one["found"] == kills[0]["found"], one
        assert one["left"] == ["", "lock"], one
    gone_on = [one for one in kills if "ended" in one]
    assert len(gone_on) >= 10
    for one in gone_on:
        assert (one["ended"], one["same"], one["left_at_last"]) == (True, True, ["", "lock"]), one
    # What was whole when the run was killed is not made again.
    made = {one["step"]: one["made"] for one in gone_on}
    assert made["pack 1"] == made["find_communities 1"] == ["find_communities", "find_delivery"]
    assert made["assess_groups 1"] == made["find_delivery 1"] == made["pack 2"] == ["find_delivery"]
    assert [one for step, one in made.items() if step.startswith("_write")] == [[], []]
