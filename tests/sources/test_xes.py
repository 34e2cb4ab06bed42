from __future__ import annotations

import gzip
import random
import zipfile

import pytest

from commfinder.errors import ColumnError, FormatError, InputError, UnsafeArchiveError
from commfinder.sources import detect, read_xes, streams

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xmlns="http://www.xes-standard.org/">\n'


def event(activity="check", resource="ann", time="2026-07-01T09:30:00+02:00", **more):
    more = {
        "concept:name": activity,
        "org:resource": resource,
        **{key.replace("_", ":"): one for key, one in more.items()},
    }
    texts = "".join(f'<string key="{key}" value="{value}"/>' for key, value in more.items() if value is not None)
    stamp = f'<date key="time:timestamp" value="{time}"/>' if time is not None else ""
    return f"<event>{texts}{stamp}</event>\n"


def trace(*events, name="7"):
    named = f'<string key="concept:name" value="{name}"/>' if name is not None else ""
    return f"<trace>{named}\n{''.join(events)}</trace>\n"


def at(minute, hour=9):
    return f"2026-07-01T{hour:02}:{minute:02}:00Z"


def read(tmp_path, *traces, head=HEAD, more="", name="permits.xes", **options):
    path = tmp_path / name
    content = "".join(traces) if head is None else f"{head}{more}{''.join(traces)}</log>"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_xes(path, **options)


def rows(reading, *columns):
    return [tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist()]


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_one_row_per_event(tmp_path):
    got = read(tmp_path, trace(event(), event("decide", "Bob@X.org", "2026-07-01T07:30:00.5Z")))
    first, second = got.interactions.to_pylist()
    assert first["time"].isoformat() == "2026-07-01T07:30:00+00:00"
    assert {key: value for key, value in first.items() if key != "time"} == {
        "event": "7#000000",
        "sender": "ann",
        "recipient": None,
        "role": "edit",
        "medium": "workflow",
        "space": "permits",
        "thread": "7",
        "parent": None,
        "activity": "check",
        "n_recipients": 0,
        "automated": False,
        "source": "permits.xes",
    }
    assert (second["sender"], second["event"]) == ("bob@x.org", "7#000001")
    assert got.losses == ()
    assert rows(got, "space") == [("permits",)] * 2


def test_equal_times_keep_the_order_of_the_file(tmp_path):
    got = read(tmp_path, trace(*(event(word, time=at(0)) for word in ("z", "a", "m"))))
    assert rows(got, "activity") == [("z",), ("a",), ("m",)]


def test_space_is_the_name_of_the_log_unless_it_is_a_placeholder(tmp_path):
    named = '<string key="concept:name" value="Permits"/>'
    assert rows(read(tmp_path, trace(event()), more=named), "space") == [("Permits",)]
    assert rows(read(tmp_path, trace(event()) + named), "space") == [("Permits",)]
    hollow = '<string key="concept:name" value="__INVALID__"/>'
    assert rows(read(tmp_path, trace(event()), more=hollow), "space") == [("permits",)]
    nested = '<int key="meta" value="1"><string key="concept:name" value="No"/></int>'
    assert rows(read(tmp_path, trace(event()), more=nested, name="a.b.xes"), "space") == [("a.b",)]


def test_nested_attributes_lists_containers_and_globals_say_nothing(tmp_path):
    globals_ = (
        '<global scope="event"><string key="org:resource" value="UNKNOWN"/>'
        '<date key="time:timestamp" value="1970-01-01T00:00:00+01:00"/>'
        '<string key="lifecycle:transition" value="complete"/></global>'
        '<global scope="trace"><string key="concept:name" value="name"/></global>'
        '<classifier name="Resource" keys="org:resource"/><extension name="Concept" prefix="concept" uri="u"/>'
    )
    nested = (
        '<string key="x" value="1"><string key="org:resource" value="eve"/></string>'
        '<list key="l"><string key="org:resource" value="eve"/></list>'
        '<container key="org:resource"><string key="org:resource" value="eve"/></container>'
    )
    one = event().replace("</event>", nested + "</event>")
    got = read(tmp_path, trace(one, event(resource=None), event(time=None)), more=globals_)
    assert rows(got, "sender", "event") == [("ann", "7#000000")]
    assert reasons(got) == {"events without a resource": 1, "events without a time": 1}


