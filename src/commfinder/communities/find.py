"""Find the communities of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from commfinder import _validate
from commfinder.communities.compare import adjusted_rand, best_jaccard
from commfinder.communities.engine import graph_of, modularity, run, seeded
from commfinder.communities.resolution import Resolution, fixed_point
from commfinder.communities.weights import detection_weights
from commfinder.graph import InteractionGraph
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Communities", "find_communities"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CORE_ALPHA = 0.01


@dataclass(frozen=True, eq=False, repr=False)
class Communities(Result):
    """Which communities a graph holds, and who is in them.

    Make one with `find_communities`.

    Parameters
    ----------
    members : pandas.DataFrame
        person, community (missing for who is in none), strength (share of the weight of a person's ties that stays
        inside, 0 to 1), confidence (missing: not calibrated yet), core (whether the person has significantly more
        ties inside than expected from activity). Everybody of the graph is listed, sorted by person.
    summary : pandas.DataFrame
        community, size, confidence, stability (mean Jaccard index of the most alike community of every other seeded
        run, 0 to 1), observed_over_expected (weight inside over that expected from activity), units, main_unit,
        main_unit_share (of members whose unit is known). Largest first.
    resolution : Resolution
        The resolution used and how it was come by.
    quality : float
        Modularity at that resolution, on the damped weights.
    agreement : float
        Mean adjusted Rand index between all pairs of seeded runs, over people who have ties.
    runs : int
        Number of seeded runs.
    provenance : Provenance
        What made this value.
    """

    members: pd.DataFrame
    summary: pd.DataFrame
    resolution: Resolution
    quality: float
    agreement: float
    runs: int
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/communities/1"

    def people(self, community: str) -> list[str]:
        """Return who is in a community, sorted."""
        return self.members.loc[self.members["community"] == community, "person"].tolist()

    def to_frame(self) -> pd.DataFrame:
        """Return the summary; who is in which community is in `members`."""
        return self.summary.copy()

    def __repr__(self) -> str:
        inside = int(self.members["community"].notna().sum())
        return (
            f"<Communities: {len(self.summary)} of {inside} people, {len(self.members) - inside} in none, resolution "
            f"{self.resolution.value:.2f} ({self.resolution.how}), agreement of {self.runs} runs {self.agreement:.2f}>"
        )


def find_communities(
    graph: InteractionGraph,
    *,
    resolution: float | None = None,
    damping: str = "log1p",
    runs: int = 10,
    min_size: int = 3,
    progress: Progress = SILENT,
    seed: int = 0,
) -> Communities:
    """Find the communities of a graph by Leiden at the resolution that suits it.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    resolution : float, optional
        Resolution of modularity; None finds the fixed point (see `Resolution`), which needs no tuning.
    damping : {"log1p", "sqrt", "none", "binary"}, default "log1p"
        What is done to counts of events before communities are found; ``graph.ties`` keeps the raw weights.
    runs : int, default 10
        Seeded runs, at least 2. The one of the highest quality is the result; how far all agree is told.
    min_size : int, default 3
        Smaller groups are no communities: their people are in none.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    Communities

    Raises
    ------
    InputError
        If an option is out of range.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
    .. [2] Newman (2016). doi:10.1103/PhysRevE.94.052315
    """
    runs = _validate.count(runs, what="runs", low=2)
    min_size = _validate.count(min_size, what="min_size", low=2)
    seed = _validate.seed(seed)
    given = None if resolution is None else _validate.positive(resolution, what="resolution")
    a, b = graph.pairs
    weight = detection_weights(graph, damping)
    used, labels, agreement, stability = _ensemble(graph, a, b, weight, given, runs, seed, progress)
    parameters = {"resolution": given, "damping": damping, "runs": runs, "min_size": min_size}
    members, summary = _tables(graph, a, b, weight, labels, stability, min_size)
    return Communities(
        members=members,
        summary=summary,
        resolution=used,
        quality=modularity(a, b, weight, labels, used.value),
        agreement=agreement,
        runs=runs,
        provenance=record("find_communities", parameters, seed=seed, inputs=graph.provenance.inputs),
    )


def _ensemble(
    graph: InteractionGraph,
    a: IntArray,
    b: IntArray,
    weight: FloatArray,
    given: float | None,
    runs: int,
    seed: int,
    progress: Progress,
) -> tuple[Resolution, Labels, float, FloatArray]:
    """Find the resolution and run from several seeds: the best labels, their agreement, and stability per community."""
    n = len(graph.people)
    whole = graph_of(a, b, n)
    seeds = [int(one) for one in np.random.SeedSequence(seed).generate_state(runs + 1)]

    def partition(gamma: float, run_seed: int = seeds[runs]) -> Labels:
        with seeded(run_seed):
            return run(whole, weight, gamma)

    with progress.stage("Finding communities", total=runs + 1) as stage:
        if given is not None or not len(a):
            used = Resolution(given or 1.0, "given" if given is not None else "no fixed point")
        else:
            used = fixed_point(a, b, weight, partition=partition)
        stage.advance()
        found = []
        for one in seeds[:runs]:
            found.append(partition(used.value, one))
            stage.advance()
    quality = [modularity(a, b, weight, labels, used.value) for labels in found]
    # Equal partitions differ in the last digit of their quality; rounding makes the first of them win on every machine.
    best = int(np.argmax(np.round(quality, 10)))
    tied = np.zeros(n, dtype=bool)
    tied[a] = tied[b] = True
    pairs = [adjusted_rand(one[tied], other[tied]) for one, other in combinations(found, 2)]
    others = [best_jaccard(found[best], labels)[0] for number, labels in enumerate(found) if number != best]
    return used, found[best], float(np.mean(pairs)), np.mean(others, axis=0)


def _tables(
    graph: InteractionGraph,
    a: IntArray,
    b: IntArray,
    weight: FloatArray,
    labels: Labels,
    stability: FloatArray,
    min_size: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe members and communities."""
    people = graph.people
    n = len(people)
    size = np.bincount(labels, minlength=1) if n else np.empty(0, dtype=np.int64)
    real = np.flatnonzero(size >= min_size)
    names = np.full(len(size), None, dtype=object)
    names[real] = [f"C{number}" for number in range(1, len(real) + 1)]
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    same = labels[a] == labels[b]
    inner = np.bincount(a[same], weight[same], n) + np.bincount(b[same], weight[same], n)
    members = pd.DataFrame(
        {
            "person": people["person"],
            "community": pd.array(names[labels] if n else [], dtype="string"),
            "strength": np.divide(inner, strength, out=np.zeros(n), where=strength > 0),
            "confidence": np.nan,
            "core": _core(a, b, labels, n),
        }
    )
    members.loc[members["community"].isna(), "core"] = False
    total = float(weight.sum())
    of_community = np.bincount(labels, strength, len(size))
    inside = np.bincount(labels[a][same], weight[same], len(size))
    expected = of_community**2 / (4 * total) if total > 0 else np.zeros(len(size))
    ratio = np.divide(inside, expected, out=np.full(len(size), np.nan), where=expected > 0)
    summary = pd.DataFrame(
        {
            "community": pd.array(names[real], dtype="string"),
            "size": size[real],
            "confidence": np.nan,
            "stability": stability[real] if len(real) else np.empty(0),
            "observed_over_expected": ratio[real],
        }
    )
    return members, summary.join(_units(people["unit"], members["community"], summary["community"]))


def _core(a: IntArray, b: IntArray, labels: Labels, n: int) -> npt.NDArray[np.bool_]:
    """Tell who has significantly more ties inside than activity explains: binomial tail, each person tested alone."""
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    same = labels[a] == labels[b]
    inner = np.bincount(a[same], minlength=n) + np.bincount(b[same], minlength=n)
    total = max(int(degree.sum()), 1)
    share = np.clip((np.bincount(labels, degree)[labels] - degree) / total, 0.0, 1.0) if n else np.empty(0)
    tail = stats.binom.sf(inner - 1, np.maximum(degree, 1), share)
    return (tail < _CORE_ALPHA) & (inner >= 3)


def _units(unit: pd.Series[str], community: pd.Series[str], order: pd.Series[str]) -> pd.DataFrame:
    """Describe which units the communities span."""
    known = pd.DataFrame({"community": community, "unit": unit}).dropna()
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
