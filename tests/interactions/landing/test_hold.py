"""What is read is held on disk for as long as it is used, and no longer."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from commfinder.errors import InputError, OutputError
from commfinder.interactions import Interactions
from commfinder.interactions.landing import hold
from commfinder.interactions.landing import land as module
from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, LANDED, Loss


@dataclass(frozen=True)
class Piece:
    """What a reader yields."""

    interactions: pa.Table
    accounts: pa.Table | None = None
    memberships: pa.Table | None = None
    losses: tuple[Loss, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that nobody else uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def folders(temporary: Path) -> list[Path]:
    """The folders of readings."""
    return sorted(temporary.glob("commfinder-read-*"))


def pieces(n: int = 7) -> Iterator[Piece]:
    """A reading in pieces."""
    for row in range(n):
        line = {"event": f"e{row % 3}", "sender": f"p{row % 2}", "recipient": f"q{row}", "thread": f"t{row % 2}"}
        usual = {"role": "to", "medium": "email", "automated": False, "source": "s", "n_recipients": 3, "time": row}
        yield Piece(pa.Table.from_pylist([{**usual, **line}], schema=LANDED))
    account = {"account": "p0", "kind": "person", "guest": False, "source": "s"}
    yield Piece(
        LANDED.empty_table(),
        accounts=pa.Table.from_pylist([account], schema=ACCOUNTS),
        losses=(Loss("read", "s", "odd", 2),),
        digests={"a": "0" * 64},
    )


def test_it_is_what_holding_it_in_memory_is() -> None:
    found = hold(pieces())
    *rows, last = pieces()
    table = pa.concat_tables([piece.interactions for piece in rows]).cast(INTERACTIONS)
    wanted = Interactions.from_arrow(table, accounts=last.accounts, losses=last.losses, inputs=last.digests)
    assert found.to_arrow().equals(wanted.to_arrow())
    assert found.accounts.equals(wanted.accounts)
    assert found.losses.equals(wanted.losses)
    assert found.provenance == wanted.provenance
    assert found.clean().to_arrow().equals(wanted.clean().to_arrow())
    ids = sorted(found.rows.event.to_pyarrow().to_pylist())
    assert ids == sorted(wanted.rows.event.to_pyarrow().to_pylist())


def test_the_folder_is_private_and_goes_with_the_last_value(temporary: Path) -> None:
    found = hold(pieces())
    (folder,) = folders(temporary)
    assert folder.stat().st_mode & 0o777 == 0o700
    some = found.select(people=["p0", "q0"])
    del found
    gc.collect()
    assert len(some) == 1
    del some
    gc.collect()
    assert folders(temporary) == []


def test_a_reader_that_fails_leaves_nothing(temporary: Path) -> None:
    def broken() -> Iterator[Piece]:
        yield from pieces()
        raise InputError("Half of the times can not be read.")

    with pytest.raises(InputError, match="Half of the times"):
        hold(broken())
    assert folders(temporary) == []


def test_a_full_disk_is_told(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module._Writer, "add", full)
    with pytest.raises(OutputError, match="TMPDIR"):
        hold(pieces())
    assert folders(temporary) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no locks that end with a process")
def test_what_a_killed_process_left_is_removed_and_what_is_used_stays(temporary: Path) -> None:
    table = temporary / "mail.csv"
    table.write_text("sender,recipient,time\nann,bob,2026-07-01T09:30:00Z\n")
    script = (
        "import sys, time, commfinder\n"
        "held = commfinder.read(sys.argv[1], medium='email')\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(table)], stdout=subprocess.PIPE, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            (others,) = folders(temporary)
            mine = hold(pieces())
            assert others in folders(temporary)
        finally:
            process.send_signal(signal.SIGKILL)
        process.wait()
    assert others.is_dir()
    again = hold(pieces())
    for _ in range(50):
        if not others.exists():
            break
        time.sleep(0.02)
    assert not others.exists()
    assert len(mine) == len(again) == 7