def test_placeholders_are_nobody_and_no_group(tmp_path):
    got = read(
        tmp_path,
        trace(
            event(resource="UNKNOWN", org_group="A"),
            event(org_group="EMPTY"),
            event(time=at(1), org_group="A"),
            event(resource="bob", org_group="EMPTY"),
        ),
    )
    assert reasons(got) == {
        "events without a resource": 1,
        "group that is only a placeholder, such as EMPTY or UNKNOWN; taken as none": 2,
    }
    assert got.accounts.select(["account", "unit"]).to_pylist() == [
        {"account": "ann", "unit": "A"},
        {"account": "bob", "unit": None},
    ]
    assert got.memberships["space"].to_pylist() == ["A"]


def test_units_are_the_usual_groups_and_roles_of_memberships(tmp_path):
    got = read(
        tmp_path,
        trace(
            *(
                event(time=at(n), org_group=group, org_role=role)
                for n, (group, role) in enumerate(["Br", "Ar", "Bs", "As", "Bs"])
            ),
            event(resource="bob", org_group="C"),
        ),
    )
    assert got.accounts["unit"].to_pylist() == ["B", "C"]
    assert got.memberships.select(["space", "account", "role"]).to_pylist() == [
        {"space": "A", "account": "ann", "role": "r"},
        {"space": "B", "account": "ann", "role": "s"},
        {"space": "C", "account": "bob", "role": None},
    ]
    tied = read(tmp_path, trace(event(org_group="B"), event(org_group="A")))
    assert tied.accounts["unit"].to_pylist() == ["A"]
    without = read(tmp_path, trace(event(org_role="clerk")))
    assert without.accounts["unit"].to_pylist() == ["clerk"]
    assert without.memberships.num_rows == 0


def test_machines(tmp_path):
    got = read(
        tmp_path,
        trace(
            event(resource="SYSTEM"),
            event(resource="System User 7", time=at(1)),
            event(resource="ci-bot", time=at(2)),
            event(time=at(3), lifecycle_transition="autoskip"),
            event(resource="Systema", time=at(4, 10)),
        ),
    )
    assert sorted(rows(got, "sender", "automated")) == [
        ("SYSTEM", True),
        ("System User 7", True),
        ("Systema", False),
        ("ann", True),
        ("ci-bot", True),
    ]
    assert dict(zip(got.accounts["account"].to_pylist(), got.accounts["kind"].to_pylist(), strict=True)) == {
        "SYSTEM": "bot",
        "System User 7": "bot",
        "Systema": "person",
        "ann": "person",
        "ci-bot": "bot",
    }


def parents(tmp_path, *steps):
    events = [
        event(activity, who, at(n), lifecycle_transition=step, **({"concept_instance": which[0]} if which else {}))
        for n, (activity, who, step, *which) in enumerate(steps)
    ]
    found = sorted(rows(read(tmp_path, trace(*events)), "event", "parent"))
    return [parent and int(parent[2:]) for _, parent in found]


def test_what_ends_work_has_its_start_as_parent(tmp_path):
    assert parents(
        tmp_path,
        ("a", "ann", "schedule"),
        ("a", "ann", "START"),
        ("b", "bob", "start"),
        ("a", "ann", "suspend"),
        ("a", "ann", "resume"),
        ("b", "ann", "complete"),
        ("a", "ann", "complete"),
        ("b", "bob", "complete"),
        ("a", "ann", "complete"),
    ) == [None, 0, None, 1, None, None, 4, 2, None]


