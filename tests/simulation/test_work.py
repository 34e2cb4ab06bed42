"""Planted work says what is wanted, refuses what can not be, and leaves all else as it is."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from commfinder.errors import InputError
from commfinder.simulation import Organisation, Plan, Work, simulate

BARE = {"groups": {}, "undeclared": 0}
SMALL = Work(groups={"process": 2, "knowledge": 1, "social": 1, "formal-only": 1, "mixed": 1}, size=(10, 14))


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return simulate(150, 1003, weeks=12, plan=Plan(**BARE, work=SMALL))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"groups": {"proces": 1}}, ["'proces'", "Did you mean 'process'?", "type"]),
        ({"groups": {"social": -1}}, ["-1", "whole number"]),
        ({"groups": 3}, ["mapping", "{'process': 3}"]),
        ({"size": (3, 8)}, ["Work.size", "from 8 to 200"]),
        ({"steps": 1}, ["Work.steps", "from 2 to 8"]),
        ({"workers": (1, 9)}, ["Work.workers", "from 1 to 4"]),
        ({"case_ids": 1.2}, ["Work.case_ids", "from 0 to 1"]),
        ({"case_ids": True}, ["Work.case_ids"]),
        ({"order_noise": 0.5}, ["Work.order_noise", "0.4"]),
        ({"order_noise": (0.3, 0.1)}, ["low not above high"]),
        ({"waits": 0}, ["Work.waits"]),
        ({"turnover": "high"}, ["'high'"]),
        ({"gatekeepers": -0.1}, ["Work.gatekeepers"]),
        ({"media": ("emial",)}, ["Did you mean 'email'?"]),
        ({"media": ()}, ["Work.media", "empty"]),
        ({"changed_on": "July"}, ["'July'", "ISO 8601"]),
        ({"changed_on": 20260701}, ["20260701", "ISO 8601"]),
        ({"factor": 0}, ["Work.factor"]),
        ({"changed": 1.5}, ["Work.changed"]),
    ],
)
def test_bad_values_teach(arguments, words):
    with pytest.raises(InputError) as caught:
        Work(**arguments)
    for word in words:
        assert word in str(caught.value)


def test_work_that_does_not_fit_teaches():
    with pytest.raises(InputError, match=r"fewer or smaller groups"):
        simulate(100, plan=Plan(**BARE, work=Work(groups={"knowledge": 12})))
    with pytest.raises(InputError, match=r"Simulate at least 160 people"):
        simulate(100, plan=Plan(**BARE, work=Work(groups={"knowledge": 1}, size=80)))
    with pytest.raises(InputError, match=r"A day inside the simulated span"):
        simulate(100, weeks=8, plan=Plan(**BARE, work=Work(groups={"process": 1}, changed_on="2027-01-01")))
    with pytest.raises(InputError, match=r"A Work, or None, is needed"):
        Plan(work={"process": 2})


def test_work_is_a_value():
    work = Work(groups={"social": 1, "process": 2}, waits=3, media="chat")
    assert work == Work(groups={"process": 2, "social": 1}, waits=(3, 3), media=("chat",))
    assert list(work.groups) == ["process", "social"]
    assert work.total == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        work.waits = 4
    with pytest.raises(TypeError):
        work.groups["process"] = 3
    assert Plan(work=work).to_dict()["work"]["waits"] == [3.0, 3.0]
    assert "work" not in Plan().to_dict()


def test_a_seed_fixes_everything(organisation):
    again, other = (simulate(150, seed, weeks=12, plan=Plan(**BARE, work=SMALL)) for seed in (1003, 1004))
    assert organisation.interactions().equals(again.interactions())
    assert organisation.to_frame().equals(again.to_frame())
    assert not organisation.interactions().equals(other.interactions())
    for name, table in organisation.truth.tables().items():
        assert table.equals(again.truth.tables()[name]), name


def test_all_else_stays_as_it_is_without_work(organisation):
    bare = simulate(150, 1003, weeks=12, plan=Plan(**BARE))
    assert tuple(message for message in organisation.written if not message.case) == bare.written
    assert organisation.people.drop(columns="title").equals(bare.people)
    assert organisation.groups.equals(bare.groups)
    assert organisation.truth.groups.equals(bare.truth.groups)
    frame = organisation.to_frame()
    planted = set(organisation.truth.work_events["event"])
    rest = frame.loc[~frame["event"].isin(planted)].reset_index(drop=True)
    assert rest.equals(bare.to_frame())
    assert "work_groups" not in bare.truth.tables()
    assert "title" not in bare.people
    assert "title" not in simulate(60, weeks=8).people


def test_events_of_the_truth_are_the_events_of_the_data(organisation):
    truth, frame = organisation.truth, organisation.interactions()
    planted = truth.work_events
    assert planted["event"].is_unique
    found = frame.drop_duplicates("event").set_index("event").loc[planted["event"]]
    people = planted["person"].to_numpy() == found["sender"].to_numpy()
    assert people.all()
    assert (found["time"].to_numpy() == planted["time"].to_numpy()).all()
    assert set(planted["case"]) <= set(truth.work_cases["case"])
    assert truth.work_cases["case"].is_unique
    owner = truth.work_cases.set_index("case")["group"]
    assert (planted["case"].map(owner) == planted["group"]).all()
    assert (frame.loc[frame["medium"] == "workflow", "event"].isin(planted["event"])).all()


def test_every_type_is_planted(organisation):
    groups, members = organisation.truth.work_groups, organisation.truth.work_members
    assert groups["type"].value_counts().to_dict() == {
        **dict.fromkeys(("knowledge", "social", "formal-only", "mixed"), 1),
        "process": 2,
    }
    assert members.groupby("group")["person"].nunique().equals(groups.set_index("group")["members"].rename("person"))
    roles = members.merge(groups[["group", "type"]], on="group").groupby("type")["role"].agg(set)
    assert roles.to_dict() == {
        "process": {"worker"},
        "knowledge": {"asker", "answerer"},
        "social": {"member"},
        "formal-only": {"member", "manager"},
        "mixed": {"worker", "asker", "answerer"},
    }
    cases = organisation.truth.work_cases.merge(groups[["group", "type"]], on="group").groupby("type")["what"].agg(set)
    assert cases["process"] == {"case"}
    assert cases["mixed"] == {"case", "question"}
    assert cases["knowledge"] == {"question"}
    assert cases["social"] == cases["formal-only"] == {"talk"}


def test_many_groups_have_processes_of_their_own():
    work = Work(groups={"process": 16, "mixed": 1}, steps=2, workers=1, per_week=1, size=8)
    truth = simulate(200, 1005, weeks=8, plan=Plan(**BARE, work=work)).truth
    assert truth.work_groups["process"].nunique() == 17
    assert truth.work_cases["case"].is_unique


def test_people_who_are_not_seen_leave_nothing():
    organisation = simulate(150, 1006, weeks=8, plan=Plan(**BARE, coverage=0.5, work=SMALL))
    unseen = set(organisation.truth.people.loc[~organisation.truth.people["seen"], "person"])
    assert unseen & set(organisation.truth.work_members["person"])
    for frame in (organisation.interactions(), organisation.clean_frame()):
        assert not unseen & (set(frame["sender"]) | set(frame["recipient"].dropna()))
    assert not unseen & set(organisation.truth.work_events["person"])


def test_small_and_large_organisations_are_quick():
    simulate(60, 1007, weeks=8, plan=Plan(**BARE, work=Work(groups={"process": 1, "formal-only": 1, "social": 1})))
    begun = time.perf_counter()
    organisation = simulate(300, 1008, weeks=26, plan=Plan(**BARE, work=Work()))
    rows = len(organisation.interactions())
    assert rows > 50_000
    assert len(organisation.truth.work_events) > 5_000
    # It takes about a second on a quiet machine.
    assert time.perf_counter() - begun < 20


def test_representation_counts_the_groups(organisation):
    assert "groups of work=6" in repr(organisation)
    assert np.isfinite(organisation.truth.work_groups.loc[0, "waits"])
