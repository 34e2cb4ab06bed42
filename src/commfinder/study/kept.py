"""Results of stages in the store of a study: taken from there by the next run, or made and kept for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from commfinder.errors import CommfinderError
from commfinder.interactions.landing.land import LAYOUT, is_landed, private_folder, remove_folder
from commfinder.progress import Progress
from commfinder.provenance import file_digest
from commfinder.study.locks import Lock
from commfinder.study.packing import NotPackableError, pack, unpack

__all__ = ["KeptResults"]

_Made = TypeVar("_Made")
_TORN = (OSError, ValueError, LookupError, TypeError, AttributeError, ImportError, CommfinderError)


class KeptResults:
    """What stages after reading have found, one folder each, named by the stage and the digest of all it depends on.

    A folder is written under another name and renamed when it is whole; ``done.json`` in it has the digest of each
    file, and they are checked before anything is taken. What is torn is made again. No result depends on any of it.

    Parameters
    ----------
    folder : Path or None
        The store; None keeps nothing.
    progress : Progress
        Told what is taken and what is kept.
    """

    def __init__(self, folder: Path | None, progress: Progress) -> None:
        self.used: set[str] = set()
        self._folder = folder
        self._progress = progress

    def result(
        self,
        stage: str,
        needs: str,
        make: Callable[[], _Made],
        *,
        what: str,
        given: Mapping[str, object] | None = None,
    ) -> _Made:
        """Return the result of a stage, from the store if it is there.

        Parameters
        ----------
        stage : str
            Name of the stage, in small letters.
        needs : str
            Digest of everything that the result depends on.
        make : callable
            Makes the result.
        what : str
            What the result is, for people.
        given : mapping of str to object, optional
            Parts of the result that are not kept, since they are there anyway.

        Returns
        -------
        object
            Equal whether it was taken or made.
        """
        if self._folder is None:
            return make()
        done = self._folder / f"{stage}-{needs}"
        self.used.add(done.name)
        found = self._taken(done, what, given)
        if found:
            taken: _Made = found[0]
            return taken
        made = make()
        self._keep(done, made, what, given)
        return made

    def _taken(self, done: Path, what: str, given: Mapping[str, object] | None) -> list[Any]:
        """Return what the store holds, in a list; an empty one if that is nothing, or not whole."""
        if not done.is_dir():
            return []
        try:
            lock = Lock.take(done.with_suffix(".lock"), shared=True)
        except OSError:
            return []
        try:
            if not is_landed(done):
                return []
            with self._progress.stage(f"Taking {what} from the store"):
                return [unpack(done, given=given)]
        except _TORN:
            return []
        finally:
            if lock is not None:
                lock.release()

    def _keep(self, done: Path, made: object, what: str, given: Mapping[str, object] | None) -> None:
        """Write a result to the store; whatever stands against it, the run goes on."""
        try:
            with self._progress.stage(f"Keeping {what} in the store"):
                _write(done, made, given)
        except NotPackableError:
            return
        except OSError as error:
            why = error.strerror or str(error)
            with self._progress.stage(f"Not kept: {what} ({why}). The next run finds them again; make room for it"):
                return


def _write(done: Path, made: object, given: Mapping[str, object] | None) -> None:
    """Write a result whole or not at all, for the user alone; not if another process is just using the place."""
    lock = Lock.take(done.with_suffix(".lock"), wait=False)
    if lock is None:
        return
    unfinished = done.with_name(f"{done.name}.finishing")
    try:
        remove_folder(unfinished)
        private_folder(unfinished)
        digests = {file.name: file_digest(file) for file in pack(made, unfinished, given=given)}
        said = {"layout": LAYOUT, "files": digests, "result": done.name.partition("-")[0]}
        (unfinished / "done.json").write_text(json.dumps(said, sort_keys=True, indent=1), encoding="utf-8")
        for file in unfinished.iterdir():
            file.chmod(0o600)
            _settle(file)
        _settle(unfinished)
        remove_folder(done)
        unfinished.replace(done)
        _settle(done.parent)
    finally:
        remove_folder(unfinished)
        lock.release()


def _settle(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
