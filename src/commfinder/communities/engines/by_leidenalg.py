"""Leiden by its authors: any limit on communities, several layers at once, and slices of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.engines.by_igraph import among_tied, graph_of, in_proportion
from commfinder.communities.engines.contract import Task
from commfinder.communities.quality import canonical, split_unconnected
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

__all__ = ["ABSENT", "Leidenalg", "multiplex", "slices"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

ABSENT = -1
"""Label of who has no tie in a window."""

_MOST_TIES, _MOST_SLICES = 1_000_000, 100_000
_MAX_ROUNDS, _MOST_RESOLUTION = 50, 1e200
# Shares of all weight: gains that are nothing; that are not worth another round over many layers; and what a person too
# many in a community costs, which is more than any community can be worth.
_LEAST_GAIN, _LEAST_TOGETHER, _FORBIDDING = 1e-10, 1e-5, 1e6


class Leidenalg:
    """The Leiden algorithm as the library leidenalg has it.

    Prefer our own unless a second opinion is wanted: it takes the same limits and is many times faster.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z

    Examples
    --------
    >>> import numpy as np
    >>> from commfinder.communities.engines.contract import Task
    >>> from commfinder.communities.ties import Ties
    >>> two = Ties.of([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3], n=7)
    >>> Leidenalg()(Task(two), seed=0).tolist()
    [0, 0, 0, 1, 1, 1, 2]
    >>> int(np.bincount(Leidenalg()(Task(two, max_size=2), seed=0)).max())
    2
    """

    name = "leidenalg"
    can = frozenset({"sizes", "start", "fixed", "max_size"})

    def __call__(self, task: Task, seed: int) -> Labels:
        """Find communities; see `Engine`.

        Parameters
        ----------
        task : Task
            What to search for. Communities of `start` above `max_size` are left by all but those who are fixed.
        seed : int
            From 0 to 4294967295; equal seeds give equal labels.

        Returns
        -------
        ndarray of int32, shape (n,)
            Canonical labels.

        Raises
        ------
        InputError
            If sizes are not whole numbers, there are both sizes and a largest size, or the seed is out of range.
        """
        seed = _validate.seed(seed)
        _check_sizes(task)
        return among_tied(task, lambda part: _run(part, seed))


def _run(task: Task, seed: int) -> Labels:
    """Run Leiden once, the number of iterations asked for or until nothing improves."""
    leidenalg = _leidenalg()
    share, largest = in_proportion(task.ties.canonical[2])
    unit = _unit(float(share.sum()))
    start = None if task.start is None else canonical(task.start).tolist()
    options: dict[str, Any] = {"weights": (share / unit).tolist(), "initial_membership": start}
    if task.objective == "modularity":
        options["resolution_parameter"] = task.resolution
        partition = leidenalg.RBConfigurationVertexPartition(graph_of(task.ties), **options)
    else:
        options["resolution_parameter"] = min(task.resolution / largest / unit, _MOST_RESOLUTION)
        options["node_sizes"] = None if task.sizes is None else [int(size) for size in task.sizes]
        partition = leidenalg.CPMVertexPartition(graph_of(task.ties), **options)
    optimiser = leidenalg.Optimiser()
    optimiser.set_rng_seed(seed)
    if task.max_size:
        optimiser.max_comm_size = task.max_size
        optimiser.community_constraint_enforcement = _FORBIDDING
    fixed = None if task.fixed is None else task.fixed.tolist()

    def improve(iterations: int) -> float:
        return float(optimiser.optimise_partition(partition, iterations, is_membership_fixed=fixed))

    if task.iterations:
        improve(task.iterations)
    else:
        _until_nothing_improves(improve, _LEAST_GAIN)
    return np.asarray(partition.membership, dtype=np.int32)


def multiplex(
    layers: Sequence[Ties],
    *,
    layer_weights: Sequence[float] | None = None,
    resolution: float = 1.0,
    seed: int = 0,
) -> Labels:
    """Find communities in several layers of ties between the same people, one division for all layers.

    Each layer has a null model of its own: a tie counts for more where its ends have few others in the same layer.
    Adding the layers up instead, put on one scale, is far faster, knows no limit, and does as well where all people
    use all layers alike. Prefer this where some layers are busy and others are not.

    Parameters
    ----------
    layers : sequence of Ties
        At least one, of the same number of people, together at most a million ties. Layers without ties say nothing.
    layer_weights : sequence of float, optional
        How much each layer counts, above zero; None for 1 each.
    resolution : float, default 1.0
        γ, the same for all layers, above zero.
    seed : int, default 0
        From 0 to 4294967295; equal seeds give equal labels.

    Returns
    -------
    ndarray of int32, shape (n,)
        Canonical labels. Each community is in one piece over the ties of all layers; who has no tie is alone.

    Raises
    ------
    InputError
        If there is no layer, layers are of different people or too large, or an option is out of range.

    Notes
    -----
    What is maximised is Σ_k λ_k Σ_c [w_ck - γ K_ck² / 4 m_k], with w_ck and K_ck the weight inside community c and the
    sum of its strengths in layer k, m_k the weight of the layer and λ_k how much it counts: modularity times m_k,
    summed. A layer thus counts by all its weight; with media put on one scale, by the number of its users.

    References
    ----------
    .. [1] Mucha, Richardson, Macon, Porter, Onnela (2010), Community structure in time-dependent, multiscale, and
       multiplex networks. doi:10.1126/science.1184819
    .. [2] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z

    Examples
    --------
    >>> from commfinder.communities.ties import Ties
    >>> mail = Ties.of([0, 1, 3], [1, 2, 4], n=6)
    >>> chat = Ties.of([0, 4, 3, 2], [2, 5, 5, 3], n=6)
    >>> multiplex([mail, chat]).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    n = _same_people(layers, what="layer")
    gamma, seed = _validate.positive(resolution, what="resolution"), _validate.seed(seed)
    counts = [1.0] * len(layers) if layer_weights is None else list(layer_weights)
    if len(counts) != len(layers):
        raise InputError(
            f"There are {len(counts)} layer weights for {len(layers)} layers.", need="They must be as many."
        )
    counts = [_validate.positive(one, what=f"layer_weights[{place}]") for place, one in enumerate(counts)]
    if (total := sum(len(layer.weight) for layer in layers)) > _MOST_TIES:
        raise InputError(
            f"The layers have {total:,} ties together.",
            need=f"At most {_MOST_TIES:,} can be searched layer by layer.",
            hint="Put the layers on one scale and add them up: find_communities does so by default.",
        )
    used = [(layer, count) for layer, count in zip(layers, counts, strict=True) if len(layer.weight)]
    if not used:
        return np.arange(n, dtype=np.int32)
    partitions, scales = _partitions([layer for layer, _ in used], gamma)
    scales = [scale * count / max(counts) for scale, (_, count) in zip(scales, used, strict=True)]
    labels = _together(partitions, scales, seed)
    a, b = (np.concatenate([layer.canonical[end] for layer, _ in used]) for end in (0, 1))
    return split_unconnected(a, b, labels)


