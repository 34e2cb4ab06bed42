from __future__ import annotations

from dataclasses import replace

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder import DeclaredGroups, Directory, Interactions, read_groups, resolve_groups
from commfinder.errors import ColumnError, InputError
from commfinder.interactions.schema import MEMBERSHIPS


def reasons(value):
    return {loss.reason: loss.count for loss in value.losses}


@pytest.mark.parametrize("make", [pd.DataFrame, dict, pl.DataFrame, pa.table])
def test_frames_and_mapping(make):
    data = {"Team": ["x", "x", "y", None], "who": [2, 1, 1, 3], "kind": ["guild", None, None, None]}
    groups = read_groups(make(data), group="Team", person="who")
    assert repr(groups) == "<DeclaredGroups: 2 groups, 2 people>"
    assert (groups.names, groups.members("x"), len(groups)) == (["x", "y"], ["1", "2"], 2)
    assert groups.about("x") == {"kind": "guild", "goal": None, "spaces": ()}
    assert reasons(groups) == {"row without a group or a person: not used": 1}
    with pytest.raises(ColumnError, match=r"no column 'team'.*Did you mean 'Team'"):
        read_groups(make(data), group="team", person="who")


def test_file(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text("group;person;space\nGuild;ada;#guild; \nGuild;ben;#guild\n")
    groups = read_groups(path)
    assert groups.members("Guild") == ["ada", "ben"]
    assert len(groups.provenance.inputs["groups.csv"]) == 64


def test_members_of_a_period():
    groups = DeclaredGroups.from_frame(
        {
            "group": ["g"] * 5,
            "person": ["always", "left", "joined", "back", "back"],
            "since": [None, None, "2026-08-01", None, "2026-10-01"],
            "until": [None, "2026-07-01", None, "2026-06-01", None],
        }
    )
    assert groups.members("g") == ["always", "back", "joined", "left"]
    assert groups.members("g", "2026Q3") == ["always", "joined"]
    assert groups.members("g", "2026Q2") == ["always", "back", "left"]
    assert groups.members("g", ("2026-10-01", "2026-10-02")) == ["always", "back", "joined"]


def test_unknown_group():
    groups = DeclaredGroups.from_frame({"group": ["Guild"], "person": ["a"]})
    for ask in (groups.members, groups.about):
        with pytest.raises(InputError, match=r"no group 'Gild'.*Did you mean 'Guild'"):
            ask("Gild")


def test_spaces_and_repeated_rows():
    groups = DeclaredGroups.from_frame(
        {
            "group": ["g"] * 3,
            "person": ["a", "b", "a"],
            "space": ["#x; list@x.org", "#x", None],
            "goal": [None, "G", "H"],
        }
    )
    assert groups.about("g") == {"kind": None, "goal": "G", "spaces": ("#x", "list@x.org")}
    assert reasons(groups) == {"member listed again in the same group: counted once": 1}
    backwards = {
        "group": ["g", "g"],
        "person": ["a", "b"],
        "since": ["2026-07-01", None],
        "until": ["2026-06-01", None],
    }
    assert reasons(DeclaredGroups.from_frame(backwards)) == {"interval ends before it begins: not used": 1}


@pytest.mark.parametrize("data", [{"group": [], "person": []}, {"group": [None], "person": ["a"]}])
def test_no_group(data):
    with pytest.raises(InputError, match="declares no group"):
        DeclaredGroups.from_frame(data)


def test_from_memberships():
    inter = Interactions.from_frame({"sender": ["a"], "recipient": ["b"]})
    with pytest.raises(InputError, match="read_groups"):
        DeclaredGroups.from_memberships(inter)
    rows = [{"space": "general", "account": name, "source": "s"} for name in ("a", "lurker")]
    known = pa.Table.from_pylist(rows, schema=MEMBERSHIPS).to_pandas()
    groups = DeclaredGroups.from_memberships(replace(inter, memberships=known))
    assert groups.members("general") == ["a", "lurker"]
    assert groups.about("general") == {"kind": "channel", "goal": None, "spaces": ("general",)}


def test_resolve_groups():
    people = Directory.from_frame({"person": ["ada", "ben"], "addresses": ["ada@x.org; us@x.org", "us@x.org"]})
    groups = DeclaredGroups.from_frame({"group": ["g"] * 4, "person": ["ADA@x.org", "ada", "us@x.org", "zed"]})
    got = resolve_groups(groups, people)
    assert got.members("g") == ["ada", "us@x.org", "zed"]
    assert reasons(got) == {
        "address claimed by two people: member unknown": 1,
        "member listed by two addresses: counted once": 1,
    }
    assert groups.members("g") == ["ADA@x.org", "ada", "us@x.org", "zed"]
