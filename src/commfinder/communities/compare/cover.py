"""The one door: labels, mappings and frames become people and a sparse membership."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse as sp

from commfinder import _validate
from commfinder.errors import InputError

__all__ = ["Cover", "as_cover"]

IntArray = npt.NDArray[np.int64]

_KINDS = (
    "Labels (an array, or a Series indexed by person), a mapping from community to people, a list of sets, "
    "or a frame with the columns person and community is needed."
)


@dataclass(frozen=True, eq=False)
class Cover:
    """Who is in which communities; make one with `as_cover`.

    Parameters
    ----------
    people : pandas.Index, shape (n,)
        Everybody known, in a community or not: person ids as text, sorted; or 0 to n - 1 for labels without people.
    membership : scipy.sparse.csr_array of int64, shape (n, k)
        1 where a person is in a community. No community is empty; columns within a row are sorted.
    keyed : bool
        Whether people have ids. Otherwise they are known by position alone, and only sides of the same length can be
        compared.
    """

    people: pd.Index[Any]
    membership: sp.csr_array[Any]
    keyed: bool

    def __repr__(self) -> str:
        n, k = self.membership.shape
        several = int((np.diff(self.membership.indptr) > 1).sum())
        return f"<Cover: {n} people, {k} communities, {several} people in more than one>"


def as_cover(data: Any, *, what: str = "the cover") -> Cover:
    """Turn communities in any of their usual forms into a `Cover`.

    Parameters
    ----------
    data : cover-like
        One of

        - labels: array-like of shape (n,), one for each person, known by position;
        - a Series of labels indexed by person; whoever stands there twice is in both communities;
        - a mapping from community to its people (a set, a list, an array), or a list of sets or arrays of people;
        - a pandas, Polars or PyArrow frame with the columns person and community (or a mapping of these two columns),
          or a value that has such a frame as ``members``, as `Communities` does.

        A missing label (None, NaN, NA, empty text) means: known, and in no community. Any other label is one,
        -1 included. Empty communities are left out, and who is named twice in one counts once.
    what : str, default "the cover"
        What it is, for messages.

    Returns
    -------
    Cover
        With person ids as text: 7 and "7" are the same person.

    Raises
    ------
    InputError
        If it is nothing of these, or an id of a person is missing.
    ColumnError
        If a frame lacks a column.

    Examples
    --------
    >>> as_cover({"red": ["ann", "bob"], "blue": ["bob", "eve"]})
    <Cover: 3 people, 2 communities, 1 people in more than one>
    >>> as_cover([0, 0, 1, None])
    <Cover: 4 people, 2 communities, 0 people in more than one>
    """
    if isinstance(data, Cover):
        return data
    if isinstance(data, pd.Series):
        return _from_rows(data.index.to_flat_index(), data, what=what)
    if isinstance(data, Mapping) and not {"person", "community"} <= set(data):
        return _from_groups(data.values(), what=what)
    members = getattr(data, "members", None)
    if isinstance(members, pd.DataFrame):
        return as_cover(members, what=what)
    if isinstance(data, Mapping) or hasattr(data, "collect") or hasattr(data, "columns"):
        frame = _validate.columns(
            _validate.as_frame(data, what=what),
            ["person", "community"],
            what=what,
            hint="Rename the columns, or give a mapping from community to people.",
        )
        return _from_rows(frame["person"], frame["community"], what=what)
    if isinstance(data, set | frozenset | list | tuple) and len(data) and all(map(_is_group, data)):
        return _from_groups(data, what=what)
    return _from_labels(data, what=what)


def _is_group(value: Any) -> bool:
    """Say whether this is a set of people beyond doubt; a list within a list might be a row of a table."""
    return isinstance(value, set | frozenset | pd.Index) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _from_labels(data: Any, *, what: str) -> Cover:
    """Read labels of people who are known by position."""
    if isinstance(data, str | bytes | set | frozenset):
        raise InputError(f"{what} is a {type(data).__name__}.", need=_KINDS)
    try:
        values = np.asarray(data)
    except ValueError:
        raise InputError(f"{what} has rows of different length.", need=_KINDS, hint="Make each row a set.") from None
    if values.ndim != 1:
        raise InputError(
            f"{what} has the shape {values.shape}.", need=_KINDS, hint="Give each community as a set of people."
        )
    codes, k = _label_codes(pd.Series(values), what=what)
    held = codes >= 0
    membership = sp.csr_array(
        (np.ones(int(held.sum()), dtype=np.int64), codes[held], np.r_[0, np.cumsum(held)]), shape=(len(codes), k)
    )
    return Cover(pd.RangeIndex(len(codes)), membership, keyed=False)


def _from_groups(groups: Iterable[Any], *, what: str) -> Cover:
    """Read communities given as collections of people."""
    lists = []
    for group in groups:
        if isinstance(group, str | bytes) or not isinstance(group, Iterable):
            raise InputError(
                f"{what} has {group!r} for the people of a community.",
                need="A set, list or array of person ids is needed for each.",
            )
        lists.append(list(group))
    persons = pd.Series(list(chain.from_iterable(lists)), dtype=object)
    communities = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    return _keyed(persons, communities.astype(np.int64), len(lists), what=what)


def _from_rows(persons: pd.Index[Any] | pd.Series[Any], labels: pd.Series[Any], *, what: str) -> Cover:
    """Read rows of a person and a label."""
    codes, k = _label_codes(labels.reset_index(drop=True), what=what)
    return _keyed(pd.Series(persons).reset_index(drop=True), codes, k, what=what)


def _label_codes(labels: pd.Series[Any], *, what: str) -> tuple[IntArray, int]:
    """Number the labels from 0; -1 for a missing one."""
    if not pd.api.types.is_numeric_dtype(labels.dtype):
        labels = _validate.texts(labels, what=what)
    codes, names = pd.factorize(labels)
    return codes.astype(np.int64), len(names)


def _keyed(persons: pd.Series[Any], codes: IntArray, k: int, *, what: str) -> Cover:
    """Put together people with ids; a code of -1 is no community."""
    rows, people = pd.factorize(_validate.texts(persons, what=f"The people of {what}"), sort=True)
    if (rows < 0).any():
        raise InputError(
            f"{what} has {int((rows < 0).sum())} rows without a person.",
            need="Every row needs a person id.",
            hint="Drop these rows, or find out who they are.",
        )
    held = codes >= 0
    ones = np.ones(int(held.sum()), dtype=np.int64)
    table = sp.coo_array((ones, (rows[held], codes[held])), shape=(len(people), k)).tocsr()
    table.sum_duplicates()
    table.data = np.ones_like(table.data)
    return Cover(pd.Index(people, name="person"), without_empty(table), keyed=True)


def without_empty(membership: sp.csr_array[Any]) -> sp.csr_array[Any]:
    """Leave out communities that nobody is in; the others keep their order."""
    n, k = membership.shape
    used = np.bincount(membership.indices, minlength=k) > 0
    if used.all():
        return membership
    number = np.cumsum(used) - 1
    return sp.csr_array((membership.data, number[membership.indices], membership.indptr), shape=(n, int(used.sum())))
