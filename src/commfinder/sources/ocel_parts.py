"""What is kept of an object-centric event log, and how the two versions of its JSON say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from commfinder.sources.tally import Tally

__all__ = ["Ocel", "OcelEvent", "parse_ocel"]

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class OcelEvent:
    """One event.

    Parameters
    ----------
    activity : str
        What was done: the type of the event.
    time : str
        As the file writes it.
    attributes : mapping of str to str
        What the event says of itself.
    objects : tuple of str
        Ids of the objects that it has to do with, each once.
    """

    activity: str
    time: str
    attributes: Mapping[str, str]
    objects: tuple[str, ...]


@dataclass
class Ocel:
    """What is kept of a log.

    Parameters
    ----------
    events : list of OcelEvent
        In the order of the file.
    types : dict
        Type of each object.
    facts : dict
        What each object says of itself: the latest value of each attribute.
    """

    events: list[OcelEvent] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def type_names(self) -> list[str]:
        """All types of objects, sorted."""
        return sorted(set(self.types.values()))

    @property
    def attribute_names(self) -> list[str]:
        """All attributes of events, sorted."""
        return sorted({name for event in self.events for name in event.attributes})


def parse_ocel(members: Mapping[str, Any], tally: Tally, file: str) -> Ocel:
    """Keep of the JSON of an object-centric log what says who did what on which object.

    Parameters
    ----------
    members : mapping
        The outermost object of the file, of version 1 or 2.
    tally : Tally
        Where items that can not be read are counted.
    file : str
        Name of the file.

    Returns
    -------
    Ocel
    """
    log = Ocel()
    bad_objects = bad_events = 0
    for name, kind, facts in _objects(members):
        if not name or not kind:
            bad_objects += 1
        elif name not in log.types:
            log.types[name], log.facts[name] = kind, facts
    for event in _events(members):
        if event is None:
            bad_events += 1
        else:
            log.events.append(event)
    tally.add("object without an id or a type", unit="objects", where=file, count=bad_objects)
    tally.add("item that is no event", unit="events", where=file, count=bad_events)
    return log


def _objects(members: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield id, type and attributes of each object."""
    for one in _items(members.get("objects")):
        one = one if isinstance(one, dict) else {}
        yield _word(one.get("id")), _word(one.get("type")), _latest(one.get("attributes"))
    for name, one in _pairs(members.get("ocel:objects")):
        one = one if isinstance(one, dict) else {}
        facts = {key: word for key, value in _pairs(one.get("ocel:ovmap")) if (word := _word(value))}
        yield _word(name), _word(one.get("ocel:type")), facts


def _events(members: Mapping[str, Any]) -> Iterator[OcelEvent | None]:
    """Yield each event; None for what is none."""
    for one in _items(members.get("events")):
        if not isinstance(one, dict):
            yield None
            continue
        related = (_word(link.get("objectId")) for link in _items(one.get("relationships")) if isinstance(link, dict))
        yield OcelEvent(
            _word(one.get("type")),
            _word(one.get("time")),
            _latest(one.get("attributes")),
            tuple(dict.fromkeys(name for name in related if name)),
        )
    for _, one in _pairs(members.get("ocel:events")):
        if not isinstance(one, dict):
            yield None
            continue
        said = {key: word for key, value in _pairs(one.get("ocel:vmap")) if (word := _word(value))}
        related = (_word(name) for name in _items(one.get("ocel:omap")))
        yield OcelEvent(
            _word(one.get("ocel:activity")),
            _word(one.get("ocel:timestamp")),
            said,
            tuple(dict.fromkeys(name for name in related if name)),
        )


def _latest(attributes: Any) -> dict[str, str]:
    """Give the latest value of each attribute of version 2, which may change with time."""
    found: dict[str, tuple[str, str]] = {}
    for one in _items(attributes):
        if isinstance(one, dict) and (name := _word(one.get("name"))) and (value := _word(one.get("value"))):
            found[name] = max(found.get(name, ("", "")), (_word(one.get("time")), value))
    return {name: value for name, (_, value) in found.items()}


def _items(value: Any) -> list[Any]:
    """Give a list; nothing for anything else."""
    return value if isinstance(value, list) else []


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Give the members of an object; nothing for anything else."""
    return list(value.items()) if isinstance(value, dict) else []


def _word(value: Any) -> str:
    """Give a text (numbers are texts here), "" for anything else."""
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