def slices(
    windows: Sequence[Ties], *, resolution: float = 1.0, interslice: float = 1.0, seed: int = 0
) -> npt.NDArray[np.int32]:
    """Find communities over time: in all windows at once, so that a community keeps its number from window to window.

    Each person is once in each window in which they have ties; each window has a null model of its own; and a coupling
    ties a person to themselves in the next window in which they have ties, however far. In large networks, find
    communities window by window instead, each started from the last, and match them.

    Parameters
    ----------
    windows : sequence of Ties
        At least one, in order of time, of the same number of people; together at most 100,000 times that a person has
        ties in a window.
    resolution : float, default 1.0
        γ, the same for all windows, above zero.
    interslice : float, default 1.0
        Weight of a coupling, above zero, in units of the mean weight of a tie over all windows. Small ones let each
        window go its own way; large ones hold everybody where they are.
    seed : int, default 0
        From 0 to 4294967295; equal seeds give equal labels.

    Returns
    -------
    ndarray of int32, shape (n_windows, n)
        Canonical labels, the same number for the same community in all windows; 0 has the most members summed over
        windows. -1 (`ABSENT`) where a person has no tie in a window.

    Raises
    ------
    InputError
        If there is no window, windows are of different people or too many, or an option is out of range.

    Notes
    -----
    What is maximised is Σ_t Σ_c [w_ct - γ K_ct² / 4 m_t] + ω · (number of couplings whose two ends are together), with
    w_ct and K_ct the weight inside community c and the sum of its strengths in window t, m_t the weight of the window,
    and all weights divided by their mean.

    References
    ----------
    .. [1] Mucha, Richardson, Macon, Porter, Onnela (2010), Community structure in time-dependent, multiscale, and
       multiplex networks. doi:10.1126/science.1184819

    Examples
    --------
    >>> from commfinder.communities.ties import Ties
    >>> before = Ties.of([0, 0, 1, 3, 3, 4], [1, 2, 2, 4, 5, 5], n=6)
    >>> after = Ties.of([0, 3, 3, 4], [1, 4, 5, 5], n=6)
    >>> slices([before, after]).tolist()
    [[1, 1, 1, 0, 0, 0], [1, 1, -1, 0, 0, 0]]
    """
    n = _same_people(windows, what="window")
    gamma, seed = _validate.positive(resolution, what="resolution"), _validate.seed(seed)
    omega = _validate.positive(interslice, what="interslice")
    present = np.zeros((len(windows), n), dtype=np.bool_)
    for window, ties in enumerate(windows):
        present[window, ties.a] = present[window, ties.b] = True
    if (count := int(present.sum())) > _MOST_SLICES:
        raise InputError(
            f"People have ties in {count:,} windows, summed over people.",
            need=f"At most {_MOST_SLICES:,} can be searched together.",
            hint="Take fewer or longer windows, or find communities window by window.",
        )
    found = np.full(present.shape, ABSENT, dtype=np.int32)
    if not count:
        return found
    number = np.cumsum(present).reshape(present.shape) - 1
    own = [
        Ties(count, number[window, ties.a], number[window, ties.b], ties.weight)
        for window, ties in enumerate(windows)
        if len(ties.weight)
    ]
    partitions, scales = _partitions(own, gamma)
    largest = max(float(ties.canonical[2].max()) for ties in own)
    mean = float(np.concatenate([ties.canonical[2] / largest for ties in own]).mean())
    scales = [scale / mean for scale in scales]
    # Down the windows, person by person: who comes next in this order is the same person in the next window, if any.
    person, at = np.nonzero(present.T)
    node, same = number[at, person], np.diff(person) == 0
    coupling = Ties(count, node[:-1][same], node[1:][same], np.ones(int(same.sum())))
    if len(coupling.weight):
        graph, even = graph_of(coupling), [1 / len(coupling.weight)] * len(coupling.weight)
        partitions.append(
            _leidenalg().CPMVertexPartition(graph, weights=even, node_sizes=[0] * count, resolution_parameter=0.0)
        )
        scales.append(omega * len(coupling.weight))
    labels = _together(partitions, scales, seed)
    a, b = (np.concatenate([ties.canonical[end] for ties in (*own, coupling)]) for end in (0, 1))
    found[present] = split_unconnected(a, b, labels)
    return found


