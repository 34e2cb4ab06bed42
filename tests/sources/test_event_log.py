from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commfinder.errors import ColumnError, FormatError, InputError
from commfinder.sources import detect, read, read_event_log
from commfinder.sources.event_log_columns import looks_like_log, usual_columns

HEAD = "Case ID,Activity,Resource,Timestamp\n"


def write(tmp_path, text, name="permits.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def log(tmp_path, text, name="permits.csv", **options):
    return read_event_log(write(tmp_path, text, name), **options)


def rows(reading, *columns):
    return [tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist()]


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_one_row_per_event(tmp_path):
    got = log(tmp_path, HEAD + "7,check,Ann@X.org,2026-07-01T09:30:00Z\n7,decide, bob ,2026-07-01T09:00:00+02:00\n")
    assert rows(got, "event", "sender", "activity", "thread", "space", "medium", "role", "recipient", "parent") == [
        ("7#000000", "bob", "decide", "7", "permits", "workflow", "edit", None, None),
        ("7#000001", "ann@x.org", "check", "7", "permits", "workflow", "edit", None, None),
    ]
    assert got.losses == ()
    assert set(
        log(tmp_path, HEAD + "7,check,ann,2026-07-01T09:30:00Z\n", medium="ticket").interactions["medium"].to_pylist()
    ) == {"ticket"}


@pytest.mark.parametrize(
    "heading",
    [
        "case:concept:name,concept:name,org:resource,time:timestamp",
        "CASE_ID,ACTIVITY,RESOURCE,TIMESTAMP",
        "Case ID;Activity;Resource;Complete Timestamp",
        "case_id\tactivity\tuser\tend_timestamp",
        "caseid|task|performed by|datetime",
        "Trace,Event Name,Org:Resource,time",
    ],
)
def test_usual_headings_are_known(tmp_path, heading):
    mark = next(mark for mark in ";\t|," if mark in heading)
    path = write(tmp_path, heading + "\n" + mark.join(("7", "check", "ann", "2026-07-01T09:30:00Z")) + "\n", "t.txt")
    assert detect(path) == "event_log"
    found = read(path)
    assert found.to_frame()[["sender", "activity", "thread", "space"]].to_numpy().tolist() == [
        ["ann", "check", "7", "t"]
    ]


def test_the_surest_heading_wins():
    names = ["", "concept:name", "org:resource", "time:timestamp", "Activity", "Resource", "Costs", "case:concept:name"]
    assert usual_columns(names) == {"case": 7, "activity": 1, "resource": 2, "time": 3}
    assert usual_columns(["case_id", "activity", "start_timestamp", "end_timestamp"]) == {
        "case": 0,
        "activity": 1,
        "time": 3,
        "start": 2,
    }
    assert usual_columns(["case_id", "activity", "start_timestamp"]) == {"case": 0, "activity": 1, "time": 2}


def test_tables_of_who_wrote_to_whom_are_no_logs(tmp_path):
    assert not looks_like_log(["event", "sender", "recipient", "time", "activity", "case"])
    assert not looks_like_log(["event", "recipient", "time", "activity"])
    path = write(tmp_path, HEAD.replace("\n", ",To\n") + "7,check,ann,2026-07-01T09:30:00Z,bob\n")
    assert detect(path) == "event_log"
    # What the columns are said to hold decides.
    found = read(path, medium="email", columns={"sender": "Resource", "recipient": "To", "time": "Timestamp"})
    assert found.to_frame()["recipient"].tolist() == ["bob"]
    other = write(tmp_path, "number,who,at,note\n7,ann,2026-07-01T09:30:00Z,x\n", "o.csv")
    assert detect(other) == "table"
    found = read(other, columns={"case": "number", "resource": "who", "time": "at"})
    assert found.to_frame()[["thread", "sender"]].to_numpy().tolist() == [["7", "ann"]]
    assert found.to_frame()["activity"].isna().all()


def test_mapping(tmp_path):
    text = "nr,sub,what,who,at,unit,title,process\n7,a,check,ann,2026-07-01T09:30:00Z,U,clerk,P\n"
    names = {
        "case": ["nr", "sub"],
        "activity": "what",
        "resource": "who",
        "time": "at",
        "group": "unit",
        "role": "title",
        "space": "process",
    }
    got = log(tmp_path, text, columns=names)
    assert rows(got, "event", "space", "activity") == [("7/a#000000", "P", "check")]
    assert got.accounts["unit"].to_pylist() == ["U"]
    assert got.memberships.select(["space", "account", "role"]).to_pylist() == [
        {"space": "U", "account": "ann", "role": "clerk"}
    ]
    assert log(tmp_path, text, columns=names | {"group": None}).memberships.num_rows == 0
    headerless = log(
        tmp_path, "7;ann;2026-07-01T09:30:00Z;check\n", columns={"case": 0, "resource": 1, "time": 2, "activity": 3}
    )
    assert rows(headerless, "sender", "activity") == [("ann", "check")]


def test_missing_columns_are_taught(tmp_path):
    with pytest.raises(ColumnError, match=r"(?s)'resource'.*Case ID, Activity, Timestamp.*columns="):
        log(tmp_path, "Case ID,Activity,Timestamp\n7,check,2026-07-01T09:30:00Z\n")
    with pytest.raises(ColumnError, match="Did you mean 'resource'"):
        log(tmp_path, HEAD, columns={"resourse": "x"})
    with pytest.raises(ColumnError, match="Did you mean 'Resource'"):
        log(tmp_path, HEAD, columns={"resource": "Resurce"})
    with pytest.raises(InputError, match="Did you mean 'ticket'"):
        log(tmp_path, HEAD, medium="tickets")


def test_a_start_makes_two_events(tmp_path):
    text = (
        "case_id,activity,resource,start_timestamp,end_timestamp\n"
        "7,check,ann,2026-07-01T09:00:00Z,2026-07-01T09:30:00Z\n"
        "7,decide,bob,2026-07-01T09:30:00Z,2026-07-01T09:30:00Z\n"
        "7,send,bob,,2026-07-01T10:00:00Z\n"
        "7,file,cyd,2026-07-01T11:00:00Z,\n"
        "7,skew,cyd,2026-07-01T13:00:00Z,2026-07-01T12:00:00Z\n"
        "7,none,cyd,,\n"
    )
    got = log(tmp_path, text)
    assert rows(got, "event", "activity", "parent") == [
        ("7#000000", "check", None),
        ("7#000001", "check", "7#000000"),
        ("7#000002", "decide", None),
        ("7#000003", "decide", "7#000002"),
        ("7#000004", "send", None),
        ("7#000005", "file", None),
        ("7#000006", "skew", None),
    ]
    assert reasons(got) == {"start after the end; the start is left out": 1, "events without a time": 1}


def test_a_life_cycle_links(tmp_path):
    text = HEAD.replace("\n", ",lifecycle:transition\n") + (
        "7,check,ann,2026-07-01T09:00:00Z,start\n7,check,ann,2026-07-01T09:30:00Z,COMPLETE\n"
    )
    assert rows(log(tmp_path, text), "parent") == [(None,), ("7#000000",)]


def test_rows_that_can_not_be_used_are_counted(tmp_path):
    text = HEAD + (
        "7,check,ann,2026-07-01T09:00:00Z\n"
        "7,check,,2026-07-01T09:00:00Z\n"
        "7,check,UNKNOWN,2026-07-01T09:00:00Z\n"
        ",check,ann,2026-07-01T09:00:00Z\n"
        "7,check,ann,\n"
        "7,check,ann,soon\n"
        "7,check,ann,1970-01-01T00:00:00Z\n"
        "7,check\n"
    )
    got = log(tmp_path, text)
    assert got.interactions.num_rows == 1
    assert reasons(got) == {
        "events without a resource": 2,
        "events without a case": 1,
        "events without a time": 1,
        "time that can not be read, or outside 1970 to 2099": 1,
        "time before 1990 in a log of later ones: a placeholder": 1,
        "row with too few or too many cells": 1,
    }
    assert {loss.where for loss in got.losses if loss.reason.startswith("events without a res")} == {
        "permits.csv, line 3"
    }


def test_times_without_a_zone_are_not_guessed(tmp_path):
    text = HEAD + "7,check,ann,2026/07/01 09:30:00.000\n"
    with pytest.raises(InputError, match="timezone="):
        log(tmp_path, text)
    got = log(tmp_path, text, timezone="Europe/Berlin")
    assert got.interactions["time"][0].as_py() == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    text = HEAD + "7,check,ann,01.07.2026 09:30\n"
    with pytest.raises(InputError, match="ambiguous"):
        log(tmp_path, text)
    assert log(tmp_path, text, timezone="UTC", time_format="%d.%m.%Y %H:%M").interactions.num_rows == 1


def test_numbers_that_pandas_wrote(tmp_path):
    text = HEAD + "7.0,check,112.0,2026-07-01T09:00:00Z\n8.0,check,113.0,2026-07-01T09:00:00Z\n"
    assert rows(log(tmp_path, text), "thread", "sender") == [("7", "112"), ("8", "113")]
    kept = log(tmp_path, HEAD + "7.0,check,x,2026-07-01T09:00:00Z\n7.1,check,x,2026-07-01T09:00:00Z\n")
    assert rows(kept, "thread") == [("7.0",), ("7.1",)]


def test_parquet_and_json_lines(tmp_path):
    moment = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    names = ["case:concept:name", "concept:name", "org:resource", "time:timestamp"]
    table = pa.table(
        dict(zip(names, (["7"], ["check"], ["ann"], pa.array([moment], pa.timestamp("ns", tz="UTC"))), strict=True))
    )
    pq.write_table(table, tmp_path / "l.parquet")
    assert detect(tmp_path / "l.parquet") == "event_log"
    lines = json.dumps(dict(zip(names, ("7", "check", "ann", moment.isoformat()), strict=True)))
    path = write(tmp_path, lines + "\n", "l.jsonl")
    assert detect(path) == "event_log"
    assert (
        read_event_log(path)
        .interactions.drop(["source"])
        .equals(read_event_log(tmp_path / "l.parquet").interactions.drop(["source"]))
    )


def test_equal_times_keep_the_order_of_the_file_and_nothing_else_does(tmp_path):
    lines = [f"{n % 9},act {n},r{n % 4},2026-07-01T09:{n:02}:00Z\n" for n in range(60)]
    one = log(tmp_path, HEAD + "".join(lines))
    random.Random(1).shuffle(lines)
    assert log(tmp_path, HEAD + "".join(lines)).interactions.equals(one.interactions)
    same = log(tmp_path, HEAD + "".join(f"7,{word},ann,2026-07-01T09:00:00Z\n" for word in "zam"))
    assert rows(same, "activity") == [("z",), ("a",), ("m",)]


def test_no_table_and_no_row(tmp_path):
    assert reasons(log(tmp_path, HEAD)) == {"no row was found": 1}
    with pytest.raises(FormatError, match="folder"):
        read_event_log(tmp_path)
    with pytest.raises(FormatError, match="no text"):
        log(tmp_path, b"\x00\x01\x02\x00\x00\x00\x07" * 9)
    nobody = log(tmp_path, HEAD + "7,check,,2026-07-01T09:00:00Z\n")
    assert reasons(nobody) == {"events without a resource": 1, "no event was found that says who acted when": 1}
