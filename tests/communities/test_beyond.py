"""Communities beyond formal structure: planted ones are found, chance shows hardly any."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from commfinder import Directory, Interactions, build_graph, find_communities
from commfinder.communities import find
from commfinder.communities.beyond import _best, _search, excess, find_beyond, searches
from commfinder.communities.beyond_chance import Chance, lines_of
from commfinder.communities.beyond_kernel import partners
from commfinder.communities.confidence import judge_hidden
from commfinder.graph import InteractionGraph
from commfinder.graph.drawing import drawn_graphs
from commfinder.graph.expected import Blocks, DyadNull, Structure
from commfinder.graph.fitting import fit_null

UNITS, PER_UNIT, HIDDEN = 16, 20, 14


class _Count:
    """A stage that counts."""

    def __init__(self) -> None:
        self.done = 0.0

    def advance(self, amount: float = 1) -> None:
        self.done += amount


def organisation(seed: int, *, hidden: bool) -> tuple[InteractionGraph, list[str]]:
    """Units of 16 with dense ties inside and thin ones across; perhaps twelve people across units with many ties."""
    rng = np.random.default_rng(seed)
    n = UNITS * PER_UNIT
    unit = np.repeat(np.arange(UNITS), PER_UNIT)
    chance = np.where(unit[:, None] == unit[None, :], 0.35, 0.015)
    members = np.sort(np.concatenate([[u * PER_UNIT, u * PER_UNIT + 1] for u in range(HIDDEN // 2)]))
    if hidden:
        chance[np.ix_(members, members)] = 0.75
    ties = np.triu(rng.random((n, n)) < chance, 1)
    names = np.array([f"p{number:03d}" for number in range(n)])
    a, b = np.nonzero(ties)
    graph = build_graph(
        Interactions.from_frame(pd.DataFrame({"sender": names[a], "recipient": names[b]})),
        Directory.from_frame(pd.DataFrame({"person": names, "unit": [f"U{u}" for u in unit]})),
    )
    return graph, names[members].tolist()


def test_a_planted_community_across_units_is_found_where_a_partition_can_not_show_it() -> None:
    graph, planted = organisation(1, hidden=True)
    found = find_communities(graph)
    beyond = found.summary[found.summary["community"].str.startswith("B")]
    best = max(
        len(set(planted) & set(found.people(name))) / len(set(planted) | set(found.people(name)))
        for name in beyond["community"]
    )
    assert best >= 0.8
    assert found.searched_beyond
    line = beyond.iloc[0]
    assert line["units"] >= 5
    assert line["structure_lift"] > 3
    assert line["beyond_structure"]
    assert line["stability"] > 0.5
    assert 0.5 < line["confidence"] <= 1
    rows = found.members[found.members["community"] == line["community"]]
    assert rows["confidence"].between(0, line["confidence"]).all()
    inside = rows["person"].isin(planted)
    assert rows.loc[inside, "confidence"].mean() > 0.5


def test_without_being_asked_there_is_no_confidence() -> None:
    graph, _ = organisation(1, hidden=True)
    found = find_communities(graph, confidence=False, runs=2)
    beyond = found.summary["community"].str.startswith("B")
    assert beyond.any()
    assert found.summary.loc[beyond, "confidence"].isna().all()
    assert found.members["confidence"].isna().all()


def test_what_speaks_for_a_community_is_told_in_the_order_of_its_members() -> None:
    graph, planted = organisation(1, hidden=True)
    null = fit_null(graph, Structure.of(graph))
    found = find_beyond(graph, null, rng=np.random.default_rng(5), stage=_Count())
    members, clue = found.members[0], found.clues[0]
    assert clue.stability == found.stability[0]
    assert clue.surprise > np.log(20)
    names = graph.people["person"].to_numpy(dtype=object)[members]
    inside = np.isin(names, planted)
    assert inside.sum() >= 10
    assert clue.returning[inside].mean() >= clue.stability - 0.1
    assert set((clue.returning * 5).round(9)) <= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}


def test_people_of_two_communities_have_two_rows_and_nobody_is_lost() -> None:
    graph, planted = organisation(1, hidden=True)
    members = find_communities(graph).members
    assert set(members["person"]) == set(graph.people["person"])
    rows = members["person"].value_counts()
    assert (rows[planted] >= 2).sum() >= 9
    assert members["strength"].between(0, 1).all()


def test_units_are_explained_by_formal_structure() -> None:
    graph, _ = organisation(2, hidden=False)
    summary = find_communities(graph).summary
    of_one_unit = summary[summary["main_unit_share"] > 0.8]
    assert len(of_one_unit) >= 5
    assert not of_one_unit["beyond_structure"].any()


@pytest.mark.slow
def test_chance_shows_something_in_few_organisations() -> None:
    """One organisation in twenty may show something that is not there; three in twelve would be a defect."""
    shown = 0
    for seed in range(100, 112):
        graph, _ = organisation(seed, hidden=False)
        null = fit_null(graph, Structure.of(graph))
        everybody = np.arange(len(graph.people))
        expected = Chance.of(null, everybody)
        graphs = drawn_graphs(null, everybody, 59, np.random.default_rng(seed))
        bar = sorted(_best(lines_of(i, j, len(everybody)), expected=expected) for i, j in graphs)[-3]
        real = lines_of(*graph.pairs, len(everybody))
        shown += any(score > bar for _, score in _search(real, expected))
    assert shown <= 2


def test_partners_by_hand() -> None:
    graph, _ = organisation(4, hidden=True)
    null = fit_null(graph, Structure.of(graph))
    everybody = np.arange(len(graph.people))
    tied = graph.adjacency().toarray() > 0
    surprise = tied * np.clip(1 - null.matrix(everybody), 0, 1)
    common = surprise * (surprise @ surprise)
    lines, rates = lines_of(*graph.pairs, len(everybody)), Chance.of(null, everybody).rates
    for least in (0.0, 1.0, 4.0):
        partner = partners(lines, rates, least)
        some = common.max(axis=1) > least
        assert (partner[~some] == -1).all()
        assert np.allclose(common[some, partner[some]], common[some].max(axis=1))
        assert some.any()


def test_communities_across_units_of_a_large_organisation_are_found() -> None:
    rng = np.random.default_rng(6)
    unit = np.repeat(np.arange(150), 20)
    null = DyadNull(
        activity=rng.gamma(4, 0.25, len(unit)),
        blocks=Blocks(151, np.arange(150) * 152, np.full(150, 0.3), 0.001, np.ones(150), np.ones(150)),
        site=(1.0, 1.0),
        manager=(1.0, 1.0),
        report=(1.0, 1.0),
        structure=Structure(unit, np.full(len(unit), -1), np.full(len(unit), -1)),
    )
    i, j = next(iter(drawn_graphs(null, np.arange(len(unit)), 1, rng)))
    hidden = [np.sort(rng.choice(len(unit), size, replace=False)) for size in (8, 12, 20, 30)]
    more = [np.array(list(combinations(members.tolist(), 2))) for members in hidden]
    more = [pairs[rng.random(len(pairs)) < 0.6] for pairs in more]
    a, b = np.concatenate([np.column_stack([i, j]), *more]).T
    names = np.array([f"p{number:04d}" for number in range(len(unit))])
    graph = build_graph(
        Interactions.from_frame(pd.DataFrame({"sender": names[a], "recipient": names[b]})),
        Directory.from_frame(pd.DataFrame({"person": names, "unit": [f"U{u}" for u in unit]})),
    )
    null = fit_null(graph, Structure.of(graph))
    found = find_beyond(graph, null, rng=np.random.default_rng(5), stage=_Count())
    number = {name: k for k, name in enumerate(graph.people["person"])}
    for members in hidden:
        planted = {number[name] for name in names[members]}
        best = max(len(planted & set(one.tolist())) / len(planted | set(one.tolist())) for one in found.members)
        assert best >= 0.8
    assert len(found.members) <= len(hidden) + 2


def test_same_seed_same_result_and_progress_is_told() -> None:
    graph, _ = organisation(3, hidden=True)
    null = fit_null(graph, Structure.of(graph))
    count = _Count()
    first = find_beyond(graph, null, rng=np.random.default_rng(5), stage=count)
    again = find_beyond(graph, null, rng=np.random.default_rng(5), stage=_Count())
    assert [one.tolist() for one in first.members] == [one.tolist() for one in again.members]
    assert first.threshold == again.threshold
    assert [judge_hidden(one)[1].tobytes() for one in first.clues] == [
        judge_hidden(one)[1].tobytes() for one in again.clues
    ]
    assert count.done == searches(int(graph.tie_values("tie").sum())) == 65
    assert searches(200_001) == 25


def test_excess_by_hand() -> None:
    graph, planted = organisation(1, hidden=True)
    null = fit_null(graph, Structure.of(graph))
    position = {person: number for number, person in enumerate(graph.people["person"])}
    members = np.array([position[person] for person in planted])
    lift, _ = excess(members, graph, null)
    inside = graph.adjacency().toarray()[np.ix_(members, members)].sum() / 2
    mean = null.matrix(members).sum() / 2
    assert lift == pytest.approx((inside + 0.5) / (mean + 0.5))


def test_lift_of_every_community_is_that_by_hand() -> None:
    graph, _ = organisation(1, hidden=True)
    null = fit_null(graph, Structure.of(graph))
    found = find_communities(graph, confidence=False, runs=8)
    position = {person: number for number, person in enumerate(graph.people["person"])}
    assert found.members["person"].duplicated().any()
    for line in found.summary.itertuples():
        members = np.sort([position[person] for person in found.people(line.community)])
        assert line.structure_lift == excess(members, graph, null)[0]


def test_names_do_not_matter() -> None:
    graph, _ = organisation(3, hidden=True)
    new = dict(zip(graph.people["person"], np.random.default_rng(1).permutation(graph.people["person"]), strict=True))
    people = graph.people["person"].tolist()
    a, b = graph.pairs
    other = build_graph(
        Interactions.from_frame(
            pd.DataFrame({"sender": [new[people[i]] for i in a], "recipient": [new[people[j]] for j in b]})
        ),
        Directory.from_frame(pd.DataFrame({"person": [new[one] for one in people], "unit": graph.people["unit"]})),
    )
    found = []
    for one in (graph, other):
        null = fit_null(one, Structure.of(one))
        hidden = find_beyond(one, null, rng=np.random.default_rng(5), stage=_Count())
        names = one.people["person"].to_numpy(dtype=object)
        clues = [
            dict(zip(names[members], clue.returning, strict=True))
            for members, clue in zip(hidden.members, hidden.clues, strict=True)
        ]
        surprises = [clue.surprise for clue in hidden.clues]
        found.append(
            ([set(names[members]) for members in hidden.members], hidden.stability, hidden.threshold, clues, surprises)
        )
    assert [{new[person] for person in members} for members in found[0][0]] == found[1][0]
    assert found[0][1] == found[1][1]
    assert found[0][2] == pytest.approx(found[1][2], rel=1e-6)
    assert [{new[one]: told for one, told in clue.items()} for clue in found[0][3]] == found[1][3]
    assert found[0][4] == pytest.approx(found[1][4], rel=1e-6)
    assert found[0][0]


def test_without_structure_nothing_is_searched() -> None:
    graph, _ = organisation(1, hidden=True)
    bare = build_graph(graph.interactions)
    found = find_communities(bare)
    assert not found.searched_beyond
    assert found.summary["beyond_structure"].isna().all()
    assert not find_communities(graph, beyond=False).searched_beyond


def test_with_too_many_ties_the_search_is_left_out_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, _ = organisation(1, hidden=True)
    monkeypatch.setattr(find, "MOST_TIES", int(graph.tie_values("tie").sum()) - 1)
    found = find_communities(graph, confidence=False, runs=2)
    assert not found.searched_beyond
    assert not found.summary["community"].str.startswith("B").any()
    assert found.summary["structure_lift"].notna().all()
