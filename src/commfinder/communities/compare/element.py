"""How alike the surroundings of each person are on both sides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.compare.kinds import kinds_of
from commfinder.communities.compare.pair import Pair, pair_of
from commfinder.communities.compare.walk import overlaps, walk_of
from commfinder.errors import InputError

__all__ = ["element_centric_similarity", "element_similarities", "elements_of"]

FloatArray = npt.NDArray[np.float64]

# What rounding leaves of a likeness of exactly 1.
_ROUNDING = 1e-12


def element_centric_similarity(first: Any, second: Any, *, alpha: float = 0.9, missing: str = "alone") -> float:
    """Return the element-centric similarity of two covers, the mean of `element_similarities`.

    Every person counts the same, so that it is neither ruled by large communities, as `omega_index` is, nor by
    the number of small ones, as `normalised_mutual_information` is; overlap needs no special case. It is not
    corrected for chance: independent partitions are above 0, and `adjusted_mutual_information` is for telling
    agreement from chance.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    alpha : float, default 0.9
        How likely the walk goes on, above 0 and below 1. For partitions it does not matter.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    float
        0 to 1, and 1 for equal covers. nan if nobody is left.

    Raises
    ------
    InputError
        If alpha is out of range, or labels without people meet labels of another length, or people with ids.

    References
    ----------
    .. [1] Gates, Wood, Hetrick, Ahn (2019), Element-centric clustering comparison unifies overlaps and hierarchy.
       doi:10.1038/s41598-019-44892-y

    Examples
    --------
    >>> round(element_centric_similarity([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]), 3)
    0.556
    """
    step, pair = _step(alpha), pair_of(first, second, missing)
    return mean_of(elements_of(pair, step), pair)


def element_similarities(first: Any, second: Any, *, alpha: float = 0.9, missing: str = "alone") -> pd.Series[float]:
    """Return, for each person, how alike the communities around that person are on both sides.

    It tells where two covers differ; `element_centric_similarity` is the mean.

    Parameters
    ----------
    first, second : cover-like
        See `as_cover`.
    alpha : float, default 0.9
        How likely the walk goes on, above 0 and below 1. For partitions it does not matter.
    missing : {"alone", "common"}, default "alone"
        Who is in no community of one side, or known to the other alone: ``"alone"``, is in a community of one's own
        there; ``"common"``, is left out.

    Returns
    -------
    pandas.Series of float, shape (people compared,)
        0 to 1, indexed by person; by position for labels without people.

    Raises
    ------
    InputError
        If alpha is out of range, or labels without people meet labels of another length, or people with ids.

    Notes
    -----
    A walker starts at the person. At each step it goes home with a chance of 1 - alpha; otherwise it picks one of the
    communities of whom it is at, each equally likely, and one of the people there, each equally likely. (So rows of
    the affiliation are normalised: who is in several communities has no more weight than others. Implementations that
    leave this out give other numbers where communities overlap.) With p and q for where it is in the long run, on
    either side, the likeness is 1 - sum |p - q| / 2 alpha. In a partition it is the number of people shared by the
    two communities of the person, over the size of the larger.

    The walk is solved among communities, not people. Memory grows with the square of the number of communities that
    hang together by overlap; time with its cube, and with the square of the number of kinds of people in them, where
    people in the same communities on both sides are of one kind.

    References
    ----------
    .. [1] Gates, Wood, Hetrick, Ahn (2019), Element-centric clustering comparison unifies overlaps and hierarchy.
       doi:10.1038/s41598-019-44892-y

    Examples
    --------
    >>> element_similarities({"x": ["ann", "bob", "eve"]}, {"y": ["ann", "bob"], "z": ["eve"]}).round(3).to_dict()
    {'ann': 0.667, 'bob': 0.667, 'eve': 0.333}
    """
    step, pair = _step(alpha), pair_of(first, second, missing)
    return pd.Series(elements_of(pair, step), index=pair.people, name="similarity")


def elements_of(pair: Pair, alpha: float) -> FloatArray:
    """Return the likeness of each person of two aligned sides."""
    if not len(pair.people):
        return np.empty(0)
    kinds = kinds_of(pair)
    one, other = walk_of(kinds.first, kinds.people, alpha), walk_of(kinds.second, kinds.people, alpha)
    order = np.lexsort((other.part, one.part))
    alike = overlaps(one, other, order, kinds.people)
    return np.where(alike > 1 - _ROUNDING, 1.0, alike)[kinds.kind]


def mean_of(alike: FloatArray, pair: Pair) -> float:
    """Return the mean likeness of two aligned sides."""
    return math.fsum(alike) / len(alike) if len(alike) else pair.nothing


def _step(alpha: float) -> float:
    value = _validate.fraction(alpha, what="alpha")
    if value in (0, 1):
        raise InputError(f"alpha is {alpha!r}.", need="A number above 0 and below 1 is needed.")
    return value
