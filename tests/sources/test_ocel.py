from __future__ import annotations

import contextlib
import json
import sqlite3
import zipfile

import pytest

from commfinder.errors import FormatError, InputError
from commfinder.sources import detect, read, read_ocel
from commfinder.sources.ocel_choices import names_people


def at(minute):
    return f"2026-07-01T09:{minute:02}:00Z"


def event(number, related, who="ann", activity="check", attribute="resource", **more):
    said = {attribute: who, **more} if who else more
    return {
        "id": f"e{number}",
        "type": activity,
        "time": at(number),
        "attributes": [{"name": name.replace("_", ":"), "value": value} for name, value in said.items()],
        "relationships": [{"objectId": one, "qualifier": "q"} for one in related.split()],
    }


def objects(**types):
    return [{"id": one, "type": kind} for kind, names in types.items() for one in names.split()]


def write(tmp_path, log, name="orders.jsonocel"):
    path = tmp_path / name
    path.write_text(log if isinstance(log, str) else json.dumps(log), encoding="utf-8")
    return path


def read_log(tmp_path, objs, events, **options):
    return read_ocel(write(tmp_path, {"objectTypes": [], "objects": objs, "events": events}), **options)


def rows(reading, *columns):
    return [tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist()]


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_one_row_per_event_and_case(tmp_path):
    got = read_log(
        tmp_path,
        objects(order="o1 o2"),
        [event(0, "o1"), event(1, "o1 o2 o1", "bob"), event(2, "o2", "cyd", activity="approve", attribute="approver")],
    )
    assert rows(got, "event", "sender", "activity", "role", "space", "thread", "medium", "recipient") == [
        ("o1#000000", "ann", "check", "edit", "order", "o1", "workflow", None),
        ("o1#000001", "bob", "check", "edit", "order", "o1", "workflow", None),
        ("o2#000000", "bob", "check", "edit", "order", "o2", "workflow", None),
        ("o2#000001", "cyd", "approve", "approve", "order", "o2", "workflow", None),
    ]
    assert got.losses == ()


def test_version_1(tmp_path):
    log = {
        "ocel:global-log": {"ocel:version": "1.0"},
        "ocel:events": {
            "e1": {
                "ocel:activity": "check",
                "ocel:timestamp": "2026-07-01T09:00:00",
                "ocel:omap": ["o1", "i1"],
                "ocel:vmap": {"resource": "ann", "cost": 7},
            },
            "e2": {
                "ocel:activity": "send",
                "ocel:timestamp": "2026-07-01T09:10:00",
                "ocel:omap": ["o1"],
                "ocel:vmap": {},
            },
        },
        "ocel:objects": {"o1": {"ocel:type": "order", "ocel:ovmap": {}}, "i1": {"ocel:type": "item"}},
    }
    path = write(tmp_path, log, "old.json")
    assert detect(path) == "ocel"
    got = read_ocel(path)
    assert rows(got, "event", "sender", "space") == [("o1#000000", "ann", "order")]
    assert reasons(got) == {
        "cases are the objects of the type 'order', chosen by a rule": 1,
        "events without a resource": 1,
        "time without a zone; taken as UTC": 2,
    }


def test_cases_are_the_type_with_most_events_in_histories(tmp_path):
    objs = objects(item="i1 i2 i3 i4", order="o1 o2", customer="c1", employee="p1")
    events = [
        event(0, "o1 i1 i2 c1 p1"),
        event(1, "o1 i1 p1"),
        event(2, "o1 p1"),
        event(3, "i2 p1"),
        event(4, "o2 i3 i4 c1 p1"),
        event(5, "o2 i3 p1"),
        event(9, "o2 c1 p1"),
    ]
    got = read_log(tmp_path, objs, events)
    # Customers outlive the half of the log, and people are no cases; items come several to an event.
    assert set(got.interactions["space"].to_pylist()) == {"order"}
    assert got.interactions.num_rows == 6
    advice = {loss.reason: loss.advice for loss in got.losses}
    assert "customer, employee, item" in advice["cases are the objects of the type 'order', chosen by a rule"]
    assert reasons(got)["events without an object of the case types"] == 1
    both = read_log(tmp_path, objs, events, case_type=["order", "item"])
    assert both.interactions.num_rows == 6 + 7
    assert both.losses == ()
    assert read_log(tmp_path, objs, list(reversed(events))).interactions.equals(got.interactions)
    with pytest.raises(InputError, match="Did you mean 'order'"):
        read_log(tmp_path, objs, events, case_type="ordr")


