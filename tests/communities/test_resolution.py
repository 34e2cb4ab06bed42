"""The resolution that suits a graph."""

from __future__ import annotations

import math

import numpy as np
import pytest

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import leiden
from commfinder.communities.quality import modularity
from commfinder.communities.resolution import Resolution, fixed_point, optimal_range, planted_rates
from commfinder.errors import InputError

THREES = (np.array([0, 0, 1, 3, 3, 4, 2, 0]), np.array([1, 2, 2, 4, 5, 5, 3, 5]))


def solve(a, b, n, seed=0):
    a, b = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    weight = np.ones(len(a))

    def partition(gamma):
        return leiden(a, b, weight, n=n, resolution=gamma, seed=seed)

    return fixed_point(a, b, weight, partition=partition), partition


@pytest.mark.parametrize(("groups", "size"), [(4, 60), (8, 30), (16, 15), (30, 10)])
def test_planted_partitions_of_any_grain(planted, groups, size):
    # Twelve ties inside and four outside for each person.
    n = groups * size
    a, b = planted(groups, size, min(12 / size, 0.9), 4 / (n - size), seed=groups)
    found, partition = solve(a, b, n)
    assert found.how == "fixed point"
    labels = partition(found.value)
    assert adjusted_rand(labels, np.arange(n) // size) > 0.9
    # It is a fixed point: the rates of the communities found at it give it back.
    w_in, w_out, _ = planted_rates(a, b, np.ones(len(a)), labels)
    assert (w_in - w_out) / math.log(w_in / w_out) == pytest.approx(found.value, rel=0.1)


def test_many_small_communities_beyond_the_limit_of_resolution_1(planted):
    # Forty rings of cliques of five: modularity at 1 merges them.
    groups, size = 40, 5
    a, b = planted(groups, size, 1.0, 0.0)
    ring = np.arange(groups) * size
    a, b = np.r_[a, np.minimum(ring, np.roll(ring, -1))], np.r_[b, np.maximum(ring, np.roll(ring, -1))]
    found, partition = solve(a, b, groups * size)
    assert partition(1.0).max() + 1 < groups
    assert partition(found.value).max() + 1 == groups


def test_disconnected_cliques(cliques):
    a, b = cliques(8, 6, 5)
    found, partition = solve(a, b, 19)
    assert found.how == "fixed point"
    assert 0 < found.value < 10
    assert partition(found.value).tolist() == [0] * 8 + [1] * 6 + [2] * 5


def test_a_single_clique_has_no_fixed_point(cliques):
    a, b = cliques(8)
    found, partition = solve(a, b, 8)
    assert (found.value, found.how) == (1.0, "no fixed point")
    assert math.isnan(found.likelihood)
    assert set(partition(found.value)) == {0}


def test_a_star(cliques):
    found, partition = solve([0] * 9, range(1, 10), 10)
    assert found.how in ("fixed point", "no fixed point")
    assert math.isfinite(found.value)
    assert found.value > 0
    assert len(partition(found.value)) == 10


@pytest.mark.parametrize("seed", range(3))
def test_a_graph_without_communities(planted, seed):
    # Leiden finds communities in any graph; what matters here is that the answer is defined.
    a, b = planted(1, 120, 0.08, 0.0, seed=seed)
    found, _ = solve(a, b, 120)
    assert math.isfinite(found.value)
    assert 1e-2 <= found.value <= 1e3


def test_the_same_again(planted):
    a, b = planted(10, 20, 0.12, 0.04, seed=1)
    assert solve(a, b, 200)[0] == solve(a, b, 200)[0]


def test_rates_by_hand(cliques):
    # Two triangles with one tie between: 6 ties inside, 1 across; strengths 7 and 7 of 14.
    a, b = cliques(3, 3)
    a, b = np.r_[a, 0], np.r_[b, 3]
    w_in, w_out, likelihood = planted_rates(a, b, np.ones(7), np.array([0, 0, 0, 1, 1, 1]))
    assert w_in == pytest.approx(12 / 7)
    assert w_out == pytest.approx(2 / 7)
    assert likelihood == pytest.approx((12 * math.log(12 / 7) + 2 * math.log(2 / 7)) / 14)


def test_rates_of_one_community(cliques):
    a, b = cliques(4)
    w_in, w_out, _ = planted_rates(a, b, np.ones(6), np.zeros(4, dtype=np.int64))
    assert w_in == 1.0
    assert math.isnan(w_out)


def never(gamma):
    raise AssertionError("nothing is to be searched")


def always(labels):
    def partition(gamma):
        return labels

    return partition


def test_no_ties():
    nothing = np.empty(0, dtype=np.int64)
    assert fixed_point(nothing, nothing, np.empty(0), partition=never).how == "no fixed point"
    assert np.isnan(planted_rates(nothing, nothing, np.empty(0), np.zeros(3, dtype=np.int64))).all()
    # Ties of no weight are none.
    assert fixed_point(*THREES, np.zeros(8), partition=never) == Resolution(1.0, "no fixed point")


@pytest.mark.parametrize("isolates", [0, 5])
def test_one_tie(isolates):
    found, _ = solve([0], [1], 2 + isolates)
    assert found == Resolution(1.0, "no fixed point")


def test_less_inside_than_between_is_no_community(cliques):
    a, b = cliques(6)
    halves = np.array([0, 0, 0, 1, 1, 1])
    w_in, w_out, _ = planted_rates(a, b, np.ones(15), halves)
    assert 0 < w_in < 1 < w_out
    assert fixed_point(a, b, np.ones(15), partition=always(halves)).how == "no fixed point"


def test_everything_inside_is_worth_half_a_tie(cliques):
    a, b = cliques(4, 4)
    found = fixed_point(a, b, np.ones(12), partition=always(np.repeat([0, 1], 4)))
    assert (found.how, found.value) == ("fixed point", pytest.approx((2 - 1 / 48) / math.log(2 * 48), rel=1e-5))


def test_large_graphs_have_large_resolutions():
    # A hundred thousand pairs, everybody with another tie elsewhere: a bound of a thousand would be in the way.
    n = 200_000
    person = np.arange(n)
    a, b = np.r_[person[::2], person], np.r_[person[1::2], (person + 7) % n]
    pairs = person // 2
    found = fixed_point(a, b, np.ones(len(a)), partition=always(pairs))
    w_in, w_out, _ = planted_rates(a, b, np.ones(len(a)), pairs)
    assert w_in == pytest.approx(n / 2 / 3, rel=0.01)
    assert found.value == pytest.approx((w_in - w_out) / math.log(w_in / w_out), rel=1e-5)
    assert w_out > 0
    assert found.value > 1e3


def test_little_between_is_not_lost(cliques):
    # Less than the last digit of what is inside.
    a, b = cliques(3, 3)
    weight = np.r_[np.full(6, 0.3), 1e-20]
    w_out = planted_rates(np.r_[a, 0], np.r_[b, 3], weight, np.array([0, 0, 0, 1, 1, 1]))[1]
    assert w_out == pytest.approx(2 * 1e-20 / 1.8, rel=1e-9, abs=0)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint32", "int32", "uint64"])
def test_whole_numbers_of_any_width(kind):
    a, b = THREES
    labels = np.array([0, 0, 0, 1, 1, 1])
    wide = fixed_point(a, b, np.ones(8), partition=always(labels))
    narrow = fixed_point(
        a.astype(kind), b.astype(kind), np.ones(8, dtype="float32"), partition=always(labels.astype(kind))
    )
    assert wide == narrow
    assert wide.how == "fixed point"


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-7, 3.7, 1e300, 1.7e308])
def test_rates_are_free_of_scale(scale):
    labels = np.array([0, 0, 0, 1, 1, 1])
    plain = planted_rates(*THREES, np.ones(8), labels)
    assert planted_rates(*THREES, np.full(8, scale), labels) == pytest.approx(plain, rel=1e-12)
    found = fixed_point(*THREES, np.full(8, scale), partition=always(labels))
    assert found == fixed_point(*THREES, np.ones(8), partition=always(labels))


