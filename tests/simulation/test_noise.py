"""Machines that are added are as many as asked, of the kind asked, and as loud."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from commfinder.errors import InputError
from commfinder.simulation import add_machines, simulate
from commfinder.simulation.noise import MACHINE_KINDS


@pytest.fixture(scope="module")
def frame():
    return simulate(people=100, weeks=8, seed=4).clean_frame()


@pytest.mark.parametrize("kind", MACHINE_KINDS)
def test_share_of_senders_and_of_traffic(frame, kind):
    mixed, truth = add_machines(frame, [kind], senders=0.02, traffic=0.3, seed=1)
    assert len(truth) == math.ceil(0.02 * frame["sender"].nunique()) == 2
    pd.testing.assert_frame_equal(mixed.iloc[: len(frame)][list(frame)], frame, check_dtype=False)
    added = mixed.iloc[len(frame) :]
    assert added["sender"].isin(truth["account"]).sum() + added["recipient"].isin(truth["account"]).sum() == len(added)
    assert len(added) / len(mixed) == pytest.approx(0.3, abs=0.02)
    assert truth["rows"].sum() == len(added)
    assert not set(added["event"]) & set(frame["event"])
    assert added["automated"].all() == added["automated"].any() == (kind == "flagged")
    sizes = added.groupby("event")["recipient"].agg(["size", "nunique"])
    told = added.groupby("event")["n_recipients"].first()
    assert (sizes["size"] == sizes["nunique"]).all()
    assert (sizes["size"] == told).all()


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("newsletter", 21, 99), ("announcement", 6, 20), ("alert", 1, 3), ("clockwork", 5, 12)]
)
def test_how_many_are_written_to(frame, kind, low, high):
    added = add_machines(frame, [kind], seed=3)[0].iloc[len(frame) :]
    assert added["n_recipients"].min() >= low
    assert added["n_recipients"].max() <= high


def test_a_list_never_writes_and_one_in_twenty_is_answered(frame):
    mixed, truth = add_machines(frame, ["list"], seed=3)
    assert not mixed["sender"].isin(truth["account"]).any()
    mixed, truth = add_machines(frame, ["answered"], seed=3)
    asked, answers = (mixed[end].isin(truth["account"]).sum() for end in ("sender", "recipient"))
    assert answers / asked == pytest.approx(0.05, abs=0.02)


def test_a_clock_has_equal_distances(frame):
    added = add_machines(frame, ["clockwork"], seed=3)[0].iloc[len(frame) :]
    gaps = added.drop_duplicates("event")["time"].diff().dropna()
    assert (gaps.max() - gaps.min()) < pd.Timedelta(milliseconds=1)


def test_equal_seeds_give_equal_rows(frame):
    one, other = (add_machines(frame, seed=5)[0] for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(add_machines(frame, seed=6)[0])


def test_slips(frame):
    with pytest.raises(InputError, match="names 'robot'"):
        add_machines(frame, ["robot"])
    with pytest.raises(InputError, match="Shares above 0"):
        add_machines(frame, traffic=1.0)
    with pytest.raises(InputError, match="At least 30"):
        add_machines(frame.head(3))
