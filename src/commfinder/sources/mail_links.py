"""Link the messages of an archive into threads while it streams by: by number, a few dozen bytes a message."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Links", "Threads", "key_of"]

Ints = npt.NDArray[np.int64]


def key_of(text: str) -> int:
    """Give a number of 64 bits that stands for an id.

    Parameters
    ----------
    text : str
        The id of a message.

    Returns
    -------
    int
        The same for the same text, everywhere. Two ids of a million have the same number once in ten million archives.
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True)
class Threads:
    """Which messages belong together, and who wrote them.

    Parameters
    ----------
    thread : ndarray of int32, shape (n,)
        Number of the thread of each message.
    first : ndarray of bool, shape (n,)
        Whether no message of its thread is earlier.
    keys : ndarray of int64
        Key of each id that a message has, sorted.
    authors : ndarray of int32
        Number of the account that wrote the message of each of `keys`: of the earliest, where several have one id.
    """

    thread: npt.NDArray[np.int32]
    first: npt.NDArray[np.bool_]
    keys: Ints
    authors: npt.NDArray[np.int32]

    def author(self, key: int) -> int | None:
        """Give the number of who wrote a message; None where it is not in the archive."""
        at = int(np.searchsorted(self.keys, key))
        return int(self.authors[at]) if at < len(self.keys) and self.keys[at] == key else None


@dataclass
class Links:
    """What the messages of an archive say they answer, gathered message by message."""

    _keys: array[int] = field(default_factory=lambda: array("q"))
    _times: array[int] = field(default_factory=lambda: array("q"))
    _senders: array[int] = field(default_factory=lambda: array("i"))
    _from: array[int] = field(default_factory=lambda: array("i"))
    _to: array[int] = field(default_factory=lambda: array("q"))

    def add(self, event: str, time: int, sender: int, others: Iterable[str]) -> None:
        """Add a message.

        Parameters
        ----------
        event : str
            Its id.
        time : int
            Microseconds since 1970 UTC.
        sender : int
            Number of the account that wrote it.
        others : iterable of str
            Ids of the messages that it answers or refers to.
        """
        number = len(self._keys)
        self._keys.append(key_of(event))
        self._times.append(time)
        self._senders.append(sender)
        for other in others:
            self._from.append(number)
            self._to.append(key_of(other))

    def __len__(self) -> int:
        return len(self._keys)

    def settled(self, accounts: Sequence[str]) -> Threads:
        """Find the threads: two messages belong to one if one names the other, or both name a third.

        Parameters
        ----------
        accounts : sequence of str
            The accounts by number.

        Returns
        -------
        Threads
            It does not depend on the order of the messages.
        """
        keys, times, senders = (np.array(held) for held in (self._keys, self._times, self._senders))
        n = len(keys)
        nodes, place = np.unique(np.concatenate([keys, np.array(self._to, np.int64)]), return_inverse=True)
        edges = (place[:n][np.array(self._from, np.int64)], place[n:])
        graph = coo_array((np.ones(len(edges[0]), np.int8), edges), shape=(len(nodes), len(nodes)))
        thread = connected_components(graph, directed=False)[1][place[:n]].astype(np.int32)
        earliest = np.full(int(thread.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(earliest, thread, times)
        rank = np.empty(len(accounts), np.int64)
        rank[sorted(range(len(accounts)), key=accounts.__getitem__)] = np.arange(len(accounts))
        order = np.lexsort((rank[senders], times, keys))
        held, at = np.unique(keys[order], return_index=True)
        return Threads(thread, times == earliest[thread], held, senders[order][at])
