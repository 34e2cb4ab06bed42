"""A column of words that are held once and referred to by number."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Coded", "Words"]

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of words by number.

    Parameters
    ----------
    codes : ndarray of int32, shape (n,)
        Place of each cell's word in `words`, -1 where the cell is empty.
    words : sequence of str
        Each word once.

    Examples
    --------
    >>> column = Coded.of(pa.array([" b", "a", None, "b"])).settled(str.strip)
    >>> column.words, column.codes.tolist()
    (['a', 'b'], [1, 0, -1, 1])
    """

    codes: Codes
    words: Sequence[str]

    @classmethod
    def of(cls, values: Any) -> Coded:
        """Number the words of an Arrow column."""
        held = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        encoded = pc.dictionary_encode(held.cast(pa.string()))
        codes = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int32)
        return cls(codes, encoded.dictionary.to_pylist())

    @classmethod
    def nothing(cls, n: int) -> Coded:
        """Make a column of empty cells."""
        return cls(np.full(n, -1, np.int32), [])

    @classmethod
    def same(cls, word: str, n: int) -> Coded:
        """Make a column of one word."""
        return cls(np.zeros(n, np.int32), [word])

    def take(self, rows: npt.NDArray[Any]) -> Coded:
        """Keep some cells: a mask, or places."""
        return Coded(self.codes[rows], self.words)

    def settled(self, clean: Callable[[str], str | None]) -> Coded:
        """Clean each word once and sort the words; cells whose word cleans to nothing are empty."""
        clean_words = [clean(word) or None for word in self.words]
        words = sorted({word for word in clean_words if word})
        place = {word: number for number, word in enumerate(words)}
        new = np.array([place.get(word, -1) if word else -1 for word in clean_words] + [-1], np.int32)
        return Coded(new[self.codes], words)

    def arrow(self) -> pa.Array:
        """Write the words out."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return pa.array(self.words, pa.string()).take(codes)


@dataclass
class Words:
    """A column of words that grows while a file is read; it takes four bytes a cell."""

    _codes: array[int] = field(default_factory=lambda: array("i"))
    _place: dict[str, int] = field(default_factory=dict)

    def add(self, word: str | None) -> None:
        """Add a cell."""
        self._codes.append(-1 if word is None else self._place.setdefault(word, len(self._place)))

    def extend(self, values: Any) -> None:
        """Add the cells of an Arrow column."""
        coded = Coded.of(values)
        place = [self._place.setdefault(word, len(self._place)) for word in coded.words]
        self._codes.frombytes(np.array([*place, -1], np.int32)[coded.codes].tobytes())

    def coded(self) -> Coded:
        """Give the column."""
        return Coded(np.frombuffer(self._codes, np.int32) if self._codes else np.zeros(0, np.int32), list(self._place))
