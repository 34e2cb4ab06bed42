from __future__ import annotations

import io
import json
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.errors import FormatError, MissingFileError, UnsafeArchiveError
from commfinder.sources import archive, read_slack, streams

USERS = [
    {"id": "U1", "real_name": "Ann", "profile": {"email": "Ann@X.org"}},
    {"id": "U2", "real_name": "Bob", "profile": {"email": "bob@x.org"}, "is_restricted": True},
    {"id": "U3", "real_name": "Cyd", "profile": {}},
    {"id": "U4", "real_name": "Ann Again", "profile": {"email": "ann@x.org"}},
    {"id": "U5", "real_name": "Builder", "is_bot": True},
]
CHANNELS = [{"id": "C1", "name": "general", "members": ["U1", "U2", "U4"]}]


def message(user="U1", ts="1486999900.000136", text="", **more):
    return {"type": "message", "user": user, "ts": ts, "text": text, **more}


def files(messages, channel="general", **more):
    made = {"users.json": USERS, "channels.json": CHANNELS, f"{channel}/2017-02-13.json": messages, **more}
    return {name: one if isinstance(one, bytes) else json.dumps(one).encode() for name, one in made.items()}


def pack(tmp_path, members, name="export.zip"):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, content in members.items():
            packed.writestr(member, content)
    return path


def read(tmp_path, messages, channel="general", **more):
    return read_slack(pack(tmp_path, files(messages, channel, **more)))


def rows(reading, *columns):
    return [tuple(row.values()) for row in reading.interactions.select(list(columns)).to_pylist()]


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_mention_reply_reaction_and_post(tmp_path):
    got = read(
        tmp_path,
        [
            message("U1", "1486999900.000136", "Hello all"),
            message("U2", "1486999901.000000", "yes <@U1> <@U3|cyd>", thread_ts="1486999900.000136"),
            message("U3", "1486999902.000000", "fine", thread_ts="1486999900.000136"),
            message("U2", "1486999903.5", "done", reactions=[{"name": "+1", "users": ["U1", "U2"], "count": 2}]),
        ],
    )
    assert rows(got, "event", "sender", "recipient", "role", "n_recipients", "parent") == [
        ("general/1486999900.000136", "ann@x.org", None, "to", 0, None),
        ("general/1486999901.000000", "bob@x.org", "U3", "mention", 2, "general/1486999900.000136"),
        ("general/1486999901.000000", "bob@x.org", "ann@x.org", "mention", 2, "general/1486999900.000136"),
        ("general/1486999902.000000", "U3", "ann@x.org", "reply", 1, "general/1486999900.000136"),
        ("general/1486999903.5", "bob@x.org", None, "to", 0, None),
        ("general/1486999903.5/reaction/+1/U1", "ann@x.org", "bob@x.org", "reaction", 1, "general/1486999903.5"),
        ("general/1486999903.5/reaction/+1/U2", "bob@x.org", "bob@x.org", "reaction", 0, "general/1486999903.5"),
    ]
    assert set(got.interactions["space"].to_pylist()) == {"general"}
    assert got.interactions["thread"][1].as_py() == "general/1486999900.000136"
    assert got.interactions["time"].cast("int64")[0].as_py() == 1486999900000136
    assert got.losses == ()


def test_accounts_and_memberships(tmp_path):
    got = read(tmp_path, [message()])
    assert [tuple(row.values()) for row in got.accounts.select(["account", "name", "kind", "guest"]).to_pylist()] == [
        ("U3", "Cyd", "person", False),
        ("U5", "Builder", "bot", False),
        ("USLACKBOT", None, "bot", False),
        ("ann@x.org", "Ann", "person", False),
        ("bob@x.org", "Bob", "person", True),
    ]
    assert [tuple(r.values()) for r in got.memberships.select(["space", "account"]).to_pylist()] == [
        ("general", "ann@x.org"),
        ("general", "bob@x.org"),
    ]


