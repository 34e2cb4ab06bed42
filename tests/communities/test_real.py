"""Real mail, whose departments nobody told the library."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from commfinder.communities import find_communities
from commfinder.communities.confidence import UNCLUSTERED
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
    assert found.resolution.how == "held-out ties"
    assert found.weights.embedded, "two people of one department know the same people"
    department = truth.set_index("person")["department"].reindex(graph.people["person"])
    # Everybody counts; who is in no community is a community of one's own. The benchmark has the figure to the digit.
    assert adjusted_mutual_info_score(department, found.labels) >= 0.67
    assert found.agreement > 0.9
    assert found.p_chance < UNCLUSTERED
    assert found.summary["confidence"].between(0, 1).all()
    assert (found.summary["confidence"] > 0.5).mean() > 0.5
    home = found.members.dropna(subset=["community"])
    assert home["person"].duplicated().any(), "some write with two departments"
