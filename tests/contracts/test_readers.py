"""The same awkward inputs through every reader: good rows are kept, bad ones counted, and nothing falls over."""

from __future__ import annotations

import bz2
import contextlib
import dataclasses
import gzip
import hashlib
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder import Interactions, sources
from commfinder.errors import CommfinderError, FormatError, InputError, MissingFileError
from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, LANDED, MEDIA, MEMBERSHIPS, Loss
from commfinder.sources import KINDS, Reading, detect, read, reading, tables, workflow_rows

SECRET = "SECRET"
MAIL = (
    "From a@x.org Tue Jan  3 18:35:40 2006\nFrom: a@x.org\nDate: Tue, 3 Jan 2006 18:35:40 +0100\nTo: b@x.org\n"
    f"Subject: {SECRET}\n\n{SECRET}\n\n"
    "From b@x.org Tue Jan  3 19:35:40 2006\nFrom: b@x.org\nDate: Tue, 3 Jan 2006 19:35:40 +0100\nTo: a@x.org\n\nyes\n"
)
EVENT = (
    '<event><string key="concept:name" value="check"/><string key="org:resource" value="{0}"/>'
    '<string key="note" value="SECRET"/><date key="time:timestamp" value="2026-07-0{1}T09:00:00Z"/></event>'
)
XES = (
    f'<log><trace><string key="concept:name" value="c"/>{EVENT.format("ann", 1)}{EVENT.format("bob", 2)}</trace></log>'
)
OCEL = {
    "objectTypes": [{"name": "order", "attributes": []}],
    "objects": [{"id": "o1", "type": "order", "attributes": [{"name": "note", "value": SECRET, "time": "2026"}]}],
    "events": [
        {
            "id": f"e{day}",
            "type": "check",
            "time": f"2026-07-0{day}T09:00:00Z",
            "attributes": [{"name": "resource", "value": who}, {"name": "note", "value": SECRET}],
            "relationships": [{"objectId": "o1", "qualifier": SECRET}],
        }
        for day, who in ((1, "ann"), (2, "bob"))
    ],
}
POSTS = [
    {"id": 1, "sender_full_name": "Ann", "timestamp": 1625764569, "content": SECRET},
    {"id": 2, "sender_full_name": "Bob", "timestamp": 1625764570, "content": SECRET},
]
FILES = {
    "mbox": {"a.mbox": MAIL},
    "table": {
        "t.csv": "sender,recipient,time,note\nann,bob,2026-07-01T09:00:00Z,SECRET\nbob,ann,2026-07-02T09:00:00Z,\n"
    },
    "event_log": {
        "l.csv": "Case ID,Activity,Resource,Timestamp,note\nc,check,ann,2026-07-01T09:00:00Z,SECRET\n"
        "c,check,bob,2026-07-02T09:00:00Z,\n"
    },
    "xes": {"l.xes": XES},
    "ocel": {"l.jsonocel": json.dumps(OCEL)},
    "slack": {
        "users.json": "[]",
        "channels.json": '[{"name": "g", "members": ["U1"]}]',
        "g/2017-02-13.json": json.dumps(
            [
                {"user": "U1", "ts": "1486999900.1", "text": SECRET},
                {"user": "U2", "ts": "1486999901.1", "text": SECRET, "thread_ts": "1486999900.1"},
            ]
        ),
    },
    "zulip": {"7-general/some.20topic.json": json.dumps(POSTS)},
}
READERS = {
    "mbox": sources.read_mbox,
    "table": lambda path, **more: sources.read_table(path, medium="email", **more),
    "event_log": sources.read_event_log,
    "xes": sources.read_xes,
    "ocel": sources.read_ocel,
    "slack": sources.read_slack,
    "zulip": sources.read_zulip_topics,
}
SINGLE = sorted(kind for kind, files in FILES.items() if len(files) == 1 and kind != "zulip")
every_reader = pytest.mark.parametrize("kind", KINDS)
every_file = pytest.mark.parametrize("kind", SINGLE)


