"""Read object-centric event logs (OCEL): events that have to do with several objects, of which some are the cases."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from commfinder.errors import FormatError
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import open_members
from commfinder.sources.coded import Coded, Words
from commfinder.sources.documents import (
    bytes_of,
    head_of,
    member_of,
    peek_member,
    stem_of,
    text_codec,
    utf8_of,
    whole_of,
)
from commfinder.sources.event_log_columns import usual_columns
from commfinder.sources.json_text import load_members
from commfinder.sources.ocel_choices import Actors, choose_actors, choose_case_types
from commfinder.sources.ocel_forms import members_of_database, members_of_xml
from commfinder.sources.ocel_parts import Ocel, OcelEvent, parse_ocel
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.streams import digest, existing, open_stream
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Trail, ranks, workflow_parts
from commfinder.sources.workflow_times import LogTimes

__all__ = ["ocel_parts", "read_ocel"]

Ints = npt.NDArray[np.int64]

_SUFFIXES = (".jsonocel", ".json", ".xmlocel", ".xml")
_NEED = "OCEL 2.0 as JSON, XML or SQLite, or OCEL 1.0 as JSON is needed."
_HINT = "Convert it with a process-mining library: pm4py.write_ocel_json(pm4py.read_ocel(…), 'log.jsonocel')."
_COLUMNS = ("activity", "case", "space", "resource", "group", "title", "transitions", "role")


def read_ocel(
    path: str | os.PathLike[str],
    *,
    case_type: str | Iterable[str] | None = None,
    actors: Sequence[str] | None = None,
    timezone: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Reading:
    """Read an object-centric event log, OCEL 2.0 (JSON, XML, SQLite) or 1.0 (JSON): one row per event, case and person.

    For logs whose events have one case each there are `commfinder.sources.read_xes` and
    `commfinder.sources.read_event_log`.

    Parameters
    ----------
    path : str or path
        The JSON or XML, also ``.gz`` or ``.bz2``, or a zip archive with one such file in it; or the SQLite file.
    case_type : str or iterable of str, optional
        Types of objects that are the cases: an order, a ticket. An event that has to do with three of them is a row for
        each. By default the one type that puts most events into a history: most events have to do with exactly one
        object of it, which has two such events or more. Types whose objects typically live for more than half of the
        log, such as customers or products, come last, and people are never cases. The choice is told in the losses.
    actors : sequence of str, optional
        Attributes of events, and types of objects, that say who acted. By default those that are named like people
        (``resource``, ``user``, ``pr_approver``, ``created_by``, ``employees``), and attributes that mostly hold the
        names found so.
    timezone : str, optional
        Zone of times that name none, for example ``"Europe/Berlin"``; by default they are taken as UTC and counted.
    name : str, optional
        Name of the source; the file's own by default.
    progress : Progress, optional
        Told of the bytes read.

    Returns
    -------
    Reading
        The actor is the sender, the object the thread, its type the space; there is no recipient. Where an event has to
        do with people as objects, they act, under their ids; else those that its attributes name. The role is
        "approve" where the attribute says so, else "edit". What ends work has its start as the parent, where the
        events have a life cycle.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no object-centric log, or its XML declares entities.
    InputError
        If a type, an actor or a time zone is not known.

    References
    ----------
    .. [1] Berti et al. (2024), OCEL (Object-Centric Event Log) 2.0 Specification. doi:10.48550/arXiv.2403.01975

    Examples
    --------
    >>> import json, tempfile, pathlib
    >>> log = {
    ...     "objects": [{"id": "o1", "type": "order"}],
    ...     "events": [
    ...         {
    ...             "id": "e1",
    ...             "type": "approve",
    ...             "time": "2026-07-01T09:30:00Z",
    ...             "attributes": [{"name": "approver", "value": "ann"}],
    ...             "relationships": [{"objectId": "o1", "qualifier": ""}],
    ...         }
    ...     ],
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "orders.jsonocel")
    ...     _ = file.write_text(json.dumps(log))
    ...     reading = read_ocel(file)
    >>> reading.interactions.select(["event", "sender", "role", "space"]).to_pylist()
    [{'event': 'o1#000000', 'sender': 'ann', 'role': 'approve', 'space': 'order'}]
    """
    return whole(ocel_parts(path, case_type=case_type, actors=actors, timezone=timezone, name=name, progress=progress))


def ocel_parts(
    path: str | os.PathLike[str],
    *,
    case_type: str | Iterable[str] | None = None,
    actors: Sequence[str] | None = None,
    timezone: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Iterator[Part]:
    """Read an object-centric event log and yield its rows piece by piece.

    The log itself is held in memory: which objects are its cases, and what says who acted, is chosen by all of it. Only
    the rows, which are many for each event, come in pieces.

    Parameters
    ----------
    path, case_type, actors, timezone, name, progress
        As for `read_ocel`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, InputError
        As `read_ocel`.
    """
    return _parts(existing(path), case_type, actors, zone_of(timezone), name, progress)


def _parts(
    where: Path,
    case_type: str | Iterable[str] | None,
    actors: Sequence[str] | None,
    zone: zoneinfo.ZoneInfo | None,
    name: str | None,
    progress: Progress,
) -> Iterator[Part]:
    """Read the log, then make rows of it."""
    source = name or where.resolve().name
    tally = Tally(source)
    with progress.stage(f"Reading {source}", where.stat().st_size) as stage:
        log = parse_ocel(_members(where, tally, stage.advance), tally, where.name)
    times = LogTimes()
    for event in log.events:
        times.add(event.time)
    moments, good = times.settled(np.zeros(len(log.events), np.int64), file=where.name, zone=zone, tally=tally)
    log.events = [event for event, usable in zip(log.events, good.tolist(), strict=True) if usable]
    moments = moments[good]
    who = choose_actors(log, actors)
    cases = choose_case_types(log, case_type, who, moments)
    _note(log, who, cases, case_type is None, where.name, tally)
    trail = _trail(log, who, cases, moments, stem_of(source, _SUFFIXES), where.name, tally)
    names = {one: facts["name"] for one, facts in log.facts.items() if log.types[one] in who.types and "name" in facts}
    yield from workflow_parts(
        trail, source=source, file=where.name, tally=tally, digests={where.name: digest(where)}, names=names
    )


def _members(path: Path, tally: Tally, advance: Callable[[float], None]) -> dict[str, Any]:
    """Read the file in whichever form it is; of a damaged one what comes before the damage."""
    form = _form(path)
    if form == "csv":
        raise FormatError(
            f"{path.name} is the CSV of an object-centric log, which is not read.", need=_NEED, hint=_HINT
        )
    if form == "sqlite":
        members = members_of_database(path)
        advance(path.stat().st_size)
        return members
    if form == "xml":
        chunks = bytes_of(path, _SUFFIXES, what="events", tally=tally, advance=advance)
        members, problem = members_of_xml(utf8_of(chunks, tally, path.name), path.name)
        empty = False
        if members.get("events") and not any("type" in event for event in members["events"]):
            raise FormatError(f"{path.name} is the XML of OCEL 1.0, which is not read.", need=_NEED, hint=_HINT)
    else:
        raw = whole_of(path, _SUFFIXES, what="events", tally=tally, advance=advance)
        text = raw.decode(text_codec(raw[:4096]), "replace").removeprefix("\ufeff")
        if "\ufffd" in text:
            tally.add("file is not UTF-8; wrong bytes were replaced", unit="files", where=path.name)
        members, problem = load_members(text)
        empty = not text.strip()
    if not empty and not {"events", "objects", "ocel:events", "ocel:objects"} & members.keys():
        raise FormatError(
            f"{path.name} is no object-centric event log" + (f" ({problem})." if problem else "."),
            need="It has 'events' and 'objects' (version 2), or as JSON 'ocel:events' and 'ocel:objects' (version 1).",
            hint="Leave kind out, so that the kind is found out.",
        )
    if problem and not empty:
        tally.add(
            "log is damaged or cut off; the objects and events before the damage are kept",
            unit="files",
            where=f"{path.name}: {problem}",
            advice="Fetch or export the file again.",
        )
    return members


def _form(path: Path) -> str:
    """Tell in which form a log is."""
    if path.is_dir():
        return "json"
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        with open_members(path) as members:
            name = member_of(members, _SUFFIXES)
            head = peek_member(members, name) if name else b""
    else:
        with open_stream(path) as (reader, _):
            head = reader.peek(4096)[:4096]
    if head[:15] == b"SQLite format 3":
        return "sqlite"
    text = head_of(head).lstrip()
    return "xml" if text.startswith("<") else "csv" if "ocel:eid" in text.partition("\n")[0] else "json"


def _note(log: Ocel, who: Actors, cases: tuple[str, ...], chosen: bool, file: str, tally: Tally) -> None:
    """Say what was assumed, and what of it can be said better."""
    if chosen and cases and len(log.type_names) > 1:
        others = ", ".join(name for name in log.type_names if name not in cases)
        tally.add(
            f"cases are the objects of the type {cases[0]!r}, chosen by a rule",
            unit="types",
            where=file,
            advice=f"Say which it is: case_type={cases[0]!r}. The other types are: {others}.",
        )
    if log.events and not who.attributes and not who.types:
        named = ", ".join([*log.attribute_names, *log.type_names][:20]) or "none"
        tally.add(
            "nothing in the log is named like people",
            unit="files",
            where=file,
            advice=f"Say what says who acted: actors=[…]. Attributes of events and types of objects are: {named}.",
        )


def _trail(
    log: Ocel, who: Actors, cases: tuple[str, ...], moments: Ints, process: str, file: str, tally: Tally
) -> Trail:
    """Say what was done: a row for each event, case object and actor."""
    columns = {name: Words() for name in _COLUMNS}
    numbers: list[int] = []
    homeless = 0
    told = _Told(log, who)
    for number, event in enumerate(log.events):
        objects = [one for one in event.objects if log.types.get(one) in cases]
        homeless += not objects
        acted = told.actors(event) or [("", None, {})]
        for one in objects:
            for resource, role, facts in acted:
                numbers.append(number)
                values = (event.activity, one, log.types[one] or process, resource, *told.place(facts, event), role)
                for column, value in zip(columns.values(), values, strict=True):
                    column.add(value or None)
    tally.add(
        "events without an object of the case types",
        unit="events",
        where=file,
        count=homeless,
        advice="Name more types: case_type=[…].",
    )
    rows = np.array(numbers, np.int64)
    coded = {name: column.coded() for name, column in columns.items()}
    time = moments[rows]
    return Trail(
        **coded,
        instance=Coded.nothing(len(rows)),
        # All actors of an event on a case share its place.
        position=_places(coded["case"], time, rows),
        time=time,
        line=np.zeros(len(rows), np.int64),
    )


def _places(case: Coded, time: Ints, events: Ints) -> Ints:
    """Number the events of each case by time, then by their place in the file."""
    if not len(events):
        return np.zeros(0, np.int64)
    pairs = case.codes.astype(np.int64) * (int(events.max()) + 1) + events
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    first_in_order = np.argsort(first, kind="stable")
    place = np.empty(len(first), np.int64)
    held = first[first_in_order]
    place[first_in_order] = ranks(case.take(held), time[held])
    return place[inverse]


class _Told:
    """What events and objects tell of people."""

    def __init__(self, log: Ocel, who: Actors) -> None:
        self._log = log
        self._who = who
        self._columns: dict[tuple[str, ...], dict[str, str]] = {}

    def actors(self, event: OcelEvent) -> list[tuple[str, str | None, dict[str, str]]]:
        """Name who acted, each once, with the role and what is known of them."""
        log, who = self._log, self._who
        people = [one for one in event.objects if log.types.get(one) in who.types]
        if people:
            return [(one, None, log.facts[one]) for one in people]
        found: dict[str, str | None] = {}
        for name in who.attributes:
            if value := event.attributes.get(name):
                role = "approve" if "approv" in name.lower() else None
                found[value] = found.get(value) or role
        return [(value, role, {}) for value, role in found.items()]

    def place(self, facts: dict[str, str], event: OcelEvent) -> tuple[str | None, str | None, str | None]:
        """Give group, title and transition, of the person or else of the event."""
        own, said = self._named(facts), self._named(dict(event.attributes))
        return (own.get("group") or said.get("group"), own.get("role") or said.get("role"), said.get("lifecycle"))

    def _named(self, facts: dict[str, str]) -> dict[str, str]:
        """Find attributes by their usual names."""
        keys = tuple(facts)
        if keys not in self._columns:
            self._columns[keys] = {ours: keys[position] for ours, position in usual_columns(list(keys)).items()}
        return {ours: facts[key] for ours, key in self._columns[keys].items()}
