"""Turn what a reader gathered into the plain tables, in an order that no file order can change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, MEMBERSHIPS

__all__ = ["Known", "account_table", "interaction_table", "membership_table", "sort_rows"]

_ORDER = (
    "time",
    "event",
    "sender",
    "recipient",
    "role",
    "space",
    "thread",
    "parent",
    "activity",
    "n_recipients",
)


@dataclass
class Known:
    """What an input says of one account.

    Parameters
    ----------
    address : str or None
        Its e-mail address.
    kind : str
        One of `ACCOUNT_KINDS`.
    guest : bool
        Whether it belongs to somebody from outside.
    names : collections.Counter
        How often each display form occurs.
    """

    address: str | None = None
    kind: str = "person"
    guest: bool = False
    names: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str | None:
        """The most frequent display form; the alphabetically first among equals."""
        return min(self.names, key=lambda name: (-self.names[name], name)) if self.names else None


def interaction_table(columns: Mapping[str, Sequence[Any]], *, medium: str, source: str) -> pa.Table:
    """Build the table of interactions from columns of equal length.

    Parameters
    ----------
    columns : mapping of str to sequence
        Columns of `INTERACTIONS`, `time` in microseconds since 1970 UTC; those left out are null.
    medium, source : str
        The same in every row.

    Returns
    -------
    pyarrow.Table
        Sorted rows of the schema `INTERACTIONS`.
    """
    rows = len(columns["event"])
    arrays = []
    for column in INTERACTIONS:
        if column.name in columns:
            arrays.append(pa.array(columns[column.name], type=column.type))
        elif column.name in ("medium", "source"):
            arrays.append(pa.repeat(pa.scalar(medium if column.name == "medium" else source), rows))
        else:
            arrays.append(pa.nulls(rows, column.type))
    return sort_rows(pa.Table.from_arrays(arrays, schema=INTERACTIONS))


def sort_rows(table: pa.Table) -> pa.Table:
    """Sort interactions by time, event and everything else that tells rows apart.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of the schema `INTERACTIONS`.

    Returns
    -------
    pyarrow.Table
    """
    return table.sort_by([(name, "ascending") for name in _ORDER])


def account_table(known: Mapping[str, Known], *, source: str) -> pa.Table:
    """Build the table of accounts, sorted by account.

    Parameters
    ----------
    known : mapping of str to Known
        What is known of each account.
    source : str
        Name of the input.

    Returns
    -------
    pyarrow.Table
        Rows of the schema `ACCOUNTS`.
    """
    rows = [
        {
            "account": account,
            "address": known[account].address,
            "name": known[account].name,
            "kind": known[account].kind,
            "guest": known[account].guest,
            "unit": None,
            "source": source,
        }
        for account in sorted(known)
    ]
    return pa.Table.from_pylist(rows, schema=ACCOUNTS)


def membership_table(pairs: Iterable[tuple[str, str]], *, source: str) -> pa.Table:
    """Build the table of memberships from (space, account) pairs whose dates are unknown.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Space and account.
    source : str
        Name of the input.

    Returns
    -------
    pyarrow.Table
        Rows of the schema `MEMBERSHIPS`, sorted, without repeats.
    """
    rows = [{"space": space, "account": account, "source": source} for space, account in sorted(set(pairs))]
    return pa.Table.from_pylist(rows, schema=MEMBERSHIPS)
