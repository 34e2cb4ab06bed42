"""Describe communities: their members, their units, and how they stand out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from commfinder.communities.beyond import Hidden, excess
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull

__all__ = ["Partition", "beyond_tables", "partition_tables", "tables"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CORE_ALPHA, _CORE_TIES = 0.01, 3


@dataclass(frozen=True)
class Partition:
    """A division of everybody, with what it rests on.

    Parameters
    ----------
    a, b : ndarray of int64
        Ends of the ties.
    weight : ndarray of float
        Their damped weights.
    labels : ndarray of int32, shape (n,)
        Community of each person.
    stability : ndarray of float
        Stability of each community.
    """

    a: IntArray
    b: IntArray
    weight: FloatArray
    labels: Labels
    stability: FloatArray


def tables(
    graph: InteractionGraph, found: Partition, hidden: Hidden | None, null: DyadNull | None, min_size: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe members and communities, of the partition and beyond formal structure.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    found : Partition
        Communities by all ties.
    hidden : Hidden, optional
        Communities beyond formal structure.
    null : DyadNull, optional
        Ties expected from formal structure; None where none is known.
    min_size : int
        Smaller groups of the partition are no communities.

    Returns
    -------
    members, summary : pandas.DataFrame
        As `Communities` has them.
    """
    members, summary = partition_tables(graph, found, min_size)
    if hidden is not None and null is not None:
        more, lines = beyond_tables(graph, found, hidden, null)
        members = pd.concat([members, more], ignore_index=True)
        members = members.sort_values(["person", "community"], kind="stable").reset_index(drop=True)
        summary = pd.concat([summary, lines], ignore_index=True)
    units = _units(graph.people.set_index("person")["unit"], members, summary["community"])
    return members, summary.join(units).join(_beyond(graph, members, summary["community"], hidden, null))


