"""How alike groups, cases and orders are, and whether a score tells processes from talk in logs that it never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats
from validation.scores import auc, bins, calibration_error, confusion, f1_scores, rate

__all__ = [
    "LEASTS",
    "areas",
    "jaccard",
    "leave_one_log_out",
    "over_organisations",
    "recovered",
    "same_case",
    "same_order",
    "summed",
    "typed",
]

LEASTS = (0.5, 0.75)
"""A found group is a planted one if their Jaccard index is at least so much."""

Group = AbstractSet[str]


def jaccard(one: Group, other: Group) -> float:
    """Return the share of people of either group who are in both; two empty groups are not alike."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def recovered(planted: Sequence[Group], found: Sequence[Group], least: float) -> dict[str, int]:
    """Match found groups with planted ones, each once, and count.

    `hits` pairs are as many as can be matched. `repeated` found groups are like a planted one that another found
    group has taken: they count as wrong, since a reader is told of a group twice.
    """
    counts = {"planted": len(planted), "found": len(found), "hits": 0, "repeated": 0}
    if not planted or not found:
        return counts
    alike = np.array([[jaccard(one, other) for other in found] for one in planted])
    near = alike >= least
    # As many pairs as possible first; the sum of the indices only decides between ties.
    worth = np.where(near, 1.0 + alike / (len(planted) + len(found)), 0.0)
    row, column = optimize.linear_sum_assignment(worth, maximize=True)
    counts["hits"] = int(near[row, column].sum())
    counts["repeated"] = int(near.any(axis=0).sum()) - counts["hits"]
    return counts


