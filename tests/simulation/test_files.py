"""The files are what their names say, read with the standard library alone, and hold what the truth counts."""

from __future__ import annotations

import csv
import json
import mailbox
import time
import tomllib
import zipfile
from collections import Counter
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from pathlib import Path

import pytest

from commfinder.simulation import simulate

ARCHIVES = ("lists.mbox", "received.mbox", "sent.mbox")


@pytest.fixture(scope="module")
def mails(written: Path):
    found = []
    for name in ARCHIVES:
        box = mailbox.mbox(written / "exports" / "mail" / name, create=False)
        found += [(name, message) for message in box]
        box.close()
    return found


@pytest.fixture(scope="module")
def posts(written: Path):
    with zipfile.ZipFile(written / "exports" / "slack.zip") as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def _noise(organisation) -> dict[str, int]:
    return dict(zip(organisation.truth.noise["what"], organisation.truth.noise["count"], strict=True))


def test_mail_counts(small, mails):
    noise = _noise(small)
    whole = [message for _, message in mails if message["Message-ID"]]
    assert len(mails) - len(whole) == noise["phantom"] == 1
    ids = Counter(message["Message-ID"] for message in whole)
    assert len(ids) == noise["mail"]
    assert sum(count - 1 for count in ids.values()) == noise["duplicate"] > 0
    assert max(ids.values()) == 2


def test_machines_and_lists_say_what_they_are(small, mails):
    noise = _noise(small)
    whole = [message for _, message in mails]
    assert sum(m["Auto-Submitted"] == "auto-generated" for m in whole) == noise["ticket mail"] > 0
    assert sum(m["Auto-Submitted"] == "auto-replied" for m in whole) == noise["away reply"] > 0
    assert sum("List-Unsubscribe" in m for m in whole) == noise["newsletter"] > 0
    assert sum("List-Id" in m and "List-Post" in m for m in whole) == noise["list"] > 0
    senders = Counter(parseaddr(m["From"])[1].lower() for m in whole if m["From"])
    assert senders["builds@example.org"] == noise["build mail"] > 0
    received = Counter(a.lower() for m in whole for _, a in getaddresses(m.get_all("To", [])))
    assert received["builds@example.org"] == 0
    outside = {m["Message-ID"] for m in whole if m["From"] and "@partner." in (m["From"] + (m["To"] or "")).lower()}
    assert len(outside) == noise["external mail"] > 0


def test_mass_mail_and_notes_to_oneself(small, mails):
    noise = _noise(small)
    owner = dict(zip(small.truth.aliases["account"], small.truth.aliases["person"], strict=True))
    mass, selfish = set(), set()
    for _, message in mails:
        sender = owner.get(parseaddr(message["From"] or "")[1].lower())
        to = [address.lower() for _, address in getaddresses(message.get_all("To", []) + message.get_all("Cc", []))]
        if sender and len(to) > 50:
            mass.add(message["Message-ID"])
        if sender and {owner.get(address) for address in to} == {sender}:
            selfish.add(message["Message-ID"])
    assert len(mass) == noise["mass mail"] > 0
    assert len(selfish) == noise["self mail"] > 0


def test_mail_headers_agree_with_the_messages(small, mails):
    events = {message.event: message for message in small.messages}
    for _, mail in mails:
        if not mail["Message-ID"]:
            continue
        message = events[mail["Message-ID"].strip("<>")]
        assert parseaddr(mail["From"])[1].lower() == message.sender
        to = {address.lower() for _, address in getaddresses(mail.get_all("To", []) + mail.get_all("Cc", []))}
        assert to == {account for account, _ in message.recipients}
        assert parsedate_to_datetime(mail["Date"]).timestamp() * 1e6 == message.time
        assert (mail["In-Reply-To"] or "").strip("<>") == message.parent
        if message.parent:
            assert mail["References"].split()[0].strip("<>") == message.thread
            assert mail["References"].split()[-1] == mail["In-Reply-To"]


