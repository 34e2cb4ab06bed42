"""Turn what was done on cases into the plain tables, whatever format it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.interactions.schema import ACCOUNTS, LANDED, MEMBERSHIPS
from commfinder.sources.coded import Coded
from commfinder.sources.reading import PART_ROWS, Part
from commfinder.sources.tally import Tally
from commfinder.sources.workflow_links import PLANS, SKIPS, links, transition

__all__ = ["Trail", "clean_word", "is_placeholder", "ranks", "workflow_parts"]

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
_MACHINE = re.compile(
    r"(?:the )?(?:system|automat(?:ic|ed|ion)?|batch|robot|bot|rpa|cron|daemon|scheduler|workflow engine)"
    r"(?:[ _.-]?(?:user|account|process|job|agent|engine|bot|task))?[ _.-]?\d*",
    re.IGNORECASE,
)


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
    position : ndarray of int64
        Place of the event in its case: equal times keep this order.
    time : ndarray of int64
        Microseconds since 1970 UTC.
    line : ndarray of int64
        Where the event stands in its file.
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
    position: Ints
    time: Ints
    line: Ints

    def take(self, rows: npt.NDArray[np.generic]) -> Trail:
        """Keep some entries: a mask, or places."""
        held: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        taken: dict[str, Any] = {
            name: one.take(rows) if isinstance(one, Coded) else one[rows] for name, one in held.items()
        }
        return Trail(**taken)

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


def ranks(case: Coded, time: Ints) -> Ints:
    """Number the events of each case by time; equal times keep the order of the rows.

    Parameters
    ----------
    case : Coded
        One cell per event.
    time : ndarray of int64
        Microseconds since 1970 UTC.

    Returns
    -------
    ndarray of int64
        From 0 within each case.
    """
    order = np.lexsort((np.arange(len(time)), time, case.codes))
    codes = case.codes[order]
    first = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(order) else np.zeros(0, np.int64)
    found = np.empty(len(time), np.int64)
    found[order] = np.arange(len(time)) - np.repeat(first, np.diff(np.append(first, len(time))))
    return found


def workflow_parts(
    trail: Trail,
    *,
    source: str,
    file: str,
    tally: Tally,
    digests: dict[str, str],
    medium: str = "workflow",
    names: Mapping[str, str] | None = None,
) -> Iterator[Part]:
    """Make parts of what was done on cases.

    Each entry is one row: the resource is the sender, nobody is the recipient, the case is the thread. The group is the
    unit of the account, and a membership with the title as its role. Entries without a case or a resource are counted
    and left out, for no name is made up; placeholders such as ``UNKNOWN`` or ``EMPTY`` are nobody and no group.

    Parameters
    ----------
    trail : Trail
        What was done, with times that can be used.
    source, file : str
        Name of the source, and of the file for places.
    tally : Tally
        Where losses are counted.
    digests : dict
        Of the files read.
    medium : str
        Of all rows.
    names : mapping of str to str, optional
        Display name by resource.

    Yields
    ------
    Part
    """
    trail = _settled(trail, file, tally)
    linked = links(
        trail.case, trail.activity, trail.resource, trail.instance, trail.transitions, trail.time, trail.position
    )
    machines = np.array([*map(_is_machine, trail.resource.words), False], dtype=bool)
    by_machine = machines[trail.resource.codes] | _is_in(trail.transitions, SKIPS)
    if not len(trail):
        tally.add("no event was found that says who acted when", unit="files", where=file)
    for start in range(0, len(trail), PART_ROWS):
        rows = np.arange(start, min(start + PART_ROWS, len(trail)))
        yield Part(_interactions(trail, rows, linked[rows], by_machine[rows], medium, source))
    yield Part(
        LANDED.empty_table(),
        accounts=_accounts(trail, machines, names or {}, source),
        memberships=_memberships(trail, source),
        losses=tally.losses(),
        digests=digests,
    )


def _settled(trail: Trail, file: str, tally: Tally) -> Trail:
    """Clean all words, and leave out the entries that say nothing of who acted on what."""
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
    trail = trail.take((trail.case.codes >= 0) & (trail.resource.codes >= 0))
    return trail


def _count(rows: Flags, reason: str, trail: Trail, file: str, tally: Tally, advice: str) -> None:
    """Count events that are left out."""
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


def _is_machine(resource: str) -> bool:
    """Tell whether a resource calls itself a machine."""
    return _MACHINE.fullmatch(resource) is not None or named_like_a_machine(resource)


def _is_in(column: Coded, words: frozenset[str]) -> Flags:
    """Tell which cells hold one of some words."""
    return np.array([*(word in words for word in column.words), False], dtype=bool)[column.codes]


def _events(trail: Trail, rows: Ints) -> tuple[pa.Array, pa.Array]:
    """Name some events, and their cases; -1 stands for none."""
    case = trail.case.take(rows)
    case = Coded(np.where(rows < 0, -1, case.codes).astype(np.int32), case.words).arrow()
    places = pc.utf8_lpad(pa.array(trail.position[rows]).cast(pa.string()), 6, "0")
    return pc.binary_join_element_wise(case, places, "#"), case


def _interactions(trail: Trail, rows: Ints, linked: Ints, by_machine: Flags, medium: str, source: str) -> pa.Table:
    """Build the table of some interactions."""
    n = len(rows)
    events, case = _events(trail, rows)
    here = trail.take(rows)
    # A plan is no work: whoever measures the time between linked events can tell it by its role.
    roles = np.where(_is_in(here.transitions, PLANS), "assign", "edit").astype(object)
    said = here.role.codes >= 0
    roles[said] = np.array([*here.role.words, ""], dtype=object)[here.role.codes[said]]
    arrays = {
        "event": events,
        "time": pa.array(here.time).cast(pa.timestamp("us", tz="UTC")),
        "sender": here.resource.arrow(),
        "role": pa.array(roles, pa.string()),
        "medium": pa.repeat(pa.scalar(medium), n),
        "space": here.space.arrow(),
        "thread": case,
        "parent": _events(trail, linked)[0],
        "activity": here.activity.arrow(),
        "n_recipients": pa.repeat(pa.scalar(0, pa.int32()), n),
        "automated": pa.array(by_machine),
        "source": pa.repeat(pa.scalar(source), n),
    }
    columns = [arrays.get(column.name, pa.nulls(n, column.type)) for column in LANDED]
    return pa.Table.from_arrays(columns, schema=LANDED)


def _most_frequent(keys: Ints, codes: npt.NDArray[np.int32], words: list[str]) -> dict[int, str]:
    """Give each key its most frequent word, the first in the alphabet among equals; words are sorted."""
    known = (codes >= 0) & (keys >= 0)
    pairs, counts = np.unique(keys[known] * (len(words) + 1) + codes[known], return_counts=True)
    owner, word = np.divmod(pairs, len(words) + 1)
    order = np.lexsort((word, -counts, owner))
    held, first = np.unique(owner[order], return_index=True)
    return {int(key): words[code] for key, code in zip(held, word[order][first], strict=True)}


def _accounts(trail: Trail, machines: Flags, names: Mapping[str, str], source: str) -> pa.Table:
    """Say of each resource its unit: its usual group; in a log without any group, its usual role."""
    column = trail.group if (trail.group.codes >= 0).any() else trail.title
    units = _most_frequent(trail.resource.codes.astype(np.int64), column.codes, list(column.words))
    rows = [
        {
            "account": (account := trail.resource.words[code]),
            "address": account if "@" in account else None,
            "name": names.get(account),
            "kind": "bot" if machines[code] else "person",
            "guest": False,
            "unit": units.get(code),
            "source": source,
        }
        for code in np.unique(trail.resource.codes).tolist()
    ]
    return pa.Table.from_pylist(rows, schema=ACCOUNTS)


def _memberships(trail: Trail, source: str) -> pa.Table:
    """Say for which groups each resource acted, and in which role most often."""
    if not (trail.group.codes >= 0).any():
        return MEMBERSHIPS.empty_table()
    pairs = pd.DataFrame({"group": trail.group.codes, "resource": trail.resource.codes, "title": trail.title.codes})
    pairs = pairs[pairs["group"] >= 0]
    width = len(trail.resource.words)
    keys = (pairs["group"].astype(np.int64) * width + pairs["resource"]).to_numpy()
    titles = _most_frequent(keys, pairs["title"].to_numpy(), list(trail.title.words))
    rows = [
        {
            "space": trail.group.words[key // width],
            "account": trail.resource.words[key % width],
            "role": titles.get(key),
            "source": source,
        }
        for key in np.unique(keys).tolist()
    ]
    return pa.Table.from_pylist(rows, schema=MEMBERSHIPS)
