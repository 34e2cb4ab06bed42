"""Rows that are streamed to disk: the same as rows held in memory, and never half-written."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commfinder.errors import InputError, OutputError
from commfinder.interactions.landing import land as module
from commfinder.interactions.landing.land import Landing, is_landed
from commfinder.interactions.schema import ACCOUNTS, LANDED, MEDIA, MEMBERSHIPS, ROLES, Loss


@dataclass(frozen=True)
class Piece:
    """What a reader yields."""

    interactions: pa.Table
    accounts: pa.Table | None = None
    memberships: pa.Table | None = None
    losses: Sequence[Loss] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


def rows(*lines: dict[str, object]) -> pa.Table:
    """Rows with what is not given filled in."""
    usual = {"sender": "ann", "role": "to", "medium": "email", "automated": False, "source": "s"}
    return pa.Table.from_pylist([{**usual, **line} for line in lines], schema=LANDED)


def land(folder: Path, table: pa.Table, size: int = 3, key: str = "k", **options: bool) -> Path:
    """Land a table in pieces."""
    landing = Landing(folder, key)
    landing.read(Piece(table.slice(at, size)) for at in range(0, max(len(table), 1), size))
    return landing.finish(threads=1, **options)


def decoded(done: Path) -> pd.DataFrame:
    """The rows of a landed input with words in the place of numbers, in an order of their own."""
    numbers = pq.read_table(done / "rows.parquet")
    table = pd.DataFrame({name: pd.Series(numbers[name].to_pylist(), dtype=object) for name in numbers.column_names})
    names = pq.read_table(done / "names.parquet")["name"].to_pylist()
    words = pq.read_table(done / "words.parquet").to_pandas()
    lists = {name: words.loc[words["column"] == name, "word"].tolist() for name in ("space", "activity", "source")}
    lists |= {"sender": names, "recipient": names, "role": ROLES, "medium": MEDIA}
    texts = pq.read_table(done / "texts.parquet").to_pandas()
    assert texts["key"].is_unique
    known_ids = dict(zip(texts["key"], texts["text"], strict=True))
    lists |= {"event": known_ids, "thread": known_ids, "parent": known_ids}
    for name, known in lists.items():
        table[name] = pd.Series([None if cell is None else known[cell] for cell in table[name]], dtype=object)
    return table[LANDED.names].sort_values(LANDED.names, ignore_index=True, key=lambda column: column.astype(str))


def many(n: int = 60) -> pa.Table:
    """Rows in which everything occurs, with letters whose order is not that of their case."""
    rng = np.random.default_rng(4)
    people = ["Ann", "ann", "Zoë", "é", "zoe", "日本", "a b", "\U0001f600", "\uffff"]

    def some(words: list[str | None]) -> list[str | None]:
        return [words[one] for one in rng.integers(0, len(words), n)]

    return rows(
        *(
            dict(
                zip(
                    ("event", "sender", "recipient", "role", "medium", "space", "thread", "activity"),
                    cells,
                    strict=True,
                )
            )
            | {"parent": None, "n_recipients": int(rng.integers(0, 9)), "automated": bool(rng.integers(0, 2))}
            | {"time": None if rng.random() < 0.1 else int(rng.integers(-10, 10**16))}
            for cells in zip(
                some(["e1", "e2", "e3"]),
                some(list(people)),
                some([*people, None]),
                some(list(ROLES)),
                some(list(MEDIA)),
                some(["s1", None, "S"]),
                some(["t", None]),
                some(["pay", "Check", None]),
                strict=True,
            )
        )
    )


def test_numbers_stand_for_what_was_read(tmp_path: Path) -> None:
    table = many()
    done = land(tmp_path, table)
    plain = table.set_column(1, "time", table["time"].cast(pa.int64()))
    expected = pd.DataFrame({name: pd.Series(plain[name].to_pylist(), dtype=object) for name in plain.column_names})
    expected = expected.sort_values(LANDED.names, ignore_index=True, key=lambda column: column.astype(str))
    pd.testing.assert_frame_equal(decoded(done), expected)
    assert pq.read_table(done / "names.parquet")["name"].to_pylist() == sorted(
        {name for column in ("sender", "recipient") for name in table[column].to_pylist() if name is not None}
    )


def test_the_layout_is_that_of_the_interaction_table(tmp_path: Path) -> None:
    found = {one.name: str(one.type) for one in pq.read_schema(land(tmp_path, many()) / "rows.parquet")}
    small = dict.fromkeys(("role", "medium"), "int8")
    places = dict.fromkeys(("sender", "recipient", "space", "activity", "source", "n_recipients"), "int32")
    keys = dict.fromkeys(("event", "time", "thread", "parent"), "int64")
    assert found == {name: ({**small, **places, **keys, "automated": "bool"})[name] for name in LANDED.names}


def test_rows_without_an_event_are_told_apart_and_counted_among_their_like(tmp_path: Path) -> None:
    line = {"recipient": "bob", "time": 1}
    table = rows(line, line, {**line, "recipient": "cyd"}, {**line, "event": "own"}, {**line, "recipient": None})
    found = decoded(land(tmp_path, table))
    assert found["event"].is_unique
    names = found.loc[found["event"].str.startswith("row:"), "event"]
    assert sorted(name.rpartition(":")[2] for name in names) == ["0", "0", "0", "1"]
    mixed = decoded(land(tmp_path, table.take([3, 1, 4, 0, 2]), size=2, key="mixed"))
    pd.testing.assert_frame_equal(found, mixed)


def test_the_source_is_no_part_of_the_name_so_that_copies_meet(tmp_path: Path) -> None:
    line = {"recipient": "bob", "time": 1, "space": "x"}
    one = decoded(land(tmp_path, rows({"sender": "a", "recipient": "b"}, line)))
    two = decoded(land(tmp_path, rows({**line, "source": "other"}, {"sender": "Q", "recipient": "b"}), key="other"))
    assert set(one["event"]) & set(two["event"]) == {one.loc[one["space"] == "x", "event"].iloc[0]}


def test_recipients_that_nobody_counted_are_counted(tmp_path: Path) -> None:
    table = rows(
        {"event": "e", "recipient": "bob"},
        {"event": "e", "recipient": "bob", "role": "cc"},
        {"event": "e", "recipient": "cyd"},
        {"event": "e", "recipient": "ann"},
        {"event": "none", "recipient": None},
        {"event": "self", "recipient": "ann"},
        {"event": "told", "recipient": "bob", "n_recipients": 40},
        {"event": "half", "recipient": "bob", "n_recipients": 7},
        {"event": "half", "recipient": "cyd"},
        {"recipient": "bob"},
        {"recipient": "ann"},
        {"recipient": None, "time": 5},
        {"recipient": "bob", "n_recipients": 3},
    )
    found = decoded(land(tmp_path, table))
    of = found[~found["event"].str.startswith("row:")].groupby("event")["n_recipients"].agg(list).map(sorted).to_dict()
    assert of == {"e": [2, 2, 2, 2], "none": [0], "self": [0], "told": [40], "half": [2, 7]}
    made = found[found["event"].str.startswith("row:")]
    assert sorted(made["n_recipients"]) == [0, 0, 1, 3]


def test_each_time_of_a_series_has_recipients_of_its_own(tmp_path: Path) -> None:
    first, second = (pd.Timestamp(f"2026-07-0{day}T09:00Z") for day in (1, 8))
    table = rows(
        *({"event": "m", "time": first, "recipient": name} for name in ("bob", "cyd", "bob", "ann")),
        {"event": "m", "time": second, "recipient": "dan"},
        *({"event": "n", "recipient": name} for name in ("bob", "cyd")),
    )
    found = decoded(land(tmp_path, table)).set_index(["event", "recipient"])["n_recipients"]
    assert found.groupby(level=[0, 1]).unique().map(list).to_dict() == {
        ("m", "ann"): [2],
        ("m", "bob"): [2],
        ("m", "cyd"): [2],
        ("m", "dan"): [1],
        ("n", "bob"): [2],
        ("n", "cyd"): [2],
    }


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    held: list[int] = []

    def pieces() -> Iterator[Piece]:
        table = many(5000)
        for _ in range(60):
            held.append(pa.total_allocated_bytes())
            yield Piece(table)

    Landing(tmp_path, "k").read(pieces())
    assert max(held[10:]) < 2 * max(held[:10])
    assert max(held) < 30_000_000


def test_an_input_without_rows_is_an_input(tmp_path: Path) -> None:
    done = land(tmp_path, rows())
    assert is_landed(done)
    assert pq.read_table(done / "rows.parquet").num_rows == 0


def test_what_comes_with_the_rows_is_kept_in_order(tmp_path: Path) -> None:
    account = {"account": "ann", "address": None, "kind": "person", "guest": False, "source": "s"}
    accounts = [pa.Table.from_pylist([{**account, "account": name}], schema=ACCOUNTS) for name in ("z", "a")]
    member = pa.Table.from_pylist([{"space": "x", "account": "ann", "source": "s"}], schema=MEMBERSHIPS)
    losses = [Loss("read", "s", "too odd", 2, "rows", "line 1", "look"), Loss("read", "s", "odd", 1)]
    landing = Landing(tmp_path, "k")
    landing.read([Piece(rows(), one, member, [loss], {"f": "1"}) for one, loss in zip(accounts, losses, strict=True)])
    done = landing.finish()
    assert pq.read_table(done / "accounts.parquet")["account"].to_pylist() == ["z", "a"]
    assert pq.read_table(done / "memberships.parquet").num_rows == 2
    said = json.loads((done / "done.json").read_text())
    assert [Loss(**one) for one in said["losses"]] == losses
    assert said["digests"] == {"f": "1"}


def test_the_folder_is_for_the_user_alone(tmp_path: Path) -> None:
    done = land(tmp_path / "new" / "store", many())
    assert [one.stat().st_mode & 0o777 for one in (tmp_path / "new" / "store", done)] == [0o700, 0o700]
    assert {one.stat().st_mode & 0o777 for one in done.iterdir()} == {0o600}
    assert [one.name for one in (tmp_path / "new" / "store").iterdir()] == ["k"]


def test_a_damaged_input_is_not_taken(tmp_path: Path) -> None:
    done = land(tmp_path, many())
    assert is_landed(done)
    file = done / "rows.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + b"x" + whole[-8:])
    assert not is_landed(done)
    file.unlink()
    assert not is_landed(done)
    (done / "done.json").write_text("[]")
    assert not is_landed(done)


def test_a_reader_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Piece]:
        yield Piece(many())
        raise InputError("The file ends early.")

    landing = Landing(tmp_path, "k")
    with pytest.raises(InputError, match="ends early"):
        landing.read(broken())
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="Did you mean 'email'"):
        landing.read([Piece(rows({"medium": "emial", "recipient": "bob"}))])
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    landing = Landing(tmp_path / "store", "k")
    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OutputError, match=r"'store' is full.*\[store\]"):
            landing.read([Piece(many())])
    assert not list((tmp_path / "store").iterdir())
    landing.read([Piece(many())])
    with monkeypatch.context() as patch:
        patch.setattr(module.shutil, "copyfile", full)
        with pytest.raises(OutputError, match="is full"):
            landing.finish()
    assert [one.name for one in (tmp_path / "store").iterdir()] == ["k.read"]
    assert Landing(tmp_path / "store", "k").is_read
    assert is_landed(landing.finish())


def test_rows_that_are_not_whole_are_told_and_never_made_an_input(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "k")
    landing.read([Piece(many())])
    (tmp_path / "k.read" / "accounts.parquet").unlink()
    with pytest.raises(OutputError):
        landing.finish()
    assert not (tmp_path / "k").exists()


def test_a_memory_limit_that_is_too_small_is_told(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "k")
    landing.read([Piece(many(2000))])
    with pytest.raises(OutputError, match="memory_limit"):
        landing.finish(memory_limit=0.001)
    assert [one.name for one in tmp_path.iterdir()] == ["k.read"]
