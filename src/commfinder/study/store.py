"""The folder of a study in which its interactions lie in numbers: read once, found again after whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from commfinder.errors import InputError, OutputError
from commfinder.interactions import Interactions, concat
from commfinder.interactions.landing.land import LAYOUT, Landing, is_landed, private_folder, remove_folder, told
from commfinder.interactions.landing.open import open_landed
from commfinder.interactions.store import Store
from commfinder.progress import Progress
from commfinder.provenance import file_digest, versions
from commfinder.sources import READER_VERSIONS, parts
from commfinder.sources.streams import walk
from commfinder.study.kept import KeptResults
from commfinder.study.locks import Lock

__all__ = ["StudyStore"]

_OURS = re.compile(
    r"(?P<key>(?P<stage>(?!spill)[a-z]+-)?[0-9a-f]{64})(?:\.(?:reading|read|finishing))?(?:\.gone)?"
    r"|spill-[a-z0-9_]+(?:\.gone)?"
)
_TEMPORARY = "commfinder-study-"
_TRIES = 5


class StudyStore:
    """The interactions of a study on disk, each input under a key that tells whether it must be read again.

    The key is made of the digest of the input's content, the versions of the readers, the options of the study file,
    and the versions of commfinder and DuckDB. Everything in it is for the user alone (mode 0700). It belongs to one
    study file: inputs that this does not name any more, or that have changed, are removed by the next run. What later
    stages find is kept beside them (`KeptResults`).

    Parameters
    ----------
    folder : Path
        The folder; made when something is written.
    memory_limit : float, optional
        Gigabytes of memory before work spills to the folder.
    threads : int, optional
        By default one per core. No result depends on it.
    """

    def __init__(self, folder: Path, *, memory_limit: float | None = None, threads: int | None = None) -> None:
        self.folder = folder
        self._use: _Use | None = None
        self._limits: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads}

    def read(
        self, inputs: Sequence[tuple[Path, Mapping[str, Any]]], progress: Progress, *, write: bool = True
    ) -> Interactions:
        """Bring the inputs together; only those that are not in the store yet are read.

        Parameters
        ----------
        inputs : sequence of (Path, mapping)
            File or folder, and the options of `commfinder.read`.
        progress : Progress
            Told how far the reading is.
        write : bool, default True
            Whether inputs that are not there are added. Without it they go to a folder of their own, among temporary
            files, for as long as the result is in use.

        Returns
        -------
        Interactions
            Equal to what `commfinder.read` and `commfinder.concat` give.

        Raises
        ------
        InputError
            If an input changes while it is read.
        OutputError
            If the disk is full, or the folder can not be written. Inputs that were read before stay in the store.
        """
        target = self.folder if write else Path(tempfile.mkdtemp(prefix=_TEMPORARY))
        use = _Use(target, temporary=not write)
        try:
            with told(target):
                private_folder(target)
                spill = use.spill()
                _sweep(target)
            for path, options in inputs:
                self._land(use, path, options, progress)
            with told(target):
                store = Store(folder=spill, inputs=sorted(use.landed.values()), **self._limits)
        except BaseException:
            use.end()
            raise
        weakref.finalize(store, use.end)
        self._use = use
        if write:
            _forget(self.folder, use.landed)
        return concat([open_landed(use.landed[key], store) for key in use.order])

    def purge(self) -> bool:
        """Remove the store, and nothing else that may lie in its folder.

        Returns
        -------
        bool
            Whether there was anything to remove.

        Raises
        ------
        OutputError
            If a run is using it, or it can not be removed.
        """
        return _purged(self.folder)

    def results(self, progress: Progress) -> KeptResults:
        """Return the results of later stages that are kept with the inputs.

        Parameters
        ----------
        progress : Progress
            Told what is taken from the store and what is kept in it.

        Returns
        -------
        KeptResults
            Keeps nothing where nothing was read into the store.
        """
        return KeptResults(self.folder if self.keys else None, progress)

    def forget_results(self, used: Collection[str]) -> None:
        """Remove results of earlier runs, so that the store does not grow.

        Parameters
        ----------
        used : collection of str
            Names of the results that stay.
        """
        if self.keys:
            with told(self.folder):
                _forget(self.folder, used, results=True)

    @property
    def keys(self) -> list[str]:
        """Keys of the inputs that were read into the store, in their order."""
        return list(self._use.order) if self._use is not None and self._use.target == self.folder else []

    def leave_nothing(self) -> None:
        """Remove the store as soon as what was read from it is no longer in use."""
        if self._use is not None:
            self._use.purge = True

    def _land(self, use: _Use, path: Path, options: Mapping[str, Any], progress: Progress) -> None:
        """See to it that an input is landed and stays there while it is used; read it if need be."""
        if path.is_dir() and use.target.resolve().is_relative_to(path.resolve()):
            raise InputError(
                f"The store {self.folder.name!r} lies in the input {path.name!r}, and would become part of it.",
                hint="Name another place for it with path in [store], or a folder of exports alone for the input.",
            )
        name, before = options.get("name") or path.name, _state(path)
        with progress.stage(f"Looking for {name} in the store") as stage:
            key = input_key(path, options)
            use.order.append(key)
            done = use.target / key
            kept = self.folder / key
            with told(use.target):
                if key in use.landed or (kept.is_dir() and use.holds(kept)):
                    return
            stage.advance()
        for _ in range(_TRIES):
            with told(use.target):
                if use.holds(done):
                    return
                lock = Lock.take(done.with_suffix(".lock"), wait=False)
            if lock is None:
                # Another process has begun to read it, for which the next turn waits.
                continue
            try:
                landing = Landing(use.target, key)
                if not landing.is_read:
                    landing.read(_unchanged(path, before, parts(path, progress=progress, **options)))
                with progress.stage(f"Numbering {name}") as stage:
                    landing.finish(**self._limits)
                    stage.advance()
            except BaseException:
                lock.release()
                raise
            lock.share()
            use.keep(done, lock)
            return
        raise OutputError(
            f"What {self.folder.name!r} holds of {path.name} is damaged, and a run is using it.",
            hint="Run again when the other run has ended.",
        )


class _Use:
    """What one process holds of a store, until it ends."""

    def __init__(self, target: Path, *, temporary: bool) -> None:
        self.target = target
        self.order: list[str] = []
        self.landed: dict[str, Path] = {}
        self.purge = False
        self._temporary = temporary
        self._locks: list[Lock] = []
        self._spills: list[tuple[Path, Lock]] = []

    def spill(self) -> Path:
        """Make a folder for what does not fit in memory, and lock it: without its lock it is a leftover."""
        while True:
            spill = Path(tempfile.mkdtemp(prefix="spill-", dir=self.target))
            lock = Lock.take(spill.with_suffix(".lock"), wait=False)
            # A process that has just started may have taken it for a leftover in between.
            if lock is not None and spill.is_dir():
                self._spills.append((spill, lock))
                return spill

    def holds(self, done: Path) -> bool:
        """Tell whether an input is landed and whole; if so, nobody can remove it now."""
        lock = Lock.take(done.with_suffix(".lock"), shared=True)
        if lock is not None and is_landed(done):
            self.keep(done, lock)
            return True
        if lock is not None:
            lock.release()
        return False

    def keep(self, done: Path, lock: Lock) -> None:
        """Note a landed input and its lock."""
        self.landed[done.name] = done
        self._locks.append(lock)

    def end(self) -> None:
        """Remove what is of no use to the next run, and give all locks back."""
        for spill, lock in self._spills:
            shutil.rmtree(spill, ignore_errors=True)
            lock.release(remove=True)
        for lock in self._locks:
            lock.release()
        if self._temporary:
            shutil.rmtree(self.target, ignore_errors=True)
        elif self.purge:
            with contextlib.suppress(OutputError):
                _purged(self.target)


def _sweep(target: Path) -> None:
    """Remove what processes that are no more left unfinished, here and among temporary files."""
    for one in sorted(target.iterdir()):
        found = _OURS.fullmatch(one.name)
        # All rows of an input are there, though not in numbers yet: that is worth keeping until it is done.
        read = one.suffix == ".read" and not is_landed(one.with_suffix(""))
        if found and found["key"] != one.name and not read:
            _removed(one)
    for other in sorted(Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*")):
        with contextlib.suppress(OSError):
            spills = [one for one in sorted(other.iterdir()) if one.name.startswith("spill-") and one.is_dir()]
            if other != target and spills and all(_removed(one) for one in spills):
                shutil.rmtree(other)


def _forget(folder: Path, used: Collection[str], *, results: bool = False) -> None:
    """Remove inputs (or results) that the study no longer has, or that have changed, unless a run is using them."""
    for one in sorted(folder.iterdir()):
        found = _OURS.fullmatch(one.name)
        if found and found["key"] and bool(found["stage"]) == results and found["key"] not in used:
            _removed(one)


def _purged(folder: Path) -> bool:
    """Remove a store; see `StudyStore.purge`."""
    if not folder.is_dir():
        return False
    with told(folder):
        found = [one for one in sorted(folder.iterdir()) if _OURS.fullmatch(one.name)]
        if [one for one in found if not _removed(one)]:
            raise OutputError(
                f"A run is using {folder.name!r}; what it does not use is removed.",
                hint="Purge again when it has ended.",
            )
        for lock in folder.glob("*.lock"):
            if _OURS.fullmatch(lock.stem):
                lock.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    return bool(found)


def input_key(path: Path, options: Mapping[str, Any]) -> str:
    """Return the key of an input: another one if anything changes that could make other rows.

    Parameters
    ----------
    path : Path
        File or folder.
    options : mapping
        The options with which it is read.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    content = {name: file_digest(file) for name, file in _files(path)}
    made_by = {name: versions()[name] for name in ("commfinder", "duckdb", "ibis-framework")}
    known = {"layout": LAYOUT, "name": path.resolve().name, "folder": path.is_dir(), "readers": READER_VERSIONS}
    document = {**known, "content": content, "options": dict(options), "versions": made_by}
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def _files(path: Path) -> list[tuple[str, Path]]:
    """List the files of an input."""
    return walk(path)[0] if path.is_dir() else [(path.name, path)]


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Return size and time of change of every file of an input."""
    return [(name, file.stat().st_size, file.stat().st_mtime_ns) for name, file in _files(path)]


def _unchanged(path: Path, before: list[tuple[str, int, int]], pieces: Iterator[Any]) -> Iterator[Any]:
    """Pass on what a reader yields, unless the input was changed in the meantime."""
    yield from pieces
    if _state(path) != before:
        raise InputError(
            f"{path.name} changed while it was read.", hint="Run again when nothing writes to it, or read a copy."
        )


def _removed(one: Path) -> bool:
    """Remove a folder of the store with its lock, unless a process is using it."""
    name = one.name.partition(".")[0]
    lock = Lock.take(one.with_name(f"{name}.lock"), wait=False)
    if lock is None:
        return False
    try:
        remove_folder(one)
    finally:
        lock.release(remove=True)
    return True
