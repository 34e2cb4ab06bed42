from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from commfinder import Directory, Interactions, resolve_people
from commfinder.interactions.schema import ACCOUNTS, MEMBERSHIPS


def slack(*rows):
    inter = Interactions.from_frame({"sender": [row[0] for row in rows], "recipient": [row[1] for row in rows]})
    known = [("U1", "Ada@X.org"), ("U2", "ben@x.org"), ("U3", None), ("U4", "us@x.org")]
    accounts = [
        {"account": a, "address": b, "name": "Ada Lee", "kind": "person", "guest": False, "source": "s"}
        for a, b in known
    ]
    member = [{"space": "general", "account": "U2", "source": "s"}]
    return replace(
        inter,
        accounts=pa.Table.from_pylist(accounts, schema=ACCOUNTS).to_pandas(),
        memberships=pa.Table.from_pylist(member, schema=MEMBERSHIPS).to_pandas(),
    )


PEOPLE = Directory.from_frame(
    {"person": ["ada", "ben", "Ada Lee"], "addresses": ["ada@x.org al@x.org us@x.org", "ben@x.org us@x.org", None]}
)


def decided(aliases):
    frame = aliases.to_frame()
    return {a: (b, c) for a, b, c in zip(frame["account"], frame["person"].fillna("-"), frame["decision"], strict=True)}


def test_by_id_address_and_account_address():
    inter, aliases = resolve_people(
        slack(("U1", "AL@x.org"), ("ada", "ａｄａ@x.org"), ("U3", "us@x.org"), ("U4", "zed")), PEOPLE
    )
    assert decided(aliases) == {
        "U1": ("ada", "merged"),
        "AL@x.org": ("ada", "merged"),
        "ada": ("ada", "merged"),
        "ａｄａ@x.org": ("ada", "merged"),
        "U2": ("ben", "merged"),
        "U3": ("-", "unknown"),
        "U4": ("-", "ambiguous"),
        "us@x.org": ("-", "ambiguous"),
        "zed": ("-", "unknown"),
    }
    assert inter.people == ["U3", "U4", "ada", "us@x.org", "zed"]
    told = dict(zip(inter.losses["reason"], inter.losses["count"], strict=True))
    assert told == {
        "address claimed by two people: given to neither": 2,
        "account of nobody in the directory": 2,
    }
    assert repr(aliases) == "<Aliases: 9 accounts, 5 merged, 2 ambiguous, 2 unknown>"
    evidence = aliases.to_frame().set_index("account")["evidence"]
    assert evidence["U1"] == "address given by the source"
    assert evidence["us@x.org"] == "claimed by 2 people"
    assert '"decision": "merged"' in aliases.to_json()


def test_rows_to_oneself_are_cleaned_later():
    inter, _ = resolve_people(slack(("U1", "al@x.org"), ("U1", "U2")), PEOPLE)
    assert len(inter) == 2
    got = inter.clean()
    assert len(got) == 1
    assert got.losses["reason"].tolist() == ["to oneself"]


def test_who_only_reads_is_resolved_too():
    inter, _ = resolve_people(slack(("U1", "U3")), PEOPLE)
    assert inter.memberships["account"].tolist() == ["ben"]
    assert inter.accounts["account"].tolist() == ["ada", "ben", "U3", "U4"]


def test_never_by_name():
    inter, aliases = resolve_people(slack(("U3", "U1")), PEOPLE)
    assert decided(aliases)["U3"] == ("-", "unknown")
    assert "Ada Lee" not in inter.people


def test_nobody():
    empty = Interactions.from_frame({"sender": [], "recipient": []})
    inter, aliases = resolve_people(empty, PEOPLE)
    assert (len(inter), len(aliases.to_frame())) == (0, 0)
    assert repr(aliases) == "<Aliases: 0 accounts, 0 merged, 0 ambiguous, 0 unknown>"
