"""How far two partitions agree: everybody is in one community at most."""

from __future__ import annotations

from typing import Any

from commfinder.communities.compare.contingency import Contingency, contingency, expected_information
from commfinder.communities.compare.pair import pair_of

__all__ = [
    "adjusted_information_of",
    "adjusted_mutual_information",
    "adjusted_rand",
    "normalised_information_of",
    "normalised_mutual_information",
    "rand_of",
]


def adjusted_rand(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return the adjusted Rand index of two partitions.

    Pairs of people decide: those together on both sides, beyond what chance would put there. Large communities have
    most pairs, so they rule; `adjusted_mutual_information` listens to small ones too. For communities that overlap
    there is `omega_index`, which is this index for partitions.

    Parameters
    ----------
    first, second : cover-like
        Labels of the same people, or any other form that `as_cover` reads. Nobody may be in several communities.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    float
        1 for equal partitions, about 0 for independent ones; negative, down to -0.5, where they agree less than by
        chance. nan if nobody is left.

    Raises
    ------
    InputError
        If somebody is in several communities, or labels without people are of different length.

    References
    ----------
    .. [1] Hubert, Arabie (1985), Comparing partitions. doi:10.1007/BF01908075

    Examples
    --------
    >>> adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    pair = pair_of(first, second, missing)
    return rand_of(contingency(pair, what="adjusted_rand")) if len(pair.people) else pair.nothing


def adjusted_mutual_information(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return the mutual information of two partitions beyond chance, as a share of the most there could be.

    (I - E) / (mean of both entropies - E), where I is the mutual information and E its mean over random partitions of
    the same sizes. This is the one to report for partitions: `normalised_mutual_information` lacks E and rewards
    many small communities, `adjusted_rand` hears mostly the large ones.

    Parameters
    ----------
    first, second : cover-like
        Labels of the same people, or any other form that `as_cover` reads. Nobody may be in several communities.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    float
        1 for equal partitions, about 0 for independent ones, below 0 for less. nan if nobody is left.

    Raises
    ------
    InputError
        If somebody is in several communities, or labels without people are of different length.

    References
    ----------
    .. [1] Vinh, Epps, Bailey (2009), Information theoretic measures for clusterings comparison: is a correction for
       chance necessary? doi:10.1145/1553374.1553511

    Examples
    --------
    >>> round(adjusted_mutual_information([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]), 3)
    0.299
    """
    pair = pair_of(first, second, missing)
    if not len(pair.people):
        return pair.nothing
    return adjusted_information_of(contingency(pair, what="adjusted_mutual_information"))


def normalised_mutual_information(first: Any, second: Any, *, missing: str = "alone") -> float:
    """Return the mutual information of two partitions as a share of the mean of both entropies.

    It is here for comparison with published numbers only. It rewards fragmentation: cutting communities into ever
    smaller pieces raises it, and two independent partitions into many communities are far above 0. Report
    `adjusted_mutual_information`.

    Parameters
    ----------
    first, second : cover-like
        Labels of the same people, or any other form that `as_cover` reads. Nobody may be in several communities.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    float
        0 to 1, and 1 for equal partitions. nan if nobody is left.

    Raises
    ------
    InputError
        If somebody is in several communities, or labels without people are of different length.

    References
    ----------
    .. [1] Danon, Díaz-Guilera, Duch, Arenas (2005), Comparing community structure identification.
       doi:10.1088/1742-5468/2005/09/P09008

    Examples
    --------
    >>> round(normalised_mutual_information([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]), 3)
    0.516
    """
    pair = pair_of(first, second, missing)
    if not len(pair.people):
        return pair.nothing
    return normalised_information_of(contingency(pair, what="normalised_mutual_information"))


def rand_of(table: Contingency) -> float:
    """Return the adjusted Rand index of a contingency table."""
    if table.n < 2:
        return 1.0
    both, left, right = (float((c * (c - 1) / 2).sum()) for c in (table.cells, table.rows, table.columns))
    expected = left * right / (table.n * (table.n - 1) / 2)
    middle = (left + right) / 2
    return 1.0 if middle == expected else (both - expected) / (middle - expected)


def adjusted_information_of(table: Contingency) -> float:
    """Return the adjusted mutual information of a contingency table."""
    if table.equal:
        # Two that are all alone, or all in one, leave chance no choice: 0 by 0, though they are the same.
        return 1.0
    a, b = table.entropies
    expected = expected_information(table)
    return (table.information - expected) / ((a + b) / 2 - expected)


def normalised_information_of(table: Contingency) -> float:
    """Return the normalised mutual information of a contingency table."""
    if table.equal:
        return 1.0
    a, b = table.entropies
    return min(1.0, table.information / ((a + b) / 2))
