"""Compiled loops over rows: which case each is of, what a case begins with, and rows in order within each case."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

__all__ = [
    "facts_of_keys",
    "in_order",
    "numbered_keys",
    "numbered_values",
    "persons_by_case",
    "place_of_keys",
    "place_of_values",
    "rows_by_number",
]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_FEW = 32
_ODD, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def numbered_keys(how: npt.NDArray[np.int8], scope: IntArray, name: IntArray) -> tuple[CodeArray, IntArray]:
    """Number the triples of three columns as they come; a row whose first number is below zero has none.

    Parameters
    ----------
    how : ndarray of int8, shape (n,)
        The kind of case.
    scope, name : ndarray of int64, shape (n,)
        What tells cases of a kind apart.

    Returns
    -------
    code : ndarray of int32, shape (n,)
        The number of the triple of each row, -1 for none.
    first : ndarray of int64, shape (c,)
        A row of each triple.

    Examples
    --------
    >>> same = np.array([7, 7, 7, 8])
    >>> code, first = numbered_keys(np.array([0, -1, 0, 0], dtype=np.int8), same, same)
    >>> code.tolist(), first.tolist()
    ([0, -1, 0, 1], [0, 3])
    """
    code, first = _numbered(how, scope, name, _table(len(how)))
    return code, first


def place_of_keys(held: tuple[Any, ...], asked: tuple[Any, ...]) -> CodeArray:
    """Return where each of some triples stands among others that are all different; -1 where it does not.

    Parameters
    ----------
    held : tuple of ndarray
        Three columns of triples, the first of int8, the others of int64.
    asked : tuple of ndarray, shape (n,)
        The same of what is looked up.

    Returns
    -------
    ndarray of int32, shape (n,)

    Examples
    --------
    >>> one = np.array([0], dtype=np.int8), np.array([1]), np.array([2])
    >>> place_of_keys(one, one).tolist(), place_of_keys(one, (one[0], one[2], one[1])).tolist()
    ([0], [-1])
    """
    table = _table(len(held[0]))
    how, scope, name = held
    _numbered(how, scope, name, table)
    found: CodeArray = _placed(held, asked, table)
    return found


def numbered_values(values: IntArray) -> tuple[CodeArray, IntArray]:
    """Number the values of one column as they come.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        Anything.

    Returns
    -------
    code : ndarray of int32, shape (n,)
    first : ndarray of int64, shape (c,)
        As `numbered_keys` returns them.

    Examples
    --------
    >>> [one.tolist() for one in numbered_values(np.array([7, 9, 7]))]
    [[0, 1, 0], [0, 1]]
    """
    return numbered_keys(*_nothing(len(values)), values)


def place_of_values(held: IntArray, asked: IntArray) -> CodeArray:
    """Return where each of some values stands among others that are all different; -1 where it does not.

    Parameters
    ----------
    held : ndarray of int64
        Values, each once.
    asked : ndarray of int64, shape (n,)
        What is looked up.

    Returns
    -------
    ndarray of int32, shape (n,)

    Examples
    --------
    >>> place_of_values(np.array([7, 9]), np.array([9, 8])).tolist()
    [1, -1]
    """
    return place_of_keys((*_nothing(len(held)), held), (*_nothing(len(asked)), asked))


def facts_of_keys(code: CodeArray, n: int, time: IntArray, space: CodeArray, event: IntArray) -> tuple[Any, Any, Any]:
    """Return of each number the earliest time, the lowest space, and whether all its rows are of one event.

    Parameters
    ----------
    code : ndarray of int32, shape (r,)
        The number of each row, -1 for none.
    n : int
        How many numbers there are; each has a row.
    time, event : ndarray of int64, shape (r,)
        Moments, and keys of events.
    space : ndarray of int32, shape (r,)
        -1 for none.

    Returns
    -------
    first : ndarray of int64, shape (n,)
    space : ndarray of int32, shape (n,)
        -1 where no row has any.
    single : ndarray of bool, shape (n,)

    Examples
    --------
    >>> code, space = np.zeros(2, dtype=np.int32), np.array([-1, 4], dtype=np.int32)
    >>> [one.tolist() for one in facts_of_keys(code, 1, np.array([5, 3]), space, np.array([9, 9]))]
    [[3], [4], [True]]
    """
    first, where, single = _facts(code, n, time, space, event)
    return first, where, single


def rows_by_number(code: CodeArray, n: int) -> tuple[IntArray, IntArray]:
    """Return the rows of each number, one number after the other; rows without a number are left out.

    Parameters
    ----------
    code : ndarray of int32, shape (r,)
        Numbers below `n`; below zero for none.
    n : int
        How many numbers there are.

    Returns
    -------
    first : ndarray of int64, shape (n + 1,)
        Where each begins.
    rows : ndarray of int64
        Rows, rising within a number.

    Examples
    --------
    >>> [one.tolist() for one in rows_by_number(np.array([1, 0, -1, 1], dtype=np.int32), 2)]
    [[0, 1, 3], [1, 0, 3]]
    """
    first, rows = _by_number(code, n)
    return first, rows


def persons_by_case(case: npt.NDArray[np.integer], person: npt.NDArray[np.integer]) -> tuple[IntArray, IntArray]:
    """Return everybody who acts on each case, once.

    Parameters
    ----------
    case, person : ndarray of int, shape (n,)
        The case and the person of each act; the case never falls.

    Returns
    -------
    case, person : ndarray of int64
        By case, then person.

    Examples
    --------
    >>> case, person = np.array([0, 0, 0, 2], dtype=np.int32), np.array([5, 1, 5, 0], dtype=np.int32)
    >>> [one.tolist() for one in persons_by_case(case, person)]
    [[0, 0, 2], [1, 5, 0]]
    """
    cases, persons = _persons(case, person)
    return cases, persons


def in_order(first: IntArray, order: IntArray, time: IntArray, *further: npt.NDArray[np.integer]) -> IntArray:
    """Put rows in order within each piece: by time, then by further columns.

    Parameters
    ----------
    first : ndarray of int64, shape (p + 1,)
        Where each piece begins in `order`, and where the last ends.
    order : ndarray of int64, shape (n,)
        Rows, piece after piece; changed.
    time : ndarray of int64
        What decides first.
    *further : ndarray of int
        Three columns that decide between equal times.

    Returns
    -------
    ndarray of int64, shape (n,)
        The rows in order.

    Examples
    --------
    >>> time, zero = np.array([3, 1, 2, 1]), np.zeros(4, dtype=np.int64)
    >>> in_order(np.array([0, 3, 4]), np.arange(4), time, zero, zero, zero).tolist()
    [1, 2, 0, 3]
    """
    _sort_small(first, order, time, *further)
    # Of pieces of very many rows there are few: they are sorted all at once.
    large = np.flatnonzero(np.diff(first) > _FEW)
    if len(large):
        size = np.diff(first)[large]
        piece = np.repeat(np.arange(len(large)), size)
        at = np.repeat(first[large] - np.cumsum(size) + size, size) + np.arange(int(size.sum()))
        rows = order[at]
        columns = [column[rows] for column in (*further[::-1], time)]
        order[at] = rows[np.lexsort((*columns, piece))]
    return order


def _nothing(n: int) -> tuple[npt.NDArray[np.int8], IntArray]:
    """Return two columns that tell nothing apart."""
    return np.zeros(n, dtype=np.int8), np.zeros(n, dtype=np.int64)


def _table(n: int) -> CodeArray:
    """Return an empty hash table for so many keys."""
    return np.full(1 << max((2 * n - 1).bit_length(), 1), -1, dtype=np.int32)


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(how: Any, scope: Any, name: Any, mask: Any) -> Any:
    """Return where to look first for a key."""
    h = np.uint64(name) + np.uint64(_ODD) * (np.uint64(scope) * np.uint64(8) + np.uint64(how))
    h = (h ^ (h >> np.uint64(30))) * np.uint64(_FIRST)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(_SECOND)
    return np.int64((h ^ (h >> np.uint64(31))) & mask)


@numba.njit(cache=True, nogil=True)
def _numbered(how: Any, scope: Any, name: Any, table: Any) -> Any:
    """Fill a hash table with the numbers of keys as they come."""
    n, last = len(how), len(table) - 1
    code, first = np.full(n, -1, np.int32), np.empty(n, np.int64)
    known = 0
    for i in range(n):
        if how[i] < 0:
            continue
        at = _slot(how[i], scope[i], name[i], np.uint64(last))
        while True:
            c = table[at]
            if c < 0:
                table[at], first[known], code[i] = known, i, known
                known += 1
                break
            k = first[c]
            if name[k] == name[i] and scope[k] == scope[i] and how[k] == how[i]:
                code[i] = c
                break
            at = (at + 1) & last
    return code, first[:known].copy()


@numba.njit(cache=True, nogil=True)
def _placed(held: Any, asked: Any, table: Any) -> Any:
    """Look keys up in a hash table."""
    (how, scope, name), (kind, where, which) = held, asked
    last = len(table) - 1
    found = np.full(len(kind), -1, np.int32)
    for i in range(len(kind)):
        at = _slot(kind[i], where[i], which[i], np.uint64(last))
        while table[at] >= 0:
            k = table[at]
            if name[k] == which[i] and scope[k] == where[i] and how[k] == kind[i]:
                found[i] = k
                break
            at = (at + 1) & last
    return found


@numba.njit(cache=True, nogil=True)
def _facts(code: Any, n: Any, time: Any, space: Any, event: Any) -> Any:
    """Look at every row once."""
    begin, where = np.empty(n, np.int64), np.full(n, -1, np.int32)
    known, single = np.full(n, -1, np.int64), np.ones(n, np.bool_)
    for i in range(len(code)):
        c = code[i]
        if c < 0:
            continue
        if known[c] < 0:
            known[c], begin[c] = i, time[i]
        begin[c] = min(begin[c], time[i])
        if space[i] >= 0 and (where[c] < 0 or space[i] < where[c]):
            where[c] = space[i]
        if event[i] != event[known[c]]:
            single[c] = False
    return begin, where, single


@numba.njit(cache=True, nogil=True)
def _by_number(code: Any, n: Any) -> Any:
    """Sort rows by counting."""
    first = np.zeros(n + 1, np.int64)
    for i in range(len(code)):
        if code[i] >= 0:
            first[code[i] + 1] += 1
    first = np.cumsum(first)
    rows, place = np.empty(first[-1], np.int64), first[:-1].copy()
    for i in range(len(code)):
        c = code[i]
        if c >= 0:
            rows[place[c]] = i
            place[c] += 1
    return first, rows


@numba.njit(cache=True, nogil=True)
def _sort_small(first: Any, order: Any, time: Any, a: Any, b: Any, c: Any) -> None:
    """Sort the rows of each piece of a few rows by insertion."""
    for piece in range(len(first) - 1):
        begin, end = first[piece], first[piece + 1]
        if end - begin > _FEW:
            continue
        for p in range(begin + 1, end):
            row, q = order[p], p
            while q > begin:
                other = order[q - 1]
                if time[other] != time[row]:
                    before = time[row] < time[other]
                elif a[other] != a[row]:
                    before = a[row] < a[other]
                elif b[other] != b[row]:
                    before = b[row] < b[other]
                else:
                    before = c[row] < c[other]
                if not before:
                    break
                order[q] = other
                q -= 1
            order[q] = row


@numba.njit(cache=True, nogil=True)
def _persons(case: Any, person: Any) -> Any:
    """Go through the acts case by case; who was seen before in a case is in its place already."""
    n = len(case)
    cases, persons = np.empty(n, np.int64), np.empty(n, np.int64)
    begin, known = 0, 0
    while begin < n:
        end = begin + 1
        while end < n and case[end] == case[begin]:
            end += 1
        if end - begin > _FEW:
            ordered = np.sort(person[begin:end])
            for p in range(len(ordered)):
                if p == 0 or ordered[p] != ordered[p - 1]:
                    cases[known], persons[known] = case[begin], ordered[p]
                    known += 1
        else:
            head = known
            for p in range(begin, end):
                q = known
                while q > head and persons[q - 1] > person[p]:
                    q -= 1
                if q > head and persons[q - 1] == person[p]:
                    continue
                for r in range(known, q, -1):
                    persons[r] = persons[r - 1]
                persons[q], cases[known] = person[p], case[begin]
                known += 1
        begin = end
    return cases[:known].copy(), persons[:known].copy()
