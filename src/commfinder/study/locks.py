"""Locks between processes that use one store; the system takes them back when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["Lock"]


class Lock:
    """A lock on a file, held by this process until it is released.

    On Windows there are no such locks: there, only one process at a time may use a store.

    Parameters
    ----------
    path : Path
        The file that stands for what is locked.
    handle : int
        The open file.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    @classmethod
    def take(cls, path: Path, *, shared: bool = False, wait: bool = True) -> Lock | None:
        """Take a lock.

        Parameters
        ----------
        path : Path
            The file that stands for what is locked; made if it is not there.
        shared : bool, default False
            Whether others may hold it too, who ask for it as shared.
        wait : bool, default True
            Whether to wait for it.

        Returns
        -------
        Lock or None
            None if others hold it and it is not waited for.
        """
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if sys.platform != "win32":
                try:
                    fcntl.flock(handle, _mode(shared=shared, wait=wait))
                except BlockingIOError:
                    os.close(handle)
                    return None
                # Whoever held it may have removed the file: then this lock is on a file that nobody else will see.
                if not _same(path, handle):
                    os.close(handle)
                    continue
            return cls(path, handle)

    def share(self) -> None:
        """Let others in who only read."""
        if sys.platform != "win32":
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back, once; `remove` takes its file away before."""
        if self._handle < 0:
            return
        if remove:
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._handle)
        self._handle = -1


if sys.platform != "win32":

    def _mode(*, shared: bool, wait: bool) -> int:
        """Return how a file is to be locked."""
        return (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)


def _same(path: Path, handle: int) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False
