"""Hold what a reader streams for as long as it is used: on disk, in numbers, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from commfinder.errors import OutputError
from commfinder.interactions.landing.land import Landing, Piece
from commfinder.interactions.landing.open import open_landed
from commfinder.interactions.store import Store
from commfinder.interactions.table import Interactions

if sys.platform != "win32":
    import fcntl

__all__ = ["hold"]

_PREFIX = "commfinder-read-"
_LOCK = "lock"


def hold(pieces: Iterable[Piece]) -> Interactions:
    """Hold the rows of one reading among temporary files.

    Prefer the store of a study where an input is read more than once: nothing of this is found again.

    Parameters
    ----------
    pieces : iterable of Piece
        A reading. What the reader raises is passed on.

    Returns
    -------
    Interactions
        Its rows are read from disk when they are asked for. The folder is for the user alone, and is removed with the
        last value that uses it; what a killed process left is removed by the next reading.

    Raises
    ------
    OutputError
        If there is no room among temporary files.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pyarrow as pa
    >>> from commfinder.interactions.schema import LANDED
    >>> row = {"time": None, "sender": "ann", "recipient": "bob", "role": "to", "medium": "email"}
    >>> rows = pa.Table.from_pylist([{**row, "automated": False, "source": "mail"}], schema=LANDED)
    >>> hold([SimpleNamespace(interactions=rows, accounts=None, memberships=None, losses=(), digests={})])
    <Interactions: 1 rows, 1 events, 2 people, email, no times>
    """
    _sweep()
    folder, lock = _private_folder()
    try:
        landing = Landing(folder, "input", durable=False)
        landing.read(pieces)
        done = landing.finish()
        store = Store(inputs=[done])
    except OutputError as error:
        _remove(folder, lock)
        raise OutputError(
            f"There is no room for what is read in the folder for temporary files: {error}",
            hint="Make room there, or name another folder in the environment variable TMPDIR.",
        ) from error
    except BaseException:
        _remove(folder, lock)
        raise
    weakref.finalize(store, _remove, folder, lock)
    return open_landed(done, store)


def _private_folder() -> tuple[Path, int]:
    """Make a folder, and lock it: without its lock it is a leftover."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        # A process that has just begun to read may have taken it for a leftover in between.
        if _locked(lock) and folder.is_dir():
            return folder, lock
        os.close(lock)


def _remove(folder: Path, lock: int) -> None:
    """Give the lock of a folder back and remove it; some systems remove no file that is open."""
    with contextlib.suppress(OSError):
        os.close(lock)
    shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what processes left that are no more; where there are no locks, nobody can tell."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder / _LOCK, os.O_RDWR)
            try:
                if sys.platform != "win32" and _locked(lock):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _locked(handle: int) -> bool:
    """Take a lock, or say that another process has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
