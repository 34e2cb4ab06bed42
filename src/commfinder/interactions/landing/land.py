"""Rows that a reader streams become Parquet on disk: each file whole or not at all, memory the same for any input."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.errors import CommfinderError, OutputError
from commfinder.interactions.landing.finish import finish_rows
from commfinder.interactions.rows import check_vocabulary
from commfinder.interactions.schema import ACCOUNTS, LANDED, MEMBERSHIPS, Loss

__all__ = ["LAYOUT", "Landing", "Piece", "is_landed", "private_folder", "remove_folder", "told"]

LAYOUT = 2
"""Number of the layout of a landed input; another number makes another input of it."""

_DONE, _READ = "done.json", "read.json"
_ROWS_IN_FILE = 2_000_000
# Words that come again; ids rarely do, and to look for repeats among them costs more than it saves.
_REPEATED = ("sender", "recipient", "role", "medium", "space", "activity", "source")


class Piece(Protocol):
    """What a reader yields: rows, and what else the input says."""

    @property
    def interactions(self) -> pa.Table:
        """Rows of the schema `LANDED`, in no order."""

    @property
    def accounts(self) -> pa.Table | None:
        """Rows of the schema `ACCOUNTS`."""

    @property
    def memberships(self) -> pa.Table | None:
        """Rows of the schema `MEMBERSHIPS`."""

    @property
    def losses(self) -> Sequence[Loss]:
        """What was skipped."""

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each file read, by its name."""


class Landing:
    """One input on its way into a folder of landed inputs.

    It goes through three states, and each change of state is one renaming: while it is read, its rows lie in
    ``<key>.reading``; when all are there, in ``<key>.read``; when they are numbered, in ``<key>``. A process that is
    killed leaves one of these; the next one removes what was not whole and goes on from what was. Only one process at
    a time may land an input.

    Parameters
    ----------
    folder : Path
        Where landed inputs are kept; made for the user alone (mode 0700) if it is not there.
    key : str
        Name of the input in it: what its content, its reader and the options amount to.
    durable : bool, default True
        Whether to wait until each file is on the disk: needed only for what is to be found again after a crash.

    Raises
    ------
    OutputError
        If the folder can not be made.

    Examples
    --------
    >>> import tempfile
    >>> from types import SimpleNamespace
    >>> row = {"time": None, "sender": "ann", "recipient": "bob", "role": "to", "medium": "email"}
    >>> rows = pa.Table.from_pylist([{**row, "automated": False, "source": "mail"}], schema=LANDED)
    >>> piece = SimpleNamespace(interactions=rows, accounts=None, memberships=None, losses=(), digests={})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landing = Landing(Path(folder), "key")
    ...     landing.read([piece])
    ...     done = landing.finish()
    ...     pq.read_table(done / "rows.parquet")["n_recipients"].to_pylist(), is_landed(done)
    ([1], True)
    """

    def __init__(self, folder: Path, key: str, *, durable: bool = True) -> None:
        self.done = folder / key
        self._sync = _sync if durable else _leave
        self._reading, self._read, self._finishing = (
            folder / f"{key}.{state}" for state in ("reading", "read", "finishing")
        )
        with told(folder):
            private_folder(folder)
            for unfinished in (self._reading, self._finishing):
                remove_folder(unfinished)

    @property
    def is_read(self) -> bool:
        """Whether all rows of the input are on the disk, so that it need not be read again."""
        return (self._read / _READ).is_file()

    def read(self, pieces: Iterable[Piece]) -> None:
        """Write down what a reader yields, piece by piece.

        Parameters
        ----------
        pieces : iterable of Piece
            A reading. What the reader raises is passed on, and nothing of the input is kept.

        Raises
        ------
        InputError
            If a role or medium is not known.
        OutputError
            If the disk is full, or the folder can not be written.
        """
        writer = _Writer(self._reading, self._sync)
        try:
            with told(self._reading):
                private_folder(self._reading)
            for piece in pieces:
                rows = piece.interactions.cast(LANDED)
                check_vocabulary(rows)
                with told(self._reading):
                    writer.add(rows, piece)
            with told(self._reading):
                writer.close()
                remove_folder(self._read)
                _rename(self._reading, self._read, self._sync)
        except BaseException:
            writer.abandon()
            remove_folder(self._reading)
            raise

    def finish(self, *, memory_limit: float | None = None, threads: int | None = None) -> Path:
        """Number the rows, name events that have no id and count recipients that nobody counted, out of core.

        Parameters
        ----------
        memory_limit : float, optional
            Gigabytes of memory before the work spills to the folder.
        threads : int, optional
            By default one per core. No result depends on it.

        Returns
        -------
        Path
            The folder of the landed input: ``rows.parquet``, ``texts.parquet``, ``names.parquet``, ``words.parquet``,
            ``accounts.parquet``, ``memberships.parquet`` and ``done.json`` with the digest of each.

        Raises
        ------
        OutputError
            If the disk is full, or the memory limit is too small. The rows that were read stay: the next call goes
            on from there.
        """
        try:
            with told(self._finishing):
                private_folder(self._finishing)
                parts = sorted(self._read.glob("part-*.parquet"))
                finish_rows(parts, self._finishing, memory_limit=memory_limit, threads=threads)
                said = json.loads((self._read / _READ).read_text(encoding="utf-8"))
                for name in ("accounts.parquet", "memberships.parquet"):
                    shutil.copyfile(self._read / name, self._finishing / name)
                files = sorted(self._finishing.iterdir())
                for file in files:
                    file.chmod(0o600)
                    self._sync(file)
                digests = {file.name: _digest(file) for file in files}
                _write_json(self._finishing / _DONE, {"layout": LAYOUT, "files": digests, **said}, self._sync)
                remove_folder(self.done)
                _rename(self._finishing, self.done, self._sync)
                remove_folder(self._read)
        except BaseException:
            remove_folder(self._finishing)
            raise
        return self.done


