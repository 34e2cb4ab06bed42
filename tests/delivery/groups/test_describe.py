"""From a candidate to a described group: which cases are its own, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import Cases, find_cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.groups.describe import Wanted, describe, evidence_of, evidence_of_all
from commfinder.delivery.groups.find import background_of
from commfinder.delivery.groups.group import DeliveryGroup
from commfinder.delivery.impact.times import measure_times
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.kind import type_of
from commfinder.delivery.order.nulls import StandIns, null_frame, time_null
from commfinder.delivery.order.together import excess_pairs
from commfinder.interactions import Interactions
from commfinder.people import Directory
from commfinder.provenance import record

CHART = {"ada": "desk", "ben": "law", "cem": "works", "dan": "desk", "eve": "law", "fay": "works", "gus": "art"}
DAY = pd.Timestamp("2026-01-05 09:00", tz="UTC")


def world(*, medium: str = "workflow") -> tuple[Cases, Background]:
    """Forty cases desk - law - works in a workflow system, and forty short talks of two of the same people."""
    rng = np.random.default_rng(1)
    steps = [[str(rng.choice(pool)) for pool in (["ada", "dan"], ["ben", "eve"], ["cem", "fay"])] for _ in range(40)]
    rows = [
        (f"p{case}", f"p{case}#{place}", who, case * 48 + place * 30, medium, "permits")
        for case, people in enumerate(steps)
        for place, who in enumerate(people)
    ]
    rows += [
        (f"t{talk}", f"t{talk}#{place}", who, talk * 48 + 12 + place / 60, "chat", "room")
        for talk in range(40)
        for place, who in enumerate([["ada", "dan"], ["ben", "eve"]][talk % 2])
    ]
    frame = pd.DataFrame(rows, columns=["thread", "event", "sender", "hour", "medium", "space"])
    frame["time"] = DAY + pd.to_timedelta(frame.pop("hour"), unit="h")
    frame = frame.assign(recipient=None, role=np.where(frame["medium"] == "workflow", "edit", "to"))
    names = {name: name for name in ("event", "thread", "role", "space")}
    inter = Interactions.from_frame(frame, medium="medium", **names)
    directory = Directory.from_frame({"person": list(CHART), "unit": list(CHART.values())})
    cases = find_cases(inter, directory)
    return cases, background_of(inter, directory, cases, [], None)


def wanted_of(cases: Cases, origin: str, people: Sequence[str]) -> Wanted:
    """A group of some people, with all cases or those of the permits."""
    members = np.flatnonzero(np.isin(cases.people.astype(str), people))
    space = np.flatnonzero(cases.frame["space"] == "permits")
    everything = np.arange(len(cases))
    rows_of = space if origin == "process" else everything
    return Wanted("x", origin, tuple(sorted(people)), members, rows_of, everything)


def described(origin: str, *, medium: str = "workflow") -> DeliveryGroup:
    """Describe the six people of the cases."""
    cases, background = world(medium=medium)
    wanted = wanted_of(cases, origin, list(CHART)[:6])
    known = evidence_of(wanted, cases, background, StandIns(cases), calendar=None, shuffles=99, seed=0)
    together = excess_pairs(cases)
    excess = together[together["q"] <= 0.05]
    return describe(wanted, known, type_of(known.facts), cases, None, excess=excess, provenance=record("test"), seed=0)


@pytest.fixture(scope="module")
def declared() -> DeliveryGroup:
    return described("declared")


def test_the_type_rests_on_all_work_of_the_members(declared):
    assert declared.facts.cases == 80
    assert declared.facts.parts == 2


def test_of_a_group_that_delivers_talk_of_two_is_no_case(declared):
    assert declared.type in ("process", "mixed")
    assert len(declared.cases) == 40
    assert set(declared.cases.frame["space"]) == {"permits"}
    # Three steps of thirty hours each: short talks would pull the median to nothing.
    assert declared.times.value("cycle_median") > 8


def test_a_whole_process_keeps_the_cases_of_its_space():
    found = described("process")
    assert len(found.cases) == 40
    assert found.facts.cases == 80


def test_handoffs_are_numbered_by_the_cases_of_the_group(declared):
    assert declared.handoffs.case.max() < len(declared.cases)
    assert declared.handoffs.n == 80


def test_in_a_closed_workforce_no_pair_meets_in_excess(declared):
    assert declared.excess_pairs == 0.0


def test_a_group_knows_its_nulls_and_its_steps(declared):
    assert set(declared.nulls["null"]) == {"people", "order", "times"}
    assert declared.path == ("desk", "law", "works")
    assert declared.steps["people"].tolist() == [2, 2, 2]
    assert declared.gatekeepers.empty
    assert declared.patterns[0].roles == ("desk", "law", "works")


def test_what_is_worked_out_later_is_that_of_the_own_cases(declared):
    work = declared.cases.select(persons=np.flatnonzero(np.isin(declared.cases.people.astype(str), list(CHART)[:6])))
    later = null_frame((*declared.grounds.beyond.tests, *time_null(work, shuffles=99)))
    pd.testing.assert_frame_equal(declared.nulls, later, check_exact=True)
    times = measure_times(declared.cases, hand_offs(work))
    pd.testing.assert_frame_equal(declared.times.to_frame(), times.to_frame(), check_exact=True)
    assert declared.times is declared.times and declared.nulls is declared.nulls


def test_cycle_times_are_those_of_the_times(declared):
    assert declared.cycle_median_hours == declared.times.value("cycle_median")
    assert declared.cycle_p85_hours == declared.times.value("cycle_p85")


def test_a_group_of_talk_has_no_path_and_no_patterns():
    talk = described("declared", medium="chat")
    assert talk.type not in ("process", "mixed") or talk.path
    if not talk.path:
        assert talk.patterns == () and talk.steps.empty and talk.gatekeepers.empty and talk.single_points.empty


def test_many_groups_are_known_as_each_alone_and_in_their_order():
    cases, background = world()
    people = [list(CHART)[:6], ["ada", "ben", "cem"], ["dan", "eve"], ["gus"], list(CHART)]
    groups = [wanted_of(cases, "declared", one) for one in people]
    options = {"calendar": None, "shuffles": 99, "seed": 3}
    alone = [evidence_of(one, cases, background, StandIns(cases), **options) for one in groups]
    together = list(evidence_of_all(groups, cases, background, StandIns(cases), **options))
    assert [repr(one.facts) for one in together] == [repr(one.facts) for one in alone]
    assert len({repr(one.facts) for one in alone}) == len(groups)
    for one, other in zip(together, alone, strict=True):
        pd.testing.assert_frame_equal(one.order.to_frame(), other.order.to_frame(), check_exact=True)


@pytest.mark.parametrize("origin", ["process", "declared"])
def test_own_cases_are_those_that_are_selected(origin):
    cases, _ = world()
    found, rows = described(origin).cases, np.flatnonzero(cases.frame["space"] == "permits")
    plain = cases.select(cases=rows)
    pd.testing.assert_frame_equal(found.frame, plain.frame, check_exact=True)
    for name in ("case", "person", "time", "started", "activity", "unit", "role"):
        one, other = getattr(found.acts, name), getattr(plain.acts, name)
        assert one.dtype == other.dtype and one.tolist() == other.tolist()
    assert found.provenance == plain.provenance