def test_bots_system_messages_and_unknown_users(tmp_path):
    got = read(
        tmp_path,
        [
            message("U1", "1486999900.1", subtype="channel_join"),
            message("U1", "1486999900.2", subtype="tombstone"),
            {"subtype": "bot_message", "bot_id": "B9", "ts": "1486999900.3", "text": "<@U2> built"},
            message("U77", "1486999900.4", "<@U2>"),
            message("U5", "1486999900.5", subtype="file_comment", comment={"user": "U2"}),
            message("U1", "1486999900.6", subtype="me_message"),
            "nothing",
            {"ts": "1486999900.7"},
            message("U1", ts="x"),
            message("U1", ts="1.5"),
        ],
    )
    assert rows(got, "sender", "recipient", "automated") == [
        ("B9", "bob@x.org", True),
        ("U77", "bob@x.org", False),
        ("bob@x.org", None, False),
        ("ann@x.org", None, False),
    ]
    assert sorted(reasons(got).values()) == [1, 1, 1, 2, 2]


def test_direct_messages(tmp_path):
    dms = [{"id": "D1", "members": ["U1", "U2"]}, {"id": "D2", "members": ["U1"]}]
    mpims = [{"id": "G1", "name": "mpdm-a--b--c-1", "members": ["U1", "U2", "U3"]}]
    day = json.dumps([message(text="<@U2>")]).encode()
    got = read(
        tmp_path,
        [],
        **{
            "dms.json": dms,
            "mpims.json": mpims,
            "D1/2017-02-13.json": day,
            "D2/2017-02-13.json": json.dumps([message()]).encode(),
            "mpdm-a--b--c-1/2017-02-13.json": day,
        },
    )
    assert rows(got, "event", "recipient", "role", "n_recipients", "space") == [
        ("D1/1486999900.000136", "bob@x.org", "to", 1, None),
        ("D2/1486999900.000136", "ann@x.org", "to", 0, None),
        ("mpdm-a--b--c-1/1486999900.000136", "U3", "to", 2, None),
        ("mpdm-a--b--c-1/1486999900.000136", "bob@x.org", "to", 2, None),
    ]


def test_conversation_that_is_not_listed(tmp_path):
    got = read(tmp_path, [message("U1"), message("U2", "1486999901.0")], channel="D0ABCDEFG")
    assert rows(got, "sender", "recipient") == [("ann@x.org", "bob@x.org"), ("bob@x.org", "ann@x.org")]


def test_folder_enclosed_and_zip_give_the_same(tmp_path):
    members = files([message(text="<@U2>"), message("U2", "1486999901.0")])
    for name, content in members.items():
        path = tmp_path / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    one = read_slack(tmp_path / "export", name="s")
    two = read_slack(pack(tmp_path, members), name="s")
    three = read_slack(pack(tmp_path, {f"Our export/{name}": content for name, content in members.items()}), name="s")
    assert one.interactions.equals(two.interactions)
    assert one.interactions.equals(three.interactions)
    assert one.accounts.equals(three.accounts)


def test_text_is_never_kept(tmp_path):
    got = read(tmp_path, [message(text="SECRET <@U2>", files=[{"url_private": "SECRET"}], blocks=[{"text": "SECRET"}])])
    assert "SECRET" not in str(got.interactions.to_pylist()) + str(got.accounts.to_pylist()) + str(got.losses)


def test_unsafe_members_are_refused_and_the_rest_is_read(tmp_path):
    path = tmp_path / "export.zip"
    link = zipfile.ZipInfo("general/2017-02-14.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as packed, pytest.warns(UserWarning, match="Duplicate"):
        for member, content in files([message()]).items():
            packed.writestr(member, content)
        packed.writestr("../x/2017-02-13.json", "[]")
        packed.writestr("/abs/2017-02-13.json", "[]")
        packed.writestr("C:/x/2017-02-13.json", "[]")
        packed.writestr(link, "/etc/hostname")
        packed.writestr("users.json", "[]")
    got = read_slack(path)
    assert got.interactions.num_rows == 1
    assert {loss.where for loss in got.losses} >= {"../x/2017-02-13.json", "general/2017-02-14.json", "users.json"}
    assert sum(loss.count for loss in got.losses) == 5
    assert not (tmp_path.parent / "x").exists()


def test_encrypted_member_is_refused(tmp_path):
    path = pack(tmp_path, files([message()], **{"general/2017-02-14.json": b"[]"}))
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"general/2017-02-14.json") - 46
    raw[at + 8] |= 1
    path.write_bytes(raw)
    got = read_slack(path)
    assert got.interactions.num_rows == 1
    assert reasons(got) == {"archive member refused: encrypted": 1}


