"""What must not change the ties: the order of rows, how they are cut into files, names, time, threads, bystanders."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from commfinder.graph import build_graph
from commfinder.interactions import concat
from commfinder.result import records

PERIOD = "2026-01-01/2026-03-26"
SEEDS = pytest.mark.parametrize("seed", [0, 1, 2])
OPTIONS = pytest.mark.parametrize("options", [{}, {"half_life": 30.0}], ids=["plain", "decay"])


@pytest.fixture
def plain(traffic, hold, staff):
    def make(seed, options):
        return build_graph(hold(traffic(seed)), staff(), period=PERIOD, **options)

    return make


def test_the_traffic_is_a_test_at_all(plain):
    graph = plain(0, {})
    assert 10 < graph.ties["tie"].sum() < len(graph.ties) - 10
    assert set(graph.layers["medium"]) == {"email", "chat", "meeting"}


@SEEDS
@OPTIONS
def test_order_of_rows(seed, options, traffic, hold, staff, plain):
    shuffled = traffic(seed).sample(frac=1, random_state=seed + 10)
    other = build_graph(hold(shuffled), staff(), period=PERIOD, **options)
    assert other.to_json() == plain(seed, options).to_json()


@SEEDS
@OPTIONS
def test_split_and_concat(seed, options, traffic, hold, staff, plain):
    frame = traffic(seed)
    # Cut anywhere, also through an event with several recipients.
    part = np.random.default_rng(seed).integers(0, 3, len(frame))
    pieces = [hold(frame[part == number]) for number in (2, 0, 1)]
    other = build_graph(concat(pieces), staff(), period=PERIOD, **options)
    assert other.to_json() == plain(seed, options).to_json()


@SEEDS
def test_copies_of_events(seed, traffic, hold, staff, plain):
    frame = traffic(seed)
    twice = concat([hold(frame), hold(frame.iloc[::2])])
    assert build_graph(twice, staff(), period=PERIOD).to_json() == plain(seed, {}).to_json()


@SEEDS
def test_an_isolate_more(seed, traffic, hold, staff, plain):
    more = build_graph(hold(traffic(seed)), staff("a-first", "p05x", "zz"), period=PERIOD)
    assert more.to_json() == plain(seed, {}).to_json()
    assert len(more.people) == 19


@SEEDS
@OPTIONS
def test_renaming_that_keeps_the_order(seed, options, traffic, hold, plain):
    def rename(name):
        return f"somebody {int(name[1:]) * 7 + 100}"

    frame = traffic(seed)
    renamed = frame.assign(sender=frame["sender"].map(rename), recipient=frame["recipient"].map(rename))
    one = build_graph(hold(frame), period=PERIOD, **options).ties
    other = build_graph(hold(renamed), period=PERIOD, **options).ties
    back = one.assign(person_a=one["person_a"].map(rename), person_b=one["person_b"].map(rename))
    assert json.dumps(records(other)) == json.dumps(records(back))


@SEEDS
def test_renaming_that_turns_the_order_round(seed, traffic, hold):
    def rename(name):
        return f"q{99 - (int(name[1:]) * 5) % 16:02d}"

    frame = traffic(seed)
    renamed = frame.assign(sender=frame["sender"].map(rename), recipient=frame["recipient"].map(rename))
    one, other = (build_graph(hold(rows), period=PERIOD).ties for rows in (frame, renamed))

    def directed(ties, name):
        lines = ties.to_dict("records")
        found = {(name(row["person_a"]), name(row["person_b"])): row["weight_ab"] for row in lines}
        return found | {(name(row["person_b"]), name(row["person_a"])): row["weight_ba"] for row in lines}

    def told(ties, name):
        columns = ["weight", "events", "windows", "tie", "media"]
        rows = ties[columns].itertuples(index=False, name=None)
        pairs = zip(ties["person_a"].map(name), ties["person_b"].map(name), strict=True)
        return {frozenset(pair): (pytest.approx(row[0]), *row[1:]) for pair, row in zip(pairs, rows, strict=True)}

    assert told(one, rename) == {key: (value[0].expected, *value[1:]) for key, value in told(other, str).items()}
    assert directed(one, rename) == pytest.approx(directed(other, str))


@SEEDS
@OPTIONS
def test_time_shift_by_whole_windows(seed, options, traffic, hold, staff, plain):
    frame = traffic(seed)
    shifted = frame.assign(time=frame["time"] + pd.Timedelta(days=56))
    other = build_graph(hold(shifted), staff(), period="2026-02-26/2026-05-21", **options)
    assert json.dumps(records(other.ties)) == json.dumps(records(plain(seed, options).ties))


@SEEDS
def test_traffic_outside_the_period(seed, traffic, hold, staff, plain):
    frame = traffic(seed)
    outside = frame.assign(time=frame["time"] + pd.Timedelta(days=84), event="later " + frame["event"])
    both = build_graph(hold(pd.concat([frame, outside])), staff(), period=PERIOD)
    assert both.to_json() == plain(seed, {}).to_json()


def test_threads(traffic, hold, staff, plain, monkeypatch):
    from commfinder.interactions import store

    monkeypatch.setattr(store, "_SETTINGS", ("SET threads = 1", *store._SETTINGS))
    alone = build_graph(hold(traffic(0)), staff(), period=PERIOD, half_life=30.0)
    monkeypatch.undo()
    assert alone.to_json() == plain(0, {"half_life": 30.0}).to_json()
