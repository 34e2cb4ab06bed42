from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from commfinder import DeclaredGroups, Directory, Interactions, make_key, pseudonymise
from commfinder.errors import InputError, PrivacyError
from commfinder.interactions.schema import ACCOUNTS, MEMBERSHIPS

KEY, OTHER = b"k" * 32, b"o" * 32
SECRETS = (
    "ada@x.org",
    "ben@x.org",
    "Ada Lee",
    "lurker@x.org",
    "#secret",
    "msg-1",
    "thread-1",
    "parent-1",
    "private.csv",
)


def inter():
    frame = {
        "sender": ["ada@x.org", "ben@x.org"],
        "recipient": ["ben@x.org", None],
        "event": ["msg-1", "msg-2"],
        "space": [None, "#secret"],
        "thread": ["thread-1", None],
        "parent": ["parent-1", None],
        "time": ["2026-07-01T09:00Z", "2026-07-01T09:00Z"],
    }
    made = Interactions.from_frame(pd.DataFrame(frame))
    accounts = [
        {"account": name, "address": name, "name": "Ada Lee", "kind": "person", "guest": False, "source": "s"}
        for name in ("ada@x.org", "lurker@x.org")
    ]
    members = [{"space": "#secret", "account": name, "source": "s"} for name in ("ben@x.org", "lurker@x.org")]
    losses = pd.DataFrame(
        [
            {
                "stage": "read",
                "source": "s",
                "reason": "r",
                "unit": "rows",
                "count": 1,
                "where": "private.csv",
                "advice": None,
            }
        ]
    )
    return replace(
        made,
        accounts=pa.Table.from_pylist(accounts, schema=ACCOUNTS).to_pandas(),
        memberships=pa.Table.from_pylist(members, schema=MEMBERSHIPS).to_pandas(),
        losses=losses,
    )


PEOPLE = Directory.from_frame(
    {
        "person": ["ada@x.org", "ben@x.org"],
        "manager": ["ben@x.org", None],
        "unit": ["R&D", "R&D"],
        "addresses": ["ada@x.org", ""],
        "name": ["Ada Lee", "Ben"],
    }
)
GROUPS = DeclaredGroups.from_frame(
    {"group": ["g", "g"], "person": ["ada@x.org", "lurker@x.org"], "space": ["#secret; #other;", None]}
)


def test_nothing_of_the_original_survives():
    for data in (inter(), PEOPLE, GROUPS):
        got = pseudonymise(data, key=KEY)
        shown = [
            got.to_json(),
            repr(got),
            got._repr_html_(),
            got.to_frame().to_csv(),
            str(got.provenance),
            str(got.losses),
        ]
        if isinstance(got, Interactions):
            shown += [got.accounts.to_csv(), got.memberships.to_csv(), str(got.names), got.losses.to_csv()]
            shown += [got.clean().to_json(), str(got.to_arrow())]
        for secret in SECRETS:
            assert all(secret not in text for text in shown), secret
        assert KEY.hex() not in got.to_json()
        assert len(got.provenance.parameters["key_id"]) == 8


def test_the_same_key_joins_everything():
    rows, people, groups = (pseudonymise(data, key=KEY) for data in (inter(), PEOPLE, GROUPS))
    assert rows.people == people.people
    managers = people.frame.dropna(subset="manager")
    assert set(managers["manager"]) < set(people.people)
    assert managers["manager"].tolist() != managers["person"].tolist()
    assert set(groups.members("g")) == set(rows.accounts["account"])
    ben, lurker = set(rows.memberships["account"])
    assert {ben, lurker} & set(rows.people)
    assert {ben, lurker} & set(groups.members("g"))
    space = rows.to_frame()["space"].dropna().tolist()
    assert set(space) < set(groups.about("g")["spaces"])
    assert len(groups.about("g")["spaces"]) == 2
    assert set(rows.memberships["space"]) == set(space)
    assert people.frame["unit"].tolist() == ["R&D", "R&D"]
    assert sorted(rows.to_frame()["n_recipients"]) == sorted(inter().to_frame()["n_recipients"]) == [0, 1]


def test_another_key_joins_nothing():
    one, other = (pseudonymise(inter(), key=key) for key in (KEY, OTHER))
    assert not set(one.people) & set(other.people)
    assert not set(one.to_frame()["event"]) & set(other.to_frame()["event"])


def test_the_original_stays_as_it_was():
    data = inter()
    before = data.to_json()
    pseudonymise(data, key=KEY)
    assert data.to_json() == before
    assert data.accounts["name"].tolist() == ["Ada Lee"] * 2


def test_intervals_of_one_person_stay_in_order():
    people = Directory.from_frame(
        {"person": ["a"] * 3, "unit": ["1", "2", "3"], "since": [None, "2026-01-01", "2026-07-01"]}
    )
    assert pseudonymise(people, key=KEY).frame["unit"].tolist() == ["1", "2", "3"]


def test_empty():
    empty = Interactions.from_frame({"sender": [], "recipient": []})
    assert len(pseudonymise(empty, key=KEY)) == 0


def test_key_file(tmp_path):
    make_key(tmp_path / "key")
    assert pseudonymise(PEOPLE, key=tmp_path / "key").people == pseudonymise(PEOPLE, key=str(tmp_path / "key")).people


def test_wrong_things():
    with pytest.raises(InputError, match="A DataFrame can not be pseudonymised"):
        pseudonymise(PEOPLE.to_frame(), key=KEY)
    for key in (b"short", None, 7):
        with pytest.raises(PrivacyError):
            pseudonymise(PEOPLE, key=key)
