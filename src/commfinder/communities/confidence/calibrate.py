"""From evidence to a probability: a logistic model of known networks, brought up to date by twins of the network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Logistic", "community_evidence", "fitted", "logit", "member_evidence", "prior"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_STEPS, _LEAST = 50, 1e-9
_EDGE, _FAR = 0.02, 8.0


@dataclass(frozen=True, eq=False)
class Logistic:
    """A logistic model: log-odds are a weighted sum of evidence.

    Parameters
    ----------
    weight : ndarray of float64, shape (d,)
        Weights; the first is the intercept.
    precision : ndarray of float64, shape (d, d)
        How sure they are: the negative second derivative of the log-likelihood.
    """

    weight: FloatArray
    precision: FloatArray

    def probability(self, evidence: FloatArray) -> FloatArray:
        """Return the probability for each row of evidence."""
        found: FloatArray = 1 / (1 + np.exp(-np.clip(evidence @ self.weight, -30, 30)))
        return found


def logit(share: FloatArray) -> FloatArray:
    """Return the log-odds of shares, those near 0 and 1 drawn in."""
    inner = np.clip(share, _EDGE, 1 - _EDGE)
    odds: FloatArray = np.log(inner / (1 - inner))
    return odds


def community_evidence(returning: FloatArray, score: FloatArray, level: float) -> FloatArray:
    """Return the evidence for communities: a 1, how surely they come back, and how far they are beyond chance.

    Parameters
    ----------
    returning : ndarray of float64, shape (k,)
        Mean Jaccard index over draws, 0 to 1.
    score : ndarray of float64, shape (k,)
        How striking they are.
    level : float
        The score that one in twenty communities found in chance passes.

    Returns
    -------
    ndarray of float64, shape (k, 3)
    """
    beyond = np.log(np.maximum(score, 1e-3) / max(level, 1e-3))
    return np.column_stack([np.ones(len(score)), logit(returning), np.clip(beyond, -_FAR, _FAR)])


def member_evidence(returning: FloatArray, surprise: FloatArray, home: BoolArray) -> FloatArray:
    """Return the evidence for memberships: a 1, how surely people come back, the surprise of their ties, home or not.

    Parameters
    ----------
    returning : ndarray of float64, shape (m,)
        Share of draws in which the person is in the community.
    surprise : ndarray of float64, shape (m,)
        Log of observed over expected ties with it.
    home : ndarray of bool, shape (m,)
        Whether it is the community of the partition, not one that was joined beside it.

    Returns
    -------
    ndarray of float64, shape (m, 4)
    """
    drawn_in = np.clip(surprise, -_FAR, _FAR)
    return np.column_stack([np.ones(len(home)), logit(returning), drawn_in, home.astype(np.float64)])


def fitted(evidence: FloatArray, truth: BoolArray, start: Logistic, share: float = 1.0) -> Logistic:
    """Bring a logistic model up to date by new cases.

    Parameters
    ----------
    evidence : ndarray of float64, shape (k, d)
        Evidence of the new cases.
    truth : ndarray of bool, shape (k,)
        What was true of them.
    start : Logistic
        What was known before: a normal distribution of weights, by its mean and precision.
    share : float, default 1.0
        How much a new case counts.

    Returns
    -------
    Logistic
        The mode of the posterior distribution, and the precision there (Laplace's approximation).
    """
    weight = start.weight.copy()
    precision = start.precision
    for _ in range(_STEPS):
        p = Logistic(weight, precision).probability(evidence)
        slope = share * evidence.T @ (truth - p) - start.precision @ (weight - start.weight)
        precision = start.precision + share * (evidence * (p * (1 - p))[:, None]).T @ evidence
        step = np.linalg.solve(precision, slope)
        # A full Newton step can overshoot where cases are nearly separated.
        weight = weight + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < _LEAST:
            break
    return Logistic(weight, precision)


@cache
def _stored() -> dict[str, Any]:
    """Read what known networks taught; `benchmarks/confidence.py` made it."""
    document: dict[str, Any] = json.loads(files(__package__).joinpath("prior.json").read_text(encoding="utf-8"))
    return document


def prior(what: str, cases: float) -> Logistic:
    """Return what generated networks of known communities taught.

    Parameters
    ----------
    what : {"community", "member"}
        Of communities, or of memberships.
    cases : float
        How many cases the knowledge is to count as.

    Returns
    -------
    Logistic
    """
    stored = _stored()[what]
    return Logistic(np.array(stored["weight"]), np.array(stored["precision"]) * cases)
