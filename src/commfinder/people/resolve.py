"""Accounts become people: by exact address, and with the evidence kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import ClassVar

import pandas as pd

from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people.directory import Directory, canonical_address
from commfinder.people.groups import DeclaredGroups
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Aliases", "resolve_groups", "resolve_people"]

_COLUMNS = ("account", "person", "score", "evidence", "decision")


@dataclass(frozen=True, eq=False, repr=False)
class Aliases(Result):
    """Which account is which person, on what evidence, and what was decided.

    Parameters
    ----------
    frame : pandas.DataFrame
        account, person (missing where nobody matches), score from 0 to 1, evidence, and decision: ``merged``,
        ``ambiguous`` (two people claim the address; neither gets it) or ``unknown``.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/aliases/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per account, sorted."""
        return self.frame.copy()

    def __repr__(self) -> str:
        counts = self.frame["decision"].value_counts()
        told = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("merged", "ambiguous", "unknown"))
        return f"<Aliases: {len(self.frame)} accounts, {told}>"


def resolve_people(inter: Interactions, people: Directory) -> tuple[Interactions, Aliases]:
    """Turn accounts into people by exact address.

    An account is a person if it, or the address that its source gives for it, equals the person's id or one of the
    person's addresses, after Unicode normalisation and in lower case. Names are never compared: two people may share
    one.

    Parameters
    ----------
    inter : Interactions
        Interactions between accounts.
    people : Directory
        The people and their addresses.

    Returns
    -------
    inter : Interactions
        Interactions between people; accounts that are nobody's keep their own id.
    aliases : Aliases
        What was decided for each account, and why.
    """
    owners = _owners(people)
    said = inter.accounts.dropna(subset="address").drop_duplicates("account")
    address = dict(zip(said["account"], said["address"], strict=True))
    # Also those who only read: they stand in the memberships and write nothing.
    active = {*inter.people, *inter.memberships["account"]}
    accounts = sorted(active | set(inter.accounts["account"]))
    rows = [_decide(account, address.get(account), owners) for account in accounts]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"person": "string", "score": "float64"})
    merged = frame[frame["decision"] == "merged"]
    account_record = record("resolve_people", inputs=people.provenance.inputs)
    resolved = inter.rename(dict(zip(merged["account"], merged["person"], strict=True)), account_record)
    losses = [
        Loss("people", "accounts", reason, int(number), "accounts", None, advice)
        for word, reason, advice in (
            ("ambiguous", "address claimed by two people: given to neither", "Give the address to one person only."),
            ("unknown", "account of nobody in the directory", "Add its address to the person it belongs to, if any."),
        )
        if (number := ((frame["decision"] == word) & frame["account"].isin(active)).sum())
    ]
    told = pd.concat([inter.losses, losses_frame(losses)], ignore_index=True) if losses else inter.losses
    return replace(resolved, losses=told), Aliases(frame, account_record)


def resolve_groups(groups: DeclaredGroups, people: Directory) -> DeclaredGroups:
    """Turn members that are listed by an address into people, by the same rule as `resolve_people`.

    Parameters
    ----------
    groups : DeclaredGroups
        Groups whose members are ids or addresses.
    people : Directory
        The people and their addresses.

    Returns
    -------
    DeclaredGroups
        Somebody listed twice by two addresses is one member; members of whom nothing is known stay as they are.
    """
    owners = _owners(people)
    new_ids: dict[str, str] = {}
    ambiguous: set[str] = set()
    for member in sorted(groups.frame["person"].unique()):
        decided = _decide(member, None, owners)
        if decided[4] == "merged":
            new_ids[member] = str(decided[1])
        elif decided[4] == "ambiguous":
            ambiguous.add(member)
    note = record("resolve_groups", inputs={**groups.provenance.inputs, **people.provenance.inputs})
    resolved = groups.rename(new_ids, note)
    unclear = int(groups.frame["person"].isin(ambiguous).sum())
    merged = len(groups.frame) - len(resolved.frame)
    losses = [
        Loss("groups", "groups", reason, number, "members", None, advice)
        for reason, number, advice in (
            ("address claimed by two people: member unknown", unclear, "Give the address to one person only."),
            ("member listed by two addresses: counted once", merged, None),
        )
        if number
    ]
    return replace(resolved, losses=(*groups.losses, *losses))


def _owners(people: Directory) -> dict[str, set[str]]:
    """Return who claims each address; an id is an address of its own."""
    owners: dict[str, set[str]] = defaultdict(set)
    for person, addresses in zip(people.frame["person"], people.frame["addresses"], strict=True):
        owners[canonical_address(person)].add(person)
        for address in addresses:
            owners[address].add(person)
    return owners


def _decide(account: str, address: str | None, owners: dict[str, set[str]]) -> tuple[str, str | None, float, str, str]:
    """Decide whose an account is."""
    for value, evidence in ((account, "account is an address or id"), (address, "address given by the source")):
        if not isinstance(value, str) or not value:
            continue
        claimed = owners.get(canonical_address(value), set())
        if len(claimed) == 1:
            return account, next(iter(claimed)), 1.0, evidence, "merged"
        if claimed:
            return account, None, 0.0, f"claimed by {len(claimed)} people", "ambiguous"
    return account, None, 0.0, "no address matches", "unknown"
