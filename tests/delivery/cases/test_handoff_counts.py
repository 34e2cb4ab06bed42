"""Handoffs counted in the database are those that are found in memory."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.find import find_cases
from commfinder.delivery.cases.handoff_counts import handoff_counts
from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.errors import InputError
from commfinder.interactions import Interactions

COLUMNS = ("event", "role", "space", "thread", "activity", "parent", "automated")


def log(seed, acts=300, gap=7):
    """Worklists, pages and threads; no two acts at one moment unless gap is 0."""
    rng = np.random.default_rng(seed)
    medium = rng.choice(["workflow", "wiki", "email"], acts)
    frame = pd.DataFrame({"medium": medium, "sender": rng.choice(list("abcdef"), acts)})
    frame["recipient"] = np.where(medium == "email", "z", None)
    frame["role"] = np.where(medium == "email", "to", "edit")
    frame["event"] = [f"e{place}" for place in rng.permutation(acts)]
    frame["thread"] = rng.integers(0, 30, acts).astype(str)
    frame["space"] = np.where(medium == "email", None, "s")
    frame["activity"] = np.where(medium == "workflow", rng.choice(["check", "pay"], acts), None)
    frame["parent"] = None
    frame["automated"] = frame["sender"] == "f"
    frame["time"] = pd.Timestamp("2026-07-06", tz="UTC") + pd.to_timedelta(np.arange(acts) * gap, unit="min")
    return frame


def interactions(frame):
    return Interactions.from_frame(frame, medium="medium", **{name: name for name in COLUMNS})


def in_memory(inter, how):
    cases = find_cases(inter, how=how)
    found = hand_offs(cases)
    named = pd.DataFrame({"giver": cases.people[found.giver], "taker": cases.people[found.taker]})
    named["elapsed_us"] = found.taken - found.left
    sums = named.groupby(["giver", "taker"])["elapsed_us"].agg(["size", "sum"])
    return {pair: tuple(row) for pair, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)}


def counted(inter, **options):
    table = handoff_counts(inter, **options).to_pyarrow().to_pylist()
    names = inter.names.tolist()
    return {(names[row["giver"]], names[row["taker"]]): (row["handoffs"], row["elapsed_us"]) for row in table}


@pytest.mark.parametrize("how", [("workflow", "page", "thread"), ("workflow",), ("thread",)])
def test_counts_are_those_of_acts_in_memory(how):
    inter = interactions(log(1000))
    assert counted(inter, how=how) == in_memory(inter, how)
    assert sum(handoffs for handoffs, _ in counted(inter).values()) > 50
    assert handoff_counts(inter).tied.sum().to_pyarrow().as_py() == 0


def test_a_start_of_work_is_no_act_here_either():
    frame = log(1001)
    work = frame[frame["medium"] == "workflow"]
    begun = work.assign(event="b" + work["event"], time=work["time"] - pd.Timedelta("20h"))
    frame.loc[work.index, "parent"] = begun["event"]
    inter = interactions(pd.concat([frame, begun], ignore_index=True))
    assert counted(inter) == in_memory(inter, ("workflow", "page", "thread"))


def test_an_event_to_several_people_is_one_act_and_machines_hand_on_nothing():
    frame = log(1002)
    mail = frame[frame["medium"] == "email"]
    inter = interactions(pd.concat([frame, mail.assign(recipient="y")], ignore_index=True))
    assert counted(inter) == in_memory(inter, ("workflow", "page", "thread"))
    assert not any("f" in pair for pair in counted(inter))


def test_handoffs_without_time_between_are_told():
    frame = log(1003, gap=0)
    inter = interactions(frame)
    table = handoff_counts(inter).to_pyarrow()
    assert sum(table["tied"].to_pylist()) == sum(table["handoffs"].to_pylist()) > 0
    assert counted(inter) == counted(interactions(frame.sample(frac=1, random_state=1)))


def test_only_cases_with_an_id_are_counted_in_the_database():
    inter = interactions(log(1004, acts=20))
    with pytest.raises(InputError, match="chain"):
        handoff_counts(inter, how=["chain"])
    with pytest.raises(InputError, match="empty"):
        handoff_counts(inter, how=[])