def summed(counts: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    """Add counts of organisations up: precision, recall and F1 over all their groups; none where nothing was there."""
    planted, found, hits, repeated = (
        sum(one[name] for one in counts) for name in ("planted", "found", "hits", "repeated")
    )
    return {
        "planted": planted,
        "found": found,
        "hits": hits,
        "repeated": repeated,
        "precision": round(hits / found, 4) if found else None,
        "recall": round(hits / planted, 4) if planted else None,
        "f1": round(2 * hits / (planted + found), 4) if planted + found else None,
    }


def over_organisations(
    parts: Sequence[Any], figure: Callable[[list[Any]], float | None], *, seed: int, draws: int = 500
) -> list[float] | None:
    """Return a 95 % bootstrap interval of a figure: organisations are drawn anew, not groups."""
    rng = np.random.default_rng(seed)
    again = [figure([parts[k] for k in rng.integers(0, len(parts), len(parts))]) for _ in range(draws)]
    known = [one for one in again if one is not None]
    if not known:
        return None
    return [round(float(one), 4) for one in np.quantile(known, [0.025, 0.975])]


def same_case(truth: Sequence[Any], said: Sequence[Any]) -> dict[str, Any]:
    """Compare two ways of putting events into cases, by pairs of events that are in one case.

    A missing value is an event in no case: it is with nobody.
    """
    frame = pd.DataFrame({"truth": pd.factorize(np.asarray(truth, dtype=object))[0]})
    frame["said"] = pd.factorize(np.asarray(said, dtype=object))[0]
    true, told = (_pairs(frame.loc[frame[name] >= 0, name].value_counts()) for name in ("truth", "said"))
    both = frame[(frame["truth"] >= 0) & (frame["said"] >= 0)]
    hits = _pairs(both.value_counts(["truth", "said"]))
    return {
        "pairs": true,
        "told": told,
        "hits": hits,
        "precision": round(hits / told, 4) if told else None,
        "recall": round(hits / true, 4) if true else None,
        "f1": round(2 * hits / (true + told), 4) if true + told else None,
    }


def _pairs(sizes: pd.Series) -> int:
    """Count the pairs within groups of these sizes."""
    counts = sizes.to_numpy(dtype=np.int64)
    return int((counts * (counts - 1) // 2).sum())


def same_order(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, Any]:
    """Return Spearman's rank correlation of the mean places of those who have one in both, and how many they are."""
    both = sorted(set(one) & set(other))
    first, second = (np.array([places[name] for name in both], dtype=np.float64) for places in (one, other))
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return {"actors": len(first), "spearman": None}
    return {"actors": len(first), "spearman": round(float(stats.spearmanr(first, second).statistic), 4)}


def typed(rows: pd.DataFrame, *, seed: int, silent: str = "abstain") -> dict[str, Any]:
    """Compare types that were said with types that were planted.

    Parameters
    ----------
    rows : DataFrame
        One row a group: seed (of the organisation), truth, said, probability (of what was said).
    seed : int
        Of the bootstrap over organisations.
    silent : str
        What is said where the tool abstains. It counts as a miss of what was planted, and has no probability to
        be scored.

    Returns
    -------
    dict
        macro_f1 over planted types with an interval, right_when_it_speaks, abstained, ece with an interval, brier,
        reliability, f1 of each type and the confusion table.
    """
    parts = [part for _, part in rows.groupby("seed")]
    speaks = rows[rows["said"] != silent]
    right = (speaks["truth"] == speaks["said"]).to_numpy()
    counts = confusion(rows["truth"].tolist(), rows["said"].tolist())
    document: dict[str, Any] = {
        "organisations": len(parts),
        "groups": len(rows),
        "macro_f1": round(_macro_f1(rows), 4),
        "macro_f1_interval": over_organisations(parts, lambda again: _macro_f1(pd.concat(again)), seed=seed),
        "right_when_it_speaks": rate(int(right.sum()), len(right)),
        "abstained": rate(len(rows) - len(speaks), len(rows)),
        "f1": f1_scores(counts),
        "confusion": counts,
        "ece": None,
    }
    known = speaks[speaks["probability"].notna()]
    if len(known):
        p, hit = _said_and_right(known)
        spoken = [part[(part["said"] != silent) & part["probability"].notna()] for part in parts]
        document |= {
            "probabilities": len(known),
            "ece": round(calibration_error(p, hit), 4),
            "ece_interval": over_organisations(spoken, _error, seed=seed),
            "brier": round(float(((p - hit) ** 2).mean()), 4),
            "brier_of_base_rate": round(float(hit.mean() * (1 - hit.mean())), 4),
            "reliability": bins(p, hit),
        }
    return document


def _said_and_right(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of what was said, and whether it was right."""
    return rows["probability"].to_numpy(np.float64), (rows["truth"] == rows["said"]).to_numpy(np.float64)


def _error(parts: list[pd.DataFrame]) -> float | None:
    """Return the expected calibration error over organisations."""
    rows = pd.concat(parts)
    return calibration_error(*_said_and_right(rows)) if len(rows) else None


def _macro_f1(rows: pd.DataFrame) -> float:
    """Return the mean F1 of the planted types."""
    return float(np.mean(list(f1_scores(confusion(rows["truth"].tolist(), rows["said"].tolist())).values())))


def areas(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how well a score tells processes from talk: AUC over pieces, and over them without each log in turn.

    Parameters
    ----------
    rows : DataFrame
        One row a piece: log, process (whether it is one), value.
    """
    whole = _area(rows)
    without = {str(log): _area(rows[rows["log"] != log]) for log in sorted(rows["log"].unique())}
    known = [one for one in without.values() if one is not None]
    return {
        "pieces": len(rows),
        "auc": whole,
        "auc_without": without,
        "lowest": min(known) if known else None,
        "highest": max(known) if known else None,
    }


def _area(rows: pd.DataFrame) -> float | None:
    """Return the area under the curve; none if one of the two kinds is missing."""
    process = rows["process"].to_numpy(dtype=bool)
    if process.all() or not process.any():
        return None
    value = rows["value"].to_numpy(dtype=np.float64)
    return round(auc(value[process], value[~process]), 4)


def leave_one_log_out(rows: pd.DataFrame) -> dict[str, Any]:
    """Tell the pieces of each log by a threshold set on the other logs alone.

    The threshold lies midway between the mean of the processes and that of the talk; each other log counts once,
    however many pieces it has.
    """
    told: dict[str, dict[str, Any]] = {}
    for log in sorted(rows["log"].unique()):
        own, other = rows[rows["log"] == log], rows[rows["log"] != log]
        means = other.groupby(["process", "log"])["value"].mean().groupby(level="process").mean()
        if len(means) < 2:
            continue
        threshold = float(means.mean())
        process = bool(own["process"].iloc[0])
        hits = int(((own["value"] > threshold) == process).sum())
        told[str(log)] = {"process": process, "threshold": round(threshold, 4), **rate(hits, len(own))}
    if not told:
        return {"logs": {}, "balanced_accuracy": None}
    kinds = [[one["share"] for one in told.values() if one["process"] == kind] for kind in (True, False)]
    both = all(kinds)
    return {
        "logs": told,
        "balanced_accuracy": round(float(np.mean([np.mean(kind) for kind in kinds])), 4) if both else None,
    }
