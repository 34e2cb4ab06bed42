"""Rates with intervals, areas under curves, calibration and confusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["auc", "auc_interval", "bins", "calibration_error", "confusion", "f1_scores", "rate"]


def rate(hits: int, of: int) -> dict[str, Any]:
    """Return a share with its exact binomial 95 % interval."""
    if not of:
        return {"hits": 0, "of": 0, "share": None, "low": None, "high": None}
    low, high = stats.binomtest(hits, of).proportion_ci(method="exact")
    return {
        "hits": int(hits),
        "of": int(of),
        "share": round(hits / of, 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }


def auc(positive: Sequence[float] | np.ndarray, negative: Sequence[float] | np.ndarray) -> float:
    """Return the probability that a positive case scores above a negative one; equal scores count half."""
    one, other = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    if not len(one) or not len(other):
        return float("nan")
    ranks = stats.rankdata(np.concatenate([one, other]))
    return float((ranks[: len(one)].sum() - len(one) * (len(one) + 1) / 2) / (len(one) * len(other)))


def auc_interval(
    positive: Sequence[float] | np.ndarray, negative: Sequence[float] | np.ndarray, *, seed: int, draws: int = 1000
) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of the area: cases of the two kinds are drawn anew."""
    one, other = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    rng = np.random.default_rng(seed)
    again = [auc(rng.choice(one, len(one)), rng.choice(other, len(other))) for _ in range(draws)]
    low, high = np.quantile(again, [0.025, 0.975])
    return float(low), float(high)


def bins(p: np.ndarray, right: np.ndarray, count: int = 10) -> list[dict[str, float]]:
    """Return said and true shares in bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), count)
    return [
        {"cases": len(one), "said": round(float(p[one].mean()), 4), "true": round(float(right[one].mean()), 4)}
        for one in parts
        if len(one)
    ]


def calibration_error(p: np.ndarray, right: np.ndarray, count: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), count)
    return float(sum(len(one) * abs(p[one].mean() - right[one].mean()) for one in parts if len(one)) / len(p))


def confusion(truth: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count what was said of what was planted."""
    table: dict[str, dict[str, int]] = {}
    for one, other in zip(truth, said, strict=True):
        row = table.setdefault(one, {})
        row[other] = row.get(other, 0) + 1
    return table


def f1_scores(table: dict[str, dict[str, int]]) -> dict[str, float]:
    """Return F1 of each planted class."""
    scores = {}
    for name, row in table.items():
        hit = row.get(name, 0)
        said = sum(other.get(name, 0) for other in table.values())
        planted = sum(row.values())
        scores[name] = round(2 * hit / (said + planted), 4)
    return scores
