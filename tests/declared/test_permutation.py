"""Rosters of people alike."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.declared.permutation import Matcher, matched_permutation, replicates, replicates_by_loop
from commfinder.declared.roster import Layers, TieTable, _both_ways
from commfinder.graph.expected import Blocks, DyadNull, Structure
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
        found.append(matched_permutation(members, table=table, null=null, matcher=matcher, permutations=199, rng=rng).p)
    p = np.array(found)
    assert (p <= 0.05).mean() <= 0.07
    assert 0.4 < p.mean() < 0.65
    assert (p > 0).all()
    assert (p <= 1).all()


def test_a_planted_group_stands_out(world):
    structure, table = Structure.of(world.graph), TieTable.of(world.graph)
    null, matcher = fit_null(world.graph, structure), Matcher(structure, table.degree)
    members = np.array([world.names.index(one) for one in world.living])
    p = matched_permutation(
        members, table=table, null=null, matcher=matcher, permutations=999, rng=np.random.default_rng(0)
    ).p
    assert p <= 0.002


def test_compiled_replicates_equal_a_plain_loop(bench):
    _, table, null, matcher = bench
    rng = np.random.default_rng(2)
    for number, size in enumerate((5, 9, 16, 40)):
        members = np.sort(rng.choice(160, size, replace=False))
        got, wanted = (
            way(members, table, null, matcher, seed=number, first=0, last=120)
            for way in (replicates, replicates_by_loop)
        )
        np.testing.assert_allclose(got[:, :2], wanted[:, :2], rtol=1e-9, atol=1e-9)
        assert np.ptp(got[:, 0]) > 0.5


def test_replicates_with_site_and_line_equal_a_plain_loop():
    rng = np.random.default_rng(8)
    n = 90
    structure = Structure(
        np.arange(n) // 18 - 1, rng.integers(-1, 3, n), np.where(np.arange(n) % 6, np.arange(n) // 6 * 6, -1)
    )
    a, b = np.triu_indices(n, 1)
    held = rng.random(len(a)) < 0.15
    a, b = a[held], b[held]
    starts, neighbours = _both_ways(a, b, n)
    nothing = np.zeros(0, dtype=np.int64)
    layers = Layers(np.zeros(n + 1, dtype=np.int64), nothing, nothing, nothing > 0, nothing > 0, ())
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    table = TieTable(
        n, a * n + b, degree, nothing, nothing, starts, neighbours, np.zeros(n + 1, dtype=np.int64), layers
    )
    side = 5
    g, h = np.triu_indices(side)
    values = rng.random(len(g)) + 0.5
    blocks = Blocks(side, g * side + h, values, 0.7, values, values)
    null = DyadNull(np.sqrt(degree) / 8, blocks, (1.3, 1.6), (2.0, 3.0), (1.5, 4.0), structure)
    matcher = Matcher(structure, degree)
    members = np.sort(rng.choice(n, 20, replace=False))
    got, wanted = (
        way(members, table, null, matcher, seed=3, first=10, last=80) for way in (replicates, replicates_by_loop)
    )
    np.testing.assert_allclose(got[:, :2], wanted[:, :2], rtol=1e-9, atol=1e-9)


def test_replicates_do_not_depend_on_who_draws_which(bench):
    _, table, null, matcher = bench
    members = np.arange(0, 160, 11)
    whole = replicates(members, table, null, matcher, seed=5, first=0, last=60)
    parts = [replicates(members, table, null, matcher, seed=5, first=k, last=k + 20) for k in (0, 20, 40)]
    assert np.array_equal(whole, np.concatenate(parts))


def test_stopping_early_takes_only_rejections_away(bench):
    _, table, null, matcher = bench
    members = np.arange(0, 160, 8)
    options = {"table": table, "null": null, "matcher": matcher, "permutations": 999}
    found = matched_permutation(members, rng=np.random.default_rng(1), **options)
    assert len(found.z) < 999
    assert min(found.p, found.core_p) >= 0.1


def test_a_division_is_told_from_chance(bench):
    structure, table, null, matcher = bench
    members = np.flatnonzero(structure.unit < 2)[::2]
    options = {"table": table, "null": null, "matcher": matcher, "permutations": 199}
    plain = matched_permutation(members, rng=np.random.default_rng(1), **options)
    asked = matched_permutation(members, rng=np.random.default_rng(1), halves=True, **options)
    assert np.isnan(plain.split_p)
    assert 0.05 < asked.split_p <= 1
