"""Threads of events that only say what they answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.interactions import Interactions, link_threads


def made(events: list[tuple[str, str | None, str | None]]) -> Interactions:
    frame = pd.DataFrame(events, columns=["event", "thread", "parent"])
    frame["sender"], frame["recipient"] = "a", "b"
    return Interactions.from_frame(frame, event="event", thread="thread", parent="parent")


def threads(inter: Interactions) -> dict[str, str | None]:
    frame = inter.to_frame()
    return {
        event: None if pd.isna(thread) else thread
        for event, thread in zip(frame["event"], frame["thread"], strict=True)
    }


def up_the_chain(events: list[tuple[str, str | None, str | None]]) -> dict[str, str | None]:
    """Follow every chain by hand."""
    thread = {event: thread for event, thread, _ in events}
    parent = {event: parent for event, _, parent in events}
    answered = set()
    found = {}
    for event in thread:
        if thread[event] is not None or parent[event] is None or parent[event] == event:
            continue
        seen, here = {event}, parent[event]
        while here in thread and thread[here] is None and parent[here] not in (None, here) and here not in seen:
            seen.add(here)
            here = parent[here]
        if here not in seen:
            found[event] = thread.get(here) or here
            answered.add(found[event])
    return {one: thread[one] or found.get(one) or (one if one in answered else None) for one in thread}


def test_a_chain_has_the_thread_of_its_root():
    linked = link_threads(made([("1", None, None), ("2", None, "1"), ("3", None, "2"), ("4", None, None)]))
    assert threads(linked) == {"1": "1", "2": "1", "3": "1", "4": None}
    assert not len(linked.losses)


def test_a_thread_that_is_told_is_kept_and_handed_down():
    linked = link_threads(made([("1", "T", None), ("2", None, "1"), ("3", "U", "2"), ("4", None, "3")]))
    assert threads(linked) == {"1": "T", "2": "T", "3": "U", "4": "U"}


def test_what_is_answered_need_not_be_there():
    assert threads(link_threads(made([("2", None, "1"), ("3", None, "2")]))) == {"2": "1", "3": "1"}


def test_circles_and_answers_to_several_stay_and_are_counted():
    events = [("1", "2"), ("2", "1"), ("3", "2"), ("4", "4"), ("5", "6"), ("5", "7")]
    linked = link_threads(made([(event, None, parent) for event, parent in events]))
    assert set(threads(linked).values()) == {None}
    told = linked.losses.set_index("reason")["count"].to_dict()
    assert told == {"answers that run in a circle": 3, "answers to several events": 1}


@pytest.mark.parametrize("seed", range(4))
def test_any_forest_is_linked_as_by_hand_whatever_the_order_of_rows(seed):
    rng = np.random.default_rng(seed)
    events = []
    for number in range(300):
        # Long chains too: two thirds answer the event before.
        parent = number - 1 if rng.random() < 0.67 else int(rng.integers(-40, number + 3))
        told = None if parent < 0 and rng.random() < 0.5 else f"e{parent}"
        events.append((f"e{number}", f"t{number % 7}" if rng.random() < 0.04 else None, told))
    expected = up_the_chain(events)
    shuffled = [events[place] for place in rng.permutation(len(events))]
    assert threads(link_threads(made(shuffled))) == expected
    assert len({root for root in expected.values() if root}) > 20
