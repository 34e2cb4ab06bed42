"""What was done on cases, as readers find it: words cleaned, and events numbered within their case."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.sources.coded import Coded
from commfinder.sources.tally import Tally
from commfinder.sources.workflow_links import transition

__all__ = ["Trail", "clean_word", "is_placeholder", "ranks", "settled"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LONGEST = 500
_EMPTY = frozenset(
    [
        "",
        "-",
        "--",
        "?",
        "empty",
        "invalid",
        "missing",
        "n/a",
        "na",
        "nan",
        "nil",
        "none",
        "null",
        "unassigned",
        "undefined",
        "unknown",
    ]
)
_NUMBERS = {"step": pa.int64(), "time": pa.int64(), "line": pa.int64(), "usable": pa.bool_()}


@dataclass(frozen=True, eq=False)
class Trail:
    """What was done on cases: one entry per event, case and person.

    Parameters
    ----------
    case, activity, resource, space : Coded
        On what, what, by whom, in which process.
    group, title : Coded
        The resource's organisational group, and its role within.
    transitions, instance : Coded
        Where the event stands in the life cycle of an activity, and of which instance of it.
    role : Coded
        Role of the interaction, where it is more than an edit.
    step : ndarray of int64
        Number of the event in its file; entries of one event share it. -1 stands for a case without any event.
    time : ndarray of int64
        Microseconds since 1970 UTC.
    line : ndarray of int64
        Where the event stands in its file.
    usable : ndarray of bool
        Whether the time can be used; events without one may take a place in their case all the same.
    """

    case: Coded
    activity: Coded
    resource: Coded
    space: Coded
    group: Coded
    title: Coded
    transitions: Coded
    instance: Coded
    role: Coded
    step: Ints
    time: Ints
    line: Ints
    usable: Flags

    def take(self, rows: npt.NDArray[np.generic]) -> Trail:
        """Keep some entries: a mask, or places."""
        held: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        taken: dict[str, Any] = {
            name: one.take(rows) if isinstance(one, Coded) else one[rows] for name, one in held.items()
        }
        return Trail(**taken)

    @classmethod
    def schema(cls) -> pa.Schema:
        """Give the columns of `batch`."""
        return pa.schema([(one.name, _NUMBERS.get(one.name, pa.string())) for one in fields(cls)])

    def batch(self) -> pa.RecordBatch:
        """Write the words out."""
        held = [getattr(self, one.name) for one in fields(self)]
        arrays = [one.arrow() if isinstance(one, Coded) else pa.array(one) for one in held]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema())

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> Trail:
        """Read what `batch` wrote."""
        held: dict[str, Any] = {
            name: column.to_numpy(zero_copy_only=False) if name in _NUMBERS else Coded.of(column)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
        return cls(**held)

    def __len__(self) -> int:
        return len(self.time)


def clean_word(word: str) -> str | None:
    """Trim a word and bound its length; words that stand for nothing, such as ``NaN``, are kept.

    Parameters
    ----------
    word : str
        As a file has it.

    Returns
    -------
    str or None
        None where nothing is left.
    """
    return word.replace("\0", "").strip()[:_LONGEST] or None


def is_placeholder(word: str) -> bool:
    """Tell whether a word only fills a cell of which nothing is known.

    Parameters
    ----------
    word : str
        Name of a resource or a group.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_placeholder(word) for word in ("EMPTY", "__INVALID__", "Group 1")]
    [True, True, False]
    """
    return word.strip().strip("_<>()[]'\"").strip().casefold() in _EMPTY


def ranks(case: Coded, time: Ints, step: Ints) -> Ints:
    """Number the events of each case.

    Parameters
    ----------
    case : Coded
        One cell per entry.
    time : ndarray of int64
        Decides the order; the same in all entries of an event.
    step : ndarray of int64
        Number of the event, which decides among equal times.

    Returns
    -------
    ndarray of int64
        From 0 within each case; entries of one event share their number.
    """
    order = np.lexsort((step, time, case.codes))
    codes, steps = case.codes[order], step[order]
    other_case = np.ones(len(order), dtype=bool)
    other_case[1:] = codes[1:] != codes[:-1]
    other_step = other_case.copy()
    other_step[1:] |= steps[1:] != steps[:-1]
    place = np.cumsum(other_step)
    first = np.flatnonzero(other_case)
    found = np.empty(len(order), np.int64)
    found[order] = place - np.repeat(place[first], np.diff(np.append(first, len(order))))
    return found


def settled(trail: Trail, file: str, tally: Tally) -> Trail:
    """Clean all words, and count the entries that say nothing of who acted on what.

    Parameters
    ----------
    trail : Trail
        A piece of a log, in the order of the file.
    file : str
        Name of the file, for places.
    tally : Tally
        Where what is odd about usable entries is counted.

    Returns
    -------
    Trail
        Placeholders such as ``UNKNOWN`` or ``EMPTY`` are nobody and no group.
    """
    held = {one.name: getattr(trail, one.name) for one in fields(trail)}
    for name in ("case", "activity", "space"):
        held[name] = held[name].settled(clean_word)
    for name in ("group", "title", "instance"):
        held[name] = held[name].settled(_known_word)
    held["resource"] = held["resource"].settled(_account)
    held["transitions"] = held["transitions"].settled(transition)
    hidden = (trail.group.codes >= 0) & (held["group"].codes < 0)
    trail = Trail(**held)
    reason = "group that is only a placeholder, such as EMPTY or UNKNOWN; taken as none"
    _count(hidden, reason, trail, file, tally, "Give the units of people in a directory.")
    _count(trail.case.codes < 0, "events without a case", trail, file, tally, "Look for empty cells of the case.")
    advice = "Events that nobody is named for show no work of people; ask for an export with user names."
    nobody = (trail.resource.codes < 0) & (trail.case.codes >= 0)
    _count(nobody, "events without a resource", trail, file, tally, advice)
    return trail


def _count(rows: Flags, reason: str, trail: Trail, file: str, tally: Tally, advice: str) -> None:
    """Count events that are left out."""
    rows = rows & trail.usable
    if rows.any():
        where = f"{file}, line {trail.line[int(np.argmax(rows))]}" if trail.line.any() else file
        tally.add(reason, unit="events", where=where, advice=advice, count=int(rows.sum()))


def _known_word(word: str) -> str | None:
    """Clean a word; placeholders are nothing."""
    return None if is_placeholder(word) else clean_word(word)


def _account(word: str) -> str | None:
    """Clean the name of a resource; addresses are in lower case."""
    clean = _known_word(word)
    return clean.lower() if clean and "@" in clean else clean
