"""Look at the bytes of a column of texts, to spare it what would change nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Bytes"]

_FIRST, _LAST = 33, 126


@dataclass(frozen=True, eq=False)
class Bytes:
    """The bytes of a column.

    Parameters
    ----------
    data : ndarray of uint8
        Of all cells, one after the other.
    lengths : ndarray of int32
        Of the cells that are there.
    tidy : bool
        Whether each of these begins and ends with a visible ASCII character: no blank is to be trimmed, none is empty.

    Examples
    --------
    >>> [Bytes.of(pa.array(cells)).tidy for cells in (["a b", None], ["a "], [""], ["\u00e9"])]
    [True, False, False, False]
    """

    data: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int32]
    tidy: bool

    @classmethod
    def of(cls, values: pa.Array) -> Bytes:
        """Look at a column of the type string."""
        _, places, text = values.buffers()
        n = len(values)
        if not n or places is None or text is None:
            return cls(np.zeros(0, np.uint8), np.zeros(0, np.int32), not n - values.null_count)
        bounds = np.frombuffer(places, np.int32)[values.offset : values.offset + n + 1]
        data = np.frombuffer(text, np.uint8)
        starts, stops = bounds[:-1], bounds[1:]
        if values.null_count:
            there = np.asarray(values.is_valid())
            starts, stops = starts[there], stops[there]
        lengths = stops - starts
        tidy = bool(lengths.all())
        for places_of in (starts, stops - 1) if tidy else ():
            edge = data[places_of]
            tidy = tidy and bool(((edge >= _FIRST) & (edge <= _LAST)).all())
        return cls(data[bounds[0] : bounds[-1]], lengths, tidy)

    @property
    def is_lower(self) -> bool:
        """Whether no letter can be put into lower case: none is upper case, and none is other than ASCII."""
        # One comparison for "A" to "Z": whatever is below wraps round to large numbers.
        return not bool(((self.data - np.uint8(65) < 26) | (self.data > 127)).any())

    @property
    def has_at(self) -> bool:
        """Whether a cell has the sign of addresses."""
        return bool((self.data == 64).any())
