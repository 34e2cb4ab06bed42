"""How likely is it that a community beyond formal structure is real, and that somebody belongs to it?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder.communities.confidence.calibrate import Logistic, logit

__all__ = ["Clue", "community_clues", "judge_hidden", "member_clues", "surprise_of_chance"]

FloatArray = npt.NDArray[np.float64]

_UPPER = 10
_UNIT, _KNOWN = 1.0, 3.0
_MOST = 30.0


@dataclass(frozen=True, eq=False)
class Clue:
    """What speaks for one community beyond formal structure.

    Parameters
    ----------
    surprise : float
        Minus the logarithm of how likely a graph without any such community shows one as striking
        (`surprise_of_chance`).
    stability : float
        Mean Jaccard index of the most alike community when one tie in ten is left out, 0 to 1.
    people : int
        How many people there are to choose from: those who have ties.
    returning : ndarray of float64, shape (s,)
        Share of these searches in which each member is in the most alike community, 0 to 1.
    """

    surprise: float
    stability: float
    people: int
    returning: FloatArray


def surprise_of_chance(score: float, best: FloatArray) -> float:
    """Return minus the logarithm of how likely the best group of a graph of chance has such a score.

    Parameters
    ----------
    score : float
        The score of a group, a log-likelihood ratio.
    best : ndarray of float64, shape (d,)
        Best score in each graph drawn from the null, -inf where no group was found.

    Returns
    -------
    float
        At least 0. Above the middle of the drawn scores their tail is taken to be exponential: P(best ≥ x) =
        (r/(d + 1)) exp(-(x - x_r)/σ) with x_r the r-th largest and r at most ten. σ is the mean of what the larger ones
        have above x_r, together with three draws of mean 1, which is what the theory of log-likelihood ratios gives.
        Where chance made no group at all, the bar is 0, that of the number of groups to choose from.

    References
    ----------
    .. [1] Pickands (1975), Statistical inference using extreme order statistics. doi:10.1214/aos/1176343003
    """
    top = np.sort(best[np.isfinite(best)])[::-1][:_UPPER]
    if not len(top):
        top = np.zeros(1)
    rank, base = len(top), float(top[-1])
    scale = (float((top[:-1] - base).sum()) + _KNOWN * _UNIT) / (rank - 1 + _KNOWN)
    return max(0.0, float(np.log((len(best) + 1) / rank)) + max(score - base, 0.0) / scale)


def community_clues(clue: Clue) -> FloatArray:
    """Return the evidence for one community: a 1, how surely it comes back, how large it is, and among how many people.

    Parameters
    ----------
    clue : Clue
        What speaks for it.

    Returns
    -------
    ndarray of float64, shape (1, 4)
        Sizes count as logarithms. Small groups that are found are more often a fragment of a real one, or two.
    """
    sizes = np.log(max(len(clue.returning), 1)), np.log(max(clue.people, 1))
    return np.array([[1.0, float(logit(np.array([clue.stability]))[0]), *sizes]])


def member_clues(clue: Clue) -> FloatArray:
    """Return the evidence for memberships: a 1, and how surely people come back.

    Parameters
    ----------
    clue : Clue
        What speaks for the community.

    Returns
    -------
    ndarray of float64, shape (s, 2)
    """
    return np.column_stack([np.ones(len(clue.returning)), logit(clue.returning)])


def judge_hidden(clue: Clue) -> tuple[float, FloatArray]:
    """Turn what speaks for a community beyond formal structure into probabilities.

    Prefer `judge` for the communities of a partition.

    Parameters
    ----------
    clue : Clue
        What speaks for it.

    Returns
    -------
    community : float
        Probability that some real community is like it (Jaccard index of at least 0.5).
    members : ndarray of float64, shape (s,)
        Probability that the community is real and each person in it; never above that of the community.

    Notes
    -----
    A logistic model of generated organisations whose communities are known (`benchmarks/beyond.py`). What it looks at
    is measured against the user's own graph and formal structure: graphs drawn from its null, and its own ties thinned.
    The model learnt from a few hundred communities; how sure its weights are is averaged over (MacKay's approximation),
    which draws probabilities towards one half. How likely chance makes a group as striking is taken off: what the model
    says counts for the rest.

    References
    ----------
    .. [1] MacKay (1992), The evidence framework applied to classification networks. doi:10.1162/neco.1992.4.5.720
    """
    likely = float(_averaged(_model("community"), community_clues(clue))[0]) * -float(np.expm1(-clue.surprise))
    return likely, likely * _averaged(_model("member"), member_clues(clue))


def _averaged(model: Logistic, evidence: FloatArray) -> FloatArray:
    """Return probabilities averaged over the weights that the cases of the model allow."""
    spread = np.einsum("ij,jk,ik->i", evidence, np.linalg.inv(model.precision), evidence)
    odds = evidence @ model.weight / np.sqrt(1 + np.pi * spread / 8)
    averaged: FloatArray = 1 / (1 + np.exp(-np.clip(odds, -_MOST, _MOST)))
    return averaged


@cache
def _stored() -> dict[str, Any]:
    """Read what generated organisations taught; `benchmarks/beyond.py` made it."""
    document: dict[str, Any] = json.loads(files(__package__).joinpath("hidden.json").read_text(encoding="utf-8"))
    return document


def _model(what: str) -> Logistic:
    """Return the model of communities, or of memberships."""
    stored = _stored()[what]
    return Logistic(np.array(stored["weight"]), np.array(stored["precision"]))
