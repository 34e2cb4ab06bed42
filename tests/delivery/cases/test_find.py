"""Finding cases: every way, every bad input counted and told, and the same whatever the order of rows."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.find import find_cases
from commfinder.delivery.cases.value import Cases
from commfinder.errors import InputError
from commfinder.interactions import Interactions
from commfinder.people import Directory

COLUMNS = ("event", "role", "space", "thread", "parent", "activity", "automated")


def interactions(rows, **same):
    """Rows as mappings; times are hours after Monday 2026-07-06."""
    frame = pd.DataFrame([{**same, **row} for row in rows])
    for name, default in (("recipient", None), ("medium", "workflow"), ("role", "edit"), ("source", "log")):
        frame[name] = frame[name].fillna(default) if default and name in frame else frame.get(name, default)
    if "event" not in frame:
        frame["event"] = [f"e{place:04d}" for place in range(len(frame))]
    hours = pd.to_timedelta(frame.pop("at"), unit="h")
    frame["time"] = pd.Timestamp("2026-07-06", tz="UTC") + hours
    named = {name: name for name in COLUMNS if name in frame}
    return Interactions.from_frame(frame, medium="medium", source="log", **named)


def act(thread, sender, at, **more):
    return {"thread": thread, "sender": sender, "at": at, **more}


def reasons(cases):
    return dict(zip(cases.losses["reason"], cases.losses["count"], strict=True))


def counted(cases, words):
    return sum(count for reason, count in reasons(cases).items() if words in reason)


def members(cases):
    """The acts of each case, as text."""
    shown = cases.acts_frame()
    return {case: "".join(part["person"]) for case, part in shown.groupby("case")}


def test_ids_of_worklists_make_cases_by_time():
    inter = interactions([act("1", "b", 2), act("1", "a", 1), act("2", "c", 3)], space="permits")
    cases = find_cases(inter)
    assert members(cases) == {"1": "ab", "2": "c"}
    assert cases.frame["how"].tolist() == ["workflow", "workflow"]
    assert cases.frame["certainty"].tolist() == [1.0, 1.0]
    assert cases.frame["space"].tolist() == ["permits", "permits"]
    assert cases.frame["people"].tolist() == [2, 1]
    assert cases.losses.empty


def test_every_event_is_in_one_case_by_the_surest_way():
    mail = {"medium": "email", "recipient": "z"}
    inter = interactions(
        [
            act("1", "a", 1, recipient=None, space="permits"),
            act("page", "b", 2, medium="wiki", role="edit", recipient=None, space="wiki"),
            act(None, "b", 2, medium="document", role="edit", recipient=None, space="plan.docx"),
            act("t", "c", 3, **mail),
            act(None, "d", 4, event="m1", **mail),
            act(None, "z", 5, parent="m1", medium="email", recipient="d"),
            act(None, "f", 6, medium="email", recipient="g"),
            act(None, "g", 7, medium="email", recipient="h"),
            act(None, "k", 8, medium="meeting", recipient="h"),
        ]
    )
    cases = find_cases(inter)
    assert cases.frame["how"].tolist() == ["workflow", "page", "page", "thread", "reference", "chain"]
    assert cases.acts.n == 8
    assert counted(cases, "meeting") == 1
    assert cases.frame["space"].isna().tolist() == [False, False, True, True, True, True]
    assert find_cases(inter, how=["page", "thread"]).frame["how"].tolist() == ["page", "page", "thread"]
    assert find_cases(inter, how="chain").frame["how"].tolist() == ["chain"]


def test_a_message_alone_in_its_thread_can_be_part_of_a_chain_and_stays_a_case_otherwise():
    rows = [
        act("m1", "a", 1, recipient="b"),
        act("m2", "b", 2, recipient="c"),
        act("m3", "x", 3, recipient="y"),
        act("m4", "a", 4, recipient="y"),
        act("m4", "y", 5, recipient="a"),
    ]
    inter = interactions(rows, medium="email")
    cases = find_cases(inter)
    assert cases.frame["how"].tolist() == ["thread", "thread", "chain"]
    assert members(cases) == {"chain-1": "ab", "m3": "x", "m4": "ay"}
    assert find_cases(inter, how=["thread"]).frame["case"].tolist() == ["m1", "m2", "m3", "m4"]
    assert members(find_cases(inter, how=["chain"])) == {"chain-1": "ab"}


def test_the_same_id_in_two_processes_is_two_cases():
    cases = find_cases(
        interactions([act("7", "a", 1, space="x"), act("7", "b", 2, space="y"), act("8", "a", 3, space="y")])
    )
    assert cases.frame["case"].tolist() == ["x/7", "y/7", "8"]


def test_rows_in_any_order_give_the_same_bytes():
    rng = np.random.default_rng(1000)
    rows = [
        act(str(one % 7), f"p{rng.integers(5)}", int(rng.integers(90)), activity=f"a{one % 3}") for one in range(60)
    ]
    rows += [act(None, f"p{rng.integers(5)}", int(rng.integers(90)), medium="email", recipient="p1") for _ in range(60)]
    rows = [{**row, "event": f"e{place}"} for place, row in enumerate(rows)]
    first = find_cases(interactions(rows))
    mixed = [rows[place] for place in rng.permutation(len(rows))]
    second = find_cases(interactions(mixed))
    assert first.to_json() == second.to_json()
    for name in ("case", "person", "time", "activity", "unit", "role"):
        assert getattr(first.acts, name).tolist() == getattr(second.acts, name).tolist()


def test_an_event_to_several_people_is_one_act():
    rows = [act("t", "a", 1, event="m", medium="email", recipient=one) for one in "bcd"]
    cases = find_cases(interactions(rows))
    assert cases.acts.n == 1
    assert cases.people.tolist() == ["a"]


def test_cases_of_one_person_are_kept_unless_left_out_as_asked():
    inter = interactions([act("1", "a", 1), act("1", "a", 2), act("2", "a", 1), act("2", "b", 2)])
    assert sorted(find_cases(inter).frame["people"]) == [1, 2]
    two = find_cases(inter, min_people=2)
    assert two.frame["case"].tolist() == ["2"]
    assert counted(two, "fewer than 2 people") == 1
    assert len(find_cases(inter, min_people=3)) == 0


def test_the_start_of_work_is_part_of_the_act_that_ends_it():
    rows = [
        act("1", "a", 1, event="s", activity="check"),
        act("1", "a", 3, event="c", activity="check", parent="s"),
        act("1", "b", 4, event="d", activity="pay", parent="c"),
    ]
    cases = find_cases(interactions(rows))
    assert cases.acts.n == 2
    assert (cases.acts.time - cases.acts.started)[0] == 2 * 3_600_000_000
    assert cases.acts.started[1] == NO_TIME
    assert counted(cases, "start of work") == 1
    assert cases.frame["start"].iloc[0] == pd.Timestamp("2026-07-06T01:00Z")


def test_a_start_that_is_scheduled_resumed_or_never_ended():
    rows = [
        act("1", "boss", 0, event="q", activity="check"),
        act("1", "a", 1, event="s", activity="check", parent="q"),
        act("1", "a", 2, event="u", activity="check", parent="s"),
        act("1", "a", 5, event="c", activity="check", parent="s"),
        act("1", "b", 6, event="open", activity="pay"),
    ]
    cases = find_cases(interactions(rows))
    hours = ((cases.acts.time - cases.acts.started)[cases.acts.started != NO_TIME] / 3.6e9).tolist()
    assert cases.people[cases.acts.person].tolist() == ["boss", "a", "b"]
    assert hours == [4.0]


def test_equal_times_are_decided_by_the_event_and_counted():
    rows = [act("1", "b", 1, event="1#000002"), act("1", "a", 1, event="1#000001"), act("1", "c", 2, event="1#000003")]
    cases = find_cases(interactions(rows))
    assert members(cases) == {"1": "abc"}
    line = cases.losses[cases.losses["reason"].str.contains("equal times")].iloc[0]
    assert line["count"] == 1
    assert "50.0% of 2" in line["where"]


def test_an_answer_dated_before_what_it_answers_is_counted():
    rows = [
        act("t", "a", 5, event="q", medium="email", recipient="b"),
        act("t", "b", 4, event="r", parent="q", medium="email", recipient="a"),
        act("t", "a", 6, event="s", parent="r", medium="email", recipient="b"),
    ]
    cases = find_cases(interactions(rows))
    line = cases.losses[cases.losses["reason"].str.contains("dated before")].iloc[0]
    assert line["count"] == 1
    assert "1 of 2 answers" in line["where"]
    assert "3600 s" in line["where"]
    assert cases.acts.n == 3


def test_references_in_a_circle_are_one_case_and_counted():
    mail = {"medium": "email", "recipient": "z"}
    rows = [
        act(None, "a", 1, event="m1", parent="m3", **mail),
        act(None, "b", 2, event="m2", parent="m1", **mail),
        act(None, "c", 3, event="m3", parent="m2", **mail),
        act(None, "d", 4, event="m4", parent="m4", **mail),
        act(None, "e", 5, event="m5", parent="gone", **mail),
        act(None, "f", 6, event="m6", parent="gone", **mail),
    ]
    cases = find_cases(interactions(rows))
    assert sorted(members(cases).values()) == ["abc", "d", "ef"]
    assert counted(cases, "circle") == 2
    assert counted(cases, "not in the data") == 2
    assert (cases.frame["certainty"] == 0).all()


def test_references_that_hold_are_certain():
    mail = {"medium": "email", "recipient": "z"}
    rows = [act(None, "a", 1, event="m1", **mail), act(None, "b", 2, event="m2", parent="m1", **mail)]
    frame = find_cases(interactions(rows)).frame
    assert frame["certainty"].tolist() == [1.0]
    assert frame["how"].tolist() == ["reference"]


def test_a_resource_that_never_sleeps_and_does_most_is_set_aside():
    people = [act(str(one), f"p{one % 4}", one * 24 + 9 + one % 8) for one in range(120)]
    machine = [act(str(one % 120), "112", one) for one in range(1200)]
    cases = find_cases(interactions(people + machine))
    assert cases.people.tolist() == ["p0", "p1", "p2", "p3"]
    assert counted(cases, "habits") == 1200
    # A shift worker who is seen at all hours, but does no more than others, stays.
    shifts = [act(str(one % 120), "night", one) for one in range(0, 1200, 5)]
    many = [act(str(one), f"p{one % 2}", one * 24 + 9 + one % 8) for one in range(240)]
    assert "night" in find_cases(interactions(many + shifts)).people


def test_machines_and_placeholders_are_set_aside_and_counted_per_reason():
    rows = [
        act("1", "a", 1),
        act("1", "no-reply@x.org", 2),
        act("1", "UNKNOWN", 3),
        act("1", "b", 4, automated=True),
        act("2", "no-reply@x.org", 5),
    ]
    cases = find_cases(interactions(rows, automated=False))
    assert members(cases) == {"1": "a"}
    assert counted(cases, "kind or name") == 2
    assert counted(cases, "placeholder for a person") == 1
    assert counted(cases, "as the source says") == 1
    assert counted(cases, "no person acts") == 1


def test_a_placeholder_group_is_no_unit():
    inter = interactions([act("1", "a", 1), act("1", "b", 2), act("1", "c", 3)])
    directory = Directory.from_frame(
        {"person": ["a", "b"], "unit": ["EMPTY", "Group 4"], "title": ["clerk", "clerk"], "manager": [None, "a"]}
    )
    cases = find_cases(inter, directory)
    assert cases.units.tolist() == ["Group 4"]
    assert cases.roles.tolist() == ["Group 4 / clerk", "clerk"]
    assert cases.unit_of.tolist() == [-1, 0, -1]
    assert cases.manager_of.tolist() == [-1, 0, -1]
    assert cases.acts.role.tolist() == [1, 0, -1]
    assert counted(cases, "unit is a placeholder") == 1


def test_a_unit_is_that_of_the_day():
    directory = Directory.from_frame(
        {"person": ["a", "a"], "unit": ["old", "new"], "since": ["2020-01-01", "2026-07-07"]}
    )
    cases = find_cases(interactions([act("1", "a", 1), act("1", "a", 30)]), directory)
    assert cases.units[cases.acts.unit].tolist() == ["old", "new"]
    assert cases.units[cases.unit_of].tolist() == ["new"]


def test_open_cases_are_those_that_end_near_the_end_without_a_closing_act():
    rows = []
    for case in range(20):
        rows += [act(str(case), "a", case * 10, activity="ask"), act(str(case), "b", case * 10 + 5, activity="close")]
    rows += [act("late", "a", 194, activity="ask"), act("early", "a", 20, activity="ask")]
    frame = find_cases(interactions(rows)).frame.set_index("case")
    assert frame.index[frame["open"]].tolist() == ["late"]
    quiet = find_cases(interactions([{**row, "activity": None} for row in rows])).frame.set_index("case")
    assert sorted(quiet.index[quiet["open"]]) == ["19", "late"]


def test_rows_without_a_time_are_counted():
    frame = pd.DataFrame({"sender": ["a", "b"], "recipient": ["b", "c"], "thread": ["1", "1"]})
    cases = find_cases(Interactions.from_frame(frame, thread="thread"))
    assert len(cases) == 0
    assert counted(cases, "no time") == 2
    assert cases.period is None
    assert isinstance(cases, Cases)


def test_people_who_come_by_way_of_a_source_have_its_unit():
    inter = interactions([act("1", "a", 1), act("1", "b", 2)])
    accounts = pd.DataFrame(
        {"account": ["a", "b"], "address": None, "name": None, "kind": "person", "guest": False, "unit": ["x", "-"]}
    ).assign(source="log")
    object.__setattr__(inter, "accounts", accounts)
    memberships = pd.DataFrame({"space": ["x"], "account": ["a"], "since": pd.NaT, "until": pd.NaT, "role": ["clerk"]})
    object.__setattr__(inter, "memberships", memberships.assign(source="log"))
    cases = find_cases(inter)
    assert cases.roles.tolist() == ["x / clerk"]
    assert cases.unit_of.tolist() == [0, -1]


@pytest.mark.parametrize(
    "options", [{"how": ["magic"]}, {"how": []}, {"gap_days": 0}, {"gap_days": float("nan")}, {"min_people": 0}]
)
def test_options_that_are_none_are_said(options):
    with pytest.raises(InputError):
        find_cases(interactions([act("1", "a", 1)]), **options)
