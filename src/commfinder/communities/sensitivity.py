"""How much ties and communities change where weights are made in another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.compare import adjusted_mutual_information, element_centric_similarity
from commfinder.communities.search.whole import Wanted, search
from commfinder.communities.value import Communities
from commfinder.errors import InputError
from commfinder.graph import InteractionGraph
from commfinder.graph.sensitivity import variants, weight_agreement
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Sensitivity", "sensitivity"]

Labels = npt.NDArray[np.int32]

_COLUMNS = {
    "setting": "string",
    "value": "string",
    "pairs": "int64",
    "ties": "int64",
    "kendall_tau": "float64",
    "communities": "int64",
    "similarity": "float64",
    "ami": "float64",
}
_SMALLEST = 3


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """How much ties and communities change where weights are made in another way; make one with `sensitivity`.

    Parameters
    ----------
    changes : pandas.DataFrame
        One row for each setting that was changed, see `sensitivity`.
    communities : int
        Communities of three or more with the settings as they are.
    provenance : Provenance
        What made this value.
    """

    changes: pd.DataFrame
    communities: int
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/sensitivity/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each setting that was changed."""
        return self.changes.copy()

    def __repr__(self) -> str:
        lines = self.changes.to_dict("records")
        told = [line for line in lines[1:] if line["similarity"] == line["similarity"]]
        if not told:
            return "<Sensitivity: nothing to compare>"
        least = min(told, key=lambda line: float(line["similarity"]))
        return (
            f"<Sensitivity: {len(lines) - 1} changes; communities are least alike ({least['similarity']:.2f}) "
            f"with {least['setting']} {least['value']}; another seed gives {lines[0]['similarity']:.2f}>"
        )


def sensitivity(
    graph: InteractionGraph,
    *,
    found: Communities | None = None,
    discounts: Iterable[str] | None = None,
    caps: Iterable[int] | None = None,
    half_lives: Iterable[float] | None = None,
    runs: int | None = None,
    progress: Progress = SILENT,
    seed: int = 0,
) -> Sensitivity:
    """Tell how much ties and communities owe to how weights are made.

    Prefer `commfinder.graph.sensitivity.tie_sensitivity` where communities do not matter; it is quicker.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    found : Communities, optional
        Communities of the same graph, whose damping, embeddedness and resolution are kept; None chooses them once.
    discounts : iterable of str, optional
        What an event to k recipients gives to each: "1/k", "1/sqrt(k)", "1/log2(1+k)" or "1"; all but that of the graph
        by default.
    caps : iterable of int, optional
        Most recipients of an event that makes ties; 4 and 10 by default, where the graph has more.
    half_lives : iterable of float, optional
        Days after which an event weighs half; 45 and 90 by default, where events have times.
    runs : int, optional
        Runs of each ensemble, at least 2; None for as many as `find_communities` makes.
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    Sensitivity
        One row for each change, one setting at a time, the others as in the graph:

        - setting, value: the first row is another seed, which changes nothing but chance
        - pairs: pairs with any event left
        - ties: pairs to which the binary rule applies; discounts and decay do not touch it
        - kendall_tau: agreement (τ-b) of the order of pairs by weight, -1 to 1; missing where all weights are equal
        - communities: how many of three or more people
        - similarity: mean element-centric similarity with the communities of the graph, 0 to 1, over people who have
          ties in it
        - ami: adjusted mutual information with them, at most 1

    Raises
    ------
    InputError
        If `found` is of another graph, a discount is not known, a cap is above that of the graph, or half-lives are
        asked for where nothing has a time.

    Notes
    -----
    A change of the communities means something only beside the first row: what chance alone changes is no effect of
    weights. Communities are the consensus partition of an ensemble, without overlap, found in the same way each time.

    References
    ----------
    .. [1] Gates, Wood, Hetrick, Ahn (2019), Element-centric clustering comparison unifies overlaps and hierarchy.
       doi:10.1038/s41598-019-44892-y

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> pairs = ["ab", "bc", "ca", "de", "ef", "fd", "cd"]
    >>> rows = {"sender": [pair[0] for pair in pairs], "recipient": [pair[1] for pair in pairs]}
    >>> told = sensitivity(build_graph(Interactions.from_frame(rows)), discounts=["1"], caps=[])
    >>> told.to_frame()[["setting", "value", "communities", "similarity"]].values.tolist()
    [['seed', '1', 2, 1.0], ['discount', '1', 2, 1.0]]
    """
    seed = _validate.seed(seed)
    runs = None if runs is None else _validate.count(runs, what="runs", low=2)
    if found is not None and not _same(found.graph, graph):
        raise InputError("found is of another graph.", hint="Give the graph that its communities were found in.")
    wanted = _wanted(graph, found, runs, progress, seed)
    base = search(graph, wanted, progress=progress, seed=seed).labels
    other = (seed + 1) % 2**32
    tied = np.zeros(len(graph.people), dtype=bool)
    for ends in graph.pairs:
        tied[ends] = True
    rows = [{"setting": "seed", "value": str(other), **_compared(graph, graph, wanted, base, tied, progress, other)}]
    rows += [
        {
            "setting": one.setting,
            "value": one.value,
            **_compared(graph, one.graph, wanted, base, tied, progress, seed),
        }
        for one in variants(graph, discounts=discounts, caps=caps, half_lives=half_lives)
    ]
    changes = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    parameters = {
        "changes": [f"{line['setting']} {line['value']}" for line in rows],
        "resolution": wanted.resolution,
        "damping": wanted.damping,
        "embedded": wanted.embedded,
        "runs": runs,
    }
    step = record("sensitivity", parameters, seed=seed, inputs=graph.provenance.inputs)
    return Sensitivity(changes, _large(base[tied]), step)


def _same(first: InteractionGraph, second: InteractionGraph) -> bool:
    """Tell whether two graphs have the same people and pairs."""
    if first is second:
        return True
    return first.people["person"].equals(second.people["person"]) and first.ties.equals(second.ties)


def _wanted(
    graph: InteractionGraph, found: Communities | None, runs: int | None, progress: Progress, seed: int
) -> Wanted:
    """Fix the settings of the search, so that weights alone differ."""
    choice = found.weights if found is not None else search(graph, Wanted(runs=2), progress=progress, seed=seed).choice
    return Wanted(resolution=choice.resolution, damping=choice.damping, embedded=choice.embedded, runs=runs)


def _compared(
    graph: InteractionGraph,
    changed: InteractionGraph,
    wanted: Wanted,
    base: Labels,
    tied: npt.NDArray[np.bool_],
    progress: Progress,
    seed: int,
) -> dict[str, Any]:
    """Find the communities of a changed graph and hold them beside those there were."""
    labels = search(changed, wanted, progress=progress, seed=seed).labels
    anybody = bool(tied.any())
    return {
        "pairs": len(changed.ties),
        "ties": int(changed.ties["tie"].sum()),
        "kendall_tau": weight_agreement(graph, changed),
        "communities": _large(labels[tied]),
        "similarity": element_centric_similarity(base[tied], labels[tied]) if anybody else np.nan,
        "ami": adjusted_mutual_information(base[tied], labels[tied]) if anybody else np.nan,
    }


def _large(labels: Labels) -> int:
    """Count the communities that are large enough to be called so."""
    return int((np.bincount(labels) >= _SMALLEST).sum()) if len(labels) else 0