def test_the_latest_open_start_counts(tmp_path):
    assert parents(tmp_path, ("a", "ann", "start"), ("a", "ann", "start"), ("a", "ann", "complete")) == [None, None, 1]
    assert parents(tmp_path, ("a", "ann", "assign"), ("a", "bob", "reassign"), ("a", "cyd", "start")) == [None, None, 1]


def test_instances_tell_parallel_work_apart(tmp_path):
    assert parents(
        tmp_path,
        ("a", "ann", "start", "1"),
        ("a", "ann", "start", "2"),
        ("a", "bob", "complete", "1"),
        ("a", "ann", "complete", "2"),
    ) == [None, None, 0, 1]
    # An instance that no two events share is an id of the event.
    assert parents(tmp_path, ("a", "ann", "start", "1"), ("a", "ann", "complete", "2")) == [None, 0]


def test_plans_are_told_by_their_role(tmp_path):
    got = read(
        tmp_path, trace(*(event(lifecycle_transition=one) for one in ("schedule", "assign", "start", "complete")))
    )
    assert rows(got, "role") == [("assign",), ("assign",), ("edit",), ("edit",)]


def test_traces_without_a_name_or_with_the_same(tmp_path):
    got = read(
        tmp_path, trace(event(), name=None), trace(event()), trace(event(time=at(59))), trace(event(), name=None)
    )
    assert sorted(rows(got, "event")) == [("7#000000",), ("7#000001",), ("trace 1#000000",), ("trace 4#000000",)]
    assert reasons(got) == {
        "trace without a name; named by its place in the file": 2,
        "trace of the same name as another; taken as one case": 1,
    }


def test_events_outside_traces_are_counted(tmp_path):
    got = read(tmp_path, event() + trace(event()))
    assert got.interactions.num_rows == 1
    assert reasons(got) == {"event outside any trace": 1}


def test_attributes_of_other_names(tmp_path):
    log = trace(event(resource=None, Owner="ann", workgroup="A"), name=None).replace(
        "<trace>", '<trace><string key="id" value="9"/>'
    )
    got = read(tmp_path, log)
    assert got.interactions.num_rows == 0
    advice = {loss.reason: loss.advice for loss in got.losses}
    assert "Owner, workgroup" in advice["no event has the attribute 'org:resource', which says who acted"]
    got = read(tmp_path, log, columns={"resource": "Owner", "group": "workgroup", "case": "id"})
    assert rows(got, "event", "sender") == [("9#000000", "ann")]
    assert got.accounts["unit"].to_pylist() == ["A"]
    both = read(tmp_path, log, columns={"resource": "Owner", "group": "workgroup", "role": "workgroup"})
    assert both.memberships["role"].to_pylist() == ["A"]
    with pytest.raises(ColumnError, match="Did you mean 'resource'"):
        read(tmp_path, log, columns={"resourse": "Owner"})
    with pytest.raises(ColumnError, match="one attribute"):
        read(tmp_path, log, columns={"resource": 1})


def test_times(tmp_path):
    got = read(
        tmp_path,
        trace(
            event(time="2026-07-01 09:30:00"),
            *(event(time=at(n)) for n in range(3)),
            event(time="tomorrow"),
            event(time="2101-01-01T00:00:00Z"),
            event(time="1970-01-01T00:00:00.000+01:00"),
        ),
    )
    assert got.interactions.num_rows == 4
    assert reasons(got) == {
        "time without a zone; taken as UTC": 1,
        "time that can not be read, or outside 1970 to 2099": 2,
        "time before 1990 in a log of later ones: a placeholder": 1,
    }
    got = read(tmp_path, trace(event(time="2026-07-01T09:30:00")), timezone="Europe/Berlin")
    assert got.interactions["time"][0].as_py().hour == 7
    assert got.losses == ()
    with pytest.raises(InputError, match="timezone"):
        read(tmp_path, trace(event()), timezone="Berlin")


def test_simulated_logs_may_count_from_1970(tmp_path):
    got = read(tmp_path, trace(event(time="1970-01-01T00:00:00.000+01:00"), event(time="1970-01-02T12:00:00+01:00")))
    assert got.interactions.num_rows == 2
    assert got.losses == ()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "cp1252"])
