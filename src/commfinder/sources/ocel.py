"""Read object-centric event logs (OCEL): events that have to do with several objects, of which some are the cases."""

from __future__ import annotations

import contextlib
import os
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from commfinder.errors import FormatError
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import open_members
from commfinder.sources.coded import Coded, Words
from commfinder.sources.documents import bytes_of, head_of, member_of, peek_member, text_of, utf8_of
from commfinder.sources.event_log_columns import usual_columns
from commfinder.sources.json_stream import Item, JsonStream
from commfinder.sources.ocel_choices import Actors, choose_actors, choose_case_types
from commfinder.sources.ocel_forms import XmlStream, members_of_database
from commfinder.sources.ocel_parts import event_of, object_of
from commfinder.sources.ocel_store import OcelStore, Step
from commfinder.sources.reading import PART_ROWS, Part, Reading, whole
from commfinder.sources.streams import digest, existing, open_stream
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Gathering
from commfinder.sources.workflow_trail import Trail

__all__ = ["ocel_parts", "read_ocel"]

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

    Which objects are the cases of a log, and what says who acted, is chosen by all of it. Until then what was read lies
    on disk, in files without a name; memory grows with the people and the longest case. The SQLite form alone is held
    in memory.

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
    """Lay the log aside, then make rows of it: only the whole log tells what its cases are."""
    source = name or where.resolve().name
    tally = Tally(source)
    with contextlib.closing(OcelStore(where.name, zone, tally)) as log:
        with progress.stage(f"Reading {source}", where.stat().st_size) as stage:
            _read(where, log, tally, stage.advance)
        log.settle()
        attributes = log.attribute_names()
        who = choose_actors(log, attributes, actors)
        cases = choose_case_types(log, case_type, who)
        _note(log, attributes, who, cases, case_type is None, where.name, tally)
        people = log.facts(who.types)
        gathering = Gathering(source=source, file=where.name, tally=tally)
        for trail in _trails(log, _Told(people, who), cases, where.name, tally):
            gathering.add(trail)
    yield from gathering.rows()
    names = {one: facts["name"] for one, facts in people.items() if "name" in facts}
    yield gathering.last({where.name: digest(where)}, names)


def _read(path: Path, log: OcelStore, tally: Tally, advance: Callable[[float], None]) -> None:
    """Read the file in whichever form it is; of a damaged one what comes before the damage."""
    form = _form(path)
    if form == "csv":
        raise FormatError(
            f"{path.name} is the CSV of an object-centric log, which is not read.", need=_NEED, hint=_HINT
        )
    if form == "sqlite":
        members = members_of_database(path)
        _keep(((member, None, one) for member in ("objects", "events") for one in members[member]), log, tally, path)
        advance(path.stat().st_size)
        return
    chunks = bytes_of(path, _SUFFIXES, what="events", tally=tally, advance=advance)
    if form == "xml":
        xml = XmlStream(utf8_of(chunks, tally, path.name), path.name)
        if _keep(xml.items(), log, tally, path) and not xml.typed:
            raise FormatError(f"{path.name} is the XML of OCEL 1.0, which is not read.", need=_NEED, hint=_HINT)
        _check(xml, path, tally)
    else:
        stream = JsonStream(_noted(text_of(chunks), path, tally))
        _keep(stream.items(), log, tally, path)
        _check(stream, path, tally)


def _keep(items: Iterator[Item], log: OcelStore, tally: Tally, path: Path) -> bool:
    """Keep the objects and events of a log, and say whether there is any event."""
    anything = False
    for item in items:
        one = object_of(item)
        if one is not None and one[0] and one[1]:
            log.add_object(*one)
        elif one is not None:
            tally.add("object without an id or a type", unit="objects", where=path.name)
        else:
            event = event_of(item)
            anything = anything or event is not None
            if isinstance(event, str):
                tally.add(event, unit="events", where=path.name)
            elif event is not None:
                log.add_event(event)
    return anything


def _noted(texts: Iterator[str], path: Path, tally: Tally) -> Iterator[str]:
    """Pass text on, and say once if a byte of it was wrong."""
    noted = False
    for text in texts:
        if "\ufffd" in text and not noted:
            tally.add("file is not UTF-8; wrong bytes were replaced", unit="files", where=path.name)
            noted = True
        yield text


