"""Draw a quarter of an organisation as the files that a study reads: interactions in text, people and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ties_parts.draw import DEPARTMENT, ROW_GROUP, SEED, TEAM, Slice, shuffled, slices

__all__ = ["ROWS_A_PERSON", "draw_quarter"]

ROWS_A_PERSON = 200
PLANTED, MEMBERS = 0.02, 12  # share of rows inside planted groups, and their size
PEOPLE_A_GROUP = 1_000  # one planted and one paper group for so many people
STARTS = 0.5  # share of messages in teams and departments that start a thread
SITES = 20

STUDY = """name = "A quarter"
period = "2026Q3"

[[inputs]]
path = "interactions.parquet"
kind = "table"

[people]
path = "people.csv"

[groups]
path = "groups.csv"
"""

ROWS = pa.schema(
    [
        pa.field("event", pa.string()),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("sender", pa.string()),
        pa.field("recipient", pa.string()),
        pa.field("role", pa.string()),
        pa.field("medium", pa.string()),
        pa.field("thread", pa.string()),
        pa.field("parent", pa.string()),
        pa.field("n_recipients", pa.int32()),
    ]
)


def draw_quarter(folder: Path, rows: int, people: int, *, seed: int = SEED) -> None:
    """Write interactions.parquet, people.csv, groups.csv and study.toml; equal numbers give equal files.

    Accounts are addresses that the directory knows. One row in fifty passes inside a group of 12 from all over the
    organisation; these groups are declared, and as many that exist on paper only.
    """
    rng = np.random.default_rng([seed, 3])
    number = shuffled(people, seed=seed)
    groups = max(people // PEOPLE_A_GROUP, 4)
    real = np.stack([rng.choice(people, MEMBERS, replace=False) for _ in range(groups)])
    paper = [rng.choice(people, int(rng.integers(8, 21)), replace=False) for _ in range(groups)]
    _write_people(folder / "people.csv", number)
    _write_groups(folder / "groups.csv", number, [*real, *paper], groups)
    planted = round(PLANTED * rows)
    accounts = pa.array([f"p{one:07d}@example.org" for one in range(people)])
    done = 0
    with pq.ParquetWriter(folder / "interactions.parquet", ROWS, compression="zstd", compression_level=1) as writer:
        for chunk, drawn in enumerate(slices(rows - planted, people, seed=seed)):
            done += len(drawn.message)
            inside = round(planted * done / (rows - planted)) - round(
                planted * (done - len(drawn.message)) / (rows - planted)
            )
            for part, table in enumerate((_common(drawn, rng), _planted(drawn, real, inside, rng))):
                writer.write_table(_in_words(table, f"{chunk}.{part}", accounts, number), row_group_size=ROW_GROUP)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")


def _common(drawn: Slice, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Put the messages of a slice into threads: within a team or department a message may answer the one before."""
    count = len(drawn.time)
    order = np.lexsort((drawn.time, drawn.base, drawn.circle))
    circle, base = drawn.circle[order], drawn.base[order]
    starts = (rng.random(count) < STARTS) | ((circle != TEAM) & (circle != DEPARTMENT))
    starts |= np.r_[True, (circle[1:] != circle[:-1]) | (base[1:] != base[:-1])]
    thread, parent = np.empty(count, np.int64), np.full(count, -1, np.int64)
    thread[order] = order[np.maximum.accumulate(np.where(starts, np.arange(count), 0))]
    parent[order[1:]] = np.where(starts[1:], -1, order[:-1])
    message = drawn.message
    return {
        "event": message,
        "time": drawn.time[message],
        "sender": drawn.sender[message],
        "recipient": drawn.recipient,
        "mail": drawn.mail[message],
        "thread": thread[message],
        "parent": parent[message],
        "n_recipients": drawn.wanted[message],
    }


def _planted(
    drawn: Slice, groups: npt.NDArray[np.int64], n: int, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Draw messages from one member of a planted group to another."""
    group, place = rng.integers(0, len(groups), n), rng.integers(0, MEMBERS, n)
    other = (place + rng.integers(1, MEMBERS, n)) % MEMBERS
    low, high = int(drawn.time[0]), int(drawn.time[-1])
    event = np.arange(n)
    return {
        "event": event,
        "time": np.sort(rng.integers(low, high + 1, n)),
        "sender": groups[group, place],
        "recipient": groups[group, other],
        "mail": rng.random(n) < 0.5,
        "thread": event,
        "parent": np.full(n, -1),
        "n_recipients": np.ones(n, np.int64),
    }


def _in_words(drawn: dict[str, npt.NDArray[Any]], part: str, accounts: pa.Array, number: Any) -> pa.Table:
    """Write rows with names of accounts and ids of messages in place of numbers."""
    n = len(drawn["event"])
    ids = {name: pa.array(drawn[name], mask=drawn[name] < 0) for name in ("event", "thread", "parent")}
    media = pa.DictionaryArray.from_arrays(pa.array((~drawn["mail"]).astype(np.int8)), pa.array(["email", "chat"]))
    columns = {
        name: pc.binary_join_element_wise(f"<{part}.", pc.cast(one, pa.string()), "@example.org>", "")
        for name, one in ids.items()
    }
    columns |= {name: accounts.take(pa.array(number[drawn[name]])) for name in ("sender", "recipient")}
    columns |= {
        "time": pa.array(drawn["time"]).cast(ROWS.field("time").type),
        "role": pa.array(["to"]).take(pa.array(np.zeros(n, np.int8))),
        "medium": media.cast(pa.string()),
        "n_recipients": pa.array(drawn["n_recipients"].astype(np.int32)),
    }
    return pa.table([columns[field.name] for field in ROWS], schema=ROWS)


def _write_people(path: Path, number: npt.NDArray[np.int32]) -> None:
    """Write the directory: departments of 150 with a head, teams of 10 with a leader, at twenty sites."""
    place = np.arange(len(number))
    department, head, leader = place // DEPARTMENT, place - place % DEPARTMENT, place - place % TEAM
    boss = np.where(place == head, 0, np.where(place == leader, head, leader))
    frame = pd.DataFrame(
        {
            "person": [f"P{one:07d}" for one in number],
            "addresses": [f"p{one:07d}@example.org" for one in number],
            "unit": [f"Department {one}" for one in department],
            "site": [f"Site {one}" for one in department % SITES],
            "manager": [f"P{number[one]:07d}" for one in boss],
        }
    )
    frame.loc[0, "manager"] = ""
    frame.sort_values("person").to_csv(path, index=False)


def _write_groups(path: Path, number: npt.NDArray[np.int32], members: list[Any], real: int) -> None:
    """Write the declared groups: those that are planted first."""
    lines = [
        (f"{'Real' if group < real else 'Paper'} {group:04d}", f"P{number[one]:07d}")
        for group, places in enumerate(members)
        for one in places
    ]
    pd.DataFrame(lines, columns=["group", "person"]).to_csv(path, index=False)
