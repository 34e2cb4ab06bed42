"""Databases that are not ours: Spark on two threads and a PostgreSQL server of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

# Compiling, by Spark and by Java, takes longer than a few hundred rows do.
SPARK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "600m",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.log.level": "ERROR",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to Spark on this machine."""
    sql = pytest.importorskip("pyspark.sql")
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        pytest.skip("Spark needs Java")
    folder = str(tmp_path_factory.mktemp("spark"))
    builder = sql.SparkSession.builder.master("local[2]")
    for key, value in {**SPARK, "spark.local.dir": folder, "spark.sql.warehouse.dir": folder}.items():
        builder = builder.config(key, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = builder.getOrCreate()
        yield ibis.pyspark.connect(session)
        session.stop()


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """A PostgreSQL server that only listens to a socket in a folder."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("there is no PostgreSQL server on this machine")
    # The path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    # The server refuses to run as root.
    # Not every way to become root has the folder of runuser on its path.
    runuser = shutil.which("runuser") or "/usr/sbin/runuser"
    user = [runuser, "-u", "nobody", "--"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "nobody")

    def run(program: str, *arguments: str) -> None:
        command = [*user, str(found[-1].parent / program), "-D", str(folder / "data"), *arguments]
        # The server lives on after pg_ctl, so nothing may wait for the end of its output.
        with (folder / f"{program}.log").open("ab") as log:
            subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=32MB"
    try:
        run("initdb", "--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "--wait", "--log", str(folder / "log"), "--options", options, "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[Any]:
    """A connection to the PostgreSQL server."""
    connection = ibis.postgres.connect(host=str(postgres_folder), user="tester", database="postgres")
    yield connection
    connection.disconnect()


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Any]:
    """A DuckDB database that is not ours either."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture(scope="session", params=["duckdb", "postgres", "pyspark"])
def backend(request: pytest.FixtureRequest) -> Any:
    """Each database in turn."""
    return request.getfixturevalue({"pyspark": "spark"}.get(request.param, request.param))


@pytest.fixture(scope="module")
def put(backend: Any) -> Iterator[Callable[..., str]]:
    """Write a table into the database, as somebody else would have done it, and tell its name."""
    names: list[str] = []

    def write(table: Any, name: str) -> str:
        if backend.name == "pyspark":
            backend.create_view(name, ibis.memtable(table), overwrite=True)
        else:
            backend.create_table(name, table, overwrite=True)
        names.append(name)
        return name

    yield write
    for name in set(names):
        (backend.drop_view if backend.name == "pyspark" else backend.drop_table)(name, force=True)
