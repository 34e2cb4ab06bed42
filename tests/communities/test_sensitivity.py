"""How much communities owe to weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import find_communities
from commfinder.communities.sensitivity import sensitivity
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions


def organisation(seed=0, groups=4, size=8, announcements=0):
    """Make teams that write to one another, and people who announce to a dozen others at a time."""
    rng, rows = np.random.default_rng(seed), []
    people = [f"p{number:02d}" for number in range(groups * size)]
    for number in range(900):
        one = int(rng.integers(len(people)))
        near = rng.random() < 0.85
        other = int(one // size * size + rng.integers(size)) if near else int(rng.integers(len(people)))
        if one != other:
            rows.append((f"m{number}", people[one], people[other], float(rng.random() * 90)))
    for number in range(announcements):
        sender = int(rng.integers(4))
        others = rng.choice(np.setdiff1d(np.arange(len(people)), [sender]), 12, replace=False)
        rows += [(f"n{number}", people[sender], people[int(other)], float(rng.random() * 90)) for other in others]
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "day"])
    # All recipients of an event have its time.
    day = pd.to_timedelta(frame.groupby("event")["day"].transform("first").round(6), unit="D").dt.round("us")
    frame["time"] = pd.Timestamp("2026-01-01", tz="UTC") + day
    return Interactions.from_frame(frame.drop(columns="day"), event="event")


@pytest.fixture(scope="module")
def noisy():
    return build_graph(organisation(announcements=160))


def test_clear_communities_of_single_mails_do_not_depend_on_the_discount():
    told = sensitivity(build_graph(organisation()), half_lives=[], runs=4, seed=3).to_frame()
    assert told["setting"].tolist() == ["seed", "discount", "discount", "discount", "max_recipients", "max_recipients"]
    assert told["value"].iloc[0] == "4"
    assert told["communities"].tolist() == [4] * 6
    assert told["similarity"].tolist() == pytest.approx([1] * 6)
    assert told["ami"].tolist() == pytest.approx([1] * 6)


def test_announcements_at_full_weight_change_ties_most(noisy):
    told = sensitivity(noisy, caps=[4], half_lives=[], runs=4).to_frame().set_index(["setting", "value"])
    tau = told["kendall_tau"]
    assert tau["seed", "1"] == pytest.approx(1)
    assert tau["discount", "1"] == tau.min()
    assert tau["discount", "1/sqrt(k)"] > tau["discount", "1"]
    assert told.loc[("max_recipients", "4"), "pairs"] < told.loc[("seed", "1"), "pairs"]
    assert told["similarity"].between(0, 1).all()


def test_the_settings_of_communities_are_kept(noisy):
    found = find_communities(noisy, resolution=1.5, damping="sqrt", embedded=False, confidence=False, runs=2)
    told = sensitivity(noisy, found=found, discounts=["1"], caps=[], half_lives=[30], runs=2)
    assert told.provenance.parameters["resolution"] == 1.5
    assert told.provenance.parameters["damping"] == "sqrt"
    assert told.provenance.parameters["changes"] == ["seed 1", "discount 1", "half_life 30"]
    assert told.communities >= 2
    assert repr(told).startswith("<Sensitivity: 2 changes; communities are least alike (")
    again = sensitivity(noisy, found=found, discounts=["1"], caps=[], half_lives=[30], runs=2)
    assert again.to_json() == told.to_json()


def test_communities_of_another_graph_are_refused(noisy):
    other = build_graph(organisation(seed=5))
    found = find_communities(other, resolution=1.0, confidence=False, runs=2)
    with pytest.raises(InputError, match="another graph"):
        sensitivity(noisy, found=found)


def test_nobody_has_a_tie():
    frame = {"sender": ["a", "b"], "recipient": ["a", "b"]}
    told = sensitivity(build_graph(Interactions.from_frame(frame)), runs=2)
    assert told.to_frame()["similarity"].isna().all()
    assert repr(told) == "<Sensitivity: nothing to compare>"


def test_runs_and_seed_are_checked(noisy):
    with pytest.raises(InputError, match="runs"):
        sensitivity(noisy, runs=1)
    with pytest.raises(InputError, match="seed"):
        sensitivity(noisy, seed=-1)
