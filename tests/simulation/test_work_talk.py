"""Groups without a process talk as they are meant to: who answers, when, with whom, in what order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.simulation import Organisation, Plan, Work, simulate

WORK = Work(
    groups={"knowledge": 4, "social": 4, "formal-only": 4, "mixed": 1},
    size=(20, 30),
    circle=(5, 8),
    threads=(8, 10),
    unanswered=(0.3, 0.4),
    off_hours=0.6,
    turnover=0.4,
    talks=(1, 1.5),
)


@pytest.fixture(scope="module", params=[1030, 1031])
def organisation(request) -> Organisation:
    return simulate(300, request.param, weeks=26, plan=Plan(groups={}, undeclared=0, sites=1, work=WORK))


@pytest.fixture(scope="module")
def said(organisation) -> pd.DataFrame:
    """The messages of planted work, one row per message and recipient, and posts to nobody."""
    planted = organisation.truth.work_events[["event", "case", "group"]]
    rows = organisation.interactions().merge(planted, on="event")
    return rows.merge(organisation.truth.work_groups[["group", "type"]], on="group")


def test_many_questions_have_no_answer(organisation, said):
    posts = said.loc[said["type"] == "knowledge"].drop_duplicates("event")
    alone = posts.groupby(["group", "case"]).size().eq(1).groupby("group").mean()
    drawn = organisation.truth.work_groups.set_index("group")["unanswered"]
    for group, share in alone.items():
        assert share == pytest.approx(drawn[group], abs=0.12)


def test_many_ask_and_few_answer(organisation, said):
    posts = said.loc[said["type"] == "knowledge"].drop_duplicates("event").sort_values("time")
    first = posts.groupby("case")["event"].transform("first") == posts["event"]
    asker = posts["case"].map(posts.loc[first].set_index("case")["sender"])
    answers = posts.loc[~first & (posts["sender"] != asker)]
    for group, rows in answers.groupby("group"):
        few = rows["sender"].value_counts(normalize=True).head(4).sum()
        asked = posts.loc[first & (posts["group"] == group), "sender"].value_counts(normalize=True).head(4).sum()
        assert few > 0.6
        assert asked < few - 0.2
    members = organisation.truth.work_members
    assert set(members.loc[members["role"] == "answerer", "person"]) & set(answers["sender"])


def test_answers_come_after_the_question_in_no_other_order(said):
    posts = said.loc[said["type"] == "knowledge"].drop_duplicates("event").sort_values("time", kind="stable")
    early = late = 0
    for _, rows in posts.groupby("group"):
        firsts = [list(dict.fromkeys(people))[1:] for people in rows.groupby("case")["sender"].agg(list)]
        counts: dict[tuple[str, str], int] = {}
        for people in firsts:
            for n, one in enumerate(people):
                for other in people[n + 1 :]:
                    counts[one, other] = counts.get((one, other), 0) + 1
        for (one, other), count in counts.items():
            if one < other or (other, one) not in counts:
                both = (count, counts.get((other, one), 0))
                if sum(both) >= 5:
                    early, late = early + max(both), late + min(both)
    # The larger of two fair shares of five or more is about six in ten.
    assert 0.5 <= early / (early + late) < 0.72


def test_members_of_communities_come_and_go(organisation, said):
    members = organisation.truth.work_members.query("role == 'asker'")
    moved = (members["since"] != "") | (members["until"] != "")
    assert moved.mean() == pytest.approx(0.4, abs=0.15)
    talked = said.loc[said["type"] == "knowledge"].merge(
        members, left_on=["group", "sender"], right_on=["group", "person"], suffixes=("", "_member")
    )
    late = talked.loc[talked["since"] != ""]
    assert len(late) > 20
    # Thanks for an answer may come a few days after somebody left.
    opened = talked.groupby("case")["time"].transform("min")
    day = opened.dt.strftime("%Y-%m-%d")
    asked = talked.drop_duplicates("case")
    assert (day[asked.index] >= asked["since"]).all()
    assert ((day[asked.index] <= asked["until"]) | (asked["until"] == "")).all()


def test_circles_talk_outside_working_hours_and_all_alike(organisation, said):
    local = said["time"] + pd.Timedelta(hours=2)
    free = (local.dt.day_of_week >= 5) | (local.dt.hour < 9) | (local.dt.hour >= 17) | (local.dt.hour == 12)
    shares = free.groupby(said["type"]).mean()
    assert shares["social"] > shares["formal-only"] + 0.25
    rows = said.loc[said["type"] == "social"]
    units = organisation.truth.work_groups.set_index("type").loc["social", "units"]
    assert (units >= 2).all()
    sent = rows.drop_duplicates("event").groupby(["group", "sender"]).size()
    spread = sent.groupby("group").agg(["min", "max"])
    assert (spread["max"] < 6 * spread["min"]).all()
    ways = rows.groupby(["sender", "recipient"]).size()
    both = ways.index.swaplevel().isin(ways.index)
    assert both.mean() > 0.8
    assert rows.groupby("case")["sender"].nunique().mean() < 3


def test_teams_talk_along_the_chart(organisation, said):
    structure = organisation.structure
    place = {person: index for index, person in enumerate(structure.ids)}
    rows = said.loc[said["type"] == "formal-only"]
    one, other = rows["sender"].map(place).to_numpy(), rows["recipient"].map(place).to_numpy()
    manager = structure.manager
    along = (manager[one] == other) | (manager[other] == one) | (manager[one] == manager[other])
    lead = set(organisation.truth.work_members.query("role == 'manager'")["person"])
    # In rounds the head of two teams writes to all of both, and they answer.
    with_lead = rows["sender"].isin(lead).to_numpy() | rows["recipient"].isin(lead).to_numpy()
    assert (along | with_lead).all()
    rounds = rows.groupby("case")["recipient"].transform("nunique") > 2
    assert along[~rounds].all()
    assert 0.05 < rounds.groupby(rows["case"]).first().mean() < 0.25
    assert (structure.unit[one] == structure.unit[other]).all()
    assert (organisation.truth.work_groups.query("type == 'formal-only'")["units"] == 1).all()


def test_mixed_groups_do_both(organisation, said):
    rows = said.loc[said["type"] == "mixed"]
    cases = organisation.truth.work_cases.set_index("case")["what"]
    kinds = rows["case"].map(cases)
    assert {"case", "question"} == set(kinds)
    members = organisation.truth.work_members.merge(
        organisation.truth.work_groups.query("type == 'mixed'")[["group"]], on="group"
    )
    working = set(members.loc[members["role"] == "worker", "person"])
    asking = set(members.loc[members["role"] != "worker", "person"])
    assert working & asking
    assert asking - working
    assert set(rows.loc[rows["medium"] == "workflow", "sender"]) - {"SYSTEM", "x0112"} <= working


@pytest.mark.parametrize("medium", ["email", "chat", "channel"])
def test_media_carry_what_they_are_asked_to(medium):
    work = Work(groups={"process": 1, "social": 1, "formal-only": 1}, media=medium, case_ids=0, units=1, circle=4)
    organisation = simulate(150, 1032, weeks=10, plan=Plan(groups={}, undeclared=0, work=work))
    planted = organisation.truth.work_events[["event", "group"]]
    rows = organisation.interactions().merge(planted, on="event")
    circle = rows.loc[rows["group"] == "W02"]
    assert (circle["medium"] == ("email" if medium == "email" else "chat")).all()
    if medium == "channel":
        assert set(circle["space"]) == {"lounge-w02"}
        assert set(circle["role"]) <= {"mention", "reply", "to"}
    names = {channel.name for channel in organisation.channels}
    assert set(circle["space"].dropna()) <= names if medium == "channel" else "lounge-w02" not in names
    on_chat = set(np.array(organisation.structure.ids)[organisation.structure.on_slack])
    assert set(rows.loc[rows["medium"] == "chat", "sender"]) <= on_chat