def test_people_are_objects_or_attributes(tmp_path):
    objs = objects(order="o1", Employees="p1 p2")
    objs[1]["attributes"] = [
        {"name": "name", "value": "Old", "time": "2025-01-01"},
        {"name": "name", "value": "Ann", "time": "2026-01-01"},
        {"name": "department", "value": "Sales", "time": "1970"},
        {"name": "role", "value": "clerk", "time": "1970"},
    ]
    got = read_log(
        tmp_path, objs, [event(0, "o1 p1 p2", who=None), event(1, "o1 p1", "someone"), event(2, "o1", "bob")]
    )
    assert rows(got, "event", "sender") == [
        ("o1#000000", "p1"),
        ("o1#000000", "p2"),
        ("o1#000001", "p1"),
        ("o1#000002", "bob"),
    ]
    assert got.accounts.select(["account", "name", "unit"]).to_pylist() == [
        {"account": "bob", "name": None, "unit": None},
        {"account": "p1", "name": "Ann", "unit": "Sales"},
        {"account": "p2", "name": None, "unit": None},
    ]
    assert got.memberships.select(["space", "account", "role"]).to_pylist() == [
        {"space": "Sales", "account": "p1", "role": "clerk"}
    ]


def test_an_attribute_that_holds_the_same_names_is_of_people_too(tmp_path):
    events = [
        event(0, "o1", "ann", attribute="po_creator"),
        event(1, "o1", "ann", attribute="block_rem"),
        event(2, "o1", "red", attribute="colour"),
        event(3, "o1", "7", attribute="clerk"),
        event(4, "o1", "7", attribute="amount"),
    ]
    got = read_log(tmp_path, objects(order="o1"), events)
    assert rows(got, "event", "sender") == [("o1#000000", "ann"), ("o1#000001", "ann"), ("o1#000003", "7")]
    assert reasons(got) == {"events without a resource": 2}
    said = read_log(tmp_path, objects(order="o1"), events, actors=["colour", "order"])
    assert rows(said, "sender") == [("o1",)] * 5
    with pytest.raises(InputError, match=r"(?s)'color'.*Did you mean 'colour'"):
        read_log(tmp_path, objects(order="o1"), events, actors=["color"])


def test_names_of_people():
    assert all(
        map(names_people, ("resource", "org:resource", "pr_approver", "userName", "Employees", "closed_by", "USER"))
    )
    assert not any(map(names_people, ("price", "by", "name", "user_count", "orders", "", "standby")))


def test_nothing_says_who_acted(tmp_path):
    got = read_log(tmp_path, objects(order="o1"), [event(0, "o1", "x", attribute="colour")])
    assert got.interactions.num_rows == 0
    told = {loss.reason: loss.advice for loss in got.losses}
    assert "colour, order" in told["nothing in the log is named like people"]


def test_life_cycles_groups_and_machines(tmp_path):
    got = read_log(
        tmp_path,
        objects(order="o1"),
        [
            event(0, "o1", lifecycle_transition="start", org_group="A"),
            event(1, "o1", lifecycle_transition="complete", org_group="A"),
            event(2, "o1", "Robot"),
        ],
    )
    assert rows(got, "parent", "automated") == [(None, False), ("o1#000000", False), (None, True)]
    assert got.accounts["unit"].to_pylist() == [None, "A"]


def test_bad_items_are_counted(tmp_path):
    events = [event(0, "o1"), 7, event(1, "gone"), {**event(2, "o1"), "time": "soon"}, {**event(3, "o1"), "time": None}]
    got = read_log(tmp_path, [*objects(order="o1"), {"id": "x"}, "y"], events)
    assert got.interactions.num_rows == 1
    assert reasons(got) == {
        "item that is no event": 1,
        "object without an id or a type": 2,
        "events without an object of the case types": 1,
        "events without a time": 1,
        "time that can not be read, or outside 1970 to 2099": 1,
    }


def test_what_comes_before_damage_is_kept(tmp_path):
    whole = json.dumps({"objects": objects(order="o1"), "events": [event(n, "o1") for n in range(5)]})
    got = read_ocel(write(tmp_path, whole[: whole.index('"e3"')]))
    assert got.interactions.num_rows == 3
    assert [loss.unit for loss in got.losses] == ["files"]
    late = json.dumps({"events": [event(n, "o1") for n in range(5)], "objects": objects(order="o1")})
    assert read_ocel(write(tmp_path, late[:-2])).interactions.num_rows == 5


XML = """<?xml version="1.0"?><log><object-types/><event-types/><objects>
<object id="o1" type="order"><attributes><attribute name="a" time="2026">b</attribute></attributes></object></objects>
<events><event id="e1" type="check" time="2026-07-01T09:00:00Z">
<attributes><attribute name="resource">J&#252;rgen</attribute></attributes>
<objects><relationship object-id="o1" qualifier="q"/></objects></event>
<event id="e2" type="send" time="2026-07-01T09:01:00Z">
<attributes><attribute name="resource">bob</attribute></attributes>
<objects><relationship object-id="o1" qualifier="q"/></objects></event></events></log>"""


