"""Say of the people of a log in which group they are, and for which groups they act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from commfinder.interactions.schema import ACCOUNTS, MEMBERSHIPS
from commfinder.sources.coded import Coded
from commfinder.sources.workflow_trail import Trail

__all__ = ["People"]

_Key = TypeVar("_Key")


@dataclass
class People:
    """How often each resource acts for each group, and in which role.

    Parameters
    ----------
    is_machine : callable
        Tells whether a resource is one.
    """

    is_machine: Callable[[str], bool]
    _groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    _titles: Counter[tuple[str, str]] = field(default_factory=Counter)
    _both: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, trail: Trail) -> None:
        """Count some entries, all with a resource."""
        for counter, columns in (
            (self._groups, (trail.resource, trail.group)),
            (self._titles, (trail.resource, trail.title)),
            (self._both, (trail.group, trail.resource, trail.title)),
        ):
            _add(counter, columns)

    def accounts(self, names: Mapping[str, str], source: str) -> pa.Table:
        """Say of each resource its unit: its usual group; in a log without any group, its usual role.

        Parameters
        ----------
        names : mapping of str to str
            Display name by resource.
        source : str
            Name of the source.

        Returns
        -------
        pyarrow.Table
            Rows of the schema `ACCOUNTS`.
        """
        grouped = any(group for _, group in self._groups)
        units = _most_frequent((self._groups if grouped else self._titles).items())
        rows = [
            {
                "account": account,
                "address": account if "@" in account else None,
                "name": names.get(account),
                "kind": "bot" if self.is_machine(account) else "person",
                "guest": False,
                "unit": units.get(account),
                "source": source,
            }
            for account in sorted({who for who, _ in self._groups})
        ]
        return pa.Table.from_pylist(rows, schema=ACCOUNTS)

    def memberships(self, source: str) -> pa.Table:
        """Say for which groups each resource acted, and in which role most often.

        Parameters
        ----------
        source : str
            Name of the source.

        Returns
        -------
        pyarrow.Table
            Rows of the schema `MEMBERSHIPS`.
        """
        titles = _most_frequent((((group, who), title), n) for (group, who, title), n in self._both.items())
        rows = [
            {"space": group, "account": who, "role": titles.get((group, who)), "source": source}
            for group, who in sorted({(group, who) for group, who, _ in self._both if group})
        ]
        return pa.Table.from_pylist(rows, schema=MEMBERSHIPS)


def _add(counter: Counter[Any], columns: tuple[Coded, ...]) -> None:
    """Count the combinations of some columns; an empty cell is ""."""
    if not len(columns[0].codes):
        return
    keys = np.zeros(len(columns[0].codes), np.int64)
    for column in columns:
        keys = keys * (len(column.words) + 1) + column.codes + 1
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    words = [np.array([*column.words, ""], dtype=object)[column.codes[first]] for column in columns]
    for key, count in zip(zip(*words, strict=True), counts.tolist(), strict=True):
        counter[key] += count


def _most_frequent(counts: Iterable[tuple[tuple[_Key, str], int]]) -> dict[_Key, str]:
    """Give each key its most frequent word, the first in the alphabet among equals."""
    best: dict[_Key, tuple[int, str]] = {}
    for (key, word), count in counts:
        if word and (key not in best or (-count, word) < best[key]):
            best[key] = (-count, word)
    return {key: word for key, (_, word) in best.items()}
