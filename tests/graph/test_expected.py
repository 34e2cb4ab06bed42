"""Ties that people would have anyway."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commfinder.graph import build_graph, fitting
from commfinder.graph.expected import Blocks, Structure
from commfinder.graph.fitting import fit_null
from commfinder.graph.leaving_out import expected_without_own
from commfinder.interactions import Interactions, concat
from commfinder.people import Directory

N = 60


def organisation(*, seed=0, alone=0, **columns):
    """Draw a graph of three units of twenty at two sites, teams of five; heads report to the first."""
    rng = np.random.default_rng(seed)
    names = [f"p{number:03d}" for number in range(N + alone)]
    unit = np.arange(N) // 20
    site = np.arange(N) % 2
    boss = np.where(np.arange(N) % 5 == 0, unit * 20, np.arange(N) // 5 * 5)
    boss[unit * 20 == np.arange(N)] = 0
    a, b = np.triu_indices(N, 1)
    active = rng.lognormal(0, 0.5, N)
    rate = 0.04 * np.where(unit[a] == unit[b], 4, 1) * np.where(site[a] == site[b], 1.5, 1)
    rate = rate * np.where((boss[a] == boss[b]) | (boss[a] == b) | (boss[b] == a), 3, 1) * active[a] * active[b]
    held = rng.random(len(a)) < np.minimum(rate, 0.9)
    rows = {"sender": [names[i] for i in a[held]], "recipient": [names[j] for j in b[held]]}
    known = {
        "unit": [f"u{code}" for code in unit] + [None] * alone,
        "site": [f"s{code}" for code in site] + [None] * alone,
        "manager": [names[code] if code != k else None for k, code in enumerate(boss)] + [None] * alone,
    }
    people = Directory.from_frame({"person": names, **{**known, **columns}})
    return build_graph(Interactions.from_frame(rows, medium="contact"), people)


def observed(graph):
    return graph.adjacency().toarray()


def pairs_of(graph):
    s = Structure.of(graph)
    i, j = np.meshgrid(*[np.arange(len(graph.people))] * 2, indexing="ij")
    return s, i, j


@pytest.fixture(scope="module")
def graph():
    return organisation()


def check_shape(null, n):
    lam = null.matrix(np.arange(n))
    np.testing.assert_allclose(lam, lam.T)
    assert (np.diag(lam) == 0).all()
    assert np.isfinite(lam).all()
    assert (lam >= 0).all()
    return lam


def test_activity_alone_gives_everybody_their_ties(graph):
    null = fit_null(graph, Structure.of(graph).without())
    lam = check_shape(null, N)
    np.testing.assert_allclose(lam.sum(axis=1), graph.people["degree"], rtol=2e-3, atol=5e-3)


def test_formal_structure_gives_back_what_was_seen(graph):
    null = fit_null(graph, Structure.of(graph))
    lam = check_shape(null, N)
    np.testing.assert_allclose(lam.sum(axis=1), graph.people["degree"], rtol=5e-3, atol=2e-2)
    s, i, j = pairs_of(graph)
    ties, off = observed(graph), i != j
    same_unit = s.unit[i] == s.unit[j]
    kinds = {
        "within units": same_unit & off,
        "same site, other unit": (s.site[i] == s.site[j]) & ~same_unit,
        "same manager, same unit": s.same_manager(i, j) & same_unit & off,
        "reports, same unit": s.reports(i, j) & same_unit,
    }
    for kind, which in kinds.items():
        assert ties[which].sum() > 0, kind
        assert lam[which].sum() == pytest.approx(ties[which].sum(), rel=0.03), kind


def test_formal_structure_explains_more_than_activity(graph):
    s, i, j = pairs_of(graph)
    team = s.same_manager(i, j) & (i != j)
    formal, activity = (fit_null(graph, one).matrix(np.arange(N))[team].sum() for one in (s, s.without()))
    assert formal > 2 * activity


def test_unknown_units():
    graph = organisation(unit=[None] * 30 + ["u1"] * 10 + ["u2"] * 20)
    lam = check_shape(fit_null(graph, Structure.of(graph)), N)
    np.testing.assert_allclose(lam.sum(axis=1), graph.people["degree"], rtol=1e-2, atol=5e-2)


def test_nobody_knows_any_unit():
    nothing = [None] * N
    graph = organisation(unit=nothing, site=nothing, manager=nothing)
    s = Structure.of(graph)
    assert not s.known
    np.testing.assert_allclose(
        fit_null(graph, s).matrix(np.arange(N)), fit_null(graph, s.without()).matrix(np.arange(N)), rtol=1e-3
    )


def test_one_unit_says_nothing():
    nothing = [None] * N
    graph = organisation(unit=["u"] * N, site=nothing, manager=nothing)
    assert not Structure.of(graph).known
    lam = check_shape(fit_null(graph, Structure.of(graph)), N)
    np.testing.assert_allclose(lam.sum(axis=1), graph.people["degree"], rtol=5e-3, atol=2e-2)


def test_people_without_ties_expect_none():
    graph = organisation(alone=3)
    for structure in (Structure.of(graph), Structure.of(graph).without()):
        lam = check_shape(fit_null(graph, structure), N + 3)
        assert lam[N:].sum() == pytest.approx(0, abs=1e-9)


def test_no_ties_at_all():
    people = Directory.from_frame({"person": list("abcd"), "unit": ["u", "u", "v", "v"]})
    graph = build_graph(Interactions.from_frame({"sender": [], "recipient": []}), people)
    for structure in (Structure.of(graph), Structure.of(graph).without()):
        assert check_shape(fit_null(graph, structure), 4).sum() == pytest.approx(0, abs=1e-6)


def test_a_manager_outside_the_graph(graph):
    people = graph.people.assign(manager=graph.people["manager"].where(graph.people["unit"] != "u1", "gone"))

    other = replace(graph, people=people)
    s = Structure.of(other)
    here = np.flatnonzero(people["unit"] == "u1")
    assert (s.manager[here] >= N).all()
    assert s.same_manager(here[:1], here[1:2]).all()
    assert not s.reports(here[:, None], np.arange(N)[None, :])[:, here].any()
    lam = check_shape(fit_null(other, s), N)
    np.testing.assert_allclose(lam.sum(axis=1), people["degree"], rtol=1e-2, atol=5e-2)


def test_left_out_ties_are_forgotten(graph):
    group = np.arange(0, N, 6)
    ties = observed(graph)
    inner = np.ix_(group, group)
    null = fit_null(graph, Structure.of(graph).without(), leave_out=group)
    lam = check_shape(null, N)
    lam[inner] = 0
    ties[inner] = 0
    np.testing.assert_allclose(lam.sum(axis=1), ties.sum(axis=1), rtol=5e-3, atol=2e-2)


def test_a_planted_group_does_not_explain_itself(graph):

    group = np.arange(0, N, 4)
    names = graph.people["person"].to_numpy()[group]
    rows = [(one, other) for k, one in enumerate(names) for other in names[k + 1 :]]
    frame = {"sender": [r[0] for r in rows], "recipient": [r[1] for r in rows]}

    both = concat([graph.interactions, Interactions.from_frame(frame, medium="contact", source="more")])
    dense = build_graph(both, Directory.from_frame(graph.people[["person", "unit", "site"]]))
    s = Structure.of(dense)
    inner = np.ix_(group, group)
    whole, less = (fit_null(dense, s, leave_out=out).matrix(np.arange(N))[inner].sum() for out in (None, group))
    assert less < 0.7 * whole


def test_the_start_does_not_matter(graph):
    s = Structure.of(graph)
    plain = fit_null(graph, s)
    again = fit_null(graph, s, start=plain)
    np.testing.assert_allclose(again.matrix(np.arange(N)), plain.matrix(np.arange(N)), rtol=0.05, atol=1e-3)


def test_the_same_fit_is_made_once(graph):
    s = Structure.of(graph)
    plain = fit_null(graph, s)
    assert fit_null(graph, Structure.of(graph)) is plain
    assert fit_null(graph, s.without()) is not plain
    assert fit_null(graph, s, leave_out=np.arange(5)) is not plain
    assert fit_null(graph, s) is plain
    assert fit_null(organisation(), s) is not plain


def test_sites_count_where_units_are_not_known():
    graph = organisation(unit=[None] * N, manager=[None] * N)
    s, i, j = pairs_of(graph)
    assert s.known
    null = fit_null(graph, s)
    lam, ties = check_shape(null, N), observed(graph)
    here = (s.site[i] == s.site[j]) & (i != j)
    assert lam[here].sum() == pytest.approx(ties[here].sum(), rel=0.01)
    assert null.site[1] > 1.2


def test_a_unit_that_everybody_shares_hides_no_site():
    graph = organisation(unit=["u"] * N, manager=[None] * N)
    s = Structure.of(graph)
    assert (s.unit == -1).all()
    assert fit_null(graph, s).site[1] > 1.2


def test_sites_count_within_units():
    graph = organisation()
    s, i, j = pairs_of(graph)
    lam, ties = fit_null(graph, s).matrix(np.arange(N)), observed(graph)
    here = s.together(i, j) & (s.site[i] == s.site[j]) & (i != j)
    assert lam[here].sum() == pytest.approx(ties[here].sum(), rel=0.03)


def test_people_without_a_unit_are_not_one_unit():
    graph = organisation(unit=["u0"] * 20 + ["u1"] * 20 + [None] * 20)
    s = Structure.of(graph)
    assert not s.together(np.array([50]), np.array([51]))[0]
    null = fit_null(graph, s)
    check_shape(null, N)
    ends = np.array([0, 1]), np.array([0, 1])
    assert (null.blocks.of(*ends) > null.blocks.of(ends[0], 1 - ends[1])).all()


def test_a_manager_of_very_many_leads_nobody():
    people = Directory.from_frame(
        {"person": [f"p{k:04d}" for k in range(1200)], "manager": ["p0000"] * 1199 + ["p0001"]}
    )
    rows = {"sender": ["p0001", "p0002"], "recipient": ["p0002", "p0003"]}
    s = Structure.of(build_graph(Interactions.from_frame(rows, medium="contact"), people))
    assert (s.manager[:1199] == -1).all()
    assert s.manager[1199] == 1


def test_few_stored_pairs_of_units_give_nearly_the_same(monkeypatch):
    rng = np.random.default_rng(4)
    n, units = 400, 40
    unit, site = np.arange(n) // 10, rng.integers(0, 3, n)
    a, b = np.triu_indices(n, 1)
    rate = 0.004 * np.where(unit[a] == unit[b], 60, 1) * np.where(site[a] == site[b], 1.6, 1)
    held = rng.random(len(a)) < rate
    names = [f"p{number:03d}" for number in range(n)]
    rows = {"sender": [names[i] for i in a[held]], "recipient": [names[j] for j in b[held]]}
    columns = {"unit": [f"u{code:02d}" for code in unit], "site": [f"s{code}" for code in site]}
    given = Interactions.from_frame(rows, medium="contact"), Directory.from_frame({"person": names, **columns})
    graph = build_graph(*given)
    s = Structure.of(graph)
    whole = fit_null(graph, s)
    monkeypatch.setattr(fitting, "_FEW_PAIRS", 0)
    # What is fitted stays with a graph.
    sparse = fit_null(build_graph(*given), s)
    assert len(sparse.blocks.keys) < 0.8 * len(whole.blocks.keys) == 0.8 * (units + 1) * (units + 2) / 2
    lam, plain = check_shape(sparse, n), check_shape(whole, n)
    np.testing.assert_allclose(lam.sum(axis=1), graph.people["degree"], rtol=5e-3, atol=5e-2)
    assert lam.sum() == pytest.approx(plain.sum(), rel=1e-3)
    assert np.abs(lam - plain).sum() < 0.05 * plain.sum()
    ties, here = observed(graph), (s.site[:, None] == s.site) & ~np.eye(n, dtype=bool)
    assert lam[here].sum() == pytest.approx(ties[here].sum(), rel=0.01)


def test_blocks_among_some_units_equal_those_of_pairs():
    g, h = np.array([0, 0, 1, 3]), np.array([0, 2, 1, 3])
    blocks = Blocks(4, g * 4 + h, np.array([2.0, 3.0, 4.0, 5.0]), 0.5, np.ones(4), np.ones(4))
    units = np.array([0, 2, 3])
    wanted = [[2.0, 3.0, 0.5], [3.0, 0.5, 0.5], [0.5, 0.5, 5.0]]
    assert blocks.among(units).tolist() == wanted
    assert blocks.of(units[:, None], units[None, :]).tolist() == wanted
    assert blocks.of(np.array([-1]), np.array([3])).tolist() == [5.0], "-1 is the last"


@pytest.mark.parametrize("formal", [True, False])
def test_leaving_out_in_part_is_near_leaving_out_in_full(formal):
    group = np.arange(0, N, 12)
    graph = organisation(seed=3)
    names = graph.people["person"].to_numpy()[group]
    rows = [(one, other) for k, one in enumerate(names) for other in names[k + 1 :]]
    frame = {"sender": [r[0] for r in rows], "recipient": [r[1] for r in rows]}
    both = concat([graph.interactions, Interactions.from_frame(frame, medium="contact", source="more")])
    dense = build_graph(both, Directory.from_frame(graph.people[["person", "unit", "site", "manager"]]))
    s = Structure.of(dense) if formal else Structure.of(dense).without()
    null = fit_null(dense, s)
    side = null.blocks.side
    ties = observed(dense)[np.ix_(group, group)] > 0
    mass = np.bincount(s.unit % side, null.activity, side)
    got = expected_without_own(null, group, ties, degree=dense.people["degree"].to_numpy(), mass=mass).sum()
    wanted = fit_null(dense, s, leave_out=group).matrix(group).sum()
    before = null.matrix(group).sum()
    assert wanted < 0.9 * before
    assert abs(got - wanted) < 0.35 * abs(before - wanted)


def test_whoever_has_no_unit_is_placed_where_most_of_their_ties_lead():
    unit = np.array([0, 0, 1, 1, -1, -1, -1, 1])
    i, j = np.array([4, 4, 2, 5, 5, 6, 0]), np.array([0, 2, 3, 1, 2, 5, 4])
    got = Structure(unit, np.full(8, -1), np.full(8, -1)).placed(i, j)
    # 4 has two ties to unit 0 and one to unit 1; 5 one to each: the first; 6 only one to somebody without a unit.
    assert got.unit.tolist() == [0, 0, 1, 1, 0, 0, -1, 1]
    assert Structure(unit, unit, unit).placed(i[:0], j[:0]).unit.tolist() == unit.tolist()
    everybody = Structure(np.abs(unit), unit, unit)
    assert everybody.placed(i, j) is everybody
