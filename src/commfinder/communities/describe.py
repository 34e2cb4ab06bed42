"""Describe communities: their members, their units, and how they stand out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse as sp
from scipy import stats

from commfinder.communities.beyond import Hidden, by_structure, excess_of
from commfinder.communities.confidence import Judgement, judge_hidden
from commfinder.communities.overlap import Memberships
from commfinder.communities.overlap_kernel import measured
from commfinder.communities.ties import Ties
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull

__all__ = ["Partition", "beyond_tables", "partition_tables", "tables"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CORE_ALPHA, _CORE_TIES = 0.01, 3


@dataclass(frozen=True, eq=False)
class Partition:
    """A division of everybody, with what it rests on.

    Parameters
    ----------
    ties : Ties
        The ties, with the weights used.
    labels : ndarray of int32, shape (n,)
        Community of each person.
    memberships : Memberships
        Who is in which community.
    judged : Judgement, optional
        How likely they are real; None where that was not asked for.
    """

    ties: Ties
    labels: Labels
    memberships: Memberships
    judged: Judgement | None


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
    if hidden is not None and hidden.members and null is not None:
        more, lines = beyond_tables(graph, found, hidden, null)
        members = pd.concat([members, more], ignore_index=True)
        somewhere = members["person"].isin(more["person"]) & members["community"].isna()
        members = members[~somewhere].sort_values(["person", "community"], kind="stable").reset_index(drop=True)
        summary = pd.concat([summary, lines], ignore_index=True)
    units = _units(graph.people.set_index("person")["unit"], members, summary["community"])
    return members, summary.join(units).join(_beyond(graph, members, summary["community"], hidden, null))


def partition_tables(graph: InteractionGraph, found: Partition, min_size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe the communities of the partition and those who joined them."""
    n, count = len(found.labels), int(found.labels.max(initial=-1)) + 1
    person, community = found.memberships.person, found.memberships.community
    size = np.bincount(community, minlength=count)
    judged = found.judged
    kept = size >= min_size if judged is None or judged.clustered else np.zeros(count, dtype=bool)
    order = np.flatnonzero(kept)[np.argsort(-size[kept], kind="stable")]
    names = np.full(count, None, dtype=object)
    names[order] = [f"C{number}" for number in range(1, len(order) + 1)]
    likely = np.full(count, np.nan) if judged is None else judged.community
    share, tail, ties, ratio = _inside(found, count)
    rows = pd.DataFrame(
        {
            "person": graph.people["person"].to_numpy(dtype=object)[person],
            "community": pd.array(names[community] if n else [], dtype="string"),
            "strength": share,
            "confidence": np.nan if judged is None else judged.membership,
            "core": (tail < _CORE_ALPHA) & (ties >= _CORE_TIES),
            "periphery": found.memberships.periphery[person],
        }
    )
    rows["person"] = rows["person"].astype(graph.people["person"].dtype)
    out = rows["community"].isna()
    rows.loc[out, ["core", "periphery"]] = False
    # Two tests with bars of their own: who passes either is not on the edge.
    rows["periphery"] &= ~_anybody(person[rows["core"].to_numpy(dtype=bool)], n)[person]
    rows.loc[out, "confidence"] = np.nan
    home = found.memberships.home
    # Who is in none has one row that says so; who is in some has no row for those that are none.
    somewhere = _anybody(person[~out.to_numpy()], n)[person]
    members = rows[~out | (home & ~somewhere)].sort_values(["person", "community"], kind="stable")
    stability = np.full(count, np.nan) if judged is None else judged.stability
    summary = pd.DataFrame(
        {
            "community": pd.array(names[order], dtype="string"),
            "size": size[order],
            "confidence": likely[order],
            "stability": stability[order],
            "observed_over_expected": ratio[order],
        }
    )
    return members.reset_index(drop=True), summary


def _anybody(people: IntArray, n: int) -> npt.NDArray[np.bool_]:
    """Tell of each of n people whether they are among some."""
    among = np.zeros(n, dtype=bool)
    among[people] = True
    return among


