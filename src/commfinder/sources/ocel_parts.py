"""What is kept of one event or object of an object-centric log, and how the two versions of its JSON say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commfinder.sources.json_stream import Item
from commfinder.sources.json_text import whole_characters

__all__ = ["OcelEvent", "event_of", "object_of"]

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


def object_of(item: Item) -> tuple[str, str, dict[str, str]] | None:
    """Read an object of either version.

    Parameters
    ----------
    item : tuple
        One item of a log.

    Returns
    -------
    tuple of str, str and dict, or None
        Id, type and the latest value of each attribute; id or type are "" where they can not be read. None for what is
        no item of the objects.
    """
    member, key, one = item
    if member == "objects" and key is None:
        one = one if isinstance(one, dict) else {}
        return _word(one.get("id")), _word(one.get("type")), _latest(one.get("attributes"))
    if member == "ocel:objects" and key is not None:
        one = one if isinstance(one, dict) else {}
        return _word(key), _word(one.get("ocel:type")), _words(one.get("ocel:ovmap"))
    return None


def event_of(item: Item) -> OcelEvent | str | None:
    """Read an event of either version.

    Parameters
    ----------
    item : tuple
        One item of a log.

    Returns
    -------
    OcelEvent, str or None
        A string says why an item of the events is none; None is for what is no item of the events.
    """
    member, key, one = item
    if (member, key is None) not in (("events", True), ("ocel:events", False)):
        return None
    if not isinstance(one, dict):
        return "item that is no event"
    if key is None:
        related = (_word(link.get("objectId")) for link in _items(one.get("relationships")) if isinstance(link, dict))
        what, when, said = one.get("type"), one.get("time"), _latest(one.get("attributes"))
    else:
        related = (_word(name) for name in _items(one.get("ocel:omap")))
        what, when, said = one.get("ocel:activity"), one.get("ocel:timestamp"), _words(one.get("ocel:vmap"))
    return OcelEvent(_word(what), _word(when), said, tuple(dict.fromkeys(name for name in related if name)))


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


def _words(value: Any) -> dict[str, str]:
    """Give the members of an object that are texts; nothing for anything else."""
    held = value.items() if isinstance(value, dict) else ()
    return {whole_characters(key): word for key, one in held if (word := _word(one))}


def _word(value: Any) -> str:
    """Give a text (numbers are texts here), "" for anything else."""
    return whole_characters(value.strip()[:_LONGEST]) if isinstance(value, str) else ""
