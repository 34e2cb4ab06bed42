"""People, spaces and messages get keyed pseudonyms in place of their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError
from commfinder.interactions import Interactions, Loss
from commfinder.people.directory import Directory
from commfinder.people.groups import DeclaredGroups
from commfinder.provenance import record
from commfinder.pseudonym import Key, load_key

__all__ = ["pseudonymise"]

Pseudonymisable = TypeVar("Pseudonymisable", Interactions, Directory, DeclaredGroups)

_DOMAINS = {"event": "message", "parent": "message", "thread": "message", "space": "channel"}


def pseudonymise(data: Pseudonymisable, *, key: str | Path | bytes | Key) -> Pseudonymisable:
    r"""Replace people, spaces and messages by keyed pseudonyms.

    The same person gets the same pseudonym in interactions, directory and groups if the key is the same. Resolve
    accounts first: an address that is not resolved gets a pseudonym of its own. Pseudonymised data are still personal
    data: the shape of a network can give people away.

    Parameters
    ----------
    data : Interactions, Directory or DeclaredGroups
        What to pseudonymise. Addresses, display names, further attributes and the places of losses are dropped; units,
        sites, levels, activities, the names of the inputs, and names, kinds and goals of groups stay.
    key : path, bytes or Key
        A key file (64 hexadecimal digits, readable by its owner alone), 32 bytes, or a `Key`.

    Returns
    -------
    Interactions, Directory or DeclaredGroups
        Of the same type.

    Raises
    ------
    PrivacyError
        If the key is no key, or others can read its file.
    InputError
        If `data` is nothing of these.

    Notes
    -----
    A pseudonym is the first 26 characters of base32(HMAC-SHA256(key, "commfinder/v1\0" + domain + "\0" + id)), with
    separate domains for people, spaces and messages.
    """
    secret = load_key(key)
    note = record("pseudonymise", {"key_id": secret.id})
    if isinstance(data, Interactions):
        ids = {*data.people, *data.accounts["account"], *data.memberships["account"]}
        return _rows(data.rename(_people(secret, ids), note), secret)
    if isinstance(data, Directory):
        renamed_people = data.rename(_people(secret, {*data.people, *data.frame["manager"].dropna()}), note)
        return replace(renamed_people, losses=_nowhere(data.losses))
    if isinstance(data, DeclaredGroups):
        renamed = data.rename(_people(secret, set(data.frame["person"])), note)
        spaces = renamed.frame["space"].map(lambda cell: _spaces(secret, cell), na_action="ignore")
        return replace(renamed, frame=renamed.frame.assign(space=spaces.astype("string")), losses=_nowhere(data.losses))
    raise InputError(
        f"A {type(data).__name__} can not be pseudonymised.",
        need="Interactions, Directory or DeclaredGroups are needed.",
    )


def _rows(inter: Interactions, secret: Key) -> Interactions:
    """Replace the ids of messages and spaces, and drop what the sources say of accounts beyond their kind."""
    table = inter.to_arrow()
    for column, domain in _DOMAINS.items():
        distinct = pc.unique(table[column]).drop_null()
        new = pa.array([secret.pseudonym(domain, value) for value in distinct.to_pylist()], pa.string())
        swapped = pc.take(new, pc.index_in(table[column], value_set=distinct))
        table = table.set_column(table.column_names.index(column), column, swapped)
    fresh = Interactions.from_arrow(table, store=inter.store)
    return replace(
        fresh,
        accounts=inter.accounts.assign(address=None, name=None),
        memberships=inter.memberships.assign(
            space=inter.memberships["space"].map(lambda one: secret.pseudonym("channel", one))
        ),
        losses=inter.losses.assign(where=None),
        provenance=inter.provenance,
    )


def _people(secret: Key, ids: Iterable[str]) -> dict[str, str]:
    """Return the pseudonym of every person."""
    return {name: secret.pseudonym("person", name) for name in ids}


def _spaces(secret: Key, cell: str) -> str:
    """Replace each of the spaces that a cell names, as `DeclaredGroups.about` reads them."""
    return ";".join(secret.pseudonym("channel", part.strip()) for part in cell.split(";") if part.strip())


def _nowhere(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Leave out where something was lost: a place may name somebody."""
    return tuple(replace(loss, where=None) for loss in losses)
