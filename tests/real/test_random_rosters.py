"""Random rosters on real e-mail: nobody made them a community, so hardly any may be called one.

The protocol was fixed before the first run: the static e-mail network of a research institute, its departments as
units; four kinds of roster, three sizes, 40 rosters in each cell, drawn with seed 20261123; default settings; a false
"real" is a verdict that says that a community is there (real, broker-dependent, core-only, split, emerging). The
false discovery rate is held over all rosters that are judged together, as it would be over the groups of an
organisation, so each kind is judged alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commfinder import (
    Communities,
    DeclaredGroups,
    Directory,
    Interactions,
    assess_groups,
    build_graph,
    find_communities,
)
from commfinder.graph import InteractionGraph

pytestmark = [pytest.mark.real, pytest.mark.slow]

KINDS = ("uniform", "active people", "three departments", "70 % one department")
SIZES, ROSTERS, SEED = (6, 12, 25), 40, 20261123
SAYS_YES = ["real", "broker-dependent", "core-only", "split", "emerging"]


@pytest.fixture(scope="module")
def institute(real_data: Path) -> tuple[InteractionGraph, Communities]:
    """The e-mail graph of the institute with departments as units."""
    folder = real_data / "email-eu-core"
    mail = pd.read_csv(folder / "email-Eu-core.txt", sep=" ", header=None, names=["sender", "recipient"])
    units = pd.read_csv(folder / "email-Eu-core-department-labels.txt", sep=" ", header=None, names=["person", "unit"])
    graph = build_graph(Interactions.from_frame(mail), Directory.from_frame(units))
    return graph, find_communities(graph, beyond=False)


def draw(kind: str, size: int, degree: pd.Series, unit: pd.Series, rng: np.random.Generator) -> list[str]:
    """Draw one roster of a kind among people who have ties."""
    people = degree[degree > 0].index.to_numpy()
    if kind == "uniform":
        return rng.choice(people, size, replace=False).tolist()
    if kind == "active people":
        weight = degree[people].to_numpy(dtype=float)
        return rng.choice(people, size, replace=False, p=weight / weight.sum()).tolist()
    of = unit[people]
    if kind == "three departments":
        sizes = of.value_counts()
        while True:
            chosen = rng.choice(sizes.index.to_numpy(), 3, replace=False)
            pool = people[of.isin(chosen).to_numpy()]
            if len(pool) >= size:
                return rng.choice(pool, size, replace=False).tolist()
    inside = round(0.7 * size)
    large = of.value_counts()
    home = rng.choice(large[large >= inside].index.to_numpy())
    here, elsewhere = people[(of == home).to_numpy()], people[(of != home).to_numpy()]
    return [
        *rng.choice(here, inside, replace=False).tolist(),
        *rng.choice(elsewhere, size - inside, replace=False).tolist(),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_hardly_any_random_roster_is_called_a_community(
    institute: tuple[InteractionGraph, Communities], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    graph, found = institute
    people = graph.people.set_index("person")
    rng = np.random.default_rng([SEED, KINDS.index(kind)])
    rows = [
        (f"{kind} {size} {number}", person)
        for size in SIZES
        for number in range(ROSTERS)
        for person in draw(kind, size, people["degree"], people["unit"], rng)
    ]
    groups = DeclaredGroups.from_frame(pd.DataFrame(rows, columns=["group", "person"]))
    verdicts = assess_groups(graph, groups, found=found, seed=SEED).to_frame()
    yes = verdicts["verdict"].isin(SAYS_YES)
    both = (verdicts[["p_formal", "p_permutation"]].max(axis=1) <= 0.05).mean()
    with capsys.disabled():
        told = ", ".join(f"{word} {count}" for word, count in verdicts["verdict"].value_counts().items())
        share = f"{100 * yes.mean():.1f} % called a community, both tests at .05: {100 * both:.1f} %"
        print(f"\nrandom rosters, {kind}: {share} ({len(verdicts)} rosters: {told})")
    assert yes.mean() <= 0.05
    assert both <= 0.07