def test_names_are_encoded_words(small, mails):
    shown = {str(make_header(decode_header(parseaddr(m["From"] or "")[0]))) for _, m in mails}
    accented = {name for name in small.truth.people["name"] if not name.isascii()}
    assert accented & shown


def test_lines_that_begin_with_from_are_quoted_but_one(small, written):
    noise = _noise(small)
    text = "".join((written / "exports" / "mail" / name).read_text("ascii") for name in ARCHIVES)
    assert text.count("\n>From our side") == text.count("\n>>From an older") == noise["quoted From body"] > 0
    assert text.count("\nFrom here on") == noise["phantom"] == 1


def test_slack_counts(small, posts):
    noise = _noise(small)
    days = [post for name, content in posts.items() if "/" in name for post in content]
    assert len(days) == noise["chat"]
    assert sum(post.get("subtype") == "bot_message" for post in days) == noise["bot message"] > 0
    assert sum(post.get("subtype") == "channel_join" for post in days) == noise["system"] > 0
    assert any("parent_user_id" in post for post in days)
    assert any("reactions" in post for post in days)
    assert any("<@U" in post["text"] for post in days if "subtype" not in post)


def test_slack_is_whole(small, posts):
    users = {user["id"]: user["profile"]["email"] for user in posts["users.json"]}
    assert set(users.values()) <= set(small.truth.aliases.loc[small.truth.aliases["main"], "account"])
    known = {channel["name"] for channel in posts["channels.json"]}
    known |= {talk["id"] for talk in posts["dms.json"]} | {talk["name"] for talk in posts["mpims.json"]}
    for name, content in posts.items():
        folder, slash, day = name.partition("/")
        if not slash:
            continue
        assert folder in known
        stamps = [post["ts"] for post in content]
        assert len(set(stamps)) == len(stamps)
        for post in content:
            assert time.strftime("%Y-%m-%d", time.gmtime(float(post["ts"]))) + ".json" == day
            assert post.get("user", "U") in users or post.get("bot_id")
            assert post.get("parent_user_id") in users or "parent_user_id" not in post
    for talk in [*posts["channels.json"], *posts["dms.json"], *posts["mpims.json"]]:
        assert set(talk["members"]) <= set(users)


def test_the_zip_has_no_clock_in_it(written):
    with zipfile.ZipFile(written / "exports" / "slack.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_spaces_of_groups_exist(small, posts, mails):
    channels = {channel["name"] for channel in posts["channels.json"]}
    lists = {m["List-Post"].removeprefix("<mailto:").rstrip(">") for _, m in mails if m["List-Post"]}
    spaces = set(small.groups["space"]) - {""}
    assert spaces <= channels | lists
    assert spaces & channels
    assert spaces & lists


def test_tables_are_csv(small, written):
    for name, frame in {"hr": small.people, "communities": small.groups}.items():
        with (written / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0]) == list(frame.columns)
        assert [list(row.values()) for row in rows] == frame.astype(str).to_numpy().tolist()
    names = {path.stem for path in (written / "truth").iterdir()}
    assert names == {"groups", "members", "undeclared", "people", "noise", "aliases"}


def test_the_study_file_has_the_agreed_shape(written):
    study = tomllib.loads((written / "study.toml").read_text("utf-8"))
    assert study == {
        "name": "Example organisation",
        "period": "2026-04-01/2026-10-01",
        "seed": 3,
        "inputs": [
            {"path": "exports/mail", "kind": "mbox"},
            {"path": "exports/slack.zip", "kind": "slack"},
        ],
        "people": {"path": "hr.csv"},
        "groups": {"path": "communities.csv"},
    }
    for where in [*study["inputs"], study["people"], study["groups"]]:
        assert (written / where["path"]).exists()


@pytest.mark.slow
def test_the_default_is_quick_and_small(tmp_path):
    began = time.perf_counter()
    folder = simulate().write(tmp_path / "demo")
    # Three times what is promised on an idle machine, because others may be working on it.
    assert time.perf_counter() - began < 45
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 60e6
