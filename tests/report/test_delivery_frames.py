"""What the gate is told of delivery groups: how many hold a role, who takes over, what an hour is worth."""

from __future__ import annotations

import pandas as pd
import pytest

from commfinder.delivery import Cases, DeliveryGroups, Rates, find_delivery_groups
from commfinder.interactions import Interactions
from commfinder.people import Directory
from commfinder.report import Disclosure, delivery_frames
from commfinder.report.delivery_frames import places_of

UNITS = ("desk", "law", "bank", "post")


@pytest.fixture(scope="module")
def people() -> Directory:
    names = [f"{unit}{at}" for unit in UNITS for at in range(7)]
    return Directory.from_frame({"person": names, "unit": [name.rstrip("0123456789") for name in names]})


@pytest.fixture(scope="module")
def deliver(people: Directory) -> DeliveryGroups:
    """Forty cases that pass through four units; the same person of the law unit takes all of them."""
    rows = []
    for case in range(40):
        for place, unit in enumerate(UNITS):
            who = "law0" if unit == "law" else f"{unit}{case % 6}"
            moment = pd.Timestamp("2026-01-05 09:00", tz="UTC") + pd.Timedelta(60 * case + 2 * place, "h")
            rows.append({"sender": who, "thread": str(case), "time": moment, "role": "edit", "space": "permits"})
    log = pd.DataFrame(rows).assign(recipient=None)
    inter = Interactions.from_frame(log, medium="workflow", thread="thread", role="role", space="space")
    return find_delivery_groups(inter, people, shuffles=99)


def test_places_count_the_directory_and_those_who_act(people: Directory) -> None:
    log = {"case": list("1122"), "person": ["desk0", "x", "desk1", "y"], "unit": ["desk", "lab", "desk", "lab"]}
    log |= {"role": ["clerk", "chief", "clerk", "chief"], "time": [1, 2, 3, 4], "activity": ["ask", "do", "ask", "ask"]}
    found = places_of(Cases.of(log), people).set_index("place")
    assert found["people"].to_dict() == {
        **{"ask": 3, "bank": 7, "chief": 2, "clerk": 2, "desk": 7, "do": 1, "lab": 2, "law": 7, "post": 7}
    }
    assert found["unit"].dropna().to_dict() == {"chief": "lab", "clerk": "desk"}


def test_a_group_passes_the_gate_without_its_gatekeeper(deliver: DeliveryGroups, people: Directory) -> None:
    assert deliver["D1"].type == "process"
    frames = delivery_frames(deliver, people, rates=Rates(hourly=(60, 90)))
    assert "law" in frames["gatekeepers"]["step"].tolist()
    assert not frames["handoffs"]["taker"].map(lambda one: isinstance(one, str)).any()
    piece = Disclosure(persons=frozenset(people.people)).release_delivery(**frames)
    row = next(one for one in piece.rows if one["group"] == "D1")
    assert row["path"] == UNITS
    assert (row["gatekept"], row["gatekeepers"]) == (True, ("law",))
    # Whoever takes over in the law unit is one person: its time is told together with that of the next unit.
    assert [stage["before"] for stage in row["stages"]] == [("law", "bank"), ("post",)]
    assert [one["what"] for one in row["worth"]] == ["work saved"]
    assert not set(people.people) & set(str(piece.to_frame().to_dict()).replace("'", " ").split())


def test_a_process_without_a_group_leaves_empty_frames(deliver: DeliveryGroups) -> None:
    none = DeliveryGroups(
        deliver.frame.head(0), deliver.members.head(0), {}, deliver.cases, deliver.losses, deliver.provenance
    )
    frames = delivery_frames(none, rates=Rates(hourly=60))
    assert "worth" not in frames
    assert Disclosure().release_delivery(**frames).rows == ()