def write(folder, kind):
    for name, content in FILES[kind].items():
        path = Path(folder, "in", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Path(folder, "in", next(iter(FILES[kind]))) if kind in SINGLE else Path(folder, "in")


def zipped(folder, kind):
    path = Path(folder, "in.zip")
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in FILES[kind].items():
            packed.writestr(name, content)
    return path


def told(reading):
    tables = (reading.interactions, reading.accounts, reading.memberships)
    return [table.to_pylist() for table in tables] + [reading.losses, reading.digests]


def test_every_kind_is_here():
    assert set(FILES) == set(READERS) == set(KINDS)


@every_reader
@pytest.mark.parametrize("rows", [1, 50_000])
def test_parts_are_the_reading_in_pieces(tmp_path, monkeypatch, kind, rows):
    for module in (reading, tables, workflow_rows):
        monkeypatch.setattr(module, "PART_ROWS", rows)
    path = write(tmp_path, kind)
    options = {"medium": "email"} if kind == "table" else {}
    *most, last = list(sources.parts(path, kind=kind, name="ours", columns=None, **options))
    assert {part.interactions.schema for part in (*most, last)} == {LANDED}
    assert all(0 < part.interactions.num_rows <= rows for part in most)
    assert not any(part.digests or part.losses or part.accounts or part.memberships for part in most)
    together, at_once = sources.whole([*most, last]), READERS[kind](path, name="ours")
    if kind == "table":
        # Both name events that have no id by their content, each in its way.
        assert together.interactions["event"].to_pylist() != at_once.interactions["event"].to_pylist()
        together = dataclasses.replace(together, interactions=at_once.interactions)
        assert sum(part.interactions["event"].null_count for part in most) == at_once.interactions.num_rows
    assert told(together) == told(at_once)
    assert sources.READER_VERSIONS[kind] >= 1


@every_reader
def test_parts_of_what_is_not_there(tmp_path, kind):
    with pytest.raises(MissingFileError):
        sources.parts(tmp_path / "none", kind=kind, medium="email" if kind == "table" else None)


@every_reader
def test_good_input(tmp_path, kind):
    path = write(tmp_path, kind)
    assert detect(path) == kind
    got = READERS[kind](path, name="ours")
    assert isinstance(got, Reading)
    assert (got.interactions.schema, got.accounts.schema, got.memberships.schema) == (
        INTERACTIONS,
        ACCOUNTS,
        MEMBERSHIPS,
    )
    assert got.interactions.num_rows == 2
    for table in (got.interactions, got.accounts, got.memberships):
        assert set(table["source"].to_pylist()) <= {"ours"}
    assert set(got.interactions["medium"].to_pylist()) <= set(MEDIA)
    assert SECRET not in repr(told(got))
    assert told(READERS[kind](path, name="ours")) == told(got)
    assert Interactions.from_arrow(got.interactions, accounts=got.accounts, memberships=got.memberships).clean()


@every_reader
def test_read_does_the_same(tmp_path, kind):
    path = write(tmp_path, kind)
    found = read(path, **({"medium": "email"} if kind == "table" else {}))
    assert len(found) == 2
    assert found.to_frame()["medium"].unique().tolist() == [
        {"mbox": "email", "table": "email", "slack": "chat", "zulip": "chat"}.get(kind, "workflow")
    ]
    with pytest.raises(InputError, match="says nothing"):
        read(path, recipient_separator=";" if kind != "table" else None, case_type="x" if kind == "table" else None)


@every_file
def test_digest_is_that_of_the_file(tmp_path, kind):
    path = write(tmp_path, kind)
    assert READERS[kind](path).digests == {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize("kind", ["slack", "zulip", "xes", "ocel"])
def test_zip_gives_the_same(tmp_path, kind):
    path = zipped(tmp_path, kind)
    assert detect(path) == kind
    inside = READERS[kind](path, name="s")
    plain = READERS[kind](write(tmp_path, kind), name="s")
    assert told(inside)[:4] == told(plain)[:4]
    assert inside.digests == {"in.zip": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.write_bytes(path.read_bytes()[:-30])
    with contextlib.suppress(CommfinderError):
        assert READERS[kind](path).losses


@every_file
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed_files(tmp_path, kind, pack):
    path = write(tmp_path, kind)
    plain = READERS[kind](path, name="s")
    path.write_bytes(pack(path.read_bytes()))
    assert detect(path) == kind
    assert told(READERS[kind](path, name="s"))[:4] == told(plain)[:4]
    path.write_bytes(path.read_bytes()[:-9])
    cut = READERS[kind](path)
    assert any(loss.unit == "files" for loss in cut.losses)


@every_file
def test_cut_off_anywhere(tmp_path, kind):
    path = write(tmp_path, kind)
    whole = path.read_bytes()
    counts = []
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        try:
            got = READERS[kind](path)
        except CommfinderError as error:
            assert str(error)
            continue
        assert all(isinstance(loss, Loss) for loss in got.losses)
        assert got.interactions.num_rows == 2 or got.losses or kind in ("table", "event_log", "mbox")
        counts.append(got.interactions.num_rows)
    assert counts == sorted(counts) or kind in ("mbox", "event_log", "table")
    assert 1 in counts


@every_reader
def test_nothing_there_and_nothing_in_it(tmp_path, kind):
    with pytest.raises(MissingFileError):
        READERS[kind](tmp_path / "absent")
    path = tmp_path / "empty"
    path.write_bytes(b"")
    try:
        got = READERS[kind](path)
    except FormatError as error:
        assert error.hint
    else:
        assert got.interactions.num_rows == 0
        assert got.losses


class Watched:
    def __init__(self):
        self.total = self.done = 0.0

    @contextlib.contextmanager
    def stage(self, label, total=None):
        assert label
        self.total += total or 0
        yield self

    def advance(self, amount=1):
        self.done += amount


@every_reader
def test_progress_ends_at_its_total(tmp_path, kind):
    watched = Watched()
    READERS[kind](write(tmp_path, kind), progress=watched)
    assert watched.done == watched.total > 0


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SINGLE), st.binary(max_size=60), st.integers(0, 10_000), st.booleans())
def test_damage_anywhere(kind, noise, at, instead):
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, kind)
        whole = path.read_bytes()
        at %= len(whole)
        path.write_bytes(whole[:at] + noise + whole[at + len(noise) * instead :])
        try:
            got = READERS[kind](path)
        except CommfinderError as error:
            assert str(error)
        else:
            assert got.interactions.schema == INTERACTIONS
            assert SECRET not in repr(told(got)[:3]) or kind != "xes"


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=300))
def test_any_bytes(kind, noise):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise")
        path.write_bytes(noise)
        with contextlib.suppress(CommfinderError):
            assert READERS[kind](path).interactions.schema == INTERACTIONS
        with contextlib.suppress(CommfinderError):
            assert detect(path) in KINDS