def test_weights_of_all_sizes_at_once():
    labels = np.array([0, 0, 0, 1, 1, 1])
    found = fixed_point(*THREES, 10.0 ** np.arange(-300, 300, 75), partition=always(labels))
    assert math.isfinite(found.value)
    assert found.value > 0


def test_a_circle_ends_at_its_likeliest_step(planted):
    a, b = planted(4, 12, 0.8, 0.05, seed=1)
    weight = np.ones(len(a))
    teams = np.arange(48) // 12
    halves = teams // 2
    asked = []

    def partition(gamma):
        # The finer, the lower the resolution: the wrong way round, so that no step ever agrees with the one before.
        asked.append(gamma)
        return teams if gamma < 1.0 else halves

    found = fixed_point(a, b, weight, partition=partition, starts=(0.5,))
    matching = {}
    for name, labels in (("teams", teams), ("halves", halves)):
        w_in, w_out, _ = planted_rates(a, b, weight, labels)
        matching[name] = (w_in - w_out) / math.log(w_in / w_out)
    assert matching["halves"] < 1.0 < matching["teams"]
    # At the matching resolution of the halves teams are found, and they are likelier.
    assert (found.how, found.value) == ("cycle", pytest.approx(matching["halves"], rel=1e-5))
    assert found.likelihood == pytest.approx(planted_rates(a, b, weight, teams)[2])
    assert len(asked) == 3


