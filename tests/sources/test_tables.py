from __future__ import annotations

import bz2
import gzip
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.errors import ColumnError, FormatError, InputError, MissingFileError
from commfinder.sources import read_table

HEAD = "sender,recipient,time\n"


def write(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path, content, name="t.csv", medium="code", **options):
    return read_table(write(tmp_path, content, name), medium=medium, **options)


def rows(reading, *columns):
    return sorted(tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist())


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_our_own_columns(tmp_path):
    got = read(
        tmp_path,
        "event,sender,recipient,time,role,medium,space,thread,parent,activity,n_recipients,automated\n"
        "e1,Ann@X.org, bob@x.org ,2026-07-01T09:30:00+02:00,cc,email,s,t,p,a,7,true\n"
        "e2,ann@x.org,,2026-07-01T09:30:00.123456Z,,email,s,,,,NaN,\n",
        medium=None,
    )
    first, second = got.interactions.to_pylist()
    assert first == {
        "event": "e1",
        "time": datetime(2026, 7, 1, 7, 30, tzinfo=UTC),
        "sender": "ann@x.org",
        "recipient": "bob@x.org",
        "role": "cc",
        "medium": "email",
        "space": "s",
        "thread": "t",
        "parent": "p",
        "activity": "a",
        "n_recipients": 7,
        "automated": True,
        "source": "t.csv",
    }
    assert second["recipient"] is None
    assert (second["role"], second["n_recipients"], second["automated"], second["thread"]) == ("to", 0, False, None)
    assert second["time"].microsecond == 123456
    assert list(got.digests) == ["t.csv"]


def test_mapping_joined_columns_and_constants(tmp_path):
    text = "repo,pr,author,reviewer\na,1,ann,bob\na,1,ann,cyd\nb,1,ann,bob\n"
    names = {"sender": "author", "recipient": "reviewer", "event": ["repo", "pr"], "space": "repo"}
    got = read(tmp_path, text, columns=names, constants={"role": "approve"})
    assert rows(got, "event", "recipient", "n_recipients", "role", "space") == [
        ("a/1", "bob", 2, "approve", "a"),
        ("a/1", "cyd", 2, "approve", "a"),
        ("b/1", "bob", 1, "approve", "b"),
    ]
    assert got.interactions["time"].null_count == 3


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " ", "   "])
def test_delimiters_and_positions(tmp_path, mark):
    text = "".join(mark.join(cells) + "\n" for cells in (("1", "2", "1750000000"), ("2", "1", "1750000001")))
    got = read(tmp_path, text, name="t.txt", columns={"sender": 0, "recipient": 1, "time": 2})
    assert rows(got, "sender", "recipient") == [("1", "2"), ("2", "1")]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings(tmp_path, codec, end):
    text = (HEAD + "ann,Jürgen,2026-07-01T09:30:00Z\n" + '"bob","a,b",2026-07-01T09:30:00Z\n').replace("\n", end)
    got = read(tmp_path, text.encode(codec))
    assert rows(got, "sender", "recipient") == [("ann", "Jürgen"), ("bob", "a,b")]
    assert got.losses == ()


def test_invalid_utf8_is_taken_as_windows_text_and_counted(tmp_path):
    got = read(tmp_path, b"sender,recipient\nann,J\xfcrgen\nann,b\xc3\xb6b\n")
    assert rows(got, "recipient") == [("Jürgen",), ("böb",)]
    assert [(loss.count, loss.where) for loss in got.losses] == [(1, "t.csv, line 2")]


