from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.sources.coded import Coded, Words
from commfinder.sources.workflow_links import PLANS, links, starts_work, transition
from commfinder.sources.workflow_trail import is_placeholder, ranks

STEPS = st.sampled_from(["schedule", "assign", "start", "resume", "suspend", "complete", "withdraw", "odd", ""])
ROWS = st.lists(
    st.tuples(
        st.sampled_from("12"), st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(["", "i", "j"]), STEPS
    ),
    max_size=25,
)


def coded(values):
    return Coded.of(pa.array(list(values), pa.string())).settled(transition)


def linked(rows, times=None):
    columns = [coded(column) for column in zip(*rows, strict=True)] or [Coded.nothing(0)] * 5
    case, activity, resource, instance, steps = columns
    n = np.arange(len(rows), dtype=np.int64)
    return links(case, activity, resource, instance, steps, n if times is None else np.array(times, np.int64), n)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_what_is_linked_belongs_together(rows):
    found = linked(rows)
    used = [parent for parent in found.tolist() if parent >= 0]
    # Each start and each plan is ended once.
    assert len(used) == len(set(used))
    for row, parent in enumerate(found.tolist()):
        if parent < 0:
            continue
        assert parent < row
        assert rows[parent][:2] == rows[row][:2]
        before, after = rows[parent][4], rows[row][4]
        assert (before in PLANS and after == "start") or (
            before in ("start", "resume") and after in ("complete", "suspend", "withdraw")
        )
        if after != "start":
            assert rows[parent][2] == rows[row][2] or (rows[row][3] and rows[parent][3] == rows[row][3])


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)
    one = linked(rows)
    two = linked([rows[at] for at in order], order)
    assert [one[at] for at in order] == [order[parent] if parent >= 0 else -1 for parent in two.tolist()]


def test_a_case_with_very_many_open_starts_is_quick():
    rows = [("1", "a", f"r{n}", "", "start") for n in range(20_000)] + [("1", "a", "r0", "", "complete")] * 20_000
    found = linked(rows)
    assert found[20_000] == 0
    assert (found >= 0).sum() == 1


def test_ranks_number_each_case_by_time():
    case = Coded.of(pa.array(["b", "a", "b", "b", "a"]))
    time = np.array([5, 1, 3, 3, 0], np.int64)
    assert ranks(case, time, np.arange(5)).tolist() == [2, 1, 0, 1, 0]
    assert ranks(case, time, np.array([0, 1, 3, 2, 4])).tolist() == [2, 1, 1, 0, 0]
    # Entries of one event share its place.
    assert ranks(case, time, np.array([0, 1, 2, 2, 4])).tolist() == [1, 1, 0, 0, 0]
    assert ranks(Coded.nothing(0), np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_a_log_without_starts_starts_no_work():
    assert starts_work(coded(["complete", "Started"]))
    assert not starts_work(coded(["complete", "resume", ""]))
    assert not starts_work(Coded.nothing(0))


def test_words_are_numbered():
    column = Words()
    for word in ("b", None, "a", "b"):
        column.add(word)
    assert column.coded().arrow().to_pylist() == ["b", None, "a", "b"]
    assert Words().coded().codes.tolist() == []
    assert column.coded().settled(lambda word: None if word == "b" else "A").arrow().to_pylist() == [
        None,
        None,
        "A",
        None,
    ]


def test_placeholders():
    assert all(map(is_placeholder, ("EMPTY", " unknown ", "__INVALID__", "N/A", "-", "", "<none>", "NULL", "nan")))
    assert not any(map(is_placeholder, ("Nan Goldin", "Group 1", "0", "Unknown Pleasures", "Noné")))
