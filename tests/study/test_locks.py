"""Locks between runs that use one store."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commfinder.study.locks import Lock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="There are no such locks.")


def test_one_alone_or_many_who_read(tmp_path: Path) -> None:
    file = tmp_path / "a.lock"
    alone = Lock.take(file, wait=False)
    assert alone is not None
    assert Lock.take(file, wait=False) is None
    assert Lock.take(file, shared=True, wait=False) is None
    alone.share()
    reader = Lock.take(file, shared=True, wait=False)
    assert reader is not None
    assert Lock.take(file, wait=False) is None
    for lock in (alone, reader, reader):
        lock.release()
    again = Lock.take(file, wait=False)
    assert again is not None
    again.release(remove=True)
    assert not file.exists()


def test_a_lock_on_a_file_that_is_gone_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from commfinder.study import locks

    file = tmp_path / "a.lock"
    real, calls = locks.fcntl.flock, []

    def late(handle: int, mode: int) -> None:
        real(handle, mode)
        calls.append(handle)
        if len(calls) == 1:
            file.unlink()

    monkeypatch.setattr(locks.fcntl, "flock", late)
    lock = Lock.take(file)
    assert lock is not None
    assert len(calls) == 2
    assert Lock.take(file, wait=False) is None
    lock.release()


def test_two_inputs_do_not_meet(tmp_path: Path) -> None:
    one, other = (Lock.take(tmp_path / f"{name}.lock", wait=False) for name in "ab")
    assert one is not None
    assert other is not None
    one.release()
    other.release()