def test_encodings(tmp_path, codec):
    declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(codec, codec)
    text = HEAD.replace("UTF-8", declared) + trace(event("prüfen", "Jürgen")) + "</log>"
    path = tmp_path / "l.xes"
    path.write_bytes(text.encode(codec))
    assert detect(path) == "xes"
    got = read_xes(path)
    assert rows(got, "sender", "activity") == [("Jürgen", "prüfen")]
    assert got.losses == ()


def test_wrong_bytes_and_control_characters_are_replaced_and_counted(tmp_path):
    path = tmp_path / "l.xes"
    path.write_bytes((HEAD + trace(event("a\x0bb"), event("pr@fen")) + "</log>").encode().replace(b"pr@", b"pr\xfc"))
    got = read_xes(path)
    assert got.interactions.num_rows == 2
    assert len(got.losses) == 2


def test_prefixed_tags(tmp_path):
    text = '<x:log xmlns:x="u"><x:trace><x:string key="concept:name" value="7"/>' + event() + "</x:trace></x:log>"
    got = read(tmp_path, text.replace("<event", "<x:event").replace("</event", "</x:event"), head=None)
    assert rows(got, "event") == [("7#000000",)]


@pytest.mark.parametrize(
    "damage",
    [
        '<event><string key="concept:name" value="a&#2;"/></event>',
        '<event><string key="concept:name" value="a&nbsp;b"/></event>',
        "<event></evnt>",
        "<event <<",
    ],
)
def test_after_damage_reading_goes_on(tmp_path, damage):
    many = [trace(event(), name=f"{n}") for n in range(4)]
    many[1] = trace(event(), damage, event(), name="1")
    got = read(tmp_path, *many)
    assert [one for one in rows(got, "thread") if one != ("1",)] == [("0",), ("2",), ("3",)]
    # What comes before and after the damage is kept.
    assert sorted(one for one in rows(got, "event") if one[0][0] == "1") == [("1#000000",), ("1#000001",)]
    damaged = [loss for loss in got.losses if loss.unit == "places"]
    assert len(damaged) == 1
    assert damaged[0].where.startswith("permits.xes, line 8")


def test_trace_whose_end_is_missing(tmp_path):
    got = read(tmp_path, trace(event(), name="0").replace("</trace>", ""), trace(event(), event(), name="1"))
    assert rows(got, "event") == [("0#000000",), ("1#000000",), ("1#000001",)]
    assert [(loss.count, loss.where.split(":")[0]) for loss in got.losses] == [(1, "permits.xes, line 6")]


def test_event_whose_end_is_missing(tmp_path):
    cut = event("lost").replace("</event>", "")
    got = read(tmp_path, trace(event(), cut, event("kept"), cut.replace("/></", "></"), event("too")))
    assert rows(got, "activity") == [("check",), ("kept",), ("too",)]
    assert [loss.unit for loss in got.losses] == ["places"]


def test_damage_across_chunks(tmp_path, monkeypatch):
    from commfinder.sources import documents

    many = [trace(event(), name=f"{n}") for n in range(30)]
    many[7] = trace("<event></evnt>", name="7")
    many[20] = many[20].replace("</trace>", "")
    found = []
    for size in (1 << 20, 37, 61):
        monkeypatch.setattr(documents, "_CHUNK", size)
        got = read(tmp_path, *many)
        found.append((rows(got, "event"), [(loss.reason, loss.count, loss.where.split(":")[0]) for loss in got.losses]))
    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) == 29


@pytest.mark.parametrize(
    "block",
    [
        '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE log [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE log [<!ENTITY % a SYSTEM "http://localhost:1/x"> %a;]>',
    ],
)
def test_entities_are_refused(tmp_path, block):
    text = f'<?xml version="1.0"?>{block}<log>' + trace(event("&c;")) + "</log>"
    with pytest.raises(FormatError, match=r"entity.*Hint: Take the block"):
        read(tmp_path, text, head=None)


