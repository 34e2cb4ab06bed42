"""Take a XES log apart while it streams by: in constant memory, without entities, and on after damage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from commfinder.errors import FormatError
from commfinder.sources.coded import Words
from commfinder.sources.reading import PART_ROWS
from commfinder.sources.tally import Tally

__all__ = ["ATTRIBUTES", "Events", "XesLog", "parse_xes"]

ATTRIBUTES = {
    "case": "concept:name",
    "activity": "concept:name",
    "resource": "org:resource",
    "time": "time:timestamp",
    "group": "org:group",
    "role": "org:role",
    "lifecycle": "lifecycle:transition",
    "instance": "concept:instance",
}
"""Our names of what is taken of an event (of its trace: the case), and the attributes of the XES extensions."""

_TEXTS = ("activity", "resource", "group", "role", "lifecycle", "instance")
_LOG, _TRACE, _EVENT = 2, 3, 4
_LONGEST_TOKEN = 1 << 26
_SEEN_EVENTS, _SEEN_KEYS = 1000, 40
_TRACE_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,20}:)?(trace)[\s/>]")
_EITHER_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,20}:)?(trace|event)[\s/>]")
_TAG_LENGTH = 32


@dataclass
class Events:
    """Some events of a log, as the file says them.

    Parameters
    ----------
    cases : list of str
        Of which trace each is.
    lines : list of int
        Where each stands in the file.
    times : list of str
        When, as the file writes it, trimmed.
    columns : dict of str to Words
        What else is said.
    empty : list of str
        Traces without any event.
    """

    cases: Words = field(default_factory=Words)
    lines: list[int] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    columns: dict[str, Words] = field(default_factory=lambda: {name: Words() for name in _TEXTS})
    empty: list[str] = field(default_factory=list)


@dataclass
class XesLog:
    """What is taken of a log; its events are handed on as they are read.

    Parameters
    ----------
    wanted : mapping of str to str
        Our names and the attributes that hold them.
    take : callable
        Takes the next events, some thousand at a time.
    """

    wanted: Mapping[str, str]
    take: Callable[[Events], None]
    name: str | None = None
    keys: dict[str, None] = field(default_factory=dict)
    events: int = 0
    acted: bool = False
    traces: int = 0
    unnamed: int = 0
    orphans: int = 0
    lifecycle: str | None = None
    _next: Events = field(default_factory=Events)

    def add_trace(self, trace: Mapping[str, str], events: list[tuple[int, dict[str, str]]]) -> None:
        """File the events of one trace; two traces of one name are one case."""
        self.traces += 1
        self.events += len(events)
        case = trace.get(self.wanted["case"], "").strip()
        if not case:
            self.unnamed += 1
            case = f"trace {self.traces}"
        held = self._next
        if not events:
            held.empty.append(case)
        for line, event in events:
            held.cases.add(case)
            held.lines.append(line)
            held.times.append((event.get(self.wanted["time"]) or "").strip())
            for name, column in held.columns.items():
                value = event.get(self.wanted[name])
                column.add(self.lifecycle if value is None and name == "lifecycle" else value)
            self.acted = self.acted or self.wanted["resource"] in event
        if len(held.lines) + len(held.empty) >= PART_ROWS:
            self.hand_on()

    def hand_on(self) -> None:
        """Hand the events on that were read since the last time."""
        held, self._next = self._next, Events()
        self.take(held)


def parse_xes(chunks: Iterable[bytes], log: XesLog, tally: Tally, file: str) -> None:
    """Read a log into `log`.

    Parameters
    ----------
    chunks : iterable of bytes
        The document in UTF-8.
    log : XesLog
        What is filled.
    tally : Tally
        Where damage is counted.
    file : str
        Name of the file.

    Raises
    ------
    FormatError
        If it is no XES log, or declares entities.
    """
    feed = _Feed(_Handler(log, file), tally, file)
    for chunk in chunks:
        feed.give(chunk)
    feed.finish()


class _OutOfPlaceError(Exception):
    """A trace or an event opens where none can: the end of the one before is missing."""


class _Handler:
    """What happens at each tag."""

    def __init__(self, log: XesLog, file: str) -> None:
        self.log = log
        self.file = file
        self.rooted = self.closed = False
        self.first_line = 1
        wanted = frozenset(log.wanted[name] for name in (*_TEXTS, "time"))
        self._keys = {
            _LOG: frozenset(["concept:name"]),
            _TRACE: frozenset([log.wanted["case"]]),
            _EVENT: wanted,
        }
        self._global_keys = frozenset([log.wanted["lifecycle"]])
        self._log: dict[str, str] = {}
        self.parser()

    def parser(self) -> Any:
        """Make a parser that reports here."""
        self._expat = expat.ParserCreate("utf-8")
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.EntityDeclHandler = self._refuse
        self._depth, self._leaf = 0, 1
        self._inside = ""
        self._wanted: frozenset[str] = frozenset()
        self._held: dict[str, str] = {}
        self._trace: dict[str, str] = {}
        self._events: list[tuple[int, dict[str, str]]] = []
        return self._expat

    @property
    def in_trace(self) -> bool:
        """Whether a trace is open."""
        return self._inside == "trace"

    def cut(self) -> None:
        """Keep what there is of a trace whose end is missing."""
        if self.in_trace:
            self.log.add_trace(self._held if self._leaf == _TRACE else self._trace, self._events)
            self._inside = ""

    def resume(self) -> Any:
        """Make a parser that goes on within the open trace; an open event is given up."""
        trace, events = self._held if self._leaf == _TRACE else self._trace, self._events
        made = self.parser()
        made.Parse(b"<log><trace>", False)
        self._held, self._events = trace, events
        return made

    def _refuse(self, name: str, *_: Any) -> None:
        raise FormatError(
            f"{self.file} declares the XML entity {name!r}.",
            need="Event logs need none; entities can make a small file swell without end, or read other files.",
            hint="Take the block <!DOCTYPE …> out of the file, if you trust who wrote it.",
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if depth == self._leaf:
            key = attributes.get("key")
            if key in self._wanted and "value" in attributes and key is not None:
                self._held[key] = attributes["value"]
            elif key is None:
                self._open(tag.rpartition(":")[2], attributes)
            elif self.log.events < _SEEN_EVENTS and depth == _EVENT and len(self.log.keys) < _SEEN_KEYS:
                self.log.keys[key] = None
        elif tag.rpartition(":")[2] in ("trace", "event"):
            raise _OutOfPlaceError(self._expat.CurrentByteIndex, self._expat.CurrentLineNumber)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element that is no attribute."""
        if self._depth == 1:
            if tag != "log":
                raise FormatError(
                    f"{self.file} is no XES log: it opens with <{tag[:40]}>.",
                    need="A XES log opens with <log> and holds traces of events.",
                    hint="Leave kind out, so that the kind is found out.",
                )
            self.rooted = True
            self._enter(_LOG, "log")
        elif tag == "trace":
            if self._leaf != _LOG:
                raise _OutOfPlaceError(self._expat.CurrentByteIndex, self._expat.CurrentLineNumber)
            self._events = []
            self._enter(_TRACE, "trace")
        elif tag == "event" and self._leaf == _TRACE and self._inside == "trace":
            self._trace = self._held
            self._line = self._expat.CurrentLineNumber + self.first_line - 1
            self._enter(_EVENT, "trace")
        elif tag == "event":
            if self._leaf != _LOG:
                raise _OutOfPlaceError(self._expat.CurrentByteIndex, self._expat.CurrentLineNumber)
            self.log.orphans += 1
        elif tag == "global" and self._leaf == _LOG:
            scope = attributes.get("scope")
            self._enter(_TRACE, "global")
            self._wanted = self._global_keys if scope == "event" else frozenset()

    def _enter(self, leaf: int, inside: str) -> None:
        """Look from now on at the attributes of an element."""
        self._leaf, self._inside, self._wanted = leaf, inside, self._keys[leaf]
        self._held = self._log if leaf == _LOG else {}

    def _end(self, _tag: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth >= self._leaf:
            return
        if self._leaf == _EVENT:
            self._events.append((self._line, self._held))
            self._leaf, self._held, self._wanted = _TRACE, self._trace, self._keys[_TRACE]
        elif self._leaf == _TRACE:
            if self._inside == "trace":
                self.log.add_trace(self._held, self._events)
            else:
                self.log.lifecycle = self._held.get(self.log.wanted["lifecycle"], self.log.lifecycle)
            self._enter(_LOG, "log")
        else:
            self.closed = True

    def end(self) -> None:
        """Say what the log is called, once all of it is known."""
        self.log.name = self._log.get("concept:name")
        self.log.hand_on()


class _Feed:
    """Give a document to the handler, and go on at the next event or trace where it is damaged."""

    def __init__(self, handler: _Handler, tally: Tally, file: str) -> None:
        self.handler = handler
        self.tally = tally
        self.file = file
        self._parser: Any = handler.parser()
        self._given = 0
        self._recent = b""
        self._searching = False

    def give(self, data: bytes) -> None:
        """Read one chunk."""
        while data:
            if self._searching:
                data = self._from_next(data)
                if not data:
                    return
            try:
                self._parser.Parse(data, False)
            except _OutOfPlaceError as error:
                at, line = error.args
                data = self._after_damage(data, at, line, "an end is missing")
            except expat.ExpatError as error:
                # Whatever stands at the place of the error is left out, or the search would find it again.
                data = self._after_damage(
                    data, self._parser.ErrorByteIndex + 1, error.lineno, expat.ErrorString(error.code)
                )
            else:
                self._given += len(data)
                self._recent = data
                if self._given - self._parser.CurrentByteIndex > _LONGEST_TOKEN:
                    line = self._parser.CurrentLineNumber
                    self._after_damage(b"", self._given, line, "a tag of more than 64 million bytes")
                return

    def finish(self) -> None:
        """End the document."""
        handler = self.handler
        if not self._searching and (self._given or handler.rooted):
            try:
                self._parser.Parse(b"", True)
            except expat.ExpatError:
                self._check_root("no element")
                self.tally.add(
                    "file is cut off; the events before its end are kept",
                    unit="files",
                    where=self.file,
                    advice="Fetch or export the file again.",
                )
        handler.cut()
        handler.end()

    def _check_root(self, reason: str) -> None:
        """Refuse a file that is damaged before it says what it is."""
        if not self.handler.rooted:
            raise FormatError(
                f"{self.file} is no XML that can be read ({reason}).",
                need="A XES log opens with <log> and holds traces of events.",
                hint="Leave kind out, so that the kind is found out.",
            )

    def _after_damage(self, data: bytes, at: int, line: int, reason: str) -> bytes:
        """Count damage and give what comes after it."""
        handler = self.handler
        self._check_root(reason)
        line += handler.first_line - 1
        if not handler.closed:
            self.tally.add(
                "XML is damaged; reading goes on at the next event or trace",
                unit="places",
                where=f"{self.file}, line {line}: {reason}",
                advice="Export the log again.",
            )
        self._searching = True
        handler.first_line = line
        before = self._recent + data
        start = at - (self._given - len(self._recent))
        self._recent = b""
        return before[max(start, 0) :]

    def _from_next(self, data: bytes) -> bytes:
        """Skip to the next trace, or the next event of the open trace; a new parser reads on there."""
        handler = self.handler
        data = self._recent + data
        found = (_EITHER_TAG if handler.in_trace else _TRACE_TAG).search(data)
        skipped = data[: found.start()] if found else data[:-_TAG_LENGTH]
        handler.first_line += skipped.count(b"\n")
        if found is None:
            self._recent = data[-_TAG_LENGTH:]
            return b""
        self._searching = False
        self._recent = b""
        # The tags that stand for what is open take no line.
        if found[1] == b"event":
            self._parser = handler.resume()
            self._given = len(b"<log><trace>")
        else:
            handler.cut()
            self._parser = handler.parser()
            self._parser.Parse(b"<log>", False)
            self._given = len(b"<log>")
        return data[found.start() :]
