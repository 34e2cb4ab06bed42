"""What held rows say of themselves: how many, of whom, when, and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from commfinder.interactions.named import described, named_rows, texts_by_key
from commfinder.interactions.rows import in_words
from commfinder.interactions.schema import MEDIA
from commfinder.interactions.store import Store
from commfinder.interactions.words import Words
from commfinder.period import Period
from commfinder.provenance import Provenance
from commfinder.result import Result

__all__ = ["Held"]


@dataclass(frozen=True, eq=False, repr=False)
class Held(Result):
    """Rows in numbers, with the names and words they refer to; `Interactions` says what each part is."""

    rows: ir.Table
    names: npt.NDArray[np.object_]
    words: Words
    texts: ir.Table | None
    accounts: pd.DataFrame
    memberships: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    store: Store
    _facts: dict[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> list[str]:
        """Ids of everybody who sends or receives, sorted."""
        return [str(name) for name in self.names]

    @property
    def media(self) -> list[str]:
        """The media present, sorted."""
        if "media" not in self._facts:
            codes = self.rows.select("medium").distinct().to_pyarrow()["medium"].to_pylist()
            self._facts["media"] = [MEDIA[code] for code in codes]
        return sorted(self._facts["media"])

    @property
    def period(self) -> Period | None:
        """From the first event to just after the last; None where nothing has a time."""
        low, high = self.span_us
        if low is None or high is None:
            return None
        start, end = (pd.Timestamp(moment, unit="us", tz="UTC").to_pydatetime() for moment in (low, high + 1))
        return Period(start, end)

    @property
    def per_source(self) -> dict[str, int]:
        """Number of rows of each source, sorted by name."""
        counts = self.rows.group_by("source").aggregate(n=self.rows.count()).order_by("source").to_pyarrow()
        names = [str(self.words.source[place]) for place in counts["source"].to_pylist()]
        return dict(zip(names, counts["n"].to_pylist(), strict=True))

    @property
    def span_us(self) -> tuple[int | None, int | None]:
        """First and last time in microseconds since 1970 UTC."""
        if "span" not in self._facts:
            found = self.rows.aggregate(low=self.rows.time.min(), high=self.rows.time.max()).to_pyarrow()
            self._facts["span"] = found["low"][0].as_py(), found["high"][0].as_py()
        low, high = self._facts["span"]
        return low, high

    def __len__(self) -> int:
        if "rows" not in self._facts:
            self._facts["rows"] = int(self.rows.count().to_pyarrow().as_py())
        return int(self._facts["rows"])

    def __repr__(self) -> str:
        return described(self)

    def to_arrow(self, *, ordered: bool = True) -> pa.Table:
        """Return the interaction table with names in place of numbers.

        Parameters
        ----------
        ordered : bool, default True
            In canonical row order; False leaves out the sorting.

        Returns
        -------
        pyarrow.Table
            Rows of the schema ``commfinder.interactions.schema.INTERACTIONS``.
        """
        return named_rows(self, ordered=ordered)

    def rows_in_words(self) -> ir.Table:
        """Return the rows with texts in place of keys and numbers, but for senders and recipients.

        Returns
        -------
        ibis table
            Much slower to work with than `rows`; for output, and for a look.
        """
        return in_words(self.rows, self.words, self.texts)

    def text_of(self, keys: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        """Return the ids of events, threads or parents by their keys.

        Parameters
        ----------
        keys : ndarray
            Keys as `rows` holds them.

        Returns
        -------
        ndarray of str, of the same shape
            None for a key that no row has.
        """
        return texts_by_key(self.texts, keys)

    def to_frame(self) -> pd.DataFrame:
        """Return the interaction table as a pandas frame, in canonical row order."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def _first_rows(self, count: int) -> pd.DataFrame:
        """Return the first rows in canonical order without sorting the others."""
        frame: pd.DataFrame = named_rows(self, first=count).to_pandas()
        return frame
