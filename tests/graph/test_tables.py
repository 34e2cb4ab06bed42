"""Ties as arrays: frames are made when asked for, and graphs put together by hand work too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from commfinder import Interactions, build_graph
from commfinder.graph import InteractionGraph
from commfinder.graph.pair_windows import PairWindows, binary_ties
from commfinder.graph.rule import TieRule
from commfinder.graph.tables import LayerTable, added_up
from commfinder.interactions.schema import MEDIA

TIES = ("weight", "weight_ab", "weight_ba", "events", "windows", "tie")
LAYERS = ("a", "b", "ab", "ba", "events", "weight")


@pytest.fixture
def graph() -> InteractionGraph:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"sender": rng.integers(0, 12, 900), "recipient": rng.integers(0, 12, 900)}).astype(str)
    frame["medium"] = rng.choice(["email", "chat", "meeting", "code"], 900)
    frame["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 80, 900), unit="D")
    return build_graph(Interactions.from_frame(frame, medium="medium"))


def test_no_frame_is_made_unless_asked_for(graph):
    repr(graph), graph.pairs, graph.adjacency(), graph.to_scipy(), graph.tie_values("weight")
    assert not {"ties", "layers"} & set(vars(graph))
    assert "a" not in vars(graph.pair_windows)
    assert graph.ties is graph.ties
    assert graph.to_frame() is not graph.ties


def test_arrays_are_the_columns_of_the_frames(graph):
    for name in TIES:
        assert graph.tie_values(name).tolist() == graph.ties[name].tolist()
    for name in LAYERS:
        assert graph.layer_values(name).tolist() == graph.layers[name].tolist()
    assert [MEDIA[code] for code in graph.layer_values("medium")] == graph.layers["medium"].tolist()
    names = graph.people["person"].to_numpy(dtype=object)
    assert [names[ends].tolist() for ends in graph.pairs] == [
        graph.ties[name].tolist() for name in ("person_a", "person_b")
    ]
    assert all(ends.dtype == np.int64 for ends in graph.pairs)
    assert graph.ties.dtypes[["events", "windows"]].eq(np.int64).all()
    assert graph.layers.dtypes[["a", "b", "events"]].eq(np.int64).all()


def test_a_graph_put_together_by_hand(graph):
    parts = (graph.people, graph.ties, graph.layers, graph.pair_windows, graph.rule, graph.windows, graph.period)
    same = InteractionGraph(*parts, graph.factors, graph.interactions, graph.provenance)
    assert same.to_json() == graph.to_json()
    assert np.array_equal(same.pairs, graph.pairs)
    assert same.layer_values("medium").tolist() == graph.layer_values("medium").tolist()
    only = replace(same, ties=graph.ties[["tie"]])
    assert only.tie_values("tie").tolist() == graph.tie_values("tie").tolist()


def test_replaced_parts_stay_replaced(graph):
    halved = replace(graph, ties=graph.ties.assign(weight=0.5))
    later = replace(halved, people=graph.people.assign(level=1.0))
    assert later.tie_values("weight").tolist() == [0.5] * len(graph.ties)
    assert later.layers.equals(graph.layers)
    assert replace(graph, copresence=None).ties.equals(graph.ties)


@pytest.mark.parametrize("media", [["chat"], ["email", "chat"], ["email", "chat", "meeting", "code", "wiki", "ticket"]])
def test_media_are_added_up_as_numpy_adds(media):
    rng = np.random.default_rng(4)
    sizes = rng.integers(1, len(media) + 1, 300)
    pair = np.repeat(np.arange(300), sizes)
    codes = [sorted(rng.choice(sorted(media), size, replace=False)) for size in sizes]
    medium = np.array([MEDIA.index(str(name)) for names in codes for name in names], dtype=np.int8)
    numbers = [rng.random(len(pair)) for _ in range(3)]
    layer = LayerTable(pair, pair + 1, medium, *numbers[:2], np.arange(len(pair)), numbers[2])
    factors = {"chat": 3.7}
    got = added_up(layer, factors)
    starts = np.flatnonzero(np.r_[True, np.diff(pair) > 0])
    users = {code: np.unique(np.r_[pair[medium == code], pair[medium == code] + 1]).size for code in set(medium)}
    means = {code: 2 * numbers[2][medium == code].sum() / users[code] for code in set(medium)}
    common = sum(means[MEDIA.index(name)] for name in sorted(media)) / len(media)
    scale = np.array([factors.get(MEDIA[code], 1.0) * (common / means[code]) for code in medium])
    for name, values in zip(("weight_ab", "weight_ba", "weight"), numbers, strict=True):
        assert got[name].tobytes() == np.add.reduceat(values * scale, starts).tobytes()
    assert got["events"].tolist() == np.add.reduceat(layer.events, starts).tolist()
    assert [got["words"][place] for place in got["media"]] == ["+".join(names) for names in codes]


def test_counts_of_pairs_held_once(graph):
    held = graph.pair_windows
    columns = {name: getattr(held, name) for name in ("window", "forth", "back", "events")}
    plain = PairWindows(held.a, held.b, **columns)
    assert plain.starts.tolist() == held.starts.tolist()
    for rule in (TieRule(min_windows=4), TieRule(min_events=3, min_windows=2, both_ways=False)):
        one, other = binary_ties(plain, rule), binary_ties(held, rule)
        assert all(np.array_equal(*both) for both in zip(one, other, strict=True))
        assert 0 < one[2].sum() < len(one[2])
    assert replace(held, events=held.events + 1).a.tolist() == plain.a.tolist()
    with pytest.raises(AttributeError, match="nothing"):
        held.nothing  # noqa: B018
