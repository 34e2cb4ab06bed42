"""One call for every engine: one run from tie arrays, or an ensemble of runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.adjacency import large
from commfinder.communities.engines.by_igraph import Igraph
from commfinder.communities.engines.by_leidenalg import Leidenalg
from commfinder.communities.engines.compiled import Leiden
from commfinder.communities.engines.contract import OBJECTIVES, Engine, Task
from commfinder.communities.threads import processors, together
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

__all__ = ["ENGINES", "checked", "ensemble", "leiden"]

Labels = npt.NDArray[np.int32]

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Leiden(), Igraph(), Leidenalg())}


def leiden(
    source: npt.ArrayLike,
    target: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    n: int,
    resolution: float = 1.0,
    objective: str = "modularity",
    sizes: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    fixed: npt.ArrayLike | None = None,
    max_size: int | None = None,
    iterations: int | None = 2,
    engine: str = "leiden",
    threads: int | None = None,
    seed: int = 0,
) -> Labels:
    """Find communities in tie arrays by the Leiden algorithm; prefer `find_communities` for an `InteractionGraph`.

    Parameters
    ----------
    source, target : array-like of int, shape (m,)
        The two ends of each tie, from 0 to n - 1. Pairs given more than once add up; self-loops are refused.
    weight : array-like of float, shape (m,), optional
        Weights above zero; None for 1 each. Only proportions matter, except to the constant Potts model.
    n : int
        Number of people.
    resolution : float, default 1.0
        Above zero: higher gives more and smaller communities.
    objective : {"modularity", "cpm"}, default "modularity"
        Modularity, or the constant Potts model, which asks for weight between members of more than `resolution` times
        the product of their sizes. It suits networks without much difference in activity.
    sizes : array-like of float, shape (n,), optional
        Sizes of people in the constant Potts model, not below zero; None for 1 each.
    start : array-like of int, shape (n,), optional
        Labels to start from, any whole numbers; the quality of the result is never below theirs. None for everybody
        alone.
    fixed : array-like of bool, shape (n,), optional
        Who stays in the community of `start`, whatever it costs; others may join them.
    max_size : int, optional
        Most people in a community. Only larger communities of `start` that people are fixed in can be above it.
    iterations : int or None, default 2
        Iterations of Leiden; None for as many as improve anything.
    engine : {"leiden", "igraph", "leidenalg"}, default "leiden"
        Our own, or a peer. igraph takes neither `fixed` nor `max_size`.
    threads : int, optional
        Threads of our own engine; None for as many as there are processors. They change nothing but time.
    seed : int, default 0
        Seed of the run.

    Returns
    -------
    ndarray of int32, shape (n,)
        Labels, 0 the largest community; of equal size, the one with the smallest member first. Every community is
        connected, but for fixed people. Whoever has no tie is alone.

    Raises
    ------
    InputError
        If arrays differ in length, an end is out of range, a weight is not finite and above zero, or an option is out
        of range or beyond the engine.

    Notes
    -----
    Our own engine: equal arguments give equal bytes, whatever the order of ties and the number of threads. The result
    does not depend on how people are numbered either, but for people whose surroundings are the same to the last digit,
    nor on people without ties. It visits people in an order of chance and refines by the best part.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
    .. [2] Traag, Van Dooren, Nesterov (2011), Narrow scope for resolution-limit-free community detection.
       doi:10.1103/PhysRevE.84.016114

    Examples
    --------
    >>> leiden([0, 0, 1, 3, 3, 4], [1, 2, 2, 4, 5, 5], n=7).tolist()
    [0, 0, 0, 1, 1, 1, 2]
    """
    task = checked(
        Task(
            Ties.of(source, target, weight, n=n),
            objective=objective,
            resolution=resolution,
            sizes=None if sizes is None else np.asarray(sizes, dtype=np.float64),
            start=None if start is None else np.asarray(start),
            fixed=None if fixed is None else np.asarray(fixed),
            max_size=0 if max_size is None else _validate.count(max_size, what="max_size"),
            iterations=0 if iterations is None else _validate.count(iterations, what="iterations"),
        )
    )
    seed = _validate.seed(seed)
    threads = None if threads is None else _validate.count(threads, what="threads")
    if _validate.choice(engine, ENGINES, what="engine") == "leiden":
        return Leiden(threads)(task, seed)
    return ENGINES[engine](task, seed)


def ensemble(task: Task, seeds: Sequence[int], *, engine: str = "leiden", threads: int | None = None) -> list[Labels]:
    """Run one search from several seeds, side by side; prefer `leiden` for one run.

    Parameters
    ----------
    task : Task
        What is searched for, as `checked` gives it back.
    seeds : sequence of int
        Seeds of the runs.
    engine : {"leiden", "igraph", "leidenalg"}, default "leiden"
        Only our own runs side by side: the others hold Python's lock or share one generator.
    threads : int, optional
        Runs at a time; None for as many as there are processors. They change nothing but time.

    Returns
    -------
    list of ndarray of int32
        Labels of each run, in the order of the seeds.

    Raises
    ------
    InputError
        If the engine is unknown.
    """
    run = ENGINES[_validate.choice(engine, ENGINES, what="engine")]
    at_once = processors() if threads is None else _validate.count(threads, what="threads")
    if engine != "leiden":
        return [run(task, seed) for seed in seeds]
    # Made once, before runs share them.
    if len(task.ties.rows.weight) and task.sizes is None:
        task.ties.numbered if large(task.ties.n) else task.ties.keys
    alone = Leiden(threads=1)
    return together(lambda seed: alone(task, seed), seeds, threads=at_once)


def checked(task: Task) -> Task:
    """Check a task; return it with arrays of the right kind.

    Parameters
    ----------
    task : Task
        What is searched for.

    Returns
    -------
    Task

    Raises
    ------
    InputError
        If an array has not one entry for everybody, a size is below zero, or people are fixed without a start.
    """
    n = task.ties.n
    _validate.choice(task.objective, OBJECTIVES, what="objective")
    changes: dict[str, Any] = {"resolution": _validate.positive(task.resolution, what="resolution")}
    for name in ("sizes", "start", "fixed"):
        given = getattr(task, name)
        if given is not None and given.shape != (n,):
            raise InputError(f"{name} has the shape {given.shape}.", need=f"One for each of the {n} people is needed.")
    if task.sizes is not None:
        _check_sizes(task)
    if task.start is not None:
        if n and task.start.dtype.kind not in "iu":
            raise InputError(f"start has the type {task.start.dtype}.", need="Whole numbers are needed.")
        changes["start"] = np.unique(task.start, return_inverse=True)[1].astype(np.int32)
    if task.fixed is not None:
        if n and task.fixed.dtype != np.bool_:
            raise InputError(f"fixed has the type {task.fixed.dtype}.", need="True or False for everybody is needed.")
        if task.start is None:
            raise InputError(
                "People are fixed, but there is no start.", need="They stay in the community that `start` gives them."
            )
    return replace(task, **changes)


def _check_sizes(task: Task) -> None:
    """Check sizes of people."""
    assert task.sizes is not None
    if task.objective != "cpm":
        raise InputError(
            "There are sizes, and the objective is modularity.",
            need="Modularity takes the strength of people for their size.",
            hint='Leave sizes out, or use objective="cpm".',
        )
    bad = ~(np.isfinite(task.sizes) & (task.sizes >= 0))
    if bad.any():
        place = int(bad.argmax())
        raise InputError(f"sizes[{place}] is {task.sizes[place]}.", need="Finite sizes not below 0 are needed.")