def _check(stream: JsonStream | XmlStream, path: Path, tally: Tally) -> None:
    """Refuse what was no log, and count damage."""
    problem = stream.problem
    if stream.blank:
        return
    if not {"events", "objects", "ocel:events", "ocel:objects"} & stream.names:
        raise FormatError(
            f"{path.name} is no object-centric event log" + (f" ({problem})." if problem else "."),
            need="It has 'events' and 'objects' (version 2), or as JSON 'ocel:events' and 'ocel:objects' (version 1).",
            hint="Leave kind out, so that the kind is found out.",
        )
    if problem:
        tally.add(
            "log is damaged or cut off; the objects and events before the damage are kept",
            unit="files",
            where=f"{path.name}: {problem}",
            advice="Fetch or export the file again.",
        )


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


def _note(
    log: OcelStore,
    attributes: list[str],
    who: Actors,
    cases: tuple[str, ...],
    chosen: bool,
    file: str,
    tally: Tally,
) -> None:
    """Say what was assumed, and what of it can be said better."""
    types = log.type_names
    if chosen and cases and len(types) > 1:
        others = ", ".join(name for name in types if name not in cases)
        tally.add(
            f"cases are the objects of the type {cases[0]!r}, chosen by a rule",
            unit="types",
            where=file,
            advice=f"Say which it is: case_type={cases[0]!r}. The other types are: {others}.",
        )
    if log.events and not who.attributes and not who.types:
        named = ", ".join([*attributes, *types][:20]) or "none"
        tally.add(
            "nothing in the log is named like people",
            unit="files",
            where=file,
            advice=f"Say what says who acted: actors=[…]. Attributes of events and types of objects are: {named}.",
        )


def _trails(log: OcelStore, told: _Told, cases: tuple[str, ...], file: str, tally: Tally) -> Iterator[Trail]:
    """Say what was done, piece by piece: a row for each event, case object and actor."""
    columns = {name: Words() for name in _COLUMNS}
    steps: list[int] = []
    times: list[int] = []
    for step in log.steps():
        objects = [one for one in step.objects if one[1] in cases]
        if not objects:
            tally.add(
                "events without an object of the case types",
                unit="events",
                where=file,
                advice="Name more types: case_type=[…].",
            )
        acted = told.actors(step) or [("", None, {})]
        for one, kind in objects:
            for resource, role, facts in acted:
                steps.append(step.number)
                times.append(step.time)
                values = (step.activity, one, kind, resource, *told.place(facts, step), role)
                for column, value in zip(columns.values(), values, strict=True):
                    column.add(value or None)
        if len(steps) >= PART_ROWS:
            yield _trail(columns, steps, times)
            columns, steps, times = {name: Words() for name in _COLUMNS}, [], []
    yield _trail(columns, steps, times)


def _trail(columns: dict[str, Words], steps: list[int], times: list[int]) -> Trail:
    """Say what was done in some events."""
    n = len(steps)
    return Trail(
        **{name: column.coded() for name, column in columns.items()},
        instance=Coded.nothing(n),
        # All actors of an event on a case share its place.
        step=np.array(steps, np.int64),
        time=np.array(times, np.int64),
        line=np.zeros(n, np.int64),
        usable=np.ones(n, bool),
    )


class _Told:
    """What events and objects tell of people."""

    def __init__(self, people: dict[str, dict[str, str]], who: Actors) -> None:
        self._people = people
        self._who = who
        self._columns: dict[tuple[str, ...], dict[str, str]] = {}

    def actors(self, step: Step) -> list[tuple[str, str | None, dict[str, str]]]:
        """Name who acted, each once, with the role and what is known of them."""
        people = [one for one, kind in step.objects if kind in self._who.types]
        if people:
            return [(one, None, self._people[one]) for one in people]
        found: dict[str, str | None] = {}
        for name in self._who.attributes:
            if value := step.attributes.get(name):
                role = "approve" if "approv" in name.lower() else None
                found[value] = found.get(value) or role
        return [(value, role, {}) for value, role in found.items()]

    def place(self, facts: dict[str, str], step: Step) -> tuple[str | None, str | None, str | None]:
        """Give group, title and transition, of the person or else of the event."""
        own, said = self._named(facts), self._named(step.attributes)
        return (own.get("group") or said.get("group"), own.get("role") or said.get("role"), said.get("lifecycle"))

    def _named(self, facts: Mapping[str, str]) -> dict[str, str]:
        """Find attributes by their usual names."""
        keys = tuple(facts)
        if keys not in self._columns:
            self._columns[keys] = {ours: keys[position] for ours, position in usual_columns(list(keys)).items()}
        return {ours: facts[key] for ours, key in self._columns[keys].items()}
