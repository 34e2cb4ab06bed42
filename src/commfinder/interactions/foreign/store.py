"""A database of the user's own that holds interactions: Spark, PostgreSQL, or whatever Ibis speaks to."""

from __future__ import annotations

import collections
import os
import shutil
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.common.exceptions as told_by_ibis
import ibis.expr.types as ir
import pyarrow as pa

from commfinder.errors import InputError, MissingDependencyError
from commfinder.optional import require

__all__ = ["ForeignStore", "check_functions", "open_backend", "teaching"]

_EXTRAS = {"pyspark": "spark", "postgres": "postgres"}
_INFERRING = "spark.sql.constraintPropagation.enabled"
_LACKING = (
    told_by_ibis.OperationNotDefinedError,
    told_by_ibis.UnsupportedOperationError,
    told_by_ibis.UnsupportedBackendType,
    NotImplementedError,
)


class ForeignStore:
    """Writes tables down in a database that is not ours: temporary ones, under names of their own.

    Prefer `commfinder.interactions.store.Store`, the embedded database, as long as the interactions fit on one disk.

    Parameters
    ----------
    backend : ibis backend
        The connection. Nothing but temporary tables is ever written through it; tables of the user are only read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> store = ForeignStore(ibis.duckdb.connect())
    >>> store.add(pa.table({"sender": [1, 2]})).count().to_pyarrow().as_py()
    2
    """

    def __init__(self, backend: Any) -> None:
        self.backend: Any = backend
        self._unread: collections.deque[str] = collections.deque()
        self._kept: dict[str, Callable[[], None]] = {}

    def add(self, table: pa.Table | ir.Table) -> ir.Table:
        """Write a table down and return the expression that reads it.

        Parameters
        ----------
        table : pyarrow.Table or ibis table
            The rows; an expression is computed now, in the database.

        Returns
        -------
        ibis table
            Its temporary table goes when nothing reads it any more and the next one is written.

        Raises
        ------
        InputError
            If the database lacks a function or can not hold temporary tables.
        """
        # The collector may run in the middle of a query, and a driver that waits for its own answer would wait for
        # ever: what it finds is noted there and dropped here.
        while self._unread:
            self._drop(self._unread.popleft())
        with teaching(self.backend):
            name = self._write(table)
            held = self.backend.table(name)
        weakref.finalize(held.op(), self._unread.append, name).atexit = False
        return _as_promised(held, table) if isinstance(table, ir.Table) else held

    def release(self) -> None:
        """Drop every temporary table now, also those that expressions still read.

        Without it they go with the connection.
        """
        for name in list(self._kept):
            self._drop(name)
        self._unread.clear()

    def _write(self, table: pa.Table | ir.Table) -> str:
        """Make a temporary table of rows and return its name."""
        if self.backend.name != "pyspark":
            name = f"commfinder_{uuid.uuid4().hex}"
            self.backend.create_table(name, table, temp=True)
            self._kept[name] = lambda: self.backend.drop_table(name, force=True)
            if self.backend.name == "postgres":
                # Nobody else counts a temporary table there, and plans made without counts can take for ever.
                self.backend.raw_sql(f'ANALYZE "{name}"').close()
        elif isinstance(table, pa.Table):
            name = f"commfinder_{uuid.uuid4().hex}"
            self.backend.create_view(name, ibis.memtable(table))
            self._kept[name] = lambda: self.backend.drop_view(name, force=True)
        else:
            name = f"commfinder_{uuid.uuid4().hex}"
            # A query for nothing sends the small tables along that compiling alone forgets.
            table.limit(0).to_pyarrow()
            _written(self.backend, table).createOrReplaceTempView(name)
            self._kept[name] = lambda: self.backend.drop_view(name, force=True)
        return name

    def _drop(self, name: str) -> None:
        """Drop one temporary table."""
        drop = self._kept.pop(name, None)
        if drop is not None:
            drop()


def _written(backend: Any, table: ir.Table) -> Any:
    """Compute rows on Spark now, and forget what they were made of.

    A table that is only cached carries the plan of everything before it: after some joins with itself the plan, not
    the rows, takes all the time. Rows lie in the memory and on the disks of the workers, or where checkpoints go, if
    the session has such a place: there they outlive a worker.
    """
    session = backend._session
    context = getattr(session, "sparkContext", None)
    lasting = context is not None and context.getCheckpointDir() is not None
    # Spark 4 loses its way when it carries over what it infers of the columns of a union; so it infers nothing here.
    before = session.conf.get(_INFERRING)
    session.conf.set(_INFERRING, "false")
    try:
        rows = session.sql(backend.compile(table))
        return rows.checkpoint(eager=True) if lasting else rows.localCheckpoint(eager=True)
    finally:
        session.conf.set(_INFERRING, before)


def _as_promised(held: ir.Table, table: ir.Table) -> ir.Table:
    """Give columns the type that their expression has: a sum of whole numbers is written as a decimal by some."""
    promised = table.schema()
    other = {
        name: held[name].cast(promised[name])
        for name, kind in held.schema().items()
        if kind.is_decimal() and promised[name].is_integer()
    }
    return held.mutate(**other) if other else held


