from __future__ import annotations

import json
import random
import zipfile

import pytest

from commfinder.errors import FormatError
from commfinder.sources import detect, read, read_zulip_export, read_zulip_topics
from commfinder.sources.zulip_parts import topic_key

T = 1625764569


def post(number, who="Ann", text="", seconds=None):
    return {
        "id": number,
        "sender_full_name": who,
        "timestamp": T + (number if seconds is None else seconds),
        "content": text,
    }


def mention(name, kind="user-mention", number=7):
    return f'<p><span class="{kind}" data-user-id="{number}">@{name}</span> see</p>'


def quote(number, name="Ann"):
    link = f'<a href="#narrow/stream/3-general/topic/x.20y/near/{number}">said</a>'
    return f'<p><span class="user-mention silent" data-user-id="7">{name}</span> {link}:</p><blockquote>q</blockquote>'


def write(tmp_path, index=None, **topics):
    folder = tmp_path / "archive"
    for topic, posts in topics.items():
        path = folder / "zulip_json" / "3-general" / f"{topic}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(posts if isinstance(posts, str) else json.dumps(posts), encoding="utf-8")
    if index is not None:
        (folder / "zulip_json" / "stream_index.json").write_text(json.dumps(index))
    return folder


def chat(tmp_path, *posts, **options):
    return read_zulip_topics(write(tmp_path, topic=list(posts)), **options)


def rows(reading, *columns):
    return [tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist()]


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_a_post_answers_who_opened_the_topic(tmp_path):
    got = chat(tmp_path, post(1), post(2, "Bob"), post(3, "Cyd"), post(4), post(5, "Bob"))
    assert rows(got, "event", "sender", "recipient", "role", "parent", "n_recipients") == [
        ("1", "Ann", None, "to", None, 0),
        ("2", "Bob", "Ann", "reply", "1", 1),
        ("3", "Cyd", "Ann", "reply", "1", 1),
        ("4", "Ann", None, "to", "1", 0),
        ("5", "Bob", "Ann", "reply", "1", 1),
    ]
    assert set(rows(got, "space", "medium", "thread", "automated")) == {
        ("general", "chat", f"general/{topic_key('topic')}", False)
    }
    assert got.interactions["time"].cast("int64")[0].as_py() == (T + 1) * 1_000_000
    assert got.losses == ()
    assert got.memberships.num_rows == 0
    assert got.accounts.select(["account", "name", "kind"]).to_pylist()[0] == {
        "account": "Ann",
        "name": "Ann",
        "kind": "person",
    }


def test_mentions_and_quotations(tmp_path):
    got = chat(
        tmp_path,
        post(1),
        post(2, "Bob", mention("Cyd &amp; Co") + mention("Ann")),
        post(3, "Cyd", quote(2, "Bob")),
        post(
            4,
            "Dan",
            mention("Eve", "user-mention silent") + mention("all", number=1) + mention("devs", "user-group-mention"),
        ),
        post(5, "Dan", quote(999)),
        post(6, "Ann", mention("Ann")),
        post(7, "Bob", "@**Dan|7** and @_**Eve|8** [said](https://x/#narrow/stream/3/topic/t/near/3):"),
    )
    assert rows(got, "event", "recipient", "role", "parent", "n_recipients") == [
        ("1", None, "to", None, 0),
        ("2", "Ann", "mention", "1", 2),
        ("2", "Cyd & Co", "mention", "1", 2),
        ("3", "Bob", "reply", "2", 1),
        ("4", "Ann", "reply", "1", 1),
        ("5", "Ann", "reply", "1", 1),
        ("6", None, "to", "1", 0),
        ("7", "Cyd", "reply", "3", 2),
        ("7", "Dan", "mention", "3", 2),
    ]


def test_bots_open_nothing(tmp_path):
    got = chat(tmp_path, post(1, "Notification Bot"), post(2, "Bob"), post(3, "Ann"), post(4, "Jan Bot"))
    assert rows(got, "sender", "recipient", "automated") == [
        ("Notification Bot", None, True),
        ("Bob", None, False),
        ("Ann", "Bob", False),
        ("Jan Bot", "Bob", False),
    ]
    kinds = dict(zip(got.accounts["account"].to_pylist(), got.accounts["kind"].to_pylist(), strict=True))
    assert kinds["Notification Bot"] == "bot"
    assert kinds["Jan Bot"] == "person"
    alone = chat(tmp_path, post(1, "Welcome Bot"))
    assert rows(alone, "recipient", "automated") == [(None, True)]


