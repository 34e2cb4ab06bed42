"""Rows as columns of whole numbers: what is missing is marked, and names of others go by the same numbers."""

import pandas as pd

from commfinder.delivery.cases.acts import HOW
from commfinder.delivery.cases.columns import columns_of, keys_of_others, usable_rows
from commfinder.delivery.cases.keys import ids_of_cases
from commfinder.interactions import Interactions


def interactions(rows):
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "medium", "thread", "automated"])
    frame["time"] = range(1_700_000_000, 1_700_000_000 + len(frame))
    return Interactions.from_frame(frame, medium="medium", event="event", thread="thread", automated="automated")


def test_what_is_missing_is_marked():
    inter = interactions([("e1", "a", None, "workflow", "t", False), ("e2", "b", "a", "meeting", None, False)])
    rows, _ = usable_rows(inter, ())
    found = columns_of(inter, rows)
    order = found.time.argsort()
    assert found.n == 2
    assert found.recipient[order].tolist() == [-1, inter.people.index("a")]
    assert found.how[order].tolist() == [HOW.index("workflow"), -1]
    assert found.near[order].tolist() == [True, False]
    assert found.parent.tolist() == [0, 0]
    assert found.activity.tolist() == found.space.tolist() == [-1, -1]
    assert found.names.texts(found.name[order]).to_pylist() == ["t", None]
    assert found.ids.texts(found.event[order]).to_pylist() == ["e1", "e2"]


def test_cases_of_machines_alone_are_counted():
    inter = interactions(
        [
            ("e1", "a", None, "workflow", "t", False),
            ("e2", "bot", None, "workflow", "t", True),
            ("e3", "bot", None, "workflow", "u", True),
            ("e4", "bot", None, "workflow", "u", True),
        ]
    )
    rows, others = usable_rows(inter, ())
    columns = columns_of(inter, rows)
    keys = ids_of_cases(inter, columns, ("workflow", "page", "thread"))
    assert len(keys_of_others(others, columns, [0])[0]) == 2
    assert keys.absent(keys_of_others(others, columns, [0])) == 1
    assert keys.absent(keys_of_others(others, columns, [1])) == 0
