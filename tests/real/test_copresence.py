"""Threads of a chat archive and cases of a permit process: what pairs share, against pandas."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

import commfinder as cf
from commfinder.graph.copresence import find_copresence
from commfinder.graph.copresence_validated import validated_pairs

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("path", "medium"), [("zulip-ncar", "chat"), ("workflow/08_receipt.xes.gz", "workflow")])
def test_threads_and_cases_are_counted_as_by_pandas(real_data, path, medium):
    inter = cf.read(real_data / path).clean()
    rows = inter.to_frame()
    rows = rows[(rows["medium"] == medium) & rows["thread"].notna() & (rows["role"] != "reaction")]
    expected = Counter()
    for writers in rows.groupby("thread")["sender"].agg(lambda names: sorted(set(names))):
        if len(writers) <= 30:
            expected.update(combinations(writers, 2))
    table = find_copresence(inter).layers().to_pydict()
    found = {
        (inter.names[a], inter.names[b]): events
        for a, b, events in zip(table["a"], table["b"], table["events"], strict=True)
    }
    assert found == dict(expected)
    assert len(found) > 100
    shared = validated_pairs(inter, "thread")
    assert shared.pairs["together"].sum() == sum(expected.values())
    assert 0 < shared.density < 0.1
