"""A group as a value: its path, whom it hangs on, and who its members are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.groups.group import member_frame, sort_of_step, step_frame, steps_of
from commfinder.delivery.order.paths import usual_path

ROLE = {"ada": "desk", "dan": "desk", "ben": "law", "cem": "works", "fay": "works", "gus": "works"}


def cases_of(sequences: list[list[str]], *, roles: dict[str, str] | None = ROLE, **more: object) -> Cases:
    rows = [(number, person) for number, people in enumerate(sequences) for person in people]
    frame = pd.DataFrame(rows, columns=["case", "person"])
    frame["time"] = np.arange(len(frame)) * 3_600_000_000
    if roles is not None:
        frame["role"] = frame["unit"] = frame["person"].map(roles)
    return Cases.of(frame.assign(**more))


@pytest.fixture(scope="module")
def work() -> Cases:
    """Two at the desk take turns, one lawyer does all, and of three in the works one does most."""
    works = ["cem"] * 17 + ["fay", "gus", "fay"]
    return cases_of([[("ada", "dan")[number % 2], "ben", works[number]] for number in range(20)])


def steps(work: Cases) -> pd.DataFrame:
    path = steps_of(usual_path(work, by="role"))
    return step_frame(work, hand_offs(work), path, "role")


def test_the_path_is_that_of_the_roles(work):
    assert sort_of_step(work) == "role"
    assert steps(work)["step"].tolist() == ["desk", "law", "works"]
    assert steps(work)["position"].is_monotonic_increasing


def test_steps_know_who_staffs_them_and_who_is_alone(work):
    found = steps(work).set_index("step")
    assert found["people"].to_dict() == {"desk": 2, "law": 1, "works": 3}
    assert found["cases"].to_dict() == {"desk": 20, "law": 20, "works": 20}
    assert found["handoffs"].to_dict() == {"desk": 20, "law": 40, "works": 20}
    assert found["single"].to_dict() == {"desk": False, "law": True, "works": False}


def test_a_gatekeeper_is_whoever_most_handoffs_go_through(work):
    found = steps(work).set_index("step")
    assert found["gatekeeper"].to_dict() == {"desk": False, "law": True, "works": True}
    assert found.loc["works", "person"] == "cem"
    assert found.loc["works", "share"] == pytest.approx(17 / 20)


def test_a_few_handoffs_make_no_gatekeeper():
    assert not steps(cases_of([["ada", "ben", "cem"]] * 4)).set_index("step").loc["works", "gatekeeper"]


def test_rare_roles_are_no_steps():
    often = [["ada", "ben", "cem"]] * 18
    rare = [["ada", "ben", "zed", "cem"]] * 2
    found = cases_of(often + rare, roles={**ROLE, "zed": "audit"})
    assert steps_of(usual_path(found, by="role")) == ("desk", "law", "works")


def test_without_roles_activities_are_the_steps():
    plain = cases_of([["ada", "ben", "cem"]] * 12, roles=None, activity=["ask", "check", "grant"] * 12)
    assert sort_of_step(plain) == "activity"
    path = steps_of(usual_path(plain, by="activity"))
    assert path == ("ask", "check", "grant")
    found = step_frame(plain, hand_offs(plain), path, "activity")
    assert found["people"].tolist() == [1, 1, 1]
    assert found["single"].all()


def test_with_neither_there_are_no_steps():
    plain = cases_of([["ada", "ben", "cem"]] * 12, roles=None)
    assert sort_of_step(plain) == ""
    assert len(step_frame(plain, hand_offs(plain), (), "")) == 0


def test_members_are_in_order_of_their_place_and_strangers_to_all_cases_come_last(work):
    found = member_frame("D1", [*ROLE, "nobody"], work)
    assert found["person"].tolist()[-1] == "nobody"
    assert found["position"].iloc[:-1].is_monotonic_increasing
    assert found.set_index("person")["cases"].to_dict()["cem"] == 17
    assert found.set_index("person")["role"].to_dict()["ben"] == "law"
    assert found["role"].isna().tolist() == [False] * 6 + [True]
    assert set(found["group"]) == {"D1"}


def test_a_group_without_cases_has_members_all_the_same(work):
    nothing = work.select(cases=np.zeros(20, dtype=bool))
    assert member_frame("x", ["ada"], nothing)["cases"].tolist() == [0]
