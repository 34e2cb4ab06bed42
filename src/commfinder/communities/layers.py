"""Which medium holds a community up: ties medium by medium, and what of a community each of them accounts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy import stats
from scipy.sparse import csgraph

from commfinder import _validate
from commfinder.communities.ties import Ties
from commfinder.communities.weights import DAMPINGS, damped
from commfinder.errors import InputError
from commfinder.graph import InteractionGraph
from commfinder.interactions.schema import MEDIA

__all__ = ["medium_support", "medium_ties"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Matrix = sp.csr_array[np.int64]

_ALPHA = 0.01


def medium_ties(graph: InteractionGraph, damping: str = "log1p") -> dict[str, Ties]:
    """Return the ties of each medium, on one scale: the mean strength of its users is 1 in each.

    These are the layers of `multiplex`. Their sum, each times ``graph.factors``, is what `detection_weights` gives: one
    network in place of several, which is enough where all people use all media alike.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    damping : {"log1p", "sqrt", "none", "binary"}, default "log1p"
        What is done to the discounted number of events of a pair in a medium before the medium is put on the scale.

    Returns
    -------
    dict of str to Ties
        By medium, sorted by name; people as numbers in the order of ``graph.people``. A medium in which nothing is
        answered, in a graph built with a reciprocity floor of zero, has no ties.

    Raises
    ------
    InputError
        If the damping is not known.

    Notes
    -----
    The weight of a pair is d(w) / mean strength, with w its discounted number of events, d the damping, and the mean
    strength 2 Σ d(w) / (number of people with an event in the medium).

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = {"sender": ["ann", "bob", "ann"], "recipient": ["bob", "eve", "bob"]}
    >>> rows["medium"] = ["email", "email", "chat"]
    >>> graph = build_graph(Interactions.from_frame(rows, medium="medium"))
    >>> {medium: ties.weight.round(2).tolist() for medium, ties in medium_ties(graph).items()}
    {'chat': [1.0], 'email': [0.75, 0.75]}
    """
    _validate.choice(damping, DAMPINGS, what="damping")
    held, found = {name: graph.layer_values(name) for name in ("medium", "a", "b", "weight")}, {}
    for medium, code in sorted((MEDIA[code], code) for code in np.unique(held["medium"]).tolist()):
        part = held["medium"] == code
        a, b = (held[name][part].astype(np.int64) for name in ("a", "b"))
        weight = damped(held["weight"][part], damping)
        total = float(weight.sum())
        users = np.unique(np.concatenate([a, b])).size
        some = weight > 0
        # Shares first: a tie of next to nothing among ties of next to nothing must not round to none.
        found[medium] = Ties.of(a[some], b[some], weight[some] / total * users / 2, n=len(graph.people))
    return found


def medium_support(
    graph: InteractionGraph, groups: Mapping[str, npt.ArrayLike], damping: str = "log1p"
) -> pd.DataFrame:
    """Say of each community which medium holds it up.

    A community may stand on one medium, on any of several, or only on several together: `alone` and `needed` tell
    these apart. Neither tells whether people would have turned to another medium had one been missing.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    groups : mapping of str to array-like of int
        The numbers of the people of each community, in the order of ``graph.people``. Communities may overlap.
    damping : {"log1p", "sqrt", "none", "binary"}, default "log1p"
        As communities were found with.

    Returns
    -------
    pandas.DataFrame
        One row for each community, in the order given, and medium of the graph, by name:

        - community, medium
        - share: part of the weight inside the community that comes from this medium, 0 to 1; missing where there is no
          weight inside
        - observed_over_expected: weight of this medium inside over that expected from the strengths of the members in
          this medium; 1 is what activity alone gives; missing where no member uses the medium
        - reach: part of the members in the largest piece that ties of this medium connect, 0 to 1
        - alone: whether the community would stand by this medium alone
        - needed: whether it stands by all media together and would not without this one
        - together: whether it stands by all media together; the same in all rows of a community

    Raises
    ------
    InputError
        If the damping is not known, or a number is none of a person.

    Notes
    -----
    With W_k the weight of medium k inside the community (damped, on one scale, times ``graph.factors``), share is
    W_k / Σ_k W_k, and observed_over_expected is W_k / (K_k² / 4 m_k), with K_k the sum of the strengths of the members
    in medium k and m_k all its weight.

    A community stands by some media if the pairs of people with a tie in any of them (any weight above zero)

    1. connect all its members, and
    2. are too many inside for the activity of the members: P(X ≥ t) < .01 with X Poisson of mean
       ((Σ d_i)² - Σ d_i²) / 4M, the number inside in the configuration model, t the number of pairs with a tie inside,
       d_i the number of people i has a tie with in these media, and M the number of all such pairs; or none of them
       leaves the community. A group that has a medium to itself leaves nothing to compare with: then it is all there
       is, and stands.

    Each community and medium is tested alone: of a hundred random groups about one stands by chance.

    References
    ----------
    .. [1] Newman, Girvan (2004), Finding and evaluating community structure in networks.
       doi:10.1103/PhysRevE.69.026113

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = {"sender": ["ann", "bob", "ann"], "recipient": ["bob", "eve", "bob"]}
    >>> rows["medium"] = ["email", "email", "chat"]
    >>> graph = build_graph(Interactions.from_frame(rows, medium="medium"))
    >>> told = medium_support(graph, {"C1": [0, 1, 2]})
    >>> told[["medium", "share", "reach", "alone", "needed"]].round(2).to_dict("split")["data"]
    [['chat', 0.4, 0.67, False, False], ['email', 0.6, 1.0, True, True]]
    """
    n = len(graph.people)
    weights = {
        medium: _symmetric(ties, ties.weight * graph.factors.get(medium, 1.0))
        for medium, ties in medium_ties(graph, damping).items()
    }
    held = {medium: _pairs(matrix) for medium, matrix in weights.items()}
    whole = _Pairs.of(sum(held.values(), sp.csr_array((n, n), dtype=np.int64)))
    own = {medium: _Pairs.of(matrix) for medium, matrix in held.items()}
    others = {medium: _Pairs.of(whole.matrix - matrix) for medium, matrix in held.items()}
    strength: dict[str, FloatArray] = {
        medium: np.asarray(matrix.sum(axis=1)).reshape(-1) for medium, matrix in weights.items()
    }
    rows = []
    for name, people in groups.items():
        group = _people(people, n, name)
        inside = {medium: float(matrix[group][:, group].sum()) / 2 for medium, matrix in weights.items()}
        total = sum(inside.values())
        together = whole.hold(group)[0]
        for medium in weights:
            both = float(strength[medium].sum())
            expected = float(strength[medium][group].sum()) ** 2 / (2 * both) if both > 0 else 0.0
            alone, reach = own[medium].hold(group)
            rows.append(
                {
                    "community": name,
                    "medium": medium,
                    "share": inside[medium] / total if total > 0 else np.nan,
                    "observed_over_expected": inside[medium] / expected if expected > 0 else np.nan,
                    "reach": reach,
                    "alone": alone,
                    "needed": together and not others[medium].hold(group)[0],
                    "together": together,
                }
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


_COLUMNS = {
    "community": "string",
    "medium": "string",
    "share": "float64",
    "observed_over_expected": "float64",
    "reach": "float64",
    "alone": "bool",
    "needed": "bool",
    "together": "bool",
}


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of people with a tie: in how many media, symmetric; and with how many people each has one."""

    matrix: Matrix
    degree: IntArray

    @classmethod
    def of(cls, matrix: Matrix) -> _Pairs:
        """Leave out the pairs that have none."""
        matrix = sp.csr_array(matrix)
        matrix.eliminate_zeros()
        return cls(matrix, np.diff(matrix.indptr).astype(np.int64))

    def hold(self, group: IntArray) -> tuple[bool, float]:
        """Tell whether a group stands by these pairs, and what part of it is in the largest piece."""
        if not len(group):
            return False, 0.0
        within = self.matrix[group][:, group]
        _, piece = csgraph.connected_components(within, directed=False)
        reach = float(np.bincount(piece).max()) / len(group)
        degree = self.degree[group].astype(np.float64)
        if within.nnz == 0 or reach < 1:
            return False, reach
        mean = (degree.sum() ** 2 - (degree**2).sum()) / (2 * self.degree.sum())
        tail = float(stats.poisson.sf(within.nnz // 2 - 1, mean))
        return tail < _ALPHA or within.nnz == int(degree.sum()), reach


def _symmetric(ties: Ties, weight: FloatArray) -> sp.csr_array[np.float64]:
    """Make a symmetric matrix of weights."""
    ends = np.concatenate([ties.a, ties.b]), np.concatenate([ties.b, ties.a])
    return sp.coo_array((np.concatenate([weight, weight]), ends), shape=(ties.n, ties.n)).tocsr()


def _pairs(weights: sp.csr_array[np.float64]) -> Matrix:
    """Replace weights by 1."""
    ones = np.ones(len(weights.data), dtype=np.int64)
    return sp.csr_array((ones, weights.indices, weights.indptr), shape=weights.shape)


def _people(numbers: npt.ArrayLike, n: int, name: str) -> IntArray:
    """Check the numbers of people of a group; each once, sorted."""
    found = np.atleast_1d(np.asarray(numbers))
    if not found.size:
        return np.empty(0, dtype=np.int64)
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise InputError(
            f"The people of {name!r} are of the type {found.dtype}.",
            need=f"A list of whole numbers from 0 to n - 1 = {n - 1} is needed.",
            hint="Give their places in graph.people, not their names.",
        )
    low, high = int(found.min()), int(found.max())
    if low < 0 or high >= n:
        raise InputError(
            f"The people of {name!r} hold {low if low < 0 else high}.",
            need=f"Whole numbers from 0 to n - 1 = {n - 1} are needed.",
        )
    return np.unique(found).astype(np.int64)
