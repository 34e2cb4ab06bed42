"""The whole search: weights and resolution chosen, an ensemble run, one partition made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.embeddedness import embeddedness
from commfinder.communities.engines import ENGINES, Task
from commfinder.communities.engines.by_leidenalg import multiplex
from commfinder.communities.engines.compiled import Leiden
from commfinder.communities.layers import medium_ties
from commfinder.communities.quality import modularity
from commfinder.communities.search.choice import Candidate, Search, WeightChoice, choose_among
from commfinder.communities.search.consensus import Setting, affordable_runs, consensus, run_settings
from commfinder.communities.threads import together
from commfinder.communities.ties import Ties
from commfinder.communities.weights import DAMPINGS, detection_weights
from commfinder.graph import InteractionGraph
from commfinder.progress import SILENT, Progress

__all__ = ["Found", "Wanted", "search"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

_UNTIL_NOTHING_IMPROVES = 200_000


@dataclass(frozen=True)
class Wanted:
    """What a search is asked for; None leaves it to the network.

    Parameters
    ----------
    resolution : float, optional
        Resolution of modularity.
    damping : str, optional
        Damping of counts of events.
    embedded : bool, optional
        Whether weights are multiplied by embeddedness.
    layers : {"sum", "multiplex"}
        Whether media are added up, or looked at side by side.
    engine : str
        Which engine.
    runs : int, optional
        Runs of the ensemble.
    """

    resolution: float | None = None
    damping: str | None = None
    embedded: bool | None = None
    layers: str = "sum"
    engine: str = "leiden"
    runs: int | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Parameters
    ----------
    labels : ndarray of int32, shape (n,)
        Canonical labels; connected communities; whoever is in none is alone.
    runs : int
        Runs of the ensemble.
    choice : WeightChoice
        The weights and resolutions of the runs, and why.
    ties : Ties
        The ties that were used, with their weights in the best candidate.
    base : ndarray of float64, shape (m,)
        The same weights without embeddedness.
    raw : ndarray of float64, shape (m,)
        Discounted number of events of each.
    events : ndarray of int64, shape (m,)
        Number of events of each.
    agreement : float
        Mean adjusted Rand index between the result and the runs, over people who have ties.
    quality : float
        Modularity of the result in the best candidate.
    """

    labels: Labels
    runs: int
    choice: WeightChoice
    ties: Ties
    base: FloatArray
    raw: FloatArray
    events: IntArray
    agreement: float
    quality: float


def search(graph: InteractionGraph, wanted: Wanted, *, progress: Progress = SILENT, seed: int = 0) -> Found:
    """Find communities by consensus of runs whose weights and resolution no label has chosen.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    wanted : Wanted
        What is given, and what is left to the network.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed of the ensemble; equal seeds give equal bytes. Which weights suit a graph is a fact about the graph: that
        choice has the same seed always.

    Returns
    -------
    Found
    """
    n = len(graph.people)
    damped = {damping: detection_weights(graph, damping) for damping in DAMPINGS}
    used = damped["log1p"] > 0
    a, b = (ends[used] for ends in graph.pairs)
    raw, events = (graph.ties[name].to_numpy()[used] for name in ("weight", "events"))
    raw = raw.astype(np.float64)
    damped = {name: weight[used] for name, weight in damped.items() if wanted.damping in (None, name)}
    with progress.stage("Choosing weights and resolution") as stage:
        choice = _chosen(a, b, n, raw, damped, wanted)
        stage.advance()
    runs = affordable_runs(len(a)) if wanted.runs is None else wanted.runs
    settings = [Setting(one.weight, one.resolution, one.share) for one in choice.settings]
    with progress.stage("Finding communities") as stage:
        whole = _multiplex(graph) if wanted.layers == "multiplex" else _partition(a, b, n, wanted.engine, full=True)
        found = run_settings(whole, settings, runs=runs, seed=seed)
        labels = consensus(found, a, b, keys=Ties(n, a, b, raw).keys if len(a) else None)
        stage.advance()
    tied = np.zeros(n, dtype=bool)
    tied[a] = tied[b] = True
    near = together(lambda one: adjusted_rand(labels[tied], one[tied]), list(found))
    first = choice.settings[0]
    return Found(
        labels=labels,
        runs=runs,
        choice=choice,
        ties=Ties(n, a, b, first.weight),
        base=damped[choice.damping],
        raw=raw,
        events=events.astype(np.int64),
        agreement=float(np.mean(near)),
        quality=modularity(a, b, first.weight, labels, first.resolution) if len(a) else 0.0,
    )


def _chosen(
    a: IntArray, b: IntArray, n: int, raw: FloatArray, damped: dict[str, FloatArray], wanted: Wanted
) -> WeightChoice:
    """Choose what is not given."""

    def partitioner(one: IntArray, other: IntArray, people: int) -> Search:
        return _partition(one, other, people, wanted.engine, full=False)

    kinds = (False, True) if wanted.embedded is None else (wanted.embedded,)
    if wanted.resolution is None:
        return choose_among(a, b, n, raw, damped, partitioner, kinds=kinds)
    # With the resolution given there is nothing to hold weightings against: the first is taken.
    name, weight = next(iter(damped.items()))
    shared = embeddedness(a, b, n=n) if kinds[0] and len(a) else 1.0
    one = Candidate(name, kinds[0], wanted.resolution, weight * shared, 1.0)
    nothing = choose_among(a[:0], b[:0], n, raw[:0], {name: weight[:0]}, partitioner)
    frame = nothing.candidates.assign(embedded=kinds[0], resolution=wanted.resolution, fixed_point=np.nan)
    return replace(
        nothing,
        embedded=kinds[0],
        resolution=wanted.resolution,
        fixed_point=float("nan"),
        how="given",
        settings=(one,),
        candidates=frame,
    )


def _partition(a: IntArray, b: IntArray, n: int, engine: str, *, full: bool) -> Search:
    """Return the search on given ties: labels from weights, a resolution and a seed."""
    run = Leiden(threads=None if len(a) > _UNTIL_NOTHING_IMPROVES else 1) if engine == "leiden" else ENGINES[engine]
    iterations = 0 if full and len(a) <= _UNTIL_NOTHING_IMPROVES else 2

    def partition(weight: FloatArray, resolution: float, seed: int) -> Labels:
        return run(Task(Ties(n, a, b, weight), resolution=resolution, iterations=iterations), seed)

    return partition


def _multiplex(graph: InteractionGraph) -> Search:
    """Return the search that looks at media side by side; it weighs them itself."""
    media = medium_ties(graph)
    layers, factors = list(media.values()), [graph.factors.get(medium, 1.0) for medium in media]

    def partition(weight: FloatArray, resolution: float, seed: int) -> Labels:
        del weight
        return multiplex(layers, layer_weights=factors, resolution=resolution, seed=seed)

    return partition
