"""The call, its errors, and the promise that a seed fixes every byte."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commfinder.errors import InputError, OutputError
from commfinder.simulation import Organisation, simulate


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_writes_are_equal_to_the_byte(tmp_path, written):
    again = simulate(120, 3).write(tmp_path / "again")
    assert _digests(again) == _digests(written)


def test_seeds_differ(small):
    other = simulate(120, 4)
    assert not other.people.equals(small.people)
    assert not other.groups.equals(small.groups)
    assert len(other.messages) != len(small.messages)
    assert sorted(np.bincount(other.structure.unit)) != sorted(np.bincount(small.structure.unit))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"people": 59}, "people=59"),
        ({"people": 400.0}, "people=400.0"),
        ({"people": True}, "people=True"),
        ({"seed": -1}, "seed=-1"),
        ({"weeks": 7}, "weeks=7"),
        ({"start": "April"}, "'April'"),
        ({"start": 2026}, "2026"),
    ],
)
def test_bad_arguments_teach(arguments, word):
    with pytest.raises(InputError, match="needed") as caught:
        simulate(**arguments)
    assert word in str(caught.value)


def test_numpy_numbers_are_numbers():
    assert simulate(np.int64(60), np.int64(1), weeks=8).seed == 1


@pytest.mark.parametrize("people", [60, 1200])
def test_extreme_sizes(people, make):
    organisation = make(people, 0)
    assert len(organisation.people) == people
    assert set(organisation.truth.groups["verdict"]) == {
        "real",
        "core-only",
        "formal-only",
        "paper",
        "insufficient",
    }
    assert len(organisation.truth.undeclared) >= 9


def test_default_counts(make):
    organisation = make(400, 0)
    counts = organisation.truth.groups["verdict"].value_counts().to_dict()
    assert counts == {"real": 6, "paper": 5, "core-only": 3, "formal-only": 3, "insufficient": 3}
    assert organisation.truth.undeclared["community"].nunique() == 3
    assert 60_000 <= len(organisation.messages) <= 150_000
    assert str(organisation.clock.period) == "2026-04-01/2026-10-01"
    assert repr(organisation).startswith("Organisation(people=400, units=16, declared groups=20")


def test_the_chart_is_a_tree(small):
    people = small.people.set_index("person")
    assert list(people.columns) == ["unit", "site", "manager", "level", "addresses", "since", "until"]
    assert (people["manager"] == "").sum() == 1
    for person in people.index:
        steps = 0
        while person:
            person, steps = people.loc[person, "manager"], steps + 1
        assert steps <= 4
    managed = people[people["manager"] != ""]
    assert (people.loc[managed["manager"], "level"].to_numpy() < managed["level"].to_numpy()).all()
    assert set(people["level"]) == {1, 2, 3, 4}
    assert people["site"].nunique() == 3


def test_names_and_addresses_have_their_traps(make):
    organisation = make(400, 0)
    truth = organisation.truth
    assert truth.aliases["account"].is_unique
    assert (~truth.people["name"].map(str.isascii)).sum() >= 3
    assert truth.people["name"].str.contains("'").sum() == 1
    several = organisation.people["addresses"].str.contains(";").mean()
    assert 0.07 < several < 0.17
    main = dict(zip(truth.aliases["account"], truth.aliases["main"], strict=True))
    owned = dict(zip(truth.aliases["account"], truth.aliases["person"], strict=True))
    doubled = set(organisation.people.loc[organisation.people["addresses"].str.contains(";"), "person"])
    used = [
        main[m.sender]
        for m in organisation.messages
        if m.kind == "talk" and m.medium == "email" and owned[m.sender] in doubled
    ]
    assert 0.2 < 1 - np.mean(used) < 0.4


def test_rosters_overlap_little(make):
    for seed in range(3):
        planted = make(400, seed).planted
        rosters = [set(group.members) for group in planted.groups]
        rosters += [set(community.members) for community in planted.undeclared]
        assert max(len(a & b) for a, b in itertools.combinations(rosters, 2)) <= 2
        for community in planted.tied:
            for group in planted.groups:
                if group.verdict == "paper":
                    assert len(set(community.members) & set(group.members)) <= 1


def test_truth_agrees_with_what_is_declared(small):
    members = small.truth.members.sort_values(["group", "person"])[["group", "person"]].to_numpy().tolist()
    assert members == small.groups.sort_values(["group", "person"])[["group", "person"]].to_numpy().tolist()
    hidden = set(small.truth.undeclared["person"])
    planted = small.truth.members.loc[small.truth.members["planted"] == "core", "person"]
    assert not hidden & set(planted)


def test_messages_stay_in_the_period_and_in_employment(small):
    frame = small.clean_frame()
    assert (frame["time"] >= small.clock.period.start).all()
    assert (frame["time"] < small.clock.period.end).all()
    staff = small.people.set_index("person")
    for side in ("sender", "recipient"):
        since = pd.to_datetime(staff.loc[frame[side], "since"], utc=True).to_numpy()
        assert (frame["time"].to_numpy() >= since).all()


def test_nights_weekends_and_holidays_are_quiet(make):
    frame = make(400, 0).clean_frame().drop_duplicates("event")
    weekday, hour = frame["time"].dt.day_of_week, frame["time"].dt.hour
    assert (weekday >= 5).mean() < 0.08
    assert ((hour >= 22) | (hour < 4)).mean() < 0.08
    weekly = frame.groupby((frame["time"] - frame["time"].min()).dt.days // 7).size()
    assert weekly.iloc[:26].min() < 0.7 * weekly.median()


def test_frames_have_the_interaction_columns(small):
    raw, clean = small.to_frame(), small.clean_frame()
    assert list(raw.columns) == list(clean.columns)
    assert clean["recipient"].notna().all()
    assert (clean["sender"] != clean["recipient"]).all()
    assert set(clean["sender"]) <= set(small.people["person"])
    assert not clean.duplicated(["event", "sender", "recipient"]).any()
    assert not clean["automated"].any()
    assert raw["automated"].any()
    assert raw["n_recipients"].max() > 50
    assert len(raw) > len(clean)


def test_a_full_directory_is_not_overwritten(tmp_path, written):
    organisation = simulate(60, weeks=8)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"Hint: .*overwrite=True"):
        organisation.write(tmp_path)
    with pytest.raises(OutputError, match="is a file"):
        organisation.write(tmp_path / "mine.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]
    first = _digests(organisation.write(tmp_path, overwrite=True))
    assert _digests(organisation.write(str(tmp_path), overwrite=True)) == first
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not list(tmp_path.glob(".partial*"))


def test_organisations_are_values(small: Organisation):
    with pytest.raises(AttributeError):
        small.seed = 1
    assert small.provenance.seed == 3
    assert small.provenance.parameters["people"] == 120
