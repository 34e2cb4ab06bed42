"""The embedded database that holds interaction tables: in process, private, and the same everywhere."""

from __future__ import annotations

import collections
import contextlib
import itertools
import os
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commfinder import _validate

__all__ = ["Store"]

# Grouping by a million people across many rows must spill rather than fail; the bound keeps a mistake from filling a
# disk. What is locked at the end can not be undone by any later statement.
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET preserve_insertion_order = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET max_temp_directory_size = '100GB'",
)
_LOCKS = ("SET enable_external_access = false", "SET lock_configuration = true")


class Store:
    """One DuckDB database in memory that spills to a private folder.

    Tables are written once and never changed; one that no expression reads any more is dropped before the next is
    written. The folder goes when the store is collected.

    Parameters
    ----------
    memory_limit : float, optional
        Gigabytes of memory that the database may use before it spills; by default four fifths of the machine's.
    threads : int, optional
        By default one per core. No result depends on it.
    folder : path, optional
        Where the private folder is made; by default where temporary files go.
    inputs : sequence of path
        Folders whose Parquet files may be read in place; nothing else outside the database can be.

    Raises
    ------
    InputError
        If a limit is not positive.
    """

    def __init__(
        self,
        *,
        memory_limit: float | None = None,
        threads: int | None = None,
        folder: str | os.PathLike[str] | None = None,
        inputs: Sequence[str | os.PathLike[str]] = (),
    ) -> None:
        private = tempfile.mkdtemp(prefix="commfinder-", dir=folder)
        weakref.finalize(self, shutil.rmtree, private, ignore_errors=True)
        self.backend: Any = ibis.duckdb.connect(":memory:", temp_directory=private)
        # In a notebook without ipywidgets there is no bar, and DuckDB refuses to be told so.
        with contextlib.suppress(duckdb.Error):
            self.backend.raw_sql("SET enable_progress_bar = false")
        for setting in _SETTINGS:
            self.backend.raw_sql(setting)
        if memory_limit is not None:
            megabytes = max(int(_validate.positive(memory_limit, what="memory_limit") * 1000), 1)
            self.backend.raw_sql(f"SET memory_limit = '{megabytes}MB'")
        if threads is not None:
            self.backend.raw_sql(f"SET threads = {_validate.count(threads, what='threads')}")
        if inputs:
            allowed = ", ".join(_quoted(str(Path(one).resolve())) for one in inputs)
            self.backend.raw_sql(f"SET allowed_directories = [{allowed}]")
        for setting in _LOCKS:
            self.backend.raw_sql(setting)
        self._numbers = itertools.count()
        self._unread: collections.deque[str] = collections.deque()

    def add(self, table: pa.Table | ir.Table) -> ir.Table:
        """Write a table down and return the expression that reads it.

        Parameters
        ----------
        table : pyarrow.Table or ibis table
            The rows; an expression is computed now.

        Returns
        -------
        ibis table
        """
        # The collector may run in the middle of a query, where a statement of ours would cut off its rows: what it
        # finds is noted there and dropped here.
        while self._unread:
            self.backend.raw_sql(f"DROP TABLE {self._unread.popleft()}")
        # Ibis calls its own aliases t0, t1, …: a table of that name would be taken for one of them.
        name = f"held_{next(self._numbers)}"
        self.backend.create_table(name, table, temp=False)
        held = self.backend.table(name)
        # Every expression made from the table holds this node of it, and so keeps the table.
        weakref.finalize(held.op(), self._unread.append, name).atexit = False
        return held

    def open(self, paths: Sequence[str | os.PathLike[str]]) -> ir.Table:
        """Return the expression that reads Parquet files where they are.

        Parameters
        ----------
        paths : sequence of path
            Files inside the folders that the store was given as `inputs`.

        Returns
        -------
        ibis table
        """
        files = [str(Path(one).resolve()) for one in paths]
        return self.backend.read_parquet(files, table_name=f"held_{next(self._numbers)}")


def _quoted(text: str) -> str:
    """Quote a text for a statement."""
    return "'" + text.replace("'", "''") + "'"
