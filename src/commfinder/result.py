"""What every result has in common: a frame, JSON with a schema, a page for notebooks, and its provenance."""

from __future__ import annotations

import datetime
import html
import importlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from commfinder.provenance import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Result", "records"]


class Result:
    """The face that all results share; the values themselves are frozen dataclasses."""

    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/result/1"

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a pandas frame, a copy that is the caller's own."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return the result as JSON: ``schema``, ``provenance`` and ``rows``.

        Returns
        -------
        str
            Keys are sorted and missing values are null, so that equal results are equal bytes.
        """
        document = {
            "schema": self._schema,
            "provenance": self.provenance.to_dict(),
            "rows": records(self.to_frame()),
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=1)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the result with Matplotlib; nothing is shown or saved.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; None makes a figure of a fitting size.
        **options
            Options of the picture: those of `commfinder.plot.plot_communities` for communities, of `plot_verdicts` for
            verdicts (``kind="flow"`` for `plot_flow`), and of `plot_agreement` for a survey.

        Returns
        -------
        matplotlib.axes.Axes
            ``ax.get_figure().savefig("communities.svg")`` saves it.

        Raises
        ------
        NoPictureError
            If there is no picture of such a result yet; it is also a ``NotImplementedError``.
        """
        # Pictures know the results, not the other way round: the room is looked up by its name when it is needed.
        drawn: Axes = importlib.import_module("commfinder.plot").draw(self, ax=ax, **options)
        return drawn

    def _repr_html_(self) -> str:
        """Return the first rows as a table, for notebooks; pandas escapes what it shows."""
        table = self._first_rows(20).to_html(escape=True, index=False)
        return f"<div><strong>{html.escape(repr(self))}</strong>{table}</div>"

    def _first_rows(self, count: int) -> pd.DataFrame:
        """Return the first rows of the frame; a result that is not held in memory finds them without the others."""
        return self.to_frame().head(count)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into JSON records: missing values null, times ISO 8601, numbers plain.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame; its index is left out.

    Returns
    -------
    list of dict
    """
    names = [str(name) for name in frame.columns]
    columns = [[_plain(value) for value in frame[name].tolist()] for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    """Turn one cell into what JSON can hold."""
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.datetime64 | np.timedelta64):
        value = pd.Timestamp(value) if isinstance(value, np.datetime64) else pd.Timedelta(value)
    elif isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime.date | datetime.time | pd.Timedelta):
        return value.isoformat()
    return str(value)
