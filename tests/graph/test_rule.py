"""The binary rule: when two people have a tie."""

from __future__ import annotations

import pytest

from commfinder.errors import InputError
from commfinder.graph import TieRule, build_graph
from commfinder.interactions import concat

QUARTER = "2026-01-01/2026-03-26"  # 84 days: three windows of 28
BOTH = [("a", "b", 1), ("b", "a", 2), ("a", "b", 30), ("b", "a", 31)]


def tie(graph):
    assert len(graph.ties) == 1
    return bool(graph.ties["tie"].iloc[0])


def test_twice_in_two_windows_and_each_way(talk):
    graph = build_graph(talk(*BOTH), period=QUARTER)
    assert tie(graph)
    assert graph.ties["windows"].tolist() == [2]
    assert graph.people["degree"].tolist() == [1, 1]
    assert graph.rule == TieRule()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(BOTH[:3], id="once only in the second window"),
        pytest.param([("a", "b", 1), ("b", "a", 2), ("a", "b", 3), ("b", "a", 4)], id="all in one window"),
        pytest.param([("a", "b", day) for day in (1, 2, 30, 31)], id="one way"),
        pytest.param([("a", "b", 1), ("b", "a", 30), ("a", "b", 60)], id="once in each window"),
    ],
)
def test_each_condition_broken_alone(talk, rows):
    graph = build_graph(talk(*rows), period=QUARTER)
    assert not tie(graph)
    assert graph.people["degree"].tolist() == [0, 0]
    assert graph.ties["weight"].iloc[0] > 0, "the weighted tie is there all the same"


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (TieRule(min_events=1), [("a", "b", 1), ("b", "a", 30)]),
        (TieRule(min_windows=1), BOTH[:2]),
        (TieRule(both_ways=False), [("a", "b", day) for day in (1, 2, 30, 31)]),
        (TieRule(window_days=7), [("a", "b", 1), ("b", "a", 2), ("a", "b", 9), ("b", "a", 10)]),
    ],
)
def test_each_condition_can_be_eased(talk, rule, rows):
    assert tie(build_graph(talk(*rows), period=QUARTER, rule=rule))
    assert not tie(build_graph(talk(*rows), period=QUARTER))


def test_answers_may_lie_in_another_window_than_letters(talk):
    rows = [("a", "b", 1), ("a", "b", 2), ("b", "a", 30), ("b", "a", 31)]
    assert tie(build_graph(talk(*rows), period=QUARTER))


@pytest.mark.parametrize("medium", ["meeting", "wiki", "code"])
def test_taking_part_together_counts_both_ways(talk, medium):
    graph = build_graph(talk(*[("b", "a", day, medium) for day in (1, 2, 30, 31)]), period=QUARTER)
    assert tie(graph)
    events = graph.pair_windows
    assert (events.forth.tolist(), events.back.tolist(), events.events.tolist()) == ([2, 2], [2, 2], [2, 2])


@pytest.mark.parametrize("medium", ["email", "chat", "microblog"])
def test_writing_counts_one_way(talk, medium):
    graph = build_graph(talk(*[("b", "a", day, medium) for day in (1, 2, 30, 31)]), period=QUARTER)
    assert not tie(graph)
    assert (graph.pair_windows.forth.tolist(), graph.pair_windows.back.tolist()) == ([0, 0], [2, 2])


def test_media_add_up_within_a_window(talk):
    rows = [("a", "b", 1), ("b", "a", 2, "chat"), ("a", "b", 30, "chat"), ("b", "a", 31)]
    assert tie(build_graph(talk(*rows), period=QUARTER))


def test_to_and_cc_of_one_event_are_one_event(talk):
    frame = talk(*BOTH).to_frame()
    from commfinder.interactions import Interactions

    doubled = concat([talk(*BOTH), Interactions.from_frame(frame.assign(role="cc"), medium="medium", event="event")])
    assert build_graph(doubled, period=QUARTER).ties["events"].tolist() == [4]


