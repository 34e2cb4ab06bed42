"""The types of columns of the tables that may be shown, the same whatever is missing in them."""

from __future__ import annotations

import pandas as pd

__all__ = ["EMPTY", "typed"]

EMPTY = {
    "verdicts": ["group", "verdict", "reason", "help"],
    "communities": ["community", "size_low", "size_high", "confidence"],
    "undeclared": ["community", "size_low", "size_high", "confidence", "nearest"],
    "losses": ["stage", "source", "reason", "unit", "count_low", "count_high", "advice"],
}
"""Columns of tables without rows."""

_NUMBERS = frozenset(
    {
        *("lift", "lift_low", "lift_high", "extra_density", "persistence", "power", "q", "probability"),
        "p_community",
        *("confidence", "stability", "observed_over_expected"),
        *("order", "order_p", "informal_share", "cadence_days", "cycle_median_hours", "cycle_p85_hours"),
    }
)
_COUNTS = frozenset({"cases", "windows"})
_LISTS = frozenset({"path", "stages", "gatekeepers", "worth"})


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give columns the same types whatever is missing in them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows that have passed the gate.

    Returns
    -------
    pandas.DataFrame
        Numbers are Float64 also where all are missing, numbers of people and cases Int64, flags boolean, lists as they
        are, and all else string.

    Examples
    --------
    >>> frame = typed(pd.DataFrame({"lift": [None], "size_low": [5], "group": ["A"]}))
    >>> [str(kind) for kind in frame.dtypes]
    ['Float64', 'Int64', 'string']
    """
    same = frame.copy()
    for name in same.columns:
        if name in _NUMBERS:
            same[name] = same[name].astype("Float64")
        elif name in _COUNTS or name.endswith(("_low", "_high")):
            same[name] = same[name].astype("Int64")
        elif name in _LISTS and same[name].map(lambda value: isinstance(value, list)).any():
            continue
        elif same[name].dtype == object or pd.api.types.is_string_dtype(same[name].dtype):
            kinds = {type(value) for value in same[name] if value is not None and not pd.isna(value)}
            same[name] = same[name].astype("boolean" if kinds == {bool} else "string")
    return same
