"""The straight line from interactions to described groups."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.groups.find import find_delivery_groups
from commfinder.delivery.groups.value import COLUMNS, DeliveryGroups
from commfinder.errors import InputError
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")
CHART = {
    **{"ada": "desk", "dan": "desk", "ben": "law", "cem": "works", "fay": "works"},
    **{"gus": "art", "hal": "law", "ida": "works", "joe": "desk", "kim": "art", "leo": "law"},
}


def table(cases: list[tuple[str, list[str]]], *, every: float, space: str, medium: str) -> pd.DataFrame:
    """One row for each act; two hours from act to act."""
    rows = [
        (name, f"{name}#{number}", person, place * every + 9 + 2 * number)
        for place, (name, people) in enumerate(cases)
        for number, person in enumerate(people)
    ]
    frame = pd.DataFrame(rows, columns=["thread", "event", "sender", "hour"])
    frame["time"] = MONDAY + pd.to_timedelta(frame.pop("hour"), unit="h")
    return frame.assign(recipient=None, role="edit", medium=medium, space=space)


def organisation() -> pd.DataFrame:
    """A permit process in a workflow system, and a help channel."""
    rng = np.random.default_rng(1)
    permits = [(f"p{n}", [str(rng.choice(["ada", "dan"])), "ben", ["cem", "fay"][n % 2]]) for n in range(60)]
    helpers = ["gus", "hal", "ida", "joe", "kim", "leo"]
    threads = [(f"t{n}", [str(one) for one in rng.permutation(helpers)[:3]]) for n in range(60)]
    parts = [
        table(permits, every=40, space="permits", medium="workflow"),
        table(threads, every=41, space="help", medium="chat").assign(role="to"),
    ]
    return pd.concat(parts, ignore_index=True)


def interactions(frame: pd.DataFrame) -> Interactions:
    names = {name: name for name in ("event", "thread", "role", "space")}
    return Interactions.from_frame(frame, medium="medium", **names)


DIRECTORY = Directory.from_frame({"person": list(CHART), "unit": list(CHART.values())})


@pytest.fixture(scope="module")
def found() -> DeliveryGroups:
    groups = DeclaredGroups.from_frame(
        {"group": ["helpers"] * 6 + ["pair"] * 2, "person": ["gus", "hal", "ida", "joe", "kim", "leo", "ada", "zoe"]}
    )
    return find_delivery_groups(interactions(organisation()), DIRECTORY, groups=groups, shuffles=99)


def test_the_process_is_found_with_its_people_and_its_path(found):
    group = found["D1"]
    assert set(group.members["person"]) == {"ada", "dan", "ben", "cem", "fay"}
    assert group.path == ("desk", "law", "works")
    assert group.type == "process"
    assert group.probability >= 0.6
    assert len(group.cases) == 60
    assert group.single_points["step"].tolist() == ["law"]
    assert "ben" in group.gatekeepers["person"].tolist()
    assert group.informal_share == 1.0
    assert group.variants[0].roles == ("desk", "law", "works")
    assert group.times.value("handoffs_per_case") == 2.0
    assert repr(group).startswith("<DeliveryGroup D1: process (")


def test_a_help_channel_delivers_no_process(found):
    assert found["helpers"].type != "process"
    assert found["helpers"].origin == "declared"
    assert found["helpers"].kind.probabilities[0] < 0.3
    assert found["helpers"].path == ()
    assert found["helpers"].gatekeepers.empty


def test_a_pair_is_too_few_to_judge(found):
    pair = found["pair"]
    assert pair.type == "abstain"
    assert np.isnan(pair.probability)
    assert len(pair.members) == 2
    assert (found.losses["reason"] == "listed member acts on no case").any()


def test_the_frame_has_the_columns_that_were_promised(found):
    frame = found.to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["group"].tolist()[0] == "D1"
    assert frame["group"].tolist()[-2:] == ["helpers", "pair"]
    row = frame.set_index("group").loc["D1"]
    assert row["path"] == "desk → law → works"
    assert row["order"] == 1.0
    assert row["gatekeepers"] == "ben"
    assert row["cycle_median_hours"] == pytest.approx(4.0, abs=4.0)
    spoken = frame["type"] != "abstain"
    assert frame.loc[spoken, "probability"].between(0.6, 1).all()
    assert frame.loc[~spoken, "probability"].isna().all()


def test_sentences_name_nobody(found):
    words = found.to_frame()[["reason", "support", "fact_1", "fact_2", "fact_3", "path"]]
    text = " ".join(words.to_numpy(dtype=str).ravel())
    assert not [name for name in CHART if name in text.split()]
    assert "nan" not in text.split()


def test_members_of_all_groups_are_one_frame(found):
    assert set(found.members["group"]) == set(found.names)
    assert (found.members["group"] == "D1").sum() == 5


def test_json_is_valid_and_small_things_agree(found):
    document = json.loads(found.to_json())
    assert document["schema"] == "commfinder/delivery/1"
    assert len(document["rows"]) == len(found) == len(list(found))
    assert found.of_type("process")[0].name == "D1"
    assert "process" in repr(found)
    assert json.loads(found["D1"].to_json())["rows"][0]["step"] == "desk"


def test_same_input_same_bytes_whatever_the_order_of_rows(found):
    groups = DeclaredGroups.from_frame(
        {"group": ["helpers"] * 6 + ["pair"] * 2, "person": ["gus", "hal", "ida", "joe", "kim", "leo", "ada", "zoe"]}
    )
    again = organisation().sample(frac=1, random_state=3)
    other = find_delivery_groups(interactions(again), DIRECTORY, groups=groups, shuffles=99)
    assert other.to_json() == found.to_json()
    assert other.members.equals(found.members)


def test_where_there_is_nothing_it_says_so():
    frame = table([("a", ["ada", "ben", "cem"]), ("b", ["ada", "ben"])], every=40, space="x", medium="workflow")
    nothing = find_delivery_groups(interactions(frame), DIRECTORY)
    assert len(nothing) == 0
    assert "none found in 2 cases" in repr(nothing)
    assert nothing.losses["reason"].str.contains("no group was found: 1 of 2 cases").any()
    assert list(nothing.to_frame().columns) == list(COLUMNS)
    assert nothing.to_json()
    with pytest.raises(InputError, match="No group was found"):
        nothing["D1"]


def test_without_a_directory_the_sources_are_all_there_is():
    lone = find_delivery_groups(interactions(organisation()), shuffles=99)
    group = next(one for one in lone if set(one.members["person"]) == {"ada", "dan", "ben", "cem", "fay"})
    assert group.path == ()
    assert np.isnan(group.informal_share)
    assert group.facts.units == 0


def test_a_wrong_name_or_type_is_helped(found):
    with pytest.raises(InputError, match="Did you mean"):
        found["helper"]
    with pytest.raises(InputError, match="knowlege"):
        found.of_type("knowlege")


@pytest.mark.parametrize(
    "wrong", [{"min_cases": 1}, {"shuffles": 9}, {"seed": -1}, {"calendar": "9 to 5"}, {"min_cases": 2.5}]
)
def test_options_are_checked(wrong):
    with pytest.raises(InputError):
        find_delivery_groups(interactions(organisation().head(30)), DIRECTORY, **wrong)


def test_the_calendar_is_that_of_the_times():
    rows = organisation()
    day = find_delivery_groups(interactions(rows), DIRECTORY, shuffles=99)["D1"]
    always = BusinessHours.always()
    whole = find_delivery_groups(interactions(rows), DIRECTORY, calendar=always, shuffles=99)["D1"]
    assert whole.calendar == always
    assert whole.times.value("cycle_median") == pytest.approx(4.0)
    assert day.times.value("cycle_median") <= 4.0


def test_relations_without_times_make_no_groups():
    survey = Interactions.from_frame(pd.DataFrame({"sender": ["a", "b"], "recipient": ["b", "a"]}), medium="survey")
    groups = DeclaredGroups.from_frame({"group": ["x"] * 3, "person": ["a", "b", "c"]})
    found = find_delivery_groups(survey, groups=groups)
    assert found.to_frame()["type"].tolist() == ["abstain"]
    assert "0 cases" in found["x"].kind.reason
    assert found["x"].members["cases"].tolist() == [0, 0, 0]
