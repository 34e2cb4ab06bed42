"""Shared meetings, pages and threads in the graph of who works with whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.graph import CopresenceRule, TieRule, build_graph
from commfinder.interactions import Interactions

RULE = CopresenceRule()


@pytest.fixture(scope="module")
def inter() -> Interactions:
    rows = [
        *[("m", "a", who, 0, "meeting", "attendee", None) for who in "bc"],
        *[("n", "a", who, 1, "meeting", "attendee", None) for who in "bcdefghij"],
        *[("q", "a", who, 33, "meeting", "attendee", "room") for who in "bc"],
        ("x", "a", "b", 1, "chat", "to", None),
        ("e", "a", None, 2, "wiki", "edit", "page"),
        ("f", "c", None, 4, "wiki", "edit", "page"),
    ]
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "time", "medium", "role", "space"])
    frame["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(frame["time"], unit="D")
    return Interactions.from_frame(frame, medium="medium", event="event", role="role", space="space")


def ties(graph):
    return {(row.person_a, row.person_b): (row.events, row.media) for row in graph.ties.itertuples()}


def test_what_people_share_ties_them(inter):
    graph = build_graph(inter, copresence=RULE)
    assert ties(graph) == {("a", "b"): (3, "chat+meeting"), ("a", "c"): (3, "meeting+wiki"), ("b", "c"): (2, "meeting")}
    assert graph.losses["reason"].tolist() == ["meetings of more than 8 people"]
    assert len(graph.people) == 10


def test_without_a_rule_only_messages_tie(inter):
    graph = build_graph(inter)
    assert ("b", "c") not in ties(graph)
    assert ("a", "j") in ties(graph)
    assert graph.copresence is None
    assert len(graph.losses) == 0


def test_weights_are_told_per_meeting(inter):
    graph = build_graph(inter.select(medium="meeting"), copresence=RULE)
    assert graph.ties["weight"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert np.array_equal(graph.ties["weight_ab"], graph.ties["weight_ba"])


def test_shared_windows_make_binary_ties(inter):
    graph = build_graph(inter, copresence=RULE, rule=TieRule(min_events=1, min_windows=2))
    assert graph.ties.loc[graph.ties["tie"], ["person_a", "person_b"]].values.tolist() == [
        ["a", "b"],
        ["a", "c"],
        ["b", "c"],
    ]


def test_what_passed_through_a_space_is_told_apart(inter):
    graph = build_graph(inter, copresence=RULE)
    found = graph.space_windows(("room",))
    assert list(zip(found.a, found.b, found.events, strict=True)) == [(0, 1, 1), (0, 2, 1), (1, 2, 1)]
    page = graph.space_windows(("page",))
    assert list(zip(page.a, page.b, page.events, strict=True)) == [(0, 2, 1)]


def test_a_page_is_cut_in_the_same_way_for_all_and_for_its_own_space():
    frame = pd.DataFrame(
        [(f"{who}{day}", who, None, day, "wiki", "edit", "page") for who in "ab" for day in range(0, 100, 8)],
        columns=["event", "sender", "recipient", "time", "medium", "role", "space"],
    )
    frame["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(frame["time"], unit="D")
    edits = Interactions.from_frame(frame, medium="medium", event="event", role="role", space="space")
    graph = build_graph(edits, copresence=RULE, period="2026-01-01/2026-04-21")
    every, own = graph.pair_windows, graph.space_windows(("page",))
    assert own.events.tolist() == every.events.tolist()
    assert own.window.tolist() == every.window.tolist()
