"""Real mail, whose departments nobody told the library."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from commfinder.communities import find_communities
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

DATA = Path(__file__).parents[3] / "shared" / "data" / "email-eu-core"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the project"),
]


def test_departments_of_a_research_institute():
    names = ["person", "department"]
    truth = pd.read_csv(DATA / "email-Eu-core-department-labels.txt", sep=" ", names=names, dtype=str)
    ties = pd.read_csv(DATA / "email-Eu-core.txt", sep=" ", names=["sender", "recipient"], dtype=str)
    graph = build_graph(Interactions.from_frame(ties), Directory.from_frame(truth[["person"]]))
    assert len(graph.people) == 1005
    assert len(graph.ties) == 16_064
    found = find_communities(graph, seed=0)
    assert found.resolution.how == "fixed point"
    assert 2 < found.resolution.value < 4.5
    # Everybody counts; who is in no community is a community of one's own.
    label = found.members.set_index("person")["community"].fillna(
        "alone " + found.members.set_index("person").index.to_series()
    )
    both = truth.set_index("person")["department"].to_frame().join(label)
    assert len(both) == 1005
    assert adjusted_mutual_info_score(both["department"], both["community"]) >= 0.62
