"""Choose, by rules that look at no label: which objects of a log are its cases, and what says who acted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commfinder.errors import InputError, nearest
from commfinder.sources.ocel_store import OcelStore

__all__ = ["Actors", "choose_actors", "choose_case_types"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PEOPLE = frozenset(
    [
        *("actor", "agent", "approver", "author", "blocker", "clerk", "creator", "editor", "employee", "executor"),
        *("handler", "inserter", "operator", "originator", "people", "performer", "person", "personnel", "requester"),
        *("requestor", "resource", "reviewer", "staff", "user", "username", "worker"),
    ]
)
_HANDLES = frozenset(["id", "name"])


@dataclass(frozen=True)
class Actors:
    """What says who acted.

    Parameters
    ----------
    attributes : tuple of str
        Attributes of events.
    types : tuple of str
        Types of objects that are people.
    """

    attributes: tuple[str, ...]
    types: tuple[str, ...]


def names_people(name: str) -> bool:
    """Tell whether an attribute or a type of objects is named like people.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    bool
        Whether its last word means somebody who acts, or it ends in "by"; "id" and "name" after it do not count.

    Examples
    --------
    >>> [names_people(name) for name in ("pr_approver", "org:resource", "Employees", "createdBy", "user_id", "price")]
    [True, True, True, True, True, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if len(words) > 1 and words[-1] in _HANDLES:
        words.pop()
    last = words[-1] if words else ""
    return last in _PEOPLE or last.removesuffix("s") in _PEOPLE or (last == "by" and len(words) > 1)


def choose_actors(log: OcelStore, attributes: Sequence[str], actors: Sequence[str] | None) -> Actors:
    """Find what says who acted.

    Parameters
    ----------
    log : OcelStore
        The log.
    attributes : sequence of str
        All attributes of events, sorted.
    actors : sequence of str or None
        Attributes of events and types of objects. None takes those that are named like people, and attributes of which
        half of the values or more, numbers aside, are among the people found so.

    Returns
    -------
    Actors

    Raises
    ------
    InputError
        If a name is neither.
    """
    types = log.type_names
    if actors is not None:
        for name in actors:
            if name not in attributes and name not in types:
                raise InputError(
                    f"actors names {name!r}, which is neither an attribute of events nor a type of objects.",
                    hint=nearest(str(name), [*attributes, *types]),
                )
        return Actors(
            tuple(name for name in attributes if name in actors), tuple(name for name in types if name in actors)
        )
    named = {name for name in attributes if names_people(name)}
    found = tuple(sorted(named | log.alike(named)))
    return Actors(found, tuple(name for name in types if names_people(name)))


def choose_case_types(log: OcelStore, case_type: str | Iterable[str] | None, actors: Actors) -> tuple[str, ...]:
    """Find the types of objects that are the cases.

    Parameters
    ----------
    log : OcelStore
        The log.
    case_type : str, iterable of str or None
        What the user says.
    actors : Actors
        What says who acted: people are no cases.

    Returns
    -------
    tuple of str
        Without `case_type`, the one type that puts most events into a history: most events have to do with exactly one
        object of it, an object that has two such events or more. Types of which a typical object lives for more than
        half of the log (customers, products) come last; among equals the one with fewer objects, then the alphabet.

    Raises
    ------
    InputError
        If there is no such type.
    """
    known = log.type_names
    if case_type is not None:
        wanted = [case_type] if isinstance(case_type, str) else list(case_type)
        for name in wanted:
            if name not in known:
                raise InputError(
                    f"case_type={name!r} is no type of objects in this log.",
                    need=f"Types are: {', '.join(known) or 'none'}.",
                    hint=nearest(str(name), known),
                )
        return tuple(sorted(set(wanted)))
    if not known:
        return ()
    scores, lasting = log.histories()
    sizes = log.sizes()
    eligible = [name for name in known if name not in actors.types] or known
    return (min(eligible, key=lambda name: (not scores[name], name in lasting, -scores[name], sizes[name], name)),)
