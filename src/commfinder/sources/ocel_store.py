"""Lay an object-centric log aside on disk, and answer what only the whole log can tell."""

from __future__ import annotations

import itertools
import json
import sqlite3
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from commfinder.sources.ocel_parts import OcelEvent
from commfinder.sources.reading import PART_ROWS
from commfinder.sources.tally import Tally
from commfinder.sources.workflow_times import Early, log_times

__all__ = ["OcelStore", "Step"]

_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384", "temp_store = FILE")
_TABLES = (
    "CREATE TABLE object (id TEXT PRIMARY KEY, type TEXT, facts TEXT) WITHOUT ROWID",
    "CREATE TABLE event (step INTEGER PRIMARY KEY, activity TEXT, time INTEGER, attributes TEXT)",
    "CREATE TABLE link (step INTEGER, place INTEGER, object TEXT, PRIMARY KEY (step, place)) WITHOUT ROWID",
    "CREATE TABLE said (name TEXT, value TEXT, PRIMARY KEY (name, value)) WITHOUT ROWID",
    "CREATE TABLE life (type TEXT, events INTEGER, span INTEGER)",
)
_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a log with what the log says of its objects.

    Parameters
    ----------
    number : int
        Place of the event in the log.
    time : int
        Microseconds since 1970 UTC.
    activity : str
        What was done.
    attributes : mapping of str to str
        What the event says of itself.
    objects : list of (str, str)
        Id and type of each object.
    """

    number: int
    time: int
    activity: str
    attributes: Mapping[str, str]
    objects: list[tuple[str, str]]


class OcelStore:
    """The events and objects of a log, in a database on disk without a name, which goes with the process.

    Parameters
    ----------
    file : str
        Name of the file, for places.
    zone : zoneinfo.ZoneInfo or None
        Zone of times that name none.
    tally : Tally
        Where losses are counted.
    """

    def __init__(self, file: str, zone: zoneinfo.ZoneInfo | None, tally: Tally) -> None:
        self._file, self._zone, self._tally = file, zone, tally
        self._early = Early()
        self._steps = 0
        self._waiting: list[OcelEvent] = []
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in _SETTINGS:
            self._database.execute(f"PRAGMA {setting}")
        for table in _TABLES:
            self._database.execute(table)
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Give the room on disk back."""
        self._database.close()

    def add_object(self, name: str, kind: str, facts: Mapping[str, str]) -> None:
        """Keep an object; the first of an id counts."""
        self._database.execute("INSERT OR IGNORE INTO object VALUES (?, ?, ?)", (name, kind, json.dumps(facts)))

    def add_event(self, event: OcelEvent) -> None:
        """Keep an event, in the order of the file."""
        self._waiting.append(event)
        if len(self._waiting) >= PART_ROWS:
            self._write()

    def _write(self) -> None:
        """Write the events that wait and have a time."""
        events, self._waiting = self._waiting, []
        nowhere = np.zeros(len(events), np.int64)
        texts = [event.time for event in events]
        times, good = log_times(texts, nowhere, file=self._file, zone=self._zone, tally=self._tally)
        self._early.see(times, good, nowhere)
        steps = range(self._steps, self._steps + len(events))
        found = zip(steps, times.tolist(), events, good.tolist(), strict=True)
        kept = [(step, time, event) for step, time, event, usable in found if usable]
        self._steps += len(events)
        self._database.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?)",
            ((step, event.activity, time, json.dumps(dict(event.attributes))) for step, time, event in kept),
        )
        self._database.executemany(
            "INSERT INTO link VALUES (?, ?, ?)",
            ((step, place, name) for step, _, event in kept for place, name in enumerate(event.objects)),
        )

    def settle(self) -> None:
        """Leave out what is no time; nothing is added afterwards."""
        self._write()
        self._early.tell(self._file, self._tally)
        self._database.execute("DELETE FROM event WHERE time < ?", (self._early.earliest,))

    @property
    def events(self) -> int:
        """How many events there are."""
        (count,) = self._database.execute("SELECT count(*) FROM event").fetchone()
        return int(count)

    @property
    def type_names(self) -> list[str]:
        """All types of objects, sorted."""
        return [name for (name,) in self._database.execute("SELECT DISTINCT type FROM object ORDER BY type")]

    def attribute_names(self) -> list[str]:
        """Give all attributes of events, sorted; on the way note what they say, numbers aside."""
        names: set[str] = set()
        known: set[tuple[str, str]] = set()
        writing = self._database.cursor()
        for (text,) in self._database.execute("SELECT attributes FROM event"):
            said = json.loads(text)
            names.update(said)
            new = {pair for pair in said.items() if not pair[1].replace(".", "").isdigit()} - known
            writing.executemany("INSERT OR IGNORE INTO said VALUES (?, ?)", new)
            # Most of what is said is said again: to remember it spares a look into the table.
            if len(known) > _KNOWN:
                known.clear()
            known |= new
        return sorted(names)

    def alike(self, named: Iterable[str]) -> set[str]:
        """Name the attributes of which half of the values or more are values of some others.

        Parameters
        ----------
        named : iterable of str
            Those others.

        Returns
        -------
        set of str
        """
        self._database.execute("CREATE TABLE people (value TEXT PRIMARY KEY) WITHOUT ROWID")
        for name in named:
            self._database.execute("INSERT OR IGNORE INTO people SELECT value FROM said WHERE name = ?", (name,))
        found = self._database.execute(
            "SELECT name, count(*), sum(value IN (SELECT value FROM people)) FROM said GROUP BY name"
        )
        return {name for name, values, shared in found if 2 * shared >= values}

    def sizes(self) -> dict[str, int]:
        """Count the objects of each type."""
        return dict(self._database.execute("SELECT type, count(*) FROM object GROUP BY type"))

    def histories(self) -> tuple[Counter[str], set[str]]:
        """Count the events that each type puts into histories, and name the types whose objects outlast them."""
        self._database.execute(
            "INSERT INTO life SELECT type, count(*), max(time) - min(time) FROM "
            "(SELECT o.type AS type, min(o.id) AS object, e.time AS time FROM event e "
            "CROSS JOIN link l ON l.step = e.step CROSS JOIN object o ON o.id = l.object "
            "GROUP BY e.step, o.type HAVING count(*) = 1) "
            "GROUP BY type, object HAVING count(*) > 1"
        )
        low, high = self._database.execute("SELECT min(time), max(time) FROM event WHERE time <> 0").fetchone()
        whole = 0 if low is None else high - low
        scores: Counter[str] = Counter()
        lasting: set[str] = set()
        for kind, events, objects in self._database.execute(
            "SELECT type, sum(events), count(*) FROM life GROUP BY type"
        ).fetchall():
            scores[kind] = events
            # The two in the middle of an even number, the one of an odd one twice.
            middle = [
                self._database.execute(
                    "SELECT span FROM life WHERE type = ? ORDER BY span LIMIT 1 OFFSET ?", (kind, place)
                ).fetchone()[0]
                for place in ((objects - 1) // 2, objects // 2)
            ]
            if sum(middle) > whole:
                lasting.add(kind)
        return scores, lasting

    def facts(self, kinds: Iterable[str]) -> dict[str, dict[str, str]]:
        """Give what the objects of some types, all of them people, say of themselves.

        Parameters
        ----------
        kinds : iterable of str
            Types of objects.

        Returns
        -------
        dict
            By id: the latest value of each attribute.
        """
        return {
            name: json.loads(text)
            for kind in kinds
            for name, text in self._database.execute("SELECT id, facts FROM object WHERE type = ?", (kind,))
        }

    def steps(self) -> Iterator[Step]:
        """Yield the events in the order of the file, with those of their objects that the log has.

        Yields
        ------
        Step
        """
        found = self._database.execute(
            "SELECT e.step, e.time, e.activity, e.attributes, o.id, o.type FROM event e LEFT JOIN link l "
            "ON l.step = e.step LEFT JOIN object o ON o.id = l.object ORDER BY e.step, l.place"
        )
        for number, rows in itertools.groupby(found, key=lambda row: row[0]):
            held = list(rows)
            objects = [(name, kind) for *_, name, kind in held if name is not None]
            yield Step(number, held[0][1], held[0][2], json.loads(held[0][3]), objects)
