"""The ties of each medium as sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.tables import LayerTable, medium_scales
from commfinder.interactions.schema import MEDIA

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["layer_matrices"]


def layer_matrices(
    graph: InteractionGraph, *, directed: bool = False, one_scale: bool = False
) -> dict[str, sp.csr_array[Any]]:
    """Return the weights of each medium as a sparse matrix.

    Prefer ``graph.to_scipy()`` for all media added up; with ``one_scale=True`` these add up to it.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    directed : bool, default False
        Weights from row to column, before reciprocity is weighed, in place of symmetric weights of ties.
    one_scale : bool, default False
        Multiply each medium by the factor that puts all on one scale and by its own weight (``graph.factors``), as in
        ``graph.ties``; otherwise weights are discounted events.

    Returns
    -------
    dict of str to scipy.sparse.csr_array, shape (n, n)
        By medium, sorted by name; rows and columns in the order of ``graph.people``.

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = {"sender": ["ann", "bob", "ann"], "recipient": ["bob", "ann", "bob"]}
    >>> rows["medium"] = ["email", "email", "chat"]
    >>> graph = build_graph(Interactions.from_frame(rows, medium="medium"))
    >>> {medium: matrix.toarray().tolist() for medium, matrix in layer_matrices(graph, directed=True).items()}
    {'chat': [[0.0, 1.0], [0.0, 0.0]], 'email': [[0.0, 1.0], [1.0, 0.0]]}
    """
    import scipy.sparse as sp

    n, media = len(graph.people), graph.layer_values("medium")
    scales = medium_scales(LayerTable.of(graph.layers), graph.factors) if one_scale else {}
    found: dict[str, sp.csr_array[Any]] = {}
    for medium in sorted(MEDIA[code] for code in np.unique(media)):
        here = media == MEDIA.index(medium)
        a, b = (graph.layer_values(name)[here] for name in ("a", "b"))
        forth, back = (
            graph.layer_values(name)[here].astype(np.float64)
            for name in (("ab", "ba") if directed else ("weight",) * 2)
        )
        data = np.concatenate([forth, back]) * scales.get(medium, 1.0)
        ends = np.concatenate([a, b]), np.concatenate([b, a])
        matrix = sp.coo_array((data, ends), shape=(n, n)).tocsr()
        matrix.eliminate_zeros()
        matrix.sort_indices()
        found[medium] = matrix
    return found