def test_streams_are_named_by_the_index_else_by_their_folder(tmp_path):
    index = {"streams": {"R & D / general": {"id": 3, "topic_data": {}}}}
    assert rows(read_zulip_topics(write(tmp_path, index, topic=[post(1)])), "space") == [("R & D / general",)]
    other = tmp_path / "archive" / "zulip_json" / "4-a.2Fb-c"
    other.mkdir()
    (other / "x.json").write_text(json.dumps([post(2)]))
    assert rows(read_zulip_topics(tmp_path / "archive"), "space") == [("R & D / general",), ("a/b-c",)]


def test_topics_and_texts_are_never_kept(tmp_path):
    posts = [post(1, text="SECRET"), post(2, "Bob", "SECRET" + mention("Ann"))]
    got = read_zulip_topics(write(tmp_path, **{"SECRET.20topic": posts, "also": [*posts, "SECRET"]}))
    assert "SECRET" not in repr([table.to_pylist() for table in (got.interactions, got.accounts)]) + repr(got.digests)
    # The mark of a resolved topic is no part of its name.
    assert topic_key("✔ Some topic") == topic_key("some topic")
    assert topic_key("some topic") != topic_key("some topics")


def test_bad_messages_and_files_are_counted(tmp_path):
    folder = write(
        tmp_path,
        topic=[
            post(1),
            "x",
            {**post(2), "id": None},
            post(3, ""),
            {**post(4), "timestamp": "soon"},
            post(5, seconds=-T),
        ],
        cut=json.dumps([post(6, "Bob"), post(7, "Cyd")])[:-30],
        other='{"a": 1}',
        more="[1, 2]",
        empty="[]",
    )
    got = read_zulip_topics(folder)
    assert rows(got, "event") == [("1",), ("6",)]
    assert reasons(got) == {
        "not a message": 1,
        "no number": 1,
        "no sender": 1,
        "no time stamp between 1990 and 2099": 2,
        "file is no whole JSON array; the messages before the damage are kept": 1,
        "not a topic's file": 2,
    }


def test_a_message_that_was_moved_counts_once(tmp_path):
    got = read_zulip_topics(write(tmp_path, a=[post(1), post(2, "Bob")], b=[post(2, "Bob"), post(3, "Cyd")]))
    assert rows(got, "event", "recipient") == [("1", None), ("2", "Ann"), ("3", None)]
    assert reasons(got) == {"message that stands in another topic as well; moved": 1}


def test_zip_folder_and_order_give_the_same(tmp_path):
    posts = [post(n, random.Random(n).choice("abc"), mention("x")) for n in range(40)]
    folder = write(tmp_path, one=posts[:20], two=posts[20:])
    one = read_zulip_topics(folder, name="z")
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.rglob("*.json"), reverse=True):
            packed.write(file, file.relative_to(folder))
    assert detect(path) == detect(folder) == "zulip"
    assert read_zulip_topics(path, name="z").interactions.equals(one.interactions)
    random.Random(1).shuffle(posts)
    shuffled = write(tmp_path / "s", one=[p for p in posts if p["id"] < 20], two=[p for p in posts if p["id"] >= 20])
    assert read_zulip_topics(shuffled, name="z").interactions.equals(one.interactions)
    assert len(read(folder).memberships) == 0


