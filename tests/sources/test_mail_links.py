"""Threads found by number are those found by following each reference."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from commfinder.sources.mail_links import Links, key_of

IDS = st.sampled_from("abcdefgh")
MAILS = st.lists(st.tuples(IDS, st.integers(0, 3), st.sampled_from(["ann", "bob"]), st.lists(IDS, max_size=3)))


def followed(mails):
    """Give for each mail the ids that hang together with its own, one by one."""
    found = []
    for event, *_ in mails:
        here = {event}
        while more := {
            one for mail in mails for one in (mail[0], *mail[3]) if here & {mail[0], *mail[3]} and one not in here
        }:
            here |= more
        found.append(frozenset(here))
    return found


@given(MAILS)
@example([("a", 1, "ann", ["h"]), ("b", 0, "bob", ["h"])])
@example([("a", 1, "bob", ["a"]), ("a", 1, "ann", []), ("a", 0, "bob", [])])
@example([])
def test_threads_and_authors(mails):
    accounts = ["bob", "ann"]
    links = Links()
    for event, time, sender, others in mails:
        links.add(event, time, accounts.index(sender), others)
    threads = links.settled(accounts)
    groups = followed(mails)
    for mine, group, first, (_, time, *_) in zip(threads.thread, groups, threads.first, mails, strict=True):
        same = [at for at, other in enumerate(groups) if other == group]
        assert [at for at, other in enumerate(threads.thread) if other == mine] == same
        assert first == (time == min(mails[at][1] for at in same))
    for event in "abcdefgh":
        written = [(time, sender) for one, time, sender, _ in mails if one == event]
        author = threads.author(key_of(event))
        assert (None if author is None else accounts[author]) == (min(written)[1] if written else None)


def test_keys_are_the_same_everywhere():
    assert key_of("m1@x.org") == -8699284039902919906
