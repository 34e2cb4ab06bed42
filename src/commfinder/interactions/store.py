"""The embedded database that holds interaction tables: in process, private, and the same everywhere."""

from __future__ import annotations

import collections
import itertools
import shutil
import tempfile
import weakref
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

__all__ = ["Store"]

# Grouping by a million people across many rows must spill rather than fail; the bound keeps a mistake from filling a
# disk.
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET max_temp_directory_size = '100GB'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class Store:
    """One DuckDB database in memory that spills to a private folder.

    Tables are written once and never changed; one that no expression reads any more is dropped before the next is
    written. The folder goes when the store is collected.
    """

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="commfinder-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.backend: Any = ibis.duckdb.connect(":memory:", temp_directory=folder)
        for setting in _SETTINGS:
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