def is_landed(done: Path) -> bool:
    """Tell whether a landed input is there, whole and unchanged.

    Parameters
    ----------
    done : Path
        Its folder.

    Returns
    -------
    bool
    """
    try:
        said = json.loads((done / _DONE).read_text(encoding="utf-8"))
        return said["layout"] == LAYOUT and all(
            _digest(done / name) == digest for name, digest in said["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


class _Writer:
    """Writes pieces into files of some million rows, in row groups as they come."""

    def __init__(self, folder: Path, sync: Callable[[Path], None]) -> None:
        self._folder = folder
        self._sync = sync
        self._files = 0
        self._rows = 0
        self._open: tuple[pq.ParquetWriter, pa.OSFile] | None = None
        self._accounts: list[pa.Table] = []
        self._memberships: list[pa.Table] = []
        self._losses: list[Loss] = []
        self._digests: dict[str, str] = {}

    def add(self, rows: pa.Table, piece: Piece) -> None:
        """Write one piece."""
        if len(rows):
            self._file()[0].write_table(rows)
        self._rows += len(rows)
        if self._rows >= _ROWS_IN_FILE:
            self._settle()
        if piece.accounts is not None:
            self._accounts.append(piece.accounts.cast(ACCOUNTS))
        if piece.memberships is not None:
            self._memberships.append(piece.memberships.cast(MEMBERSHIPS))
        self._losses += piece.losses
        self._digests |= piece.digests

    def abandon(self) -> None:
        """Close the file that is being written; it is no good."""
        if self._open is not None:
            writer, file = self._open
            # Else it would write its last bytes when it is collected, on a disk that may be full.
            writer.is_open = False
            file.close()

    def _file(self) -> tuple[pq.ParquetWriter, pa.OSFile]:
        """Return the file that is being written."""
        if self._open is None:
            file = pa.OSFile(str(self._folder / "part.partial"), "wb")
            writer = pq.ParquetWriter(
                file, LANDED, compression="lz4", use_dictionary=list(_REPEATED), write_statistics=False
            )
            self._open = writer, file
        return self._open

    def _settle(self) -> None:
        """Give the file that is being written its name."""
        writer, file = self._file()
        writer.close()
        file.close()
        _rename(self._folder / "part.partial", self._folder / f"part-{self._files:05d}.parquet", self._sync)
        self._files, self._rows, self._open = self._files + 1, 0, None

    def close(self) -> None:
        """Write the last file and what is known of the whole input; ``read.json`` comes last."""
        if self._open is not None or not self._files:
            self._settle()
        for name, tables, schema in (
            ("accounts.parquet", self._accounts, ACCOUNTS),
            ("memberships.parquet", self._memberships, MEMBERSHIPS),
        ):
            pq.write_table(pa.concat_tables(tables) if tables else schema.empty_table(), self._folder / name)
            self._sync(self._folder / name)
        losses = [asdict(loss) for loss in self._losses]
        _write_json(self._folder / _READ, {"losses": losses, "digests": self._digests}, self._sync)


@contextlib.contextmanager
def told(folder: Path, *, only_room: bool = False) -> Iterator[None]:
    """Say what to do where a folder can not be written: the disk is full, or memory is too small.

    Parameters
    ----------
    folder : Path
        The folder written to.
    only_room : bool, default False
        Pass on what has nothing to do with room: around work that also reads files of other folders.

    Raises
    ------
    OutputError
        In the place of what the system or the database raises.
    """
    try:
        yield
    except CommfinderError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        if only_room and not full:
            raise
        raise _refused(folder, full, error.strerror or str(error)) from error
    except duckdb.OutOfMemoryException as error:
        # The same class is raised where the folder for spilled data has no room.
        if "No space left" in str(error) or "max_temp_directory_size" in str(error):
            raise _refused(folder, True, str(error)) from error
        raise OutputError(
            "The memory limit is too small for the interactions.", hint="Raise memory_limit in [store]."
        ) from error
    except duckdb.IOException as error:
        raise _refused(folder, "No space left" in str(error), str(error)) from error


def _refused(folder: Path, full: bool, why: str) -> OutputError:
    """Say that a folder can not be written."""
    if full:
        return OutputError(
            f"The disk that holds {folder.parent.name!r} is full.",
            need="Interactions are kept there while a study runs, in about the room that their export takes.",
            hint="Make room, or name a folder on another disk with path in [store]. What was whole is kept.",
        )
    return OutputError(
        f"The folder {folder.name!r} can not be written: {why}.", hint="Name another folder with path in [store]."
    )


def private_folder(folder: Path) -> None:
    """Make a folder that only the user can look into; one that is there stays as it is.

    Parameters
    ----------
    folder : Path
        The folder; those above it are made as usual.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder, so that no half of it can be taken for the whole: its name goes first.

    Parameters
    ----------
    folder : Path
        The folder; it need not be there.
    """
    if folder.exists() and folder.suffix == ".gone":
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists():
        gone = folder.with_name(f"{folder.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        folder.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _rename(old: Path, new: Path, sync: Callable[[Path], None]) -> None:
    """Give a whole file or folder its name, and see to it that the name is on the disk."""
    sync(old)
    old.replace(new)
    sync(new.parent)


def _leave(_: Path) -> None:
    """Leave a file to the system, which writes it to the disk when it likes."""


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_json(path: Path, document: Mapping[str, Any], sync: Callable[[Path], None]) -> None:
    """Write a small document and wait until it is on the disk."""
    path.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1), encoding="utf-8")
    path.chmod(0o600)
    sync(path)
