"""The few words that rows refer to by number: spaces, activities and sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["WORD_COLUMNS", "Words"]

WORD_COLUMNS = ("space", "activity", "source")
"""The columns whose words are held once, beside senders and recipients."""

Names = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Words:
    """Names of spaces, activities and sources; rows hold their places.

    Parameters
    ----------
    space, activity, source : ndarray of str
        Sorted, each once.
    """

    space: Names
    activity: Names
    source: Names

    @classmethod
    def of(cls, space: Iterable[str], activity: Iterable[str], source: Iterable[str]) -> Words:
        """Sort the words of each column and hold each once."""
        return cls(*(sorted_names(words) for words in (space, activity, source)))

    def column(self, name: str) -> Names:
        """Return the words of a column.

        Parameters
        ----------
        name : {"space", "activity", "source"}
            The column.

        Returns
        -------
        ndarray of str
        """
        words: Names = getattr(self, name)
        return words

    def places(self, column: str, wanted: Iterable[str]) -> list[int]:
        """Return the places of some words of a column; words that do not occur have none."""
        known = {word: place for place, word in enumerate(self.column(column).tolist())}
        return sorted({known[word] for word in wanted if word in known})


def sorted_names(names: Iterable[str]) -> Names:
    """Return names as a sorted array of objects, each once."""
    distinct = sorted(set(names))
    array = np.empty(len(distinct), dtype=object)
    array[:] = distinct
    return array
