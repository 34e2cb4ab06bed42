"""How likely communities are real: sure of planted ones, silent where there are none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse as sp

from commfinder.communities.confidence import UNCLUSTERED, Budget, judge
from commfinder.communities.confidence.evidence import partition
from commfinder.communities.confidence.judge import SAME, Cases, as_truth, best_planted, cases
from commfinder.communities.overlap import Memberships, extend
from commfinder.communities.quality import canonical
from commfinder.communities.resolution import fixed_point

SMALL = Budget(draws=10, chance=8, twins=2, twin_draws=4)
SEEDS = np.random.SeedSequence


def generator():
    """Load the generator of planted networks that the benchmarks use."""
    path = Path(__file__).parents[3] / "benchmarks" / "planted.py"
    spec = importlib.util.spec_from_file_location("benchmarks_planted", path)
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.planted_cover


def found_in(traces, seed=0):
    """Find communities once at the fixed point of the resolution."""
    ties = traces.ties()
    at = fixed_point(traces.a, traces.b, ties.weight, partition=lambda gamma: partition(ties, gamma, seed)).value
    return partition(ties, at, seed), at


def judged(traces, labels, at, seed=0, budget=SMALL):
    memberships = extend(traces.ties(), labels)
    return judge(traces, labels, at, memberships=memberships, budget=budget, seeds=SEEDS(seed)), memberships


def jaccard(one, other):
    return len(one & other) / len(one | other)


@pytest.mark.parametrize(
    ("ties", "wanted"),
    [
        (1, Budget(20, 10, 4, 6)),
        (200_000, Budget(20, 10, 4, 6)),
        (200_001, Budget(8, 5, 1, 3)),
        (10**7, Budget(4, 3, 0, 0)),
    ],
)
def test_larger_networks_get_less_work(ties, wanted):
    assert Budget.of(ties) == wanted


def test_planted_labels_as_an_array():
    assert as_truth(np.array([1, -1, 0, 1])).toarray().tolist() == [[0, 1], [0, 0], [1, 0], [0, 1]]
    assert as_truth(np.array([-1, -1])).shape == (2, 0)


@pytest.mark.parametrize("seed", range(10))
def test_the_most_alike_planted_community_by_looking_at_all(seed):
    rng = np.random.default_rng(seed)
    n, found, real = 30, 5, 4
    belongs = rng.random((n, found)) < 0.3
    belongs[np.arange(n), rng.integers(0, found, n)] = True
    truth = (rng.random((n, real)) < 0.3).astype(float)
    person, community = np.nonzero(belongs)
    blank = np.zeros(len(person))
    memberships = Memberships(person, community, blank, blank, blank, blank > 0, np.zeros(n, dtype=bool))
    best, match = best_planted(memberships, found, sp.csr_array(truth))
    for one in range(found):
        own = set(np.flatnonzero(belongs[:, one]))
        all_of_them = [jaccard(own, set(np.flatnonzero(truth[:, other]))) for other in range(real)]
        assert best[one] == pytest.approx(max(all_of_them))
        assert all_of_them[match[one]] == pytest.approx(max(all_of_them))


def test_nothing_planted_is_like_nothing():
    blank = np.zeros(3)
    memberships = Memberships(np.arange(3), np.zeros(3, int), blank, blank, blank, blank == 0, blank > 0)
    best, match = best_planted(memberships, 1, as_truth(np.full(3, -1)))
    assert (best.tolist(), match.tolist()) == ([0.0], [0])


@pytest.mark.parametrize("n", [0, 1, 4])
def test_no_ties(traced, n):
    found, _ = judged(traced([], [], n), np.arange(n, dtype=np.int32), 1.0)
    assert (found.p_chance, found.clustered) == (1.0, False)
    for name in ("community", "stability", "returning", "membership"):
        assert getattr(found, name).tolist() == [0.0] * n


def test_one_pair_among_many(traced):
    found, _ = judged(traced([0], [1], 5), np.array([0, 0, 1, 2, 3], dtype=np.int32), 1.0)
    assert not found.clustered
    assert found.community.tolist() == [0.0] * 4


@pytest.mark.parametrize("seed", range(3))
def test_planted_communities_are_found_likely_and_so_are_their_members(planted, traced, seed):
    a, b = planted(8, 14, 0.5, 0.03, seed=seed)
    traces = traced(a, b, 112, 1 + np.random.default_rng(seed).poisson(2, len(a)))
    labels, at = found_in(traces)
    assert canonical(np.repeat(np.arange(8), 14)).tolist() == labels.tolist()
    found, memberships = judged(traces, labels, at, seed)
    assert found.clustered
    assert found.p_chance < UNCLUSTERED
    assert (found.community > 0.9).all()
    assert (found.stability > 0.8).all()
    right = memberships.community == np.repeat(np.arange(8), 14)[memberships.person]
    assert found.membership[right].mean() > 0.85
    assert (found.membership <= found.community[memberships.community]).all()
    assert found.returning.shape == found.membership.shape == memberships.person.shape


@pytest.mark.parametrize("seed", range(4))
def test_random_networks_have_no_communities(planted, traced, seed):
    a, b = planted(1, 100, 0.08, 0.0, seed=seed)
    made = generator()(120, mu=0.0, mean_degree=8.0, max_degree=25, chimera=1.0, seed=seed)
    events = 1 + np.random.default_rng(seed).poisson(1.0, len(made.a))
    for traces in (traced(a, b, 100), traced(made.a, made.b, 120, events)):
        labels, at = found_in(traces)
        assert labels.max() > 3, "the search finds groups in chance"
        found, _ = judged(traces, labels, at, seed)
        assert not found.clustered
        assert found.p_chance > UNCLUSTERED
        assert (found.community == 0).all()
        assert (found.membership == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_planted_half_is_likelier_than_the_half_of_chance(traced, seed):
    made = generator()(500, mu=0.2, mean_degree=12.0, max_degree=40, sizes=(12, 40), chimera=0.5, seed=seed)
    traces = traced(made.a, made.b, 500, 1 + np.random.default_rng(seed).poisson(1.0, len(made.a)))
    labels, at = found_in(traces)
    found, _ = judged(traces, labels, at, seed)
    assert found.clustered
    size = np.bincount(labels)
    cover = [set(one.tolist()) for one in made.cover]
    best = np.array(
        [max(jaccard(set(np.flatnonzero(labels == one)), other) for other in cover) for one in range(len(size))]
    )
    real, chance = found.community[(size >= 3) & (best >= SAME)], found.community[(size >= 3) & (best < SAME)]
    assert len(real) >= 5
    assert len(chance) >= 5
    assert real.mean() > 0.8
    assert chance.mean() < 0.25
    assert np.median(real) > np.quantile(chance, 0.95)


def test_groups_of_two_are_never_likely(planted, traced):
    a, b = planted(6, 12, 0.6, 0.02, seed=1)
    traces = traced(np.r_[a, 72], np.r_[b, 73], 74)
    labels = np.r_[np.repeat(np.arange(6), 12), 6, 6].astype(np.int32)
    found, _ = judged(traces, labels, 1.0)
    assert found.community[6] == 0
    assert (found.community[:6] > 0.5).all()


def test_equal_seeds_equal_judgements(planted, traced):
    a, b = planted(6, 12, 0.4, 0.05, seed=3)
    traces = traced(a, b, 72)
    labels, at = found_in(traces)
    one, other, third = (judged(traces, labels, at, seed)[0] for seed in (5, 5, 6))
    for name in ("community", "stability", "returning", "membership"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert one.p_chance == other.p_chance
    assert one.stability.tolist() != third.stability.tolist()


def test_neither_names_nor_the_order_of_ties_change_a_judgement(planted, traced):
    a, b = planted(6, 12, 0.4, 0.05, seed=3)
    rng = np.random.default_rng(0)
    events = 1 + rng.poisson(3, len(a))
    name, order = rng.permutation(72), rng.permutation(len(a))
    plain = traced(a, b, 72, events)
    ends = name[a][order], name[b][order]
    renamed = traced(np.minimum(*ends), np.maximum(*ends), 72, events[order])
    labels, at = found_in(plain)
    other = np.empty(72, dtype=np.int32)
    other[name] = labels
    back = canonical(other)
    one, mine = judged(plain, labels, at)
    two, theirs = judged(renamed, back, at)
    assert two.p_chance == one.p_chance
    number = dict(zip(labels.tolist(), back[name].tolist(), strict=True))
    for community, same in number.items():
        assert two.community[same] == one.community[community]
        assert two.stability[same] == one.stability[community]
    wanted = {
        (name[person], number[community]): value
        for person, community, value in zip(mine.person, mine.community, one.membership, strict=True)
    }
    got = dict(zip(zip(theirs.person, theirs.community, strict=True), two.membership, strict=True))
    assert got == wanted


def test_cases_of_a_network_whose_communities_are_known(planted, traced):
    a, b = planted(6, 12, 0.5, 0.03, seed=4)
    traces = traced(np.r_[a, 72], np.r_[b, 73], 74)
    labels = np.r_[np.repeat(np.arange(6), 12), 6, 6].astype(np.int32)
    # Half of the communities are real; a pair is no case.
    truth = np.where(labels < 3, labels, -1)
    found = cases(traces, labels, 1.0, 3.0, as_truth(truth), 4, SEEDS(0))
    assert found.community.shape == (6, 3)
    assert found.true.tolist() == [True] * 3 + [False] * 3
    assert found.member.shape == (len(found.belongs), 4)
    assert len(found.belongs) >= 36, "only of communities that are real"
    assert found.belongs.mean() > 0.9


def test_cases_put_together():
    none = Cases.none()
    assert [len(none.community), len(none.true), len(none.member), len(none.belongs)] == [0, 0, 0, 0]
    one = Cases(np.ones((2, 3)), np.array([True, False]), np.ones((3, 4)), np.array([True, True, False]))
    both = Cases.together([one, none, one])
    assert both.true.tolist() == [True, False, True, False]
    assert both.member.shape == (6, 4)
    assert Cases.together([]).community.shape == (0, 3)
