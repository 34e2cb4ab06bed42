"""Bring the XML and the SQLite form of an object-centric log into the shape of its JSON."""

from __future__ import annotations

import contextlib
import sqlite3
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from commfinder.errors import FormatError
from commfinder.sources.json_stream import Item

__all__ = ["XmlStream", "members_of_database"]

_LONGEST = 500
_TABLES = frozenset(["event", "object", "event_object", "event_map_type", "object_map_type"])


class XmlStream:
    """The events and objects of an OCEL 2.0 log in XML, one by one, in the shape of its JSON.

    Parameters
    ----------
    chunks : iterable of bytes
        The document in UTF-8.
    file : str
        Name of the file.

    Attributes
    ----------
    names : set of str
        The members seen so far: "events", "objects".
    problem : str or None
        What is wrong, if anything is; known when all items were taken.
    typed : bool
        Whether any event says its type, as in version 2.
    """

    blank = False

    def __init__(self, chunks: Iterable[bytes], file: str) -> None:
        self.problem: str | None = None
        self._chunks = chunks
        self._reader = _XmlReader(file)
        self.names = self._reader.names
        self.typed = False

    def items(self) -> Iterator[Item]:
        """Yield events and objects; where the document is damaged those before.

        Yields
        ------
        tuple of str, None and dict

        Raises
        ------
        FormatError
            If it declares entities.
        """
        reader = self._reader
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.EntityDeclHandler = reader.refuse
        try:
            for chunk in self._chunks:
                parser.Parse(chunk, False)
                yield from self._ready()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            self.problem = str(error)
        yield from self._ready()

    def _ready(self) -> Iterator[Item]:
        """Yield what is whole."""
        ready, self._reader.ready = self._reader.ready, []
        for member, one in ready:
            self.typed = self.typed or (member == "events" and "type" in one)
            yield member, None, one


class _XmlReader:
    """What happens at each tag."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.names: set[str] = set()
        self.ready: list[tuple[str, dict[str, Any]]] = []
        self._inside: list[str] = []
        self._one: dict[str, Any] | None = None
        self._attribute: dict[str, str] | None = None

    def refuse(self, name: str, *_: Any) -> None:
        """Refuse entities."""
        raise FormatError(
            f"{self.file} declares the XML entity {name!r}.",
            need="Event logs need none; entities can make a small file swell without end, or read other files.",
            hint="Take the block <!DOCTYPE …> out of the file, if you trust who wrote it.",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        tag = tag.rpartition(":")[2]
        self._inside.append(tag)
        if len(self._inside) == 2 and tag in ("objects", "events"):
            self.names.add(tag)
        elif len(self._inside) == 3 and tag in ("object", "event"):
            self._one = {**attributes, "attributes": [], "relationships": []}
        elif self._one is not None and tag == "attribute":
            self._attribute = {**attributes, "value": attributes.get("value", "")}
        elif self._one is not None and tag in ("relationship", "relobj"):
            self._one["relationships"].append({"objectId": attributes.get("object-id")})

    def text(self, data: str) -> None:
        """Take the value of an attribute."""
        if self._attribute is not None and len(self._attribute["value"]) < _LONGEST:
            self._attribute["value"] += data[:_LONGEST]

    def end(self, _tag: str) -> None:
        """Leave an element."""
        tag = self._inside.pop()
        if tag == "attribute" and self._one is not None and self._attribute is not None:
            self._one["attributes"].append(self._attribute)
            self._attribute = None
        elif len(self._inside) == 2 and self._one is not None and tag in ("object", "event"):
            self.names.add(f"{tag}s")
            self.ready.append((f"{tag}s", self._one))
            self._one = None


def members_of_database(path: Path) -> dict[str, Any]:
    """Read the SQLite file of OCEL 2.0, without trusting what it defines.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict
        Objects and events as JSON has them.

    Raises
    ------
    FormatError
        If it is no such database, or damaged.
    """
    address = f"file:{urllib.parse.quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            # A view may hold any query, even one that never ends: only tables are read.
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if lacking := _TABLES - tables:
                raise FormatError(
                    f"{path.name} is a database without the table {min(lacking)!r} of an object-centric log.",
                    need=f"OCEL 2.0 has the tables {', '.join(sorted(_TABLES))}.",
                )
            related: dict[str, list[dict[str, str]]] = {}
            for event, one in database.execute("SELECT ocel_event_id, ocel_object_id FROM event_object ORDER BY rowid"):
                related.setdefault(str(event), []).append({"objectId": str(one)})
            events = [
                {**one, "relationships": related.get(one["id"], [])} for one in _things(database, "event", tables)
            ]
            return {"events": events, "objects": list(_things(database, "object", tables))}
    except sqlite3.Error as error:
        raise FormatError(
            f"{path.name} is no SQLite file of an object-centric log that can be read ({error}).",
            need="The file itself is needed, not compressed.",
            hint="Unpack it, or fetch or export it again.",
        ) from None


def _things(database: sqlite3.Connection, kind: str, tables: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the events or objects with what the table of their type says of them."""
    facts: dict[str, list[dict[str, str]]] = {}
    times: dict[str, str] = {}
    for (word,) in database.execute(f"SELECT ocel_type_map FROM {kind}_map_type"):
        table = f"{kind}_{word}"
        if table not in tables:
            continue
        rows = database.execute(f'SELECT * FROM "{table.replace(chr(34), 2 * chr(34))}"')
        names = [str(column[0]) for column in rows.description]
        for row in rows:
            cells = {name: str(cell) for name, cell in zip(names, row, strict=True) if cell is not None}
            time = cells.get("ocel_time", "")
            times[cells.get("ocel_id", "")] = time
            said = ({"name": name, "value": cell, "time": time} for name, cell in cells.items() if name[:5] != "ocel_")
            facts.setdefault(cells.get("ocel_id", ""), []).extend(said)
    for name, what in database.execute(f"SELECT ocel_id, ocel_type FROM {kind} ORDER BY rowid"):
        held = str(name)
        yield {"id": held, "type": str(what), "time": times.get(held), "attributes": facts.get(held, [])}
