"""What a reader holds in memory does not grow with its input, or by a few bytes a message where it must."""

from __future__ import annotations

import csv
import gc
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commfinder.sources import (
    documents,
    mbox_split,
    ocel,
    ocel_store,
    parts,
    reading,
    table_files,
    table_text,
    tables,
    text_lines,
    workflow_rows,
    xes_parse,
)

SOME, MANY = 1_500, 9_000


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Make pieces so small that a few thousand rows are many of them."""
    for module in (reading, tables, workflow_rows, xes_parse, ocel, ocel_store):
        monkeypatch.setattr(module, "PART_ROWS", 200)
    for module in (table_text, table_files):
        monkeypatch.setattr(module, "BATCH", 200)
    monkeypatch.setattr(text_lines, "_BLOCK", 1 << 13)
    monkeypatch.setattr(documents, "_CHUNK", 1 << 13)


def peak(path, **options):
    """Give the most bytes held at once, of Python, numpy and Arrow, and how many rows there were."""
    gc.collect()
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    rows = most = 0
    for part in parts(path, **options):
        rows += part.interactions.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held + most, rows


def rows_of(n):
    """Give rows of a table of interactions; half of them share their event with another."""
    return [(f"person {k % 97}", f"person {k % 89}", f"2026-07-{1 + k % 28:02}T09:00:00Z", k // 2) for k in range(n)]


def write_csv(folder, n, quoting=csv.QUOTE_MINIMAL, line="{}"):
    file = folder / f"{n}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, quoting=quoting)
        writer.writerow(["sender", "recipient", "time", "event", "note"])
        writer.writerows([*row, line.format("x")] for row in rows_of(n))
    return file


def write_json_lines(folder, n):
    file = folder / f"{n}.jsonl"
    names = ("sender", "recipient", "time", "event")
    file.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows_of(n)))
    return file


def write_parquet(folder, n):
    file = folder / f"{n}.parquet"
    columns = list(zip(*rows_of(n), strict=True))
    table = pa.table(dict(zip(("sender", "recipient", "time", "event"), columns, strict=True)))
    pq.write_table(table, file, row_group_size=500)
    return file


def write_slack(folder, n):
    top = folder / f"export-{n}"
    channels = [f"c{k}" for k in range(n // 500)]
    top.mkdir()
    (top / "users.json").write_text(json.dumps([{"id": f"U{k}"} for k in range(9)]))
    (top / "channels.json").write_text(json.dumps([{"name": name, "members": []} for name in channels]))
    for name in channels:
        (top / name).mkdir()
        posts = [{"user": f"U{k % 9}", "ts": f"1486999{k:03}.1", "text": "x" * 200} for k in range(500)]
        (top / name / "2017-02-13.json").write_text(json.dumps(posts))
    return top


TABLES = {
    "plain text": write_csv,
    "quoted text": lambda folder, n: write_csv(folder, n, csv.QUOTE_ALL),
    "text with line ends in cells": lambda folder, n: write_csv(folder, n, line="{0}\n{0}"),
    "json lines": write_json_lines,
    "parquet": write_parquet,
}


@pytest.mark.parametrize("form", TABLES)
def test_tables_are_read_in_constant_memory(tmp_path, form):
    peak(TABLES[form](tmp_path, 10), medium="email")
    some, few = peak(TABLES[form](tmp_path, SOME), medium="email")
    many, all_of_them = peak(TABLES[form](tmp_path, MANY), medium="email")
    assert (few, all_of_them) == (SOME, MANY)
    assert many < 1.3 * some + 100_000


def test_slack_is_read_channel_by_channel(tmp_path):
    peak(write_slack(tmp_path, 500))
    some, _ = peak(write_slack(tmp_path, SOME))
    many, rows = peak(write_slack(tmp_path, MANY))
    assert rows == MANY
    assert many < 1.3 * some + 200_000


def write_topics(folder, n):
    top = folder / f"archive-{n}" / "7-general"
    top.mkdir(parents=True)
    for topic in range(n // 50):
        posts = [
            {
                "id": topic * 50 + k,
                "sender_full_name": f"P {k % 9}",
                "timestamp": 1625764569 + k,
                "content": f'<a href="https://z/near/{topic * 25 + k}">said</a>' + "x" * 300,
            }
            for k in range(50)
        ]
        (top / f"topic.20{topic}.json").write_text(json.dumps(posts))
    return top.parent


def write_server(folder, n):
    top = folder / f"server-{n}"
    top.mkdir()
    users = [{"id": k, "delivery_email": f"p{k}@x.org", "full_name": f"P {k}"} for k in range(9)]
    realm = {
        "zerver_userprofile": users,
        "zerver_stream": [{"id": 3, "name": "general"}],
        "zerver_recipient": [{"id": 8, "type": 2, "type_id": 3}, {"id": 9, "type": 1, "type_id": 4}],
    }
    (top / "realm.json").write_text(json.dumps(realm))
    for part in range(n // 100):
        posts = [
            {
                "id": part * 100 + k,
                "sender": k % 9,
                "recipient": 8 + k % 2,
                "date_sent": 1625764569 + k,
                "subject": f"topic {part}",
                "content": "x" * 300,
            }
            for k in range(100)
        ]
        (top / f"messages-{part:06}.json").write_text(json.dumps({"zerver_message": posts}))
    return top


@pytest.mark.parametrize("write", [write_topics, write_server])
def test_zulip_is_read_file_by_file(tmp_path, write):
    peak(write(tmp_path, 100))
    some, few = peak(write(tmp_path, 700))
    many, all_of_them = peak(write(tmp_path, MANY // 3))
    assert (few, all_of_them) == (700, MANY // 3)
    assert many < 1.3 * some + 200_000


def test_mail_takes_a_few_bytes_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr(mbox_split, "_CHUNK", 1 << 14)
    monkeypatch.setattr(mbox_split, "_MARGIN", 1 << 13)

    def write(n):
        file = tmp_path / f"{n}.mbox"
        file.write_text(
            "".join(
                f"From a@x.org Tue Jan  3 18:35:40 2006\nFrom: p{k % 97}@x.org\nTo: p{k % 89}@x.org\n"
                f"Date: Tue, 3 Jan 2006 18:{k % 60:02}:40 +0100\nMessage-ID: <m{k}@{'x' * 200}>\n"
                f"References: <m{k - k % 50}@{'x' * 200}>\n\nbody\n\n"
                for k in range(n)
            )
        )
        return file

    peak(write(10))
    some, _ = peak(write(300))
    many, rows = peak(write(1500))
    assert rows == 1500
    # A reply refers to one of 50 messages, whose ids of 200 letters are held: 6 bytes a message.
    assert many - some < 200 * 1200


def write_xes(folder, n):
    file = folder / f"{n}.xes"
    event = (
        '<event><string key="concept:name" value="check {0}"/><string key="org:resource" value="p{0}"/>'
        '<string key="note" value="{1}"/><date key="time:timestamp" value="2026-07-01T09:{0:02}:00Z"/></event>'
    )
    trace = "".join(event.format(k, "x" * 100) for k in range(40))
    name = '<trace><string key="concept:name" value="{}"/>'
    file.write_text("<log>" + "".join(name.format(k) + trace + "</trace>" for k in range(n // 40)) + "</log>")
    return file


def write_log(folder, n):
    """Write events of which each case has some at the start, some at the end."""
    file = folder / f"{n}.csv"
    lines = (f"{k % (n // 10)},check {k % 7},p{k % 40},2026-07-{1 + 28 * k // n:02}T09:00:00Z\n" for k in range(n))
    file.write_text("case,activity,resource,timestamp\n" + "".join(lines))
    return file


def write_objects(folder, n):
    file = folder / f"{n}.jsonocel"
    objects = [{"id": f"o{k}", "type": "order"} for k in range(n // 10)]
    events = [
        {
            "id": f"e{k}",
            "type": f"check {k % 7}",
            "time": f"2026-07-{1 + 28 * k // n:02}T09:00:00Z",
            "attributes": [{"name": "resource", "value": f"p{k % 40}"}, {"name": "note", "value": f"note {k}"}],
            "relationships": [{"objectId": f"o{k % (n // 10)}"}],
        }
        for k in range(n)
    ]
    file.write_text(json.dumps({"events": events, "objects": objects}))
    return file


@pytest.mark.parametrize("write", [write_xes, write_log, write_objects])
def test_logs_are_read_in_constant_memory(tmp_path, write):
    peak(write(tmp_path, 40))
    some, few = peak(write(tmp_path, SOME // 40 * 40))
    many, all_of_them = peak(write(tmp_path, MANY))
    assert (few, all_of_them) == (SOME // 40 * 40, MANY)
    assert many < 1.3 * some + 200_000
