"""Find the communities of a graph."""

from __future__ import annotations

import numpy as np

from commfinder import _validate
from commfinder.communities.beyond import MOST_TIES, Hidden, find_beyond, searches
from commfinder.communities.confidence import Budget, Judgement, Traces, judge
from commfinder.communities.describe import Partition, tables
from commfinder.communities.engines import ENGINES
from commfinder.communities.overlap import Memberships, extend
from commfinder.communities.resolution import Resolution
from commfinder.communities.search.whole import Found, Wanted, search
from commfinder.communities.value import Communities
from commfinder.communities.weights import DAMPINGS
from commfinder.errors import InputError
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull, Structure
from commfinder.graph.fitting import fit_null
from commfinder.progress import SILENT, Progress
from commfinder.provenance import record

__all__ = ["LAYERS", "find_communities"]

LAYERS = ("sum", "multiplex")


def find_communities(
    graph: InteractionGraph,
    *,
    resolution: float | None = None,
    damping: str | None = None,
    embedded: bool | None = None,
    layers: str = "sum",
    engine: str = "leiden",
    runs: int | None = None,
    min_size: int = 3,
    overlap: bool = True,
    confidence: bool = True,
    beyond: bool = True,
    progress: Progress = SILENT,
    seed: int = 0,
) -> Communities:
    """Find the communities of a graph, who is in several of them, and how likely each is real; nothing to tune.

    Prefer `commfinder.communities.leiden` for one plain run on tie arrays.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    resolution : float, optional
        Resolution of modularity. None leaves it to the network: of up to 200,000 ties, a tenth is hidden again and
        again, and the resolution and weights that foretell them best are taken; beyond, the fixed point (`Resolution`).
    damping : {"log1p", "sqrt", "none", "binary"}, optional
        What is done to counts of events before communities are found; ``graph.ties`` keeps the raw weights. None
        chooses in the same way, or takes log1p where the resolution is given.
    embedded : bool, optional
        Whether weights are multiplied by embeddedness, the share of contacts that two people have in common. None
        chooses in the same way, or leaves it out where the resolution is given.
    layers : {"sum", "multiplex"}, default "sum"
        Whether media are put on one scale and added up, or looked at side by side by leidenalg's multiplex search (at
        most a million ties).
    engine : {"leiden", "igraph", "leidenalg"}, default "leiden"
        What finds communities. Confidence always uses our own.
    runs : int, optional
        Runs of the ensemble, at least 2; None for as many as make about two million visits of ties, 8 to 200.
    min_size : int, default 3
        Smaller groups are no communities: their people are in none.
    overlap : bool, default True
        Whether people may be in several communities: all with which they have significantly more ties than expected.
    confidence : bool, default True
        Whether it is worked out how likely communities are real. Without it a network in which chance alone is at work
        has communities as any other.
    beyond : bool, default True
        Also look for communities beyond formal structure, where units, sites or managers are known: groups across
        units, which a partition can not show because everybody is in a unit first. They overlap with the others and
        are called B1, B2, …
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
        If an option is out of range, or media are to be looked at side by side and there are too many ties.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
    .. [2] Newman (2016), Equivalence between modularity optimization and maximum likelihood methods for community
       detection. doi:10.1103/PhysRevE.94.052315
    .. [3] Li, Levina, Zhu (2020), Network cross-validation by edge sampling. doi:10.1093/biomet/asaa006
    .. [4] Lancichinetti, Fortunato (2012), Consensus clustering in complex networks. doi:10.1038/srep00336
    """
    wanted = Wanted(
        resolution=None if resolution is None else _validate.positive(resolution, what="resolution"),
        damping=None if damping is None else _validate.choice(damping, DAMPINGS, what="damping"),
        embedded=None if embedded is None else _flag(embedded, "embedded"),
        layers=_validate.choice(layers, LAYERS, what="layers"),
        engine=_validate.choice(engine, ENGINES, what="engine"),
        runs=None if runs is None else _validate.count(runs, what="runs", low=2),
    )
    min_size = _validate.count(min_size, what="min_size", low=2)
    seed = _validate.seed(seed)
    found = search(graph, wanted, progress=progress, seed=seed)
    memberships = _memberships(found, _flag(overlap, "overlap"), progress)
    judged = _judged(found, memberships, progress, seed) if _flag(confidence, "confidence") else None
    hidden_too = _flag(beyond, "beyond") and (judged is None or judged.clustered)
    partition = Partition(found.ties, found.labels, memberships, judged)
    null, hidden = _beyond(graph, hidden_too, seed, progress)
    with progress.stage("Describing communities") as stage:
        members, summary = tables(graph, partition, hidden, null, min_size)
        stage.advance()
    options = {
        **{name: getattr(wanted, name) for name in ("resolution", "damping", "embedded", "layers", "engine", "runs")},
        "min_size": min_size,
        "overlap": overlap,
        "confidence": confidence,
        "beyond": beyond,
    }
    return Communities(
        members=members,
        summary=summary,
        resolution=Resolution(found.choice.resolution, found.choice.how),
        weights=found.choice,
        quality=found.quality,
        agreement=found.agreement,
        runs=found.runs,
        p_chance=float("nan") if judged is None else judged.p_chance,
        searched_beyond=hidden is not None,
        labels=found.labels,
        ties=found.ties,
        graph=graph,
        provenance=record("find_communities", options, seed=seed, inputs=graph.provenance.inputs),
    )


def _flag(value: object, what: str) -> bool:
    """Check an option that is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{what} is {value!r}.", need="True or False is needed.")
    return bool(value)


def _memberships(found: Found, overlap: bool, progress: Progress) -> Memberships:
    """Say who is in which communities."""
    with progress.stage("Finding who is in which communities") as stage:
        memberships = (extend if overlap else Memberships.of)(found.ties, found.labels)
        stage.advance()
    return memberships


def _judged(found: Found, memberships: Memberships, progress: Progress, seed: int) -> Judgement:
    """Judge how likely communities and memberships are real."""
    traces = Traces(
        found.ties.n,
        found.ties.a.astype(np.int64, copy=False),
        found.ties.b.astype(np.int64, copy=False),
        found.base,
        found.raw,
        np.maximum(found.events, 1),
        found.choice.damping,
        found.choice.embedded,
    )
    with progress.stage("Judging communities") as stage:
        judged = judge(
            traces,
            found.labels,
            found.choice.resolution,
            memberships=memberships,
            budget=Budget.of(len(traces.a)),
            seeds=np.random.SeedSequence([seed, 2]),
        )
        stage.advance()
    return judged


def _beyond(
    graph: InteractionGraph, wanted: bool, seed: int, progress: Progress
) -> tuple[DyadNull | None, Hidden | None]:
    """Look for communities beyond formal structure, if there is any and the graph is not too large."""
    structure = Structure.of(graph)
    ties = int(graph.tie_values("tie").sum())
    if not structure.known or not ties:
        return None, None
    with progress.stage("Learning what formal structure explains") as stage:
        null = fit_null(graph, structure)
        stage.advance()
    if not wanted or ties > MOST_TIES:
        return null, None
    with progress.stage("Looking beyond formal structure", total=searches(ties)) as stage:
        return null, find_beyond(graph, null, rng=np.random.default_rng([seed, 1]), stage=stage)
