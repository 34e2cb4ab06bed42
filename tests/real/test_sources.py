from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from commfinder.sources import detect, read_mbox, read_slack, read_table

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the project"),
]


def test_mailing_list_archive():
    assert detect(DATA / "r-sig-finance") == "mbox"
    got = read_mbox(DATA / "r-sig-finance")
    rows = got.interactions
    assert rows.num_rows == 4842
    assert len(got.digests) == 16
    assert pc.sum(pc.equal(rows["role"], "reply")).as_py() == 2821
    assert rows["space"].unique().to_pylist() == ["r-sig-finance"]
    assert all("@" in sender for sender in rows["sender"].unique().to_pylist())
    # Whatever answers a message of the archive stands in its thread.
    thread = dict(zip(rows["event"].to_pylist(), rows["thread"].to_pylist(), strict=True))
    linked = [(e, p) for e, p in zip(rows["event"].to_pylist(), rows["parent"].to_pylist(), strict=True) if p in thread]
    assert len(linked) > 2900
    assert all(thread[event] == thread[parent] for event, parent in linked)


@pytest.mark.parametrize("folder", ["cpython-test_email", "flanker", "mail-parser", "mime4j"])
def test_awkward_mail_crashes_nothing(folder):
    got = read_mbox(DATA / "fixtures" / folder)
    assert got.interactions.num_rows > 0
    for file in sorted((DATA / "fixtures" / folder).rglob("*")):
        if file.is_file():
            read_mbox(file)


def test_slack_export():
    got = read_slack(DATA / "fixtures" / "zulip-importers" / "test_slack_importer.zip")
    assert got.interactions.num_rows == 85
    assert pc.count_distinct(got.interactions["event"]).as_py() == 83
    assert set(got.interactions["space"].to_pylist()) == {"general", "random"}
    assert got.memberships.num_rows == 8


def test_reviews():
    names = {"sender": "author", "recipient": "reviewer", "time": "merged_at", "event": ["repo", "pr"], "space": "repo"}
    got = read_table(DATA / "rust-reviews" / "reviews.csv", columns=names, medium="code")
    assert got.interactions.num_rows == 19_762
    assert got.losses == ()


def test_edge_lists():
    folder = DATA / "email-eu-core"
    static = read_table(folder / "email-Eu-core.txt", columns={"sender": 0, "recipient": 1}, medium="email")
    assert static.interactions.num_rows == 25_571
    temporal = read_table(
        folder / "email-Eu-core-temporal.txt.gz",
        columns={"sender": 0, "recipient": 1, "time": 2},
        time_format="seconds since 2003-10-01",
        medium="email",
    )
    assert temporal.interactions.num_rows == 332_334
    assert len(pc.unique(temporal.interactions["sender"])) <= 986


def test_factory_log():
    got = read_table(
        DATA / "manufacturing-email" / "communication.csv",
        columns={"sender": "Sender", "recipient": "Recipient", "time": "EventDate"},
        timezone="Europe/Warsaw",
        medium="email",
    )
    assert got.interactions.num_rows == 82_927
    assert got.losses == ()
