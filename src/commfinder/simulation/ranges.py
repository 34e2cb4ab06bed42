"""Checks that the plans of a simulation share: ranges and choices of words."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np

from commfinder import _validate
from commfinder.errors import InputError, nearest

__all__ = ["Range", "as_counts", "as_range", "as_whole", "as_words"]

Range = float | tuple[float, float]
"""A number, or a pair (low, high) that values are drawn from evenly."""


def as_range(what: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """Return a range as a pair.

    Parameters
    ----------
    what : str
        Name for the error, such as ``"Plan.size"``.
    value : object
        A number, or a pair of numbers.
    low, high : float
        The least and the greatest value that are possible.

    Returns
    -------
    tuple of float

    Raises
    ------
    InputError
        If it is no number and no pair, is the wrong way round, or lies outside.
    """
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    good = len(pair) == 2 and all(isinstance(v, Real) and not isinstance(v, bool) for v in pair)
    if not good or not low <= float(pair[0]) <= float(pair[1]) <= high:
        raise InputError(
            f"{what} is {value!r}.",
            need=f"A number, or a pair (low, high) with low not above high, from {low:g} to {high:g} is needed.",
        )
    return (float(pair[0]), float(pair[1]))


def as_words(what: str, value: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return a choice of known words as a tuple; one word alone is a choice.

    Parameters
    ----------
    what : str
        Name for the error, such as ``"Plan.media"``.
    value : object
        A word or several.
    known : tuple of str
        The words that are possible.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If there is none, or one that is not known.
    """
    words = (value,) if isinstance(value, str) else tuple(value)
    if not words:
        raise InputError(f"{what} is empty.", need=f"One at least of {', '.join(map(repr, known))} is needed.")
    for word in words:
        _validate.choice(word, known, what=f"A word of {what}")
    return words


def as_counts(what: str, value: Any, known: tuple[str, ...], noun: str, example: str) -> Mapping[str, int]:
    """Return how many groups of each sort are wanted.

    Parameters
    ----------
    what : str
        Name for the error, such as ``"Plan.groups"``.
    value : object
        A mapping of sorts to whole numbers.
    known : tuple of str
        The sorts that are possible; the result has their order.
    noun : str
        What a sort is called.
    example : str
        A mapping that would be right.

    Returns
    -------
    mapping of str to int
        It can not be changed.

    Raises
    ------
    InputError
        If it is no mapping, names a sort that is not known, or a number is none from 0 to 1000.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{what} is {value!r}.", need=f"A mapping of {noun}s to numbers is needed, such as {example}.")
    for name in value:
        if name not in known:
            raise InputError(
                f"{what} names the {noun} {name!r}.",
                need=f"Possible are {', '.join(known)}.",
                hint=nearest(str(name), known),
            )
    counts = {
        name: _validate.count(value[name], what=f"{what}[{name!r}]", low=0, high=1000)
        for name in known
        if name in value
    }
    return MappingProxyType(counts)


def as_whole(name: str, value: object, low: int, high: int, hint: str) -> int:
    """Return a whole number.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
        What was given.
    low, high : int
        The least and the greatest that are possible.
    hint : str
        For the error.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If it is none, or lies outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(
            f"{name}={value!r} can not be simulated.",
            need=f"A whole number from {low} to {high} is needed.",
            hint=hint,
        )
    return int(value)
