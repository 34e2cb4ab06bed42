"""All measures that apply, at one glance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from commfinder.communities.compare.contingency import contingency
from commfinder.communities.compare.element import elements_of, mean_of
from commfinder.communities.compare.matching import best_match_of, overlapping_f1_of
from commfinder.communities.compare.omega import omega_of
from commfinder.communities.compare.onmi import overlapping_nmi_of
from commfinder.communities.compare.pair import pair_of
from commfinder.communities.compare.partitions import adjusted_information_of, normalised_information_of, rand_of

__all__ = ["compare_communities"]

_ALPHA = 0.9


def compare_communities(first: Any, second: Any, *, missing: str = "alone") -> pd.Series[float]:
    """Return how far two sets of communities agree, by every measure that applies.

    Report adjusted_mutual_information for partitions; overlapping_nmi, omega_index and element_centric_similarity for
    communities that overlap. They fail in different ways, so that they are worth seeing side by side; call one of
    them if one is enough.

    Parameters
    ----------
    first, second : cover-like
        Labels, a Series indexed by person, a mapping from community to people, a list of sets, or a frame with the
        columns person and community: see `as_cover`.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    pandas.Series of float
        people (how many were compared), adjusted_mutual_information, adjusted_rand, normalised_mutual_information,
        overlapping_nmi, omega_index, element_centric_similarity, best_match_f1 (the mean of both directions),
        overlapping_f1. The first three measures are nan where somebody compared is in several communities; all are
        nan where nobody is left.

    Raises
    ------
    InputError
        If a side is in no form that is known, or labels without people meet labels of another length, or people with
        ids.

    References
    ----------
    See the measures.

    Examples
    --------
    >>> true = {"x": ["ann", "bob", "eve"], "y": ["dan", "eve", "fay"]}
    >>> compare_communities(true, {"1": ["ann", "bob", "eve"], "2": ["dan", "fay"]}).round(2)
    people                           5.00
    adjusted_mutual_information       NaN
    adjusted_rand                     NaN
    normalised_mutual_information     NaN
    overlapping_nmi                  0.72
    omega_index                      0.62
    element_centric_similarity       0.60
    best_match_f1                    0.90
    overlapping_f1                   0.00
    Name: agreement, dtype: float64
    """
    pair = pair_of(first, second, missing)
    information = rand = normalised = pair.nothing if not len(pair.people) else np.nan
    if len(pair.people) and pair.disjoint:
        table = contingency(pair, what="compare_communities")
        information, rand = adjusted_information_of(table), rand_of(table)
        normalised = normalised_information_of(table)
    values = {
        "people": float(len(pair.people)),
        "adjusted_mutual_information": information,
        "adjusted_rand": rand,
        "normalised_mutual_information": normalised,
        "overlapping_nmi": overlapping_nmi_of(pair),
        "omega_index": omega_of(pair),
        "element_centric_similarity": mean_of(elements_of(pair, _ALPHA), pair),
        "best_match_f1": best_match_of(pair).mean,
        "overlapping_f1": overlapping_f1_of(pair),
    }
    return pd.Series(values, name="agreement")