def test_lines_are_counted_on_after_damage(tmp_path):
    got = read(tmp_path, trace("<event></evnt>", name="0"), trace(event(), event(time=None), name="1"))
    assert [loss.where for loss in got.losses if loss.unit == "events"] == ["permits.xes, line 7"]


def test_a_plain_doctype_is_harmless(tmp_path):
    text = '<!DOCTYPE log SYSTEM "http://localhost:1/log.dtd"><log>' + trace(event()) + "</log>"
    assert read(tmp_path, text, head=None).interactions.num_rows == 1


def test_a_tag_without_end_is_given_up(tmp_path, monkeypatch):
    from commfinder.sources import documents, xes_parse

    monkeypatch.setattr(documents, "_CHUNK", 1000)
    monkeypatch.setattr(xes_parse, "_LONGEST_TOKEN", 10_000)
    got = read(tmp_path, trace(event(), name="0"), '<string key="' + "x" * 60_000, trace(event(), name="1"))
    assert rows(got, "thread") == [("0",), ("1",)]


def test_deep_nesting_does_no_harm(tmp_path):
    deep = '<string key="a" value="b">' * 50_000 + "</string>" * 50_000
    got = read(tmp_path, trace(event().replace("</event>", deep + "</event>")))
    assert got.interactions.num_rows == 1


def test_no_log(tmp_path):
    for text in ("<html><body/></html>", "<logs/>", "no xml at all", "{}"):
        with pytest.raises(FormatError, match="Hint"):
            read(tmp_path, text, head=None)
    with pytest.raises(FormatError, match="folder"):
        read_xes(tmp_path)
    assert reasons(read(tmp_path, "<log/>", head=None)) == {"no event was found that says who acted when": 1}


def test_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "FREE_BYTES", 10_000)
    monkeypatch.setattr(streams, "MAX_RATIO", 5)
    content = (HEAD + trace(event()) * 3000 + "</log>").encode()
    (tmp_path / "l.xes.gz").write_bytes(gzip.compress(content))
    with pytest.raises(UnsafeArchiveError):
        read_xes(tmp_path / "l.xes.gz")
    with zipfile.ZipFile(tmp_path / "l.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("l.xes", content)
    with pytest.raises(UnsafeArchiveError):
        read_xes(tmp_path / "l.zip")


def test_zip_of_a_compressed_log_and_of_several(tmp_path):
    content = (HEAD + trace(event()) + "</log>").encode()
    path = tmp_path / "l.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("folder/l.xes.gz", gzip.compress(content))
        packed.writestr("__MACOSX/l.xes", b"")
        packed.writestr("readme.txt", b"")
    assert detect(path) == "xes"
    assert read_xes(path).interactions.num_rows == 1
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("other.xes", content)
    for call in (detect, read_xes):
        with pytest.raises(FormatError, match="Unpack"):
            call(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", b"")
    with pytest.raises(FormatError, match="without events"):
        read_xes(path)


def test_what_looks_like_a_log_and_is_none(tmp_path):
    path = tmp_path / "x"
    path.write_text("<!-- <log> --><WorkflowLog/>")
    with pytest.raises(FormatError, match="MXML"):
        detect(path)
    path.write_text("<?xml version='1.0'?><!-- <WorkflowLog> --><log/>")
    assert detect(path) == "xes"
    (tmp_path / "empty.xes").write_bytes(b"")
    assert detect(tmp_path / "empty.xes") == "xes"


def test_order_of_traces_does_not_matter(tmp_path):
    many = [trace(event(time=at(n % 7), org_group=f"{n % 3}"), event(time=at(3)), name=f"{n}") for n in range(20)]
    one = read(tmp_path, *many)
    random.Random(1).shuffle(many)
    two = read(tmp_path, *many)
    assert one.interactions.equals(two.interactions)
    assert one.accounts.equals(two.accounts)
    assert one.memberships.equals(two.memberships)
