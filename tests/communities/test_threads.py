"""Work side by side, in the order of its parts."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from commfinder.communities.threads import in_turn, processors, together


def test_there_is_a_processor():
    assert processors() >= 1


def test_short_work_stays_whole():
    assert in_turn(8, 199_999) == [slice(0, 199_999)]
    assert in_turn(1, 10**7) == [slice(0, 10**7)]


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_long_work_is_cut_without_gaps(threads):
    parts = in_turn(threads, 1_000_003)
    assert len(parts) == threads
    assert (parts[0].start, parts[-1].stop) == (0, 1_000_003)
    assert all(one.stop == other.start for one, other in pairwise(parts))
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_results_come_in_the_order_of_the_parts(threads):
    assert together(lambda part: part * part, range(20), threads=threads) == [part * part for part in range(20)]
    assert together(lambda part: part, [], threads=threads) == []


def test_work_goes_side_by_side():
    # Each waits for the other: one after the other they would wait for ever.
    meet = threading.Barrier(2, timeout=20)
    assert sorted(together(lambda _: meet.wait(), range(2), threads=2)) == [0, 1]


def test_errors_come_through():
    with pytest.raises(ZeroDivisionError):
        together(lambda part: 1 // part, [1, 0, 2], threads=2)
