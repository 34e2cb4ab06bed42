"""Causal chains: against a plain loop that takes event after event, and by hand."""

import numpy as np
import pytest

from commfinder.delivery.cases import chains
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.chains import chain_cases
from commfinder.delivery.cases.loose import Loose

HOUR = 3_600_000_000
MONDAY = 20_640 * 24 * HOUR  # 2026-07-06


def loose(*events):
    """Events as sender, recipients, hour, and optionally a space; in order of time."""
    sizes = [len(one[1]) for one in events]
    n = len(events)
    return Loose(
        np.array([MONDAY + round(one[2] * HOUR) for one in events], dtype=np.int64),
        np.array([ord(one[0]) for one in events], dtype=np.int32),
        np.full(n, -1, dtype=np.int32),
        np.array([one[3] if len(one) > 3 else -1 for one in events], dtype=np.int32),
        np.arange(1, n + 1, dtype=np.uint64),
        np.zeros(n, dtype=np.uint64),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([ord(who) for one in events for who in sorted(one[1])], dtype=np.int32),
        np.array(["s0", "s1"], dtype=object),
        np.full(n, -1, dtype=np.int32),
    )


def found(events, **options):
    case, _ = chain_cases(loose(*events), **{"gap_days": 2.0, "calendar": BusinessHours.always(), **options})
    return ["".join(chr(code) for code in case.person[case.case == one]) for one in range(len(case.said))], case


def test_work_that_is_passed_on_is_one_case():
    cases, case = found([("a", "b", 0), ("b", "c", 1), ("c", "d", 2), ("x", "y", 3)])
    assert cases == ["abc"]
    assert case.said["certainty"].tolist() == [1.0]
    assert case.said["case"].tolist() == ["chain-1"]
    assert case.losses[0].count == 1


def test_the_last_act_of_a_case_may_have_no_recipient():
    assert found([("a", "b", 0), ("b", "", 1)])[0] == ["ab"]


def test_what_waits_longer_than_the_gap_is_not_passed_on():
    assert found([("a", "b", 0), ("b", "c", 48)])[0] == ["ab"]
    assert found([("a", "b", 0), ("b", "c", 48.1)])[0] == []
    friday = 4 * 24
    assert found([("a", "b", friday), ("b", "c", friday + 72)], calendar=None)[0] == ["ab"]
    assert found([("a", "b", friday), ("b", "c", friday + 121)], calendar=None)[0] == []


def test_events_at_the_same_moment_do_not_cause_one_another():
    assert found([("a", "b", 1), ("b", "c", 1)])[0] == []


def test_what_is_taken_up_once_is_not_taken_again():
    cases, case = found([("a", "b", 0), ("x", "b", 1), ("b", "c", 2), ("b", "d", 3)])
    assert sorted(cases) == ["ab", "xb"]
    # Two messages waited when b wrote first, one when b wrote again.
    assert dict(zip(cases, case.said["certainty"], strict=True)) == {"ab": 0.5, "xb": 1.0}


def test_an_answer_goes_before_what_came_later():
    cases, _ = found([("a", "b", 0), ("x", "b", 1), ("b", "a", 2)])
    assert cases == ["ab"]


def test_of_a_message_to_many_too_few_go_on():
    assert found([("a", "bcd", 0), ("b", "x", 1)])[0] == []  # b of a, b, c, d
    assert found([("a", "bcd", 0), ("b", "cx", 1)])[0] == ["ab"]  # b and c: half
    assert found([("a", "bc", 0), ("b", "ax", 1)])[0] == ["ab"]  # an answer


def test_two_spaces_are_two_matters_and_no_space_is_none():
    assert found([("a", "b", 0, 0), ("b", "c", 1, 1)])[0] == []
    cases, case = found([("a", "b", 0, -1), ("b", "c", 1, 1)])
    assert cases == ["ab"]
    assert case.said["space"].tolist() == ["s1"]


def test_nothing_gives_nothing():
    assert found([])[0] == []
    assert found([("a", "", 0)])[0] == []


def greedy(events, gap):
    """Take event after event: the latest that still waits for an answer first, then what has waited longest."""
    link, taken = {}, set()

    def candidates(j):
        who, to, at = events[j][:3]
        for i in range(j):
            giver, received, sent = events[i][:3]
            space = {one[3] for one in (events[i], events[j]) if len(one) > 3 and one[3] >= 0}
            if who in received and at - gap <= sent < at and len(space) < 2:
                before = {giver, *received}
                if len(before & {who, *to}) * 2 >= len(before):
                    yield i

    for answers in (True, False):
        for j in range(len(events)):
            if j in link:
                continue
            waiting = [i for i in candidates(j) if (i, events[j][0]) not in taken]
            if answers:
                # Only of the one recipient whose message was the latest.
                last = {}
                for i in range(j - 1, -1, -1):
                    giver, received, sent = events[i][:3]
                    recent = events[j][2] - gap <= sent < events[j][2]
                    if giver in events[j][1] and events[j][0] in received and recent:
                        last.setdefault(giver, i)
                latest = max(last.values(), default=-1)
                waiting = [i for i in waiting if latest >= 0 and events[i][0] == events[latest][0]]
            if waiting:
                link[j] = waiting[-1] if answers else waiting[0]
                taken.add((link[j], events[j][0]))
    return link


@pytest.mark.parametrize("seed", range(1000, 1020))
def test_people_one_by_one_give_what_taking_event_after_event_gives(seed):
    rng = np.random.default_rng(seed)
    people = np.array(list("abcdef"))
    events, hour = [], 0.0
    for _ in range(120):
        hour += float(rng.choice([0, 1, 3]))
        sender, *others = rng.permutation(people)[: rng.integers(1, 5)]
        events.append((str(sender), "".join(others), hour, int(rng.integers(-1, 2))))
    given = loose(*events)
    link, _ = chains._taken_up(given, given.time, 20 * HOUR)
    assert {j: int(i) for j, i in enumerate(link) if i >= 0} == greedy(events, 20)


def test_waiting_counts_what_was_not_taken_up_before():
    events = [("a", "b", 0), ("x", "b", 1), ("b", "c", 2), ("y", "b", 3), ("b", "d", 4), ("b", "e", 30), ("b", "f", 31)]
    given = loose(*events)
    _, waiting = chains._taken_up(given, given.time, 20 * HOUR)
    assert waiting[[2, 4, 5, 6]].tolist() == [2, 2, 0, 0]
