"""Real event logs: cases, order and groups come out of them, and what is odd in them is counted, not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import commfinder as cf
from commfinder.delivery import Cases, DeliveryGroups, Handoffs, find_cases, hand_offs, order_levels

pytestmark = pytest.mark.real

LOGS = {"receipt": "08_receipt.xes.gz", "helpdesk": "helpdesk.xes.gz", "loans": "bpic2012.xes.gz"}
CASES = {"receipt": 1_434, "helpdesk": 4_580, "loans": 13_087}
EVENTS = {"receipt": 8_577, "helpdesk": 21_348, "loans": 262_200}
SMALL = (
    "03_repairExample.xes.gz",
    "running-example.xes",
    "running-example.csv",
    "xes_20.xes",
    "roadtraffic100traces.xes",
)

MACHINE = "112"

# Wide bounds, of what is known of these logs: no setting was chosen to meet them.
ORDERED, TALK, LIST = 0.75, 0.65, 0.65


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    """The folder of event logs."""
    if not (real_data / "workflow").is_dir():
        pytest.skip("the event logs are not beside the project (../shared/data/workflow)")
    return real_data / "workflow"


@pytest.fixture(scope="module")
def logs(folder: Path) -> dict[str, tuple[cf.Interactions, Cases]]:
    """Every large log, read once, with its cases."""
    read = {name: cf.read(folder / file) for name, file in LOGS.items()}
    return {name: (inter, find_cases(inter)) for name, inter in read.items()}


@pytest.fixture(scope="module")
def groups(logs: dict[str, tuple[cf.Interactions, Cases]]) -> dict[str, DeliveryGroups]:
    """The delivery groups of the two smaller of them."""
    return {name: cf.find_delivery_groups(logs[name][0], shuffles=99) for name in ("receipt", "helpdesk")}


@pytest.mark.parametrize("log", LOGS)
def test_no_event_is_lost_unseen(logs, log):
    inter, cases = logs[log]
    skipped = inter.losses.loc[inter.losses["reason"] == "events without a resource", "count"].sum()
    assert len(inter) + skipped == EVENTS[log]
    rows = inter.to_frame()
    assert rows["thread"].nunique() == CASES[log]
    # A case that nobody but a machine touched is no work of people.
    assert len(cases) == rows.loc[rows["sender"] != MACHINE, "thread"].nunique()
    assert set(cases.frame["how"]) == {"workflow"}
    assert (cases.frame["certainty"] == 1).all()
    assert (np.diff(cases.acts.case) >= 0).all()
    again = cases.acts.case[1:] == cases.acts.case[:-1]
    assert (np.diff(cases.acts.time)[again] >= 0).all()


def test_an_automatic_resource_is_nobody(logs):
    inter, cases = logs["loans"]
    assert MACHINE in inter.people
    assert MACHINE not in cases.people
    told = cases.losses
    assert told.loc[told["reason"].str.contains("machine|automat", case=False), "count"].sum() > 10_000


def test_a_placeholder_is_no_unit(logs):
    inter, cases = logs["receipt"]
    assert "EMPTY" not in cases.units
    assert not any("EMPTY" in role for role in cases.roles)
    assert 5 <= len(cases.units) <= 10
    told = inter.losses[inter.losses["reason"].str.contains("placeholder")]
    assert told["count"].tolist() == [1_936]


def test_cases_that_may_go_on_are_told(logs):
    for log, (_, cases) in logs.items():
        assert 0 < cases.frame["open"].mean() < 0.5, log
        last = cases.frame["end"].max()
        assert (last - cases.frame.loc[cases.frame["open"], "end"]).median() < (last - cases.frame["end"]).median(), log


def test_processes_have_an_order_and_talk_has_less(logs, real_data):
    orders = {name: order_levels(cases, shuffles=99) for name, (_, cases) in logs.items()}
    for log in ("receipt", "helpdesk"):
        assert orders[log].person.value > ORDERED, log
        assert orders[log].person.p <= 0.01
    # Interchangeable workers: their activities have an order, they themselves hardly any.
    assert orders["loans"].person.value < 0.75 < orders["loans"].activity.value
    for folder, bound in (("zulip-ncar", TALK), ("r-sig-finance", LIST)):
        if (real_data / folder).is_dir():
            talk = order_levels(find_cases(cf.read(real_data / folder)), shuffles=99).person
            assert talk.pairs > 100
            assert talk.value < bound, folder


@pytest.mark.parametrize("log", LOGS)
def test_handoffs_are_between_two_people_of_a_case(logs, log):
    _, cases = logs[log]
    handed: Handoffs = hand_offs(cases)
    assert len(handed.case) > 1_000
    assert (handed.giver != handed.taker).all()
    assert (handed.taken >= handed.left).all()
    assert (handed.elapsed >= 0).all()
    known = handed.waiting[~np.isnan(handed.waiting)]
    assert (known >= 0).all()


@pytest.mark.parametrize("log", ["receipt", "helpdesk"])
def test_groups_of_a_process_are_told(groups, log):
    found = groups[log]
    frame = found.to_frame()
    assert len(frame) >= 1
    whole = frame[frame["origin"] == "process"]
    assert whole["type"].isin(["process", "mixed", "abstain"]).all()
    assert frame["cases"].min() >= 10
    assert frame["order"].dropna().between(0, 1).all()
    assert frame["probability"].dropna().between(0.6, 1).all()
    assert frame["cycle_median_hours"].dropna().ge(0).all()
    assert set(found.members["group"]) == set(frame["group"])


@pytest.mark.parametrize("log", ["receipt", "helpdesk"])
def test_no_group_with_an_order_is_called_talk(groups, log):
    frame = groups[log].to_frame()
    ordered = frame[(frame["order"] >= ORDERED) & (frame["order_p"] <= 0.05)]
    assert not ordered["type"].isin(["knowledge", "social"]).any()


def test_the_whole_process_is_among_the_groups(groups):
    for log, found in groups.items():
        assert found.to_frame()["size"].max() >= 10, log


@pytest.mark.parametrize("file", SMALL)
def test_small_logs_crash_nothing(folder, file):
    inter = cf.read(folder / file)
    cases = find_cases(inter)
    found = cf.find_delivery_groups(inter, shuffles=99)
    assert len(found) <= len(cases)
    assert not cases.frame["case"].duplicated().any()


@pytest.mark.parametrize("file", ["example_log.jsonocel", "ocel20_example.jsonocel", "ocel20_example.sqlite"])
def test_object_centric_logs_crash_nothing(folder, file):
    inter = cf.read(folder / "ocel" / file)
    cases = find_cases(inter)
    assert (len(cases) > 0) == (len(inter) > 0)