@pytest.mark.parametrize(("pack", "suffix"), [(gzip.compress, "gz"), (bz2.compress, "bz2")])
def test_compressed_whole_and_cut_off(tmp_path, pack, suffix):
    import random

    noise = random.Random(1)
    text = "sender,recipient\n" + "".join(f"a{noise.random()},b\n" for _ in range(150_000))
    assert read(tmp_path, pack(text.encode()), name=f"t.csv.{suffix}").interactions.num_rows == 150_000
    packed = pack(text.encode())
    cut = read(tmp_path, packed[: len(packed) * 9 // 10], name=f"t.csv.{suffix}")
    assert 60_000 < cut.interactions.num_rows < 150_000
    assert any(loss.unit == "files" for loss in cut.losses)


def test_jsonl(tmp_path):
    lines = [
        {"sender": "ann", "recipient": ["bob", "cyd"], "time": 1750000000123, "automated": False},
        {"sender": "bob", "recipient": "ann", "time": 1750000001123, "automated": True},
    ]
    text = (
        "\n".join(map(json.dumps, lines))
        + "\n\n[1]\n{broken\n"
        + "[" * 100_000
        + '\n{"sender": NaN, "time": 1750000000123}\n'
    )
    for name, content in (("t.jsonl", text.encode()), ("t.ndjson.gz", gzip.compress(text.encode()))):
        got = read(tmp_path, content, name=name)
        assert rows(got, "sender", "recipient", "n_recipients", "automated") == [
            ("ann", "bob", 2, False),
            ("ann", "cyd", 2, False),
            ("bob", "ann", 1, True),
        ]
        assert reasons(got) == {"line is no JSON object": 3, "no sender": 1}
        assert got.interactions["time"][0].as_py() == datetime(2025, 6, 15, 15, 6, 40, 123000, tzinfo=UTC)


def test_parquet(tmp_path):
    moment = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    table = pa.table(
        {
            "sender": pa.array(["ann", "bob"]).dictionary_encode(),
            "recipient": pa.array([["bob", "cyd"], ["ann"]]),
            "time": pa.array([moment, moment], pa.timestamp("ns", tz="Europe/Berlin")),
            "n_recipients": pa.array([2, 1]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    got = read_table(tmp_path / "t.parquet", medium="email")
    assert rows(got, "sender", "recipient", "time") == [
        ("ann", "bob", moment),
        ("ann", "cyd", moment),
        ("bob", "ann", moment),
    ]
    naive = table.set_column(2, "time", pa.array([moment.replace(tzinfo=None)] * 2, pa.timestamp("ms")))
    pq.write_table(naive, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="without a zone"):
        read_table(tmp_path / "t.parquet", medium="email")
    raw = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(FormatError, match="damaged"):
        read_table(write(tmp_path, raw[:-10], "u.parquet"), medium="email")


def test_missing_column_is_named_with_the_nearest(tmp_path):
    with pytest.raises(ColumnError, match=r"(?s)'sendr'.*sender, recipient.*Did you mean 'sender'"):
        read(tmp_path, "sender,recipient\na,b\n", columns={"sender": "sendr"})
    with pytest.raises(ColumnError, match="Did you mean 'Sender'"):
        read(tmp_path, "Sender,Recipient\na,b\n")
    with pytest.raises(ColumnError, match="'recipient'"):
        read(tmp_path, "sender,x\na,b\n")
    with pytest.raises(ColumnError, match="Did you mean 'sender'"):
        read(tmp_path, "sender,recipient\na,b\n", columns={"sendr": "sender"})
    with pytest.raises(ColumnError, match="position 7"):
        read(tmp_path, "a,b\n", columns={"sender": 0, "recipient": 7})
    with pytest.raises(ColumnError, match="several columns"):
        read(tmp_path, "sender,sender,recipient\na,b,c\n")


def test_medium_must_be_said(tmp_path):
    with pytest.raises(ColumnError, match="email, chat"):
        read(tmp_path, "sender,recipient\na,b\n", medium=None)
    with pytest.raises(InputError, match="Did you mean 'email'"):
        read(tmp_path, "sender,recipient\na,b\n", medium="emial")
    with pytest.raises(InputError, match="line 3"):
        read(tmp_path, "sender,recipient,role\na,b,to\na,b,two\n")
    with pytest.raises(InputError, match="neither true nor false"):
        read(tmp_path, "sender,recipient,automated\na,b,maybe\n")


def test_contradicting_options(tmp_path):
    with pytest.raises(InputError, match="mixes"):
        read(tmp_path, "a,b\n", columns={"sender": 0, "recipient": "b"})
    with pytest.raises(InputError, match="twice"):
        read(tmp_path, "a,b\n", columns={"medium": "b"})
    with pytest.raises(ColumnError, match="constants"):
        read(tmp_path, "a,b\n", constants={"x": "y"})


def test_time_without_zone(tmp_path):
    text = HEAD + "a,b,2026-07-01 09:30:00\na,b,2026-01-01 09:30\n"
    with pytest.raises(InputError, match=r"'2026-07-01 09:30:00' is a time without a zone \(t.csv, line 2.*timezone="):
        read(tmp_path, text)
    got = read(tmp_path, text, timezone="Europe/Berlin")
    assert [time.as_py().hour for time in got.interactions["time"]] == [8, 7]
    some = read(tmp_path, HEAD + "a,b,2026-07-01 09:30:00\n" + "a,b,2026-07-01T09:30:00Z\n" * 3)
    assert some.interactions.num_rows == 3
    assert reasons(some) == {"time without a zone": 1}


def test_hours_that_do_not_exist_or_come_twice(tmp_path):
    text = HEAD + "a,b,2026-03-29 02:30\na,b,2026-10-25 02:30\na,b,2026-10-25 04:30\n"
    got = read(tmp_path, text, timezone="Europe/Berlin")
    assert [str(time.as_py()) for time in got.interactions["time"]] == [
        "2026-03-29 01:00:00+00:00",
        "2026-10-25 00:30:00+00:00",
        "2026-10-25 03:30:00+00:00",
    ]


def test_ambiguous_and_wrong_formats(tmp_path):
    text = HEAD + "a,b,01/04/2023 10:15\n"
    with pytest.raises(InputError, match=r"'01/04/2023 10:15' is ambiguous \(t.csv, line 2.*%d/%m/%Y %H:%M"):
        read(tmp_path, text)
    got = read(tmp_path, text, time_format="%d/%m/%Y %H:%M", timezone="UTC")
    assert got.interactions["time"][0].as_py() == datetime(2023, 4, 1, 10, 15, tzinfo=UTC)
    with pytest.raises(InputError, match="without a zone"):
        read(tmp_path, text, time_format="%d/%m/%Y %H:%M")
    with pytest.raises(InputError, match="no time of the format"):
        read(tmp_path, text, time_format="%Y-%m-%d")
    with pytest.raises(InputError, match="can be read"):
        read(tmp_path, HEAD + "a,b,Jan 3rd\n")
    with pytest.raises(InputError, match="No time is given"):
        read(tmp_path, HEAD + "a,b,\n")
    zoned = read(
        tmp_path, HEAD + "a,b,1 Jan 2023 10:00 +0200\na,b,2 Jan 2023 10:00 +0100\n", time_format="%d %b %Y %H:%M %z"
    )
    assert [time.as_py().hour for time in zoned.interactions["time"]] == [8, 9]


def test_minority_of_bad_times_is_counted(tmp_path):
    good = "a,b,2026-07-01T09:30:00Z\n"
    got = read(tmp_path, HEAD + good * 4 + "a,b,2026-02-30T00:00:00Z\na,b,\na,b,9999-12-31T23:59:59-08:00\n")
    assert got.interactions.num_rows == 4
    assert [(loss.count, loss.where) for loss in got.losses] == [
        (1, "t.csv, line 7, column 'time'"),
        (2, "t.csv, line 6, column 'time'"),
    ]


@pytest.mark.parametrize("factor", [1, 1_000, 1_000_000, 1_000_000_000])
def test_epochs_by_magnitude(tmp_path, factor):
    got = read(tmp_path, HEAD + f"a,b,{1750000000 * factor}\na,b,{1750000001 * factor}\na,b,NaN\n")
    assert [time.as_py().timestamp() for time in got.interactions["time"]] == [1750000000, 1750000001]
    assert reasons(got) == {"no time": 1}


def test_numbers_from_another_origin(tmp_path):
    text = HEAD + "a,b,0\na,b,2.5\n"
    with pytest.raises(InputError, match="seconds since"):
        read(tmp_path, text)
    got = read(tmp_path, text, time_format="days since 2003-10-01")
    assert [str(time.as_py()) for time in got.interactions["time"]] == [
        "2003-10-01 00:00:00+00:00",
        "2003-10-03 12:00:00+00:00",
    ]
    with pytest.raises(InputError, match="%Y%m%d"):
        read(tmp_path, HEAD + "a,b,20260701\n")


def test_several_recipients_in_a_cell(tmp_path):
    got = read(tmp_path, "sender,recipient\na,b; c ;b;a\nd,\n", recipient_separator=";", delimiter=",")
    assert rows(got, "sender", "n_recipients") == [("a", 2)] * 4 + [("d", 0)]
    assert len(set(got.interactions["event"].to_pylist())) == 2


def test_rows_that_can_not_be_used(tmp_path):
    got = read(tmp_path, 'sender,recipient\na,b\n,b\na\na,b,c\n"a,b\nc,d\n\ne,f\n')
    assert rows(got, "sender", "recipient") == [('"a', "b"), ("a", "b"), ("c", "d"), ("e", "f")]
    assert reasons(got) == {"no sender": 1, "row with too few or too many cells": 2}
    assert {loss.where for loss in got.losses} == {"t.csv, line 3", "t.csv, line 4"}


def test_quoted_line_ends_and_line_numbers(tmp_path):
    got = read(tmp_path, 'sender,recipient,space\na,b,"x\ny"\n,b,z\n')
    assert rows(got, "space") == [("x\ny",)]
    assert got.losses[0].where == "t.csv, line 4"


def test_empty_files_and_folders(tmp_path):
    for content in ("", "\n\n", HEAD):
        got = read(tmp_path, content)
        assert got.interactions.num_rows == 0
        assert reasons(got) == {"no row was found": 1}
    assert read(tmp_path, "", name="t.jsonl").interactions.num_rows == 0
    with pytest.raises(FormatError, match="folder"):
        read_table(tmp_path, medium="code")
    with pytest.raises(MissingFileError):
        read_table(tmp_path / "absent.csv", medium="code")
    with pytest.raises(FormatError, match="no text"):
        read(tmp_path, b"\x00\x01\x02\x00\x00\x00\x07" * 9, name="t.bin")


def test_null_drops_columns_and_huge_cells_do_no_harm(tmp_path):
    got = read(tmp_path, HEAD + "a,b,yesterday\n" + "c" * 200_000 + ",b,now\n", columns={"time": None})
    assert rows(got, "recipient", "time") == [("b", None)]
    assert reasons(got) == {"row with too few or too many cells": 1}


NAMES = st.sampled_from(["ann", "bob", "cyd", ""])
ROWS = st.lists(
    st.tuples(
        NAMES, NAMES, st.sampled_from(["2026-07-01T09:30:00Z", "2026-07-01T11:30:00+02:00", "2026-07-02T00:00:00Z"])
    ),
    max_size=15,
)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.data())
def test_order_of_rows_does_not_matter(table, data):
    shuffled = data.draw(st.permutations(table))
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for part in (table, shuffled):
            Path(folder, "t.csv").write_text(HEAD + "".join(",".join(row) + "\n" for row in part))
            found.append(read_table(Path(folder, "t.csv"), medium="chat"))
    assert found[0].interactions.equals(found[1].interactions)
    assert reasons(found[0]) == reasons(found[1])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_after_a_good_row(noise):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "t.csv").write_bytes(b"sender,recipient\nann,bob\n" + noise)
        try:
            assert read_table(Path(folder, "t.csv"), medium="chat", delimiter=",").interactions.num_rows >= 1
        except FormatError:
            assert b"\0" in noise