@pytest.mark.parametrize("streamed", [False, True])
def test_truncated_zip_keeps_whole_members(tmp_path, streamed):
    members = files([message()], **{"general/2017-02-14.json": [message("U2", "1487099900.0", "x" * 500)]})
    path = pack(tmp_path, members)
    if streamed:

        class Pipe(io.RawIOBase):
            def __init__(self):
                self.data = bytearray()

            def writable(self):
                return True

            def write(self, data):
                self.data += bytes(data)
                return len(data)

        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
            for member, content in members.items():
                packed.writestr(member, content)
        path.write_bytes(pipe.data)
    raw = path.read_bytes()
    path.write_bytes(raw[:-30])
    got = read_slack(path)
    assert got.interactions.num_rows == 2
    assert reasons(got) == {"zip archive is damaged or cut off; its whole members are kept": 1}
    directory = raw.index(b"PK\x01\x02")
    path.write_bytes(raw[: directory - 25])
    assert read_slack(path).interactions.num_rows == 1


def test_no_zip_at_all(tmp_path):
    (tmp_path / "export.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FormatError, match="fetch it again"):
        read_slack(tmp_path / "export.zip")


def test_no_export(tmp_path):
    with pytest.raises(FormatError, match=r"users\.json"):
        read_slack(pack(tmp_path, {"a.txt": b"x"}))
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(FormatError, match="no zip archive"):
        read_slack(tmp_path / "t.csv")
    with pytest.raises(MissingFileError):
        read_slack(tmp_path / "absent.zip")


def test_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "FREE_BYTES", 1_000_000)
    with pytest.raises(UnsafeArchiveError, match="bomb"):
        read(tmp_path, b"[" + b" " * 5_000_000 + b"]")


def test_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    with pytest.raises(UnsafeArchiveError, match="members"):
        read(tmp_path, [message()])


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"[" * 100_000, 0),
        (json.dumps([message(), message(ts="1486999901.0")]).encode()[:-20], 1),
        (json.dumps([message(text="caf\xe9")], ensure_ascii=False).encode("latin-1"), 1),
        (b'[{"user": "U1", "ts": "1486999900.1", "x": NaN, "y": -Infinity, "z": ' + b"9" * 5000 + b"}]", 1),
        (b'[{"user": "U1", "ts": "1486999900.1", "text": "\\ud800"}]', 1),
        (b'[{"user": "U1", "ts": NaN}, {"user": "U1", "ts": "1486999900.1"}]', 1),
        (b"{}", 0),
        (b"", 0),
    ],
)
def test_damaged_json_costs_only_what_is_damaged(tmp_path, content, kept):
    got = read(tmp_path, content, **{"general/2017-02-14.json": [message("U2", "1487099900.0")]})
    assert got.interactions.num_rows == kept + 1


def test_name_without_utf8_flag(tmp_path):
    path = pack(tmp_path, files([message()], channel="b\xfcro"))
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        assert any(info.flag_bits & 0x800 for info in packed.infolist())
    data = bytearray(raw)
    position = data.rindex("b\xfcro/".encode()) - 46
    data[position + 9] &= ~0x08
    local = data.index("b\xfcro/".encode()) - 30
    data[local + 7] &= ~0x08
    path.write_bytes(data)
    assert set(read_slack(path).interactions["space"].to_pylist()) == {"b\xfcro"}


def test_export_without_messages(tmp_path):
    got = read(tmp_path, [])
    assert got.interactions.num_rows == 0
    assert reasons(got) == {"no message of a person was found": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["U1", "U9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    (
        *("user", "ts", "thread_ts", "text", "subtype", "reactions", "bot_id", "comment", "parent_user_id"),
        *("id", "name", "members", "profile", "is_bot", "real_name"),
    )
)
ITEMS = st.lists(st.dictionaries(KEYS, JSON, max_size=8) | JSON, max_size=4)


@settings(max_examples=80, deadline=None)
@given(ITEMS, ITEMS, ITEMS)
def test_any_json_costs_no_good_message(users, channels, messages):
    with tempfile.TemporaryDirectory() as folder:
        made = files(
            [*messages, message(ts="1486999900.5")],
            **{"users.json": [*USERS, *users], "groups.json": channels},
        )
        got = read_slack(pack(Path(folder), made))
    assert "general/1486999900.5" in got.interactions["event"].to_pylist()
