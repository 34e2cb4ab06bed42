"""What each event takes up: nobody else's messages, none twice, and no more looks than are worth it."""

import numpy as np

from commfinder.communities import threads
from commfinder.delivery.cases.taking import taken_up


def events(*rows):
    """Sender, recipients and space, one moment after the other."""
    size = [len(one[1]) for one in rows]
    return (
        np.array([one[0] for one in rows], dtype=np.int32),
        np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        np.array([who for one in rows for who in sorted(one[1])], dtype=np.int32),
        np.array([one[2] if len(one) > 2 else -1 for one in rows], dtype=np.int32),
        np.zeros(len(rows), dtype=np.int64),
        np.arange(len(rows), dtype=np.int64),
    )


def test_an_answer_takes_the_latest_and_what_is_passed_on_the_first():
    link, waiting = taken_up(*events((0, [1]), (2, [1]), (0, [1]), (1, [0]), (1, [5])))
    assert link.tolist() == [-1, -1, -1, 2, 0]
    assert waiting.tolist() == [0, 0, 0, 3, 2]


def test_a_message_to_several_is_taken_up_by_each():
    link, _ = taken_up(*events((0, [1, 2]), (1, [2, 3]), (2, [1, 3])))
    assert link.tolist() == [-1, 0, 1]
    assert taken_up(*events((0, [1, 2]), (1, [2, 3]), (2, [0, 4])))[0].tolist() == [-1, 0, 0]


def test_only_so_many_messages_are_looked_at():
    for others, expected in ((63, True), (64, False)):
        given = events(*((0, [1], 7) for _ in range(others)), (0, [1], 8), (1, [2], 8))
        assert (taken_up(*given)[0][-1] >= 0) == expected


def test_what_is_out_of_reach_is_neither_taken_nor_waiting():
    sender, first, recipients, space, low, high = events((0, [1]), (0, [1]), (1, [2]), (0, [1]), (1, [3]))
    low[2:] = [0, 0, 2]
    link, waiting = taken_up(sender, first, recipients, space, low, high)
    assert link.tolist() == [-1, -1, 0, -1, 3]
    assert waiting.tolist() == [0, 0, 2, 0, 1]


def test_people_gone_through_side_by_side_take_up_the_same(monkeypatch):
    rng, n = np.random.default_rng(1000), 3000
    sender, whom = rng.integers(0, 40, n).astype(np.int32), rng.integers(40, 79, n).astype(np.int32) % 40
    recipients = np.where(whom == sender, (whom + 1) % 40, whom).astype(np.int32)
    low = np.maximum(np.arange(n) - 200, 0)
    given = sender, np.arange(n + 1), recipients, np.full(n, -1, dtype=np.int32), low, np.arange(n)
    alone = taken_up(*given)
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    beside = taken_up(*given)
    assert (alone[0] >= 0).sum() > n / 4
    assert all(np.array_equal(one, other) for one, other in zip(alone, beside, strict=True))
