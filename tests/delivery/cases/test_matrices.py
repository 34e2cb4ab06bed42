"""Sums over cases, against a direct loop over every case."""

import itertools

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.matrices import handover_of_work, subcontracting, working_together
from commfinder.delivery.cases.value import Cases
from commfinder.errors import InputError


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(1000)
    n = 600
    frame = pd.DataFrame({"case": rng.integers(0, 90, n), "person": rng.integers(0, 9, n), "time": rng.permutation(n)})
    units = np.array(["north", "north", "south", None, "west", "west", "west", "south", "east"], dtype=object)
    frame["unit"] = units[frame["person"]]
    frame["person"] = "p" + frame["person"].astype(str)
    return Cases.of(frame)


def sequences(cases, by):
    code = cases.acts.person if by == "person" else cases.acts.role
    return [code[cases.acts.case == case].tolist() for case in range(len(cases))]


def looped_handover(cases, by, beta, per, self_handovers):
    labels = cases.people if by == "person" else cases.roles
    total = np.zeros((len(labels), len(labels)))
    for actors in sequences(cases, by):
        own = np.zeros_like(total)
        for i, j in itertools.combinations(range(len(actors)), 2):
            weight = beta ** (j - i - 1)
            a, b = actors[i], actors[j]
            if weight < 1e-3 or min(a, b) < 0 or (a == b and not self_handovers):
                continue
            own[a, b] = max(own[a, b], weight) if per == "case" else own[a, b] + weight
        total += own
    return total


@pytest.mark.parametrize("by", ["person", "role"])
@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("per", ["handoff", "case"])
@pytest.mark.parametrize("self_handovers", [False, True])
def test_handover_of_work_agrees_with_a_loop(cases, by, beta, per, self_handovers):
    found = handover_of_work(cases, by=by, beta=beta, per=per, self_handovers=self_handovers)
    expected = looped_handover(cases, by, beta, per, self_handovers)
    np.testing.assert_allclose(found.values.toarray(), expected)
    assert expected.sum() > 0


@pytest.mark.parametrize("by", ["person", "role"])
@pytest.mark.parametrize("per", ["handoff", "case"])
def test_subcontracting_agrees_with_a_loop(cases, by, per):
    labels = cases.people if by == "person" else cases.roles
    expected = np.zeros((len(labels), len(labels)))
    for actors in sequences(cases, by):
        runs = [actor for actor, _ in itertools.groupby(actors)]
        own = np.zeros_like(expected)
        for a, b, c in zip(runs, runs[1:], runs[2:], strict=False):
            if a == c and min(a, b) >= 0:
                own[a, b] += 1
        expected += own > 0 if per == "case" else own
    np.testing.assert_allclose(subcontracting(cases, by=by, per=per).values.toarray(), expected)
    assert expected.sum() > 0


@pytest.mark.parametrize("by", ["person", "role"])
def test_working_together_agrees_with_a_loop(cases, by):
    labels = cases.people if by == "person" else cases.roles
    expected = np.zeros((len(labels), len(labels)))
    for actors in sequences(cases, by):
        for a, b in itertools.permutations(set(actors) - {-1}, 2):
            expected[a, b] += 1
    np.testing.assert_allclose(working_together(cases, by=by).values.toarray(), expected)
    assert expected.sum() > 0


def test_frames_name_the_largest_pair_first(cases):
    frame = handover_of_work(cases).to_frame()
    assert frame["value"].is_monotonic_decreasing
    assert set(frame["giver"]) <= set(cases.people)


def test_nothing_and_one_person_give_empty_sums():
    alone = Cases.of({"case": ["1", "1"], "person": ["a", "a"], "time": [0, 1]})
    empty = Cases.of({"case": [], "person": [], "time": []})
    for some in (alone, empty):
        for function in (handover_of_work, subcontracting, working_together):
            assert function(some).values.nnz == 0
            assert function(some, by="role").to_frame().empty
    assert handover_of_work(alone, self_handovers=True).values.sum() == 1


def test_options_that_are_none_are_said(cases):
    with pytest.raises(InputError, match="by"):
        working_together(cases, by="team")
    with pytest.raises(InputError, match="per"):
        handover_of_work(cases, per="week")
    with pytest.raises(InputError, match="beta"):
        handover_of_work(cases, beta=2)
