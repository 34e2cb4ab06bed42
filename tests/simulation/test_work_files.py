"""Planted work stands in the files as it does in the table, and is read back from them."""

from __future__ import annotations

import csv
import hashlib
import json
import mailbox
import tomllib
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import commfinder as cf
from commfinder.simulation import Organisation, Plan, Work, simulate

WORK = Work(
    groups={"process": 3, "knowledge": 2, "social": 2, "formal-only": 1, "mixed": 1},
    size=(10, 14),
    case_ids=0.6,
    machines=1,
    lifecycle=0.5,
    informed=0.3,
)
PLAN = Plan(groups={}, undeclared=0, work=WORK)


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return simulate(150, 1042, weeks=10, plan=PLAN)


@pytest.fixture(scope="module")
def folder(organisation, tmp_path_factory) -> Path:
    return organisation.write(tmp_path_factory.mktemp("work"))


def test_the_log_has_one_row_per_act(organisation, folder):
    with (folder / "exports" / "workflow.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["case", "activity", "resource", "start", "time", "group", "process"]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    told = sum(bool(row["start"]) for row in rows)
    assert 0 < told < len(rows)
    events = organisation.truth.work_events
    assert len(rows) + told == (events["what"] == "act").sum()
    units = organisation.people.assign(addresses=organisation.people["addresses"].str.split(";").str[0])
    unit = dict(zip(units["addresses"], units["unit"], strict=True))
    assert all(row["group"] == unit.get(row["resource"], "") for row in rows)
    processes = organisation.truth.work_groups["process"]
    assert {row["process"] for row in rows} == set(processes) - {""}


def test_the_log_is_read_back_as_it_stands_in_the_table(organisation, folder):
    inter = cf.read(folder / "exports" / "workflow.csv", kind="event_log", columns={"space": "process"})
    assert len(inter.losses) == 0
    order = ["thread", "event"]
    names = ["event", "time", "sender", "role", "medium", "space", "thread", "parent", "activity", "automated"]
    found = inter.to_frame().sort_values(order)[names].reset_index(drop=True)
    frame = organisation.to_frame()
    wanted = frame.loc[frame["medium"] == "workflow"].sort_values(order)[names].reset_index(drop=True)
    for name in names:
        pd.testing.assert_series_equal(found[name], wanted[name], check_dtype=False)


def test_mail_and_chat_are_read_back_as_they_stand_in_the_table(organisation, folder):
    frame = organisation.to_frame()
    planted = frame.loc[frame["event"].isin(organisation.truth.work_events["event"])]
    mail = cf.read(folder / "exports" / "mail").to_frame()
    wanted = planted.loc[planted["medium"] == "email"].drop_duplicates(["event", "sender", "recipient"])
    found = mail.loc[mail["event"].isin(wanted["event"])].drop_duplicates(["event", "sender", "recipient"])
    columns = ["event", "sender", "recipient", "role", "thread", "parent"]
    assert _set(found, columns) == _set(wanted, columns)
    # Channels have the names of the table; who is addressed there, and by what, is found in mentions and threads.
    chat = cf.read(folder / "exports" / "slack.zip").to_frame()
    spaces = {channel.name for channel in organisation.channels if channel.kind == "work"}
    assert spaces
    wanted = planted.loc[planted["space"].isin(spaces)]
    found = chat.loc[chat["space"].isin(spaces) & (chat["role"] != "reaction")]
    owner = dict(zip(organisation.truth.aliases["account"], organisation.truth.aliases["person"], strict=True))
    known = {account.lower(): person for account, person in owner.items()}
    columns = ["time", "sender", "recipient", "role", "space"]
    for side in ("sender", "recipient"):
        wanted = wanted.assign(**{side: wanted[side].map(known)})
        found = found.assign(**{side: found[side].map(known)})
    assert _set(found, columns) == _set(wanted, columns)


def _set(frame: pd.DataFrame, columns: list[str]) -> set[tuple[object, ...]]:
    return set(frame[columns].astype(object).fillna("").itertuples(index=False, name=None))


def test_files_hold_what_the_truth_counts(organisation, folder):
    noise = dict(zip(organisation.truth.noise["what"], organisation.truth.noise["count"], strict=True))
    ids, bare = set(), 0
    for name in ("lists.mbox", "received.mbox", "sent.mbox"):
        box = mailbox.mbox(folder / "exports" / "mail" / name, create=False)
        found = [message["Message-ID"] for message in box]
        bare += found.count(None)
        ids |= set(found) - {None}
        box.close()
    assert len(ids) == noise["mail"]
    assert bare == noise["phantom"]
    with zipfile.ZipFile(folder / "exports" / "slack.zip") as archive:
        posts = [post for name in archive.namelist() if "/" in name for post in json.loads(archive.read(name))]
        members = {room["name"]: len(room["members"]) for room in json.loads(archive.read("channels.json"))}
        several = {room["name"] for room in json.loads(archive.read("mpims.json"))}
    assert len(posts) == noise["chat"]
    assert all(members[channel.name] > 1 for channel in organisation.channels if channel.kind == "work")
    talked = {message.space for message in organisation.messages if message.space.startswith("mpdm-")}
    assert talked <= several


def test_the_study_and_the_tables_tell_of_the_work(organisation, folder):
    study = tomllib.loads((folder / "study.toml").read_text("utf-8"))
    assert [block["path"] for block in study["inputs"]] == ["exports/mail", "exports/slack.zip", "exports/workflow.csv"]
    people = pd.read_csv(folder / "hr.csv", keep_default_na=False)
    assert people["title"].tolist() == organisation.people["title"].tolist()
    for name in ("work_groups", "work_members", "work_cases", "work_events"):
        assert len(pd.read_csv(folder / "truth" / f"{name}.csv")) == len(organisation.truth.tables()[name]) > 0


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    again = simulate(150, 1042, weeks=10, plan=PLAN).write(tmp_path / "again")
    assert _digests(again) == _digests(folder)


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_without_ids_there_is_no_log(tmp_path):
    work = Work(groups={"process": 1, "social": 1}, case_ids=0)
    organisation = simulate(80, 1041, weeks=8, plan=Plan(groups={}, undeclared=0, work=work))
    folder = organisation.write(tmp_path / "work")
    assert not (folder / "exports" / "workflow.csv").exists()
    assert "workflow" not in (folder / "study.toml").read_text("utf-8")
    assert "title" in pd.read_csv(folder / "hr.csv")
    assert not (organisation.to_frame()["medium"] == "workflow").any()
    bare = simulate(80, 1041, weeks=8, plan=Plan(groups={}, undeclared=0)).write(tmp_path / "bare")
    assert not list((bare / "truth").glob("work_*"))
    assert "title" not in pd.read_csv(bare / "hr.csv")