def test_unsafe_members_are_refused(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("3-general/a.json", json.dumps([post(1)]))
        packed.writestr("../3-general/b.json", json.dumps([post(2)]))
    got = read_zulip_topics(path)
    assert got.interactions.num_rows == 1
    assert reasons(got) == {"archive member refused: a path that leaves the archive": 1}


def test_no_archive(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps([post(1)]))
    with pytest.raises(FormatError, match="Give the folder"):
        read_zulip_topics(tmp_path)
    with pytest.raises(FormatError, match="one topic"):
        detect(tmp_path / "x.json")


USERS = [
    {"id": 1, "full_name": "Ann", "delivery_email": "Ann@X.org", "is_bot": False, "role": 400},
    {"id": 2, "full_name": "Bob", "email": "bob@x.org", "is_bot": False, "role": 600},
    {"id": 3, "full_name": "Builder", "email": "b@x.org", "is_bot": True},
    {"id": 4, "full_name": "Cyd", "email": None},
]
REALM = {
    "zerver_userprofile": USERS,
    "zerver_userprofile_crossrealm": [{"id": 9, "email": "notification-bot@zulip.com"}],
    "zerver_stream": [{"id": 5, "name": "general"}],
    "zerver_recipient": [
        {"id": 50, "type": 2, "type_id": 5},
        {"id": 51, "type": 1, "type_id": 2},
        {"id": 52, "type": 3, "type_id": 8},
    ],
    "zerver_subscription": [
        {"user_profile": 1, "recipient": 50, "active": True},
        {"user_profile": 2, "recipient": 50, "active": False},
        *({"user_profile": user, "recipient": 52, "active": True} for user in (1, 2, 4)),
    ],
}


def said(number, sender, recipient, text="", subject="SECRET topic"):
    return {
        "id": number,
        "sender": sender,
        "recipient": recipient,
        "subject": subject,
        "content": "SECRET",
        "rendered_content": text,
        "date_sent": T + number + 0.25,
    }


def export(tmp_path, *messages, realm=REALM):
    folder = tmp_path / "export"
    folder.mkdir(exist_ok=True)
    (folder / "realm.json").write_text(json.dumps(realm))
    half = len(messages) // 2
    for part, held in enumerate((messages[:half], messages[half:]), 1):
        content = json.dumps({"zerver_message": list(held), "zerver_usermessage": []})
        (folder / f"messages-00000{part}.json").write_text(content)
    return folder


def test_export_of_a_server(tmp_path):
    folder = export(
        tmp_path,
        said(1, 9, 50),
        said(2, 1, 50),
        said(3, 2, 50, mention("Cyd", number=4)),
        said(4, 1, 51),
        said(5, 2, 52),
        said(6, 77, 50),
    )
    assert detect(folder) == "zulip"
    got = read_zulip_export(folder)
    assert rows(got, "event", "sender", "recipient", "role", "space", "automated", "n_recipients") == [
        ("1", "notification-bot@zulip.com", None, "to", "general", True, 0),
        ("2", "ann@x.org", None, "to", "general", False, 0),
        ("3", "bob@x.org", "4", "mention", "general", False, 2),
        ("3", "bob@x.org", "ann@x.org", "reply", "general", False, 2),
        ("4", "ann@x.org", "bob@x.org", "to", None, False, 1),
        ("5", "bob@x.org", "4", "to", None, False, 2),
        ("5", "bob@x.org", "ann@x.org", "to", None, False, 2),
        ("6", "77", "ann@x.org", "reply", "general", False, 1),
    ]
    assert got.interactions["time"].cast("int64")[0].as_py() == (T + 1) * 1_000_000 + 250_000
    assert got.memberships.select(["space", "account"]).to_pylist() == [{"space": "general", "account": "ann@x.org"}]
    accounts = {row["account"]: (row["name"], row["kind"], row["guest"]) for row in got.accounts.to_pylist()}
    assert accounts["bob@x.org"] == ("Bob", "person", True)
    assert accounts["b@x.org"][1] == "bot"
    assert reasons(got) == {"account that realm.json does not list; kept under its number": 1}
    assert "SECRET" not in repr(got.interactions.to_pylist())
    assert len(read(folder)) == 8
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, f"zulip/{file.name}")
    assert read_zulip_export(path, name="e").interactions.equals(read_zulip_export(folder, name="e").interactions)


def test_damaged_export(tmp_path):
    folder = export(
        tmp_path,
        said(1, 1, 50),
        {**said(2, 1, 50), "date_sent": "x"},
        {**said(3, 1, 50), "id": "x"},
        said(4, None, 50),
        said(5, 1, 99),
    )
    got = read_zulip_export(folder)
    assert rows(got, "event") == [("1",)]
    assert sorted(reasons(got).values()) == [1, 1, 1, 1]
    second = folder / "messages-000002.json"
    second.write_text(second.read_text()[:-40])
    (folder / "messages-000003.json").write_bytes(b"\xff\x00")
    got = read_zulip_export(folder)
    assert rows(got, "event") == [("1",)]
    assert sum(loss.unit == "files" for loss in got.losses) >= 2
    with pytest.raises(FormatError, match="Unpack"):
        read_zulip_export(write(tmp_path / "t", topic=[post(1)]))