def test_steps_that_never_settle_end(planted):
    a, b = planted(4, 12, 0.8, 0.05, seed=1)
    rng = np.random.default_rng(0)
    teams = np.arange(48) // 12

    def partition(gamma):
        labels = teams.copy()
        labels[rng.integers(0, 48, rng.integers(0, 20))] = 0
        return labels

    found = fixed_point(a, b, np.ones(len(a)), partition=partition, starts=(1.0,))
    assert found.how in ("fixed point", "cycle")
    assert found.value in found.steps
    assert len(found.steps) <= 13


def test_starts_of_ones_own(planted):
    a, b = planted(8, 30, 0.4, 0.02, seed=3)
    weight = np.ones(len(a))
    tried = []

    def partition(gamma):
        tried.append(gamma)
        return leiden(a, b, weight, n=240, resolution=gamma)

    found = fixed_point(a, b, weight, partition=partition, starts=(2,))
    assert (tried[0], found.steps[0], tried.count(1.0), tried.count(5.0)) == (2.0, 2.0, 0, 0)
    assert found.value == pytest.approx(fixed_point(a, b, weight, partition=partition).value, rel=0.05)
    for starts in ((), (0.0,), (1.0, math.inf), ("1",)):
        with pytest.raises(InputError):
            fixed_point(a, b, weight, partition=partition, starts=starts)


def test_arrays_that_do_not_fit_are_refused():
    labels = np.array([0, 0, 0, 1, 1, 1])
    for weight in (np.ones(7), np.full(8, np.nan), np.full(8, -1.0), np.full(8, np.inf)):
        with pytest.raises(InputError):
            planted_rates(*THREES, weight, labels)
    with pytest.raises(InputError, match="5 labels"):
        planted_rates(*THREES, np.ones(8), labels[:5])


@pytest.mark.parametrize("seed", range(5))
def test_the_range_of_a_partition_is_where_none_is_better(seed):
    rng = np.random.default_rng(seed)
    # Shares of an eighth, so that lines meet in single points and some are the same.
    lines = np.sort(rng.integers(0, 9, (30, 2)) / 8)[:, ::-1]
    low, high = optimal_range(lines, 0.25, 4.0)
    gamma = np.linspace(0.25, 4.0, 4001)
    quality = lines[:, [0]] - gamma * lines[:, [1]]
    best = quality >= quality.max(axis=0) - 1e-12
    for number in range(30):
        within = (gamma >= low[number] - 1e-9) & (gamma <= high[number] + 1e-9)
        if np.isfinite(low[number]):
            assert (best[number] == within).all()
        else:
            # In one point at most, where others meet.
            assert best[number].sum() <= 1
    assert np.isfinite(low).any()
    covered = [(low <= one) & (one <= high) for one in gamma]
    assert all(one.any() for one in covered)


def test_the_range_at_a_single_resolution():
    low, high = optimal_range(np.array([[0.5, 0.1], [0.5, 0.2], [0.5, 0.1]]), 1.0, 1.0)
    assert low[[0, 2]].tolist() == high[[0, 2]].tolist() == [1.0, 1.0]
    assert math.isnan(low[1])
    with pytest.raises(InputError):
        optimal_range(np.ones(4), 1.0, 2.0)


def test_modularity_is_the_line_of_a_partition(planted):
    a, b = planted(4, 10, 0.7, 0.05)
    labels = np.arange(40) // 10
    total = 2 * len(a)
    inside = 2 * (labels[a] == labels[b]).sum() / total
    expected = ((np.bincount(labels[a], minlength=4) + np.bincount(labels[b], minlength=4)) ** 2).sum() / total**2
    for gamma in (0.1, 1.0, 10.0):
        assert modularity(a, b, np.ones(len(a)), labels, gamma) == pytest.approx(inside - gamma * expected)


def test_starts_side_by_side_find_the_same(planted):
    a, b = planted(8, 15, 0.6, 0.05, seed=3)
    weight = np.ones(len(a))

    def partition(gamma):
        return leiden(a, b, weight, n=120, resolution=gamma, seed=2)

    starts = (0.5, 1.0, 5.0, 9.0)
    alone = fixed_point(a, b, weight, partition=partition, starts=starts)
    assert fixed_point(a, b, weight, partition=partition, starts=starts, threads=3) == alone
    assert fixed_point(a, b, weight, partition=partition, starts=starts, threads=None) == alone
