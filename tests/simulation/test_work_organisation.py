"""Work beside the organisation of the demonstration."""

from __future__ import annotations

import pytest

from commfinder.errors import InputError
from commfinder.simulation import Plan, Work, simulate

WORK = Work(groups={"process": 2}, case_ids=1, informed=0, size=10)


@pytest.fixture(scope="module")
def plain():
    return simulate(people=120, weeks=12)


@pytest.fixture(scope="module")
def working():
    return simulate(people=120, weeks=12, work=WORK)


def test_work_changes_nothing_else(plain, working):
    assert working.written == plain.written
    assert working.groups.equals(plain.groups)
    assert working.people.drop(columns="title").equals(plain.people)
    assert working.truth.groups.equals(plain.truth.groups)


@pytest.mark.parametrize("frame", ["to_frame", "clean_frame", "interactions"])
def test_work_is_in_the_rows(plain, working, frame):
    before, after = getattr(plain, frame)(), getattr(working, frame)()
    done = after[after["medium"] == "workflow"]
    assert len(done) and len(after) == len(before) + len(done)
    assert set(done["space"]) == set(working.truth.work_groups["process"])


def test_truth_and_files(working, tmp_path):
    assert set(working.truth.work_groups["type"]) == {"process"}
    folder = working.write(tmp_path / "out")
    assert (folder / "exports" / "workflow.csv").is_file()
    assert (folder / "truth" / "work_groups.csv").is_file()


def test_a_plan_has_its_own_work():
    with pytest.raises(InputError, match="with a plan"):
        simulate(people=120, weeks=12, plan=Plan(), work=WORK)
    with pytest.raises(InputError, match="work is a str"):
        simulate(people=120, weeks=12, work="much")
