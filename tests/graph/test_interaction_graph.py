"""The graph as other libraries see it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from commfinder.graph import InteractionGraph, build_graph
from commfinder.people import Directory

PEOPLE = Directory.from_frame({"person": list("abcdez"), "unit": ["u", "u", "v", "v", None, "v"]})


@pytest.fixture(scope="module")
def graph(talk) -> InteractionGraph:
    rows = [("a", "b", 1), ("b", "a", 2), ("a", "b", 30), ("b", "a", 31), ("e", "d c", 5), ("c", "a", 9, "chat")]
    return build_graph(talk(*rows), PEOPLE, period="2026-01-01/2026-03-26")


def test_scipy(graph):
    matrix = graph.to_scipy()
    assert matrix.shape == (6, 6)
    assert (matrix != matrix.T).nnz == 0
    assert matrix.diagonal().sum() == 0
    assert matrix.nnz == 2 * len(graph.ties)
    place = {person: number for number, person in enumerate(graph.people["person"])}
    for line in graph.ties.to_dict("records"):
        assert matrix[place[line["person_a"]], place[line["person_b"]]] == line["weight"]
    np.testing.assert_allclose(matrix.sum(axis=0), graph.people["strength"])


def test_adjacency(graph):
    matrix = graph.adjacency().toarray()
    assert set(np.unique(matrix)) == {0.0, 1.0}
    assert matrix.sum() == 2 * graph.ties["tie"].sum() == 2
    assert matrix[0, 1] == matrix[1, 0] == 1
    np.testing.assert_array_equal(matrix.sum(axis=1), graph.people["degree"])


def test_igraph(graph):
    other = graph.to_igraph()
    assert other.vs["name"] == graph.people["person"].tolist()
    assert other.vs["unit"] == ["u", "u", "v", "v", None, "v"]
    assert not other.is_directed()
    got = {
        tuple(sorted((other.vs[edge.source]["name"], other.vs[edge.target]["name"]))): edge["weight"]
        for edge in other.es
    }
    pairs = zip(graph.ties["person_a"], graph.ties["person_b"], strict=True)
    assert got == dict(zip(pairs, graph.ties["weight"], strict=True))
    assert other.es["tie"] == graph.ties["tie"].tolist()


def test_networkx(graph):
    other = graph.to_networkx()
    assert sorted(other) == graph.people["person"].tolist()
    assert other.degree("z") == 0
    assert other.nodes["e"]["unit"] is None
    assert other.number_of_edges() == len(graph.ties)
    for line in graph.ties.to_dict("records"):
        edge = other.edges[line["person_a"], line["person_b"]]
        assert (edge["weight"], edge["media"], edge["tie"]) == (line["weight"], line["media"], line["tie"])


def test_json(graph):
    document = json.loads(graph.to_json())
    assert document["schema"] == "commfinder/ties/1"
    assert len(document["rows"]) == len(graph.ties)
    assert document["provenance"]["call"] == "build_graph"
    assert document["rows"][0]["person_a"] == "a"


def test_frame_is_the_callers_own(graph):
    frame = graph.to_frame()
    frame["weight"] = 0.0
    assert graph.ties["weight"].min() > 0


def test_repr(graph):
    assert repr(graph) == "<InteractionGraph: 6 people (1 isolated), 4 pairs, 1 ties, 2026-01-01/2026-03-26>"
    assert "&lt;InteractionGraph" in graph._repr_html_()


def test_space_windows(talk):
    rows = [
        ("a", "b", 1, "chat", "guild"),
        ("b", "a", 2, "chat", "guild"),
        ("a", "b", 30, "chat", "guild"),
        ("a", "b", 31, "chat", "other"),
        ("a", "b", 32, "email", None),
        ("b", "c", 33, "chat", "other"),
    ]
    graph = build_graph(talk(*rows), PEOPLE, period="2026-01-01/2026-03-26")
    own = graph.space_windows(("guild",))
    assert (own.a.tolist(), own.b.tolist(), own.window.tolist()) == ([0, 0], [1, 1], [0, 1])
    assert (own.forth.tolist(), own.back.tolist(), own.events.tolist()) == ([1, 1], [1, 0], [2, 1])
    both = graph.space_windows(("guild", "other"))
    assert both.events.tolist() == [2, 2, 1]
    assert both.b.tolist() == [1, 1, 2]
    for nothing in ((), ("nobody's",)):
        assert len(graph.space_windows(nothing).a) == 0


def test_space_windows_are_part_of_all(talk, rng):
    rows = [
        (str(one), str(other), float(day), "chat", space)
        for one, other, day, space in zip(
            *rng.integers(0, 6, (2, 300)), rng.random(300) * 83, rng.choice(["x", "y"], 300), strict=True
        )
        if one != other
    ]
    graph = build_graph(talk(*rows), period="2026-01-01/2026-03-26")
    everything = graph.pair_windows
    parts = [graph.space_windows((space,)) for space in ("x", "y")]
    whole = {}
    for part in parts:
        for key in zip(part.a, part.b, part.window, part.forth, part.back, part.events, strict=True):
            whole[key[:3]] = tuple(np.add(whole.get(key[:3], (0, 0, 0)), key[3:]))
    columns = zip(everything.a, everything.b, everything.window, strict=True)
    counts = zip(everything.forth, everything.back, everything.events, strict=True)
    assert whole == dict(zip(columns, counts, strict=True))
