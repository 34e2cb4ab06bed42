"""Rosters of people alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.declared.permutation import Matcher, matched_permutation, replicates, replicates_by_loop
from commfinder.declared.roster import Layers, TieTable, _both_ways
from commfinder.graph import build_graph
from commfinder.graph.expected import Blocks, DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.interactions import Interactions
from commfinder.people import Directory


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
        assert 4 <= len(pool) <= 19
        assert (structure.unit[pool] == structure.unit[person]).all()
        assert (table.degree[pool] > 0).all()
        between = (table.degree > table.degree[pool].min()) & (table.degree < table.degree[pool].max())
        assert np.isin(np.flatnonzero(between & (structure.unit == structure.unit[person])), pool).all()


def test_whoever_stands_in_can_be_stood_in_for():
    rng = np.random.default_rng(7202)
    n = 700
    team = np.r_[np.arange(644) // 7, np.full(56, -1)]
    unit = np.repeat([0, 1, 2], [294, 350, 56])
    degree = rng.integers(0, 40, n)
    degree[:644:7] = 0
    matcher = Matcher(Structure(unit, np.full(n, -1), team), degree)
    pools = {person: frozenset(matcher.pool(person).tolist()) for person in np.flatnonzero(degree).tolist()}
    assert all(pools[other] == pool for pool in pools.values() for other in pool)
    assert {len(pool) for pool in pools.values()} <= set(range(4, 20))
    assert any(len(set(team[list(pool)])) == 1 for pool in pools.values())


def test_the_head_of_a_unit_is_stood_in_for_by_its_people_without_taking_their_place():
    none = np.full(13, -1)
    structure = Structure(np.r_[np.zeros(9), np.ones(4)].astype(int), none, np.r_[20, np.full(8, 0), np.full(4, 9)])
    matcher = Matcher(structure, np.arange(2, 15))
    assert set(matcher.pool(0)) == set(range(9)), "nobody else has no manager here"
    assert set(matcher.pool(4)) == set(range(1, 9))
    drawn = matcher.draw(np.arange(9), 100, np.random.default_rng(1))
    assert len(drawn) == 100
    assert (drawn[:, 0] == 0).all(), "where everybody is listed nobody is left to stand in"


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


def test_rosters_drawn_are_as_active_as_the_members_and_vary_as_much(bench):
    _, table, _, matcher = bench
    rng = np.random.default_rng(7203)
    activity = np.log(table.degree)
    weight = table.degree.astype(float) ** 1.5
    own, theirs, spread = [], [], []
    for kind in ("even", "active") * 40:
        share = weight / weight.sum() if kind == "active" else None
        members = np.sort(rng.choice(160, 50, replace=False, p=share))
        drawn = activity[matcher.draw(members, 40, rng)]
        own.append(activity[members].mean())
        theirs.append(drawn.mean())
        spread.append(activity[members].std() - drawn.std(axis=1).mean())
    gap = np.array(own) - np.array(theirs)
    assert abs(gap[::2].mean()) < 0.01
    assert abs(gap[1::2].mean()) < 0.02
    assert np.mean(own[1::2]) - np.mean(own[::2]) > 0.1
    assert abs(np.mean(spread)) < 0.01


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


@pytest.fixture(scope="module")
def uneven():
    """Six departments whose people differ much in activity; what the most active could have more of is not seen."""
    rng = np.random.default_rng(7204)
    n = 144
    unit = np.arange(n) % 6
    active = np.exp(rng.normal(0, 0.9, n))
    a, b = np.triu_indices(n, 1)
    rate = np.where(unit[a] == unit[b], 0.3, 0.05) * active[a] * active[b]
    held = rng.random(len(a)) < -np.expm1(-rate)
    names = np.array([f"p{k:03d}" for k in range(n)])
    mail = pd.DataFrame({"sender": names[a[held]], "recipient": names[b[held]]})
    people = pd.DataFrame({"person": names, "unit": [f"u{k}" for k in unit]})
    graph = build_graph(Interactions.from_frame(mail), Directory.from_frame(people))
    structure, table = Structure.of(graph), TieTable.of(graph)
    return structure, table, fit_null(graph, structure), Matcher(structure, table.degree)


@pytest.mark.parametrize("kind", ["active", "three departments"])
def test_the_level_is_kept_where_rosters_are_large(uneven, kind):
    """Rosters of active people, and of most people of some departments: of the roster, and of its core."""
    structure, table, null, matcher = uneven
    rng = np.random.default_rng(7205)
    people, found = np.flatnonzero(table.degree), []
    for _ in range(300):
        if kind == "active":
            members = rng.choice(len(table.degree), 40, replace=False, p=table.degree / table.degree.sum())
        else:
            chosen = np.isin(structure.unit[people], rng.choice(6, 3, replace=False))
            members = rng.choice(people[chosen], 50, replace=False)
        one = matched_permutation(np.sort(members), table=table, null=null, matcher=matcher, permutations=199, rng=rng)
        found.append((one.p, one.core_p))
    share = (np.array(found) <= 0.05).mean(axis=0)
    assert (share <= 0.085).all(), "of 300 rosters at a level of 5 %, more than that pass once in a hundred runs"
    assert (share >= 0.015).all(), "a level far below would cost power"


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
