"""Read XES event logs: who did what on which case."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from commfinder.errors import ColumnError, nearest
from commfinder.progress import SILENT, Progress
from commfinder.sources.coded import Coded
from commfinder.sources.documents import bytes_of, stem_of, utf8_of
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.spool import Spool
from commfinder.sources.streams import digest, existing
from commfinder.sources.tally import Tally
from commfinder.sources.times import zone_of
from commfinder.sources.workflow_rows import Gathering
from commfinder.sources.workflow_times import Early, log_times
from commfinder.sources.workflow_trail import Trail, is_placeholder
from commfinder.sources.xes_parse import ATTRIBUTES, Events, XesLog, parse_xes

__all__ = ["read_xes", "xes_parts"]

_SUFFIXES = (".xes", ".xml")


def read_xes(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    timezone: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Reading:
    """Read a XES event log: one row for each event that names its resource.

    Prefer `commfinder.sources.read_event_log` for logs in tables and `commfinder.sources.read_ocel` for object-centric
    ones. Nested attributes, lists and containers are passed over, and so is all that tells of the case and not of work.
    The log streams by, so that its size does not matter; entities are refused; after damage reading goes on at the next
    event or trace.

    Parameters
    ----------
    path : str or path
        The log, also ``.gz`` or ``.bz2``, or a zip archive with one log in it, in any encoding.
    columns : mapping of str to str, optional
        The attributes of this log where they are not those of the standard: ``case`` (of the trace), ``activity``,
        ``resource``, ``time``, ``group``, ``role``, ``lifecycle``, ``instance``; such as ``{"group": "workgroup"}``.
    timezone : str, optional
        Zone of times that name none, for example ``"Europe/Berlin"``; by default they are taken as UTC and counted.
    name : str, optional
        Name of the source; the file's own by default.
    progress : Progress, optional
        Told of the bytes read.

    Returns
    -------
    Reading
        The resource is the sender and the case the thread; there is no recipient. The space is the log's own name, else
        the file's. Events are numbered by their place in the trace. What ends work has the start of that work as its
        parent, a start the assignment or schedule before it; assignments and schedules have the role "assign", all
        else "edit". ``org:group`` (without any, ``org:role``) is the unit of an account.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no XES log, or declares XML entities.
    ColumnError
        If `columns` names what is not taken.
    InputError
        If the time zone has no such name.

    Notes
    -----
    The values that a log declares as global are placeholders for events that lack an attribute. They are not taken for
    resources or times, which would make a person up; only the transition of the life cycle is.

    References
    ----------
    .. [1] IEEE (2016), Standard for eXtensible Event Stream (XES). doi:10.1109/IEEESTD.2016.7740858

    Examples
    --------
    >>> import tempfile, pathlib
    >>> log = '''<log><trace><string key="concept:name" value="7"/><event>
    ... <string key="concept:name" value="check"/><string key="org:resource" value="ann"/>
    ... <date key="time:timestamp" value="2026-07-01T09:30:00+02:00"/></event></trace></log>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "permits.xes")
    ...     _ = file.write_text(log)
    ...     reading = read_xes(file)
    >>> reading.interactions.select(["event", "sender", "activity", "space"]).to_pylist()
    [{'event': '7#000000', 'sender': 'ann', 'activity': 'check', 'space': 'permits'}]
    """
    return whole(xes_parts(path, columns=columns, timezone=timezone, name=name, progress=progress))


def xes_parts(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    timezone: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Iterator[Part]:
    """Read a XES event log and yield its rows piece by piece; prefer `read_xes` for one that fits in memory.

    Which event ends which work, and how many traces have one name, is known at the end of the log. Until then what was
    read lies on disk, in files without a name; memory grows with the people and the longest trace.

    Parameters
    ----------
    path, columns, timezone, name, progress
        As for `read_xes`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, ColumnError, InputError
        As `read_xes`.
    """
    return _parts(existing(path), _wanted(columns), zone_of(timezone), name, progress)


def _parts(
    where: Path, wanted: dict[str, str], zone: zoneinfo.ZoneInfo | None, name: str | None, progress: Progress
) -> Iterator[Part]:
    """Lay the events aside, then make rows of them: some of it only the whole log can tell."""
    source = name or where.resolve().name
    tally = Tally(source)
    cells = _Cells(where.name, zone, tally)
    log = XesLog(wanted, cells.add)
    with progress.stage(f"Reading {source}", where.stat().st_size if where.is_file() else None) as stage:
        chunks = bytes_of(where, _SUFFIXES, what="events", tally=tally, advance=stage.advance)
        parse_xes(utf8_of(chunks, tally, where.name), log, tally, where.name)
    process = log.name if log.name and not is_placeholder(log.name) else stem_of(source, _SUFFIXES)
    gathering = Gathering(source=source, file=where.name, tally=tally, by_time=False)
    for trail in cells.trails(process):
        gathering.add(trail)
    yield from gathering.rows()
    _note(log, gathering.cases, where.name, tally)
    yield gathering.last({where.name: digest(where)})


class _Cells:
    """The events of a log, laid aside on disk as they were read."""

    def __init__(self, file: str, zone: zoneinfo.ZoneInfo | None, tally: Tally) -> None:
        self._file, self._zone, self._tally = file, zone, tally
        self._held = Spool(Trail.schema())
        self._early = Early()
        self._steps = 0

    def add(self, events: Events) -> None:
        """Lay some events aside."""
        n = len(events.lines)
        lines = np.array(events.lines, np.int64)
        times, good = log_times(events.times, lines, file=self._file, zone=self._zone, tally=self._tally)
        self._early.see(times, good, lines)
        held = {ours: column.coded() for ours, column in events.columns.items()}
        trail = Trail(
            case=events.cases.coded(),
            title=held.pop("role"),
            transitions=held.pop("lifecycle"),
            space=Coded.nothing(n),
            role=Coded.nothing(n),
            step=self._steps + np.arange(n),
            time=times,
            line=lines,
            usable=good,
            **held,
        )
        self._steps += n
        self._held.add(trail.batch())
        self._held.add(_traces(events.empty).batch())

    def trails(self, process: str) -> Iterator[Trail]:
        """Say what was done on cases, piece by piece."""
        self._early.tell(self._file, self._tally)
        with self._held:
            for trail in map(Trail.of, self._held.read()):
                usable = trail.usable & (trail.time >= self._early.earliest)
                yield replace(trail, space=Coded.same(process, len(trail)), usable=usable)


def _traces(cases: list[str]) -> Trail:
    """Note traces without any event: another trace may have the same name."""
    n = len(cases)
    nothing, zeros = Coded.nothing(n), np.zeros(n, np.int64)
    words: dict[str, Any] = dict.fromkeys((one.name for one in fields(Trail)), nothing)
    numbers = {"step": zeros - 1, "time": zeros, "line": zeros, "usable": np.zeros(n, bool)}
    return Trail(**{**words, **numbers, "case": Coded.of(pa.array(cases, pa.string()))})


def _wanted(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Check which attributes are to be taken."""
    wanted = dict(ATTRIBUTES)
    for ours, key in (columns or {}).items():
        if ours not in ATTRIBUTES:
            raise ColumnError(
                f"columns has {ours!r}, which is nothing that is taken of a XES log.", hint=nearest(ours, ATTRIBUTES)
            )
        if not isinstance(key, str):
            raise ColumnError(f"columns has {key!r} for {ours!r}.", need="The key of one attribute is needed.")
        wanted[ours] = key
    return wanted


def _note(log: XesLog, cases: int, file: str, tally: Tally) -> None:
    """Count what is odd about a log as a whole."""
    tally.add("trace without a name; named by its place in the file", unit="traces", where=file, count=log.unnamed)
    tally.add(
        "trace of the same name as another; taken as one case",
        unit="traces",
        where=file,
        count=log.traces - cases,
        advice="If they are different cases, name the attribute that tells them apart: columns={'case': …}.",
    )
    tally.add("event outside any trace", unit="events", where=file, count=log.orphans)
    missing = [ours for ours in ("resource", "time") if log.wanted[ours] not in log.keys]
    if log.keys and "resource" in missing and not log.acted:
        tally.add(
            f"no event has the attribute {log.wanted['resource']!r}, which says who acted",
            unit="files",
            where=file,
            advice=f"Name the attribute that does: columns={{'resource': …}}. The others are: {', '.join(log.keys)}.",
        )