def test_a_static_list_is_a_tie_each(talk):
    graph = build_graph(talk(("a", "b"), ("b", "c")))
    assert graph.ties["tie"].all()
    assert graph.ties["windows"].tolist() == [0, 0]
    assert (graph.rule.min_events, graph.rule.min_windows, graph.rule.both_ways) == (1, 1, False)
    assert graph.windows is None
    assert graph.n_windows == 1
    assert "any interaction" in graph.provenance.parameters["rule"]


def test_a_static_list_with_one_date_for_all(talk):
    graph = build_graph(talk(("a", "b", 3), ("c", "b", 3)))
    assert graph.ties["tie"].all()
    assert graph.n_windows == 1
    assert not graph.rule.both_ways


def test_one_window_asks_for_the_rest_of_the_rule(talk):
    # Two days are one window; pairs that could have answered are told from those that did not.
    graph = build_graph(talk(("a", "b", 0), ("b", "a", 1), ("a", "c", 0), ("a", "c", 1), ("b", "c", 1)))
    held = dict(zip(graph.ties["person_a"] + graph.ties["person_b"], graph.ties["tie"], strict=True))
    assert graph.rule == TieRule(min_windows=1) or not graph.rule.both_ways
    assert held["ab"]
    if graph.rule.both_ways:
        assert not held["ac"]
        assert not held["bc"]


def test_relations_without_a_time_beside_mail(talk):
    both = concat([talk(*BOTH, ("a", "d", 1)), talk(("a", "c"))])
    graph = build_graph(both, period=QUARTER)
    held = dict(zip(graph.ties["person_b"], graph.ties["tie"], strict=True))
    assert held == {"b": True, "c": True, "d": False}
    assert graph.pair_windows.window.min() == -1


@pytest.mark.parametrize(
    ("days", "length", "count"),
    [(184, 28, 6), (84, 28, 3), (83, 7, 11), (21, 7, 3), (20, 1, 20), (3, 1, 3), (2, 2, 1), (1, 1, 1)],
)
def test_windows_are_the_longest_that_fit_three_times(talk, days, length, count):
    import pandas as pd

    end = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=days)
    graph = build_graph(talk(("a", "b", 0)), period=(pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime(), end))
    assert (graph.windows.days, graph.n_windows) == (length, count)


def test_the_remainder_joins_the_oldest_window(talk):
    # 90 days are three windows of 28 counted back, and six days more at the old end.
    graph = build_graph(
        talk(("a", "b", 0), ("a", "b", 20), ("a", "b", 40), ("a", "b", 89)), period="2026-01-01/2026-04-01"
    )
    assert graph.pair_windows.window.tolist() == [0, 1, 2]
    assert graph.pair_windows.events.tolist() == [2, 1, 1]


def test_a_bound_between_windows_belongs_to_the_later(talk):
    # Noon of the first day opens the period, so day 28 is the first moment of the second window.
    period = ("2026-01-01T12:00+00:00", "2026-03-26T12:00+00:00")
    graph = build_graph(
        talk(("a", "b", 0), ("a", "b", 28 - 1e-9), ("a", "b", 28), ("a", "b", 84 - 1e-9)), period=period
    )
    assert graph.pair_windows.window.tolist() == [0, 1, 2]
    assert graph.pair_windows.events.tolist() == [2, 1, 1]


@pytest.mark.parametrize("options", [{"min_events": 0}, {"min_windows": 0}, {"window_days": 0}, {"min_events": 1.5}])
def test_rules_out_of_range(options):
    with pytest.raises(InputError):
        TieRule(**options)


def test_the_rule_reads_aloud():
    assert str(TieRule()) == "2 or more events in each of 2 or more windows, and in mail and chat at least one each way"
    assert str(TieRule(1, 1, False)) == "any interaction"
