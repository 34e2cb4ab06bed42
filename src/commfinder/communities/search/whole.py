"""The whole search: weights and resolution chosen, an ensemble run, one partition made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.embeddedness import embeddedness
from commfinder.communities.engines import ENGINES, Task
from commfinder.communities.engines.by_leidenalg import multiplex
from commfinder.communities.engines.compiled import Leiden
from commfinder.communities.layers import medium_ties
from commfinder.communities.quality import modularity
from commfinder.communities.search.choice import Candidate, Search, WeightChoice, choose_among, dampings_tried
from commfinder.communities.search.consensus import Setting, affordable_runs, consensus, run_settings
from commfinder.communities.threads import together
from commfinder.communities.tied import Tied
from commfinder.communities.ties import Ties
from commfinder.communities.weights import DAMPINGS, weights_by_damping
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

    Notes
    -----
    Who has no tie takes no part in the search and is put back as their own singleton: how many of them there are, and
    where in the order, changes nothing for the others.
    """
    n = len(graph.people)
    with progress.stage("Choosing weights and resolution") as stage:
        damped = weights_by_damping(graph, DAMPINGS[:1])
        used = damped[DAMPINGS[0]] > 0
        every = bool(used.all())
        a, b = (_of(ends, used, every) for ends in graph.pairs)
        further = dampings_tried(len(a))[1:] if wanted.damping is None else (wanted.damping,)
        damped |= weights_by_damping(graph, [name for name in further if name not in damped])
        raw, events = (_of(graph.tie_values(name), used, every) for name in ("weight", "events"))
        raw = raw.astype(np.float64, copy=False)
        damped = {name: _of(weight, used, every) for name, weight in damped.items() if wanted.damping in (None, name)}
        among = Tied.of(a, b, n)
        # Where everybody has ties, numbers stay what they are.
        one, other = (a, b) if among.everybody else (among.place[a], among.place[b])
        people = len(among.people)
        choice = _chosen(one, other, people, raw, damped, wanted)
        stage.advance()
    runs = affordable_runs(len(a)) if wanted.runs is None else wanted.runs
    settings = [Setting(one.weight, one.resolution, one.share) for one in choice.settings]
    with progress.stage("Finding communities") as stage:
        if wanted.layers == "multiplex":
            whole = _multiplex(graph, among)
        else:
            whole = _partition(one, other, people, wanted.engine, full=True)
        found = run_settings(whole, settings, runs=runs, seed=seed)
        labels = consensus(found, one, other, keys=Ties(people, one, other, raw).keys)
        near = together(lambda run: adjusted_rand(labels, run), list(found))
        stage.advance()
    first = choice.settings[0]
    return Found(
        labels=among.with_others(labels),
        runs=runs,
        choice=choice,
        ties=Ties(n, a, b, first.weight),
        base=damped[choice.damping],
        raw=raw,
        events=events.astype(np.int64, copy=False),
        agreement=float(np.mean(near)),
        quality=modularity(one, other, first.weight, labels, first.resolution) if len(a) else 0.0,
    )


def _of(values: npt.NDArray[Any], used: npt.NDArray[np.bool_], every: bool) -> npt.NDArray[Any]:
    """Return the values of the ties that are used; where all are, nothing is copied."""
    return values if every else values[used]


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
    # The rows of the last weights: runs that have their weights in common need them made once.
    last = [Ties(n, a[:0], b[:0], np.empty(0))]

    def partition(weight: FloatArray, resolution: float, seed: int) -> Labels:
        ties = last[0]
        if ties.weight is not weight:
            ties = last[0] = Ties(n, a, b, weight)
        return run(Task(ties, resolution=resolution, iterations=iterations), seed)

    return partition


def _multiplex(graph: InteractionGraph, among: Tied) -> Search:
    """Return the search that looks at media side by side; it weighs them itself."""
    media, people, place = medium_ties(graph), len(among.people), among.place
    layers = [Ties(people, place[ties.a], place[ties.b], ties.weight) for ties in media.values()]
    factors = [graph.factors.get(medium, 1.0) for medium in media]

    def partition(weight: FloatArray, resolution: float, seed: int) -> Labels:
        del weight
        return multiplex(layers, layer_weights=factors, resolution=resolution, seed=seed)

    return partition
