"""Several tables of interactions become one."""

from __future__ import annotations

import pandas as pd

from commfinder.interactions import Interactions, concat

MAIL = {"event": ["1", "2", "3"], "sender": ["a", "b", "a"], "recipient": ["b", "a", "c"]}


def told(inter: Interactions) -> dict[str, int]:
    return {reason.split(":")[0]: int(count) for reason, count in inter.losses[["reason", "count"]].to_numpy()}


def test_the_same_ids_for_different_things_are_told_and_nothing_is_lost():
    tickets = {"event": ["1", "2", "9"], "sender": ["x", "b", "y"], "recipient": ["y", "a", "x"]}
    mail = Interactions.from_frame(pd.DataFrame(MAIL), source="mail", event="event")
    work = Interactions.from_frame(pd.DataFrame(tickets), source="tickets", medium="ticket", event="event")
    whole = concat([mail, work])
    assert len(whole) == 6
    assert told(whole) == {"event id that two sources have from different senders": 1}
    assert "prefix" in whole.losses["advice"].iloc[0]
    assert told(concat([work, mail])) == told(whole)
    assert len(whole.clean().to_frame().query("event == '1'")) == 2


def test_a_thread_over_two_media_is_told_and_one_over_two_archives_is_not():
    threads = pd.DataFrame(MAIL).assign(thread="t")
    july = Interactions.from_frame(threads, source="july", event="event", thread="thread")
    august = Interactions.from_frame(
        threads.assign(event=["4", "5", "6"]), source="august", event="event", thread="thread"
    )
    chat = Interactions.from_frame(
        threads.assign(event=["7", "8", "9"]), source="chat", medium="chat", event="event", thread="thread"
    )
    assert told(concat([july, august])) == {}
    assert told(concat([july, august, chat])) == {"thread id that two sources have in different media": 1}


def test_copies_of_one_archive_are_no_clash():
    mail = [Interactions.from_frame(pd.DataFrame(MAIL), source=name, event="event") for name in ("one", "two")]
    assert told(concat(mail)) == {}