def database(path, *more):
    with contextlib.closing(sqlite3.connect(path)) as made:
        for line in (
            "CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT)",
            "CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT)",
            "CREATE TABLE event (ocel_id TEXT, ocel_type TEXT)",
            "CREATE TABLE object (ocel_id TEXT, ocel_type TEXT)",
            "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT)",
            'CREATE TABLE "event_a""b" (ocel_id TEXT, ocel_time TIMESTAMP, resource TEXT)',
            "INSERT INTO event_map_type VALUES ('check', 'a\"b'), ('gone', 'gone')",
            "INSERT INTO event VALUES ('e1', 'check'), ('e2', 'check'), ('e3', 'gone')",
            "INSERT INTO object VALUES ('o1', 'order')",
            "INSERT INTO event_object VALUES ('e1', 'o1', 'q'), ('e2', 'o1', 'q')",
            "INSERT INTO \"event_a\"\"b\" VALUES ('e1', '2026-07-01T09:00:00Z', 'ann')",
            "INSERT INTO \"event_a\"\"b\" VALUES ('e2', '2026-07-01 09:01:00Z', 7)",
            *more,
        ):
            made.execute(line)
        made.commit()
    return path


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_xml(tmp_path, codec):
    path = tmp_path / "l.xmlocel"
    path.write_bytes(XML.encode(codec))
    assert detect(path) == "ocel"
    got = read_ocel(path)
    assert rows(got, "event", "sender", "activity", "space") == [
        ("o1#000000", "Jürgen", "check", "order"),
        ("o1#000001", "bob", "send", "order"),
    ]
    assert got.losses == ()
    path.write_bytes(XML[: XML.index('<event id="e2"') + 30].encode(codec))
    cut = read_ocel(path)
    assert rows(cut, "sender") == [("Jürgen",)]
    assert [loss.unit for loss in cut.losses] == ["files"]
    path.write_bytes(XML.replace("<log>", '<!DOCTYPE log [<!ENTITY a "b">]><log>').encode(codec))
    with pytest.raises(FormatError, match="entity"):
        read_ocel(path)
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as packed:
        packed.writestr("l.xmlocel", XML)
    assert detect(tmp_path / "l.zip") == "ocel"
    assert len(read(tmp_path / "l.zip")) == 2


def test_database(tmp_path):
    path = database(tmp_path / "a %3F#b.sqlite")
    assert detect(path) == "ocel"
    got = read_ocel(path)
    assert rows(got, "event", "sender", "activity") == [("o1#000000", "ann", "check"), ("o1#000001", "7", "check")]
    assert reasons(got) == {"events without a time": 1}
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FormatError, match="Hint"):
        read_ocel(path)


def test_views_are_never_run(tmp_path):
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS ocel_id, x AS ocel_type FROM n"
    )
    path = database(tmp_path / "l.sqlite", "DROP TABLE object", f"CREATE VIEW object AS {endless}")
    with pytest.raises(FormatError, match="'object'"):
        read_ocel(path)
    path = database(
        tmp_path / "k.sqlite", "INSERT INTO event_map_type VALUES ('x', 'x')", f"CREATE VIEW event_x AS {endless}"
    )
    assert read_ocel(path).interactions.num_rows == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<log><events><event><string key='id' value='e1'/></event></events><objects/></log>", "XML of OCEL 1"),
        (b"ocel:eid,ocel:activity\ne1,check\n", "CSV"),
    ],
)
def test_other_forms_are_known_and_refused(tmp_path, content, what):
    path = tmp_path / "l"
    path.write_bytes(content)
    assert detect(path) == "ocel"
    with pytest.raises(FormatError, match=rf"{what}.*Hint: Convert"):
        read(path)


def test_no_log(tmp_path):
    for text in ('{"a": 1}', "[1]", "text"):
        with pytest.raises(FormatError, match="Hint"):
            read_ocel(write(tmp_path, text))
    with pytest.raises(FormatError, match="folder"):
        read_ocel(tmp_path)
    assert read_ocel(write(tmp_path, {"events": [], "objects": []})).interactions.num_rows == 0


def test_wide_text_and_deep_nesting(tmp_path):
    log = {"objects": objects(order="o1"), "events": [event(0, "o1", "Jürgen")]}
    path = tmp_path / "l.json"
    path.write_bytes(json.dumps(log, ensure_ascii=False).encode("utf-16"))
    assert detect(path) == "ocel"
    assert rows(read_ocel(path), "sender") == [("Jürgen",)]
    path.write_text('{"objects": ' + "[" * 100_000)
    assert read_ocel(path).interactions.num_rows == 0
