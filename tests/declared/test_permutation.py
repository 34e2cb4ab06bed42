"""Rosters of people alike."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.declared.permutation import Matcher, matched_permutation
from commfinder.declared.roster import TieTable
from commfinder.declared.statistics import z_score
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null


@pytest.fixture(scope="module")
def bench(build):
    graph = build(seed=4)
    structure, table = Structure.of(graph), TieTable.of(graph)
    return structure, table, fit_null(graph, structure), Matcher(structure, table.degree)


def test_pools_are_alike_in_unit_and_activity(bench):
    structure, table, _, matcher = bench
    for person in range(0, 160, 7):
        pool = matcher.pool(person)
        assert person in pool
        assert 4 <= len(pool) <= 13
        assert (structure.unit[pool] == structure.unit[person]).all()
        assert (table.degree[pool] > 0).all()


def test_draws_hold_nobody_twice_and_keep_the_mix(bench):
    structure, _, _, matcher = bench
    members = np.array([0, 1, 2, 25, 26, 70, 90, 91, 92, 93, 150])
    drawn = matcher.draw(members, 300, np.random.default_rng(1))
    assert drawn.shape == (300, len(members))
    assert all(len(set(row)) == len(members) for row in drawn.tolist())
    assert (structure.unit[drawn] == structure.unit[members]).all()
    assert len(np.unique(drawn, axis=0)) > 290


def test_who_stands_alone_stands_in_from_elsewhere():
    none = np.full(8, -1)
    structure = Structure(np.array([0, 1, 1, 1, 1, 1, 1, 1]), none, none)
    matcher = Matcher(structure, np.array([3, 1, 2, 3, 4, 5, 0, 9]))
    assert set(matcher.pool(0)) == {0, 1, 2, 3, 4, 5, 7}, "whoever has no tie stands in for nobody"


def test_the_same_draw_again(bench):
    *_, matcher = bench
    members = np.arange(0, 100, 9)
    one, other = (matcher.draw(members, 50, np.random.default_rng(7)) for _ in range(2))
    assert (one == other).all()


def test_p_is_fair_where_nothing_is_planted(bench):
    structure, table, null, matcher = bench
    rng = np.random.default_rng(11)
    found = []
    for number in range(300):
        size = (6, 12, 20)[number % 3]
        pool = np.arange(160) if number % 2 else np.flatnonzero(structure.unit < 3)
        members = np.sort(rng.choice(pool, size, replace=False))
        i, j = np.triu_indices(size, 1)
        observed, expected = table.joined(members[i], members[j]).sum(), null.expected(members[i], members[j]).sum()
        residual = float(z_score(observed, expected))
        found.append(
            matched_permutation(members, residual, table=table, null=null, matcher=matcher, permutations=199, rng=rng).p
        )
    p = np.array(found)
    assert (p <= 0.05).mean() <= 0.07
    assert 0.4 < p.mean() < 0.65
    assert (p > 0).all()
    assert (p <= 1).all()


def test_a_planted_group_stands_out(world):
    structure, table = Structure.of(world.graph), TieTable.of(world.graph)
    null, matcher = fit_null(world.graph, structure), Matcher(structure, table.degree)
    members = np.array([world.names.index(one) for one in world.living])
    i, j = np.triu_indices(len(members), 1)
    pairs = members[i], members[j]
    residual = float(z_score(table.joined(*pairs).sum(), null.expected(*pairs).sum()))
    p = matched_permutation(
        members, residual, table=table, null=null, matcher=matcher, permutations=999, rng=np.random.default_rng(0)
    ).p
    assert p <= 0.002
