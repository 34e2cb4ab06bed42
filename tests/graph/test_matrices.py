"""Layers as matrices."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.graph import build_graph
from commfinder.graph.matrices import layer_matrices


@pytest.fixture
def graph(talk, rng):
    rows = [
        (str(a), str(b), float(day), medium)
        for medium, many in (("email", 80), ("chat", 120), ("meeting", 30))
        for a, b, day in zip(*rng.integers(0, 9, (2, many)), rng.random(many) * 90, strict=True)
        if a != b
    ]
    return build_graph(talk(*rows), medium_weights={"chat": 0.5})


def test_on_one_scale_they_add_up_to_the_ties(graph):
    found = layer_matrices(graph, one_scale=True)
    assert list(found) == ["chat", "email", "meeting"]
    assert sum(found.values()).toarray() == pytest.approx(graph.to_scipy().toarray())
    directed = sum(layer_matrices(graph, one_scale=True, directed=True).values()).toarray()
    a, b = graph.pairs
    assert directed[a, b] == pytest.approx(graph.ties["weight_ab"].to_numpy())
    assert directed[b, a] == pytest.approx(graph.ties["weight_ba"].to_numpy())


def test_by_themselves_they_are_discounted_events(talk):
    graph = build_graph(talk(("a", "b c", 0), ("b", "a", 1), ("a", "b", 2, "meeting")))
    mail, meeting = (layer_matrices(graph, directed=True)[medium].toarray() for medium in ("email", "meeting"))
    assert mail.tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0, 0, 0]]
    assert meeting.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    both = layer_matrices(graph)["email"]
    assert np.array_equal(both.toarray(), both.toarray().T)
    assert both.has_sorted_indices


def test_no_interactions_no_layers(talk):
    assert layer_matrices(build_graph(talk(("a", "a", 0)))) == {}