def open_backend(connection: Any) -> Any:
    """Return the Ibis backend that a connection means.

    Parameters
    ----------
    connection : ibis backend, SparkSession or str
        What a user has: a backend as ``ibis.postgres.connect(...)`` returns it, a Spark session, or an address for
        ``ibis.connect`` such as ``"postgres://user@host/database"``.

    Returns
    -------
    ibis backend

    Raises
    ------
    InputError
        If it is none of these, or the address can not be opened.
    MissingDependencyError
        If the driver is not installed, or Spark finds no Java.

    Examples
    --------
    >>> open_backend("duckdb://").name
    'duckdb'
    """
    if isinstance(connection, ibis.BaseBackend):
        return connection
    if type(connection).__module__.startswith("pyspark.sql") and hasattr(connection, "createDataFrame"):
        return ibis.pyspark.connect(connection)
    if not isinstance(connection, str):
        raise InputError(
            f"The connection is a {type(connection).__name__}.",
            need="An Ibis backend, a Spark session or an address such as 'postgres://user@host/database' is needed.",
            hint="Make one with ibis.postgres.connect(...) or ibis.pyspark.connect(session).",
        )
    kind = connection.partition("://")[0]
    if kind == "pyspark":
        require("pyspark", extra="spark", purpose="read interactions with Spark")
        _require_java()
    return _connected(connection, "postgres" if kind == "postgresql" else kind)


def _connected(address: str, kind: str) -> Any:
    """Open an address, and say what is missing where it can not be."""
    # Only the kind is shown: the rest of an address may hold a password.
    try:
        return ibis.connect(address)
    except ImportError as error:
        extra = _EXTRAS.get(kind)
        raise MissingDependencyError(
            f"The driver for {kind!r} is not installed.",
            hint=f'pip install "commfinder[{extra}]"' if extra else f'pip install "ibis-framework[{kind}]"',
        ) from error
    except (ValueError, AttributeError, told_by_ibis.IbisError) as error:
        raise InputError(
            f"The address of kind {kind!r} can not be opened: {type(error).__name__}.",
            need="An address that ibis.connect understands is needed, for example 'postgres://user@host/database'.",
            hint="Try ibis.connect(...) with it, and hand in what that returns.",
        ) from error


def _require_java() -> None:
    """Refuse to start Spark where there is no Java: Spark itself then stops without a word of advice."""
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=str(Path(home) / "bin") if home else None):
        raise MissingDependencyError(
            "Spark needs Java, and there is none" + (" under JAVA_HOME." if home else "."),
            hint="Install Java 17 (Debian: apt install openjdk-17-jre-headless) or set JAVA_HOME, or hand in a "
            "connection to a Spark server.",
        )


@contextmanager
def teaching(backend: Any) -> Iterator[None]:
    """Turn what Ibis says of a function that a backend lacks into an error with the next action.

    Parameters
    ----------
    backend : ibis backend
        The backend at work.

    Raises
    ------
    InputError
        In the place of Ibis' own error.
    """
    try:
        yield
    except _LACKING as error:
        raise _lacks(backend, [str(error) or type(error).__name__]) from error


def check_functions(backend: Any) -> None:
    """Check that a backend has every function that interactions need, before anything is read or written.

    Parameters
    ----------
    backend : ibis backend
        The backend to ask; it only has to write its query, not to answer it.

    Raises
    ------
    InputError
        Naming the functions that it lacks.
    """
    columns = {"event": "string", "time": "int64", "sender": "int32", "recipient": "int32", "role": "int8"}
    rows = ibis.table(columns, name="rows")
    lacking = []
    for words, expression in _NEEDED.items():
        try:
            backend.compile(expression(rows))
        except _LACKING:
            lacking.append(words)
    if lacking:
        raise _lacks(backend, lacking)


def _lacks(backend: Any, what: list[str]) -> InputError:
    """Say that a backend lacks something."""
    return InputError(
        f"The backend {backend.name!r} lacks what interactions need: {'; '.join(what)}.",
        need="DuckDB, PySpark and PostgreSQL have all of it.",
        hint="Export the table to Parquet and read it with commfinder.read, or open it with one of these.",
    )


_NEEDED: dict[str, Callable[[ir.Table], ir.Table]] = {
    "row numbers within groups": lambda rows: rows.mutate(
        n=ibis.row_number().over(group_by="event", order_by=["role", "recipient"])
    ),
    "counts within groups": lambda rows: rows.mutate(n=rows.recipient.count().over(group_by=["event", "time"])),
    "semi joins": lambda rows: rows.semi_join(rows.view().select("event").distinct(), "event"),
    "anti joins": lambda rows: rows.anti_join(rows.view().select("event").distinct(), "event"),
    "left joins": lambda rows: rows.left_join(rows.view().select(other="event"), [("event", "other")]),
    "counts of distinct values": lambda rows: rows.group_by("sender").aggregate(n=rows.event.nunique()),
    "least and greatest": lambda rows: rows.select(
        a=ibis.least(rows.sender, rows.recipient), b=ibis.greatest(rows.time, 0)
    ),
    "case distinctions": lambda rows: rows.select(n=ibis.cases((rows.role == 1, 2), else_=3)),
    "whole parts of divisions": lambda rows: rows.select(n=rows.time // 7, k=(rows.time * 0.1 + 0.5).floor()),
    "unions": lambda rows: rows.select("sender").union(rows.select(sender="recipient")),
    "stripped text": lambda rows: rows.select(n=rows.event.strip().nullif("").lower()),
    "lengths and joined text": lambda rows: rows.select(n=rows.event.length().cast("string") + ":" + rows.event),
}
