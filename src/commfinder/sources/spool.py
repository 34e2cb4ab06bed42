"""Lay tables aside on disk while an input is read, in files without a name: nobody else can open them, none is left."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Spool", "spread"]

_WAYS = 32
_DEEPEST = 12
Hashes = npt.NDArray[np.uint64]


class Spool:
    """Rows that are written once, in order, and read back as often as needed.

    The file has no name where the system allows that, else one that only the user can read; it goes with the process,
    however this ends.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the rows.

    Attributes
    ----------
    rows : int
        How many there are.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = 0
        self._schema = schema
        self._file: Any = tempfile.TemporaryFile(prefix="commfinder-")  # noqa: SIM115
        # Whoever gives a reading up half-way need not close what it laid aside.
        weakref.finalize(self, self._file.close).atexit = False
        self._writer: Any = pa.ipc.new_stream(
            pa.PythonFile(self._file, "w"), schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
        )

    def add(self, batch: pa.RecordBatch) -> None:
        """Write some rows."""
        if batch.num_rows:
            self._writer.write_batch(batch)
            self.rows += batch.num_rows

    def read(self, at_least: int = 1) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, in the pieces in which they were written or larger ones; then no more are written.

        Parameters
        ----------
        at_least : int, default 1
            Rows of a piece, but for the last one.

        Yields
        ------
        pyarrow.RecordBatch
        """
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._file.seek(0)
        # Each reader moves on in the one file: only one may be at work.
        waiting: list[pa.RecordBatch] = []
        for batch in pa.ipc.open_stream(pa.PythonFile(self._file, "r")):
            waiting.append(batch)
            if sum(one.num_rows for one in waiting) >= at_least:
                yield _joined(waiting, self._schema)
                waiting = []
        if waiting:
            yield _joined(waiting, self._schema)

    def all(self) -> pa.RecordBatch:
        """Read all rows into memory."""
        return _joined(list(self.read(self.rows)), self._schema)

    def close(self) -> None:
        """Give the room on disk back."""
        self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spread(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    key: Callable[[pa.RecordBatch], Hashes],
    *,
    at_most: int,
    depth: int = 0,
) -> Iterator[pa.RecordBatch]:
    """Bring together the rows of equal keys, wherever they stand, without holding all rows.

    Parameters
    ----------
    batches : iterator of pyarrow.RecordBatch
        The rows; each is written to disk once or a few times.
    schema : pyarrow.Schema
        Of the rows.
    key : callable
        Gives a number for each row of a batch; of equal keys equal numbers.
    at_most : int
        Rows held at once; more only where a key has more.
    depth : int
        How often the rows were spread before.

    Yields
    ------
    pyarrow.RecordBatch
        All rows of some keys, in the order in which they came.
    """
    with ExitStack() as opened:
        heaps: dict[int, Spool] = {}
        for batch in batches:
            ways = key(batch) >> np.uint64(5 * depth) & np.uint64(_WAYS - 1)
            order = np.argsort(ways, kind="stable")
            found, first = np.unique(ways[order], return_index=True)
            sorted_rows = batch.take(pa.array(order))
            for way, start, stop in zip(found.tolist(), first.tolist(), [*first[1:].tolist(), len(ways)], strict=True):
                if way not in heaps:
                    heaps[way] = opened.enter_context(Spool(schema))
                heaps[way].add(sorted_rows.slice(start, stop - start))
        waiting: list[pa.RecordBatch] = []
        for _, heap in sorted(heaps.items()):
            if heap.rows > at_most and depth < _DEEPEST - 1 and len(np.unique(_keys(heap, key))) > 1:
                yield from spread(heap.read(at_most // 2), schema, key, at_most=at_most, depth=depth + 1)
            else:
                if waiting and sum(one.num_rows for one in waiting) + heap.rows > at_most:
                    yield _joined(waiting, schema)
                    waiting = []
                waiting.append(heap.all())
            heap.close()
        if waiting:
            yield _joined(waiting, schema)


def _keys(heap: Spool, key: Callable[[pa.RecordBatch], Hashes]) -> Hashes:
    """Give the distinct keys of each piece of a heap."""
    return np.concatenate([np.unique(key(batch)) for batch in heap.read()])


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Put batches together."""
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    return next(iter(table.to_batches()), pa.RecordBatch.from_pylist([], schema=schema))
