"""Verdicts on simulated organisations, whose truth is known; nothing was ever tuned on these seeds."""

from __future__ import annotations

import pandas as pd
import pytest

from commfinder.communities import find_communities
from commfinder.declared import assess_groups
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory
from commfinder.simulation import simulate

SEEDS = (0, 1, 2, 3, 4)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ruled() -> pd.DataFrame:
    """One row per seed and group: what was planted and what was said."""
    parts = []
    for seed in SEEDS:
        organisation = simulate(people=400, seed=seed)
        mail = Interactions.from_frame(organisation.clean_frame(), medium="medium", event="event")
        people = Directory.from_frame(organisation.people)
        graph = build_graph(mail, people, period="2026-04-01/2026-10-01")
        # Communities are only matched with here; the search beyond units takes long and decides on no verdict.
        found = find_communities(graph, beyond=False)
        said = assess_groups(graph, DeclaredGroups.from_frame(organisation.groups), found=found).to_frame()
        truth = organisation.truth.groups.rename(columns={"verdict": "truth"})
        parts.append(truth.merge(said, on="group", validate="1:1").assign(seed=seed))
    return pd.concat(parts, ignore_index=True)


def test_every_group_has_a_verdict(ruled):
    assert len(ruled) == 20 * len(SEEDS)
    assert ruled["verdict"].notna().all()


def test_confusion(ruled, capsys):
    table = pd.crosstab(ruled["truth"], ruled["verdict"])
    agreement = float((ruled["truth"] == ruled["verdict"]).mean())
    with capsys.disabled():
        print(f"\n{table}\nagreement {agreement:.2f} over {len(ruled)} groups")
    assert agreement >= 0.8


def test_nothing_real_is_called_paper(ruled):
    wrong = ruled[(ruled["truth"] == "real") & ruled["verdict"].isin(["paper", "formal-only"])]
    assert wrong[["seed", "group", "reason"]].empty, wrong[["seed", "group", "reason"]].to_string()


def test_nothing_on_paper_is_called_real(ruled):
    nothing = ruled["truth"].isin(["paper", "formal-only", "insufficient"])
    wrong = ruled[nothing & ruled["verdict"].isin(["real", "core-only", "broker-dependent", "split"])]
    assert wrong[["seed", "group", "reason"]].empty, wrong[["seed", "group", "reason"]].to_string()


def test_too_little_to_tell_is_told(ruled):
    small = ruled[ruled["truth"] == "insufficient"]
    assert small["verdict"].isin(["insufficient", "uncertain"]).all()
