"""From a file of numbered interactions to arrays of ties: commfinder, and what one would write by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["ENGINES", "TOLERANCE", "Arrays", "Engine", "Job", "figures_of"]

SAME = "scan, weights, sums, order, arrays out"
UNORDERED = "scan, weights, sums, arrays out; no order"
BITS = 32  # a pair as one number: a in the upper half, b in the lower
LOW = (1 << BITS) - 1
TOLERANCE = 1e-6


class Arrays(NamedTuple):
    """Ties: a < b, half of the sum of weights, and the number of rows."""

    a: npt.NDArray[np.int32]
    b: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    events: npt.NDArray[np.int64]


class Job(NamedTuple):
    """What an engine is told: the file, how many people, threads, where to spill, and how much memory to take."""

    path: Path
    people: int
    threads: int
    spill: Path
    memory_gb: float | None


class Engine(NamedTuple):
    """A way from the file to the arrays.

    ``prepare`` is called before the clock starts (a running session, names of people); what it returns goes to ``run``.
    By default there is nothing to prepare.
    ``includes`` says what the time contains. Peers of one ``library`` with the same work compete: the fastest counts.
    """

    library: str
    includes: str
    run: Callable[[Job, Any], Any]
    prepare: Callable[[Job], Any] = bool
    by_hand: bool = True


def _names(job: Job) -> npt.NDArray[np.object_]:
    """Name people in the order of their numbers."""
    return np.array([f"p{number:07d}" for number in range(job.people)], dtype=object)


def _opened(job: Job, names: npt.NDArray[np.object_]) -> Any:
    """Open the file as interactions, where it is."""
    from commfinder.interactions import Interactions
    from commfinder.interactions.store import Store

    store = Store(memory_limit=job.memory_gb, threads=job.threads, folder=job.spill, inputs=[job.path.parent])
    rows = store.backend.read_parquet(str(job.path.resolve()))
    return Interactions.from_numbered(rows, names=names, store=store)


def by_commfinder(job: Job, names: Any) -> Arrays:
    from commfinder.graph import ties_of

    ties = ties_of(_opened(job, names))
    return Arrays(ties.a, ties.b, ties.weight, ties.events)


def layers_by_commfinder(job: Job, names: Any) -> Any:
    from commfinder.graph.aggregate import layers

    return layers(_opened(job, names), end_us=None, half_life=None)


def graph_by_commfinder(job: Job, names: Any) -> Any:
    from commfinder.graph import build_graph

    return build_graph(_opened(job, names))


def spark(job: Job) -> tuple[Any, npt.NDArray[np.object_]]:
    """Start Spark on this machine; its Java takes the memory it is given, and starts before the clock."""
    import ibis
    from pyspark.sql import SparkSession

    options = {
        "spark.driver.memory": f"{max(int((job.memory_gb or 6) * 1000), 1000)}m",
        "spark.driver.maxResultSize": "0",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": "32",
        "spark.local.dir": str(job.spill),
        "spark.sql.warehouse.dir": str(job.spill / "warehouse"),
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master(f"local[{job.threads}]")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session), _names(job)


def by_commfinder_on_spark(job: Job, started: Any) -> Arrays:
    from commfinder.graph import ties_of
    from commfinder.interactions import Interactions
    from commfinder.interactions.foreign.store import ForeignStore

    backend, names = started
    rows = backend.read_parquet(str(job.path))
    ties = ties_of(Interactions.from_numbered(rows, names=names, store=ForeignStore(backend)))
    return Arrays(ties.a, ties.b, ties.weight, ties.events)


# What one would write by hand. Weights of both directions are halved, as commfinder's are: a factor costs nothing.

PAIR = "least(sender, recipient) AS a, greatest(sender, recipient) AS b"
PACKED = f"(least(sender, recipient)::BIGINT << {BITS}) | greatest(sender, recipient) AS pair"


def _duckdb(job: Job, key: str, names: str, order: str) -> list[Any]:
    import duckdb

    with duckdb.connect() as database:
        for setting in ("preserve_insertion_order = false", f"threads = {job.threads}"):
            database.execute(f"SET {setting}")
        database.execute(f"SET temp_directory = '{job.spill}'")
        if job.memory_gb is not None:
            database.execute(f"SET memory_limit = '{int(job.memory_gb * 1000)}MB'")
        statement = (
            f"SELECT {key}, sum(0.5 / n_recipients) AS weight, count(*) AS events FROM read_parquet(?) "
            f"WHERE sender <> recipient GROUP BY {names} {order}"
        )
        return list(database.execute(statement, [str(job.path)]).fetchnumpy().values())


def by_duckdb(job: Job, _: Any) -> Arrays:
    return Arrays(*_duckdb(job, PAIR, "a, b", "ORDER BY a, b"))


def by_duckdb_packed(job: Job, _: Any) -> Arrays:
    return _unpacked(*_duckdb(job, PACKED, "pair", "ORDER BY pair"))


def by_duckdb_unordered(job: Job, _: Any) -> Arrays:
    return Arrays(*_duckdb(job, PAIR, "a, b", ""))


def _unpacked(pair: Any, weight: Any, events: Any) -> Arrays:
    """Take pairs apart again."""
    return Arrays((pair >> BITS).astype(np.int32), (pair & LOW).astype(np.int32), weight, events.astype(np.int64))


def _polars(job: Job, *, packed: bool, ordered: bool) -> list[Any]:
    import polars as pl

    sender, recipient = pl.col("sender"), pl.col("recipient")
    low, high = pl.min_horizontal(sender, recipient), pl.max_horizontal(sender, recipient)
    keys = {"pair": low.cast(pl.Int64) * (1 << BITS) + high} if packed else {"a": low, "b": high}
    rows = pl.scan_parquet(job.path).filter(sender != recipient).select(**keys, weight=0.5 / pl.col("n_recipients"))
    sums = rows.group_by(*keys).agg(pl.col("weight").sum(), pl.len().cast(pl.Int64).alias("events"))
    table = (sums.sort(*keys) if ordered else sums).collect(engine="streaming")
    return [table[name].to_numpy() for name in table.columns]


def by_polars(job: Job, _: Any) -> Arrays:
    return Arrays(*_polars(job, packed=False, ordered=True))


def by_polars_packed(job: Job, _: Any) -> Arrays:
    return _unpacked(*_polars(job, packed=True, ordered=True))


def by_polars_unordered(job: Job, _: Any) -> Arrays:
    return _unpacked(*_polars(job, packed=True, ordered=False))


def _pandas(job: Job, *, packed: bool) -> list[Any]:
    import pandas as pd

    rows = pd.read_parquet(job.path, columns=["sender", "recipient", "n_recipients"])
    rows = rows[rows["sender"] != rows["recipient"]]
    sender, recipient = rows["sender"].to_numpy(), rows["recipient"].to_numpy()
    low, high = np.minimum(sender, recipient), np.maximum(sender, recipient)
    keys = {"pair": (low.astype(np.int64) << BITS) | high} if packed else {"a": low, "b": high}
    named = pd.DataFrame({**keys, "weight": 0.5 / rows["n_recipients"].to_numpy()})
    sums = named.groupby(list(keys))["weight"].agg(["sum", "size"]).reset_index()
    return [sums[name].to_numpy() for name in sums]


def by_pandas(job: Job, _: Any) -> Arrays:
    return Arrays(*_pandas(job, packed=False))


def by_pandas_packed(job: Job, _: Any) -> Arrays:
    return _unpacked(*_pandas(job, packed=True))


LAYERS = "as above, per direction and medium; an Arrow table out"
GRAPH = "clean (machines, duplicates, mass mail), ties per medium and direction, windows of activity, rule; a graph out"

ENGINES = {
    "commfinder": Engine("commfinder", SAME, by_commfinder, _names, by_hand=False),
    "commfinder, layers": Engine("commfinder", LAYERS, layers_by_commfinder, _names, by_hand=False),
    "commfinder, build_graph": Engine("commfinder", GRAPH, graph_by_commfinder, _names, by_hand=False),
    "commfinder on Spark": Engine("pyspark", SAME, by_commfinder_on_spark, spark, by_hand=False),
    "DuckDB SQL": Engine("duckdb", SAME, by_duckdb),
    "DuckDB SQL, packed pair": Engine("duckdb", SAME, by_duckdb_packed),
    "Polars streaming": Engine("polars", SAME, by_polars),
    "Polars streaming, packed pair": Engine("polars", SAME, by_polars_packed),
    "pandas": Engine("pandas", SAME, by_pandas),
    "pandas, packed pair": Engine("pandas", SAME, by_pandas_packed),
    "DuckDB SQL, no order": Engine("duckdb", UNORDERED, by_duckdb_unordered),
    "Polars streaming, packed pair, no order": Engine("polars", UNORDERED, by_polars_unordered),
}
"""All ways, in the order in which they take turns."""


def figures_of(found: Any) -> dict[str, Any]:
    """Say what came out, so that results can be compared; of what is no arrays, only its length.

    Returns
    -------
    dict
        ``ties``, ``events``, ``pairs`` (a digest of pairs and events in order of pairs), ``bytes`` (a digest of all
        arrays), ``weight`` (the sum) and ``mixed`` (the sum of weights times a number made of the pair).
    """
    if not isinstance(found, Arrays):
        length = getattr(found, "num_rows", None)
        return {"ties": int(length if length is not None else len(found.ties))}
    a, b, weight, events = (np.asarray(one) for one in found)
    pair = (a.astype(np.int64) << BITS) | b
    if len(pair) > 1 and not bool((pair[1:] > pair[:-1]).all()):
        order = np.argsort(pair, kind="stable")
        pair, weight, events = pair[order], weight[order], events[order]
    # Multiplied by an odd constant and cut to its upper bits, the pair is as good as a random number from 1 to 2.
    factor = 1.0 + ((pair.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) / float(1 << 24)
    pairs = hashlib.sha256(pair.tobytes())
    pairs.update(np.ascontiguousarray(events, dtype=np.int64).tobytes())
    whole = pairs.copy()
    whole.update(np.ascontiguousarray(weight, dtype=np.float64).tobytes())
    return {
        "ties": len(pair),
        "events": int(events.sum()),
        "pairs": pairs.hexdigest(),
        "bytes": whole.hexdigest(),
        "weight": float(weight.sum()),
        "mixed": float((weight * factor).sum()),
    }