def _partitions(layers: list[Ties], gamma: float) -> tuple[list[Any], list[float]]:
    """Make a partition of each layer, its weights scaled to at most one in all, and say by how much each must count."""
    largest = max(float(layer.canonical[2].max()) for layer in layers)
    partitions, scales = [], []
    for layer in layers:
        share, own = in_proportion(layer.canonical[2])
        unit = _unit(float(share.sum()))
        weights = (share / unit).tolist()
        partitions.append(
            _leidenalg().RBConfigurationVertexPartition(graph_of(layer), weights=weights, resolution_parameter=gamma)
        )
        scales.append(unit * (own / largest))
    return partitions, scales


def _together(partitions: list[Any], scales: list[float], seed: int) -> npt.NDArray[np.int64]:
    """Improve partitions of the same nodes together, each counting by its scale, until nothing much improves."""
    unit = _unit(sum(scales))
    counts = [scale / unit for scale in scales]
    optimiser = _leidenalg().Optimiser()
    optimiser.set_rng_seed(seed)

    def improve(iterations: int) -> float:
        return float(optimiser.optimise_partition_multiplex(partitions, counts, n_iterations=iterations))

    _until_nothing_improves(improve, _LEAST_TOGETHER)
    return np.asarray(partitions[0].membership, dtype=np.int64)


def _until_nothing_improves(improve: Callable[[int], float], least: float) -> None:
    """Iterate until gains are too small to matter; those of rounding alone could go on for ever."""
    for _ in range(_MAX_ROUNDS):
        if improve(2) <= least:
            break


def _unit(worth: float) -> float:
    """Return the power of two above all weight; in units of it, rounding stays below what leidenalg takes for a gain.

    leidenalg moves a node for any gain above 2e-15, whatever the weights. With sums far above one rounding alone makes
    such gains, and nodes go round in circles.
    """
    return float(np.ldexp(1.0, int(np.frexp(worth)[1])))


def _check_sizes(task: Task) -> None:
    """Check that sizes are whole numbers, which leidenalg would make of any without a word."""
    if task.sizes is None or task.objective == "modularity":
        return
    sizes = np.asarray(task.sizes, dtype=np.float64)
    odd = ~((sizes >= 0) & (sizes < 2**53) & (np.floor(sizes) == sizes))
    if odd.any():
        place = int(odd.argmax())
        raise InputError(
            f"sizes[{place}] is {sizes[place]}.",
            need="The engine 'leidenalg' needs whole numbers, not below zero.",
            hint="Use the engine 'leiden' or 'igraph', or sizes in a smaller unit (and a resolution for it).",
        )
    if task.max_size and bool((sizes != 1).any()):
        raise InputError(
            "The task has both sizes and a largest size.",
            need="The engine 'leidenalg' would measure the largest size in sizes, not in people.",
            hint="Use the engine 'leiden', or leave one of them out.",
        )


def _same_people(many: Sequence[Ties], *, what: str) -> int:
    """Check that there are ties, all of the same number of people; return the number."""
    if not len(many):
        raise InputError(f"There is no {what}.", need="At least one is needed.")
    numbers = sorted({ties.n for ties in many})
    if len(numbers) > 1:
        raise InputError(
            f"There are {what}s of {numbers[0]} and of {numbers[-1]} people.",
            need="All must be of the same people, each with the same number throughout.",
        )
    return numbers[0]


def _leidenalg() -> ModuleType:
    """Import leidenalg, which takes time, when it is needed."""
    import leidenalg

    module: ModuleType = leidenalg
    return module
