"""Draw numbered interactions of an organisation straight into a Parquet file, in memory that does not grow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["NUMBERED", "SIZES", "Slice", "draw", "people_of", "shuffled", "slices"]

IntArray = npt.NDArray[np.int64]

SEED = 1000
TEAM, DEPARTMENT, MOST = 10, 150, 30
TO_TEAM, TO_DEPARTMENT = 0.5, 0.3  # the rest of the messages goes to anybody
ONE_RECIPIENT, MORE = 0.6, 0.4
SPREAD = 0.8  # of how much people write, as the deviation of its logarithm
MAIL = 0.6
START_US, LENGTH_US = 1_782_864_000_000_000, 92 * 86_400_000_000  # the third quarter of 2026
CHUNK, ROW_GROUP = 1_000_000, 250_000

SIZES = {1_000_000: 10_000, 10_000_000: 100_000, 20_000_000: 100_000, 100_000_000: 1_000_000, 500_000_000: 1_000_000}
"""People by number of rows."""

NUMBERED = pa.schema(
    [
        pa.field("event", pa.int64(), nullable=False),
        pa.field("time", pa.int64()),
        pa.field("sender", pa.int32(), nullable=False),
        pa.field("recipient", pa.int32()),
        pa.field("role", pa.int8(), nullable=False),
        pa.field("medium", pa.int8(), nullable=False),
        pa.field("space", pa.int32()),
        pa.field("thread", pa.int64()),
        pa.field("parent", pa.int64()),
        pa.field("activity", pa.int32()),
        pa.field("n_recipients", pa.int32(), nullable=False),
        pa.field("automated", pa.bool_(), nullable=False),
        pa.field("source", pa.int32(), nullable=False),
    ]
)
"""The interaction table in numbers."""


def people_of(rows: int) -> int:
    """Return the number of people for a number of rows."""
    return SIZES.get(rows, max(rows // 100, 40))


def draw(path: Path, rows: int, people: int, *, seed: int = SEED) -> None:
    """Write a file of so many rows; it appears when it is whole.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist.
    rows, people : int
        How many.
    seed : int
        Equal numbers give equal rows.
    """
    number = shuffled(people, seed=seed)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with pq.ParquetWriter(unfinished, NUMBERED, compression="zstd", compression_level=1) as writer:
            for chunk, drawn in enumerate(slices(rows, people, seed=seed)):
                writer.write_table(_table(drawn, chunk, number), row_group_size=ROW_GROUP)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class Slice(NamedTuple):
    """The interactions of one slice of time: arrays of messages, and arrays of rows that refer to them.

    ``sender`` and ``recipient`` are places in the organisation (teams of 10 follow each other, inside departments of
    150); ``circle`` is whom a message goes to: the size of the circle, and ``base`` its first place.
    """

    sender: IntArray
    circle: IntArray
    base: IntArray
    wanted: IntArray
    time: IntArray
    mail: npt.NDArray[np.bool_]
    message: IntArray
    recipient: IntArray


def slices(rows: int, people: int, *, seed: int = SEED) -> Iterator[Slice]:
    """Draw the slices of so many rows, in the order of time; equal numbers give equal rows."""
    activity = np.cumsum(np.random.default_rng([seed, 0]).lognormal(0.0, SPREAD, people))
    chunks = -(-rows // CHUNK)
    for chunk in range(chunks):
        n = min(CHUNK, rows - chunk * CHUNK)
        span = START_US + chunk * LENGTH_US // chunks, START_US + (chunk + 1) * LENGTH_US // chunks
        yield _slice(np.random.default_rng([seed, 1, chunk]), n, span, activity)


def _slice(rng: np.random.Generator, n: int, span: tuple[int, int], activity: npt.NDArray[np.float64]) -> Slice:
    """Draw the messages and rows of one slice of time."""
    people = len(activity)
    wanted = np.where(rng.random(n) < ONE_RECIPIENT, 1, np.minimum(1 + rng.geometric(MORE, n), MOST))
    kind = rng.random(n)
    sender = np.searchsorted(activity, rng.random(n) * activity[-1]).astype(np.int64)
    circle = np.where(kind < TO_TEAM, TEAM, np.where(kind < TO_TEAM + TO_DEPARTMENT, DEPARTMENT, people))
    base = sender - sender % circle
    size = np.minimum(circle, people - base)
    wanted = np.where(size > 1, np.minimum(wanted, size - 1), 0)
    messages = int(np.searchsorted(np.cumsum(wanted), n)) + 1
    wanted = wanted[:messages]
    wanted[-1] -= int(wanted.sum()) - n  # the last message fills the slice
    message = np.repeat(np.arange(messages), wanted)
    place = np.arange(n) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    # Recipients of one message are all different, and none is the sender: steps around the circle, past the sender.
    step = np.where(circle == TEAM, 1, np.where(circle == DEPARTMENT, 7, 7919))
    first = (rng.random(messages) * (size[:messages] - 1)).astype(np.int64)
    around = 1 + (first[message] + place * step[message]) % np.maximum(size[message] - 1, 1)
    recipient = base[message] + (sender[message] - base[message] + around) % size[message]
    time = np.sort(span[0] + (rng.random(messages) * (span[1] - span[0])).astype(np.int64))
    mail = rng.random(messages) < MAIL
    cut = slice(messages)
    return Slice(sender[cut], circle[cut], base[cut], wanted, time, mail, message, recipient)


def _table(drawn: Slice, chunk: int, number: npt.NDArray[np.int32]) -> pa.Table:
    """Write a slice as rows in numbers; people get their shuffled numbers."""
    n, message = len(drawn.message), drawn.message
    running = np.arange(len(drawn.time), dtype=np.uint64)
    columns = {
        "event": _mixed((np.uint64(chunk) << np.uint64(32)) + running)[message],
        "time": drawn.time[message],
        "sender": number[drawn.sender[message]],
        "recipient": number[drawn.recipient],
        "role": np.zeros(n, np.int8),
        "medium": (~drawn.mail).astype(np.int8)[message],
        "n_recipients": drawn.wanted[message].astype(np.int32),
        "automated": np.zeros(n, bool),
        "source": np.zeros(n, np.int32),
    }
    filled = [pa.array(columns[one.name]) if one.name in columns else pa.nulls(n, one.type) for one in NUMBERED]
    return pa.table(filled, schema=NUMBERED)


def shuffled(people: int, *, seed: int = SEED) -> npt.NDArray[np.int32]:
    """Return the number of each place in the organisation, in random order, as pseudonyms are."""
    return np.random.default_rng([seed, 2]).permutation(people).astype(np.int32)


def _mixed(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn running numbers into 64-bit keys that look random and are all different (the mixer of SplitMix64)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (value ^ (value >> np.uint64(31))).view(np.int64)
