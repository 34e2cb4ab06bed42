"""From evidence to a probability."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from commfinder.communities.confidence.calibrate import (
    Logistic,
    community_evidence,
    fitted,
    logit,
    member_evidence,
    prior,
)


def cases(seed=0, count=500, slopes=(0.3, 1.2, -0.7)):
    """Draw evidence with a leading one, and what is true by a logistic model."""
    rng = np.random.default_rng(seed)
    evidence = np.column_stack([np.ones(count), rng.normal(size=(count, len(slopes) - 1))])
    return evidence, rng.random(count) < 1 / (1 + np.exp(-evidence @ np.array(slopes)))


def vague(width):
    return Logistic(np.zeros(width), np.eye(width) * 1e-8)


def test_probability_by_hand():
    model = Logistic(np.array([1.0, -2.0]), np.eye(2))
    np.testing.assert_allclose(model.probability(np.array([[1.0, 0.5], [1.0, 0.0]])), [0.5, np.e / (1 + np.e)])
    extreme = model.probability(np.array([[1e6, 0.0], [-1e6, 0.0]]))
    assert 0 < extreme[1] < 1e-12
    assert 1 - 1e-12 < extreme[0] < 1


def test_log_odds_of_shares_are_drawn_in():
    found = logit(np.array([0.0, 0.01, 0.25, 0.5, 0.75, 1.0]))
    np.testing.assert_allclose(found, [-np.log(49), -np.log(49), -np.log(3), 0, np.log(3), np.log(49)], atol=1e-12)


def test_evidence_for_communities_by_hand():
    found = community_evidence(np.array([0.5, 1.0, 0.0]), np.array([10.0, 0.0, 1e9]), 5.0)
    np.testing.assert_allclose(found[:, 0], 1.0)
    np.testing.assert_allclose(found[:, 1], logit(np.array([0.5, 1.0, 0.0])))
    np.testing.assert_allclose(found[:, 2], [np.log(2), -8.0, 8.0])
    assert np.isfinite(community_evidence(np.ones(1), np.zeros(1), 0.0)).all()


def test_evidence_for_memberships_by_hand():
    found = member_evidence(np.array([0.5, 0.9]), np.array([1.5, 99.0]), np.array([True, False]))
    np.testing.assert_allclose(found, [[1, 0, 1.5, 1], [1, np.log(9), 8, 0]])


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_that_of_scikit_learn(seed):
    evidence, truth = cases(seed)
    found = fitted(evidence, truth, vague(3))
    wanted = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=1000).fit(evidence, truth)
    np.testing.assert_allclose(found.weight, wanted.coef_[0], atol=1e-5)
    np.testing.assert_allclose(found.probability(evidence), wanted.predict_proba(evidence)[:, 1], atol=1e-5)


def test_a_prior_is_a_ridge():
    evidence, truth = cases(4, 60)
    found = fitted(evidence, truth, Logistic(np.zeros(3), np.eye(3) * 2.0))
    wanted = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000).fit(evidence, truth)
    np.testing.assert_allclose(found.weight, wanted.coef_[0], atol=1e-5)


def test_without_cases_nothing_is_learnt():
    start = Logistic(np.array([0.5, -1.0, 2.0]), np.diag([1.0, 2.0, 3.0]))
    found = fitted(np.empty((0, 3)), np.empty(0, bool), start)
    np.testing.assert_allclose(found.weight, start.weight)
    np.testing.assert_allclose(found.precision, start.precision)


def test_what_was_known_and_what_is_seen_meet_in_between():
    evidence, truth = cases(5)
    start = Logistic(np.array([-2.0, 0.0, 0.0]), np.eye(3) * 20)
    alone, both = fitted(evidence, truth, vague(3)), fitted(evidence, truth, start)
    assert start.weight[0] < both.weight[0] < alone.weight[0]
    # Both at once are one after the other, where the likelihood is as good as normal.
    half = np.arange(len(truth)) % 2 == 0
    first = fitted(evidence[half], truth[half], vague(3))
    second = fitted(evidence[~half], truth[~half], first)
    np.testing.assert_allclose(second.weight, alone.weight, atol=0.05)


def test_a_case_that_counts_half_twice_is_a_case():
    evidence, truth = cases(6, 80)
    start = Logistic(np.array([0.2, 0.1, 0.0]), np.eye(3))
    one = fitted(evidence, truth, start)
    halves = fitted(np.tile(evidence, (2, 1)), np.tile(truth, 2), start, share=0.5)
    np.testing.assert_allclose(halves.weight, one.weight, atol=1e-8)
    np.testing.assert_allclose(halves.precision, one.precision)


def test_cases_that_one_line_tells_apart_have_an_end():
    evidence = np.column_stack([np.ones(40), np.repeat([-8.0, 8.0], 20)])
    truth = np.repeat([False, True], 20)
    found = fitted(evidence, truth, Logistic(np.zeros(2), np.eye(2) * 0.01))
    assert np.isfinite(found.weight).all()
    assert ((found.probability(evidence) > 0.5) == truth).all()
    always = fitted(evidence, np.ones(40, dtype=bool), Logistic(np.zeros(2), np.eye(2)))
    assert (always.probability(evidence) > 0.8).all()


@pytest.mark.parametrize(("what", "width"), [("community", 3), ("member", 4)])
def test_what_generated_networks_taught(what, width):
    known, more = prior(what, 100.0), prior(what, 200.0)
    assert known.weight.shape == (width,)
    np.testing.assert_allclose(more.precision, 2 * known.precision)
    np.testing.assert_array_equal(more.weight, known.weight)
    np.testing.assert_allclose(known.precision, known.precision.T)
    assert (np.linalg.eigvalsh(known.precision) > 0).all()
    # Coming back and standing out speak for what is found.
    assert (known.weight[1:3] > 0).all()


def test_what_they_taught_makes_sense_at_both_ends():
    model = prior("community", 1.0)
    sure, doubtful = model.probability(community_evidence(np.array([0.95, 0.3]), np.array([100.0, 4.0]), 5.0))
    assert sure > 0.95
    assert doubtful < 0.2