def _inside(found: Partition, count: int) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    """Return of each membership the share of weight inside, the binomial tail of the ties inside, and their number.

    And of each community the weight inside over that expected from strengths.
    """
    n, a, b, weight = found.ties.n, found.ties.a, found.ties.b, found.ties.weight
    person, community = found.memberships.person, found.memberships.community
    both = np.concatenate([a, b]), np.concatenate([b, a])
    heavy = sp.csr_array((np.concatenate([weight, weight]), both), shape=(n, n))
    start = heavy.indptr.astype(np.int64)
    begin = np.searchsorted(person, np.arange(n + 1))
    inner_weight, inner, _ = measured(
        start, heavy.indices.astype(np.int32), heavy.data, begin, community.astype(np.int32), max(count, 1)
    )
    strength, degree = np.asarray(heavy.sum(axis=1)).reshape(-1), np.diff(start).astype(np.float64)
    others = np.bincount(community, degree[person], max(count, 1))[community] - degree[person]
    chance = np.clip(others / max(float(degree.sum()), 1.0), 0.0, 1.0)
    tail: FloatArray = np.asarray(stats.binom.sf(inner - 1, np.maximum(degree[person], 1), chance))
    own = strength[person]
    share = np.divide(inner_weight, own, out=np.zeros(len(person)), where=own > 0)
    inside = np.bincount(community, inner_weight, count) / 2
    expected = np.bincount(community, own, count) ** 2 / (4 * max(float(weight.sum()), 1e-300))
    ratio = np.divide(inside, expected, out=np.full(count, np.nan), where=expected > 0)
    return share, tail, inner, ratio


def beyond_tables(
    graph: InteractionGraph, found: Partition, hidden: Hidden, null: DyadNull
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe the communities beyond formal structure; how likely they are real only if that was asked for."""
    people = graph.people["person"].to_numpy(dtype=object)
    adjacency = graph.adjacency()
    n = len(people)
    a, b, weight = found.ties.a, found.ties.b, found.ties.weight
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    members, lines = [], []
    total = float(weight.sum())
    for number, group in enumerate(hidden.members, start=1):
        inside = np.zeros(n, dtype=bool)
        inside[group] = True
        both = inside[a] & inside[b]
        inner = np.bincount(a[both], weight[both], n) + np.bincount(b[both], weight[both], n)
        ties = np.asarray(adjacency[group][:, group].sum(axis=1)).reshape(-1)
        tail = stats.poisson.sf(ties - 1, null.matrix(group).sum(axis=1))
        asked = found.judged is not None
        likely, belongs = judge_hidden(hidden.clues[number - 1]) if asked else (np.nan, np.full(len(group), np.nan))
        members.append(
            pd.DataFrame(
                {
                    "person": pd.array(people[group], dtype="string"),
                    "community": pd.array([f"B{number}"] * len(group), dtype="string"),
                    "strength": np.divide(inner, strength, out=np.zeros(n), where=strength > 0)[group],
                    "confidence": belongs,
                    "core": (tail < _CORE_ALPHA) & (ties >= _CORE_TIES),
                    "periphery": False,
                }
            )
        )
        expected = strength[group].sum() ** 2 / (4 * total)
        ratio = float(weight[both].sum()) / expected if expected > 0 else np.nan
        lines.append((f"B{number}", len(group), likely, hidden.stability[number - 1], ratio))
    columns = ["community", "size", "confidence", "stability", "observed_over_expected"]
    summary = pd.DataFrame(lines, columns=columns).astype({"community": "string", "size": "int64"})
    return pd.concat(members, ignore_index=True), summary


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
    # Where the search found nothing in chance either, there is no bar but that of the number of groups to choose from.
    bar = hidden.threshold if hidden is not None and np.isfinite(hidden.threshold) else 0.0
    inside = members.dropna(subset=["community"]).groupby("community")["person"]
    groups = {name: np.sort([position[person] for person in people]) for name, people in inside}
    many = [groups[name] for name in order]
    seen = _tied_inside(graph, many)
    choice = len(by_structure(graph))
    found = [excess_of(ties, group, choice, null) for ties, group in zip(seen, many, strict=True)]
    return pd.DataFrame(
        {
            "structure_lift": [lift for lift, _ in found],
            "beyond_structure": pd.array([score > bar for _, score in found], dtype="boolean"),
        },
        index=order.index,
    )


def _tied_inside(graph: InteractionGraph, groups: list[IntArray]) -> list[float]:
    """Count the ties inside each of many groups, in one go over all ties."""
    n, (a, b), real = len(graph.people), graph.pairs, graph.tie_values("tie")
    who = np.concatenate([*groups, np.empty(0, np.int64)]).astype(np.int64)
    which = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    belongs = sp.csr_array((np.ones(len(who)), (who, which)), shape=(n, max(len(groups), 1)))
    ties = sp.csr_array((np.ones(int(real.sum())), (a[real], b[real])), shape=(n, n))
    inside: FloatArray = np.asarray(belongs.multiply(ties @ belongs).sum(axis=0)).reshape(-1)
    return [float(count) for count in inside[: len(groups)]]


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
