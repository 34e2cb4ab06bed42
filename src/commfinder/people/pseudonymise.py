"""People, spaces and messages get keyed pseudonyms in place of their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.errors import InputError
from commfinder.interactions import Interactions
from commfinder.interactions.schema import ACCOUNTS
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
        What to pseudonymise. Addresses, display names and further attributes are dropped; units, sites, levels, and
        names, kinds and goals of groups stay.
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
        new_ids = {name: secret.pseudonym("person", name) for name in data.people}
        return _rows(data.rename(new_ids, note), secret)
    if isinstance(data, Directory):
        known = {*data.people, *data.frame["manager"].dropna().tolist()}
        return data.rename({name: secret.pseudonym("person", name) for name in known}, note)
    if isinstance(data, DeclaredGroups):
        ids = set(data.frame["person"].unique().tolist())
        renamed = data.rename({name: secret.pseudonym("person", name) for name in ids}, note)
        spaces = renamed.frame["space"].map(
            lambda cell: ";".join(secret.pseudonym("channel", part.strip()) for part in cell.split(";")),
            na_action="ignore",
        )
        return replace(renamed, frame=renamed.frame.assign(space=spaces.astype("string")))
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
    accounts = (
        inter.accounts.assign(address=None, name=None) if len(inter.accounts) else ACCOUNTS.empty_table().to_pandas()
    )
    accounts = accounts.assign(account=accounts["account"].map(lambda one: _once(one, inter, secret)))
    memberships: pd.DataFrame = inter.memberships.assign(
        account=inter.memberships["account"].map(lambda one: _once(one, inter, secret)),
        space=inter.memberships["space"].map(lambda one: secret.pseudonym("channel", one)),
    )
    return replace(fresh, accounts=accounts, memberships=memberships, losses=inter.losses, provenance=inter.provenance)


def _once(account: str, inter: Interactions, secret: Key) -> str:
    """Give an account that wrote nothing its pseudonym too; those in the rows have theirs already."""
    return account if account in set(inter.people) else secret.pseudonym("person", account)