def partition_tables(graph: InteractionGraph, found: Partition, min_size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe the communities of the partition."""
    a, b, weight, labels = found.a, found.b, found.weight, found.labels
    n = len(labels)
    size = np.bincount(labels, minlength=1) if n else np.empty(0, dtype=np.int64)
    real = np.flatnonzero(size >= min_size)
    names = np.full(len(size), None, dtype=object)
    names[real] = [f"C{number}" for number in range(1, len(real) + 1)]
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    same = labels[a] == labels[b]
    inner = np.bincount(a[same], weight[same], n) + np.bincount(b[same], weight[same], n)
    members = pd.DataFrame(
        {
            "person": graph.people["person"],
            "community": pd.array(names[labels] if n else [], dtype="string"),
            "strength": np.divide(inner, strength, out=np.zeros(n), where=strength > 0),
            "confidence": np.nan,
            "core": _core(a, b, labels, n),
        }
    )
    members.loc[members["community"].isna(), "core"] = False
    total = float(weight.sum())
    inside = np.bincount(labels[a][same], weight[same], len(size))
    expected = np.bincount(labels, strength, len(size)) ** 2 / (4 * total) if total > 0 else np.zeros(len(size))
    ratio = np.divide(inside, expected, out=np.full(len(size), np.nan), where=expected > 0)
    summary = pd.DataFrame(
        {
            "community": pd.array(names[real], dtype="string"),
            "size": size[real],
            "confidence": np.nan,
            "stability": found.stability[real] if len(real) else np.empty(0),
            "observed_over_expected": ratio[real],
        }
    )
    return members, summary


def beyond_tables(
    graph: InteractionGraph, found: Partition, hidden: Hidden, null: DyadNull
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe the communities beyond formal structure."""
    people = graph.people["person"].to_numpy(dtype=object)
    adjacency = graph.adjacency()
    n = len(people)
    strength = np.bincount(found.a, found.weight, n) + np.bincount(found.b, found.weight, n)
    members, lines = [], []
    total = float(found.weight.sum())
    for number, group in enumerate(hidden.members, start=1):
        inside = np.zeros(n, dtype=bool)
        inside[group] = True
        both = inside[found.a] & inside[found.b]
        inner = np.bincount(found.a[both], found.weight[both], n) + np.bincount(found.b[both], found.weight[both], n)
        ties = np.asarray(adjacency[group][:, group].sum(axis=1)).reshape(-1)
        tail = stats.poisson.sf(ties - 1, null.matrix(group).sum(axis=1))
        members.append(
            pd.DataFrame(
                {
                    "person": pd.array(people[group], dtype="string"),
                    "community": pd.array([f"B{number}"] * len(group), dtype="string"),
                    "strength": np.divide(inner, strength, out=np.zeros(n), where=strength > 0)[group],
                    "confidence": np.nan,
                    "core": (tail < _CORE_ALPHA) & (ties >= _CORE_TIES),
                }
            )
        )
        expected = strength[group].sum() ** 2 / (4 * total)
        ratio = float(found.weight[both].sum()) / expected if expected > 0 else np.nan
        lines.append((f"B{number}", len(group), np.nan, hidden.stability[number - 1], ratio))
    columns = ["community", "size", "confidence", "stability", "observed_over_expected"]
    summary = pd.DataFrame(lines, columns=columns).astype({"community": "string", "size": "int64"})
    empty = pd.DataFrame({"person": pd.array([], dtype="string")})
    return pd.concat(members, ignore_index=True) if members else empty, summary


def _beyond(
    graph: InteractionGraph,
    members: pd.DataFrame,
    order: pd.Series[str],
    hidden: Hidden | None,
    null: DyadNull | None,
) -> pd.DataFrame:
    """Say of each community how far formal structure explains it."""
    if null is None:
        lift = pd.Series(np.nan, order.index)
        return pd.DataFrame({"structure_lift": lift, "beyond_structure": pd.array([pd.NA] * len(order), "boolean")})
    position = {person: number for number, person in enumerate(graph.people["person"])}
    bar = hidden.threshold if hidden is not None else 0.0
    inside = members.dropna(subset=["community"]).groupby("community")["person"]
    groups = {name: np.sort([position[person] for person in people]) for name, people in inside}
    found = [excess(groups[name], graph, null) for name in order]
    return pd.DataFrame(
        {
            "structure_lift": [lift for lift, _ in found],
            "beyond_structure": pd.array([score > bar for _, score in found], dtype="boolean"),
        },
        index=order.index,
    )


def _core(a: IntArray, b: IntArray, labels: Labels, n: int) -> npt.NDArray[np.bool_]:
    """Tell who has significantly more ties inside than activity explains: binomial tail, each person tested alone."""
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    same = labels[a] == labels[b]
    inner = np.bincount(a[same], minlength=n) + np.bincount(b[same], minlength=n)
    total = max(int(degree.sum()), 1)
    share = np.clip((np.bincount(labels, degree)[labels] - degree) / total, 0.0, 1.0) if n else np.empty(0)
    tail = stats.binom.sf(inner - 1, np.maximum(degree, 1), share)
    return (tail < _CORE_ALPHA) & (inner >= 3)


def _units(unit: pd.Series[str], members: pd.DataFrame, order: pd.Series[str]) -> pd.DataFrame:
    """Describe which units the communities span."""
    known = members.assign(unit=members["person"].map(unit))[["community", "unit"]].dropna()
    counts = known.groupby(["community", "unit"]).size().rename("people").reset_index()
    counts = counts.sort_values(["community", "people", "unit"], ascending=[True, False, True])
    first = counts.drop_duplicates("community").set_index("community")
    share = first["people"] / counts.groupby("community")["people"].sum()
    table = pd.DataFrame(
        {
            "units": counts.groupby("community")["unit"].nunique().reindex(order).fillna(0).astype("int64"),
            "main_unit": first["unit"].reindex(order).astype("string"),
            "main_unit_share": share.reindex(order).astype("float64"),
        }
    )
    return table.reset_index(drop=True)
